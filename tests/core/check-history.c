/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/store-history.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/layout.h"
#include "core/store-diff.h"
#include "core/store-stake.h"
#include "tests/core/renames.h"
#include "tests/core/root.h"

#define MEMORY "memory"
#define KILL_ROUNDS 200

static char *put_copy(const char *dir, const char *name, const char *text)
{
    g_autofree char *at = root_path(dir);
    char *path = g_build_filename(at, name, NULL);

    ck_assert(file_mkdirs(at, 0770, NULL));
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static char *replaced(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, 2);

    ck_assert_ptr_nonnull(parts[1]);
    return g_strconcat(parts[0], to, parts[1], NULL);
}

static GPtrArray *history(void)
{
    g_autofree char *path = root_path(LAYOUT_HISTORY);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_strdup(name));
    return names;
}

static gboolean restore(const char *path, GError **error)
{
    struct file_stamp stamp;
    gboolean there = file_stamp_path(store_path(store), &stamp, NULL);
    struct store_reading *copy = store_reading_new(root, path, error);
    g_autoptr(GBytes) bytes = copy ? store_reading_bytes(copy) : NULL;
    struct store_save *saving =
        copy ? store_save_new_copy(root, bytes, there ? &stamp : NULL) : NULL;
    gboolean ok = saving && store_save_run(saving, 0, error);

    store_save_free(saving);
    store_reading_free(copy);
    return ok;
}

static void ck_prune(guint count, guint64 bytes, const char *kept, gboolean reads)
{
    struct history_limits limits = { .recent = count, .bytes = bytes };

    store_history_prune(root, &limits, kept, reads);
}

static gboolean is_there(const char *path)
{
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Pruning. */

#define NAME(n) "qubes-2026010" #n "T000000Z-000.xml"

START_TEST(the_oldest_go_first)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *one = put_copy(LAYOUT_HISTORY, NAME(1), text);
    g_autofree char *two = put_copy(LAYOUT_HISTORY, NAME(2), text);
    g_autofree char *three = put_copy(LAYOUT_HISTORY, NAME(3), text);
    g_autofree char *foreign = put_copy(LAYOUT_HISTORY, "mine.xml", text);
    g_autofree char *boot = put_copy(LAYOUT_BACKUP, "qubes-2020-01-01-00:00:00.xml", text);

    ck_prune(2, G_MAXUINT64, three, TRUE);
    ck_assert(!is_there(one) && is_there(two) && is_there(three));
    ck_prune(2, strlen(text), three, TRUE);
    ck_assert(!is_there(two) && is_there(three));
    ck_prune(0, 0, three, TRUE);
    ck_assert(is_there(three) && is_there(foreign) && is_there(boot));
}
END_TEST

START_TEST(a_clock_set_back_does_not_lose_the_newest)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *one = put_copy(LAYOUT_HISTORY, NAME(1), text);
    g_autofree char *two = put_copy(LAYOUT_HISTORY, NAME(2), text);

    ck_prune(1, G_MAXUINT64, one, TRUE);
    ck_assert(is_there(one) && !is_there(two));
}
END_TEST

/* While it catches up, new ones are the newest. */
START_TEST(what_comes_from_the_future_is_the_oldest)
{
    g_autofree char *two = put_copy(LAYOUT_HISTORY, NAME(2), "");
    g_autofree char *three = put_copy(LAYOUT_HISTORY, NAME(3), "");
    g_autofree char *eight = put_copy(LAYOUT_HISTORY, NAME(8), "");
    g_autofree char *nine = put_copy(LAYOUT_HISTORY, NAME(9), "");

    ck_prune(3, G_MAXUINT64, three, TRUE);
    ck_assert(is_there(two) && is_there(three) && is_there(nine) && !is_there(eight));
    ck_prune(2, G_MAXUINT64, three, TRUE);
    ck_assert(is_there(two) && is_there(three) && !is_there(nine));
}
END_TEST

/* Ages. */

static char *name_at(GDateTime *time, int number)
{
    g_autofree char *stem = g_date_time_format(time, "qubes-%Y%m%dT%H%M%SZ");

    return g_strdup_printf("%s-%03d.xml", stem, number);
}

