/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/props.h"

#include <string.h>

#include "core/prop-change.h"
#include "tui/list.h"
#include "tui/prop-text.h"
#include "tui/screens.h"
#include "util/near.h"

/* What is known of the selected row stands below the list if so much is left. */
#define FOOT_HEIGHT 4
#define ROWS_MIN 6
#define FOOT_LABEL 9

/* One row of the table, as it was when it was made. */
struct line {
    const struct prop_row *row; /* of the first of the qubes */
    GPtrArray *uuids;  /* char *; of dom0 for the system */
    gboolean system, set, mixed, bad;
    char *qube;        /* name, of one; NULL: of several */
    char *value, *note;
    char *text;        /* what the filter looks at */
};

struct props {
    struct screen *screen;
    enum props_scope scope;
    struct list *list;
    GHashTable *lines; /* id -> struct line */
    char **uuids;
    char *wanted;
    gboolean set_only, stale;
};

static void line_free(gpointer data)
{
    struct line *line = data;

    g_ptr_array_unref(line->uuids);
    g_free(line->qube);
    g_free(line->value);
    g_free(line->note);
    g_free(line->text);
    g_free(line);
}

/* --- cells --- */

static const char *props_name(gconstpointer item, gpointer data)
{
    return ((const struct line *)item)->text;
}

static char *props_text_qube(gconstpointer item, gpointer data)
{
    const struct line *line = item;

    return g_strdup(line->system ? "(system)" : line->qube);
}

static char *props_text_name(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct line *)item)->row->name);
}

static char *props_text_value(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct line *)item)->value);
}

static char *props_text_set(gconstpointer item, gpointer data)
{
    const struct line *line = item;

    return g_strdup(line->mixed ? "-" : line->set ? "SET" : "yes");
}

static enum style props_style_set(gconstpointer item, gpointer data)
{
    return ((const struct line *)item)->set ? STYLE_STRONG : STYLE_DIM;
}

static char *props_text_type(gconstpointer item, gpointer data)
{
    return g_strdup(prop_text_type(((const struct line *)item)->row));
}

static char *props_text_note(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct line *)item)->note);
}

/* What a finding is about; a letter says the same. */
static enum style props_style_bad(gconstpointer item, gpointer data)
{
    return ((const struct line *)item)->bad ? STYLE_BAD : STYLE_NORMAL;
}

static int props_compare_qube(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct line *one = a, *two = b;

    return g_strcmp0(one->qube, two->qube);
}

static int props_compare_place(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct line *one = a, *two = b;
    int by = (int)prop_place(one->row) - (int)prop_place(two->row);

    return by ? by : strcmp(one->row->name, two->row->name);
}

static int props_compare_any(gconstpointer a, gconstpointer b, gpointer data)
{
    int by = props_compare_place(a, b, data);

    return by ? by : props_compare_qube(a, b, data);
}

static int props_compare_name(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct line *one = a, *two = b;

    return strcmp(one->row->name, two->row->name);
}

static int props_compare_value(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct line *one = a, *two = b;

    return strcmp(one->value, two->value);
}

static int props_compare_set(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct line *one = a, *two = b;

    return two->set - one->set;
}

/* clang-format off */
static const struct list_column props_columns[] = {
    {"PROPERTY", 20, 22, 0, TEXT_LEFT, props_text_name, props_style_bad, "order",
     props_compare_place},
    {"VALUE", 20, 38, 0, TEXT_LEFT, props_text_value, props_style_bad, "value",
     props_compare_value},
    {"DEF", 3, 4, 0, TEXT_LEFT, props_text_set, props_style_set, "set first",
     props_compare_set},
    {"TYPE", 6, 7, 3, TEXT_LEFT, props_text_type, NULL, "name",
     props_compare_name},
    {"NOTE", 12, 14, 2, TEXT_LEFT, props_text_note, props_style_bad, NULL, NULL},
    {NULL},
};

