/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file in the place of another, so that at no moment there is neither, and that
 * whatever comes out of that place was looked at before it goes. */
#include "config.h"

#include "util/file-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/log.h"

#define TEMP_BEGIN "~.qmc-new-"
#define TEMP_CHANCE "XXXXXX"
#define TEMP_END "~"
#define GIVE_BACK_TRIES 100

/* One that is at work. */
struct passing {
    const struct file_replace *how;
    char *temp;       /* a name of the new file, until all is done */
    const char *out;  /* the name that changes places with the path: a second one of
                       * the new file, in how->keep, or else temp itself */
    GBytes *data;     /* what that says */
    int fd;           /* of the new file */
    struct stat made; /* that, before it had the name */
};

/* How the new file came to its name, and with that the way back. */
enum passage {
    PASSAGE_NONE,      /* it did not */
    PASSAGE_EXCHANGED, /* the old one has the name `out` */
    PASSAGE_FIRST,     /* there was no old one */
    PASSAGE_KEPT,      /* the old one is under how->keep, and its name is gone */
    PASSAGE_OVER,      /* the old one is gone */
};

/* --- filling --- */

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

/* A file is useful with the wrong group as well: whoever may not give it away
 * is told in the log only. */
int file_set_group(int fd, const char *group)
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

/* The group comes first: changing it clears bits of the mode. */
static gboolean file_fill(struct passing *passing, GError **error)
{
    const struct file_replace *how = passing->how;
    int fd = passing->fd;
    gsize len = 0;
    const char *data = g_bytes_get_data(passing->data, &len);

    if (file_write_fully(fd, data, len) != 0 ||
        file_set_group(fd, how->group) != 0 || fchmod(fd, how->mode) != 0 ||
        fsync(fd) != 0 || fstat(fd, &passing->made) != 0) {
        error_set_errno(error, errno, NULL, "cannot write '%s'", how->path);
        return FALSE;
    }
    return TRUE;
}

/* --- the same file or another --- */

static gboolean same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Without the time of the change of its names: that is ours to change. */
static gboolean same_version(const struct file_stamp *a, const struct file_stamp *b)
{
    struct file_stamp like = *a;

    like.ctime = b->ctime;
    return file_stamp_equal(&like, b);
}

static gboolean is_version(const struct stat *st, const struct file_stamp *stamp)
{
    struct file_stamp now;

    file_stamp_set(&now, st);
    return same_version(&now, stamp);
}

static gboolean is_same_version(const struct stat *a, const struct stat *b)
{
    struct file_stamp stamp;

    file_stamp_set(&stamp, b);
    return is_version(a, &stamp);
}

static gboolean refuse_changed(const struct file_replace *how, GError **error)
{
    error_set(error, QMC_ERROR_BUSY, "look at it, then try again",
              "'%s' was changed by another program meanwhile", how->path);
    return FALSE;
}

/* 1: it says that; 0: something else; -1: errno. */
static int says(int fd, GBytes *bytes)
{
    gsize len = 0;
    const char *expected = g_bytes_get_data(bytes, &len);
    g_autofree char *found = g_malloc(len + 1);
    gssize got = file_read_fully(fd, found, len + 1);

    if (got < 0)
        return -1;
    return (gsize)got == len && (len == 0 || memcmp(found, expected, len) == 0);
}

/* Whether what is at that name now is what was to be replaced. A clock that ticks
 * slowly, and who sets times back, are seen by the bytes alone. */
