/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where firewall.xml is, and how it is replaced (spec/qubes-xml.md 5.1, 6.8). */
#include "config.h"

#include "core/firewall.h"

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
    const char *data;
    gsize len;

    if (!file->there)
        return firewall_new();
    data = g_bytes_get_data(file->bytes, &len);
    return firewall_parse(file->path, data ? data : "", len, error);
}

struct firewall *firewall_read(const char *path, GError **error)
{
    struct qube_file file = { NULL };
    struct firewall *firewall;

    if (!qube_file_read(&file, path, FILE_MAX, error))
        return NULL;
    firewall = parse_file(&file, error);
    if (!firewall) {
        qube_file_clear(&file);
        return NULL;
    }
    qube_file_clear(&firewall->file);
    firewall->file = file;
    return firewall;
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
