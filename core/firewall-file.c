/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where firewall.xml is, and how it is replaced (spec/qubes-xml.md 5.1, 6.8). */
#include "config.h"

#include "core/firewall.h"

#include "core/history.h"
#include "core/layout.h"
#include "util/error.h"

#define FILE_NAME "firewall.xml"
#define FILE_MAX (16 * 1024 * 1024)
#define FILE_MODE 0664

char *firewall_path(const char *root, const struct qube *qube)
{
    return qube_file_path(root, qube, FILE_NAME);
}

static struct firewall *parse_file(const struct qube_file *file, GError **error)
{
    g_autofree char *what = g_strdup_printf("'%s' is broken", file->path);
    const char *data;
    gsize len;

    if (!file->there)
        return firewall_new();
    data = g_bytes_get_data(file->bytes, &len);
    return firewall_parse(what, data ? data : "", len, error);
}

/* What a file is or says is no fault of who asked. */
static gboolean read_file(struct qube_file *file, const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (qube_file_read(file, path, FILE_MAX, &cause))
        return TRUE;
    if (error_is(cause, QMC_ERROR_INVALID))
        error_set(error, QMC_ERROR_IO,
                  "look at it and mend it; without that file everything is accepted",
                  "%s", cause->message);
    else
        g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

struct firewall *firewall_read_broken(const char *path, GError **error)
{
    struct qube_file file = { NULL };
    g_autoptr(GError) cause = NULL;
    struct firewall *firewall;

    if (!read_file(&file, path, error))
        return NULL;
    firewall = parse_file(&file, &cause);
    if (!firewall) {
        firewall = firewall_new();
        firewall->broken = g_strdup(cause->message);
    }
    qube_file_clear(&firewall->file);
    firewall->file = file;
    return firewall;
}

struct firewall *firewall_read(const char *path, GError **error)
{
    auto_of(firewall) struct firewall *firewall = firewall_read_broken(path, error);

    if (!firewall || !firewall->broken)
        return g_steal_pointer(&firewall);
    error_set(error, QMC_ERROR_IO,
              "mend it by hand, or 'qmc fw QUBE reset --drop' drops everything; "
              "'qmc fw QUBE reset' OPENS it: everything is accepted",
              "%s: no rule can be read, so nothing passes", firewall->broken);
    return NULL;
}

static char *stem_of(const char *name)
{
    return g_strconcat("firewall-", name, NULL);
}

gboolean firewall_keep(const struct firewall *firewall, const char *root,
                       const char *name, struct qube_file *kept, GError **error)
{
    g_autofree char *dir = layout_path(root, LAYOUT_HISTORY), *stem = stem_of(name);
    struct qube_file copy = { .path = history_place(dir, stem, error) };
    gsize len;
    const char *data = g_bytes_get_data(firewall->file.bytes, &len);

    if (!copy.path || !qube_file_replace(&copy, FILE_MODE, data ? data : "", len, error)) {
        g_prefix_error(error, "cannot keep the former rules: ");
        qube_file_clear(&copy);
        return FALSE;
    }
    *kept = copy;
    return TRUE;
}

void firewall_thin(const char *root, const char *name, const struct qube_file *kept)
{
    static const struct history_limits limits = {
        .recent = 5, .hours = 5, .days = 5, .months = 5, .bytes = 1 << 20,
    };
    g_autofree char *dir = layout_path(root, LAYOUT_HISTORY), *stem = stem_of(name);

    history_prune(dir, stem, &limits, kept->path, NULL);
}

gboolean firewall_write(struct firewall *firewall, gint64 now, GError **error)
{
    g_autoptr(GString) text = firewall_serialise(firewall, now, error);

    return text && qube_file_replace(&firewall->file, FILE_MODE, text->str, text->len,
                                     error);
}

gboolean firewall_restore(struct firewall *firewall, GError **error)
{
    return qube_file_restore(&firewall->file, FILE_MODE, error);
}
