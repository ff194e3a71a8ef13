/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probe, and an engine beside a qubesd. */
#include "config.h"

#include "core/qubesd.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "core/layout.h"
#include "core/op-private.h"
#include "hv-fake.h"
#include "util/auto.h"
#include "world.h"

#include "tests/util/suite.h"

#define PROBE_MS 200
#define NOBODY 65534
#define PATIENT_MS 50000 /* for answers that do come */

static struct world *world;
static char *path;
static int listener = -1;
static GThread *server;
static char *question; /* as the server received it */

static void setup(void)
{
    g_autofree char *dir = NULL;

    fake_reset();
    world = world_new("test:///fake", NULL);
    path = world_path(world, LAYOUT_QUBESD);
    dir = g_path_get_dirname(path);
    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
}

static void teardown(void)
{
    if (listener >= 0)
        close(listener);
    if (server)
        g_thread_join(server);
    g_free(question);
    world_free(world);
    g_free(path);
}

static void listen_here(void)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    ck_assert_uint_lt(g_strlcpy(addr.sun_path, path, sizeof addr.sun_path),
                      sizeof addr.sun_path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
}

/* Reads to the end of the request, as qubesd does, then answers. */
static gpointer serve(gpointer data)
{
    GBytes *reply = data;
    char request[256];
    ssize_t n;
    int fd;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        gsize got = 0;

        while ((n = read(fd, request + got, sizeof request - 1 - got)) > 0)
            got += (gsize)n;
        request[got] = '\0';
        g_free(question);
        question = g_strdup(request);
        n = write(fd, g_bytes_get_data(reply, NULL), g_bytes_get_size(reply));
        close(fd);
    }
    g_bytes_unref(reply);
    return NULL;
}

static void answer_here(const char *reply, gsize len)
{
    listen_here();
    server = g_thread_new("server", serve, g_bytes_new(reply, len));
}

static void stop_serving(void)
{
    shutdown(listener, SHUT_RDWR);
    g_thread_join(g_steal_pointer(&server));
    close(listener);
    listener = -1;
}

static gpointer probe_patiently(gpointer data)
{
    return GINT_TO_POINTER(qubesd_probe(data, PATIENT_MS));
}

static gpointer probe_shortly(gpointer data)
{
    return GINT_TO_POINTER(qubesd_probe(data, PROBE_MS));
}

/* Not on main, where an engine is. */
static enum qubesd_answer probe_on(GThreadFunc how, char *where)
{
    GThread *thread = g_thread_new("probe", how, where);

    return GPOINTER_TO_INT(g_thread_join(thread));
}

static enum qubesd_answer probe(char *where)
{
    return probe_on(probe_patiently, where);
}

START_TEST(nothing_there_is_none)
{
    ck_assert(qubesd_absent(path));
    ck_assert_int_eq(probe(path), QUBESD_NONE);
    ck_assert_ptr_null(qubesd_reason(QUBESD_NONE));
}
END_TEST

START_TEST(a_stale_socket_is_none)
{
    listen_here();
    close(listener);
    listener = -1;
    ck_assert(!qubesd_absent(path));
    ck_assert_int_eq(probe(path), QUBESD_NONE);
}
END_TEST

START_TEST(any_reply_is_a_life_sign)
{
    answer_here("2\0QubesException\0\0no\0", 21);
    ck_assert_int_eq(probe(path), QUBESD_ANSWERS);
    stop_serving();
    ck_assert_str_eq(question, "admin.label.List dom0 name dom0");
}
END_TEST

START_TEST(silence_is_taken_for_life_in_time)
{
    gint64 began = g_get_monotonic_time();

    listen_here();
    ck_assert_int_eq(probe_on(probe_shortly, path), QUBESD_SILENT);
    ck_assert_int_lt(g_get_monotonic_time() - began, 50 * PROBE_MS * 1000);
    ck_assert_ptr_nonnull(qubesd_reason(QUBESD_SILENT));
}
END_TEST