static void save_at(GDateTime *time, int number)
{
    g_autofree char *name = name_at(time, number);
    g_autofree char *path = put_copy(LAYOUT_HISTORY, name, "x");

    store_history_prune(root, &store_history_limits, path, TRUE);
}

/* Minutes before; exactly one copy of then, or none. */
static gboolean stays(GDateTime *end, int minutes)
{
    g_autoptr(GDateTime) time = g_date_time_add_minutes(end, -minutes);
    g_autofree char *name = name_at(time, 0), *dir = root_path(LAYOUT_HISTORY);
    g_autofree char *path = g_build_filename(dir, name, NULL);

    return is_there(path);
}

/* One every ten minutes for 40 days, up to the end of an hour, a day, and a month. */
START_TEST(what_ages_is_thinned)
{
    g_autoptr(GDateTime) end = g_date_time_new_utc(2026, 3, 31, 23, 50, 0);
    guint count = 0;

    for (int i = 40 * 144 - 1; i >= 0; i--) {
        g_autoptr(GDateTime) time = g_date_time_add_minutes(end, -10 * i);

        save_at(time, 0);
    }
    for (int i = 0; i < 40 * 144; i++) {
        gboolean recent = i < 20, hour = i % 6 == 5 && i < 24 * 6;
        gboolean day = i % 144 == 143 && i < 30 * 144, month = i == 31 * 144 - 1;

        /* The oldest of all is the first of February that there was. */
        gboolean wanted = recent || hour || day || month || i == 40 * 144 - 1;

        ck_assert_msg(stays(end, 10 * i) == wanted, "%d: %d", i, wanted);
        count += wanted;
    }
    ck_assert_uint_eq(root_history_count(), count);
    ck_assert_uint_le(count, 86);
}
END_TEST

START_TEST(saves_in_a_row_push_nothing_out)
{
    g_autoptr(GDateTime) now = g_date_time_new_utc(2026, 3, 10, 12, 30, 0);
    static const int ages[] = { 60, 180, 24 * 60, 10 * 24 * 60, 100 * 24 * 60, 900 * 24 * 60 };

    for (gsize i = G_N_ELEMENTS(ages); i-- > 0;) {
        g_autoptr(GDateTime) time = g_date_time_add_minutes(now, -ages[i]);

        save_at(time, 0);
    }
    for (int i = 0; i < 300; i++)
        save_at(now, i);
    for (gsize i = 0; i < G_N_ELEMENTS(ages); i++)
        ck_assert_msg(stays(now, ages[i]), "%d minutes", ages[i]);
    ck_assert(stays(now, 0)); /* the store before the first of them */
    ck_assert_uint_eq(root_history_count(), G_N_ELEMENTS(ages) + 1 + 20);
}
END_TEST

START_TEST(the_size_is_bounded_whatever_the_age)
{
    const struct history_limits limits = { .recent = 9, .months = 9, .bytes = 4 };
    g_autofree char *one = put_copy(LAYOUT_HISTORY, NAME(1), "12");
    g_autofree char *two = put_copy(LAYOUT_HISTORY, NAME(2), "12");
    g_autofree char *three = put_copy(LAYOUT_HISTORY, NAME(3), "12");

    store_history_prune(root, &limits, three, TRUE);
    ck_assert(!is_there(one) && is_there(two) && is_there(three));
}
END_TEST

START_TEST(the_last_that_reads_stays)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *one = put_copy(LAYOUT_HISTORY, NAME(1), text);
    g_autofree char *two = put_copy(LAYOUT_HISTORY, NAME(2), text);
    g_autofree char *three = put_copy(LAYOUT_HISTORY, NAME(3), "<qubes><lab");
    g_autofree char *four = put_copy(LAYOUT_HISTORY, NAME(4), "");

    ck_prune(1, G_MAXUINT64, four, FALSE);
    ck_assert(!is_there(one) && is_there(two) && !is_there(three) && is_there(four));
}
END_TEST

START_TEST(a_history_without_any_good_one_is_pruned)
{
    g_autofree char *one = put_copy(LAYOUT_HISTORY, NAME(1), "x");
    g_autofree char *two = put_copy(LAYOUT_HISTORY, NAME(2), "y");

    ck_prune(1, G_MAXUINT64, two, FALSE);
    ck_assert(!is_there(one) && is_there(two));
    ck_prune(0, 0, NULL, FALSE);
    ck_assert_uint_eq(root_history_count(), 0);
}
END_TEST

