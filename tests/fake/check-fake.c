/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <unistd.h>

#include <check.h>

#include "hv-fake.h"
#include "util/error.h"

#define UUID "0c27b16d-5f2f-4b3d-9c0b-63f1e2a9d044"
#define LIMIT_US (5 * G_USEC_PER_SEC)

static const struct dom_spec spec = {
    .name = "work", .uuid = UUID, .virt_mode = VIRT_PVH,
    .memory_mib = 400, .vcpus = 2, .kernel = "/boot/vmlinuz",
};

static struct hv *hv;

static void setup(void)
{
    fake_reset();
    hv = hv_new("test:///default", NULL);
    ck_assert_ptr_nonnull(hv);
}

static void teardown(void)
{
    hv_free(hv);
}

static enum power_state state_of(const char *uuid, int *xid)
{
    enum power_state state = POWER_UNKNOWN;

    ck_assert(hv_state(hv, uuid, &state, xid, NULL));
    return state;
}

START_TEST(life)
{
    g_autoptr(GError) error = NULL;
    int xid = 0;

    ck_assert_int_eq(state_of(UUID, &xid), POWER_HALTED);
    ck_assert_int_eq(xid, -1);
    ck_assert(hv_create(hv, &spec, &xid, &error));
    ck_assert_int_eq(xid, 1);
    ck_assert_int_eq(state_of(UUID, &xid), POWER_PAUSED);
    ck_assert(hv_resume(hv, UUID, &error));
    ck_assert_int_eq(state_of(UUID, NULL), POWER_RUNNING);
    ck_assert(hv_shutdown(hv, UUID, &error));
    ck_assert_int_eq(state_of(UUID, NULL), POWER_HALTED);
    ck_assert(!hv_destroy(hv, UUID, &error));
    ck_assert(error_is(error, QMC_ERROR_STATE));
    ck_assert(hv_create(hv, &spec, &xid, NULL));
    ck_assert_int_eq(xid, 2);
}
END_TEST

START_TEST(nth_call_fails_once)
{
    g_autoptr(GError) error = NULL;
    int xid = 0;

    fake_fail_nth(2);
    ck_assert(hv_connect(hv, NULL));
    ck_assert(!hv_create(hv, &spec, &xid, &error));
    ck_assert(error_is(error, QMC_ERROR_IO));
    ck_assert_int_eq(xid, 0);
    ck_assert(!fake_defined(UUID));
    ck_assert(hv_create(hv, &spec, &xid, NULL));
    ck_assert_uint_eq(fake_count("create"), 2);
    ck_assert_uint_eq(fake_count_of("create", UUID), 2);
    ck_assert_uint_eq(fake_count(NULL), 3);
}
END_TEST

START_TEST(named_calls_fail)
{
    g_autoptr(GError) error = NULL;
    int xid;

    fake_script("fail=create error=nospace");
    ck_assert(!hv_create(hv, &spec, &xid, &error));
    ck_assert(error_is(error, QMC_ERROR_NOSPACE));
    ck_assert(hv_connect(hv, NULL));
}
END_TEST

START_TEST(delay)
{
    gint64 begin = g_get_monotonic_time();

    fake_script("delay=60");
    ck_assert(hv_connect(hv, NULL));
    ck_assert_int_ge(g_get_monotonic_time() - begin, 60000);
}
END_TEST

static gpointer connect_thread(gpointer data)
{
    return GINT_TO_POINTER(hv_connect(hv, NULL));
}

START_TEST(hang_ends_with_the_script)
{
    GThread *thread;

    fake_script("hang=connect");
    thread = g_thread_new("call", connect_thread, NULL);
    while (!fake_count("connect"))
        g_usleep(1000);
    ck_assert_uint_eq(fake_count("connect"), 1);
    ck_assert_int_eq(state_of(UUID, NULL), POWER_HALTED);
    fake_script("hang=");
    ck_assert(g_thread_join(thread) != NULL);
}
END_TEST

START_TEST(file_is_read_again)
{
    g_autofree char *dir = g_dir_make_tmp("qmc-fake-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "script", NULL);
    struct hv_snapshot *s;

    g_setenv("QMC_FAKE_FILE", path, TRUE);
    ck_assert(hv_connect(hv, NULL));
    ck_assert(g_file_set_contents(path, "domains=20\nfigures=moving\n", -1, NULL));
    s = hv_snapshot(hv, NULL);
    ck_assert_uint_eq(s->domains->len, 20);
    ck_assert_ptr_nonnull(
        hv_snapshot_find(s, "00000000-0000-4000-8000-000000000020"));
    ck_assert_ptr_null(hv_snapshot_find(s, UUID));
    hv_snapshot_free(s);
    ck_assert(g_file_set_contents(path, "down=1", -1, NULL));
    ck_assert(!hv_connect(hv, NULL));
    g_unsetenv("QMC_FAKE_FILE");
    unlink(path);
    rmdir(dir);
}
END_TEST

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
    int xid;

    hv_watch(hv, on_event, log);
    ck_assert(wait_for(log, "2 "));
    ck_assert(hv_create(hv, &spec, &xid, NULL));
    ck_assert(wait_for(log, "0work "));
    fake_set_state(UUID, NULL, POWER_HALTED);
    ck_assert(wait_for(log, "1work "));
    fake_script("down=1");
    ck_assert(wait_for(log, "3 "));
    hv_unwatch(hv);
    g_string_truncate(log, 0);
    fake_emit(HV_EVENT_UP, NULL);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    ck_assert_str_eq(log->str, "");
}
END_TEST

START_TEST(offline_fails)
{
    g_autoptr(GError) error = NULL;
    struct hv *off = hv_new(NULL, NULL);

    ck_assert(hv_offline(off));
    ck_assert(!hv_connect(off, &error));
    ck_assert(error_is(error, QMC_ERROR_CONN));
    hv_free(off);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fake");
    TCase *tc = tcase_create("fake");
    SRunner *sr = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, life);
    tcase_add_test(tc, nth_call_fails_once);
    tcase_add_test(tc, named_calls_fail);
    tcase_add_test(tc, delay);
    tcase_add_test(tc, hang_ends_with_the_script);
    tcase_add_test(tc, file_is_read_again);
    tcase_add_test(tc, events);
    tcase_add_test(tc, offline_fails);
    srunner_set_tap(sr, "-");
    srunner_run_all(sr, CK_SILENT);
    srunner_free(sr);
    return 0;
}
