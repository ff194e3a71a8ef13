/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volumes of all qubes, fullest first, and what lies in the pools and is of none
 * (ux.md 4.10). */
#include "config.h"

#include <string.h>

#include "core/orphan.h"
#include "tui/list.h"
#include "tui/meter.h"
#include "tui/pane.h"
#include "tui/qube-text.h"
#include "tui/screens.h"
#include "tui/volume-keys.h"
#include "tui/volume-text.h"
#include "util/text.h"

/* Known by "UUID:VOLUME", an orphan by ":POOL:NAME"; what it points to is looked up for
 * each call. */
struct row {
    char uuid[37];
    char *volume; /* NULL: it is an orphan */
    char *name;   /* "work:private" */
    const struct qube *qube;
    const struct volume_config *config;
    char *pool, *file; /* of an orphan */
    guint64 used;
};

struct allvolumes {
    struct list *list;
    GHashTable *rows; /* id -> struct row */
    char *pool;       /* only of that one; NULL: of all */
    gboolean orphans; /* only those */
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
    g_free(row->pool);
    g_free(row->file);
    g_free(row);
}

static const struct row *allvolumes_find(const struct screen *screen, const char *id)
{
    struct row *row = g_hash_table_lookup(allvolumes_of(screen)->rows, id);

    if (!row || !row->volume)
        return row;
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

/* An orphan has none of what a volume has. */
static const struct volume_config *config_of(gconstpointer item)
{
    static const struct volume_config none = {.used = G_MAXUINT64, .foreign = TRUE};
    const struct row *row = item;

    return row->volume ? row->config : &none;
}

static guint64 allvolumes_used(gconstpointer item)
{
    const struct row *row = item;

    return row->volume ? row->config->used : row->used;
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
    const struct row *row = item;
    const char *pool = row->volume ? row->config->pool : row->pool;

    return pool ? pool : "-";
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
    const struct row *row = item;

    return row->volume ? volume_text_used(row->config) : text_size(row->used);
}

/* What was not read comes last: one more makes that 0. */
static int allvolumes_compare_used(gconstpointer a, gconstpointer b, gpointer data)
{
    guint64 one = allvolumes_used(a) + 1, two = allvolumes_used(b) + 1;

    return one < two ? 1 : -(one > two);
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
    const struct row *row = item;

    return g_strdup(row->volume ? volume_text_file(row->config) : row->file);
}

static char *allvolumes_text_state(gconstpointer item, gpointer data)
{
    const struct row *row = item;
    const char *lag = row->volume ? volume_text_lag(row->qube, row->config) : "no owner";

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

    return !row->volume || volume_text_lag(row->qube, row->config) ? STYLE_WARN
                                                                    : STYLE_NORMAL;
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
    {"STATE", 8, 8, 2, TEXT_LEFT, allvolumes_text_state, allvolumes_style_state, NULL,
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

static gboolean allvolumes_wants(const struct allvolumes *view, const char *pool)
{
    return !view->pool || g_strcmp0(view->pool, pool) == 0;
}

static void allvolumes_add_qube(struct allvolumes *view, GPtrArray *ids,
                                const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (allvolumes_wants(view, config->pool))
            allvolumes_add(view, ids, qube, config->name);
    }
}

/* "oldtest/private", "vm-oldtest-private": without the directory or the volume group all
 * have. */
static const char *orphan_short(const char *name)
{
    const char *slash = strchr(name, '/');

    return slash && slash[1] ? slash + 1 : name;
}

static void allvolumes_add_orphans(struct allvolumes *view, GPtrArray *ids,
                                   const struct pool_entry *entry)
{
    if (!allvolumes_wants(view, entry->name))
        return;
    for (guint i = 0; entry->orphans && i < entry->orphans->len; i++) {
        const struct remain *remain = entry->orphans->pdata[i];
        char *id = g_strdup_printf(":%s:%s", entry->name, remain->name);
        struct row *row = g_new0(struct row, 1);

        row->name = g_strdup_printf("(orphan) %s", orphan_short(remain->name));
        row->pool = g_strdup(entry->name);
        row->file = g_strdup(remain->name);
        row->used = remain->used;
        g_hash_table_replace(view->rows, g_strdup(id), row);
        g_ptr_array_add(ids, id);
    }
}

static void allvolumes_fill(struct screen *screen)
{
    struct allvolumes *view = allvolumes_of(screen);
    const struct model *model = app_model(screen->app);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    g_hash_table_remove_all(view->rows);
    for (guint i = 0; !view->orphans && i < model->qubes->len; i++)
        allvolumes_add_qube(view, ids, model->qubes->pdata[i]);
    for (guint i = 0; i < model->pools->len; i++)
        allvolumes_add_orphans(view, ids, model->pools->pdata[i]);
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
    g_free(view->pool);
}

/* Told so when it comes into sight, too. */
static void allvolumes_event(struct screen *screen, const struct event *event)
{
    if (event->type == EVENT_MODEL)
        engine_request_volumes(app_engine(screen->app), NULL);
    if (event->type == EVENT_MODEL || (event->type == EVENT_OP && op_over(event->op)))
        engine_request_remains(app_engine(screen->app));
    if (event->type <= EVENT_QUBE || event->type == EVENT_VOLUMES ||
        event->type == EVENT_POOLS)
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

    return row && row->volume ? row->uuid : NULL;
}

static const char *allvolumes_volume(const struct screen *screen)
{
    const struct row *row = allvolumes_selected(screen);

    return row ? row->volume : NULL;
}

static char *allvolumes_status(const struct screen *screen)
{
    const struct allvolumes *view = allvolumes_of(screen);
    g_autofree char *rest =
        list_status(view->list, view->orphans ? "orphan" : "volume",
                    view->orphans ? "orphans" : "volumes");

    if (view->pool)
        return g_strdup_printf("%s  only pool %s", rest, view->pool);
    return g_strdup_printf("%s  flags: W writable  S snapshot  K kept", rest);
}

/* Why there is no row. */
static const char *allvolumes_empty(const struct allvolumes *view)
{
    if (list_all(view->list) > 0)
        return "No volume has this in its name. \\ clears the filter.";
    if (view->orphans)
        return "Nothing lies there that is of no volume. O shows the volumes again.";
    return view->pool ? "No volume is in this pool. \\ shows those of all."
                      : "No qube has a volume.";
}

static void allvolumes_draw(struct screen *screen, struct rect area)
{
    struct list *list = allvolumes_of(screen)->list;

    list_draw(list, area);
    if (list_shown(list) == 0)
        draw_words(area.y + 2, area.x + 2, area.w - 4, STYLE_NORMAL,
                   allvolumes_empty(allvolumes_of(screen)));
}

static void orphan_detail(const struct row *row, struct pane *pane)
{
    g_autofree char *used = text_size(row->used);

    pane_line(pane, STYLE_STRONG, "%s  %s used", row->file, used);
    pane_line(pane, STYLE_NORMAL, "pool %s", row->pool);
    pane_line(pane, STYLE_WARN, "! no volume of the store has it");
    pane_line(pane, STYLE_NORMAL, "qmc deletes nothing that it does not know: look what it "
                                  "is first");
}

static void allvolumes_detail(const struct screen *screen, struct pane *pane)
{
    const struct row *row = allvolumes_selected(screen);
    const char *source = NULL;

    if (row && !row->volume)
        orphan_detail(row, pane);
    if (!row || !row->volume)
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
    return allvolumes_subject(screen) != NULL;
}

static void allvolumes_limit(struct screen *screen, const char *pool, gboolean orphans)
{
    struct allvolumes *view = allvolumes_of(screen);

    g_free(view->pool);
    view->pool = g_strdup(pool);
    view->orphans = orphans;
    screen->stale = TRUE;
    app_dirty(screen->app);
}

static void allvolumes_key_orphans(struct screen *screen)
{
    struct allvolumes *view = allvolumes_of(screen);
    g_autofree char *pool = g_strdup(view->pool);

    allvolumes_limit(screen, pool, !view->orphans);
}

static void allvolumes_key_all(struct screen *screen)
{
    allvolumes_limit(screen, NULL, FALSE);
}

static gboolean allvolumes_is_limited(const struct screen *screen)
{
    const struct allvolumes *view = allvolumes_of(screen);

    return (view->pool || view->orphans) && !*list_filter(view->list);
}

void allvolumes_open_pool(struct app *app, const char *pool, gboolean orphans)
{
    struct screen *screen;

    app_show(app, &screen_allvolumes);
    while (app_top(app)->class != &screen_allvolumes)
        app_pop(app, app_top(app));
    screen = app_top(app);
    list_set_filter(allvolumes_of(screen)->list, "");
    list_order(allvolumes_of(screen)->list, "used");
    allvolumes_limit(screen, pool, orphans);
}

/* clang-format off */
static const struct key_row allvolumes_keys[] = {
    {"a F9", "actions", "Actions", "all actions, and why not", KEYS_ACT, NULL,
     actions_open, allvolumes_has_any},
    {"v", "qube", NULL, "the volumes of its qube", KEYS_ACT, NULL,
     allvolumes_key_open, allvolumes_has_any},
    {"O", "orphans", NULL, "only what is of no volume, and back", KEYS_SHOW, NULL,
     allvolumes_key_orphans, NULL},
    {"\\ Esc", "all", "Show all", "the volumes of all pools", KEYS_SHOW, NULL,
     allvolumes_key_all, allvolumes_is_limited},
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
