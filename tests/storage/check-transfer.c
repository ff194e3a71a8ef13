/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Content on its way in and out, reverts, and what becomes of a source. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
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

/* A file beside the pool with a text, a hole, and a text at its end. */
static int make_file(const char *name, gsize size)
{
    g_autofree char *path = g_build_filename(bench->dir, name, NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
    if (size >= 16) {
        ck_assert_int_eq(pwrite(fd, "coming", 6, 0), 6);
        ck_assert_int_eq(pwrite(fd, "end", 3, (off_t)size - 3), 3);
    }
    return fd;
}

/* What a pipe is fed with, by a thread of its own. */
struct feed {
    int fd;
    gsize size;
    GThread *thread;
};

static gpointer feed_run(gpointer data)
{
    struct feed *feed = data;
    g_autofree char *bytes = g_malloc0(feed->size + 1);

    memcpy(bytes, "coming", MIN(feed->size, 6));
    memcpy(bytes + feed->size - 3, "end", 3);
    for (gsize done = 0; done < feed->size;) {
        ssize_t part = write(feed->fd, bytes + done, feed->size - done);

        if (part < 0)
            break;
        done += (gsize)part;
    }
    close(feed->fd);
    return NULL;
}

static int feed_begin(struct feed *feed, gsize size)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    *feed = (struct feed){ends[1], size, NULL};
    feed->thread = g_thread_new("feed", feed_run, feed);
    return ends[0];
}

static void must_end(const struct volume *volume, const char *ending, gsize size)
{
    g_autofree char *path = bench_file(volume, ending);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[4] = "";
    struct stat st;

    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq((gsize)st.st_size, size);
    ck_assert_uint_lt((gsize)st.st_blocks * 512, size / 2);
    ck_assert_int_eq(pread(fd, text, 3, (off_t)size - 3), 3);
    ck_assert_str_eq(text, "end");
}

START_TEST(import_takes_a_file)
{
    static const gsize sizes[] = {MEGABYTE, MEGABYTE / 2, 3 * MEGABYTE + 512};
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = make_file("in", sizes[_i]);
    const struct transfer from = {.fd = fd, .name = "in"};

    must(volume_import(volume, sizes[_i], &from, E));
    must_state(volume, "clean=coming rev=old");
    must_end(volume, ".img", sizes[_i]);
    ck_assert_uint_eq(volume_size(volume), sizes[_i]);
}
END_TEST

START_TEST(import_takes_a_pipe)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    struct feed feed;
    auto_fd int fd = feed_begin(&feed, MEGABYTE);
    const struct transfer from = {.fd = fd, .name = "a pipe"};

    must(volume_import(volume, 0, &from, E));
    g_thread_join(feed.thread);
    must_state(volume, "clean=coming rev=old");
    must_end(volume, ".img", MEGABYTE);
}
END_TEST

/* Too little, too much, and nothing at all: the old content stays. */
START_TEST(import_wants_the_exact_size)
{
    static const struct {
        gsize size;
        const char *why;
    } feeds[] = {
        {MEGABYTE - 1, "'a pipe' ends after 1048575 of 1048576 bytes"},
        {MEGABYTE + 1, "'a pipe' goes on behind 1048576 bytes"},
        {3, "ends after 3 of"},
    };
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    struct feed feed;
    auto_fd int fd = feed_begin(&feed, feeds[_i].size);
    const struct transfer from = {.fd = fd, .name = "a pipe"};

    must_fail(QMC_ERROR_INVALID, feeds[_i].why, volume_import(volume, 0, &from, E));
    g_thread_join(feed.thread);
    must_state(volume, "clean=old");
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
}
END_TEST

START_TEST(a_file_that_is_too_short_is_refused)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = make_file("in", 4096);
    const struct transfer from = {.fd = fd, .name = "in"};

    ck_assert_int_eq(ftruncate(fd, MEGABYTE - 4096), 0);
    must_fail(QMC_ERROR_INVALID, "'in' ends after 1044480 of 1048576 bytes",
              volume_import(volume, 0, &from, E));
    must_state(volume, "clean=old");
}
END_TEST