/* Keeping. */

START_TEST(what_is_kept_has_mode_and_bytes_of_the_store)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml"), *kept = NULL;
    g_autofree char *dir = root_path(LAYOUT_HISTORY), *path = NULL;
    g_autoptr(GPtrArray) names = NULL;
    struct stat st;

    ck_assert_int_eq(chmod(store_path(store), 0640), 0);
    root_load();
    root_set_memory("work", 501);
    ck_assert(root_save(NULL));
    names = history();
    ck_assert_uint_eq(names->len, 1);
    path = g_build_filename(dir, names->pdata[0], NULL);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0640);
    ck_assert(g_file_get_contents(path, &kept, NULL, NULL));
    ck_assert_str_eq(kept, text);
    ck_assert_int_eq(stat(dir, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 02770);
}
END_TEST

static void ck_nothing_happened(const char *text)
{
    g_autofree char *after = root_get();

    ck_assert_str_eq(after, text);
    ck_assert_uint_eq(root_history_count(), 0);
    root_set_memory("work", 501);
    ck_assert(root_save(NULL)); /* and it works again */
    ck_assert_uint_eq(root_history_count(), 1);
}

START_TEST(a_failed_rename_keeps_nothing)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    GError *error = NULL;

    root_load();
    root_set_memory("work", 501);
    rename_errno = EIO;
    ck_assert(!root_save(&error));
    rename_errno = 0;
    ck_error(&error, QMC_ERROR_IO, "cannot replace");
    root_load();
    ck_nothing_happened(text);
}
END_TEST

START_TEST(a_full_disk_keeps_nothing)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    struct rlimit small = { 4096, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
    GError *error = NULL;

    root_load();
    root_set_memory("work", 501);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert(!root_save(&error));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_error(&error, QMC_ERROR_IO, "qubes.xml");
    ck_nothing_happened(text);
}
END_TEST

START_TEST(no_place_for_the_history_is_said)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml"), *after = NULL;
    GError *error = NULL;

    g_free(put_copy(LAYOUT_BACKUP, "qmc", "in the way"));
    root_load();
    root_set_memory("work", 501);
    ck_assert(!root_save(&error));
    ck_error(&error, QMC_ERROR_IO, "cannot keep the former store");
    after = root_get();
    ck_assert_str_eq(after, text);
}
END_TEST

START_TEST(a_directory_without_rights_stops_the_save)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml"), *after = NULL;
    g_autofree char *dir = root_path(LAYOUT_BACKUP);
    GError *error = NULL;

    g_free(put_copy(LAYOUT_BACKUP, "qubes.xml", text));
    if (geteuid() == 0)
        return; /* root may write anywhere */
    root_load();
    root_set_memory("work", 501);
    ck_assert_int_eq(chmod(dir, 0500), 0);
    ck_assert(!root_save(&error));
    ck_assert_int_eq(chmod(dir, 0700), 0);
    ck_error(&error, QMC_ERROR_DENIED, "cannot");
    after = root_get();
    ck_assert_str_eq(after, text);
    ck_assert_uint_eq(root_history_count(), 0);
}
END_TEST

/* Somebody else writes between load and save. */

static void write_in_place(const char *text)
{
    int fd = open(store_path(store), O_WRONLY);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
}

START_TEST(a_change_behind_us_is_never_overwritten)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *theirs = replaced(text, "my-label.x", "my-label.y");
    struct timespec times[2];
    GError *error = NULL;
    struct stat st;

    root_load();
    root_set_memory("work", 501);
    ck_assert_int_eq(stat(store_path(store), &st), 0);
    write_in_place(theirs); /* same inode, same size, and the old time */
    times[0] = st.st_atim;
    times[1] = st.st_mtim;
    ck_assert_int_eq(utimensat(AT_FDCWD, store_path(store), times, 0), 0);
    ck_assert(!root_save(&error));
    ck_error(&error, QMC_ERROR_BUSY, "changed by another program");
    g_autofree char *after = root_get();
    ck_assert_str_eq(after, theirs);
    ck_assert_uint_eq(root_history_count(), 0);
}
END_TEST

