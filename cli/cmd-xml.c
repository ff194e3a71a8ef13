/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store as a file: what is wrong with it, its copies, what differs, and back
 * to one of them. Needs no hypervisor, and works where the store does not read. */
#include "config.h"

#include <string.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/notice.h"
#include "cli/rows.h"
#include "core/diagnosis.h"
#include "core/import.h"
#include "core/layout.h"
#include "core/store-diff.h"
#include "core/store-stake.h"
#include "util/error.h"
#include "util/job.h"

#define CHECK_STATUS 10 /* of nothing found; the severities follow */

/* One verb: read on a worker, printed on main. */
struct work {
    struct cli *cli;
    const char *const *args;
    const char *root;
    gboolean (*run)(struct work *work, GError **error);
    struct out *out;
    GError *error;
    gboolean over;
    int status;
    char *text; /* to be said at the end; NULL: nothing */
};

static gboolean work_run(struct job *job, gpointer data, GError **error)
{
    struct work *work = data;

    return work->run(work, error);
}

static void work_done(struct job *job, const GError *error, gpointer data)
{
    struct work *work = data;

    if (error)
        work->error = g_error_copy(error);
    work->over = TRUE;
}

static void print_end(const struct work *work)
{
    if (work->text && work->cli->form != OUT_JSON && !work->cli->quiet)
        notice_line("%s", work->text);
    out_print(work->out, work->cli->form);
}

static gboolean work_do(struct cli *cli, const struct out_column *columns,
                        gboolean (*run)(struct work *work, GError **error),
                        GError **error)
{
    auto_of(out) struct out *out = out_new(columns);
    struct work work = {
        .cli = cli,
        .args = options_args(cli->options),
        .root = engine_root(cli->engine),
        .run = run,
        .out = out,
    };
    struct job_spec spec = { .data = &work, .run = work_run, .done = work_done };
    struct jobs *jobs = jobs_new();
    g_autofree char *text = NULL;

    jobs_submit(jobs, &spec);
    while (!work.over)
        g_main_context_iteration(NULL, TRUE);
    jobs_free(jobs);
    text = work.text;
    if (work.error) {
        g_propagate_error(error, work.error);
        return FALSE;
    }
    cli->status = work.status;
    print_end(&work);
    return TRUE;
}

/* A store that does not read is a failure, not a mistake of the command line. */
static struct store_reading *read_store(const struct work *work, const char *path,
                                        GError **error)
{
    g_autoptr(GError) cause = NULL;
    struct store_reading *reading = store_reading_new(work->root, path, &cause);

    if (!reading)
        error_set(error, error_is(cause, QMC_ERROR_INVALID)
                             ? QMC_ERROR_IO : (QmcErrorCode)cause->code,
                  error_hint(cause), "%s", cause->message);
    return reading;
}

/* The file a word of the command line means; without one, the store. */
static char *path_of(const struct work *work, const char *word, GError **error)
{
    return word ? store_copy_path(work->root, word, error)
                : layout_path(work->root, LAYOUT_STORE);
}

/* check */

static void add_finding(struct work *work, const char *qube,
                        const struct finding *finding)
{
    out_row(work->out);
    out_text(work->out, qube);
    rows_finding(work->out, finding);
    work->status = MAX(work->status, CHECK_STATUS + 1 + (int)finding->severity);
}

static void add_findings(struct work *work, const struct qube *qube,
                         const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        add_finding(work, qube ? qube->name : NULL, findings->pdata[i]);
}

/* A copy says nothing of what is on disk now. */
static void add_diagnoses(struct work *work, const struct model *model)
{
    g_autoptr(GPtrArray) found = work->args[0] ? NULL : diagnose(work->root, model);

    for (guint i = 0; found && i < found->len; i++) {
        const struct diagnosis *diagnosis = found->pdata[i];

        add_finding(work, diagnosis->name, &diagnosis->finding);
    }
}

static void add_unreadable(struct work *work, const GError *cause)
{
    g_autofree char *hint = g_strdup(error_hint(cause));
    struct finding finding = { SEVERITY_STOP, cause->message, hint };

    add_finding(work, NULL, &finding);
}

