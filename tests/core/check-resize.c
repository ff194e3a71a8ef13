/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The operation that writes the store: merge, save failures, refusals. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/engine-private.h"
#include "core/layout.h"
#include "core/op-private.h"
#include "hv-fake.h"
#include "saving.h"

#include "tests/util/suite.h"

#define MIB (1024 * 1024)

static struct op *resize(const char *qube, const char *volume, const char *size)
{
    g_autoptr(GError) error = NULL;
    struct op *op = world_submit(world, "resize", qube, &error, "volume", volume,
                                 "size", size, NULL);

    ck_no_error(error);
    world_finish(world, op);
    return op;
}

static gboolean is_saving(gpointer data)
{
    return ((const struct op *)data)->phase == OP_SAVING;
}

static void refused(const char *volume, const char *size, QmcErrorCode code,
                    const char *part)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(world_submit(world, "resize", "vault", &error, "volume",
                                    volume, "size", size, NULL));
    ck_error(&error, code, part);
}

static goffset image_size(const char *qube, const char *file)
{
    g_autofree char *path = world_image(world, qube, file);
    struct stat st;

    ck_assert_msg(stat(path, &st) == 0, "%s", path);
    return st.st_size;
}

static guint64 stored_size(const char *qube, const char *volume)
{
    struct engine *fresh = world_engine(world, NULL);
    struct qube *found = model_qube_named(engine_model(fresh), qube);
    guint64 size = g_ascii_strtoull(
        volume_config_get(qube_volume(found, volume), "size"), NULL, 10);

    engine_free(fresh);
    return size;
}

START_TEST(grows_image_and_store)
{
    struct op *op = resize("vault", "private", "1G");

    ck_no_error(op->error);
    ck_assert_int_eq(image_size("vault", "private.img"), 1024 * MIB);
    ck_assert_uint_eq(stored_size("vault", "private"), 1024 * MIB);
    ck_assert_uint_eq(qube_volume(world_qube(world, "vault"), "private")->size,
                      1024 * MIB);
    ck_assert(world_unlocked(world, "vault"));
}
END_TEST

START_TEST(tells_a_running_guest)
{
    world_run(world, "start", "vault", NULL);
    ck_no_error(resize("vault", "private", "1G")->error);
    ck_assert_int_eq(image_size("vault", "private-dirty.img"), 1024 * MIB);
    ck_assert_uint_eq(fake_count("disk-resized"), 1);
}
END_TEST

START_TEST(a_guest_that_cannot_be_told_is_a_warning)
{
    struct op *op;

    world_run(world, "start", "vault", NULL);
    fake_script("fail=disk-resized");
    op = resize("vault", "private", "1G");
    ck_no_error(op->error);
    ck_assert_ptr_nonnull(world_step(op, "next start"));
    ck_assert_uint_eq(stored_size("vault", "private"), 1024 * MIB);
}
END_TEST

static gboolean waits_for_save(gpointer data)
{
    const struct op *op = data;

    return op->engine->savers.length == 2 && !op->priv->inside;
}

/* Its last job is over, and the save before it not. */
START_TEST(one_that_waits_to_be_saved_can_be_cancelled)
{
    g_autofree char *path = world_path(world, LAYOUT_STORE);
    struct file_lock *lock = file_lock_take(path, FALSE, 0, NULL);
    struct op *first, *second;

    ck_assert_ptr_nonnull(lock);
    first = world_submit(world, "resize", "work", NULL, "volume", "private",
                         "size", "1G", NULL);
    ck_assert(world_until(world, is_saving, first));
    second = world_submit(world, "resize", "vault", NULL, "volume", "private",
                          "size", "1G", NULL);
    ck_assert(world_until(world, waits_for_save, second));
    engine_cancel(world->engine, second);
    world_finish(world, second);
    ck_assert(error_is(second->error, QMC_ERROR_CANCELLED));
    ck_assert_int_eq(first->phase, OP_SAVING);
    file_lock_release(lock);
    world_finish(world, first);
    ck_no_error(first->error);
    ck_assert_int_eq(image_size("vault", "private.img"), 256 * MIB);
    ck_assert_uint_eq(stored_size("vault", "private"), 256 * MIB);
    ck_assert_uint_eq(stored_size("work", "private"), 1024 * MIB);
    ck_no_error(resize("vault", "private", "1G")->error);
}
END_TEST

