/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Give a qube another name; upstream clones it and removes the old one
 * (spec/qubes-xml.md 3.1, 8.3). What it has is whole under the new name before the
 * store says so, and goes under the old one only then: whenever it is cut off, the
 * store names data that are there. */
#include "config.h"

#include "core/birth.h"

#include <errno.h>
#include <unistd.h>

#include "core/draft.h"
#include "core/hold.h"
#include "core/home.h"
#include "core/kept.h"
#include "core/prop-change.h"
#include "core/reference.h"
#include "core/start-plan.h"
#include "core/tenant.h"
#include "hv/hv.h"
#include "util/error.h"
#include "util/file.h"

#define DEADLINE_MS 300000
#define LOCK_MS 2000

struct renaming {
    struct hold *hold;
    struct tenants *tenants;
    char *old_home, *home; /* NULL: its class has none */
    gboolean is_home;      /* it is there already, and its own: a damaged entry */
    int home_fd;           /* of home_make(), until the store names it; -1 */
    char *old_unit, *unit; /* links that start it with the machine; NULL ok */
    GPtrArray *old_volumes, *volumes; /* struct volume whose ids change */
    GPtrArray *linked;     /* paths: the new ones of directories that are links, each once */
    char *like;            /* directory whose rules and notes are copied, and which stays
                            * as it is; NULL: none */
    char *images;          /* what is to be there under the new name, as text */
    char *made;            /* what is; NULL: nothing yet */
};

static void renaming_clear(struct op *op)
{
    struct renaming *renaming = op->data;

    hold_free(renaming->hold);
    tenants_free(renaming->tenants);
    g_ptr_array_unref(renaming->old_volumes);
    g_ptr_array_unref(renaming->volumes);
    g_ptr_array_unref(renaming->linked);
    if (renaming->home_fd >= 0)
        close(renaming->home_fd);
    g_free(renaming->old_home);
    g_free(renaming->home);
    g_free(renaming->old_unit);
    g_free(renaming->unit);
    g_free(renaming->like);
    g_free(renaming->images);
    g_free(renaming->made);
    g_free(renaming);
}

/* --- main: before --- */

static gboolean check_followers(const struct model *model, const struct qube *qube,
                                GError **error)
{
    g_autofree char *fixed = references_fixed(model, qube);
    g_autofree char *why =
        fixed ? g_strdup_printf("these cannot follow: %s", fixed) : NULL;

    return !fixed ||
           op_refuse(qube, "rename", why,
                     "'qmc xml check' lists what is wrong with them", error);
}

static gboolean check_volumes(const struct model *model, const struct qube *qube,
                              GError **error)
{
    for (guint i = 0; i < qube->volumes->len; i++)
        if (!start_usable(model, qube,
                          &g_array_index(qube->volumes, struct volume_config, i),
                          error))
            return FALSE;
    return TRUE;
}

/* Nobody can mean a name that is not its own. */
static gboolean check_damaged(const struct model *model, const struct qube *qube,
                              GError **error)
{
    return change_is_kept(qube, error) &&
           (qube->nameless || check_followers(model, qube, error));
}

static gboolean rename_fits(const struct model *model, const struct qube *qube,
                            GHashTable *args, GError **error)
{
    const char *name = args ? g_hash_table_lookup(args, "name") : NULL;

    if (g_strcmp0(name, qube->name) == 0)
        return op_refuse(qube, "rename", "it has that name already", NULL, error);
    if (name && !draft_check_name(model, name, error))
        return FALSE;
    if (qube_get_bool(model, qube, "installed_by_rpm"))
        return op_refuse(qube, "rename", "it was installed as a package",
                         "clone it instead", error);
    if (kept_is_damaged(qube))
        return check_damaged(model, qube, error);
    return check_volumes(model, qube, error) && check_followers(model, qube, error);
}

static gboolean check_rival(const struct model *model, struct volume *volume,
                            GError **error)
{
    const struct volume_config config = { .volume = volume };
    const struct qube *owner;

    if (!model_volume_rival(model, &config, &owner))
        return TRUE;
    error_set(error, QMC_ERROR_EXISTS, "choose another name",
              "'%s' has an image that it would get: '%s'", owner->name,
              volume_vid(volume));
    return FALSE;
}

