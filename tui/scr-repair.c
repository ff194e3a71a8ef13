/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with the store, the gravest first, and what can be done about it
 * (ux.md 4.19). */
#include "config.h"

#include <string.h>

#include "core/diagnosis.h"
#include "core/layout.h"
#include "core/prop-change.h"
#include "core/query.h"
#include "core/repair.h"
#include "tui/action.h"
#include "tui/facts.h"
#include "tui/findings.h"
#include "tui/list.h"
#include "tui/screens.h"
#include "util/error.h"

#define BELOW_LINES 6

struct repair_row {
    char *uuid, *object; /* NULL: it is about no qube */
    enum severity severity;
    char *message, *hint; /* hint may be NULL */
};

struct repair {
    struct list *list;
    GHashTable *rows;    /* id -> struct repair_row */
    struct query *query; /* NULL: none at work */
    gboolean again;      /* something has changed since it was asked */
};

/* --- rows --- */

static void row_free(gpointer data)
{
    struct repair_row *row = data;

    g_free(row->uuid);
    g_free(row->object);
    g_free(row->message);
    g_free(row->hint);
    g_free(row);
}

static void repair_add(struct repair *repair, const char *uuid, const char *name,
                       const struct finding *finding)
{
    struct repair_row *row = g_new0(struct repair_row, 1);

    row->uuid = g_strdup(uuid);
    row->object = g_strdup(name);
    row->severity = finding->severity;
    row->message = g_strdup(finding->message);
    row->hint = g_strdup(finding->hint);
    g_hash_table_replace(repair->rows, findings_id(row->uuid, row->message), row);
}

static void repair_add_all(struct repair *repair, const struct qube *qube,
                           const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        repair_add(repair, qube ? qube->uuid : NULL, qube ? qube->name : NULL,
                   findings->pdata[i]);
}

static void repair_add_found(struct repair *repair, const GPtrArray *found)
{
    for (guint i = 0; found && i < found->len; i++) {
        const struct diagnosis *diagnosis = found->pdata[i];

        repair_add(repair, diagnosis->uuid, diagnosis->name, &diagnosis->finding);
    }
}

/* One that cannot be read is all there is to say. */
static void repair_add_unread(struct repair *repair, const GError *error)
{
    g_autofree char *hint = g_strdup(error_hint(error));
    struct finding finding = {SEVERITY_STOP, error->message, hint};

    repair_add(repair, NULL, NULL, &finding);
}

static void repair_fill(struct screen *screen)
{
    struct repair *repair = screen->data;
    const struct model *model = app_model(screen->app);
    const GError *error = engine_store_error(app_engine(screen->app));
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer id;

    g_hash_table_remove_all(repair->rows);
    if (error)
        repair_add_unread(repair, error);
    repair_add_all(repair, NULL, model->findings);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        repair_add_all(repair, qube, qube->findings);
    }
    if (!error)
        repair_add_found(repair, findings_found(app_findings(screen->app)));
    g_hash_table_iter_init(&iter, repair->rows);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        g_ptr_array_add(ids, g_strdup(id));
    list_set(repair->list, ids);
}

/* --- what is on disk --- */

static gpointer repair_run(gconstpointer root, GError **error)
{
    g_autofree char *path = layout_path(root, LAYOUT_STORE);
    auto_of(store_reading) struct store_reading *reading =
        store_reading_new(root, path, error);

    return reading ? diagnose(root, reading->model) : NULL;
}

static void repair_ask(struct screen *screen);

/* A store that does not read is a finding of its own; one that takes too long to
 * look at keeps what was found before. */
static void repair_done(gpointer answer, const GError *error, gpointer data)
{
    struct screen *screen = data;
    struct repair *repair = screen->data;

    repair->query = NULL;
    if (!error)
        findings_set_found(app_findings(screen->app), answer);
    screen->stale = TRUE;
    app_dirty(screen->app);
    if (repair->again)
        repair_ask(screen);
}

static void repair_ask(struct screen *screen)
{
    struct repair *repair = screen->data;
    struct engine *engine = app_engine(screen->app);
    struct query_spec spec = {repair_run, (GDestroyNotify)g_ptr_array_unref, g_free,
                              repair_done, screen};

    repair->again = repair->query != NULL;
    if (!repair->query)
        repair->query = query_submit(engine, g_strdup(engine_root(engine)), &spec);
}

/* --- cells --- */

static gconstpointer repair_item(const char *id, gpointer data)
{
    const struct repair *repair = ((const struct screen *)data)->data;

    return g_hash_table_lookup(repair->rows, id);
}

