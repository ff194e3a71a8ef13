/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any order of operations, crashes between them, beside a model of what the disks hold
 * (spec/storage.md 7.5; its properties are named P-1 to P-12 below, P-11 is check-names).
 * A run that fails is cut down to a short one. QMC_SEED and QMC_DEEDS repeat and lengthen
 * a run. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "place.h"
#include "storage/transfer.h"
#include "util/auto.h"

enum { DEEDS = 220, TEXT = 12, KEPT = 400, SLOTS = 7, BASE = 0, FINE = -1 };

/* The model. */

struct image {
    gboolean there;
    char text[TEXT];
    guint64 size;
    guint version; /* another content or another size is another one */
};

struct kept {
    struct image image;
    gboolean pinned;
};

struct disk {
    struct image clean, dirty;
    struct kept kept[KEPT]; /* newest first */
    guint count;
    guint64 nominal;
};

/* The names are such that files of one may be taken for another one's. */
static const struct slot {
    const char *name;
    enum kind kind;
    int keep;
} slots[SLOTS] = {
    [BASE] = {"root", KIND_ORIGIN, 1}, /* the bench's source */
    {"private", KIND_ORIGIN, 2},
    {"private-2", KIND_ORIGIN, 0},
    {"private.i", KIND_IN_PLACE, -1},
    {"private2", KIND_SNAPSHOT, 1},
    {"volatile", KIND_VOLATILE, 1},
    {"root", KIND_ORIGIN_SNAPSHOT, 1},
};

struct deed {
    guint row, slot, other, number;
};

static struct {
    struct bench *bench;
    struct volume *volumes[SLOTS];
    struct disk disks[SLOTS];
    guint version;
    char *fault; /* the first thing that is not as it should be */
} run;

static gboolean snaps(guint slot)
{
    return slots[slot].kind == KIND_SNAPSHOT || slots[slot].kind == KIND_ORIGIN_SNAPSHOT;
}

static gboolean saves(guint slot)
{
    return slots[slot].kind != KIND_SNAPSHOT && slots[slot].kind != KIND_VOLATILE;
}

static gboolean in_place(guint slot)
{
    return slots[slot].kind == KIND_IN_PLACE;
}

static struct image image_new(const char *text, guint64 size)
{
    struct image image = {.there = TRUE, .size = size, .version = ++run.version};

    g_strlcpy(image.text, text, TEXT);
    return image;
}

static guint64 size_of(guint slot)
{
    const struct disk *disk = &run.disks[slot];
    const struct image *base = &run.disks[BASE].clean;

    return disk->dirty.there                ? disk->dirty.size
           : disk->clean.there              ? disk->clean.size
           : snaps(slot) && base->there ? base->size
                                            : disk->nominal;
}

static void forget(struct disk *disk, guint index)
{
    disk->count--;
    memmove(disk->kept + index, disk->kept + index + 1,
            (disk->count - index) * sizeof *disk->kept);
}

static void prune(struct disk *disk, int keep)
{
    int seen = 0;

    for (guint i = 0; i < disk->count;)
        if (!disk->kept[i].pinned && seen++ >= keep)
            forget(disk, i);
        else
            i++;
}

static void keep_clean(struct disk *disk, int keep)
{
    if (!disk->clean.there || keep <= 0 ||
        (disk->count && disk->kept[0].image.version == disk->clean.version))
        return;
    g_assert(disk->count < KEPT);
    memmove(disk->kept + 1, disk->kept, disk->count++ * sizeof *disk->kept);
    disk->kept[0] = (struct kept){.image = disk->clean};
}

static void commit(struct disk *disk, struct image image, int keep)
{
    keep_clean(disk, keep);
    prune(disk, keep);
    disk->clean = image;
}

/* Deeds: what the model says of one (FINE, or the code of the error, and nothing has changed
 * then), and the one itself. */

static int model_create(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];
    guint64 nominal = disk->nominal;

    *disk = (struct disk){.nominal = nominal};
    if (saves(deed->slot) && !snaps(deed->slot))
        disk->clean = image_new("", nominal); /* P-8 */
    return FINE;
}

