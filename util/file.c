/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/file-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/text.h"

#define FILE_POLL_FIRST_US 1000
#define FILE_POLL_MAX_US 50000

void file_stamp_set(struct file_stamp *stamp, const struct stat *st)
{
    *stamp = (struct file_stamp){
        .dev = st->st_dev,
        .ino = st->st_ino,
        .size = st->st_size,
        .mtime = st->st_mtim,
        .ctime = st->st_ctim,
    };
}

static gboolean timespec_equal(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

gboolean file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           timespec_equal(&a->mtime, &b->mtime) &&
           timespec_equal(&a->ctime, &b->ctime);
}

gboolean file_stamp_path(const char *path, struct file_stamp *stamp, GError **error)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        error_set_errno(error, errno, NULL, "cannot look at '%s'", path);
        return FALSE;
    }
    file_stamp_set(stamp, &st);
    return TRUE;
}

gssize file_read_fully(int fd, char *buf, gsize len)
{
    gsize got = 0;

    while (got < len) {
        ssize_t n = read(fd, buf + got, len - got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (gsize)n;
    }
    return (gssize)got;
}

static gboolean file_too_big(const char *path, gsize max_bytes, GError **error)
{
    error_set(error, QMC_ERROR_INVALID, NULL,
              "'%s' is larger than %" G_GSIZE_FORMAT " bytes", path, max_bytes);
    return FALSE;
}

static gboolean file_is_readable(const char *path, const struct stat *st,
                                 gsize max_bytes, GError **error)
{
    if (!S_ISREG(st->st_mode)) {
        error_set(error, QMC_ERROR_INVALID, NULL, "'%s' is not a regular file",
                  path);
        return FALSE;
    }
    if ((guint64)st->st_size > max_bytes)
        return file_too_big(path, max_bytes, error);
    return TRUE;
}

GBytes *file_read(const char *path, gsize max_bytes, struct file_stamp *stamp,
                  GError **error)
{
    /* non-blocking: opening a fifo must not hang before it is refused */
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    g_autofree char *data = NULL;
    struct stat st;
    gssize got;
    gsize room;

    if (fd < 0 || fstat(fd, &st) != 0) {
        error_set_errno(error, errno, NULL, "cannot open '%s'", path);
        return NULL;
    }
    if (!file_is_readable(path, &st, max_bytes, error))
        return NULL;
    /* one byte more than it had, to see that it grew while it was read */
    room = (gsize)st.st_size + 1;
    data = g_malloc(room);
    got = file_read_fully(fd, data, room);
    if (got < 0) {
        error_set_errno(error, errno, NULL, "cannot read '%s'", path);
        return NULL;
    }
    if ((gsize)got == room) {
        error_set(error, QMC_ERROR_BUSY, "try again",
                  "'%s' grew while it was read", path);
        return NULL;
    }
    if (stamp)
        file_stamp_set(stamp, &st);
    return g_bytes_new_take(g_steal_pointer(&data), (gsize)got);
}

int file_ofd_lock(int fd, int command)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int rc;

    do
        rc = fcntl(fd, command, &whole);
    while (rc != 0 && errno == EINTR);
    return rc;
}

/* Whoever may put a link among the locks must not choose what is locked, and
 * then written to. */
#define LOCK_FLAGS (O_CLOEXEC | O_NOCTTY | O_NOFOLLOW)

