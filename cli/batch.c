/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/batch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

#include "cli/cmd.h"
#include "cli/notice.h"
#include "core/weigh.h"
#include "util/auto.h"
#include "util/error.h"
#include "util/text.h"

/* How long after a signal the hypervisor is asked whether it is there at all,
 * and how long it may take to answer. */
#define PATIENCE_MS 2000
#define PROBE_MS 2000

/* How long what a crash left of other qubes may keep a verb waiting. */
#define RECOVERY_MS 30000

/* After that long at one step, what is waited for is said. */
#define SLOW_S 10

/* A flag as an operation argument. */
#define OP_TRUE "true"

struct batch;

struct item {
    struct batch *batch;
    const char *name;
    struct op *op;    /* NULL: refused */
    enum confirm given, needed;
    gboolean lacks;   /* consent that nobody was there to be asked for */
    GError *error;
    guint steps_said;
    guint steps_slow; /* so many there were at the last look */
    gboolean slow_said;
    gboolean ended;
};

struct batch {
    struct cli *cli;
    const struct batch_call *call;
    const struct op_row *row;
    GHashTable *args;
    GHashTable *weighed; /* the same, with what its question says; NULL: nothing */
    GPtrArray *items; /* struct item */
    GError *unread;   /* why states are not known; NULL: they are */
    gboolean verbose, dry_run;
    gboolean lacks;   /* one of them does: nothing is done to any */
    guint running;
    guint patience; /* timer: runs since the first signal */
    guint slow;     /* timer */
    gboolean wary;  /* it ran out */
    gboolean left;  /* what runs is not waited for any more */
};

/* What it is about: what is made, the system, or the qube that was named. */
static const char *item_subject(const struct item *item)
{
    const char *arg = item->batch->row->maker_of;

    if (arg)
        return g_hash_table_lookup(item->batch->args, arg);
    return item->batch->row->system ? "system" : item->name;
}

static void item_free(gpointer data)
{
    struct item *item = data;

    if (item->op)
        op_unref(item->op);
    g_clear_error(&item->error);
    g_free(item);
}

static char *arg_value(const struct cli *cli, const struct option_row *row,
                       const char *last)
{
    const char *const *all = options_all(cli->options, row->name);

    if (row->many)
        return g_strjoinv("\n", (char **)(gintptr)all);
    return g_strdup(row->value ? last : OP_TRUE);
}

GHashTable *batch_args(const struct cli *cli)
{
    GHashTable *args = op_args_none();
    const struct option_row *row = options_cmd(cli->options)->options;

    for (; row && row->name; row++) {
        const char *value = options_text(cli->options, row->name);

        if (value)
            g_hash_table_insert(args, g_strdup(row->name),
                                arg_value(cli, row, value));
    }
    return args;
}

GHashTable *batch_named(const char *const *names, const char *const *words)
{
    GHashTable *args = op_args_none();

    for (; *names && *words; names++, words++)
        op_args_set(args, *names, *words);
    return args;
}

static gboolean on_input(int fd, GIOCondition condition, gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

/* One line of the terminal; other qubes and signals go on meanwhile. NULL if one
 * of these came. */
static char *read_answer(const struct cli *cli)
{
    gboolean ready = FALSE;
    guint source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR,
                                 on_input, &ready);
    char answer[256];
    ssize_t n;

    while (!ready && !cli->signal)
        g_main_context_iteration(NULL, TRUE);
    if (ready) {
        n = read(STDIN_FILENO, answer, sizeof(answer));
        return g_strchomp(g_strndup(answer, (gsize)MAX(n, 0)));
    }
    g_source_remove(source);
    fputc('\n', stderr);
    return NULL;
}

