/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operations on properties, features and tags: what they refuse, what they
 * write and what they leave alone. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/feature.h"
#include "core/layout.h"
#include "core/op-private.h"
#include "hv-fake.h"
#include "saving.h"

#include "tests/util/suite.h"

/* One row of a table: an operation and its arguments. */
struct deed {
    const char *op, *qube, *name, *value;
};

static struct op *submit(const struct deed *deed, GError **error)
{
    const char *key = g_str_has_prefix(deed->op, "tag-") ? "tag" : "name";

    if (deed->value)
        return world_submit(world, deed->op, deed->qube, error, key, deed->name,
                            "value", deed->value, NULL);
    return world_submit(world, deed->op, deed->qube, error, key, deed->name, NULL);
}

/* The operation, over and without an error. */
static struct op *done(const char *op, const char *qube, const char *name,
                       const char *value)
{
    const struct deed deed = { op, qube, name, value };
    g_autoptr(GError) error = NULL;
    struct op *made = submit(&deed, &error);

    ck_no_error(error);
    world_finish(world, made);
    ck_no_error(made->error);
    return made;
}

static void refused(const struct deed *deed, QmcErrorCode code, const char *part)
{
    g_autoptr(GError) error = NULL;

    ck_assert_msg(submit(deed, &error) == NULL, "%s %s %s %s", deed->op, deed->qube,
                  deed->name, deed->value);
    ck_error(&error, code, part);
}

/* What the file says, read by another engine. */
static char *stored(const char *qube, const char *property)
{
    struct engine *fresh = world_engine(world, NULL);
    const struct model *model = engine_model(fresh);
    char *value = qube ? qube_get(model, model_qube_named(model, qube), property)
                       : model_global(model, property);

    engine_free(fresh);
    return value;
}

static void ck_stored(const char *qube, const char *property, const char *expected)
{
    g_autofree char *value = stored(qube, property);

    ck_assert_msg(g_strcmp0(value, expected) == 0, "%s of %s is %s", property,
                  qube ? qube : "the system", value);
}

