/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations: the only way to change anything (design.md 3).
 *
 * A row says what it is called, on which qubes it makes sense, what it asks
 * and how it is done:
 *   weigh    worker  before it is asked for: what the question has to say and
 *                    only a disk tells (weigh.h)
 *   prepare  main    check against the model, copy what run needs
 *   look     worker  in place of run in a dry run: would it be refused?
 *   run      worker  blocking straight-line C; never sees the model; each step
 *                    that can be undone pushes its undo
 *   poll     worker  called after a while if run or poll said op_again(), with no
 *                    worker taken in between: for what may take a minute
 *   apply    main    update the model; returns; the engine saves the store
 *   finish   worker  once that is saved: what nobody can take back
 *   undo             the pushed undos, last first, on a worker, when a later
 *                    step, apply or the save fails
 * To add one: core/op-x.c and one line in ops.list. */
#pragma once

#include "core/model.h"
#include "util/job.h"

struct engine;
struct op;

/* ux.md 3.2. Typed words are consent for L0 and L1 (design.md 9). */
enum confirm { CONFIRM_L0, CONFIRM_L1, CONFIRM_L2, CONFIRM_L3 };

enum op_arg_type {
    OP_ARG_TEXT,
    OP_ARG_INT,
    OP_ARG_BOOL,
    OP_ARG_SIZE,
    OP_ARG_VOLUME,
    OP_ARG_LIST, /* lines; typed as one option for each */
};

struct op_arg {
    const char *name;
    enum op_arg_type type;
    gboolean required;
    const char *help;
};

struct op_row {
    const char *name;     /* "start": same word in CLI, keys, menus */
    const char *label;    /* "Start" */
    const char *phrase;   /* what it does, where the name is no plain word for it:
                           * "set a property of"; the subject follows, but if it
                           * is the system; NULL: the name is one */
    const char *doing;    /* "starting": shown while it runs */
    const char *done;     /* "started" */
    const char *help;
    const char *method;   /* Admin API method it corresponds to; NULL: there is
                           * none */
    unsigned classes;     /* enum class_id bits it applies to */
    gboolean damaged;     /* also to a qube whose entry is damaged or of unknown
                           * class: it needs the domain alone */
    gboolean spurious;    /* also to a second dom0: the store alone knows it */
    unsigned states;      /* bits 1 << enum power_state it applies to; with
                           * that of POWER_UNKNOWN only where the state does
                           * not matter, or fits() looks at it */
    unsigned reached;     /* states that are its result already: screens grey it
                           * out, submitting it is a success (run decides) */
    enum power_state passing; /* how the qube is shown while it works;
                               * POWER_UNKNOWN: as it is */
    gboolean lengthy;     /* its steps are worth watching */
    const char *wait_arg; /* the argument that makes it wait for its end: set by
                           * who watches; NULL */
    const char *silent;   /* what to look at when a step has no end in time; NULL:
                           * the hypervisor */
    const char *late;     /* what it means if that wait was too short, and what
                           * to choose: "has not stopped in time..."; NULL */
    gboolean system;      /* about the system as a whole: its subject is dom0,
                           * whom the command does not name */
    const char *maker_of; /* the argument that names what it makes: that is its
                           * subject in what is said; with `system`; NULL */
    gboolean unread;      /* about the system, and also where the store cannot
                           * be read: there is no dom0 then, and no qube is given
                           * to the functions of the row */
    gboolean offline;     /* can be done without asking the hypervisor */
    gboolean reads;       /* changes nothing: done also where nothing may be changed */
    const char *command;  /* "vol resize {qube}:{volume} {size}": as typed;
                           * arguments not named here follow as options */
    enum confirm confirm;
    const char *consequence; /* for the question; NULL */
    const struct op_arg *args; /* ends with a NULL name; NULL: none */
    gboolean urgent;      /* passes the qube's queue (kill); run, not poll, has
                           * the reserved worker */
    gboolean writes_store;
    gboolean puts_store;  /* run put another one in its place: the model follows, and
                           * if that does not read it is undone; apply is NULL */
    int deadline_ms;      /* of each step; 0: none */
    /* What class and state do not say; NULL: nothing more. Before prepare, and
     * with the arguments known so far to grey out a key. */
    gboolean (*fits)(const struct model *model, const struct qube *qube,
                     GHashTable *args, GError **error);
    gboolean (*prepare)(struct op *op, GError **error);
    /* Worker: what a dry run asks beyond prepare. Reads only; NULL: nothing. */
    gboolean (*look)(struct op *op, GError **error);
    gboolean (*run)(struct op *op, GError **error);
    gboolean (*poll)(struct op *op, GError **error); /* after op_again() */
    gboolean (*apply)(struct op *op, GError **error);
    /* Worker, after the save of a row that writes the store: for what must not
     * go before the store is without it. The operation is done whatever comes of
     * it: an error is a warning. NULL: nothing. */
    gboolean (*finish)(struct op *op, GError **error);
    /* Frees op->data, and with it the locks held; main, when all is over. */
    void (*clear)(struct op *op);
    /* Worker: what strength and stake go by and only a disk tells, put among the
     * arguments (weigh.h). Who asks a question has it done before; run sees to it
     * that it still holds. NULL: nothing. */
    gboolean (*weigh)(const char *root, GHashTable *args, GError **error);
    /* The strength where it depends on more than the row; NULL: `confirm`. */
    enum confirm (*strength)(const struct model *model, const struct qube *qube,
                             GHashTable *args);
    /* The consequence where it depends on more; NULL: `consequence`. Result is
     * the caller's, NULL: none. */
    char *(*stake)(const struct model *model, const struct qube *qube,
                   GHashTable *args);
    /* Verb and object of the question where label and name of the qube do not
     * say it: "Shrink", "work:private". NULL: they do. The object is the
     * caller's. */
    const char *(*verb)(const struct qube *qube, GHashTable *args);
    char *(*object)(const struct qube *qube, GHashTable *args);
};

