/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of qubes: the screen that is always there (ux.md 4.1). */
#include "config.h"

#include <string.h>

#include "tui/action.h"
#include "tui/list.h"
#include "tui/pane-qube.h"
#include "tui/screens.h"
#include "tui/state.h"
#include "util/error.h"

struct qubes {
    struct list *list;
    gboolean internal; /* what only serves others is shown as well */
};

static struct model *qubes_model(gpointer data)
{
    const struct screen *screen = data;

    return app_model(screen->app);
}

/* --- cells --- */

static const char *qubes_letter(const struct screen *screen,
                                const struct qube *qube)
{
    static const char *const letters[] = {
        [POWER_UNKNOWN] = "?",  [POWER_HALTED] = ".",    [POWER_TRANSIENT] = ">",
        [POWER_RUNNING] = "R",  [POWER_PAUSED] = "P",    [POWER_SUSPENDED] = "S",
        [POWER_HALTING] = "<",  [POWER_DYING] = "<",     [POWER_CRASHED] = "!",
    };
    const struct op *op = action_running(screen->app, qube->uuid);

    if (op && op->row->passing)
        return letters[op->row->passing];
    if (qube->state == POWER_HALTED && qube_feature(qube, "prohibit-start"))
        return "x";
    return letters[qube->state];
}

static char *qubes_text_state(gconstpointer item, gpointer data)
{
    return g_strdup(qubes_letter(data, item));
}

static enum style qubes_style_state(gconstpointer item, gpointer data)
{
    switch (*qubes_letter(data, item)) {
    case 'R':
        return STYLE_GOOD;
    case '!':
        return STYLE_BAD;
    case '>':
    case '<':
    case 'P':
        return STYLE_WARN;
    }
    return STYLE_NORMAL;
}

static int qubes_compare_state(gconstpointer a, gconstpointer b, gpointer data)
{
    static const char order[] = "R><PS!?x.";
    const char *one = strchr(order, *qubes_letter(data, a));
    const char *two = strchr(order, *qubes_letter(data, b));

    return (int)(one - two);
}

static char *qubes_text_label(gconstpointer item, gpointer data)
{
    g_autofree char *label = qube_get(qubes_model(data), item, "label");

    return g_strdup(style_label_letters(label));
}

static enum style qubes_style_label(gconstpointer item, gpointer data)
{
    g_autofree char *label = qube_get(qubes_model(data), item, "label");

    return style_of_label(label);
}

static const char *qubes_name(gconstpointer item, gpointer data)
{
    return ((const struct qube *)item)->name;
}

static char *qubes_text_name(gconstpointer item, gpointer data)
{
    return g_strdup(qubes_name(item, data));
}

static int qubes_compare_name(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct qube *one = a, *two = b;

    /* dom0 is not one among many. */
    if ((one->qid == 0) != (two->qid == 0))
        return one->qid == 0 ? -1 : 1;
    return strcmp(one->name, two->name);
}

static char *qubes_text_class(gconstpointer item, gpointer data)
{
    const struct qube *qube = item;

    return g_strdup(qube->class ? qube->class->brief : qube->class_name);
}

static int qubes_compare_class(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct qube *one = a, *two = b;

    return strcmp(one->class_name, two->class_name);
}

static char *qubes_text_template(gconstpointer item, gpointer data)
{
    char *name = qube_get(qubes_model(data), item, "template");

    return name && *name ? name : (g_free(name), g_strdup("-"));
}

static int qubes_compare_text(char *one, char *two)
{
    int order = g_strcmp0(one, two);

    g_free(one);
    g_free(two);
    return order;
}

static int qubes_compare_template(gconstpointer a, gconstpointer b, gpointer data)
{
    return qubes_compare_text(qubes_text_template(a, data),
                              qubes_text_template(b, data));
}

/* '=' marks a net qube that is nobody's choice but the default. */
static char *qubes_text_netvm(gconstpointer item, gpointer data)
{
    const struct qube *qube = item;
    g_autofree char *name = qube_get(qubes_model(data), qube, "netvm");

    if (!name || !*name)
        return g_strdup("-");
    return g_strconcat(qube_is_explicit(qube, "netvm") ? "" : "=", name, NULL);
}

static int qubes_compare_netvm(gconstpointer a, gconstpointer b, gpointer data)
{
    return qubes_compare_text(qubes_text_netvm(a, data),
                              qubes_text_netvm(b, data));
}

static char *qubes_text_memory(gconstpointer item, gpointer data)
{
    const struct qube *qube = item;

    if (qube->state == POWER_HALTED)
        return g_strdup("-");
    return qube->memory_kib ? text_size(qube->memory_kib * 1024) : g_strdup("?");
}

