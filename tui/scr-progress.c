/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An operation while it works, step by step (ux.md 4.16). */
#include "config.h"

#include "tui/dialog.h"
#include "tui/meter.h"
#include "tui/pane.h"
#include "tui/screens.h"
#include "util/error.h"

#define WIDTH 74
#define HEIGHT 16
#define BAR_WIDTH 24

struct progress {
    struct op *op;
    guint timer;
};

static struct progress *progress_of(const struct screen *screen)
{
    return screen->data;
}

/* Seconds are shown while something is waited for, and only then. */
static gboolean progress_tick(gpointer data)
{
    struct screen *screen = data;

    app_dirty(screen->app);
    return G_SOURCE_CONTINUE;
}

static void progress_open_screen(struct screen *screen, gconstpointer argument)
{
    struct progress *progress = screen->data;
    struct op *const *op = argument;

    progress->op = op_ref(*op);
    if (!op_over(progress->op))
        progress->timer = g_timeout_add_seconds(1, progress_tick, screen);
}

void progress_open(struct app *app, struct op *op)
{
    app_push(app, &screen_progress, &op);
}

gboolean progress_shows(struct app *app, const struct op *op)
{
    const struct screen *screen = app_find(app, &screen_progress);

    return screen && progress_of(screen)->op == op;
}

static void progress_close(struct screen *screen)
{
    struct progress *progress = screen->data;

    if (progress->timer)
        g_source_remove(progress->timer);
    op_unref(progress->op);
}

static gboolean progress_timed_out(const struct screen *screen)
{
    const struct op *op = progress_of(screen)->op;

    return op->row->late && op->phase == OP_FAILED &&
           error_is(op->error, QMC_ERROR_TIMEOUT);
}

static void progress_ended(struct screen *screen)
{
    struct app *app = screen->app;
    const struct op *op = progress_of(screen)->op;

    g_clear_handle_id(&progress_of(screen)->timer, g_source_remove);
    if (progress_timed_out(screen))
        return;
    app_pop(app, screen);
    if (op->error && !error_is(op->error, QMC_ERROR_CANCELLED))
        error_open(app, op);
}

/* It has stopped after all, or was killed: there is nothing left to choose. */
static gboolean progress_is_moot(const struct screen *screen)
{
    const struct op *op = progress_of(screen)->op;
    const struct qube *qube = model_qube(app_model(screen->app), op->uuid);

    return !qube || !(op->row->states & (1u << qube->state));
}

static void progress_event(struct screen *screen, const struct event *event)
{
    struct progress *progress = progress_of(screen);

    if (event->type == EVENT_OP && event->op == progress->op &&
        op_over(progress->op))
        progress_ended(screen);
    else if (progress_timed_out(screen) && progress_is_moot(screen))
        app_pop(screen->app, screen);
}

/* --- drawing --- */

static char *progress_word(const struct op_step *step)
{
    static const char *const words[] = {
        [STEP_RUNNING] = "...",    [STEP_OK] = "ok",
        [STEP_SKIPPED] = "skipped", [STEP_WARNING] = "warning",
        [STEP_FAILED] = "failed",
    };

    return step->state == STEP_RUNNING && step->percent >= 0
               ? g_strdup_printf("%d%%", step->percent) : g_strdup(words[step->state]);
}

static enum style progress_style(enum step_state state)
{
    static const enum style styles[] = {
        [STEP_RUNNING] = STYLE_STRONG, [STEP_OK] = STYLE_GOOD,
        [STEP_SKIPPED] = STYLE_DIM,    [STEP_WARNING] = STYLE_WARN,
        [STEP_FAILED] = STYLE_BAD,
    };

    return styles[state];
}

static double progress_seconds(gint64 us)
{
    return (double)us / G_USEC_PER_SEC;
}

static void progress_draw_step(const struct op *op, const struct op_step *step,
                               struct rect line)
{
    gint64 now = g_get_monotonic_time() - op->began_us;
    g_autofree char *waited = NULL, *word = progress_word(step);
    int tail = 0;