static const struct list_column found_columns[] = {
    {"QUBE", 16, 31, 0, TEXT_LEFT, props_text_qube, NULL, "qube",
     props_compare_qube},
    {"PROPERTY", 20, 22, 0, TEXT_LEFT, props_text_name, props_style_bad, "order",
     props_compare_place},
    {"VALUE", 16, 32, 0, TEXT_LEFT, props_text_value, props_style_bad, "value",
     props_compare_value},
    {"DEF", 3, 4, 3, TEXT_LEFT, props_text_set, props_style_set, "set first",
     props_compare_set},
    {"NOTE", 12, 14, 2, TEXT_LEFT, props_text_note, props_style_bad, NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- rows --- */

static gconstpointer props_item(const char *id, gpointer data)
{
    return g_hash_table_lookup(((struct props *)data)->lines, id);
}

static char *note_of(const struct line *line, const struct qube *qube)
{
    if (line->bad)
        return g_strdup("! wrong");
    return g_strdup(prop_is_fixed(line->row, qube) ? "" : prop_text_note(line->row, qube));
}

static struct line *line_new(const struct model *model, const struct qube *qube,
                             const struct prop_row *row)
{
    struct line *line = g_new0(struct line, 1);
    const struct qube *subject = qube ? qube : model_qube_named(model, "dom0");
    g_autofree char *value = change_said(model, qube, row);

    line->row = row;
    line->system = !qube;
    line->uuids = g_ptr_array_new_with_free_func(g_free);
    if (subject)
        g_ptr_array_add(line->uuids, g_strdup(subject->uuid));
    line->bad = change_bad(model, qube, row) != NULL;
    line->set = change_is_explicit(model, qube, row) || line->bad;
    line->qube = qube ? g_strdup(qube->name) : NULL;
    line->value = prop_text_value(row, value);
    line->note = note_of(line, qube);
    line->text = g_strdup_printf("%s %s %s", qube ? qube->name : "(system)",
                                 row->name, line->value);
    return line;
}

/* Another qube has the property too. Takes the line. */
static void line_join(struct line *line, struct line *more)
{
    if (strcmp(line->value, more->value) != 0 || line->set != more->set)
        line->mixed = TRUE;
    if (line->mixed) {
        g_free(line->value);
        line->value = g_strdup("(not the same)");
    }
    line->set = line->set || more->set;
    line->bad = line->bad || more->bad;
    if (*more->note && !*line->note) {
        g_free(line->note);
        line->note = g_strdup(more->note);
    }
    g_clear_pointer(&line->qube, g_free);
    g_ptr_array_add(line->uuids, g_strdup(more->uuids->pdata[0]));
    line_free(more);
}

static gboolean props_wants(const struct props *props, const struct line *line)
{
    if (!line->uuids->len || (props->set_only && !line->set))
        return FALSE;
    if (props->scope != PROPS_FOUND)
        return TRUE;
    if (!*props->wanted)
        return line->set && !line->row->once;
    g_autofree char *text = g_strdup_printf("%s %s", line->row->name, line->value);
    g_autofree char *folded = g_utf8_casefold(text, -1);
    return strstr(folded, props->wanted) != NULL;
}

static void props_add(struct props *props, GPtrArray *ids, const struct qube *qube,
                      const struct prop_row *row)
{
    const struct model *model = app_model(props->screen->app);
    struct line *line = line_new(model, qube, row), *old;
    char *id = props->scope == PROPS_FOUND
                   ? g_strdup_printf("%s %s", qube ? qube->uuid : "-", row->name)
                   : g_strdup(row->name);

    old = g_hash_table_lookup(props->lines, id);
    if (old)
        line_join(old, line);
    /* What is of several is known when all have been looked at. */
    else if (props->scope != PROPS_QUBES && !props_wants(props, line))
        line_free(line);
    else {
        g_hash_table_insert(props->lines, g_strdup(id), line);
        g_ptr_array_add(ids, g_steal_pointer(&id));
    }
    g_free(id);
}

static void props_drop_unwanted(struct props *props, GPtrArray *ids)
{
    for (guint i = ids->len; i > 0; i--) {
        const char *id = ids->pdata[i - 1];

        if (props_wants(props, g_hash_table_lookup(props->lines, id)))
            continue;
        g_hash_table_remove(props->lines, id);
        g_ptr_array_remove_index(ids, i - 1);
    }
}

/* Of a qube, or of the system: NULL. */
static void props_add_all(struct props *props, GPtrArray *ids,
                          const struct qube *qube)
{
    gsize n;
    const struct prop_row *rows = prop_rows(&n);

    if (qube && !qube->class)
        return;
    for (gsize i = 0; i < n; i++)
        if (qube ? rows[i].classes & qube->class->id : rows[i].classes == 0)
            props_add(props, ids, qube, &rows[i]);
}

void props_fill(struct props *props)
{
    const struct model *model = app_model(props->screen->app);
    GPtrArray *ids;

    if (!props->stale)
        return;
    ids = g_ptr_array_new_with_free_func(g_free);
    g_hash_table_remove_all(props->lines);
    if (props->scope != PROPS_QUBES)
        props_add_all(props, ids, NULL);
    for (gsize i = 0; props->uuids && props->uuids[i]; i++) {
        const struct qube *qube = model_qube(model, props->uuids[i]);

        if (qube)
            props_add_all(props, ids, qube);
    }
    for (guint i = 0; props->scope == PROPS_FOUND && i < model->qubes->len; i++)
        props_add_all(props, ids, model->qubes->pdata[i]);
    if (props->scope == PROPS_QUBES)
        props_drop_unwanted(props, ids);
    props->stale = FALSE;
    list_set(props->list, ids);
}

/* --- life --- */

struct props *props_new(struct screen *screen, enum props_scope scope)
{
    struct props *props = g_new0(struct props, 1);
    struct list_spec spec = {
        scope == PROPS_FOUND ? found_columns : props_columns, props_item,
        props_name, props_compare_any, props};

    props->screen = screen;
    props->scope = scope;
    props->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, line_free);
    props->wanted = g_strdup("");
    props->list = list_new(&spec);
    props->stale = TRUE;
    if (scope == PROPS_FOUND)
        list_order(props->list, "order");
    return props;
}

void props_free(struct props *props)
{
    list_free(props->list);
    g_hash_table_unref(props->lines);
    g_strfreev(props->uuids);
    g_free(props->wanted);
    g_free(props);
}

void props_set_qubes(struct props *props, char **uuids)
{
    g_strfreev(props->uuids);
    props->uuids = g_strdupv(uuids);
    props->stale = TRUE;
}

void props_set_text(struct props *props, const char *text)
{
    g_free(props->wanted);
    props->wanted = g_utf8_casefold(text, -1);
    props->stale = TRUE;
}

void props_event(struct props *props, const struct event *event)
{
    if (event->type <= EVENT_STATE)
        props->stale = TRUE;
}

struct list *props_list(const struct props *props)
{
    return props->list;
}

static struct line *props_selected(const struct props *props)
{
    const char *id = list_selected(props->list);

    return id ? g_hash_table_lookup(props->lines, id) : NULL;
}

const char *props_subject(const struct props *props)
{
    const struct line *line = props_selected(props);

    return line ? line->uuids->pdata[0] : NULL;
}

char *props_status(const struct props *props)
{
    g_autofree char *rest = list_status(props->list, "property", "properties");
    guint marked = list_marked(props->list);

    if (marked)
        return g_strdup_printf("%s  %u marked", rest, marked);
    return g_strconcat(rest, props->set_only ? "  only those set" : "", NULL);
}

/* --- drawing --- */

/* The qube of the selected row; NULL: it is gone, or it is the system. */
static const struct qube *props_qube(const struct props *props,
                                     const struct line *line)
{
    return line->system ? NULL : model_qube(app_model(props->screen->app),
                                            line->uuids->pdata[0]);
}

static void props_put(struct rect *area, const char *label, const char *text)
{
    if (area->h <= 0 || !text || !*text)
        return;
    draw_words(area->y, area->x, FOOT_LABEL, STYLE_NORMAL, label);
    draw_words(area->y, area->x + FOOT_LABEL, area->w - FOOT_LABEL, STYLE_NORMAL,
               text);
    area->y++;
    area->h--;
}

/* Why the value is wrong, as the finding about it says. */
static const struct finding *props_finding(const struct props *props,
                                           const struct line *line)
{
    const struct model *model = app_model(props->screen->app);
    const struct qube *qube = props_qube(props, line);
    const GPtrArray *findings = qube ? qube->findings : model->findings;
    g_autofree char *quoted = g_strdup_printf("'%s'", line->row->name);

    for (guint i = 0; line->bad && i < findings->len; i++) {
        const struct finding *finding = findings->pdata[i];

        if (strstr(finding->message, quoted))
            return finding;
    }
    return NULL;
}

/* What may be typed, and when that would count. */
static void props_draw_takes(const struct props *props, const struct line *line,
                             struct rect *area)
{
    const struct qube *qube = props_qube(props, line);
    g_autofree char *takes = prop_text_takes(line->row);

    if (prop_is_fixed(line->row, qube)) {
        props_put(area, "Takes", line->row->computed
                                     ? "nothing: it is computed"
                                     : "nothing: it was given once and stays");
        return;
    }
    props_put(area, "Takes", takes ? takes : "any text");
    props_put(area, "Counts",
              prop_text_when(line->row, app_model(props->screen->app),
                             (char *const *)line->uuids->pdata,
                             line->system ? 0 : line->uuids->len));
}

static void props_draw_foot(const struct props *props, const struct line *line,
                            struct rect area)
{
    const struct model *model = app_model(props->screen->app);
    const struct qube *qube = props_qube(props, line);
    const struct finding *finding = props_finding(props, line);
    g_autofree char *usual = qube || line->system
        ? change_after(model, qube, line->row, NULL) : NULL;
    g_autofree char *shown = prop_text_value(line->row, usual);

    draw_line(area.y, area.x, area.w, STYLE_BOX);
    draw_format(area.y, area.x + 2, area.w - 4, STYLE_STRONG, " %s: %s ",
                line->row->name, line->row->help);
    area.y++;
    area.h--;
    if (finding)
        props_put(&area, "Wrong", finding->message);
    if (finding)
        props_put(&area, "Repair", "Enter: another value; D: back to its default");
    if (!line->row->needed && !prop_is_fixed(line->row, qube) && line->uuids->len == 1)
        props_put(&area, "Default", shown);
    props_draw_takes(props, line, &area);
}

static void props_draw_empty(const struct props *props, struct rect area)
{
    const char *text = "Nothing is known of the properties of this class.";

    if (list_all(props->list) > 0)
        text = "No property has this in its name or value. \\ clears the filter.";
    else if (props->set_only)
        text = "None is set: all follow their defaults. H shows them all.";
    else if (props->scope == PROPS_FOUND)
        text = "No property of any qube has this in its name or value.";
    draw_wrapped((struct rect){area.y + 2, area.x + 2, area.h - 2, area.w - 4},
                 STYLE_NORMAL, text);
}

void props_draw(struct props *props, struct rect area)
{
    const struct line *line;
    struct rect foot = {area.y + area.h - FOOT_HEIGHT, area.x, FOOT_HEIGHT, area.w};

    props_fill(props);
    line = props_selected(props);
    if (line && area.h >= FOOT_HEIGHT + ROWS_MIN) {
        props_draw_foot(props, line, foot);
        area.h -= FOOT_HEIGHT;
    }
    /* Last, because the last cursor counts. */
    list_draw(props->list, area);
    if (list_shown(props->list) == 0)
        props_draw_empty(props, area);
}

/* --- what is done --- */

/* The rows that are meant: those marked, else the selected one. Each borrowed. */
static GPtrArray *props_meant(const struct props *props)
{
    GPtrArray *lines = g_ptr_array_new();
    g_auto(GStrv) marks = list_marks(props->list);
    struct line *one = props_selected(props);

    for (gsize i = 0; marks[i]; i++)
        g_ptr_array_add(lines, g_hash_table_lookup(props->lines, marks[i]));
    if (lines->len == 0 && one)
        g_ptr_array_add(lines, one);
    return lines;
}

static void props_tell_different(const struct props *props, const struct line *one,
                                 const struct line *two)
{
    struct app *app = props->screen->app;

    if (one->system != two->system)
        app_note(app, TRUE, "what is of the system is not changed along with "
                 "what is of qubes: mark the one or the other");
    else
        app_note(app, TRUE, "one value does not fit both '%s' and '%s': mark one "
                 "property", one->row->name, two->row->name);
}

/* Whose properties a change is for; NULL, and it was said why: for none. Ends
 * with NULL, texts borrowed. */
static GPtrArray *props_targets(const struct props *props, const GPtrArray *lines)
{
    GPtrArray *uuids = g_ptr_array_new();
    const struct line *first = lines->pdata[0];

    for (guint i = 0; i < lines->len; i++) {
        const struct line *line = lines->pdata[i];

        if (strcmp(line->row->name, first->row->name) != 0 ||
            line->system != first->system) {
            props_tell_different(props, first, line);
            g_ptr_array_unref(uuids);
            return NULL;
        }
        for (guint k = 0; k < line->uuids->len; k++)
            g_ptr_array_add(uuids, line->uuids->pdata[k]);
    }
    g_ptr_array_add(uuids, NULL);
    return uuids;
}

/* FALSE, and it was said why: nobody can change it. */
static gboolean props_allows(const struct props *props, const struct line *line,
                             const char *op)
{
    struct app *app = props->screen->app;
    /* Of several, those it is not for are left out. */
    const char *why = line->uuids->len > 1
                          ? NULL : action_refused(app, op, line->uuids->pdata[0]);

    if (prop_is_fixed(line->row, props_qube(props, line)))
        why = line->row->computed ? "it is computed" : "it was given once and stays";
    if (why)
        app_note(app, TRUE, "%s cannot be changed: %s", line->row->name, why);
    return !why;
}

/* "maxmem of work", "maxmem of 3 qubes". */
static char *props_title(const struct line *line, const GPtrArray *uuids)
{
    if (line->system)
        return g_strdup_printf("%s of the system", line->row->name);
    if (uuids->len == 2 && line->qube)
        return g_strdup_printf("%s of %s", line->row->name, line->qube);
    return g_strdup_printf("%s of %u qubes", line->row->name, uuids->len - 1);
}

/* "4000 (default)"; qube NULL: of the system. */
static char *props_now(const struct model *model, const struct qube *qube,
                       const char *name)
{
    const struct prop_row *row = change_row(qube, name, NULL);
    struct line *line = row ? line_new(model, qube, row) : NULL;
    char *now;

    if (!line)
        return NULL;
    now = g_strconcat(line->value, line->set ? "" : " (default)", NULL);
    line_free(line);
    return now;
}

static char *props_now_system(const struct model *model, const struct qube *dom0,
                              const char *name)
{
    return props_now(model, NULL, name);
}

static void props_edit_line(struct app *app, const struct line *line,
                            const GPtrArray *uuids, int y)
{
    const struct model *model = app_model(app);
    const struct qube *qube = line->system ? NULL
                                           : model_qube(model, uuids->pdata[0]);
    g_autofree char *value = change_before(model, qube, line->row);
    g_autoptr(GPtrArray) choices = prop_choices(model, qube, line->row);
    g_autofree char *title = props_title(line, uuids);
    g_autofree char *several = g_strdup_printf("Set %s of", line->row->name);
    g_autofree char *takes = prop_text_takes(line->row);
    struct edit_spec spec = {
        .op = line->system ? "global-set" : "set",
        .uuids = (char **)uuids->pdata,
        .name = "name", .value = line->row->name, .arg = "value",
        .initial = value ? value : "", .choices = choices,
        .empty = line->row->type == PROP_VM ? "(none)" : "(empty)", .title = title,
        .several = several, .takes = takes,
        .before = line->system ? props_now_system : props_now,
        .prop = line->row, .help = line->row->help, .line = y,
        .more = prop_kernels, .question = prop_kernels_dir(model, line->row),
    };

    edit_open(app, &spec);
}

void prop_edit_open(struct app *app, const char *uuid, const char *property)
{
    const struct qube *qube = uuid ? model_qube(app_model(app), uuid) : NULL;
    const struct prop_row *row = change_row(qube, property, NULL);
    struct line *line = line_new(app_model(app), qube, row);
    g_autoptr(GPtrArray) uuids = g_ptr_array_new();

    g_ptr_array_add(uuids, line->uuids->pdata[0]);
    g_ptr_array_add(uuids, NULL);
    props_edit_line(app, line, uuids, 0);
    line_free(line);
}

static void props_key_edit(struct screen *screen)
{
    struct props *props = props_of(screen);
    g_autoptr(GPtrArray) lines = NULL, uuids = NULL;

    props_fill(props);
    lines = props_meant(props);
    if (lines->len == 0 ||
        !props_allows(props, lines->pdata[0],
                      ((struct line *)lines->pdata[0])->system ? "global-set" : "set"))
        return;
    uuids = props_targets(props, lines);
    if (uuids)
        props_edit_line(screen->app, lines->pdata[0], uuids,
                        list_selected_line(props->list));
}

static void props_key_unset(struct screen *screen)
{
    struct props *props = props_of(screen);
    g_autoptr(GPtrArray) lines = NULL, uuids = NULL;
    g_autoptr(GHashTable) args = NULL;
    const struct line *line;

    props_fill(props);
    lines = props_meant(props);
    line = lines->len ? lines->pdata[0] : NULL;
    if (!line || !props_allows(props, line, line->system ? "global-unset" : "unset") ||
        !(uuids = props_targets(props, lines)))
        return;
    g_autofree char *several = g_strdup_printf("Unset %s of", line->row->name);
    args = op_args_new("name", line->row->name, NULL);
    struct action action = {.op = line->system ? "global-unset" : "unset",
                            .args = args, .title = several,
                            .uuids = (char **)uuids->pdata};
    action_start_edit(screen->app, &action);
}

static void props_key_hide(struct screen *screen)
{
    struct props *props = props_of(screen);

    props->set_only = !props->set_only;
    props->stale = TRUE;
    props_fill(props);
}

/* What was found is some already. */
static gboolean props_has_defaults(const struct screen *screen)
{
    const struct props *props = props_of(screen);

    return props && (props->scope != PROPS_FOUND || *props->wanted);
}

static gboolean props_has_one(const struct screen *screen)
{
    const struct props *props = props_of(screen);

    return props && props_selected(props);
}

static gboolean props_can_unset(const struct screen *screen)
{
    const struct line *line =
        props_has_one(screen) ? props_selected(props_of(screen)) : NULL;

    return line && line->set && !line->row->needed && !line->row->once;
}

static void props_key_find(struct screen *screen)
{
    const struct line *line = props_selected(props_of(screen));

    if (line)
        props_open_found(screen->app, line->row->name);
}

static gboolean props_can_find(const struct screen *screen)
{
    return props_has_one(screen) && props_of(screen)->scope == PROPS_QUBES;
}

/* clang-format off */
const struct key_row props_keys[] = {
    {"Enter e F2", "edit", "Edit", "another value", KEYS_ACT, NULL, props_key_edit,
     props_has_one},
    {"D", "unset", "Default", "back to its default", KEYS_ACT, NULL,
     props_key_unset, props_can_unset, TRUE},
    {"H", "hide-defaults", "Hide defaults", "hide, show what is not set",
     KEYS_SHOW, NULL, props_key_hide, props_has_defaults},
    {"=", "everywhere", NULL, "the same property of all qubes", KEYS_FIND, NULL,
     props_key_find, props_can_find},
    {NULL},
};
/* clang-format on */