static gboolean check_work(struct work *work, GError **error)
{
    g_autofree char *path = path_of(work, work->args[0], error);
    auto_of(store_reading) struct store_reading *reading = NULL;
    g_autoptr(GError) cause = NULL;
    const struct model *model;

    if (!path)
        return FALSE;
    work->status = CHECK_STATUS;
    reading = read_store(work, path, &cause);
    if (!reading) {
        add_unreadable(work, cause);
        return TRUE;
    }
    model = reading->model;
    add_findings(work, NULL, model->findings);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        add_findings(work, qube, qube->findings);
    }
    add_diagnoses(work, model);
    return TRUE;
}

static gboolean run_check(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"qube", NULL, OUT_TEXT, 0},
        {"severity", NULL, OUT_TEXT, 0},
        {"message", NULL, OUT_TEXT, 0},
        {"hint", NULL, OUT_TEXT, OUT_SHRINK},
        {NULL},
    };

    return work_do(cli, columns, check_work, error);
}

const struct cmd cmd_xml_check = {
    .words = "xml check",
    .args = "[COPY]",
    .brief = "say what is wrong with the store, or with a copy",
    .help = "COPY is an id of 'xml log' or a file; without it the store is checked, and what\n"
            "its qubes have on disk: images, firewall rules, directories of nobody. One row\n"
            "per finding, with the command that mends it. Ends with 10 if there is none, 11\n"
            "if there are remarks alone, 12 with warnings, 13 if something is grave or the\n"
            "file cannot be read.\n",
    .max_args = 1,
    .unread = TRUE,
    .run = run_check,
};

/* log */

static struct out *names_of(const struct store_copy *copy, enum stake_kind kind)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {NULL},
    };
    const GPtrArray *items = copy->stake ? copy->stake->items[kind] : NULL;
    struct out *out = out_new(columns);

    for (guint i = 0; items && i < items->len; i++) {
        out_row(out);
        out_text(out, ((const struct stake_item *)items->pdata[i])->name);
    }
    return out;
}

static void add_items(struct out *out, enum stake_kind kind, const GPtrArray *items)
{
    for (guint i = 0; i < items->len; i++) {
        const struct stake_item *item = items->pdata[i];

        out_row(out);
        out_text(out, stake_kind_word(kind));
        out_text(out, item->name);
        out_text(out, item->of);
    }
}

static struct out *stake_of(const struct store_copy *copy)
{
    static const struct out_column columns[] = {
        {"kind", NULL, OUT_TEXT, 0},
        {"name", NULL, OUT_TEXT, 0},
        {"of", NULL, OUT_TEXT, 0},
        {NULL},
    };
    struct out *out = out_new(columns);

    for (guint i = 0; copy->stake && i < STAKE_KINDS; i++)
        add_items(out, i, copy->stake->items[i]);
    return out;
}

/* Of the place for eyes, of the world for programs. */
static char *time_text(const struct work *work, gint64 time)
{
    gboolean eyes = work->cli->form == OUT_TABLE;
    g_autoptr(GDateTime) when = eyes ? g_date_time_new_from_unix_local(time)
                                     : g_date_time_new_from_unix_utc(time);

    return when ? g_date_time_format(when, eyes ? "%Y-%m-%d %H:%M:%S"
                                                : "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

static void add_copy(struct work *work, const struct store_copy *copy)
{
    gboolean reads = copy->state != COPY_UNREADABLE;
    g_autofree char *time = time_text(work, copy->time);
    struct out *out = work->out;

    out_row(out);
    out_text(out, copy->id);
    out_text(out, copy_state_word(copy->state));
    out_text(out, time);
    out_number(out, reads ? (gint64)copy->qubes : -1);
    out_number(out, reads ? (gint64)copy->findings : -1);
    out_nested(out, names_of(copy, STAKE_LOST));
    out_nested(out, names_of(copy, STAKE_GOT));
    out_nested(out, names_of(copy, STAKE_ABSENT));
    out_size(out, copy->size);
    out_text(out, copy->ours ? "qmc" : "boot");
    out_nested(out, stake_of(copy));
    out_text(out, copy->path);
    out_text(out, copy->trouble);
}

static gboolean log_work(struct work *work, GError **error)
{
    guint left_out = 0;
    g_autoptr(GPtrArray) copies = store_copies_list(work->root, &left_out, error);

    if (!copies)
        return FALSE;
    for (guint i = 0; i < copies->len; i++)
        add_copy(work, copies->pdata[i]);
    if (left_out)
        work->text = g_strdup_printf("%u older copies were not read", left_out);
    return TRUE;
}

static gboolean run_log(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"id", NULL, OUT_TEXT, 0},
        {"state", NULL, OUT_TEXT, 0},
        {"time", NULL, OUT_TEXT, 0},
        {"qubes", NULL, OUT_NUMBER, 0},
        {"findings", NULL, OUT_NUMBER, 0},
        {"missing", NULL, OUT_NESTED, 0},
        {"more", NULL, OUT_NESTED, 0},
        {"absent", NULL, OUT_NESTED, 0},
        {"size", NULL, OUT_SIZE, 0},
        {"source", NULL, OUT_TEXT, 0},
        {"stake", NULL, OUT_NESTED, OUT_DETAIL},
        {"path", NULL, OUT_TEXT, OUT_DETAIL},
        {"trouble", NULL, OUT_TEXT, OUT_SHRINK},
        {NULL},
    };

    return work_do(cli, columns, log_work, error);
}

