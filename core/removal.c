/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/removal.h"

#include <errno.h>
#include <unistd.h>

#include "core/hold.h"
#include "core/home.h"
#include "core/kept.h"
#include "core/reference.h"
#include "core/tenant.h"
#include "hv/hv.h"
#include "util/error.h"
#include "util/text.h"

#define LOCK_MS 2000

/* One of them. */
struct removal {
    struct hold *hold;
    char *home;     /* NULL: its class has none, or it stays */
    char *unit;     /* the link that starts it with the machine; NULL: none, or it
                     * stays */
    char *kept;     /* what stays on disk, in words; NULL: all goes */
};

struct removals {
    GPtrArray *all; /* struct removal */
    struct tenants *tenants;
    char *of;       /* uuid */
    const char *verb;
    gboolean taken; /* by a worker */
};

static void removal_free(gpointer data)
{
    struct removal *removal = data;

    hold_free(removal->hold);
    g_free(removal->home);
    g_free(removal->unit);
    g_free(removal->kept);
    g_free(removal);
}

struct removals *removals_new(struct op *op, const struct qube *of, const char *verb)
{
    struct removals *removals = g_new0(struct removals, 1);

    removals->all = g_ptr_array_new_with_free_func(removal_free);
    removals->tenants =
        tenants_new(engine_root(op->engine), engine_model(op->engine));
    removals->of = g_strdup(of->uuid);
    removals->verb = verb;
    return removals;
}

void removals_free(struct removals *removals)
{
    g_ptr_array_unref(removals->all);
    tenants_free(removals->tenants);
    g_free(removals->of);
    g_free(removals);
}

/* --- the disposables --- */

gboolean removal_preloaded_fit(const struct model *model, const struct qube *qube,
                               const char *verb, GError **error)
{
    g_autoptr(GPtrArray) preloaded = qube_preloaded(model, qube);

    for (guint i = 0; i < preloaded->len; i++) {
        const struct qube *disposable = preloaded->pdata[i];
        g_autofree char *users = references_text(model, disposable, qube);
        g_autofree char *name = qube_shell_name(disposable);
        g_autofree char *why = NULL, *hint = NULL;

        if (disposable->state != POWER_HALTED && disposable->state != POWER_UNKNOWN) {
            why = g_strdup_printf("its preloaded disposable '%s' is not halted",
                                  disposable->name);
            hint = g_strdup_printf("shut that down first: qmc stop %s, or: qmc kill %s --yes",
                                   name, name);
        } else if (users) {
            why = g_strdup_printf("its preloaded disposable '%s' is in use: %s",
                                  disposable->name, users);
            hint = g_strdup("change these first");
        }
        if (why)
            return op_refuse(qube, verb, why, hint, error);
    }
    return TRUE;
}

char *removal_preloaded_text(const struct model *model, const struct qube *qube)
{
    g_autoptr(GPtrArray) preloaded = qube_preloaded(model, qube);
    GString *text;

    if (preloaded->len == 0)
        return NULL;
    text = g_string_new("its preloaded disposable");
    g_string_append(text, preloaded->len > 1 ? "s" : "");
    for (guint i = 0; i < preloaded->len; i++)
        g_string_append_printf(text, "%s '%s'", i ? "," : "",
                               ((const struct qube *)preloaded->pdata[i])->name);
    g_string_append(text, preloaded->len > 1 ? " are" : " is");
    g_string_append(text, " removed with it");
    return g_string_free(text, FALSE);
}

/* --- main --- */

static const struct removal *removal_find(const struct removals *removals,
                                          const char *uuid)
{
    for (guint i = 0; i < removals->all->len; i++) {
        const struct removal *removal = removals->all->pdata[i];

        if (g_str_equal(hold_uuid(removal->hold), uuid))
            return removal;
    }
    return NULL;
}

/* Nothing is locked or asked once a worker has been at it. */
static gboolean covers(const struct removals *removals, const struct op *op,
                       const struct qube *disposable, GError **error)
{
    if (removal_find(removals, disposable->uuid))
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "try again",
              "cannot %s '%s': '%s' was preloaded of it meanwhile", removals->verb,
              op->subject, disposable->name);
    return FALSE;
}

static void plan_data(struct op *op, const struct removal *removal)
{
    for (guint i = 0; i < hold_volumes(removal->hold)->len; i++) {
        const struct volume *volume = hold_volumes(removal->hold)->pdata[i];

        if (volume_save_on_stop(volume))
            op_plan(op, "volume %s deleted", volume_name(volume));
    }
    if (removal->home)
        op_plan(op, "directory %s deleted", removal->home);
}