static int qubes_compare_memory(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct qube *one = a, *two = b;

    return one->memory_kib < two->memory_kib ? 1
                                             : -(one->memory_kib > two->memory_kib);
}

/* By position: what is not so is a dot (help/qubes.help has the legend). */
static char *qubes_text_flags(gconstpointer item, gpointer data)
{
    static const struct {
        const char *property;
        char letter;
    } flags[] = {
        {"autostart", 'A'},
        {"provides_network", 'N'},
        {"include_in_backups", 'B'},
        {"debug", 'D'},
        {"template_for_dispvms", 'T'},
    };
    const struct qube *qube = item;
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        g_string_append_c(text, qube_get_bool(qubes_model(data), qube,
                                              flags[i].property)
                                    ? flags[i].letter : '.');
    g_string_append_c(text, qube->findings->len ? '!' : '.');
    return g_string_free(text, FALSE);
}

/* Of the gravest finding. */
static enum style qubes_style_findings(gconstpointer item, gpointer data)
{
    static const enum style styles[] = {
        [SEVERITY_INFO] = STYLE_NORMAL, [SEVERITY_WARN] = STYLE_WARN,
        [SEVERITY_STOP] = STYLE_BAD,
    };
    const struct qube *qube = item;
    enum severity worst = SEVERITY_INFO;

    for (guint i = 0; i < qube->findings->len; i++)
        worst = MAX(worst, ((const struct finding *)qube->findings->pdata[i])->severity);
    return styles[worst];
}

static int qubes_compare_flags(gconstpointer a, gconstpointer b, gpointer data)
{
    return -qubes_compare_text(qubes_text_flags(a, data),
                               qubes_text_flags(b, data));
}

/* clang-format off */
#define COLUMN_NAME 2
static const struct list_column qubes_columns[] = {
    {"S", 1, 1, 0, TEXT_LEFT, qubes_text_state, qubes_style_state, "state",
     qubes_compare_state},
    {"LBL", 3, 3, 0, TEXT_LEFT, qubes_text_label, qubes_style_label, NULL,
     NULL},
    {"NAME", 12, 31, 0, TEXT_LEFT, qubes_text_name, qubes_style_findings, "name",
     qubes_compare_name},
    {"CLASS", 5, 10, 3, TEXT_LEFT, qubes_text_class, NULL, "class",
     qubes_compare_class},
    {"TEMPLATE", 10, 24, 2, TEXT_LEFT, qubes_text_template, NULL,
     "template", qubes_compare_template},
    {"NET QUBE", 10, 24, 1, TEXT_LEFT, qubes_text_netvm, NULL, "net qube",
     qubes_compare_netvm},
    {"MEM", 6, 7, 1, TEXT_RIGHT, qubes_text_memory, NULL, "memory",
     qubes_compare_memory},
    {"FLAGS", 6, 6, 4, TEXT_LEFT, qubes_text_flags, qubes_style_findings,
     "flags", qubes_compare_flags},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

static gconstpointer qubes_item(const char *id, gpointer data)
{
    return model_qube(qubes_model(data), id);
}

static const char *qubes_parent(const char *id, gpointer data)
{
    const struct model *model = qubes_model(data);
    const struct qube *qube = model_qube(model, id);
    const struct qube *net = qube ? qube_get_vm(model, qube, "netvm") : NULL;

    return net ? net->uuid : NULL;
}

static gboolean qubes_is_internal(const struct qube *qube)
{
    const char *internal = qube_feature(qube, "internal");

    return internal && *internal;
}

static void qubes_fill(struct screen *screen)
{
    struct qubes *qubes = screen->data;
    const struct model *model = app_model(screen->app);
    GPtrArray *ids = g_ptr_array_new_full(model->qubes->len, g_free);

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        if (qubes->internal || !qubes_is_internal(qube))
            g_ptr_array_add(ids, g_strdup(qube->uuid));
    }
    list_set(qubes->list, ids);
}

static void qubes_open(struct screen *screen, gconstpointer argument)
{
    struct qubes *qubes = screen->data;
    struct list_spec spec = {qubes_columns, qubes_item, qubes_name,
                             qubes_compare_name, screen, qubes_parent,
                             COLUMN_NAME};

    qubes->internal = state_get(app_state(screen->app), "qubes.internal") != NULL;
    qubes->list = list_new(&spec);
    list_restore(qubes->list, app_state(screen->app), "qubes");
}

static void qubes_close(struct screen *screen)
{
    struct qubes *qubes = screen->data;

    state_set(app_state(screen->app), "qubes.internal",
              qubes->internal ? "on" : NULL);
    list_keep(qubes->list, app_state(screen->app), "qubes");
    list_free(qubes->list);
}

static struct list *qubes_list(const struct screen *screen)
{
    return ((const struct qubes *)screen->data)->list;
}

