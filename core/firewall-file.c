/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where firewall.xml is, and how it is replaced (spec/qubes-xml.md 5.1, 6.8). */
#include "config.h"

#include "core/firewall.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/layout.h"
#include "util/error.h"
#include "util/job.h"

#define FILE_MAX (16 * 1024 * 1024)
#define FILE_MODE 0664
#define DIR_MODE 0775
#define FILE_GROUP "qubes"

/* Names of a store made by hand may be anything. */
static gboolean is_plain(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/');
}

char *firewall_path(const char *root, const struct qube *qube)
{
    g_autofree char *absolute = NULL;

    if (!qube->class || !qube->class->dir_prefix || !is_plain(qube->name))
        return NULL;
    absolute = g_strdup_printf("%s/%s/%s/firewall.xml", LAYOUT_BASE,
                               qube->class->dir_prefix, qube->name);
    return layout_path(root, absolute);
}

static struct firewall *read_absent(const char *path)
{
    struct firewall *firewall = firewall_new();

    firewall->path = g_strdup(path);
    return firewall;
}

struct firewall *firewall_read(const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;
    struct file_stamp stamp;
    g_autoptr(GBytes) bytes = NULL;
    struct firewall *firewall;
    const char *data;
    gsize len;

    job_may_block();
    bytes = file_read(path, FILE_MAX, &stamp, &cause);
    if (!bytes && error_is(cause, QMC_ERROR_NOTFOUND))
        return read_absent(path);
    if (!bytes) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    data = g_bytes_get_data(bytes, &len);
    firewall = firewall_parse(path, data ? data : "", len, error);
    if (!firewall)
        return NULL;
    firewall->path = g_strdup(path);
    firewall->stamp = stamp;
    return firewall;
}

/* Whether the file is the one that was read, or as absent as it was. */
static gboolean check_same(const struct firewall *firewall, GError **error)
{
    g_autoptr(GError) cause = NULL;
    struct file_stamp now;
    gboolean there = file_stamp_path(firewall->path, &now, &cause);

    if (!there && !error_is(cause, QMC_ERROR_NOTFOUND)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (there == firewall->there &&
        (!there || file_stamp_equal(&now, &firewall->stamp)))
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "look at it, then try again",
              "'%s' was changed by another program meanwhile", firewall->path);
    return FALSE;
}

static gboolean replace(struct firewall *firewall, const char *data, gsize len,
                        GError **error)
{
    const struct file_replace how = {
        .path = firewall->path, .mode = FILE_MODE, .group = FILE_GROUP,
    };
    g_autofree char *dir = g_path_get_dirname(firewall->path);

    if (!check_same(firewall, error) || !file_mkdirs(dir, DIR_MODE, error) ||
        !file_replace(&how, data, len, &firewall->stamp, error))
        return FALSE;
    firewall->there = TRUE;
    return TRUE;
}

gboolean firewall_write(struct firewall *firewall, gint64 now, GError **error)
{
    g_autoptr(GString) text = NULL;

    job_may_block();
    text = firewall_serialise(firewall, now, error);
    return text && replace(firewall, text->str, text->len, error);
}

static gboolean remove_file(struct firewall *firewall, GError **error)
{
    if (!check_same(firewall, error))
        return FALSE;
    if (unlink(firewall->path) != 0) {
        error_set_errno(error, errno, NULL, "cannot remove '%s'", firewall->path);
        return FALSE;
    }
    firewall->there = FALSE;
    return TRUE;
}

gboolean firewall_restore(struct firewall *firewall, GError **error)
{
    const char *data;
    gsize len;

    job_may_block();
    if (!firewall->bytes)
        return remove_file(firewall, error);
    data = g_bytes_get_data(firewall->bytes, &len);
    return replace(firewall, data, len, error);
}
