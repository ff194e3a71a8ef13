/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Are you sure? As one line (L1), a box that stands on Cancel (L2), or a name
 * to be typed (L3). The identity is that of the key press: if the qube goes or
 * changes so that the action makes no sense, the question is withdrawn. One
 * question is asked for several qubes, and withdrawn if any of them goes. */
#include "config.h"

#include <string.h>

#include "tui/dialog.h"
#include "tui/field.h"
#include "tui/frame.h"
#include "tui/screens.h"
#include "tui/stakes.h"

#define WIDTH 66
#define ROOM_WIDTH 16 /* of a box that can be read */

enum focus { FOCUS_FIELD, FOCUS_CANCEL, FOCUS_DO, FOCUS_COUNT };

struct question {
    const char *op;   /* NULL: none is asked for; see `cancel` */
    struct op *cancel; /* the one at work to be cancelled; NULL: quit */
    char **uuids, **names;
    struct stakes *stakes; /* of several; else NULL */
    char *left;       /* which of the marked are left out, and why; or NULL */
    char *word;       /* L3: to be typed */
    GHashTable *args;
    enum confirm level;
    char *title;      /* "Kill disp42" */
    const char *verb; /* on the button; NULL: there is none */
    char *text;       /* what follows from yes */
    struct field *field; /* L3 */
    enum focus focus; /* of a box */
    gboolean wrong;   /* what was typed is not the word, and that is said */
    gboolean cramped; /* too little room to read what is asked */
};

struct question_spec {
    const struct action *action; /* or: */
    struct op *cancel;           /* or: quit */
    guint busy;
};

static struct question *question_of(const struct screen *screen)
{
    return screen->data;
}

/* "its programs are ended" -> "Its programs are ended." */
static char *question_sentence(const char *text)
{
    char *sentence = g_strconcat(text, g_str_has_suffix(text, ".") ? "" : ".", NULL);

    *sentence = g_ascii_toupper(*sentence);
    return sentence;
}

static void question_set_qubes(struct question *question,
                               const struct model *model,
                               const struct action *action)
{
    const char *const one[] = {action->uuid, NULL};
    const char *const *uuids =
        action->uuids ? (const char *const *)action->uuids : one;
    guint n = 0;

    while (uuids[n])
        n++;
    question->uuids = g_new0(char *, n + 1);
    question->names = g_new0(char *, n + 1);
    for (guint i = 0; i < n; i++) {
        const struct qube *qube = model_qube(model, uuids[i]);

        question->uuids[i] = g_strdup(uuids[i]);
        question->names[i] = text_sanitise(qube ? qube->name : "dom0", -1);
    }
}

/* With the figures there are now. */
static void question_tell_one(struct question *question, const struct model *model)
{
    const struct op_row *row = op_find(question->op);
    const struct qube *qube = model_qube(model, question->uuids[0]);
    g_autofree char *stake = op_consequence(row, model, qube, question->args);

    g_free(question->text);
    question->text = question_sentence(stake ? stake : row->help);
}

static void question_open_one(struct screen *screen, const struct op_row *row)
{
    struct question *question = screen->data;
    const struct model *model = app_model(screen->app);
    const struct qube *qube = model_qube(model, question->uuids[0]);
    g_autofree char *object = op_object(row, qube, question->args);
    g_autofree char *shown = text_sanitise(object, -1);

    question->verb = op_verb(row, qube, question->args);
    question->title = g_strdup_printf("%s %s", question->verb, shown);
    question->word = op_word(row, qube, question->args);
    question_tell_one(question, model);
    if (action_is_of_volume(row))
        engine_request_volumes(app_engine(screen->app), qube->uuid);
}

