/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pools: how full, how much promised, by whom (ux.md 4.9). */
#include "config.h"

#include <string.h>

#include "core/foreign.h"
#include "core/growth.h"
#include "core/pool-use.h"
#include "tui/facts.h"
#include "tui/list.h"
#include "tui/meter.h"
#include "tui/screens.h"
#include "tui/volume-text.h"
#include "util/text.h"

#define DETAIL_LINES 10
#define BAR_WIDTH 14
#define BIGGEST 20

struct pools_view {
    struct list *list;
};

static const struct model *pools_model(const struct screen *screen)
{
    return app_model(screen->app);
}

/* --- what lies in a pool --- */

static guint64 shares_promised(const GArray *shares)
{
    guint64 sum = 0;

    for (guint i = 0; i < shares->len; i++)
        sum += g_array_index(shares, struct pool_share, i).config->size;
    return sum;
}

/* Most used first; what was not read comes last. */
static int shares_compare(gconstpointer a, gconstpointer b)
{
    const struct pool_share *one = a, *two = b;
    guint64 first = one->config->used + 1, second = two->config->used + 1;

    if (first != second)
        return first < second ? 1 : -1;
    return strcmp(one->qube->name, two->qube->name);
}

/* --- cells --- */

static gconstpointer pools_item(const char *id, gpointer data)
{
    return model_pool(pools_model(data), id);
}

static const char *pools_name(gconstpointer item, gpointer data)
{
    return ((const struct pool_entry *)item)->name;
}

static char *pools_text_name(gconstpointer item, gpointer data)
{
    return g_strdup(pools_name(item, data));
}

static int pools_compare_name(gconstpointer a, gconstpointer b, gpointer data)
{
    return strcmp(pools_name(a, data), pools_name(b, data));
}

static char *pools_text_driver(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct pool_entry *)item)->driver);
}

static int pools_compare_driver(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct pool_entry *one = a, *two = b;

    return g_strcmp0(one->driver, two->driver);
}

/* Its name stands beside it. */
static const char *pools_reason(const struct pool_entry *entry)
{
    g_autofree char *start = g_strdup_printf("pool '%s': ", entry->name);

    return entry->trouble + (g_str_has_prefix(entry->trouble, start) ? strlen(start)
                                                                    : 0);
}

static gboolean pools_counts(const struct pool_entry *entry)
{
    return entry->pool && pool_driver(entry->pool)->usage;
}

static char *pools_text_data(gconstpointer item, gpointer data)
{
    const struct pool_entry *entry = item;
    int percent = pool_entry_percent(entry);

    if (driver_is_foreign(entry->driver))
        return g_strdup("not used");
    if (entry->trouble)
        return g_strdup_printf("OFFLINE  %s", pools_reason(entry));
    if (!pools_counts(entry))
        return g_strdup("-");
    if (percent < 0)
        return g_strdup("?");
    g_autofree char *used = text_size(entry->used);
    g_autofree char *size = text_size(entry->size);
    g_autofree char *bar = meter_text(percent, BAR_WIDTH);
    return g_strdup_printf("%6s/%6s %s", used, size, bar);
}

static enum style pools_style_data(gconstpointer item, gpointer data)
{
    const struct pool_entry *entry = item;

    if (entry->trouble)
        return STYLE_BAD;
    return meter_words(pool_entry_percent(entry));
}

static int pools_compare_data(gconstpointer a, gconstpointer b, gpointer data)
{
    return pool_entry_percent(b) - pool_entry_percent(a);
}

/* It fills before the data do, and is worse. */
static char *pools_text_metadata(gconstpointer item, gpointer data)
{
    int percent = pool_entry_metadata_percent(item);

    return percent < 0 ? g_strdup("-")
                       : g_strdup_printf("%d%%%s", percent,
                                         percent >= METER_ATTENTION ? "!" : "");
}

static enum style pools_style_metadata(gconstpointer item, gpointer data)
{
    return meter_words(pool_entry_metadata_percent(item));
}

/* As promised to the volumes in it; NULL: the size is not known. */
static char *pools_over(const struct pool_entry *entry, const GArray *shares)
{
    if (!entry->usage_known || !entry->size)
        return NULL;
    return g_strdup_printf("%.1fx",
                           (double)shares_promised(shares) / (double)entry->size);
}

static char *pools_text_over(gconstpointer item, gpointer data)
{
    g_autoptr(GArray) shares = pool_shares(pools_model(data), pools_name(item, data));
    char *over = pools_over(item, shares);

    return over ? over : g_strdup("-");
}

