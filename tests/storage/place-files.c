/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "place.h"

#include <string.h>

#include "storage/sparse.h"

const char *const place_driver = NULL;
const gboolean place_has_names = TRUE;
const gboolean place_has_evidence = TRUE;

gboolean place_takes(int kind)
{
    return TRUE;
}

gboolean place_shares(const char *dir)
{
    g_autoptr(GError) error = NULL;
    gboolean shares = FALSE;

    if (!sparse_can_share(dir, &shares, &error))
        g_error("%s", error->message);
    return shares;
}

struct pool *place_pool(const char *dir, gboolean shares, GError **error)
{
    const struct pool_param params[] = {
        {"dir_path", "/pool"}, {"setup_check", shares ? "True" : "False"}, {0},
    };

    return pool_new("bench", "file-reflink", dir, params, error);
}

void place_take(const struct volume *volume)
{
}

void place_let_go(void)
{
}

void place_end(void)
{
}

char *place_image(const struct volume *volume, const char *ending)
{
    return g_strconcat(pool_dir(volume_pool(volume)), "/", volume_vid(volume), ending,
                       NULL);
}

guint place_count(const struct volume *volume, const char *part)
{
    g_autofree char *file = place_image(volume, "");
    g_autofree char *path = g_path_get_dirname(file);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *entry;
    guint count = 0;

    while (dir && (entry = g_dir_read_name(dir)))
        count += strstr(entry, part) != NULL;
    return count;
}
