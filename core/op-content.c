/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a volume holds: back to a revision, in from a file, out to one
 * (spec/storage.md 1.5, 1.10). */
#include "config.h"

#include "core/op-volume.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hold.h"
#include "core/op-private.h"
#include "core/weigh.h"
#include "storage/flow.h"
#include "storage/transfer.h"
#include "util/error.h"
#include "util/file-draft.h"
#include "util/text.h"

#define DEADLINE_MS 300000
#define LOCK_MS 2000
/* Of a transfer in which not one byte moves. */
#define SILENCE_MS 600000
#define TELL_US (200 * G_TIME_SPAN_MILLISECOND)
#define DISK_SILENT "see whether the disk answers: dmesg; qmc vol info says what the volume has"
#define FLOW_SILENT "see whether the disk answers (dmesg), and who is at the other end of the pipe"
#define COMES WEIGHED("comes") /* bytes; not given: as many as the volume has */

struct content {
    struct op *op;
    struct hold *hold;
    struct volume *volume;
    char *what;     /* "work:private" */
    char *revision; /* NULL: the newest */
    char *file;     /* NULL: the standard stream */
    guint64 given;  /* of what comes, 0: not said */
    guint64 size;   /* that it has in the end */
    guint64 weighed; /* what was to come when it was asked for; 0: nobody knew */
    gint64 told_us; /* when it was told how far it is */
    int percent;    /* told then */
    gboolean finished; /* what is written: it may have its name */
};

static void content_clear(struct op *op)
{
    struct content *content = op->data;

    hold_free(content->hold);
    volume_unref(content->volume);
    g_free(content->what);
    g_free(content->revision);
    g_free(content->file);
    g_free(content);
}

/* Only what is kept has a content that is worth a word. */
static const struct volume_config *saved_volume(const struct model *model,
                                                const struct qube *qube,
                                                GHashTable *args, const char *verb,
                                                GError **error)
{
    const struct volume_config *config = op_volume(model, qube, args, error);

    if (!config || volume_save_on_stop(config->volume))
        return config;
    error_set(error, QMC_ERROR_STATE, NULL,
              "cannot %s '%s:%s': the volume begins anew at each start and keeps nothing",
              verb, qube->name, config->name);
    return NULL;
}

static struct content *content_new(struct op *op)
{
    const struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    const struct volume_config *config = qube_volume(qube, op_text(op, "volume"));
    const struct content *former = op_former(op);
    struct content *content = g_new0(struct content, 1);

    op->data = content;
    /* what run found, if the store was read again since */
    content->size = former ? former->size : 0;
    content->op = op;
    content->hold = hold_new(op->engine, qube);
    content->volume = volume_ref(config->volume);
    content->what = g_strdup_printf("%s:%s", op->subject, config->name);
    content->revision = g_strdup(op_text(op, "revision"));
    if (g_strcmp0(op_text(op, "file"), "-") != 0)
        content->file = g_strdup(op_text(op, "file"));
    return content;
}

static gboolean take_halted(struct op *op, const char *verb, GError **error)
{
    struct content *content = op->data;

    op_step(op, "%s locked", op->subject);
    return hold_take(content->hold, op->row->name, LOCK_MS, op_cancellable(op),
                     error) &&
           hold_check_halted(content->hold, verb, error);
}

static gboolean look_halted(struct op *op, const char *verb, GError **error)
{
    struct content *content = op->data;

    return hold_look(content->hold, op_cancellable(op), error) &&
           hold_check_halted(content->hold, verb, error);
}

static gboolean content_apply(struct op *op, GError **error)
{
    const struct content *content = op->data;

    op_volume_put_size(op, content->size);
    return TRUE;
}

/* What was there became the newest revision, whatever it keeps. */
static gboolean undo_content(gpointer data, GError **error)
{
    const struct content *content = data;

    return volume_revert(content->volume, NULL, error);
}

/* --- revert --- */

static gboolean revert_fits(const struct model *model, const struct qube *qube,
                            GHashTable *args, GError **error)
{
    return saved_volume(model, qube, args, "revert", error) != NULL;
}

