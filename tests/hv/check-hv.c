/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hv on libvirt's own test driver, whose state comes from a node file. */
#include "config.h"

#include "hv/hv.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "util/error.h"

#define UUID_FORMAT "0c27b16d-5f2f-4b3d-9c0b-0000000000%02d"
#define WORK "3c1f7f0e-94d2-4f5a-8b58-2b7f0a6d1c11"
#define LIMIT_US (50 * G_USEC_PER_SEC)
#define SHUTOFF 5

static char *dir, *path, *uri;
static struct hv *hv;

static const struct dom_disk disk = {
    .path = "/nonexistent/root.img", .is_file = TRUE, .target = "xvda",
    .devtype = "disk", .serial = "root",
};
static const struct dom_spec work = {
    .name = "work", .uuid = WORK, .virt_mode = VIRT_PVH, .memory_mib = 400,
    .maxmem_mib = 800, .vcpus = 2, .kernel = "/boot/vmlinuz",
    .disks = &disk, .n_disks = 1,
};

/* Domains with the UUID and run state of their number; count per state. */
static void write_node(const char *extra)
{
    g_autoptr(GString) xml = g_string_new(
        "<node><memory>8388608</memory><cpu><model>x86_64</model>"
        "<active>4</active><nodes>1</nodes><sockets>1</sockets><cores>4</cores>"
        "<threads>1</threads></cpu>");

    for (int state = 0; state <= 7; state++)
        g_string_append_printf(
            xml,
            "<domain type='test'><name>state-%d</name><uuid>" UUID_FORMAT
            "</uuid><memory unit='MiB'>200</memory><os><type>hvm</type></os>"
            "<test:runstate xmlns:test="
            "'http://libvirt.org/schemas/domain/test/1.0'>%d</test:runstate>"
            "</domain>", state, state, state);
    g_string_append_printf(xml, "%s</node>", extra);
    ck_assert(g_file_set_contents(path, xml->str, -1, NULL));
}

static void setup(void)
{
    dir = g_dir_make_tmp("qmc-hv-XXXXXX", NULL);
    path = g_build_filename(dir, "node.xml", NULL);
    uri = g_strconcat("test://", path, NULL);
    write_node("");
    hv = hv_new(uri, NULL);
    ck_assert_ptr_nonnull(hv);
}

static void teardown(void)
{
    hv_free(hv);
    unlink(path);
    rmdir(dir);
    g_free(dir);
    g_free(path);
    g_free(uri);
}

static enum power_state state_of(const char *uuid, int *xid)
{
    g_autoptr(GError) error = NULL;
    enum power_state state = POWER_UNKNOWN;

    ck_assert_msg(hv_state(hv, uuid, &state, xid, &error), "%s",
                  error ? error->message : "");
    return state;
}

static int create(void)
{
    g_autoptr(GError) error = NULL;
    int xid = -1;

    ck_assert_msg(hv_create(hv, &work, &xid, &error), "%s",
                  error ? error->message : "");
    return xid;
}

/* States */

static const enum power_state of_runstate[] = {
    POWER_RUNNING, POWER_RUNNING, POWER_RUNNING, POWER_PAUSED,
    POWER_HALTING, POWER_HALTED,  POWER_CRASHED, POWER_SUSPENDED,
};

START_TEST(state_table)
{
    g_autofree char *uuid = g_strdup_printf(UUID_FORMAT, _i);
    int xid;

    ck_assert_int_eq(state_of(uuid, &xid), of_runstate[_i]);
    if (_i == SHUTOFF)
        ck_assert_int_eq(xid, -1);
    else
        ck_assert_int_gt(xid, 0);
}
END_TEST

START_TEST(state_pure)
{
    ck_assert_int_eq(power_state_of_virt(1, SHUTOFF), POWER_DYING);
    ck_assert_int_eq(power_state_of_virt(0, 1), POWER_HALTED);
    ck_assert_int_eq(power_state_of_virt(1, 8), POWER_UNKNOWN);
    ck_assert_int_eq(power_state_of_virt(1, -1), POWER_UNKNOWN);
    ck_assert_str_eq(power_state_word(POWER_UNKNOWN), "NA");
    ck_assert_str_eq(power_state_word(POWER_CRASHED), "Crashed");
}
END_TEST

