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

/* Write new, fsync, rename over, fsync the directory. The mode is set before
 * the rename; group (name or NULL) is set if it exists. If `lock` is not NULL
 * it holds `path`; the new file is locked before the rename and the lock goes
 * over to it, so there is no moment without one. What killed writers left
 * beside it is removed. `keep` (or NULL) is a path the old file is hard-linked
 * (else copied) to before the rename; a failure may leave it there. On failure,
 * that of the last fsync too, the old file has its name and no temporary file
 * stays. Only where that cannot be had (a file system that cannot exchange two
 * names, and no `keep`) the new file has the name (and the lock) after a failed
 * fsync of the directory; the message says so. stamp (or NULL) is of the new
 * file. */
struct file_replace {
    const char *path;
    mode_t mode;
    const char *group;
    const char *keep;
    struct file_lock *lock;
};
gboolean file_replace(const struct file_replace *how, const char *data,
                      gsize len, struct file_stamp *stamp, GError **error);

gboolean file_stamp_path(const char *path, struct file_stamp *stamp, GError **error);
gboolean file_fsync_dir(const char *dir, GError **error);
/* mkdir -p with the mode for each directory made. */
gboolean file_mkdirs(const char *dir, mode_t mode, GError **error);
/* BUSY if something is mounted on a directory, or on anything in it. Missing is fine. */
gboolean file_check_tree(const char *dir, GError **error);
/* rm -r of a directory tree we own; never follows links. BUSY, and nothing is
 * removed, if something is mounted on it or in it. Missing is success. */
gboolean file_remove_tree(const char *dir, GError **error);