static const char *repair_name(gconstpointer item, gpointer data)
{
    return ((const struct repair_row *)item)->message;
}

static const char *repair_object(gconstpointer item)
{
    const char *object = ((const struct repair_row *)item)->object;

    return object ? object : "-";
}

static int repair_compare_object(gconstpointer a, gconstpointer b, gpointer data)
{
    int order = strcmp(repair_object(a), repair_object(b));

    return order ? order : strcmp(repair_name(a, data), repair_name(b, data));
}

static int repair_compare_severity(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct repair_row *one = a, *two = b;

    return (int)two->severity - (int)one->severity;
}

static char *repair_text_severity(gconstpointer item, gpointer data)
{
    static const char *const words[] = {
        [SEVERITY_INFO] = "INFO", [SEVERITY_WARN] = "WARN", [SEVERITY_STOP] = "STOP",
    };

    return g_strdup(words[((const struct repair_row *)item)->severity]);
}

static enum style repair_style(gconstpointer item, gpointer data)
{
    static const enum style styles[] = {
        [SEVERITY_INFO] = STYLE_NORMAL, [SEVERITY_WARN] = STYLE_WARN,
        [SEVERITY_STOP] = STYLE_BAD,
    };

    return styles[((const struct repair_row *)item)->severity];
}

static char *repair_text_object(gconstpointer item, gpointer data)
{
    return g_strdup(repair_object(item));
}

static char *repair_text_message(gconstpointer item, gpointer data)
{
    return g_strdup(repair_name(item, data));
}

static char *repair_text_hint(gconstpointer item, gpointer data)
{
    const struct repair_row *row = item;

    return g_strdup(row->hint ? row->hint : "-");
}

