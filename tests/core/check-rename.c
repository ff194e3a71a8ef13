/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Renaming qubes: who follows, what is refused, and that at no moment the store
 * names what is not there. */
#include "config.h"

#include <string.h>
#include <unistd.h>

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

static struct op *rename_to(const char *from, const char *name)
{
    struct op *op = life_run(world, "rename", from, "name", name, NULL);

    ck_no_error(op->error);
    return op;
}

static void set(const char *qube, const char *property, const char *value)
{
    ck_no_error(life_run(world, "set", qube, "name", property, "value", value,
                         NULL)->error);
}

static void ck_prop(const char *qube, const char *property, const char *expected)
{
    g_autofree char *value = qube_get(engine_model(world->engine),
                                      world_qube(world, qube), property);

    ck_assert_msg(g_strcmp0(value, expected) == 0, "%s of %s is %s", property, qube,
                  value);
}

static void ck_text(const char *below, const char *expected)
{
    g_autofree char *text = life_read(world, below);

    ck_assert_msg(g_strcmp0(text, expected) == 0, "%s is '%s'", below, text);
}

/* As another program reads it. */
static void ck_sound(void)
{
    struct engine *fresh = world_engine(world, NULL);
    const struct model *model = engine_model(fresh);

    ck_assert_uint_eq(model->findings->len, 0);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        ck_assert_msg(qube->findings->len == 0, "%s: %s", qube->name,
                      ((const struct finding *)qube->findings->pdata[0])->message);
    }
    engine_free(fresh);
}

static void ck_unnamed(const char *name)
{
    static const char *const forms[] = { ">%s<", "-%s\"", "/%s/", "\"%s\"" };
    g_autofree char *store = world_store(world);

    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_auto(GStrv) parts = g_strsplit(forms[i], "%s", 2);
        g_autofree char *text = g_strjoin(name, parts[0], parts[1], NULL);

        ck_assert_msg(!strstr(store, text), "%s", text);
    }
}

START_TEST(its_directory_and_data_move)
{
    g_autofree char *uuid = g_strdup(world_uuid(world, "vault"));
    struct op *op;

    life_write(world, "appvms/vault/private.img", "secret");
    life_write(world, "appvms/vault/firewall.xml", "<x/>");
    life_write(world, "appvms/vault/notes.txt", "mine");
    life_write(world, "appvms/vault/apps/a.desktop", "[x]");
    life_write(world, "appvms/vault/old.img", "older");
    life_write(world, "appvms/vault/report~2024.txt", "figures");
    life_write(world, "appvms/vault/x-precache.img", "a name like ours");
    life_write(world, "appvms/vault/apps/a~b", "below");
    world_run(world, "start", "vault", NULL);
    life_write(world, "appvms/vault/private-dirty.img", "newer!");
    world_run(world, "kill", "vault", NULL);
    ck_assert(fake_defined(uuid));
    op = rename_to("vault", "safe");
    ck_assert_str_eq(op->subject, "vault");
    ck_assert_str_eq(op->result, "renamed to safe");
    ck_assert_str_eq(world_uuid(world, "safe"), uuid);
    ck_assert_ptr_null(model_qube_named(engine_model(world->engine), "vault"));
    ck_assert(!life_has(world, "appvms/vault"));
    ck_assert(!fake_defined(uuid));
    ck_text("appvms/safe/private.img", "newer!");
    ck_text("appvms/safe/firewall.xml", "<x/>");
    ck_text("appvms/safe/notes.txt", "mine");
    ck_text("appvms/safe/apps/a.desktop", "[x]");
    ck_text("appvms/safe/old.img", "older");
    ck_text("appvms/safe/report~2024.txt", "figures");
    ck_text("appvms/safe/x-precache.img", "a name like ours");
    ck_text("appvms/safe/apps/a~b", "below");
    g_autofree char *state = life_state(world);
    ck_assert_ptr_nonnull(strstr(state, "/appvms/safe/private.img.1@"));
    ck_unnamed("vault");
    ck_sound();
    ck_no_error(world_run(world, "start", "safe", NULL)->error);
}
END_TEST

START_TEST(who_is_based_on_it_follows)
{
    rename_to("debian-13", "trixie");
    ck_prop("work", "template", "trixie");
    ck_prop("vault", "template", "trixie");
    ck_assert_str_eq(
        volume_config_get(qube_volume(world_qube(world, "work"), "root"), "source"),
        "vm-templates/trixie/root");
    g_autofree char *global = model_global(engine_model(world->engine),
                                           "default_template");
    ck_assert_str_eq(global, "trixie");
    ck_unnamed("debian-13");
    ck_sound();
    ck_no_error(world_run(world, "start", "work", NULL)->error);
}
END_TEST

