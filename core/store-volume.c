/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles of pools and volumes from what the store says about them
 * (spec/qubes-xml.md 1.7, 2.9; spec/storage.md 1.2). No disk access. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/foreign.h"
#include "core/model-private.h"
#include "storage/pool.h"
#include "util/error.h"

#define PARAMS_MAX 32
#define DEPTH_MAX 16

/* The attributes that mean something, by number. */
enum attr {
    ATTR_POOL,
    ATTR_VID,
    ATTR_KEEP,
    ATTR_RW,
    ATTR_SAVE,
    ATTR_SNAP,
    ATTR_EPHEMERAL,
    ATTR_SIZE,
    ATTR_SOURCE,
    ATTRS
};

static const char *const attr_names[ATTRS] = {
    "pool", "vid", "revisions_to_keep", "rw", "save_on_stop", "snap_on_start",
    "ephemeral", "size", "source",
};

struct builder {
    struct model *model;
    GHashTable *done;   /* struct qube: built, or being built */
    int depth;          /* of qubes whose sources are being looked for */
    GHashTable *by_vid; /* "pool\nvid" -> struct qube; made when first needed */
    const char *attr_names[ATTRS]; /* interned */
};

/* Pools. */

/* What keeps us from using it keeps qubesd from loading the store, or not. */
static void pool_find(struct model *model, const struct pool_entry *entry,
                      enum severity severity, const char *why)
{
    g_autofree char *hint = store_by_hand("mend <pool name=\"%s\">", entry->name);

    model_find(model, severity, hint, "%s", why);
}

static void pool_refused(struct model *model, const struct pool_entry *entry,
                         const char *refusal)
{
    g_autofree char *why =
        g_strdup_printf("pool '%s': qubesd would not load the store: %s", entry->name,
                        refusal);

    pool_find(model, entry, SEVERITY_STOP, why);
}

static void foreign_build(struct model *model, const struct pool_entry *entry)
{
    g_autofree char *text = foreign_pool_text(entry);

    model_find(model, SEVERITY_INFO, "nothing is wrong with it: qubesd works with them",
               "%s", text);
}

static void pool_build(const struct store *store, struct model *model,
                       struct pool_entry *entry)
{
    struct pool_param params[PARAMS_MAX + 1] = { { NULL } };
    const char *refusal = store_refusal_pool(entry);
    g_autoptr(GError) error = NULL;
    guint n = 0;

    if (driver_is_foreign(entry->driver)) {
        if (refusal)
            pool_refused(model, entry, refusal);
        else
            foreign_build(model, entry);
        return;
    }
    for (guint i = 0; i < entry->attrs->len && n < PARAMS_MAX; i++) {
        const struct pair *pair = &g_array_index(entry->attrs, struct pair, i);

        if (!g_str_equal(pair->name, "name") && !g_str_equal(pair->name, "driver"))
            params[n++] = (struct pool_param){ pair->name, pair->value };
    }
    entry->pool = pool_new(entry->name, entry->driver, store->root, params, &error);
    if (entry->pool && refusal)
        pool_refused(model, entry, refusal);
    if (entry->pool)
        return;
    pool_find(model, entry, refusal ? SEVERITY_STOP : SEVERITY_WARN, error->message);
    entry->trouble = g_strdup(error->message);
}

/* Volumes. */

static void volume_find(struct qube *qube, const struct volume_config *config,
                        enum severity severity, const char *why)
{
    g_autofree char *hint = store_by_hand(
        "mend <volume name=\"%s\"> of '%s', or its <pool name=\"%s\">,", config->name,
        qube->name, config->pool ? config->pool : "");

    qube_find(qube, severity, hint, "volume '%s:%s' cannot be used: %s", qube->name,
              config->name, why);
}

/* The name of one that is none; NULL: all are known. */
static const char *attrs_read(const struct builder *builder,
                              const struct volume_config *config, const char **attrs)
{
    const char *odd = NULL;

    for (guint i = 0; i < config->attrs->len; i++) {
        const struct pair *pair = &g_array_index(config->attrs, struct pair, i);
        int attr = 0;

        while (attr < ATTRS && pair->name != builder->attr_names[attr])
            attr++;
        if (attr < ATTRS)
            attrs[attr] = pair->value;
        else if (!g_str_equal(pair->name, "internal")) /* of old, and dropped */
            odd = pair->name;
    }
    return odd;
}

/* Exactly "True" or "False": any other text of a flag is an error, because
 * other readers take it for true whatever it says. */
static gboolean flag_read(const char *text, gboolean *flag)
{
    if (text && !g_str_equal(text, "True") && !g_str_equal(text, "False"))
        return FALSE;
    if (text)
        *flag = g_str_equal(text, "True");
    return TRUE;
}

