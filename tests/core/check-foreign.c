/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All qubes in a pool of a driver of Qubes that qmc does not work with. That is no damage;
 * what would touch a volume is refused with one clear sentence, all else works. */
#include "config.h"

#include <string.h>

#include "core/foreign.h"
#include "core/op-private.h"
#include "hv-fake.h"
#include "life.h"
#include "tests/util/suite.h"

static struct world *world;

static void put_store(const char *text)
{
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");

    ck_assert(g_file_set_contents(path, text, -1, NULL));
    ck_assert(engine_load(world->engine, NULL));
    engine_refresh_states(world->engine, 50000, NULL);
}

static char *replaced(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, -1);

    ck_assert_ptr_nonnull(parts[1]);
    return g_strjoinv(to, parts);
}

/* All that was in the usual pool is in one of ZFS, and so is what will be made. */
static void move_to_zfs(void)
{
    g_autofree char *store = world_store(world), *moved = NULL, *all = NULL;

    moved = replaced(store, "pool=\"varlibqubes\"", "pool=\"vm-pool\"");
    all = replaced(moved, "</pools>",
                   "  <pool name=\"vm-pool\" driver=\"zfs\" "
                   "container=\"qubes/vm-pool\"/>\n  </pools>");
    put_store(all);
    ck_no_error(life_run(world, "global-set", "dom0", "name", "default_pool", "value",
                         "vm-pool", NULL)->error);
}

static void setup(void)
{
    fake_reset();
    world = world_new("test:///fake", NULL);
    move_to_zfs();
}

static void teardown(void)
{
    world_free(world);
}

static guint findings_about(const char *part)
{
    const struct model *model = engine_model(world->engine);
    guint n = 0;

    for (guint i = 0; i < model->findings->len; i++)
        n += strstr(((const struct finding *)model->findings->pdata[i])->message, part) != NULL;
    return n;
}

START_TEST(it_is_one_remark_and_no_damage)
{
    const struct model *model = engine_model(world->engine);
    const struct pool_entry *entry = model_pool(model, "vm-pool");

    ck_assert_uint_eq(findings_about("pool 'vm-pool': qmc does not work with zfs yet"), 1);
    for (guint i = 0; i < model->findings->len; i++)
        ck_assert_int_eq(((const struct finding *)model->findings->pdata[i])->severity,
                         SEVERITY_INFO);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        ck_assert_msg(qube->findings->len == 0, "%s: %s", qube->name,
                      ((const struct finding *)qube->findings->pdata[0])->message);
    }
    ck_assert_ptr_null(entry->pool);
    ck_assert_ptr_null(entry->trouble);
    ck_assert(qube_volume(world_qube(world, "work"), "root")->foreign);
    ck_assert(qube_volume(world_qube(world, "work"), "private")->foreign);
    ck_assert(!qube_volume(world_qube(world, "work"), "kernel")->foreign);
}
END_TEST

/* Its line says another pool, but it lives where its template does. */
START_TEST(so_is_a_snapshot_without_a_pool)
{
    g_autofree char *store = world_store(world), *changed = NULL;
    char *work = strstr(store, ">work<"), *root = strstr(work, "<volume name=\"root\"");
    char *end = strstr(root, "/>");

    changed = g_strdup_printf("%.*s<volume name=\"root\" pool=\"varlibqubes\" rw=\"True\" "
                              "snap_on_start=\"True\"%s", (int)(root - store), store, end);
    put_store(changed);
    ck_assert(qube_volume(world_qube(world, "work"), "root")->foreign);
    ck_assert_uint_eq(world_qube(world, "work")->findings->len, 0);
}
END_TEST

#define CLEAR "is in pool 'vm-pool', and qmc does not work with zfs yet"

START_TEST(what_touches_a_volume_is_refused)
{
    life_refused(world, QMC_ERROR_UNSUPPORTED, CLEAR, "start", "work", NULL);
    life_refused(world, QMC_ERROR_UNSUPPORTED, CLEAR, "clone", "work", "name", "copy", NULL);
    life_refused(world, QMC_ERROR_UNSUPPORTED, CLEAR, "rename", "work", "name", "wurk", NULL);
    life_refused(world, QMC_ERROR_UNSUPPORTED, CLEAR, "resize", "work", "volume", "private",
                 "size", "400G", NULL);
    life_refused(world, QMC_ERROR_UNSUPPORTED, CLEAR, "create", "dom0", "name", "x", "class",
                 "StandaloneVM", "label", "red", NULL);
    life_refused(world, QMC_ERROR_UNSUPPORTED, "a pool whose driver qmc does not work with",
                 "create", "dom0", "name", "x", "class", "StandaloneVM", "label", "red",
                 "pool", "vm-pool", NULL);
}
END_TEST

START_TEST(settings_can_be_changed)
{
    ck_no_error(life_run(world, "set", "work", "name", "memory", "value", "500",
                         NULL)->error);
    ck_no_error(life_run(world, "tag-add", "work", "tag", "t", NULL)->error);
    ck_assert(engine_load(world->engine, NULL));
    ck_assert_int_eq(qube_get_int(engine_model(world->engine), world_qube(world, "work"),
                                  "memory", -1), 500);
}
END_TEST

START_TEST(a_qube_elsewhere_works)
{
    ck_no_error(life_run(world, "create", "dom0", "name", "x", "class", "StandaloneVM",
                         "label", "red", "pool", "varlibqubes", NULL)->error);
    ck_no_error(life_remove(world, "x")->error);
    ck_assert(!life_has(world, "appvms/x"));
}
END_TEST

START_TEST(only_drivers_of_qubes_are)
{
    ck_assert(!driver_is_foreign("lvm_thin"));
    ck_assert(driver_is_foreign("zfs"));
    ck_assert(driver_is_foreign("callback"));
    ck_assert(!driver_is_foreign("file-reflink"));
    ck_assert(!driver_is_foreign("linux-kernel"));
    ck_assert(!driver_is_foreign("lvm-thin"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        it_is_one_remark_and_no_damage,
        so_is_a_snapshot_without_a_pool,
        what_touches_a_volume_is_refused,
        settings_can_be_changed,
        a_qube_elsewhere_works,
        only_drivers_of_qubes_are,
        NULL,
    };

    return suite_run_fixture("foreign", tests, setup, teardown);
}
