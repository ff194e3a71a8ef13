/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One argument of an operation, typed or chosen (ux.md 4.3): what is typed is
 * checked at each key by what the operation itself asks. */
#include "config.h"

#include <string.h>

#include "core/query.h"
#include "tui/dialog.h"
#include "tui/field.h"
#include "tui/prop-text.h"
#include "tui/screens.h"
#include "util/error.h"

#define WIDTH 72
#define LABEL_WIDTH 9
#define CHOICES_MAX 7
/* The field and what is wrong with it. */
#define ROOM_HEIGHT 2
#define ROOM_WIDTH 24
#define VERDICT_LINES 2 /* as a rule */

/* What somebody else did to the value meanwhile. */
enum news {
    NEWS_NONE,
    NEWS_COME, /* Enter may have been on its way */
    NEWS_READ,
};

struct edit {
    const struct op_row *row;
    char **uuids;
    GHashTable *args;    /* the others */
    char *arg, *title, *several, *now, *takes, *help;
    char *(*before)(const struct model *model, const struct qube *qube,
                    const char *name);
    char *seen;          /* of each qube, what it replaces; NULL: nothing */
    enum news news;
    GPtrArray *choices;  /* char * */
    struct query *asking; /* for more of them; NULL: not, or not any more */
    const char *empty;   /* how an empty one is shown */
    const char *label;   /* of the field */
    void (*then)(struct app *app, const char *uuid, const char *text);
    struct field *field;
    gboolean whole;      /* all choices are shown, not those like the text */
    guint top;           /* first choice shown */
    const struct prop_row *prop; /* that is changed; NULL: something else is */
    int line;            /* of the row it is about */
    guint fit;           /* of the qubes, those the text can be for */
    char *why;           /* it cannot be for the rest; NULL: there is none */
    gboolean asked;      /* it was to be applied: then an empty text is wrong, too */
    gboolean cramped;    /* too little room to show what it would do */
};

static struct edit *edit_of(const struct screen *screen)
{
    return screen->data;
}

/* --- what is typed --- */

static GHashTable *edit_args(const struct edit *edit)
{
    GHashTable *args = op_args_copy(edit->args);

    op_args_set(args, edit->arg, field_text(edit->field));
    return args;
}

/* Whom it fits, and why not the first of the others. */
static void edit_check(struct screen *screen)
{
    struct edit *edit = screen->data;
    const struct model *model = app_model(screen->app);
    g_autoptr(GHashTable) args = edit_args(edit);

    g_clear_pointer(&edit->why, g_free);
    edit->fit = 0;
    for (gsize i = 0; edit->uuids[i]; i++) {
        const struct qube *qube = model_qube(model, edit->uuids[i]);
        g_autoptr(GError) error = NULL;

        if (qube && (!edit->row->fits || edit->row->fits(model, qube, args, &error)))
            edit->fit++;
        else if (error && !edit->why)
            edit->why = g_strdup(error->message);
    }
}

static gboolean edit_valid(const struct screen *screen)
{
    return edit_of(screen)->fit > 0 && !edit_of(screen)->cramped;
}

/* --- what it replaces --- */

static char *edit_before(const struct screen *screen, const char *uuid)
{
    const struct edit *edit = edit_of(screen);
    const struct model *model = app_model(screen->app);
    const struct qube *qube = model_qube(model, uuid);

    return qube ? edit->before(model, qube, g_hash_table_lookup(edit->args, "name"))
                : NULL;
}

/* Of all of them, to be compared; *now, if it is said: for the form. */
static char *edit_look(const struct screen *screen, char **now)
{
    const struct edit *edit = edit_of(screen);
    g_autofree char *first = edit_before(screen, edit->uuids[0]);
    GString *all = g_string_new(first);
    gboolean same = TRUE;

    for (gsize i = 1; edit->uuids[i]; i++) {
        g_autofree char *next = edit_before(screen, edit->uuids[i]);

        same = same && g_strcmp0(first, next) == 0;
        g_string_append_printf(all, "\n%s", next ? next : "");
    }
    *now = same ? g_steal_pointer(&first) : g_strdup("(not the same)");
    return g_string_free(all, FALSE);
}

/* TRUE: it is not what it was when it was looked at last. */
static gboolean edit_look_again(struct screen *screen)
{
    struct edit *edit = screen->data;
    g_autofree char *now = NULL, *all = NULL;

    if (!edit->before)
        return FALSE;
    all = edit_look(screen, &now);
    if (g_strcmp0(all, edit->seen) == 0)
        return FALSE;
    g_free(edit->seen);
    g_free(edit->now);
    edit->seen = g_steal_pointer(&all);
    edit->now = g_steal_pointer(&now);
    return TRUE;
}

