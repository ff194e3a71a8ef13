/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volumes of a qube, and all about the selected one (ux.md 4.4). */
#include "config.h"

#include "tui/detail.h"

#include <string.h>

#include "tui/facts.h"
#include "tui/list.h"
#include "tui/meter.h"
#include "tui/volume-facts.h"
#include "tui/volume-keys.h"
#include "tui/volume-text.h"

struct volumes {
    struct list *list;
};

static struct volumes *volumes_of(const struct screen *screen)
{
    return detail_page(screen, DETAIL_VOLUMES);
}

/* --- cells --- */

static const char *volumes_name(gconstpointer item, gpointer data)
{
    return ((const struct volume_config *)item)->name;
}

static char *volumes_text_name(gconstpointer item, gpointer data)
{
    return g_strdup(volumes_name(item, data));
}

/* As in the store: root, private, volatile, kernel. Both stand in its array. */
static int volumes_compare_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct volume_config *one = a, *two = b;

    return one < two ? -1 : one > two;
}

static char *volumes_text_pool(gconstpointer item, gpointer data)
{
    const struct volume_config *config = item;

    return g_strdup(config->pool ? config->pool : "-");
}

static char *volumes_text_size(gconstpointer item, gpointer data)
{
    return volume_text_size(item);
}

static int volumes_compare_size(gconstpointer a, gconstpointer b, gpointer data)
{
    return volume_compare_size(a, b);
}

static char *volumes_text_used(gconstpointer item, gpointer data)
{
    return volume_text_used(item);
}

static int volumes_compare_used(gconstpointer a, gconstpointer b, gpointer data)
{
    return volume_compare_used(a, b);
}

static char *volumes_text_percent(gconstpointer item, gpointer data)
{
    return volume_text_percent(item);
}

static enum style volumes_style_percent(gconstpointer item, gpointer data)
{
    return volume_percent(item) >= METER_ATTENTION ? STYLE_WARN : STYLE_NORMAL;
}

static int volumes_compare_percent(gconstpointer a, gconstpointer b,
                                   gpointer data)
{
    return volume_compare_percent(a, b);
}

static char *volumes_text_revisions(gconstpointer item, gpointer data)
{
    return volume_text_revisions(item);
}

static char *volumes_text_keep(gconstpointer item, gpointer data)
{
    const struct volume *volume = ((const struct volume_config *)item)->volume;

    if (!volume || !volume_save_on_stop(volume))
        return g_strdup("-");
    return g_strdup_printf("%d", volume_revisions_to_keep(volume));
}

static char *volumes_text_state(gconstpointer item, gpointer data)
{
    const struct volume_config *config = item;
    const struct volume *volume = config->volume;
    const struct qube *qube = detail_qube(data);
    gboolean halted = !qube || qube->state == POWER_HALTED;
    const char *lag = qube ? volume_text_lag(qube, config) : NULL;

    if (lag)
        return g_strdup_printf("%s !", lag);
    if (config->foreign)
        return g_strdup("not used");
    if (!volume || config->trouble)
        return g_strdup("unusable !");
    if (!volume_rw(volume) && !volume_snap_on_start(volume))
        return g_strdup("read-only");
    if (volume_snap_on_start(volume))
        return g_strdup(halted ? "made at start" : "snapshot");
    if (!volume_save_on_stop(volume))
        return g_strdup("scratch");
    return g_strdup(halted ? "kept" : "in use");
}

static enum style volumes_style_state(gconstpointer item, gpointer data)
{
    const struct volume_config *config = item;
    const struct qube *qube = detail_qube(data);

    if (qube && volume_text_lag(qube, config))
        return STYLE_WARN;
    return config->foreign || (config->volume && !config->trouble) ? STYLE_NORMAL
                                                                    : STYLE_WARN;
}

/* What it is made from: a volume of the template, or a kernel. */
static char *volumes_text_source(gconstpointer item, gpointer data)
{
    const struct volume *volume = ((const struct volume_config *)item)->volume;
    const struct qube *qube = detail_qube(data);

    if (volume && qube && volume_source(volume)) {
        g_autofree char *name =
            qube_get(app_model(((const struct screen *)data)->app), qube, "template");

        return g_strdup(name && *name ? name : volume_vid(volume_source(volume)));
    }
    if (volume && !volume_rw(volume) && !volume_save_on_stop(volume))
        return g_strdup(volume_vid(volume));
    return g_strdup("-");
}

