/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cloning qubes: what is the same, what is not, and that a failure at any point
 * leaves nothing. */
#include "config.h"

#include <string.h>

#include "core/device-assignment.h"
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
}

static void teardown(void)
{
    world_free(world);
}

static struct op *clone_to(const char *from, const char *name)
{
    struct op *op = life_run(world, "clone", from, "name", name, NULL);

    ck_no_error(op->error);
    return op;
}

static gboolean is_warned(const struct op *op, const char *part)
{
    for (guint i = 0; i < op->steps->len; i++) {
        const struct op_step *step = &g_array_index(op->steps, struct op_step, i);

        if (step->state == STEP_WARNING && strstr(step->text, part))
            return TRUE;
    }
    return FALSE;
}

static void set(const char *qube, const char *property, const char *value)
{
    ck_no_error(life_run(world, "set", qube, "name", property, "value", value,
                         NULL)->error);
}

static void ck_text(const char *below, const char *expected)
{
    g_autofree char *text = life_read(world, below);

    ck_assert_msg(g_strcmp0(text, expected) == 0, "%s is '%s'", below, text);
}

static void ck_same(const char *one, const char *other, const char *property)
{
    const struct model *model = engine_model(world->engine);
    g_autofree char *a = qube_get(model, world_qube(world, one), property);
    g_autofree char *b = qube_get(model, world_qube(world, other), property);

    ck_assert_msg(g_strcmp0(a, b) == 0, "%s: %s, %s", property, a, b);
}

START_TEST(settings_and_data_are_the_same)
{
    g_autofree char *units =
        world_path(world, "/etc/systemd/system/multi-user.target.wants");
    g_autofree char *unit = g_build_filename(units, "qubes-vm@copy.service", NULL);
    struct qube *from, *to;
    struct op *op;

    life_write(world, "appvms/vault/private.img", "secret");
    life_write(world, "appvms/vault/firewall.xml", "<firewall version=\"2\"/>");
    life_write(world, "appvms/vault/notes.txt", "mine");
    ck_assert(file_mkdirs(units, 0755, NULL));
    set("vault", "vcpus", "3");
    set("vault", "autostart", "True");
    life_run(world, "feature-set", "vault", "name", "service.x", "value", "", NULL);
    life_run(world, "tag-add", "vault", "tag", "safe", NULL);
    life_run(world, "tag-add", "vault", "tag", "created-by-work", NULL);
    life_run(world, "resize", "vault", "volume", "volatile", "size", "3G", NULL);
    op = clone_to("vault", "copy");
    ck_assert_str_eq(op->subject, "vault");
    ck_assert_str_eq(op->result, "cloned to copy");
    from = world_qube(world, "vault");
    to = world_qube(world, "copy");
    ck_assert_str_eq(to->class_name, "AppVM");
    ck_assert_str_ne(to->uuid, from->uuid);
    ck_assert_int_eq(to->qid, 11);
    for (gsize i = 0; i < from->props->len; i++) {
        const char *name = g_array_index(from->props, struct prop_value, i).name;

        if (!g_str_equal(name, "name") && !g_str_equal(name, "uuid") &&
            !g_str_equal(name, "qid"))
            ck_same("vault", "copy", name);
    }
    ck_assert_str_eq(qube_feature(to, "service.x"), "");
    ck_assert(qube_has_tag(to, "safe"));
    ck_assert(qube_has_tag(to, "created-by-dom0"));
    ck_assert(!qube_has_tag(to, "created-by-work"));
    ck_text("appvms/copy/private.img", "secret");
    ck_text("appvms/copy/firewall.xml", "<firewall version=\"2\"/>");
    ck_text("appvms/copy/notes.txt", "mine");
    ck_assert_str_eq(volume_config_get(qube_volume(to, "volatile"), "size"),
                     "3221225472");
    ck_assert_str_eq(volume_config_get(qube_volume(to, "root"), "source"),
                     "vm-templates/debian-13/root");
    ck_assert(g_file_test(unit, G_FILE_TEST_IS_SYMLINK));
    /* There is nothing to go back to. */
    g_autofree char *state = life_state(world);
    ck_assert_ptr_null(strstr(state, "/appvms/copy/private.img."));
    ck_no_error(world_run(world, "start", "copy", NULL)->error);
    ck_text("appvms/vault/private.img", "secret");
}
END_TEST

START_TEST(broken_rules_are_copied_with_a_warning)
{
    struct op *op;

    life_write(world, "appvms/vault/firewall.xml", "junk");
    op = clone_to("vault", "copy");
    ck_text("appvms/copy/firewall.xml", "junk");
    ck_assert(is_warned(op, "appvms/copy/firewall.xml' is broken"));
    life_write(world, "appvms/vault/firewall.xml",
               "<firewall version=\"2\"><rules/></firewall>");
    ck_assert(!is_warned(clone_to("vault", "other"), ""));
}
END_TEST