START_TEST(refusals_name_the_reason)
{
    refused("private", "100M", QMC_ERROR_INVALID, "100.0 MiB");
    refused("private", "100M", QMC_ERROR_INVALID, "256.0 MiB");
    refused("private", "0", QMC_ERROR_INVALID, NULL);
    refused("private", "-5", QMC_ERROR_INVALID, NULL);
    refused("private", "10 GB of", QMC_ERROR_INVALID, NULL);
    refused("private", "9223372036854775808", QMC_ERROR_INVALID, NULL);
    refused("pubic", "1G", QMC_ERROR_NOTFOUND, "'pubic'");
    refused("kernel", "1G", QMC_ERROR_STATE, "read-only");
}
END_TEST

/* Halted or not: it would not last. */
START_TEST(a_snapshot_has_the_size_of_its_source)
{
    static const char *const qubes[] = { "vault", "sys-usb" };
    static const char *const hints[] = { "'debian-13:root'", "'fedora-42:root'" };

    for (gsize i = 0; i < G_N_ELEMENTS(qubes); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(world_submit(world, "resize", qubes[i], &error,
                                        "volume", "root", "size", "4G", NULL));
        ck_assert_ptr_nonnull(strstr(error_hint(error), hints[i]));
        ck_error(&error, QMC_ERROR_STATE, hints[i]);
    }
    ck_no_error(resize("debian-13", "root", "4G")->error);
}
END_TEST

START_TEST(what_is_thrown_away_keeps_its_nominal_size)
{
    world_run(world, "start", "vault", NULL);
    ck_no_error(resize("vault", "volatile", "2G")->error);
    ck_assert_int_eq(image_size("vault", "volatile-dirty.img"), 2048LL * MIB);
    world_run(world, "kill", "vault", NULL);
    world_run(world, "start", "vault", NULL);
    ck_assert_int_eq(image_size("vault", "volatile-dirty.img"), 2048LL * MIB);
    ck_assert_uint_eq(stored_size("vault", "volatile"), 2048u * MIB);
}
END_TEST

START_TEST(arguments_are_checked)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(world_run(world, "resize", "vault", &error));
    ck_error(&error, QMC_ERROR_INVALID, "missing");
    ck_assert_ptr_null(world_submit(world, "start", "vault", &error, "fast",
                                    "true", NULL));
    ck_error(&error, QMC_ERROR_INVALID, "'fast'");
    ck_assert_ptr_null(world_submit(world, "stop", "vault", &error, "wait",
                                    "perhaps", NULL));
    ck_error(&error, QMC_ERROR_INVALID, "'perhaps'");
    ck_assert_ptr_null(world_submit(world, "stop", "vault", &error, "timeout",
                                    "-1", NULL));
    ck_error(&error, QMC_ERROR_INVALID, "timeout");
}
END_TEST

/* Shrinking, too, with all consent there is. */
static void force_resize(struct world *where, const char *qube,
                         const char *volume, const char *size, GError **error)
{
    g_autoptr(GHashTable) args =
        op_args_new("volume", volume, "size", size, "shrink", "true", NULL);
    const struct op_request request = { .op = "resize", .args = args,
                                        .consent = CONFIRM_L3 };
    struct op *op;

    op = world_submit_as(where, &request, qube, error);
    if (!op)
        return;
    world_finish(where, op);
    if (op->error)
        *error = g_error_copy(op->error);
}

START_TEST(shrinking_needs_the_name)
{
    g_autoptr(GHashTable) args =
        op_args_new("volume", "private", "size", "100M", "shrink", "true", NULL);
    struct op_request request = { .op = "resize", .args = args,
                                  .consent = CONFIRM_L2 };
    g_autoptr(GError) error = NULL;
    struct op *op;

    ck_assert_ptr_null(world_submit_as(world, &request, "vault", &error));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "--confirm vault"));
    ck_error(&error, QMC_ERROR_UNCONFIRMED, NULL);
    request.consent = CONFIRM_L3;
    op = world_submit_as(world, &request, "vault", &error);
    world_finish(world, op);
    ck_no_error(op->error);
    ck_assert_int_eq(image_size("vault", "private.img"), 100 * MIB);
    ck_assert_uint_eq(stored_size("vault", "private"), 100 * MIB);
}
END_TEST

