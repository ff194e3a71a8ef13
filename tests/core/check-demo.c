/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The demo and the public interface, on libvirt's test driver. */
#include "config.h"

#include "core/demo.h"

#include <utime.h>

#include <glib/gstdio.h>

#include "core/layout.h"
#include "core/qmc.h"
#include "util/file.h"

#include "tests/util/suite.h"

static char *top;

static void setup(void)
{
    top = g_dir_make_tmp("qmc-demo-test-XXXXXX", NULL);
}

static void teardown(void)
{
    ck_assert(file_remove_tree(top, NULL));
    g_free(top);
}

static char *below(const char *name)
{
    return g_build_filename(top, name, NULL);
}

static gboolean exists(const char *root, const char *path)
{
    g_autofree char *full = g_strconcat(root, path, NULL);

    return g_file_test(full, G_FILE_TEST_EXISTS);
}

static QmcEngine *open_demo(const char *dir, char **root)
{
    g_autofree char *uri = NULL;
    g_autoptr(GError) error = NULL;
    QmcEngine *engine;

    demo_make(dir, root, &uri, &error);
    ck_no_error(error);
    engine = qmc_engine_new(*root, uri, &error);
    ck_no_error(error);
    qmc_engine_refresh(engine, 50000, &error);
    ck_no_error(error);
    return engine;
}

static void expect(QmcEngine *engine, const char *qube, const char *what,
                   const char *value)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = qmc_qube_get(engine, qube, what, &error);

    ck_no_error(error);
    ck_assert_str_eq(found ? found : "(null)", value);
}

START_TEST(looks_like_a_small_machine)
{
    g_autofree char *root = NULL;
    QmcEngine *engine = open_demo(NULL, &root);
    g_auto(GStrv) names = qmc_engine_list(engine);

    ck_assert_uint_eq(g_strv_length(names), 11);
    ck_assert_str_eq(names[0], "dom0");
    expect(engine, "sys-net", "state", "Running");
    expect(engine, "personal", "state", "Running");
    expect(engine, "work", "state", "Halted");
    expect(engine, "work", "class", "AppVM");
    expect(engine, "work", "netvm", "sys-firewall");
    expect(engine, "vault", "netvm", "(null)");
    ck_assert(exists(root, LAYOUT_BASE "/appvms/personal/private-dirty.img"));
    ck_assert(!exists(root, LAYOUT_BASE "/appvms/work/private-dirty.img"));
    qmc_engine_free(engine);
    demo_remove(root);
    ck_assert(!exists(root, ""));
}
END_TEST

START_TEST(qubes_live_through_their_operations)
{
    static const char *const wait[] = { "wait", "true", NULL };
    static const char *const size[] = { "volume", "private", "size", "1G", NULL };
    g_autofree char *root = NULL;
    QmcEngine *engine = open_demo(NULL, &root);
    g_autoptr(GError) error = NULL;

    qmc_qube_run(engine, "work", "start", NULL, &error);
    ck_no_error(error);
    expect(engine, "work", "state", "Running");
    qmc_qube_run(engine, "work", "pause", NULL, &error);
    ck_no_error(error);
    expect(engine, "work", "state", "Paused");
    qmc_qube_run(engine, "work", "unpause", NULL, &error);
    qmc_qube_run(engine, "work", "resize", size, &error);
    ck_no_error(error);
    qmc_qube_run(engine, "work", "stop", wait, &error);
    ck_no_error(error);
    expect(engine, "work", "state", "Halted");
    ck_assert(!exists(root, LAYOUT_BASE "/appvms/work/private-dirty.img"));
    qmc_engine_free(engine);
    demo_remove(root);
}
END_TEST