void removals_add(struct removals *removals, struct op *op, const struct qube *qube)
{
    const char *root = engine_root(op->engine);
    struct removal *removal = g_new0(struct removal, 1);

    removal->hold = hold_new(op->engine, qube);
    removal->kept = kept_text(engine_model(op->engine), qube);
    if (!kept_is_damaged(qube))
        removal->unit = home_unit_path(root, qube->name);
    if (!removal->kept)
        removal->home = home_path(root, qube->class, qube->name);
    tenants_except(removals->tenants, qube->uuid);
    g_ptr_array_add(removals->all, removal);
    op_plan(op, "%s taken out of the store", hold_name(removal->hold));
    if (!removal->kept)
        plan_data(op, removal);
    else if (*removal->kept)
        op_plan(op, "kept on disk: %s", removal->kept);
}

gboolean removals_add_preloaded(struct removals *removals, struct op *op,
                                const struct removals *former, GError **error)
{
    const struct model *model = engine_model(op->engine);
    const struct qube *of = model_qube(model, removals->of);
    g_autoptr(GPtrArray) preloaded = qube_preloaded(model, of);

    removals->taken = former && former->taken;
    for (guint i = 0; i < preloaded->len; i++) {
        if (removals->taken && !covers(former, op, preloaded->pdata[i], error))
            return FALSE;
        removals_add(removals, op, preloaded->pdata[i]);
    }
    return TRUE;
}

gboolean removals_apply(const struct removals *removals, struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    g_autoptr(GPtrArray) preloaded =
        qube_preloaded(model, model_qube(model, removals->of));

    for (guint i = 0; i < preloaded->len; i++)
        if (!covers(removals, op, preloaded->pdata[i], error))
            return FALSE;
    for (guint i = 0; i < removals->all->len; i++) {
        const struct removal *removal = removals->all->pdata[i];
        struct qube *qube = model_qube(model, hold_uuid(removal->hold));

        if (!qube)
            continue;
        references_forget(model, qube);
        model_remove(model, qube);
    }
    return TRUE;
}

/* --- worker --- */

/* What is behind a link that leads nowhere would stay, and nobody would know of it. */
static gboolean check_dirs(const struct removal *removal, GError **error)
{
    g_autoptr(GPtrArray) dirs = home_dirs(removal->home, hold_volumes(removal->hold));

    for (guint i = 0; i < dirs->len; i++)
        if (!home_check(dirs->pdata[i], error))
            return FALSE;
    return TRUE;
}

/* Nobody else loses anything with it, and nothing of it is out of reach. */
static gboolean is_alone(const struct removals *removals, const struct removal *removal,
                         GError **error)
{
    if (!removal->home || (check_dirs(removal, error) &&
                           tenants_check(removals->tenants, removal->home, error)))
        return TRUE;
    g_prefix_error(error, "cannot %s '%s': ", removals->verb, hold_name(removal->hold));
    return FALSE;
}

/* What only the disk tells. */
static void plan_links(const struct removal *removal, struct op *op)
{
    g_autoptr(GPtrArray) dirs = home_dirs(removal->home, hold_volumes(removal->hold));
    g_autoptr(GPtrArray) images = home_image_links(dirs);

    for (guint i = 0; i < dirs->len; i++) {
        g_autofree char *target = home_link_target(dirs->pdata[i]);

        if (target)
            op_step(op, "%s is a link: what Qubes keeps in %s is deleted, the rest stays",
                    (const char *)dirs->pdata[i], target);
    }
    for (guint i = 0; i < images->len; i++)
        op_step(op, "%s stays: an image is a link to it", (const char *)images->pdata[i]);
}

gboolean removals_look(const struct removals *removals, struct op *op, GError **error)
{
    for (guint i = 0; i < removals->all->len; i++) {
        const struct removal *removal = removals->all->pdata[i];

        if (!hold_look(removal->hold, op_cancellable(op), error) ||
            !hold_check_halted(removal->hold, "remove", error) ||
            !is_alone(removals, removal, error))
            return FALSE;
        if (!removal->kept)
            plan_links(removal, op);
    }
    return TRUE;
}

/* What stays is to be found again by who wants to be rid of it. */
static void tell_kept(const struct removals *removals, struct op *op)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < removals->all->len; i++) {
        const char *kept = ((const struct removal *)removals->all->pdata[i])->kept;

        if (kept && *kept)
            g_string_append_printf(text, "%s%s", text->len ? "; " : ": ", kept);
    }
    op_set_result(op, "removed from the store; what it has on disk stays%s", text->str);
}