static gboolean volumes_prepare(struct op *op, struct renaming *renaming,
                                const struct qube *qube, GError **error)
{
    g_autoptr(GString) images = g_string_new(renaming->home);

    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume *old =
            g_array_index(qube->volumes, struct volume_config, i).volume;
        g_autofree char *vid = !old ? NULL : reference_new_vid(qube, old, op_text(op, "name"));
        struct volume *new = vid ? volume_new_like(old, vid, error) : NULL;

        if (vid && !new)
            return FALSE;
        if (!new)
            continue;
        g_ptr_array_add(renaming->old_volumes, volume_ref(old));
        g_ptr_array_add(renaming->volumes, new);
        g_string_append_printf(images, "\n%s\n%s", pool_name(volume_pool(new)), vid);
        if (!check_rival(engine_model(op->engine), new, error))
            return FALSE;
    }
    renaming->images = g_string_free(g_steal_pointer(&images), FALSE);
    return TRUE;
}

static struct renaming *renaming_new(struct op *op, const struct qube *qube)
{
    const char *root = engine_root(op->engine), *name = op_text(op, "name");
    struct renaming *former = op_former(op);
    struct renaming *renaming = g_new0(struct renaming, 1);

    renaming->hold = hold_new(op->engine, qube);
    renaming->tenants = tenants_new(root, engine_model(op->engine));
    tenants_except(renaming->tenants, qube->uuid);
    renaming->old_volumes = g_ptr_array_new_with_free_func(birth_volume_drop);
    renaming->volumes = g_ptr_array_new_with_free_func(birth_volume_drop);
    renaming->linked = g_ptr_array_new_with_free_func(g_free);
    renaming->home = home_path(root, qube->class, name);
    renaming->made = former ? g_strdup(former->made) : NULL;
    renaming->home_fd = former ? former->home_fd : -1;
    if (former)
        former->home_fd = -1;
    if (kept_is_damaged(qube)) {
        renaming->is_home = renaming->home &&
                            home_is_own(engine_model(op->engine), qube, name) &&
                            g_file_test(renaming->home, G_FILE_TEST_IS_DIR);
        renaming->like = renaming->is_home ? NULL : home_path_said(root, qube);
        return renaming;
    }
    renaming->old_home = home_path(root, qube->class, qube->name);
    renaming->old_unit = home_unit_path(root, qube->name);
    renaming->unit = home_unit_path(root, name);
    return renaming;
}

static gboolean rename_prepare(struct op *op, GError **error)
{
    const struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    struct renaming *renaming = renaming_new(op, qube);

    op->data = renaming;
    if (!volumes_prepare(op, renaming, qube, error))
        return FALSE;
    if (renaming->old_home)
        op_plan(op, "directory %s moved to %s", renaming->old_home, renaming->home);
    else if (renaming->like)
        op_plan(op, "rules and notes of %s copied to %s; its images stay where they are",
                renaming->like, renaming->home);
    for (guint i = 0; i < renaming->volumes->len; i++)
        if (volume_save_on_stop(renaming->volumes->pdata[i]))
            op_plan(op, "volume %s moved to %s",
                    volume_vid(renaming->old_volumes->pdata[i]),
                    volume_vid(renaming->volumes->pdata[i]));
    op_plan(op, "name changed wherever the store has it");
    return TRUE;
}

/* --- worker: the new place --- */

/* Nobody else is moved with it. */
static gboolean is_alone(const struct renaming *renaming, GError **error)
{
    g_autofree char *target = renaming->old_home ? home_link_target(renaming->old_home) : NULL;

    if (!renaming->old_home || ((target || home_check(renaming->old_home, error)) &&
                                tenants_check(renaming->tenants, renaming->old_home, error)))
        return TRUE;
    g_prefix_error(error, "cannot rename '%s': ", hold_name(renaming->hold));
    return FALSE;
}

/* Beside a link nothing but another link can be made. */
static gboolean look_at_volume(const struct renaming *renaming, guint i, GError **error)
{
    struct volume *volume = renaming->volumes->pdata[i];
    g_autofree char *old = volume_dir(renaming->old_volumes->pdata[i]);
    g_autofree char *target = old ? home_link_target(old) : NULL;
    g_autofree char *dir = target ? volume_dir(volume) : NULL;

    return dir ? home_vacant(dir, error) : home_volume_vacant(volume, error);
}

static gboolean look_at_place(const struct renaming *renaming, GError **error)
{
    if (!is_alone(renaming, error))
        return FALSE;
    if (renaming->home && !renaming->is_home && !home_vacant(renaming->home, error))
        return FALSE;
    for (guint i = 0; i < renaming->volumes->len; i++)
        if (!look_at_volume(renaming, i, error))
            return FALSE;
    return TRUE;
}

