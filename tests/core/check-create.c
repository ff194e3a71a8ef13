/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making qubes: what they get, what is refused, and that a failure at any point
 * leaves nothing. */
#include "config.h"

#include <string.h>

#include "core/draft.h"
#include "core/op-private.h"
#include "hv-fake.h"
#include "life.h"
#include "tests/util/suite.h"

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

static struct qube *made(const char *name, const char *class)
{
    struct op *op = life_run(world, "create", "dom0", "name", name, "class", class,
                             "label", "green", NULL);

    ck_no_error(op->error);
    ck_assert_str_eq(op->subject, name);
    return world_qube(world, name);
}

static void ck_prop(const char *qube, const char *property, const char *expected)
{
    g_autofree char *value = qube_get(engine_model(world->engine),
                                      world_qube(world, qube), property);

    ck_assert_msg(g_strcmp0(value, expected) == 0, "%s of %s is %s", property, qube,
                  value);
}

/* As another program reads it. */
static void ck_sound(const char *name)
{
    struct engine *fresh = world_engine(world, NULL);
    struct qube *qube = model_qube_named(engine_model(fresh), name);

    ck_assert_ptr_nonnull(qube);
    ck_assert(!qube->broken);
    ck_assert_uint_eq(qube->findings->len, 0);
    for (guint i = 0; i < qube->volumes->len; i++)
        ck_assert_ptr_nonnull(
            g_array_index(qube->volumes, struct volume_config, i).volume);
    engine_free(fresh);
}

START_TEST(an_app_qube_has_what_it_needs)
{
    struct qube *qube = made("research", "AppVM");
    struct op *op;

    ck_sound("research");
    ck_assert_int_eq(qube->state, POWER_HALTED);
    ck_assert_int_eq(qube->qid, 11);
    ck_prop("research", "template", "debian-13");
    ck_assert(qube_is_explicit(qube, "template"));
    ck_prop("research", "netvm", "sys-firewall");
    ck_assert(!qube_is_explicit(qube, "netvm"));
    ck_prop("research", "ip", "10.137.0.11");
    ck_assert(qube_has_tag(qube, "created-by-dom0"));
    ck_assert(qube_has_tag(qube, "guivm-dom0"));
    ck_assert(life_has(world, "appvms/research/private.img"));
    ck_assert(!life_has(world, "appvms/research/root.img"));
    op = world_run(world, "start", "research", NULL);
    ck_no_error(op->error);
}
END_TEST

START_TEST(each_class_has_its_volumes)
{
    static const struct {
        const char *class, *name, *there, *absent;
    } rows[] = {
        { "AppVM", "a", "appvms/a/private.img", "appvms/a/root.img" },
        { "TemplateVM", "t", "vm-templates/t/root.img", "appvms/t" },
        { "StandaloneVM", "s", "appvms/s/root.img", "vm-templates/s" },
        { "DispVM", "d", "appvms/d", "appvms/d/private.img" },
        { "RemoteVM", "r", "appvms", "appvms/r" },
    };

    ck_no_error(life_run(world, "global-set", "dom0", "name", "default_dispvm",
                         "value", "default-dvm", NULL)->error);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        made(rows[i].name, rows[i].class);
        ck_sound(rows[i].name);
        ck_assert_msg(life_has(world, rows[i].there), "%s", rows[i].there);
        ck_assert_msg(!life_has(world, rows[i].absent), "%s", rows[i].absent);
    }
}
END_TEST

START_TEST(a_standalone_qube_may_begin_as_a_copy)
{
    g_autofree char *root = NULL, *private = NULL;
    struct op *op;

    life_write(world, "vm-templates/debian-13/root.img", "system");
    life_write(world, "vm-templates/debian-13/private.img", "home");
    op = life_run(world, "create", "dom0", "name", "alone", "class", "StandaloneVM",
                  "label", "red", "template", "debian-13", NULL);
    ck_no_error(op->error);
    ck_sound("alone");
    root = life_read(world, "appvms/alone/root.img");
    private = life_read(world, "appvms/alone/private.img");
    ck_assert_str_eq(root, "system");
    ck_assert_str_eq(private, "");
    ck_prop("alone", "memory", "400");
    ck_prop("alone", "template", NULL);
}
END_TEST

