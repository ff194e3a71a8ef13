/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/job.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>

#include "util/error.h"

#define JOB_WORKERS 4
#define JOB_WORKERS_URGENT 1
#define JOB_LOST_MAX 8

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_RETURNED };

/* General or urgent workers with their queue. */
struct crew {
    GQueue queue;        /* of struct job, oldest first */
    pthread_cond_t wake; /* a job came, a key became free, or stopping */
    guint base;          /* workers without any lost */
    guint workers, idle, lost;
};

/* pthread's own lock, not GLib's: thread sanitizers know it. Everything below
 * it, and the state of every job, is touched only while it is held. */
struct jobs {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    GMainContext *context;
    struct crew general, urgent;
    GHashTable *taken; /* keys of jobs inside run */
    GQueue inbox;      /* of struct message, for main */
    GQueue all;        /* of struct job until destroyed */
    guint refs;        /* the owner, each worker, each source */
    gboolean stopping;
};

struct job {
    struct jobs *jobs;
    struct crew *crew;
    struct job_spec spec;
    char *key;
    GCancellable *cancellable;
    GSource *deadline;
    gint64 expires; /* monotonic; 0: no deadline */
    int allowed_ms; /* that long before */
    enum job_state state;
    gboolean reported, lost, settled;
    GError *error;
};

struct message {
    struct job *job;
    int kind;
    char *text; /* NULL: the job has returned */
};

/* Of the thread that made them. */
static _Thread_local guint jobs_here;

static void jobs_unref_unlock(struct jobs *jobs)
{
    gboolean last = --jobs->refs == 0;

    pthread_mutex_unlock(&jobs->lock);
    if (!last)
        return;
    g_hash_table_unref(jobs->taken);
    g_main_context_unref(jobs->context);
    pthread_cond_destroy(&jobs->general.wake);
    pthread_cond_destroy(&jobs->urgent.wake);
    pthread_cond_destroy(&jobs->returned);
    pthread_mutex_destroy(&jobs->lock);
    g_free(jobs);
}

static void jobs_unref(gpointer data)
{
    struct jobs *jobs = data;

    pthread_mutex_lock(&jobs->lock);
    jobs_unref_unlock(jobs);
}

/* Calls done once; the lock is not held. */
static void job_report(struct job *job, const GError *error)
{
    if (job->spec.done)
        job->spec.done(job, error, job->spec.data);
}

/* Takes the right to report; lock held. */
static gboolean job_claim_report(struct job *job)
{
    if (job->reported)
        return FALSE;
    job->reported = TRUE;
    return TRUE;
}

static void job_destroy(struct job *job)
{
    if (job->deadline) {
        g_source_destroy(job->deadline);
        g_source_unref(job->deadline);
    }
    if (job->spec.destroy)
        job->spec.destroy(job->spec.data);
    g_clear_error(&job->error);
    g_object_unref(job->cancellable);
    g_free(job->key);
    g_free(job);
}

static void message_deliver(struct jobs *jobs, struct message *message)
{
    struct job *job = message->job;
    gboolean report;

    pthread_mutex_lock(&jobs->lock);
    report = message->text ? !job->reported : job_claim_report(job);
    pthread_mutex_unlock(&jobs->lock);
    if (!message->text) {
        if (report)
            job_report(job, job->error);
        pthread_mutex_lock(&jobs->lock);
        g_queue_remove(&jobs->all, job);
        pthread_mutex_unlock(&jobs->lock);
        job_destroy(job);
    } else if (report && job->spec.progress) {
        job->spec.progress(job, message->kind, message->text, job->spec.data);
    }
    g_free(message->text);
    g_free(message);
}

static struct message *jobs_next_message(struct jobs *jobs)
{
    struct message *message;

    pthread_mutex_lock(&jobs->lock);
    message = g_queue_pop_head(&jobs->inbox);
    pthread_mutex_unlock(&jobs->lock);
    return message;
}

static gboolean jobs_deliver(gpointer data)
{
    struct jobs *jobs = data;
    struct message *message;

    while ((message = jobs_next_message(jobs)))
        message_deliver(jobs, message);
    return G_SOURCE_REMOVE;
}

