/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hv over a socket: other clients, a daemon that hangs, one that dies. */
#include "config.h"

#include "hv/hv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <libvirt/libvirt.h>

#include "util/error.h"
#include "util/job.h"

#include "daemon.h"

/* The one domain that test:///default begins with. */
#define TEST "6695eb01-f6a4-8304-79aa-97f2502e193f"
#define WORK "3c1f7f0e-94d2-4f5a-8b58-2b7f0a6d1c11"
#define LIMIT_US (50 * G_USEC_PER_SEC)
/* The keepalive takes 10 s to notice a daemon that is stopped; what waits for
 * its answer takes longer. */
#define PROMPT_US (5 * G_USEC_PER_SEC)

static struct daemon own;
static struct hv *hv;

static const struct dom_spec work = {
    .name = "work", .uuid = WORK, .virt_mode = VIRT_PVH,
    .memory_mib = 400, .vcpus = 2, .kernel = "/boot/vmlinuz",
};

static void setup(void)
{
    daemon_init(&own);
    ck_assert(daemon_start(&own));
    hv = hv_new(own.uri, NULL);
    ck_assert_ptr_nonnull(hv);
}

static void teardown(void)
{
    hv_free(hv);
    daemon_clear(&own);
}

static void on_event(const struct hv_event *event, gpointer data)
{
    g_string_append_printf(data, "%d%s%s ", event->type, event->name,
                           event->text ? " why" : "");
}

static gboolean wait_until(GString *log, const char *text, gint64 limit_us)
{
    gint64 end = g_get_monotonic_time() + limit_us;

    while (!strstr(log->str, text) && g_get_monotonic_time() < end) {
        while (g_main_context_iteration(NULL, FALSE))
            ;
        g_usleep(1000);
    }
    return strstr(log->str, text) != NULL;
}

static enum power_state state_of(const char *uuid)
{
    g_autoptr(GError) error = NULL;
    enum power_state state = POWER_UNKNOWN;

    ck_assert_msg(hv_state(hv, uuid, &state, NULL, &error), "%s",
                  error ? error->message : "");
    return state;
}

START_TEST(changes_of_others_arrive)
{
    g_autoptr(GString) here = g_string_new(NULL), there = g_string_new(NULL);
    struct hv *second = hv_new(own.uri, NULL);
    struct hv *actor = hv_new(own.uri, NULL);

    hv_watch(hv, on_event, here);
    hv_watch(second, on_event, there);
    ck_assert(wait_until(here, "2 ", LIMIT_US));
    ck_assert(wait_until(there, "2 ", LIMIT_US));
    ck_assert(hv_suspend(actor, TEST, NULL));
    ck_assert(wait_until(here, "0test ", LIMIT_US));
    ck_assert(wait_until(there, "0test ", LIMIT_US));
    ck_assert_int_eq(state_of(TEST), POWER_PAUSED);
    ck_assert(hv_destroy(actor, TEST, NULL));
    ck_assert(wait_until(here, "1test ", LIMIT_US));
    ck_assert(wait_until(there, "1test ", LIMIT_US));
    hv_free(actor);
    hv_free(second);
}
END_TEST

START_TEST(daemon_dies_and_comes_back)
{
    g_autoptr(GString) log = g_string_new(NULL);

    hv_watch(hv, on_event, log);
    ck_assert(wait_until(log, "2 ", LIMIT_US));
    daemon_kill(&own);
    ck_assert(wait_until(log, "3 why ", LIMIT_US));
    ck_assert(daemon_start(&own));
    ck_assert(wait_until(log, "3 why 2 ", LIMIT_US));
    ck_assert_int_eq(state_of(TEST), POWER_RUNNING);
    /* The new connection is watched as the old one was. */
    ck_assert(hv_suspend(hv, TEST, NULL));
    ck_assert(wait_until(log, "2 0test ", LIMIT_US));
}
END_TEST

START_TEST(watch_begins_without_daemon)
{
    g_autoptr(GString) log = g_string_new(NULL);

    daemon_kill(&own);
    hv_watch(hv, on_event, log);
    ck_assert(wait_until(log, "3 why ", LIMIT_US));
    ck_assert(daemon_start(&own));
    ck_assert(wait_until(log, "3 why 2 ", LIMIT_US));
}
END_TEST

