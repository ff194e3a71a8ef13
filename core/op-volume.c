/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resize a volume (spec/storage.md 1.5, 1.7). */
#include "config.h"

#include "core/op-volume.h"

#include "core/op-private.h"

#include <string.h>

#include "core/hold.h"
#include "core/start-plan.h"
#include "hv/hv.h"
#include "util/error.h"
#include "util/text.h"

#define DEADLINE_MS 300000
#define LOCK_MS 2000

struct resize {
    struct hold *hold;
    struct volume *volume;
    char *what; /* "work:private" */
    char target[8];
    guint64 size, before;
    gboolean shrink;
};

static void resize_clear(struct op *op)
{
    struct resize *resize = op->data;

    hold_free(resize->hold);
    volume_unref(resize->volume);
    g_free(resize->what);
    g_free(resize);
}

static enum confirm resize_strength(const struct model *model,
                                    const struct qube *qube, GHashTable *args)
{
    return op_args_bool(args, "shrink") ? CONFIRM_L3 : CONFIRM_L1;
}

struct sizes {
    guint64 now, wanted, used; /* used: G_MAXUINT64 if nobody knows */
};

/* FALSE if the arguments do not say which volume or what size. */
static gboolean sizes_of(const struct qube *qube, GHashTable *args,
                         struct sizes *sizes)
{
    const char *name = args ? g_hash_table_lookup(args, "volume") : NULL;
    const char *size = args ? g_hash_table_lookup(args, "size") : NULL;
    const struct volume_config *config = name ? qube_volume(qube, name) : NULL;

    if (!config || !size || !text_size_parse(size, &sizes->wanted, NULL))
        return FALSE;
    sizes->now = config->size;
    sizes->used = config->used;
    return TRUE;
}

/* As far as the store knows the size it has. */
static gboolean is_cut(const struct qube *qube, GHashTable *args)
{
    struct sizes sizes;

    return op_args_bool(args, "shrink") &&
           (!sizes_of(qube, args, &sizes) || sizes.wanted < sizes.now);
}

static char *used_clause(const struct sizes *sizes)
{
    g_autofree char *used = NULL;

    if (sizes->used == G_MAXUINT64)
        return g_strdup("");
    if (sizes->used == 0)
        return g_strdup("; none of it is used");
    used = text_size_long(sizes->used);
    return g_strdup_printf("; %s are used%s", used,
                           sizes->used > sizes->wanted ? ", more than is left" : "");
}

static char *resize_stake(const struct model *model, const struct qube *qube,
                          GHashTable *args)
{
    g_autofree char *now = NULL, *wanted = NULL, *used = NULL;
    struct sizes sizes;

    if (!op_args_bool(args, "shrink"))
        return NULL;
    if (!sizes_of(qube, args, &sizes))
        return g_strdup("what is cut off is lost");
    now = text_size_long(sizes.now);
    wanted = text_size_long(sizes.wanted);
    used = used_clause(&sizes);
    return g_strdup_printf("from %s to %s%s; %s", now, wanted, used,
                           is_cut(qube, args)
                               ? "what is cut off is lost"
                               : "if its image is larger, its end is lost");
}

static const char *resize_verb(const struct qube *qube, GHashTable *args)
{
    return is_cut(qube, args) ? "Shrink" : "Resize";
}

char *op_volume_object(const struct qube *qube, GHashTable *args)
{
    const char *name = args ? g_hash_table_lookup(args, "volume") : NULL;

    return g_strdup_printf("%s%s%s", qube->name, name ? ":" : "",
                           name ? name : "");
}

static gboolean check_smaller(const char *what, guint64 size, guint64 now,
                              gboolean shrink, GError **error)
{
    g_autofree char *wanted = NULL, *is = NULL, *hint = NULL;

    if (size >= now || shrink)
        return TRUE;
    wanted = text_size_long(size);
    is = text_size_long(now);
    hint = g_strdup_printf("choose a larger size; to cut the end off: "
                           "--shrink --confirm %.*s",
                           (int)strcspn(what, ":"), what);
    error_set(error, QMC_ERROR_INVALID, hint,
              "cannot resize '%s' to %s: it has %s now, and what is cut off "
              "would be lost", what, wanted, is);
    return FALSE;
}

const struct volume_config *op_volume(const struct model *model,
                                      const struct qube *qube, GHashTable *args,
                                      GError **error)
{
    const char *name = g_hash_table_lookup(args, "volume");
    const struct volume_config *config = qube_volume(qube, name);

    if (!config) {
        error_set(error, QMC_ERROR_NOTFOUND, "'qmc vol ls' lists the volumes",
                  "qube '%s' has no volume '%s'", qube->name, name);
        return NULL;
    }
    return start_usable(model, qube, config, error) ? config : NULL;
}