/* --- more choices --- */

static void edit_free_answer(gpointer answer)
{
    g_ptr_array_unref(answer);
}

/* Without an answer there are those known already. */
static void edit_offer(gpointer answer, const GError *error, gpointer data)
{
    struct screen *screen = data;
    struct edit *edit = screen->data;
    g_autoptr(GPtrArray) more = answer;

    edit->asking = NULL;
    for (guint i = 0; more && i < more->len; i++)
        if (!g_ptr_array_find_with_equal_func(edit->choices, more->pdata[i],
                                              g_str_equal, NULL))
            g_ptr_array_add(edit->choices, g_strdup(more->pdata[i]));
    app_dirty(screen->app);
}

static void edit_ask_more(struct screen *screen, const struct edit_spec *spec)
{
    struct query_spec query = {spec->more, edit_free_answer, g_free, edit_offer, screen};

    if (spec->more && spec->question)
        edit_of(screen)->asking = query_submit(app_engine(screen->app),
                                               g_strdup(spec->question), &query);
}

/* --- life --- */

static void edit_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct edit_spec *spec = argument;
    struct edit *edit = screen->data;
    /* A value of the store is anything; typed text is what can be seen. */
    g_autofree char *initial = text_sanitise(spec->initial, -1);

    edit->row = op_find(spec->op);
    edit->uuids = g_strdupv(spec->uuids);
    edit->args = op_args_new(spec->name, spec->value, NULL);
    edit->arg = g_strdup(spec->arg);
    edit->title = g_strdup(spec->title);
    edit->several = g_strdup(spec->several);
    edit->now = g_strdup(spec->now);
    edit->takes = g_strdup(spec->takes);
    edit->help = g_strdup(spec->help);
    edit->choices = spec->choices ? g_ptr_array_ref(spec->choices)
                                  : g_ptr_array_new();
    edit->empty = spec->empty;
    edit->label = spec->label ? spec->label : "Value";
    edit->then = spec->then;
    edit->prop = spec->prop;
    edit->line = spec->line;
    edit->before = spec->before;
    edit_look_again(screen);
    edit->field = field_new("");
    field_suggest(edit->field, initial);
    edit->whole = TRUE;
    edit_ask_more(screen, spec);
    edit_check(screen);
}

void edit_open(struct app *app, const struct edit_spec *spec)
{
    app_push(app, &screen_edit, spec);
}

static void edit_close(struct screen *screen)
{
    struct edit *edit = screen->data;

    g_clear_pointer(&edit->asking, query_forget);
    g_strfreev(edit->uuids);
    g_hash_table_unref(edit->args);
    g_free(edit->arg);
    g_free(edit->title);
    g_free(edit->several);
    g_free(edit->now);
    g_free(edit->seen);
    g_free(edit->takes);
    g_free(edit->help);
    g_free(edit->why);
    g_ptr_array_unref(edit->choices);
    field_free(edit->field);
}

static void edit_event(struct screen *screen, const struct event *event)
{
    struct edit *edit = screen->data;

    if (dialog_withdraw(screen, edit->title, edit->uuids))
        return;
    if (edit_look_again(screen))
        edit->news = NEWS_COME;
    edit_check(screen);
}

/* --- choices --- */

static gboolean edit_shows(const struct edit *edit, const char *choice)
{
    return edit->whole || strstr(choice, field_text(edit->field)) != NULL;
}

/* GPtrArray of borrowed texts. */
static GPtrArray *edit_shown(const struct edit *edit)
{
    GPtrArray *shown = g_ptr_array_new();

    for (guint i = 0; i < edit->choices->len; i++)
        if (edit_shows(edit, edit->choices->pdata[i]))
            g_ptr_array_add(shown, edit->choices->pdata[i]);
    return shown;
}

/* -1: what is typed is none of them. */
static int edit_index(const struct edit *edit, const GPtrArray *shown)
{
    for (guint i = 0; i < shown->len; i++)
        if (strcmp(shown->pdata[i], field_text(edit->field)) == 0)
            return (int)i;
    return -1;
}

static void edit_step(struct screen *screen, int by)
{
    struct edit *edit = screen->data;
    g_autoptr(GPtrArray) shown = edit_shown(edit);
    int at = edit_index(edit, shown), last = (int)shown->len - 1;

    if (last < 0)
        return;
    at = at < 0 ? (by > 0 ? 0 : last) : CLAMP(at + by, 0, last);
    g_autofree char *text = g_strdup(shown->pdata[at]);
    /* What ends with a dot is to be gone on with. */
    (g_str_has_suffix(text, ".") ? field_set : field_suggest)(edit->field, text);
    edit_check(screen);
}

/* --- drawing --- */