START_TEST(also_not_after_a_save_of_our_own)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");

    root_load();
    root_set_memory("work", 501);
    ck_assert(root_save(NULL));
    root_put(text, -1);
    root_set_memory("work", 502);
    ck_assert(!root_save(NULL));
    g_autofree char *after = root_get();
    ck_assert_str_eq(after, text);
}
END_TEST

/* Restoring. */

START_TEST(a_copy_takes_the_place_of_a_broken_store)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml"), *after = NULL;
    g_autofree char *copy = put_copy(LAYOUT_BACKUP, "qubes-2026-01-01-00:00:00.xml", text);
    g_autofree char *kept = NULL, *dir = root_path(LAYOUT_HISTORY);
    g_autoptr(GPtrArray) names = NULL;
    GError *error = NULL;

    root_put("<qubes><dom", -1);
    ck_assert(restore(copy, &error));
    after = root_get();
    ck_assert_str_eq(after, text);
    names = history();
    ck_assert_uint_eq(names->len, 1);
    g_autofree char *path = g_build_filename(dir, names->pdata[0], NULL);
    ck_assert(g_file_get_contents(path, &kept, NULL, NULL));
    ck_assert_str_eq(kept, "<qubes><dom");
}
END_TEST

START_TEST(a_copy_takes_the_place_of_nothing)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml"), *after = NULL;
    g_autofree char *copy = put_copy(LAYOUT_HISTORY, NAME(1), text);

    ck_assert_int_eq(unlink(store_path(store)), 0);
    ck_assert(restore(copy, NULL));
    after = root_get();
    ck_assert_str_eq(after, text);
    ck_assert_uint_eq(root_history_count(), 1);
}
END_TEST

START_TEST(two_first_stores_are_one_after_the_other)
{
    g_autofree char *run = root_path(LAYOUT_RUN), *path = NULL;
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *copy = put_copy(LAYOUT_HISTORY, NAME(1), text);
    auto_of(file_lock) struct file_lock *other = NULL;
    GError *error = NULL;

    path = g_build_filename(run, "store.first", NULL);
    ck_assert_int_eq(unlink(store_path(store)), 0);
    ck_assert(file_mkdirs(run, 0770, NULL));
    other = file_lock_take(path, TRUE, 0, NULL);
    ck_assert(!restore(copy, &error));
    ck_error(&error, QMC_ERROR_BUSY, NULL);
    ck_assert(!is_there(store_path(store)));
}
END_TEST

START_TEST(what_does_not_read_is_not_put_back)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml"), *after = NULL;
    g_autofree char *copy = put_copy(LAYOUT_HISTORY, NAME(1), "<qubes><dom");
    GError *error = NULL;

    ck_assert(!restore(copy, &error));
    ck_error(&error, QMC_ERROR_INVALID, "line 1");
    after = root_get();
    ck_assert_str_eq(after, text);
    ck_assert_uint_eq(root_history_count(), 1);
}
END_TEST

START_TEST(a_restore_does_not_overwrite_a_change)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));
    struct store_save *missing = store_save_new_copy(root, bytes, NULL), *saving;
    struct file_stamp stamp;

    ck_assert(file_stamp_path(store_path(store), &stamp, NULL));
    saving = store_save_new_copy(root, bytes, &stamp);
    root_put("somebody else", -1);
    ck_assert(!store_save_run(saving, 0, NULL));
    ck_assert(store_save_stale(saving));
    ck_assert(!store_save_run(missing, 0, NULL));
    ck_assert(store_save_stale(missing));
    store_save_free(saving);
    store_save_free(missing);
    g_autofree char *after = root_get();
    ck_assert_str_eq(after, "somebody else");
    ck_assert_uint_eq(root_history_count(), 0);
}
END_TEST

/* So many, and the first of the hour, or of both if one begins meanwhile. */
static void ck_history_is_full(guint others)
{
    guint count = root_history_count();

    ck_assert_uint_ge(count, store_history_limits.recent + others);
    ck_assert_uint_le(count, store_history_limits.recent + 2 + others);
}

START_TEST(fifty_broken_stores_do_not_push_out_the_good_one)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *copy = put_copy(LAYOUT_BACKUP, "qubes-2026-01-01-00:00:00.xml", text);
    g_autofree char *good = put_copy(LAYOUT_HISTORY, NAME(1), text);

    for (int i = 0; i < 55; i++) {
        root_put("broken", -1);
        ck_assert(restore(copy, NULL));
    }
    ck_assert(is_there(good));
    ck_history_is_full(1);
}
END_TEST