    if (step->state == STEP_RUNNING && now - step->at_us >= G_USEC_PER_SEC)
        waited = g_strdup_printf(" %d s", (int)progress_seconds(now - step->at_us));
    if (waited)
        tail = text_width(waited);
    draw_format(line.y, line.x, line.w, STYLE_DIM, "%5.1fs",
                progress_seconds(step->at_us));
    draw_words(line.y, line.x + 8, line.w - 8, progress_style(step->state),
               word);
    draw_words(line.y, line.x + 17, line.w - 17 - tail, STYLE_NORMAL, step->text);
    if (waited)
        draw_words(line.y, line.x + line.w - tail, tail, STYLE_STRONG, waited);
}

/* --- how far the step at work is --- */

/* NULL: nobody says. */
static const struct op_step *progress_moving(const struct op *op)
{
    const struct op_step *last =
        op->steps->len ? &g_array_index(op->steps, struct op_step, op->steps->len - 1)
                       : NULL;

    return last && last->state == STEP_RUNNING && last->percent >= 0 ? last : NULL;
}

/* "under a minute", "3 min", "2 h 10 min": no more exact than a guess is. */
static char *progress_time(guint64 seconds)
{
    guint64 minutes = (seconds + 30) / 60;

    if (minutes == 0)
        return g_strdup("under a minute");
    return minutes < 60 ? g_strdup_printf("%" G_GUINT64_FORMAT " min", minutes)
                        : g_strdup_printf("%" G_GUINT64_FORMAT " h %" G_GUINT64_FORMAT
                                          " min", minutes / 60, minutes % 60);
}

/* "512.0M of 1.0G   35.0M/s, 2 min at this rate": what comes first counts most. */
static char *progress_bytes(const struct op_step *step)
{
    guint64 rate = op_step_rate(step, g_get_monotonic_time());
    g_autofree char *moved = text_size(step->moved);
    g_autofree char *size = text_size(step->size);
    GString *text = g_string_new(NULL);

    g_string_printf(text, "%s of %s", moved, size);
    if (rate > 0 && step->moved < step->size) {
        g_autofree char *speed = text_size(rate);
        g_autofree char *left = progress_time((step->size - step->moved) / rate);

        g_string_append_printf(text, "   %s/s, %s left at this rate", speed, left);
    }
    return g_string_free(text, FALSE);
}

void progress_pane_step(const struct op *op, guint step, struct pane *pane)
{
    const struct op_step *it = &g_array_index(op->steps, struct op_step, step);
    g_autofree char *word = progress_word(it);

    pane_line(pane, STYLE_NORMAL, "%5.1fs  %-7s  %s", progress_seconds(it->at_us),
              word, it->text);
    if (it == progress_moving(op)) {
        g_autofree char *bytes = progress_bytes(it);

        pane_line(pane, STYLE_NORMAL, "        %s", bytes);
    }
}

static void progress_draw_bar(const struct op_step *step, struct rect line)
{
    g_autofree char *bar = meter_text(step->percent, CLAMP(line.w / 3, 8, BAR_WIDTH));
    g_autofree char *bytes = progress_bytes(step);
    int used = text_width(bar) + 1;

    draw_words(line.y, line.x, line.w, STYLE_STRONG, bar);
    draw_words(line.y, line.x + used, line.w - used, STYLE_NORMAL, bytes);
}

/* The newest steps if there are more than lines. */
static void progress_draw_steps(const struct op *op, struct rect area)
{
    const struct op_step *moving = area.h > 1 ? progress_moving(op) : NULL;
    guint lines = (guint)MAX(area.h - (moving != NULL), 0);
    guint first = op->steps->len > lines ? op->steps->len - lines : 0;

    for (guint i = first; i < op->steps->len; i++) {
        struct rect line = {area.y + (int)(i - first), area.x, 1, area.w};

        progress_draw_step(op, &g_array_index(op->steps, struct op_step, i), line);
    }
    if (moving)
        progress_draw_bar(moving, (struct rect){area.y + (int)(op->steps->len - first),
                                                area.x, 1, area.w});
}