START_TEST(what_says_who_it_is_stays_behind)
{
    struct qube *to;
    struct op *op;

    set("vault", "ip", "10.9.9.9");
    set("vault", "backup_timestamp", "1700000000");
    set("vault", "installed_by_rpm", "True");
    op = clone_to("vault", "copy");
    ck_assert_str_eq(op->result,
                     "cloned to copy; the address that was set is not taken over");
    to = world_qube(world, "copy");
    ck_assert(!qube_is_explicit(to, "ip"));
    ck_assert(!qube_is_explicit(to, "backup_timestamp"));
    ck_assert(!qube_is_explicit(to, "installed_by_rpm"));
}
END_TEST

START_TEST(what_dom0_wants_of_new_qubes_is_done)
{
    life_run(world, "global-set", "dom0", "name", "check_updates_vm", "value", "False",
             NULL);
    life_run(world, "feature-set", "dom0", "name", "tag-created-vm-with", "value",
             "office", NULL);
    life_run(world, "feature-set", "dom0", "name", "set-created-guivm", "value",
             "sys-usb", NULL);
    clone_to("vault", "one");
    ck_assert(qube_has_tag(world_qube(world, "one"), "office"));
    ck_assert(qube_has_tag(world_qube(world, "one"), "guivm-sys-usb"));
    ck_assert_str_eq(qube_feature(world_qube(world, "one"), "check-updates"), "");
    set("vault", "guivm", "sys-net");
    life_run(world, "feature-set", "vault", "name", "check-updates", "value", "1", NULL);
    clone_to("vault", "two");
    ck_assert(qube_has_tag(world_qube(world, "two"), "guivm-sys-net"));
    ck_assert_str_eq(qube_feature(world_qube(world, "two"), "check-updates"), "1");
}
END_TEST

START_TEST(every_class_can_be_cloned)
{
    static const char *const classes[] = { "TemplateVM", "StandaloneVM", "RemoteVM",
                                           "DispVM" };

    ck_no_error(life_run(world, "global-set", "dom0", "name", "default_dispvm",
                         "value", "default-dvm", NULL)->error);
    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
        g_autofree char *name = g_strdup_printf("a%zu", i);
        g_autofree char *copy = g_strdup_printf("b%zu", i);

        ck_no_error(life_run(world, "create", "dom0", "name", name, "class",
                             classes[i], "label", "red", NULL)->error);
        clone_to(name, copy);
        ck_assert_str_eq(world_qube(world, copy)->class_name, classes[i]);
        ck_assert_uint_eq(world_qube(world, copy)->findings->len, 0);
    }
}
END_TEST

START_TEST(devices_go_along)
{
    struct qube *vault = world_qube(world, "vault");
    struct device_assignment *device = device_assignment_new("pci"), *copy;

    device->backend = g_strdup("dom0");
    device->port = g_strdup("00_14.0");
    qube_devices_edit(vault);
    g_ptr_array_add(vault->devices, device);
    model_touch(engine_model(world->engine), vault);
    clone_to("vault", "copy");
    ck_assert_uint_eq(world_qube(world, "copy")->devices->len, 1);
    copy = world_qube(world, "copy")->devices->pdata[0];
    ck_assert_str_eq(copy->class, "pci");
    ck_assert_str_eq(copy->port, "00_14.0");
    ck_assert(world_qube(world, "copy")->has_pci);
}
END_TEST

/* What is wrong with it is for those who know what was meant. */
START_TEST(flawed_devices_go_along)
{
    struct qube *vault = world_qube(world, "vault");
    struct device_assignment *device = device_assignment_new("block"), *copy;
    g_autofree char *text = NULL;
    struct op *op;

    device->backend = g_strdup("dom0");
    device->port = g_strdup("sda");
    device->flaw = g_strdup("the mode is 'new'");
    device->text = g_strdup("<device backend-domain=\"dom0\" id=\"sda\" mode=\"new\"/>");
    qube_devices_edit(vault);
    g_ptr_array_add(vault->devices, device);
    model_touch(engine_model(world->engine), vault);
    op = life_run(world, "clone", "vault", "name", "copy", NULL);
    ck_no_error(op->error);
    ck_assert_msg(strstr(op->result, "devices that cannot be used are taken over") != NULL,
                  "%s", op->result);
    copy = world_qube(world, "copy")->devices->pdata[0];
    ck_assert_ptr_nonnull(copy->flaw);
    text = world_store(world);
    ck_assert_ptr_nonnull(strstr(strstr(text, "mode=\"new\"") + 1, "mode=\"new\""));
}
END_TEST

