/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/plain.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

#include "cli/cmd.h"
#include "cli/notice.h"
#include "core/op-words.h"
#include "util/error.h"
#include "util/text.h"

#define PROMPT "qmc> "

struct plain {
    struct cli *cli;
    gboolean asks;      /* the input is a terminal */
    gboolean working;   /* a command tells what happens by itself */
    gboolean prompted;  /* the cursor stands behind the prompt */
    gboolean readable, ended, quit;
    GString *input;     /* not done yet */
    GHashTable *states; /* uuid -> enum power_state, as last known here */
    int status;
};

/* --- events --- */

static void plain_say(struct plain *plain, const char *text)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *clock = g_date_time_format(now, "%H:%M");

    printf("%s%s %s\n", plain->prompted ? "\n" : "", clock, text);
    plain->prompted = FALSE;
}

static void plain_note_state(struct plain *plain, const char *uuid)
{
    const struct qube *qube = model_qube(engine_model(plain->cli->engine), uuid);
    gpointer before;

    if (!qube)
        return;
    before = g_hash_table_lookup(plain->states, uuid);
    g_hash_table_replace(plain->states, g_strdup(uuid),
                         GINT_TO_POINTER((int)qube->state));
    if (plain->working || GPOINTER_TO_INT(before) == (int)qube->state)
        return;
    g_autofree char *name = text_sanitise(qube->name, -1);
    g_autofree char *text =
        g_strdup_printf("%s is %s", name, power_state_word(qube->state));
    plain_say(plain, text);
}

static void plain_event(const struct event *event, gpointer data)
{
    struct plain *plain = data;

    if (event->type == EVENT_STATE)
        plain_note_state(plain, event->uuid);
    if (event->type == EVENT_NOTE && !plain->working)
        plain_say(plain, event->text);
}

static void plain_learn_states(struct plain *plain)
{
    const GPtrArray *qubes = engine_model(plain->cli->engine)->qubes;

    for (guint i = 0; i < qubes->len; i++)
        plain_note_state(plain, ((const struct qube *)qubes->pdata[i])->uuid);
}

/* --- one command --- */

/* What was settled when the program began. */
static gboolean plain_fits(const struct options *options, GError **error)
{
    static const char *const fitting[] = {"json", "quiet", "verbose", "dry-run",
                                          "yes", "confirm", "help", "version", NULL};

    for (const struct option_row *row = options_global(); row->name; row++)
        if (options_has(options, row->name) && !g_strv_contains(fitting, row->name)) {
            error_set(error, QMC_ERROR_INVALID, "leave the line mode, and begin with it",
                      "'--%s' is for the start of the program", row->name);
            return FALSE;
        }
    return TRUE;
}

static const struct cmd *plain_cmd(const struct options *options)
{
    return options_has(options, "help")      ? cmd_find("help")
           : options_has(options, "version") ? cmd_find("version")
                                             : options_cmd(options);
}

static gboolean plain_do(struct plain *plain, const struct options *options,
                         GError **error)
{
    struct cli *cli = plain->cli;
    const struct options *before = cli->options;
    enum out_form form = cli->form;
    const struct cmd *cmd = plain_cmd(options);
    gboolean fine;

    if (!plain_fits(options, error))
        return FALSE;
    if (!cmd)
        return TRUE;
    cli->options = options;
    cli->form = options_has(options, "json") ? OUT_JSON : form;
    cli->quiet = options_has(options, "quiet");
    fine = cmd->run(cli, error);
    cli->options = before;
    cli->form = form;
    return fine;
}

/* Each step is said: there is no other way to see one. */
static gboolean plain_words(struct plain *plain, char **words, GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    auto_of(options) struct options *options = NULL;
    static char program[] = "qmc", steps[] = "--verbose";

    g_ptr_array_add(argv, program);
    g_ptr_array_add(argv, steps);
    for (gsize i = 0; words[i]; i++)
        g_ptr_array_add(argv, words[i]);
    g_ptr_array_add(argv, NULL);
    options = options_parse((char **)argv->pdata, error);
    return options && plain_do(plain, options, error);
}

