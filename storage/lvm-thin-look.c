/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What there is of a volume in the thin pool, and how what interrupted work has left is
 * put right (spec/storage.md 2.4, L-10, 3.6). */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include <string.h>

#include "util/error.h"
#include "util/log.h"

static void revision_free(gpointer data)
{
    struct thin_revision *revision = data;

    g_free(revision->public.id);
    g_free(revision);
}

void thin_free(struct thin *at)
{
    g_clear_pointer(&at->table, lvm_table_unref);
    g_clear_pointer(&at->revisions, g_ptr_array_unref);
    g_clear_pointer(&at->trash, g_ptr_array_unref);
    g_free(at->made);
    g_free(at);
}

static int newer_first(gconstpointer a, gconstpointer b)
{
    const struct revision *left = *(struct revision *const *)a;
    const struct revision *right = *(struct revision *const *)b;

    return left->number == right->number ? 0 : left->number < right->number ? 1 : -1;
}

static void add_revision(struct thin *at, const struct lvm_entry *entry, gint64 number,
                         gboolean pinned)
{
    struct thin_revision *revision = g_new0(struct thin_revision, 1);

    revision->public = (struct revision){
        .id = g_strdup_printf("%" G_GINT64_FORMAT THIN_BACK, number),
        .number = number, .time = number, .used = entry->used, .pinned = pinned,
    };
    revision->entry = entry;
    g_ptr_array_add(at->revisions, revision);
}

static void add_entry(struct thin *at, const struct lvm_entry *entry)
{
    gint64 number = 0;
    enum thin_kind kind = thin_kind_of(at->lv, entry->lv, &number);

    if (kind == THIN_IS_CURRENT)
        at->current = entry;
    else if (kind == THIN_IS_DIRTY)
        at->dirty = entry;
    else if (kind == THIN_IS_IMPORT)
        at->import = entry;
    else if (kind == THIN_IS_BACK || kind == THIN_IS_PIN)
        add_revision(at, entry, number, kind == THIN_IS_PIN);
    else if (kind == THIN_IS_TRASH) {
        g_ptr_array_add(at->trash, g_strdup(entry->lv + strlen(at->lv)));
        at->next_trash = MAX(at->next_trash, number + 1);
    }
}

/* What is outside of the thin pool is not ours to touch. */
static gboolean add_entries(struct thin *at, GError **error)
{
    const struct lvm_entry *const *entries;
    guint n = lvm_table_range(at->table, at->vg, at->lv, &entries);
    gint64 number;

    for (guint i = 0; i < n; i++) {
        if (thin_kind_of(at->lv, entries[i]->lv, &number) == THIN_IS_NONE)
            continue;
        if (!g_str_equal(entries[i]->pool, at->pool)) {
            error_set(error, QMC_ERROR_STATE, "rename it by hand: lvrename",
                      "volume '%s': '%s' is no volume of the thin pool '%s'",
                      volume_vid(at->volume), entries[i]->key, at->pool);
            return FALSE;
        }
        add_entry(at, entries[i]);
    }
    g_ptr_array_sort(at->revisions, newer_first);
    return TRUE;
}

static gboolean find_pool(struct thin *at, GError **error)
{
    at->thin_pool = lvm_table_find(at->table, at->vg, at->pool);
    if (at->thin_pool && at->thin_pool->attr[0] == 't')
        return TRUE;
    error_set(error, QMC_ERROR_NOTFOUND, "see which there are: lvs",
              "pool '%s': there is no thin pool '%s/%s'",
              pool_name(volume_pool(at->volume)), at->vg, at->pool);
    return FALSE;
}

static struct thin *thin_of(const struct volume *volume, struct lvm_table *table,
                            GError **error)
{
    auto_of(thin) struct thin *at = g_new0(struct thin, 1);
    const struct pool *pool = volume_pool(volume);

    at->volume = volume;
    at->vg = pool_param(pool, "volume_group");
    at->pool = pool_param(pool, "thin_pool");
    at->lv = strchr(volume_vid(volume), '/') + 1;
    at->table = lvm_table_ref(table);
    at->revisions = g_ptr_array_new_with_free_func(revision_free);
    at->trash = g_ptr_array_new_with_free_func(g_free);
    if (!find_pool(at, error) || !add_entries(at, error))
        return NULL;
    return g_steal_pointer(&at);
}