static const char *qubes_subject(const struct screen *screen)
{
    return list_selected(((const struct qubes *)screen->data)->list);
}

static char **qubes_marks(const struct screen *screen)
{
    return list_marks(qubes_list(screen));
}

static void qubes_event(struct screen *screen, const struct event *event)
{
    screen->stale = TRUE;
}

/* "  filter: sys,-internal": what keeps qubes from being shown. */
static void qubes_status_filter(const struct qubes *qubes, guint all, GString *text)
{
    const char *filter = list_filter(qubes->list);
    gboolean hides = list_all(qubes->list) < all;

    if (*filter || hides)
        g_string_append_printf(text, "  filter: %s%s", *filter ? filter : "all",
                               hides ? ",-internal" : "");
}

static char *qubes_status_counts(const struct screen *screen)
{
    const struct qubes *qubes = screen->data;
    const struct model *model = app_model(screen->app);
    guint running = 0, unknown = 0, busy = engine_busy(app_engine(screen->app));
    g_autofree char *sort = list_sort_text(qubes->list);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        running += qube->state == POWER_RUNNING;
        unknown += qube->state == POWER_UNKNOWN;
    }
    if (list_shown(qubes->list) != model->qubes->len)
        g_string_append_printf(text, "%u of ", list_shown(qubes->list));
    g_string_append_printf(text, "%u qubes  %u running", model->qubes->len, running);
    if (unknown)
        g_string_append_printf(text, "  %u not known", unknown);
    if (busy)
        g_string_append_printf(text, "  %u %s at work", busy,
                               busy == 1 ? "job" : "jobs");
    if (list_marked(qubes->list))
        g_string_append_printf(text, "  %u marked", list_marked(qubes->list));
    qubes_status_filter(qubes, model->qubes->len, text);
    g_string_append_printf(text, "  sort: %s%s%s", sort,
                           list_is_tree(qubes->list) ? "  tree: net" : "",
                           list_is_wide(qubes->list) ? "  wide" : "");
    return g_string_free(text, FALSE);
}

static char *qubes_status(const struct screen *screen)
{
    if (engine_store_error(app_engine(screen->app)))
        return g_strdup("the store is not read");
    return qubes_status_counts(screen);
}

/* --- drawing --- */

static void qubes_draw_empty(struct screen *screen, struct rect area)
{
    struct qubes *qubes = screen->data;
    const GError *error = engine_store_error(app_engine(screen->app));
    struct rect text = {area.y + 2, area.x + 2, area.h - 2, area.w - 4};

    if (error) {
        draw_words(text.y, text.x, text.w, STYLE_BAD,
                   "No qubes are shown, because the store cannot be read:");
        text.y += 2;
        text.h -= 2;
        int used = draw_wrapped(text, STYLE_NORMAL, error->message);
        text.y += used + 1;
        text.h -= used + 1;
        used = error_hint(error)
                   ? draw_wrapped(text, STYLE_STRONG, error_hint(error)) + 1 : 0;
        text.y += used;
        text.h -= used;
        draw_wrapped(text, STYLE_NORMAL,
                     "Enter lists its copies, the best first, to compare and restore.");
    } else if (*list_filter(qubes->list)) {
        draw_wrapped(text, STYLE_NORMAL,
                     "No qube has this in its name. \\ clears the filter.");
    } else {
        draw_wrapped(text, STYLE_NORMAL, "The store has no qubes yet.");
    }
}

static void qubes_draw(struct screen *screen, struct rect area)
{
    struct qubes *qubes = screen->data;

    list_draw(qubes->list, area);
    if (list_shown(qubes->list) == 0)
        qubes_draw_empty(screen, area);
}

/* --- keys --- */

static void qubes_key_volumes(struct screen *screen)
{
    const char *uuid = qubes_subject(screen);

    if (uuid)
        detail_open(screen->app, uuid, DETAIL_VOLUMES);
}

static void qubes_key_detail(struct screen *screen)
{
    const char *uuid = qubes_subject(screen);

    if (uuid)
        detail_open(screen->app, uuid, DETAIL_OVERVIEW);
}

static void qubes_key_firewall(struct screen *screen)
{
    const char *uuid = qubes_subject(screen);

    if (uuid)
        detail_open(screen->app, uuid, DETAIL_NETWORK);
}

static void qubes_key_log(struct screen *screen)
{
    const char *uuid = qubes_subject(screen);

    if (uuid)
        detail_open(screen->app, uuid, DETAIL_LOG);
}

static gboolean qubes_has_targets(const struct screen *screen)
{
    g_auto(GStrv) uuids = action_targets(screen);

    return uuids[0] != NULL;
}

