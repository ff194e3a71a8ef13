/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layout r3 of driver `file` (spec/storage.md 2.2): who is given what, and with the real
 * device-mapper who sees what; and that a stop takes apart what either layout has made. */
#include "config.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"
#include "storage/dm.h"
#include "storage/loop.h"
#include "storage/volume-private.h"

enum { CHUNK = 256 * 512, SIZE = 4 * MEGABYTE, NOMINAL = 3 * MEGABYTE };

static struct bench *bench;
static struct volume *template, *app, *scratch, *private;

static void layout(const char *word)
{
    g_autofree char *path = g_build_filename(pool_dir(bench->pool), ".layout", NULL);

    if (word)
        ck_assert(g_file_set_contents(path, word, -1, NULL));
    else
        unlink(path);
}

static struct volume *make(const char *vid, const struct volume_spec *like)
{
    g_autofree char *name = g_path_get_basename(vid);
    struct volume_spec spec = *like;
    struct volume *volume = NULL;

    spec.name = name;
    spec.vid = vid;
    spec.rw = TRUE;
    spec.revisions_to_keep = 1;
    spec.ephemeral = -1;
    must((volume = volume_new(bench->pool, &spec, E)));
    return volume;
}

static struct volume *based(const char *vid, gboolean as_is)
{
    return make(vid, &(struct volume_spec){.snap_on_start = TRUE, .source = template,
                                           .as_is = as_is});
}

static void make_all(gboolean as_is)
{
    template = make("vm-templates/debian/root", &(struct volume_spec){
        .size = SIZE, .save_on_stop = TRUE, .as_is = as_is});
    app = based("appvms/work/root", as_is);
    scratch = make("appvms/work/volatile", &(struct volume_spec){.size = NOMINAL,
                                                                 .as_is = as_is});
    private = make("appvms/work/private", &(struct volume_spec){.size = SIZE,
                                                                .save_on_stop = TRUE});
    must(volume_create(template, E));
    must(volume_create(private, E));
}

static void setup(void)
{
    bench = bench_new();
    layout("r3\n");
}

static void setup_joined(void)
{
    setup();
    make_all(FALSE);
}

static void setup_alone(void)
{
    setup();
    make_all(TRUE);
}

static void teardown(void)
{
    volume_unref(app);
    volume_unref(scratch);
    volume_unref(private);
    volume_unref(template);
    bench_free(bench);
}

/* Nothing of it is left but what is saved. */
static void must_be_clean(void)
{
    g_autoptr(GPtrArray) snapshots = dm_nodes("snapshot-"), origins = dm_nodes("origin-");

    ck_assert(!volume_in_use(app) && !volume_in_use(scratch) && !volume_in_use(template));
    ck_assert_uint_eq(bench_count(app, "root"), 0);
    ck_assert_uint_eq(bench_count(scratch, "volatile"), 0);
    ck_assert_uint_eq(snapshots->len + origins->len, 0);
}

/* --- without device-mapper --- */

START_TEST(the_word_is_r3_or_r4)
{
    g_autofree char *path = NULL;

    must_state(scratch, "");
    layout("r5");
    must_fail(QMC_ERROR_INVALID, "names no layout", volume_start(scratch, E));
    layout("");
    must_fail(QMC_ERROR_INVALID, "names no layout", volume_start(scratch, E));
    must(volume_stop(scratch, E));
    layout("r4\n");
    must(volume_start(scratch, E));
    must(volume_stop(scratch, E));
    layout(NULL);
    must(volume_start(scratch, E));
    path = volume_path(scratch);
    ck_assert(g_str_has_suffix(path, "/appvms/work/volatile.img"));
    must(volume_stop(scratch, E));
}
END_TEST

START_TEST(a_guest_that_joins_has_a_root_that_is_read_only)
{
    auto_of(volume) struct volume *alone = based("appvms/alone/root", TRUE);
    g_autofree char *path = NULL;

    ck_assert(!volume_writable(app) && volume_writable(alone) && volume_writable(template));
    must(volume_start(scratch, E));
    path = volume_path(scratch);
    ck_assert_int_eq(access(path, F_OK), 0);
    must(volume_stop(scratch, E));
    layout(NULL);
    ck_assert(volume_writable(app) && volume_writable(alone));
}
END_TEST