static gboolean do_create(const struct deed *deed, GError **error)
{
    return volume_create(run.volumes[deed->slot], error);
}

static int model_remove(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];

    *disk = (struct disk){.nominal = disk->nominal};
    return FINE;
}

/* P-9: nothing of it is left. */
static gboolean do_remove(const struct deed *deed, GError **error)
{
    struct volume *volume = run.volumes[deed->slot];

    return volume_remove(volume, error) && volume_vacant(volume, error);
}

static int start_snapshot(struct disk *disk)
{
    const struct image *base = &run.disks[BASE].clean;

    if (!base->there)
        return QMC_ERROR_NOTFOUND;
    disk->clean = disk->dirty = *base;
    return FINE;
}

static int start_in_place(struct disk *disk)
{
    if (!disk->dirty.there && !disk->clean.there)
        return QMC_ERROR_NOTFOUND;
    prune(disk, 0);
    if (!disk->dirty.there)
        disk->dirty = disk->clean;
    disk->clean.there = FALSE;
    return FINE;
}

/* P-5, P-7: what a crash left of one that saves goes on; others begin anew. */
static int model_start(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];

    if (in_place(deed->slot))
        return start_in_place(disk);
    if (disk->dirty.there && saves(deed->slot))
        return FINE;
    if (snaps(deed->slot))
        return start_snapshot(disk);
    if (!saves(deed->slot)) {
        disk->dirty = image_new("", disk->nominal);
        return FINE;
    }
    disk->dirty = disk->clean;
    return disk->clean.there ? FINE : QMC_ERROR_NOTFOUND;
}

static gboolean do_start(const struct deed *deed, GError **error)
{
    return volume_start(run.volumes[deed->slot], error);
}

static int model_stop(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];
    gboolean changed = disk->dirty.version != disk->clean.version;

    if (!saves(deed->slot)) {
        if (disk->dirty.there && !snaps(deed->slot))
            disk->nominal = disk->dirty.size;
        disk->clean.there = FALSE;
    } else if (disk->dirty.there && in_place(deed->slot)) {
        disk->clean = disk->dirty;
    } else if (disk->dirty.there) {
        if (changed)
            keep_clean(disk, slots[deed->slot].keep);
        prune(disk, slots[deed->slot].keep);
        disk->clean = disk->dirty;
    }
    disk->dirty.there = FALSE;
    return FINE;
}

static gboolean do_stop(const struct deed *deed, GError **error)
{
    return volume_stop(run.volumes[deed->slot], error);
}

/* P-7: the second changes nothing. */
static gboolean do_stop_twice(const struct deed *deed, GError **error)
{
    return do_stop(deed, error) && do_stop(deed, error);
}

static void text_of(const struct deed *deed, char text[TEXT])
{
    g_snprintf(text, TEXT, "%u", deed->number);
}

/* What a qube does; nothing if it does not run. */
static int model_write(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];
    char text[TEXT];

    text_of(deed, text);
    if (disk->dirty.there)
        disk->dirty = image_new(text, disk->dirty.size);
    return FINE;
}

static gboolean do_write(const struct deed *deed, GError **error)
{
    struct volume *volume = run.volumes[deed->slot];
    char text[TEXT];

    text_of(deed, text);
    if (volume_in_use(volume))
        bench_write(volume, "-dirty.img", text);
    return TRUE;
}

static guint64 new_size(const struct deed *deed)
{
    return MEGABYTE + deed->number % 5 * 4096;
}

static int may_resize(const struct deed *deed)
{
    const struct disk *disk = &run.disks[deed->slot];
    gboolean shrinks = new_size(deed) < size_of(deed->slot);

    if (shrinks && deed->number % 2)
        return QMC_ERROR_INVALID; /* nobody asked for it */
    if (shrinks && disk->dirty.there)
        return QMC_ERROR_STATE;
    if (!disk->dirty.there && snaps(deed->slot))
        return QMC_ERROR_STATE;
    return !disk->dirty.there && !disk->clean.there && saves(deed->slot)
               ? QMC_ERROR_NOTFOUND : FINE;
}