static void question_open_several(struct question *question,
                                  const struct op_row *row,
                                  const struct model *model, const char *title)
{
    guint n = g_strv_length(question->uuids);

    question->verb = row->label;
    question->title = g_strdup_printf("%s %u %s", title ? title : row->label, n,
                                      n == 1 ? "qube" : "qubes");
    question->word = g_strdup_printf("%u %s", n, row->name);
    question->stakes =
        stakes_new(model, row, question->args, question->uuids, question->left);
    question->text = stakes_text(question->stakes, G_MAXUINT);
}

static void question_open_action(struct screen *screen,
                                 const struct action *action)
{
    struct question *question = screen->data;
    const struct model *model = app_model(screen->app);
    const struct op_row *row = op_find(action->op);

    question->op = row->name;
    question_set_qubes(question, model, action);
    question->left = g_strdup(action->left);
    question->args = action->args ? g_hash_table_ref(action->args) : NULL;
    question->level = action->consent;
    question->focus = FOCUS_CANCEL;
    if (question->level == CONFIRM_L3) {
        question->field = field_new("");
        question->focus = FOCUS_FIELD;
    }
    if (action->uuids)
        question_open_several(question, row, model, action->title);
    else
        question_open_one(screen, row);
}

static void question_open_cancel_screen(struct question *question,
                                        struct op *op)
{
    question->cancel = op_ref(op);
    question->level = CONFIRM_L1;
    question->title = g_strdup_printf("Cancel %s %s", op->row->doing, op->subject);
    question->text = g_strdup("What was done so far is undone.");
}

static void question_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct question_spec *spec = argument;
    struct question *question = screen->data;

    if (spec->action) {
        question_open_action(screen, spec->action);
        return;
    }
    if (spec->cancel) {
        question_open_cancel_screen(question, spec->cancel);
        return;
    }
    question->level = CONFIRM_L1;
    question->title = g_strdup("Quit");
    question->text = g_strdup_printf(
        "%u %s at work will be cancelled and undone.", spec->busy,
        spec->busy == 1 ? "operation" : "operations");
}

void question_open(struct app *app, const struct action *action)
{
    struct question_spec spec = {.action = action};

    app_push(app, &screen_question, &spec);
}

void question_open_quit(struct app *app, guint busy)
{
    struct question_spec spec = {.busy = busy};

    app_push(app, &screen_question, &spec);
}

void question_open_cancel(struct app *app, struct op *op)
{
    struct question_spec spec = {.cancel = op};

    app_push(app, &screen_question, &spec);
}

static void question_close(struct screen *screen)
{
    struct question *question = screen->data;

    if (question->cancel)
        op_unref(question->cancel);
    g_strfreev(question->uuids);
    g_strfreev(question->names);
    g_clear_pointer(&question->stakes, stakes_free);
    g_free(question->left);
    g_free(question->word);
    g_clear_pointer(&question->args, g_hash_table_unref);
    g_free(question->title);
    g_free(question->text);
    g_clear_pointer(&question->field, field_free);
}

/* Why it cannot be done any more with one of its qubes; NULL: it can. */
static char *question_refused(struct screen *screen)
{
    const struct question *question = screen->data;

    for (gsize i = 0; question->uuids[i]; i++) {
        const char *why = action_refused(screen->app, question->op,
                                         question->uuids[i]);

        if (why && question->stakes)
            return g_strdup_printf("%s: %s", question->names[i], why);
        if (why)
            return g_strdup(why);
    }
    return NULL;
}

static void question_event(struct screen *screen, const struct event *event)
{
    struct question *question = screen->data;
    g_autofree char *why = NULL;

    /* How it ended is told by itself. */
    if (question->cancel && op_over(question->cancel))
        app_pop(screen->app, screen);
    if (!question->op)
        return;
    why = question_refused(screen);
    if (!why && event->type == EVENT_VOLUMES && !question->stakes)
        question_tell_one(question, app_model(screen->app));
    if (!why)
        return;
    app_note(screen->app, TRUE, "%s: the question is withdrawn: %s",
             question->title, why);
    app_pop(screen->app, screen);
}

/* --- drawing --- */

