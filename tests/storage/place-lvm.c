/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thin pool: with QMC_TEST_LVM the real one VG/POOL, of which everything is removed in
 * the end; else that of the stand-in for `lvm`. */
#include "config.h"
#include "place.h"

#include <string.h>

#include "bench.h"
#include "lvm-stand.h"
#include "storage/lvm-table.h"

const char *const place_driver = NULL;
const gboolean place_has_names = FALSE;
const gboolean place_has_evidence = FALSE;

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
    g_auto(GStrv) real = stand_real();
    const struct pool_param params[] = {
        {"volume_group", real ? real[0] : STAND_VG},
        {"thin_pool", real ? real[1] : STAND_POOL}, {0},
    };

    if (!real)
        stand_new(dir);
    return pool_new("bench", "lvm_thin", dir, params, error);
}

void place_take(const struct volume *volume)
{
}

void place_let_go(void)
{
}

void place_end(void)
{
    g_auto(GStrv) names = stand_real();
    auto_of(lvm_table) struct lvm_table *table = NULL;
    const struct lvm_entry *const *entries;
    guint n;

    if (!names)
        return;
    must((table = lvm_table_get(LVM_FRESH, E)));
    n = lvm_table_range(table, names[0], "", &entries);
    for (guint i = 0; i < n; i++) {
        const struct lvm_request request = {LVM_REMOVE, names[0], entries[i]->lv, NULL, 0};

        if (strcmp(entries[i]->pool, names[1]) == 0 && strcmp(entries[i]->lv, names[1]) != 0)
            must(lvm_change(&request, E));
    }
}

/* What a volume writes to is itself. */
static gboolean is_whole(const struct volume *volume)
{
    return !volume_snap_on_start(volume) &&
           (!volume_save_on_stop(volume) || volume_revisions_to_keep(volume) == -1);
}

/* Files that there are none of here have the name of one that is not there. */
static const char *lv_ending(const struct volume *volume, const char *ending)
{
    gboolean in_use = is_whole(volume) && volume_in_use(volume);

    if (strcmp(ending, "-dirty.img") == 0)
        return !is_whole(volume) ? "-snap" : in_use ? "" : "-none";
    if (strcmp(ending, "-import.img") == 0)
        return "-import";
    if (strcmp(ending, ".img") == 0)
        return in_use ? "-none" : "";
    return g_str_has_prefix(ending, ".img.") ? ending + strlen(".img.") - 1 : "-none";
}

/* A pinned revision has another name than its id. */
static char *pinned_ending(const struct volume *volume, const char *ending)
{
    g_autoptr(GPtrArray) revisions = volume_revisions(volume);

    for (guint i = 0; i < revisions->len; i++) {
        const struct revision *revision = revisions->pdata[i];

        if (revision->pinned && g_str_equal(ending + strlen(".img."), revision->id))
            return g_strdup_printf("-%" G_GINT64_FORMAT "-pin", revision->number);
    }
    return NULL;
}

char *place_image(const struct volume *volume, const char *ending)
{
    g_auto(GStrv) vid = g_strsplit(volume_vid(volume), "/", 2);
    gboolean revision = g_str_has_prefix(ending, ".img.");
    g_autofree char *pinned = revision ? pinned_ending(volume, ending) : NULL;
    g_autofree char *lv =
        g_strconcat(vid[1], pinned ? pinned : lv_ending(volume, ending), NULL);
    char *dot = strrchr(lv, '.');

    if (dot)
        *dot = '-';
    return stand_device(vid[0], lv);
}

guint place_count(const struct volume *volume, const char *part)
{
    return 0;
}