/* Somebody can see a question and answer. */
static gboolean can_ask(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static gboolean ask(const struct batch *batch, const struct qube *qube,
                    enum confirm needed)
{
    struct model *model = engine_model(batch->cli->engine);
    g_autofree char *stake = op_consequence(batch->row, model, qube, batch->args);
    g_autofree char *object = op_object(batch->row, qube, batch->args);
    g_autofree char *name = text_sanitise(object, -1);
    g_autofree char *shown = text_sanitise(stake, -1);

    fprintf(stderr, "%s '%s'? %s%s%s", op_verb(batch->row, qube, batch->args), name,
            shown, *shown ? ". " : "",
            needed < CONFIRM_L3   ? "[y/N] "
            : batch->row->system ? "Type the name: "
                                 : "Type the name of the qube: ");
    g_autofree char *answer = read_answer(batch->cli);
    g_autofree char *word = op_word(batch->row, qube, batch->args);
    if (needed == CONFIRM_L3)
        return g_strcmp0(answer, word) == 0;
    return answer && g_ascii_tolower(*answer) == 'y';
}

static enum confirm consent(const struct batch *batch, const struct qube *qube,
                            enum confirm needed)
{
    const struct options *options = batch->cli->options;
    const char *const *names = options_all(options, "confirm");
    gboolean yes = options_has(options, "yes");
    enum confirm given = op_consent(batch->row, qube, batch->args, yes, NULL);

    for (; *names; names++)
        given = MAX(given, op_consent(batch->row, qube, batch->args, FALSE, *names));
    if (given == CONFIRM_L1 && !batch->dry_run && needed >= CONFIRM_L2 &&
        can_ask() && ask(batch, qube, needed))
        return needed;
    return given;
}

static void say_steps(struct item *item, gboolean ended)
{
    const GArray *steps = item->op->steps;

    for (; item->steps_said < steps->len; item->steps_said++) {
        static const char *const words[] = {
            [STEP_RUNNING] = "", [STEP_OK] = "",
            [STEP_SKIPPED] = "skipped: ", [STEP_WARNING] = "warning: ",
            [STEP_FAILED] = "failed: ",
        };
        const struct op_step *step =
            &g_array_index(steps, struct op_step, item->steps_said);

        if (step->state == STEP_RUNNING && !ended)
            return;
        fprintf(stderr, "%s: %.3f s %s%s\n", item->op->subject,
                step->at_us / 1e6, words[step->state], step->text);
    }
}

static void say_result(const struct item *item)
{
    const struct op *op = item->op;

    printf("%s: %s\n", op->subject, op->result ? op->result : op->row->done);
    fflush(stdout);
}

/* With several qubes each error is said when it comes; a single one is left to
 * the caller. */
static void item_fail(struct item *item, GError *error)
{
    item->error = error;
    if (item->batch->items->len > 1)
        notice_error(error);
}

static void on_done(struct op *op, gpointer data)
{
    struct item *item = data;
    struct batch *batch = item->batch;

    if (batch->left)
        return;
    item->ended = TRUE;
    batch->running--;
    if (batch->verbose)
        say_steps(item, TRUE);
    if (op->error)
        item_fail(item, g_error_copy(op->error));
    if (op->phase == OP_FAILED)
        return;
    if (batch->call->ended)
        batch->call->ended(op, batch->call->data);
    else if (!batch->dry_run && !batch->cli->quiet &&
             batch->cli->form != OUT_JSON)
        say_result(item);
}

/* qube NULL: the store has none, and the row can do without. */
static struct op *submit_qube(struct item *item, const struct qube *qube,
                              GError **error)
{
    struct batch *batch = item->batch;
    struct engine *engine = batch->cli->engine;
    struct op *op;
    struct op_request request = {
        .op = batch->row->name,
        .uuid = qube ? qube->uuid : DOM0_UUID,
        .args = batch->args,
        .consent = item->given,
        .dry_run = batch->dry_run,
        .done = on_done,
        .data = item,
    };

    batch->running++;
    op = engine_submit(engine, &request, error);
    if (!op)
        batch->running--;
    return op;
}

/* FALSE: there is none of that name, or nobody knows its state, which matters. */
static gboolean item_find(const struct item *item, const struct qube **qube,
                          GError **error)
{
    const struct batch *batch = item->batch;
    const struct op_row *row = batch->row;

    *qube = row->unread ? model_qube(engine_model(batch->cli->engine), DOM0_UUID)
                        : cli_qube(batch->cli, item->name, error);
    if (!*qube || !batch->unread || (*qube)->state != POWER_UNKNOWN ||
        (row->states & (1u << POWER_UNKNOWN)))
        return *qube || row->unread;
    g_propagate_error(error, g_error_copy(batch->unread));
    return FALSE;
}

/* What nobody could answer is not asked about. */
static void take_consent(struct item *item)
{
    struct batch *batch = item->batch;
    GError *error = NULL;
    const struct qube *qube;

    if (!item_find(item, &qube, &error)) {
        item_fail(item, error);
        return;
    }
    item->needed = op_confirm(batch->row, engine_model(batch->cli->engine), qube,
                              batch->args);
    item->given = consent(batch, qube, item->needed);
    item->lacks = item->given < item->needed && !batch->dry_run &&
                  (!can_ask() || batch->cli->signal);
    batch->lacks = batch->lacks || item->lacks;
}

static struct op *refuse_with_others(const struct item *item, GError **error)
{
    g_autofree char *title = op_title(item->batch->row);

    error_set(error, QMC_ERROR_UNCONFIRMED, "name only what you confirm",
              "'%s' of '%s' was not begun: another one was not confirmed", title,
              item->name);
    return NULL;
}

static void submit(struct item *item)
{
    GError *error = NULL;
    const struct qube *qube;
    struct op *op = !item_find(item, &qube, &error) ? NULL
                    : item->batch->lacks && !item->lacks
                        ? refuse_with_others(item, &error)
                        : submit_qube(item, qube, &error);

    if (op)
        item->op = op_ref(op);
    else
        item_fail(item, error);
}

static struct item *item_of(const struct batch *batch, const struct op *op)
{
    for (guint i = 0; i < batch->items->len; i++) {
        struct item *item = batch->items->pdata[i];

        if (item->op == op)
            return item;
    }
    return NULL;
}

static void on_event(const struct event *event, gpointer data)
{
    struct batch *batch = data;
    struct item *item;

    if (event->type == EVENT_NOTE && event->warning && !batch->verbose &&
        !batch->cli->quiet)
        notice_line("warning: %s", event->text);
    if (event->type != EVENT_OP || !batch->verbose)
        return;
    item = item_of(batch, event->op);
    if (item && !item->ended)
        say_steps(item, FALSE);
}

static void leave(struct batch *batch)
{
    if (batch->left)
        return;
    batch->left = TRUE;
    hv_abandon(engine_hv(batch->cli->engine));
    for (guint i = 0; i < batch->items->len; i++) {
        struct item *item = batch->items->pdata[i];
        GError *error = NULL;

        if (!item->op || item->ended)
            continue;
        cli_set_left(item->op, &error);
        item_fail(item, error);
    }
}

static gboolean on_patience(gpointer data)
{
    struct batch *batch = data;

    batch->patience = 0;
    batch->wary = TRUE;
    return G_SOURCE_REMOVE;
}

/* The first signal undoes what runs, the second leaves it. */
static void on_interrupt(gpointer data)
{
    struct batch *batch = data;

    if (batch->patience || batch->wary) {
        leave(batch);
        return;
    }
    if (batch->running > 0)
        notice_line("interrupted: undoing, please wait");
    batch->patience = g_timeout_add(PATIENCE_MS, on_patience, batch);
    for (guint i = 0; i < batch->items->len; i++) {
        struct item *item = batch->items->pdata[i];

        if (item->op && !item->ended)
            engine_cancel(batch->cli->engine, item->op);
    }
}

/* A slow undo is waited for, a hypervisor that does not answer is not. */
static void probe(struct batch *batch)
{
    g_autoptr(GError) error = NULL;

    batch->wary = FALSE;
    batch->patience = g_timeout_add(PATIENCE_MS + PROBE_MS, on_patience, batch);
    if (!engine_refresh_states(batch->cli->engine, PROBE_MS, &error) &&
        (error_is(error, QMC_ERROR_TIMEOUT) || error_is(error, QMC_ERROR_CONN)))
        leave(batch);
}

static void say_slow(struct item *item)
{
    const GArray *steps = item->op->steps;

    if (steps->len != item->steps_slow) {
        item->steps_slow = steps->len;
        item->slow_said = FALSE;
    } else if (steps->len && !item->slow_said) {
        item->slow_said = TRUE;
        g_autofree char *step = op_step_shown(item->op);

        notice_line("%s: still waiting: %s", item->op->subject, step);
    }
}

static gboolean on_slow(gpointer data)
{
    struct batch *batch = data;

    for (guint i = 0; i < batch->items->len; i++) {
        struct item *item = batch->items->pdata[i];

        if (item->op && !item->ended)
            say_slow(item);
    }
    return G_SOURCE_CONTINUE;
}

static void wait_for_end(struct batch *batch)
{
    if (!batch->cli->quiet)
        batch->slow = g_timeout_add_seconds(SLOW_S / 2, on_slow, batch);
    while (batch->running > 0 && !batch->left) {
        g_main_context_iteration(NULL, TRUE);
        if (batch->wary && batch->running > 0 && !batch->left)
            probe(batch);
    }
    if (batch->patience)
        g_source_remove(batch->patience);
    if (batch->slow)
        g_source_remove(batch->slow);
    batch->patience = batch->slow = 0;
}

/* A name given twice is one qube. */
static GPtrArray *items_new(struct batch *batch, const char *const *names)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(item_free);

    for (gsize i = 0; names[i]; i++) {
        struct item *item = NULL;
        gsize j = 0;

        while (j < i && strcmp(names[j], names[i]) != 0)
            j++;
        if (j < i)
            continue;
        item = g_new0(struct item, 1);
        item->batch = batch;
        item->name = names[i];
        g_ptr_array_add(items, item);
    }
    return items;
}