static gboolean keeps_any(const struct removals *removals)
{
    for (guint i = 0; i < removals->all->len; i++)
        if (((const struct removal *)removals->all->pdata[i])->kept)
            return TRUE;
    return FALSE;
}

/* All are known to be halted before the first loses anything. */
gboolean removals_take(struct removals *removals, struct op *op, GError **error)
{
    struct hv *hv = engine_hv(op->engine);

    removals->taken = TRUE;
    for (guint i = 0; i < removals->all->len; i++) {
        const struct removal *removal = removals->all->pdata[i];

        op_step(op, "%s locked", hold_name(removal->hold));
        if (!hold_take(removal->hold, "remove", LOCK_MS, op_cancellable(op), error) ||
            !hold_check_halted(removal->hold, "remove", error) ||
            !is_alone(removals, removal, error))
            return FALSE;
    }
    for (guint i = 0; !hv_offline(hv) && i < removals->all->len; i++) {
        const struct removal *removal = removals->all->pdata[i];

        op_step(op, "definition of %s removed", hold_name(removal->hold));
        if (!hv_undefine(hv, hold_uuid(removal->hold), error))
            return FALSE;
    }
    if (keeps_any(removals))
        tell_kept(removals, op);
    return TRUE;
}

/* Links last: as long as one is there, what it leads to is found by its name. */
static void dirs_remove(const struct removal *removal, struct op *op,
                        const GPtrArray *dirs, GError **left)
{
    gboolean whole = *left == NULL;

    for (guint i = 0; i < dirs->len; i++) {
        const char *dir = dirs->pdata[i];
        g_autofree char *target = home_link_target(dir);
        GError *failed = NULL;

        if (target && whole)
            home_link_clear(dir, &failed);
        else if (!target && g_strcmp0(dir, removal->home) == 0)
            home_remove(dir, &failed);
        op_keep_first(op, left, failed);
    }
}

/* They may be anything, and anybody's. */
static void links_tell(struct op *op, const GPtrArray *images, GError **left)
{
    for (guint i = 0; i < images->len; i++) {
        g_autofree char *shell = text_shell_quote(images->pdata[i]);
        g_autofree char *hint = g_strdup_printf("if nobody else needs it: rm %s", shell);
        GError *failed = NULL;

        error_set(&failed, QMC_ERROR_STATE, hint, "'%s' stays, an image of it was a link to that",
                  (const char *)images->pdata[i]);
        op_keep_first(op, left, failed);
    }
}

static void data_remove(const struct removals *removals, const struct removal *removal,
                        struct op *op, GError **left)
{
    GPtrArray *volumes = hold_volumes(removal->hold);
    g_autoptr(GPtrArray) dirs = home_dirs(removal->home, volumes);
    g_autoptr(GPtrArray) images = home_image_links(dirs);
    GError *failed = NULL;

    op_step(op, "data of %s deleted", hold_name(removal->hold));
    /* Who has moved in since is seen only now. */
    if (!is_alone(removals, removal, &failed)) {
        op_keep_first(op, left, failed);
        return;
    }
    for (guint i = 0; i < volumes->len; i++) {
        volume_remove(volumes->pdata[i], &failed);
        op_keep_first(op, left, g_steal_pointer(&failed));
    }
    dirs_remove(removal, op, dirs, left);
    links_tell(op, images, left);
}

/* Takes the error. */
static GError *left_error(const struct removal *removal, GError *left)
{
    g_autoptr(GError) own = left;
    g_autoptr(GPtrArray) dirs = home_dirs(removal->home, hold_volumes(removal->hold));
    g_autofree char *hint = home_left_hint(own, dirs);
    GError *error = NULL;

    error_set(&error, QMC_ERROR_PARTIAL, hint, "'%s' is removed, but not all it had: %s",
              hold_name(removal->hold), own->message);
    return error;
}

gboolean removals_finish(const struct removals *removals, struct op *op, GError **error)
{
    g_autoptr(GError) first = NULL;

    for (guint i = 0; i < removals->all->len; i++) {
        const struct removal *removal = removals->all->pdata[i];
        GError *left = NULL, *failed = NULL;

        if (!removal->kept)
            data_remove(removals, removal, op, &left);
        if (removal->unit && !home_unit_remove(removal->unit, &failed))
            op_keep_first(op, &left, failed);
        if (left)
            op_keep_first(op, &first, left_error(removal, left));
    }
    if (!first)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&first));
    return FALSE;
}