/* What is destroyed has a name and figures. */
START_TEST(a_shrink_says_what_it_cuts)
{
    const struct op_row *row = op_find("resize");
    const struct model *model = engine_model(world->engine);
    struct qube *vault = world_qube(world, "vault");
    struct volume_config *config = qube_volume(vault, "private");
    g_autoptr(GHashTable) args = op_args_none();

    op_args_set(args, "volume", "private");
    op_args_set(args, "size", "100M");
    ck_assert_str_eq(op_verb(row, vault, args), "Resize");
    ck_assert_ptr_null(op_consequence(row, model, vault, args));
    op_args_set(args, "shrink", "true");
    ck_assert_str_eq(op_verb(row, vault, args), "Shrink");
    g_autofree char *object = op_object(row, vault, args);
    ck_assert_str_eq(object, "vault:private");
    config->size = 1024 * MIB;
    config->used = G_MAXUINT64;
    g_autofree char *unread = op_consequence(row, model, vault, args);
    ck_assert_str_eq(unread, "from 1.0 GiB to 100.0 MiB; what is cut off is lost");
    config->used = 200 * MIB;
    g_autofree char *told = op_consequence(row, model, vault, args);
    ck_assert_str_eq(told, "from 1.0 GiB to 100.0 MiB; 200.0 MiB are used, more "
                           "than is left; what is cut off is lost");
    config->size = 50 * MIB;
    config->used = G_MAXUINT64;
    ck_assert_str_eq(op_verb(row, vault, args), "Resize");
    g_autofree char *grown = op_consequence(row, model, vault, args);
    ck_assert_str_eq(grown, "from 50.0 MiB to 100.0 MiB; if its image is larger, "
                            "its end is lost");
}
END_TEST

START_TEST(a_shrink_of_what_runs_is_not_asked_about)
{
    const struct op_row *row = op_find("resize");
    const struct model *model = engine_model(world->engine);
    struct qube *vault = world_qube(world, "vault");
    g_autoptr(GHashTable) args = op_args_none();
    g_autoptr(GError) error = NULL;

    op_args_set(args, "volume", "private");
    op_args_set(args, "size", "100M");
    op_args_set(args, "shrink", "true");
    vault->state = POWER_HALTED;
    ck_assert(row->fits(model, vault, args, NULL));
    vault->state = POWER_RUNNING;
    ck_assert(!row->fits(model, vault, args, &error));
    ck_error(&error, QMC_ERROR_STATE, "the qube is running");
    op_args_set(args, "size", "4G");
    ck_assert(row->fits(model, vault, args, NULL));
}
END_TEST

START_TEST(a_save_that_fails_is_taken_back)
{
    g_autofree char *store = world_store(world), *after = NULL;
    struct op *op;

    g_atomic_int_set(&rename_errno, ENOSPC);
    op = resize("vault", "private", "1G");
    ck_assert(error_is(op->error, QMC_ERROR_NOSPACE));
    /* What had been done before it is not what failed. */
    ck_assert_int_eq(world_step(op, "store saved")->state, STEP_FAILED);
    ck_assert_int_eq(world_step(op, "resized to")->state, STEP_OK);
    after = world_store(world);
    ck_assert_str_eq(after, store);
    ck_assert_int_eq(image_size("vault", "private.img"), 256 * MIB);
    ck_assert_uint_eq(qube_volume(world_qube(world, "vault"), "private")->size,
                      256 * MIB);
    ck_assert(world_unlocked(world, "vault"));
    g_atomic_int_set(&rename_errno, 0);
    op = resize("vault", "private", "1G");
    ck_no_error(op->error);
    ck_assert_int_eq(world_step(op, "store saved")->state, STEP_OK);
    ck_assert_uint_eq(stored_size("vault", "private"), 1024 * MIB);
}
END_TEST

