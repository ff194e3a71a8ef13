/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Volumes of file-reflink in DIRECTORY, and the bare system calls beside them.
 *
 *   storage DIRECTORY make          a volume of 4 GiB with 256 MiB of data; prints its image
 *   storage DIRECTORY clone         prints NAME=MICROSECONDS lines, medians
 *   storage DIRECTORY export FILE   FILE: - is stdout
 *   storage DIRECTORY import FILE   FILE: - is stdin */
#include "config.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "storage/transfer.h"
#include "util/error.h"

#define MIB (1024 * 1024)
#define GIB (1024ull * MIB)
#define DATA_MIB 256
#define SIZE (4 * GIB)
#define ROUNDS 41

static struct pool *pool;
static const char *directory;

static void need(gboolean done, const GError *error)
{
    if (done)
        return;
    g_printerr("storage: %s\n", error ? error->message : "a system call failed");
    exit(1);
}

static struct volume *volume_at(const char *vid, struct volume *source)
{
    const struct volume_spec spec = {
        .name = "private", .vid = vid, .size = SIZE, .rw = TRUE,
        .snap_on_start = source != NULL, .save_on_stop = source == NULL,
        .revisions_to_keep = 1, .ephemeral = -1, .source = source,
    };
    GError *error = NULL;
    struct volume *volume = volume_new(pool, &spec, &error);

    need(volume != NULL, error);
    return volume;
}

static char *file_at(const char *below)
{
    return g_build_filename(directory, "pool", below, NULL);
}

/* Pieces of one MiB with holes between them, and no two alike. */
static void make(struct volume *big)
{
    g_autofree char *path = file_at("appvms/big/private.img");
    g_autofree guint32 *piece = g_malloc(MIB);
    GError *error = NULL;
    int fd;

    need(volume_create(big, &error), error);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    for (int i = 0; i < DATA_MIB; i++) {
        for (int j = 0; j < MIB / 4; j++)
            piece[j] = g_random_int() | 1;
        need(pwrite(fd, piece, MIB, (off_t)(i * (SIZE / DATA_MIB))) == MIB, NULL);
    }
    need(fsync(fd) == 0 && close(fd) == 0, NULL);
    puts(path);
}

/* What a safe copy takes at least. */
static void bare(const char *from, const char *to)
{
    g_autofree char *temporary = g_strconcat(to, "~", NULL);
    g_autofree char *dir = g_path_get_dirname(to);
    int source = open(from, O_RDONLY | O_CLOEXEC);
    int target = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int parent = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    need(ioctl(target, FICLONE, source) == 0 && fsync(target) == 0 &&
             rename(temporary, to) == 0 && fsync(parent) == 0, NULL);
    close(source);
    close(target);
    close(parent);
}

static int by_number(gconstpointer a, gconstpointer b)
{
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

    return left < right ? -1 : left > right;
}

static void say(const char *name, gint64 *us)
{
    qsort(us, ROUNDS, sizeof *us, by_number);
    printf("%s=%" G_GINT64_FORMAT "\n", name, us[ROUNDS / 2]);
}

/* One after the other in each round, so that a busy disk is so for all. */
static void time_clone(struct volume *big)
{
    struct volume *copy = volume_at("appvms/copy/private", NULL);
    struct volume *snapshot = volume_at("appvms/copy/snapshot", big);
    g_autofree char *from = file_at("appvms/big/private.img");
    g_autofree char *to = file_at("appvms/bare.img");
    static gint64 cloned[ROUNDS], started[ROUNDS], again[ROUNDS], snapped[ROUNDS],
        plain[ROUNDS];
    GError *error = NULL;

    for (int i = 0; i < ROUNDS; i++) {
        gint64 at[6] = { g_get_monotonic_time() };

        bare(from, to);
        at[1] = g_get_monotonic_time();
        need(volume_clone(copy, big, NULL, &error), error);
        at[2] = g_get_monotonic_time();
        need(volume_start(copy, &error), error);
        at[3] = g_get_monotonic_time();
        need(volume_start(snapshot, &error), error);
        at[4] = g_get_monotonic_time();
        need(volume_stop(copy, &error), error);
        at[5] = g_get_monotonic_time();
        need(volume_start(copy, &error), error);
        again[i] = g_get_monotonic_time() - at[5];
        plain[i] = at[1] - at[0];
        cloned[i] = at[2] - at[1];
        started[i] = at[3] - at[2];
        snapped[i] = at[4] - at[3];
        need(volume_stop(snapshot, &error) && volume_remove(copy, &error), error);
        need(unlink(to) == 0, NULL);
    }
    say("bare", plain);
    say("clone", cloned);
    say("start", started);
    say("again", again);
    say("snapshot", snapped);
    volume_unref(snapshot);
    volume_unref(copy);
}

static void export_to(struct volume *big, const char *file)
{
    gboolean pipe = g_str_equal(file, "-");
    int fd = pipe ? STDOUT_FILENO : open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const struct transfer to = { .fd = fd, .name = file };
    GError *error = NULL;

    need(volume_export(big, &to, &error), error);
}

static void import_from(struct volume *big, const char *file)
{
    gboolean pipe = g_str_equal(file, "-");
    int fd = pipe ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    const struct transfer from = { .fd = fd, .name = file };
    GError *error = NULL;

    need(volume_import(big, SIZE, &from, &error), error);
}

int main(int argc, char **argv)
{
    const struct pool_param params[] = {
        { "dir_path", "/pool" }, { "setup_check", "False" }, { NULL },
    };
    GError *error = NULL;
    struct volume *big, *in;

    need(argc > 2, NULL);
    directory = argv[1];
    pool = pool_new("bench", "file-reflink", directory, params, &error);
    need(pool && pool_setup(pool, &error), error);
    big = volume_at("appvms/big/private", NULL);
    in = volume_at("appvms/in/private", NULL);
    if (g_str_equal(argv[2], "make"))
        make(big);
    else if (g_str_equal(argv[2], "clone"))
        time_clone(big);
    else if (g_str_equal(argv[2], "export") && argc > 3)
        export_to(big, argv[3]);
    else if (g_str_equal(argv[2], "import") && argc > 3)
        import_from(in, argv[3]);
    volume_unref(in);
    volume_unref(big);
    pool_unref(pool);
    return 0;
}