START_TEST(unknown_is_halted)
{
    int xid = 5;

    ck_assert_int_eq(state_of(WORK, &xid), POWER_HALTED);
    ck_assert_int_eq(xid, -1);
    ck_assert_int_eq(state_of(WORK, NULL), POWER_HALTED);
}
END_TEST

START_TEST(snapshot)
{
    struct hv_snapshot *s = hv_snapshot(hv, NULL);
    const struct hv_domain *d;

    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(s->domains->len, 7);
    for (int i = 0; i <= 7; i++) {
        g_autofree char *uuid = g_strdup_printf(UUID_FORMAT, i);

        d = hv_snapshot_find(s, uuid);
        ck_assert_int_eq(d != NULL, i != SHUTOFF);
        if (d)
            ck_assert_int_eq(d->state, of_runstate[i]);
    }
    d = &g_array_index(s->domains, struct hv_domain, 3);
    ck_assert_str_eq(d->name, "state-3");
    ck_assert_uint_eq(d->memory_kib, 200 * 1024);
    ck_assert(!d->cpu_known);
    ck_assert_uint_eq(s->host.cpus, 4);
    ck_assert_uint_eq(s->host.memory_kib, 8388608);
    ck_assert_uint_eq(s->host.free_kib, 8388608 - 7 * 200 * 1024);
    ck_assert(!s->host.cpu_known);
    hv_snapshot_free(s);
}
END_TEST

/* Life */

START_TEST(life)
{
    int xid = create(), now;

    ck_assert_int_gt(xid, 0);
    ck_assert_int_eq(state_of(WORK, &now), POWER_PAUSED);
    ck_assert_int_eq(now, xid);
    ck_assert(hv_resume(hv, WORK, NULL));
    ck_assert_int_eq(state_of(WORK, NULL), POWER_RUNNING);
    ck_assert(hv_suspend(hv, WORK, NULL));
    ck_assert_int_eq(state_of(WORK, NULL), POWER_PAUSED);
    ck_assert(hv_resume(hv, WORK, NULL));
    ck_assert(hv_disk_resized(hv, WORK, "xvda", 1 << 20, NULL));
    ck_assert(hv_shutdown(hv, WORK, NULL));
    ck_assert_int_eq(state_of(WORK, NULL), POWER_HALTED);
    /* Its definition stays and is replaced. */
    create();
    ck_assert(hv_destroy(hv, WORK, NULL));
    ck_assert_int_eq(state_of(WORK, &now), POWER_HALTED);
    ck_assert_int_eq(now, -1);
    ck_assert(hv_undefine(hv, WORK, NULL));
    ck_assert(hv_undefine(hv, WORK, NULL));
}
END_TEST

typedef gboolean (*action_fn)(struct hv *, const char *, GError **);

static const struct {
    action_fn fn;
    QmcErrorCode unknown, inactive;
} actions[] = {
    { hv_resume, QMC_ERROR_NOTFOUND, QMC_ERROR_STATE },
    { hv_suspend, QMC_ERROR_NOTFOUND, QMC_ERROR_STATE },
    { hv_shutdown, QMC_ERROR_NOTFOUND, QMC_ERROR_STATE },
    { hv_destroy, QMC_ERROR_STATE, QMC_ERROR_STATE },
};

START_TEST(actions_refused)
{
    g_autoptr(GError) unknown = NULL, inactive = NULL;
    g_autofree char *shut_off = g_strdup_printf(UUID_FORMAT, SHUTOFF);

    ck_assert(!actions[_i].fn(hv, WORK, &unknown));
    ck_assert_int_eq(unknown->code, actions[_i].unknown);
    ck_assert_ptr_nonnull(strstr(unknown->message, "'" WORK "'"));
    ck_assert(!actions[_i].fn(hv, shut_off, &inactive));
    ck_assert_int_eq(inactive->code, actions[_i].inactive);
    ck_assert_ptr_nonnull(strstr(inactive->message, "'state-5'"));
}
END_TEST