static void question_draw_buttons(const struct question *question,
                                  struct rect line)
{
    struct dialog_button buttons[] = {{"Cancel", FALSE}, {question->verb, FALSE}};

    dialog_buttons(line, buttons, 2, (int)question->focus - FOCUS_CANCEL);
}

/* The field and a line below it. */
static void question_draw_field(const struct question *question, struct rect line)
{
    int used = draw_format(line.y, line.x, line.w, STYLE_NORMAL,
                           question->stakes ? "Type %s: " : "Type the name %s: ",
                           question->word);

    field_draw(question->field, line.y, line.x + used, line.w - used,
               question->focus == FOCUS_FIELD);
    if (question->wrong)
        draw_format(line.y + 1, line.x, line.w, STYLE_WARN, "This is not %s.",
                    question->word);
}

/* Where it ends. */
static int question_draw_prompt(const struct question *question, struct rect line)
{
    int x = line.x;

    x += draw_format(line.y, x, line.w - 5, STYLE_STRONG, "%s?", question->title);
    x += draw_words(line.y, x, line.x + line.w - x, STYLE_STRONG, "  y/N ");
    draw_cursor(line.y, x);
    return x;
}

/* What follows from yes, then the question; on a small terminal behind it, as far
 * as there is room. */
static void question_draw_lines(const struct question *question)
{
    struct rect area = frame_prompt();
    struct rect last = {area.y + area.h - 1, 0, 1, area.w};
    int x;

    draw_fill(area, STYLE_NORMAL);
    if (area.h > 1)
        draw_text(area.y, 0, area.w, STYLE_NORMAL, question->text);
    x = question_draw_prompt(question, last) + 2;
    if (area.h == 1 && x < area.w)
        draw_text(last.y, x, area.w - x, STYLE_DIM, question->text);
}

/* So many names as there is room for; how many more there are is said. */
static char *question_fit(const struct question *question, struct rect room)
{
    char *text = g_strdup(question->text);
    guint names = question->stakes ? stakes_most(question->stakes) : 0;

    while (names > 1 && draw_wrapped_height(room.w, text) > room.h) {
        g_free(text);
        names -= names / 8 + 1;
        text = stakes_text(question->stakes, names);
    }
    return text;
}

static void question_draw_box(struct screen *screen, struct rect area)
{
    struct question *question = screen->data;
    int rest = 5 + (question->field ? 2 : 0);
    struct rect room = {0, 0, area.h - rest, MIN(WIDTH, area.w) - 4};
    g_autofree char *text = question_fit(question, room);
    struct rect size = {0, 0, draw_wrapped_height(room.w, text) + rest, WIDTH};
    struct rect inside = dialog_box(screen, area, size, question->title);
    struct rect line = {inside.y + inside.h - 1, inside.x, 1, inside.w};

    question->cramped = inside.h < (question->field ? 4 : 2) || inside.w < ROOM_WIDTH;
    if (question->cramped) {
        draw_words(inside.y, inside.x, inside.w, STYLE_WARN, "too little room");
        return;
    }
    inside.h = MAX(inside.h - (question->field ? 3 : 1), 0);
    draw_wrapped(inside, STYLE_NORMAL, text);
    if (question->level == CONFIRM_L1)
        question_draw_prompt(question, line);
    else
        question_draw_buttons(question, line);
    if (question->field)
        question_draw_field(question,
                            (struct rect){line.y - 2, line.x, 1, line.w});
}

static void question_draw(struct screen *screen, struct rect area)
{
    const struct question *question = question_of(screen);
    struct rect lines = frame_prompt();
    gboolean fits = text_width(question->text) <= lines.w;

    /* Without a line for it the text is left out, but names are not. */
    if (lines.h == 1)
        fits = question->stakes == NULL;

    if (question->level == CONFIRM_L1 && fits)
        question_draw_lines(question);
    else
        question_draw_box(screen, area);
}