static gboolean check_old(const struct file_replace *how, const char *at, GError **error)
{
    auto_fd int fd = -1;
    struct stat st;
    int same = 1;

    if (!how->was)
        return TRUE;
    /* of the name itself it may be a link, and was read through that */
    if ((at == how->path ? stat(at, &st) : lstat(at, &st)) == 0 &&
        !is_version(&st, how->was))
        return refuse_changed(how, error);
    if (how->was_bytes) {
        fd = open(at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        same = fd < 0 ? -1 : says(fd, how->was_bytes);
    }
    if (same == 0)
        return refuse_changed(how, error);
    if (same > 0)
        return TRUE;
    error_set_errno(error, errno, NULL, "cannot read what was '%s'", how->path);
    return FALSE;
}

/* --- the way there --- */

/* What a file system or a kernel says that has no links, or cannot exchange names. */
static gboolean cannot_be_had(int errnum)
{
    static const int errnums[] = {EXDEV, EPERM, EINVAL, ENOSYS, EOPNOTSUPP, EMLINK};

    for (gsize i = 0; i < G_N_ELEMENTS(errnums); i++)
        if (errnums[i] == errnum)
            return TRUE;
    return FALSE;
}

int file_name_free(const char *temp, const char *path)
{
    if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (!cannot_be_had(errno))
        return -1;
    if (link(temp, path) == 0) {
        unlink(temp);
        return 0;
    }
    return cannot_be_had(errno) ? rename(temp, path) : -1;
}

static enum passage fail_to_replace(const struct file_replace *how, GError **error)
{
    error_set_errno(error, errno, NULL, "cannot replace '%s'", how->path);
    return PASSAGE_NONE;
}

static enum passage pass_first(const struct passing *passing, GError **error)
{
    const struct file_replace *how = passing->how;

    if (file_name_free(passing->temp, how->path) == 0)
        return PASSAGE_FIRST;
    if (errno != EEXIST)
        return fail_to_replace(how, error);
    if (how->first) {
        refuse_changed(how, error);
        return PASSAGE_NONE;
    }
    return rename(passing->temp, how->path) == 0 ? PASSAGE_OVER
                                                 : fail_to_replace(how, error);
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

    if (link(path, keep) == 0) {
        if (file_fsync_dir(dir, error))
            return TRUE;
    } else if (errno == EEXIST) {
        error_set_errno(error, EEXIST, NULL, "cannot make '%s'", keep);
    } else if (file_copy(path, keep, error)) {
        return TRUE; /* other file system, no links on this one, or too many */
    }
    g_prefix_error(error, "cannot keep the old '%s': ", path);
    return FALSE;
}

/* Where names cannot be exchanged: between the last look and the rename somebody else
 * may still come. */
static enum passage pass_over(const struct passing *passing, GError **error)
{
    const struct file_replace *how = passing->how;
    enum passage passage = PASSAGE_NONE;

    if (how->keep && !file_keep(how->path, how->keep, error))
        return PASSAGE_NONE;
    if (check_old(how, how->path, error)) {
        if (rename(passing->temp, how->path) == 0)
            passage = how->keep ? PASSAGE_KEPT : PASSAGE_OVER;
        else
            fail_to_replace(how, error);
    }
    if (passage == PASSAGE_NONE && how->keep)
        unlink(how->keep);
    return passage;
}

/* Removes a name that is the new file's still; what it has else is not ours. */
static gboolean drop_own(const struct passing *passing, const char *name)
{
    struct stat st;

    return lstat(name, &st) != 0 || !same_file(&st, &passing->made) || unlink(name) == 0;
}

/* A second name of the new file stands where the old one is kept, and changes places
 * with it: at once the one has its name, and the other is kept, whatever it is. */
static enum passage pass_exchange(struct passing *passing, GError **error)
{
    const struct file_replace *how = passing->how;
    int cause;

    if (how->keep && link(passing->temp, how->keep) != 0) {
        if (cannot_be_had(errno))
            return PASSAGE_OVER;
        error_set_errno(error, errno, NULL, "cannot keep the old '%s': cannot make '%s'",
                        how->path, how->keep);
        return PASSAGE_NONE;
    }
    passing->out = how->keep ? how->keep : passing->temp;
    if (renameat2(AT_FDCWD, passing->out, AT_FDCWD, how->path, RENAME_EXCHANGE) == 0)
        return PASSAGE_EXCHANGED;
    cause = errno;
    if (how->keep)
        drop_own(passing, how->keep);
    if (cannot_be_had(cause))
        return PASSAGE_OVER;
    errno = cause;
    if (cause == ENOENT && how->was)
        refuse_changed(how, error);
    else
        fail_to_replace(how, error);
    return PASSAGE_NONE;
}

static enum passage file_pass(struct passing *passing, GError **error)
{
    const struct file_replace *how = passing->how;
    enum passage passage = PASSAGE_OVER;
    struct stat st;

    if (lstat(how->path, &st) != 0) {
        if (errno != ENOENT)
            return fail_to_replace(how, error);
        if (!how->was)
            return pass_first(passing, error);
        refuse_changed(how, error);
        return PASSAGE_NONE;
    }
    if (how->first) {
        refuse_changed(how, error);
        return PASSAGE_NONE;
    }
    /* a directory would take part in it; of a link nobody knows what it was */
    if (S_ISREG(st.st_mode))
        passage = pass_exchange(passing, error);
    return passage == PASSAGE_OVER ? pass_over(passing, error) : passage;
}

/* --- the way back --- */

/* Whether it is the new file, and as it was made: not even written to by somebody who
 * sets the times back. What cannot be read is not. */
static gboolean is_own(const struct passing *passing, const char *at)
{
    auto_fd int fd = open(at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && is_same_version(&st, &passing->made) &&
           says(fd, passing->data) > 0;
}

/* What comes out must be what was put there last. Anything else came later than all
 * that is known here, so it gets the name in its turn. */
static gboolean exchange_back(const struct passing *passing)
{
    const char *path = passing->how->path;
    struct stat last = {0}, in, came;

    for (int i = 0; i < GIVE_BACK_TRIES; i++, last = in) {
        if (lstat(passing->out, &in) != 0)
            return FALSE;
        if (renameat2(AT_FDCWD, passing->out, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
            return errno == ENOENT && file_name_free(passing->out, path) == 0;
        if (i == 0 ? is_own(passing, passing->out)
                   : lstat(passing->out, &came) != 0 || is_same_version(&came, &last))
            return TRUE;
    }
    return FALSE;
}

/* Of a first one; it may be somebody else's by now. */
static gboolean take_away(const struct passing *passing)
{
    const char *path = passing->how->path;

    if (file_name_free(path, passing->temp) != 0)
        return errno == ENOENT;
    return is_own(passing, passing->temp) || file_name_free(passing->temp, path) == 0;
}

/* Nobody knows whether a name that could not be synced outlives the power, and a
 * caller who is told of a failure goes on as if nothing had been written: the
 * old file gets its name back. */
static gboolean file_take_back(const struct passing *passing, enum passage passage,
                               GError **error)
{
    const struct file_replace *how = passing->how;
    g_autoptr(GError) cause = NULL;

    if ((passage == PASSAGE_KEPT && rename(how->keep, how->path) == 0) ||
        (passage == PASSAGE_EXCHANGED && exchange_back(passing)) ||
        (passage == PASSAGE_FIRST && take_away(passing)))
        return TRUE;
    if (error)
        cause = g_steal_pointer(error);
    if (how->keep)
        error_set(error, QMC_ERROR_IO, "look at both",
                  "the new '%s' is in its place, and the former one is '%s': %s", how->path,
                  how->keep, cause ? cause->message : "");
    else
        error_set(error, QMC_ERROR_IO, error_hint(cause),
                  "the new '%s' is in its place, but may be lost with the power: %s",
                  how->path, cause ? cause->message : "");
    return FALSE;
}

/* --- all of it --- */

static gboolean file_sync(const struct file_replace *how, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(how->path);
    g_autofree char *kept = how->keep ? g_path_get_dirname(how->keep) : NULL;

    return (!kept || g_str_equal(kept, dir) || file_fsync_dir(kept, error)) &&
           file_fsync_dir(dir, error);
}

/* Once more when it is on the disk: who had the old one open has had time to write. */
static gboolean file_confirm(const struct passing *passing, enum passage passage,
                             GError **error)
{
    const struct file_replace *how = passing->how;

    if (passage != PASSAGE_EXCHANGED)
        return file_sync(how, error);
    return check_old(how, passing->out, error) && file_sync(how, error) &&
           check_old(how, passing->out, error);
}

/* The new file has the name now. Only now: the exchange and the names change the
 * ctime. One that was written to since has a stamp that it had before, so that whoever
 * compares finds another. */
static void file_adopt(struct passing *passing, struct file_stamp *stamp)
{
    struct file_lock *lock = passing->how->lock;
    struct stat st;

    if (stamp && fstat(passing->fd, &st) == 0)
        file_stamp_set(stamp, is_same_version(&st, &passing->made) ? &st : &passing->made);
    if (!lock)
        return;
    close(lock->fd);
    lock->fd = auto_fd_steal(&passing->fd);
}

/* A name of a copy that is none goes before the one by which it would be found. */
static void file_discard(const struct passing *passing)
{
    if (passing->out && passing->out != passing->temp && !drop_own(passing, passing->out))
        return;
    unlink(passing->temp);
}

static gboolean file_install(struct passing *passing, struct file_stamp *stamp,
                             GError **error)
{
    enum passage passage = file_pass(passing, error);
    gboolean fine = passage != PASSAGE_NONE && file_confirm(passing, passage, error);

    if (!fine && (passage == PASSAGE_NONE || file_take_back(passing, passage, error))) {
        file_discard(passing);
        return FALSE;
    }
    if (fine && passage == PASSAGE_EXCHANGED)
        unlink(passing->temp);
    file_adopt(passing, stamp);
    return fine;
}

/* --- the temporary file --- */

/* TRUE for BASE~.qmc-new-XXXXXX~, and for BASE.MORE~.qmc-new-XXXXXX~: of a copy kept
 * of it, whose name may never come again. No name that a user or an editor makes. */
static gboolean file_is_temp(const char *name, const char *base)
{
    gsize len = strlen(base), n = 0;
    const char *end;

    if (strncmp(name, base, len) != 0 || (name[len] != '.' && name[len] != TEMP_BEGIN[0]))
        return FALSE;
    end = strstr(name + len, TEMP_BEGIN);
    if (!end || memchr(name + len, '~', (gsize)(end - name) - len))
        return FALSE;
    end += strlen(TEMP_BEGIN);
    while (g_ascii_isalnum(end[n]))
        n++;
    return n == strlen(TEMP_CHANCE) && g_str_equal(end + n, TEMP_END);
}

/* What never became the file is no copy of it. */
static void sweep_copy(const char *keep, const struct stat *dead)
{
    g_autofree char *parent = g_path_get_dirname(keep);
    g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(parent, name, NULL);
        struct stat st;

        if (lstat(path, &st) == 0 && same_file(&st, dead))
            unlink(path);
    }
}

/* A writer at work has its file locked. The file itself may be locked by the caller,
 * and have that name as its second: who was killed had no time to remove that. */
static void sweep_one(const struct file_replace *how, const char *temp)
{
    auto_fd int fd = open(temp, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st, present;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return;
    if (lstat(how->path, &present) == 0 && same_file(&st, &present)) {
        unlink(temp);
        return;
    }
    if (file_ofd_lock(fd, F_OFD_SETLK) != 0 || !file_is_current(fd, temp))
        return;
    if (how->keep && st.st_nlink > 1)
        sweep_copy(how->keep, &st);
    unlink(temp);
}

/* Removes what killed writers of this file have left. Failing is no harm. */
static void file_sweep(const struct file_replace *how)
{
    g_autofree char *parent = g_path_get_dirname(how->path);
    g_autofree char *base = g_path_get_basename(how->path);
    g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *temp = g_build_filename(parent, name, NULL);

        if (file_is_temp(name, base))
            sweep_one(how, temp);
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
    char *chance = temp + strlen(temp) - strlen(TEMP_CHANCE TEMP_END);
    int cause;

    do {
        auto_fd int fd = -1;

        memcpy(chance, TEMP_CHANCE, strlen(TEMP_CHANCE));
        fd = mkostemps(temp, strlen(TEMP_END), O_CLOEXEC);
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
    g_autofree char *temp =
        g_strconcat(how->path, TEMP_BEGIN TEMP_CHANCE TEMP_END, NULL);
    g_autoptr(GBytes) bytes = g_bytes_new_static(data, len);
    struct passing passing = { .how = how, .temp = temp, .data = bytes };
    auto_fd int fd = -1;
    gboolean fine;

    file_sweep(how);
    fd = passing.fd = file_make_temp(how, temp);
    if (fd < 0) {
        error_set_errno(error, errno, NULL, "cannot write beside '%s'",
                        how->path);
        return FALSE;
    }
    if (!file_fill(&passing, error)) {
        unlink(temp);
        return FALSE;
    }
    fine = file_install(&passing, stamp, error);
    fd = passing.fd; /* the lock may have it now */
    return fine;
}

/* --- removing --- */

/* Under a name of ours first, where nobody else comes and it can be looked at. */
gboolean file_remove(const char *path, const struct file_stamp *was, GBytes *was_bytes,
                     GError **error)
{
    const struct file_replace how = { .path = path, .was = was, .was_bytes = was_bytes };
    g_autofree char *temp = g_strdup_printf("%s" TEMP_BEGIN "%06x" TEMP_END, path,
                                            g_random_int() & 0xffffff);
    gboolean aside = file_name_free(path, temp) == 0;
    const char *at = aside ? temp : path;

    if (!check_old(&how, at, error)) {
        if (aside && file_name_free(temp, path) != 0)
            log_line("file", "'%s' stays under the name '%s'", path, temp);
        return FALSE;
    }
    if (unlink(at) == 0)
        return TRUE;
    error_set_errno(error, errno, NULL, "cannot remove '%s'", path);
    if (aside)
        file_name_free(temp, path);
    return FALSE;
}
