/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Power that is lost while volumes are worked on (spec/storage.md 7.4, T-C1): everything
 * below is on a device of dm-log-writes named "power". tests/lab/power.bash has the order.
 *
 *   power run SEED STEPS DRIVER PLACE    takes the steps, with a mark before and behind each
 *   power cuts LOG MOST always|flushed   prints lines ENTRIES MARK: where to cut the log
 *   power replay LOG FROM TO IMAGE       does what these entries did
 *   power check SEED MARK DRIVER PLACE   recovers what the cut has left, and looks at it
 *
 * PLACE is a directory, of lvm_thin VG/POOL. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "power-log.h"
#include "power-plan.h"
#include "storage/lvm-table.h"
#include "storage/transfer.h"
#include "util/auto.h"
#include "util/error.h"
#include "util/proc.h"

enum { MEGABYTE = 1 << 20, BLOCK = 64 * 1024, BLOCKS = MEGABYTE / BLOCK, TEXT = 12,
       CLOCK_TICK_US = 20000 };
enum { MIXED = -2 };

static struct pool *pool;
static struct volume *volumes[SLOTS];
static struct model before, after; /* the step that the mark is of */
static const char *now = "";       /* what is being done */

G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN static void give_up(const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    printf("%s: %s\n", now, text);
    exit(1);
}

