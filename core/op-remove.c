/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remove a qube (spec/qubes-xml.md 8.4), and the disposables kept ready of it. The
 * store is saved without them before anything is deleted: what a crash leaves is a
 * directory that nobody needs, not a store that names data which are gone. */
#include "config.h"

#include "core/op-private.h"

#include "core/kept.h"
#include "core/reference.h"
#include "core/removal.h"
#include "util/text.h"

#define DEADLINE_MS 300000

static void removal_clear(struct op *op)
{
    removals_free(op->data);
}

static gboolean removal_fits(const struct model *model, const struct qube *qube,
                             GHashTable *args, GError **error)
{
    g_autofree char *users = references_text(model, qube, NULL);
    g_autofree char *why = NULL;

    if (qube_get_bool(model, qube, "installed_by_rpm"))
        return op_refuse(qube, "remove", "it was installed as a package",
                         "remove that package in dom0, or set installed_by_rpm to "
                         "False", error);
    if (!users)
        return removal_preloaded_fit(model, qube, "remove", error);
    why = g_strdup_printf("it is in use: %s", users);
    return op_refuse(qube, "remove", why, "change these first", error);
}

/* "its entry in the store is lost; what it has on disk stays, because its volume 'root'
 * cannot be used: directory /var/lib/qubes/appvms/work"; NULL: nothing of it stays. */
static char *kept_stake(const struct model *model, const struct qube *qube)
{
    const struct volume_config *because = kept_because(model, qube);
    g_autofree char *kept = kept_text(model, qube), *why = NULL;

    if (!kept)
        return NULL;
    if (because && !kept_is_damaged(qube))
        why = g_strdup_printf(", because its volume '%s' cannot be used", because->name);
    return g_strdup_printf("its entry in the store is lost; what it has on disk stays%s%s%s",
                           why ? why : "", *kept ? ": " : "", kept);
}

/* "private, root and their revisions are lost, 1.2 GiB of them in use". */
static char *data_stake(const struct qube *qube)
{
    GString *text = g_string_new(NULL);
    guint64 used = 0;

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
    return g_string_free(text, FALSE);
}

/* And "its preloaded disposable 'disp1' is removed with it". */
static char *removal_stake(const struct model *model, const struct qube *qube,
                           GHashTable *args)
{
    g_autofree char *preloaded = removal_preloaded_text(model, qube);
    g_autofree char *own = kept_stake(model, qube);

    if (!own)
        own = data_stake(qube);
    return g_strconcat(own, preloaded ? "; " : NULL, preloaded, NULL);
}

static gboolean removal_prepare(struct op *op, GError **error)
{
    const struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    struct removals *removals = removals_new(op, qube, "remove");

    op->data = removals;
    removals_add(removals, op, qube);
    return removals_add_preloaded(removals, op, op_former(op), error);
}

static gboolean removal_look(struct op *op, GError **error)
{
    return removals_look(op->data, op, error);
}

static gboolean removal_run(struct op *op, GError **error)
{
    return removals_take(op->data, op, error);
}

static gboolean removal_apply(struct op *op, GError **error)
{
    return removals_apply(op->data, op, error);
}

static gboolean removal_finish(struct op *op, GError **error)
{
    return removals_finish(op->data, op, error);
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
