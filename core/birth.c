/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/birth.h"

#include <unistd.h>

#include "core/firewall.h"
#include "core/foreign.h"
#include "core/hold.h"
#include "core/home.h"
#include "core/prop-link.h"
#include "core/start-plan.h"
#include "util/error.h"
#include "util/text.h"

#define LOCK_MS 2000
#define COPY_DEADLINE_MS (4 * 3600 * 1000)

/* --- main: before --- */

/* As upstream writes them. */
static void attrs_fill(struct volume_config *config)
{
    const struct volume *volume = config->volume;
    const struct volume *source = volume_source(volume);
    g_autofree char *keep = g_strdup_printf("%d", volume_revisions_to_keep(volume));
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, config->size);
    g_autofree char *ephemeral = g_strdup(volume_config_get(config, "ephemeral"));

    g_array_set_size(config->attrs, 0);
    volume_config_set(config, "pool", config->pool);
    volume_config_set(config, "vid", volume_vid(volume));
    volume_config_set(config, "revisions_to_keep", keep);
    volume_config_set(config, "rw", volume_rw(volume) ? "True" : "False");
    volume_config_set(config, "save_on_stop",
                      volume_save_on_stop(volume) ? "True" : "False");
    volume_config_set(config, "snap_on_start",
                      volume_snap_on_start(volume) ? "True" : "False");
    if (config->size)
        volume_config_set(config, "size", size);
    if (source)
        volume_config_set(config, "source", volume_vid(source));
    if (ephemeral)
        volume_config_set(config, "ephemeral", ephemeral);
}

static gboolean refuse_volume(const struct model *model, const struct qube *qube,
                              const struct volume_config *config, GError **error)
{
    const struct finding *why =
        qube->findings->len ? qube->findings->pdata[0] : NULL;

    if (config->foreign)
        return foreign_refuse(model, qube, config, error);
    error_set(error, QMC_ERROR_STATE, why ? why->hint : NULL, "%s",
              why ? why->message : config->name);
    return FALSE;
}

static gboolean check_rival(const struct model *model, const struct qube *qube,
                            const struct volume_config *config, GError **error)
{
    const struct qube *owner;
    const struct volume_config *rival = model_volume_rival(model, config, &owner);

    if (!rival)
        return TRUE;
    error_set(error, QMC_ERROR_EXISTS, "choose another name",
              "volume '%s' of '%s' has the image that '%s' of '%s' would get",
              rival->name, owner->name, config->name, qube->name);
    return FALSE;
}

/* What could not be copied would be missing without a word. */
static gboolean check_source(const struct model *model, const struct qube *from,
                             const char *fresh, GError **error)
{
    for (guint i = 0; from && i < from->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(from->volumes, struct volume_config, i);

        if (g_strcmp0(config->name, fresh) != 0 &&
            !start_usable(model, from, config, error))
            return FALSE;
    }
    return TRUE;
}

static struct volume *copied(const struct volume_config *config,
                             const struct qube *from, const char *fresh)
{
    const struct volume_config *other =
        from ? qube_volume(from, config->name) : NULL;

    if (!other || !other->volume || g_strcmp0(config->name, fresh) == 0 ||
        !volume_save_on_stop(config->volume) || !volume_save_on_stop(other->volume))
        return NULL;
    return other->volume;
}

static void volume_add(struct birth *birth, GString *images, struct volume *volume,
                       struct volume *source)
{
    g_ptr_array_add(birth->volumes, volume_ref(volume));
    g_ptr_array_add(birth->sources, source ? volume_ref(source) : NULL);
    g_string_append_printf(images, "\n%s\n%s\n%s", pool_name(volume_pool(volume)),
                           volume_vid(volume), source ? volume_vid(source) : "");
}

static gboolean volumes_prepare(struct op *op, struct birth *birth,
                                const struct qube *from, const char *fresh,
                                GError **error)
{
    struct model *model = engine_model(op->engine);
    GString *images = g_string_new(birth->home);
    GArray *volumes = birth->qube->volumes;
    gboolean ok = TRUE;

    store_build_qube(model, birth->qube);
    for (guint i = 0; i < volumes->len && ok; i++) {
        struct volume_config *config =
            &g_array_index(volumes, struct volume_config, i);

        ok = config->volume ? check_rival(model, birth->qube, config, error)
                            : refuse_volume(model, birth->qube, config, error);
        if (!ok)
            break;
        attrs_fill(config);
        volume_add(birth, images, config->volume, copied(config, from, fresh));
    }
    for (guint i = 0; i < birth->links->len; i++)
        g_string_append_printf(
            images, "\n%s", ((const struct prop_link *)birth->links->pdata[i])->path);
    birth->images = g_string_free(images, FALSE);
    return ok;
}