START_TEST(an_empty_reply_is_taken_for_life)
{
    answer_here("", 0);
    ck_assert_int_eq(probe(path), QUBESD_CLOSED);
    stop_serving();
}
END_TEST

/* In all threads; root may see everything. */
static void be(uid_t uid)
{
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(uid), 0);
}

START_TEST(what_may_not_be_seen_is_neither)
{
    g_autofree char *dir = g_path_get_dirname(path);
    enum qubesd_answer of_socket, of_dir;
    gboolean absent;

    answer_here("0\0", 2);
    ck_assert_int_eq(chmod(world->root, 0755) | chmod(path, 0), 0);
    be(NOBODY);
    of_socket = probe(path);
    be(0);
    ck_assert_int_eq(chmod(dir, 0), 0);
    be(NOBODY);
    of_dir = probe(path);
    absent = qubesd_absent(path);
    be(0);
    ck_assert_int_eq(chmod(dir, 0755), 0);
    stop_serving();
    ck_assert_int_eq(of_socket, QUBESD_DENIED);
    ck_assert_int_eq(of_dir, QUBESD_DENIED);
    ck_assert(!absent);
    ck_assert_ptr_nonnull(strstr(qubesd_reason(QUBESD_DENIED), "may not see"));
    ck_assert_ptr_nonnull(strstr(qubesd_hint(QUBESD_DENIED), "as root"));
}
END_TEST

START_TEST(a_deep_root_is_no_excuse)
{
    g_autofree char *deep = g_strnfill(200, 'x');
    g_autofree char *dir = g_build_filename(world->root, deep, NULL);
    g_autofree char *link = g_build_filename(dir, "qubesd.sock", NULL);

    answer_here("0\0", 2);
    ck_assert_int_eq(g_mkdir(dir, 0755), 0);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_int_eq(probe(link), QUBESD_ANSWERS);
    stop_serving();
}
END_TEST

static gboolean mode_is_shared(gpointer data)
{
    return engine_mode(data) == MODE_SHARED;
}

START_TEST(beside_qubesd_nothing_is_changed)
{
    g_autofree char *store = world_store(world), *after = NULL;
    g_autoptr(GError) error = NULL;

    answer_here("0\0", 2);
    /* not asked yet: the worker asks before it touches anything */
    ck_assert_ptr_null(engine_readonly(world->engine));
    world_run(world, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_DENIED, "qubesd");
    ck_assert_uint_eq(fake_count("create"), 0);
    ck_assert(engine_load(world->engine, NULL));
    ck_assert(world_until(world, mode_is_shared, world->engine));
    ck_assert_ptr_null(world_run(world, "start", "vault", &error));
    ck_error(&error, QMC_ERROR_DENIED, "qubesd");
    stop_serving();
    after = world_store(world);
    ck_assert_str_eq(after, store);
}
END_TEST

START_TEST(a_qubesd_that_comes_before_the_save_wins)
{
    g_autofree char *store = world_store(world), *after = NULL;
    struct op *op;

    fake_script("hang=state");
    op = world_submit(world, "resize", "vault", NULL, "volume", "private",
                      "size", "1G", NULL);
    while (fake_count("state") == 0)
        g_usleep(1000);
    answer_here("0\0", 2);
    fake_script("hang=");
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_DENIED));
    stop_serving();
    after = world_store(world);
    ck_assert_str_eq(after, store);
    ck_assert_uint_eq(qube_volume(world_qube(world, "vault"), "private")->size,
                      256 << 20);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nothing_there_is_none,
        a_stale_socket_is_none,
        any_reply_is_a_life_sign,
        silence_is_taken_for_life_in_time,
        an_empty_reply_is_taken_for_life,
        what_may_not_be_seen_is_neither,
        a_deep_root_is_no_excuse,
        beside_qubesd_nothing_is_changed,
        a_qubesd_that_comes_before_the_save_wins,
        NULL,
    };

    return suite_run_fixture("qubesd", tests, setup, teardown);
}
