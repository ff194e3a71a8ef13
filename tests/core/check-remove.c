/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removing qubes: who is in the way (spec/qubes-xml.md 8.4 as 4.3 has it), what
 * goes and in which order, and that a failure leaves all as it was. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/op-private.h"
#include "core/reference.h"
#include "hv-fake.h"
#include "life.h"
#include "tests/storage/fault.h"
#include "tests/util/suite.h"
#include "util/file.h"

static struct world *world;

static void setup(void)
{
    fake_reset();
    world = world_new("test:///fake", NULL);
}

static void teardown(void)
{
    world_free(world);
}

static void make(const char *name, const char *class)
{
    ck_no_error(life_run(world, "create", "dom0", "name", name, "class", class,
                         "label", "red", NULL)->error);
}

static void set(const char *qube, const char *property, const char *value)
{
    ck_no_error(life_run(world, "set", qube, "name", property, "value", value,
                         NULL)->error);
}

static void global(const char *property, const char *value)
{
    ck_no_error(life_run(world, "global-set", "dom0", "name", property, "value", value,
                         NULL)->error);
}

static void reload(void)
{
    ck_assert(engine_load(world->engine, NULL));
    engine_refresh_states(world->engine, 50000, NULL);
}

/* Text put into the store before another, at the qube 'work'. */
static void store_insert(const char *before, const char *text)
{
    g_autofree char *store = world_store(world);
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");
    char *at = strstr(strstr(store, ">work<"), before);
    g_autofree char *changed = NULL;

    ck_assert_ptr_nonnull(at);
    changed = g_strdup_printf("%.*s%s%s", (int)(at - store), store, text, at);
    ck_assert(g_file_set_contents(path, changed, -1, NULL));
    reload();
}

START_TEST(nothing_of_it_is_left)
{
    g_autofree char *before = life_state(world);
    const char *uuid;
    struct op *op;

    make("x", "StandaloneVM");
    uuid = g_intern_string(world_uuid(world, "x"));
    life_write(world, "appvms/x/firewall.xml", "<firewall version=\"2\"/>");
    life_write(world, "appvms/x/apps/a.desktop", "[Desktop Entry]");
    world_run(world, "start", "x", NULL);
    world_run(world, "kill", "x", NULL);
    ck_assert(fake_defined(uuid));
    op = life_remove(world, "x");
    ck_no_error(op->error);
    ck_assert_ptr_null(model_qube_named(engine_model(world->engine), "x"));
    ck_assert(!life_has(world, "appvms/x"));
    ck_assert(!fake_defined(uuid));
    life_same(world, before, "afterwards");
}
END_TEST

/* --- the matrix --- */

static void use_global(const char *property)
{
    set("x", "provides_network", "True");
    set("x", "netvm", "");
    set("x", "template_for_dispvms", "True");
    global(property, "x");
}

static void use_property(const char *property)
{
    set("x", "provides_network", "True");
    set("x", "template_for_dispvms", "True");
    set("work", property, "x");
}

static void use_default_template(const char *unused)
{
    make("t", "TemplateVM");
    global("default_template", "t");
}

static void use_template(const char *unused)
{
    make("t", "TemplateVM");
    set("work", "template", "t");
}

static void use_disposable(const char *unused)
{
    set("x", "template_for_dispvms", "True");
    ck_no_error(life_run(world, "create", "dom0", "name", "d", "class", "DispVM",
                         "label", "red", "template", "x", NULL)->error);
}

static void use_preload(const char *property)
{
    use_disposable(NULL);
    qube_put_feature(world_qube(world, "x"), "preload-dispvm", "d");
    model_touch(engine_model(world->engine), world_qube(world, "x"));
    if (property)
        set("d", property, "x");
}

static void use_preload_elsewhere(const char *property)
{
    use_preload(NULL);
    set("work", property, "d");
}

static void use_preload_itself(const char *property)
{
    use_preload(NULL);
    set("x", property, "d");
}

static void use_preload_running(const char *unused)
{
    use_preload(NULL);
    ck_no_error(world_run(world, "start", "d", NULL)->error);
}

/* Who else says so does not count. */
static void use_preload_of_work(const char *unused)
{
    use_disposable(NULL);
    qube_put_feature(world_qube(world, "work"), "preload-dispvm", "d");
}

static void use_relay(const char *unused)
{
    make("r", "RemoteVM");
    set("r", "relayvm", "x");
}

