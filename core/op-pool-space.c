/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room in a pool: won back from what nobody needs, or added (ux.md 4.9). */
#include "config.h"

#include "core/op-private.h"

#include "core/hold.h"
#include "core/layout.h"
#include "core/op-edit.h"
#include "core/pool-use.h"
#include "core/store-history.h"
#include "core/weigh.h"
#include "storage/remain.h"
#include "util/error.h"
#include "util/text.h"

#define RECLAIM_DEADLINE_MS 60000 /* of the volumes of one qube */
#define EXTEND_DEADLINE_MS 300000
#define LOCK_MS 2000
#define FOUND WEIGHED("found") /* in words; "": nothing */

static char *pool_object(const struct qube *dom0, GHashTable *args)
{
    const char *name = edit_arg(args, "pool");

    return g_strdup(name ? name : "");
}

/* --- reclaim --- */

struct reclaim {
    char *pool;
    GPtrArray *holds; /* struct hold, of each qube with a volume in it */
    GPtrArray *gone;  /* struct remain; of the worker */
};

/* "at most 1.2 GiB": of what is shared with another state nothing comes back. */
static char *found_words(const GPtrArray *found)
{
    g_autofree char *words = remains_words(found);
    g_autofree char *used = text_size_long(remains_used(found));

    return g_strdup_printf("%s, at most %s", words, used);
}

/* Takes what is in `from`. */
static void move_remains(GPtrArray *to, GPtrArray *from)
{
    while (from->len > 0)
        g_ptr_array_add(to, g_ptr_array_steal_index(from, 0));
}

static gboolean reclaim_fits(const struct model *model, const struct qube *dom0,
                             GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "pool");

    return !name || pool_entry_usable(model, name, error);
}

static gboolean weigh_volumes(const struct model *model, const char *pool, GPtrArray *found,
                              GError **error)
{
    g_autoptr(GArray) shares = pool_shares(model, pool);

    for (guint i = 0; i < shares->len; i++) {
        struct volume *volume =
            g_array_index(shares, struct pool_share, i).config->volume;
        g_autoptr(GPtrArray) spare = volume ? volume_spare(volume, error) : remains_new();

        if (!spare)
            return FALSE;
        move_remains(found, spare);
    }
    return TRUE;
}

static gboolean reclaim_weigh(const char *root, GHashTable *args, GError **error)
{
    g_autofree char *path = layout_path(root, LAYOUT_STORE), *words = NULL;
    auto_of(store_reading) struct store_reading *reading =
        store_reading_new(root, path, error);
    g_autoptr(GPtrArray) found = remains_new();

    if (!reading || !pool_entry_usable(reading->model, edit_arg(args, "pool"), error) ||
        !weigh_volumes(reading->model, edit_arg(args, "pool"), found, error))
        return FALSE;
    words = found_words(found);
    op_args_set(args, FOUND, found->len > 0 ? words : "");
    return TRUE;
}

/* Where there is nothing nobody is asked. */
static enum confirm reclaim_strength(const struct model *model, const struct qube *dom0,
                                     GHashTable *args)
{
    const char *found = edit_arg(args, FOUND);

    return found && !*found ? CONFIRM_L0 : CONFIRM_L2;
}

static char *reclaim_stake(const struct model *model, const struct qube *dom0,
                           GHashTable *args)
{
    const char *found = edit_arg(args, FOUND);

    if (found && !*found)
        return NULL;
    return g_strdup_printf("what goes cannot be brought back%s%s", found ? ": " : "",
                           found ? found : "");
}

static const char *reclaim_verb(const struct qube *dom0, GHashTable *args)
{
    return "Reclaim space of";
}

static void hold_drop(gpointer hold)
{
    hold_free(hold);
}

static gboolean reclaim_prepare(struct op *op, GError **error)
{
    const struct model *model = engine_model(op->engine);
    struct reclaim *reclaim = g_new0(struct reclaim, 1);
    const struct qube *last = NULL;
    g_autoptr(GArray) shares = NULL;

    op->data = reclaim;
    reclaim->pool = g_strdup(op_text(op, "pool"));
    reclaim->holds = g_ptr_array_new_with_free_func(hold_drop);
    reclaim->gone = remains_new();
    shares = pool_shares(model, reclaim->pool);
    for (guint i = 0; i < shares->len; i++) {
        const struct qube *qube = g_array_index(shares, struct pool_share, i).qube;

        if (qube != last)
            g_ptr_array_add(reclaim->holds, hold_new(op->engine, qube));
        last = qube;
    }
    return TRUE;
}