START_TEST(a_copy_is_made_in_the_pool_that_was_chosen)
{
    const struct qube *qube;

    life_write(world, "vm-templates/debian-13/root.img", "system");
    life_add_pool(world);
    ck_no_error(life_run(world, "create", "dom0", "name", "alone", "class",
                         "StandaloneVM", "label", "red", "template", "debian-13",
                         "pool", "other", NULL)->error);
    ck_sound("alone");
    qube = world_qube(world, "alone");
    ck_assert_str_eq(qube_volume(qube, "root")->pool, "other");
    ck_assert_str_eq(qube_volume(qube, "private")->pool, "other");
    ck_assert_str_eq(qube_volume(qube, "volatile")->pool, "other");
    ck_assert(life_in_pool(world, "alone/root.img"));
    ck_assert(!life_has(world, "appvms/alone/root.img"));
}
END_TEST

START_TEST(a_disposable_is_like_its_template)
{
    struct qube *disp;

    life_run(world, "set", "default-dvm", "name", "memory", "value", "777", NULL);
    life_run(world, "set", "default-dvm", "name", "autostart", "value", "True", NULL);
    life_run(world, "set", "default-dvm", "name", "ip", "value", "10.9.9.9", NULL);
    life_run(world, "feature-set", "default-dvm", "name", "service.x", "value", "1",
             NULL);
    life_run(world, "feature-set", "default-dvm", "name", "preload-dispvm-max",
             "value", "2", NULL);
    life_run(world, "tag-add", "default-dvm", "tag", "mine", NULL);
    life_write(world, "appvms/default-dvm/firewall.xml", "<firewall version=\"2\"/>");
    ck_no_error(life_run(world, "create", "dom0", "name", "d", "class", "DispVM",
                         "label", "red", "template", "default-dvm", NULL)->error);
    disp = world_qube(world, "d");
    ck_sound("d");
    ck_prop("d", "memory", "777");
    ck_prop("d", "autostart", "False");
    ck_assert(!qube_is_explicit(disp, "autostart"));
    ck_assert(!qube_is_explicit(disp, "ip"));
    ck_assert(qube_is_explicit(disp, "dispid"));
    ck_assert_str_eq(qube_feature(disp, "service.x"), "1");
    ck_assert_ptr_null(qube_feature(disp, "preload-dispvm-max"));
    ck_assert(qube_has_tag(disp, "mine"));
    g_autofree char *rules = life_read(world, "appvms/d/firewall.xml");
    ck_assert_str_eq(rules, "<firewall version=\"2\"/>");
}
END_TEST

START_TEST(properties_are_there_from_the_beginning)
{
    struct op *op = life_run(
        world, "create", "dom0", "name", "net", "class", "AppVM", "label", "red",
        "property", "memory=600\nprovides_network=yes\nnetvm=\nkernelopts=a=b", NULL);
    struct qube *qube;

    ck_no_error(op->error);
    qube = world_qube(world, "net");
    ck_sound("net");
    ck_prop("net", "memory", "600");
    ck_prop("net", "netvm", NULL);
    ck_prop("net", "kernelopts", "a=b");
    ck_prop("net", "provides_network", "True");
    ck_assert_str_eq(qube_feature(qube, "servicevm"), "1");
}
END_TEST

START_TEST(what_dom0_wants_of_new_qubes_is_done)
{
    struct qube *qube;

    life_run(world, "global-set", "dom0", "name", "check_updates_vm", "value", "False",
             NULL);
    life_run(world, "feature-set", "dom0", "name", "tag-created-vm-with", "value",
             "office b?d lab", NULL);
    life_run(world, "feature-set", "dom0", "name", "set-created-guivm", "value",
             "sys-usb", NULL);
    qube = made("research", "AppVM");
    ck_assert_str_eq(qube_feature(qube, "check-updates"), "");
    ck_assert(qube_has_tag(qube, "office") && qube_has_tag(qube, "lab"));
    ck_assert(!qube_has_tag(qube, "b?d"));
    ck_prop("research", "guivm", "sys-usb");
    ck_assert(qube_has_tag(qube, "guivm-sys-usb"));
    ck_assert(!qube_has_tag(qube, "guivm-dom0"));
    ck_sound("research");
}
END_TEST