static gboolean revert_prepare(struct op *op, GError **error)
{
    const struct content *content = content_new(op);

    op_plan(op, "keep what %s has now as a revision", content->what);
    op_plan(op, "go back to %s", content->revision ? content->revision
                                                    : "its newest revision");
    op_plan(op, "write its size to the store");
    return TRUE;
}

static gboolean look_revision(struct op *op, GError **error)
{
    const struct content *content = op->data;

    return volume_has_revision(content->volume, content->revision, error);
}

static gboolean revert_look(struct op *op, GError **error)
{
    return look_halted(op, "revert", error) && look_revision(op, error);
}

static gboolean revert_run(struct op *op, GError **error)
{
    struct content *content = op->data;

    if (!take_halted(op, "revert", error))
        return FALSE;
    op_step(op, "%s reverted", content->what);
    if (!volume_revert(content->volume, content->revision, error))
        return FALSE;
    content->size = volume_size(content->volume);
    op_push_undo(op, "revert", undo_content, content, NULL);
    op_set_result(op, "%s reverted; what it had before is its newest revision",
                  volume_name(content->volume));
    return TRUE;
}

static const struct op_arg revert_args[] = {
    { "volume", OP_ARG_VOLUME, TRUE, "root, private ..." },
    { "revision", OP_ARG_TEXT, FALSE, "its id; else the newest" },
    { NULL },
};

static const char *revert_verb(const struct qube *qube, GHashTable *args)
{
    return "Revert";
}

#define HALTED (1u << POWER_HALTED | 1u << POWER_UNKNOWN)

const struct op_row op_revert = {
    .name = "revert",
    .label = "Revert a volume",
    .phrase = "revert a volume of",
    .doing = "reverting",
    .done = "reverted",
    .help = "Go back to an earlier state of a volume; the present one is kept as a "
            "revision.",
    .method = "admin.vm.volume.Revert",
    .classes = CLASS_QUBESVM,
    .states = HALTED,
    .offline = TRUE,
    .command = "vol revert {qube}:{volume} {revision}",
    .confirm = CONFIRM_L2,
    .consequence = "its present content becomes a revision",
    .args = revert_args,
    .writes_store = TRUE,
    .deadline_ms = DEADLINE_MS,
    .silent = DISK_SILENT,
    .fits = revert_fits,
    .prepare = revert_prepare,
    .look = revert_look,
    .run = revert_run,
    .apply = content_apply,
    .clear = content_clear,
    .verb = revert_verb,
    .object = op_volume_object,
};

/* --- pin --- */

static gboolean pin_fits(const struct model *model, const struct qube *qube,
                         GHashTable *args, GError **error)
{
    return saved_volume(model, qube, args, "pin a revision of", error) != NULL;
}

static gboolean pin_prepare(struct op *op, GError **error)
{
    const struct content *content = content_new(op);

    op_plan(op, op_bool(op, "undo") ? "let revision %s of %s go when others are newer"
                                    : "keep revision %s of %s until it is unpinned",
            content->revision, content->what);
    return TRUE;
}

static gboolean pin_run(struct op *op, GError **error)
{
    struct content *content = op->data;
    gboolean pinned = !op_args_bool(op->args, "undo");

    op_step(op, "%s locked", op->subject);
    if (!hold_lock(content->hold, op->row->name, LOCK_MS, op_cancellable(op), error))
        return FALSE;
    op_step(op, "revision %s %s", content->revision, pinned ? "pinned" : "unpinned");
    if (!volume_pin(content->volume, content->revision, pinned, error))
        return FALSE;
    op_set_result(op, "revision %s of %s %s", content->revision,
                  volume_name(content->volume), pinned ? "pinned" : "unpinned");
    return TRUE;
}

static const struct op_arg pin_args[] = {
    { "volume", OP_ARG_VOLUME, TRUE, "root, private ..." },
    { "revision", OP_ARG_TEXT, TRUE, "its id" },
    { "undo", OP_ARG_BOOL, FALSE, "it may go again" },
    { NULL },
};