static gboolean flags_read(const char *const *attrs, struct volume_spec *spec)
{
    gboolean ephemeral = FALSE;

    if (!flag_read(attrs[ATTR_RW], &spec->rw) ||
        !flag_read(attrs[ATTR_SNAP], &spec->snap_on_start) ||
        !flag_read(attrs[ATTR_SAVE], &spec->save_on_stop) ||
        !flag_read(attrs[ATTR_EPHEMERAL], &ephemeral))
        return FALSE;
    spec->ephemeral = attrs[ATTR_EPHEMERAL] ? ephemeral : -1;
    return TRUE;
}

static gboolean numbers_read(const char *const *attrs, struct volume_spec *spec)
{
    const char *size = attrs[ATTR_SIZE], *keep = attrs[ATTR_KEEP];
    gint64 number;

    if (size && !g_ascii_string_to_unsigned(size, 10, 0, G_MAXINT64, &spec->size, NULL))
        return FALSE;
    if (keep && !g_ascii_string_to_signed(keep, 10, -1, G_MAXINT, &number, NULL))
        return FALSE;
    if (keep)
        spec->revisions_to_keep = (int)number;
    return TRUE;
}

static char *pool_name_of(const struct model *model, const char *name,
                          const char *pool)
{
    g_autofree char *global = NULL;
    char *out;

    if (pool)
        return g_strdup(pool);
    global = g_strdup_printf("default_pool_%s", name);
    out = model_global(model, global);
    return out ? out : model_global(model, "default_pool");
}

static gboolean is_kernels(const struct pool *pool)
{
    return g_str_equal(pool_driver(pool)->name, "linux-kernel");
}

/* One volume on its way to a handle. */
struct making {
    struct qube *qube, *template;
    struct volume_config *config;
    const char *attrs[ATTRS];
    struct volume_spec spec;
    const char *refusal; /* why qubesd would not load it; NULL: it would, or it is told */
};

/* What keeps us from using it keeps qubesd from loading it, or not. */
static void volume_trouble(struct making *making, const char *why)
{
    volume_find(making->qube, making->config,
                making->refusal ? SEVERITY_STOP : SEVERITY_WARN, why);
    making->refusal = NULL;
}

static const char *refusal_of(const struct model *model, const struct making *making,
                              const char *odd)
{
    const char *const *attrs = making->attrs, *pool = making->config->pool;
    const struct store_volume_said said = {
        .pool = attrs[ATTR_POOL], .vid = attrs[ATTR_VID], .keep = attrs[ATTR_KEEP],
        .size = attrs[ATTR_SIZE], .rw = attrs[ATTR_RW], .save = attrs[ATTR_SAVE],
        .snap = attrs[ATTR_SNAP], .source = attrs[ATTR_SOURCE], .odd = odd,
        .usually_snap = making->spec.snap_on_start,
    };

    return store_refusal_volume(pool ? model_pool(model, pool) : NULL, &said);
}

static void volume_refused(struct making *making)
{
    g_autofree char *why =
        making->refusal ? g_strdup_printf("qubesd would not load the store: %s",
                                          making->refusal) : NULL;

    if (why)
        volume_find(making->qube, making->config, SEVERITY_STOP, why);
}

