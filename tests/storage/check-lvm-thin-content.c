/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes in a thin pool: their sizes, what comes in and goes out, how often LVM is asked,
 * and a pool that is full. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "bench.h"
#include "lvm-stand.h"
#include "storage/lvm-table.h"
#include "storage/remain.h"
#include "storage/transfer.h"
#include "util/auto.h"

static struct bench *bench;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

static struct volume *filled(enum kind kind)
{
    struct volume *volume = bench_volume(bench, kind, "private");

    bench_fill(volume, "old");
    return volume;
}

static void must_names(const char *expected)
{
    g_autofree char *names = stand_names();

    ck_assert_str_eq(names, expected);
}

/* --- sizes --- */

START_TEST(a_stopped_volatile_one_is_resized_in_name)
{
    auto_of(volume) struct volume *volume = filled(KIND_VOLATILE);

    stand_changes();
    must(volume_resize(volume, 3 * MEGABYTE, FALSE, E));
    ck_assert_uint_eq(stand_changes(), 0);
    ck_assert_uint_eq(volume_size(volume), 3 * MEGABYTE);
    must(volume_start(volume, E));
    ck_assert_uint_eq(volume_size(volume), 3 * MEGABYTE);
    must(volume_resize(volume, 4 * MEGABYTE, FALSE, E));
    ck_assert_uint_eq(stand_changes(), 2);
    must(volume_stop(volume, E));
    ck_assert_uint_eq(volume_size(volume), 4 * MEGABYTE);
}
END_TEST

/* LVM refuses the size that it has; it rounds, and so may the one asked for. */
START_TEST(the_size_that_it_has_is_no_change)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    stand_changes();
    must(volume_resize(volume, MEGABYTE, FALSE, E));
    must(volume_resize(volume, MEGABYTE + 1, FALSE, E));
    must(volume_resize(volume, MEGABYTE + 65536, FALSE, E));
    must(volume_resize(volume, MEGABYTE + 65536, FALSE, E));
    ck_assert_uint_eq(stand_changes(), 1);
    ck_assert_uint_eq(volume_size(volume), MEGABYTE + 65536);
}
END_TEST

START_TEST(shrinking_asks_nobody)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *calls = NULL;

    must_fail(QMC_ERROR_INVALID, "would shrink it",
              volume_resize(volume, MEGABYTE / 2, FALSE, E));
    g_free(stand_calls());
    must(volume_resize(volume, MEGABYTE / 2, TRUE, E));
    calls = stand_calls();
    ck_assert_msg(strstr(calls, "lvchange --activate=n -- " STAND_VG "/" STAND_LV "\nversion\n"
                                "lvresize --yes --size=524288B -- " STAND_VG "/" STAND_LV "\n"
                                "lvchange --activate=y -- " STAND_VG "/" STAND_LV "\n") ||
                  strstr(calls, "version\nlvchange --activate=n -- " STAND_VG "/" STAND_LV "\n"
                                "lvresize --yes --size=524288B -- " STAND_VG "/" STAND_LV "\n"
                                "lvchange --activate=y -- " STAND_VG "/" STAND_LV "\n"),
                  "%s", calls);
    must_state(volume, "clean=old");
    ck_assert_uint_eq(volume_size(volume), MEGABYTE / 2);
    must(volume_start(volume, E));
    must_fail(QMC_ERROR_STATE, "cannot be shrunk",
              volume_resize(volume, MEGABYTE / 4, TRUE, E));
    must(volume_resize(volume, MEGABYTE, FALSE, E));
    must_state(volume, "clean=old dirty=old");
    must(volume_stop(volume, E));
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
}
END_TEST

/* --- how often LVM is asked --- */

/* As at the start of the console, where hundreds are looked at. */
START_TEST(looks_at_what_is_not_in_use_are_one_question)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    stand_questions();
    for (int i = 0; i < 300; i++)
        ck_assert(!volume_unsettled(volume));
    for (int i = 0; i < 300; i++)
        ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    ck_assert_uint_eq(stand_questions(), 1);
}
END_TEST