static int model_resize(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];
    struct image *image = disk->dirty.there ? &disk->dirty : &disk->clean;
    int code = may_resize(deed);

    if (code != FINE)
        return code;
    disk->nominal = new_size(deed);
    if (image->there && image->size != disk->nominal)
        *image = image_new(image->text, disk->nominal);
    return FINE;
}

static gboolean do_resize(const struct deed *deed, GError **error)
{
    return volume_resize(run.volumes[deed->slot], new_size(deed), deed->number % 2 == 0,
                         error);
}

/* As bench_write() does: the time tells whether a run wrote anything. */
static gboolean is_same_size(const struct deed *deed)
{
    return run.disks[deed->slot].dirty.there && new_size(deed) == size_of(deed->slot);
}

static int takes_content(guint slot)
{
    return !saves(slot) || run.disks[slot].dirty.there ? QMC_ERROR_STATE : FINE;
}

/* P-4: revert and revert to the newest is what was. */
static int model_revert(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];
    guint before = disk->count, index;
    struct kept target;

    if (takes_content(deed->slot) != FINE)
        return takes_content(deed->slot);
    if (before == 0)
        return QMC_ERROR_NOTFOUND;
    keep_clean(disk, 1);
    index = deed->number % before + disk->count - before;
    target = disk->kept[index];
    if (!target.pinned)
        forget(disk, index);
    disk->clean = target.image;
    disk->nominal = target.image.size;
    return FINE;
}

static char *revision_at(guint slot, guint number)
{
    g_autoptr(GPtrArray) list = volume_revisions(run.volumes[slot]);
    const struct revision *revision = list->len ? list->pdata[number % list->len] : NULL;

    return revision ? g_strdup(revision->id) : NULL;
}

static gboolean do_revert(const struct deed *deed, GError **error)
{
    g_autofree char *id = revision_at(deed->slot, deed->number);

    return volume_revert(run.volumes[deed->slot], id, error);
}

static int model_pin(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];

    if (disk->count == 0)
        return QMC_ERROR_NOTFOUND;
    disk->kept[deed->number % disk->count].pinned = deed->other == 1;
    return FINE;
}

static gboolean do_pin(const struct deed *deed, GError **error)
{
    g_autofree char *id = revision_at(deed->slot, deed->number);

    return volume_pin(run.volumes[deed->slot], id, deed->other == 1, error);
}

static int model_import(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];
    char text[TEXT];

    text_of(deed, text);
    if (takes_content(deed->slot) != FINE)
        return takes_content(deed->slot);
    disk->nominal = new_size(deed);
    commit(disk, image_new(text, disk->nominal), MAX(slots[deed->slot].keep, 1));
    return FINE;
}

static gboolean fill(struct incoming *incoming, const struct deed *deed)
{
    auto_fd int fd = open(incoming_path(incoming), O_WRONLY | O_CLOEXEC);
    char text[32] = "";

    text_of(deed, text);
    return pwrite(fd, text, sizeof text, 0) == (ssize_t)sizeof text;
}

static gboolean do_import(const struct deed *deed, GError **error)
{
    auto_of(incoming) struct incoming *incoming =
        incoming_new(run.volumes[deed->slot], new_size(deed), error);

    return incoming && fill(incoming, deed) && incoming_commit(incoming, error);
}

static int model_give_up(const struct deed *deed)
{
    return takes_content(deed->slot);
}

static gboolean do_give_up(const struct deed *deed, GError **error)
{
    auto_of(incoming) struct incoming *incoming =
        incoming_new(run.volumes[deed->slot], new_size(deed), error);

    return incoming && fill(incoming, deed);
}

static gboolean offers_state(guint slot)
{
    return !in_place(slot) || !run.disks[slot].dirty.there;
}

static int model_clone(const struct deed *deed)
{
    struct disk *disk = &run.disks[deed->slot];
    struct image from = run.disks[deed->other].clean;

    if (!saves(deed->slot))
        return FINE;
    if (deed->slot == deed->other)
        return QMC_ERROR_INVALID;
    if (!saves(deed->other) || takes_content(deed->slot) != FINE || !offers_state(deed->other))
        return QMC_ERROR_STATE;
    if (!from.there)
        return QMC_ERROR_NOTFOUND;
    disk->nominal = from.size;
    commit(disk, image_new(from.text, from.size), MAX(slots[deed->slot].keep, 1));
    return FINE;
}

