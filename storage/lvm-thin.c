/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Driver lvm_thin: logical volumes in a thin pool (spec/storage.md 2.4). */
#include "config.h"
#include "storage/driver.h"

#include <string.h>

#include "storage/lvm-thin-private.h"
#include "util/error.h"

static char *lvm_thin_vid(const struct pool *pool, const char *prefix, const char *qube,
                          const char *volume)
{
    return g_strdup_printf("%s/vm-%s-%s", pool_param(pool, "volume_group"), qube, volume);
}

static gboolean lvm_thin_fits(const struct pool *pool, GError **error)
{
    static const char *const names[] = {"volume_group", "thin_pool"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = pool_param(pool, names[i]);

        if (lvm_name_valid(value))
            continue;
        error_set(error, QMC_ERROR_INVALID, "see which there are: lvs",
                  "pool '%s': %s is no name of LVM: '%s'", pool_name(pool), names[i],
                  value);
        return FALSE;
    }
    return TRUE;
}

/* By the table: a qube may start before LVM has activated all (L-12). */
static gboolean lvm_thin_verify(struct volume *volume, GError **error)
{
    struct volume *origin = volume_snap_on_start(volume) ? volume_source(volume) : volume;
    auto_of(thin) struct thin *at = NULL;

    if (!volume_save_on_stop(volume) && !volume_snap_on_start(volume))
        return TRUE;
    at = thin_new(origin, LVM_RECENT, error);
    return at && (at->dirty || thin_need(at, error));
}

/* --- getters --- */

static gboolean lvm_thin_in_use(const struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);

    if (!at || at->dirty)
        return TRUE;
    if (volume_in_place(volume))
        return thin_is_marked(at->current);
    return at->current && !volume_snap_on_start(volume) && !volume_save_on_stop(volume);
}

static gboolean lvm_thin_unfinished(const struct volume *volume)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, NULL);

    return !at || at->import || at->trash->len > 0;
}

/* Origin names what it was made from, also when that has got another name: as the
 * source has after its commit. */
static gboolean lvm_thin_outdated(const struct volume *volume)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_SHOWN, NULL);
    auto_of(thin) struct thin *source =
        at && at->dirty ? thin_beside(at, volume_source(volume), NULL) : NULL;

    return source && !(source->current &&
                       g_str_equal(at->dirty->origin, source->current->lv));
}

/* What the qube has, or would have. */
static const struct lvm_entry *shown(const struct thin *at)
{
    return at->dirty ? at->dirty : thin_state(at);
}

static guint64 lvm_thin_size(const struct volume *volume)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_SHOWN, NULL);
    auto_of(thin) struct thin *source = NULL;

    if (at && shown(at))
        return shown(at)->size;
    if (at && volume_snap_on_start(volume))
        source = thin_beside(at, volume_source(volume), NULL);
    return source && thin_state(source) ? thin_state(source)->size : 0;
}

static guint64 lvm_thin_used(const struct volume *volume)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_SHOWN, NULL);

    if (at && shown(at))
        return shown(at)->used;
    return !at || volume_save_on_stop(volume) ? G_MAXUINT64 : 0;
}

/* The name that the block script of Xen compares with sysfs (trap 12). */
static char *lvm_thin_path(const struct volume *volume)
{
    gboolean whole = volume_in_place(volume) ||
                     (!volume_snap_on_start(volume) && !volume_save_on_stop(volume));
    const char *vid = volume_vid(volume), *slash = strchr(vid, '/');
    g_autofree char *vg = g_strndup(vid, (gsize)(slash - vid));
    g_autofree char *lv = g_strconcat(slash + 1, whole ? NULL : THIN_DIRTY, NULL);
    g_autofree char *node = lvm_node_name(vg, lv);

    return g_strconcat("/dev/mapper/", node, NULL);
}

/* Where all devices are is no directory of a volume. */
static char *lvm_thin_dir(const struct volume *volume)
{
    return NULL;
}

/* As upstream has it: on the volume, which is a volatile one. */
static char *lvm_thin_crypt_name(const struct volume *volume)
{
    const char *vid = volume_vid(volume), *slash = strchr(vid, '/');
    g_autofree char *vg = g_strndup(vid, (gsize)(slash - vid));
    g_autofree char *node = lvm_node_name(vg, slash + 1);

    return g_strconcat(node, "@crypt", NULL);
}

static void revision_free(gpointer data)
{
    struct revision *revision = data;

    g_free(revision->id);
    g_free(revision);
}

static GPtrArray *lvm_thin_revisions(const struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);
    GPtrArray *list;

    if (!at)
        return NULL;
    list = g_ptr_array_new_with_free_func(revision_free);
    for (guint i = 0; i < at->revisions->len; i++) {
        const struct thin_revision *from = at->revisions->pdata[i];
        struct revision *revision = g_memdup2(&from->public, sizeof *revision);

        revision->id = g_strdup(from->public.id);
        g_ptr_array_add(list, revision);
    }
    return list;
}

static const char *const required[] = {"volume_group", "thin_pool", NULL};
static const char *const optional[] = {"revisions_to_keep", "ephemeral_volatile", NULL};

const struct driver driver_lvm_thin = {
    .name = "lvm_thin",
    .required = required,
    .optional = optional,
    .vid = lvm_thin_vid,
    .fits = lvm_thin_fits,
    .check = thin_check,
    .setup = lvm_thin_setup,
    .usage = lvm_thin_usage,
    .details = lvm_thin_details,
    .room = lvm_thin_room,
    .extend = lvm_thin_extend,
    .orphans = lvm_thin_orphans,
    .carries = lvm_thin_carries,
    .outdate = lvm_table_outdate,
    .abandoned = lvm_thin_abandoned,
    .spare = lvm_thin_spare,
    .discard = lvm_thin_discard,
    .create = lvm_thin_create,
    .remove = lvm_thin_remove,
    .vacant = lvm_thin_vacant,
    .share = lvm_thin_share,
    .verify = lvm_thin_verify,
    .start = lvm_thin_start,
    .stop = lvm_thin_stop,
    .resize = lvm_thin_resize,
    .reaches = lvm_thin_reaches,
    .clone = lvm_thin_clone,
    .revert = lvm_thin_revert,
    .pin = lvm_thin_pin,
    .import = lvm_thin_import,
    .import_commit = lvm_thin_import_commit,
    .import_drop = lvm_thin_import_drop,
    .export = lvm_thin_export,
    .in_use = lvm_thin_in_use,
    .unfinished = lvm_thin_unfinished,
    .outdated = lvm_thin_outdated,
    .size = lvm_thin_size,
    .used = lvm_thin_used,
    .path = lvm_thin_path,
    .dir = lvm_thin_dir,
    .crypt_name = lvm_thin_crypt_name,
    .revisions = lvm_thin_revisions,
};