static gboolean check_rw(const struct qube *qube, const struct volume_config *config,
                         GError **error)
{
    if (volume_rw(config->volume))
        return TRUE;
    error_set(error, QMC_ERROR_STATE, NULL,
              "cannot resize '%s:%s': the volume is read-only", qube->name,
              config->name);
    return FALSE;
}

static const struct volume_config *volume_config_of(const struct qube *qube,
                                                   const struct volume *volume)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (config->volume == volume)
            return config;
    }
    return NULL;
}

/* "debian-13:root": the volume of one of its templates, else the id. */
static char *source_name(const struct model *model, const struct qube *qube,
                         const struct volume *volume)
{
    const struct volume *source = volume_source(volume);
    const struct qube *template = qube_get_vm(model, qube, "template");

    for (int hops = 0; template && hops < MODEL_HOPS; hops++) {
        const struct volume_config *config = volume_config_of(template, source);

        if (config)
            return g_strdup_printf("%s:%s", template->name, config->name);
        template = qube_get_vm(model, template, "template");
    }
    return g_strdup(volume_vid(source));
}

/* A snapshot that no stop saves has its source's size again at each start. */
static gboolean check_kept(const struct model *model, const struct qube *qube,
                           const char *name, GError **error)
{
    const struct volume *volume = qube_volume(qube, name)->volume;
    g_autofree char *source = NULL, *hint = NULL;

    if (!volume_snap_on_start(volume) || volume_save_on_stop(volume))
        return TRUE;
    source = source_name(model, qube, volume);
    hint = g_strdup_printf("resize '%s'", source);
    error_set(error, QMC_ERROR_STATE, hint,
              "cannot resize '%s:%s': it begins anew from '%s' at each start, "
              "and with the size of that", qube->name, name, source);
    return FALSE;
}

/* A guest has its file system up to the last byte. */
static gboolean refuse_running(const char *what, GError **error)
{
    error_set(error, QMC_ERROR_STATE, "shut it down first",
              "cannot shrink '%s': the qube is running", what);
    return FALSE;
}

static gboolean check_asleep(const struct qube *qube, GHashTable *args,
                             GError **error)
{
    g_autofree char *what = NULL;

    if (qube->state == POWER_HALTED || !is_cut(qube, args))
        return TRUE;
    what = op_volume_object(qube, args);
    return refuse_running(what, error);
}

static gboolean resize_fits(const struct model *model, const struct qube *qube,
                            GHashTable *args, GError **error)
{
    const struct volume_config *config = op_volume(model, qube, args, error);

    return config && check_rw(qube, config, error) &&
           check_kept(model, qube, config->name, error) &&
           check_asleep(qube, args, error);
}

static struct resize *resize_new(struct op *op, const struct qube *qube,
                                 const struct volume_config *config)
{
    struct resize *resize = g_new0(struct resize, 1);

    resize->hold = hold_new(op->engine, qube);
    resize->volume = volume_ref(config->volume);
    resize->what = g_strdup_printf("%s:%s", op->subject, config->name);
    resize->shrink = op_bool(op, "shrink");
    start_target(qube, config->name, resize->target);
    return resize;
}

static void resize_plan(struct op *op, const struct resize *resize, guint64 now)
{
    g_autofree char *from = text_size_long(now);
    g_autofree char *to = text_size_long(resize->size);

    op_plan(op, "resize %s from %s to %s", resize->what, from, to);
    op_plan(op, "write the new size to the store");
}

static gboolean resize_prepare(struct op *op, GError **error)
{
    struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    const struct volume_config *config =
        qube_volume(qube, op_text(op, "volume"));
    struct resize *resize = resize_new(op, qube, config);

    op->data = resize;
    if (!text_size_parse(op_text(op, "size"), &resize->size, error) ||
        !check_smaller(resize->what, resize->size, config->size,
                       resize->shrink, error))
        return FALSE;
    resize_plan(op, resize, config->size);
    return TRUE;
}

static gboolean any_in_use(GPtrArray *volumes)
{
    for (guint i = 0; i < volumes->len; i++)
        if (volume_in_use(volumes->pdata[i]))
            return TRUE;
    return FALSE;
}

/* Offline nobody can say whether it runs, but the images of one that does are
 * there. */
static gboolean check_unused(const struct op *op, const struct resize *resize,
                             gboolean active, GError **error)
{
    gboolean offline = hv_offline(engine_hv(op->engine));

    if (active && resize->size < volume_size(resize->volume))
        return refuse_running(resize->what, error);
    if (!offline || !any_in_use(hold_volumes(resize->hold)))
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "do it with the hypervisor connected",
              "cannot resize '%s' offline: the qube may be running",
              resize->what);
    return FALSE;
}

