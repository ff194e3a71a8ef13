/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volumes of all qubes, fullest first (ux.md 4.10). */
#include "config.h"

#include <string.h>

#include "tui/list.h"
#include "tui/meter.h"
#include "tui/pane.h"
#include "tui/qube-text.h"
#include "tui/screens.h"
#include "tui/volume-keys.h"
#include "tui/volume-text.h"


/* Known by "UUID:VOLUME"; what it points to is looked up for each call. */
struct row {
    char uuid[37];
    char *volume;
    char *name; /* "work:private" */
    const struct qube *qube;
    const struct volume_config *config;
};

struct allvolumes {
    struct list *list;
    GHashTable *rows; /* id -> struct row */
    gboolean touched; /* by a key: until then the first row stays selected, in
                       * whatever order the figures come */
};

static struct allvolumes *allvolumes_of(const struct screen *screen)
{
    return screen->data;
}

static void row_free(gpointer data)
{
    struct row *row = data;

    g_free(row->volume);
    g_free(row->name);
    g_free(row);
}

static const struct row *allvolumes_find(const struct screen *screen, const char *id)
{
    struct row *row = g_hash_table_lookup(allvolumes_of(screen)->rows, id);

    if (!row)
        return NULL;
    row->qube = model_qube(app_model(screen->app), row->uuid);
    row->config = row->qube ? qube_volume(row->qube, row->volume) : NULL;
    return row->config ? row : NULL;
}

static const struct row *allvolumes_selected(const struct screen *screen)
{
    const char *id = list_selected(allvolumes_of(screen)->list);

    return id ? allvolumes_find(screen, id) : NULL;
}

/* --- cells --- */

static gconstpointer allvolumes_item(const char *id, gpointer data)
{
    return allvolumes_find(data, id);
}

static const struct volume_config *config_of(gconstpointer item)
{
    return ((const struct row *)item)->config;
}

static const char *allvolumes_name(gconstpointer item, gpointer data)
{
    return ((const struct row *)item)->name;
}

static char *allvolumes_text_name(gconstpointer item, gpointer data)
{
    return g_strdup(allvolumes_name(item, data));
}

static int allvolumes_compare_name(gconstpointer a, gconstpointer b, gpointer data)
{
    return strcmp(allvolumes_name(a, data), allvolumes_name(b, data));
}

static const char *allvolumes_pool(gconstpointer item)
{
    return config_of(item)->pool ? config_of(item)->pool : "-";
}

static char *allvolumes_text_pool(gconstpointer item, gpointer data)
{
    return g_strdup(allvolumes_pool(item));
}

static int allvolumes_compare_pool(gconstpointer a, gconstpointer b, gpointer data)
{
    return strcmp(allvolumes_pool(a), allvolumes_pool(b));
}

static char *allvolumes_text_size(gconstpointer item, gpointer data)
{
    return volume_text_size(config_of(item));
}

static int allvolumes_compare_size(gconstpointer a, gconstpointer b, gpointer data)
{
    return volume_compare_size(config_of(a), config_of(b));
}

static char *allvolumes_text_used(gconstpointer item, gpointer data)
{
    return volume_text_used(config_of(item));
}

/* What was not read comes last. */
static int allvolumes_compare_used(gconstpointer a, gconstpointer b, gpointer data)
{
    return volume_compare_used(config_of(a), config_of(b));
}

static char *allvolumes_text_percent(gconstpointer item, gpointer data)
{
    return volume_text_percent(config_of(item));
}

static enum style allvolumes_style_percent(gconstpointer item, gpointer data)
{
    return volume_percent(config_of(item)) >= METER_ATTENTION ? STYLE_WARN : STYLE_NORMAL;
}

static int allvolumes_compare_percent(gconstpointer a, gconstpointer b,
                                      gpointer data)
{
    return volume_compare_percent(config_of(a), config_of(b));
}

static char *allvolumes_text_revisions(gconstpointer item, gpointer data)
{
    return volume_text_revisions(config_of(item));
}

static char *allvolumes_text_flags(gconstpointer item, gpointer data)
{
    return volume_text_flags(config_of(item));
}

static enum style allvolumes_style_flags(gconstpointer item, gpointer data)
{
    const struct volume_config *config = config_of(item);

    return config->volume || config->foreign ? STYLE_NORMAL : STYLE_WARN;
}