/* Whoever has the lock of its qube: one question for all that he does. */
START_TEST(what_is_owned_is_asked_about_once)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autoptr(GPtrArray) volumes = g_ptr_array_new();

    for (int i = 0; i < 4; i++)
        g_ptr_array_add(volumes, volume);
    ck_assert(!volume_in_use(volume));
    stand_questions();
    volumes_own(volumes);
    must(volumes_stop(volumes, E));
    ck_assert(!volume_in_use(volume));
    must(volumes_verify(volumes, E));
    must(volume_stop(volume, E));
    ck_assert_uint_eq(stand_questions(), 1);
    volumes_disown(volumes);
    must(volume_stop(volume, E));
    must(volumes_stop(volumes, E));
    ck_assert_uint_eq(stand_questions(), 2);
}
END_TEST

/* Another process starts its qube, which writes. */
static void run_elsewhere(void)
{
    g_autofree char *path = stand_device(STAND_VG, STAND_LV "-snap");
    auto_fd int fd = -1;

    stand_lvm("lvcreate --thin --name=" STAND_LV "-snap --virtualsize=1048576B -- "
              STAND_VG "/" STAND_POOL);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pwrite(fd, "new", 4, 0), 4);
}

static int offer(gsize size);

/* L-7: what was seen before one had the lock decides nothing. */
START_TEST(a_look_of_before_the_lock_decides_nothing)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autoptr(GPtrArray) volumes = g_ptr_array_new();
    auto_fd int fd = offer(MEGABYTE);
    const struct transfer from = {.fd = fd, .name = "offered"};

    g_ptr_array_add(volumes, volume);
    ck_assert(!volume_in_use(volume));
    run_elsewhere();
    if (_i == 0) {
        must(volume_stop(volume, E));
    } else if (_i == 1) {
        must(volumes_stop(volumes, E));
    } else if (_i == 2) {
        volumes_own(volumes);
        ck_assert(volume_in_use(volume));
        must(volume_stop(volume, E));
        volumes_disown(volumes);
    } else {
        must_fail(QMC_ERROR_STATE, "is in use",
                  volume_import(volume, MEGABYTE, &from, E));
        must(volume_stop(volume, E));
    }
    must_state(volume, "clean=new rev=old");
}
END_TEST

START_TEST(all_of_a_qube_stop_with_few_questions)
{
    g_autoptr(GPtrArray) volumes =
        g_ptr_array_new_with_free_func((GDestroyNotify)volume_unref);

    for (enum kind kind = 0; kind < KINDS; kind++) {
        g_autofree char *name = g_strdup_printf("v%d", (int)kind);
        struct volume *volume = bench_volume(bench, kind, name);

        bench_fill(volume, "old");
        g_ptr_array_add(volumes, volume);
    }
    must(volumes_start(volumes, E));
    stand_questions();
    must(volumes_stop(volumes, E));
    /* before, and to prune */
    ck_assert_uint_le(stand_questions(), 4);
    for (guint i = 0; i < volumes->len; i++)
        ck_assert(!volume_in_use(volumes->pdata[i]));
}
END_TEST

/* M-12: what cannot be asked about is not at rest, and has not lost its revisions. */
START_TEST(what_cannot_be_asked_about_is_not_at_rest)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *path = g_strdup(g_getenv("PATH"));
    gboolean in_use = FALSE;

    bench_run(volume, "new");
    if (access("/usr/sbin/lvm", X_OK) == 0 || access("/sbin/lvm", X_OK) == 0)
        return;
    stand_forget();
    g_setenv("PATH", "/nowhere", TRUE);
    ck_assert(volume_in_use(volume) && volume_unsettled(volume));
    must_fail(QMC_ERROR_NOTFOUND, "not installed", volume_look_in_use(volume, &in_use, E));
    ck_assert(in_use);
    ck_assert_ptr_null(volume_revisions(volume));
    must_fail(QMC_ERROR_NOTFOUND, "not installed", volume_has_revision(volume, NULL, E));
    must_fail(QMC_ERROR_NOTFOUND, "not installed", volume_revert(volume, NULL, E));
    must_fail(QMC_ERROR_NOTFOUND, "not installed",
              volume_resize(volume, MEGABYTE / 2, TRUE, E));
    g_setenv("PATH", path, TRUE);
    must(volume_revert(volume, NULL, E));
    must_state(volume, "clean=old rev=new");
}
END_TEST

/* --- the thin pool --- */

