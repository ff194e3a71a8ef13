/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: command line, then console or verb, then exit status. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/notice.h"
#include "cli/plain.h"
#include "tui/tui.h"
#include "util/error.h"
#include "util/heap.h"
#include "util/log.h"
#include "util/xml.h"

/* A reader that went away is not worth a message; a full disk is. */
static int finish_stdout(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno == EPIPE)
        return 128 + SIGPIPE;
    notice_line("cannot write the output: %s", g_strerror(errno));
    return 1;
}

static int fail(const GError *error)
{
    notice_error(error);
    return error_exit_status(error);
}

/* An unreadable store ends with 1 whatever is wrong with it. */
static gboolean load(struct cli *cli, int *status)
{
    g_autoptr(GError) error = NULL;

    if (engine_load(cli->engine, &error))
        return TRUE;
    notice_error(error);
    *status = 1;
    return FALSE;
}

static int run_verb(struct cli *cli, const struct cmd *cmd)
{
    g_autoptr(GError) error = NULL;
    int status = 0;

    if (!cmd->bare && !cmd->unread && !load(cli, &status))
        return status;
    return cmd->run(cli, &error) ? cli->status : fail(error);
}

/* What a signal ends is gone within half a second: that is what undo
 * work has then. */
#define UNDO_MS 2000
#define UNDO_SIGNAL_MS 350

/* The screen is gone: what was at work is said here. */
static void end_operations(struct cli *cli, int undo_ms)
{
    g_autoptr(GPtrArray) working = g_ptr_array_new();
    GPtrArray *ops = engine_ops(cli->engine);

    for (guint i = 0; i < ops->len; i++)
        if (!op_over(ops->pdata[i]))
            g_ptr_array_add(working, ops->pdata[i]);
    engine_end(cli->engine, undo_ms);
    for (guint i = 0; i < working->len; i++) {
        const struct op *op = working->pdata[i];
        g_autoptr(GError) error = NULL;

        if (!op_over(op))
            cli_set_left(op, &error);
        else if (op->error)
            error = g_error_copy(op->error);
        if (error)
            notice_error(error);
        if (op->left)
            notice_line("not undone: %s", op->left);
    }
}

static int run_plain(struct cli *cli)
{
    int status = 0;

    if (load(cli, &status))
        status = plain_run(cli);
    return status;
}

/* Without a verb; FALSE: list instead. */
static gboolean run_console(struct cli *cli, int *status)
{
    gboolean plain = options_has(cli->options, "plain");
    const char *why = NULL;

    if (!plain && cli->form != OUT_TABLE)
        return FALSE;
    if (!plain && !tui_possible(&why))
        notice_line("no full screen: %s; 'help' lists the verbs", why);
    if (plain || why) {
        *status = run_plain(cli);
        return TRUE;
    }
    /* Beside the console's own handlers, and longer: a hang-up comes more than
     * once, and undo work goes on when the screen is gone. */
    cli_signals_take(cli);
    *status = tui_run(cli->engine);
    end_operations(cli, *status > 128 ? UNDO_SIGNAL_MS : UNDO_MS);
    return TRUE;
}

static int run(struct cli *cli)
{
    const struct cmd *cmd = options_cmd(cli->options);
    g_autoptr(GError) error = NULL;
    int status = 0;

    if ((!cmd || !cmd->bare) && !cli_open(cli, &error))
        status = fail(error);
    else if (cli_interrupted(cli))
        status = 1;
    else if (cmd)
        status = run_verb(cli, cmd);
    else if (!run_console(cli, &status))
        status = run_verb(cli, cmd_find("ls"));
    cli_close(cli);
    return cli->signal && status ? 128 + cli->signal : status;
}

/* What the full screen shall look like. */
static gboolean apply_settings(const struct options *options, GError **error)
{
    static const struct {
        const char *option, *setting, *value; /* NULL: that of the option */
    } rows[] = {
        {"color", "color", NULL},
        {"theme", "theme", NULL},
        {"ascii", "lines", "ascii"},
        {"mouse", "mouse", "on"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *given = options_text(options, rows[i].option);

        if (given && !tui_set(rows[i].setting,
                              rows[i].value ? rows[i].value : given, error))
            return FALSE;
    }
    return TRUE;
}

/* --help and --version stand for verbs. */
static const struct cmd *stand_in(const struct options *options)
{
    return options_has(options, "help")      ? cmd_find("help")
           : options_has(options, "version") ? cmd_find("version")
                                             : NULL;
}

/* A file that is opened later must not become what others write to or read from. Input
 * that was closed is at its end; output that was cannot be written, and is said to be. */
static void reserve_streams(void)
{
    static const int flags[] = {
        [STDIN_FILENO] = O_RDONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_WRONLY,
    };

    for (int fd = 0; fd < (int)G_N_ELEMENTS(flags); fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", flags[fd]) != fd)
            _exit(1);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    auto_of(options) struct options *options = NULL;
    struct cli cli = {0};

    reserve_streams();
    heap_share();
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    xml_silence();
    log_to_stderr(g_strcmp0(g_getenv("QMC_DEBUG"), "1") == 0);
    options = options_parse(argv, &error);
    if (!options || !apply_settings(options, &error))
        return fail(error);
    cli.options = options;
    cli.form = out_form_choose(options_has(options, "json"));
    cli.quiet = options_has(options, "quiet");
    if (stand_in(options))
        return finish_stdout(run_verb(&cli, stand_in(options)));
    return finish_stdout(run(&cli));
}
