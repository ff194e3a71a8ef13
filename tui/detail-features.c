/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Features with what they come from, services and tags of a qube (ux.md 4.7). */
#include "config.h"

#include "tui/detail.h"

#include <string.h>

#include "core/feature.h"
#include "tui/action.h"
#include "tui/list.h"
#include "tui/note-reading.h"

#define SUPPORTED "supported-"
#define SUPPORTED_SERVICE SUPPORTED FEATURE_SERVICE
/* What stands below the list, as far as so many rows are left to it. */
#define ROWS_MIN 5
#define BLOCK_HEIGHT 3
#define FOOT_HEIGHT 2
#define NOTE_HEIGHT 2

/* One row of the table, as it was when it was made. */
struct line {
    char *name;
    char *value; /* NULL: nobody has it */
    char *own;   /* of the qube itself; NULL: it has none */
    char *from;
    char *text;  /* what the filter looks at */
    guint kind;
};

struct features {
    struct list *list;
    GHashTable *lines; /* name -> struct line */
    gboolean own_only, stale;
    struct note_reading *note;
};

static struct features *features_of(const struct screen *screen)
{
    return detail_page(screen, DETAIL_FEATURES);
}

static void line_free(gpointer data)
{
    struct line *line = data;

    g_free(line->name);
    g_free(line->value);
    g_free(line->own);
    g_free(line->from);
    g_free(line->text);
    g_free(line);
}

/* --- kinds --- */

/* In the order they are shown; the first whose beginning fits counts. */
static const struct {
    const char *begins, *word;
} kinds[] = {
    {SUPPORTED, "info"},     {"gui", "gui"},
    {FEATURE_SERVICE, "service"}, {"net.", "net"},
    {"os", "info"},          {"menu-", "menu"},
    {"vm-config.", "config"}, {"custom-persist.", "config"},
    {"boot-mode.", "boot"},  {"preload-dispvm", "spare"},
};

/* Those that the template says of itself stand last. */
static guint kind_of(const char *name)
{
    guint n = G_N_ELEMENTS(kinds);

    for (guint i = 1; i < n; i++)
        if (g_str_has_prefix(name, kinds[i].begins))
            return i;
    if (g_str_has_prefix(name, SUPPORTED))
        return n + 2;
    return feature_find(name) ? n : n + 1;
}

static const char *kind_word(guint kind)
{
    guint n = G_N_ELEMENTS(kinds);

    return kind < n ? kinds[kind].word
           : kind == n ? "core" : kind == n + 1 ? "other" : kinds[0].word;
}

static char *value_text(const char *value)
{
    return g_strdup(!value ? "(unset)" : *value ? value : "(off)");
}

/* --- cells --- */

static const char *features_name(gconstpointer item, gpointer data)
{
    return ((const struct line *)item)->text;
}

static char *features_text_name(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct line *)item)->name);
}

static char *features_text_value(gconstpointer item, gpointer data)
{
    return value_text(((const struct line *)item)->value);
}

static enum style features_style_value(gconstpointer item, gpointer data)
{
    const struct line *line = item;

    return line->own ? STYLE_STRONG : line->value ? STYLE_NORMAL : STYLE_DIM;
}

static char *features_text_from(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct line *)item)->from);
}

static char *features_text_kind(gconstpointer item, gpointer data)
{
    return g_strdup(kind_word(((const struct line *)item)->kind));
}

static int features_compare_name(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct line *one = a, *two = b;

    return strcmp(one->name, two->name);
}

static int features_compare_kind(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct line *one = a, *two = b;

    return (int)one->kind - (int)two->kind;
}

static int features_compare_from(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct line *one = a, *two = b;

    return strcmp(one->from, two->from);
}

/* clang-format off */
static const struct list_column features_columns[] = {
    {"FEATURE", 26, 36, 0, TEXT_LEFT, features_text_name, NULL, "name",
     features_compare_name},
    {"VALUE", 20, 36, 0, TEXT_LEFT, features_text_value, features_style_value, NULL,
     NULL},
    {"FROM", 10, 31, 2, TEXT_LEFT, features_text_from, NULL, "from",
     features_compare_from},
    {"KIND", 7, 7, 3, TEXT_LEFT, features_text_kind, NULL, "kind",
     features_compare_kind},
    {NULL},
};
/* clang-format on */

/* --- rows --- */

static gconstpointer features_item(const char *id, gpointer data)
{
    return g_hash_table_lookup(features_of(data)->lines, id);
}

