/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "tests/util/suite.h"

static char *dir, *path;

static void setup(void)
{
    dir = g_dir_make_tmp("qmc-check-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
    path = g_build_filename(dir, "store.xml", NULL);
}

static void teardown(void)
{
    ck_assert(file_remove_tree(dir, NULL));
    g_clear_pointer(&dir, g_free);
    g_clear_pointer(&path, g_free);
}

static char *in_dir(const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static void put(const char *where, const char *text)
{
    ck_assert(g_file_set_contents(where, text, -1, NULL));
}

static void ck_content(const char *where, const char *expected)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;

    g_file_get_contents(where, &text, NULL, &error);
    ck_no_error(error);
    ck_assert_str_eq(text, expected);
}

static gboolean replace(const char *text, struct file_lock *lock, GError **error)
{
    struct file_replace how = { .path = path, .mode = 0640, .lock = lock };

    return file_replace(&how, text, strlen(text), NULL, error);
}

START_TEST(read_gives_bytes_and_stamp)
{
    struct file_stamp read_stamp, path_stamp;
    g_autoptr(GBytes) bytes = NULL, empty = NULL;
    g_autoptr(GError) error = NULL;

    put(path, "hello");
    bytes = file_read(path, 5, &read_stamp, &error);
    ck_no_error(error);
    ck_assert_uint_eq(g_bytes_get_size(bytes), 5);
    ck_assert_int_eq(memcmp(g_bytes_get_data(bytes, NULL), "hello", 5), 0);
    ck_assert(file_stamp_path(path, &path_stamp, NULL));
    ck_assert(file_stamp_equal(&read_stamp, &path_stamp));
    put(path, "");
    empty = file_read(path, 0, &read_stamp, &error);
    ck_no_error(error);
    ck_assert_uint_eq(g_bytes_get_size(empty), 0);
    ck_assert(!file_stamp_equal(&read_stamp, &path_stamp));
}
END_TEST

static void ck_unreadable(const char *where, gsize max, QmcErrorCode code,
                          const char *part)
{
    struct file_stamp stamp = { .ino = 4711 };
    GError *error = NULL;

    ck_assert_ptr_null(file_read(where, max, &stamp, &error));
    ck_assert_uint_eq(stamp.ino, 4711);
    ck_assert_ptr_nonnull(strstr(error->message, where));
    ck_error(&error, code, part);
}

START_TEST(read_refuses)
{
    g_autofree char *fifo = in_dir("fifo");

    ck_unreadable(path, 10, QMC_ERROR_NOTFOUND, "No such file");
    ck_unreadable(dir, 10, QMC_ERROR_INVALID, "regular");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_unreadable(fifo, 10, QMC_ERROR_INVALID, "regular");
    put(path, "hello");
    ck_unreadable(path, 4, QMC_ERROR_INVALID, "4 bytes");
}
END_TEST

START_TEST(lock_excludes)
{
    auto_of(file_lock) struct file_lock *lock = NULL, *again = NULL;
    GError *error = NULL;

    put(path, "x");
    lock = file_lock_take(path, FALSE, 0, &error);
    ck_no_error(error);
    again = file_lock_take(path, FALSE, 0, &error);
    ck_assert_ptr_null(again);
    ck_error(&error, QMC_ERROR_BUSY, path);
    again = file_lock_take(path, FALSE, 20, &error);
    ck_assert_ptr_null(again);
    ck_error(&error, QMC_ERROR_BUSY, NULL);
    g_clear_pointer(&lock, file_lock_release);
    again = file_lock_take(path, FALSE, 0, &error);
    ck_no_error(error);
}
END_TEST

START_TEST(lock_makes_the_file_if_asked)
{
    auto_of(file_lock) struct file_lock *lock = NULL;
    GError *error = NULL;
    struct stat st;

    ck_assert_ptr_null(file_lock_take(path, FALSE, 0, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, path);
    umask(077);
    lock = file_lock_take(path, TRUE, 0, &error);
    ck_no_error(error);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0660);
    ck_assert_int_eq(fstat(file_lock_fd(lock), &st), 0);
}
END_TEST

static gpointer release_soon(gpointer data)
{
    g_usleep(20000);
    file_lock_release(data);
    return NULL;
}

START_TEST(lock_waits_for_its_turn)
{
    static const int timeouts[] = { 10000, -1 };

    for (gsize i = 0; i < G_N_ELEMENTS(timeouts); i++) {
        struct file_lock *first = file_lock_take(path, TRUE, 0, NULL);
        GThread *thread = g_thread_new("release", release_soon, first);
        struct file_lock *second = file_lock_take(path, TRUE, timeouts[i], NULL);

        g_thread_join(thread);
        ck_assert_ptr_nonnull(second);
        file_lock_release(second);
    }
}
END_TEST

static gpointer replace_and_release(gpointer data)
{
    g_usleep(20000);
    ck_assert(replace("new", NULL, NULL));
    file_lock_release(data);
    return NULL;
}

START_TEST(lock_is_of_the_file_that_has_the_name)
{
    struct file_lock *first = NULL, *second, *third;
    struct stat held, named;
    GThread *thread;

    put(path, "old");
    first = file_lock_take(path, FALSE, 0, NULL);
    thread = g_thread_new("replace", replace_and_release, first);
    second = file_lock_take(path, FALSE, 10000, NULL);
    g_thread_join(thread);
    ck_assert_ptr_nonnull(second);
    ck_assert_int_eq(fstat(file_lock_fd(second), &held), 0);
    ck_assert_int_eq(stat(path, &named), 0);
    ck_assert_uint_eq(held.st_ino, named.st_ino);
    third = file_lock_take(path, FALSE, 0, NULL);
    ck_assert_ptr_null(third);
    file_lock_release(second);
}
END_TEST

START_TEST(lock_follows_no_link)
{
    g_autofree char *link = g_build_filename(dir, "link", NULL);
    GError *error = NULL;

    ck_assert(g_file_set_contents(path, "old", -1, NULL));
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_ptr_null(file_lock_take(link, TRUE, 0, &error));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "cp --remove-destination"));
    ck_error(&error, QMC_ERROR_STATE, "is a symbolic link to");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ptr_null(file_lock_take(link, TRUE, 0, NULL));
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(lock_conflicts_with_posix_locks)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    GError *error = NULL;
    int ready[2], status;
    char byte;
    pid_t pid;

    put(path, "x");
    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        int fd = open(path, O_RDWR);

        if (fcntl(fd, F_SETLK, &whole) == 0 && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_ptr_null(file_lock_take(path, FALSE, 0, &error));
    ck_error(&error, QMC_ERROR_BUSY, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}
END_TEST

START_TEST(replace_writes_and_keeps)
{
    g_autofree char *keep = in_dir("kept");
    struct file_replace how = { .path = path, .mode = 0640, .keep = keep,
                                .group = "no-such-group" };
    struct file_stamp stamp, now;
    GError *error = NULL;
    struct stat st;

    umask(077);
    ck_assert(file_replace(&how, "one", 3, &stamp, &error));
    ck_assert(!g_file_test(keep, G_FILE_TEST_EXISTS));
    ck_assert(file_replace(&how, "two", 3, &stamp, &error));
    ck_content(path, "two");
    ck_content(keep, "one");
    ck_assert(!file_replace(&how, "three", 5, NULL, &error));
    ck_error(&error, QMC_ERROR_EXISTS, "keep the old"); /* what is kept stays */
    ck_content(path, "two");
    ck_content(keep, "one");
    ck_assert(file_stamp_path(path, &now, NULL));
    ck_assert(file_stamp_equal(&stamp, &now));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    ck_assert_uint_eq(suite_names(dir), 2);
}
END_TEST

START_TEST(replace_sets_the_group)
{
    gid_t groups[64];
    int n = getgroups(64, groups);
    gid_t wanted = n > 0 ? groups[n - 1] : getegid();
    struct group *entry = getgrgid(wanted);
    struct file_replace how = { .path = path, .mode = 0660 };
    struct stat st;

    ck_assert_ptr_nonnull(entry);
    how.group = entry->gr_name;
    ck_assert(file_replace(&how, "x", 1, NULL, NULL));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_gid, wanted);
    ck_assert_uint_eq(st.st_mode & 07777, 0660);
}
END_TEST