static char *allvolumes_text_file(gconstpointer item, gpointer data)
{
    return g_strdup(volume_text_file(config_of(item)));
}

static char *allvolumes_text_state(gconstpointer item, gpointer data)
{
    const struct row *row = item;

    const char *lag = volume_text_lag(row->qube, row->config);

    if (lag)
        return g_strdup(lag);
    if (row->config->foreign)
        return g_strdup("-");
    if (!row->config->volume || row->config->trouble)
        return g_strdup("broken");
    if (row->qube->state == POWER_UNKNOWN)
        return g_strdup("?");
    return g_strdup(row->qube->state == POWER_HALTED ? "-" : "in use");
}

static enum style allvolumes_style_state(gconstpointer item, gpointer data)
{
    const struct row *row = item;

    return volume_text_lag(row->qube, row->config) ? STYLE_WARN : STYLE_NORMAL;
}

/* clang-format off */
static const struct list_column allvolumes_columns[] = {
    {"QUBE:VOLUME", 20, 40, 0, TEXT_LEFT, allvolumes_text_name, NULL, "name",
     allvolumes_compare_name},
    {"POOL", 11, 20, 3, TEXT_LEFT, allvolumes_text_pool, NULL, "pool",
     allvolumes_compare_pool},
    {"SIZE", 7, 8, 0, TEXT_RIGHT, allvolumes_text_size, NULL, "size",
     allvolumes_compare_size},
    {"USED", 7, 8, 0, TEXT_RIGHT, allvolumes_text_used, NULL, "used",
     allvolumes_compare_used},
    {"%", 4, 4, 1, TEXT_RIGHT, allvolumes_text_percent, allvolumes_style_percent,
     "used %", allvolumes_compare_percent},
    {"REV", 3, 3, 4, TEXT_RIGHT, allvolumes_text_revisions, NULL, NULL, NULL},
    {"FLAGS", 5, 5, 5, TEXT_LEFT, allvolumes_text_flags, allvolumes_style_flags,
     NULL, NULL},
    {"FILE", 26, 50, 6, TEXT_LEFT, allvolumes_text_file, NULL, NULL, NULL},
    {"STATE", 6, 8, 2, TEXT_LEFT, allvolumes_text_state, allvolumes_style_state, NULL,
     NULL},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

static void allvolumes_add(struct allvolumes *view, GPtrArray *ids,
                           const struct qube *qube, const char *volume)
{
    char *id = g_strdup_printf("%s:%s", qube->uuid, volume);
    struct row *row = g_new0(struct row, 1);

    g_strlcpy(row->uuid, qube->uuid, sizeof(row->uuid));
    row->volume = g_strdup(volume);
    row->name = g_strdup_printf("%s:%s", qube->name, volume);
    g_hash_table_replace(view->rows, g_strdup(id), row);
    g_ptr_array_add(ids, id);
}

static void allvolumes_fill(struct screen *screen)
{
    struct allvolumes *view = allvolumes_of(screen);
    const struct model *model = app_model(screen->app);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    g_hash_table_remove_all(view->rows);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        for (guint k = 0; k < qube->volumes->len; k++)
            allvolumes_add(view, ids, qube,
                           g_array_index(qube->volumes, struct volume_config, k).name);
    }
    if (!view->touched)
        list_set(view->list, g_ptr_array_new_with_free_func(g_free));
    list_set(view->list, ids);
}

static void allvolumes_open(struct screen *screen, gconstpointer argument)
{
    struct allvolumes *view = allvolumes_of(screen);
    struct list_spec spec = {allvolumes_columns, allvolumes_item, allvolumes_name,
                             allvolumes_compare_name, screen};

    view->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, row_free);
    view->list = list_new(&spec);
    list_order(view->list, "used %");
}

static void allvolumes_close(struct screen *screen)
{
    struct allvolumes *view = allvolumes_of(screen);

    list_free(view->list);
    g_hash_table_unref(view->rows);
}

/* Told so when it comes into sight, too. */
static void allvolumes_event(struct screen *screen, const struct event *event)
{
    if (event->type == EVENT_MODEL)
        engine_request_volumes(app_engine(screen->app), NULL);
    if (event->type <= EVENT_QUBE || event->type == EVENT_VOLUMES)
        screen->stale = TRUE;
}

static gboolean allvolumes_typed(struct screen *screen, int key)
{
    allvolumes_of(screen)->touched = TRUE;
    return list_typed(screen, key);
}