#define must(call)                                                                        \
    do {                                                                                   \
        GError *must_error = NULL;                                                         \
        if (!(call))                                                                       \
            give_up("%s: %s", #call, must_error ? must_error->message : g_strerror(errno)); \
    } while (0)
#define E (&must_error)

/* --- where --- */

static void open_pool(const char *driver, const char *place)
{
    g_auto(GStrv) names = g_strsplit(place, "/", 2);
    const struct pool_param of_files[] = {
        {"dir_path", "/pool"},
        {g_str_equal(driver, "file-reflink") ? "setup_check" : NULL, "False"}, {0},
    };
    const struct pool_param of_lvm[] = {
        {"volume_group", names[0]}, {"thin_pool", names[1]}, {0},
    };
    gboolean lvm = g_str_equal(driver, "lvm_thin");

    must((pool = pool_new("power", driver, lvm ? "" : place, lvm ? of_lvm : of_files, E)));
    must(pool_setup(pool, E));
}

static struct volume *volume_at(enum slot slot, guint64 size)
{
    static const char *const names[SLOTS][3] = {
        {"vm-templates", "base", "root"}, {"appvms", "work", "private"},
        {"appvms", "work", "other"},      {"appvms", "work", "root"},
        {"appvms", "work", "volatile"},
    };
    g_autofree char *vid =
        pool_driver(pool)->vid(pool, names[slot][0], names[slot][1], names[slot][2]);
    const struct volume_spec spec = {
        .name = names[slot][2], .vid = vid, .size = size, .rw = TRUE,
        .snap_on_start = slot == SNAPSHOT, .save_on_stop = slot_saves(slot),
        .revisions_to_keep = 1, .ephemeral = -1,
        .source = slot == SNAPSHOT ? volumes[BASE] : NULL,
    };
    struct volume *volume = NULL;

    must((volume = volume_new(pool, &spec, E)));
    return volume;
}

static void open_volumes(void)
{
    for (int slot = 0; slot < SLOTS; slot++)
        volumes[slot] = volume_at(slot, MEGABYTE);
}

/* --- texts --- */

static void put_text(int fd, int number)
{
    char text[TEXT] = "";

    g_snprintf(text, sizeof text, "%d", number);
    for (int i = 0; i < BLOCKS; i++)
        must(pwrite(fd, text, sizeof text, (off_t)i * BLOCK) == sizeof text);
    must(fsync(fd) == 0);
}

/* MIXED: it is of two. */
static int get_text(int fd)
{
    char first[TEXT], text[TEXT];

    must(pread(fd, first, sizeof first, 0) == sizeof first);
    for (int i = 1; i < BLOCKS; i++) {
        must(pread(fd, text, sizeof text, (off_t)i * BLOCK) == sizeof text);
        if (memcmp(first, text, sizeof text) != 0)
            return MIXED;
    }
    return atoi(first);
}

static int scratch(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    must(fd >= 0);
    return fd;
}

/* --- run --- */

static void write_text(const struct volume *volume, int number)
{
    g_autofree char *path = volume_path(volume);
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        give_up("no '%s'", path);
    g_usleep(CLOCK_TICK_US); /* no qube writes in the moment of its start */
    put_text(fd, number);
}

static gboolean import(struct volume *volume, int size, int number, GError **error)
{
    auto_fd int fd = scratch();
    const struct transfer from = {.fd = fd, .name = "offered"};

    must(ftruncate(fd, (off_t)size * MEGABYTE) == 0);
    put_text(fd, number);
    must(lseek(fd, 0, SEEK_SET) == 0);
    return volume_import(volume, (guint64)size * MEGABYTE, &from, error);
}

static gboolean resize(const struct step *step, GError **error)
{
    guint64 size = (guint64)after.disks[step->slot].now.size * MEGABYTE;

    return volume_resize(volumes[step->slot], size, step->deed == SHRINK, error);
}

static gboolean take(const struct step *step, int number, GError **error)
{
    struct volume *volume = volumes[step->slot];

    switch (step->deed) {
    case CREATE:
        return volume_create(volume, error);
    case IMPORT:
        return import(volume, step->size, number, error);
    case START:
        return volume_start(volume, error);
    case WRITE:
        write_text(volume, number);
        return TRUE;
    case STOP:
        return volume_stop(volume, error);
    case CLONE:
        return volume_clone(volume, volumes[step->other], NULL, error);
    case REVERT:
        return volume_revert(volume, NULL, error);
    case REMOVE:
        return volume_remove(volume, error);
    default:
        return resize(step, error);
    }
}

static void mark(guint number, char phase)
{
    g_autofree char *text = g_strdup_printf("%u%c", number, phase);
    const char *const argv[] = {"dmsetup", "message", "power", "0", "mark", text, NULL};
    const struct proc_spec spec = {.argv = argv};
    struct proc_result result = {0};

    must(proc_run(&spec, &result, E));
    if (result.status != 0)
        give_up("no mark: %s", result.err);
    proc_result_clear(&result);
}

static char *words(const struct step *step, guint number)
{
    return g_strdup_printf("step %u, %s %s%s%s", number, deed_name(step->deed),
                           volume_vid(volumes[step->slot]),
                           step->deed == CLONE ? " from " : "",
                           step->deed == CLONE ? volume_vid(volumes[step->other]) : "");
}

static void run(guint32 seed, guint count)
{
    g_autoptr(GArray) plan = plan_new(seed, count);

    model_init(&after);
    open_volumes();
    for (guint i = 0; i < plan->len; i++) {
        const struct step *step = &g_array_index(plan, struct step, i);

        now = words(step, i + 1);
        model_apply(&after, step, (int)i + 1);
        mark(i + 1, 'b');
        must(take(step, (int)i + 1, E));
        mark(i + 1, 'd');
        printf("# %s\n", now);
    }
    now = "in the end"; /* as when the power comes back: it goes on from the last mark */
    for (int slot = 0; slot < SLOTS; slot++)
        must(volume_stop(volumes[slot], E));
}

/* --- check --- */

/* What there is of a volume; it has the size that it says. */
static struct state state_of(struct volume *volume)
{
    auto_fd int fd = scratch();
    const struct transfer to = {.fd = fd, .name = "copy"};
    off_t end;

    must(volume_export(volume, &to, E));
    end = lseek(fd, 0, SEEK_END);
    if (end != (off_t)volume_size(volume))
        give_up("%s has %lld bytes and says %llu", volume_vid(volume), (long long)end,
                (unsigned long long)volume_size(volume));
    return (struct state){.text = get_text(fd), .size = (int)(end / MEGABYTE)};
}

static gboolean is_there(struct volume *volume)
{
    g_autoptr(GError) error = NULL;

    if (volume_vacant(volume, &error))
        return FALSE;
    if (!error_is(error, QMC_ERROR_EXISTS))
        give_up("%s: %s", volume_vid(volume), error->message);
    return TRUE;
}

/* Of a guest's own writes nothing is promised before it has flushed them. */
static gboolean is_like(const struct state *wanted, const struct state *state,
                        gboolean writing)
{
    return ((writing && state->text == MIXED) || wanted->text == state->text) &&
           wanted->size == state->size;
}

static void check_disk(enum slot slot, const struct step *step, gboolean done)
{
    const struct disk *old = &before.disks[slot], *new = &after.disks[slot];
    struct volume *volume = volumes[slot];
    gboolean of_step = step->slot == slot;
    gboolean busy = of_step && !done;
    struct state state;

    if (busy && (step->deed == CREATE || step->deed == REMOVE || !old->there))
        return; /* what it has is on its way in or out */
    if (!new->there) {
        if (is_there(volume))
            give_up("%s is there", volume_vid(volume));
        return;
    }
    must(volume_verify(volume, E));
    state = state_of(volume);
    if (!is_like(&new->now, &state, busy && step->deed == WRITE) &&
        !(busy && is_like(&old->now, &state, FALSE)))
        give_up("%s has text %d and %d MiB: not text %d and %d MiB%s", volume_vid(volume),
                state.text, state.size, new->now.text, new->now.size,
                busy ? ", nor what it had before" : "");
}

static gboolean is_rest(const char *name)
{
    static const char *const parts[] = {
        "~", "-import", "-dirty", "-snap", "-trash", "volatile", "work-root", "work/root",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strstr(name, parts[i]))
            return TRUE;
    return FALSE;
}

static void check_directory(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        if (is_rest(below + strlen(pool_dir(pool))))
            give_up("'%s' is left", below);
        if (g_file_test(below, G_FILE_TEST_IS_DIR))
            check_directory(below);
    }
}