static void reclaim_clear(struct op *op)
{
    struct reclaim *reclaim = op->data;

    g_free(reclaim->pool);
    g_ptr_array_unref(reclaim->holds);
    g_ptr_array_unref(reclaim->gone);
    g_free(reclaim);
}

/* What those volumes of a qube that are in the pool have to spare; NULL with the error. */
static GPtrArray *spare_of(const struct reclaim *reclaim, const struct hold *hold,
                           GError **error)
{
    const GPtrArray *volumes = hold_volumes(hold);
    g_autoptr(GPtrArray) found = remains_new();

    for (guint i = 0; i < volumes->len; i++) {
        struct volume *volume = volumes->pdata[i];
        g_autoptr(GPtrArray) spare = NULL;

        if (!g_str_equal(pool_name(volume_pool(volume)), reclaim->pool))
            continue;
        spare = volume_spare(volume, error);
        if (!spare)
            return NULL;
        move_remains(found, spare);
    }
    remains_sort(found);
    return g_steal_pointer(&found);
}

static gboolean reclaim_look(struct op *op, GError **error)
{
    const struct reclaim *reclaim = op->data;
    g_autofree char *words = NULL;

    for (guint i = 0; i < reclaim->holds->len; i++) {
        g_autoptr(GPtrArray) found = spare_of(reclaim, reclaim->holds->pdata[i], error);

        if (!found)
            return FALSE;
        for (guint k = 0; k < found->len; k++) {
            const struct remain *remain = found->pdata[k];
            g_autofree char *used = text_size_long(remain->used);

            op_step(op, "delete %s (%s, %s)", remain->name, remain_kind_word(remain->kind),
                    used);
        }
        move_remains(reclaim->gone, found);
    }
    words = found_words(reclaim->gone);
    if (reclaim->gone->len > 0)
        op_step(op, "in all %s come back", words);
    else
        op_step(op, "nothing to reclaim in pool %s", reclaim->pool);
    return TRUE;
}

/* Its volumes in the pool; whoever starts it meanwhile waits. */
static gboolean reclaim_volumes(struct op *op, struct hold *hold, GError **error)
{
    const struct reclaim *reclaim = op->data;
    const GPtrArray *volumes = hold_volumes(hold);

    for (guint i = 0; i < volumes->len; i++) {
        struct volume *volume = volumes->pdata[i];
        g_autoptr(GPtrArray) gone = NULL;

        if (!g_str_equal(pool_name(volume_pool(volume)), reclaim->pool))
            continue;
        if (!volume_reclaim(volume, &gone, error))
            return FALSE;
        move_remains(reclaim->gone, gone);
    }
    return TRUE;
}

static gboolean reclaim_qube(struct op *op, struct hold *hold, GError **error)
{
    gboolean fine;

    op_step(op, "what %s does not need deleted", hold_name(hold));
    op_allow(op, RECLAIM_DEADLINE_MS);
    fine = hold_take(hold, "reclaim", LOCK_MS, op_cancellable(op), error);
    if (fine && hold_state(hold) != POWER_HALTED)
        op_step_end(op, STEP_SKIPPED, "%s is running", hold_name(hold));
    else if (fine)
        fine = reclaim_volumes(op, hold, error);
    hold_release(hold);
    return fine;
}

/* One that fails does not keep the others from it. */
static gboolean reclaim_run(struct op *op, GError **error)
{
    struct reclaim *reclaim = op->data;
    g_autoptr(GError) first = NULL;
    g_autofree char *words = NULL;

    for (guint i = 0; i < reclaim->holds->len; i++) {
        struct hold *hold = reclaim->holds->pdata[i];
        GError *failed = NULL;
        g_autoptr(GPtrArray) found = spare_of(reclaim, hold, &failed);

        if (found && found->len > 0)
            reclaim_qube(op, hold, &failed);
        if (failed)
            op_keep_first(op, &first, failed);
        if (error_is(first, QMC_ERROR_CANCELLED))
            break;
    }
    words = found_words(reclaim->gone);
    if (first && reclaim->gone->len > 0)
        error_set(error, QMC_ERROR_PARTIAL, "do it again when that is mended",
                  "%s deleted, but not all: %s", words, first->message);
    else if (first)
        g_propagate_error(error, g_steal_pointer(&first));
    else if (reclaim->gone->len > 0)
        op_set_result(op, "%s came back to pool %s", words, reclaim->pool);
    else
        op_set_result(op, "nothing to reclaim in pool %s", reclaim->pool);
    return !first;
}

static const struct op_arg reclaim_args[] = {
    { "pool", OP_ARG_TEXT, TRUE, "name of the pool" },
    { NULL },
};