static const struct {
    const char *figures;
    int code;
    const char *why;
} full[] = {
    {"99.99 94.99 twi-aotz--", 0, NULL},
    {"50.00 95.00 twi-aotz--", QMC_ERROR_NOSPACE,
     "the metadata of the thin pool 'qubes_dom0/vm-pool' is 95.00% full"},
    {"100.00 50.00 twi-aotz--", QMC_ERROR_NOSPACE,
     "the data space of the thin pool 'qubes_dom0/vm-pool' is 100.00% full"},
    {"99.50 50.00 twi-aotzD-", QMC_ERROR_NOSPACE, "the data space of the thin pool"},
    {"50.00 50.00 twi-aotzF-", QMC_ERROR_IO, "has failed"},
    {"50.00 50.00 twi-aotzM-", QMC_ERROR_IO, "damaged metadata"},
    {"50.00 99.61 twi-aotzM-", QMC_ERROR_NOSPACE,
     "the metadata of the thin pool 'qubes_dom0/vm-pool' is 99.61% full"},
    {"50.00 99.61 twi-aotzM- needed", QMC_ERROR_IO, "damaged metadata"},
    {"50.00 50.00 twi-aotz-- needed", QMC_ERROR_IO, "damaged metadata"},
};

/* Nothing is lost by it, and what was begun can be ended. */
START_TEST(a_thin_pool_that_is_ill_takes_nothing_new)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *running = bench_volume(bench, KIND_ORIGIN, "running");
    auto_of(volume) struct volume *other = bench_volume(bench, KIND_ORIGIN, "other");

    bench_fill(running, "old");
    must(volume_start(running, E));
    bench_write(running, "-dirty.img", "new");
    stand_pool(full[_i].figures);
    stand_forget();
    if (!full[_i].why) {
        must(volume_start(volume, E));
        return;
    }
    stand_changes();
    must_fail(full[_i].code, full[_i].why, volume_start(volume, E));
    must_fail(full[_i].code, full[_i].why, volume_create(other, E));
    must_fail(full[_i].code, full[_i].why, volume_clone(other, volume, NULL, E));
    ck_assert_uint_eq(stand_changes(), 0);
    must_state(volume, "clean=old");
    must(volume_stop(running, E));
    must_state(running, "clean=new rev=old");
    stand_pool(NULL);
    stand_forget();
    must(volume_start(volume, E));
}
END_TEST

START_TEST(the_usage_of_a_pool_is_that_of_its_data)
{
    guint64 size, used;

    stand_pool("12.34 11.04 twi-aotz--");
    stand_forget();
    must(pool_setup(bench->pool, E));
    must(pool_usage(bench->pool, &size, &used, E));
    ck_assert_uint_eq(size, 1073741824);
    ck_assert_uint_eq(used, 132499741);
}
END_TEST

static const struct {
    const char *figures, *trouble; /* NULL: none */
} ills[] = {
    {"12.34 11.04 twi-aotz--", NULL},
    {"89.99 89.99 twi-aotz--", NULL},
    {"90.00 11.04 twi-aotz--", "its data space is 90% full"},
    {"95.00 90.00 twi-aotz--", "its metadata are 90% full"},
    {"100.00 11.04 twi-aotz--", "out of data space"},
    {"99.00 11.04 twi-aotzD-", "out of data space"},
    {"12.34 11.04 twi-aotzM-", "its metadata are damaged: lvconvert --repair"},
    {"12.34 99.61 twi-aotzM-", "its metadata are 99% full"},
    {"12.34 11.04 twi-aotzF-", "it has failed: lvconvert --repair"},
};

START_TEST(the_details_of_a_pool_say_what_ails_it)
{
    struct pool_details details = {0};

    stand_pool(ills[_i].figures);
    stand_forget();
    must(pool_read_details(bench->pool, &details, E));
    ck_assert_ptr_eq(details.trouble ? NULL : ills[_i].trouble, NULL);
    ck_assert_str_eq(details.trouble ? details.trouble : "",
                     ills[_i].trouble ? ills[_i].trouble : "");
    ck_assert_uint_eq(pool_details_get(&details, "data_size"), 1073741824);
    ck_assert_uint_eq(pool_details_get(&details, "metadata_size"), 4194304);
    pool_details_clear(&details);
}
END_TEST

/* --- to extend it --- */

static guint64 figure(const char *name)
{
    struct pool_details details = {0};
    guint64 value;

    must(pool_read_details(bench->pool, &details, E));
    value = pool_details_get(&details, name);
    pool_details_clear(&details);
    return value;
}

