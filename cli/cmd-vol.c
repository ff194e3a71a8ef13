/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/notice.h"
#include "cli/rows.h"
#include "core/op-words.h"
#include "util/error.h"

static const struct volume_config *cli_volume(const struct qube *qube, const char *name,
                                              GError **error)
{
    const struct volume_config *config = qube_volume(qube, name);

    if (!config)
        error_set(error, QMC_ERROR_NOTFOUND, "'qmc vol ls' lists the volumes",
                  "qube '%s' has no volume '%s'", qube->name, name);
    return config;
}

static void tell_trouble(const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const char *trouble =
            g_array_index(qube->volumes, struct volume_config, i).trouble;

        if (trouble)
            notice_line("%s: %s", qube->name, trouble);
    }
}

static gboolean run_ls(struct cli *cli, GError **error)
{
    const struct model *model = engine_model(cli->engine);
    const char *name = options_args(cli->options)[0];
    const struct qube *only = NULL;
    auto_of(out) struct out *out = rows_volumes_new();
    gboolean fine;

    if (name && !(only = cli_qube(cli, name, error)))
        return FALSE;
    fine = engine_refresh_volumes(cli->engine, only ? only->uuid : NULL,
                                  CLI_READ_MS, error);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        if (name && strcmp(qube->name, name) != 0)
            continue;
        rows_volumes(out, qube);
        tell_trouble(qube);
    }
    out_print(out, cli->form);
    return fine;
}

const struct cmd cmd_vol_ls = {
    .words = "vol ls",
    .args = "[QUBE]",
    .brief = "list volumes, of all qubes or of one",
    .help = "rw: the guest may write; snap: a fresh snapshot of its source at each\n"
            "start; save: kept when the qube stops; revs: earlier states kept. Sizes\n"
            "are bytes in lines and JSON, '-' or null where they are not known; what is\n"
            "wrong with a volume is said on stderr.\n",
    .max_args = 1,
    .run = run_ls,
};

/* "work:private" -> the qube, and the argument `volume`; NULL: it is none. */
static char *take_volume(const char *given, const char *example, GHashTable *args,
                         GError **error)
{
    const char *colon = strchr(given, ':');

    if (colon && colon != given && colon[1]) {
        op_args_set(args, "volume", colon + 1);
        return g_strndup(given, (gsize)(colon - given));
    }
    error_set(error, QMC_ERROR_INVALID, example,
              "'%s' does not name a volume as QUBE:VOLUME", given);
    return NULL;
}

/* The question of a shrink tells how much is used. */
static void read_used(struct cli *cli, const char *name, GHashTable *args)
{
    const struct qube *qube = op_words_qube(engine_model(cli->engine), name, NULL);

    if (qube && op_args_bool(args, "shrink"))
        engine_refresh_volumes(cli->engine, qube->uuid, CLI_READ_MS, NULL);
}

static gboolean run_resize(struct cli *cli, GError **error)
{
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_args(cli);
    g_autofree char *qube = take_volume(
        given[0], "for example: qmc vol resize work:private 20G", args, error);

    if (!qube)
        return FALSE;
    op_args_set(args, "size", given[1]);
    read_used(cli, qube, args);
    return batch_run(cli, options_cmd(cli->options)->op,
                     (const char *const[]){qube, NULL}, args, error);
}

static const struct option_row resize_options[] = {
    {"shrink", 0, NULL, "cut the end off; needs --confirm QUBE"},
    {NULL},
};

const struct cmd cmd_vol_resize = {
    .words = "vol resize",
    .args = "QUBE:VOL SIZE",
    .brief = "make a volume larger",
    .help = "SIZE is the new size, not the growth: 20G, 20480M, 1.5T; units are powers\n"
            "of 1024, those that end in B (20GB) powers of 1000. A running guest sees\n"
            "the new size at once; its file system may have to be grown in the guest.\n",
    .options = resize_options,
    .min_args = 2,
    .max_args = 2,
    .op = "resize",
    .run = run_resize,
};

/* "2026-11-21T10:00:00": UTC, as the ids have it. */
static void put_time(struct out *out, gint64 time)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(time);
    g_autofree char *text = when ? g_date_time_format(when, "%Y-%m-%dT%H:%M:%S") : NULL;

    out_text(out, text);
}