static void check_lvm(const char *vg)
{
    auto_of(lvm_table) struct lvm_table *table = NULL;
    const struct lvm_entry *const *entries;
    guint n;

    must((table = lvm_table_get(LVM_FRESH, E)));
    n = lvm_table_range(table, vg, "", &entries);
    for (guint i = 0; i < n; i++)
        if (is_rest(entries[i]->lv))
            give_up("'%s' is left", entries[i]->key);
}

static void check_rests(void)
{
    for (int slot = 0; slot < SLOTS; slot++)
        if (volume_unsettled(volumes[slot]))
            give_up("%s is not settled", volume_vid(volumes[slot]));
    if (pool_dir(pool))
        check_directory(pool_dir(pool));
    else
        check_lvm(pool_param(pool, "volume_group"));
}

/* What a run, or whatever replaced it, has replaced is its revision. */
static struct state revision_of(const struct disk *disk)
{
    static const struct state unknown = {.text = -1};

    return !disk->used ? disk->back : disk->written ? disk->clean : unknown;
}

static void check_revision(struct volume *volume, const struct state *wanted)
{
    struct state state;

    must(volume_revert(volume, NULL, E));
    state = state_of(volume);
    if (!is_like(wanted, &state, FALSE))
        give_up("%s goes back to text %d and %d MiB: not text %d and %d MiB",
                volume_vid(volume), state.text, state.size, wanted->text, wanted->size);
}

/* That which the step was about can be used as ever. */
static void check_usable(const struct step *step, gboolean done)
{
    struct volume *volume = volumes[step->slot];
    struct state revision = revision_of(&after.disks[step->slot]);

    if (done && slot_saves(step->slot) && revision.text >= 0)
        check_revision(volume, &revision);
    if (slot_saves(step->slot))
        must(volume_create(volume, E));
    if (slot_saves(step->slot) && state_of(volume).text != 0)
        give_up("%s is not empty when it is new", volume_vid(volume));
    if (step->slot != SNAPSHOT || after.disks[BASE].there)
        must(volume_start(volume, E));
    must(volume_stop(volume, E));
    must(volume_remove(volume, E));
    if (is_there(volume))
        give_up("%s is removed and there", volume_vid(volume));
}

static void check(guint32 seed, const char *text)
{
    guint number = (guint)atoi(text);
    gboolean done = g_str_has_suffix(text, "d");
    g_autoptr(GArray) plan = plan_new(seed, number);
    const struct step *step = &g_array_index(plan, struct step, number - 1);

    model_init(&before);
    open_volumes();
    for (guint i = 0; i + 1 < plan->len; i++)
        model_apply(&before, &g_array_index(plan, struct step, i), (int)i + 1);
    after = before;
    model_apply(&after, step, (int)number);
    now = words(step, number);
    for (int slot = 0; slot < SLOTS; slot++)
        must(volume_stop(volumes[slot], E));
    check_rests();
    for (int slot = 0; slot < SLOTS; slot++)
        if (slot_saves(slot))
            check_disk(slot, step, done);
    check_usable(step, done);
    check_rests();
}

/* --- */

static void print_cuts(const char *log, guint most, gboolean marked)
{
    g_autoptr(GArray) cuts = NULL;

    must((cuts = log_cuts(log, marked, E)));
    for (guint i = 0; i < MIN(most, cuts->len); i++) {
        guint at = (guint)((guint64)i * cuts->len / MIN(most, cuts->len));
        const struct cut *cut = &g_array_index(cuts, struct cut, at);

        printf("%u %s\n", cut->entries, cut->mark);
    }
}

int main(int argc, char **argv)
{
    if (argc != 6 && !(argc == 5 && g_str_equal(argv[1], "cuts"))) {
        fprintf(stderr, "see the beginning of power.c\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (g_str_equal(argv[1], "cuts")) {
        print_cuts(argv[2], (guint)atoi(argv[3]), g_str_equal(argv[4], "always"));
    } else if (g_str_equal(argv[1], "replay")) {
        must(log_replay(argv[2], (guint)atoi(argv[3]), (guint)atoi(argv[4]), argv[5], E));
    } else {
        open_pool(argv[4], argv[5]);
        if (g_str_equal(argv[1], "run"))
            run((guint32)atoi(argv[2]), (guint)atoi(argv[3]));
        else
            check((guint32)atoi(argv[2]), argv[3]);
    }
    return 0;
}