/* Lock held; any thread. One source empties the whole inbox. */
static void jobs_post(struct jobs *jobs, struct job *job, int kind, char *text)
{
    struct message *message = g_new(struct message, 1);

    *message = (struct message){ .job = job, .kind = kind, .text = text };
    g_queue_push_tail(&jobs->inbox, message);
    if (jobs->inbox.length == 1) {
        GSource *source = g_idle_source_new();

        jobs->refs++;
        g_source_set_priority(source, G_PRIORITY_DEFAULT);
        g_source_set_callback(source, jobs_deliver, jobs, jobs_unref);
        g_source_attach(source, jobs->context);
        g_source_unref(source);
    }
}

static void crew_add_worker(struct jobs *jobs, struct crew *crew);

static guint crew_limit(const struct crew *crew)
{
    return crew->base + MIN(crew->lost, JOB_LOST_MAX);
}

/* Lock held. */
static void crew_staff(struct jobs *jobs, struct crew *crew)
{
    if (crew->queue.length > crew->idle && crew->workers < crew_limit(crew))
        crew_add_worker(jobs, crew);
    pthread_cond_signal(&crew->wake);
}

/* Reports the job TIMEOUT if it is still running and counts its worker lost. */
static void job_expire(struct job *job)
{
    struct jobs *jobs = job->jobs;
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = NULL;
    gboolean report = FALSE;

    pthread_mutex_lock(&jobs->lock);
    if (job->state == JOB_RUNNING && !job->lost && !job->settled) {
        report = job_claim_report(job);
        job->lost = TRUE;
        job->crew->lost++;
        cancellable = g_object_ref(job->cancellable);
        crew_staff(jobs, job->crew);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (cancellable)
        g_cancellable_cancel(cancellable);
    if (!report)
        return;
    error_set(&error, QMC_ERROR_TIMEOUT, NULL,
              "no answer within %.1f s", job->allowed_ms / 1000.0);
    job_report(job, error);
}

static gboolean job_deadline_passed(gpointer data)
{
    job_expire(data);
    return G_SOURCE_REMOVE;
}

/* Lock held. The oldest job whose key nobody works on. */
static struct job *crew_take(struct jobs *jobs, struct crew *crew)
{
    for (GList *l = crew->queue.head; l; l = l->next) {
        struct job *job = l->data;

        if (job->key && g_hash_table_contains(jobs->taken, job->key))
            continue;
        g_queue_delete_link(&crew->queue, l);
        if (job->key)
            g_hash_table_add(jobs->taken, job->key);
        return job;
    }
    return NULL;
}

/* Lock held. */
static void job_begin(struct job *job)
{
    job->state = JOB_RUNNING;
    if (job->spec.deadline_ms <= 0)
        return;
    job->allowed_ms = job->spec.deadline_ms;
    job->expires = g_get_monotonic_time() + job->allowed_ms * 1000LL;
    job->deadline = g_timeout_source_new((guint)job->spec.deadline_ms);
    g_source_set_callback(job->deadline, job_deadline_passed, job, NULL);
    g_source_attach(job->deadline, job->jobs->context);
}

/* Lock held. After this main may destroy the job. */
static void job_end(struct job *job, GError *error)
{
    struct jobs *jobs = job->jobs;

    if (job->key) {
        g_hash_table_remove(jobs->taken, job->key);
        pthread_cond_broadcast(&job->crew->wake);
    }
    if (job->lost)
        job->crew->lost--;
    job->state = JOB_RETURNED;
    job->error = error;
    jobs_post(jobs, job, 0, NULL);
    pthread_cond_broadcast(&jobs->returned);
}

/* Lock held on entry and exit. */
static void job_run(struct job *job)
{
    struct jobs *jobs = job->jobs;
    GError *error = NULL;

    job_begin(job);
    pthread_mutex_unlock(&jobs->lock);
    if (!job->spec.run(job, job->spec.data, &error) && !error)
        error_set(&error, QMC_ERROR_INTERNAL, NULL,
                  "a job failed without saying why");
    pthread_mutex_lock(&jobs->lock);
    job_end(job, error);
}

struct worker {
    struct jobs *jobs;
    struct crew *crew;
};

static gpointer worker_main(gpointer data)
{
    g_autofree struct worker *self = data;
    struct jobs *jobs = self->jobs;
    struct crew *crew = self->crew;

    pthread_mutex_lock(&jobs->lock);
    while (crew->workers <= crew_limit(crew)) {
        struct job *job = crew_take(jobs, crew);

        if (job) {
            job_run(job);
            continue;
        }
        if (jobs->stopping)
            break;
        crew->idle++;
        pthread_cond_wait(&crew->wake, &jobs->lock);
        crew->idle--;
    }
    crew->workers--;
    pthread_cond_broadcast(&jobs->returned);
    jobs_unref_unlock(jobs);
    return NULL;
}

/* Signals are for the main thread alone, but a crash is handled where it
 * happens. */
static void signals_of_worker(sigset_t *blocked)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
                                  SIGABRT, SIGTRAP, SIGSYS };

    sigfillset(blocked);
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++)
        sigdelset(blocked, faults[i]);
}

