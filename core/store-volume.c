/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles of pools and volumes from what the store says about them
 * (spec/qubes-xml.md 1.7, 2.9; spec/storage.md 1.2). No disk access. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/model-private.h"
#include "storage/pool.h"
#include "util/error.h"

#define PARAMS_MAX 32
#define SOURCE_HOPS 8
#define DEPTH_MAX 16

struct builder {
    struct model *model;
    GHashTable *done;   /* struct qube: built, or being built */
    int depth;          /* of qubes whose sources are being looked for */
    GHashTable *by_vid; /* "pool\nvid" -> struct qube; made when first needed */
};

/* Pools. */

static void pool_build(const struct store *store, struct model *model,
                       struct pool_entry *entry)
{
    struct pool_param params[PARAMS_MAX + 1] = { { NULL } };
    g_autoptr(GError) error = NULL;
    guint n = 0;

    for (guint i = 0; i < entry->attrs->len && n < PARAMS_MAX; i++) {
        const struct pair *pair = &g_array_index(entry->attrs, struct pair, i);

        if (!g_str_equal(pair->name, "name") && !g_str_equal(pair->name, "driver"))
            params[n++] = (struct pool_param){ pair->name, pair->value };
    }
    entry->pool = pool_new(entry->name, entry->driver, store->root, params, &error);
    if (!entry->pool)
        model_find(model, SEVERITY_WARN, error_hint(error), "%s", error->message);
}

/* Volumes. */

static void volume_find(struct qube *qube, const struct volume_config *config,
                        const char *why)
{
    qube_find(qube, SEVERITY_STOP, NULL, "volume '%s:%s' cannot be used: %s",
              qube->name, config->name, why);
}

static const struct class_volume *class_volume(const struct qube *qube,
                                               const char *name)
{
    static const struct class_volume extra = { "" };

    for (const struct class_volume *v = qube->class->volumes; v->name; v++)
        if (g_str_equal(v->name, name))
            return v;
    return &extra;
}

/* Exactly "True" or "False": any other text of a flag is an error, because
 * other readers take it for true whatever it says. */
static gboolean flag_read(const struct volume_config *config, const char *attr,
                          gboolean *flag)
{
    const char *text = volume_config_get(config, attr);

    if (text && !g_str_equal(text, "True") && !g_str_equal(text, "False"))
        return FALSE;
    if (text)
        *flag = g_str_equal(text, "True");
    return TRUE;
}

static gboolean flags_read(const struct volume_config *config, struct volume_spec *spec)
{
    gboolean ephemeral = FALSE;

    if (!flag_read(config, "rw", &spec->rw) ||
        !flag_read(config, "snap_on_start", &spec->snap_on_start) ||
        !flag_read(config, "save_on_stop", &spec->save_on_stop) ||
        !flag_read(config, "ephemeral", &ephemeral))
        return FALSE;
    spec->ephemeral = volume_config_get(config, "ephemeral") ? ephemeral : -1;
    return TRUE;
}

static gboolean numbers_read(const struct volume_config *config, struct volume_spec *spec)
{
    const char *size = volume_config_get(config, "size");
    const char *keep = volume_config_get(config, "revisions_to_keep");
    gint64 number;

    if (size && !g_ascii_string_to_unsigned(size, 10, 0, G_MAXINT64, &spec->size, NULL))
        return FALSE;
    if (keep && !g_ascii_string_to_signed(keep, 10, -1, G_MAXINT, &number, NULL))
        return FALSE;
    if (keep)
        spec->revisions_to_keep = (int)number;
    return TRUE;
}

static char *pool_name_of(const struct model *model, const struct volume_config *config)
{
    const char *name = volume_config_get(config, "pool");
    g_autofree char *global = g_strdup_printf("default_pool_%s", config->name);
    char *out;

    if (name)
        return g_strdup(name);
    out = model_global(model, global);
    return out ? out : model_global(model, "default_pool");
}

static gboolean is_kernels(const struct pool *pool)
{
    return g_str_equal(pool_driver(pool)->name, "linux-kernel");
}

static char *vid_of(const struct model *model, const struct qube *qube,
                    const struct volume_config *config, const struct pool *pool)
{
    const char *vid = volume_config_get(config, "vid");
    char *kernel;

    if (is_kernels(pool)) { /* whatever the store says (T42) */
        kernel = qube_get(model, qube, "kernel");
        return kernel ? kernel : g_strdup("");
    }
    if (vid)
        return g_strdup(vid);
    return pool_driver(pool)->vid(pool, qube->class->dir_prefix, qube->name,
                                  config->name);
}

/* Sources. */

static void build(struct builder *builder, struct qube *qube);

static char *vid_key(const char *pool, const char *vid)
{
    return g_strconcat(pool, "\n", vid, NULL);
}

static void vids_collect(struct builder *builder)
{
    GPtrArray *qubes = builder->model->qubes;

    builder->by_vid = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < qubes->len; i++) {
        struct qube *qube = g_ptr_array_index(qubes, i);

        for (guint j = 0; j < qube->volumes->len; j++) {
            struct volume_config *config =
                &g_array_index(qube->volumes, struct volume_config, j);
            const char *pool = volume_config_get(config, "pool");
            const char *vid = volume_config_get(config, "vid");

            if (pool && vid)
                g_hash_table_insert(builder->by_vid, vid_key(pool, vid), qube);
        }
    }
}

static struct volume *volume_with_vid(struct qube *qube, const char *vid)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume *volume =
            g_array_index(qube->volumes, struct volume_config, i).volume;

        if (volume && g_str_equal(volume_vid(volume), vid))
            return volume;
    }
    return NULL;
}