START_TEST(who_joins_nothing_has_no_volatile)
{
    auto_of(volume) struct volume *secret = NULL;
    struct volume_spec spec;

    must(volume_start(scratch, E));
    ck_assert_ptr_null(volume_path(scratch));
    ck_assert(!volume_in_use(scratch));
    ck_assert_uint_eq(volume_size(scratch), NOMINAL);
    must(volume_resize(scratch, 2 * NOMINAL, FALSE, E));
    ck_assert_uint_eq(volume_size(scratch), 2 * NOMINAL);
    must(volume_stop(scratch, E));
    volume_spec_of(scratch, &spec);
    spec.ephemeral = 1;
    must((secret = volume_new(bench->pool, &spec, E)));
    must_fail(QMC_ERROR_UNSUPPORTED, "cannot be encrypted", volume_start(secret, E));
}
END_TEST

static gint over;

static gpointer start_scratch(gpointer data)
{
    while (!g_atomic_int_get(&over))
        must(volume_start(scratch, E));
    return NULL;
}

/* The volumes of a qube start at the same time. Without device-mapper the layer is all that
 * is made of its root. */
START_TEST(volatile_starts_beside_its_root)
{
    g_autofree char *layer = bench_file(scratch, "-dirty.img");
    guint missing = 0;
    GThread *thread;

    g_atomic_int_set(&over, 0);
    thread = g_thread_new("scratch", start_scratch, NULL);
    for (int i = 0; i < 40; i++) {
        volume_start(app, NULL);
        missing += access(layer, F_OK) != 0;
        must(volume_stop(app, E));
        unlink(layer);
    }
    g_atomic_int_set(&over, 1);
    g_thread_join(thread);
    ck_assert_uint_eq(missing, 0);
    must(volume_stop(scratch, E));
}
END_TEST

START_TEST(other_volumes_are_changed_in_place)
{
    static const char *const endings[] = {"-cow.img", "-cow.img.old", ".img.old"};
    g_autofree char *path = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *file = g_strconcat(pool_dir(bench->pool), "/appvms/work/private",
                                            endings[i], NULL);

        ck_assert(g_file_set_contents(file, "", 0, NULL));
    }
    must(volume_start(private, E));
    path = volume_path(private);
    ck_assert(g_str_has_suffix(path, "/appvms/work/private.img"));
    ck_assert_uint_eq(bench_count(private, "private-cow"), 0);
    ck_assert_uint_eq(bench_count(private, "private.img.old"), 1);
    must(volume_stop(private, E));
    ck_assert_uint_eq(bench_count(private, "private"), 2);
}
END_TEST

/* --- with it --- */

static int open_volume(const struct volume *volume, int flags)
{
    g_autofree char *path = volume_path(volume);
    int fd = open(path, flags | O_CLOEXEC);

    ck_assert_msg(fd >= 0, "no '%s'", path);
    return fd;
}

static char get(const struct volume *volume, guint chunk)
{
    auto_fd int fd = open_volume(volume, O_RDONLY);
    char byte = '?';

    ioctl(fd, BLKFLSBUF, 0);
    ck_assert_int_eq(pread(fd, &byte, 1, (off_t)chunk * CHUNK), 1);
    return byte ? byte : '.';
}

static void put_all(const struct volume *volume, char what)
{
    auto_fd int fd = open_volume(volume, O_WRONLY);
    char block[4096];

    memset(block, what, sizeof block);
    for (guint chunk = 0; chunk < SIZE / CHUNK; chunk++)
        ck_assert_int_eq(pwrite(fd, block, sizeof block, (off_t)chunk * CHUNK),
                         sizeof block);
    ck_assert_int_eq(fsync(fd), 0);
}

static void run(struct volume *volume, char what)
{
    must(volume_start(volume, E));
    put_all(volume, what);
    must(volume_stop(volume, E));
}

static void start_work(void)
{
    must(volume_start(app, E));
    must(volume_start(scratch, E));
}

static void stop_work(void)
{
    must(volume_stop(scratch, E));
    must(volume_stop(app, E));
}

static gboolean is_readonly(const struct volume *volume)
{
    auto_fd int fd = open_volume(volume, O_RDONLY);
    int readonly = 0;

    ck_assert_int_eq(ioctl(fd, BLKROGET, &readonly), 0);
    return readonly != 0;
}