START_TEST(each_refusal_says_why)
{
    static const struct {
        const char *name, *class, *label, *key, *value;
        QmcErrorCode code;
        const char *part;
    } rows[] = {
        { "work", "AppVM", "red", NULL, NULL, QMC_ERROR_EXISTS, "'work' is the name" },
        { "dom0", "AppVM", "red", NULL, NULL, QMC_ERROR_EXISTS, "'dom0'" },
        { "-x", "AppVM", "red", NULL, NULL, QMC_ERROR_INVALID, "begin with a letter" },
        { "x", "MoonVM", "red", NULL, NULL, QMC_ERROR_INVALID, "no class" },
        { "x", "AdminVM", "red", NULL, NULL, QMC_ERROR_INVALID, "dom0 alone" },
        { "x", "AppVM", "pink", NULL, NULL, QMC_ERROR_INVALID, "no such label" },
        { "x", "AppVM", "red", "template", "moon", QMC_ERROR_NOTFOUND, "'moon'" },
        { "x", "AppVM", "red", "template", "vault", QMC_ERROR_INVALID, "TemplateVM" },
        { "x", "DispVM", "red", "template", "vault", QMC_ERROR_INVALID, "template_for" },
        { "x", "DispVM", "red", NULL, NULL, QMC_ERROR_INVALID, "default_dispvm" },
        { "x", "TemplateVM", "red", "template", "debian-13", QMC_ERROR_INVALID,
          "has no template" },
        { "x", "AppVM", "red", "pool", "moon", QMC_ERROR_NOTFOUND, "no pool" },
        { "x", "RemoteVM", "red", "pool", "varlibqubes", QMC_ERROR_INVALID,
          "no volumes" },
        { "x", "AppVM", "red", "pool", "linux-kernel", QMC_ERROR_INVALID,
          "holds kernels" },
        { "x", "AppVM", "red", "property", "memory", QMC_ERROR_INVALID, "'memory'" },
        { "x", "AppVM", "red", "property", "memory=0", QMC_ERROR_INVALID, "memory" },
        { "x", "AppVM", "red", "property", "colour=1", QMC_ERROR_NOTFOUND, "colour" },
        { "x", "AppVM", "red", "property", "memory=1\nnetvm=vault", QMC_ERROR_INVALID,
          "provide network" },
        { "x", "AppVM", "red", "property", "template=fedora-42", QMC_ERROR_INVALID,
          "'template' is no property to be given like this" },
        { "x", "AppVM", "red", "property", "qid=5", QMC_ERROR_STATE, "given once" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        life_refused(world, rows[i].code, rows[i].part, "create", "dom0", "name",
                     rows[i].name, "class", rows[i].class, "label", rows[i].label,
                     rows[i].key, rows[i].value, NULL);
}
END_TEST

/* As a form asks: one field at a time, the others not typed yet. */
START_TEST(a_field_is_wrong_by_itself)
{
    static const struct {
        const char *field, *value;
        gboolean fine;
    } rows[] = {
        { "name", "x", TRUE }, { "name", "work", FALSE }, { "name", "", FALSE },
        { "class", "AppVM", TRUE }, { "class", "x", FALSE },
        { "label", "red", TRUE }, { "label", "pink", FALSE },
        { "template", "debian-13", TRUE }, { "template", "vault", FALSE },
        { "pool", "varlibqubes", TRUE }, { "pool", "x", FALSE },
        { "property", "memory=500", TRUE }, { "property", "memory=x", FALSE },
    };
    struct model *model = engine_model(world->engine);

    for (const char *const *field = draft_fields(); *field; field++) {
        g_autoptr(GHashTable) none = g_hash_table_new(g_str_hash, g_str_equal);

        ck_assert_msg(draft_check(model, none, *field, NULL), "%s", *field);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GHashTable) args = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GError) error = NULL;

        g_hash_table_insert(args, (char *)(gintptr) "class", (char *)(gintptr) "AppVM");
        g_hash_table_insert(args, (char *)(gintptr)rows[i].field,
                            (char *)(gintptr)rows[i].value);
        ck_assert_msg(draft_check(model, args, rows[i].field, &error) == rows[i].fine,
                      "%s=%s", rows[i].field, rows[i].value);
        ck_assert((error == NULL) == rows[i].fine);
    }
}
END_TEST