/* What only the disk tells. */
static void plan_links(struct op *op, const struct renaming *renaming)
{
    g_autoptr(GPtrArray) dirs = home_dirs(renaming->old_home, renaming->old_volumes);

    for (guint i = 0; i < dirs->len; i++) {
        g_autofree char *target = home_link_target(dirs->pdata[i]);

        if (target)
            op_step(op, "%s is a link: what is in %s stays there",
                    (const char *)dirs->pdata[i], target);
    }
}

static gboolean rename_look(struct op *op, GError **error)
{
    const struct renaming *renaming = op->data;

    if (!hold_look(renaming->hold, op_cancellable(op), error) ||
        !hold_check_halted(renaming->hold, "rename", error) ||
        !look_at_place(renaming, error))
        return FALSE;
    plan_links(op, renaming);
    return TRUE;
}

/* --- directories that are links --- */

static gboolean undo_link(gpointer data, GError **error)
{
    return home_link_remove(data, error);
}

static gboolean is_linked(const struct renaming *renaming, const char *dir)
{
    return g_ptr_array_find_with_equal_func(renaming->linked, dir, g_str_equal, NULL);
}

/* What it leads to stays where it is. *is_link: whether the old one is a link. */
static gboolean link_step(struct op *op, struct renaming *renaming, const char *from,
                          const char *to, gboolean *is_link, GError **error)
{
    g_autofree char *target = from && to ? home_link_target(from) : NULL;

    *is_link = target != NULL;
    if (!target || is_linked(renaming, to))
        return TRUE;
    op_step(op, "link %s made, to %s", to, target);
    if (!home_link_share(from, to, error))
        return FALSE;
    g_ptr_array_add(renaming->linked, g_strdup(to));
    op_push_undo(op, "link", undo_link, g_strdup(to), g_free);
    return TRUE;
}

/* --- the rest --- */

static gboolean undo_unit(gpointer data, GError **error)
{
    return home_unit_remove(data, error);
}

static gboolean home_step(struct op *op, struct renaming *renaming,
                          GError **error)
{
    gboolean is_link = FALSE;

    if (!renaming->home || renaming->is_home)
        return TRUE;
    if (!link_step(op, renaming, renaming->old_home, renaming->home, &is_link, error))
        return FALSE;
    if (is_link)
        return TRUE;
    op_step(op, "directory %s made", renaming->home);
    if (!home_make(renaming->home, &renaming->home_fd, error))
        return FALSE;
    birth_push_home(op, renaming->home);
    return !renaming->like ||
           (home_copy_file(renaming->like, "firewall.xml", renaming->home, error) &&
            home_copy_file(renaming->like, "notes.txt", renaming->home, error));
}

static gboolean volume_step(struct op *op, struct renaming *renaming, guint i,
                            GError **error)
{
    struct volume *volume = renaming->volumes->pdata[i];
    struct volume *old = renaming->old_volumes->pdata[i];
    g_autofree char *from = volume_dir(old), *to = volume_dir(volume);
    gboolean is_link = FALSE;

    if (!link_step(op, renaming, from, to, &is_link, error))
        return FALSE;
    if (is_link)
        return TRUE;
    if (volume_save_on_stop(volume))
        op_step(op, "volume %s shared", volume_name(volume));
    birth_push_volume(op, volume);
    return op_sleep(op, 0, error) && volume_share(volume, old, error);
}

static gboolean volumes_step(struct op *op, struct renaming *renaming, GError **error)
{
    for (guint i = 0; i < renaming->volumes->len; i++)
        if (!volume_step(op, renaming, i, error))
            return FALSE;
    return !renaming->old_home || is_linked(renaming, renaming->home) ||
           home_share(renaming->old_home, renaming->home, error);
}

/* Nothing to do for one that is not started with the machine. */
static gboolean unit_step(struct op *op, const struct renaming *renaming,
                          GError **error)
{
    g_autofree char *target =
        renaming->old_unit ? g_file_read_link(renaming->old_unit, NULL) : NULL;

    if (!target || !renaming->unit)
        return TRUE;
    if (symlink(target, renaming->unit) != 0) {
        error_set_errno(error, errno, NULL, "cannot make '%s'", renaming->unit);
        return FALSE;
    }
    op_push_undo(op, "unit", undo_unit, g_strdup(renaming->unit), g_free);
    return TRUE;
}