static gboolean do_clone(const struct deed *deed, GError **error)
{
    return volume_clone(run.volumes[deed->slot], run.volumes[deed->other], NULL, error);
}

/* P-6: what was committed last, also of one that runs. */
static int model_export(const struct deed *deed)
{
    return !saves(deed->slot) || !offers_state(deed->slot) ? QMC_ERROR_STATE
           : run.disks[deed->slot].clean.there             ? FINE
                                                           : QMC_ERROR_NOTFOUND;
}

static gboolean do_export(const struct deed *deed, GError **error)
{
    g_autofree char *path = g_build_filename(run.bench->dir, "out", NULL);
    auto_fd int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const struct transfer to = {.fd = fd, .name = "out"};
    const struct image *clean = &run.disks[deed->slot].clean;
    char text[TEXT] = "";

    if (!volume_export(run.volumes[deed->slot], &to, error))
        return FALSE;
    if (pread(fd, text, TEXT - 1, 0) < 0 || strcmp(text, clean->text) != 0 ||
        (guint64)lseek(fd, 0, SEEK_END) != clean->size)
        run.fault = g_strdup_printf("P-6: exported '%s', not '%s'", text, clean->text);
    return TRUE;
}

static int model_verify(const struct deed *deed)
{
    const struct disk *disk = &run.disks[snaps(deed->slot) ? BASE : deed->slot];

    return (!snaps(deed->slot) && !saves(deed->slot)) || disk->clean.there ||
                   (in_place(deed->slot) && disk->dirty.there)
               ? FINE : QMC_ERROR_NOTFOUND;
}

static gboolean do_verify(const struct deed *deed, GError **error)
{
    return volume_verify(run.volumes[deed->slot], error);
}

static int model_nothing(const struct deed *deed)
{
    return FINE;
}

/* The process dies: what is known is what is on the disk, and what the store says. */
static gboolean do_crash(const struct deed *deed, GError **error)
{
    for (guint i = 0; i < SLOTS; i++) {
        struct volume *old = run.volumes[i];

        run.volumes[i] = volume_new_like(old, volume_vid(old), error);
        volume_unref(old);
        if (!run.volumes[i])
            return FALSE;
    }
    return TRUE;
}

/* What a process leaves that dies in the middle of a copy or an import; an operation on
 * the volume that changes something removes it (see settle()). */
static gboolean do_die_copying(const struct deed *deed, GError **error)
{
    static const char *const left[] = {".img~a1b2c3d4", "-dirty.img~a1b2c3d4",
                                       "-import.img", "-import.img~a1b2c3d4"};
    struct volume *volume = run.volumes[deed->slot];

    if (place_has_names && volume_in_use(volume))
        bench_touch(volume, left[deed->number % G_N_ELEMENTS(left)]);
    return do_crash(deed, error) && volume_stop(run.volumes[deed->slot], error);
}

static const struct row {
    const char *name;
    guint weight;
    int (*model)(const struct deed *deed);
    gboolean (*real)(const struct deed *deed, GError **error);
} rows[] = {
    {"create", 1, model_create, do_create},
    {"remove", 1, model_remove, do_remove},
    {"start", 8, model_start, do_start},
    {"write", 8, model_write, do_write},
    {"stop", 5, model_stop, do_stop},
    {"stop twice", 2, model_stop, do_stop_twice},
    {"resize", 4, model_resize, do_resize},
    {"revert", 3, model_revert, do_revert},
    {"pin", 1, model_pin, do_pin},
    {"import", 2, model_import, do_import},
    {"give up an import", 1, model_give_up, do_give_up},
    {"clone", 2, model_clone, do_clone},
    {"export", 2, model_export, do_export},
    {"verify", 1, model_verify, do_verify},
    {"crash", 3, model_nothing, do_crash},
    {"die in a copy", 1, model_stop, do_die_copying},
};

/* After each. */