START_TEST(name_of_another)
{
    g_autoptr(GError) error = NULL;
    struct dom_spec spec = work;
    int xid = -7;

    spec.name = "state-5";
    ck_assert(!hv_create(hv, &spec, &xid, &error));
    ck_assert_int_eq(error->code, QMC_ERROR_EXISTS);
    ck_assert_ptr_nonnull(strstr(error->message, "'state-5'"));
    ck_assert_int_eq(xid, -7);
    ck_assert_int_eq(state_of(WORK, NULL), POWER_HALTED);
}
END_TEST

START_TEST(who_runs_under_a_name)
{
    static const struct {
        int place; /* in the states */
        gboolean runs;
    } rows[] = { { 1, TRUE }, { SHUTOFF, FALSE } };
    char other[37];

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *uuid = g_strdup_printf(UUID_FORMAT, rows[i].place);
        g_autofree char *name = g_strdup_printf("state-%d", rows[i].place);

        ck_assert(hv_namesake(hv, name, WORK, other, NULL));
        ck_assert_str_eq(other, rows[i].runs ? uuid : "");
        ck_assert(hv_namesake(hv, name, uuid, other, NULL));
        ck_assert_str_eq(other, "");
    }
    ck_assert(hv_namesake(hv, "nobody", WORK, other, NULL));
    ck_assert_str_eq(other, "");
}
END_TEST

START_TEST(renamed_since_the_last_start)
{
    g_autofree char *uuid = g_strdup_printf(UUID_FORMAT, SHUTOFF);
    struct dom_spec spec = work;
    int xid;

    spec.uuid = uuid;
    ck_assert(hv_create(hv, &spec, &xid, NULL));
    ck_assert_int_eq(state_of(uuid, NULL), POWER_PAUSED);
}
END_TEST

START_TEST(already_active)
{
    g_autoptr(GError) error = NULL;
    int xid = create(), other = -7;

    ck_assert(!hv_create(hv, &work, &other, &error));
    ck_assert_int_eq(error->code, QMC_ERROR_STATE);
    ck_assert_int_eq(other, -7);
    /* The one that runs is left alone. */
    ck_assert_int_eq(state_of(WORK, &other), POWER_PAUSED);
    ck_assert_int_eq(other, xid);
}
END_TEST

START_TEST(refused_document_leaves_nothing)
{
    g_autoptr(GError) error = NULL, gone = NULL;
    struct dom_spec spec = work;
    int xid;

    spec.vcpus = 0;
    ck_assert(!hv_create(hv, &spec, &xid, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "'work'"));
    ck_assert(!hv_resume(hv, WORK, &gone));
    ck_assert_int_eq(gone->code, QMC_ERROR_NOTFOUND);
}
END_TEST

/* Connection */

START_TEST(schemes)
{
    g_autoptr(GError) error = NULL;
    struct hv *xen = hv_new("xen:///system", NULL);
    struct hv *qemu = hv_new("qemu:///session", NULL);
    struct hv *remote = hv_new("test+unix:///default", NULL);

    ck_assert_int_eq(hv_kind(xen), HV_XEN);
    ck_assert(!hv_takes_files(xen));
    ck_assert_int_eq(hv_kind(qemu), HV_QEMU);
    ck_assert(hv_takes_files(qemu));
    ck_assert_int_eq(hv_kind(remote), HV_TEST);
    ck_assert(hv_takes_files(remote));
    ck_assert_ptr_null(hv_new("vbox:///session", &error));
    ck_assert_int_eq(error->code, QMC_ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(error->message, "'vbox:///session'"));
    hv_free(xen);
    hv_free(qemu);
    hv_free(remote);
}
END_TEST

static gboolean ask_state(struct hv *any, const char *uuid, GError **error)
{
    enum power_state state;

    return hv_state(any, uuid, &state, NULL, error);
}

static gboolean ask_create(struct hv *any, const char *uuid, GError **error)
{
    int xid;

    return hv_create(any, &work, &xid, error);
}

static gboolean ask_connect(struct hv *any, const char *uuid, GError **error)
{
    return hv_connect(any, error);
}