/* Every store that there is has room for what can come. */
static void must_be_healthy(void)
{
    g_autoptr(GPtrArray) names = dm_nodes("snapshot-");

    for (guint i = 0; i < names->len; i++) {
        g_autofree char *type = NULL;
        struct dm_snapshot snapshot;
        guint64 sectors;

        must(dm_node_table(names->pdata[i], &sectors, &type, E));
        if (g_str_equal(type, "linear"))
            continue;
        must(dm_snapshot_look(names->pdata[i], &snapshot, E));
        ck_assert_int_eq(snapshot.health, DM_HEALTHY);
    }
}

/* PV: the template beside it, then shut down before it. */
START_TEST(a_joined_root_is_its_template_s_past)
{
    auto_of(volume) struct volume *second = based("appvms/second/root", FALSE);

    run(template, 'a');
    start_work();
    ck_assert(is_readonly(app));
    ck_assert_int_eq(get(app, 0), 'a');
    must(volume_start(template, E));
    must(volume_start(second, E));
    put_all(template, 'b');
    must_be_healthy();
    ck_assert_int_eq(get(app, 0), 'a');
    ck_assert_int_eq(get(second, SIZE / CHUNK - 1), 'a');
    must(volume_stop(template, E));
    ck_assert_int_eq(get(app, 0), 'a');
    stop_work();
    /* nobody has it open yet, and it is still there */
    ck_assert_int_eq(get(second, 0), 'a');
    start_work();
    ck_assert_int_eq(get(app, 0), 'b');
    ck_assert_int_eq(get(second, 0), 'a');
    must(volume_stop(second, E));
    stop_work();
    must_be_clean();
}
END_TEST

START_TEST(what_is_not_open_yet_stays)
{
    auto_of(volume) struct volume *second = based("appvms/second/root", FALSE);

    must(volume_start(app, E));
    must(volume_start(second, E));
    must(volume_start(template, E));
    must(volume_stop(second, E));
    must(volume_stop(template, E));
    ck_assert_int_eq(get(app, 0), '.');
    must(volume_stop(app, E));
    must_be_clean();
}
END_TEST

/* HVM: one layer in dom0. */
START_TEST(a_root_alone_has_its_volatile_below)
{
    g_autoptr(GPtrArray) names = NULL;

    run(template, 'a');
    start_work();
    ck_assert(!is_readonly(app) && volume_in_use(app));
    ck_assert_ptr_null(volume_path(scratch));
    ck_assert_uint_eq(volume_size(scratch), NOMINAL);
    names = dm_nodes("snapshot-");
    ck_assert_uint_eq(names->len, 1);
    ck_assert_uint_eq(bench_count(scratch, "volatile.img"), 1);
    ck_assert_uint_eq(bench_count(app, "root"), 0);
    put_all(app, 'x');
    must_be_healthy();
    ck_assert_int_eq(get(app, SIZE / CHUNK - 1), 'x');
    must(volume_resize(scratch, 2 * NOMINAL, FALSE, E));
    ck_assert_int_eq(get(app, SIZE / CHUNK - 1), 'x');
    stop_work();
    must_be_clean();
    start_work();
    ck_assert_int_eq(get(app, 0), 'a');
    must(volume_stop(app, E));
    must(volume_stop(scratch, E));
    must_be_clean();
}
END_TEST

/* T-P2 */
START_TEST(a_root_alone_excludes_its_template)
{
    start_work();
    must_fail(QMC_ERROR_STATE, "layout r3", volume_start(template, E));
    must_fail(QMC_ERROR_STATE, "layout r3", volume_resize(template, 2 * SIZE, FALSE, E));
    stop_work();
    must(volume_start(template, E));
    must_fail(QMC_ERROR_STATE, "is not kept", volume_start(app, E));
    must(volume_stop(scratch, E));
    must(volume_resize(template, 2 * SIZE, FALSE, E));
    must(volume_stop(template, E));
    start_work();
    ck_assert_uint_eq(volume_size(app), 2 * SIZE);
    stop_work();
    must_be_clean();
}
END_TEST

