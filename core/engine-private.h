/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the engine share. */
#pragma once

#include "core/engine.h"
#include "core/qubesd.h"
#include "core/store.h"
#include "util/job.h"

/* What to do where nothing may be changed. */
#define HINT_READONLY "leave out --readonly"

struct local;

struct engine {
    char *root, *uri;
    gboolean offline, readonly, demo;
    GMainContext *context; /* where jobs report */
    struct model *model;
    struct store *store;
    struct jobs *jobs;
    struct hv *hv;
    struct local *local;   /* readings of hypervisor and storage */

    guint loads;           /* how often the model was filled */
    GError *store_error;
    char *qubesd_path;
    enum qubesd_answer qubesd; /* but for NONE nothing may be written */

    unsigned inside;       /* jobs that are not over */
    gboolean probing;      /* a job asks for qubesd */
    gboolean loading;      /* a job reads the store */
    gboolean closing;      /* nothing is applied any more */
    struct recovery *recovery; /* NULL: not under way */
    gboolean recovered;        /* it was begun, or is not ours to do */
    gint64 recover_us;         /* not before that (monotonic) time: not all could be seen */
    gboolean recover_told;     /* that */

    GPtrArray *ops;        /* struct op, oldest first */
    guint ops_made;
    GQueue savers;         /* struct op: the head is at its apply and save */
};

/* Submits a job; its destroy has to call engine_job_over(). */
struct job *engine_job(struct engine *engine, const struct job_spec *spec);
void engine_job_over(struct engine *engine);

/* A one-shot or repeated call on main, in the engine's own context. */
guint engine_timer_add(struct engine *engine, guint ms, GSourceFunc fn,
                       gpointer data);
void engine_timer_remove(struct engine *engine, guint id);

/* Turns the loop until *done or the time is over; FALSE if it is. */
gboolean engine_turn(struct engine *engine, const gboolean *done, int timeout_ms);

/* engine-load.c: one reading of the store: made on main, read on a worker [W], put in
 * place of the model on main, where what is known of now is carried over by UUID. A
 * store may be on a disk that does not answer, so main reads it at the start alone. */
struct load;
struct load *load_new(struct engine *engine);
void load_free(struct load *load);
gboolean load_read(struct load *load);
const GError *load_error(const struct load *load); /* read it was; NULL: it could be */
void load_adopt(struct load *load); /* once; also one that failed; nothing if it was
                                     * never read, because the job was dropped */
/* If the file changed behind us and nobody is writing it: a job reads it. */
void engine_check_store(struct engine *engine);

/* Asks whether a qubesd answers; EVENT_MODE follows if that is news. */
void engine_probe(struct engine *engine);

/* A worker was given up: with too many lost the connection is dropped. */
void engine_job_lost(struct engine *engine, const GError *error);

/* engine-admit.c: whether it may be submitted; DENIED, STATE. */
gboolean engine_admits(const struct op *op, const struct qube *qube,
                       const struct op_request *request, GError **error);
/* Who asked knows what it means: else UNCONFIRMED. */
gboolean engine_confirmed(const struct op *op, const struct qube *qube,
                          const struct op_request *request, GError **error);

/* engine-ops.c: cancels everything. */
void ops_cancel(struct engine *engine);

/* engine-stop.c: cleans up after a qube nobody here stopped, if it is halted and
 * nobody else is at work on it. over: main, when it has ended somehow; NULL ok. */
enum stop_work_why { STOP_WORK_STOPPED, STOP_WORK_CUT_OFF };
void engine_stop_work(struct engine *engine, const struct qube *qube,
                      enum stop_work_why why, void (*over)(struct engine *engine));

/* engine-local.c: how the model is kept true. */
struct local *local_new(struct engine *engine);
void local_stop(struct local *local); /* no more calls */
void local_free(struct local *local);
void local_loaded(struct local *local); /* the model is new */
/* An operation on it said how it ended. */
void local_op_told(struct local *local, const struct qube *qube);
/* An operation on the qube is over, its locks are free: what was left to it and
 * not done is done now. */
void local_op_over(struct local *local, const char *uuid);
/* Asks again soon, if it follows at all. */
void local_refresh_soon(struct local *local);