/* Where one of them may be in the way of the next: a template goes after those who
 * use it. */
static gboolean in_turn(const struct batch *batch)
{
    return batch->row->finish && !batch->dry_run;
}

static gboolean on_recovery_late(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_CONTINUE;
}

/* What a crash left is put right before anything is changed: a qube that starts is to
 * have what its template saved. */
static void recover(const struct batch *batch)
{
    struct engine *engine = batch->cli->engine;
    gboolean late = FALSE;
    guint timer = g_timeout_add(RECOVERY_MS, on_recovery_late, &late);

    engine_recover(engine);
    while (engine_recovering(engine) && !late && !batch->cli->signal)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(timer);
}

static gboolean changes_something(const struct batch *batch)
{
    gboolean some = FALSE;

    for (guint i = 0; i < batch->items->len; i++)
        some = some || !((struct item *)batch->items->pdata[i])->error;
    return some && !batch->lacks && !batch->dry_run && !batch->cli->signal;
}

static void submit_all(struct batch *batch)
{
    struct cli *cli = batch->cli;
    struct events *events = engine_model(cli->engine)->events;
    guint listener = events_listen(events, on_event, batch);

    cli->interrupted = on_interrupt;
    cli->interrupted_data = batch;
    cli_signals_take(cli);
    for (guint i = 0; i < batch->items->len && !cli->signal; i++)
        take_consent(batch->items->pdata[i]);
    batch->lacks = batch->lacks || cli->signal;
    if (changes_something(batch))
        recover(batch);
    for (guint i = 0; i < batch->items->len && (batch->lacks || !cli->signal); i++) {
        struct item *item = batch->items->pdata[i];

        if (!item->error)
            submit(item);
        if (in_turn(batch))
            wait_for_end(batch);
    }
    wait_for_end(batch);
    cli->interrupted = NULL;
    events_ignore(events, listener);
}