static gboolean differs(guint slot, const char *what, const char *now, const char *then)
{
    if (g_strcmp0(now, then) == 0)
        return FALSE;
    run.fault = g_strdup_printf("%s of %s is '%s', not '%s'", what,
                                volume_vid(run.volumes[slot]), now ? now : "none",
                                then ? then : "none");
    return TRUE;
}

static gboolean number_differs(guint slot, const char *what, guint64 now, guint64 then)
{
    g_autofree char *a = g_strdup_printf("%" G_GUINT64_FORMAT, now);
    g_autofree char *b = g_strdup_printf("%" G_GUINT64_FORMAT, then);

    return differs(slot, what, a, b);
}

static gboolean image_differs(guint slot, const char *what, const char *ending,
                              const struct image *image)
{
    g_autofree char *text = bench_read(run.volumes[slot], ending);

    return differs(slot, what, text, image->there ? image->text : NULL);
}

/* P-3, P-4: each of them, in their order, and no more. */
static gboolean revisions_differ(guint slot)
{
    g_autoptr(GPtrArray) list = volume_revisions(run.volumes[slot]);
    const struct disk *disk = &run.disks[slot];
    gint64 last = G_MAXINT64;

    if (number_differs(slot, "P-4: revisions", list->len, disk->count))
        return TRUE;
    for (guint i = 0; i < list->len; i++) {
        const struct revision *revision = list->pdata[i];
        g_autofree char *ending = g_strconcat(".img.", revision->id, NULL);
        g_autofree char *pin = g_strconcat(ending, ".pin", NULL);
        gboolean only_pin = !bench_has(run.volumes[slot], ending);

        if (image_differs(slot, "P-3: revision", only_pin ? pin : ending,
                          &disk->kept[i].image) ||
            number_differs(slot, "pin", revision->pinned, disk->kept[i].pinned) ||
            number_differs(slot, "P-3: order", revision->number < last, TRUE))
            return TRUE;
        last = revision->number;
    }
    return FALSE;
}

static gboolean is_outdated(guint slot)
{
    const struct image *clean = &run.disks[slot].clean, *base = &run.disks[BASE].clean;

    return snaps(slot) && clean->there && base->there && clean->version != base->version;
}

/* P-1, P-5, P-10: of every volume, whichever the deed was about. */
static gboolean slot_differs(guint slot)
{
    const struct volume *volume = run.volumes[slot];
    const struct disk *disk = &run.disks[slot];

    return image_differs(slot, "P-1, P-10: committed", ".img", &disk->clean) ||
           image_differs(slot, "P-5, P-10: image in use", "-dirty.img", &disk->dirty) ||
           revisions_differ(slot) ||
           number_differs(slot, "P-2: size", volume_size(volume), size_of(slot)) ||
           number_differs(slot, "in use", volume_in_use(volume), disk->dirty.there) ||
           number_differs(slot, "dirty", volume_is_dirty(volume),
                          disk->dirty.there && saves(slot)) ||
           number_differs(slot, "outdated", volume_is_outdated(volume),
                          is_outdated(slot)) ||
           number_differs(slot, "P-12: temporary files", bench_count(volume, "~"), 0) ||
           number_differs(slot, "P-12: imports", bench_has(volume, "-import.img"), 0);
}

/* Times of files are as fine as a tick of the clock, and qubes are never as fast. */
static void let_time_pass(void)
{
    struct timespec begin, now;

    clock_gettime(CLOCK_REALTIME_COARSE, &begin);
    do
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    while (now.tv_sec == begin.tv_sec && now.tv_nsec == begin.tv_nsec);
}

static void judge(int expected, gboolean done, const GError *error)
{
    if (run.fault || (done && expected == FINE) ||
        (!done && expected != FINE && error_is(error, (QmcErrorCode)expected)))
        return;
    run.fault = g_strdup_printf("expected %d, it %s: %s", expected,
                                done ? "is done" : "fails", error ? error->message : "-");
}

static void do_deed(const struct deed *deed)
{
    const struct row *row = &rows[deed->row];
    gboolean skip = row->real == do_resize && is_same_size(deed);
    g_autoptr(GError) error = NULL;
    gboolean done;
    int expected;

    if (skip)
        return;
    let_time_pass();
    if (row->real == do_export) {
        done = row->real(deed, &error);
        expected = row->model(deed);
    } else {
        expected = row->model(deed);
        done = row->real(deed, &error);
    }
    judge(expected, done, error);
    for (guint i = 0; !run.fault && i < SLOTS; i++)
        slot_differs(i);
}

