/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "bench.h"
#include "place.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/file.h"

static const struct {
    gboolean snap, save;
    int revisions;
} kinds[KINDS] = {
    [KIND_VOLATILE] = {FALSE, FALSE, 1},
    [KIND_ORIGIN] = {FALSE, TRUE, 1},
    [KIND_SNAPSHOT] = {TRUE, FALSE, 1},
    [KIND_ORIGIN_SNAPSHOT] = {TRUE, TRUE, 1},
    [KIND_IN_PLACE] = {FALSE, TRUE, -1},
};

static struct volume *make(struct bench *bench, const struct volume_spec *spec)
{
    struct volume *volume = NULL;

    must((volume = volume_new(bench->pool, spec, E)) != NULL);
    return volume;
}

struct bench *bench_new(void)
{
    const char *parent = g_getenv("QMC_TEST_DIR");
    struct bench *bench = g_new0(struct bench, 1);

    bench->dir = g_build_filename(parent ? parent : g_get_tmp_dir(),
                                  "qmc-storage-XXXXXX", NULL);
    ck_assert_ptr_nonnull(g_mkdtemp(bench->dir));
    bench->shares = place_shares(bench->dir);
    must((bench->pool = place_pool(bench->dir, bench->shares, E)));
    must(pool_setup(bench->pool, E));

    g_autofree char *vid = bench_vid(bench, "vm-templates", "base", "root");
    const struct volume_spec spec = {
        .name = "root", .vid = vid, .size = MEGABYTE,
        .rw = TRUE, .save_on_stop = TRUE, .revisions_to_keep = 1,
        .ephemeral = -1,
    };
    bench->source = make(bench, &spec);
    bench_fill(bench->source, "source");
    return bench;
}

void bench_free(struct bench *bench)
{
    volume_unref(bench->source);
    pool_unref(bench->pool);
    place_end();
    must(file_remove_tree(bench->dir, E));
    g_free(bench->dir);
    g_free(bench);
}

char *bench_vid(const struct bench *bench, const char *prefix, const char *qube,
                const char *name)
{
    return pool_driver(bench->pool)->vid(bench->pool, prefix, qube, name);
}

struct volume *bench_keeping(struct bench *bench, enum kind kind,
                             const char *name, int revisions)
{
    g_autofree char *vid = bench_vid(bench, "appvms", "work", name);
    const struct volume_spec spec = {
        .name = name, .vid = vid, .size = MEGABYTE, .rw = TRUE,
        .snap_on_start = kinds[kind].snap, .save_on_stop = kinds[kind].save,
        .revisions_to_keep = revisions, .ephemeral = -1,
        .source = kinds[kind].snap ? bench->source : NULL,
    };

    return make(bench, &spec);
}

struct volume *bench_volume(struct bench *bench, enum kind kind, const char *name)
{
    return bench_keeping(bench, kind, name, kinds[kind].revisions);
}

void bench_fill(struct volume *volume, const char *text)
{
    must(volume_create(volume, E));
    if (volume_save_on_stop(volume) && !volume_snap_on_start(volume))
        bench_write(volume, ".img", text);
}

void bench_run(struct volume *volume, const char *text)
{
    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", text);
    must(volume_stop(volume, E));
}

char *bench_file(const struct volume *volume, const char *ending)
{
    return place_image(volume, ending);
}

gboolean bench_has(const struct volume *volume, const char *ending)
{
    g_autofree char *path = bench_file(volume, ending);

    return access(path, F_OK) == 0;
}

static char *read_text(const char *path)
{
    char text[32] = "";
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return NULL;
    ck_assert_int_ge(pread(fd, text, sizeof text - 1, 0), 0);
    return g_strdup(text);
}

char *bench_read(const struct volume *volume, const char *ending)
{
    g_autofree char *path = bench_file(volume, ending);

    return read_text(path);
}

/* Clocks of file systems tick some 4 ms: no real VM writes this fast. */
void bench_wait(const char *path)
{
    struct timespec now;
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    do
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    while (now.tv_sec < st.st_mtim.tv_sec ||
           (now.tv_sec == st.st_mtim.tv_sec &&
            now.tv_nsec <= st.st_mtim.tv_nsec));
}

void bench_write(const struct volume *volume, const char *ending, const char *text)
{
    g_autofree char *path = bench_file(volume, ending);
    auto_fd int fd = open(path, O_RDWR | O_CLOEXEC);
    char block[32] = "";

    ck_assert_msg(fd >= 0, "no file '%s'", path);
    g_strlcpy(block, text, sizeof block);
    bench_wait(path);
    ck_assert_int_eq(pwrite(fd, block, sizeof block, 0), sizeof block);
    ck_assert_int_eq(fsync(fd), 0); /* of a guest nothing is in a cache here */
}

void bench_touch(const struct volume *volume, const char *ending)
{
    g_autofree char *path = bench_file(volume, ending);

    ck_assert(g_file_set_contents(path, "junk", 4, NULL));
}

static void add_text(GString *state, const char *word, char *text)
{
    if (text)
        g_string_append_printf(state, "%s%s=%s", state->len ? " " : "", word, text);
    g_free(text);
}

char *bench_state(const struct volume *volume)
{
    g_autoptr(GPtrArray) revisions = volume_revisions(volume);
    GString *state = g_string_new(NULL);

    add_text(state, "clean", bench_read(volume, ".img"));
    for (guint i = 0; i < revisions->len; i++) {
        struct revision *revision = g_ptr_array_index(revisions, i);
        g_autofree char *ending = g_strconcat(".img.", revision->id, NULL);

        add_text(state, "rev", bench_read(volume, ending));
    }
    add_text(state, "dirty", bench_read(volume, "-dirty.img"));
    add_text(state, "import", bench_read(volume, "-import.img"));
    if (bench_count(volume, "~"))
        g_string_append(state, " tmp");
    return g_string_free(state, FALSE);
}

guint bench_count(const struct volume *volume, const char *part)
{
    return place_count(volume, part);
}

int bench_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
