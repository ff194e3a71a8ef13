/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/log.h"

#define FILE_POLL_FIRST_US 1000
#define FILE_POLL_MAX_US 50000

struct file_lock {
    int fd;
};

static void file_stamp_set(struct file_stamp *stamp, const struct stat *st)
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

static int file_write_fully(int fd, const char *data, gsize len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data += n;
        len -= (gsize)n;
    }
    return 0;
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

static int file_ofd_lock(int fd, int command)
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

/* Whether others who open path now get the file behind fd. */
static gboolean file_is_current(int fd, const char *path)
{
    struct stat ours, named;

    return fstat(fd, &ours) == 0 && lstat(path, &named) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
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
            error_set_errno(error, errno, NULL, "cannot open '%s'", path);
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

/* A file is useful with the wrong group as well: whoever may not give it away
 * is told in the log only. */
static int file_set_group(int fd, const char *group)
{
    char buf[4096];
    struct group entry, *found = NULL;

    if (!group || getgrnam_r(group, &entry, buf, sizeof buf, &found) != 0 || !found)
        return 0;
    if (fchown(fd, (uid_t)-1, entry.gr_gid) == 0)
        return 0;
    if (errno != EPERM)
        return -1;
    log_line("file", "cannot give a file to group %s", group);
    return 0;
}

/* Fills the temporary file. The group comes first: changing it clears bits of
 * the mode. */
static gboolean file_fill(const struct file_replace *how, int fd,
                          const char *data, gsize len, GError **error)
{
    if (file_write_fully(fd, data, len) != 0 ||
        file_set_group(fd, how->group) != 0 || fchmod(fd, how->mode) != 0 ||
        fsync(fd) != 0) {
        error_set_errno(error, errno, NULL, "cannot write '%s'", how->path);
        return FALSE;
    }
    return TRUE;
}

static gboolean file_copy(const char *from, const char *to, GError **error)
{
    struct file_replace how = { .path = to };
    g_autoptr(GBytes) bytes = NULL;
    struct stat st;

    if (stat(from, &st) != 0) {
        error_set_errno(error, errno, NULL, "cannot look at '%s'", from);
        return FALSE;
    }
    bytes = file_read(from, G_MAXSSIZE, NULL, error);
    if (!bytes)
        return FALSE;
    how.mode = st.st_mode & 07777;
    return file_replace(&how, g_bytes_get_data(bytes, NULL),
                        g_bytes_get_size(bytes), NULL, error);
}

/* Leaves the old file under the name keep too. */
static gboolean file_keep(const char *path, const char *keep, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(keep);

    if (unlink(keep) != 0 && errno != ENOENT) {
        error_set_errno(error, errno, NULL, "cannot replace '%s'", keep);
        return FALSE;
    }
    if (link(path, keep) == 0) {
        if (file_fsync_dir(dir, error))
            return TRUE;
    } else if (errno == ENOENT && access(path, F_OK) != 0) {
        return TRUE;
    } else if (file_copy(path, keep, error)) {
        return TRUE; /* other file system, no links on this one, or too many */
    }
    g_prefix_error(error, "cannot keep the old '%s': ", path);
    return FALSE;
}

/* How the new file came to its name, and with that the way back. */
enum passage {
    PASSAGE_NONE,      /* it did not; errno */
    PASSAGE_KEPT,      /* the old one is under how->keep */
    PASSAGE_EXCHANGED, /* the old one has the temporary name */
    PASSAGE_FIRST,     /* there was no old one */
    PASSAGE_OVER,      /* the old one is gone */
};

static enum passage file_rename(const struct file_replace *how, const char *temp)
{
    enum passage passage = PASSAGE_OVER;
    struct stat st;

    if (how->keep)
        passage = PASSAGE_KEPT;
    else if (lstat(how->path, &st) != 0)
        passage = errno == ENOENT ? PASSAGE_FIRST : PASSAGE_OVER;
    /* a directory would take part in it */
    else if (!S_ISDIR(st.st_mode) &&
             renameat2(AT_FDCWD, temp, AT_FDCWD, how->path, RENAME_EXCHANGE) == 0)
        return PASSAGE_EXCHANGED;
    return rename(temp, how->path) == 0 ? passage : PASSAGE_NONE;
}

/* Nobody knows whether a name that could not be synced outlives the power, and a
 * caller who is told of a failure goes on as if nothing had been written: the
 * old file gets its name back. */
static gboolean file_take_back(const struct file_replace *how, const char *temp,
                               enum passage passage, GError **error)
{
    if ((passage == PASSAGE_KEPT && rename(how->keep, how->path) == 0) ||
        (passage == PASSAGE_EXCHANGED && rename(temp, how->path) == 0) ||
        (passage == PASSAGE_FIRST && unlink(how->path) == 0))
        return TRUE;
    g_prefix_error(error, "the new '%s' is in its place, but may be lost with the power: ",
                   how->path);
    return FALSE;
}

/* The new file has the name now. */
static void file_adopt(const struct file_replace *how, int *fd,
                       struct file_stamp *stamp)
{
    struct stat st;

    /* only now: the rename itself changes the ctime */
    if (stamp && fstat(*fd, &st) == 0)
        file_stamp_set(stamp, &st);
    if (!how->lock)
        return;
    close(how->lock->fd);
    how->lock->fd = auto_fd_steal(fd);
}

static gboolean file_install(const struct file_replace *how, const char *temp,
                             int *fd, struct file_stamp *stamp, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(how->path);
    enum passage passage = file_rename(how, temp);
    gboolean synced;

    if (passage == PASSAGE_NONE) {
        error_set_errno(error, errno, NULL, "cannot replace '%s'", how->path);
        return FALSE;
    }
    synced = file_fsync_dir(dir, error);
    if (synced || !file_take_back(how, temp, passage, error))
        file_adopt(how, fd, stamp);
    if (synced && passage == PASSAGE_EXCHANGED)
        unlink(temp);
    return synced;
}

#define TEMP_END "XXXXXX"

/* TRUE for BASE~ and the six characters of mkostemp(), and for BASE.MORE~ with them:
 * a copy kept of it, whose name may never come again. */
static gboolean file_is_temp(const char *name, const char *base)
{
    const char *end = strrchr(name, '~');
    gsize len = strlen(base);

    if (!end || strncmp(name, base, len) != 0 ||
        (name[len] != '.' && name + len != end))
        return FALSE;
    end++;
    for (len = 0; g_ascii_isalnum(end[len]); len++)
        ;
    return len == strlen(TEMP_END) && !end[len];
}

/* Removes what killed writers of this file have left. A writer at work has its
 * temporary file locked. Failing is no harm. */
static void file_sweep(const char *path)
{
    g_autofree char *parent = g_path_get_dirname(path);
    g_autofree char *base = g_path_get_basename(path);
    g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *temp = g_build_filename(parent, name, NULL);
        auto_fd int fd = -1;

        if (!file_is_temp(name, base))
            continue;
        fd = open(temp, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && file_ofd_lock(fd, F_OFD_SETLK) == 0)
            unlink(temp);
    }
}

