/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/prop-link.h"

#include <errno.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"
#include "util/job.h"

/* What was there and is to be there again; target NULL: nothing. */
struct former_link {
    char *path, *target;
};

struct prop_link *prop_link_new(const char *root, const struct prop_row *row,
                                const char *name, const char *value)
{
    char *path = row->link_path ? row->link_path(root, name) : NULL;
    struct prop_link *link;

    if (!path)
        return NULL;
    link = g_new0(struct prop_link, 1);
    link->path = path;
    link->target = row->link_target;
    link->on = g_strcmp0(value, "True") == 0;
    return link;
}

void prop_link_free(struct prop_link *link)
{
    g_free(link->path);
    g_free(link);
}

void prop_link_plan(struct op *op, const struct prop_link *link)
{
    op_plan(op, "link %s %s", link->path, link->on ? "made" : "removed");
}

/* --- worker --- */

static void former_free(gpointer data)
{
    struct former_link *former = data;

    g_free(former->path);
    g_free(former->target);
    g_free(former);
}

static gboolean fail(const char *verb, const char *path, GError **error)
{
    error_set_errno(error, errno, NULL, "cannot %s '%s'", verb, path);
    return FALSE;
}

static gboolean undo_link(gpointer data, GError **error)
{
    const struct former_link *former = data;

    if (former->target)
        return symlink(former->target, former->path) == 0 || errno == EEXIST ||
               fail("make", former->path, error);
    return unlink(former->path) == 0 || errno == ENOENT ||
           fail("remove", former->path, error);
}

/* The directory is synced only when the undo knows. */
static gboolean changed(struct op *op, const char *path, char *target, GError **error)
{
    struct former_link *former = g_new0(struct former_link, 1);
    g_autofree char *dir = g_path_get_dirname(path);

    former->path = g_strdup(path);
    former->target = target;
    op_push_undo(op, "link", undo_link, former, former_free);
    return file_fsync_dir(dir, error);
}

static gboolean link_make(struct op *op, const struct prop_link *link, GError **error)
{
    op_step(op, "link %s made", link->path);
    if (symlink(link->target, link->path) == 0)
        return changed(op, link->path, NULL, error);
    if (errno == EEXIST)
        return TRUE;
    if (errno != ENOENT && errno != ENOTDIR)
        return fail("make", link->path, error);
    g_autofree char *dir = g_path_get_dirname(link->path);
    op_step_end(op, STEP_WARNING, "no link made: there is no directory '%s'", dir);
    return TRUE;
}

static gboolean link_remove(struct op *op, const struct prop_link *link,
                            GError **error)
{
    g_autoptr(GError) why = NULL;
    char *target = g_file_read_link(link->path, &why);

    if (!target &&
        (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
         g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)))
        return TRUE;
    op_step(op, "link %s removed", link->path);
    if (!target) {
        error_set(error, QMC_ERROR_IO, "look at what is there, and remove it",
                  "cannot read the link '%s': %s", link->path, why->message);
        return FALSE;
    }
    if (unlink(link->path) == 0)
        return changed(op, link->path, target, error);
    g_free(target);
    return fail("remove", link->path, error);
}

gboolean prop_link_step(struct op *op, const struct prop_link *link, GError **error)
{
    job_may_block();
    return link->on ? link_make(op, link, error) : link_remove(op, link, error);
}