static struct out *revisions(const struct volume_config *config)
{
    static const struct out_column columns[] = {
        {"id", NULL, OUT_TEXT, 0},
        {"time", NULL, OUT_TEXT, 0},
        {"usage", NULL, OUT_SIZE, 0},
        {"pinned", NULL, OUT_BOOL, 0},
        {NULL},
    };
    struct out *out = out_new(columns);

    for (guint i = 0; config->kept && i < config->kept->len; i++) {
        const struct revision *revision = config->kept->pdata[i];

        out_row(out);
        out_text(out, revision->id);
        put_time(out, revision->time);
        out_size(out, revision->used);
        out_bool(out, revision->pinned);
    }
    return out;
}

static void put_info(struct out *out, const struct volume_config *config)
{
    const struct volume *volume = config->volume;

    out_text(out, volume_config_get(config, "source"));
    out_bool(out, volume && volume_ephemeral(volume));
    if (volume)
        out_signed(out, volume_revisions_to_keep(volume));
    else
        out_number(out, -1);
    out_bool(out, config->in_use);
    out_bool(out, config->outdated);
    out_text(out, config->trouble);
    out_nested(out, revisions(config));
}

static gboolean run_info(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        ROWS_VOLUME_COLUMNS,
        {"source", NULL, OUT_TEXT, 0},
        {"ephemeral", NULL, OUT_BOOL, 0},
        {"revisions_to_keep", NULL, OUT_NUMBER, 0},
        {"in_use", NULL, OUT_BOOL, 0},
        {"is_outdated", NULL, OUT_BOOL, 0},
        {"trouble", NULL, OUT_TEXT, 0},
        {"kept", NULL, OUT_NESTED, 0},
        {NULL},
    };
    g_autoptr(GHashTable) args = op_args_none();
    g_autofree char *name = take_volume(options_args(cli->options)[0],
                                        "for example: qmc vol info work:private", args,
                                        error);
    auto_of(out) struct out *out = out_new(columns);
    const struct volume_config *config;
    const struct qube *qube = name ? cli_qube(cli, name, error) : NULL;

    if (!qube || !engine_refresh_volumes(cli->engine, qube->uuid, CLI_READ_MS, error))
        return FALSE;
    qube = cli_qube(cli, name, error);
    config = qube ? cli_volume(qube, g_hash_table_lookup(args, "volume"), error) : NULL;
    if (!config)
        return FALSE;
    out_row(out);
    rows_volume(out, qube, config);
    put_info(out, config);
    out_print_record(out, cli->form);
    return TRUE;
}

const struct cmd cmd_vol_info = {
    .words = "vol info",
    .args = "QUBE:VOL",
    .brief = "show everything about one volume",
    .help = "in_use: its qube runs, or was cut off; is_outdated: its source has changed since\n"
            "the start, so that a restart would bring something else; kept: the earlier\n"
            "states, newest first, with the names that 'qmc vol revert' takes.\n",
    .min_args = 1,
    .max_args = 1,
    .run = run_info,
};

static gboolean run_revision(struct cli *cli, GError **error)
{
    const char *const *given = options_args(cli->options);
    const struct cmd *cmd = options_cmd(cli->options);
    g_autofree char *example = g_strdup_printf("for example: qmc %s work:private", cmd->words);
    g_autoptr(GHashTable) args = batch_args(cli);
    g_autofree char *qube = take_volume(given[0], example, args, error);

    if (!qube)
        return FALSE;
    op_args_set(args, "revision", given[1]);
    return batch_run(cli, cmd->op, (const char *const[]){qube, NULL}, args, error);
}

const struct cmd cmd_vol_revert = {
    .words = "vol revert",
    .args = "QUBE:VOL [REV]",
    .brief = "go back to an earlier state of a volume",
    .help = "Without REV to the newest; 'qmc vol info' lists them. What the volume\n"
            "has now becomes a revision first, so that a second revert goes back again.\n"
            "The qube has to be halted.\n",
    .min_args = 1,
    .max_args = 2,
    .op = "revert",
    .run = run_revision,
};

static const struct option_row pin_options[] = {
    {"undo", 0, NULL, "let it go when enough are newer"},
    {NULL},
};

const struct cmd cmd_vol_pin = {
    .words = "vol pin",
    .args = "QUBE:VOL REV",
    .brief = "keep an earlier state, however many are newer",
    .help = "It stays until it is unpinned with --undo, or the volume is removed, and does\n"
            "not count among the revisions to keep. 'qmc vol info' lists them.\n",
    .options = pin_options,
    .min_args = 2,
    .max_args = 2,
    .op = "pin",
    .run = run_revision,
};