START_TEST(each_refusal_says_why)
{
    static const struct {
        struct deed deed;
        QmcErrorCode code;
        const char *part;
    } rows[] = {
        { { "set", "work", "colour", "1" }, QMC_ERROR_NOTFOUND, "no property 'colour'" },
        { { "set", "work", "memory", "much" }, QMC_ERROR_INVALID, "whole number" },
        { { "set", "work", "memory", "0" }, QMC_ERROR_INVALID, "between 1" },
        { { "set", "work", "debug", "perhaps" }, QMC_ERROR_INVALID, "True or False" },
        { { "set", "work", "label", "pink" }, QMC_ERROR_INVALID, "no such label" },
        { { "set", "work", "netvm", "vault" }, QMC_ERROR_INVALID, "provide network" },
        { { "set", "sys-net", "netvm", "sys-firewall" }, QMC_ERROR_INVALID, "come back" },
        { { "set", "work", "netvm", "nowhere" }, QMC_ERROR_INVALID, "no such qube" },
        { { "set", "work", "kernelopts", "a\001b" }, QMC_ERROR_INVALID, "cannot hold" },
        { { "set", "work", "kernel", "9.9" }, QMC_ERROR_NOTFOUND, "no kernel '9.9'" },
        { { "set", "work", "xid", "3" }, QMC_ERROR_STATE, "always computed" },
        { { "unset", "work", "xid", NULL }, QMC_ERROR_STATE, "always computed" },
        { { "set", "work", "qid", "33" }, QMC_ERROR_STATE, "given once" },
        { { "unset", "work", "name", NULL }, QMC_ERROR_STATE, "given once" },
        { { "unset", "work", "template", NULL }, QMC_ERROR_STATE, "no default" },
        { { "set", "work", "template", "vault" }, QMC_ERROR_INVALID, "TemplateVM" },
        { { "set", "work", "template", "" }, QMC_ERROR_INVALID, "needed" },
        { { "set", "personal", "template", "debian-13" }, QMC_ERROR_STATE, "not halted" },
        { { "set", "sys-net", "provides_network", "False" }, QMC_ERROR_STATE, "names it" },
        { { "unset", "sys-net", "provides_network", NULL }, QMC_ERROR_STATE, "names it" },
        { { "global-set", "dom0", "colour", "1" }, QMC_ERROR_NOTFOUND, "global property" },
        { { "global-set", "dom0", "default_netvm", "sys-usb" }, QMC_ERROR_INVALID,
          "provide network" },
        { { "global-set", "dom0", "default_dispvm", "work" }, QMC_ERROR_INVALID,
          "'default_dispvm': disposables cannot be based on it" },
        { { "global-set", "dom0", "management_dispvm", "debian-13" }, QMC_ERROR_INVALID,
          "'management_dispvm': disposables cannot be based on it" },
        { { "set", "work", "default_dispvm", "vault" }, QMC_ERROR_INVALID, "disposables" },
        { { "set", "dom0", "default_dispvm", "vault" }, QMC_ERROR_INVALID, "disposables" },
        { { "set", "work", "management_dispvm", "vault" }, QMC_ERROR_INVALID,
          "disposables" },
        { { "global-set", "dom0", "default_template", "work" }, QMC_ERROR_INVALID,
          "'work' is no value for 'default_template': it is not a TemplateVM" },
        { { "global-set", "dom0", "default_kernel", "../x" }, QMC_ERROR_INVALID,
          "no value for 'default_kernel'" },
        { { "set", "personal", "maxmem", "2000" }, QMC_ERROR_STATE, "not halted" },
        { { "feature-set", "personal", "service.meminfo-writer", "" }, QMC_ERROR_STATE,
          "'maxmem' of 'personal': it is not halted" },
        { { "unset", "sys-firewall", "provides_network", NULL }, QMC_ERROR_STATE,
          "names it" },
        { { "global-set", "dom0", "default_pool", "nowhere" }, QMC_ERROR_INVALID,
          "no such pool" },
        { { "global-set", "dom0", "default_kernel", "9.9" }, QMC_ERROR_NOTFOUND, "kernel" },
        { { "global-set", "work", "stats_interval", "5" }, QMC_ERROR_STATE, "class" },
        { { "feature-set", "work", "a b", "1" }, QMC_ERROR_INVALID, "name of a feature" },
        { { "feature-set", "work", "a", "\xc3\xa4" }, QMC_ERROR_INVALID, "printable ASCII" },
        { { "feature-set", "work", "service.", "1" }, QMC_ERROR_INVALID, "name of a service" },
        { { "feature-set", "work", "service...", "1" }, QMC_ERROR_INVALID, "service" },
        { { "feature-set", "work", "preload-dispvm", "x" }, QMC_ERROR_STATE, "system keeps" },
        { { "feature-unset", "work", "preload-dispvm", NULL }, QMC_ERROR_STATE, "system" },
        { { "feature-set", "work", "vm-config.1", "1" }, QMC_ERROR_INVALID, "vm-config" },
        { { "feature-set", "work", "custom-persist.x", "rel" }, QMC_ERROR_INVALID, "path" },
        { { "feature-set", "work", "net.fake-ip", "10.0" }, QMC_ERROR_INVALID, "IPv4" },
        { { "tag-add", "work", "", NULL }, QMC_ERROR_INVALID, "no tag" },
        { { "tag-add", "work", "a b", NULL }, QMC_ERROR_INVALID, "no tag" },
    };
    g_autofree char *before = world_store(world), *after = NULL;

    /* as the demo has it */
    fake_set_state(world_uuid(world, "personal"), "personal", POWER_RUNNING);
    world_state(world, "personal");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        refused(&rows[i].deed, rows[i].code, rows[i].part);
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(a_value_is_stored_in_its_one_spelling)
{
    struct op *op = done("set", "work", "debug", "yes");

    ck_assert_str_eq(op->result, "debug is True");
    ck_assert_ptr_nonnull(world_step(op, "debug was False (default), is True now"));
    ck_stored("work", "debug", "True");
    op = done("unset", "work", "debug", NULL);
    ck_assert_str_eq(op->result, "debug is False (default)");
    ck_stored("work", "debug", "False");
    done("set", "work", "netvm", "");
    ck_stored("work", "netvm", NULL);
    ck_assert_str_eq(done("unset", "work", "netvm", NULL)->result,
                     "netvm is sys-firewall (default)");
}
END_TEST

START_TEST(set_and_unset_leave_the_file_as_it_was)
{
    static const struct deed rows[][2] = {
        { { "set", "vault", "vcpus", "3" }, { "unset", "vault", "vcpus", NULL } },
        { { "global-set", "dom0", "stats_interval", "5" },
          { "global-unset", "dom0", "stats_interval", NULL } },
        { { "feature-set", "vault", "x", "" }, { "feature-unset", "vault", "x", NULL } },
        { { "tag-add", "vault", "x", NULL }, { "tag-del", "vault", "x", NULL } },
        { { "set", "dom0", "keyboard_layout", "de++" },
          { "unset", "dom0", "keyboard_layout", NULL } },
    };
    g_autofree char *before = world_store(world);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct deed *there = &rows[i][0], *back = &rows[i][1];
        g_autofree char *between = NULL, *after = NULL;

        done(there->op, there->qube, there->name, there->value);
        between = world_store(world);
        ck_assert_str_ne(between, before);
        done(back->op, back->qube, back->name, back->value);
        after = world_store(world);
        ck_assert_str_eq(after, before);
    }
}
END_TEST