static char *progress_state_text(const struct screen *screen)
{
    const struct op *op = progress_of(screen)->op;

    if (progress_timed_out(screen))
        return g_strdup_printf("%s %s", op->subject, op->row->late);
    if (op->phase == OP_QUEUED)
        return g_strdup("waiting for another operation on this qube");
    if (op->phase == OP_UNDOING)
        return g_strdup("failed; undoing what was done");
    if (op->phase == OP_SAVING)
        return g_strdup("saving the store");
    if (op->phase == OP_DONE)
        return g_strdup_printf("%s %s in %.1f s", op->subject,
                               op->result ? op->result : op->row->done,
                               progress_seconds(op->ended_us - op->began_us));
    return NULL;
}

static void progress_draw(struct screen *screen, struct rect area)
{
    const struct op *op = progress_of(screen)->op;
    g_autofree char *state = progress_state_text(screen);
    g_autofree char *doing = g_strdup_printf("%s %s", op->row->doing, op->subject);
    int width = MIN(WIDTH, area.w) - 4;
    int text = state ? draw_wrapped_height(width, state) : 0;

    *doing = g_ascii_toupper(*doing);
    /* Always as high, so that it does not jump with every step. */
    struct rect inside = dialog_box(screen, area,
                                    (struct rect){0, 0, HEIGHT, WIDTH}, doing);
    text = MIN(text, inside.h);
    struct rect foot = {inside.y + inside.h - text, inside.x, text, inside.w};
    if (state)
        draw_wrapped(foot, STYLE_WARN, state);
    inside.h -= text ? text + 1 : 0;
    progress_draw_steps(op, inside);
    draw_cursor(inside.y, inside.x);
}

/* --- keys --- */

static void progress_key_leave(struct screen *screen)
{
    const struct op *op = progress_of(screen)->op;

    if (!op_over(op))
        app_note_on(screen->app, op->uuid, FALSE, "%s %s goes on behind",
                    op->row->doing, op->subject);
    app_pop(screen->app, screen);
}

static void progress_key_wait(struct screen *screen)
{
    g_autofree char *uuid = g_strdup(progress_of(screen)->op->uuid);
    g_autoptr(GHashTable) args = g_hash_table_ref(progress_of(screen)->op->args);
    struct app *app = screen->app;
    /* The question was answered when the first wait began. */
    struct action action = {progress_of(screen)->op->row->name, uuid, args,
                            CONFIRM_L1};

    app_note_on(app, uuid, FALSE, "waiting once more for %s",
                progress_of(screen)->op->subject);
    app_pop(app, screen);
    action_submit(app, &action);
}

static void progress_key_cancel(struct screen *screen)
{
    question_open_cancel(screen->app, progress_of(screen)->op);
}

/* Opened again from the list of jobs. */
static gboolean progress_is_over(const struct screen *screen)
{
    return op_over(progress_of(screen)->op);
}

static gboolean progress_runs(const struct screen *screen)
{
    return !op_over(progress_of(screen)->op);
}

static gboolean progress_can_kill(const struct screen *screen)
{
    /* What needs no hypervisor has begun nothing there. */
    return (progress_runs(screen) || progress_timed_out(screen)) &&
           !progress_of(screen)->op->row->offline &&
           !action_refused(screen->app, "kill", progress_of(screen)->op->uuid);
}

/* clang-format off */
static const struct key_row progress_keys[] = {
    {"w", "wait", "wait longer", "wait once more as long", KEYS_ACT, NULL,
     progress_key_wait, progress_timed_out},
    {"k K", "kill", "kill", NULL, KEYS_ACT, "kill", NULL, progress_can_kill},
    {"Ctrl-C", "cancel", "cancel", "stop it and undo what was done", KEYS_ACT,
     NULL, progress_key_cancel, progress_runs},
    {"b Esc Enter q", "background", "background",
     "leave it alone; it goes on", KEYS_ACT, NULL, progress_key_leave,
     progress_runs},
    {"Esc Enter q", "close", "close", "close", KEYS_ACT, NULL,
     progress_key_leave, progress_is_over},
    {NULL},
};
/* clang-format on */

static const char *progress_subject(const struct screen *screen)
{
    return progress_of(screen)->op->uuid;
}

const struct screen_class screen_progress = {
    .name = "progress",
    .title = "an operation at work",
    .kind = SCREEN_POPUP,
    .keys = progress_keys,
    .size = sizeof(struct progress),
    .open = progress_open_screen,
    .close = progress_close,
    .draw = progress_draw,
    .event = progress_event,
    .subject = progress_subject,
};
