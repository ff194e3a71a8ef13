/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands behind the model (design.md 3): loads it, keeps it true, runs
 * operations. Local now; the one that asks qubesd fills the same model. Main
 * thread only unless said. */
#pragma once

#include "core/model.h"
#include "core/op.h"

struct engine;

struct engine_config {
    const char *root;    /* "" or a directory */
    const char *uri;     /* hypervisor; NULL: xen:///system */
    gboolean offline;    /* the hypervisor is never asked; qubes read Halted */
    gboolean readonly;   /* refuse every operation */
    gboolean demo;       /* for the title only */
};

/* No blocking, no connection. INVALID for an unknown URI scheme. */
struct engine *engine_new(const struct engine_config *config, GError **error);
/* Cancels everything and waits for the undo work, at most so long. Nothing is
 * applied any more; what is not op_over() then is left in the middle. */
void engine_end(struct engine *engine, int undo_ms);
/* Ends it, with 2 s for the undo work, if that was not done. */
void engine_free(struct engine *engine);

/* Reads the store. On failure the model is empty, engine_store_error() says
 * why, and the engine goes on (it tries again when the file changes). */
gboolean engine_load(struct engine *engine, GError **error);
const GError *engine_store_error(const struct engine *engine);

/* Starts following: hypervisor events, statistics every 2 s (never two calls
 * outstanding), pools every 30 s, the store file. For the console. */
void engine_follow(struct engine *engine);

/* For commands: one reading of states (and host) now. Turns the main loop
 * until it is there or `timeout_ms` passed. CONN, TIMEOUT: states stay
 * POWER_UNKNOWN. Offline: everything is Halted. */
gboolean engine_refresh_states(struct engine *engine, int timeout_ms,
                               GError **error);
/* The same for pool usage and volume figures (uuid NULL: all). */
gboolean engine_refresh_pools(struct engine *engine, int timeout_ms, GError **error);
gboolean engine_refresh_volumes(struct engine *engine, const char *uuid,
                                int timeout_ms, GError **error);
/* Console: start a reading without waiting; EVENT_VOLUMES follows. */
void engine_request_volumes(struct engine *engine, const char *uuid);
/* The same for what lies in pools and nobody needs; EVENT_POOLS follows. Directories are
 * walked: only for who looks at it. */
void engine_request_remains(struct engine *engine);
/* The same for everything that is followed: states and host, pools, volumes,
 * and the store if it changed. What is being read already is not read twice.
 * Thaws. */
void engine_request_all(struct engine *engine);
/* Frozen: memory, host and pools keep their figures; states go on changing. */
void engine_freeze(struct engine *engine, gboolean frozen);
gboolean engine_frozen(const struct engine *engine);

/* Commits and drops what a crash left of the volumes of halted qubes, with the lock of
 * each, some at a time (spec/storage.md M-12, 3): before anything is changed, and once.
 * What another program is at work on is left to that; failures are EVENT_NOTEs. Does
 * nothing where states are not known, offline, read-only and while a qubesd answers.
 * engine_follow() does it by itself after the first reading; who only reads never does. */
void engine_recover(struct engine *engine);
gboolean engine_recovering(const struct engine *engine);

struct model *engine_model(struct engine *engine);
struct hv *engine_hv(struct engine *engine);      /* any thread */
const char *engine_root(const struct engine *engine);

enum engine_mode { MODE_DIRECT, MODE_SHARED, MODE_DEMO };
enum engine_mode engine_mode(const struct engine *engine);
/* Why nothing can be changed (--readonly, qubesd answers, no store); NULL if
 * it can. Static or owned by the engine. */
const char *engine_readonly(const struct engine *engine);
/* The same for one operation: some repair a store that cannot be read. */
const char *engine_refused(const struct engine *engine, const struct op_row *row);
/* "ok", "connecting", "no answer 10 s", "down: ...", "offline". */
const char *engine_hv_status(const struct engine *engine);

typedef void (*op_done_fn)(struct op *op, gpointer data);

struct op_request {
    const char *op;      /* row name */
    const char *uuid;    /* identity captured at key press or parse */
    GHashTable *args;    /* text -> text, or NULL; copied */
    enum confirm consent;/* the strength the user has given */
    gboolean dry_run;
    op_done_fn done;     /* main, when DONE or FAILED; NULL ok */
    gpointer data;
};

/* Checks consent (UNCONFIRMED), read-only (DENIED), applicability (STATE ...)
 * and runs prepare; then queues. NULL with the error if refused. The op is the
 * engine's: it lives until it has ended and 500 younger ones were submitted;
 * op_ref() it to look at it longer. */
struct op *engine_submit(struct engine *engine, const struct op_request *request,
                         GError **error);
void engine_cancel(struct engine *engine, struct op *op);
/* The operations of this process, oldest first (struct op). */
GPtrArray *engine_ops(struct engine *engine);
/* Not DONE or FAILED yet. */
guint engine_busy(struct engine *engine);

/* Any thread [W]: asks again whether a qubesd answers on its socket below
 * root. DENIED if it does (or if the socket is held and silent): called right
 * before every write to store or volumes. */
gboolean engine_check_writable(struct engine *engine, GError **error);