static void qubes_key_properties(struct screen *screen)
{
    g_auto(GStrv) uuids = action_targets(screen);

    if (uuids[0] && uuids[1])
        props_open_several(screen->app, uuids);
    else if (uuids[0])
        detail_open(screen->app, uuids[0], DETAIL_PROPERTIES);
}

/* Another name for the selected one. */
static void qubes_ask_name(struct screen *screen, const char *op)
{
    g_autofree char *uuid = g_strdup(qubes_subject(screen));
    char *uuids[] = {uuid, NULL};
    struct arguments_spec spec = {op, uuids, list_selected_line(qubes_list(screen))};

    arguments_open(screen->app, &spec);
}

static void qubes_key_clone(struct screen *screen)
{
    qubes_ask_name(screen, "clone");
}

static void qubes_key_rename(struct screen *screen)
{
    qubes_ask_name(screen, "rename");
}

static gboolean qubes_is_unread(const struct screen *screen)
{
    return engine_store_error(app_engine(screen->app)) != NULL;
}

static void qubes_key_copies(struct screen *screen)
{
    copies_open(screen->app);
}

static gboolean qubes_has_one(const struct screen *screen)
{
    return qubes_subject(screen) != NULL;
}

static void qubes_key_tree(struct screen *screen)
{
    struct list *list = qubes_list(screen);

    list_set_tree(list, !list_is_tree(list));
}

static void qubes_key_internal(struct screen *screen)
{
    struct qubes *qubes = screen->data;

    qubes->internal = !qubes->internal;
    screen->stale = TRUE;
}

/* clang-format off */
static const struct key_row qubes_keys[] = {
    {"Enter", "detail", "Detail", "all about it", KEYS_ACT, NULL,
     qubes_key_detail, qubes_has_one},
    {"Enter", "copies", "Copies", "store's copies",
     KEYS_ACT, NULL, qubes_key_copies, qubes_is_unread},
    {"e F2", "properties", NULL, "properties", KEYS_ACT, NULL,
     qubes_key_properties, qubes_has_targets},
    {"a F9", "actions", "Actions", "all actions, and why not", KEYS_ACT, NULL,
     actions_open, qubes_has_targets},
    /* what changes with the qube stands behind what does not: fewer bytes a key */
    {"s", "start", "Start", NULL, KEYS_ACT, "start", NULL, NULL},
    {"S", "stop", "Shut down", NULL, KEYS_ACT, "stop", NULL, NULL},
    {"p", "pause", "Pause", NULL, KEYS_ACT, "pause", NULL, NULL},
    {"p", "unpause", "Unpause", NULL, KEYS_ACT, "unpause", NULL,
     action_can_unpause},
    {"K", "kill", "Kill", NULL, KEYS_ACT, "kill", NULL, NULL},
    {"n F7", "create", NULL, "new qube", KEYS_ACT, NULL, create_open, NULL},
    {"C F5", "clone", NULL, "clone it", KEYS_ACT, NULL, qubes_key_clone, qubes_has_one},
    {"F6", "rename", NULL, "rename it", KEYS_ACT, NULL, qubes_key_rename,
     qubes_has_one},
    {"D F8", "remove", NULL, NULL, KEYS_ACT, "remove", NULL, NULL},
    {"v", "volumes", NULL, "its volumes", KEYS_ACT, NULL,
     qubes_key_volumes, qubes_has_one},
    {"f", "firewall", NULL, "its network and firewall", KEYS_ACT, NULL,
     qubes_key_firewall, qubes_has_one},
    {"l F3", "log", NULL, "its log", KEYS_ACT, NULL, qubes_key_log,
     qubes_has_one},
    {"t", "tree", NULL, "tree by net qube", KEYS_SHOW, NULL, qubes_key_tree, NULL},
    {"i", "internal", NULL, "internal qubes on, off", KEYS_SHOW, NULL,
     qubes_key_internal, NULL},
    {NULL},
};
/* clang-format on */

static const struct key_row *const qubes_tables[] = {list_mark_keys, list_filter_keys,
                                                     NULL};

const struct screen_class screen_qubes = {
    .name = "qubes",
    .title = "qubes list",
    .kind = SCREEN_VIEW,
    .view = '1',
    .tab = "Qubes",
    .brief = "Qubes",
    .panes = TRUE,
    .keys = qubes_keys,
    .more = list_keys,
    .others = qubes_tables,
    .size = sizeof(struct qubes),
    .open = qubes_open,
    .close = qubes_close,
    .draw = qubes_draw,
    .typed = list_typed,
    .event = qubes_event,
    .fill = qubes_fill,
    .list = qubes_list,
    .subject = qubes_subject,
    .marks = qubes_marks,
    .status = qubes_status,
    .detail = pane_qube,
};