/* In both forms, and of any class and mode. */
static void use_device(const char *device)
{
    g_autofree char *text = g_strdup_printf("<devices class=\"%s/></devices>\n      ",
                                            device);

    store_insert("<tags/>", text);
}

static void use_nothing(const char *unused)
{
}

static void use_itself(const char *property)
{
    set("x", "provides_network", "True");
    set("x", "template_for_dispvms", "True");
    set("x", property, "x");
}

static void use_by_default(const char *unused)
{
    set("x", "provides_network", "True");
    set("x", "netvm", "");
    global("default_netvm", "x");
    global("default_netvm", "sys-firewall");
}

static void use_package(const char *unused)
{
    set("x", "installed_by_rpm", "True");
}

static void use_running(const char *unused)
{
    ck_no_error(world_run(world, "start", "x", NULL)->error);
}

static const struct {
    const char *victim;
    void (*use)(const char *what);
    const char *what;
    const char *part; /* NULL: it may be removed */
} matrix[] = {
    { "dom0", use_nothing, NULL, "no such operation" },                    /* 1 */
    { "x", use_package, NULL, "installed as a package" },                  /* 2 */
    { "x", use_running, NULL, "it is running" },                           /* 3 */
    { "x", use_global, "default_netvm", "default_netvm of the system" },   /* 4 */
    { "x", use_global, "default_dispvm", "default_dispvm of the system" },
    { "x", use_global, "default_guivm", "default_guivm of the system" },
    { "x", use_global, "default_audiovm", "default_audiovm of the system" },
    { "x", use_global, "clockvm", "clockvm of the system" },
    { "x", use_global, "updatevm", "updatevm of the system" },
    { "x", use_global, "management_dispvm", "management_dispvm of the system" },
    { "t", use_default_template, NULL, "default_template of the system" },
    { "t", use_template, NULL, "template of 'work'" },                     /* 5 */
    { "x", use_disposable, NULL, "template of 'd'" },
    { "x", use_preload, NULL, NULL },                                      /* 5a */
    { "x", use_preload, "default_dispvm", NULL },
    { "x", use_preload, "management_dispvm", NULL },
    { "x", use_preload, "guivm", "guivm of 'd'" },
    { "x", use_preload_elsewhere, "guivm",
      "its preloaded disposable 'd' is in use: guivm of 'work'" },
    { "x", use_preload_itself, "guivm", NULL },
    { "x", use_preload_running, NULL, "its preloaded disposable 'd' is not halted" },
    { "x", use_preload_of_work, NULL, "template of 'd'" },
    { "x", use_property, "netvm", "netvm of 'work'" },
    { "x", use_property, "guivm", "guivm of 'work'" },
    { "x", use_property, "audiovm", "audiovm of 'work'" },
    { "x", use_property, "default_dispvm", "default_dispvm of 'work'" },
    { "x", use_property, "management_dispvm", "management_dispvm of 'work'" },
    { "x", use_relay, NULL, "relayvm of 'r'" },
    { "x", use_itself, "default_dispvm", NULL },                           /* 5b */
    { "x", use_itself, "guivm", NULL },
    { "x", use_by_default, NULL, NULL },
    { "x", use_device, "pci\"><device backend-domain=\"x\" id=\"00_14.0\"",
      "a pci device of " },                                                /* 6 */
    { "x", use_device, "usb\"><device backend-domain=\"x\" id=\"1-2\" "
      "mode=\"auto-attach\" identity=\"*\"", "a usb device of " },
    { "x", use_device, "block\"><device backend-domain=\"x\" id=\"*\" "
      "mode=\"ask-to-attach\" identity=\"*\"", "a block device of " },
    { "x", use_nothing, NULL, NULL },
};

START_TEST(who_is_in_the_way_is_named)
{
    make("x", "AppVM");
    matrix[_i].use(matrix[_i].what);
    if (matrix[_i].part)
        life_refused(world, QMC_ERROR_STATE, matrix[_i].part, "remove",
                     matrix[_i].victim, NULL);
    else
        ck_no_error(life_remove(world, matrix[_i].victim)->error);
}
END_TEST

START_TEST(all_are_named_at_once)
{
    g_autofree char *text = NULL;

    make("x", "AppVM");
    use_property("netvm");
    set("vault", "netvm", "x");
    set("vault", "guivm", "x");
    global("clockvm", "x");
    text = references_text(engine_model(world->engine), world_qube(world, "x"),
                           NULL);
    ck_assert_str_eq(text, "clockvm of the system; guivm of 'vault'; "
                           "netvm of 'vault', 'work'");
    life_refused(world, QMC_ERROR_STATE, text, "remove", "x", NULL);
}
END_TEST