static void features_add(struct screen *screen, const struct qube *qube,
                         const char *name)
{
    struct features *features = features_of(screen);
    const struct qube *from = NULL;
    const char *value = feature_get(app_model(screen->app), qube, name, &from);
    const char *own = qube_feature(qube, name);
    gboolean service = g_str_has_prefix(name, FEATURE_SERVICE);
    struct line *line;

    if ((!value && !service) || (features->own_only && !own) ||
        g_hash_table_contains(features->lines, name))
        return;
    line = g_new0(struct line, 1);
    line->name = g_strdup(name);
    line->value = g_strdup(value);
    line->own = g_strdup(own);
    line->from = g_strdup(!value ? "-" : from == qube ? "this qube" : from->name);
    line->kind = kind_of(name);
    line->text = g_strdup_printf("%s %s", name, value ? value : "");
    g_hash_table_insert(features->lines, g_strdup(name), line);
}

/* Those it has, whosoever they are then; what it is said to have as a service. */
static void features_add_from(struct screen *screen, const struct qube *qube,
                              const struct qube *source)
{
    for (guint i = 0; i < source->features->len; i++) {
        const char *name = g_array_index(source->features, struct pair, i).name;

        features_add(screen, qube, name);
        if (!g_str_has_prefix(name, SUPPORTED_SERVICE))
            continue;
        g_autofree char *service =
            g_strconcat(FEATURE_SERVICE, name + strlen(SUPPORTED_SERVICE), NULL);
        features_add(screen, qube, service);
    }
}

static void features_add_along(struct screen *screen, const struct qube *qube,
                               const char *property)
{
    const struct model *model = app_model(screen->app);
    const struct qube *source = qube;

    for (int hops = 0; source && hops < MODEL_HOPS; hops++) {
        features_add_from(screen, qube, source);
        source = qube_get_vm(model, source, property);
    }
}

static void features_fill(struct screen *screen)
{
    struct features *features = features_of(screen);
    const struct qube *qube = detail_qube(screen);
    const struct qube *dom0 = model_qube_named(app_model(screen->app), "dom0");
    GPtrArray *ids;
    GHashTableIter iter;
    gpointer name;

    if (!features->stale || !qube)
        return;
    g_hash_table_remove_all(features->lines);
    features_add_along(screen, qube, "template");
    features_add_along(screen, qube, "netvm");
    if (dom0)
        features_add_from(screen, qube, dom0);
    ids = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_iter_init(&iter, features->lines);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        g_ptr_array_add(ids, g_strdup(name));
    features->stale = FALSE;
    list_set(features->list, ids);
}

/* --- the tab --- */

static gpointer features_open(struct screen *screen)
{
    struct features *features = g_new0(struct features, 1);
    struct list_spec spec = {features_columns, features_item, features_name,
                             features_compare_name, screen};

    features->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, line_free);
    features->list = list_new(&spec);
    list_order(features->list, "kind");
    features->note = note_reading_new(screen->app);
    return features;
}

static void features_close(gpointer page)
{
    struct features *features = page;

    note_reading_free(features->note);
    list_free(features->list);
    g_hash_table_unref(features->lines);
    g_free(features);
}

static void features_show(struct screen *screen)
{
    features_of(screen)->stale = TRUE;
    features_fill(screen);
    note_reading_look(features_of(screen)->note, detail_qube(screen));
}

static void features_event(struct screen *screen, const struct event *event)
{
    struct features *features = features_of(screen);
    const struct op *op = event->type == EVENT_OP ? event->op : NULL;

    if (event->type <= EVENT_QUBE)
        features->stale = TRUE;
    /* What somebody did here; what others do is seen when it is looked at again. */
    if (note_reading_is_of(features->note, detail_uuid(screen)) &&
        (event->type == EVENT_MODEL ||
         (op && op_over(op) && g_str_equal(op->row->name, "note"))))
        note_reading_look(features->note, detail_qube(screen));
}

void detail_reread_note(struct app *app)
{
    const struct screen *detail = app_find(app, &screen_detail);

    if (detail && note_reading_is_of(features_of(detail)->note, detail_uuid(detail)))
        note_reading_look(features_of(detail)->note, detail_qube(detail));
}

static struct list *features_list(const struct screen *screen)
{
    return features_of(screen)->list;
}

static const struct line *features_selected(const struct screen *screen)
{
    const struct features *features = features_of(screen);
    const char *id = list_selected(features->list);

    return id ? g_hash_table_lookup(features->lines, id) : NULL;
}