const struct op_row op_pin = {
    .name = "pin",
    .label = "Pin a revision",
    .phrase = "pin a revision of",
    .doing = "pinning",
    .done = "pinned",
    .help = "Keep an earlier state of a volume, however many newer ones there are.",
    .classes = CLASS_QUBESVM,
    .states = ~0u,
    .offline = TRUE,
    .command = "vol pin {qube}:{volume} {revision}",
    .confirm = CONFIRM_L0,
    .args = pin_args,
    .deadline_ms = DEADLINE_MS,
    .silent = DISK_SILENT,
    .fits = pin_fits,
    .prepare = pin_prepare,
    .look = look_revision,
    .run = pin_run,
    .clear = content_clear,
    .object = op_volume_object,
};

/* --- import and export --- */

/* Of a volume that got nothing else (transfer.h). */
static gboolean undo_transfer(gpointer data, GError **error)
{
    return TRUE;
}

/* A silent pipe is an end, a slow one is not. */
static void tell_progress(guint64 done, guint64 size, gpointer data)
{
    struct content *content = data;
    gint64 now = g_get_monotonic_time();
    int percent = size ? (int)((double)done / (double)size * 100) : 100;

    op_allow(content->op, SILENCE_MS);
    if (percent == content->percent && now - content->told_us < TELL_US)
        return;
    content->percent = percent;
    content->told_us = now;
    op_moved(content->op, done, size);
}

static const char standard_input[] = "standard input";

static const char *input_name(const struct content *content)
{
    return content->file ? content->file : standard_input;
}

static const char *output_name(const struct content *content)
{
    return content->file ? content->file : "standard output";
}

/* What comes: of a pipe as much as is said, 0: as much as the volume has. */
static gboolean import_size(int fd, const char *name, guint64 said, guint64 *size,
                            GError **error)
{
    guint64 there;

    *size = said;
    if (!flow_size(fd, &there))
        return TRUE;
    *size = there;
    if (!said || said == there)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, "leave the size away: the file says it",
              "'%s' has %" G_GUINT64_FORMAT " bytes, not %" G_GUINT64_FORMAT, name, there,
              said);
    return FALSE;
}

/* Whoever fills a named pipe may not be there yet, and is broken by one who opens it only to
 * look: it is opened once, and the wait for it can be cancelled. */
static int open_path(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd >= 0)
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

/* NULL: the standard input. */
static int open_file(const char *file, GError **error)
{
    int fd = file ? open_path(file) : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

    if (fd >= 0 && isatty(fd)) {
        close(fd);
        error_set(error, QMC_ERROR_INVALID, "for example: qmc vol import work:private FILE",
                  "cannot import from a terminal");
        return -1;
    }
    if (fd < 0)
        error_set_errno(error, errno, NULL, "cannot open '%s'",
                        file ? file : standard_input);
    return fd;
}