static const action_fn every_call[] = {
    ask_connect, ask_state,  ask_create, hv_resume,
    hv_suspend,  hv_shutdown, hv_destroy, hv_undefine,
};

START_TEST(offline)
{
    g_autoptr(GError) error = NULL;
    struct hv *off = hv_new(NULL, NULL);

    ck_assert(hv_offline(off));
    ck_assert(!every_call[_i](off, WORK, &error));
    ck_assert_int_eq(error->code, QMC_ERROR_CONN);
    ck_assert_ptr_nonnull(strstr(error->message, "offline"));
    hv_watch(off, NULL, NULL);
    hv_free(off);
}
END_TEST

START_TEST(no_daemon)
{
    g_autoptr(GError) error = NULL;
    struct hv *none =
        hv_new("test+unix:///default?socket=/nonexistent/socket", NULL);

    ck_assert(!every_call[_i](none, WORK, &error));
    ck_assert_int_eq(error->code, QMC_ERROR_CONN);
    ck_assert_ptr_nonnull(strstr(error->message, "/nonexistent/socket"));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "virsh -c "));
    hv_free(none);
}
END_TEST

START_TEST(bad_node_file)
{
    g_autoptr(GError) error = NULL;

    ck_assert(g_file_set_contents(path, "<node", -1, NULL));
    ck_assert(!hv_connect(hv, &error));
    ck_assert_ptr_nonnull(strstr(error->message, path));
}
END_TEST

/* stderr belongs to the screen. */
START_TEST(nothing_on_stderr)
{
    g_autofree char *caught = g_build_filename(dir, "stderr", NULL);
    g_autofree char *text = NULL;
    struct hv *none = hv_new("xen+unix:///?socket=/nonexistent", NULL);
    gsize len;

    ck_assert_ptr_nonnull(freopen(caught, "w", stderr));
    ck_assert(!hv_destroy(hv, WORK, NULL));
    ck_assert(!hv_connect(none, NULL));
    hv_free(none);
    fflush(stderr);
    ck_assert(g_file_get_contents(caught, &text, &len, NULL));
    ck_assert_msg(len == 0, "%s", text);
    unlink(caught);
}
END_TEST

static gpointer life_thread(gpointer data)
{
    struct dom_spec spec = work;
    g_autofree char *name = g_strdup_printf("q%d", GPOINTER_TO_INT(data));
    g_autofree char *uuid =
        g_strdup_printf("3c1f7f0e-94d2-4f5a-8b58-%012d", GPOINTER_TO_INT(data));
    gboolean ok = TRUE;
    int xid;

    spec.name = name;
    spec.uuid = uuid;
    for (int i = 0; i < 20 && ok; i++)
        ok = hv_create(hv, &spec, &xid, NULL) && hv_resume(hv, uuid, NULL) &&
             hv_destroy(hv, uuid, NULL) && hv_undefine(hv, uuid, NULL);
    return GINT_TO_POINTER(ok);
}

/* One connection for all: else they would not see the same node file. */
START_TEST(many_threads_one_state)
{
    GThread *threads[4];
    struct hv_snapshot *s;

    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("life", life_thread, GINT_TO_POINTER(i));
    for (int i = 0; i < 100; i++) {
        s = hv_snapshot(hv, NULL);
        ck_assert_ptr_nonnull(s);
        ck_assert_uint_ge(s->domains->len, 7);
        hv_snapshot_free(s);
    }
    for (int i = 0; i < 4; i++)
        ck_assert(g_thread_join(threads[i]) != NULL);
    s = hv_snapshot(hv, NULL);
    ck_assert_uint_eq(s->domains->len, 7);
    hv_snapshot_free(s);
}
END_TEST

START_TEST(abandon_keeps_local_state)
{
    create();
    hv_abandon(hv);
    ck_assert_int_eq(state_of(WORK, NULL), POWER_PAUSED);
}
END_TEST

/* Events */

static void on_event(const struct hv_event *event, gpointer data)
{
    g_string_append_printf(data, "%d%s ", event->type, event->name);
}

