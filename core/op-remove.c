/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remove a qube (spec/qubes-xml.md 8.4). The store is saved without it before
 * anything is deleted: what a crash leaves is a directory that nobody needs, not
 * a store that names data which are gone. */
#include "config.h"

#include "core/op-private.h"

#include <errno.h>
#include <unistd.h>

#include "core/hold.h"
#include "core/home.h"
#include "core/reference.h"
#include "hv/hv.h"
#include "util/error.h"
#include "util/text.h"

#define DEADLINE_MS 300000
#define LOCK_MS 2000

struct removal {
    struct hold *hold;
    char *home; /* NULL: its class has none, or it stays */
    char *unit; /* the link that starts it with the machine; NULL: none, or it stays */
    gboolean stays; /* what it has on disk */
};

static void removal_clear(struct op *op)
{
    struct removal *removal = op->data;

    hold_free(removal->hold);
    g_free(removal->home);
    g_free(removal->unit);
    g_free(removal);
}

/* What a damaged entry has on disk cannot be told from what others have there. */
static gboolean is_damaged(const struct qube *qube)
{
    return qube->broken || !qube->class;
}

static gboolean removal_fits(const struct model *model, const struct qube *qube,
                             GHashTable *args, GError **error)
{
    g_autofree char *users = references_text(model, qube);
    g_autofree char *why = NULL;

    if (qube_get_bool(model, qube, "installed_by_rpm"))
        return op_refuse(qube, "remove", "it was installed as a package",
                         "remove that package in dom0, or set installed_by_rpm to "
                         "False", error);
    if (!users)
        return TRUE;
    why = g_strdup_printf("it is in use: %s", users);
    return op_refuse(qube, "remove", why, "change these first", error);
}

/* "private, root and their revisions are lost, 1.2 GiB of them in use". */
static char *removal_stake(const struct model *model, const struct qube *qube,
                           GHashTable *args)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint64 used = 0;

    if (is_damaged(qube))
        return g_strdup("its entry in the store is lost; what it has on disk stays");
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (!config->volume || !volume_save_on_stop(config->volume))
            continue;
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", config->name);
        if (config->used != G_MAXUINT64)
            used += config->used;
    }
    if (text->len)
        g_string_append(text, " with all that is in it and all revisions are lost");
    else
        g_string_append(text, "its settings are lost");
    if (used) {
        g_autofree char *size = text_size_long(used);

        g_string_append_printf(text, "; %s are used", size);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean removal_prepare(struct op *op, GError **error)
{
    const char *root = engine_root(op->engine);
    struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    struct removal *removal = g_new0(struct removal, 1);

    op->data = removal;
    removal->hold = hold_new(op->engine, qube);
    removal->stays = is_damaged(qube);
    op_plan(op, "%s taken out of the store", op->subject);
    if (removal->stays)
        return TRUE;
    removal->home = home_path(root, qube->class, qube->name);
    removal->unit = home_unit_path(root, qube->name);
    for (guint i = 0; i < hold_volumes(removal->hold)->len; i++) {
        const struct volume *volume = hold_volumes(removal->hold)->pdata[i];

        if (volume_save_on_stop(volume))
            op_plan(op, "volume %s deleted", volume_name(volume));
    }
    if (removal->home)
        op_plan(op, "directory %s deleted", removal->home);
    return TRUE;
}

static gboolean removal_look(struct op *op, GError **error)
{
    const struct removal *removal = op->data;

    return hold_look(removal->hold, op_cancellable(op), error) &&
           hold_check_halted(removal->hold, "remove", error);
}

/* The next start would make the definition anew: nothing to take back. */
static gboolean removal_run(struct op *op, GError **error)
{
    struct removal *removal = op->data;
    struct hv *hv = engine_hv(op->engine);

    op_step(op, "%s locked", op->subject);
    if (!hold_take(removal->hold, "remove", LOCK_MS, op_cancellable(op), error) ||
        !hold_check_halted(removal->hold, "remove", error))
        return FALSE;
    if (removal->stays)
        op_set_result(op, "removed from the store; what it has on disk stays");
    if (hv_offline(hv))
        return TRUE;
    op_step(op, "definition removed");
    return hv_undefine(hv, hold_uuid(removal->hold), error);
}

static gboolean removal_apply(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    struct qube *qube = model_qube(model, op->uuid);

    references_forget(model, qube);
    model_remove(model, qube);
    return TRUE;
}

static void unit_remove(struct op *op, const char *unit, GError **left)
{
    GError *failed = NULL;

    if (!unit || unlink(unit) == 0 || errno == ENOENT || errno == ENOTDIR)
        return;
    error_set_errno(&failed, errno, NULL, "cannot remove '%s'", unit);
    op_keep_first(op, left, failed);
}

/* As much as can be; the first thing that stays is told. */
static gboolean removal_finish(struct op *op, GError **error)
{
    const struct removal *removal = op->data;
    GPtrArray *volumes = hold_volumes(removal->hold);
    g_autoptr(GError) left = NULL;
    GError *failed = NULL;

    if (removal->stays)
        return TRUE;
    op_step(op, "data deleted");
    for (guint i = 0; i < volumes->len; i++) {
        volume_remove(volumes->pdata[i], &failed);
        op_keep_first(op, &left, g_steal_pointer(&failed));
    }
    if (removal->home && !home_remove(removal->home, &failed))
        op_keep_first(op, &left, g_steal_pointer(&failed));
    unit_remove(op, removal->unit, &left);
    if (!left)
        return TRUE;
    error_set(error, QMC_ERROR_PARTIAL, error_hint(left),
              "it is removed, but not all it had: %s", left->message);
    return FALSE;
}

const struct op_row op_remove = {
    .name = "remove",
    .label = "Remove",
    .doing = "removing",
    .done = "removed",
    .help = "Take the qube out of the store and delete its data.",
    .method = "admin.vm.Remove",
    .classes = CLASS_QUBESVM | CLASS_REMOTE,
    .damaged = TRUE,
    .spurious = TRUE,
    .states = 1u << POWER_HALTED,
    .offline = TRUE,
    .command = "rm {qube}",
    .confirm = CONFIRM_L3,
    .writes_store = TRUE,
    .deadline_ms = DEADLINE_MS,
    .fits = removal_fits,
    .prepare = removal_prepare,
    .look = removal_look,
    .run = removal_run,
    .apply = removal_apply,
    .finish = removal_finish,
    .clear = removal_clear,
    .stake = removal_stake,
};
