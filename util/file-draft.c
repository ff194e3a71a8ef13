/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "util/file-draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file-private.h"

enum { ATTEMPTS = 16 };

struct file_draft {
    char *path;
    char *temp; /* NULL once it stands under its own name */
    mode_t mode;
    int fd;
};

static gboolean file_draft_fail(const char *verb, const char *path, GError **error)
{
    error_set_errno(error, errno, NULL, "cannot %s '%s'", verb, path);
    return FALSE;
}

struct file_draft *file_draft_new(const char *path, mode_t mode, GError **error)
{
    for (int tries = 0; tries < ATTEMPTS; tries++) {
        g_autofree char *temp =
            g_strdup_printf("%s~0%07x", path, g_random_int() >> 4);
        int fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);

        if (fd >= 0) {
            struct file_draft *draft = g_new0(struct file_draft, 1);

            *draft = (struct file_draft){
                g_strdup(path), g_steal_pointer(&temp), mode, fd,
            };
            return draft;
        }
        if (errno != EEXIST)
            break;
    }
    file_draft_fail("create", path, error);
    return NULL;
}

int file_draft_fd(const struct file_draft *draft)
{
    return draft->fd;
}

static gboolean set_mode(const struct file_draft *draft, GError **error)
{
    return fchmod(draft->fd, draft->mode) == 0 ||
           file_draft_fail("write", draft->path, error);
}

static gboolean take_name(struct file_draft *draft, gboolean replace, GError **error)
{
    if (replace ? rename(draft->temp, draft->path) < 0
                : file_name_free(draft->temp, draft->path) < 0)
        return file_draft_fail(replace ? "replace" : "make", draft->path, error);
    g_clear_pointer(&draft->temp, g_free);
    return TRUE;
}

gboolean file_draft_finish(struct file_draft *draft, gboolean replace, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(draft->path);

    if (!set_mode(draft, error))
        return FALSE;
    if (TEMP_FAILURE_RETRY(fsync(draft->fd)) < 0)
        return file_draft_fail("write", draft->path, error);
    return take_name(draft, replace, error) && file_fsync_dir(dir, error);
}

gboolean file_draft_place(struct file_draft *draft, GError **error)
{
    return set_mode(draft, error) && take_name(draft, TRUE, error);
}

void file_draft_free(struct file_draft *draft)
{
    close(draft->fd);
    if (draft->temp)
        unlink(draft->temp);
    g_free(draft->temp);
    g_free(draft->path);
    g_free(draft);
}