const struct cmd cmd_xml_log = {
    .words = "xml log",
    .args = "",
    .brief = "list the copies of the store, the best first",
    .help = "Each is read: clean, with findings, empty (no qube but dom0) or unreadable.\n"
            "missing: qubes of the store that it lacks; more: those that it has and the\n"
            "store has not; absent: those whose images are not where it has them, though\n"
            "the store has none missing there; copies with such come later. source: qmc,\n"
            "from before a change; boot, made when the machine started.\n",
    .max_args = 0,
    .unread = TRUE,
    .run = run_log,
};

/* diff */

/* The newest of ours that reads; of all, if none of ours does. */
static char *newest(const struct work *work, GError **error)
{
    g_autoptr(GPtrArray) copies = store_copies_list(work->root, NULL, error);
    const struct store_copy *best = NULL;

    if (!copies)
        return NULL;
    for (guint i = 0; i < copies->len; i++) {
        const struct store_copy *copy = copies->pdata[i];

        if (copy->state == COPY_UNREADABLE || (best && best->ours > copy->ours))
            continue;
        if (!best || copy->ours > best->ours || store_copy_compare_age(copy, best) > 0)
            best = copy;
    }
    if (!best)
        error_set(error, QMC_ERROR_NOTFOUND, "name two files",
                  "there is no copy of the store that could be read");
    return best ? g_strdup(best->path) : NULL;
}

static void add_change(struct out *out, const struct store_change *change)
{
    out_row(out);
    out_text(out, change->qube);
    out_text(out, !change->before ? "added" : !change->after ? "removed" : "changed");
    out_text(out, change->kind);
    out_text(out, change->name);
    out_text(out, change->before);
    out_text(out, change->after);
}

static gboolean diff_work(struct work *work, GError **error)
{
    const char *word = work->args[0];
    g_autofree char *from = word ? path_of(work, word, error) : newest(work, error);
    g_autofree char *to = from ? path_of(work, word ? work->args[1] : NULL, error) : NULL;
    auto_of(store_reading) struct store_reading *before = NULL;
    auto_of(store_reading) struct store_reading *after = NULL;
    g_autoptr(GPtrArray) changes = NULL;

    if (!to)
        return FALSE;
    before = read_store(work, from, error);
    after = before ? read_store(work, to, error) : NULL;
    if (!after)
        return FALSE;
    changes = store_diff(before, after);
    for (guint i = 0; i < changes->len; i++)
        add_change(work->out, changes->pdata[i]);
    if (!word)
        work->text = g_strdup_printf("from '%s' to the store", from);
    return TRUE;
}

static gboolean run_diff(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"qube", NULL, OUT_TEXT, 0},
        {"change", NULL, OUT_TEXT, 0},
        {"kind", NULL, OUT_TEXT, 0},
        {"name", NULL, OUT_TEXT, 0},
        {"before", NULL, OUT_TEXT, OUT_SHRINK},
        {"after", NULL, OUT_TEXT, OUT_SHRINK},
        {NULL},
    };

    return work_do(cli, columns, diff_work, error);
}

const struct cmd cmd_xml_diff = {
    .words = "xml diff",
    .args = "[COPY [COPY]]",
    .brief = "say what differs between two stores, qube by qube",
    .help = "COPY is an id of 'xml log' or a file. From the first to the second, which is\n"
            "the store itself if it is not given; with none from the newest copy of qmc\n"
            "that can be read, so what the last change did.\n",
    .max_args = 2,
    .unread = TRUE,
    .run = run_diff,
};