START_TEST(a_running_guest_keeps_what_could_not_be_saved)
{
    world_run(world, "start", "vault", NULL);
    g_atomic_int_set(&rename_errno, ENOSPC);
    ck_assert(error_is(resize("vault", "private", "1G")->error,
                       QMC_ERROR_NOSPACE));
    g_atomic_int_set(&rename_errno, 0);
    ck_assert_int_eq(image_size("vault", "private-dirty.img"), 1024 * MIB);
    ck_assert_ptr_nonnull(strstr(world->notes->str, "has its new size all the same"));
    ck_no_error(resize("vault", "private", "1G")->error);
    ck_assert_uint_eq(stored_size("vault", "private"), 1024 * MIB);
}
END_TEST

/* Two engines on one store, as two programs are. */
START_TEST(changes_of_two_programs_are_merged)
{
    struct engine *other = world_engine(world, NULL);
    struct world second = { world->root, world->uri, other, world->notes };
    struct op *ours, *theirs;

    ours = world_submit(world, "resize", "vault", NULL, "volume", "private",
                        "size", "1G", NULL);
    theirs = world_submit(&second, "resize", "work", NULL, "volume", "private",
                          "size", "2G", NULL);
    world_finish(world, ours);
    world_finish(world, theirs);
    ck_no_error(ours->error);
    ck_no_error(theirs->error);
    engine_free(other);
    ck_assert_uint_eq(stored_size("vault", "private"), 1024 * MIB);
    ck_assert_uint_eq(stored_size("work", "private"), 2048u * MIB);
}
END_TEST

START_TEST(a_change_of_the_file_alone_is_kept)
{
    g_autofree char *store = world_store(world), *after = NULL;
    g_autofree char *path = world_path(world, LAYOUT_STORE);
    g_auto(GStrv) parts = g_strsplit(store, "</qubes>", 2);
    g_autofree char *changed =
        g_strconcat(parts[0], "<note>kept</note>\n</qubes>", parts[1], NULL);

    ck_assert(g_file_set_contents(path, changed, -1, NULL));
    ck_no_error(resize("vault", "private", "1G")->error);
    after = world_store(world);
    ck_assert_ptr_nonnull(strstr(after, "<note>kept</note>"));
    ck_assert_uint_eq(stored_size("vault", "private"), 1024 * MIB);
}
END_TEST

/* The store is read again before it is written: what run found is not lost by that. */
START_TEST(an_import_has_its_size_also_where_the_file_changed)
{
    g_autofree char *store = world_store(world);
    g_autofree char *path = world_path(world, LAYOUT_STORE);
    g_autofree char *image = g_build_filename(world->root, "image", NULL);
    g_autofree char *bytes = g_malloc0(MIB);
    g_auto(GStrv) parts = g_strsplit(store, "</qubes>", 2);
    g_autofree char *changed =
        g_strconcat(parts[0], "<note>kept</note>\n</qubes>", parts[1], NULL);
    g_autoptr(GHashTable) args = op_args_new("volume", "private", "file", image, NULL);
    const struct op_request request = {
        .op = "import", .args = args, .consent = CONFIRM_L2,
    };
    g_autoptr(GError) error = NULL;
    struct op *op;

    ck_assert(g_file_set_contents(image, bytes, MIB, NULL));
    ck_assert(g_file_set_contents(path, changed, -1, NULL));
    op = world_submit_as(world, &request, "vault", &error);
    ck_no_error(error);
    world_finish(world, op);
    ck_no_error(op->error);
    ck_assert_int_eq(image_size("vault", "private.img"), MIB);
    ck_assert_uint_eq(stored_size("vault", "private"), MIB);
}
END_TEST

static gpointer feed(gpointer path)
{
    g_autofree char *bytes = g_strnfill(MIB / 4, 'x');
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

    ck_assert_int_eq(write(fd, bytes, MIB / 4), MIB / 4);
    return NULL;
}

static struct op *move_content(const char *row, const char *file, const char *size)
{
    g_autoptr(GHashTable) args =
        op_args_new("volume", "private", "file", file, "size", size, NULL);
    const struct op_request request = {.op = row, .args = args, .consent = CONFIRM_L3};
    g_autoptr(GError) error = NULL;
    struct op *op = world_submit_as(world, &request, "vault", &error);

    ck_no_error(error);
    world_finish(world, op);
    return op;
}