/* clang-format off */
static const struct list_column repair_columns[] = {
    {"SEV", 4, 4, 0, TEXT_LEFT, repair_text_severity, repair_style, "severity",
     repair_compare_severity},
    {"QUBE", 12, 20, 0, TEXT_LEFT, repair_text_object, repair_style, "qube",
     repair_compare_object},
    {"WHAT IS WRONG", 34, 80, 0, TEXT_LEFT, repair_text_message, repair_style, NULL,
     NULL},
    {"PROPOSED REPAIR", 24, 80, 1, TEXT_LEFT, repair_text_hint, NULL, NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

static void repair_open(struct screen *screen, gconstpointer argument)
{
    struct repair *repair = screen->data;
    struct list_spec spec = {repair_columns, repair_item, repair_name,
                             repair_compare_object, screen};

    repair->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, row_free);
    repair->list = list_new(&spec);
    repair_ask(screen);
}

static void repair_close(struct screen *screen)
{
    struct repair *repair = screen->data;

    g_clear_pointer(&repair->query, query_forget);
    list_free(repair->list);
    g_hash_table_unref(repair->rows);
}

static void repair_event(struct screen *screen, const struct event *event)
{
    if (event->type == EVENT_MODEL || event->type == EVENT_QUBE)
        screen->stale = TRUE;
    if (event->type == EVENT_MODEL || (event->type == EVENT_OP && op_over(event->op)))
        repair_ask(screen);
}

static struct list *repair_list(const struct screen *screen)
{
    return ((const struct repair *)screen->data)->list;
}

static const struct repair_row *repair_selected(const struct screen *screen)
{
    const struct repair *repair = screen->data;
    const char *id = list_selected(repair->list);

    return id ? g_hash_table_lookup(repair->rows, id) : NULL;
}

static const char *repair_subject(const struct screen *screen)
{
    const struct repair_row *row = repair_selected(screen);

    return row ? row->uuid : NULL;
}

static char *repair_status(const struct screen *screen)
{
    return list_status(repair_list(screen), "finding", "findings");
}

/* --- drawing --- */

/* The lines it took. */
static int repair_draw_text(struct rect area, const char *word, const char *text)
{
    struct rect rest = {area.y, area.x + 9, area.h, area.w - 9};

    if (!text || area.h <= 0)
        return 0;
    draw_words(area.y, area.x, 8, STYLE_NORMAL, word);
    return draw_wrapped(rest, STYLE_NORMAL, text);
}

static void repair_draw_selected(const struct repair_row *row, struct rect area)
{
    struct facts facts = {area};
    int used;

    facts_title(&facts, row->object ? row->object : "the store");
    used = repair_draw_text(facts.area, "Wrong", row->message);
    facts.area.y += used;
    facts.area.h -= used;
    repair_draw_text(facts.area, "Repair", row->hint);
}

static void repair_draw(struct screen *screen, struct rect area)
{
    struct list *list = repair_list(screen);
    const struct repair_row *row = repair_selected(screen);

    if (row)
        repair_draw_selected(row, facts_cut(&area, list_shown(list), BELOW_LINES));
    list_draw(list, area);
    if (list_shown(list) == 0)
        draw_words(area.y + 2, area.x + 2, area.w - 4, STYLE_NORMAL,
                   list_all(list) > 0 ? "No finding has these words. \\ clears the filter."
                                      : "Nothing is wrong with the store.");
}

/* --- keys --- */

static void repair_key_open(struct screen *screen)
{
    detail_open(screen->app, repair_subject(screen), DETAIL_OVERVIEW);
}

static void repair_key_properties(struct screen *screen)
{
    detail_open(screen->app, repair_subject(screen), DETAIL_PROPERTIES);
}

static const char *repair_hint(const struct screen *screen)
{
    const struct repair_row *row = repair_selected(screen);

    return row ? row->hint : NULL;
}

static gboolean repair_has_command(const struct screen *screen)
{
    g_autofree char *command = repair_command(repair_hint(screen));

    return command != NULL;
}

static gboolean repair_has_hand(const struct screen *screen)
{
    return repair_selected(screen) && !repair_has_command(screen);
}

/* A value is chosen where it can be seen what fits: without one the command would
 * only read. */
static gboolean repair_edit(struct screen *screen)
{
    const struct model *model = app_model(screen->app);
    const char *uuid = repair_subject(screen);
    const struct qube *qube = uuid ? model_qube(model, uuid) : NULL;
    const struct qube *subject = uuid ? qube : model_qube_named(model, "dom0");
    g_autofree char *typed = qube ? qube_shell_name(qube) : NULL;
    g_autofree char *name = repair_property(repair_hint(screen), typed);
    const char *why;

    if (!name || !subject || !change_row(qube, name, NULL))
        return FALSE;
    why = action_refused(screen->app, qube ? "set" : "global-set", subject->uuid);
    if (why)
        app_note(screen->app, TRUE, "%s cannot be changed: %s", name, why);
    else
        prop_edit_open(screen->app, uuid, name);
    return TRUE;
}

/* Enter there does it, so that it is read and completed before. */
static void repair_key_repair(struct screen *screen)
{
    g_autofree char *command = repair_command(repair_hint(screen));

    if (!repair_edit(screen))
        command_open(screen->app, command);
}

static void repair_key_hand(struct screen *screen)
{
    const struct repair_row *row = repair_selected(screen);
    g_autofree char *name = text_sanitise(row->object ? row->object : "the store", -1);
    g_autofree char *title = g_strdup_printf("%s: to be mended by hand", name);
    g_autoptr(GError) error = NULL;

    error_set(&error, QMC_ERROR_STATE, row->hint, "%s", row->message);
    error_open_refused(screen->app, title, error);
}

static void repair_key_copies(struct screen *screen)
{
    copies_open(screen->app);
}

static gboolean repair_has_qube(const struct screen *screen)
{
    return repair_subject(screen) != NULL;
}

/* clang-format off */
static const struct key_row repair_keys[] = {
    {"r", "repair", "Repair", "what mends it, to be completed", KEYS_ACT,
     NULL, repair_key_repair, repair_has_command},
    {"r", "by-hand", "By hand", "what is to be done by hand", KEYS_ACT, NULL,
     repair_key_hand, repair_has_hand},
    {"Enter", "open", "Its qube", "the qube it is about", KEYS_ACT, NULL,
     repair_key_open, repair_has_qube},
    {"e F2", "properties", "Properties", "the properties of the qube", KEYS_ACT, NULL,
     repair_key_properties, repair_has_qube},
    {"c", "copies", "Copies", "copies of the store", KEYS_ACT, NULL,
     repair_key_copies, NULL},
    {NULL},
};
/* clang-format on */

static const struct key_row *const repair_tables[] = {list_filter_keys, NULL};

const struct screen_class screen_repair = {
    .name = "repair",
    .title = "what is wrong",
    .kind = SCREEN_VIEW,
    .view = '9',
    .tab = "Repair",
    .brief = "Repair",
    .keys = repair_keys,
    .more = list_keys,
    .others = repair_tables,
    .size = sizeof(struct repair),
    .open = repair_open,
    .close = repair_close,
    .draw = repair_draw,
    .typed = list_typed,
    .event = repair_event,
    .fill = repair_fill,
    .list = repair_list,
    .subject = repair_subject,
    .status = repair_status,
};