START_TEST(a_volume_in_another_pool_stays_in_it)
{
    struct op *op;

    life_add_pool(world);
    op = life_run(world, "create", "dom0", "name", "a", "class", "AppVM", "label",
                  "red", "pool", "other", NULL);
    ck_no_error(op->error);
    ck_assert(life_in_pool(world, "a/private.img") && life_has(world, "appvms/a"));
    ck_assert(!life_has(world, "appvms/a/private.img"));
    clone_to("a", "b");
    ck_assert(life_in_pool(world, "b/private.img"));
    ck_assert_str_eq(qube_volume(world_qube(world, "b"), "volatile")->pool, "other");
    ck_assert_str_eq(qube_volume(world_qube(world, "b"), "root")->pool, "varlibqubes");
    ck_no_error(life_run(world, "rename", "b", "name", "c", NULL)->error);
    ck_assert(life_in_pool(world, "c/private.img") && !life_in_pool(world, "b"));
    ck_assert(life_has(world, "appvms/c"));
    ck_no_error(world_run(world, "start", "c", NULL)->error);
    ck_no_error(world_run(world, "kill", "c", NULL)->error);
    ck_no_error(life_remove(world, "c")->error);
    ck_assert(!life_in_pool(world, "c") && !life_has(world, "appvms/c"));
    ck_assert(life_in_pool(world, "a/private.img"));
}
END_TEST

/* As another program reads the committed image. */
START_TEST(one_that_runs_is_cloned_as_it_was)
{
    struct op *op;

    life_write(world, "appvms/vault/private.img", "before");
    ck_no_error(world_run(world, "start", "vault", NULL)->error);
    life_write(world, "appvms/vault/private-dirty.img", "after!");
    op = clone_to("vault", "copy");
    ck_assert_str_eq(op->result, "cloned to copy as it was before its start");
    ck_text("appvms/copy/private.img", "before");
}
END_TEST

START_TEST(each_refusal_says_why)
{
    life_refused(world, QMC_ERROR_EXISTS, "'work' is the name", "clone", "vault",
                 "name", "work", NULL);
    life_refused(world, QMC_ERROR_INVALID, "cannot be the name", "clone", "vault",
                 "name", "-x", NULL);
    life_refused(world, QMC_ERROR_INVALID, "'name' is missing", "clone", "vault", NULL);
    life_refused(world, QMC_ERROR_STATE, "no such operation", "clone", "dom0", "name",
                 "x", NULL);
    life_write(world, "appvms/x/private.img", "precious");
    life_refused(world, QMC_ERROR_EXISTS, "is there already", "clone", "vault", "name",
                 "x", NULL);
}
END_TEST

START_TEST(a_volume_that_cannot_be_read_is_not_left_out)
{
    struct qube *vault = world_qube(world, "vault");

    g_clear_pointer(&qube_volume(vault, "private")->volume, volume_unref);
    life_refused(world, QMC_ERROR_STATE, "volume 'private' of 'vault'", "clone",
                 "vault", "name", "x", NULL);
}
END_TEST

static struct op *clone_nth(struct world *at, guint nth)
{
    g_autofree char *name = g_strdup_printf("n%u", nth);

    return life_run(at, "clone", "debian-13", "name", name, NULL);
}

START_TEST(a_failure_at_any_call_leaves_nothing)
{
    life_write(world, "vm-templates/debian-13/root.img", "system");
    life_write(world, "vm-templates/debian-13/firewall.xml", "<x/>");
    life_write(world, "vm-templates/debian-13/notes.txt", "mine");
    ck_assert_uint_gt(life_each_failure(world, clone_nth, NULL), 20);
}
END_TEST

/* Each of them found the same qid free. */
START_TEST(several_at_once_are_several_qubes)
{
    static const char *const from[] = { "vault", "work", "debian-13", "untrusted" };
    struct op *ops[G_N_ELEMENTS(from)];
    gboolean seen[16] = { FALSE };

    engine_refresh_states(world->engine, 50000, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(from); i++) {
        g_autofree char *name = g_strdup_printf("c%zu", i);

        ops[i] = world_submit(world, "clone", from[i], NULL, "name", name, NULL);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(from); i++) {
        g_autofree char *name = g_strdup_printf("c%zu", i);
        int qid;

        world_finish(world, ops[i]);
        ck_no_error(ops[i]->error);
        qid = world_qube(world, name)->qid;
        ck_assert(qid > 10 && qid < 15 && !seen[qid]);
        seen[qid] = TRUE;
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        settings_and_data_are_the_same,
        broken_rules_are_copied_with_a_warning,
        what_says_who_it_is_stays_behind,
        what_dom0_wants_of_new_qubes_is_done,
        every_class_can_be_cloned,
        devices_go_along, flawed_devices_go_along,
        a_volume_in_another_pool_stays_in_it,
        one_that_runs_is_cloned_as_it_was,
        each_refusal_says_why,
        a_volume_that_cannot_be_read_is_not_left_out,
        a_failure_at_any_call_leaves_nothing,
        several_at_once_are_several_qubes,
        NULL,
    };

    return suite_run_fixture("clone", tests, setup, teardown);
}