START_TEST(replace_hands_the_lock_over)
{
    auto_of(file_lock) struct file_lock *lock = NULL;
    GError *error = NULL;
    struct stat held, named;

    put(path, "old");
    lock = file_lock_take(path, FALSE, 0, NULL);
    for (int i = 0; i < 3; i++) {
        ck_assert(replace("new", lock, &error));
        ck_assert_ptr_null(file_lock_take(path, FALSE, 0, &error));
        ck_error(&error, QMC_ERROR_BUSY, NULL);
        ck_assert_int_eq(fstat(file_lock_fd(lock), &held), 0);
        ck_assert_int_eq(stat(path, &named), 0);
        ck_assert_uint_eq(held.st_ino, named.st_ino);
    }
}
END_TEST

/* The disk is full: a limit of the file size is what an unprivileged process
 * can have of it. */
static void limit_file_size(rlim_t bytes)
{
    struct rlimit limit = { bytes, RLIM_INFINITY };

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(replace_without_room_changes_nothing)
{
    auto_of(file_lock) struct file_lock *lock = NULL;
    g_autofree char *big = g_strnfill(100000, 'x');
    struct file_stamp before, after;
    GError *error = NULL;

    put(path, "old");
    lock = file_lock_take(path, FALSE, 0, NULL);
    ck_assert(file_stamp_path(path, &before, NULL));
    limit_file_size(4096);
    ck_assert(!replace(big, lock, &error));
    limit_file_size(RLIM_INFINITY);
    ck_error(&error, QMC_ERROR_IO, path);
    ck_assert(file_stamp_path(path, &after, NULL));
    ck_assert(file_stamp_equal(&before, &after));
    ck_content(path, "old");
    ck_assert_uint_eq(suite_names(dir), 1);
    ck_assert_ptr_null(file_lock_take(path, FALSE, 0, NULL));
}
END_TEST

START_TEST(replace_fails_cleanly)
{
    g_autofree char *nowhere = g_build_filename(dir, "no", "kept", NULL);
    struct file_replace how = { .path = path, .mode = 0600, .keep = nowhere };
    struct file_stamp stamp = { .ino = 4711 };
    GError *error = NULL;

    put(path, "old");
    ck_assert(!file_replace(&how, "new", 3, &stamp, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "keep the old");
    how = (struct file_replace){ .path = nowhere, .mode = 0600 };
    ck_assert(!file_replace(&how, "new", 3, &stamp, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, nowhere);
    how.path = dir; /* a directory has the name */
    ck_assert(!file_replace(&how, "new", 3, &stamp, &error));
    ck_error(&error, QMC_ERROR_IO, dir);
    ck_assert_uint_eq(stamp.ino, 4711);
    ck_content(path, "old");
    ck_assert_uint_eq(suite_names(dir), 1);
}
END_TEST

static _Noreturn void replace_for_ever(const char *a, const char *b)
{
    for (;;)
        if (!replace(a, NULL, NULL) || !replace(b, NULL, NULL))
            _exit(1);
}

START_TEST(replace_killed_leaves_old_or_new)
{
    g_autofree char *a = g_strnfill(300000, 'a'), *b = g_strnfill(200000, 'b');

    put(path, a);
    for (int i = 0; i < 40; i++) {
        g_autofree char *text = NULL;
        int status;
        pid_t pid = fork();

        if (pid == 0)
            replace_for_ever(a, b);
        g_usleep((gulong)(500 + i * 97));
        kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        ck_assert(g_file_get_contents(path, &text, NULL, NULL));
        ck_assert(strcmp(text, a) == 0 || strcmp(text, b) == 0);
    }
}
END_TEST

/* Adds 1 to the number in the file under the lock, n times. */
static void count_up(int n)
{
    for (int i = 0; i < n; i++) {
        auto_of(file_lock) struct file_lock *lock =
            file_lock_take(path, FALSE, -1, NULL);
        g_autoptr(GBytes) bytes = file_read(path, 100, NULL, NULL);
        char text[32];

        if (!lock || !bytes)
            _exit(1);
        g_snprintf(text, sizeof text, "%.*s", (int)g_bytes_get_size(bytes),
                   (const char *)g_bytes_get_data(bytes, NULL));
        g_snprintf(text, sizeof text, "%d", atoi(text) + 1);
        if (!replace(text, lock, NULL))
            _exit(1);
    }
    _exit(0);
}

START_TEST(processes_lose_nothing)
{
    pid_t pids[3];
    int status;

    put(path, "0");
    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            count_up(30);
    }
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ck_content(path, "90");
    ck_assert_uint_eq(suite_names(dir), 1);
}
END_TEST

START_TEST(mkdirs_makes_all)
{
    g_autofree char *deep = g_build_filename(dir, "a", "b", "c", NULL);
    g_autofree char *above = g_path_get_dirname(deep);
    g_autofree char *closed = g_build_filename(dir, "d", "e", NULL);
    g_autofree char *around = g_path_get_dirname(closed);
    g_autofree char *slash = g_strconcat(dir, "//x///y/", NULL);
    g_autofree char *below = NULL;
    GError *error = NULL;
    struct stat st;

    umask(077);
    ck_assert(file_mkdirs(deep, 02770, &error));
    ck_assert(file_mkdirs(deep, 0700, &error));
    ck_assert_int_eq(stat(deep, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 02770);
    /* what is above it is no closer than it would be without us */
    ck_assert_int_eq(stat(above, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0755);
    ck_assert(file_mkdirs(closed, 0700, &error));
    ck_assert_int_eq(stat(around, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    ck_assert(file_mkdirs(slash, 0755, &error));
    ck_assert(g_file_test(slash, G_FILE_TEST_IS_DIR));
    put(path, "");
    below = g_build_filename(path, "z", NULL);
    ck_assert(!file_mkdirs(path, 0755, &error));
    ck_error(&error, QMC_ERROR_IO, "something else has that name");
    ck_assert(!file_mkdirs(below, 0755, &error));
    ck_error(&error, QMC_ERROR_IO, path);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/nowhere/at/all", path), 0);
    ck_assert(!file_mkdirs(path, 0755, &error));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "rm "));
    ck_error(&error, QMC_ERROR_IO, "is a link to '/nowhere/at/all'");
}
END_TEST

START_TEST(list_names_all_or_says_why_not)
{
    g_autofree char *hidden = in_dir(".b"), *missing = in_dir("missing");
    g_autoptr(GPtrArray) names = NULL;
    GError *error = NULL;

    put(path, "x");
    put(hidden, "x");
    names = file_list(dir, &error);
    ck_no_error(error);
    ck_assert_uint_eq(names->len, 2);
    ck_assert(g_ptr_array_find_with_equal_func(names, ".b", g_str_equal, NULL));
    ck_assert(g_ptr_array_find_with_equal_func(names, "store.xml", g_str_equal, NULL));
    ck_assert_ptr_null(file_list(missing, &error));
    ck_assert_str_eq(error->message + strlen("cannot list '") + strlen(missing),
                     "': No such file or directory");
    ck_error(&error, QMC_ERROR_NOTFOUND, missing);
    ck_assert_ptr_null(file_list(path, &error));
    ck_error(&error, QMC_ERROR_IO, path);
}
END_TEST

START_TEST(remove_tree_follows_no_links)
{
    g_autofree char *tree = in_dir("tree"), *deep = in_dir("tree/a/b");
    g_autofree char *leaf = in_dir("tree/a/b/leaf"), *link = in_dir("tree/a/link");
    g_autofree char *other = in_dir("other"), *treasure = in_dir("other/treasure");
    g_autofree char *alias = in_dir("alias"), *alias_slash = in_dir("alias/");
    GError *error = NULL;

    ck_assert(file_mkdirs(deep, 0700, NULL));
    ck_assert(file_mkdirs(other, 0700, NULL));
    put(leaf, "x");
    put(treasure, "x");
    ck_assert_int_eq(symlink(other, link), 0);
    ck_assert_int_eq(symlink(other, alias), 0);
    ck_assert(file_remove_tree(tree, &error));
    ck_no_error(error);
    ck_assert(!g_file_test(tree, G_FILE_TEST_EXISTS));
    ck_assert(!file_remove_tree(alias, &error));
    ck_error(&error, QMC_ERROR_INVALID, "not a directory");
    ck_assert(!file_remove_tree(alias_slash, &error));
    ck_error(&error, QMC_ERROR_INVALID, "not a directory");
    ck_content(treasure, "x");
    ck_assert(file_remove_tree(tree, &error));
}
END_TEST

static void ck_mounted(const char *tree)
{
    g_autoptr(GError) error = NULL;

    ck_assert(!file_remove_tree(tree, &error));
    ck_error(&error, QMC_ERROR_BUSY, "mounted");
}

/* In a namespace of its own, which takes the mounts along when it ends. */
static void bind_and_remove(void)
{
    g_autofree char *tree = in_dir("tree"), *first = in_dir("tree/a");
    g_autofree char *place = in_dir("tree/z"), *other = in_dir("other");
    g_autofree char *treasure = in_dir("other/treasure");

    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        _exit(77);
    ck_assert(file_mkdirs(place, 0700, NULL) && file_mkdirs(other, 0700, NULL));
    put(first, "x");
    put(treasure, "x");
    if (mount(other, place, NULL, MS_BIND, NULL) != 0)
        _exit(77);
    ck_mounted(tree);
    ck_mounted(place);
    ck_content(first, "x");
    ck_content(treasure, "x");
    ck_assert_int_eq(umount(place), 0);
    ck_assert_int_eq(mount(treasure, first, NULL, MS_BIND, NULL), 0);
    ck_mounted(tree);
    ck_assert(g_file_test(place, G_FILE_TEST_IS_DIR));
    ck_assert_int_eq(umount(first), 0);
    ck_assert_int_eq(mount(tree, tree, NULL, MS_BIND, NULL), 0);
    ck_mounted(tree);
    ck_content(first, "x");
    ck_assert_int_eq(umount(tree), 0);
    ck_assert(file_remove_tree(tree, NULL));
    ck_content(treasure, "x");
    _exit(0);
}

/* Of the same device, so that only the kernel can tell. */
START_TEST(remove_tree_stops_at_mounts)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        bind_and_remove();
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        g_print("# not tested: nothing can be mounted here\n");
    else
        ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(sync_dir_needs_a_directory)
{
    GError *error = NULL;

    put(path, "");
    ck_assert(file_fsync_dir(dir, &error));
    ck_assert(!file_fsync_dir(path, &error));
    ck_error(&error, QMC_ERROR_IO, path);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        read_gives_bytes_and_stamp, read_refuses, lock_excludes,
        lock_makes_the_file_if_asked, lock_waits_for_its_turn,
        lock_is_of_the_file_that_has_the_name, lock_conflicts_with_posix_locks,
        lock_follows_no_link,
        replace_writes_and_keeps, replace_sets_the_group,
        replace_hands_the_lock_over, replace_without_room_changes_nothing,
        replace_fails_cleanly, replace_killed_leaves_old_or_new,
        processes_lose_nothing,
        mkdirs_makes_all, list_names_all_or_says_why_not, remove_tree_follows_no_links,
        remove_tree_stops_at_mounts,
        sync_dir_needs_a_directory, NULL,
    };

    return suite_run_fixture("file", tests, setup, teardown);
}