static char *vid_of(const struct model *model, const struct making *making,
                    const struct pool *pool)
{
    char *kernel;

    if (is_kernels(pool)) { /* whatever the store says (T42) */
        kernel = qube_get(model, making->qube, "kernel");
        return kernel ? kernel : g_strdup("");
    }
    if (making->attrs[ATTR_VID])
        return g_strdup(making->attrs[ATTR_VID]);
    return pool_driver(pool)->vid(pool, making->qube->class->dir_prefix,
                                  making->qube->name, making->config->name);
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

static struct volume *source_anywhere(struct builder *builder, const char *pool,
                                      const char *vid)
{
    g_autofree char *key = vid_key(pool, vid);
    struct qube *owner;

    if (!builder->by_vid)
        vids_collect(builder);
    owner = g_hash_table_lookup(builder->by_vid, key);
    if (!owner)
        return NULL;
    build(builder, owner);
    return volume_with_vid(owner, vid);
}

/* Nearly always it is one of the templates above. */
static struct volume *source_by_vid(struct builder *builder, struct qube *template,
                                    const char *pool, const char *vid)
{
    struct volume *volume = NULL;

    for (int hops = 0; template && !volume && hops < MODEL_HOPS; hops++) {
        volume = volume_with_vid(template, vid);
        template = qube_get_vm(builder->model, template, "template");
    }
    return volume ? volume : source_anywhere(builder, pool, vid);
}

/* The volume of that name at the far end of the chain of templates. */
static struct volume *source_by_name(struct qube *template, const char *name)
{
    struct volume_config *config = template ? qube_volume(template, name) : NULL;
    struct volume *volume = config ? config->volume : NULL;

    for (int hops = 0; volume && volume_source(volume) && hops < MODEL_HOPS; hops++)
        volume = volume_source(volume);
    return volume;
}

static struct volume *source_of(struct builder *builder, const struct making *making)
{
    const char *vid = making->attrs[ATTR_SOURCE];

    if (vid)
        return source_by_vid(builder, making->template, making->config->pool, vid);
    return source_by_name(making->template, making->config->name);
}

/* Then it is as well, wherever its own line says it is. */
static gboolean is_of_foreign(struct making *making)
{
    const struct volume_config *origin =
        making->template ? qube_volume(making->template, making->config->name) : NULL;

    if (!origin || !origin->foreign)
        return FALSE;
    g_free(making->config->pool);
    making->config->pool = g_strdup(origin->pool);
    making->config->foreign = TRUE;
    return TRUE;
}

/* It is in the store, but cannot be used: qubesd looks for no more. */
static gboolean source_is_there(struct builder *builder, const struct making *making)
{
    const char *vid = making->attrs[ATTR_SOURCE], *pool = making->config->pool;
    g_autofree char *key = vid && pool ? vid_key(pool, vid) : NULL;

    if (!vid)
        return making->template && qube_volume(making->template, making->config->name);
    if (key && !builder->by_vid)
        vids_collect(builder);
    return key && g_hash_table_contains(builder->by_vid, key);
}

static void source_missed(struct builder *builder, struct making *making)
{
    if (source_is_there(builder, making))
        volume_trouble(making, "the volume it is a snapshot of cannot be used");
    else
        volume_find(making->qube, making->config, SEVERITY_STOP,
                    "the volume it is a snapshot of is not known");
}

/* A snapshot lives where its origin lives, and begins as large. */
static gboolean source_set(struct builder *builder, struct making *making)
{
    struct volume_config *config = making->config, *origin;

    making->spec.source = source_of(builder, making);
    if (!making->spec.source && is_of_foreign(making))
        return FALSE;
    if (!making->spec.source) {
        source_missed(builder, making);
        return FALSE;
    }
    if (!making->attrs[ATTR_SOURCE]) {
        g_free(config->pool);
        config->pool = g_strdup(pool_name(volume_pool(making->spec.source)));
    }
    origin = making->template ? qube_volume(making->template, config->name) : NULL;
    if (!making->attrs[ATTR_SIZE] && origin)
        making->spec.size = origin->size;
    return TRUE;
}

static void volume_find_pool(const struct making *making)
{
    const char *name = making->config->pool;
    g_autofree char *why =
        g_strdup_printf("there is no such pool as '%s'", name ? name : "");

    volume_find(making->qube, making->config, SEVERITY_STOP, why);
}

static struct pool *pool_of(const struct model *model, struct making *making)
{
    const char *name = making->config->pool;
    struct pool_entry *entry = name ? model_pool(model, name) : NULL;

    if (!entry)
        volume_find_pool(making);
    else if (driver_is_foreign(entry->driver))
        making->config->foreign = TRUE;
    else if (!entry->pool)
        volume_trouble(making, "its pool cannot be used");
    return entry ? entry->pool : NULL;
}

static void volume_make(struct builder *builder, struct making *making)
{
    struct pool *pool = pool_of(builder->model, making);
    struct volume_spec *spec = &making->spec;
    g_autoptr(GError) error = NULL;
    g_autofree char *vid = NULL;

    if (!pool)
        return;
    if (is_kernels(pool) && !making->attrs[ATTR_SOURCE])
        spec->snap_on_start = FALSE;
    if (spec->snap_on_start && !source_set(builder, making))
        return;
    if (spec->source)
        pool = volume_pool(spec->source);
    if (!making->attrs[ATTR_KEEP])
        spec->revisions_to_keep = pool_revisions_to_keep(pool);
    spec->vid = vid = vid_of(builder->model, making, pool);
    making->config->volume = volume_new(pool, spec, &error);
    if (!making->config->volume)
        volume_trouble(making, error->message);
}

/* Who boots a kernel of dom0's has an initramfs of Qubes, which lays the volatile volume over
 * a root that is read-only; any other needs one that is not. */
static gboolean is_taken_as_is(const struct model *model, const struct qube *qube,
                               const char *name)
{
    g_autofree char *kernel = NULL;

    if (!g_str_equal(name, "root") && !g_str_equal(name, "volatile"))
        return FALSE;
    kernel = qube_get(model, qube, "kernel");
    return !kernel || !*kernel;
}

static void volume_build(struct builder *builder, struct making *making)
{
    struct volume_config *config = making->config;
    const struct class_volume *row =
        class_volume_find(making->qube->class, config->name);
    const char *odd;

    making->spec = (struct volume_spec){
        .name = config->name, .rw = row && row->rw,
        .snap_on_start = row && row->snap_on_start,
        .save_on_stop = row && row->save_on_stop, .size = row ? row->size : 0,
        .as_is = is_taken_as_is(builder->model, making->qube, config->name),
    };
    odd = attrs_read(builder, config, making->attrs);
    g_free(config->pool);
    config->pool = pool_name_of(builder->model, config->name, making->attrs[ATTR_POOL]);
    making->refusal = refusal_of(builder->model, making, odd);
    if (!flags_read(making->attrs, &making->spec))
        volume_trouble(making, "a flag is neither True nor False");
    else if (!numbers_read(making->attrs, &making->spec))
        volume_trouble(making, "its size or revisions_to_keep is no number");
    else
        volume_make(builder, making);
    if (config->volume)
        volume_refused(making);
    config->size = making->spec.size;
}

static void missing_add(struct qube *qube)
{
    for (const struct class_volume *v = qube->class->volumes; v->name; v++)
        if (!qube_volume(qube, v->name))
            qube_volume_add(qube, g_intern_string(v->name));
}

static void volumes_build(struct builder *builder, struct qube *qube)
{
    struct qube *template = qube_get_vm(builder->model, qube, "template");

    if (template)
        build(builder, template);
    missing_add(qube);
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        struct making making = { qube, template, config };

        if (!config->volume)
            volume_build(builder, &making);
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

/* Images: two guests must not write to one (model_volume_rival() keeps them from
 * it; here it is said). */

struct claim {
    struct qube *qube;
    struct volume_config *config;
};

static guint claim_hash(gconstpointer data)
{
    const struct claim *claim = data;

    return g_str_hash(volume_vid(claim->config->volume));
}

static gboolean claim_equal(gconstpointer a, gconstpointer b)
{
    const struct claim *one = a, *two = b;

    return volumes_rival(one->config->volume, two->config->volume);
}

static void claim_find(const struct claim *claim, const struct claim *other)
{
    g_autofree char *why =
        g_strdup_printf("volume '%s:%s' has the same image", other->qube->name,
                        other->config->name);

    volume_find(claim->qube, claim->config, SEVERITY_WARN, why);
}

static void claim_settle(GHashTable *claims, struct claim *claim)
{
    const struct claim *other = g_hash_table_lookup(claims, claim);

    if (!other) {
        g_hash_table_add(claims, claim);
        return;
    }
    claim_find(claim, other);
    claim_find(other, claim);
}

/* All may have the same kernel. */
static void claims_collect(GArray *claims, struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct claim claim = {
            qube, &g_array_index(qube->volumes, struct volume_config, i)
        };

        if (claim.config->volume && !is_kernels(volume_pool(claim.config->volume)))
            g_array_append_val(claims, claim);
    }
}

static void images_check(struct model *model)
{
    g_autoptr(GHashTable) known = g_hash_table_new(claim_hash, claim_equal);
    g_autoptr(GArray) claims = g_array_new(FALSE, FALSE, sizeof(struct claim));

    for (guint i = 0; i < model->qubes->len; i++)
        claims_collect(claims, g_ptr_array_index(model->qubes, i));
    for (guint i = 0; i < claims->len; i++)
        claim_settle(known, &g_array_index(claims, struct claim, i));
}

static void builder_init(struct builder *builder, struct model *model)
{
    *builder = (struct builder){ model, .done = g_hash_table_new(NULL, NULL) };
    for (int attr = 0; attr < ATTRS; attr++)
        builder->attr_names[attr] = g_intern_string(attr_names[attr]);
}

static void builder_clear(struct builder *builder)
{
    g_hash_table_unref(builder->done);
    g_clear_pointer(&builder->by_vid, g_hash_table_unref);
}

void store_build_qube(struct model *model, struct qube *qube)
{
    struct builder builder;

    builder_init(&builder, model);
    for (guint i = 0; i < model->qubes->len; i++)
        g_hash_table_add(builder.done, g_ptr_array_index(model->qubes, i));
    build(&builder, qube);
    builder_clear(&builder);
}

void store_build(const struct store *store, struct model *model)
{
    struct builder builder;

    builder_init(&builder, model);
    for (guint i = 0; i < model->pools->len; i++) {
        struct pool_entry *entry = g_ptr_array_index(model->pools, i);

        if (!entry->pool)
            pool_build(store, model, entry);
    }
    for (guint i = 0; i < model->qubes->len; i++)
        build(&builder, g_ptr_array_index(model->qubes, i));
    images_check(model);
    builder_clear(&builder);
}