static void begin(void)
{
    memset(&run, 0, sizeof run);
    run.bench = bench_new();
    run.volumes[BASE] = volume_ref(run.bench->source);
    run.disks[BASE].clean = image_new("source", MEGABYTE);
    for (guint i = 0; i < SLOTS; i++) {
        run.disks[i].nominal = MEGABYTE;
        if (i != BASE)
            run.volumes[i] = bench_keeping(run.bench, slots[i].kind, slots[i].name,
                                           slots[i].keep);
    }
}

/* NULL: all was as it should be. */
static char *run_deeds(const GArray *deeds, guint *failed)
{
    char *fault;

    begin();
    for (guint i = 0; !run.fault && i < deeds->len; i++) {
        do_deed(&g_array_index(deeds, struct deed, i));
        *failed = i;
    }
    for (guint i = 0; i < SLOTS; i++)
        if (run.volumes[i])
            volume_unref(run.volumes[i]);
    bench_free(run.bench);
    fault = g_steal_pointer(&run.fault);
    return fault;
}

static guint pick_row(GRand *dice)
{
    guint total = 0, at;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        total += rows[i].weight;
    at = g_rand_int(dice) % total;
    for (guint i = 0;; at -= rows[i++].weight)
        if (at < rows[i].weight)
            return i;
}

static GArray *deeds_new(guint32 seed, guint count)
{
    g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
    GArray *deeds = g_array_new(FALSE, FALSE, sizeof(struct deed));

    for (guint i = 0; i < count; i++) {
        struct deed deed = {
            .row = pick_row(dice), .slot = g_rand_int(dice) % SLOTS,
            .other = g_rand_int(dice) % SLOTS, .number = g_rand_int(dice) % 1000000,
        };

        g_array_append_val(deeds, deed);
    }
    return deeds;
}

/* Leaves out pieces, smaller and smaller ones, as long as it fails. */
static void shrink(GArray *deeds, char **fault)
{
    guint failed;

    for (guint piece = deeds->len / 2; piece > 0; piece /= 2)
        for (guint at = 0; at + piece <= deeds->len;) {
            g_autoptr(GArray) less = g_array_copy(deeds);
            char *now = (g_array_remove_range(less, at, piece), run_deeds(less, &failed));

            if (!now) {
                at += piece;
                continue;
            }
            g_free(*fault);
            *fault = now;
            g_array_set_size(deeds, 0);
            g_array_append_vals(deeds, less->data, MIN(less->len, failed + 1));
        }
}

static void print_deeds(const GArray *deeds)
{
    for (guint i = 0; i < deeds->len; i++) {
        const struct deed *deed = &g_array_index(deeds, struct deed, i);

        printf("# %s slot %u (%s) other %u number %u\n", rows[deed->row].name, deed->slot,
               slots[deed->slot].name, deed->other, deed->number);
    }
    fflush(stdout);
}

START_TEST(any_order_keeps_the_properties)
{
    const char *given = g_getenv("QMC_SEED"), *many = g_getenv("QMC_DEEDS");
    guint32 seed = given ? (guint32)g_ascii_strtoull(given, NULL, 10) : g_random_int();
    g_autoptr(GArray) deeds = deeds_new(seed, many ? (guint)atoi(many) : DEEDS);
    g_autofree char *fault = NULL;
    guint failed = 0;

    printf("# QMC_SEED=%u\n", seed);
    fflush(stdout);
    fault = run_deeds(deeds, &failed);
    if (!fault)
        return;
    g_array_set_size(deeds, failed + 1);
    shrink(deeds, &fault);
    print_deeds(deeds);
    ck_abort_msg("QMC_SEED=%u: %s", seed, fault);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("properties");
    TCase *tcase = tcase_create("properties");

    tcase_set_timeout(tcase, 1200);
    tcase_add_test(tcase, any_order_keeps_the_properties);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