START_TEST(errors_have_code_and_hint)
{
    static const char *const small[] = { "volume", "private", "size", "1M", NULL };
    g_autofree char *root = NULL;
    QmcEngine *engine = open_demo(NULL, &root);
    g_autoptr(GError) error = NULL;

    ck_assert(!qmc_qube_run(engine, "vault", "pause", NULL, &error));
    ck_error(&error, QMC_ERROR_STATE, "vault");
    ck_assert(!qmc_qube_run(engine, "moon", "start", NULL, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "moon");
    ck_assert(!qmc_qube_run(engine, "vault", "fly", NULL, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "fly");
    ck_assert_ptr_null(qmc_qube_get(engine, "vault", "wings", &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "wings");
    ck_assert(!qmc_qube_run(engine, "vault", "resize", small, &error));
    ck_assert_ptr_nonnull(qmc_error_hint(error));
    ck_error(&error, QMC_ERROR_INVALID, "256.0 MiB");
    qmc_engine_free(engine);
    demo_remove(root);
}
END_TEST

START_TEST(a_named_root_is_kept_and_reused)
{
    g_autofree char *dir = below("kept"), *root = NULL, *again = NULL;
    QmcEngine *engine = open_demo(dir, &root);
    g_autofree char *uuid = qmc_qube_get(engine, "work", "uuid", NULL);

    ck_assert(qmc_qube_run(engine, "work", "start", NULL, NULL));
    ck_assert(exists(root, LAYOUT_BASE "/appvms/work/private-dirty.img"));
    qmc_engine_free(engine);
    engine = open_demo(dir, &again);
    ck_assert_str_eq(again, root);
    expect(engine, "work", "uuid", uuid);
    /* the hypervisor begins anew, so the images do */
    expect(engine, "work", "state", "Halted");
    ck_assert(!exists(root, LAYOUT_BASE "/appvms/work/private-dirty.img"));
    qmc_engine_free(engine);
}
END_TEST

START_TEST(a_root_left_half_made_is_made_anew)
{
    g_autofree char *dir = below("half"), *root = NULL, *again = NULL;
    g_autofree char *node = g_build_filename(dir, "demo-node.xml", NULL);
    g_autofree char *stray = g_build_filename(dir, "var/lib/qubes/stray", NULL);
    QmcEngine *engine = open_demo(dir, &root);

    qmc_engine_free(engine);
    ck_assert_int_eq(g_remove(node), 0);
    ck_assert(g_file_set_contents(stray, "x", -1, NULL));
    engine = open_demo(dir, &again);
    ck_assert(!exists(dir, "/var/lib/qubes/stray"));
    expect(engine, "personal", "state", "Running");
    qmc_engine_free(engine);
}
END_TEST

START_TEST(a_demo_in_use_is_left_alone)
{
    g_autofree char *dir = below("used"), *lock_path = NULL;
    g_autofree char *root = NULL, *uri = NULL;
    g_autoptr(GError) error = NULL;
    struct file_lock *lock;

    ck_assert(file_mkdirs(dir, 0750, NULL));
    lock_path = g_build_filename(dir, "demo.lock", NULL);
    lock = file_lock_take(lock_path, TRUE, 0, &error);
    ck_no_error(error);
    ck_assert(!demo_make(dir, &root, &uri, &error));
    ck_error(&error, QMC_ERROR_BUSY, dir);
    ck_assert_ptr_null(root);
    ck_assert(!exists(dir, LAYOUT_STORE));
    file_lock_release(lock);
    demo_make(dir, &root, &uri, &error);
    ck_no_error(error);
    ck_assert_ptr_null(file_lock_take(lock_path, TRUE, 0, &error));
    ck_error(&error, QMC_ERROR_BUSY, NULL);
    demo_remove(root);
    ck_assert(!exists(dir, ""));
}
END_TEST

START_TEST(a_directory_with_other_things_is_left_alone)
{
    g_autofree char *file = below("precious"), *root = NULL, *uri = NULL;
    g_autoptr(GError) error = NULL;

    ck_assert(g_file_set_contents(file, "x", 1, NULL));
    ck_assert(!demo_make(top, &root, &uri, &error));
    ck_error(&error, QMC_ERROR_EXISTS, top);
    ck_assert_ptr_null(root);
    demo_remove(top);
    ck_assert(exists(file, ""));
    ck_assert(!exists(top, "/var"));
}
END_TEST

static char *killed_demo(gint64 age_s)
{
    char *dir = g_dir_make_tmp("qmc-demo-XXXXXX", NULL);
    g_autofree char *lock = g_build_filename(dir, "demo.lock", NULL);
    struct utimbuf then = { time(NULL) - age_s, time(NULL) - age_s };

    ck_assert(g_file_set_contents(lock, "", 0, NULL));
    ck_assert_int_eq(utime(dir, &then), 0);
    return dir;
}

START_TEST(what_a_killed_demo_left_is_removed)
{
    g_autofree char *old = killed_demo(3600), *new = killed_demo(0);
    g_autofree char *root = NULL;

    qmc_engine_free(open_demo(NULL, &root));
    ck_assert(!exists(old, ""));
    ck_assert(exists(new, ""));
    ck_assert(file_remove_tree(new, NULL));
    demo_remove(root);
}
END_TEST

START_TEST(a_root_with_odd_letters_works)
{
    g_autofree char *dir = below("a b%20&c"), *root = NULL;
    QmcEngine *engine = open_demo(dir, &root);
    g_autoptr(GError) error = NULL;

    expect(engine, "sys-net", "state", "Running");
    qmc_qube_run(engine, "vault", "start", NULL, &error);
    ck_no_error(error);
    qmc_engine_free(engine);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        looks_like_a_small_machine,
        qubes_live_through_their_operations,
        errors_have_code_and_hint,
        a_named_root_is_kept_and_reused,
        a_root_left_half_made_is_made_anew,
        a_demo_in_use_is_left_alone,
        a_directory_with_other_things_is_left_alone,
        what_a_killed_demo_left_is_removed,
        a_root_with_odd_letters_works,
        NULL,
    };

    return suite_run_fixture("demo", tests, setup, teardown);
}