static guint history_length(void)
{
    g_autofree char *path = world_path(world, LAYOUT_HISTORY);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;

    while (dir && g_dir_read_name(dir))
        n++;
    return n;
}

/* A file that is not written has no earlier version either. */
START_TEST(what_is_so_already_is_not_written)
{
    static const struct deed rows[] = {
        { "set", "work", "memory", "+8_00" },
        { "unset", "work", "vcpus", NULL },
        { "global-set", "dom0", "default_netvm", "sys-firewall" },
        { "global-unset", "dom0", "clockvm", NULL },
        { "feature-unset", "work", "nothing", NULL },
        { "tag-del", "work", "nothing", NULL },
        { "set", "work", "name", "work" },
    };
    g_autofree char *before = world_store(world), *after = NULL;
    guint kept = history_length();

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        done(rows[i].op, rows[i].qube, rows[i].name, rows[i].value);
    after = world_store(world);
    ck_assert_str_eq(after, before);
    ck_assert_uint_eq(history_length(), kept);
}
END_TEST

/* T1: to be set is more than to be equal. */
START_TEST(what_equals_the_default_becomes_explicit)
{
    done("set", "work", "vcpus", "2");
    ck_assert(qube_is_explicit(world_qube(world, "work"), "vcpus"));
    done("set", "debian-13", "vcpus", "4");
    ck_stored("work", "vcpus", "2");
    done("unset", "work", "vcpus", NULL);
    ck_stored("work", "vcpus", "4");
}
END_TEST

START_TEST(a_running_qube_follows_at_its_next_start)
{
    world_run(world, "start", "vault", NULL);
    ck_assert_str_eq(done("set", "vault", "memory", "500")->result,
                     "memory is 500, from its next start on");
    ck_assert_str_eq(done("set", "vault", "include_in_backups", "False")->result,
                     "include_in_backups is False");
}
END_TEST

/* The state matters only where the qube has to be halted. */
START_TEST(without_a_hypervisor_most_can_be_changed)
{
    static const struct deed template = { "set", "vault", "template", "fedora-42" };

    fake_script("down=1");
    ck_assert_str_eq(done("set", "vault", "memory", "500")->result,
                     "memory is 500; if it runs, from its next start on");
    done("tag-add", "vault", "x", NULL);
    done("global-set", "dom0", "stats_interval", "5");
    refused(&template, QMC_ERROR_CONN, "its state is not known");
}
END_TEST

