/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/figures.h"

#include "core/growth.h"
#include "core/pool-use.h"
#include "util/error.h"

/* Of a pool, or of a volume. */
struct figure {
    struct pool *pool;
    struct volume *volume;
    char uuid[37];
    char *name;
    gboolean known;
    gint64 at_us; /* when it was read */
    guint64 size, used;
    struct pool_details details;
    char *included_in;
    GPtrArray *kept;
    gboolean in_use, outdated;
    GError *error;
};

static void figure_clear(gpointer data)
{
    struct figure *figure = data;

    g_clear_pointer(&figure->pool, pool_unref);
    g_clear_pointer(&figure->volume, volume_unref);
    g_clear_pointer(&figure->kept, g_ptr_array_unref);
    pool_details_clear(&figure->details);
    g_free(figure->included_in);
    g_free(figure->name);
    g_clear_error(&figure->error);
}

static GArray *figures_new(void)
{
    GArray *figures = g_array_new(FALSE, TRUE, sizeof(struct figure));

    g_array_set_clear_func(figures, figure_clear);
    return figures;
}

GArray *figures_of_pools(const struct model *model)
{
    GArray *figures = figures_new();

    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];
        struct figure figure = { .name = NULL };

        if (!entry->pool)
            continue;
        figure.pool = pool_ref(entry->pool);
        figure.name = g_strdup(entry->name);
        g_array_append_val(figures, figure);
    }
    return figures;
}

static void figures_add_volumes(GArray *figures, const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        struct figure figure = { .name = NULL };

        if (!config->volume)
            continue;
        figure.volume = volume_ref(config->volume);
        figure.name = g_strdup(config->name);
        g_strlcpy(figure.uuid, qube->uuid, sizeof figure.uuid);
        g_array_append_val(figures, figure);
    }
}

GArray *figures_of_volumes(const struct model *model, GHashTable *wanted)
{
    GArray *figures = figures_new();

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        if (!wanted || g_hash_table_contains(wanted, qube->uuid))
            figures_add_volumes(figures, qube);
    }
    return figures;
}

static GPtrArray *pools_of(const GArray *figures)
{
    GPtrArray *pools = g_ptr_array_new();

    for (guint i = 0; i < figures->len; i++)
        g_ptr_array_add(pools, g_array_index(figures, struct figure, i).pool);
    return pools;
}

/* A driver may be able to say it in one go. */
static void read_pool(struct figure *figure, const GPtrArray *pools)
{
    const struct pool *outer = pool_included_in(figure->pool, pools);

    figure->at_us = g_get_monotonic_time();
    figure->included_in = outer ? g_strdup(pool_name(outer)) : NULL;
    if (!pool_driver(figure->pool)->usage ||
        !pool_read_details(figure->pool, &figure->details, &figure->error))
        return;
    figure->size = pool_details_get(&figure->details, "data_size");
    figure->used = pool_details_get(&figure->details, "data_usage");
    figure->known = figure->size != G_MAXUINT64 && figure->used != G_MAXUINT64;
}

void figures_read_pools(GArray *figures)
{
    g_autoptr(GPtrArray) pools = pools_of(figures);

    for (guint i = 0; i < figures->len; i++)
        read_pool(&g_array_index(figures, struct figure, i), pools);
}

void figures_read_volumes(GArray *figures)
{
    for (guint i = 0; i < figures->len; i++) {
        struct figure *figure = &g_array_index(figures, struct figure, i);
        gboolean in_use;

        figure->size = volume_size(figure->volume);
        figure->used = volume_used(figure->volume);
        figure->kept = volume_revisions(figure->volume);
        /* What cannot be told is said of it as a whole, below. */
        figure->in_use =
            volume_look_in_use(figure->volume, &in_use, NULL) && in_use;
        figure->outdated = volume_is_outdated(figure->volume);
        /* One that is made at each start is looked at where it comes from. */
        if (!volume_snap_on_start(figure->volume) &&
            !volume_verify(figure->volume, &figure->error) &&
            error_is(figure->error, QMC_ERROR_UNSUPPORTED))
            g_clear_error(&figure->error);
    }
}

/* Said when it comes and when it goes, not at each reading between. */
static void apply_trouble(struct model *model, struct pool_entry *entry,
                          const GError *error)
{
    const char *trouble = error ? error->message : NULL;

    if (g_strcmp0(trouble, entry->trouble) == 0)
        return;
    if (trouble)
        model_note(model, NULL, TRUE, "%s", trouble);
    else
        model_note(model, NULL, FALSE, "pool '%s' can be read again", entry->name);
    g_free(entry->trouble);
    entry->trouble = g_strdup(trouble);
}

static void watch(GArray **growth, gint64 at_us, guint64 bytes)
{
    if (bytes == G_MAXUINT64)
        return;
    if (!*growth)
        *growth = growth_new();
    growth_add(*growth, at_us, bytes);
}

/* Said once as it rises; again only after it was well below. */
static void tell_level(struct model *model, struct pool_entry *entry)
{
    static const int from[] = {0, POOL_NEARLY_FULL, POOL_URGENT};
    enum { WELL_BELOW = 2 };
    enum pool_level level = pool_entry_level(entry);
    int most = MAX(pool_entry_percent(entry), pool_entry_metadata_percent(entry));

    if ((int)level > entry->told) {
        g_autofree char *health = pool_entry_health(entry);

        model_note(model, NULL, TRUE, "pool '%s': %s", entry->name, health);
        entry->told = (int)level;
    } else if ((int)level < entry->told && most <= from[entry->told] - WELL_BELOW) {
        if (level == POOL_FINE)
            model_note(model, NULL, FALSE, "pool '%s' has room again", entry->name);
        entry->told = (int)level;
    }
}

static void apply_pool(struct model *model, struct figure *figure)
{
    struct pool_entry *entry = model_pool(model, figure->name);

    if (!entry)
        return;
    entry->usage_known = figure->known;
    entry->size = figure->size;
    entry->used = figure->used;
    pool_details_clear(&entry->details);
    entry->details = figure->details;
    figure->details = (struct pool_details){NULL};
    g_free(entry->included_in);
    entry->included_in = g_steal_pointer(&figure->included_in);
    apply_trouble(model, entry, figure->error);
    if (!entry->usage_known)
        return;
    watch(&entry->growth, figure->at_us, entry->used);
    watch(&entry->metadata_growth, figure->at_us,
          pool_entry_figure(entry, "metadata_usage"));
    tell_level(model, entry);
}

void figures_apply_pools(GArray *figures, struct model *model)
{
    for (guint i = 0; i < figures->len; i++)
        apply_pool(model, &g_array_index(figures, struct figure, i));
}

static void apply_volume(struct model *model, struct figure *figure)
{
    struct qube *qube = model_qube(model, figure->uuid);
    struct volume_config *config =
        qube ? qube_volume(qube, figure->name) : NULL;

    if (!config)
        return;
    config->size = figure->size;
    config->used = figure->used;
    config->revisions = figure->kept ? (int)figure->kept->len : -1;
    g_clear_pointer(&config->kept, g_ptr_array_unref);
    config->kept = g_steal_pointer(&figure->kept);
    config->in_use = figure->in_use;
    config->outdated = figure->outdated;
    g_free(config->trouble);
    config->trouble = figure->error ? g_strdup(figure->error->message) : NULL;
}

void figures_apply_volumes(const GArray *figures, struct model *model)
{
    struct event event = { .type = EVENT_VOLUMES };

    for (guint i = 0; i < figures->len; i++)
        apply_volume(model, &g_array_index(figures, struct figure, i));
    if (figures->len > 0)
        events_emit(model->events, &event);
}