static void edit_put(struct rect *inside, const char *label, const char *text)
{
    struct rect line;

    if (!text || !*text)
        return;
    line = dialog_line(inside, LABEL_WIDTH, label);
    if (line.w > 0)
        draw_words(line.y, line.x, line.w, STYLE_NORMAL, text);
}

static void edit_draw_field(const struct edit *edit, struct rect line)
{
    int width = line.w - 4;

    draw_words(line.y, line.x, 2, STYLE_NORMAL, "[ ");
    field_draw(edit->field, line.y, line.x + 2, width, TRUE);
    draw_words(line.y, line.x + 2 + width, 2, STYLE_NORMAL, " ]");
}

static char *edit_news(const struct edit *edit)
{
    return g_strdup_printf(edit->news == NEWS_COME
                               ? "somebody else changed it: it is %s now"
                               : "it is %s now: Enter again replaces that",
                           edit->now);
}

/* NULL: it is no property. */
static const char *edit_when(const struct screen *screen)
{
    const struct edit *edit = edit_of(screen);

    return edit->prop ? prop_text_when(edit->prop, app_model(screen->app), edit->uuids,
                                       edit->row->system ? 0 : g_strv_length(edit->uuids))
                      : NULL;
}

/* Of the text; of the qubes, when a change would count. */
static char *edit_verdict(const struct screen *screen, enum style *style)
{
    const struct edit *edit = edit_of(screen);
    const struct qube *qube =
        edit->row->system ? NULL
                          : model_qube(app_model(screen->app), edit->uuids[0]);
    gboolean now = !edit->prop || prop_can_now(edit->prop, qube);
    const char *when = edit_when(screen);

    if (edit->news && edit->fit) {
        *style = STYLE_WARN;
        return edit_news(edit);
    }
    *style = edit->why || !now ? STYLE_WARN : STYLE_GOOD;
    if (edit->why && edit->whole && !edit->asked && !*field_text(edit->field)) {
        *style = STYLE_DIM;
        return g_strdup(edit->choices->len ? "type it, or choose with Down" : "type it");
    }
    if (edit->why)
        return g_strconcat(edit->fit ? "not for all: " : "", edit->why, NULL);
    if (!when)
        return g_strdup("ok");
    return g_strdup_printf(now ? "ok: it counts %s" : "only %s", when);
}

/* What is wrong is there whole. */
static int edit_verdict_height(const struct screen *screen, int width)
{
    enum style style;
    g_autofree char *text = edit_verdict(screen, &style);

    return MAX(draw_wrapped_height(width - LABEL_WIDTH, text), VERDICT_LINES);
}

static void edit_draw_verdict(const struct screen *screen, struct rect *inside)
{
    int height = edit_verdict_height(screen, inside->w);
    struct rect line = {inside->y, inside->x + LABEL_WIDTH, MIN(inside->h, height),
                        inside->w - LABEL_WIDTH};
    enum style style;
    g_autofree char *text = edit_verdict(screen, &style);

    draw_wrapped(line, style, text);
    inside->y += line.h;
    inside->h -= line.h;
}

static void edit_draw_choices(struct edit *edit, struct rect area)
{
    g_autoptr(GPtrArray) shown = edit_shown(edit);
    int at = edit_index(edit, shown);
    guint room = (guint)MAX(area.h, 0);

    dialog_scroll(&edit->top, at < 0 ? edit->top : (guint)at, room, shown->len);
    for (guint i = 0; i < room && edit->top + i < shown->len; i++) {
        const char *text = shown->pdata[edit->top + i];

        draw_text(area.y + (int)i, area.x, area.w,
                  (int)(edit->top + i) == at ? STYLE_SELECTED : STYLE_NORMAL,
                  *text ? text : edit->empty);
    }
    if (shown->len > room)
        dialog_more(area, edit->top, shown->len - room - edit->top);
}

static char *edit_command(const struct screen *screen)
{
    const struct edit *edit = edit_of(screen);
    const struct qube *qube = model_qube(app_model(screen->app), edit->uuids[0]);
    g_autoptr(GHashTable) args = edit_args(edit);
    guint n = g_strv_length(edit->uuids);
    g_autofree char *command = NULL;

    if (!qube || edit->then || !edit_valid(screen))
        return NULL;
    command = op_command(edit->row, qube, args);
    return n > 1 ? g_strdup_printf("%s   (and for %u more)", command, n - 1)
                 : g_steal_pointer(&command);
}

/* Lines below the choices. */
static int edit_rest(const struct edit *edit)
{
    return (edit->now != NULL) + (edit->takes != NULL) + (edit->help != NULL) +
           !edit->then;
}