static gboolean is_pipe(const char *file)
{
    struct stat st;

    return file && stat(file, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* An empty one would leave nothing of the volume. */
static gboolean check_file(const char *file, guint64 said, guint64 *size, GError **error)
{
    auto_fd int fd = -1;
    guint64 there;

    *size = said;
    if (is_pipe(file))
        return TRUE;
    fd = open_file(file, error);
    if (fd < 0 || !import_size(fd, file ? file : standard_input, said, size, error))
        return FALSE;
    if (*size || !flow_size(fd, &there))
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, "name the image of a disk", "'%s' is empty",
              file ? file : standard_input);
    return FALSE;
}

static const char *file_arg(GHashTable *args)
{
    const char *file = args ? g_hash_table_lookup(args, "file") : NULL;

    return file && !g_str_equal(file, "-") ? file : NULL;
}

/* How much comes, as far as that can be known: the question says what it means. */
static gboolean import_weigh(const char *root, GHashTable *args, GError **error)
{
    const char *said = g_hash_table_lookup(args, "size");
    guint64 size = 0;

    if ((said && !text_size_parse(said, &size, error)) ||
        !check_file(file_arg(args), size, &size, error))
        return FALSE;
    if (size)
        g_hash_table_insert(args, g_strdup(COMES),
                            g_strdup_printf("%" G_GUINT64_FORMAT, size));
    return TRUE;
}

static gboolean import_fits(const struct model *model, const struct qube *qube,
                            GHashTable *args, GError **error)
{
    return saved_volume(model, qube, args, "import into", error) != NULL;
}

/* The volume of the question, with what it has and what it will have; NULL: not known. */
static const struct volume_config *import_sizes(const struct qube *qube, GHashTable *args,
                                                guint64 *now, guint64 *then)
{
    const char *name = args ? g_hash_table_lookup(args, "volume") : NULL;
    const char *comes = args ? g_hash_table_lookup(args, COMES) : NULL;
    const struct volume_config *config = name ? qube_volume(qube, name) : NULL;

    if (!config || !config->volume)
        return NULL;
    *now = config->size;
    *then = comes ? g_ascii_strtoull(comes, NULL, 10) : config->size;
    return config;
}

static gboolean keeps_none(const struct volume_config *config)
{
    return volume_revisions_to_keep(config->volume) < 1;
}

/* A smaller disk, or one whose present content has no place to be kept. */
static enum confirm import_strength(const struct model *model, const struct qube *qube,
                                    GHashTable *args)
{
    guint64 now, then;
    const struct volume_config *config = import_sizes(qube, args, &now, &then);

    return config && (then < now || keeps_none(config)) ? CONFIRM_L3 : CONFIRM_L2;
}

static char *import_stake(const struct model *model, const struct qube *qube,
                          GHashTable *args)
{
    guint64 now, then;
    const struct volume_config *config = import_sizes(qube, args, &now, &then);
    g_autofree char *from = NULL, *to = NULL;
    const char *fate = "its present content becomes a revision";

    if (!config)
        return g_strdup(fate);
    if (keeps_none(config))
        fate = "it keeps no revisions: its present content is lost at the next stop";
    from = text_size_long(now);
    to = text_size_long(then);
    return then == now ? g_strdup(fate)
                       : g_strdup_printf("its size goes from %s to %s; %s", from, to, fate);
}

static gboolean import_prepare(struct op *op, GError **error)
{
    struct content *content = content_new(op);
    const char *size = op_text(op, "size"), *comes = op_text(op, COMES);
    g_autofree char *stake = import_stake(
        engine_model(op->engine), model_qube(engine_model(op->engine), op->uuid), op->args);

    if (size && !text_size_parse(size, &content->given, error))
        return FALSE;
    content->weighed = comes ? g_ascii_strtoull(comes, NULL, 10) : 0;
    op_plan(op, "replace what %s has by the content of '%s'", content->what,
            input_name(content));
    op_plan(op, "%s", stake);
    op_plan(op, "write its size to the store");
    return TRUE;
}

/* What was agreed to is what comes. */
static gboolean check_weighed(const struct content *content, guint64 size, GError **error)
{
    if (!content->weighed || content->weighed == size)
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "look at it, then try again",
              "'%s' has changed: it has %" G_GUINT64_FORMAT " bytes now",
              input_name(content), size);
    return FALSE;
}

static gboolean import_look(struct op *op, GError **error)
{
    const struct content *content = op->data;
    guint64 size;

    return look_halted(op, "import into", error) &&
           check_file(content->file, content->given, &size, error);
}

static gboolean import_run(struct op *op, GError **error)
{
    struct content *content = op->data;
    const struct watch watch = {op_cancellable(op), tell_progress, content};
    struct transfer from = {.name = input_name(content), .watch = &watch};
    auto_fd int fd = -1;
    guint64 size;

    if (!take_halted(op, "import into", error))
        return FALSE;
    fd = from.fd = open_file(content->file, error);
    if (fd < 0 || !import_size(fd, from.name, content->given, &size, error) ||
        !check_weighed(content, size, error))
        return FALSE;
    op_step(op, "%s filled from '%s'", content->what, from.name);
    op_allow(op, SILENCE_MS);
    op_push_undo(op, "what had come", undo_transfer, NULL, NULL);
    if (!volume_import(content->volume, size, &from, error))
        return FALSE;
    content->size = volume_size(content->volume);
    op_push_undo(op, "import", undo_content, content, NULL);
    op_set_result(op, "%s has the content of '%s' now", volume_name(content->volume),
                  from.name);
    return TRUE;
}