START_TEST(an_import_that_ends_early_tells_how_far_it_came_and_leaves_nothing)
{
    g_autofree char *pipe = g_build_filename(world->root, "pipe", NULL);
    const struct op_step *step;
    const struct op *op;
    GThread *feeder;

    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    feeder = g_thread_new("feed", feed, pipe);
    op = move_content("import", pipe, "1M");
    g_thread_join(feeder);
    ck_assert(error_is(op->error, QMC_ERROR_INVALID));
    ck_assert_ptr_nonnull(strstr(op->error->message, "ends after 262144 of 1048576 bytes"));
    step = &g_array_index(op->steps, struct op_step, op->steps->len - 1);
    ck_assert_int_eq(step->percent, 25);
    ck_assert_uint_eq(step->moved, MIB / 4);
    ck_assert_uint_eq(step->size, MIB);
    ck_assert_str_eq(op->undone, "what had come");
    ck_assert_ptr_null(op->left);
    ck_assert_int_eq(image_size("vault", "private.img"), 256 * MIB);
}
END_TEST

/* No file may be larger. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = MIN(size, limit.rlim_max);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(an_export_that_fails_leaves_no_file)
{
    g_autofree char *image = g_build_filename(world->root, "image", NULL);
    g_autofree char *dir = g_build_filename(world->root, "out", NULL);
    g_autofree char *file = g_build_filename(dir, "file", NULL);
    g_autofree char *bytes = g_strnfill(MIB, 'x');
    const struct op *op;

    ck_assert(g_file_set_contents(image, bytes, MIB, NULL));
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_no_error(move_content("import", image, NULL)->error);
    signal(SIGXFSZ, SIG_IGN);
    limit_files(MIB / 2);
    op = move_content("export", file, NULL);
    limit_files(RLIM_INFINITY);
    ck_assert_ptr_nonnull(op->error);
    ck_assert_str_eq(op->undone, "what was written");
    ck_assert_ptr_null(op->left);
    ck_assert_int_eq(rmdir(dir), 0);
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_no_error(move_content("export", file, NULL)->error);
}
END_TEST

START_TEST(a_rate_is_that_of_the_last_seconds)
{
    struct op_step step = {.percent = -1};
    gint64 now = 60 * G_USEC_PER_SEC;

    ck_assert_uint_eq(op_step_rate(&step, now), 0);
    step = (struct op_step){.percent = 50, .moved = 1000 * MIB, .size = 2000u * MIB,
                            .marks = {{now - 10 * G_USEC_PER_SEC, 980 * MIB},
                                      {now - 5 * G_USEC_PER_SEC, 990 * MIB}}};
    ck_assert_uint_eq(op_step_rate(&step, now), 2 * MIB);
    step.marks[0].at_us = now - G_USEC_PER_SEC;
    ck_assert_uint_eq(op_step_rate(&step, now), 0);
    step.marks[0] = (struct op_mark){now - 10 * G_USEC_PER_SEC, step.moved};
    ck_assert_uint_eq(op_step_rate(&step, now), 0);
}
END_TEST

START_TEST(what_asks_no_hypervisor_does_not_send_there_when_it_is_silent)
{
    static const char *const names[] = {"import", "export", "revert", "pin"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *silent = op_find(names[i])->silent;

        ck_assert_ptr_nonnull(silent);
        ck_assert_ptr_null(strstr(silent, "virsh"));
        ck_assert_ptr_nonnull(strstr(silent, "dmesg"));
    }
}
END_TEST

/* Without its qube there is nothing to write any more. */
START_TEST(a_qube_that_went_meanwhile_is_an_error)
{
    g_autofree char *path = world_path(world, LAYOUT_STORE);
    g_autofree char *store = world_store(world);
    char *begin = strstr(store, "<domain id=\"domain-9\"");
    char *end = begin ? strstr(begin, "</domain>") : NULL;
    struct op *op;

    ck_assert_ptr_nonnull(end);
    fake_script("hang=state");
    op = world_submit(world, "resize", "vault", NULL, "volume", "private", "size",
                      "1G", NULL);
    memmove(begin, end + strlen("</domain>"), strlen(end + strlen("</domain>")) + 1);
    ck_assert(g_file_set_contents(path, store, -1, NULL));
    fake_script("hang=");
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_NOTFOUND));
    ck_assert_int_eq(image_size("vault", "private.img"), 256 * MIB);
}
END_TEST