/* NULL: it has none, or it is not known yet. */
static char *pools_growth(const struct pool_entry *entry)
{
    return entry->usage_known && entry->growth ? growth_rate_text(entry->growth) : NULL;
}

static char *pools_text_growth(gconstpointer item, gpointer data)
{
    const struct pool_entry *entry = item;
    char *growth = pools_growth(entry);

    return growth ? growth : g_strdup(entry->usage_known ? "?" : "-");
}

static char *pools_text_full(gconstpointer item, gpointer data)
{
    const char *what;
    gint64 seconds;

    return pool_entry_full_in(item, &seconds, &what) ? growth_time_text(seconds)
                                                     : g_strdup("-");
}

static char *pools_text_qubes(gconstpointer item, gpointer data)
{
    g_autoptr(GArray) shares = pool_shares(pools_model(data), pools_name(item, data));

    return g_strdup_printf("%u", pool_shares_qubes(shares));
}

static char *pools_text_volumes(gconstpointer item, gpointer data)
{
    g_autoptr(GArray) shares = pool_shares(pools_model(data), pools_name(item, data));

    return g_strdup_printf("%u", shares->len);
}

static char *pools_text_keep(gconstpointer item, gpointer data)
{
    const struct pool_entry *entry = item;

    if (!entry->pool || !pool_driver(entry->pool)->revisions)
        return g_strdup("-");
    return g_strdup_printf("%d", pool_revisions_to_keep(entry->pool));
}

/* The global properties that name it. */
static char *pools_text_role(gconstpointer item, gpointer data)
{
    g_autoptr(GPtrArray) defaults =
        pool_defaults(pools_model(data), pools_name(item, data));
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < defaults->len; i++) {
        const char *property = defaults->pdata[i];
        const char *word = property + strlen("default_pool");

        g_string_append_printf(text, "%s%s", text->len ? "," : "",
                               *word ? word + 1 : "default");
    }
    return text->len ? g_string_free(text, FALSE)
                     : (g_string_free(text, TRUE), g_strdup("-"));
}