START_TEST(whatever_names_it_follows)
{
    static const char *const properties[] = { "netvm", "guivm", "audiovm",
                                              "default_dispvm", "management_dispvm" };
    struct qube *work = world_qube(world, "work");
    struct device_assignment *device = device_assignment_new("usb");

    set("default-dvm", "provides_network", "True");
    for (gsize i = 0; i < G_N_ELEMENTS(properties); i++)
        set("work", properties[i], "default-dvm");
    life_run(world, "global-set", "dom0", "name", "clockvm", "value", "default-dvm",
             NULL);
    life_run(world, "create", "dom0", "name", "d", "class", "DispVM", "label", "red",
             "template", "default-dvm", NULL);
    life_run(world, "tag-add", "vault", "tag", "created-by-default-dvm", NULL);
    life_run(world, "tag-add", "vault", "tag", "about-default-dvm", NULL);
    work = world_qube(world, "work");
    device->backend = g_strdup("default-dvm");
    device->port = g_strdup("1-2");
    qube_devices_edit(work);
    g_ptr_array_add(work->devices, device);
    qube_put_feature(work, "set-created-guivm", "default-dvm");
    qube_put_feature(work, "preload-dispvm", "a default-dvm b");
    qube_put_feature(work, "other", "default-dvm");
    model_touch(engine_model(world->engine), work);
    rename_to("default-dvm", "dvm");
    for (gsize i = 0; i < G_N_ELEMENTS(properties); i++)
        ck_prop("work", properties[i], "dvm");
    work = world_qube(world, "work");
    ck_prop("d", "template", "dvm");
    ck_assert_str_eq(
        volume_config_get(qube_volume(world_qube(world, "d"), "private"), "source"),
        "appvms/dvm/private");
    ck_assert(qube_has_tag(work, "guivm-dvm") && qube_has_tag(work, "audiovm-dvm"));
    ck_assert(qube_has_tag(world_qube(world, "vault"), "created-by-dvm"));
    ck_assert(qube_has_tag(world_qube(world, "vault"), "about-default-dvm"));
    ck_assert_uint_eq(work->devices->len, 1);
    ck_assert_str_eq(((const struct device_assignment *)work->devices->pdata[0])->backend,
                     "dvm");
    ck_assert_str_eq(qube_feature(work, "set-created-guivm"), "dvm");
    ck_assert_str_eq(qube_feature(work, "preload-dispvm"), "a dvm b");
    ck_assert_str_eq(qube_feature(work, "other"), "default-dvm");
    g_autofree char *clock = model_global(engine_model(world->engine), "clockvm");
    ck_assert_str_eq(clock, "dvm");
}
END_TEST

START_TEST(back_again_the_store_is_as_it_was)
{
    static const char *const names[] = { "debian-13", "default-dvm", "vault" };
    g_autofree char *before = life_state(world);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        rename_to(names[i], "zz");
        rename_to("zz", names[i]);
    }
    life_same(world, before, "afterwards");
}
END_TEST

/* They have the ids that their names make. */
START_TEST(volumes_the_store_does_not_name_follow_too)
{
    g_autofree char *store = world_store(world);
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");
    char *begin = strstr(strstr(store, ">vault<"), "<volume-config>");
    char *end = strstr(begin, "</volume-config>") + strlen("</volume-config>");
    g_autofree char *less =
        g_strdup_printf("%.*s<volume-config/>%s", (int)(begin - store), store, end);

    ck_assert(g_file_set_contents(path, less, -1, NULL));
    ck_assert(engine_load(world->engine, NULL));
    engine_refresh_states(world->engine, 50000, NULL);
    life_write(world, "appvms/vault/private.img", "secret");
    rename_to("vault", "safe");
    ck_text("appvms/safe/private.img", "secret");
    ck_unnamed("vault");
    ck_assert_str_eq(
        volume_vid(qube_volume(world_qube(world, "safe"), "private")->volume),
        "appvms/safe/private");
}
END_TEST

START_TEST(the_unit_follows)
{
    static const char dir[] = "/etc/systemd/system/multi-user.target.wants";
    g_autofree char *wants = world_path(world, dir);
    g_autofree char *old = g_build_filename(wants, "qubes-vm@vault.service", NULL);
    g_autofree char *new = g_build_filename(wants, "qubes-vm@safe.service", NULL);
    g_autofree char *target = NULL;

    ck_assert(file_mkdirs(wants, 0755, NULL));
    ck_assert_int_eq(symlink("/usr/lib/systemd/system/qubes-vm@.service", old), 0);
    rename_to("vault", "safe");
    ck_assert(!g_file_test(old, G_FILE_TEST_IS_SYMLINK));
    target = g_file_read_link(new, NULL);
    ck_assert_str_eq(target, "/usr/lib/systemd/system/qubes-vm@.service");
}
END_TEST

/* --- refusals --- */

static void store_replace(const char *anchor, const char *from, const char *to)
{
    g_autofree char *store = world_store(world);
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");
    char *at = strstr(strstr(store, anchor), from);
    g_autofree char *changed = g_strdup_printf("%.*s%s%s", (int)(at - store), store, to,
                                               at + strlen(from));

    ck_assert(g_file_set_contents(path, changed, -1, NULL));
    ck_assert(engine_load(world->engine, NULL));
    engine_refresh_states(world->engine, 50000, NULL);
}