static void make_offline(struct engine_config *config)
{
    config->offline = TRUE;
}

static void make_readonly(struct engine_config *config)
{
    config->readonly = TRUE;
}

static void expect_refused(struct world *refuser, const char *op,
                           QmcErrorCode code, const char *part)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(world_run(refuser, op, "vault", &error));
    ck_error(&error, code, part);
}

START_TEST(offline_only_the_disks_are_touched)
{
    struct engine *offline = world_engine(world, make_offline);
    struct world other = { world->root, world->uri, offline, world->notes };
    struct op *op;

    expect_refused(&other, "start", QMC_ERROR_UNSUPPORTED, "offline");
    expect_refused(&other, "kill", QMC_ERROR_UNSUPPORTED, "offline");
    ck_assert_int_eq(world_qube(&other, "vault")->state, POWER_HALTED);
    op = world_submit(&other, "resize", "vault", NULL, "volume", "private",
                      "size", "1G", NULL);
    world_finish(world, op);
    ck_no_error(op->error);
    /* sys-usb of the demo was left running */
    op = world_submit(&other, "resize", "sys-usb", NULL, "volume", "private",
                      "size", "1G", NULL);
    world_finish(world, op);
    ck_assert(error_is(op->error, QMC_ERROR_STATE));
    engine_free(offline);
    ck_assert_uint_eq(fake_count(NULL), 0);
}
END_TEST

/* sys-usb of the demo was left running. */
START_TEST(offline_nothing_of_a_running_qube_is_resized)
{
    static const char *const asked[][3] = {
        { "root", "root-dirty.img", "1M" }, { "root", "root-dirty.img", "4G" },
        { "volatile", "volatile-dirty.img", "1M" },
        { "volatile", "volatile-dirty.img", "4G" },
        { "private", "private-dirty.img", "1M" },
    };
    struct engine *offline = world_engine(world, make_offline);
    struct world other = { world->root, world->uri, offline, world->notes };
    g_autofree char *store = world_store(world), *after = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(asked); i++) {
        goffset before = image_size("sys-usb", asked[i][1]);
        g_autoptr(GError) error = NULL;

        force_resize(&other, "sys-usb", asked[i][0], asked[i][2], &error);
        ck_error(&error, QMC_ERROR_STATE, NULL);
        ck_assert_int_eq(image_size("sys-usb", asked[i][1]), before);
    }
    engine_free(offline);
    after = world_store(world);
    ck_assert_str_eq(after, store);
}
END_TEST

START_TEST(read_only_refuses_everything)
{
    struct engine *engine = world_engine(world, make_readonly);
    struct world other = { world->root, world->uri, engine, world->notes };

    expect_refused(&other, "start", QMC_ERROR_DENIED, "read-only");
    expect_refused(&other, "kill", QMC_ERROR_DENIED, "read-only");
    engine_free(engine);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        grows_image_and_store,
        tells_a_running_guest,
        a_guest_that_cannot_be_told_is_a_warning,
        one_that_waits_to_be_saved_can_be_cancelled,
        refusals_name_the_reason,
        a_snapshot_has_the_size_of_its_source,
        what_is_thrown_away_keeps_its_nominal_size,
        arguments_are_checked,
        shrinking_needs_the_name,
        a_shrink_says_what_it_cuts,
        a_shrink_of_what_runs_is_not_asked_about,
        a_save_that_fails_is_taken_back,
        a_running_guest_keeps_what_could_not_be_saved,
        changes_of_two_programs_are_merged,
        a_change_of_the_file_alone_is_kept,
        an_import_has_its_size_also_where_the_file_changed,
        an_import_that_ends_early_tells_how_far_it_came_and_leaves_nothing,
        an_export_that_fails_leaves_no_file,
        a_rate_is_that_of_the_last_seconds,
        what_asks_no_hypervisor_does_not_send_there_when_it_is_silent,
        a_qube_that_went_meanwhile_is_an_error,
        offline_only_the_disks_are_touched,
        offline_nothing_of_a_running_qube_is_resized,
        read_only_refuses_everything,
        NULL,
    };

    return suite_run_fixture("resize", tests, saving_setup, saving_teardown);
}
