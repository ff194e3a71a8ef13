/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/cli.h"

#include <signal.h>
#include <string.h>

#include <glib-unix.h>

#include "core/demo.h"
#include "core/op-words.h"
#include "util/error.h"

static gboolean on_signal(struct cli *cli, int signum)
{
    if (!cli->signal)
        cli->signal = signum;
    if (cli->interrupted)
        cli->interrupted(cli->interrupted_data);
    return G_SOURCE_CONTINUE;
}

static gboolean on_int(gpointer data)
{
    return on_signal(data, SIGINT);
}

static gboolean on_term(gpointer data)
{
    return on_signal(data, SIGTERM);
}

static gboolean on_hup(gpointer data)
{
    return on_signal(data, SIGHUP);
}

void cli_signals_take(struct cli *cli)
{
    static const struct {
        int signum;
        GSourceFunc handler;
    } rows[] = {{SIGINT, on_int}, {SIGTERM, on_term}, {SIGHUP, on_hup}};

    G_STATIC_ASSERT(G_N_ELEMENTS(rows) == G_N_ELEMENTS(cli->sources));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (!cli->sources[i])
            cli->sources[i] = g_unix_signal_add(rows[i].signum,
                                                rows[i].handler, cli);
}

void cli_signals_leave(struct cli *cli)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cli->sources); i++)
        if (cli->sources[i])
            g_source_remove(cli->sources[i]);
    memset(cli->sources, 0, sizeof(cli->sources));
}

gboolean cli_interrupted(struct cli *cli)
{
    if (cli->sources[0])
        g_main_context_iteration(NULL, FALSE);
    return cli->signal != 0;
}

/* "" for the machine itself; always absolute, because images and locks are
 * handed to programs with another working directory. */
static char *root_of(const struct cli *cli)
{
    const char *given = options_text(cli->options, "root");
    g_autofree char *path = NULL;

    /* A demo in the rescue system that QMC_ROOT names would be a mess. */
    if (!given && !options_has(cli->options, "demo"))
        given = g_getenv("QMC_ROOT");
    if (!given || !*given)
        return g_strdup("");
    path = g_canonicalize_filename(given, NULL);
    return strcmp(path, "/") == 0 ? g_strdup("") : g_steal_pointer(&path);
}

static gboolean make_demo(struct cli *cli, char **root, char **uri, GError **error)
{
    g_autofree char *made = NULL;

    if (options_has(cli->options, "connect")) {
        error_set(error, QMC_ERROR_INVALID, "leave one of the two away",
                  "'--demo' brings its own hypervisor: no '--connect' with it");
        return FALSE;
    }
    if (!**root)
        cli_signals_take(cli);
    if (!demo_make(**root ? *root : NULL, &made, uri, error))
        return FALSE;
    if (!**root)
        cli->demo_root = g_strdup(made);
    g_free(*root);
    *root = g_steal_pointer(&made);
    return TRUE;
}

gboolean cli_open(struct cli *cli, GError **error)
{
    g_autofree char *root = root_of(cli);
    g_autofree char *uri = g_strdup(options_text(cli->options, "connect"));
    struct engine_config config = {
        .offline = options_has(cli->options, "offline"),
        .readonly = options_has(cli->options, "readonly"),
        .demo = options_has(cli->options, "demo"),
    };

    if (config.demo && !make_demo(cli, &root, &uri, error))
        return FALSE;
    config.root = root;
    config.uri = uri;
    cli->engine = engine_new(&config, error);
    return cli->engine != NULL;
}

void cli_close(struct cli *cli)
{
    if (cli->engine)
        engine_free(g_steal_pointer(&cli->engine));
    if (cli->demo_root)
        demo_remove(cli->demo_root);
    g_clear_pointer(&cli->demo_root, g_free);
    cli_signals_leave(cli);
}

struct qube *cli_qube(struct cli *cli, const char *name, GError **error)
{
    return op_words_qube(engine_model(cli->engine), name, error);
}

void cli_set_left(const struct op *op, GError **error)
{
    g_autofree char *title = op_title(op->row);

    error_set(error, QMC_ERROR_CANCELLED,
              "see what became of it: qmc ls; the next start cleans up",
              "%s: '%s' was left in the middle", title, op->subject);
}

gboolean cli_refresh_states(struct cli *cli, GError **error)
{
    return engine_refresh_states(cli->engine, CLI_READ_MS, error);
}