/* Lock held. */
static void crew_add_worker(struct jobs *jobs, struct crew *crew)
{
    struct worker *self = g_new(struct worker, 1);
    sigset_t blocked, before;

    *self = (struct worker){ .jobs = jobs, .crew = crew };
    jobs->refs++;
    crew->workers++;
    signals_of_worker(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    g_thread_unref(g_thread_new("qmc-worker", worker_main, self));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void crew_init(struct crew *crew, guint base)
{
    g_queue_init(&crew->queue);
    pthread_cond_init(&crew->wake, NULL);
    crew->base = base;
}

struct jobs *jobs_new(void)
{
    struct jobs *jobs = g_new0(struct jobs, 1);
    pthread_condattr_t monotonic;

    pthread_mutex_init(&jobs->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs->returned, &monotonic);
    pthread_condattr_destroy(&monotonic);
    jobs->context = g_main_context_ref_thread_default();
    jobs->taken = g_hash_table_new(g_str_hash, g_str_equal);
    crew_init(&jobs->general, JOB_WORKERS);
    crew_init(&jobs->urgent, JOB_WORKERS_URGENT);
    g_queue_init(&jobs->inbox);
    g_queue_init(&jobs->all);
    jobs->refs = 1;
    jobs_here++;
    return jobs;
}

/* Lock held. A queued job ends here. */
static gboolean job_unqueue(struct job *job)
{
    if (job->state != JOB_QUEUED || !g_queue_remove(&job->crew->queue, job))
        return FALSE;
    job->state = JOB_RETURNED;
    error_set(&job->error, QMC_ERROR_CANCELLED, NULL,
              "cancelled before it began");
    jobs_post(job->jobs, job, 0, NULL);
    return TRUE;
}

struct job *jobs_submit(struct jobs *jobs, const struct job_spec *spec)
{
    struct job *job = g_new0(struct job, 1);

    job->jobs = jobs;
    job->crew = spec->urgent ? &jobs->urgent : &jobs->general;
    job->spec = *spec;
    job->key = spec->urgent ? NULL : g_strdup(spec->key);
    job->spec.key = job->key;
    job->cancellable = g_cancellable_new();

    pthread_mutex_lock(&jobs->lock);
    g_queue_push_tail(&jobs->all, job);
    g_queue_push_tail(&job->crew->queue, job);
    if (jobs->stopping)
        job_unqueue(job);
    else
        crew_staff(jobs, job->crew);
    pthread_mutex_unlock(&jobs->lock);
    return job;
}

guint jobs_lost(struct jobs *jobs)
{
    guint n;

    pthread_mutex_lock(&jobs->lock);
    n = jobs->general.lost + jobs->urgent.lost;
    pthread_mutex_unlock(&jobs->lock);
    return n;
}

void job_cancel(struct job *job)
{
    struct jobs *jobs = job->jobs;
    g_autoptr(GCancellable) cancellable = NULL;

    pthread_mutex_lock(&jobs->lock);
    if (!job_unqueue(job))
        cancellable = g_object_ref(job->cancellable);
    pthread_mutex_unlock(&jobs->lock);
    if (cancellable)
        g_cancellable_cancel(cancellable);
}

GCancellable *job_cancellable(struct job *job)
{
    return job->cancellable;
}

void job_allow(struct job *job, int deadline_ms)
{
    pthread_mutex_lock(&job->jobs->lock);
    if (job->deadline && !job->lost) {
        job->allowed_ms = deadline_ms;
        job->expires = g_get_monotonic_time() + deadline_ms * 1000LL;
        g_source_set_ready_time(job->deadline, job->expires);
    }
    pthread_mutex_unlock(&job->jobs->lock);
}

gboolean job_settle(struct job *job)
{
    gboolean settled;

    pthread_mutex_lock(&job->jobs->lock);
    job->settled = settled = !job->lost;
    pthread_mutex_unlock(&job->jobs->lock);
    return settled;
}

void job_progress(struct job *job, int kind, const char *format, ...)
{
    char *text;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    pthread_mutex_lock(&job->jobs->lock);
    jobs_post(job->jobs, job, kind, text);
    pthread_mutex_unlock(&job->jobs->lock);
}

/* Lock held. The running job to wait for that expires first. */
static struct job *jobs_awaited(struct jobs *jobs)
{
    struct job *first = NULL;

    for (GList *l = jobs->all.head; l; l = l->next) {
        struct job *job = l->data;

        if (job->state != JOB_RUNNING || job->lost)
            continue;
        if (!first || first->expires == 0 ||
            (job->expires && job->expires < first->expires))
            first = job;
    }
    return first;
}

static void jobs_cancel_all(struct jobs *jobs)
{
    g_autoptr(GPtrArray) running = g_ptr_array_new_with_free_func(g_object_unref);

    pthread_mutex_lock(&jobs->lock);
    for (GList *l = jobs->all.head; l; l = l->next) {
        struct job *job = l->data;

        if (!job_unqueue(job) && job->state == JOB_RUNNING)
            g_ptr_array_add(running, g_object_ref(job->cancellable));
    }
    jobs->stopping = TRUE;
    pthread_cond_broadcast(&jobs->general.wake);
    pthread_cond_broadcast(&jobs->urgent.wake);
    pthread_mutex_unlock(&jobs->lock);
    for (guint i = 0; i < running->len; i++)
        g_cancellable_cancel(g_ptr_array_index(running, i));
}

/* Waits for the next return or deadline; FALSE if nothing is left. */
static gboolean jobs_wait_one(struct jobs *jobs)
{
    struct job *first, *expired = NULL;

    pthread_mutex_lock(&jobs->lock);
    first = jobs_awaited(jobs);
    if (first && first->expires == 0) {
        pthread_cond_wait(&jobs->returned, &jobs->lock);
    } else if (first) {
        struct timespec until = {
            .tv_sec = first->expires / G_USEC_PER_SEC,
            .tv_nsec = first->expires % G_USEC_PER_SEC * 1000,
        };

        pthread_cond_timedwait(&jobs->returned, &jobs->lock, &until);
        if (g_get_monotonic_time() >= first->expires)
            expired = first;
    }
    pthread_mutex_unlock(&jobs->lock);
    if (expired)
        job_expire(expired);
    return first != NULL;
}

/* The workers that are not lost have nothing to do and leave. */
static void jobs_wait_workers(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    while (jobs->general.workers > jobs->general.lost ||
           jobs->urgent.workers > jobs->urgent.lost)
        pthread_cond_wait(&jobs->returned, &jobs->lock);
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_free(struct jobs *jobs)
{
    if (!jobs)
        return;
    jobs_cancel_all(jobs);
    while (jobs_wait_one(jobs))
        ;
    jobs_wait_workers(jobs);
    jobs_deliver(jobs);
    jobs_here--;
    jobs_unref(jobs);
}

void job_may_block(void)
{
#ifndef NDEBUG
    if (jobs_here > 0)
        g_error("a call that may block was made on the main thread");
#endif
}
