/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of an operation that only the engine knows. */
#pragma once

#include "core/engine.h"
#include "core/op.h"
#include "core/store.h"

#define OP(name) extern const struct op_row op_##name;
#include "core/ops.list"
#undef OP

struct op_undo {
    const char *what;
    op_undo_fn undo;
    gpointer data;
    GDestroyNotify destroy;
};

/* `kind` of job_progress(), beside enum step_state for the end of a step. */
enum {
    PROGRESS_STEP = 100, PROGRESS_MOVED, PROGRESS_UNDO, PROGRESS_UNDONE, PROGRESS_LEFT
};

struct load;

struct op_private {
    unsigned refs;
    struct job *job;       /* the last one submitted; NULL: all are over */
    unsigned inside;       /* jobs that are not over: run may still be at work */
    gboolean again;        /* poll wants another turn */
    gboolean cancelled;    /* it shall not get one */
    guint poll_timer;
    gboolean looked;       /* the worker saw the qube's state at the end */
    enum power_state state;
    int xid;
    GArray *undos;         /* struct op_undo; the worker's while inside */
    GError *cause;         /* why it is being undone */
    struct load *follow;   /* of the store after the job at work; the worker's while
                            * inside */
    gboolean reads;        /* it is wanted also if the save works */
    struct load *reload;   /* when a save was given up */
    struct store_save *save;
    struct store_save *stale; /* the try before: it keeps the lock for the next */
    unsigned saves;        /* tries */
    guint load;            /* engine->loads at the last prepare */
    GPtrArray *old_data;   /* op->data of preparations that were repeated */
    op_done_fn done;
    gpointer done_data;
};

/* FALSE, with STATE: "cannot remove 'work': WHY". */
gboolean op_refuse(const struct qube *qube, const char *verb, const char *why,
                   const char *hint, GError **error);
/* INVALID: unknown, missing or malformed arguments. */
gboolean op_args_check(const struct op_row *row, GHashTable *args, GError **error);

struct op *op_new(struct engine *engine, const struct op_row *row,
                  const struct qube *qube, const struct op_request *request);
/* Runs prepare; what an earlier call made is kept until the end. */
gboolean op_prepare(struct op *op, GError **error);
/* The same if the model was read again since; else it still has to fit. */
gboolean op_prepare_current(struct op *op, GError **error);
/* Main: frees what prepare made, now and earlier, and with it the locks. */
void op_clear(struct op *op);

/* Worker. */
void op_undo_all(struct op *op);
/* Main: one report of the worker. TRUE if it was about a step. */
void op_progress(struct op *op, int kind, const char *text);
void op_emit(struct op *op);