START_TEST(a_new_template_brings_its_volumes)
{
    const char *source;
    struct op *op = done("set", "vault", "template", "fedora-42");
    const struct volume_config *root = qube_volume(world_qube(world, "vault"), "root");

    ck_assert_str_eq(op->result, "template is fedora-42");
    ck_assert(world_unlocked(world, "vault"));
    source = volume_config_get(root, "source");
    ck_assert_str_eq(source, "vm-templates/fedora-42/root");
    ck_assert_str_eq(volume_vid(volume_source(root->volume)), source);
    world_run(world, "start", "vault", NULL);
    ck_assert_int_eq(world_state(world, "vault"), POWER_RUNNING);
}
END_TEST

START_TEST(tags_and_features_follow_their_properties)
{
    done("set", "work", "guivm", "sys-usb");
    ck_assert(qube_has_tag(world_qube(world, "work"), "guivm-sys-usb"));
    done("set", "work", "guivm", "");
    ck_assert(!qube_has_tag(world_qube(world, "work"), "guivm-sys-usb"));
    done("unset", "work", "guivm", NULL);
    ck_assert(qube_has_tag(world_qube(world, "work"), "guivm-dom0"));
    done("global-set", "dom0", "default_guivm", "sys-usb");
    ck_assert(qube_has_tag(world_qube(world, "work"), "guivm-sys-usb"));
    ck_assert(!qube_has_tag(world_qube(world, "work"), "guivm-dom0"));

    done("set", "vault", "provides_network", "True");
    ck_assert_str_eq(qube_feature(world_qube(world, "vault"), "servicevm"), "1");
    done("unset", "vault", "provides_network", NULL);
    ck_assert_ptr_null(qube_feature(world_qube(world, "vault"), "servicevm"));

    done("global-set", "dom0", "clockvm", "vault");
    ck_assert_str_eq(qube_feature(world_qube(world, "vault"), "service.clocksync"), "1");
    done("global-set", "dom0", "clockvm", "work");
    ck_assert_ptr_null(qube_feature(world_qube(world, "vault"), "service.clocksync"));
    ck_assert_ptr_nonnull(qube_feature(world_qube(world, "work"), "service.clocksync"));
}
END_TEST

START_TEST(a_template_of_disposables_in_use_stays_one)
{
    static const struct deed stop = { "set", "default-dvm", "template_for_dispvms",
                                      "False" };

    done("set", "work", "default_dispvm", "default-dvm");
    refused(&stop, QMC_ERROR_STATE, "'default_dispvm' of 'work'");
    done("unset", "work", "default_dispvm", NULL);
    done("global-set", "dom0", "management_dispvm", "default-dvm");
    refused(&stop, QMC_ERROR_STATE, "of the system");
    done("global-unset", "dom0", "management_dispvm", NULL);
    done("set", "default-dvm", "template_for_dispvms", "False");
}
END_TEST

/* The memory of a qube that runs may grow where it can be plugged in. */
START_TEST(most_memory_changes_where_it_can_follow)
{
    static const struct deed more = { "set", "vault", "maxmem", "3000" };
    static const struct deed most = { "set", "vault", "maxmem", "4000" };

    done("set", "vault", "maxmem", "2000");
    world_run(world, "start", "vault", NULL);
    refused(&more, QMC_ERROR_STATE, "not halted");
    done("set", "vault", "maxmem", "2000");
    done("feature-set", "vault", "memory-hotplug", "1");
    done("set", "vault", "maxmem", "3000");
    done("feature-set", "vault", "memory-hotplug", "");
    refused(&most, QMC_ERROR_STATE, "not halted");
}
END_TEST

START_TEST(the_default_netvm_goes_on_providing_network)
{
    static const struct deed stop = { "set", "sys-usb", "provides_network", "False" };

    done("set", "sys-usb", "provides_network", "True");
    done("global-set", "dom0", "default_netvm", "sys-usb");
    refused(&stop, QMC_ERROR_STATE, "of the system");
    done("global-set", "dom0", "default_netvm", "");
    done("set", "sys-usb", "provides_network", "False");
}
END_TEST