/* Seeking in it succeeds, and leads nowhere. */
START_TEST(an_endless_source_is_refused)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    const struct transfer from = {.fd = fd, .name = "/dev/zero"};

    must_fail(QMC_ERROR_INVALID, "'/dev/zero' goes on behind 1048576 bytes",
              volume_import(volume, 0, &from, E));
    must_state(volume, "clean=old");
}
END_TEST

/* Whoever asked for it may fail yet, and wants it back. */
START_TEST(import_into_what_keeps_nothing_can_be_taken_back)
{
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", _i - 1);
    auto_fd int fd = make_file("in", MEGABYTE);
    const struct transfer from = {.fd = fd, .name = "in"};

    bench_fill(volume, "old");
    must(volume_import(volume, 0, &from, E));
    must_state(volume, "clean=coming rev=old");
    must(volume_revert(volume, NULL, E));
    must_state(volume, "clean=old rev=coming");
    must(volume_start(volume, E));
    must(volume_stop(volume, E));
    must_state(volume, _i < 2 ? "clean=old" : "clean=old rev=coming");
}
END_TEST

static void cancel_soon(guint64 done, guint64 size, gpointer data)
{
    ck_assert_uint_le(done, size);
    g_cancellable_cancel(data);
}

START_TEST(import_can_be_cancelled)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    const struct watch watch = {cancellable, cancel_soon, cancellable};
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = make_file("in", MEGABYTE);
    const struct transfer from = {fd, "in", &watch};

    must_fail(QMC_ERROR_CANCELLED, "cancelled", volume_import(volume, 0, &from, E));
    must_state(volume, "clean=old");
}
END_TEST

static gpointer cancel_later(gpointer data)
{
    g_usleep(20000);
    g_cancellable_cancel(data);
    return NULL;
}

/* Who was to fill the pipe has gone to lunch. */
START_TEST(a_silent_pipe_can_be_cancelled)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    const struct watch watch = {.cancellable = cancellable};
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    struct transfer from = {.name = "a pipe", .watch = &watch};
    GThread *thread = g_thread_new("cancel", cancel_later, cancellable);
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    from.fd = ends[0];
    must_fail(QMC_ERROR_CANCELLED, "cancelled", volume_import(volume, 0, &from, E));
    g_thread_join(thread);
    close(ends[0]);
    close(ends[1]);
    must_state(volume, "clean=old");
}
END_TEST

START_TEST(import_is_seen_only_when_committed)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(incoming) struct incoming *incoming = NULL;
    auto_of(volume) struct volume *other = bench_volume(bench, KIND_ORIGIN, "private");

    must((incoming = incoming_new(volume, 2 * MEGABYTE, E)));
    ck_assert_uint_eq(incoming_size(incoming), 2 * MEGABYTE);
    ck_assert(g_str_has_suffix(incoming_path(incoming), "-import.img"));
    must_state(volume, "clean=old import=");
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    must_fail(QMC_ERROR_BUSY, "under way", volume_start(other, E));
    must_fail(QMC_ERROR_BUSY, "under way", volume_stop(other, E));
    must_fail(QMC_ERROR_BUSY, "under way", volume_create(other, E));
    must_fail(QMC_ERROR_BUSY, "under way", volume_remove(other, E));
    must_fail(QMC_ERROR_BUSY, "under way", volume_revert(other, NULL, E));
    must_fail(QMC_ERROR_BUSY, "under way",
              volume_resize(other, 4 * MEGABYTE, FALSE, E));
    must_fail(QMC_ERROR_BUSY, "under way",
              volume_clone(other, bench->source, NULL, E));
    must_fail(QMC_ERROR_BUSY, "under way", incoming_new(other, 0, E));
    must_state(volume, "clean=old import=");
    bench_write(volume, "-import.img", "new");
    must(incoming_commit(incoming, E));
    must_state(volume, "clean=new rev=old");
    ck_assert_uint_eq(volume_size(volume), 2 * MEGABYTE);
    incoming_free(g_steal_pointer(&incoming));
    must(volume_start(other, E));
}
END_TEST

START_TEST(import_that_is_given_up_leaves_nothing)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(incoming) struct incoming *incoming = NULL;

    must((incoming = incoming_new(volume, 0, E)));
    bench_write(volume, "-import.img", "new");
    incoming_free(g_steal_pointer(&incoming));
    must_state(volume, "clean=old");
    must(volume_start(volume, E));
    must_fail(QMC_ERROR_STATE, "in use", incoming_new(volume, 0, E));
}
END_TEST