static char *features_status(const struct screen *screen)
{
    const struct features *features = features_of(screen);
    g_autofree char *rest = list_status(features->list, "feature", "features");

    return g_strconcat(rest, features->own_only ? "  only its own" : "", NULL);
}

/* --- drawing --- */

static int features_compare_lines(gconstpointer a, gconstpointer b)
{
    const struct line *const *one = a, *const *two = b;

    return features_compare_name(*one, *two, NULL);
}

/* "[x] cups   [-] network-manager", by name. */
static char *features_text_services(const struct features *features)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    GString *text = g_string_new(NULL);
    GHashTableIter iter;
    gpointer line;

    g_hash_table_iter_init(&iter, features->lines);
    while (g_hash_table_iter_next(&iter, NULL, &line))
        if (g_str_has_prefix(((struct line *)line)->name, FEATURE_SERVICE))
            g_ptr_array_add(lines, line);
    g_ptr_array_sort(lines, features_compare_lines);
    for (guint i = 0; i < lines->len; i++) {
        const struct line *one = lines->pdata[i];

        g_string_append_printf(text, "%s[%c] %s", i ? "   " : "",
                               !one->own ? ' ' : *one->own ? 'x' : '-',
                               one->name + strlen(FEATURE_SERVICE));
    }
    return g_string_free(text, FALSE);
}

static char *features_text_tags(const struct qube *qube)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < qube->tags->len; i++)
        g_string_append_printf(text, "%s%s", i ? "   " : "",
                               (const char *)qube->tags->pdata[i]);
    return g_string_free(text, FALSE);
}

/* At the lower end of the area, which gets smaller. */
static void features_draw_block(struct rect *area, const char *title,
                                const char *text)
{
    struct rect block = {area->y + area->h - BLOCK_HEIGHT, area->x, BLOCK_HEIGHT,
                         area->w};

    if (area->h < BLOCK_HEIGHT + ROWS_MIN + 1)
        return;
    area->h -= BLOCK_HEIGHT;
    draw_line(block.y, block.x, block.w, STYLE_BOX);
    draw_format(block.y, block.x + 2, block.w - 4, STYLE_STRONG, " %s ", title);
    draw_wrapped((struct rect){block.y + 1, block.x + 1, BLOCK_HEIGHT - 1,
                               block.w - 2}, STYLE_NORMAL, text);
}

/* The lowest, where the rest has room too. */
static void features_draw_note(const struct features *features, struct rect *area)
{
    const char *untrusted_text = note_reading_text(features->note);
    const char *error = note_reading_error(features->note);
    int y = area->y + area->h - NOTE_HEIGHT;

    if ((!untrusted_text && !error) ||
        area->h < NOTE_HEIGHT + 2 * BLOCK_HEIGHT + FOOT_HEIGHT + ROWS_MIN + 1)
        return;
    g_auto(GStrv) lines = g_strsplit(untrusted_text ? untrusted_text : "", "\n", 2);
    area->h -= NOTE_HEIGHT;
    draw_line(y, area->x, area->w, STYLE_BOX);
    draw_format(y, area->x + 2, area->w - 4, STYLE_STRONG, " Note, %zu bytes: N writes it ",
                untrusted_text ? strlen(untrusted_text) : (gsize)0);
    draw_format(y + 1, area->x + 1, area->w - 2, error ? STYLE_BAD : STYLE_NORMAL,
                "%s%s", error ? error : lines[0] && *lines[0] ? lines[0] : "none",
                lines[0] && lines[1] && *lines[1] ? " ..." : "");
}

static void features_draw_foot(const struct screen *screen, struct rect *area)
{
    const struct line *line = features_selected(screen);
    const struct feature_row *row = line ? feature_find(line->name) : NULL;
    int y = area->y + area->h - FOOT_HEIGHT;

    if (!line || area->h < FOOT_HEIGHT + ROWS_MIN + 1)
        return;
    area->h -= FOOT_HEIGHT;
    g_autofree char *value = value_text(line->value);
    draw_line(y, area->x, area->w, STYLE_BOX);
    draw_format(y, area->x + 2, area->w - 4, STYLE_STRONG, " %s: %s ", line->name,
                row ? row->help : "nothing here acts on it");
    draw_words(y + 1, area->x + 1, area->w - 2, STYLE_NORMAL, value);
}

