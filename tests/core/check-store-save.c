/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/layout.h"
#include "tests/core/root.h"

static guint beside_count(void)
{
    g_autofree char *path = root_path(LAYOUT_BASE);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;

    while (g_dir_read_name(dir))
        n++;
    return n;
}

START_TEST(a_save_is_read_back)
{
    g_autofree char *text = NULL;
    GString *now;
    struct stat st;

    g_free(root_put_fixture("upstream-4.3.xml"));
    root_load();
    root_set_memory("work", 777);
    ck_assert(!store_stale(store));
    ck_save();
    ck_assert(!store_stale(store));
    ck_assert(!qube_named("work")->changed);
    ck_assert_int_eq(stat(store_path(store), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0660);
    text = root_get();
    now = store_serialise(store, model);
    ck_assert_str_eq(now->str, text);
    g_string_free(now, TRUE);
    root_load();
    ck_value("work", "memory", "777");
}
END_TEST

/* Whoever reads strictly would refuse the whole store. */
START_TEST(a_prefix_that_nothing_declares_is_not_saved)
{
    g_autofree char *text = root_put_fixture("upstream-4.3.xml"), *after = NULL;
    g_auto(GStrv) parts = g_strsplit(text, "<domains>", 2);
    g_autofree char *bad = g_strconcat(parts[0], "<y:q/><domains>", parts[1], NULL);
    g_autofree char *good = g_strconcat("<qubes xmlns:y='urn:y'>",
                                        strstr(bad, "<qubes>") + strlen("<qubes>"), NULL);
    g_autoptr(GError) error = NULL;

    root_put(bad, -1);
    root_load();
    ck_assert(found(NULL, "qubesd cannot read the store: line "));
    root_set_memory("work", 777);
    ck_assert(!root_save(&error));
    ck_assert(error_is(error, QMC_ERROR_INVALID));
    ck_assert_ptr_nonnull(strstr(error->message, "prefix y"));
    after = root_get();
    ck_assert_str_eq(after, bad);
    root_put(good, -1);
    root_load();
    ck_assert(!found(NULL, "qubesd cannot read"));
    g_free(after);
    after = g_string_free(store_serialise_anew(store, model), FALSE);
    ck_assert_ptr_nonnull(strstr(after, "<qubes xmlns:y=\"urn:y\">"));
    root_set_memory("work", 777);
    ck_save();
}
END_TEST

START_TEST(saves_follow_each_other)
{
    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    for (int i = 1; i <= 5; i++) {
        root_set_memory(i % 2 ? "work" : "sys-net", 1000 + i);
        ck_save();
    }
    root_load();
    ck_value("work", "memory", "1005");
    ck_value("sys-net", "memory", "1004");
}
END_TEST

START_TEST(a_change_during_a_save_is_not_forgotten)
{
    struct store_save *saving;
    GString *text;

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    root_set_memory("work", 501);
    saving = store_save_new(store, model, "test");
    root_set_memory("work", 502);
    root_set_memory("media", 503);
    ck_assert(store_save_run(saving, 0, NULL));
    store_save_commit(saving, model);
    store_save_free(saving);
    ck_assert(qube_named("work")->changed);
    ck_assert(qube_named("media")->changed);
    text = store_serialise(store, model);
    ck_assert_ptr_nonnull(strstr(text->str, ">502<"));
    ck_assert_ptr_nonnull(strstr(text->str, ">503<"));
    g_string_free(text, TRUE);
    ck_save();
    root_load();
    ck_value("work", "memory", "502");
}
END_TEST

START_TEST(a_stale_save_changes_nothing)
{
    g_autofree char *before = NULL, *after = NULL;
    struct store_save *saving;
    GError *error = NULL;

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    root_set_memory("work", 501);
    g_free(root_put_fixture("upstream-4.2.xml"));
    ck_assert(store_stale(store));
    before = root_get();
    saving = store_save_new(store, model, "test");
    ck_assert(!store_save_run(saving, 0, &error));
    ck_assert(store_save_stale(saving));
    ck_error(&error, QMC_ERROR_BUSY, "changed");
    store_save_free(saving);
    after = root_get();
    ck_assert_str_eq(before, after);
    ck_assert_uint_eq(root_history_count(), 0);
    ck_assert(qube_named("work")->changed);
}
END_TEST

START_TEST(a_held_lock_names_its_holder)
{
    g_autofree char *dir = root_path(LAYOUT_RUN);
    g_autofree char *holder = g_build_filename(dir, "store.holder", NULL);
    struct file_lock *lock;
    struct store_save *saving;
    GError *error = NULL;

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    lock = file_lock_take(store_path(store), FALSE, 0, NULL);
    ck_assert(file_mkdirs(dir, 0700, NULL));
    ck_assert(g_file_set_contents(holder, "4711 vol resize\n", -1, NULL));
    saving = store_save_new(store, model, "test");
    ck_assert(!store_save_run(saving, 20, &error));
    ck_assert(!store_save_stale(saving));
    ck_error(&error, QMC_ERROR_BUSY, "process 4711 vol resize");
    file_lock_release(lock);
    ck_assert(store_save_run(saving, 20, NULL));
    store_save_free(saving);
    ck_assert(!g_file_test(holder, G_FILE_TEST_EXISTS));
}
END_TEST

/* Child: holds the lock, and replaces the file under it when told to go on. */
static void G_GNUC_NORETURN replace_when_told(int told, int tells)
{
    struct file_lock *lock = file_lock_take(store_path(store), FALSE, 0, NULL);
    struct file_replace how = { store_path(store), 0660, NULL, NULL, lock };
    g_autofree char *text = NULL;
    char byte = 0;

    if (!lock || write(tells, &byte, 1) != 1 || read(told, &byte, 1) != 1)
        _exit(2);
    text = root_get();
    _exit(file_replace(&how, text, strlen(text), NULL, NULL) ? 0 : 3);
}

static void ck_ended(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
}

/* Spec 10.7: blocked as long as the first one is at it, then it is the new file
 * that is looked at. */
START_TEST(a_second_writer_waits_and_sees_the_new_file)
{
    int there[2], back[2];
    struct store_save *saving;
    GError *error = NULL;
    char byte = 0;
    pid_t pid;

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    root_set_memory("work", 501);
    ck_assert(pipe(there) == 0 && pipe(back) == 0);
    pid = fork();
    if (pid == 0)
        replace_when_told(there[0], back[1]);
    ck_assert_int_eq(read(back[0], &byte, 1), 1);
    saving = store_save_new(store, model, "test");
    ck_assert(!store_save_run(saving, 20, &error));
    ck_assert(!store_save_stale(saving));
    ck_error(&error, QMC_ERROR_BUSY, "locked");
    ck_assert_int_eq(write(there[1], &byte, 1), 1);
    ck_assert(!store_save_run(saving, 50000, &error));
    ck_assert(store_save_stale(saving));
    ck_error(&error, QMC_ERROR_BUSY, "changed by another program");
    store_save_free(saving);
    ck_ended(pid);
    for (int i = 0; i < 2; i++) {
        close(there[i]);
        close(back[i]);
    }
}
END_TEST

/* Upstream takes POSIX locks: its writers and ours see each other. */
START_TEST(upstream_s_lock_blocks_too)
{
    GError *error = NULL;
    int there[2], back[2];
    char byte = 0;
    pid_t pid;

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    root_set_memory("work", 501);
    ck_assert(pipe(there) == 0 && pipe(back) == 0);
    pid = fork();
    if (pid == 0) {
        int fd = open(store_path(store), O_RDWR | O_CLOEXEC);

        if (fd < 0 || lockf(fd, F_TLOCK, 0) != 0 || write(back[1], &byte, 1) != 1)
            _exit(2);
        _exit(read(there[0], &byte, 1) == 1 ? 0 : 3);
    }
    ck_assert_int_eq(read(back[0], &byte, 1), 1);
    ck_assert(!root_save(&error));
    ck_error(&error, QMC_ERROR_BUSY, "locked");
    ck_assert_int_eq(write(there[1], &byte, 1), 1);
    ck_ended(pid);
    ck_save();
    for (int i = 0; i < 2; i++) {
        close(there[i]);
        close(back[i]);
    }
}
END_TEST

/* Whoever was too late does not have to run the race again. */
START_TEST(the_try_after_a_stale_one_has_the_file_to_itself)
{
    g_autofree char *dir = root_path(LAYOUT_RUN);
    g_autofree char *holder = g_build_filename(dir, "store.holder", NULL);
    struct store_save *first, *second;
    GError *error = NULL;

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    g_free(root_put_fixture("upstream-4.2.xml"));
    root_set_memory("work", 501);
    first = store_save_new(store, model, "test");
    ck_assert(!store_save_run(first, 0, NULL));
    ck_assert(store_save_stale(first));
    ck_assert_ptr_null(file_lock_take(store_path(store), FALSE, 0, &error));
    ck_error(&error, QMC_ERROR_BUSY, "locked");
    ck_assert(g_file_test(holder, G_FILE_TEST_EXISTS));
    root_load();
    root_set_memory("work", 502);
    second = store_save_new(store, model, "test");
    store_save_inherit(second, first);
    store_save_free(first);
    ck_assert_ptr_null(file_lock_take(store_path(store), FALSE, 0, NULL));
    ck_assert(store_save_run(second, 0, NULL));
    store_save_commit(second, model);
    ck_assert(!g_file_test(holder, G_FILE_TEST_EXISTS));
    store_save_free(second);
    root_set_memory("work", 503);
    ck_save();
}
END_TEST

START_TEST(the_last_twenty_are_kept)
{
    g_autofree char *dir = root_path(LAYOUT_HISTORY);
    g_autofree char *foreign = g_build_filename(dir, "mine.xml", NULL);

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    ck_assert(file_mkdirs(dir, 0700, NULL));
    ck_assert(g_file_set_contents(foreign, "x", 1, NULL));
    for (int i = 0; i < 53; i++) {
        root_set_memory("work", 1000 + i);
        ck_save();
    }
    /* and the first of the hour, or of two, and the foreign one */
    ck_assert_uint_ge(root_history_count(), 22);
    ck_assert_uint_le(root_history_count(), 23);
    ck_assert(g_file_test(foreign, G_FILE_TEST_EXISTS));
    ck_assert_uint_eq(beside_count(), 2); /* the store and its history */
}
END_TEST

START_TEST(the_history_holds_what_was_before)
{
    g_autofree char *text = root_put_fixture("upstream-4.2.xml"), *kept = NULL;
    g_autofree char *path = root_path(LAYOUT_HISTORY), *file = NULL;
    g_autoptr(GDir) dir = NULL;

    root_load();
    root_set_memory("work", 501);
    ck_save();
    dir = g_dir_open(path, 0, NULL);
    file = g_build_filename(path, g_dir_read_name(dir), NULL);
    ck_assert(g_file_get_contents(file, &kept, NULL, NULL));
    ck_assert_str_eq(kept, text);
}
END_TEST

START_TEST(a_full_disk_leaves_the_store)
{
    g_autofree char *text = root_put_fixture("upstream-4.3.xml"), *after = NULL;
    struct rlimit small = { 8192, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
    GError *error = NULL;

    root_load();
    root_set_memory("work", 501);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_assert(!root_save(&error));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_error(&error, QMC_ERROR_IO, "qubes.xml");
    after = root_get();
    ck_assert_str_eq(text, after);
    ck_assert(qube_named("work")->changed);
    ck_save(); /* and it works again when there is room */
}
END_TEST

START_TEST(no_history_no_save)
{
    g_autofree char *text = root_put_fixture("upstream-4.3.xml"), *after = NULL;
    g_autofree char *blocker = root_path(LAYOUT_BASE "/backup");

    root_load();
    ck_assert(g_file_set_contents(blocker, "", 0, NULL));
    root_set_memory("work", 501);
    ck_assert(!root_save(NULL));
    after = root_get();
    ck_assert_str_eq(text, after);
}
END_TEST

/* Child: counts up the memory of one qube, each time as a save. */
static void G_GNUC_NORETURN count(const char *name, int times)
{
    for (int done = 0; done < times;) {
        gint64 now;

        if (!store_load(store, model, NULL))
            _exit(2);
        now = qube_get_int(model, qube_named(name), "memory", 0);
        root_set_memory(name, (int)now + 1);
        if (root_save(NULL))
            done++;
    }
    _exit(0);
}

START_TEST(two_processes_lose_nothing)
{
    static const char *const names[] = { "work", "media", "work" };
    pid_t pids[3];
    int status;

    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    root_set_memory("work", 1000);
    root_set_memory("media", 1000);
    ck_save();
    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            count(names[i], 15);
    }
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    root_load();
    ck_value("work", "memory", "1030");
    ck_value("media", "memory", "1015");
}
END_TEST

/* How long a load and a save take here. */
static gint64 round_us(void)
{
    gint64 begin = g_get_monotonic_time();

    root_load();
    root_set_memory("work", 500);
    ck_save();
    return g_get_monotonic_time() - begin;
}

START_TEST(killed_in_a_save_it_is_old_or_new)
{
    gint64 last = 0, unit;
    guint findings;

    g_free(root_put_fixture("upstream-4.2.xml"));
    unit = round_us();
    findings = qube_named("work")->findings->len;
    /* On a busy machine most may be killed before they begin. */
    for (int i = 0; i < 40 || last <= 500; i++) {
        pid_t pid = fork();
        gint64 now;
        int status;

        if (pid == 0)
            count("work", G_MAXINT);
        g_usleep((gulong)(unit * (i + 1) / 8));
        kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        root_load();
        now = qube_get_int(model, qube_named("work"), "memory", 0);
        ck_assert_int_ge(now, last);
        ck_assert_uint_eq(qube_named("work")->findings->len, findings);
        last = now;
    }
}
END_TEST

START_TEST(a_first_store_is_written)
{
    GError *error = NULL;
    struct qube *base = qube_new("base", NULL, 1, "TemplateVM"), *work;

    qube_put(base, prop_find("label", CLASS_TEMPLATE), "black");
    ck_assert(model_add(model, base, NULL));
    work = qube_new("work", NULL, 2, "AppVM");
    qube_put(work, prop_find("label", CLASS_APP), "blue");
    qube_put(work, prop_find("template", CLASS_APP), "base");
    ck_assert(model_add(model, work, NULL));
    store_write_new(store, model, &error);
    ck_no_error(error);
    ck_assert_ptr_nonnull(qube_volume(work, "root")->volume);
    ck_assert(!store_stale(store));
    root_load();
    ck_assert_uint_eq(model->qubes->len, 3);
    ck_assert_uint_eq(model->labels->len, 8);
    for (guint i = 0; i < model->qubes->len; i++)
        ck_assert_uint_eq(((struct qube *)model->qubes->pdata[i])->findings->len, 0);
    ck_assert_str_eq(volume_config_get(qube_volume(qube_named("work"), "root"), "source"),
                     "vm-templates/base/root");
    ck_assert(!store_write_new(store, model, &error));
    ck_error(&error, QMC_ERROR_EXISTS, "already");
}
END_TEST

START_TEST(an_empty_first_store_is_that_of_upstream)
{
    static const char expected[] =
        "<qubes>\n"
        "  <labels>\n"
        "    <label id=\"label-1\" color=\"0xcc0000\">red</label>\n"
        "    <label id=\"label-2\" color=\"0xf57900\">orange</label>\n"
        "    <label id=\"label-3\" color=\"0xedd400\">yellow</label>\n"
        "    <label id=\"label-4\" color=\"0x73d216\">green</label>\n"
        "    <label id=\"label-5\" color=\"0x555555\">gray</label>\n"
        "    <label id=\"label-6\" color=\"0x3465a4\">blue</label>\n"
        "    <label id=\"label-7\" color=\"0x75507b\">purple</label>\n"
        "    <label id=\"label-8\" color=\"0x000000\">black</label>\n"
        "  </labels>\n"
        "  <pools>\n"
        "    <pool name=\"varlibqubes\" dir_path=\"/var/lib/qubes\" driver=\"file-reflink\""
        " revisions_to_keep=\"1\"/>\n"
        "    <pool name=\"linux-kernel\" dir_path=\"/var/lib/qubes/vm-kernels\""
        " driver=\"linux-kernel\"/>\n"
        "  </pools>\n"
        "  <properties>\n"
        "    <property name=\"default_pool_kernel\">linux-kernel</property>\n"
        "  </properties>\n"
        "  <domains>\n"
        "    <domain id=\"domain-0\" class=\"AdminVM\">\n"
        "      <properties>\n"
        "        <property name=\"label\">black</property>\n"
        "      </properties>\n"
        "      <features/>\n"
        "      <tags/>\n"
        "    </domain>\n"
        "  </domains>\n"
        "</qubes>\n";
    g_autofree char *text = NULL;

    ck_assert(store_write_new(store, model, NULL));
    text = root_get();
    ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(what_xml_cannot_hold_never_reaches_the_disk)
{
    g_autofree char *text = root_put_fixture("upstream-4.3.xml"), *after = NULL;
    GError *error = NULL;
    struct qube *work;

    root_load();
    work = qube_named("work");
    qube_put_feature(work, "f", "a\013b");
    model_touch(model, work);
    ck_assert(!root_save(&error));
    ck_error(&error, QMC_ERROR_INTERNAL, "read back");
    after = root_get();
    ck_assert_str_eq(text, after);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_save_is_read_back, saves_follow_each_other, a_prefix_that_nothing_declares_is_not_saved,
        a_change_during_a_save_is_not_forgotten, a_stale_save_changes_nothing,
        a_held_lock_names_its_holder, a_second_writer_waits_and_sees_the_new_file,
        upstream_s_lock_blocks_too, the_try_after_a_stale_one_has_the_file_to_itself,
        the_last_twenty_are_kept,
        the_history_holds_what_was_before, a_full_disk_leaves_the_store,
        no_history_no_save, two_processes_lose_nothing,
        killed_in_a_save_it_is_old_or_new, a_first_store_is_written,
        an_empty_first_store_is_that_of_upstream,
        what_xml_cannot_hold_never_reaches_the_disk, NULL,
    };

    return suite_run_fixture("store-save", tests, root_setup, root_teardown);
}