static const char *import_verb(const struct qube *qube, GHashTable *args)
{
    return "Replace";
}

static const struct op_arg import_args[] = {
    { "volume", OP_ARG_VOLUME, TRUE, "root, private ..." },
    { "file", OP_ARG_TEXT, TRUE, "the image; - for what comes in on a pipe" },
    { "size", OP_ARG_SIZE, FALSE, "of what comes, if it is not a file; else that of the volume" },
    { NULL },
};

const struct op_row op_vol_import = {
    .name = "import",
    .label = "Import a volume",
    .phrase = "import a volume of",
    .doing = "importing",
    .done = "imported",
    .help = "Replace the content of a volume by that of a file.",
    .method = "admin.vm.volume.ImportWithSize",
    .classes = CLASS_QUBESVM,
    .states = HALTED,
    .lengthy = TRUE,
    .offline = TRUE,
    .command = "vol import {qube}:{volume} {file}",
    .confirm = CONFIRM_L2,
    .args = import_args,
    .writes_store = TRUE,
    .deadline_ms = DEADLINE_MS,
    .silent = FLOW_SILENT,
    .fits = import_fits,
    .prepare = import_prepare,
    .look = import_look,
    .run = import_run,
    .apply = content_apply,
    .clear = content_clear,
    .weigh = import_weigh,
    .strength = import_strength,
    .stake = import_stake,
    .verb = import_verb,
    .object = op_volume_object,
};

/* --- clear --- */

static gboolean clear_fits(const struct model *model, const struct qube *qube,
                           GHashTable *args, GError **error)
{
    return saved_volume(model, qube, args, "clear", error) != NULL;
}

static gboolean clear_prepare(struct op *op, GError **error)
{
    const struct content *content = content_new(op);
    g_autofree char *stake = import_stake(
        engine_model(op->engine), model_qube(engine_model(op->engine), op->uuid), op->args);

    op_plan(op, "replace what %s has by zeros, as many as it is large", content->what);
    op_plan(op, "%s", stake);
    return TRUE;
}

static gboolean clear_look(struct op *op, GError **error)
{
    return look_halted(op, "clear", error);
}

static gboolean clear_run(struct op *op, GError **error)
{
    struct content *content = op->data;
    auto_of(incoming) struct incoming *zeros = NULL;

    if (!take_halted(op, "clear", error))
        return FALSE;
    op_step(op, "%s cleared", content->what);
    zeros = incoming_new(content->volume, 0, error);
    if (!zeros || !incoming_commit(zeros, error))
        return FALSE;
    content->size = volume_size(content->volume);
    op_push_undo(op, "clear", undo_content, content, NULL);
    op_set_result(op, "%s is empty now", volume_name(content->volume));
    return TRUE;
}

static const char *clear_verb(const struct qube *qube, GHashTable *args)
{
    return "Clear";
}

static const struct op_arg clear_args[] = {
    { "volume", OP_ARG_VOLUME, TRUE, "root, private ..." },
    { NULL },
};

const struct op_row op_vol_clear = {
    .name = "clear",
    .label = "Clear a volume",
    .phrase = "clear a volume of",
    .doing = "clearing",
    .done = "cleared",
    .help = "Replace the content of a volume by zeros, as if it was new.",
    .method = "admin.vm.volume.Clear",
    .classes = CLASS_QUBESVM,
    .states = HALTED,
    .offline = TRUE,
    .command = "vol clear {qube}:{volume}",
    .confirm = CONFIRM_L2,
    .args = clear_args,
    .writes_store = TRUE,
    .deadline_ms = DEADLINE_MS,
    .silent = DISK_SILENT,
    .fits = clear_fits,
    .prepare = clear_prepare,
    .look = clear_look,
    .run = clear_run,
    .apply = content_apply,
    .clear = content_clear,
    .strength = import_strength,
    .stake = import_stake,
    .verb = clear_verb,
    .object = op_volume_object,
};