static void features_draw(struct screen *screen, struct rect area)
{
    struct features *features = features_of(screen);
    const struct qube *qube = detail_qube(screen);

    features_fill(screen);
    g_autofree char *services = features_text_services(features);
    g_autofree char *tags = features_text_tags(qube);
    features_draw_note(features, &area);
    features_draw_block(&area, "Tags: t adds one, T takes one away",
                        *tags ? tags : "none");
    features_draw_block(&area, "Services: [x] on  [-] off  [ ] as it comes",
                        *services ? services : "none are known; n adds service.NAME");
    features_draw_foot(screen, &area);
    list_draw(features->list, area);
    if (list_shown(features->list) == 0)
        draw_wrapped((struct rect){area.y + 2, area.x + 2, area.h - 2, area.w - 4},
                     STYLE_NORMAL,
                     list_all(features->list)
                         ? "No feature has this in it. \\ clears the filter."
                         : "It has no features. n adds one.");
}

/* --- what is done --- */

static char *features_now(const struct model *model, const struct qube *qube,
                          const char *name)
{
    return value_text(feature_get(model, qube, name, NULL));
}

static void features_edit(struct app *app, const char *uuid, const char *name)
{
    const struct model *model = app_model(app);
    struct qube *qube = model_qube(model, uuid);
    const struct feature_row *row = feature_find(name);
    char *uuids[] = {qube->uuid, NULL};
    g_autoptr(GPtrArray) choices = g_ptr_array_new_with_free_func(g_free);
    const char *value = feature_get(model, qube, name, NULL);
    g_autofree char *title = g_strdup_printf("%s of %s", name, qube->name);
    struct edit_spec spec = {
        .op = "feature-set", .uuids = uuids, .name = "name", .value = name,
        .arg = "value", .initial = value ? value : "1", .choices = choices,
        .empty = "(off)", .title = title, .before = features_now,
        .takes = "any text; empty is off", .help = row ? row->help : NULL,
    };

    if (g_str_has_prefix(name, FEATURE_SERVICE)) {
        g_ptr_array_add(choices, g_strdup("1"));
        g_ptr_array_add(choices, g_strdup(""));
    }
    edit_open(app, &spec);
}

/* FALSE, and it was said why. */
static gboolean features_allows(struct screen *screen, const char *op,
                                const char *name)
{
    const char *why = action_refused(screen->app, op, detail_uuid(screen));
    g_autoptr(GError) error = NULL;

    if (!why && name && !feature_check(name, NULL, &error))
        why = error->message;
    if (why)
        app_note_on(screen->app, detail_uuid(screen), TRUE, "%s: %s",
                    op_find(op)->label, why);
    return !why;
}

static void features_key_edit(struct screen *screen)
{
    const struct line *line = features_selected(screen);

    if (line && features_allows(screen, "feature-set", line->name))
        features_edit(screen->app, detail_uuid(screen), line->name);
}

static void features_submit(struct screen *screen, const char *op, const char *name,
                            const char *value)
{
    g_autoptr(GHashTable) args = op_args_new("name", name, "value", value, NULL);

    action_start(screen->app, op, detail_uuid(screen), args);
}

static void features_key_unset(struct screen *screen)
{
    const struct line *line = features_selected(screen);

    if (line && features_allows(screen, "feature-unset", line->name))
        features_submit(screen, "feature-unset", line->name, NULL);
}

/* On, off, as it comes. */
static void features_key_turn(struct screen *screen)
{
    const struct line *line = features_selected(screen);

    if (!line || !features_allows(screen, "feature-set", line->name))
        return;
    if (line->own && !*line->own)
        features_submit(screen, "feature-unset", line->name, NULL);
    else
        features_submit(screen, "feature-set", line->name, line->own ? "" : "1");
}

/* Names that mean something and are not its own already. */
static GPtrArray *features_new_names(const struct qube *qube)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    gsize n;
    const struct feature_row *rows = feature_rows(&n);

    for (gsize i = 0; i < n; i++)
        if (!rows[i].managed && !g_str_has_prefix(rows[i].name, SUPPORTED) &&
            !qube_feature(qube, rows[i].name))
            g_ptr_array_add(names, g_strdup(rows[i].name));
    return names;
}

static void features_key_new(struct screen *screen)
{
    struct qube *qube = detail_qube(screen);
    g_autoptr(GPtrArray) names = features_new_names(qube);
    g_autofree char *title = g_strdup_printf("New feature of %s", qube->name);
    char *uuids[] = {qube->uuid, NULL};
    struct edit_spec spec = {
        .op = "feature-set", .uuids = uuids, .name = "value", .value = "",
        .arg = "name", .label = "Name", .initial = "", .choices = names, .title = title,
        .takes = "letters, digits, _ . and -", .then = features_edit,
        .help = "its name; then its value is asked for",
    };

    if (features_allows(screen, "feature-set", NULL))
        edit_open(screen->app, &spec);
}