START_TEST(a_template_goes_back)
{
    run(template, 'a');
    run(template, 'b');
    start_work();
    must_fail(QMC_ERROR_STATE, "cannot revert", volume_revert(template, NULL, E));
    stop_work();
    must(volume_revert(template, NULL, E));
    start_work();
    ck_assert_int_eq(get(app, 0), 'a');
    stop_work();
    must_be_clean();
}
END_TEST

/* Whoever edits the file while a qube runs, or a crash comes between. */
START_TEST(a_stop_needs_no_layout)
{
    static const char *const words[] = {"r3", "r4", NULL};

    run(template, 'a');
    for (int i = 0; i < 2; i++) {
        layout(words[i]);
        start_work();
        must(volume_start(private, E));
        layout(words[!i]);
        ck_assert(volume_in_use(app));
        stop_work();
        must(volume_stop(private, E));
        must_be_clean();
        ck_assert(!volume_in_use(private));
    }
}
END_TEST

/* What the machine has lost: the devices. */
static void crash(void)
{
    g_autofree char *path = volume_path(app), *below = NULL;
    g_autoptr(GPtrArray) names = NULL;

    must(dm_node_remove(strrchr(path, '/') + 1, E));
    names = dm_nodes("snapshot-");
    for (guint i = 0; i < names->len; i++)
        must(dm_node_remove(names->pdata[i], E));
}

START_TEST(a_crash_leaves_nothing)
{
    static const char *const words[] = {"r3", "r4"};

    for (int i = 0; i < 2; i++) {
        layout("r3");
        start_work();
        crash();
        layout(words[i]);
        ck_assert(volume_unsettled(app) || volume_unsettled(scratch));
        stop_work();
        must_be_clean();
    }
    layout("r3");
    start_work();
    crash();
    start_work();
    ck_assert_int_eq(get(app, 0), '.');
    stop_work();
    must_be_clean();
}
END_TEST

START_TEST(in_place_nothing_is_based_on_it)
{
    auto_of(volume) struct volume *copy = make("appvms/disp/private", &(struct volume_spec){
        .snap_on_start = TRUE, .source = private});
    g_autofree char *path = volume_path(private), *device = NULL;
    int loop = -1;

    must(volume_start(copy, E));
    must_fail(QMC_ERROR_STATE, "cannot start", volume_start(private, E));
    must(volume_stop(copy, E));
    must(volume_start(private, E));
    must((loop = loop_attach(path, FALSE, &device, E)) >= 0);
    ck_assert(volume_in_use(private));
    must_fail(QMC_ERROR_STATE, "keeps no state", volume_start(copy, E));
    close(loop);
    must(volume_stop(private, E));
    must(volume_stop(copy, E));
}
END_TEST

static void add_case(Suite *suite, const char *name, SFun fixture,
                     const TTest *const *tests)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, fixture, teardown);
    tcase_set_timeout(tcase, 120);
    for (; *tests; tests++)
        tcase_add_test(tcase, *tests);
    suite_add_tcase(suite, tcase);
}

static Suite *layout_suite(void)
{
    const TTest *const joined[] = {
        the_word_is_r3_or_r4, a_guest_that_joins_has_a_root_that_is_read_only,
        other_volumes_are_changed_in_place, NULL,
    };
    const TTest *const alone[] = {
        who_joins_nothing_has_no_volatile, volatile_starts_beside_its_root, NULL,
    };
    const TTest *const joined_dm[] = {
        a_joined_root_is_its_template_s_past, what_is_not_open_yet_stays,
        a_stop_needs_no_layout, a_crash_leaves_nothing, in_place_nothing_is_based_on_it, NULL,
    };
    const TTest *const alone_dm[] = {
        a_root_alone_has_its_volatile_below, a_root_alone_excludes_its_template,
        a_template_goes_back, a_stop_needs_no_layout, a_crash_leaves_nothing, NULL,
    };
    Suite *suite = suite_create("file layout");

    add_case(suite, "joined", setup_joined, joined);
    add_case(suite, "alone", setup_alone, alone);
    if (!dm_usable(NULL)) {
        printf("# SKIP what is made of devices: no device-mapper\n");
        return suite;
    }
    add_case(suite, "joined, devices", setup_joined, joined_dm);
    add_case(suite, "alone, devices", setup_alone, alone_dm);
    return suite;
}

int main(void)
{
    return bench_main(layout_suite());
}
