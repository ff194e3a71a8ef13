/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "util/job.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "tests/util/suite.h"

/* What the jobs of a test share. Gates hold them inside run until opened; the
 * lock is pthread's so that a thread sanitizer can follow. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int gate_opened, running, running_most, entered;
static GString *order;
static int done_ok, done_failed, destroyed;

static struct jobs *jobs;
static GThread *main_thread;

static void setup(void)
{
    gate_opened = running = running_most = entered = 0;
    done_ok = done_failed = destroyed = 0;
    order = g_string_new(NULL);
    main_thread = g_thread_self();
    jobs = jobs_new();
}

static void teardown(void)
{
    g_clear_pointer(&jobs, jobs_free);
    g_string_free(order, TRUE);
}

static void count(int *what)
{
    pthread_mutex_lock(&lock);
    ++*what;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static int value(const int *what)
{
    int n;

    pthread_mutex_lock(&lock);
    n = *what;
    pthread_mutex_unlock(&lock);
    return n;
}

/* Blocks main until *what has reached n, as no source is needed for it. */
static void await(const int *what, int n)
{
    pthread_mutex_lock(&lock);
    while (*what < n)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void iterate_until(const int *what, int n)
{
    while (*what < n)
        g_main_context_iteration(NULL, TRUE);
}

static gboolean run_enter(struct job *job, gpointer data, GError **error)
{
    ck_assert_ptr_ne(g_thread_self(), main_thread);
    pthread_mutex_lock(&lock);
    entered++;
    running++;
    running_most = MAX(running_most, running);
    g_string_append(order, data ? (const char *)data : "");
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return TRUE;
}

static void run_leave(void)
{
    pthread_mutex_lock(&lock);
    running--;
    pthread_mutex_unlock(&lock);
}

static gboolean run_quick(struct job *job, gpointer data, GError **error)
{
    run_enter(job, data, error);
    run_leave();
    return TRUE;
}

static gboolean run_gated(struct job *job, gpointer data, GError **error)
{
    run_enter(job, data, error);
    await(&gate_opened, 1);
    run_leave();
    return TRUE;
}

static gboolean run_until_cancelled(struct job *job, gpointer data, GError **error)
{
    run_enter(job, data, error);
    while (!g_cancellable_is_cancelled(job_cancellable(job)))
        g_usleep(500);
    run_leave();
    return !g_cancellable_set_error_if_cancelled(job_cancellable(job), error);
}

static gboolean run_failing(struct job *job, gpointer data, GError **error)
{
    error_set(error, QMC_ERROR_IO, "hint", "it broke");
    return FALSE;
}

static GError *last_error;

static void on_done(struct job *job, const GError *error, gpointer data)
{
    ck_assert_ptr_eq(g_thread_self(), main_thread);
    ck_assert_int_eq(destroyed, 0);
    g_clear_error(&last_error);
    last_error = error ? g_error_copy(error) : NULL;
    ++*(error ? &done_failed : &done_ok);
}

static void on_done_many(struct job *job, const GError *error, gpointer data)
{
    ck_assert_ptr_eq(g_thread_self(), main_thread);
    ++*(error ? &done_failed : &done_ok);
}

static void on_destroy(gpointer data)
{
    ck_assert_ptr_eq(g_thread_self(), main_thread);
    ck_assert_int_gt(done_ok + done_failed, destroyed);
    destroyed++;
}

typedef gboolean run_func(struct job *, gpointer, GError **);

static struct job *submit(run_func *run, const char *key, const char *data)
{
    struct job_spec spec = {
        .key = key,
        .data = (gpointer)(gintptr)data,
        .run = run,
        .done = on_done_many,
        .destroy = on_destroy,
    };

    return jobs_submit(jobs, &spec);
}

START_TEST(result_arrives_on_main)
{
    struct job_spec spec = { .run = run_failing, .done = on_done, .destroy = on_destroy };

    jobs_submit(jobs, &spec);
    iterate_until(&destroyed, 1);
    ck_assert_int_eq(done_failed, 1);
    ck_assert_str_eq(error_hint(last_error), "hint");
    ck_error(&last_error, QMC_ERROR_IO, "it broke");
    spec.run = run_quick;
    destroyed = 0;
    jobs_submit(jobs, &spec);
    iterate_until(&destroyed, 1);
    ck_assert_int_eq(done_ok, 1);
    ck_assert_ptr_null(last_error);
}
END_TEST

static gboolean run_mute(struct job *job, gpointer data, GError **error)
{
    return FALSE;
}

START_TEST(failure_without_error_is_ours)
{
    struct job_spec spec = { .run = run_mute, .done = on_done };

    jobs_submit(jobs, &spec);
    iterate_until(&done_failed, 1);
    ck_error(&last_error, QMC_ERROR_INTERNAL, NULL);
}
END_TEST

START_TEST(callbacks_may_be_absent)
{
    struct job_spec spec = { .run = run_quick };

    for (int i = 0; i < 10; i++)
        jobs_submit(jobs, &spec);
    await(&entered, 10);
}
END_TEST

START_TEST(four_workers_and_one_urgent)
{
    struct job_spec urgent = { .urgent = TRUE, .key = "k", .run = run_quick,
                               .done = on_done_many, .destroy = on_destroy };

    for (int i = 0; i < 8; i++)
        submit(run_gated, i == 0 ? "k" : NULL, NULL);
    await(&running, 4);
    jobs_submit(jobs, &urgent);
    iterate_until(&done_ok, 1);
    ck_assert_int_eq(value(&entered), 5);
    ck_assert_int_eq(value(&running), 4);
    count(&gate_opened);
    iterate_until(&destroyed, 9);
    ck_assert_int_eq(running_most, 5);
}
END_TEST

START_TEST(key_keeps_the_order)
{
    static const char *const names[] = { "1", "2", "3", "4", "5", "6", "7", "8" };

    submit(run_gated, "work", "0");
    await(&running, 1);
    for (int i = 0; i < 8; i++)
        submit(run_quick, "work", names[i]);
    submit(run_quick, "other", "x");
    iterate_until(&done_ok, 1); /* the other one is not held up */
    ck_assert_int_eq(value(&running), 1);
    count(&gate_opened);
    iterate_until(&destroyed, 10);
    ck_assert_str_eq(order->str, "0x12345678");
    ck_assert_int_eq(running_most, 2);
}
END_TEST

static void on_progress(struct job *job, int kind, const char *text, gpointer data)
{
    ck_assert_ptr_eq(g_thread_self(), main_thread);
    ck_assert_int_eq(done_ok + done_failed, 0);
    g_string_append_printf(data, "%d:%s ", kind, text);
}

static gboolean run_progress(struct job *job, gpointer data, GError **error)
{
    for (int i = 0; i < 3; i++)
        job_progress(job, i, "step %d", i);
    return TRUE;
}

START_TEST(progress_comes_before_done)
{
    struct job_spec spec = { .data = order, .run = run_progress,
                             .done = on_done, .progress = on_progress };

    jobs_submit(jobs, &spec);
    iterate_until(&done_ok, 1);
    ck_assert_str_eq(order->str, "0:step 0 1:step 1 2:step 2 ");
}
END_TEST

START_TEST(cancel_in_the_queue)
{
    struct job_spec spec = { .key = "k", .run = run_quick, .done = on_done,
                             .data = (gpointer)(gintptr)"never" };
    struct job *job;

    submit(run_gated, "k", "a");
    await(&entered, 1);
    job = jobs_submit(jobs, &spec);
    submit(run_quick, "k", "b");
    job_cancel(job);
    job_cancel(job);
    iterate_until(&done_failed, 1);
    ck_error(&last_error, QMC_ERROR_CANCELLED, NULL);
    count(&gate_opened);
    iterate_until(&destroyed, 2);
    ck_assert_str_eq(order->str, "ab");
    ck_assert_int_eq(done_failed, 1);
}
END_TEST

START_TEST(cancel_while_running)
{
    struct job_spec spec = { .run = run_until_cancelled, .done = on_done };
    struct job *job = jobs_submit(jobs, &spec);

    await(&entered, 1);
    job_cancel(job);
    iterate_until(&done_failed, 1);
    ck_assert_int_eq(error_exit_status(last_error), 130);
    g_clear_error(&last_error);
}
END_TEST

static int expired_seen;

static gboolean run_stuck(struct job *job, gpointer data, GError **error)
{
    run_enter(job, data, error);
    await(&gate_opened, 1);
    job_progress(job, 1, "too late");
    if (!job_settle(job) && g_cancellable_is_cancelled(job_cancellable(job)))
        count(&expired_seen);
    run_leave();
    return TRUE;
}

static struct job *submit_stuck(const char *key, gboolean urgent)
{
    struct job_spec spec = {
        .key = key,
        .urgent = urgent,
        .deadline_ms = 20,
        .run = run_stuck,
        .done = on_done_many,
        .destroy = on_destroy,
    };

    return jobs_submit(jobs, &spec);
}

START_TEST(deadline_loses_the_worker)
{
    struct job_spec spec = { .key = "k", .deadline_ms = 20, .run = run_stuck,
                             .done = on_done, .progress = on_progress };

    expired_seen = 0;
    jobs_submit(jobs, &spec);
    submit(run_quick, "k", "next");
    iterate_until(&done_failed, 1);
    ck_error(&last_error, QMC_ERROR_TIMEOUT, "0.0 s");
    ck_assert_uint_eq(jobs_lost(jobs), 1);
    /* four others still work at once, but not on the key */
    for (int i = 0; i < 4; i++)
        submit(run_gated, NULL, NULL);
    await(&running, 5);
    ck_assert_int_eq(done_ok, 0);
    count(&gate_opened);
    iterate_until(&destroyed, 5);
    ck_assert_int_eq(value(&expired_seen), 1);
    ck_assert_int_eq(done_failed, 1);
    ck_assert_uint_eq(jobs_lost(jobs), 0);
}
END_TEST

START_TEST(deadline_in_time_is_no_deadline)
{
    struct job_spec spec = { .deadline_ms = 60000, .run = run_quick, .done = on_done,
                             .destroy = on_destroy };

    jobs_submit(jobs, &spec);
    iterate_until(&destroyed, 1);
    ck_assert_ptr_null(last_error);
    ck_assert_uint_eq(jobs_lost(jobs), 0);
}
END_TEST

static int settled;

static gboolean run_settled(struct job *job, gpointer data, GError **error)
{
    settled = job_settle(job);
    await(&gate_opened, 1);
    return TRUE;
}

static gboolean open_gate(gpointer data)
{
    count(&gate_opened);
    return G_SOURCE_REMOVE;
}

/* Whoever is first, both sides believe the same. */
START_TEST(settled_work_does_not_expire)
{
    struct job_spec spec = { .deadline_ms = 200, .run = run_settled, .done = on_done,
                             .destroy = on_destroy };

    jobs_submit(jobs, &spec);
    g_timeout_add(300, open_gate, NULL);
    iterate_until(&destroyed, 1);
    ck_assert_int_eq(done_ok, settled ? 1 : 0);
    ck_assert_int_eq(done_failed, settled ? 0 : 1);
    ck_assert_uint_eq(jobs_lost(jobs), 0);
}
END_TEST

static gboolean run_in_steps(struct job *job, gpointer data, GError **error)
{
    job_allow(job, 1000000);
    await(&gate_opened, 1);
    return TRUE;
}

START_TEST(a_deadline_begins_anew)
{
    struct job_spec spec = { .deadline_ms = 1000, .run = run_in_steps,
                             .done = on_done, .destroy = on_destroy };

    jobs_submit(jobs, &spec);
    g_timeout_add(1500, open_gate, NULL);
    iterate_until(&destroyed, 1);
    ck_assert_int_eq(done_ok, 1);
    ck_assert_int_eq(done_failed, 0);
}
END_TEST

START_TEST(at_most_eight_are_replaced)
{
    for (int i = 0; i < 20; i++)
        submit_stuck(NULL, FALSE);
    iterate_until(&done_failed, 12);
    await(&entered, 12); /* a deadline may pass before its job is on its way */
    ck_assert_int_eq(value(&entered), 12);
    ck_assert_uint_eq(jobs_lost(jobs), 12);
    /* the urgent one still answers, and is replaced too */
    submit_stuck(NULL, TRUE);
    iterate_until(&done_failed, 13);
    submit_stuck(NULL, TRUE);
    iterate_until(&done_failed, 14);
    count(&gate_opened);
    iterate_until(&destroyed, 22);
    ck_assert_uint_eq(jobs_lost(jobs), 0);
    running_most = 0;
    for (int i = 0; i < 30; i++)
        submit(run_quick, NULL, NULL);
    iterate_until(&destroyed, 52);
    ck_assert_int_le(running_most, 4);
}
END_TEST

START_TEST(free_cancels_and_waits)
{
    for (int i = 0; i < 4; i++)
        submit(run_until_cancelled, NULL, NULL);
    await(&running, 4);
    for (int i = 0; i < 3; i++)
        submit(run_quick, "k", "never");
    g_clear_pointer(&jobs, jobs_free);
    ck_assert_int_eq(done_failed, 7);
    ck_assert_int_eq(destroyed, 7);
    ck_assert_str_eq(order->str, "");
}
END_TEST

START_TEST(free_leaves_the_lost_alone)
{
    submit_stuck("k", FALSE);
    iterate_until(&done_failed, 1);
    submit_stuck("k2", FALSE); /* will be lost while jobs_free() waits */
    await(&running, 2);
    g_clear_pointer(&jobs, jobs_free);
    ck_assert_int_eq(done_failed, 2);
    ck_assert_int_eq(destroyed, 0);
    count(&gate_opened);
    iterate_until(&destroyed, 2);
}
END_TEST

static void on_done_again(struct job *job, const GError *error, gpointer data)
{
    struct job_spec spec = { .run = run_quick, .done = on_done_many };

    jobs_submit(jobs, &spec);
    on_done_many(job, error, data);
}

START_TEST(jobs_submitted_while_freeing_are_cancelled)
{
    struct job_spec spec = { .run = run_until_cancelled, .done = on_done_again };
    struct jobs *own = jobs;

    jobs_submit(jobs, &spec);
    await(&running, 1);
    jobs_free(own);
    jobs = NULL;
    ck_assert_int_eq(done_failed, 2);
    ck_assert_int_eq(value(&entered), 1);
}
END_TEST

static gboolean run_may_block(struct job *job, gpointer data, GError **error)
{
    job_may_block();
    return TRUE;
}

START_TEST(blocking_is_fine_elsewhere)
{
    submit(run_may_block, NULL, NULL);
    iterate_until(&destroyed, 1);
    ck_assert_int_eq(done_ok, 1);
    g_clear_pointer(&jobs, jobs_free);
    job_may_block();
}
END_TEST

START_TEST(blocking_on_main_aborts)
{
    job_may_block();
}
END_TEST

static gboolean run_signal_mask(struct job *job, gpointer data, GError **error)
{
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (sigismember(&mask, SIGTERM) && sigismember(&mask, SIGWINCH) &&
        !sigismember(&mask, SIGSEGV))
        count(&entered);
    return TRUE;
}

START_TEST(signals_go_to_main)
{
    sigset_t mask;

    submit(run_signal_mask, NULL, NULL);
    iterate_until(&destroyed, 1);
    ck_assert_int_eq(value(&entered), 1);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    ck_assert(!sigismember(&mask, SIGTERM));
}
END_TEST

START_TEST(many_jobs_from_many_keys)
{
    static const char *const keys[] = { "a", "b", "c", NULL, "d", "e", "f" };

    for (int i = 0; i < 2000; i++) {
        struct job *job = submit(run_quick, keys[i % 7], NULL);

        if (i % 13 == 0)
            job_cancel(job);
    }
    iterate_until(&destroyed, 2000);
    ck_assert_int_eq(done_ok + done_failed, 2000);
    ck_assert_int_eq(done_ok, value(&entered));
    ck_assert_int_le(running_most, 4);
}
END_TEST

static TCase *case_abort(void)
{
    TCase *tc = tcase_create("abort");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test_raise_signal(tc, blocking_on_main_aborts, SIGTRAP);
    return tc;
}

int main(void)
{
    const TTest *tests[] = {
        result_arrives_on_main, failure_without_error_is_ours,
        callbacks_may_be_absent, four_workers_and_one_urgent,
        key_keeps_the_order, progress_comes_before_done, cancel_in_the_queue,
        cancel_while_running, deadline_loses_the_worker,
        deadline_in_time_is_no_deadline, settled_work_does_not_expire,
        a_deadline_begins_anew, at_most_eight_are_replaced,
        free_cancels_and_waits, free_leaves_the_lost_alone,
        jobs_submitted_while_freeing_are_cancelled, blocking_is_fine_elsewhere,
        signals_go_to_main, many_jobs_from_many_keys, NULL,
    };

    return suite_run_cases("job", tests, setup, teardown, case_abort());
}