static void out_error(struct out *out, const GError *error)
{
    out_text(out, error ? error_code_word(error) : NULL);
    out_text(out, error ? error->message : NULL);
    out_text(out, error ? error_hint(error) : NULL);
}

static void plan_row(struct out *out, const struct item *item, const char *step)
{
    const struct op_row *row = item->batch->row;
    g_autofree char *title = op_title(row);

    out_row(out);
    out_text(out, item_subject(item));
    out_text(out, item->batch->cli->form == OUT_JSON ? row->name : title);
    out_text(out, step);
    out_error(out, item->error);
}

/* What is refused has an error in place of steps; where only lines are read it
 * is on stderr. */
static void print_plan(const struct batch *batch)
{
    static const struct out_column columns[] = {
        {"qube", NULL, OUT_TEXT, 0},
        {"operation", NULL, OUT_TEXT, 0},
        {"step", NULL, OUT_TEXT, 0},
        {"error", NULL, OUT_TEXT, OUT_DETAIL},
        {"message", NULL, OUT_TEXT, OUT_DETAIL},
        {"hint", NULL, OUT_TEXT, OUT_DETAIL},
        {NULL},
    };
    auto_of(out) struct out *out = out_new(columns);

    for (guint i = 0; i < batch->items->len; i++) {
        const struct item *item = batch->items->pdata[i];

        if (item->error && batch->cli->form == OUT_JSON)
            plan_row(out, item, NULL);
        for (guint j = 0; !item->error && j < item->op->steps->len; j++)
            plan_row(out, item,
                     g_array_index(item->op->steps, struct op_step, j).text);
    }
    out_print(out, batch->cli->form);
}

/* A dry run that nobody asked for has to say so, where there is anything to do. */
static void print_how(const struct batch *batch)
{
    gboolean needed = FALSE;

    for (guint i = 0; i < batch->items->len; i++) {
        const struct item *item = batch->items->pdata[i];

        needed = needed || (!item->error && item->needed > CONFIRM_L0);
    }
    if (needed && batch->call->how && !options_has(batch->cli->options, "dry-run"))
        notice_line("%s", batch->call->how);
}

/* Whatever stayed. */
static gboolean item_is_done(const struct item *item)
{
    return !item->error || (item->op && item->op->phase == OP_PARTIAL);
}