/* Somebody's data: of a qube that an older store knew, perhaps. */
START_TEST(what_is_there_is_not_written_over)
{
    life_write(world, "appvms/research/private.img", "precious");
    life_refused(world, QMC_ERROR_EXISTS, "is there already", "create", "dom0", "name",
                 "research", "class", "AppVM", "label", "red", NULL);
    life_refused(world, QMC_ERROR_EXISTS, "is there already", "create", "dom0", "name",
                 "research", "class", "StandaloneVM", "label", "red", NULL);
}
END_TEST

START_TEST(a_free_name_counts_on)
{
    static const struct {
        const char *like, *name;
    } rows[] = {
        { "vault", "vault-2" }, { "research-2", "research-3" }, { "x-9", "x-2" },
        { "-7", "-7-2" }, { "a234567890123456789012345678901",
                            "a2345678901234567890123456789-2" },
    };
    struct model *model = engine_model(world->engine);

    ck_no_error(life_run(world, "create", "dom0", "name", "research-2", "class", "AppVM",
                         "label", "red", NULL)->error);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = draft_free_name(model, rows[i].like);

        ck_assert_str_eq(name, rows[i].name);
    }
}
END_TEST

START_TEST(a_dry_run_looks_and_makes_nothing)
{
    g_autoptr(GHashTable) args = g_hash_table_new(g_str_hash, g_str_equal);
    const struct op_request request = {
        .op = "create", .args = args, .dry_run = TRUE, .consent = CONFIRM_L3,
    };
    g_autofree char *before = NULL;
    struct op *op;

    g_hash_table_insert(args, (char *)(gintptr) "name", (char *)(gintptr) "x");
    g_hash_table_insert(args, (char *)(gintptr) "class", (char *)(gintptr) "AppVM");
    g_hash_table_insert(args, (char *)(gintptr) "label", (char *)(gintptr) "red");
    before = life_state(world);
    op = world_submit_as(world, &request, "dom0", NULL);
    world_finish(world, op);
    ck_no_error(op->error);
    ck_assert_ptr_nonnull(world_step(op, "added to the store, qid 11"));
    life_same(world, before, "afterwards");
    life_write(world, "appvms/x/private.img", "precious");
    op = world_submit_as(world, &request, "dom0", NULL);
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_EXISTS));
}
END_TEST

static struct op *create_nth(struct world *at, guint nth)
{
    g_autofree char *name = g_strdup_printf("n%u", nth);

    return life_run(at, "create", "dom0", "name", name, "class", "TemplateVM", "label",
                    "red", "property", "autostart=True", NULL);
}

/* Started with the machine are those that are there. */
START_TEST(a_failure_at_any_call_leaves_nothing)
{
    g_autofree char *path =
        world_path(world, "/etc/systemd/system/multi-user.target.wants");
    g_autoptr(GDir) dir = NULL;
    const char *unit;
    guint units = 0;

    ck_assert_int_eq(g_mkdir_with_parents(path, 0755), 0);
    ck_assert_uint_gt(life_each_failure(world, create_nth, NULL), 20);
    dir = g_dir_open(path, 0, NULL);
    for (; (unit = g_dir_read_name(dir)); units++) {
        g_auto(GStrv) parts = g_strsplit_set(unit, "@.", -1);

        ck_assert_msg(model_qube_named(engine_model(world->engine), parts[1]) != NULL,
                      "%s", unit);
    }
    ck_assert_uint_gt(units, 0);
}
END_TEST