/* Of what its properties are outside the store. */
static void links_prepare(struct birth *birth, const char *root)
{
    const struct qube *qube = birth->qube;

    for (guint i = 0; i < qube->props->len; i++) {
        const struct prop_value *value =
            &g_array_index(qube->props, struct prop_value, i);
        struct prop_link *link =
            value->row ? prop_link_new(root, value->row, qube->name, value->text) : NULL;

        if (link && link->on)
            g_ptr_array_add(birth->links, link);
        else if (link)
            prop_link_free(link);
    }
}

static void link_drop(gpointer data)
{
    prop_link_free(data);
}

/* It is the same one that an earlier preparation began. */
static void go_on(struct birth *birth, struct birth *former)
{
    birth->home_fd = former ? former->home_fd : -1;
    if (!former)
        return;
    former->home_fd = -1;
    birth->made = g_strdup(former->made);
    if (!former->qube)
        return;
    g_strlcpy(birth->qube->uuid, former->qube->uuid, sizeof birth->qube->uuid);
    qube_put(birth->qube, prop_find("uuid", birth->qube->class->id),
             birth->qube->uuid);
}

void birth_volume_drop(gpointer data)
{
    if (data)
        volume_unref(data);
}

struct birth *birth_new(struct op *op, struct qube *draft, const struct qube *from,
                        const char *fresh, GError **error)
{
    const char *root = engine_root(op->engine);
    struct birth *birth = g_new0(struct birth, 1);

    birth->qube = draft;
    birth->home = home_path(root, draft->class, draft->name);
    birth->volumes = g_ptr_array_new_with_free_func(birth_volume_drop);
    birth->sources = g_ptr_array_new_with_free_func(birth_volume_drop);
    birth->links = g_ptr_array_new_with_free_func(link_drop);
    links_prepare(birth, root);
    if (from) {
        birth->hold = hold_new(op->engine, from);
        birth->like = home_path(root, from->class, from->name);
        birth->notes = TRUE;
    }
    go_on(birth, op_former(op));
    if (check_source(engine_model(op->engine), from, fresh, error) &&
        volumes_prepare(op, birth, from, fresh, error))
        return birth;
    birth_free(birth);
    return NULL;
}

void birth_free(struct birth *birth)
{
    g_clear_pointer(&birth->qube, qube_free);
    g_clear_pointer(&birth->hold, hold_free);
    g_ptr_array_unref(birth->volumes);
    g_ptr_array_unref(birth->sources);
    g_ptr_array_unref(birth->links);
    if (birth->home_fd >= 0)
        close(birth->home_fd);
    g_free(birth->home);
    g_free(birth->like);
    g_free(birth->images);
    g_free(birth->made);
    g_free(birth);
}

/* "volume private created in pool varlibqubes". */
static char *volume_words(const struct birth *birth, guint i)
{
    const struct volume *volume = birth->volumes->pdata[i];
    const struct volume *source = birth->sources->pdata[i];

    return g_strdup_printf("volume %s %s%s in pool %s", volume_name(volume),
                           source ? "copied from " : "created",
                           source ? volume_vid(source) : "",
                           pool_name(volume_pool(volume)));
}

void birth_plan(struct op *op, const struct birth *birth)
{
    const struct model *model = engine_model(op->engine);
    g_autofree char *ip = qube_get(model, birth->qube, "ip");

    if (birth->home)
        op_plan(op, "directory %s made", birth->home);
    for (guint i = 0; i < birth->volumes->len; i++) {
        g_autofree char *words = volume_words(birth, i);

        if (volume_save_on_stop(birth->volumes->pdata[i]))
            op_plan(op, "%s", words);
    }
    for (guint i = 0; i < birth->links->len; i++)
        prop_link_plan(op, birth->links->pdata[i]);
    op_plan(op, "%s added to the store, qid %d%s%s", birth->qube->name,
            birth->qube->qid, ip ? ", ip " : "", ip ? ip : "");
}

/* --- worker --- */

