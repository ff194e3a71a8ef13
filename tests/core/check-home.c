/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of a qube that is a link to another disk: what is there neither moves with
 * a new name nor stays behind without a word. */
#include "config.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/op-private.h"
#include "hv-fake.h"
#include "life.h"
#include "tests/storage/fault.h"
#include "tests/util/suite.h"
#include "util/file.h"

static struct world *world;

static void setup(void)
{
    g_autofree char *disk = NULL;

    fake_reset();
    world = world_new("test:///fake", NULL);
    disk = world_path(world, "/disk");
    ck_assert(file_mkdirs(disk, 0755, NULL));
    life_make(world, "x");
    life_write(world, "appvms/x/private.img", "secret");
    life_write(world, "appvms/x/firewall.xml", "<x/>");
    life_write(world, "appvms/x/apps/a.desktop", "[x]");
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

static char *on_disk(const char *below)
{
    g_autofree char *absolute = g_strconcat("/disk/", below, NULL);

    return world_path(world, absolute);
}

static gboolean disk_has(const char *below)
{
    g_autofree char *path = on_disk(below);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* As a user does whose disk is full. */
static void move_away(const char *at, const char *target)
{
    g_autofree char *away = on_disk("x");

    ck_assert_int_eq(rename(at, away), 0);
    ck_assert_int_eq(symlink(target ? target : away, at), 0);
}

static void move_home(const char *target)
{
    g_autofree char *at = home("x");

    move_away(at, target);
}

static void lose_disk(void)
{
    g_autofree char *from = on_disk("x"), *to = on_disk("unmounted");

    ck_assert_int_eq(rename(from, to), 0);
}

static void ck_link(const char *below, const char *to)
{
    g_autofree char *path = home(below), *target = g_file_read_link(path, NULL);

    ck_assert_msg(g_strcmp0(target, to) == 0, "%s is a link to %s", below, target);
}

static void ck_no_link(const char *below)
{
    g_autofree char *path = home(below);
    struct stat st;

    ck_assert_int_ne(lstat(path, &st), 0);
}

static struct op *rename_x(struct world *at, guint nth)
{
    return life_run(at, "rename", "x", "name", "z", NULL);
}

/* Its own words in the plan, or its refusal. */
static struct op *plan(const char *op, const char *name)
{
    g_autoptr(GHashTable) args = op_args_new("name", name, NULL);
    const struct op_request request = { .op = op, .args = args, .consent = CONFIRM_L3,
                                        .dry_run = TRUE };
    GError *error = NULL;
    struct op *made = world_submit_as(world, &request, "x", &error);

    ck_no_error(error);
    world_finish(world, made);
    return made;
}

static void ck_not_planned(const char *op, const char *name, QmcErrorCode code,
                           const char *part)
{
    struct op *planned = plan(op, name);

    ck_assert(error_is(planned->error, code));
    ck_assert_msg(strstr(planned->error->message, part), "%s", planned->error->message);
}

static void ck_stayed(const struct op *op, const char *part, const char *hint)
{
    ck_assert_int_eq(op->phase, OP_PARTIAL);
    ck_assert(error_is(op->error, QMC_ERROR_PARTIAL));
    ck_assert_msg(strstr(op->error->message, part), "%s", op->error->message);
    ck_assert_msg(strstr(error_hint(op->error), hint), "%s", error_hint(op->error));
}

/* --- rename --- */

START_TEST(a_link_gets_the_name_and_its_directory_stays)
{
    g_autofree char *to = on_disk("x"), *image = on_disk("x/private.img");
    struct stat before, after;

    move_home(NULL);
    ck_assert_int_eq(stat(image, &before), 0);
    ck_assert_ptr_nonnull(world_step(plan("rename", "z"), "stays there"));
    ck_no_error(rename_x(world, 0)->error);
    ck_link("z", to);
    ck_no_link("x");
    ck_assert_int_eq(stat(image, &after), 0);
    ck_assert_uint_eq(after.st_ino, before.st_ino);
    ck_assert_uint_eq(after.st_nlink, 1);
    ck_assert(disk_has("x/firewall.xml") && disk_has("x/apps/a.desktop"));
    ck_no_error(world_run(world, "start", "z", NULL)->error);
    ck_no_error(world_run(world, "kill", "z", NULL)->error);
    g_autofree char *text = life_read(world, "appvms/z/private.img");
    ck_assert_str_eq(text, "secret");
    life_make(world, "x");
}
END_TEST

START_TEST(so_does_a_relative_one)
{
    move_home("../../../../disk/x");
    ck_no_error(rename_x(world, 0)->error);
    ck_link("z", "../../../../disk/x");
    ck_assert(disk_has("x/private.img"));
}
END_TEST

START_TEST(so_does_one_whose_disk_is_away)
{
    g_autofree char *to = on_disk("x");

    move_home(NULL);
    lose_disk();
    ck_no_error(rename_x(world, 0)->error);
    ck_link("z", to);
    ck_no_link("x");
    ck_assert(disk_has("unmounted/private.img"));
}
END_TEST

START_TEST(so_does_that_of_another_pool)
{
    g_autofree char *at = NULL;

    life_add_pool(world);
    ck_no_error(life_run(world, "create", "dom0", "name", "p", "class", "AppVM", "label",
                         "red", "pool", "other", NULL)->error);
    at = world_path(world, "/srv/pool/appvms/p");
    move_away(at, NULL);
    ck_no_error(life_run(world, "rename", "p", "name", "q", NULL)->error);
    ck_assert(disk_has("x/private.img"));
    ck_assert(life_in_pool(world, "q/private.img") && !life_in_pool(world, "p"));
    ck_assert(life_has(world, "appvms/q") && !life_has(world, "appvms/p"));
    ck_no_error(life_remove(world, "q")->error);
    ck_assert(!disk_has("x") && !life_in_pool(world, "q") && !life_has(world, "appvms/q"));
}
END_TEST

static void rename_back(struct world *at, guint nth)
{
    g_autofree char *old = home("x");

    ck_assert(disk_has("x/private.img"));
    unlink(old);
    ck_no_error(life_run(at, "rename", "z", "name", "x", NULL)->error);
}

START_TEST(a_failure_at_any_call_leaves_the_link)
{
    move_home(NULL);
    ck_assert_uint_gt(life_each_failure(world, rename_x, rename_back), 10);
    ck_assert(disk_has("x/private.img") && disk_has("x/firewall.xml"));
}
END_TEST

START_TEST(an_image_that_is_a_link_stays_where_it_is)
{
    g_autofree char *at = home("x/private.img"), *to = on_disk("x");

    move_away(at, NULL);
    ck_no_error(rename_x(world, 0)->error);
    ck_link("z/private.img", to);
    ck_assert(disk_has("x"));
}
END_TEST

START_TEST(what_stays_of_the_old_name_is_told)
{
    g_autofree char *dir = home("x"), *hint = g_strdup_printf("xml sweep %s --confirm x", dir);
    struct op *op;

    fault_arm("rmdir", 1, EACCES);
    op = rename_x(world, 0);
    fault_disarm();
    /* one that the directory's end takes with it is no loss */
    ck_assert(op->phase == OP_DONE || !strstr(op->error->message, "private.img"));
    ck_assert(life_has(world, "appvms/z/private.img"));
    if (op->phase == OP_PARTIAL && life_has(world, "appvms/x"))
        ck_assert_ptr_nonnull(strstr(error_hint(op->error), hint));
}
END_TEST

/* --- rm --- */

START_TEST(link_and_directory_go)
{
    g_autofree char *at = home("x");

    move_home(NULL);
    ck_assert_ptr_nonnull(world_step(plan("remove", NULL), "is a link: what Qubes keeps in"));
    ck_no_error(life_remove(world, "x")->error);
    ck_no_link("x");
    ck_assert(!disk_has("x"));
    life_make(world, "x");
    ck_assert(!g_file_test(at, G_FILE_TEST_IS_SYMLINK));
}
END_TEST

START_TEST(what_else_is_there_stays_and_is_named)
{
    g_autofree char *photos = on_disk("x/photos"), *real = on_disk("x");
    g_autofree char *hint = g_strdup_printf("rm -r %s", real);

    move_home(NULL);
    ck_assert(file_mkdirs(photos, 0755, NULL));
    ck_stayed(life_remove(world, "x"), "'photos'", hint);
    ck_assert(disk_has("x/photos") && !disk_has("x/private.img"));
    /* which may be of somebody else as well */
    ck_assert(disk_has("x/apps/a.desktop"));
    ck_no_link("x");
    life_make(world, "x");
}
END_TEST

START_TEST(what_cannot_be_reached_is_not_given_up)
{
    g_autofree char *at = home("x");

    move_home(NULL);
    lose_disk();
    ck_not_planned("remove", NULL, QMC_ERROR_STATE, "there is no directory");
    life_refused(world, QMC_ERROR_STATE, "cannot remove 'x': ", "remove", "x", NULL);
    ck_assert(disk_has("unmounted/private.img"));
    ck_assert_int_eq(unlink(at), 0);
    ck_no_error(life_remove(world, "x")->error);
}
END_TEST

START_TEST(a_file_in_its_place_is_in_the_way)
{
    g_autofree char *at = home("x"), *away = on_disk("x");

    ck_assert_int_eq(rename(at, away), 0);
    ck_assert(g_file_set_contents(at, "", 0, NULL));
    ck_not_planned("remove", NULL, QMC_ERROR_STATE, "is no directory");
    ck_not_planned("rename", "z", QMC_ERROR_STATE, "is no directory");
    ck_assert(!life_has(world, "appvms/z"));
}
END_TEST

START_TEST(an_image_that_was_a_link_is_told)
{
    g_autofree char *at = home("x/private.img"), *to = on_disk("x");
    g_autofree char *hint = g_strdup_printf("rm %s", to);

    move_away(at, NULL);
    ck_assert_ptr_nonnull(world_step(plan("remove", NULL), "an image is a link to it"));
    ck_stayed(life_remove(world, "x"), "stays, an image of it was a link", hint);
    ck_assert(disk_has("x") && !life_has(world, "appvms/x"));
}
END_TEST

START_TEST(what_others_keep_behind_it_is_in_the_way)
{
    g_autofree char *to = on_disk("x"), *at = home("y");

    life_make(world, "y");
    move_home(NULL);
    ck_assert(file_remove_tree(at, NULL));
    ck_assert_int_eq(symlink(to, at), 0);
    life_refused(world, QMC_ERROR_STATE, "the directory of 'y'", "remove", "x", NULL);
    ck_assert(disk_has("x/private.img"));
}
END_TEST

static gboolean protect(const char *path, gboolean on)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;
    gboolean done = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;

    flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    done = done && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

/* Half of it would be gone before the first is told. */
START_TEST(what_is_protected_is_seen_before)
{
    static const char *const what[] = { "x", "x/private.img", "x/apps/a.desktop" };

    for (gsize i = 0; i < G_N_ELEMENTS(what); i++) {
        g_autofree char *path = home(what[i]);

        if (!protect(path, TRUE)) {
            g_printerr("# SKIP nothing can be protected here\n");
            return;
        }
        ck_not_planned("remove", NULL, QMC_ERROR_DENIED, "cannot remove 'x': ");
        ck_not_planned("rename", "z", QMC_ERROR_DENIED, "cannot rename 'x': ");
        life_refused(world, QMC_ERROR_DENIED, "deleted", "remove", "x", NULL);
        life_refused(world, QMC_ERROR_DENIED, "deleted", "rename", "x", "name", "z", NULL);
        ck_assert(protect(path, FALSE));
    }
    ck_no_error(life_remove(world, "x")->error);
}
END_TEST

/* --- create --- */

static void ck_taken(const char *part)
{
    ck_not_planned("clone", "z", QMC_ERROR_EXISTS, part);
    life_refused(world, QMC_ERROR_EXISTS, part, "clone", "x", "name", "z", NULL);
    life_refused(world, QMC_ERROR_EXISTS, part, "create", "dom0", "name", "z", "class",
                 "AppVM", "label", "red", NULL);
    life_refused(world, QMC_ERROR_EXISTS, part, "rename", "x", "name", "z", NULL);
}

START_TEST(nothing_is_made_where_a_link_is)
{
    g_autofree char *at = home("z"), *to = on_disk("place");

    ck_assert_int_eq(symlink(to, at), 0);
    ck_taken("is there already: a link to ");
    ck_taken(", which is not there");
    ck_assert(file_mkdirs(to, 0755, NULL));
    ck_taken("is there already: a link to ");
}
END_TEST

START_TEST(nor_where_one_is_in_its_pool)
{
    g_autofree char *at = NULL, *to = on_disk("place");

    life_add_pool(world);
    at = world_path(world, "/srv/pool/appvms/p");
    ck_assert(file_mkdirs(to, 0755, NULL));
    ck_assert_int_eq(symlink(to, at), 0);
    life_refused(world, QMC_ERROR_EXISTS, "a link to ", "create", "dom0", "name", "p",
                 "class", "AppVM", "label", "red", "pool", "other", NULL);
    ck_assert(g_file_test(at, G_FILE_TEST_IS_SYMLINK) && disk_has("place"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_link_gets_the_name_and_its_directory_stays,
        so_does_a_relative_one,
        so_does_one_whose_disk_is_away,
        so_does_that_of_another_pool,
        a_failure_at_any_call_leaves_the_link,
        an_image_that_is_a_link_stays_where_it_is,
        what_stays_of_the_old_name_is_told,
        link_and_directory_go,
        what_else_is_there_stays_and_is_named,
        what_cannot_be_reached_is_not_given_up,
        a_file_in_its_place_is_in_the_way,
        an_image_that_was_a_link_is_told,
        what_others_keep_behind_it_is_in_the_way,
        what_is_protected_is_seen_before,
        nothing_is_made_where_a_link_is,
        nor_where_one_is_in_its_pool,
        NULL,
    };

    return suite_run_fixture("home", tests, setup, teardown);
}
