/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What file.c, file-replace.c and file-draft.c share. */
#pragma once

#include "util/file.h"

struct file_lock {
    int fd;
};

void file_stamp_set(struct file_stamp *stamp, const struct stat *st);
/* 0 or -1 with errno: a write lock of the whole file. */
int file_ofd_lock(int fd, int command);
/* 0, also where there is no such group (or NULL), or it cannot be given; -1: errno. */
int file_set_group(int fd, const char *group);
/* Whether others who open path now get the file behind fd. */
gboolean file_is_current(int fd, const char *path);
/* 0: the file has the name `path`, that nothing had; else -1 with errno. */
int file_name_free(const char *temp, const char *path);