/* Who only asks now and then notices a dead connection when it asks. */
START_TEST(stale_connection_is_replaced)
{
    ck_assert_int_eq(state_of(TEST), POWER_RUNNING);
    daemon_kill(&own);
    ck_assert(daemon_start(&own));
    ck_assert_int_eq(state_of(TEST), POWER_RUNNING);
    daemon_kill(&own);
    ck_assert(daemon_start(&own));
    ck_assert(hv_suspend(hv, TEST, NULL));
}
END_TEST

/* A daemon that is stopped */

struct answer {
    gboolean done, gone;
    int code;
};

static gboolean run_state(struct job *job, gpointer data, GError **error)
{
    enum power_state state;

    return hv_state(hv, TEST, &state, NULL, error);
}

static gboolean run_snapshot(struct job *job, gpointer data, GError **error)
{
    struct hv_snapshot *s = hv_snapshot(hv, error);

    hv_snapshot_free(s);
    return s != NULL;
}

static void on_done(struct job *job, const GError *error, gpointer data)
{
    struct answer *answer = data;

    answer->done = TRUE;
    answer->code = error ? error->code : -1;
}

static void on_gone(gpointer data)
{
    ((struct answer *)data)->gone = TRUE;
}

static gboolean (*const questions[])(struct job *, gpointer, GError **) = {
    run_state, run_snapshot,
};

START_TEST(deadlines_hold)
{
    struct jobs *jobs = jobs_new();
    struct answer answer = { 0 };
    struct job_spec spec = {
        .deadline_ms = 200, .data = &answer, .run = questions[_i % 2],
        .done = on_done, .destroy = on_gone,
    };
    gboolean connected = _i / 2;
    g_autoptr(GString) log = g_string_new(NULL);
    gint64 begin, end;

    if (connected) {
        hv_watch(hv, on_event, log);
        ck_assert(wait_until(log, "2 ", LIMIT_US));
    }
    daemon_signal(&own, SIGSTOP);
    begin = g_get_monotonic_time();
    jobs_submit(jobs, &spec);
    while (!answer.done)
        g_main_context_iteration(NULL, TRUE);
    ck_assert_int_eq(answer.code, QMC_ERROR_TIMEOUT);
    ck_assert_int_lt(g_get_monotonic_time() - begin, PROMPT_US);
    ck_assert_uint_eq(jobs_lost(jobs), 1);

    begin = g_get_monotonic_time();
    hv_abandon(hv);
    hv_free(hv);
    hv = NULL;
    ck_assert_int_lt(g_get_monotonic_time() - begin, PROMPT_US);

    daemon_signal(&own, SIGCONT);
    end = g_get_monotonic_time() + LIMIT_US;
    while (!answer.gone && g_get_monotonic_time() < end)
        g_main_context_iteration(NULL, FALSE);
    ck_assert(answer.gone);
    jobs_free(jobs);
}
END_TEST

START_TEST(free_does_not_wait_for_it)
{
    g_autoptr(GString) log = g_string_new(NULL);
    gint64 begin;

    hv_watch(hv, on_event, log);
    ck_assert(wait_until(log, "2 ", LIMIT_US));
    daemon_signal(&own, SIGSTOP);
    begin = g_get_monotonic_time();
    hv_free(hv);
    ck_assert_int_lt(g_get_monotonic_time() - begin, PROMPT_US);
    hv = NULL;
}
END_TEST

static gpointer connect_thread(gpointer over)
{
    g_autoptr(GError) error = NULL;

    ck_assert(!hv_connect(hv, &error));
    g_atomic_int_set((gint *)over, TRUE);
    return GINT_TO_POINTER(error->code);
}

/* libvirt cannot be told to stop connecting; who waits for it can. */
START_TEST(abandon_ends_the_wait_for_a_connection)
{
    gint64 end = g_get_monotonic_time() + LIMIT_US;
    GThread *thread;
    gint over = FALSE;

    daemon_signal(&own, SIGSTOP);
    thread = g_thread_new("connect", connect_thread, &over);
    while (!g_atomic_int_get(&over) && g_get_monotonic_time() < end) {
        g_usleep(20000); /* the thread may not wait yet */
        hv_abandon(hv);
    }
    ck_assert_int_eq(GPOINTER_TO_INT(g_thread_join(thread)), QMC_ERROR_CONN);
    ck_assert_int_lt(g_get_monotonic_time(), end);
    daemon_signal(&own, SIGCONT);
    ck_assert_int_eq(state_of(TEST), POWER_RUNNING);
}
END_TEST

