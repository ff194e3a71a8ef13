/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The note of a qube (spec/qubes-xml.md 6.8): a file of its own, not part of the
 * store. */
#include "config.h"

#include "core/op-edit.h"

#include <string.h>

#include "core/hold.h"
#include "core/note.h"
#include "util/error.h"

#define LOCK_MS 2000

struct writing {
    struct hold *hold;
    char *path, *text;
    struct note *note; /* what was read, and is to be put back */
};

static void note_clear(struct op *op)
{
    struct writing *writing = op->data;

    hold_free(writing->hold);
    g_free(writing->path);
    g_free(writing->text);
    note_free(writing->note);
    g_free(writing);
}

static gboolean note_fits(const struct model *model, const struct qube *qube,
                          GHashTable *args, GError **error)
{
    const char *text = edit_arg(args, "text");
    g_autofree char *clean = text ? note_clean(text, error) : NULL;

    return !text || clean;
}

static gboolean note_prepare(struct op *op, GError **error)
{
    const struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    struct writing *writing = op->data = g_new0(struct writing, 1);

    writing->hold = hold_new(op->engine, qube);
    writing->path = note_path(engine_root(op->engine), qube);
    writing->text = note_clean(op_text(op, "text"), error);
    if (!writing->text)
        return FALSE;
    if (!writing->path) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "qube '%s' has no directory for a note", op->subject);
        return FALSE;
    }
    op_plan(op, *writing->text ? "write the note" : "remove the note");
    return TRUE;
}

static gboolean undo(gpointer data, GError **error)
{
    struct writing *writing = data;

    return note_restore(writing->note, error);
}

static gboolean note_put(struct op *op, struct writing *writing, GError **error)
{
    const char *text = writing->text;

    op_step(op, *text ? "note written" : "note removed");
    if (!note_write(writing->note, text, error))
        return FALSE;
    op_push_undo(op, "note", undo, writing, NULL);
    if (*text)
        op_set_result(op, "note of %zu bytes written", strlen(text));
    else
        op_set_result(op, "note removed");
    return TRUE;
}

static gboolean note_run(struct op *op, GError **error)
{
    struct writing *writing = op->data;

    op_step(op, "%s locked", op->subject);
    if (!hold_lock(writing->hold, op->row->name, LOCK_MS, op_cancellable(op), error))
        return FALSE;
    op_step(op, "note read");
    writing->note = note_read(writing->path, error);
    if (!writing->note)
        return FALSE;
    if (strcmp(writing->note->text, writing->text) != 0)
        return note_put(op, writing, error);
    op_set_result(op, *writing->text ? "the note says that already" : "has no note");
    return TRUE;
}

static const struct op_arg args[] = {
    { "text", OP_ARG_TEXT, TRUE, "what it shall say; empty: nothing" },
    { NULL },
};

const struct op_row op_note = {
    .name = "note",
    .label = "Write a note",
    .phrase = "write a note about",
    .doing = "writing a note",
    .done = "note written",
    .help = "Write a note about the qube in the place of the one it has.",
    .method = "admin.vm.notes.Set",
    .classes = CLASS_QUBESVM,
    .states = EDIT_STATES,
    .offline = TRUE,
    .command = "note {qube} {text}",
    .confirm = CONFIRM_L0,
    .args = args,
    .deadline_ms = EDIT_DEADLINE_MS,
    .fits = note_fits,
    .prepare = note_prepare,
    .run = note_run,
    .clear = note_clear,
};