const struct op_row op_pool_reclaim = {
    .name = "pool-reclaim",
    .label = "Reclaim space",
    .phrase = "reclaim space of a pool",
    .doing = "reclaiming space",
    .done = "space reclaimed",
    .help = "Delete what no halted qube needs: what was cut off, surplus earlier states.",
    .classes = CLASS_ADMIN,
    .states = ~0u,
    .system = TRUE,
    .lengthy = TRUE,
    .offline = TRUE,
    .command = "pool reclaim {pool}",
    .confirm = CONFIRM_L2,
    .args = reclaim_args,
    .deadline_ms = RECLAIM_DEADLINE_MS,
    .fits = reclaim_fits,
    .prepare = reclaim_prepare,
    .look = reclaim_look,
    .run = reclaim_run,
    .clear = reclaim_clear,
    .weigh = reclaim_weigh,
    .strength = reclaim_strength,
    .stake = reclaim_stake,
    .verb = reclaim_verb,
    .object = pool_object,
};

/* --- extend --- */

struct extend {
    struct pool *pool;
    gboolean metadata;
    guint64 size;
};

static gboolean extend_fits(const struct model *model, const struct qube *dom0,
                            GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "pool"), *size = edit_arg(args, "size");
    const struct pool_entry *entry = name ? pool_entry_usable(model, name, error) : NULL;
    guint64 bytes;

    if (name && (!entry || !pool_can_extend(entry->pool, error)))
        return FALSE;
    return !size || text_size_parse(size, &bytes, error);
}

static gboolean extend_prepare(struct op *op, GError **error)
{
    struct extend *extend = g_new0(struct extend, 1);
    const struct pool_entry *entry =
        model_pool(engine_model(op->engine), op_text(op, "pool"));
    g_autofree char *size = NULL;

    op->data = extend;
    extend->pool = pool_ref(entry->pool);
    extend->metadata = op_bool(op, "metadata");
    if (!text_size_parse(op_text(op, "size"), &extend->size, error))
        return FALSE;
    size = text_size_long(extend->size);
    op_plan(op, "add %s to the %s of pool %s", size, extend->metadata ? "metadata" : "data",
            entry->name);
    return TRUE;
}

static void extend_clear(struct op *op)
{
    struct extend *extend = op->data;

    pool_unref(extend->pool);
    g_free(extend);
}

/* A plan says as much as was asked for. */
static gboolean extend_look(struct op *op, GError **error)
{
    const struct extend *extend = op->data;
    guint64 bytes = extend->size;
    g_autofree char *whole = NULL;

    if (!pool_room(extend->pool, extend->metadata, &bytes, error))
        return FALSE;
    whole = text_size_long(bytes);
    if (bytes != extend->size)
        op_step(op, "only whole extents: %s", whole);
    return TRUE;
}

static gboolean extend_run(struct op *op, GError **error)
{
    const struct extend *extend = op->data;
    const char *part = extend->metadata ? "metadata" : "data";
    const char *have = extend->metadata ? "have" : "has";
    g_autofree char *size = text_size_long(extend->size), *added = NULL;
    guint64 bytes = extend->size;

    op_step(op, "%s added to the %s of pool %s", size, part, pool_name(extend->pool));
    if (!pool_extend(extend->pool, extend->metadata, &bytes, error))
        return FALSE;
    added = text_size_long(bytes);
    op_set_result(op, "the %s of pool %s %s %s more", part, pool_name(extend->pool), have,
                  added);
    return TRUE;
}

static const char *extend_verb(const struct qube *dom0, GHashTable *args)
{
    return "Extend pool";
}

static const struct op_arg extend_args[] = {
    { "pool", OP_ARG_TEXT, TRUE, "name of the pool" },
    { "size", OP_ARG_SIZE, TRUE, "how much it gets more: 5G" },
    { "metadata", OP_ARG_BOOL, FALSE, "to its metadata, not to its data" },
    { NULL },
};

const struct op_row op_pool_extend = {
    .name = "pool-extend",
    .label = "Extend a pool",
    .phrase = "extend a pool",
    .doing = "extending a pool",
    .done = "pool extended",
    .help = "Give a thin pool more of what is free in its volume group.",
    .classes = CLASS_ADMIN,
    .states = ~0u,
    .system = TRUE,
    .offline = TRUE,
    .command = "pool extend {pool} {size}",
    .confirm = CONFIRM_L1,
    .consequence = "a thin pool cannot be made smaller again",
    .args = extend_args,
    .deadline_ms = EXTEND_DEADLINE_MS,
    .fits = extend_fits,
    .prepare = extend_prepare,
    .look = extend_look,
    .run = extend_run,
    .clear = extend_clear,
    .verb = extend_verb,
    .object = pool_object,
};