START_TEST(each_refusal_says_why)
{
    life_refused(world, QMC_ERROR_EXISTS, "'work' is the name", "rename", "vault",
                 "name", "work", NULL);
    life_refused(world, QMC_ERROR_STATE, "that name already", "rename", "vault",
                 "name", "vault", NULL);
    life_refused(world, QMC_ERROR_INVALID, "cannot be the name", "rename", "vault",
                 "name", "x-dm", NULL);
    life_refused(world, QMC_ERROR_STATE, "no such operation", "rename", "dom0", "name",
                 "x", NULL);
    set("vault", "installed_by_rpm", "True");
    life_refused(world, QMC_ERROR_STATE, "as a package", "rename", "vault", "name", "x",
                 NULL);
    life_write(world, "appvms/x/private.img", "precious");
    life_refused(world, QMC_ERROR_EXISTS, "is there already", "rename", "untrusted",
                 "name", "x", NULL);
    ck_no_error(world_run(world, "start", "work", NULL)->error);
    life_refused(world, QMC_ERROR_STATE, "it is running", "rename", "work", "name", "y",
                 NULL);
}
END_TEST

/* Its text stays as it is, so it would go on naming what is not there. */
START_TEST(one_that_cannot_follow_is_named)
{
    store_replace(">work<", ">7<", ">many<");
    ck_assert(world_qube(world, "work")->broken);
    life_refused(world, QMC_ERROR_STATE, "these cannot follow: template of 'work'",
                 "rename", "debian-13", "name", "x", NULL);
    rename_to("vault", "safe");
}
END_TEST

START_TEST(what_others_keep_in_its_directory_is_in_the_way)
{
    store_replace(">work<", "</volume-config>",
                  "<volume name=\"extra\" pool=\"varlibqubes\" "
                  "vid=\"appvms/vault/extra\" rw=\"True\" save_on_stop=\"True\" "
                  "size=\"4096\"/></volume-config>");
    life_refused(world, QMC_ERROR_STATE, "volume extra of 'work'", "rename", "vault",
                 "name", "x", NULL);
}
END_TEST

/* --- failures --- */

static struct op *rename_nth(struct world *at, guint nth)
{
    return life_run(at, "rename", "debian-13", "name", "trixie", NULL);
}

/* Renamed, whatever stayed under the old name. */
static void rename_back(struct world *at, guint nth)
{
    g_autofree char *dir = world_path(at, "/var/lib/qubes/vm-templates/debian-13");
    g_autofree char *root = life_read(at, "vm-templates/trixie/root.img");

    ck_assert_str_eq(root, "system");
    ck_assert(file_remove_tree(dir, NULL));
    rename_to("trixie", "debian-13");
}

START_TEST(a_failure_at_any_call_leaves_all)
{
    life_write(world, "vm-templates/debian-13/root.img", "system");
    life_write(world, "vm-templates/debian-13/notes.txt", "mine");
    life_write(world, "vm-templates/debian-13/apps/a", "x");
    ck_assert_uint_gt(life_each_failure(world, rename_nth, rename_back), 20);
}
END_TEST

START_TEST(a_definition_that_stays_ends_it)
{
    fake_script("fail=undefine");
    life_refused(world, QMC_ERROR_IO, NULL, "rename", "vault", "name", "x", NULL);
}
END_TEST

START_TEST(changes_of_two_programs_are_merged)
{
    struct engine *other = world_engine(world, NULL);
    struct world second = { world->root, world->uri, other, world->notes };
    struct op *ours, *theirs;
    gboolean made;

    ours = world_submit(world, "rename", "debian-13", NULL, "name", "trixie", NULL);
    theirs = world_submit(&second, "create", "dom0", NULL, "name", "new", "class",
                          "AppVM", "label", "red", NULL);
    world_finish(world, ours);
    world_finish(&second, theirs);
    ck_no_error(ours->error);
    made = theirs->error == NULL;
    engine_free(other);
    ck_assert(engine_load(world->engine, NULL));
    /* It was made before, or refused after. */
    if (made)
        ck_prop("new", "template", "trixie");
    ck_sound();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        its_directory_and_data_move,
        who_is_based_on_it_follows,
        whatever_names_it_follows,
        back_again_the_store_is_as_it_was,
        volumes_the_store_does_not_name_follow_too,
        the_unit_follows,
        each_refusal_says_why,
        one_that_cannot_follow_is_named,
        what_others_keep_in_its_directory_is_in_the_way,
        a_failure_at_any_call_leaves_all,
        a_definition_that_stays_ends_it,
        changes_of_two_programs_are_merged,
        NULL,
    };

    return suite_run_fixture("rename", tests, setup, teardown);
}