/* 0: it is ours and nobody sweeps it away; EAGAIN: somebody was quicker; else why it
 * can be neither. Where there are no locks nobody sweeps. */
static int file_claim_temp(const struct file_replace *how, int fd, const char *temp)
{
    struct stat st;

    if (file_ofd_lock(fd, F_OFD_SETLK) != 0)
        return errno == EACCES               ? EAGAIN
               : errno == EAGAIN || how->lock ? errno : 0;
    if (file_is_current(fd, temp))
        return 0;
    return lstat(temp, &st) != 0 && errno != ENOENT ? errno : EAGAIN;
}

/* A new file that is locked. */
static int file_make_temp(const struct file_replace *how, char *temp)
{
    char *end = temp + strlen(temp) - strlen(TEMP_END);
    int cause;

    do {
        auto_fd int fd = -1;

        strcpy(end, TEMP_END);
        fd = mkostemp(temp, O_CLOEXEC);
        if (fd < 0)
            return -1;
        cause = file_claim_temp(how, fd, temp);
        if (cause == 0)
            return auto_fd_steal(&fd);
        /* Swept it is gone, and its name is so rare that it is nobody else's. */
        unlink(temp);
    } while (cause == EAGAIN);
    errno = cause;
    return -1;
}

gboolean file_replace(const struct file_replace *how, const char *data,
                      gsize len, struct file_stamp *stamp, GError **error)
{
    g_autofree char *temp = g_strconcat(how->path, "~" TEMP_END, NULL);
    auto_fd int fd = -1;

    file_sweep(how->path);
    fd = file_make_temp(how, temp);
    if (fd < 0) {
        error_set_errno(error, errno, NULL, "cannot write beside '%s'",
                        how->path);
        return FALSE;
    }
    if (file_fill(how, fd, data, len, error) &&
        (!how->keep || file_keep(how->path, how->keep, error)) &&
        file_install(how, temp, &fd, stamp, error))
        return TRUE;
    unlink(temp); /* gone already if only the last fsync failed */
    return FALSE;
}

