/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work that may block, off the main thread (design.md 4).
 *
 * Four general workers and one for urgent jobs. Jobs with the same key run in
 * the order they were submitted, never two at once. A job whose deadline
 * passes is reported TIMEOUT on main at once; its worker is counted lost until
 * the call returns, a new worker takes its place up to a bound of eight lost,
 * and the key stays taken until the call really returns. */
#pragma once

#include <gio/gio.h>

struct jobs;
struct job;

struct job_spec {
    const char *key;  /* NULL: no order */
    gboolean urgent;  /* uses the reserved worker and ignores the key */
    int deadline_ms;  /* from the moment it runs; 0: none */
    gpointer data;
    /* Worker. Set the error and return FALSE on failure. */
    gboolean (*run)(struct job *job, gpointer data, GError **error);
    /* Main, exactly once: with the result, TIMEOUT, or CANCELLED if it never
     * ran. After TIMEOUT the worker may still be inside run. NULL ok. */
    void (*done)(struct job *job, const GError *error, gpointer data);
    /* Main, for each job_progress() call, before done. NULL ok. */
    void (*progress)(struct job *job, int kind, const char *text, gpointer data);
    /* Main, after done was called and run has returned. NULL ok. */
    GDestroyNotify destroy;
};

/* Main thread; callbacks arrive in the thread-default context of the caller. */
struct jobs *jobs_new(void);
/* Cancels everything, waits for nothing that is lost. */
void jobs_free(struct jobs *jobs);

/* The job lives until destroy ran. */
struct job *jobs_submit(struct jobs *jobs, const struct job_spec *spec);
guint jobs_lost(struct jobs *jobs);        /* workers stuck past a deadline, main */

/* Main or worker. A queued job ends CANCELLED; a running one sees
 * job_cancellable() triggered and decides itself. */
void job_cancel(struct job *job);

/* Worker side. */
GCancellable *job_cancellable(struct job *job);
/* The deadline begins anew, with so many ms; a job without one stays so. */
void job_allow(struct job *job, int deadline_ms);
/* The work is done: from here the deadline does not count. FALSE: it passed,
 * TIMEOUT has been reported, so take the work back. */
gboolean job_settle(struct job *job);
/* `kind` is the caller's own number. Thread safe. */
void job_progress(struct job *job, int kind, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Aborts a debug build (without NDEBUG) when called on the main thread while a
 * struct jobs exists; every call of hv and storage that may block starts with
 * it. A no-op on other threads, and where no jobs were made (plain tests). */
void job_may_block(void);