START_TEST(import_wants_what_is_saved)
{
    auto_of(volume) struct volume *volume = filled(_i);

    must_fail(QMC_ERROR_STATE, "saves nothing", incoming_new(volume, 0, E));
}
END_TEST

/* Reads what export wrote, of which the first and the last bytes are known. */
static void must_have(int fd, const char *text, gsize size)
{
    char bytes[32] = "";
    struct stat st;

    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq((gsize)st.st_size, size);
    ck_assert_int_ge(pread(fd, bytes, sizeof bytes - 1, 0), 0);
    ck_assert_str_eq(bytes, text);
}

START_TEST(export_writes_a_file_with_holes)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = make_file("out", 0);
    const struct transfer to = {.fd = fd, .name = "out"};
    struct stat st;

    must(volume_export(volume, &to, E));
    must_have(fd, "old", MEGABYTE);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_le(st.st_blocks * 512, 65536);
}
END_TEST

/* What the file had would else shine through the holes. */
START_TEST(export_over_a_file_writes_every_byte)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = make_file("out", MEGABYTE);
    const struct transfer to = {.fd = fd, .name = "out"};
    char text[4] = "";

    must(volume_export(volume, &to, E));
    must_have(fd, "old", MEGABYTE);
    ck_assert_int_eq(pread(fd, text, 3, MEGABYTE - 3), 3);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(export_gives_the_state_before_the_start)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_fd int fd = make_file("out", 0);
    const struct transfer to = {.fd = fd, .name = "out"};

    must(volume_start(volume, E));
    bench_write(volume, "-dirty.img", "new");
    must(volume_export(volume, &to, E));
    must_have(fd, "old", MEGABYTE);
}
END_TEST

START_TEST(export_wants_a_state)
{
    auto_of(volume) struct volume *in_place = filled(KIND_IN_PLACE);
    auto_of(volume) struct volume *scratch = bench_volume(bench, KIND_VOLATILE, "v");
    auto_fd int fd = make_file("out", 0);
    const struct transfer to = {.fd = fd, .name = "out"};

    must_fail(QMC_ERROR_STATE, "saves nothing", volume_export(scratch, &to, E));
    must(volume_export(in_place, &to, E));
    must(volume_start(in_place, E));
    must_fail(QMC_ERROR_STATE, "in use", volume_export(in_place, &to, E));
}
END_TEST

struct slow {
    struct volume *volume;
    int fd;
};

static gpointer export_slowly(gpointer data)
{
    struct slow *slow = data;
    const struct transfer to = {.fd = slow->fd, .name = "a pipe"};

    must(volume_export(slow->volume, &to, E));
    close(slow->fd);
    return NULL;
}

static gsize drain(int fd)
{
    char bytes[65536];
    gsize all = 0;
    ssize_t got;

    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        all += (gsize)got;
    return all;
}

/* Through a pipe every byte comes, and meanwhile a volume that is changed in place
 * is not; one that is not can start. */
START_TEST(nobody_changes_what_is_read)
{
    auto_of(volume) struct volume *volume =
        filled(_i ? KIND_IN_PLACE : KIND_ORIGIN);
    struct slow slow = {.volume = volume};
    GThread *thread;
    char first;
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    slow.fd = ends[1];
    thread = g_thread_new("export", export_slowly, &slow);
    ck_assert_int_eq(read(ends[0], &first, 1), 1);
    if (_i) {
        must_fail(QMC_ERROR_BUSY, "a copy of it is being made",
                  volume_start(volume, E));
        must_fail(QMC_ERROR_BUSY, "a copy of it is being made",
                  volume_resize(volume, MEGABYTE / 2, TRUE, E));
    } else {
        must(volume_start(volume, E));
        bench_write(volume, "-dirty.img", "new");
        must(volume_stop(volume, E));
    }
    ck_assert_uint_eq(drain(ends[0]), MEGABYTE - 1);
    g_thread_join(thread);
    close(ends[0]);
    must(volume_start(volume, E));
}
END_TEST