static gboolean file_mkdir(const char *dir, mode_t mode, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(dir);

    if (mkdir(dir, mode) != 0) {
        if (errno == EEXIST && g_file_test(dir, G_FILE_TEST_IS_DIR))
            return TRUE;
        error_set_errno(error, errno, NULL, "cannot make directory '%s'", dir);
        return FALSE;
    }
    if (chmod(dir, mode) != 0) {
        error_set_errno(error, errno, NULL, "cannot set the mode of '%s'", dir);
        return FALSE;
    }
    return file_fsync_dir(parent, error);
}

gboolean file_mkdirs(const char *dir, mode_t mode, GError **error)
{
    g_autofree char *part = g_strdup(dir);

    for (char *slash = part; *slash; slash++) {
        if (*slash != '/' || slash == part || slash[-1] == '/')
            continue;
        *slash = '\0';
        if (!file_mkdir(part, mode, error))
            return FALSE;
        *slash = '/';
    }
    return file_mkdir(part, mode, error);
}

AUTO_DEFINE(dir, DIR, closedir)

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

/* A bind mount may be of the same device: only the kernel knows then. */
static gboolean file_is_mounted(int parent, const char *name, int flags)
{
    struct statx stx;

    return statx(parent, name, flags | AT_NO_AUTOMOUNT, STATX_TYPE, &stx) == 0 &&
           (stx.stx_attributes_mask & stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/* The directory, opened; EXDEV where something is mounted. */
static int file_open_own_dir(int parent, const char *name, dev_t dev)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return -1;
    /* of the descriptor: the name may lead elsewhere by now */
    if (fstat(fd, &st) == 0 && st.st_dev == dev && !file_is_mounted(fd, "", AT_EMPTY_PATH))
        return fd;
    close(fd);
    errno = EXDEV;
    return -1;
}

/* Whether all below one name is of that file system; EXDEV. */
static int file_own_at(int parent, const char *name, dev_t dev)
{
    struct stat st;
    int fd;

    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -1;
    if (file_is_mounted(parent, name, AT_SYMLINK_NOFOLLOW)) {
        errno = EXDEV;
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

/* errno says why. */
static gboolean file_refuse_removal(const char *path, GError **error)
{
    if (errno == EXDEV)
        error_set(error, QMC_ERROR_BUSY, "see what it is with 'findmnt', and unmount it",
                  "cannot remove '%s': something is mounted there", path);
    else
        error_set_errno(error, errno, NULL, "cannot remove '%s'", path);
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
