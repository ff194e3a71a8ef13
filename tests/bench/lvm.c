/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A start and a stop of a volume in a thin pool, beside the bare commands of LVM that they
 * need, in turn; prints NAME=MICROSECONDS lines, medians. In the lab: lvm-bench.bash.
 *
 *   lvm VG/POOL ROUNDS */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/lvm-cmd.h"
#include "storage/volume.h"

enum { SIZE = 1 << 20, MOST = 99 };
enum { BARE_START, START, BARE_STOP, STOP, FIGURES };

static const char *vg, *thin_pool;
static gint64 figures[FIGURES][MOST];

static void need(gboolean done, const GError *error)
{
    if (done)
        return;
    g_printerr("lvm: %s\n", error ? error->message : "a command failed");
    exit(1);
}

/* --- bare --- */

static void bare(const struct lvm_request *request)
{
    GError *error = NULL;
    g_auto(GStrv) argv = lvm_argv(request, &error);
    int status = -1;

    need(argv != NULL, error);
    need(g_spawn_sync(NULL, argv, NULL,
                      G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL |
                          G_SPAWN_SEARCH_PATH,
                      NULL, NULL, NULL, NULL, &status, &error) && status == 0, error);
}

static void bare_start(void)
{
    bare(&(struct lvm_request){.action = LVM_LIST});
    bare(&(struct lvm_request){LVM_CLONE, vg, "vm-bare-snap", "vm-bare", 0});
}

/* What was there becomes a revision, what was written to takes its place, and the
 * revision before goes. */
static void bare_stop(int round)
{
    g_autofree char *old = g_strdup_printf("vm-bare-%d-back", round);
    g_autofree char *new = g_strdup_printf("vm-bare-%d-back", round + 1);

    bare(&(struct lvm_request){.action = LVM_LIST});
    bare(&(struct lvm_request){LVM_RENAME, vg, "vm-bare", new, 0});
    bare(&(struct lvm_request){LVM_RENAME, vg, "vm-bare-snap", "vm-bare", 0});
    bare(&(struct lvm_request){LVM_RENAME, vg, old, "vm-bare-trash-0", 0});
    bare(&(struct lvm_request){LVM_REMOVE, vg, "vm-bare-trash-0", NULL, 0});
}

static void bare_make(void)
{
    bare(&(struct lvm_request){LVM_CREATE, vg, "vm-bare", thin_pool, SIZE});
    bare(&(struct lvm_request){LVM_CLONE, vg, "vm-bare-0-back", "vm-bare", 0});
}

static void bare_end(int rounds)
{
    g_autofree char *last = g_strdup_printf("vm-bare-%d-back", rounds);

    bare(&(struct lvm_request){LVM_REMOVE, vg, last, NULL, 0});
    bare(&(struct lvm_request){LVM_REMOVE, vg, "vm-bare", NULL, 0});
}

/* --- a volume --- */

static struct volume *volume_make(struct pool *pool)
{
    g_autofree char *vid = g_strconcat(vg, "/vm-work-private", NULL);
    const struct volume_spec spec = {
        .name = "private", .vid = vid, .size = SIZE, .rw = TRUE, .save_on_stop = TRUE,
        .revisions_to_keep = 1, .ephemeral = -1,
    };
    GError *error = NULL;
    struct volume *volume = volume_new(pool, &spec, &error);

    need(volume && volume_create(volume, &error), error);
    /* so that there is a revision to go */
    need(volume_start(volume, &error) && volume_stop(volume, &error), error);
    return volume;
}

static void measure(struct volume *volume, int round)
{
    gint64 at[FIGURES + 1] = {g_get_monotonic_time()};
    GError *error = NULL;

    bare_start();
    at[BARE_START + 1] = g_get_monotonic_time();
    need(volume_start(volume, &error), error);
    at[START + 1] = g_get_monotonic_time();
    bare_stop(round);
    at[BARE_STOP + 1] = g_get_monotonic_time();
    need(volume_stop(volume, &error), error);
    at[STOP + 1] = g_get_monotonic_time();
    for (int i = 0; i < FIGURES; i++)
        figures[i][round] = at[i + 1] - at[i];
}

static int by_number(gconstpointer a, gconstpointer b)
{
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

    return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
    static const char *const names[FIGURES] = {"bare_start", "start", "bare_stop", "stop"};
    g_auto(GStrv) place = g_strsplit(argc > 1 ? argv[1] : "", "/", 2);
    int rounds = argc > 2 ? MIN(atoi(argv[2]), MOST) : 0;
    struct volume *volume;
    struct pool *pool;
    GError *error = NULL;

    need(g_strv_length(place) == 2 && rounds > 0, NULL);
    vg = place[0];
    thin_pool = place[1];

    const struct pool_param params[] = {{"volume_group", vg}, {"thin_pool", thin_pool}, {0}};

    pool = pool_new("bench", "lvm_thin", "", params, &error);
    need(pool && pool_setup(pool, &error), error);
    bare_make();
    volume = volume_make(pool);
    for (int i = 0; i < rounds; i++)
        measure(volume, i);
    for (int i = 0; i < FIGURES; i++) {
        qsort(figures[i], (gsize)rounds, sizeof figures[i][0], by_number);
        printf("%s=%" G_GINT64_FORMAT "\n", names[i], figures[i][rounds / 2]);
    }
    bare_end(rounds);
    need(volume_remove(volume, &error), error);
    volume_unref(volume);
    pool_unref(pool);
    return 0;
}