/* FROM newest to oldest: 3 2 1; back to each of them. */
START_TEST(revert_keeps_the_present)
{
    static const char *const expected[] = {
        "clean=2 rev=3 rev=1 rev=0", "clean=1 rev=3 rev=2 rev=0",
        "clean=0 rev=3 rev=2 rev=1",
    };
    auto_of(volume) struct volume *volume =
        bench_keeping(bench, KIND_ORIGIN, "private", 3);
    g_autoptr(GPtrArray) revisions = NULL;
    const struct revision *revision;

    bench_fill(volume, "0");
    for (const char *text = "1\0002\0003\0"; *text; text += 2)
        bench_run(volume, text);
    revisions = volume_revisions(volume);
    revision = revisions->pdata[_i];
    must(volume_revert(volume, _i ? revision->id : NULL, E));
    must_state(volume, expected[_i]);
    must(volume_revert(volume, NULL, E));
    ck_assert(!volume_in_use(volume));
    bench_run(volume, "4");
}
END_TEST

START_TEST(revert_takes_the_size_back)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    bench_run(volume, "new");
    must(volume_resize(volume, 2 * MEGABYTE, FALSE, E));
    must(volume_revert(volume, NULL, E));
    ck_assert_uint_eq(volume_size(volume), MEGABYTE);
    must(volume_revert(volume, NULL, E));
    must_state(volume, "clean=new rev=old");
    ck_assert_uint_eq(volume_size(volume), 2 * MEGABYTE);
}
END_TEST

START_TEST(revert_is_refused)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);

    must_fail(QMC_ERROR_NOTFOUND, "no revision to go back to",
              volume_revert(volume, NULL, E));
    bench_run(volume, "new");
    must_fail(QMC_ERROR_NOTFOUND, "no revision '9@2026",
              volume_revert(volume, "9@2026-01-02T03:04:05Z", E));
    must_fail(QMC_ERROR_NOTFOUND, "no revision '../../x'",
              volume_revert(volume, "../../x", E));
    must(volume_start(volume, E));
    must_fail(QMC_ERROR_STATE, "in use", volume_revert(volume, NULL, E));
    must_state(volume, "clean=new rev=old dirty=new");
}
END_TEST

/* To go back is no reason to lose the present, whatever is kept else. */
START_TEST(revert_of_one_that_keeps_nothing_keeps_the_present)
{
    auto_of(volume) struct volume *volume = filled(KIND_ORIGIN);
    auto_of(volume) struct volume *now = NULL;

    bench_run(volume, "new");
    now = bench_keeping(bench, KIND_ORIGIN, "private", 0);
    must(volume_revert(now, NULL, E));
    must_state(now, "clean=old rev=new");
}
END_TEST

static char *kept(const struct volume *volume)
{
    g_autoptr(GPtrArray) revisions = volume_revisions(volume);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < revisions->len; i++) {
        const struct revision *revision = revisions->pdata[i];

        g_string_append_printf(text, "%s%d%s", i ? " " : "", (int)revision->number,
                               revision->pinned ? "!" : "");
    }
    return g_string_free(text, FALSE);
}

#define must_keep(expected)                                                    \
    do {                                                                       \
        g_autofree char *now = kept(volume);                                   \
        ck_assert_str_eq(now, expected);                                       \
    } while (0)

/* The oldest of three is pinned, where two are kept. */
static struct volume *with_pin(char **id)
{
    struct volume *volume = bench_keeping(bench, KIND_ORIGIN, "private", 2);
    g_autoptr(GPtrArray) revisions = NULL;

    bench_fill(volume, "0");
    bench_run(volume, "1");
    bench_run(volume, "2");
    must_keep("2 1");
    revisions = volume_revisions(volume);
    *id = g_strdup(((const struct revision *)revisions->pdata[1])->id);
    must(volume_pin(volume, *id, TRUE, E));
    must(volume_pin(volume, *id, TRUE, E));
    must_keep("2 1!");
    return volume;
}