static gboolean wait_for(GString *log, const char *text)
{
    gint64 end = g_get_monotonic_time() + LIMIT_US;

    while (!strstr(log->str, text) && g_get_monotonic_time() < end) {
        while (g_main_context_iteration(NULL, FALSE))
            ;
        g_usleep(1000);
    }
    return strstr(log->str, text) != NULL;
}

START_TEST(events)
{
    g_autoptr(GString) log = g_string_new(NULL);

    hv_watch(hv, on_event, log);
    ck_assert(wait_for(log, "2 "));
    create();
    ck_assert(wait_for(log, "0work 0work "));
    ck_assert(hv_destroy(hv, WORK, NULL));
    ck_assert(wait_for(log, "1work "));
    hv_unwatch(hv);
    g_string_truncate(log, 0);
    create();
    while (g_main_context_iteration(NULL, FALSE))
        ;
    ck_assert_str_eq(log->str, "");
}
END_TEST

static gboolean note_thread(gpointer data)
{
    *(GThread **)data = g_thread_self();
    return G_SOURCE_REMOVE;
}

/* libvirt's own loop would run main's sources on its thread. */
START_TEST(main_work_stays_on_main)
{
    g_autoptr(GString) log = g_string_new(NULL);
    GThread *ran_on = NULL;

    hv_watch(hv, on_event, log);
    ck_assert(wait_for(log, "2 "));
    g_idle_add_full(G_PRIORITY_HIGH, note_thread, &ran_on, NULL);
    create();
    g_usleep(20000);
    ck_assert_ptr_null(ran_on);
    ck_assert(wait_for(log, "0work "));
    ck_assert_ptr_eq(ran_on, g_thread_self());
}
END_TEST

START_TEST(watch_again)
{
    g_autoptr(GString) log = g_string_new(NULL);

    create();
    for (int i = 0; i < 3; i++) {
        hv_watch(hv, on_event, log);
        ck_assert(wait_for(log, "2 "));
        ck_assert(hv_resume(hv, WORK, NULL));
        ck_assert(wait_for(log, "0work "));
        ck_assert(hv_suspend(hv, WORK, NULL));
        hv_unwatch(hv);
        g_string_truncate(log, 0);
    }
}
END_TEST

START_TEST(watch_tells_what_is_wrong)
{
    g_autoptr(GString) log = g_string_new(NULL);

    ck_assert(g_file_set_contents(path, "<node", -1, NULL));
    hv_watch(hv, on_event, log);
    ck_assert(wait_for(log, "3 "));
    write_node("");
    ck_assert(wait_for(log, "2 "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hv");
    TCase *tc = tcase_create("hv");
    SRunner *sr = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 20);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, state_table, 0, G_N_ELEMENTS(of_runstate));
    tcase_add_test(tc, state_pure);
    tcase_add_test(tc, unknown_is_halted);
    tcase_add_test(tc, snapshot);
    tcase_add_test(tc, life);
    tcase_add_loop_test(tc, actions_refused, 0, G_N_ELEMENTS(actions));
    tcase_add_test(tc, name_of_another);
    tcase_add_test(tc, who_runs_under_a_name);
    tcase_add_test(tc, renamed_since_the_last_start);
    tcase_add_test(tc, already_active);
    tcase_add_test(tc, refused_document_leaves_nothing);
    tcase_add_test(tc, schemes);
    tcase_add_loop_test(tc, offline, 0, G_N_ELEMENTS(every_call));
    tcase_add_loop_test(tc, no_daemon, 0, G_N_ELEMENTS(every_call));
    tcase_add_test(tc, bad_node_file);
    tcase_add_test(tc, nothing_on_stderr);
    tcase_add_test(tc, many_threads_one_state);
    tcase_add_test(tc, abandon_keeps_local_state);
    tcase_add_test(tc, events);
    tcase_add_test(tc, main_work_stays_on_main);
    tcase_add_test(tc, watch_again);
    tcase_add_test(tc, watch_tells_what_is_wrong);
    srunner_set_tap(sr, "-");
    srunner_run_all(sr, CK_SILENT);
    srunner_free(sr);
    return 0;
}