static void print_results(const struct batch *batch)
{
    static const struct out_column columns[] = {
        {"qube", NULL, OUT_TEXT, 0},
        {"operation", NULL, OUT_TEXT, 0},
        {"done", NULL, OUT_BOOL, 0},
        {"result", NULL, OUT_TEXT, 0},
        {"error", NULL, OUT_TEXT, 0},
        {"message", NULL, OUT_TEXT, 0},
        {"hint", NULL, OUT_TEXT, 0},
        {NULL},
    };
    auto_of(out) struct out *out = out_new(columns);

    for (guint i = 0; i < batch->items->len; i++) {
        const struct item *item = batch->items->pdata[i];
        const GError *error = item->error;
        const char *result = item->op ? item->op->result : NULL;

        out_row(out);
        out_text(out, item_subject(item));
        out_text(out, batch->row->name);
        out_bool(out, item_is_done(item));
        out_text(out, !item_is_done(item) ? NULL : result ? result : batch->row->done);
        out_error(out, error);
    }
    out_print(out, OUT_JSON);
}

static gboolean conclude(const struct batch *batch, GError **error)
{
    guint failed = 0, done = 0, total = batch->items->len;
    const GError *first = NULL;
    gboolean same = TRUE;

    for (guint i = 0; i < total; i++) {
        const struct item *item = batch->items->pdata[i];

        done += item_is_done(item);
        if (!item->error)
            continue;
        failed++;
        first = first ? first : item->error;
        same = same && item->error->code == first->code;
    }
    if (!failed)
        return TRUE;
    if (total == 1)
        g_propagate_error(error, g_error_copy(first));
    else if (done == total)
        error_set(error, QMC_ERROR_PARTIAL, NULL, "%s: of %u of %u qubes something stayed",
                  batch->row->name, failed, total);
    else if (done)
        error_set(error, QMC_ERROR_PARTIAL, NULL, "%s: %u of %u qubes failed",
                  batch->row->name, total - done, total);
    else
        error_set(error, same ? (QmcErrorCode)first->code : QMC_ERROR_IO, NULL,
                  "%s: all of %u qubes failed", batch->row->name, total);
    return FALSE;
}

static struct batch *batch_new(struct cli *cli, const struct batch_call *call)
{
    struct batch *batch = g_new0(struct batch, 1);

    batch->cli = cli;
    batch->call = call;
    batch->row = op_find(call->op);
    batch->args = call->args;
    batch->verbose = options_has(cli->options, "verbose");
    batch->dry_run = call->dry_run || options_has(cli->options, "dry-run");
    return batch;
}

/* What was left may still end, and looks at its item then. */
static void batch_free(struct batch *batch)
{
    if (batch->left)
        return;
    if (batch->items)
        g_ptr_array_unref(batch->items);
    g_clear_pointer(&batch->weighed, g_hash_table_unref);
    g_clear_error(&batch->unread);
    g_free(batch);
}
AUTO_DEFINE(batch, struct batch, batch_free)

/* What the question has to say. */

struct weighing {
    GHashTable *args;
    GError *error;
    gboolean over;
};

static void weigh_done(gpointer args, const GError *error, gpointer data)
{
    struct weighing *weighing = data;

    weighing->args = args;
    weighing->error = error ? g_error_copy(error) : NULL;
    weighing->over = TRUE;
}

static gboolean batch_weigh(struct batch *batch, GError **error)
{
    struct weighing weighing = {NULL};

    if (!batch->row->weigh)
        return TRUE;
    weigh_submit(batch->cli->engine, batch->row, batch->args, weigh_done, &weighing);
    while (!weighing.over)
        g_main_context_iteration(NULL, TRUE);
    if (weighing.error)
        g_propagate_error(error, weighing.error);
    else
        batch->args = batch->weighed = weighing.args;
    return weighing.error == NULL;
}

gboolean batch_do(struct cli *cli, const struct batch_call *call, GError **error)
{
    auto_of(batch) struct batch *batch = batch_new(cli, call);

    if (!batch->row->unread)
        cli_refresh_states(cli, &batch->unread);
    if (!batch_weigh(batch, error))
        return FALSE;
    batch->items = items_new(batch, call->names);
    submit_all(batch);
    if (!call->ended && batch->dry_run) {
        print_plan(batch);
        print_how(batch);
    } else if (!call->ended && cli->form == OUT_JSON)
        print_results(batch);
    return conclude(batch, error);
}

gboolean batch_run(struct cli *cli, const char *op, const char *const *names,
                   GHashTable *args, GError **error)
{
    struct batch_call call = {.op = op, .names = names, .args = args};

    return batch_do(cli, &call, error);
}