START_TEST(pinned_stays)
{
    g_autofree char *id = NULL, *plain = NULL, *ending = NULL;
    auto_of(volume) struct volume *volume = with_pin(&id);

    for (const char *text = "3\0004\0005\0"; *text; text += 2)
        bench_run(volume, text);
    must_keep("5 4 1!");
    must_fail(QMC_ERROR_NOTFOUND, "no revision '2@",
              volume_pin(volume, "2@2026-01-02T03:04:05Z", TRUE, E));
    /* As who else prunes by the count: its other name goes. */
    ending = g_strconcat(".img.", id, NULL);
    plain = bench_file(volume, ending);
    ck_assert_int_eq(unlink(plain), 0);
    must_keep("5 4 1!");
    must(volume_pin(volume, id, FALSE, E));
    must(volume_pin(volume, id, FALSE, E));
    must_keep("5 4 1");
    bench_run(volume, "6");
    must_keep("6 5");
}
END_TEST

START_TEST(pinned_stays_when_it_is_gone_back_to)
{
    g_autofree char *id = NULL;
    auto_of(volume) struct volume *volume = with_pin(&id);

    must(volume_revert(volume, id, E));
    must_state(volume, "clean=0 rev=2 rev=1 rev=0");
    must_keep("3 2 1!");
    bench_run(volume, "again");
    must_keep("4 3 1!");
    must_state(volume, "clean=again rev=0 rev=2 rev=0");
    must(volume_revert(volume, id, E));
    must_state(volume, "clean=0 rev=again rev=0 rev=2 rev=0");
}
END_TEST

START_TEST(pinned_goes_with_the_volume)
{
    g_autofree char *id = NULL;
    auto_of(volume) struct volume *volume = with_pin(&id);
    auto_of(volume) struct volume *other = bench_volume(bench, KIND_ORIGIN, "other");

    must(volume_share(other, volume, E));
    ck_assert_uint_eq(bench_count(other, "other.img.1@"), 2);
    must(volume_remove(volume, E));
    ck_assert_uint_eq(bench_count(other, "private"), 0);
}
END_TEST

START_TEST(outdated_tells_what_the_source_did)
{
    auto_of(volume) struct volume *volume = filled(KIND_SNAPSHOT);

    ck_assert(!volume_is_outdated(volume));
    must(volume_start(volume, E));
    ck_assert(!volume_is_outdated(volume));
    ck_assert(!volume_is_outdated(bench->source));
    bench_run(bench->source, "newer");
    ck_assert(volume_is_outdated(volume));
    must(volume_stop(volume, E));
    must(volume_start(volume, E));
    ck_assert(!volume_is_outdated(volume));
    must(volume_revert(bench->source, NULL, E));
    ck_assert(volume_is_outdated(volume));
    must(volume_stop(volume, E));
    ck_assert(!volume_is_outdated(volume));
}
END_TEST

static Suite *transfer_suite(void)
{
    const TTest *const single[] = {
        import_takes_a_pipe, an_endless_source_is_refused, a_file_that_is_too_short_is_refused,
        import_can_be_cancelled, a_silent_pipe_can_be_cancelled,
        import_is_seen_only_when_committed, import_that_is_given_up_leaves_nothing,
        export_writes_a_file_with_holes, export_over_a_file_writes_every_byte,
        export_gives_the_state_before_the_start, export_wants_a_state,
        revert_takes_the_size_back, revert_is_refused,
        revert_of_one_that_keeps_nothing_keeps_the_present,
        outdated_tells_what_the_source_did, pinned_stays,
        pinned_stays_when_it_is_gone_back_to, pinned_goes_with_the_volume,
    };
    Suite *suite = suite_create("transfer");
    TCase *tcase = tcase_create("transfer");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    for (gsize i = 0; i < G_N_ELEMENTS(single); i++)
        tcase_add_test(tcase, single[i]);
    tcase_add_loop_test(tcase, import_takes_a_file, 0, 3);
    tcase_add_loop_test(tcase, import_wants_the_exact_size, 0, 3);
    tcase_add_loop_test(tcase, import_into_what_keeps_nothing_can_be_taken_back, 0, 3);
    tcase_add_loop_test(tcase, nobody_changes_what_is_read, 0, 2);
    tcase_add_loop_test(tcase, revert_keeps_the_present, 0, 3);
    tcase_add_loop_test(tcase, import_wants_what_is_saved, KIND_VOLATILE,
                        KIND_VOLATILE + 1);
    tcase_add_loop_test(tcase, import_wants_what_is_saved, KIND_SNAPSHOT,
                        KIND_SNAPSHOT + 1);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(transfer_suite());
}