static gboolean undo_resize(gpointer data, GError **error)
{
    const struct resize *resize = data;

    return volume_resize(resize->volume, resize->before, TRUE, error);
}

/* What a running guest may have begun to use cannot be taken back. */
static gboolean keep_size(gpointer data, GError **error)
{
    const struct resize *resize = data;

    error_set(error, QMC_ERROR_STATE, "resize it to the same size once more",
              "'%s' has its new size all the same: its guest may use it already",
              resize->what);
    return FALSE;
}

static gboolean undo_shrink(gpointer data, GError **error)
{
    const struct resize *resize = data;

    error_set(error, QMC_ERROR_STATE, "resize it to the same size once more",
              "'%s' has its new size all the same: what was cut off is lost", resize->what);
    return FALSE;
}

/* The image has grown already: a guest that was not told sees it next time. */
static void tell_guest(struct op *op, const struct resize *resize)
{
    g_autoptr(GError) error = NULL;

    op_step(op, "guest told");
    if (!hv_disk_resized(engine_hv(op->engine), hold_uuid(resize->hold),
                         resize->target, resize->size, &error))
        op_step_end(op, STEP_WARNING, "the guest sees the new size at its next "
                    "start: %s", error->message);
}

static gboolean resize_volume(struct op *op, struct resize *resize,
                              gboolean active, GError **error)
{
    g_autofree char *size = text_size_long(resize->size);

    resize->before = volume_size(resize->volume);
    if (!check_smaller(resize->what, resize->size, resize->before,
                       resize->shrink, error) ||
        !check_unused(op, resize, active, error))
        return FALSE;
    op_step(op, "%s resized to %s", resize->what, size);
    if (!volume_resize(resize->volume, resize->size, resize->shrink, error))
        return FALSE;
    op_set_result(op, "%s has %s now", volume_name(resize->volume), size);
    op_push_undo(op, "new size",
                 resize->size < resize->before ? undo_shrink
                 : active                      ? keep_size : undo_resize, resize, NULL);
    return TRUE;
}

static gboolean resize_look(struct op *op, GError **error)
{
    struct resize *resize = op->data;

    return hold_look(resize->hold, op_cancellable(op), error) &&
           check_smaller(resize->what, resize->size, volume_size(resize->volume),
                         resize->shrink, error) &&
           check_unused(op, resize, hold_state(resize->hold) != POWER_HALTED,
                        error);
}

static gboolean resize_run(struct op *op, GError **error)
{
    struct resize *resize = op->data;
    gboolean active;

    op_step(op, "%s locked", op->subject);
    if (!hold_take(resize->hold, "resize", LOCK_MS, op_cancellable(op), error))
        return FALSE;
    active = hold_state(resize->hold) != POWER_HALTED;
    if (!resize_volume(op, resize, active, error))
        return FALSE;
    if (active)
        tell_guest(op, resize);
    return TRUE;
}

void op_volume_put_size(struct op *op, guint64 size)
{
    struct model *model = engine_model(op->engine);
    struct qube *qube = model_qube(model, op->uuid);
    struct volume_config *config = qube_volume(qube, op_text(op, "volume"));
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, size);

    volume_config_set(config, "size", text);
    config->size = size;
    model_touch(model, qube);
}

static gboolean resize_apply(struct op *op, GError **error)
{
    const struct resize *resize = op->data;

    op_volume_put_size(op, resize->size);
    return TRUE;
}

static const struct op_arg resize_args[] = {
    { "volume", OP_ARG_VOLUME, TRUE, "root, private ..." },
    { "size", OP_ARG_SIZE, TRUE, "such as 40G; larger than now" },
    { "shrink", OP_ARG_BOOL, FALSE, "also if what is cut off is lost" },
    { NULL },
};

#define KNOWN_STATES (~(1u << POWER_UNKNOWN))

const struct op_row op_resize = {
    .name = "resize",
    .label = "Resize a volume",
    .phrase = "resize a volume of",
    .doing = "resizing",
    .done = "resized",
    .help = "Give a volume another size; the guest may be running.",
    .method = "admin.vm.volume.Resize",
    .classes = CLASS_QUBESVM,
    .states = KNOWN_STATES,
    .offline = TRUE,
    .command = "vol resize {qube}:{volume} {size}",
    .confirm = CONFIRM_L1,
    .args = resize_args,
    .writes_store = TRUE,
    .deadline_ms = DEADLINE_MS,
    .fits = resize_fits,
    .prepare = resize_prepare,
    .look = resize_look,
    .run = resize_run,
    .apply = resize_apply,
    .clear = resize_clear,
    .strength = resize_strength,
    .stake = resize_stake,
    .verb = resize_verb,
    .object = op_volume_object,
};