START_TEST(a_pool_is_extended_by_whole_extents)
{
    static const char *const figures[] = {"data_size", "metadata_size"};
    guint64 before[2] = {figure(figures[0]), figure(figures[1])};
    guint64 bytes = 3 * 65536 + 1000;

    ck_assert_uint_eq(figure("extend_free"), 16 * MEGABYTE);
    must(pool_can_extend(bench->pool, E));
    must(pool_room(bench->pool, _i, &bytes, E));
    ck_assert_uint_eq(bytes, 3 * 65536);
    ck_assert_uint_eq(figure(figures[_i]), before[_i]);
    bytes += 1000;
    must(pool_extend(bench->pool, _i, &bytes, E));
    ck_assert_uint_eq(bytes, 3 * 65536);
    ck_assert_uint_eq(figure(figures[_i]), before[_i] + bytes);
    ck_assert_uint_eq(figure(figures[!_i]), before[!_i]);
    ck_assert_uint_eq(figure("extend_free"), 16 * MEGABYTE - bytes);
}
END_TEST

START_TEST(an_extension_has_to_be_something_and_to_fit)
{
    guint64 little = 65535, much = 16 * MEGABYTE + 65536, all = 16 * MEGABYTE + 65535, one = 65536;

    stand_changes();
    must_fail(QMC_ERROR_INVALID, "less than one extent of its volume group: 64.0 KiB",
              pool_extend(bench->pool, _i, &little, E));
    must_fail(QMC_ERROR_NOSPACE, "by 16.0 MiB at most: that is free in volume group 'qubes_dom0'",
              pool_extend(bench->pool, _i, &much, E));
    must_fail(QMC_ERROR_NOSPACE, "by 16.0 MiB at most", pool_room(bench->pool, _i, &much, E));
    ck_assert_uint_eq(stand_changes(), 0);
    must(pool_extend(bench->pool, _i, &all, E));
    ck_assert_uint_eq(all, 16 * MEGABYTE);
    must_fail(QMC_ERROR_NOSPACE, "nothing is free in volume group 'qubes_dom0'",
              pool_extend(bench->pool, _i, &one, E));
}
END_TEST

START_TEST(orphans_are_what_no_volume_has)
{
    static const char *const names[] = {
        "vm-x-root", "vm-x-root-private", "vm-x-root-7-back", "vm-x-root-private-7-back",
        "vm-x-root-snap", "vm-gone-root", "vm-gone-root-7-back", "vm-gone-root-import",
        "vm-gone-root-trash-3", "vm-work-backup",
    };
    g_autoptr(GHashTable) vids = g_hash_table_new(g_str_hash, g_str_equal);
    const struct pool_claims claims = {vids, vids};
    g_autoptr(GPtrArray) orphans = NULL;
    g_autofree char *words = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        stand_lvm("lvcreate --thin --name=%s --virtualsize=65536B -- " STAND_VG "/" STAND_POOL,
                  names[i]);
    g_hash_table_add(vids, (gpointer)(guintptr)STAND_VG "/vm-x-root");
    g_hash_table_add(vids, (gpointer)(guintptr)STAND_VG "/vm-base-root");
    stand_forget();
    must((orphans = pool_orphans(bench->pool, &claims, E)));
    for (guint i = 0; i < orphans->len; i++) {
        const struct remain *remain = orphans->pdata[i];
        g_autofree char *so_far = words;

        words = g_strdup_printf("%s%s:%s ", so_far ? so_far : "",
                                remain->name + strlen(STAND_VG "/"),
                                remain_kind_word(remain->kind));
    }
    ck_assert_str_eq(words,
                     "vm-gone-root:image vm-gone-root-7-back:revision vm-gone-root-import:import "
                     "vm-gone-root-trash-3:temporary vm-work-backup:image "
                     "vm-x-root-private:image vm-x-root-private-7-back:revision ");
}
END_TEST

static const struct {
    const char *vg, *pool;
    int code;
    const char *why;
} pools[] = {
    {"none", "vm-pool", QMC_ERROR_NOTFOUND, "there is no thin pool 'none/vm-pool'"},
    {STAND_VG, "none", QMC_ERROR_NOTFOUND, "there is no thin pool"},
    {STAND_VG, "root", QMC_ERROR_NOTFOUND, "this is no thin pool: 'qubes_dom0/root'"},
    {"-vg", "vm-pool", QMC_ERROR_INVALID, "volume_group is no name of LVM: '-vg'"},
    {"a/b", "vm-pool", QMC_ERROR_INVALID, "volume_group is no name of LVM"},
    {"vg", "a b", QMC_ERROR_INVALID, "thin_pool is no name of LVM"},
};