/* Those of any qube which this one has, or has not. */
static GPtrArray *features_tags(const struct model *model, const struct qube *qube,
                                gboolean has)
{
    GPtrArray *tags = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *other = model->qubes->pdata[i];

        for (guint k = 0; k < other->tags->len; k++) {
            const char *tag = other->tags->pdata[k];

            if (qube_has_tag(qube, tag) == has &&
                !g_ptr_array_find_with_equal_func(tags, tag, g_str_equal, NULL))
                g_ptr_array_add(tags, g_strdup(tag));
        }
    }
    return tags;
}

static void features_ask_tag(struct screen *screen, const char *op, gboolean has)
{
    struct qube *qube = detail_qube(screen);
    g_autoptr(GPtrArray) tags = features_tags(app_model(screen->app), qube, has);
    g_autofree char *title =
        g_strdup_printf(has ? "Tag to take from %s" : "New tag of %s", qube->name);
    char *uuids[] = {qube->uuid, NULL};
    struct edit_spec spec = {
        .op = op, .uuids = uuids, .arg = "tag", .label = "Tag", .choices = tags, .title = title,
        .initial = has && tags->len ? tags->pdata[0] : "",
        .takes = "letters, digits, _ and -",
    };

    if (features_allows(screen, op, NULL))
        edit_open(screen->app, &spec);
}

static void features_key_tag(struct screen *screen)
{
    features_ask_tag(screen, "tag-add", FALSE);
}

static void features_key_untag(struct screen *screen)
{
    features_ask_tag(screen, "tag-del", TRUE);
}

static void features_key_note(struct screen *screen)
{
    const struct note_reading *note = features_of(screen)->note;

    if (!features_allows(screen, "note", NULL))
        return;
    if (note_reading_text(note))
        note_open(screen->app, detail_uuid(screen), note_reading_text(note));
    else
        app_note_on(screen->app, detail_uuid(screen), TRUE, "%s: %s",
                    op_find("note")->label,
                    note_reading_error(note) ? "the one it has cannot be read"
                                             : "the one it has is still being read");
}

static void features_key_hide(struct screen *screen)
{
    struct features *features = features_of(screen);

    features->own_only = !features->own_only;
    features->stale = TRUE;
    features_fill(screen);
}

static gboolean features_has_one(const struct screen *screen)
{
    return features_selected(screen) != NULL;
}

static gboolean features_has_own(const struct screen *screen)
{
    const struct line *line = features_selected(screen);

    return line && line->own;
}

static gboolean features_is_service(const struct screen *screen)
{
    const struct line *line = features_selected(screen);

    return line && g_str_has_prefix(line->name, FEATURE_SERVICE);
}

static gboolean features_can_note(const struct screen *screen)
{
    return action_can(screen, "note");
}

static gboolean features_has_tags(const struct screen *screen)
{
    const struct qube *qube = detail_qube(screen);

    return qube && qube->tags->len > 0;
}

/* clang-format off */
const struct key_row detail_features_keys[] = {
    {"Enter", "edit", "Edit", "features: another value", KEYS_ACT, NULL, features_key_edit,
     features_has_one},
    {"n", "new", "New", "features: a new one", KEYS_ACT, NULL, features_key_new, NULL},
    {"D", "unset", "Unset", "features: take it away", KEYS_ACT, NULL,
     features_key_unset, features_has_own},
    {"Space", "turn", "On/off", "services: on, off", KEYS_ACT, NULL,
     features_key_turn, features_is_service},
    {"t", "tag", "Tag", NULL, KEYS_ACT, NULL, features_key_tag, NULL},
    {"T", "untag", NULL, "tags: add, take away", KEYS_ACT, NULL, features_key_untag,
     features_has_tags},
    {"N", "note", "Note", "its note", KEYS_ACT, NULL, features_key_note,
     features_can_note, TRUE},
    {"H", "hide-inherited", NULL, "features: its own only", KEYS_SHOW, NULL,
     features_key_hide, NULL},
    {NULL},
};
/* clang-format on */

const struct detail_tab detail_features = {
    .title = "Features",
    .keys = detail_features_keys,
    .filters = TRUE,
    .open = features_open,
    .close = features_close,
    .show = features_show,
    .draw = features_draw,
    .event = features_event,
    .status = features_status,
    .list = features_list,
};