static struct list *allvolumes_list(const struct screen *screen)
{
    return allvolumes_of(screen)->list;
}

static const char *allvolumes_subject(const struct screen *screen)
{
    const struct row *row = allvolumes_selected(screen);

    return row ? row->uuid : NULL;
}

static const char *allvolumes_volume(const struct screen *screen)
{
    const struct row *row = allvolumes_selected(screen);

    return row ? row->volume : NULL;
}

static char *allvolumes_status(const struct screen *screen)
{
    g_autofree char *rest = list_status(allvolumes_of(screen)->list, "volume", "volumes");

    return g_strdup_printf("%s  flags: W writable  S snapshot  K kept", rest);
}

static void allvolumes_draw(struct screen *screen, struct rect area)
{
    struct list *list = allvolumes_of(screen)->list;

    list_draw(list, area);
    if (list_shown(list) == 0)
        draw_words(area.y + 2, area.x + 2, area.w - 4, STYLE_NORMAL,
                   list_all(list) > 0
                       ? "No volume has this in its name. \\ clears the filter."
                       : "No qube has a volume.");
}

static void allvolumes_detail(const struct screen *screen, struct pane *pane)
{
    const struct row *row = allvolumes_selected(screen);
    const char *source = NULL;

    if (!row)
        return;
    g_autofree char *size = volume_text_size(row->config);
    g_autofree char *used = volume_text_used(row->config);
    g_autofree char *revisions = volume_text_revisions(row->config);
    if (row->config->size)
        pane_line(pane, STYLE_STRONG, "%s  %s of %s used", row->name, used, size);
    else
        pane_line(pane, STYLE_STRONG, "%s", row->name);
    pane_line(pane, STYLE_NORMAL, "pool %s  %s", allvolumes_pool(row),
              volume_text_file(row->config));
    if (row->config->trouble)
        pane_line(pane, STYLE_WARN, "! %s", row->config->trouble);
    if (!row->config->volume)
        return;
    pane_line(pane, STYLE_NORMAL, "revisions %s  keep %d", revisions,
              volume_revisions_to_keep(row->config->volume));
    for (guint i = 0; row->config->kept && i < row->config->kept->len &&
                      pane_room(pane) > 2; i++) {
        g_autofree char *text = volume_text_revision(row->config->kept->pdata[i]);

        pane_line(pane, STYLE_NORMAL, "  %s", text);
    }
    if (volume_source(row->config->volume))
        source = volume_vid(volume_source(row->config->volume));
    if (source)
        pane_line(pane, STYLE_NORMAL, "made at each start from %s", source);
    pane_line(pane, STYLE_NORMAL, "qube %s  %s", row->qube->name,
              qube_text_state(row->qube));
}

/* --- keys --- */

static void allvolumes_key_open(struct screen *screen)
{
    const struct row *row = allvolumes_selected(screen);

    detail_open_volumes(screen->app, row->uuid);
}

static gboolean allvolumes_has_any(const struct screen *screen)
{
    return allvolumes_selected(screen) != NULL;
}

/* clang-format off */
static const struct key_row allvolumes_keys[] = {
    {"a F9", "actions", "Actions", "all actions, and why not", KEYS_ACT, NULL,
     actions_open, allvolumes_has_any},
    {"v", "qube", NULL, "the volumes of its qube", KEYS_ACT, NULL,
     allvolumes_key_open, allvolumes_has_any},
    {NULL},
};
/* clang-format on */

static const struct key_row *const allvolumes_tables[] = {volume_keys, allvolumes_keys,
                                                          list_filter_keys, NULL};

const struct screen_class screen_allvolumes = {
    .name = "allvolumes",
    .title = "volumes of all qubes",
    .kind = SCREEN_VIEW,
    .view = '3',
    .tab = "Volumes",
    .brief = "Vols",
    .panes = TRUE,
    .keys = volume_open_keys,
    .more = list_keys,
    .others = allvolumes_tables,
    .size = sizeof(struct allvolumes),
    .open = allvolumes_open,
    .close = allvolumes_close,
    .draw = allvolumes_draw,
    .typed = allvolumes_typed,
    .event = allvolumes_event,
    .fill = allvolumes_fill,
    .list = allvolumes_list,
    .subject = allvolumes_subject,
    .volume = allvolumes_volume,
    .status = allvolumes_status,
    .detail = allvolumes_detail,
};