/* What goes through the standard streams has no other words there. */
static void tell_nothing(struct op *op, gpointer data)
{
}

static gboolean run_content(struct cli *cli, const char *example, gboolean silent,
                            GError **error)
{
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_args(cli);
    g_autofree char *qube = take_volume(given[0], example, args, error);
    const char *names[] = {qube, NULL};
    const struct batch_call call = {
        .op = options_cmd(cli->options)->op, .names = names, .args = args,
        .ended = silent ? tell_nothing : NULL,
    };

    if (!qube)
        return FALSE;
    op_args_set(args, "file", given[1] ? given[1] : "-");
    return batch_do(cli, &call, error);
}

static gboolean run_import(struct cli *cli, GError **error)
{
    return run_content(cli, "for example: qmc vol import work:private FILE", FALSE, error);
}

static const struct option_row import_options[] = {
    {"size", 0, "SIZE", "how much comes through the pipe"},
    {NULL},
};

const struct cmd cmd_vol_import = {
    .words = "vol import",
    .args = "QUBE:VOL [FILE]",
    .brief = "replace the content of a volume by that of a file",
    .help = "The volume gets the size of the file. Without FILE, or with -, the standard\n"
            "input is read: as many bytes as --size says, else as the volume has; less or\n"
            "more is an error. Until everything has come and is on the disk the volume\n"
            "has its old content, and that becomes a revision. The qube has to be halted.\n",
    .options = import_options,
    .min_args = 1,
    .max_args = 2,
    .op = "import",
    .run = run_import,
};

static gboolean run_export(struct cli *cli, GError **error)
{
    const char *file = options_args(cli->options)[1];

    return run_content(cli, "for example: qmc vol export work:private FILE",
                       !file || g_str_equal(file, "-"), error);
}

const struct cmd cmd_vol_export = {
    .words = "vol export",
    .args = "QUBE:VOL [FILE]",
    .brief = "write the content of a volume to a file",
    .help = "What the volume had before the last start of its qube, which may be running.\n"
            "Without FILE, or with -, to the standard output, which must not be a\n"
            "terminal. A FILE must not be there yet; it gets its name when it is whole,\n"
            "and holes where the volume has zeros.\n",
    .min_args = 1,
    .max_args = 2,
    .op = "export",
    .run = run_export,
};

static gboolean run_clear(struct cli *cli, GError **error)
{
    g_autoptr(GHashTable) args = batch_args(cli);
    g_autofree char *qube =
        take_volume(options_args(cli->options)[0], "for example: qmc vol clear work:private",
                    args, error);

    return qube && batch_run(cli, options_cmd(cli->options)->op,
                             (const char *const[]){qube, NULL}, args, error);
}

const struct cmd cmd_vol_clear = {
    .words = "vol clear",
    .args = "QUBE:VOL",
    .brief = "replace the content of a volume by zeros",
    .help = "The volume has the size it had, and nothing in it. What it had becomes a\n"
            "revision, if it keeps any; else that is lost with the next stop. The qube has\n"
            "to be halted.\n",
    .min_args = 1,
    .max_args = 1,
    .op = "clear",
    .run = run_clear,
};

static gboolean run_set(struct cli *cli, GError **error)
{
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_args(cli);
    g_autofree char *qube = take_volume(
        given[0], "for example: qmc vol set work:private revisions_to_keep 3", args, error);

    if (!qube)
        return FALSE;
    op_args_set(args, "name", given[1]);
    op_args_set(args, "value", given[2]);
    return batch_run(cli, options_cmd(cli->options)->op,
                     (const char *const[]){qube, NULL}, args, error);
}

const struct cmd cmd_vol_set = {
    .words = "vol set",
    .args = "QUBE:VOL NAME VALUE",
    .brief = "change how a volume is kept",
    .help = "NAME is rw (True or False), revisions_to_keep (a number; -1: none, and the\n"
            "image is changed in place) or ephemeral (True: encrypted with a key that is\n"
            "thrown away; False; default: as the pool says). The qube has to be halted,\n"
            "but for another number of revisions.\n",
    .min_args = 3,
    .max_args = 3,
    .op = "vol-set",
    .run = run_set,
};