/* Ranking. */

static const struct store_copy *copy_at(const GPtrArray *copies, guint i)
{
    ck_assert_uint_lt(i, copies->len);
    return copies->pdata[i];
}

static const char one_template[] =
    "    <domain id=\"domain-1\" class=\"TemplateVM\">\n"
    "      <properties>\n"
    "        <property name=\"label\">red</property>\n"
    "        <property name=\"name\">base</property>\n"
    "        <property name=\"qid\">1</property>\n"
    "        <property name=\"uuid\">371ecd7b-27cd-4130-8722-9389571aa876</property>\n"
    "      </properties>\n"
    "    </domain>\n";

START_TEST(the_newest_is_not_the_best)
{
    g_autoptr(GPtrArray) copies = NULL;
    guint left_out = 9;

    root_load_domains(one_template);
    g_autofree char *text = root_get();
    g_autofree char *bad = replaced(text, ">red</property>", ">nowhere</property>");

    g_free(put_copy(LAYOUT_HISTORY, NAME(1), text));
    g_free(put_copy(LAYOUT_HISTORY, NAME(2), text));
    g_free(put_copy(LAYOUT_BACKUP, "qubes-2026-03-01-00:00:00.xml", bad));
    root_load_domains("");
    g_autofree char *empty = root_get();
    g_free(put_copy(LAYOUT_BACKUP, "qubes-2026-04-01-00:00:00.xml", empty));
    g_free(put_copy(LAYOUT_BACKUP, "qubes-2026-05-01-00:00:00.xml", ""));
    g_free(put_copy(LAYOUT_BACKUP, "notes.txt", text));
    g_free(put_copy(LAYOUT_BACKUP, "qubes-firewall-2026-05-01.xml", text));
    copies = store_copies_list(root, &left_out, NULL);
    ck_assert_uint_eq(copies->len, 5);
    ck_assert_uint_eq(left_out, 0);
    ck_assert_str_eq(copy_at(copies, 0)->id, NAME(2));
    ck_assert_str_eq(copy_at(copies, 1)->id, NAME(1));
    ck_assert_int_eq(copy_at(copies, 0)->time, 1767312000);
    ck_assert_int_eq(copy_at(copies, 0)->state, COPY_CLEAN);
    ck_assert(copy_at(copies, 0)->ours && !copy_at(copies, 2)->ours);
    ck_assert_int_eq(copy_at(copies, 2)->state, COPY_FINDINGS);
    ck_assert_uint_gt(copy_at(copies, 2)->findings, 0);
    ck_assert_int_eq(copy_at(copies, 3)->state, COPY_EMPTY);
    ck_assert_int_eq(copy_at(copies, 4)->state, COPY_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(copy_at(copies, 4)->trouble, "empty"));
    ck_assert_ptr_null(copy_at(copies, 4)->stake);
}
END_TEST

static const GPtrArray *got_of(const GPtrArray *copies)
{
    return copy_at(copies, 0)->stake->items[STAKE_GOT];
}

START_TEST(what_only_a_copy_has_is_named)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autoptr(GPtrArray) copies = NULL, blind = NULL;
    guint all;

    g_free(put_copy(LAYOUT_HISTORY, NAME(1), text));
    root_load();
    ck_assert_ptr_nonnull(model_qube_named(model, "builder"));
    all = model->qubes->len - 1;
    g_autofree char *other = replaced(text, "name=\"name\">builder", "name=\"name\">b2");
    g_autofree char *less =
        replaced(other, "371ecd7b-27cd-4130-8722-9389571aa876",
                 "371ecd7b-27cd-4130-8722-9389571aa877");
    root_put(less, -1);
    copies = store_copies_list(root, NULL, NULL);
    ck_assert_uint_eq(got_of(copies)->len, 1);
    ck_assert_str_eq(((struct stake_item *)got_of(copies)->pdata[0])->name, "builder");
    root_put("", -1);
    blind = store_copies_list(root, NULL, NULL);
    ck_assert_uint_eq(got_of(blind)->len, all);
}
END_TEST