struct thin *thin_new(const struct volume *volume, enum lvm_age age, GError **error)
{
    auto_of(lvm_table) struct lvm_table *table = lvm_table_get(age, error);

    return table ? thin_of(volume, table, error) : NULL;
}

struct thin *thin_beside(const struct thin *at, const struct volume *volume, GError **error)
{
    return thin_of(volume, at->table, error);
}

const struct lvm_entry *thin_state(const struct thin *at)
{
    const struct thin_revision *newest =
        at->revisions->len ? at->revisions->pdata[0] : NULL;

    return at->current ? at->current : newest ? newest->entry : NULL;
}

const struct lvm_entry *thin_need(const struct thin *at, GError **error)
{
    const struct lvm_entry *entry = thin_state(at);

    if (!entry)
        error_set(error, QMC_ERROR_NOTFOUND, "restore it, or create the volume anew",
                  "volume '%s' is missing: there is no such logical volume",
                  volume_vid(at->volume));
    return entry;
}

const struct thin_revision *thin_revision_find(const struct thin *at, const char *id)
{
    for (guint i = 0; i < at->revisions->len; i++) {
        const struct thin_revision *revision = at->revisions->pdata[i];

        if (g_str_equal(revision->public.id, id))
            return revision;
    }
    return NULL;
}

gboolean thin_is_vacant(const struct thin *at)
{
    return !at->current && !at->dirty && !at->import && !at->revisions->len &&
           !at->trash->len;
}

gboolean thin_is_marked(const struct lvm_entry *entry)
{
    g_auto(GStrv) tags = entry ? g_strsplit(entry->tags, ",", -1) : NULL;

    return tags && g_strv_contains((const char *const *)tags, THIN_MARK);
}

/* With a current one beside it, it was never confirmed; without, it was about to become
 * that. */
gboolean thin_import_is_spare(const struct thin *at)
{
    return at->import && (at->current || at->dirty || !at->revisions->len);
}

GPtrArray *thin_surplus(const struct thin *at, guint keep)
{
    GPtrArray *surplus = g_ptr_array_new();
    gboolean has_current = at->current || at->committed;
    guint seen = at->made ? 1 : 0;

    for (guint i = 0; has_current && i < at->revisions->len; i++) {
        struct thin_revision *revision = at->revisions->pdata[i];

        if (!revision->public.pinned && seen++ >= keep)
            g_ptr_array_add(surplus, revision);
    }
    return surplus;
}

/* --- after an interruption --- */

static gboolean end_import(const struct thin *at, GError **error)
{
    return thin_import_is_spare(at) ? thin_drop(at, THIN_IMPORT, error)
                                    : thin_rename(at, THIN_IMPORT, "", error);
}

static void empty_trash(const struct thin *at)
{
    for (guint i = 0; i < at->trash->len; i++) {
        g_autoptr(GError) error = NULL;

        if (!thin_drop(at, at->trash->pdata[i], &error))
            log_line("storage", "trash stays: %s", error->message);
    }
}

/* Only its revisions are left: the newest is the state. */
static gboolean restore(const struct thin *at, GError **error)
{
    const struct thin_revision *newest = at->revisions->pdata[0];

    if (newest->public.pinned)
        return thin_snapshot(at, newest->entry, "", error);
    return thin_rename(at, newest->entry->lv + strlen(at->lv), "", error);
}

static gboolean is_lost(const struct thin *at)
{
    return !at->current && !at->dirty && !at->import && at->revisions->len &&
           volume_save_on_stop(at->volume);
}

static gboolean heal(const struct thin *at, GError **error)
{
    empty_trash(at);
    if (at->import && !end_import(at, error))
        return FALSE;
    return !is_lost(at) || restore(at, error);
}

struct thin *thin_settle(struct thin *taken, GError **error)
{
    auto_of(thin) struct thin *at = taken;

    if (!at->import && !at->trash->len && !is_lost(at))
        return g_steal_pointer(&at);
    return heal(at, error) ? thin_new(at->volume, LVM_RECENT, error) : NULL;
}

struct thin *thin_take(const struct volume *volume, GError **error)
{
    struct thin *at = thin_new(volume, LVM_RECENT, error);

    return at ? thin_settle(at, error) : NULL;
}