/* Opens path, and creates it if it may. */
static int file_open_lockable(const char *path, gboolean create)
{
    int fd = open(path, O_RDWR | LOCK_FLAGS);

    if (fd >= 0 || errno != ENOENT || !create)
        return fd;
    fd = open(path, O_RDWR | LOCK_FLAGS | O_CREAT | O_EXCL, 0660);
    if (fd < 0 && errno == EEXIST)
        return open(path, O_RDWR | LOCK_FLAGS);
    /* the umask must not lock the group out */
    if (fd >= 0 && fchmod(fd, 0660) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* 1: fd is locked; 0: held elsewhere until the deadline; -1: errno. */
static int file_lock_until(int fd, gint64 deadline)
{
    gint64 pause = FILE_POLL_FIRST_US;

    if (deadline < 0)
        return file_ofd_lock(fd, F_OFD_SETLKW) == 0 ? 1 : -1;
    while (file_ofd_lock(fd, F_OFD_SETLK) != 0) {
        gint64 left = deadline - g_get_monotonic_time();

        if (errno != EAGAIN && errno != EACCES)
            return -1;
        if (left <= 0)
            return 0;
        g_usleep((gulong)MIN(pause, left));
        pause = MIN(pause * 2, FILE_POLL_MAX_US);
    }
    return 1;
}

gboolean file_is_current(int fd, const char *path)
{
    struct stat ours, named;

    return fstat(fd, &ours) == 0 && lstat(path, &named) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* The step after "it is a link to that". Caller frees. */
static char *file_link_hint(const char *path, const char *target)
{
    g_autofree char *from = text_shell_quote(target), *to = text_shell_quote(path);

    if (access(path, F_OK) != 0)
        return g_strdup_printf("it leads nowhere: put the file itself there, or take the link "
                               "away: rm %s", to);
    return *target == '/' ? g_strdup_printf("put the file itself there: cp --remove-destination "
                                            "%s %s", from, to)
                          : g_strdup("put the file itself there");
}

gboolean file_check_no_link(const char *path, GError **error)
{
    g_autofree char *target = g_file_read_link(path, NULL);
    g_autofree char *shown = NULL, *hint = NULL;

    if (!target)
        return TRUE;
    shown = text_sanitise(target, -1);
    hint = file_link_hint(path, target);
    error_set(error, QMC_ERROR_STATE, hint, "'%s' is a symbolic link to '%s', and no link is "
              "followed to where it would be written", path, shown);
    return FALSE;
}

/* What a link leads to may be anybody's: it is not followed. */
static void file_lock_error(const char *path, GError **error)
{
    int errnum = errno;

    if (errnum != ELOOP || file_check_no_link(path, error))
        error_set_errno(error, errnum, NULL, "cannot open '%s'", path);
}

struct file_lock *file_lock_take(const char *path, gboolean create,
                                 int timeout_ms, GError **error)
{
    gint64 deadline =
        timeout_ms < 0 ? -1 : g_get_monotonic_time() + timeout_ms * 1000LL;

    for (;;) {
        auto_fd int fd = file_open_lockable(path, create);
        struct file_lock *lock;
        int got;

        if (fd < 0) {
            file_lock_error(path, error);
            return NULL;
        }
        got = file_lock_until(fd, deadline);
        if (got < 0) {
            error_set_errno(error, errno, NULL, "cannot lock '%s'", path);
            return NULL;
        }
        if (got == 0) {
            error_set(error, QMC_ERROR_BUSY, "try again when it has finished",
                      "'%s' is locked by another program", path);
            return NULL;
        }
        if (!file_is_current(fd, path))
            continue;
        lock = g_new0(struct file_lock, 1);
        lock->fd = auto_fd_steal(&fd);
        return lock;
    }
}

void file_lock_release(struct file_lock *lock)
{
    if (!lock)
        return;
    close(lock->fd);
    g_free(lock);
}

int file_lock_fd(const struct file_lock *lock)
{
    return lock->fd;
}

gboolean file_lock_current(const struct file_lock *lock, const char *path)
{
    return file_is_current(lock->fd, path);
}

gboolean file_fsync_dir(const char *dir, GError **error)
{
    auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* EINVAL: a file system that cannot, and needs no fsync of directories */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) {
        error_set_errno(error, errno, NULL, "cannot sync directory '%s'", dir);
        return FALSE;
    }
    return TRUE;
}

/* Whatever the umask is; the group comes first: changing it clears bits of the mode. */
static gboolean file_set_rights(const char *dir, mode_t mode, const char *group)
{
    auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 && file_set_group(fd, group) == 0 && fchmod(fd, mode) == 0;
}

/* Something else has the name of a directory. */
static void file_refuse_place(const char *dir, GError **error)
{
    g_autofree char *target = g_file_read_link(dir, NULL);
    g_autofree char *shown = target ? text_sanitise(target, -1) : NULL;
    g_autofree char *at = text_shell_quote(dir), *hint = NULL;

    if (target) {
        hint = g_strdup_printf("mount what it leads to, or take the link away: rm %s", at);
        error_set(error, QMC_ERROR_IO, hint, "cannot make directory '%s': it is a link to "
                  "'%s', where no directory is", dir, shown);
        return;
    }
    hint = g_strdup_printf("look at it, then move it away: mv %s %s.away", at, at);
    error_set(error, QMC_ERROR_IO, hint,
              "cannot make directory '%s': something else has that name, which is no "
              "directory", dir);
}

gboolean file_mkdir(const char *dir, mode_t mode, const char *group, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(dir);

    if (mkdir(dir, mode) != 0) {
        int errnum = errno; /* the test has its own */

        if (errnum == EEXIST && g_file_test(dir, G_FILE_TEST_IS_DIR))
            return TRUE;
        if (errnum == EEXIST)
            file_refuse_place(dir, error);
        else
            error_set_errno(error, errnum, NULL, "cannot make directory '%s'", dir);
        return FALSE;
    }
    if (!file_set_rights(dir, mode, group)) {
        error_set_errno(error, errno, NULL, "cannot set the mode of '%s'", dir);
        return FALSE;
    }
    return file_fsync_dir(parent, error);
}

gboolean file_mkdirs(const char *dir, mode_t mode, GError **error)
{
    g_autofree char *part = g_strdup(dir);
    mode_t above = mode & 0077 ? 0755 : mode;

    for (char *slash = part; *slash; slash++) {
        if (*slash != '/' || slash == part || slash[-1] == '/')
            continue;
        *slash = '\0';
        if (!file_mkdir(part, above, NULL, error))
            return FALSE;
        *slash = '/';
    }
    return file_mkdir(part, mode, NULL, error);
}

AUTO_DEFINE(dir, DIR, closedir)

GPtrArray *file_list(const char *dir, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    auto_of(dir) DIR *open = opendir(dir);
    struct dirent *entry = NULL;

    while (open && (errno = 0, entry = readdir(open)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            g_ptr_array_add(names, g_strdup(entry->d_name));
    if (open && errno == 0)
        return g_steal_pointer(&names);
    error_set_errno(error, errno, NULL, "cannot list '%s'", dir);
    return NULL;
}

typedef int (*file_visit_fn)(int parent, const char *name, dev_t dev);

/* Each name in a directory, until one fails; takes fd. */
static int file_visit_dir(int fd, dev_t dev, file_visit_fn visit)
{
    auto_of(dir) DIR *dir = fdopendir(fd);
    struct dirent *entry;

    if (!dir) {
        close(fd);
        return -1;
    }
    while (errno = 0, (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (visit(fd, entry->d_name, dev) != 0)
            return -1;
    }
    return errno ? -1 : 0;
}

/* A bind mount may be of the same device: only the kernel knows then; of what chattr
 * protects it is the last to know. */
static gboolean file_has(int parent, const char *name, int flags, guint64 attributes)
{
    struct statx stx;

    return statx(parent, name, flags | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) == 0 &&
           (stx.stx_attributes_mask & stx.stx_attributes & attributes) != 0;
}

/* The directory, opened; EXDEV where something is mounted. */
static int file_open_own_dir(int parent, const char *name, dev_t dev)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return -1;
    /* of the descriptor: the name may lead elsewhere by now */
    if (fstat(fd, &st) == 0 && st.st_dev == dev &&
        !file_has(fd, "", AT_EMPTY_PATH, STATX_ATTR_MOUNT_ROOT))
        return fd;
    close(fd);
    errno = EXDEV;
    return -1;
}

/* Whether all below one name is of that file system, EXDEV, and may go, EPERM. */
static int file_own_at(int parent, const char *name, dev_t dev)
{
    struct stat st;
    int fd;

    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -1;
    if (file_has(parent, name, AT_SYMLINK_NOFOLLOW, STATX_ATTR_MOUNT_ROOT)) {
        errno = EXDEV;
        return -1;
    }
    if (file_has(parent, name, AT_SYMLINK_NOFOLLOW,
                 STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) {
        errno = EPERM;
        return -1;
    }
    if (!S_ISDIR(st.st_mode))
        return 0;
    fd = file_open_own_dir(parent, name, dev);
    return fd < 0 ? -1 : file_visit_dir(fd, dev, file_own_at);
}

/* Removes one name, with what is below it. */
static int file_remove_at(int parent, const char *name, dev_t dev)
{
    struct stat st;
    int fd;

    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISDIR(st.st_mode))
        return unlinkat(parent, name, 0);
    fd = file_open_own_dir(parent, name, dev);
    if (fd < 0 || file_visit_dir(fd, dev, file_remove_at) != 0)
        return -1;
    return unlinkat(parent, name, AT_REMOVEDIR);
}

#define HINT_PROTECTED "see what is protected with 'lsattr -R', and lift that with 'chattr'"

/* errno says why. */
static gboolean file_refuse_removal(const char *path, GError **error)
{
    if (errno == EXDEV)
        error_set(error, QMC_ERROR_BUSY, "see what it is with 'findmnt', and unmount it",
                  "cannot remove '%s': something is mounted there", path);
    else
        error_set_errno(error, errno, errno == EPERM ? HINT_PROTECTED : NULL,
                        "cannot remove '%s'", path);
    return FALSE;
}

/* Without the slashes at its end: with one the name of a link would mean its target. */
static char *file_bare_path(const char *dir)
{
    char *path = g_strdup(dir);

    for (gsize len = strlen(path); len > 1 && path[len - 1] == '/'; len--)
        path[len - 1] = '\0';
    return path;
}

gboolean file_check_tree(const char *dir, GError **error)
{
    g_autofree char *path = file_bare_path(dir);
    struct stat st;

    if (lstat(path, &st) == 0 && file_own_at(AT_FDCWD, path, st.st_dev) == 0)
        return TRUE;
    if (errno == ENOENT)
        return TRUE;
    if (errno == EXDEV)
        error_set(error, QMC_ERROR_BUSY, "see what it is with 'findmnt', and unmount it",
                  "something is mounted in '%s'", path);
    else if (errno == EPERM)
        error_set(error, QMC_ERROR_DENIED, HINT_PROTECTED,
                  "something in '%s' is protected: it cannot be deleted", path);
    else
        error_set_errno(error, errno, NULL, "cannot look into '%s'", path);
    return FALSE;
}

gboolean file_remove_tree(const char *dir, GError **error)
{
    g_autofree char *path = file_bare_path(dir);
    struct stat st;

    if (lstat(path, &st) != 0) {
        if (errno == ENOENT)
            return TRUE;
        error_set_errno(error, errno, NULL, "cannot look at '%s'", path);
        return FALSE;
    }
    if (!S_ISDIR(st.st_mode)) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "'%s' is not a directory, nothing was removed", path);
        return FALSE;
    }
    /* all of it before the first goes: half a tree is of no use to anybody */
    return (file_own_at(AT_FDCWD, path, st.st_dev) == 0 &&
            file_remove_at(AT_FDCWD, path, st.st_dev) == 0) ||
           file_refuse_removal(path, error);
}