START_TEST(copies_are_found_by_what_is_typed)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *ours = put_copy(LAYOUT_HISTORY, NAME(1), text);
    g_autofree char *boot = put_copy(LAYOUT_BACKUP, "qubes-2026-03-01-00:00:00.xml", text);
    g_autofree char *one = store_copy_path(root, NAME(1), NULL);
    g_autofree char *two = store_copy_path(root, "qubes-2026-03-01-00:00:00.xml", NULL);
    g_autofree char *three = store_copy_path(root, boot, NULL);
    GError *error = NULL;

    ck_assert_str_eq(one, ours);
    ck_assert_str_eq(two, boot);
    ck_assert_str_eq(three, boot);
    ck_assert_ptr_null(store_copy_path(root, NAME(2), &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, NAME(2));
    ck_assert_ptr_null(store_copy_path(root, "", &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, NULL);
}
END_TEST

/* What differs. */

static const struct store_change *find_change(const GPtrArray *changes, const char *name)
{
    for (guint i = 0; i < changes->len; i++) {
        const struct store_change *change = changes->pdata[i];

        if (strcmp(change->name, name) == 0)
            return change;
    }
    ck_abort_msg("no change of %s", name);
    return NULL;
}

static GPtrArray *diff_of(const char *before, const char *after)
{
    g_autofree char *one = put_copy(LAYOUT_HISTORY, NAME(1), before);
    g_autofree char *two = put_copy(LAYOUT_HISTORY, NAME(2), after);
    auto_of(store_reading) struct store_reading *was = store_reading_new(root, one, NULL);
    auto_of(store_reading) struct store_reading *now = store_reading_new(root, two, NULL);

    ck_assert(was && now);
    return store_diff(was, now);
}

START_TEST(nothing_differs_from_itself)
{
    g_autofree char *text = root_put_fixture("upstream-4.3.xml");
    g_autoptr(GPtrArray) changes = diff_of(text, text);

    ck_assert_uint_eq(changes->len, 0);
}
END_TEST

START_TEST(each_kind_of_difference_is_told)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *a = replaced(text, "00:16:3e:aa:bb:01", "00:16:3e:aa:bb:02");
    g_autofree char *b = replaced(a, "<tag name=\"guivm-dom0\"/>", "<tag name=\"x\"/>");
    g_autofree char *c = replaced(b, "<features/>\n      <tags>",
                                  "<features><feature name=\"f\">1</feature></features>"
                                  "<tags>");
    g_autofree char *d = replaced(c, "size=\"2147483648\"", "size=\"2147483649\"");
    g_autofree char *e = replaced(d, "name=\"clockvm\">sys-net", "name=\"clockvm\">");
    g_autoptr(GPtrArray) changes = NULL;
    const struct store_change *change;

    changes = diff_of(text, e);
    ck_assert_uint_eq(changes->len, 6);
    change = find_change(changes, "mac");
    ck_assert_str_eq(change->qube, "Vault");
    ck_assert_str_eq(change->kind, "property");
    ck_assert_str_eq(change->before, "00:16:3e:aa:bb:01");
    ck_assert_str_eq(change->after, "00:16:3e:aa:bb:02");
    ck_assert_ptr_null(find_change(changes, "x")->before);
    ck_assert_ptr_null(find_change(changes, "guivm-dom0")->after);
    ck_assert_str_eq(find_change(changes, "f")->kind, "feature");
    ck_assert_str_eq(find_change(changes, "private.size")->after, "2147483649");
    change = find_change(changes, "clockvm");
    ck_assert_ptr_null(change->qube);
    ck_assert_str_eq(change->kind, "global");
}
END_TEST

/* Containers without devices are made by looking at them (T28). */
START_TEST(devices_differ_by_what_they_say)
{
    g_autofree char *text = root_put_fixture("upstream-4.3.xml");
    g_autofree char *a = replaced(text, "      <devices class=\"block\">",
                                  "      <devices class=\"mic\"/>\n"
                                  "      <devices class=\"block\">");
    g_autofree char *b = replaced(a, "mode=\"ask-to-attach\"", "mode=\"auto-attach\"");
    g_autoptr(GPtrArray) changes = diff_of(text, b);
    const struct store_change *change = find_change(changes, "block:sys-usb:sdb");

    ck_assert_uint_eq(changes->len, 1);
    ck_assert_str_eq(change->kind, "device");
    ck_assert_str_eq(change->qube, "work");
    ck_assert_str_eq(change->before, "ask-to-attach");
    ck_assert_str_eq(change->after, "auto-attach");
}
END_TEST