/* The next start defines it anew, so that needs no undo. */
static gboolean definition_step(struct op *op, const struct renaming *renaming,
                                GError **error)
{
    struct hv *hv = engine_hv(op->engine);

    if (hv_offline(hv))
        return TRUE;
    op_step(op, "definition removed");
    return hv_undefine(hv, hold_uuid(renaming->hold), error);
}

static gboolean rename_run(struct op *op, GError **error)
{
    struct renaming *renaming = op->data;

    op_step(op, "%s locked", op->subject);
    if (!hold_take(renaming->hold, "rename", LOCK_MS, op_cancellable(op), error) ||
        !hold_check_halted(renaming->hold, "rename", error) ||
        !look_at_place(renaming, error) ||
        !definition_step(op, renaming, error) || !home_step(op, renaming, error) ||
        !volumes_step(op, renaming, error) || !unit_step(op, renaming, error))
        return FALSE;
    renaming->made = g_strdup(renaming->images);
    op_set_result(op, "renamed to %s%s", op_text(op, "name"),
                  renaming->like ? "; its images stay where they are" : "");
    return TRUE;
}

/* --- main, then worker: the old place --- */

static gboolean rename_apply(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    const struct renaming *renaming = op->data;

    if (g_strcmp0(renaming->made, renaming->images) != 0) {
        error_set(error, QMC_ERROR_BUSY, "try again",
                  "cannot rename '%s': the store was changed meanwhile, and its "
                  "volumes are others", op->subject);
        return FALSE;
    }
    references_rename(model, model_qube(model, op->uuid), op_text(op, "name"));
    op->reread = TRUE;
    return TRUE;
}

/* Behind a link are the images that it has under its new name. */
static void old_volumes_remove(struct op *op, const struct renaming *renaming,
                               GError **left)
{
    for (guint i = 0; i < renaming->old_volumes->len; i++) {
        struct volume *volume = renaming->old_volumes->pdata[i];
        g_autofree char *dir = volume_dir(volume);
        g_autofree char *target = dir ? home_link_target(dir) : NULL;
        GError *failed = NULL;

        if (!target)
            volume_remove(volume, &failed);
        op_keep_first(op, left, failed);
    }
}

static void old_dirs_remove(struct op *op, const struct renaming *renaming,
                            const GPtrArray *dirs, GError **left)
{
    for (guint i = 0; i < dirs->len; i++) {
        const char *dir = dirs->pdata[i];
        g_autofree char *target = home_link_target(dir);
        GError *failed = NULL;

        if (target)
            home_link_remove(dir, &failed);
        else if (g_strcmp0(dir, renaming->old_home) == 0)
            home_remove(dir, &failed);
        op_keep_first(op, left, failed);
    }
}

static gboolean rename_finish(struct op *op, GError **error)
{
    const struct renaming *renaming = op->data;
    g_autoptr(GPtrArray) dirs = home_dirs(renaming->old_home, renaming->old_volumes);
    g_autoptr(GError) left = NULL;
    g_autofree char *hint = NULL;
    GError *failed = NULL;

    if (renaming->old_home || renaming->old_volumes->len)
        op_step(op, "old names removed");
    old_volumes_remove(op, renaming, &left);
    old_dirs_remove(op, renaming, dirs, &left);
    if (renaming->old_unit && !home_unit_remove(renaming->old_unit, &failed))
        op_keep_first(op, &left, g_steal_pointer(&failed));
    if (!left)
        return TRUE;
    hint = home_left_hint(left, dirs);
    error_set(error, QMC_ERROR_PARTIAL, hint,
              "it is renamed, but some of it is there under its old name too: %s",
              left->message);
    return FALSE;
}

static const struct op_arg args[] = {
    { "name", OP_ARG_TEXT, TRUE, "its new name" },
    { NULL },
};

const struct op_row op_rename = {
    .name = "rename",
    .label = "Rename",
    .doing = "renaming",
    .done = "renamed",
    .help = "Give the qube another name; whoever names it in the store follows.",
    .method = "admin.vm.property.Set",
    .classes = CLASS_QUBESVM | CLASS_REMOTE,
    .damaged = TRUE, /* it may be what mends it */
    .states = 1u << POWER_HALTED,
    .offline = TRUE,
    .command = "rename {qube} {name}",
    .confirm = CONFIRM_L0,
    .args = args,
    .writes_store = TRUE,
    .deadline_ms = DEADLINE_MS,
    .fits = rename_fits,
    .prepare = rename_prepare,
    .look = rename_look,
    .run = rename_run,
    .apply = rename_apply,
    .finish = rename_finish,
    .clear = renaming_clear,
};
