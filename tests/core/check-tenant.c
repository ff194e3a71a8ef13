/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Others in the directory of a qube: whichever way they got there, it is neither
 * deleted nor renamed under them. */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/op-private.h"
#include "hv-fake.h"
#include "life.h"
#include "tests/util/suite.h"
#include "util/file.h"

static struct world *world;

static void setup(void)
{
    fake_reset();
    world = world_new("test:///fake", NULL);
    life_make(world, "x");
    life_make(world, "y");
    life_write(world, "appvms/y/private.img", "mails");
}

static void teardown(void)
{
    world_free(world);
}

static char *home(const char *below)
{
    g_autofree char *absolute = g_strconcat("/var/lib/qubes/appvms/", below, NULL);

    return world_path(world, absolute);
}

static void add_pool(const char *driver, const char *dir)
{
    g_autofree char *store = world_store(world);
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");
    g_auto(GStrv) parts = g_strsplit(store, "</pools>", 2);
    g_autofree char *more =
        g_strdup_printf("%s  <pool name=\"big\" driver=\"%s\" dir_path=\"%s\"/>\n"
                        "  </pools>%s", parts[0], driver, dir, parts[1]);

    ck_assert(g_file_set_contents(path, more, -1, NULL));
    ck_assert(engine_load(world->engine, NULL));
    engine_refresh_states(world->engine, 50000, NULL);
}

static void make_dir(const char *below)
{
    g_autofree char *dir = world_path(world, below);

    ck_assert(file_mkdirs(dir, 0770, NULL));
}

/* `from` and `to` below appvms. */
static void link_to(const char *from, const char *to)
{
    g_autofree char *path = home(from), *target = home(to);

    ck_assert_msg(symlink(target, path) == 0, "%s: %s", path, g_strerror(errno));
}

static void move(const char *from, const char *to)
{
    g_autofree char *old = home(from), *new = home(to);

    ck_assert_int_eq(rename(old, new), 0);
}

static void pool_in_it(void)
{
    make_dir("/var/lib/qubes/appvms/x/pool");
    add_pool("file-reflink", "/var/lib/qubes/appvms/x/pool");
}

static void pool_of_others_in_it(void)
{
    make_dir("/var/lib/qubes/appvms/x/pool");
    add_pool("file", "/var/lib/qubes/appvms/x/pool");
}

static void pool_by_a_link(void)
{
    g_autofree char *link = world_path(world, "/srv/big"), *target = home("x/pool");

    make_dir("/srv");
    make_dir("/var/lib/qubes/appvms/x/pool");
    ck_assert_int_eq(symlink(target, link), 0);
    add_pool("file-reflink", "/srv/big");
}

static void home_by_a_link(void)
{
    move("y", "x/of-y");
    link_to("y", "x/of-y");
}

static void same_home_by_a_link(void)
{
    g_autofree char *image = home("y/private.img"), *into = home("x/private.img");

    ck_assert(rename(image, into) == 0);
    move("y", "y-was");
    link_to("y", "x");
}

static void image_by_a_link(void)
{
    move("y/private.img", "x/of-y.img");
    link_to("y/private.img", "x/of-y.img");
}

static const struct {
    void (*move_in)(void);
    const char *who;
} ways[] = {
    { pool_in_it, "pool 'big'" },
    { pool_of_others_in_it, "pool 'big'" },
    { pool_by_a_link, "pool 'big'" },
    { home_by_a_link, "the directory of 'y'" },
    { same_home_by_a_link, "the directory of 'y'" },
    { image_by_a_link, "volume private of 'y'" },
};

START_TEST(it_is_not_removed_under_them)
{
    ways[_i].move_in();
    life_refused(world, QMC_ERROR_STATE, ways[_i].who, "remove", "x", NULL);
    life_refused(world, QMC_ERROR_STATE, "cannot remove 'x': '", "remove", "x", NULL);
}
END_TEST

START_TEST(it_is_not_renamed_under_them)
{
    ways[_i].move_in();
    life_refused(world, QMC_ERROR_STATE, ways[_i].who, "rename", "x", "name", "z", NULL);
}
END_TEST

