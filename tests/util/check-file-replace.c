/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What somebody else writes while a file is replaced, and what killed writers leave. */
#include "config.h"

#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "tests/util/suite.h"

int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                     unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                     unsigned flags);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

static char *dir, *path, *keep;
static int exchanges;            /* so many were made */
static void (*before)(int n);    /* the n-th, from 1; NULL: nothing */
static int no_exchange, no_link; /* errno; 0: they can be had */
static int syncs_left;           /* -1: all work */
static const char *after_sync;   /* written into the file after that of a directory */

static void put(const char *where, const char *text);

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                     unsigned flags)
{
    if (no_exchange) {
        errno = no_exchange;
        return -1;
    }
    if (before)
        before(++exchanges);
    return __real_renameat2(from_dir, from, to_dir, to, flags);
}

int __wrap_link(const char *from, const char *to)
{
    errno = no_link;
    return no_link ? -1 : __real_link(from, to);
}

int __wrap_fsync(int fd)
{
    struct stat st;

    errno = EIO;
    if ((syncs_left >= 0 && syncs_left-- == 0) || __real_fsync(fd) != 0)
        return -1;
    if (after_sync && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        put(path, after_sync);
    return 0;
}

static void setup(void)
{
    dir = g_dir_make_tmp("qmc-check-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
    path = g_build_filename(dir, "store.xml", NULL);
    keep = g_build_filename(dir, "kept.xml", NULL);
    exchanges = no_exchange = no_link = 0;
    before = NULL;
    after_sync = NULL;
    syncs_left = -1;
}

static void teardown(void)
{
    ck_assert(file_remove_tree(dir, NULL));
    g_clear_pointer(&dir, g_free);
    g_clear_pointer(&path, g_free);
    g_clear_pointer(&keep, g_free);
}

static char *in_dir(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

/* As a shell does: into the file that has the name. */
static void put(const char *where, const char *text)
{
    FILE *file = fopen(where, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* As an editor does: a new file. */
static void move(const char *text)
{
    g_autofree char *other = in_dir("other");

    put(other, text);
    ck_assert_int_eq(rename(other, path), 0);
}

static void ck_content(const char *where, const char *expected)
{
    g_autofree char *text = NULL;

    g_file_get_contents(where, &text, NULL, NULL);
    ck_assert_msg(g_strcmp0(text, expected) == 0, "%s: '%s', not '%s'", where, text,
                  expected);
}

/* In the place of "old", as it is now. */
static gboolean replace(const char *kept, GBytes *bytes, GError **error)
{
    struct file_stamp was, to;
    struct file_replace how = { .path = path, .mode = 0640, .keep = kept, .was = &was,
                                .was_bytes = bytes };

    ck_assert(file_stamp_path(path, &was, NULL));
    return file_replace(&how, "ours", 4, &to, error);
}

static void ck_refused(const char *kept, GBytes *bytes)
{
    GError *error = NULL;

    ck_assert(!replace(kept, bytes, &error));
    ck_error(&error, QMC_ERROR_BUSY, "changed by another program");
}

/* --- others --- */

static void move_first(int n)
{
    if (n == 1)
        move("theirs");
}

static void write_first(int n)
{
    if (n == 1)
        put(path, "theirs");
}

/* The same inode, size, and times. */
static void write_slyly(int n)
{
    struct timespec times[2];
    struct stat st;
    int fd;

    if (n != 1)
        return;
    ck_assert_int_eq(stat(path, &st), 0);
    fd = open(path, O_WRONLY);
    ck_assert_int_eq(write(fd, "OLD", 3), 3);
    close(fd);
    times[0] = st.st_atim;
    times[1] = st.st_mtim;
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void remove_first(int n)
{
    if (n == 1)
        ck_assert_int_eq(unlink(path), 0);
}

START_TEST(what_others_wrote_gets_its_name_back)
{
    void (*const others[])(int n) = { move_first, write_first };

    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        put(path, "old");
        exchanges = 0;
        before = others[i];
        ck_refused(keep, NULL);
        ck_content(path, "theirs");
        ck_assert_uint_eq(suite_names(dir), 1);
        put(path, "old");
        exchanges = 0;
        ck_refused(NULL, NULL);
        ck_content(path, "theirs");
        ck_assert_uint_eq(suite_names(dir), 1);
    }
}
END_TEST

START_TEST(bytes_tell_what_times_hide)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static("old", 3);

    put(path, "old");
    before = write_slyly;
    ck_refused(keep, bytes);
    ck_content(path, "OLD");
    ck_assert_uint_eq(suite_names(dir), 1);
}
END_TEST

START_TEST(what_others_removed_does_not_come_back)
{
    put(path, "old");
    before = remove_first;
    ck_refused(keep, NULL);
    ck_assert_uint_eq(suite_names(dir), 0);
}
END_TEST

/* One change before the exchange, and more while it is taken back. */

static int last_change;

static void move_each(int n)
{
    g_autofree char *text = g_strdup_printf("theirs %d", n);

    if (n <= last_change)
        move(text);
}

/* Into what they find, with their own mark. */
static void mark_each(int n)
{
    FILE *file = n <= last_change ? fopen(path, "a") : NULL;

    if (!file)
        return;
    fprintf(file, " + theirs %d", n);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(the_last_of_several_wins)
{
    for (last_change = 2; last_change < 6; last_change++) {
        g_autofree char *text = g_strdup_printf("theirs %d", last_change);

        put(path, "old");
        exchanges = 0;
        before = move_each;
        ck_refused(keep, NULL);
        ck_content(path, text);
        /* the one that another of them wrote over in the dark is kept */
        ck_assert_int_eq(unlink(keep), 0);
        ck_assert_uint_eq(suite_names(dir), 1);
    }
}
END_TEST

START_TEST(what_is_written_into_ours_stays_too)
{
    last_change = 2;
    put(path, "old");
    before = mark_each;
    ck_refused(keep, NULL);
    ck_content(path, "ours + theirs 2");
    ck_content(keep, "old + theirs 1");
}
END_TEST

/* --- first ones --- */

static gboolean make_first(GError **error)
{
    struct file_replace how = { .path = path, .mode = 0640, .first = TRUE };

    return file_replace(&how, "ours", 4, NULL, error);
}

START_TEST(a_first_one_is_written_over_nothing)
{
    GError *error = NULL;

    before = move_first;
    ck_assert(!make_first(&error));
    ck_error(&error, QMC_ERROR_BUSY, "changed by another program");
    ck_content(path, "theirs");
    ck_assert(!make_first(&error));
    ck_error(&error, QMC_ERROR_BUSY, path);
    ck_content(path, "theirs");
    no_exchange = ENOSYS;
    ck_assert(!make_first(&error));
    ck_error(&error, QMC_ERROR_BUSY, path);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(make_first(&error));
    ck_content(path, "ours");
    ck_assert_uint_eq(suite_names(dir), 1);
}
END_TEST

START_TEST(a_first_one_that_was_not_synced_is_none)
{
    GError *error = NULL;

    syncs_left = 1; /* its bytes are */
    ck_assert(!make_first(&error));
    ck_error(&error, QMC_ERROR_IO, "sync");
    ck_assert_uint_eq(suite_names(dir), 0);
}
END_TEST

/* --- removed ones --- */

START_TEST(what_others_wrote_is_not_removed)
{
    static void (*const rows[])(int n) = { move_first, write_first, write_slyly };
    g_autoptr(GBytes) bytes = g_bytes_new_static("old", 3);
    struct file_stamp was;
    GError *error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        put(path, "old");
        ck_assert(file_stamp_path(path, &was, NULL));
        exchanges = 0;
        before = rows[i];
        ck_assert(!file_remove(path, &was, bytes, &error));
        ck_error(&error, QMC_ERROR_BUSY, path);
        ck_content(path, i < 2 ? "theirs" : "OLD");
        ck_assert_uint_eq(suite_names(dir), 1);
    }
    before = NULL;
    put(path, "old");
    ck_assert(file_stamp_path(path, &was, NULL));
    ck_assert(file_remove(path, &was, bytes, &error));
    ck_assert_uint_eq(suite_names(dir), 0);
    ck_assert(!file_remove(path, &was, bytes, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, path);
}
END_TEST

/* --- where names cannot be exchanged --- */

static void ck_replaced(void)
{
    GError *error = NULL;

    put(path, "old");
    ck_assert_msg(replace(keep, NULL, &error), "%s", error ? error->message : "");
    ck_content(path, "ours");
    ck_content(keep, "old");
    ck_assert_int_eq(unlink(keep), 0);
    ck_assert(replace(NULL, NULL, NULL));
    ck_assert_uint_eq(suite_names(dir), 1);
}

START_TEST(file_systems_without_it_are_served)
{
    static const int errnums[] = { EINVAL, ENOSYS, EOPNOTSUPP };

    for (gsize i = 0; i < G_N_ELEMENTS(errnums); i++) {
        no_exchange = errnums[i];
        ck_replaced();
    }
    no_link = EPERM;
    ck_replaced();
    no_exchange = 0;
    ck_replaced();
}
END_TEST

START_TEST(they_look_before_they_rename)
{
    struct file_stamp was;
    struct file_replace how = { .path = path, .mode = 0640, .keep = keep, .was = &was };
    GError *error = NULL;

    put(path, "old");
    ck_assert(file_stamp_path(path, &was, NULL));
    move("theirs");
    no_exchange = EINVAL;
    ck_assert(!file_replace(&how, "ours", 4, NULL, &error));
    ck_error(&error, QMC_ERROR_BUSY, path);
    ck_content(path, "theirs");
    ck_assert_uint_eq(suite_names(dir), 1);
}
END_TEST

/* --- what killed writers left --- */

static int lock_elsewhere(const char *where)
{
    struct flock all = { .l_type = F_WRLCK };
    int fd = open(where, O_RDWR | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &all), 0);
    return fd;
}

static const char *const others[] = {
    "store.xml~", "store.xml~abc", "store.xml~abcdef0", "store.xml~backup",
    "store.xml~aB3dEf", "store.xml~.qmc-new-aB3dEf", "store.xml~.qmc-new-aB3dE~",
    "store.xml~.qmc-new-aB3dEf0~", "store.xml~.qmc-new-aB3d-f~", "store.xml~1~.qmc-new-aB3dEf~",
    "store.xml~.qmc-new-aB3dEf~~", "other.xml~.qmc-new-aB3dEf~", "store.xml.bak",
    "store.xml.bak~abcdef", "store.xmls~.qmc-new-aB3dEf~", "~.qmc-new-aB3dEf~",
};

START_TEST(what_killed_writers_left_goes)
{
    g_autofree char *dead = in_dir("store.xml~.qmc-new-aB3dEf~");
    g_autofree char *kept = in_dir("store.xml.broken-1~.qmc-new-aB3dEf~");
    g_autofree char *busy = in_dir("store.xml~.qmc-new-writes~");
    g_autofree char *link = in_dir("store.xml~.qmc-new-SymLnk~");
    g_autofree char *folder = in_dir("store.xml~.qmc-new-Folder~");
    auto_fd int fd = -1;

    put(path, "old");
    put(dead, "half");
    put(kept, "half");
    put(busy, "more");
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *other = in_dir(others[i]);

        put(other, "keep");
    }
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    fd = lock_elsewhere(busy);
    ck_assert(replace(NULL, NULL, NULL));
    ck_assert(!g_file_test(dead, G_FILE_TEST_EXISTS));
    ck_assert(!g_file_test(kept, G_FILE_TEST_EXISTS));
    ck_content(busy, "more");
    ck_content(path, "ours");
    ck_assert_uint_eq(suite_names(dir), 2 + 2 + G_N_ELEMENTS(others));
}
END_TEST

START_TEST(what_is_somebody_else_s_stays)
{
    g_autofree char *theirs = in_dir("store.xml~.qmc-new-aB3dEf~");

    if (geteuid() != 0)
        return; /* who else's could it be */
    put(path, "old");
    put(theirs, "theirs");
    ck_assert_int_eq(chown(theirs, 65534, (gid_t)-1), 0);
    ck_assert(replace(NULL, NULL, NULL));
    ck_content(theirs, "theirs");
}
END_TEST

/* Killed before the exchange, the name where the old one would be kept is of the new
 * one, which never was the file; after it, it is of the old one, or somebody's. */
START_TEST(a_copy_of_what_never_was_goes_too)
{
    g_autofree char *dead = in_dir("store.xml~.qmc-new-aB3dEf~");
    g_autofree char *copy = in_dir("copy-1.xml"), *real = in_dir("copy-0.xml");
    auto_of(file_lock) struct file_lock *lock = NULL;
    struct file_replace how = { .path = path, .mode = 0640, .keep = keep };

    put(path, "old");
    put(real, "older");
    put(dead, "never");
    ck_assert_int_eq(__real_link(dead, copy), 0);
    ck_assert(file_replace(&how, "new", 3, NULL, NULL));
    ck_assert(!g_file_test(copy, G_FILE_TEST_EXISTS));
    ck_assert(!g_file_test(dead, G_FILE_TEST_EXISTS));
    ck_content(real, "older");
    ck_content(keep, "old");
    /* after the exchange */
    ck_assert_int_eq(rename(keep, copy), 0);
    ck_assert_int_eq(__real_link(path, dead), 0);
    how.lock = lock = file_lock_take(path, FALSE, 0, NULL);
    ck_assert(file_replace(&how, "newer", 5, NULL, NULL));
    ck_assert(!g_file_test(dead, G_FILE_TEST_EXISTS));
    ck_content(copy, "old");
    ck_content(keep, "new");
    ck_content(path, "newer");
    ck_assert_uint_eq(suite_names(dir), 4);
}
END_TEST

/* So whoever compares sees that it changed. */
START_TEST(a_stamp_is_not_of_what_others_wrote)
{
    struct file_replace how = { .path = path, .mode = 0640 };
    struct file_stamp stamp, now;

    put(path, "old");
    ck_assert(file_replace(&how, "ours", 4, &stamp, NULL));
    ck_assert(file_stamp_path(path, &now, NULL));
    ck_assert(file_stamp_equal(&stamp, &now));
    after_sync = "ours and theirs";
    ck_assert(file_replace(&how, "ours", 4, &stamp, NULL));
    ck_content(path, "ours and theirs");
    ck_assert(file_stamp_path(path, &now, NULL));
    ck_assert(!file_stamp_equal(&stamp, &now));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        what_others_wrote_gets_its_name_back, bytes_tell_what_times_hide,
        what_others_removed_does_not_come_back, the_last_of_several_wins,
        what_is_written_into_ours_stays_too, a_first_one_is_written_over_nothing,
        a_first_one_that_was_not_synced_is_none, what_others_wrote_is_not_removed,
        file_systems_without_it_are_served,
        they_look_before_they_rename, what_killed_writers_left_goes,
        what_is_somebody_else_s_stays, a_copy_of_what_never_was_goes_too,
        a_stamp_is_not_of_what_others_wrote, NULL,
    };

    return suite_run_fixture("file-replace", tests, setup, teardown);
}