START_TEST(qubes_that_came_and_went_are_told)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml");
    g_autofree char *other = replaced(text, "371ecd7b-27cd-4130-8722-9389571aa876",
                                      "371ecd7b-27cd-4130-8722-9389571aa877");
    g_autofree char *renamed = replaced(other, "name=\"name\">builder", "name=\"name\">b2");
    g_autoptr(GPtrArray) changes = diff_of(text, renamed);

    ck_assert_uint_eq(changes->len, 2);
    ck_assert_ptr_null(find_change(changes, "builder")->after);
    ck_assert_ptr_null(find_change(changes, "b2")->before);
    ck_assert_str_eq(find_change(changes, "b2")->kind, "qube");
}
END_TEST

/* Power loss, as far as a process can tell. */

static void ck_history_reads(void)
{
    g_autofree char *dir = root_path(LAYOUT_HISTORY);
    g_autoptr(GPtrArray) names = history();

    for (guint i = names->len > 3 ? names->len - 3 : 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(dir, names->pdata[i], NULL);
        auto_of(store_reading) struct store_reading *reading =
            store_reading_new(root, path, NULL);

        ck_assert_msg(reading != NULL, "%s does not read", path);
    }
}

/* Returns whether it lived to the end. */
static gboolean killed_save(int memory, gint64 after_us)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        root_set_memory("work", memory);
        _exit(root_save(NULL) ? 0 : 1);
    }
    g_usleep((gulong)after_us);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFEXITED(status);
}

START_TEST(killed_at_any_point_it_is_old_or_new)
{
    gint64 begin, unit, now, last = 1000;
    guint32 seed = g_random_int();
    guint findings;
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    findings = qube_named("work")->findings->len;
    begin = g_get_monotonic_time();
    root_set_memory("work", (int)last);
    ck_assert(root_save(NULL));
    unit = g_get_monotonic_time() - begin;
    for (int i = 1; i <= KILL_ROUNDS; i++) {
        gboolean whole =
            killed_save(1000 + i, g_rand_int_range(rand, 0, (gint32)(2 * unit) + 1000));

        root_load();
        now = qube_get_int(model, qube_named("work"), MEMORY, 0);
        ck_assert_msg(whole ? now == 1000 + i : now == last || now == 1000 + i,
                      "round %d, seed %u: %d", i, seed, (int)now);
        ck_assert_uint_eq(qube_named("work")->findings->len, findings);
        ck_history_reads();
        last = now;
    }
    root_set_memory("work", 4000);
    ck_assert(root_save(NULL)); /* and tidies up after those that were killed */
    ck_history_is_full(0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_oldest_go_first, a_clock_set_back_does_not_lose_the_newest,
        what_comes_from_the_future_is_the_oldest, what_ages_is_thinned,
        saves_in_a_row_push_nothing_out, the_size_is_bounded_whatever_the_age,
        the_last_that_reads_stays, a_history_without_any_good_one_is_pruned,
        what_is_kept_has_mode_and_bytes_of_the_store, a_failed_rename_keeps_nothing,
        a_full_disk_keeps_nothing, no_place_for_the_history_is_said,
        a_directory_without_rights_stops_the_save,
        a_change_behind_us_is_never_overwritten, also_not_after_a_save_of_our_own,
        a_copy_takes_the_place_of_a_broken_store, a_copy_takes_the_place_of_nothing,
        two_first_stores_are_one_after_the_other,
        what_does_not_read_is_not_put_back, a_restore_does_not_overwrite_a_change,
        fifty_broken_stores_do_not_push_out_the_good_one, the_newest_is_not_the_best,
        what_only_a_copy_has_is_named, copies_are_found_by_what_is_typed,
        nothing_differs_from_itself, each_kind_of_difference_is_told,
        devices_differ_by_what_they_say,
        qubes_that_came_and_went_are_told, killed_at_any_point_it_is_old_or_new, NULL,
    };

    return suite_run_fixture("history", tests, root_setup, root_teardown);
}