static gboolean plain_is_quit(const char *word)
{
    return strcmp(word, "quit") == 0 || strcmp(word, "q") == 0;
}

static void plain_line(struct plain *plain, const char *line)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = op_words_split(line, &error);
    gboolean fine = words != NULL;

    if (words && words[0] && plain_is_quit(words[0]) && !words[1])
        plain->quit = TRUE;
    else if (words && words[0])
        fine = plain_words(plain, words, &error);
    fflush(stdout);
    if (fine)
        return;
    notice_error(error);
    plain->status = error_exit_status(error);
}

/* --- input --- */

static gboolean plain_ready(int fd, GIOCondition condition, gpointer data)
{
    struct plain *plain = data;

    plain->readable = TRUE;
    return G_SOURCE_REMOVE;
}

/* Waits for bytes while events go on; only here, because a question of a
 * command reads the same terminal. */
static void plain_fill(struct plain *plain)
{
    guint source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR,
                                 plain_ready, plain);
    char bytes[4096];
    gssize n;

    plain->readable = FALSE;
    while (!plain->readable && !plain->cli->signal) {
        g_main_context_iteration(NULL, TRUE);
        fflush(stdout);
    }
    if (!plain->readable) {
        g_source_remove(source);
        return;
    }
    n = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (n > 0)
        g_string_append_len(plain->input, bytes, n);
    else
        plain->ended = TRUE;
}

/* NULL: no more, or a signal came. A last line needs no end of its own. */
static char *plain_read(struct plain *plain)
{
    char *end, *line;

    while (!(end = strchr(plain->input->str, '\n')) && !plain->ended &&
           !plain->cli->signal)
        plain_fill(plain);
    if (plain->cli->signal || (!end && !plain->input->len))
        return NULL;
    line = g_strndup(plain->input->str,
                     end ? (gsize)(end - plain->input->str) : plain->input->len);
    g_string_erase(plain->input, 0, (gssize)strlen(line) + (end ? 1 : 0));
    return line;
}

static void plain_prompt(struct plain *plain)
{
    plain->prompted = plain->asks;
    if (plain->asks)
        fputs(PROMPT, stdout);
    fflush(stdout);
}

/* Ctrl-C drops the line, or ended the command; it does not end the program. */
static gboolean plain_survives(struct plain *plain)
{
    struct cli *cli = plain->cli;

    if (!cli->signal)
        return TRUE;
    plain->status = 128 + cli->signal;
    if (cli->signal != SIGINT || !plain->asks)
        return FALSE;
    cli->signal = 0;
    putchar('\n');
    return TRUE;
}

static void plain_loop(struct plain *plain)
{
    while (!plain->quit) {
        g_autofree char *line = NULL;

        plain_prompt(plain);
        line = plain_read(plain);
        plain->prompted = FALSE;
        plain->working = TRUE;
        if (line)
            plain_line(plain, line);
        plain->working = FALSE;
        if (!plain_survives(plain) || (!line && plain->ended))
            break;
    }
}

int plain_run(struct cli *cli)
{
    struct plain plain = {.cli = cli, .working = TRUE};
    struct events *events = engine_model(cli->engine)->events;
    guint listener;

    plain.asks = isatty(STDIN_FILENO);
    plain.input = g_string_new(NULL);
    plain.states = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    cli_signals_take(cli);
    plain_line(&plain, "ls");
    plain_learn_states(&plain);
    listener = events_listen(events, plain_event, &plain);
    engine_follow(cli->engine);
    plain.working = FALSE;
    plain_loop(&plain);
    events_ignore(events, listener);
    if (plain.asks && !plain.quit)
        putchar('\n');
    g_string_free(plain.input, TRUE);
    g_hash_table_unref(plain.states);
    return plain.asks && !cli->signal ? 0 : plain.status;
}