/* clang-format off */
static const struct list_column volumes_columns[] = {
    {"VOLUME", 9, 10, 0, TEXT_LEFT, volumes_text_name, NULL, "order",
     volumes_compare_order},
    {"POOL", 12, 20, 3, TEXT_LEFT, volumes_text_pool, NULL, NULL, NULL},
    {"SIZE", 6, 8, 0, TEXT_RIGHT, volumes_text_size, NULL, "size",
     volumes_compare_size},
    {"USED", 6, 8, 0, TEXT_RIGHT, volumes_text_used, NULL, "used",
     volumes_compare_used},
    {"%", 4, 4, 2, TEXT_RIGHT, volumes_text_percent, volumes_style_percent,
     "used %", volumes_compare_percent},
    {"KEEP", 4, 4, 6, TEXT_RIGHT, volumes_text_keep, NULL, NULL, NULL},
    {"REV", 3, 4, 5, TEXT_RIGHT, volumes_text_revisions, NULL, NULL, NULL},
    {"STATE", 13, 16, 4, TEXT_LEFT, volumes_text_state, volumes_style_state,
     NULL, NULL},
    {"SOURCE", 14, 24, 7, TEXT_LEFT, volumes_text_source, NULL, NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- the tab --- */

static gconstpointer volumes_item(const char *id, gpointer data)
{
    const struct qube *qube = detail_qube(data);

    return qube ? qube_volume(qube, id) : NULL;
}

static void volumes_fill(struct screen *screen)
{
    const struct qube *qube = detail_qube(screen);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; qube && i < qube->volumes->len; i++)
        g_ptr_array_add(ids, g_strdup(g_array_index(qube->volumes,
                                                    struct volume_config, i)
                                          .name));
    list_set(volumes_of(screen)->list, ids);
}

static gpointer volumes_open(struct screen *screen)
{
    struct volumes *volumes = g_new0(struct volumes, 1);
    struct list_spec spec = {volumes_columns, volumes_item, volumes_name,
                             volumes_compare_order, screen};

    volumes->list = list_new(&spec);
    return volumes;
}

static void volumes_close(gpointer page)
{
    struct volumes *volumes = page;

    list_free(volumes->list);
    g_free(volumes);
}

static void volumes_show(struct screen *screen)
{
    volumes_fill(screen);
    /* The one most often short of room. */
    list_select_id(volumes_of(screen)->list, "private");
    engine_request_volumes(app_engine(screen->app), detail_uuid(screen));
}

static void volumes_event(struct screen *screen, const struct event *event)
{
    volumes_fill(screen);
}

static struct list *volumes_list(const struct screen *screen)
{
    return volumes_of(screen)->list;
}

static char *volumes_status(const struct screen *screen)
{
    struct list *list = volumes_of(screen)->list;
    g_autofree char *sort = list_sort_text(list);

    return g_strdup_printf("%u volumes  sort: %s", list_all(list), sort);
}

/* --- the selected one --- */

/* The newest first, as many as leave room for the rest. */
static void volumes_draw_revisions(const struct volume_config *config,
                                   struct facts *facts)
{
    guint n = config->kept ? config->kept->len : 0;
    guint room = (guint)MAX(facts->area.h - VOLUME_FACTS_LINES, 1);
    guint shown = n > room ? room - 1 : n;

    for (guint i = 0; i < shown; i++) {
        g_autofree char *text = volume_text_revision(config->kept->pdata[i]);

        facts_put(facts, STYLE_NORMAL, "", text);
    }
    if (shown < n) {
        g_autofree char *text = g_strdup_printf("and %u older ones", n - shown);

        facts_put(facts, STYLE_NORMAL, "", text);
    }
}

static void volumes_draw_selected(const struct screen *screen, struct rect area)
{
    const struct qube *qube = detail_qube(screen);
    const char *name = list_selected(volumes_of(screen)->list);
    const struct volume_config *config = name ? qube_volume(qube, name) : NULL;
    struct facts facts = {area};

    if (!config)
        return;
    volume_facts_figures(qube, config, &facts);
    volumes_draw_revisions(config, &facts);
    volume_facts_rest(app_model(screen->app), config, &facts);
}

static void volumes_draw(struct screen *screen, struct rect area)
{
    struct list *list = volumes_of(screen)->list;
    int rows = MIN((int)list_all(list) + 1, area.h);
    struct rect rest = {area.y + rows + 1, area.x, area.h - rows - 1, area.w};

    if (list_all(list) == 0) {
        draw_words(area.y + 1, area.x + 2, area.w - 4, STYLE_NORMAL,
                   "This qube has no volumes.");
        return;
    }
    volumes_draw_selected(screen, rest);
    list_draw(list, (struct rect){area.y, area.x, rows, area.w});
}

const char *detail_volumes_selected(const struct screen *screen)
{
    return list_selected(volumes_of(screen)->list);
}

const struct detail_tab detail_volumes = {
    .title = "Volumes",
    .keys = volume_keys,
    .open = volumes_open,
    .close = volumes_close,
    .show = volumes_show,
    .draw = volumes_draw,
    .event = volumes_event,
    .status = volumes_status,
    .list = volumes_list,
};