static gpointer create_thread(gpointer data)
{
    g_autoptr(GError) error = NULL;
    int xid;

    ck_assert(!hv_create(hv, &work, &xid, &error));
    return GINT_TO_POINTER(error->code);
}

START_TEST(daemon_dies_during_create)
{
    GThread *thread;

    ck_assert(hv_connect(hv, NULL));
    daemon_signal(&own, SIGSTOP);
    thread = g_thread_new("create", create_thread, NULL);
    g_usleep(20000);
    daemon_kill(&own);
    ck_assert_int_eq(GPOINTER_TO_INT(g_thread_join(thread)), QMC_ERROR_CONN);
    ck_assert(daemon_start(&own));
    ck_assert_int_eq(state_of(WORK), POWER_HALTED);
}
END_TEST

/* Definitions */

static int on_definition(virConnectPtr conn, virDomainPtr dom, int code,
                         int detail, void *data)
{
    if (code == VIR_DOMAIN_EVENT_DEFINED || code == VIR_DOMAIN_EVENT_UNDEFINED)
        g_atomic_int_inc((gint *)data);
    return 0;
}

static void ask_about_halted(void)
{
    for (int i = 0; i < 50; i++) {
        g_autofree char *uuid =
            g_strdup_printf("0c27b16d-5f2f-4b3d-9c0b-%012d", i);

        ck_assert_int_eq(state_of(uuid), POWER_HALTED);
    }
    for (int i = 0; i < 5; i++) {
        struct hv_snapshot *s = hv_snapshot(hv, NULL);

        ck_assert_uint_eq(s->domains->len, 1);
        hv_snapshot_free(s);
    }
}

START_TEST(asking_defines_nothing)
{
    g_autoptr(GString) log = g_string_new(NULL);
    gint definitions = 0;
    virConnectPtr conn;
    gint64 end;
    int id, xid;

    hv_watch(hv, on_event, log);
    ck_assert(wait_until(log, "2 ", LIMIT_US));
    conn = virConnectOpen(own.uri);
    id = virConnectDomainEventRegisterAny(
        conn, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
        VIR_DOMAIN_EVENT_CALLBACK(on_definition), &definitions, NULL);
    ck_assert_int_ge(id, 0);
    ask_about_halted();
    ck_assert_int_eq(virConnectNumOfDefinedDomains(conn), 0);
    /* Events come in order: this one is the first if none was sent before. */
    ck_assert(hv_create(hv, &work, &xid, NULL));
    end = g_get_monotonic_time() + LIMIT_US;
    while (!g_atomic_int_get(&definitions) && g_get_monotonic_time() < end)
        g_usleep(1000);
    ck_assert_int_eq(g_atomic_int_get(&definitions), 1);
    virConnectDomainEventDeregisterAny(conn, id);
    virConnectClose(conn);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("libvirtd");
    TCase *tc = tcase_create("libvirtd");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, changes_of_others_arrive);
    tcase_add_test(tc, daemon_dies_and_comes_back);
    tcase_add_test(tc, watch_begins_without_daemon);
    tcase_add_test(tc, stale_connection_is_replaced);
    tcase_add_loop_test(tc, deadlines_hold, 0, 4);
    tcase_add_test(tc, free_does_not_wait_for_it);
    tcase_add_test(tc, abandon_ends_the_wait_for_a_connection);
    tcase_add_test(tc, daemon_dies_during_create);
    tcase_add_test(tc, asking_defines_nothing);
    return suite;
}

int main(void)
{
    SRunner *sr;
    int failed;

    if (daemon_missing()) {
        printf("1..0 # SKIP %s\n", daemon_missing());
        return 0;
    }
    sr = srunner_create(make_suite());
    srunner_set_tap(sr, "-");
    srunner_run_all(sr, CK_SILENT);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