const struct op_row *op_find(const char *name);
const struct op_row *const *op_all(void); /* NULL-terminated */

/* Why the row does not apply to the qube (NULL: see `unread`) whatever its state
 * is; NULL if it may at some time. Static text. */
const char *op_never(const struct op_row *row, const struct qube *qube);
/* Why the row does not apply to the qube now; NULL if it does. Static text or
 * interned. Screens grey it out with this, the engine refuses with it. */
const char *op_refused(const struct op_row *row, const struct qube *qube);
/* The strength for this qube and these arguments (a disposable's kill is L2,
 * shrinking L3). */
enum confirm op_confirm(const struct op_row *row, const struct model *model,
                        const struct qube *qube, GHashTable *args);
/* What is typed to consent to the strongest: the name of the qube; where it is
 * about the system, the object of the question. The caller's. */
char *op_word(const struct op_row *row, const struct qube *qube, GHashTable *args);
/* What words that were typed consent to: --yes, and --confirm NAME if it is that
 * word, or the UUID of the qube (name NULL: not given). */
enum confirm op_consent(const struct op_row *row, const struct qube *qube,
                        GHashTable *args, gboolean yes, const char *name);
/* "start 'work'", "set a property of 'work'", "add a label": what cannot be done, in
 * a sentence. Caller frees. */
char *op_deed(const struct op_row *row, const char *subject);
/* "start", "set a property": the name in words. Caller frees. */
char *op_title(const struct op_row *row);
/* "Shut down" and "work", "Shrink" and "work:private": what the question asks.
 * The object is the caller's and not sanitised. */
const char *op_verb(const struct op_row *row, const struct qube *qube,
                    GHashTable *args);
char *op_object(const struct op_row *row, const struct qube *qube,
                GHashTable *args);
/* What a yes would mean, for the question: a clause; NULL: nothing bad. The
 * result is the caller's and not sanitised. */
char *op_consequence(const struct op_row *row, const struct model *model,
                     const struct qube *qube, GHashTable *args);
/* The same thing as a command: "qmc vol resize work:private 40G". */
char *op_command(const struct op_row *row, const struct qube *qube,
                 GHashTable *args);

enum op_phase {
    OP_QUEUED,
    OP_RUNNING,
    OP_UNDOING,
    OP_SAVING,
    OP_DONE,
    OP_PARTIAL, /* done and saved, but not all that follows: finish failed */
    OP_FAILED,
};
enum step_state { STEP_RUNNING, STEP_OK, STEP_SKIPPED, STEP_WARNING, STEP_FAILED };

struct op_mark {
    gint64 at_us;         /* g_get_monotonic_time() */
    guint64 moved;
};

struct op_step {
    gint64 at_us;         /* since the operation began */
    enum step_state state;
    int percent;          /* of it that is done; -1: nobody says */
    guint64 moved, size;  /* the same in bytes */
    struct op_mark marks[2]; /* some seconds ago, for op_step_rate() */
    char *text;           /* sanitised */
};