static struct op *copy_nth(struct world *at, guint nth)
{
    g_autofree char *name = g_strdup_printf("n%u", nth);

    return life_run(at, "create", "dom0", "name", name, "class", "StandaloneVM",
                    "label", "red", "template", "debian-13", NULL);
}

START_TEST(a_failure_at_any_call_of_a_copy_leaves_nothing)
{
    life_write(world, "vm-templates/debian-13/firewall.xml", "<x/>");
    ck_assert_uint_gt(life_each_failure(world, copy_nth, NULL), 20);
}
END_TEST

/* Two programs: each has its own, and the qid that was free. */
START_TEST(changes_of_two_programs_are_merged)
{
    struct engine *other = world_engine(world, NULL);
    struct world second = { world->root, world->uri, other, world->notes };
    struct qube *a, *b;
    struct op *ours, *theirs;

    ours = world_submit(world, "create", "dom0", NULL, "name", "a", "class", "AppVM",
                        "label", "red", NULL);
    theirs = world_submit(&second, "create", "dom0", NULL, "name", "b", "class",
                          "AppVM", "label", "red", NULL);
    world_finish(world, ours);
    world_finish(&second, theirs);
    ck_no_error(ours->error);
    ck_no_error(theirs->error);
    engine_free(other);
    ck_sound("a");
    ck_sound("b");
    ck_assert(engine_load(world->engine, NULL));
    a = world_qube(world, "a");
    b = world_qube(world, "b");
    ck_assert_int_eq(a->qid + b->qid, 11 + 12);
}
END_TEST

START_TEST(one_name_is_given_once)
{
    struct engine *other = world_engine(world, NULL);
    struct world second = { world->root, world->uri, other, world->notes };
    struct op *ours, *theirs;

    ours = world_submit(world, "create", "dom0", NULL, "name", "a", "class", "AppVM",
                        "label", "red", NULL);
    theirs = world_submit(&second, "create", "dom0", NULL, "name", "a", "class",
                          "AppVM", "label", "blue", NULL);
    world_finish(world, ours);
    world_finish(&second, theirs);
    ck_assert((ours->error == NULL) != (theirs->error == NULL));
    ck_assert(error_is(ours->error ? ours->error : theirs->error, QMC_ERROR_EXISTS));
    engine_free(other);
    ck_sound("a");
    ck_assert(life_has(world, "appvms/a/private.img"));
}
END_TEST

START_TEST(offline_works_as_well)
{
    struct engine_config config = { .root = world->root, .offline = TRUE };
    struct engine *offline = engine_new(&config, NULL);
    struct world other = { world->root, world->uri, offline, world->notes };

    ck_assert(engine_load(offline, NULL));
    engine_refresh_states(offline, 1000, NULL);
    ck_no_error(life_run(&other, "create", "dom0", "name", "x", "class", "AppVM",
                         "label", "red", NULL)->error);
    engine_free(offline);
    ck_assert_uint_eq(fake_count(NULL), 0);
    ck_sound("x");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_app_qube_has_what_it_needs,
        each_class_has_its_volumes,
        a_standalone_qube_may_begin_as_a_copy,
        a_copy_is_made_in_the_pool_that_was_chosen,
        a_disposable_is_like_its_template,
        properties_are_there_from_the_beginning,
        what_dom0_wants_of_new_qubes_is_done,
        each_refusal_says_why,
        a_field_is_wrong_by_itself,
        what_is_there_is_not_written_over,
        a_free_name_counts_on,
        a_dry_run_looks_and_makes_nothing,
        a_failure_at_any_call_leaves_nothing,
        a_failure_at_any_call_of_a_copy_leaves_nothing,
        changes_of_two_programs_are_merged,
        one_name_is_given_once,
        offline_works_as_well,
        NULL,
    };

    return suite_run_fixture("create", tests, setup, teardown);
}
