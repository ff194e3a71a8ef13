/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that must not be lost: capped read, atomic replace, OFD lock
 * (spec/qubes-xml.md 6.4, spec/storage.md 3.4). All calls may block. */
#pragma once

#include <glib.h>
#include <sys/stat.h>

#include "util/auto.h"

/* What tells two versions of a file apart. */
struct file_stamp {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime, ctime;
};
gboolean file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);

/* Reads until len bytes or the end; -1 with errno. */
gssize file_read_fully(int fd, char *bytes, gsize len);
/* The whole of a regular file, at most max_bytes (more: INVALID naming the
 * limit). stamp may be NULL; it is of the descriptor that was read. */
GBytes *file_read(const char *path, gsize max_bytes, struct file_stamp *stamp,
                  GError **error);

/* An exclusive open-file-description lock on the file now at `path`. The inode
 * is compared after the lock was taken and the open repeated if the name moved
 * on meanwhile, so the holder always holds the file that others will open.
 * create: make the file (mode 0660) if missing. Waits at most timeout_ms
 * (0: try once; < 0: for ever); held elsewhere is BUSY. A symbolic link is
 * refused. */
struct file_lock;
struct file_lock *file_lock_take(const char *path, gboolean create,
                                 int timeout_ms, GError **error);
void file_lock_release(struct file_lock *lock);
AUTO_DEFINE(file_lock, struct file_lock, file_lock_release)
int file_lock_fd(const struct file_lock *lock);
/* Whether what has the name `path` now is what is locked. */
gboolean file_lock_current(const struct file_lock *lock, const char *path);

/* Write new, fsync, exchange the names, look at what came out, fsync the directory.
 * The mode is set before; group (name or NULL) is set if it exists. If `lock` is not
 * NULL it holds `path`; the new file is locked before it has the name and the lock goes
 * over to it, so there is no moment without one. `keep` (or NULL) is a path that nothing
 * has, and where the old file is in the end: it gets that name in the moment in which
 * the new one gets its own, so whoever is killed leaves both.
 *
 * `was` (or NULL: no matter) is the version that is to be replaced, was_bytes (or NULL)
 * what it said; `first`: there is none. If it is another that came out, or that is
 * there, it gets the name back, with whatever came after it, and the result is BUSY.
 * What a writer who had the old file open writes into it later is in the kept one.
 *
 * On failure, that of the last fsync too, the old file has its name, no temporary file
 * stays, and nothing is at `keep` but what two others wrote meanwhile, one over the
 * other: the first of them. Only where that cannot be had (a file system that cannot
 * exchange two names, and no `keep`) the new file has the name (and the lock) after a
 * failed fsync of the directory; the message says so. There too `was` is looked at
 * before the rename alone.
 *
 * The temporary file is `path`~.qmc-new-XXXXXX~. Those that killed writers left are
 * removed; without `keep` also if such a one is what was replaced. stamp (or NULL) is
 * of the new file. */
struct file_replace {
    const char *path;
    mode_t mode;
    const char *group;
    const char *keep;
    struct file_lock *lock;
    const struct file_stamp *was;
    GBytes *was_bytes;
    gboolean first;
};
gboolean file_replace(const struct file_replace *how, const char *data,
                      gsize len, struct file_stamp *stamp, GError **error);

/* Removes that version of a file; was_bytes (or NULL) is what it says. Another one gets
 * its name back: BUSY. */
gboolean file_remove(const char *path, const struct file_stamp *was, GBytes *was_bytes,
                     GError **error);

gboolean file_stamp_path(const char *path, struct file_stamp *stamp, GError **error);
gboolean file_fsync_dir(const char *dir, GError **error);
/* The names in a directory, without . and .., in no order; the caller's. */
GPtrArray *file_list(const char *dir, GError **error);
/* FALSE, STATE: a link has that name, which is not followed to write there. */
gboolean file_check_no_link(const char *path, GError **error);
/* mkdir -p. What is made above it can be passed by all, but if the mode lets none but us
 * in; then it has that, too. */
gboolean file_mkdirs(const char *dir, mode_t mode, GError **error);
/* One directory, with that group (NULL: no matter) if there is such and it may be given.
 * What is there stays as it is. IO: something else has that name. */
gboolean file_mkdir(const char *dir, mode_t mode, const char *group, GError **error);
/* BUSY if something is mounted on a directory, or on anything in it; DENIED if anything is
 * immutable. Missing is fine. */
gboolean file_check_tree(const char *dir, GError **error);
/* rm -r of a directory tree we own; never follows links. BUSY or DENIED, and
 * nothing is removed, if it fails that check. Missing is success. */
gboolean file_remove_tree(const char *dir, GError **error);