/* restore */

/* One that does not read is no reason not to. */
static gboolean run_restore(struct cli *cli, GError **error)
{
    static const char *const names[] = {"copy", NULL};
    g_autoptr(GHashTable) args = batch_named(names, options_args(cli->options));

    engine_load(cli->engine, NULL);
    return batch_run(cli, "xml-restore", (const char *const[]){"dom0", NULL}, args,
                     error);
}

const struct cmd cmd_xml_restore = {
    .words = "xml restore",
    .args = "COPY",
    .brief = "put a copy in the place of the store",
    .help = "COPY is an id of 'xml log' or a file. It is read first; one that cannot be\n"
            "read is refused. The store as it is, readable or not, becomes a copy itself.\n"
            "Volumes are not touched. Needs --yes; --confirm with the name of the copy where\n"
            "qubes would go or be others of the same name, images would be missing or be\n"
            "no qube's, or the check stops at the copy. --dry-run names all that, and what\n"
            "comes back or is renamed. Refused while qubesd answers.\n",
    .min_args = 1,
    .max_args = 1,
    .op = "xml-restore",
    .unread = TRUE,
    .run = run_restore,
};

/* import */

static void add_note(struct out *out, const struct import_note *note)
{
    out_row(out);
    out_text(out, note->qube);
    out_text(out, import_deed_word(note->deed));
    out_text(out, note->what);
    out_text(out, note->from);
    out_text(out, note->to);
    out_text(out, note->why);
}

struct importing {
    struct cli *cli;
    struct out *out;
};

static void import_ended(struct op *op, gpointer data)
{
    const struct importing *importing = data;
    const struct import *import = op_import(op);
    gboolean verbose = options_has(importing->cli->options, "verbose");
    g_autofree char *plan =
        op->dry_run ? g_strdup_printf("%u qubes would be imported", import_qubes(import))
                    : NULL;

    for (guint i = 0; i < import->notes->len; i++) {
        const struct import_note *note = import->notes->pdata[i];

        if (verbose || note->deed != IMPORT_TAKEN)
            add_note(importing->out, note);
    }
    if (!importing->cli->quiet && importing->cli->form != OUT_JSON)
        notice_line("qubes.xml: %s", plan ? plan : op->result);
}

/* A store that does not read is no reason not to. */
static gboolean run_import(struct cli *cli, GError **error)
{
    static const struct out_column columns[] = {
        {"qube", NULL, OUT_TEXT, 0},
        {"deed", NULL, OUT_TEXT, 0},
        {"what", NULL, OUT_TEXT, 0},
        {"from", NULL, OUT_TEXT, OUT_SHRINK},
        {"to", NULL, OUT_TEXT, OUT_SHRINK},
        {"why", NULL, OUT_TEXT, OUT_SHRINK},
        {NULL},
    };
    auto_of(out) struct out *out = out_new(columns);
    g_autoptr(GHashTable) args = batch_args(cli);
    struct importing importing = {cli, out};
    struct batch_call call = {"xml-import", (const char *const[]){"dom0", NULL}, args,
                              import_ended, &importing};

    g_hash_table_insert(args, g_strdup("file"), g_strdup(options_args(cli->options)[0]));
    engine_load(cli->engine, NULL);
    if (!batch_do(cli, &call, error))
        return FALSE;
    out_print(out, cli->form);
    return TRUE;
}

static const struct option_row import_options[] = {
    {"pv", 0, NULL, "qubes that were paravirtualised stay so"},
    {NULL},
};

const struct cmd cmd_xml_import = {
    .words = "xml import",
    .args = "FILE",
    .brief = "make a store of one of Qubes 2 or 3",
    .help = "FILE is a qubes.xml of Qubes 2 or 3. Firewall rules and menus are taken too,\n"
            "if the directories of the qubes are beside it; images stay where they are.\n"
            "Prints what was changed, what was dropped and what is doubtful; --verbose\n"
            "also what was taken as it was. If there is a store already, --confirm takes\n"
            "the name of FILE, and the former store becomes a copy; so it does if directories\n"
            "of its qubes' names are there, which these take over. --dry-run says so and\n"
            "changes nothing; --root DIR makes the new system elsewhere.\n",
    .options = import_options,
    .min_args = 1,
    .max_args = 1,
    .op = "xml-import",
    .unread = TRUE,
    .run = run_import,
};