START_TEST(a_pool_has_to_be_one)
{
    const struct pool_param params[] = {
        {"volume_group", pools[_i].vg}, {"thin_pool", pools[_i].pool}, {0},
    };
    auto_of(pool) struct pool *pool = NULL;
    guint64 size, used;

    if (pools[_i].code == QMC_ERROR_INVALID) {
        must_fail(QMC_ERROR_INVALID, pools[_i].why,
                  (pool = pool_new("p", "lvm_thin", "", params, E)) != NULL);
        return;
    }
    must((pool = pool_new("p", "lvm_thin", "", params, E)));
    must_fail(pools[_i].code, pools[_i].why, pool_setup(pool, E));
    must_fail(pools[_i].code, pools[_i].why, pool_usage(pool, &size, &used, E));
}
END_TEST

/* --- content --- */

static struct volume *elsewhere(void)
{
    const struct pool_param params[] = {
        {"volume_group", "other"}, {"thin_pool", STAND_POOL}, {0},
    };
    const struct volume_spec spec = {
        .name = "private", .vid = "other/vm-work-private", .size = MEGABYTE, .rw = TRUE,
        .save_on_stop = TRUE, .revisions_to_keep = 1, .ephemeral = -1,
    };
    auto_of(pool) struct pool *pool = NULL;
    struct volume *volume = NULL;

    must((pool = pool_new("elsewhere", "lvm_thin", "", params, E)));
    must((volume = volume_new(pool, &spec, E)));
    return volume;
}

/* The pools have one name: only the volume group tells them apart (trap 57). */
START_TEST(between_volume_groups_content_is_copied)
{
    auto_of(volume) struct volume *volume = elsewhere();
    g_autofree char *calls = NULL;

    must(volume_create(volume, E));
    g_free(stand_calls());
    must(volume_clone(volume, bench->source, NULL, E));
    must_state(volume, "clean=source rev=");
    calls = stand_calls();
    ck_assert(!strstr(calls, "--snapshot"));
    ck_assert(strstr(calls, "--name=vm-work-private-import --virtualsize=1048576B -- other/"));
}
END_TEST

START_TEST(within_one_content_is_shared)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    g_autofree char *calls = NULL;

    g_free(stand_calls());
    must(volume_clone(volume, bench->source, NULL, E));
    must_state(volume, "clean=source rev=old");
    calls = stand_calls();
    ck_assert(strstr(calls, "--snapshot"));
    ck_assert(!strstr(calls, "--virtualsize"));
}
END_TEST

static int offer(gsize size)
{
    g_autofree char *path = g_build_filename(bench->dir, "offered", NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    ck_assert_int_eq(pwrite(fd, "source", 6, 0), 6);
    return fd;
}

START_TEST(import_and_export)
{
    static const gsize sizes[] = {MEGABYTE, MEGABYTE / 2, 3 * MEGABYTE};
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = offer(sizes[_i]);
    const struct transfer from = {.fd = fd, .name = "offered"};
    g_autofree char *path = g_build_filename(bench->dir, "out", NULL);
    auto_fd int out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const struct transfer to = {.fd = out, .name = "out"};
    char text[8] = "";

    must(volume_import(volume, sizes[_i], &from, E));
    must_state(volume, "clean=source rev=old");
    ck_assert_uint_eq(volume_size(volume), sizes[_i]);
    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "later");
    must(volume_export(volume, &to, E));
    ck_assert_int_eq(pread(out, text, 7, 0), 7);
    ck_assert_str_eq(text, "source");
    ck_assert_int_eq(lseek(out, 0, SEEK_END), sizes[_i]);
}
END_TEST

START_TEST(a_failed_import_leaves_nothing)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = offer(1000);
    const struct transfer from = {.fd = fd, .name = "offered"};

    must_fail(QMC_ERROR_INVALID, "'offered' ends after",
              volume_import(volume, MEGABYTE, &from, E));
    must_names(STAND_BASE " " STAND_LV);
    must_state(volume, "clean=old");
}
END_TEST