static void edit_draw_body(struct screen *screen, struct rect inside)
{
    struct edit *edit = screen->data;
    int rest = edit_rest(edit) + (edit->choices->len ? 2 : 1);

    edit_draw_field(edit, dialog_line(&inside, LABEL_WIDTH, edit->label));
    edit_draw_verdict(screen, &inside);
    if (edit->choices->len && inside.h > 0) {
        struct rect choices = {inside.y, inside.x + LABEL_WIDTH,
                               MIN(MAX(inside.h - rest + 1, 1), CHOICES_MAX),
                               inside.w - LABEL_WIDTH};

        choices.h = MIN(choices.h, (int)edit->choices->len);
        edit_draw_choices(edit, choices);
        inside.y += choices.h;
        inside.h -= choices.h;
        if (inside.h > edit_rest(edit))
            dialog_line(&inside, LABEL_WIDTH, "");
    }
    g_autofree char *command = edit_command(screen);
    edit_put(&inside, "Now", edit->now);
    edit_put(&inside, "Takes", edit->takes);
    edit_put(&inside, "Command", command ? command : edit->then ? NULL : "-");
    if (edit->help && inside.h > 0)
        draw_words(inside.y, inside.x, inside.w, STYLE_DIM, edit->help);
}

static int edit_height(const struct screen *screen, int width)
{
    const struct edit *edit = edit_of(screen);
    int choices = MIN((int)edit->choices->len, CHOICES_MAX);

    return 2 + 1 + edit_verdict_height(screen, width - 4) + choices + (choices > 0) +
           edit_rest(edit);
}

static void edit_draw(struct screen *screen, struct rect area)
{
    struct edit *edit = screen->data;
    struct rect size = {edit->line, 0, edit_height(screen, MIN(area.w, WIDTH)), WIDTH};
    struct rect inside = dialog_box(screen, area, size, edit->title);

    edit->cramped = inside.h < ROOM_HEIGHT || inside.w < ROOM_WIDTH;
    if (edit->cramped)
        draw_wrapped(inside, STYLE_WARN, "too little room");
    else
        edit_draw_body(screen, inside);
}

/* --- keys --- */

static gboolean edit_typed(struct screen *screen, int key)
{
    struct edit *edit = screen->data;
    g_autofree char *before = g_strdup(field_text(edit->field));

    if (!field_key(edit->field, key))
        return FALSE;
    edit->asked = FALSE;
    edit->whole = edit->whole && strcmp(before, field_text(edit->field)) == 0;
    edit->whole = edit->whole || !*field_text(edit->field);
    edit_check(screen);
    return TRUE;
}

static void edit_key_up(struct screen *screen)
{
    edit_step(screen, -1);
}

static void edit_key_down(struct screen *screen)
{
    edit_step(screen, 1);
}

static gboolean edit_has_choices(const struct screen *screen)
{
    return edit_of(screen)->choices->len > 0;
}

static void edit_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

static void edit_key_apply(struct screen *screen)
{
    struct edit *edit = screen->data;
    struct app *app = screen->app;
    g_autoptr(GHashTable) args = edit_args(edit);
    struct action action = {.op = edit->row->name, .args = args,
                            .uuids = edit->uuids, .title = edit->several};

    edit->asked = TRUE;
    if (!edit_valid(screen))
        return;
    /* Nothing is replaced that was not read. */
    if (edit->news == NEWS_COME) {
        edit->news = NEWS_READ;
        return;
    }
    /* Popped first: what follows belongs on top. The screen lives on till the end
     * of the turn. */
    app_pop(app, screen);
    if (edit->then)
        edit->then(app, edit->uuids[0], field_text(edit->field));
    else
        action_start_edit(app, &action);
}

/* clang-format off */
static const struct key_row edit_keys[] = {
    {"Down", "next", "choose", NULL, KEYS_MOVE, NULL, edit_key_down,
     edit_has_choices},
    {"Up", "previous", NULL, "the next, the previous choice", KEYS_MOVE, NULL,
     edit_key_up, edit_has_choices},
    {"Enter", "apply", "apply", "apply", KEYS_ACT, NULL, edit_key_apply,
     edit_valid, TRUE},
    {"Ctrl-U", "clear", NULL, "empty the field", KEYS_ACT, NULL, NULL, NULL},
    {"Esc Ctrl-C", "leave", "leave", "leave it as it is", KEYS_ACT, NULL,
     edit_key_leave, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_edit = {
    .name = "edit",
    .title = "editing a value",
    .kind = SCREEN_POPUP,
    .keys = edit_keys,
    .size = sizeof(struct edit),
    .open = edit_open_screen,
    .close = edit_close,
    .draw = edit_draw,
    .typed = edit_typed,
    .event = edit_event,
};