static struct volume *source_by_vid(struct builder *builder, struct qube *template,
                                    const char *pool, const char *vid)
{
    struct volume *volume = template ? volume_with_vid(template, vid) : NULL;
    g_autofree char *key = NULL;
    struct qube *owner;

    if (volume)
        return volume;
    if (!builder->by_vid)
        vids_collect(builder);
    key = vid_key(pool, vid);
    owner = g_hash_table_lookup(builder->by_vid, key);
    if (!owner)
        return NULL;
    build(builder, owner);
    return volume_with_vid(owner, vid);
}

/* The volume of that name at the far end of the chain of templates. */
static struct volume *source_by_name(struct qube *template, const char *name)
{
    struct volume_config *config = template ? qube_volume(template, name) : NULL;
    struct volume *volume = config ? config->volume : NULL;

    for (int hops = 0; volume && volume_source(volume) && hops < SOURCE_HOPS; hops++)
        volume = volume_source(volume);
    return volume;
}

static struct volume *source_of(struct builder *builder, struct qube *qube,
                                struct volume_config *config)
{
    const char *vid = volume_config_get(config, "source");
    struct qube *template = qube_get_vm(builder->model, qube, "template");

    if (template)
        build(builder, template);
    if (vid)
        return source_by_vid(builder, template, config->pool, vid);
    return source_by_name(template, config->name);
}

/* A snapshot lives where its origin lives, and begins as large. */
static gboolean source_set(struct builder *builder, struct qube *qube,
                           struct volume_config *config, struct volume_spec *spec)
{
    const struct pool *pool;

    spec->source = source_of(builder, qube, config);
    if (!spec->source) {
        volume_find(qube, config, "the volume it is a snapshot of is not known");
        return FALSE;
    }
    pool = volume_pool(spec->source);
    if (!volume_config_get(config, "source")) {
        g_free(config->pool);
        config->pool = g_strdup(pool_name(pool));
    }
    return TRUE;
}

static struct pool *pool_of(const struct model *model, struct qube *qube,
                            struct volume_config *config)
{
    struct pool_entry *entry = config->pool ? model_pool(model, config->pool) : NULL;

    if (!entry)
        volume_find(qube, config, "there is no such pool");
    else if (!entry->pool)
        volume_find(qube, config, "its pool cannot be used");
    return entry ? entry->pool : NULL;
}

static void volume_make(struct builder *builder, struct qube *qube,
                        struct volume_config *config, struct volume_spec *spec)
{
    struct pool *pool = pool_of(builder->model, qube, config);
    g_autoptr(GError) error = NULL;
    g_autofree char *vid = NULL;

    if (!pool)
        return;
    if (is_kernels(pool) && !volume_config_get(config, "source"))
        spec->snap_on_start = FALSE;
    if (spec->snap_on_start && !source_set(builder, qube, config, spec))
        return;
    if (spec->source)
        pool = volume_pool(spec->source);
    if (!volume_config_get(config, "revisions_to_keep"))
        spec->revisions_to_keep = pool_revisions_to_keep(pool);
    vid = vid_of(builder->model, qube, config, pool);
    spec->vid = vid;
    config->volume = volume_new(pool, spec, &error);
    if (!config->volume)
        volume_find(qube, config, error->message);
}

static guint64 source_size(const struct builder *builder, const struct qube *qube,
                           const struct volume_config *config)
{
    struct qube *template = qube_get_vm(builder->model, qube, "template");
    const struct volume_config *origin =
        template ? qube_volume(template, config->name) : NULL;

    return origin ? origin->size : 0;
}

static void volume_build(struct builder *builder, struct qube *qube,
                         struct volume_config *config)
{
    const struct class_volume *row = class_volume(qube, config->name);
    struct volume_spec spec = {
        .name = config->name, .rw = row->rw, .snap_on_start = row->snap_on_start,
        .save_on_stop = row->save_on_stop, .size = row->size,
    };
    gboolean sized;

    g_free(config->pool);
    config->pool = pool_name_of(builder->model, config);
    if (!flags_read(config, &spec)) {
        volume_find(qube, config, "a flag is neither True nor False");
    } else if (!numbers_read(config, &spec)) {
        volume_find(qube, config, "its size or revisions_to_keep is no number");
    } else {
        sized = volume_config_get(config, "size") != NULL;
        if (spec.snap_on_start && !sized) {
            source_of(builder, qube, config); /* its size must be known */
            spec.size = source_size(builder, qube, config);
        }
        volume_make(builder, qube, config, &spec);
    }
    config->size = spec.size;
}

static void missing_add(struct qube *qube)
{
    for (const struct class_volume *v = qube->class->volumes; v->name; v++)
        if (!qube_volume(qube, v->name))
            qube_volume_add(qube, v->name);
}

static void volumes_build(struct builder *builder, struct qube *qube)
{
    missing_add(qube);
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (!config->volume)
            volume_build(builder, qube, config);
    }
}

/* The text of a broken qube is not to be trusted with volumes. */
static void build(struct builder *builder, struct qube *qube)
{
    if (!qube->class || qube->broken || builder->depth >= DEPTH_MAX ||
        !g_hash_table_add(builder->done, qube))
        return;
    builder->depth++;
    volumes_build(builder, qube);
    builder->depth--;
}

void store_build(const struct store *store, struct model *model)
{
    struct builder builder = { model, .done = g_hash_table_new(NULL, NULL) };

    for (guint i = 0; i < model->pools->len; i++) {
        struct pool_entry *entry = g_ptr_array_index(model->pools, i);

        if (!entry->pool)
            pool_build(store, model, entry);
    }
    for (guint i = 0; i < model->qubes->len; i++)
        build(&builder, g_ptr_array_index(model->qubes, i));
    g_hash_table_unref(builder.done);
    g_clear_pointer(&builder.by_vid, g_hash_table_unref);
}