/* Public part: read on main, e.g. on EVENT_OP. */
struct op {
    const struct op_row *row;
    guint number;         /* counts from 1 in this process */
    char uuid[37];
    char *subject;        /* name at submission, sanitised: never re-resolved;
                           * "system" if the row is about that */
    enum op_phase phase;
    gint64 began_us, ended_us;
    GArray *steps;        /* struct op_step; the last RUNNING one is now */
    GError *error;        /* OP_FAILED, OP_PARTIAL (code PARTIAL: what stayed) */
    char *undone;         /* what was taken back after a failure; NULL: nothing */
    char *left;           /* what could not be, and why; NULL: nothing */
    char *result;         /* what success has to say beyond row->done, without
                           * the subject: "already running"; NULL */
    gboolean dry_run;     /* prepare only; steps hold the plan */

    /* For rows. */
    struct engine *engine; /* main: engine_model(); worker: engine_hv() only */
    GHashTable *args;      /* name -> text; read only after prepare */
    gpointer data;         /* made by prepare, used by run, freed by clear */
    gboolean reread;       /* set by apply: what the change means for volumes
                            * and findings is known when the saved store has
                            * been read again */
    struct op_private *priv;
};

/* What the newest step does, and how far it is: "42% private filled from 'x'"; NULL:
 * there is none yet. Caller frees. */
char *op_step_shown(const struct op *op);

/* Bytes per second of late (5 to 10 s), not on the whole: zeros are passed over at
 * another speed than data. 0: nothing moves, or it is too early to say. */
guint64 op_step_rate(const struct op_step *step, gint64 now_us);

gboolean op_over(const struct op *op); /* DONE, PARTIAL or FAILED */
/* Main: the engine forgets what ended long ago; who looks at it longer holds it. */
struct op *op_ref(struct op *op);
void op_unref(struct op *op);

/* Main, in prepare. */
const char *op_text(const struct op *op, const char *arg); /* NULL: not given */
/* What the preparation before this one made, with what run noted there; NULL:
 * this is the first. */
gpointer op_former(const struct op *op);
gboolean op_bool(const struct op *op, const char *arg);
/* Name and text in pairs, ended by NULL; what has no text (NULL) is not given. The
 * table is the caller's, as a copy is. */
GHashTable *op_args_new(const char *name, ...) G_GNUC_NULL_TERMINATED;
GHashTable *op_args_none(void);
void op_args_set(GHashTable *args, const char *name, const char *text);
GHashTable *op_args_copy(GHashTable *args); /* args may be NULL */
gboolean op_args_bool(GHashTable *args, const char *arg); /* args may be NULL */
gint64 op_int(const struct op *op, const char *arg, gint64 otherwise);
/* One line of what would be done: kept in a dry run only. What look sees on the disk
 * follows as steps. */
void op_plan(struct op *op, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Worker, in run. Begins a step (and ends the one before as OK). */
void op_step(struct op *op, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The step just begun may take so long. */
void op_allow(struct op *op, int deadline_ms);
/* So many bytes of the step just begun are done. */
void op_moved(struct op *op, guint64 moved, guint64 size);
/* Ends the running step otherwise; a skipped or warning step with a text is
 * also an EVENT_NOTE. */
void op_step_end(struct op *op, enum step_state state, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
typedef gboolean (*op_undo_fn)(gpointer data, GError **error);
/* Worker, in run or poll: sets op->result. */
void op_set_result(struct op *op, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* `what` completes "undo: ..."; run in reverse order if the operation fails
 * later. One that fails is logged and noted, and ends the unwinding: what was
 * done before it may be in use still. destroy runs in every case. */
void op_push_undo(struct op *op, const char *what, op_undo_fn undo,
                  gpointer data, GDestroyNotify destroy);
/* Worker, in finish: of several failures (taken; NULL: none) the first is kept, the
 * others are logged. */
void op_keep_first(struct op *op, GError **first, GError *failed);
/* What was done so far stays, whatever happens to the rest: forgets the undos. */
void op_settle(struct op *op);
/* Worker, in run or poll: not done yet, call poll in a moment. */
void op_again(struct op *op);
GCancellable *op_cancellable(struct op *op);
/* Sleeps up to ms, less if cancelled; FALSE with CANCELLED. */
gboolean op_sleep(struct op *op, int ms, GError **error);