gboolean birth_look(struct op *op, GError **error)
{
    const struct birth *birth = op->data;

    if (birth->home && !home_vacant(birth->home, error))
        return FALSE;
    for (guint i = 0; i < birth->volumes->len; i++)
        if (!home_volume_vacant(birth->volumes->pdata[i], error))
            return FALSE;
    return TRUE;
}

static gboolean undo_home(gpointer data, GError **error)
{
    return home_remove(data, error);
}

static gboolean undo_volume(gpointer data, GError **error)
{
    return volume_remove(data, error);
}

void birth_push_home(struct op *op, const char *home)
{
    op_push_undo(op, "directory", undo_home, g_strdup(home), g_free);
}

void birth_push_volume(struct op *op, struct volume *volume)
{
    op_push_undo(op, "volume", undo_volume, volume_ref(volume), birth_volume_drop);
}

/* It has the rules of the other, whether they can be used or not. */
static void rules_warn(struct op *op, const struct birth *birth)
{
    g_autofree char *path = firewall_path(engine_root(op->engine), birth->qube);
    g_autoptr(GError) error = NULL;
    auto_of(firewall) struct firewall *firewall = firewall_read(path, &error);

    if (!firewall)
        op_step_end(op, STEP_WARNING, "the firewall rules are copied, but %s",
                    error->message);
}

static gboolean home_step(struct op *op, struct birth *birth, GError **error)
{
    if (!birth->home)
        return TRUE;
    op_step(op, "directory %s made", birth->home);
    if (!home_make(birth->home, &birth->home_fd, error))
        return FALSE;
    birth_push_home(op, birth->home);
    if (!birth->like)
        return TRUE;
    if (!home_copy_file(birth->like, "firewall.xml", birth->home, error) ||
        (birth->notes &&
         !home_copy_file(birth->like, "notes.txt", birth->home, error)))
        return FALSE;
    rules_warn(op, birth);
    return TRUE;
}

/* Nothing of it was there, so whatever a failure leaves may go. */
static gboolean volume_step(struct op *op, struct birth *birth, guint i,
                            GError **error)
{
    struct volume *volume = birth->volumes->pdata[i];
    struct volume *source = birth->sources->pdata[i];
    g_autofree char *words = volume_words(birth, i);

    if (volume_save_on_stop(volume))
        op_step(op, "%s", words);
    if (!op_sleep(op, 0, error))
        return FALSE;
    birth_push_volume(op, volume);
    if (!source)
        return volume_create(volume, error);
    op_allow(op, COPY_DEADLINE_MS);
    return volume_clone(volume, source, NULL, error);
}

gboolean birth_make(struct op *op, GError **error)
{
    struct birth *birth = op->data;

    if (birth->hold) {
        op_step(op, "%s locked", hold_name(birth->hold));
        if (!hold_take(birth->hold, op->row->name, LOCK_MS, op_cancellable(op),
                       error))
            return FALSE;
    }
    op_step(op, "place for %s looked at", birth->qube->name);
    if (!birth_look(op, error) || !home_step(op, birth, error))
        return FALSE;
    for (guint i = 0; i < birth->volumes->len; i++)
        if (!volume_step(op, birth, i, error))
            return FALSE;
    for (guint i = 0; i < birth->links->len; i++)
        if (!prop_link_step(op, birth->links->pdata[i], error))
            return FALSE;
    birth->made = g_strdup(birth->images);
    return TRUE;
}

/* --- main: after --- */

static gboolean refuse_changed(const struct op *op, GError **error)
{
    error_set(error, QMC_ERROR_BUSY, "try again",
              "cannot %s '%s': the store was changed meanwhile, and its volumes "
              "would be others", op->row->name, op->subject);
    return FALSE;
}

/* Another operation of this process may have had it first. */
static void qid_renew(struct model *model, struct qube *qube)
{
    int free_one = model_free_qid(model);
    g_autofree char *text = g_strdup_printf("%d", free_one);

    if (free_one < 0 || free_one == qube->qid)
        return;
    qube->qid = free_one;
    qube_put(qube, prop_find("qid", qube->class->id), text);
}

gboolean birth_enter(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    struct birth *birth = op->data;

    if (g_strcmp0(birth->made, birth->images) != 0)
        return refuse_changed(op, error);
    qid_renew(model, birth->qube);
    if (!model_add(model, birth->qube, error))
        return FALSE;
    birth->qube = NULL;
    op->reread = TRUE;
    return TRUE;
}

void birth_clear(struct op *op)
{
    birth_free(op->data);
}