/* Somebody gave one qube the volumes of another. */
START_TEST(what_others_keep_in_its_directory_is_not_deleted)
{
    make("x", "AppVM");
    store_insert("</volume-config>",
                 "<volume name=\"extra\" pool=\"varlibqubes\" vid=\"appvms/x/extra\" "
                 "rw=\"True\" save_on_stop=\"True\" size=\"4096\"/>");
    life_refused(world, QMC_ERROR_STATE, "volume extra of ", "remove", "x", NULL);
}
END_TEST

START_TEST(a_volume_that_others_begin_from_stays)
{
    make("x", "AppVM");
    store_insert("</volume-config>",
                 "<volume name=\"extra\" pool=\"varlibqubes\" rw=\"True\" "
                 "snap_on_start=\"True\" source=\"appvms/x/private\"/>");
    life_refused(world, QMC_ERROR_STATE, "volume extra of ", "remove", "x", NULL);
}
END_TEST

/* --- consent --- */

START_TEST(the_name_has_to_be_typed)
{
    const struct op_request request = { .op = "remove", .consent = CONFIRM_L2 };
    g_autofree char *before = NULL;
    GError *error = NULL;

    make("x", "AppVM");
    before = life_state(world);
    ck_assert_ptr_null(world_submit_as(world, &request, "x", &error));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "--confirm x"));
    ck_error(&error, QMC_ERROR_UNCONFIRMED,
             "private with all that is in it and all revisions are lost");
    life_same(world, before, "afterwards");
}
END_TEST

/* --- failures --- */

static void make_victim(void)
{
    make("x", "StandaloneVM");
    life_write(world, "appvms/x/root.img", "system");
    life_write(world, "appvms/x/firewall.xml", "<x/>");
}

static struct op *remove_nth(struct world *at, guint nth)
{
    return life_remove(at, "x");
}

/* Removed, whatever stayed of its files. */
static void make_again(struct world *at, guint nth)
{
    g_autofree char *dir = world_path(at, "/var/lib/qubes/appvms/x");

    ck_assert_ptr_null(model_qube_named(engine_model(at->engine), "x"));
    ck_assert(file_remove_tree(dir, NULL));
    make_victim();
}

START_TEST(a_failure_at_any_call_leaves_all)
{
    make_victim();
    ck_assert_uint_gt(life_each_failure(world, remove_nth, make_again), 10);
}
END_TEST