START_TEST(denied_devices_are_in_order_and_each_once)
{
    done("set", "work", "devices_denied", "u03****b******u03****");
    ck_stored("work", "devices_denied", "b******u03****");
    ck_assert_str_eq(done("set", "work", "devices_denied", "u03****b******")->result,
                     "devices_denied is b******u03**** already");
}
END_TEST

/* All three ways lead into a circle (T36). */
START_TEST(a_default_makes_no_circle_of_netvms)
{
    static const struct deed global = { "global-set", "dom0", "default_netvm",
                                        "sys-firewall" };
    static const struct deed unset = { "unset", "sys-net", "netvm", NULL };

    refused(&unset, QMC_ERROR_INVALID, "come back");
    done("global-set", "dom0", "default_netvm", "");
    done("unset", "sys-net", "netvm", NULL);
    refused(&global, QMC_ERROR_INVALID, "'sys-net' would be connected to itself");
}
END_TEST

START_TEST(the_service_that_gives_memory_back_is_maxmem)
{
    done("feature-set", "work", FEATURE_MEMINFO, "");
    ck_stored("work", "maxmem", "0");
    ck_assert_ptr_null(qube_feature(world_qube(world, "work"), FEATURE_MEMINFO));
    done("feature-set", "work", FEATURE_MEMINFO, "1");
    ck_assert(!qube_is_explicit(world_qube(world, "work"), "maxmem"));
}
END_TEST

START_TEST(features_are_looked_for_where_they_count)
{
    const struct qube *from = NULL;

    done("feature-set", "debian-13", "qrexec", "1");
    done("feature-set", "debian-13", "mine", "1");
    done("feature-set", "sys-firewall", "ipv6", "1");
    done("feature-set", "dom0", "gui-videoram-min", "9");
#define GET(name) \
    feature_get(engine_model(world->engine), world_qube(world, "work"), name, &from)
    ck_assert_str_eq(GET("qrexec"), "1");
    ck_assert_str_eq(from->name, "debian-13");
    ck_assert_str_eq(GET("ipv6"), "1");
    ck_assert_str_eq(from->name, "sys-firewall");
    ck_assert_str_eq(GET("gui-videoram-min"), "9");
    ck_assert_str_eq(from->name, "dom0");
    ck_assert_ptr_null(GET("mine"));
    /* Empty ends the search. */
    done("feature-set", "work", "qrexec", "");
    ck_assert_str_eq(GET("qrexec"), "");
#undef GET
}
END_TEST

START_TEST(a_save_that_fails_is_taken_back)
{
    static const struct deed rows[] = {
        { "set", "vault", "memory", "500" },
        { "global-set", "dom0", "stats_interval", "5" },
        { "feature-set", "vault", "x", "1" },
        { "tag-add", "vault", "x", NULL },
        { "set", "vault", "template", "fedora-42" },
    };
    g_autofree char *before = world_store(world), *after = NULL;

    g_atomic_int_set(&rename_errno, ENOSPC);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct op *op = submit(&rows[i], NULL);

        world_finish(world, op);
        ck_assert(error_is(op->error, QMC_ERROR_NOSPACE));
    }
    g_atomic_int_set(&rename_errno, 0);
    after = world_store(world);
    ck_assert_str_eq(after, before);
    ck_assert_int_eq(qube_get_int(engine_model(world->engine),
                                  world_qube(world, "vault"), "memory", -1), 400);
    ck_assert(!model_global_is_explicit(engine_model(world->engine),
                                        "stats_interval"));
    ck_assert(!qube_has_tag(world_qube(world, "vault"), "x"));
    ck_assert_ptr_null(qube_feature(world_qube(world, "vault"), "x"));
    ck_assert(world_unlocked(world, "vault"));
}
END_TEST