/* --- keys --- */

/* Nobody says yes to what cannot be read. */
static gboolean question_named(const struct question *question)
{
    return !question->cramped &&
           (!question->field ||
            strcmp(field_text(question->field), question->word) == 0);
}

static void question_key_yes(struct screen *screen)
{
    struct question *question = screen->data;
    struct app *app = screen->app;
    struct action action = {.op = question->op, .args = question->args,
                            .consent = question->level, .left = question->left};

    if (!question_named(question))
        return;
    if (question->cancel) {
        app_pop(app, screen);
        engine_cancel(app_engine(app), question->cancel);
        return;
    }
    if (!question->op) {
        app_quit(app, 0);
        return;
    }
    /* Popped first: what the submission opens belongs on top. The memory of
     * the screen stays until the end of this turn. */
    app_pop(app, screen);
    action.uuid = question->uuids[0];
    action.uuids = question->stakes ? question->uuids : NULL;
    action_submit(app, &action);
}

static void question_key_no(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* What was dangerous enough for a box leaves no doubt. */
static void question_key_cancel(struct screen *screen)
{
    const struct question *question = screen->data;

    if (question->op && question->level > CONFIRM_L1)
        app_note_on(screen->app, question->stakes ? NULL : question->uuids[0], FALSE,
                    "%s: cancelled, nothing was changed", question->title);
    app_pop(screen->app, screen);
}

static void question_move(struct screen *screen, int by)
{
    struct question *question = screen->data;
    int first = question->field ? FOCUS_FIELD : FOCUS_CANCEL;
    int n = FOCUS_COUNT - first;

    question->focus = (enum focus)(first + ((int)question->focus - first + by + n) % n);
}

static void question_key_next(struct screen *screen)
{
    question_move(screen, 1);
}

static void question_key_back(struct screen *screen)
{
    question_move(screen, -1);
}

static void question_key_choose(struct screen *screen)
{
    struct question *question = screen->data;

    if (question->focus == FOCUS_CANCEL) {
        question_key_cancel(screen);
    } else if (!question_named(question)) {
        question->wrong = TRUE;
        question->focus = FOCUS_FIELD;
    } else if (question->focus == FOCUS_FIELD) {
        question->focus = FOCUS_DO;
    } else {
        question_key_yes(screen);
    }
}

static gboolean question_typed(struct screen *screen, int key)
{
    struct question *question = screen->data;

    if (!question->field || question->focus != FOCUS_FIELD ||
        !field_key(question->field, key))
        return FALSE;
    question->wrong = FALSE;
    return TRUE;
}

static gboolean question_is_line(const struct screen *screen)
{
    return question_of(screen)->level == CONFIRM_L1;
}

static gboolean question_is_box(const struct screen *screen)
{
    return !question_is_line(screen);
}

/* clang-format off */
static const struct key_row question_keys[] = {
    {"y", "yes", "Yes", "yes", KEYS_ACT, NULL, question_key_yes,
     question_is_line},
    {"n Enter", "no", "No", "no", KEYS_ACT, NULL, question_key_no,
     question_is_line},
    {"Tab Down Right", "next", "move", NULL, KEYS_MOVE, NULL, question_key_next,
     question_is_box},
    {"S-Tab Up Left", "previous", NULL, "to the next, the previous button",
     KEYS_MOVE, NULL, question_key_back, question_is_box},
    {"Enter", "choose", "choose", "take the button", KEYS_ACT, NULL,
     question_key_choose, question_is_box},
    {"Esc q", "cancel", "cancel", "cancel", KEYS_ACT, NULL,
     question_key_cancel, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_question = {
    .name = "question",
    .title = "a question",
    .kind = SCREEN_POPUP,
    .keys = question_keys,
    .size = sizeof(struct question),
    .open = question_open_screen,
    .close = question_close,
    .draw = question_draw,
    .typed = question_typed,
    .event = question_event,
};