static gboolean export_fits(const struct model *model, const struct qube *qube,
                            GHashTable *args, GError **error)
{
    return saved_volume(model, qube, args, "export", error) != NULL;
}

static gboolean export_prepare(struct op *op, GError **error)
{
    const struct content *content = content_new(op);

    op_plan(op, "write what %s had before its last start to '%s'", content->what,
            output_name(content));
    return TRUE;
}

static gboolean refuse_terminal(GError **error)
{
    error_set(error, QMC_ERROR_INVALID, "name a file, or pipe it on",
              "an image does not go to a terminal");
    return FALSE;
}

static gboolean export_look(struct op *op, GError **error)
{
    const struct content *content = op->data;

    if (!content->file)
        return !isatty(STDOUT_FILENO) || refuse_terminal(error);
    if (access(content->file, F_OK) < 0)
        return TRUE;
    error_set(error, QMC_ERROR_EXISTS, "choose another name, or remove it first",
              "'%s' is there already", content->file);
    return FALSE;
}

static gboolean export_to(struct op *op, int fd, GError **error)
{
    struct content *content = op->data;
    const struct watch watch = {op_cancellable(op), tell_progress, content};
    const struct transfer to = {fd, output_name(content), &watch};

    op_allow(op, SILENCE_MS);
    return volume_export(content->volume, &to, error);
}

/* What was not finished went with its draft; what was may have its name all the same. */
static gboolean undo_export(gpointer data, GError **error)
{
    const struct content *content = data;

    if (!content->finished || access(content->file, F_OK) < 0)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "remove it, or compare it with the volume",
              "'%s' is there, and may not be whole", content->file);
    return FALSE;
}

/* It has the name when all of it is on the disk. */
static gboolean export_to_file(struct op *op, GError **error)
{
    struct content *content = op->data;
    auto_of(file_draft) struct file_draft *draft =
        file_draft_new(content->file, 0600, error);

    if (!draft)
        return FALSE;
    op_push_undo(op, "what was written", undo_export, content, NULL);
    if (!export_to(op, file_draft_fd(draft), error))
        return FALSE;
    content->finished = TRUE;
    return file_draft_finish(draft, FALSE, error);
}

/* Nobody, in whatever process, may start or change meanwhile what is changed in place. */
static gboolean hold_still(struct op *op, GError **error)
{
    const struct content *content = op->data;

    if (!volume_written_in_place(content->volume))
        return TRUE;
    op_step(op, "%s locked", op->subject);
    return hold_lock(content->hold, op->row->name, LOCK_MS, op_cancellable(op), error);
}

static gboolean export_run(struct op *op, GError **error)
{
    const struct content *content = op->data;

    if (!export_look(op, error) || !hold_still(op, error))
        return FALSE;
    op_step(op, "%s written to '%s'", content->what, output_name(content));
    if (!(content->file ? export_to_file(op, error)
                        : export_to(op, STDOUT_FILENO, error)))
        return FALSE;
    op_set_result(op, "%s written to '%s'", volume_name(content->volume),
                  output_name(content));
    return TRUE;
}

static const struct op_arg export_args[] = {
    { "volume", OP_ARG_VOLUME, TRUE, "root, private ..." },
    { "file", OP_ARG_TEXT, TRUE, "where to; it must not be there yet" },
    { NULL },
};

const struct op_row op_vol_export = {
    .name = "export",
    .label = "Export a volume",
    .phrase = "export a volume of",
    .doing = "exporting",
    .done = "exported",
    .help = "Write the content of a volume to a file: what it had before its last start.",
    .classes = CLASS_QUBESVM,
    .states = ~0u,
    .lengthy = TRUE,
    .offline = TRUE,
    .reads = TRUE,
    .command = "vol export {qube}:{volume} {file}",
    .confirm = CONFIRM_L0,
    .args = export_args,
    .deadline_ms = DEADLINE_MS,
    .silent = FLOW_SILENT,
    .fits = export_fits,
    .prepare = export_prepare,
    .look = export_look,
    .run = export_run,
    .clear = content_clear,
    .object = op_volume_object,
};