/* --- what is started with the machine --- */

#define TARGET "/usr/lib/systemd/system/qubes-vm@.service"

static char *wants(void)
{
    return world_path(world, "/etc/systemd/system/multi-user.target.wants");
}

/* NULL: there is none. Caller frees. */
static char *unit_of(const char *name)
{
    g_autofree char *dir = wants();
    g_autofree char *path = g_strdup_printf("%s/qubes-vm@%s.service", dir, name);

    return g_file_read_link(path, NULL);
}

static void ck_unit(const char *expected)
{
    g_autofree char *target = unit_of("vault");

    ck_assert_msg(g_strcmp0(target, expected) == 0, "the link is to %s", target);
}

START_TEST(what_is_started_at_boot_has_its_link)
{
    g_autofree char *dir = wants(), *path = NULL;
    struct op *op;

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
    op = done("set", "vault", "autostart", "yes");
    ck_assert_ptr_nonnull(world_step(op, "qubes-vm@vault.service made"));
    ck_unit(TARGET);
    done("set", "vault", "autostart", "False");
    ck_unit(NULL);
    done("set", "vault", "autostart", "True");
    path = g_build_filename(dir, "qubes-vm@vault.service", NULL);
    ck_assert_int_eq(unlink(path), 0);
    /* What the store says already is made so. */
    done("set", "vault", "autostart", "True");
    ck_unit(TARGET);
    done("set", "vault", "autostart", "True");
    done("set", "vault", "debug", "True");
    ck_unit(TARGET);
    op = done("unset", "vault", "autostart", NULL);
    ck_assert_ptr_nonnull(world_step(op, "qubes-vm@vault.service removed"));
    ck_unit(NULL);
}
END_TEST

START_TEST(a_system_without_units_is_a_warning)
{
    g_autofree char *dir = wants(), *value = NULL;
    const struct op_step *step;
    struct op *op;

    ck_assert(rmdir(dir) == 0 || errno == ENOENT);
    op = done("set", "vault", "autostart", "True");
    step = world_step(op, "etc/systemd/system/multi-user.target.wants'");
    value = stored("vault", "autostart");
    ck_assert_ptr_nonnull(step);
    ck_assert_int_eq(step->state, STEP_WARNING);
    ck_assert_str_eq(value, "True");
    op = done("unset", "vault", "autostart", NULL);
    for (guint i = 0; i < op->steps->len; i++)
        ck_assert_int_eq(g_array_index(op->steps, struct op_step, i).state, STEP_OK);
}
END_TEST

static void ck_save_fails(const char *op, const char *value)
{
    const struct deed deed = { op, "vault", "autostart", value };
    struct op *made;

    g_atomic_int_set(&rename_errno, ENOSPC);
    made = submit(&deed, NULL);
    world_finish(world, made);
    ck_assert(error_is(made->error, QMC_ERROR_NOSPACE));
    g_atomic_int_set(&rename_errno, 0);
}

START_TEST(a_link_goes_and_comes_back_with_the_store)
{
    g_autofree char *dir = wants();
    g_autofree char *path = g_build_filename(dir, "qubes-vm@vault.service", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
    ck_save_fails("set", "True");
    ck_unit(NULL);
    done("set", "vault", "autostart", "True");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/other", path), 0);
    ck_save_fails("set", "False");
    ck_unit("/other");
    ck_save_fails("unset", NULL);
    ck_unit("/other");
}
END_TEST

START_TEST(what_is_no_link_is_left_alone)
{
    const struct deed deed = { "unset", "vault", "autostart", NULL };
    g_autofree char *dir = wants(), *value = NULL;
    g_autofree char *path = g_build_filename(dir, "qubes-vm@vault.service", NULL);
    struct op *op;

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0755), 0);
    done("set", "vault", "autostart", "True");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(g_file_set_contents(path, "mine", -1, NULL));
    op = submit(&deed, NULL);
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_IO));
    ck_assert(g_file_test(path, G_FILE_TEST_IS_REGULAR));
    value = stored("vault", "autostart");
    ck_assert_str_eq(value, "True");
}
END_TEST

