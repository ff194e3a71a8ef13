/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing a qube whose data cannot be told, or not be reached: all of it stays, and
 * question, plan and result say what and where. */
#include "config.h"

#include <string.h>

#include "core/kept.h"
#include "core/op-private.h"
#include "hv-fake.h"
#include "life.h"
#include "tests/util/suite.h"

static struct world *world;

static void make(const char *name)
{
    ck_no_error(life_run(world, "create", "dom0", "name", name, "class", "StandaloneVM",
                         "label", "red", NULL)->error);
}

static void setup(void)
{
    fake_reset();
    world = world_new("test:///fake", NULL);
    make("x");
    life_write(world, "appvms/x/root.img", "system");
    life_write(world, "appvms/x/private.img", "mails");
    life_write(world, "appvms/x/notes.txt", "a note");
}

static void teardown(void)
{
    world_free(world);
}

/* In the entry of the qube 'x', first occurrence. */
static void edit(const char *from, const char *to)
{
    g_autofree char *store = world_store(world);
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");
    char *at = strstr(strstr(store, ">x<"), from);
    g_autofree char *changed = NULL;

    ck_assert_ptr_nonnull(at);
    changed = g_strdup_printf("%.*s%s%s", (int)(at - store), store, to, at + strlen(from));
    ck_assert(g_file_set_contents(path, changed, -1, NULL));
    ck_assert(engine_load(world->engine, NULL));
    engine_refresh_states(world->engine, 50000, NULL);
}

static void add_pool(const char *driver)
{
    g_autofree char *store = world_store(world);
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");
    g_auto(GStrv) parts = g_strsplit(store, "</pools>", 2);
    g_autofree char *more =
        g_strdup_printf("%s  <pool name=\"gone\" driver=\"%s\" volume_group=\"qubes_dom0\" "
                        "thin_pool=\"vm-pool\"/>\n  </pools>%s", parts[0], driver, parts[1]);

    ck_assert(g_file_set_contents(path, more, -1, NULL));
}

#define ROOT "<volume name=\"root\" pool=\"varlibqubes\""
#define GONE "<volume name=\"root\" pool=\"gone\""

static void no_such_pool(void)
{
    edit(ROOT, GONE);
}

static void pool_of_unknown_driver(void)
{
    add_pool("no-such-driver");
    edit(ROOT, GONE);
}

static void pool_of_others(void)
{
    add_pool("zfs");
    edit(ROOT, GONE);
}

static void flawed_entry(void)
{
    edit("save_on_stop=\"True\"", "save_on_stop=\"perhaps\"");
}

static void flawed_number(void)
{
    edit("revisions_to_keep=\"", "revisions_to_keep=\"x");
}

static const struct {
    void (*spoil)(void);
    const char *named; /* beside the directory */
} cases[] = {
    { no_such_pool, "volume root 'appvms/x/root' of pool 'gone'" },
    { pool_of_unknown_driver, "volume root 'appvms/x/root' of pool 'gone'" },
    { pool_of_others, "volume root 'appvms/x/root' of pool 'gone'" },
    { flawed_entry, "volume private 'appvms/x/private' of pool 'varlibqubes'" },
    { flawed_number, "volume private 'appvms/x/private' of pool 'varlibqubes'" },
};

#define HOME "directory /var/lib/qubes/appvms/x"

static void check_there(void)
{
    g_autofree char *mails = life_read(world, "appvms/x/private.img");
    g_autofree char *system = life_read(world, "appvms/x/root.img");

    ck_assert_str_eq(mails, "mails");
    ck_assert_str_eq(system, "system");
    ck_assert(life_has(world, "appvms/x/notes.txt"));
}

START_TEST(all_of_it_stays)
{
    struct op *op;

    cases[_i].spoil();
    op = life_remove(world, "x");
    ck_no_error(op->error);
    ck_assert_ptr_null(model_qube_named(engine_model(world->engine), "x"));
    check_there();
    ck_assert_msg(strstr(op->result, "what it has on disk stays: " HOME) != NULL, "%s",
                  op->result);
    ck_assert_msg(strstr(op->result, cases[_i].named) != NULL, "%s", op->result);
}
END_TEST

START_TEST(the_question_says_so)
{
    const struct op_request request = { .op = "remove", .consent = CONFIRM_L2 };
    GError *error = NULL;

    cases[_i].spoil();
    ck_assert_ptr_null(world_submit_as(world, &request, "x", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "cannot be used: " HOME));
    ck_assert_ptr_nonnull(strstr(error->message, cases[_i].named));
    ck_assert_ptr_null(strstr(error->message, "revisions are lost"));
    ck_error(&error, QMC_ERROR_UNCONFIRMED, "what it has on disk stays, because its volume '");
}
END_TEST

START_TEST(the_plan_deletes_nothing)
{
    const struct op_request plan = { .op = "remove", .consent = CONFIRM_L3,
                                     .dry_run = TRUE };
    struct op *op;

    cases[_i].spoil();
    op = world_submit_as(world, &plan, "x", NULL);
    world_finish(world, op);
    ck_no_error(op->error);
    ck_assert_ptr_null(world_step(op, "deleted"));
    ck_assert_ptr_nonnull(world_step(op, "kept on disk: " HOME));
}
END_TEST

/* The one that is removed with it has a good entry of its own. */
START_TEST(a_preloaded_disposable_goes_all_the_same)
{
    g_autoptr(GString) text = NULL;

    ck_no_error(life_run(world, "create", "dom0", "name", "base", "class", "AppVM", "label",
                         "red", NULL)->error);
    ck_no_error(life_run(world, "set", "base", "name", "template_for_dispvms", "value",
                         "True", NULL)->error);
    ck_no_error(life_run(world, "create", "dom0", "name", "d", "class", "DispVM", "label",
                         "red", "template", "base", NULL)->error);
    qube_put_feature(world_qube(world, "base"), "preload-dispvm", "d");
    ck_assert_ptr_null(kept_text(engine_model(world->engine), world_qube(world, "base")));
    ck_no_error(life_remove(world, "base")->error);
    ck_assert(!life_has(world, "appvms/base"));
    ck_assert(!life_has(world, "appvms/d"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { a_preloaded_disposable_goes_all_the_same, NULL };
    TCase *rows = tcase_create("reasons");

    tcase_set_timeout(rows, 60);
    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_loop_test(rows, all_of_it_stays, 0, (int)G_N_ELEMENTS(cases));
    tcase_add_loop_test(rows, the_question_says_so, 0, (int)G_N_ELEMENTS(cases));
    tcase_add_loop_test(rows, the_plan_deletes_nothing, 0, (int)G_N_ELEMENTS(cases));
    return suite_run_cases("kept", tests, setup, teardown, rows);
}