/* clang-format off */
static const struct list_column pools_columns[] = {
    {"POOL", 12, 24, 0, TEXT_LEFT, pools_text_name, NULL, "name",
     pools_compare_name},
    {"DRIVER", 12, 14, 2, TEXT_LEFT, pools_text_driver, NULL, "driver",
     pools_compare_driver},
    {"DATA", 28, 28, 0, TEXT_LEFT, pools_text_data, pools_style_data, "data",
     pools_compare_data},
    {"META", 4, 5, 1, TEXT_RIGHT, pools_text_metadata, pools_style_metadata, NULL, NULL},
    {"OVER", 5, 5, 6, TEXT_RIGHT, pools_text_over, NULL, NULL, NULL},
    {"QUBES", 5, 5, 3, TEXT_RIGHT, pools_text_qubes, NULL, NULL, NULL},
    {"VOLS", 4, 5, 4, TEXT_RIGHT, pools_text_volumes, NULL, NULL, NULL},
    {"KEEP", 4, 5, 5, TEXT_RIGHT, pools_text_keep, NULL, NULL, NULL},
    {"GROWTH", 9, 11, 8, TEXT_RIGHT, pools_text_growth, NULL, NULL, NULL},
    {"FULL IN", 7, 7, 7, TEXT_RIGHT, pools_text_full, NULL, NULL, NULL},
    {"ROLE", 7, 24, 1, TEXT_LEFT, pools_text_role, NULL, NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

static void pools_fill(struct screen *screen)
{
    struct pools_view *view = screen->data;
    const struct model *model = pools_model(screen);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        g_ptr_array_add(ids, g_strdup(entry->name));
    }
    list_set(view->list, ids);
}

static void pools_open(struct screen *screen, gconstpointer argument)
{
    struct pools_view *view = screen->data;
    struct list_spec spec = {pools_columns, pools_item, pools_name,
                             pools_compare_name, screen};

    view->list = list_new(&spec);
}

static void pools_close(struct screen *screen)
{
    list_free(((struct pools_view *)screen->data)->list);
}

/* Told so when it comes into sight, too. */
static void pools_event(struct screen *screen, const struct event *event)
{
    if (event->type == EVENT_MODEL)
        engine_request_volumes(app_engine(screen->app), NULL);
    if (event->type == EVENT_MODEL || (event->type == EVENT_OP && op_over(event->op)))
        engine_request_remains(app_engine(screen->app));
    if (event->type == EVENT_MODEL || event->type == EVENT_POOLS)
        screen->stale = TRUE;
}

static struct list *pools_list(const struct screen *screen)
{
    return ((const struct pools_view *)screen->data)->list;
}

static char *pools_status(const struct screen *screen)
{
    return list_status(pools_list(screen), "pool", "pools");
}

/* --- details --- */

/* A directory, or a thin pool. */
static char *pools_place(const struct pool_entry *entry)
{
    const char *group = entry->pool ? pool_param(entry->pool, "volume_group") : NULL;
    const char *dir = pool_entry_dir(entry);

    return group ? g_strdup_printf("%s/%s", group, pool_param(entry->pool, "thin_pool"))
                 : g_strdup(dir ? dir : "");
}

static void pools_draw_place(const struct pool_entry *entry, struct facts *facts)
{
    g_autofree char *place = pools_place(entry);
    g_autofree char *text = g_strdup_printf("%s  %s", entry->driver, place);
    g_autofree char *outer =
        entry->included_in ? g_strdup_printf("pool %s", entry->included_in) : NULL;

    facts_put(facts, STYLE_NORMAL, "Driver", text);
    facts_put(facts, STYLE_NORMAL, "In", outer);
}

/* With what there is to extend either by. */
static void pools_draw_metadata(const struct pool_entry *entry, struct facts *facts)
{
    int percent = pool_entry_metadata_percent(entry);
    guint64 left = pool_entry_figure(entry, "extend_free");

    if (percent < 0)
        return;
    g_autofree char *used = text_size(pool_entry_figure(entry, "metadata_usage"));
    g_autofree char *size = text_size(pool_entry_figure(entry, "metadata_size"));
    g_autofree char *room = left == G_MAXUINT64 ? NULL : text_size(left);
    g_autofree char *text =
        g_strdup_printf("%s of %s, %d%%%s%s%s", used, size, percent,
                        percent >= METER_ATTENTION ? "!" : "", room ? "   " : "",
                        room ? room : "");
    g_autofree char *line = room ? g_strdup_printf("%s to extend it by", text) : NULL;
    facts_put(facts, meter_words(percent), "Metadata", line ? line : text);
}

static void pools_draw_growth(const struct pool_entry *entry, struct facts *facts)
{
    g_autofree char *growth = pools_growth(entry);
    const char *what;
    gint64 seconds;

    if (!entry->usage_known)
        return;
    if (!growth) {
        facts_put(facts, STYLE_NORMAL, "Growth", "? (after 10 minutes)");
        return;
    }
    if (!pool_entry_full_in(entry, &seconds, &what)) {
        facts_put(facts, STYLE_NORMAL, "Growth", growth);
        return;
    }
    g_autofree char *time = growth_time_words(seconds);
    g_autofree char *text =
        g_strdup_printf("%s; its %s full in %s at this rate", growth,
                        g_str_equal(what, "data") ? "data are" : "metadata are", time);
    facts_put(facts, STYLE_NORMAL, "Growth", text);
}

/* What may go, and what nobody knows; the keys are those of the actions. */
static void pools_draw_remains(const struct pool_entry *entry, struct facts *facts)
{
    static const char *const ends[] = {"  -> R deletes it", "  -> O lists them"};
    const GPtrArray *found[] = {entry->spare, entry->orphans};
    static const char *const words[] = {"Reclaim", "Orphans"};

    for (gsize i = 0; i < G_N_ELEMENTS(found); i++) {
        if (!found[i] || found[i]->len == 0)
            continue;
        g_autofree char *what = remains_words(found[i]);
        g_autofree char *used = text_size(remains_used(found[i]));
        g_autofree char *text = g_strdup_printf("%s, %s%s%s", what, i == 0 ? "at most " : "",
                                                used, ends[i]);

        facts_put(facts, STYLE_NORMAL, words[i], text);
    }
}

/* Who misses it. */
static void pools_draw_needed(const struct pool_entry *entry, const GArray *shares,
                              struct facts *facts)
{
    guint n = pool_shares_qubes(shares);
    const struct qube *first =
        n > 0 ? g_array_index(shares, struct pool_share, 0).qube : NULL;

    if (!first)
        return;
    g_autofree char *more = n > 1 ? g_strdup_printf(" and %u more", n - 1) : g_strdup("");
    g_autofree char *text = g_strdup_printf("by %s%s: Enter lists the volumes", first->name,
                                            more);
    facts_put(facts, STYLE_WARN, "Needed", text);
}

static void pools_draw_keep(const struct pool_entry *entry, struct facts *facts)
{
    int keep = pool_revisions_to_keep(entry->pool);
    g_autofree char *text =
        !pool_driver(entry->pool)->revisions ? NULL
        : keep < 0 ? g_strdup("no revisions: images are changed in place")
                   : g_strdup_printf("%d earlier state%s of a volume", keep,
                                     keep == 1 ? "" : "s");

    facts_put(facts, STYLE_NORMAL, "Keeps", text);
}

/* Beside what is said as offline. */
static void pools_draw_health(const struct pool_entry *entry, struct facts *facts)
{
    g_autofree char *health = entry->trouble ? NULL : pool_entry_health(entry);

    facts_put(facts, pool_entry_level(entry) == POOL_ALARM ? STYLE_BAD : STYLE_WARN,
              "Health", health);
}

static void pools_draw_data(const struct pool_entry *entry, struct facts *facts)
{
    if (!entry->usage_known) {
        facts_put(facts, STYLE_NORMAL, "Data", entry->trouble ? "?" : "not read yet");
        return;
    }
    g_autofree char *used = text_size(entry->used);
    g_autofree char *left = text_size(entry->size - MIN(entry->used, entry->size));
    g_autofree char *text = g_strdup_printf("%s used, %s free", used, left);
    facts_put(facts, meter_words(pool_entry_percent(entry)), "Data", text);
}

static void pools_draw_promised(const struct pool_entry *entry,
                                const GArray *shares, struct facts *facts)
{
    guint64 promised = shares_promised(shares);
    g_autofree char *sum = text_size(promised);
    g_autofree char *over = pools_over(entry, shares);
    g_autofree char *ratio = over ? g_strdup_printf(" (%s the pool)", over) : g_strdup("");
    g_autofree char *text = g_strdup_printf("%s over %u volumes%s", sum, shares->len,
                                            ratio);

    facts_put(facts, STYLE_NORMAL, "Promised", text);
}

static void pools_draw_biggest(GArray *shares, struct facts *facts)
{
    g_array_sort(shares, shares_compare);
    for (guint i = 0; i < MIN(shares->len, BIGGEST); i++) {
        const struct pool_share *share = &g_array_index(shares, struct pool_share, i);
        g_autofree char *used = volume_text_used(share->config);
        g_autofree char *size = volume_text_size(share->config);
        g_autofree char *name =
            g_strdup_printf("%s:%s", share->qube->name, share->config->name);
        g_autofree char *text = g_strdup_printf("%8s of %8s  %s", used, size, name);

        facts_put(facts, STYLE_NORMAL, i == 0 ? "Biggest" : "", text);
    }
}

static void pools_draw_detail(struct screen *screen, const struct pool_entry *entry,
                              struct rect area)
{
    struct facts facts = {area};
    g_autoptr(GArray) shares = pool_shares(pools_model(screen), entry->name);

    facts_title(&facts, entry->name);
    pools_draw_place(entry, &facts);
    if (driver_is_foreign(entry->driver))
        facts_put(&facts, STYLE_NORMAL, "Not used",
                  "qmc cannot work with it yet; settings of its qubes can be changed");
    if (entry->trouble)
        facts_put(&facts, STYLE_BAD, "Offline", pools_reason(entry));
    if (entry->trouble)
        pools_draw_needed(entry, shares, &facts);
    if (pools_counts(entry)) {
        pools_draw_health(entry, &facts);
        pools_draw_data(entry, &facts);
        pools_draw_metadata(entry, &facts);
        pools_draw_growth(entry, &facts);
        pools_draw_promised(entry, shares, &facts);
        pools_draw_keep(entry, &facts);
        pools_draw_remains(entry, &facts);
    }
    if (pools_counts(entry) || !entry->pool)
        pools_draw_biggest(shares, &facts);
}

static void pools_draw(struct screen *screen, struct rect area)
{
    struct list *list = pools_list(screen);
    const char *id = list_selected(list);
    const struct pool_entry *entry = id ? model_pool(pools_model(screen), id) : NULL;

    if (entry)
        pools_draw_detail(screen, entry,
                          facts_cut(&area, list_shown(list), DETAIL_LINES));
    list_draw(list, area);
    if (list_shown(list) == 0)
        draw_words(area.y + 2, area.x + 2, area.w - 4, STYLE_NORMAL,
                   list_all(list) > 0
                       ? "No pool has this in its name. \\ clears the filter."
                       : "The store has no pools.");
}

/* --- keys --- */

static struct pool_entry *pools_selected(const struct screen *screen)
{
    const char *id = list_selected(pools_list(screen));

    return id ? model_pool(pools_model(screen), id) : NULL;
}

static gboolean pools_has_any(const struct screen *screen)
{
    return pools_selected(screen) != NULL;
}

static gboolean pools_can_use(const struct screen *screen)
{
    const struct pool_entry *entry = pools_selected(screen);

    return entry && entry->pool;
}

static gboolean pools_can_extend(const struct screen *screen)
{
    const struct pool_entry *entry = pools_selected(screen);

    return entry && entry->pool && pool_can_extend(entry->pool, NULL);
}

static char *pools_dom0[] = {(char[]){DOM0_UUID}, NULL};

static void pools_ask(struct screen *screen, const char *op, const char *pool)
{
    g_autoptr(GHashTable) args = op_args_new("pool", pool, NULL);
    struct arguments_spec spec = {
        op, pools_dom0, pool ? list_selected_line(pools_list(screen)) : 0, args};

    arguments_open(screen->app, &spec);
}

static void pools_do(struct screen *screen, const char *op)
{
    const struct pool_entry *entry = pools_selected(screen);
    g_autoptr(GHashTable) args = entry ? op_args_new("pool", entry->name, NULL) : NULL;

    if (entry)
        action_start(screen->app, op, DOM0_UUID, args);
}

static void pools_key_add(struct screen *screen)
{
    pools_ask(screen, "pool-add", NULL);
}

static void pools_key_set(struct screen *screen)
{
    pools_ask(screen, "pool-set", pools_selected(screen)->name);
}

static void pools_key_remove(struct screen *screen)
{
    pools_do(screen, "pool-rm");
}

static void pools_key_reclaim(struct screen *screen)
{
    pools_do(screen, "pool-reclaim");
}

/* Also said of one that cannot: why not. */
static void pools_key_extend(struct screen *screen)
{
    const struct pool_entry *entry = pools_selected(screen);
    g_autoptr(GError) error = NULL;

    if (!entry || !entry->pool)
        return;
    if (pool_can_extend(entry->pool, &error))
        pools_ask(screen, "pool-extend", entry->name);
    else
        app_note(screen->app, TRUE, "%s", error->message);
}

static void pools_key_volumes(struct screen *screen)
{
    allvolumes_open_pool(screen->app, pools_selected(screen)->name, FALSE);
}

static void pools_key_orphans(struct screen *screen)
{
    allvolumes_open_pool(screen->app, pools_selected(screen)->name, TRUE);
}

static gboolean pools_has_orphans(const struct screen *screen)
{
    const struct pool_entry *entry = pools_selected(screen);

    return entry && entry->pool && pool_driver(entry->pool)->orphans;
}

/* clang-format off */
static const struct key_row pools_keys[] = {
    {"Enter b", "volumes", "volumes", "the volumes in it, the biggest first", KEYS_ACT, NULL,
     pools_key_volumes, pools_has_any},
    {"n F7", "pool-add", "new", "make a pool", KEYS_ACT, NULL, pools_key_add, NULL},
    {"e F2", "pool-set", "edit", "change how it keeps its volumes", KEYS_ACT, NULL,
     pools_key_set, pools_can_use},
    {"D F8", "pool-rm", "remove", "take it out of the store; nothing in it is deleted",
     KEYS_ACT, NULL, pools_key_remove, pools_has_any},
    {"R", "pool-reclaim", "reclaim", "delete what no qube needs", KEYS_ACT, NULL,
     pools_key_reclaim, pools_can_use},
    {"x", "pool-extend", "extend", "give it more of what is free around it", KEYS_ACT, NULL,
     pools_key_extend, pools_can_extend, TRUE},
    {"O", "orphans", NULL, "what in it is of no volume", KEYS_ACT, NULL,
     pools_key_orphans, pools_has_orphans},
    {NULL},
};
/* clang-format on */

static const struct key_row *const pools_tables[] = {list_filter_keys, NULL};

const struct screen_class screen_pools = {
    .name = "pools",
    .title = "pools",
    .kind = SCREEN_VIEW,
    .view = '2',
    .tab = "Pools",
    .brief = "Pools",
    .keys = pools_keys,
    .more = list_keys,
    .others = pools_tables,
    .size = sizeof(struct pools_view),
    .open = pools_open,
    .close = pools_close,
    .draw = pools_draw,
    .typed = list_typed,
    .event = pools_event,
    .fill = pools_fill,
    .list = pools_list,
    .status = pools_status,
};