/* A plan and --readonly change nothing. */
START_TEST(a_plan_says_old_and_new)
{
    g_autoptr(GHashTable) args = op_args_new("name", "memory", "value", "900", NULL);
    struct op_request request = { .op = "set", .args = args, .dry_run = TRUE };
    g_autofree char *before = world_store(world), *after = NULL;
    struct op *op;

    op = world_submit_as(world, &request, "vault", NULL);
    ck_assert_ptr_nonnull(op);
    world_finish(world, op);
    ck_assert_ptr_nonnull(world_step(op, "memory was 400, is 900 now"));
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

static void edit_store(const char *from, const char *to)
{
    g_autofree char *path = layout_path(world->root, LAYOUT_STORE);
    g_autofree char *text = world_store(world);
    g_auto(GStrv) parts = g_strsplit(text, from, 2);
    g_autofree char *edited = g_strconcat(parts[0], to, parts[1], NULL);

    ck_assert_ptr_nonnull(parts[1]);
    ck_assert(g_file_set_contents(path, edited, -1, NULL));
    ck_assert(engine_load(world->engine, NULL));
}

/* The first of them; NULL: there is none. */
static const struct qube *damaged(void)
{
    const GPtrArray *qubes = engine_model(world->engine)->qubes;

    for (guint i = 0; i < qubes->len; i++)
        if (((const struct qube *)qubes->pdata[i])->broken)
            return qubes->pdata[i];
    return NULL;
}

/* The finding about it proposes this. */
START_TEST(what_is_damaged_can_be_mended)
{
    g_autofree char *before = world_store(world), *after = NULL;
    g_autofree char *name = NULL, *hint = NULL;
    const struct finding *finding;
    const struct qube *qube;

    edit_store("<property name=\"template\">debian-13</property>",
               "<property name=\"template\">gone</property>");
    qube = damaged();
    name = g_strdup(qube->name);
    finding = qube->findings->pdata[0];
    ck_assert_int_eq(finding->severity, SEVERITY_STOP);
    hint = g_strdup_printf("qmc prefs %s template VALUE", name);
    ck_assert_str_eq(finding->hint, hint);
    done("set", name, "template", "debian-13");
    ck_assert_ptr_null(damaged());
    after = world_store(world);
    ck_assert_str_eq(after, before);
    edit_store("<property name=\"name\">vault</property>",
               "<property name=\"name\">va ult</property>");
    done("set", "va ult", "memory", "500");
    edit_store("<property name=\"qid\">9</property>", "<property name=\"qid\">x</property>");
    refused(&(struct deed){ "set", "va ult", "memory", "600" }, QMC_ERROR_STATE,
            "no valid qid");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_refusal_says_why,
        a_value_is_stored_in_its_one_spelling,
        set_and_unset_leave_the_file_as_it_was,
        what_is_so_already_is_not_written,
        what_equals_the_default_becomes_explicit,
        a_running_qube_follows_at_its_next_start,
        without_a_hypervisor_most_can_be_changed,
        a_new_template_brings_its_volumes,
        tags_and_features_follow_their_properties,
        a_template_of_disposables_in_use_stays_one,
        a_default_makes_no_circle_of_netvms, most_memory_changes_where_it_can_follow,
        the_default_netvm_goes_on_providing_network,
        denied_devices_are_in_order_and_each_once,
        the_service_that_gives_memory_back_is_maxmem,
        features_are_looked_for_where_they_count,
        a_save_that_fails_is_taken_back,
        what_is_started_at_boot_has_its_link,
        a_system_without_units_is_a_warning,
        a_link_goes_and_comes_back_with_the_store,
        what_is_no_link_is_left_alone,
        a_plan_says_old_and_new,
        what_is_damaged_can_be_mended,
        NULL,
    };

    return suite_run_fixture("op-prop", tests, saving_setup, saving_teardown);
}
