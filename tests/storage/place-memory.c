/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "place.h"

#include "tests/fake/disk-fake.h"

const char *const place_driver = FAKE_DISK;
const gboolean place_has_names = FALSE;
const gboolean place_has_evidence = TRUE;

gboolean place_takes(int kind)
{
    return TRUE;
}

gboolean place_shares(const char *dir)
{
    return TRUE;
}

struct pool *place_pool(const char *dir, gboolean shares, GError **error)
{
    static const struct pool_param none[] = {{0}};

    fake_disk_reset();
    return pool_new("bench", FAKE_DISK, dir, none, error);
}

void place_take(const struct volume *volume)
{
}

void place_let_go(void)
{
}

void place_end(void)
{
    fake_disk_reset();
}

char *place_image(const struct volume *volume, const char *ending)
{
    return fake_disk_path(volume, ending);
}

guint place_count(const struct volume *volume, const char *part)
{
    return 0;
}