START_TEST(a_dry_run_says_it)
{
    const struct op_request plan = { .op = "remove", .consent = CONFIRM_L3,
                                     .dry_run = TRUE };
    struct op *op;

    ways[_i].move_in();
    op = world_submit_as(world, &plan, "x", NULL);
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_STATE));
    ck_assert_ptr_nonnull(strstr(op->error->message, ways[_i].who));
}
END_TEST

START_TEST(only_the_first_of_many_are_named)
{
    for (int i = 0; i < 7; i++) {
        g_autofree char *name = g_strdup_printf("y%d", i), *in = g_strdup_printf("x/y%d", i);

        life_make(world, name);
        move(name, in);
        link_to(name, in);
    }
    life_refused(world, QMC_ERROR_STATE, "; and 2 more", "remove", "x", NULL);
}
END_TEST

/* It leads out of the directory: who lives there keeps all. */
START_TEST(a_link_in_it_goes_alone)
{
    link_to("x/to-y", "y");
    ck_no_error(life_remove(world, "x")->error);
    ck_assert(!life_has(world, "appvms/x"));
    ck_assert(life_has(world, "appvms/y/private.img"));
}
END_TEST

START_TEST(what_is_not_there_hurts_nobody)
{
    add_pool("file-reflink", "/var/lib/qubes/appvms/x/pool");
    ck_no_error(life_remove(world, "x")->error);
    ck_assert(!life_has(world, "appvms/x"));
}
END_TEST

/* A mount namespace of its own, made before the first thread is. */
static gboolean mounts;

static void setup_mounts(void)
{
    mounts = unshare(CLONE_NEWNS) == 0 &&
             mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    setup();
}

static gboolean bind(const char *from, const char *to)
{
    if (mounts && mount(from, to, NULL, MS_BIND, NULL) == 0)
        return TRUE;
    g_printerr("# SKIP nothing can be mounted here\n");
    return FALSE;
}

/* Nobody's in the store: a bind mount of what is elsewhere on the same disk. */
static void check_mounted(const char *op, const char *on, const char *of)
{
    g_autofree char *dir = home(on), *what = home(of);

    ck_assert(file_mkdirs(dir, 0770, NULL));
    ck_assert(file_mkdirs(what, 0770, NULL));
    if (!bind(what, dir))
        return;
    if (g_str_equal(op, "rename"))
        life_refused(world, QMC_ERROR_BUSY, "cannot rename 'x': something is mounted in",
                     op, "x", "name", "z", NULL);
    else
        life_refused(world, QMC_ERROR_BUSY, "cannot remove 'x': something is mounted in",
                     op, "x", NULL);
    ck_assert_int_eq(umount(dir), 0);
}

START_TEST(nothing_goes_where_something_is_mounted)
{
    check_mounted("remove", "x/mnt", "elsewhere");
}
END_TEST

START_TEST(nothing_is_renamed_where_something_is_mounted)
{
    check_mounted("rename", "x/mnt", "elsewhere");
}
END_TEST

/* The other way round: a part of it is mounted where a pool is. */
START_TEST(a_bind_mount_of_a_part_of_it_is_seen)
{
    g_autofree char *part = home("x/pool"), *at = world_path(world, "/srv/big");

    make_dir("/srv/big");
    make_dir("/var/lib/qubes/appvms/x/pool");
    if (!bind(part, at))
        return;
    add_pool("file-reflink", "/srv/big");
    life_refused(world, QMC_ERROR_STATE, "pool 'big'", "remove", "x", NULL);
    ck_assert_int_eq(umount(at), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nothing_goes_where_something_is_mounted,
        nothing_is_renamed_where_something_is_mounted,
        a_bind_mount_of_a_part_of_it_is_seen,
        only_the_first_of_many_are_named,
        a_link_in_it_goes_alone,
        what_is_not_there_hurts_nobody,
        NULL,
    };
    TCase *rows = tcase_create("ways");

    tcase_set_timeout(rows, 60);
    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_loop_test(rows, it_is_not_removed_under_them, 0, (int)G_N_ELEMENTS(ways));
    tcase_add_loop_test(rows, it_is_not_renamed_under_them, 0, (int)G_N_ELEMENTS(ways));
    tcase_add_loop_test(rows, a_dry_run_says_it, 0, (int)G_N_ELEMENTS(ways));
    return suite_run_cases("tenant", tests, setup_mounts, teardown, rows);
}