START_TEST(what_cannot_be_deleted_is_told)
{
    g_autofree char *dir = world_path(world, "/var/lib/qubes/appvms/x");
    g_autofree char *link = world_path(world, "/var/lib/qubes/appvms/y");
    g_autofree char *hint = NULL;
    const struct op_request request = { .op = "remove", .consent = CONFIRM_L3 };
    struct op *op;

    make_victim();
    make("y", "AppVM");
    fake_script("hang=undefine");
    op = world_submit_as(world, &request, "x", NULL);
    while (fake_count("undefine") == 0)
        g_usleep(1000);
    /* somebody moves in when it is looked at already */
    ck_assert(file_remove_tree(link, NULL));
    ck_assert_int_eq(symlink(dir, link), 0);
    fake_script("hang=");
    world_finish(world, op);
    ck_assert_int_eq(op->phase, OP_PARTIAL);
    ck_assert_int_eq(world_step(op, "data of x deleted")->state, STEP_WARNING);
    ck_assert_ptr_nonnull(strstr(op->error->message, "not all it had"));
    ck_assert_ptr_nonnull(strstr(op->error->message, dir));
    hint = g_strdup_printf("qmc xml sweep %s --confirm x", dir);
    ck_assert_ptr_nonnull(strstr(error_hint(op->error), hint));
    ck_assert_ptr_null(model_qube_named(engine_model(world->engine), "x"));
    ck_assert(g_file_test(dir, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(a_definition_that_stays_ends_it)
{
    make_victim();
    fake_script("fail=undefine");
    life_refused(world, QMC_ERROR_IO, NULL, "remove", "x", NULL);
    fake_script("fail=");
    ck_no_error(life_remove(world, "x")->error);
}
END_TEST

/* --- others --- */

START_TEST(lists_of_the_system_lose_it)
{
    make("x", "AppVM");
    qube_put_feature(world_qube(world, "work"), "preload-dispvm", "y x vault");
    qube_put_feature(world_qube(world, "vault"), "preload-dispvm-completed", "x");
    qube_put_feature(world_qube(world, "vault"), "other", "x");
    ck_no_error(life_remove(world, "x")->error);
    ck_assert_str_eq(qube_feature(world_qube(world, "work"), "preload-dispvm"),
                     "y vault");
    ck_assert_str_eq(
        qube_feature(world_qube(world, "vault"), "preload-dispvm-completed"), "");
    ck_assert_str_eq(qube_feature(world_qube(world, "vault"), "other"), "x");
}
END_TEST

/* --- preloaded disposables --- */

static void make_preloaded(void)
{
    g_autofree char *feature =
        g_strdup("<feature name=\"preload-dispvm\">d e</feature>\n      ");
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");
    g_autofree char *store = NULL, *changed = NULL;
    char *at;

    make("x", "AppVM");
    set("x", "template_for_dispvms", "True");
    for (int i = 0; i < 2; i++)
        ck_no_error(life_run(world, "create", "dom0", "name", i ? "e" : "d", "class",
                             "DispVM", "label", "red", "template", "x", NULL)->error);
    ck_no_error(life_run(world, "feature-set", "x", "name", "vm-config", "value", "1",
                         NULL)->error);
    store = world_store(world);
    at = strstr(strstr(store, ">x<"), "<feature ");
    changed = g_strdup_printf("%.*s%s%s", (int)(at - store), store, feature, at);
    ck_assert(g_file_set_contents(path, changed, -1, NULL));
    reload();
}

static void check_gone(const char *name)
{
    g_autofree char *dir = g_strdup_printf("appvms/%s", name);

    ck_assert_ptr_null(model_qube_named(engine_model(world->engine), name));
    ck_assert(!life_has(world, dir));
}

START_TEST(preloaded_disposables_go_with_it)
{
    g_autofree char *before = life_state(world);
    const struct op_request request = { .op = "kill", .consent = CONFIRM_L2 };
    const char *uuid;

    make_preloaded();
    uuid = g_intern_string(world_uuid(world, "d"));
    world_run(world, "start", "d", NULL);
    world_finish(world, world_submit_as(world, &request, "d", NULL));
    ck_assert(fake_defined(uuid));
    ck_no_error(life_remove(world, "x")->error);
    check_gone("x");
    check_gone("d");
    check_gone("e");
    ck_assert(!fake_defined(uuid));
    life_same(world, before, "afterwards");
}
END_TEST

START_TEST(the_question_names_them)
{
    const struct op_request request = { .op = "remove", .consent = CONFIRM_L2 };
    const struct op_request plan = { .op = "remove", .consent = CONFIRM_L3,
                                     .dry_run = TRUE };
    GError *error = NULL;
    struct op *op;

    make_preloaded();
    ck_assert_ptr_null(world_submit_as(world, &request, "x", &error));
    ck_error(&error, QMC_ERROR_UNCONFIRMED,
             "its preloaded disposables 'd', 'e' are removed with it");
    op = world_submit_as(world, &plan, "x", NULL);
    ck_assert_ptr_nonnull(op);
    world_finish(world, op);
    ck_no_error(op->error);
    ck_assert_ptr_nonnull(world_step(op, "d taken out of the store"));
    ck_assert_ptr_nonnull(world_step(op, "e taken out of the store"));
}
END_TEST

/* Somebody else began to use one: found by the worker alone. */
START_TEST(one_that_runs_by_now_ends_it)
{
    g_autofree char *before = NULL;

    make_preloaded();
    ck_no_error(world_run(world, "start", "e", NULL)->error);
    model_set_state(engine_model(world->engine), world_qube(world, "e"), POWER_HALTED, -1);
    before = world_store(world);
    life_refused(world, QMC_ERROR_STATE, "cannot remove 'e': it is not halted", "remove",
                 "x", NULL);
    g_autofree char *after = world_store(world);
    ck_assert_str_eq(after, before);
    ck_assert(life_has(world, "appvms/x/private.img"));
}
END_TEST

/* All are there again, whichever call fails. */
static void make_preloaded_again(struct world *at, guint nth)
{
    static const char *const names[] = { "x", "d", "e" };

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *below = g_strdup_printf("/var/lib/qubes/appvms/%s", names[i]);
        g_autofree char *dir = world_path(at, below);

        ck_assert_ptr_null(model_qube_named(engine_model(at->engine), names[i]));
        ck_assert(file_remove_tree(dir, NULL));
    }
    make_preloaded();
}

START_TEST(a_failure_at_any_call_leaves_them)
{
    make_preloaded();
    ck_assert_uint_gt(life_each_failure(world, remove_nth, make_preloaded_again), 10);
}
END_TEST

START_TEST(one_preloaded_meanwhile_is_not_lost)
{
    const struct op_request request = { .op = "remove", .consent = CONFIRM_L3 };
    struct op *removal;

    make_preloaded();
    fake_script("hang=undefine");
    removal = world_submit_as(world, &request, "x", NULL);
    ck_assert_ptr_nonnull(removal);
    ck_no_error(life_run(world, "create", "dom0", "name", "f", "class", "DispVM", "label",
                         "red", "template", "x", NULL)->error);
    qube_put_feature(world_qube(world, "x"), "preload-dispvm", "d e f");
    fake_script("hang=");
    world_finish(world, removal);
    ck_assert(error_is(removal->error, QMC_ERROR_BUSY));
    ck_assert_ptr_nonnull(strstr(removal->error->message, "'f' was preloaded of it"));
    ck_assert(life_has(world, "appvms/x/private.img"));
    ck_assert_ptr_nonnull(world_qube(world, "d"));
}
END_TEST

START_TEST(the_unit_goes_too)
{
    g_autofree char *dir =
        world_path(world, "/etc/systemd/system/multi-user.target.wants");
    g_autofree char *unit = g_build_filename(dir, "qubes-vm@x.service", NULL);

    make("x", "AppVM");
    ck_assert(file_mkdirs(dir, 0755, NULL));
    ck_assert_int_eq(symlink("/usr/lib/systemd/system/qubes-vm@.service", unit), 0);
    ck_no_error(life_remove(world, "x")->error);
    ck_assert(!g_file_test(unit, G_FILE_TEST_IS_SYMLINK));
}
END_TEST

/* Both were made of the same store. */
START_TEST(a_reference_made_meanwhile_counts)
{
    struct op *removal, *use;
    const struct op_request request = { .op = "remove", .consent = CONFIRM_L3 };

    make("x", "AppVM");
    set("x", "provides_network", "True");
    fake_script("hang=undefine");
    removal = world_submit_as(world, &request, "x", NULL);
    ck_assert_ptr_nonnull(removal);
    use = world_submit(world, "set", "work", NULL, "name", "netvm", "value", "x", NULL);
    world_finish(world, use);
    ck_no_error(use->error);
    fake_script("hang=");
    world_finish(world, removal);
    ck_assert(error_is(removal->error, QMC_ERROR_STATE));
    ck_assert(life_has(world, "appvms/x/private.img"));
}
END_TEST

static void make_offline(struct engine_config *config)
{
    config->offline = TRUE;
}

START_TEST(offline_only_what_does_not_run)
{
    struct engine *offline;
    struct world other;

    make("x", "AppVM");
    make("y", "AppVM");
    ck_no_error(world_run(world, "start", "y", NULL)->error);
    offline = world_engine(world, make_offline);
    other = (struct world){ world->root, world->uri, offline, world->notes };
    ck_no_error(life_remove(&other, "x")->error);
    life_refused(&other, QMC_ERROR_STATE, "may be running", "remove", "y", NULL);
    engine_free(offline);
}
END_TEST

/* One after the other, and back to what it was. */
START_TEST(the_store_is_as_it_was_before_it)
{
    static const char *const names[] = { "a0", "m0", "zz" };
    g_autofree char *before = world_store(world), *after = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        make(names[i], "AppVM");
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        ck_no_error(life_remove(world, names[i])->error);
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nothing_of_it_is_left,
        all_are_named_at_once,
        what_others_keep_in_its_directory_is_not_deleted,
        a_volume_that_others_begin_from_stays,
        the_name_has_to_be_typed,
        a_failure_at_any_call_leaves_all,
        what_cannot_be_deleted_is_told,
        a_definition_that_stays_ends_it,
        lists_of_the_system_lose_it,
        preloaded_disposables_go_with_it,
        the_question_names_them,
        one_that_runs_by_now_ends_it,
        a_failure_at_any_call_leaves_them,
        one_preloaded_meanwhile_is_not_lost,
        the_unit_goes_too,
        a_reference_made_meanwhile_counts,
        offline_only_what_does_not_run,
        the_store_is_as_it_was_before_it,
        NULL,
    };
    TCase *rows = tcase_create("matrix");

    tcase_set_timeout(rows, 60);
    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_loop_test(rows, who_is_in_the_way_is_named, 0,
                        (int)G_N_ELEMENTS(matrix));
    return suite_run_cases("remove", tests, setup, teardown, rows);
}