/* Origin follows a rename, and is empty when what it names is gone. */
START_TEST(outdated_by_the_origin)
{
    auto_of(volume) struct volume *volume = filled(KIND_SNAPSHOT);

    must(volume_start(volume, E));
    ck_assert(!volume_is_outdated(volume));
    bench_run(bench->source, "later");
    ck_assert(volume_is_outdated(volume));
    bench_run(bench->source, "latest"); /* the revision is pruned */
    ck_assert(volume_is_outdated(volume));
    must(volume_stop(volume, E));
    must(volume_start(volume, E));
    ck_assert(!volume_is_outdated(volume));
    must(volume_revert(bench->source, NULL, E));
    ck_assert(volume_is_outdated(volume));
}
END_TEST

START_TEST(a_device_has_its_canonical_name)
{
    auto_of(volume) struct volume *saved = bench_volume(bench, KIND_ORIGIN, "a-b");
    auto_of(volume) struct volume *scratch = bench_volume(bench, KIND_VOLATILE, "a-b");
    auto_of(volume) struct volume *in_place = bench_volume(bench, KIND_IN_PLACE, "a-b");
    g_autofree char *a = volume_path(saved), *b = volume_path(scratch);
    g_autofree char *c = volume_path(in_place);

    ck_assert_str_eq(a, "/dev/mapper/qubes_dom0-vm--work--a--b--snap");
    ck_assert_str_eq(b, "/dev/mapper/qubes_dom0-vm--work--a--b");
    ck_assert_str_eq(c, b);
}
END_TEST

/* qubesd may start while LVM is still about it (L-12). */
START_TEST(one_that_is_not_active_can_be_started)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "new");
    stand_lvm("lvchange --activate=n -- " STAND_VG "/" STAND_LV);
    stand_lvm("lvchange --activate=n -- " STAND_VG "/" STAND_LV "-snap");
    stand_forget();
    must(volume_verify(volume, E));
    ck_assert(volume_is_dirty(volume));
    must(volume_start(volume, E));
    must_state(volume, "rev= dirty=new" + strlen("rev= "));
    must(volume_stop(volume, E));
    must_state(volume, "clean=new");
}
END_TEST

/* One that kept revisions was still dirty when it was told to keep none. */
START_TEST(in_place_begins_with_what_was_written)
{
    auto_of(volume) struct volume *before = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *volume = bench_volume(bench, KIND_IN_PLACE, "private");

    must(volume_start(before, E));
    bench_write(before, "-dirty.img", "new");
    must(volume_start(volume, E));
    must_names(STAND_BASE " " STAND_LV);
    must_state(volume, "dirty=new");
    must(volume_stop(volume, E));
    must_state(volume, "clean=new");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lvm-thin-content");
    TCase *tcase = tcase_create("lvm-thin-content");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_stopped_volatile_one_is_resized_in_name);
    tcase_add_test(tcase, the_size_that_it_has_is_no_change);
    tcase_add_test(tcase, shrinking_asks_nobody);
    tcase_add_test(tcase, looks_at_what_is_not_in_use_are_one_question);
    tcase_add_test(tcase, what_is_owned_is_asked_about_once);
    tcase_add_test(tcase, what_cannot_be_asked_about_is_not_at_rest);
    tcase_add_loop_test(tcase, a_look_of_before_the_lock_decides_nothing, 0, 4);
    tcase_add_test(tcase, all_of_a_qube_stop_with_few_questions);
    tcase_add_loop_test(tcase, a_thin_pool_that_is_ill_takes_nothing_new, 0,
                        G_N_ELEMENTS(full));
    tcase_add_test(tcase, the_usage_of_a_pool_is_that_of_its_data);
    tcase_add_loop_test(tcase, the_details_of_a_pool_say_what_ails_it, 0, G_N_ELEMENTS(ills));
    tcase_add_loop_test(tcase, a_pool_is_extended_by_whole_extents, 0, 2);
    tcase_add_loop_test(tcase, an_extension_has_to_be_something_and_to_fit, 0, 2);
    tcase_add_test(tcase, orphans_are_what_no_volume_has);
    tcase_add_loop_test(tcase, a_pool_has_to_be_one, 0, G_N_ELEMENTS(pools));
    tcase_add_test(tcase, between_volume_groups_content_is_copied);
    tcase_add_test(tcase, within_one_content_is_shared);
    tcase_add_loop_test(tcase, import_and_export, 0, 3);
    tcase_add_test(tcase, a_failed_import_leaves_nothing);
    tcase_add_test(tcase, outdated_by_the_origin);
    tcase_add_test(tcase, a_device_has_its_canonical_name);
    tcase_add_test(tcase, one_that_is_not_active_can_be_started);
    tcase_add_test(tcase, in_place_begins_with_what_was_written);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
