/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Following: readings, events, a hypervisor that hangs or goes away, a store
 * that changes. */
#include "config.h"

#include <glib/gstdio.h>

#include "core/engine-private.h"
#include "core/layout.h"
#include "core/op-private.h"
#include "hv-fake.h"
#include "world.h"

#include "tests/util/suite.h"

/* Less than a reading waits for an answer: who takes longer has waited. */
#define PROMPT_US (5 * G_USEC_PER_SEC)

static struct world *world;

static void setup(void)
{
    fake_reset();
    world = world_new("test:///fake", NULL);
}

static void teardown(void)
{
    world_free(world);
}

/* The state a test waits for. */
struct wish {
    const char *qube;
    enum power_state state;
};

static gboolean has_state(gpointer data)
{
    const struct wish *wish = data;

    return world_qube(world, wish->qube)->state == wish->state;
}

static void expect_state(const char *qube, enum power_state state)
{
    struct wish wish = { qube, state };

    ck_assert_msg(world_until(world, has_state, &wish), "%s is %s", qube,
                  power_state_word(world_qube(world, qube)->state));
}

/* The same, with a reading for it. */
static void expect_read(const char *qube, enum power_state state)
{
    ck_assert(engine_refresh_states(world->engine, 50000, NULL));
    expect_state(qube, state);
}

START_TEST(before_the_first_reading_nothing_is_known)
{
    ck_assert_int_eq(world_qube(world, "vault")->state, POWER_UNKNOWN);
    ck_assert_int_eq(world_qube(world, "dom0")->state, POWER_RUNNING);
    ck_assert_str_eq(engine_hv_status(world->engine), "connecting");
}
END_TEST

START_TEST(everything_is_read_again_on_demand)
{
    fake_set_state(world_uuid(world, "work"), "work", POWER_PAUSED);
    engine_request_all(world->engine);
    expect_state("work", POWER_PAUSED);
    expect_state("vault", POWER_HALTED);
}
END_TEST

/* What is frozen are the figures: who acts on a state has to see it. */
START_TEST(frozen_figures_stay_and_states_do_not)
{
    const struct qube *work = world_qube(world, "work");
    guint64 before;

    fake_script("figures=moving");
    fake_set_state(work->uuid, "work", POWER_RUNNING);
    expect_read("work", POWER_RUNNING);
    before = work->memory_kib;
    engine_freeze(world->engine, TRUE);
    fake_set_state(work->uuid, "work", POWER_PAUSED);
    expect_read("work", POWER_PAUSED);
    ck_assert_uint_eq(work->memory_kib, before);
    engine_request_all(world->engine);
    ck_assert(!engine_frozen(world->engine));
}
END_TEST

static gboolean has_status(gpointer data)
{
    return g_str_equal(engine_hv_status(world->engine), data);
}

static gboolean has_other_status(gpointer data)
{
    return !has_status(data);
}

static gboolean is_silent(gpointer data)
{
    return g_str_has_prefix(engine_hv_status(world->engine), "no answer ");
}

/* A busy machine may miss some. */
static void ck_step_of_silence(void)
{
    static const char *const steps[] = { "no answer 3 s", "no answer 5 s",
                                         "no answer 10 s", "no answer 20 s",
                                         "no answer 30 s", NULL };
    const char *status = engine_hv_status(world->engine);

    ck_assert_msg(g_strv_contains(steps, status), "%s", status);
}

/* Each other text is a line written to the terminal. */
START_TEST(silence_is_told_in_steps)
{
    char good[] = "ok";
    g_autofree char *first = NULL;

    fake_script("hang=snapshot");
    engine_follow(world->engine);
    ck_assert(world_until(world, is_silent, NULL));
    ck_step_of_silence();
    first = g_strdup(engine_hv_status(world->engine));
    ck_assert(world_until(world, has_other_status, first));
    ck_step_of_silence();
    fake_script("hang=");
    ck_assert(world_until(world, has_status, good));
}
END_TEST

START_TEST(a_reading_fills_the_model)
{
    fake_set_state(world_uuid(world, "work"), "work", POWER_PAUSED);
    ck_assert_int_eq(world_state(world, "work"), POWER_PAUSED);
    ck_assert_int_eq(world_qube(world, "vault")->state, POWER_HALTED);
    ck_assert_int_gt(world_qube(world, "work")->xid, 0);
    ck_assert_uint_gt(world_qube(world, "work")->memory_kib, 0);
    ck_assert_str_eq(engine_hv_status(world->engine), "ok");
    ck_assert_uint_eq(fake_count("create"), 0);
}
END_TEST

START_TEST(a_hypervisor_that_hangs_is_not_waited_for)
{
    g_autoptr(GError) error = NULL;
    gint64 began = g_get_monotonic_time();

    fake_script("hang=snapshot");
    ck_assert(!engine_refresh_states(world->engine, 100, &error));
    ck_error(&error, QMC_ERROR_TIMEOUT, "test:///fake");
    ck_assert(!engine_refresh_states(world->engine, 100, &error));
    ck_error(&error, QMC_ERROR_TIMEOUT, NULL);
    while (fake_count("snapshot") == 0) /* a busy worker may begin it late */
        g_usleep(1000);
    /* the second waits for the same call: never two */
    ck_assert_uint_eq(fake_count("snapshot"), 1);
    ck_assert_int_eq(world_qube(world, "vault")->state, POWER_UNKNOWN);
    ck_assert_int_lt(g_get_monotonic_time() - began, PROMPT_US);
    fake_script("hang=none");
    ck_assert_int_eq(world_state(world, "vault"), POWER_HALTED);
}
END_TEST

START_TEST(an_engine_can_be_left_with_a_call_that_hangs)
{
    struct engine *other = world_engine(world, NULL);
    gint64 began;

    fake_script("hang=snapshot");
    ck_assert(!engine_refresh_states(other, 50, NULL));
    began = g_get_monotonic_time();
    engine_free(other);
    ck_assert_int_lt(g_get_monotonic_time() - began, PROMPT_US);
    fake_script("hang=none");
}
END_TEST

START_TEST(a_hypervisor_that_is_down_makes_states_unknown)
{
    g_autoptr(GError) error = NULL;

    const struct model *model = engine_model(world->engine);

    fake_set_state(world_uuid(world, "work"), "work", POWER_RUNNING);
    ck_assert_int_eq(world_state(world, "vault"), POWER_HALTED);
    fake_script("down=1");
    ck_assert(!engine_refresh_states(world->engine, 50000, &error));
    ck_error(&error, QMC_ERROR_CONN, NULL);
    ck_assert_uint_eq(world_qube(world, "work")->memory_kib, 0);
    ck_assert(!model->host.free_known);
    ck_assert_int_eq(world_qube(world, "vault")->state, POWER_UNKNOWN);
    ck_assert_int_eq(world_qube(world, "dom0")->state, POWER_RUNNING);
    ck_assert(g_str_has_prefix(engine_hv_status(world->engine), "down: "));
    world_run(world, "start", "vault", &error);
    ck_error(&error, QMC_ERROR_CONN, NULL);
    ck_assert(world_unlocked(world, "vault"));
}
END_TEST

START_TEST(a_connection_that_comes_back_is_read_again)
{
    engine_follow(world->engine);
    expect_state("vault", POWER_HALTED);
    fake_script("down=1");
    expect_state("vault", POWER_UNKNOWN);
    fake_script("down=0");
    expect_state("vault", POWER_HALTED);
    ck_assert_str_eq(engine_hv_status(world->engine), "ok");
}
END_TEST

static gint64 shown_after_us(enum power_state state)
{
    gint64 began = g_get_monotonic_time();

    fake_set_state(world_uuid(world, "work"), "work", state);
    expect_state("work", state);
    return g_get_monotonic_time() - began;
}

/* A machine that is busy may be late now and then. Without events each change
 * but the first would wait for the next reading, two seconds later. */
START_TEST(what_others_do_shows_at_once)
{
    int late = 0;

    engine_follow(world->engine);
    expect_state("work", POWER_HALTED);
    shown_after_us(POWER_RUNNING);
    while (shown_after_us(late % 2 ? POWER_RUNNING : POWER_PAUSED) >
           G_USEC_PER_SEC)
        ck_assert_int_lt(++late, 10);
}
END_TEST

static gboolean vault_is_clean(gpointer data)
{
    return world_clean(world, "vault");
}

START_TEST(a_qube_that_stops_by_itself_is_cleaned_up)
{
    engine_follow(world->engine);
    world_run(world, "start", "vault", NULL);
    ck_assert(!world_clean(world, "vault"));
    fake_set_state(world_uuid(world, "vault"), NULL, POWER_HALTED);
    ck_assert(world_until(world, vault_is_clean, NULL));
    expect_state("vault", POWER_HALTED);
}
END_TEST

static void expect_stop(enum hv_stop stop, const char *told)
{
    g_autofree char *line = g_strconcat(told, "\n", NULL);

    fake_set_state(world_uuid(world, "work"), "work", POWER_RUNNING);
    expect_state("work", POWER_RUNNING);
    g_string_truncate(world->notes, 0);
    fake_stop(world_uuid(world, "work"), stop);
    expect_state("work", POWER_HALTED);
    ck_assert_str_eq(world->notes->str, line);
}

static gboolean has_recovered(gpointer data)
{
    return world_qube(world, "vault")->state == POWER_HALTED &&
           !engine_recovering(world->engine);
}

START_TEST(how_a_qube_ended_is_told)
{
    engine_follow(world->engine);
    ck_assert(world_until(world, has_recovered, NULL)); /* that is told, too */
    expect_stop(HV_STOP_CRASHED, "work crashed");
    expect_stop(HV_STOP_SHUTDOWN, "work shut down");
    expect_stop(HV_STOP_KILLED, "work was killed by another program");
    expect_stop(HV_STOP_OTHER, "work stopped");
}
END_TEST

/* The kill says so itself; its event may come before or after. */
START_TEST(what_an_operation_ended_is_not_told_twice)
{
    engine_follow(world->engine);
    world_run(world, "start", "work", NULL);
    expect_state("work", POWER_RUNNING);
    g_string_truncate(world->notes, 0);
    world_run(world, "kill", "work", NULL);
    expect_state("work", POWER_HALTED);
    ck_assert_ptr_null(strstr(world->notes->str, "killed by"));
}
END_TEST

static gboolean is_suspended(gpointer data)
{
    return fake_count("suspend") > 0;
}

/* The event comes while an operation is at work that cleans nothing up. */
START_TEST(a_qube_that_stops_under_an_operation_is_cleaned_up)
{
    struct op *op;

    engine_follow(world->engine);
    world_run(world, "start", "vault", NULL);
    fake_script("delay=50");
    op = world_submit(world, "pause", "vault", NULL, NULL);
    ck_assert(world_until(world, is_suspended, NULL));
    fake_set_state(world_uuid(world, "vault"), NULL, POWER_HALTED);
    world_finish(world, op);
    fake_script("delay=0");
    ck_assert(world_until(world, vault_is_clean, NULL));
}
END_TEST

static gboolean was_read(const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++)
        if (g_array_index(qube->volumes, struct volume_config, i).revisions < 0)
            return FALSE;
    return TRUE;
}

static gboolean all_were_read(gpointer data)
{
    GPtrArray *qubes = engine_model(world->engine)->qubes;

    for (guint i = 0; i < qubes->len; i++)
        if (!was_read(qubes->pdata[i]))
            return FALSE;
    return TRUE;
}

static gboolean two_were_read(gpointer data)
{
    return was_read(world_qube(world, "vault")) && was_read(world_qube(world, "work"));
}

static void count_volumes(const struct event *event, gpointer data)
{
    if (event->type == EVENT_VOLUMES)
        ++*(int *)data;
}

START_TEST(volumes_asked_for_during_a_reading_are_read)
{
    engine_request_volumes(world->engine, world_uuid(world, "vault"));
    engine_request_volumes(world->engine, world_uuid(world, "work"));
    ck_assert(world_until(world, two_were_read, NULL));
    ck_assert(!all_were_read(NULL));
}
END_TEST

/* Each event has a view make all its rows again. */
START_TEST(a_reading_of_all_volumes_is_one_event)
{
    struct events *events = engine_model(world->engine)->events;
    int count = 0;
    guint id = events_listen(events, count_volumes, &count);

    engine_request_volumes(world->engine, world_uuid(world, "vault"));
    engine_request_volumes(world->engine, NULL);
    ck_assert(world_until(world, all_were_read, NULL));
    ck_assert_int_eq(count, 2);
    events_ignore(events, id);
}
END_TEST

START_TEST(one_who_only_looks_cleans_up_nothing)
{
    world_run(world, "start", "vault", NULL);
    fake_set_state(world_uuid(world, "vault"), NULL, POWER_HALTED);
    ck_assert_int_eq(world_state(world, "vault"), POWER_HALTED);
    ck_assert(!world_clean(world, "vault"));
}
END_TEST

/* The store. */

static gboolean store_is_bad(gpointer data)
{
    return engine_store_error(world->engine) != NULL;
}

static gboolean store_is_good(gpointer data)
{
    return engine_store_error(world->engine) == NULL;
}

START_TEST(a_store_that_breaks_and_mends_is_followed)
{
    g_autofree char *path = world_path(world, LAYOUT_STORE);
    g_autofree char *good = world_store(world);

    engine_follow(world->engine);
    fake_set_state(world_uuid(world, "work"), "work", POWER_RUNNING);
    expect_state("work", POWER_RUNNING);
    ck_assert(g_file_set_contents(path, "<qubes><dom", -1, NULL));
    ck_assert(world_until(world, store_is_bad, NULL));
    ck_assert_uint_eq(engine_model(world->engine)->qubes->len, 0);
    ck_assert_ptr_nonnull(engine_readonly(world->engine));
    ck_assert(g_file_set_contents(path, good, -1, NULL));
    ck_assert(world_until(world, store_is_good, NULL));
    ck_assert_ptr_null(engine_readonly(world->engine));
    expect_state("work", POWER_RUNNING);
}
END_TEST

/* A disk that hangs: who looks at a file first does not come back before it answers. */

static struct {
    GMutex lock;
    GCond change;
    gboolean hangs, holds;
} disk;

gboolean __real_file_stamp_path(const char *path, struct file_stamp *stamp,
                                GError **error);
gboolean __wrap_file_stamp_path(const char *path, struct file_stamp *stamp,
                                GError **error);

gboolean __wrap_file_stamp_path(const char *path, struct file_stamp *stamp, GError **error)
{
    g_mutex_lock(&disk.lock);
    if (disk.hangs && !disk.holds) {
        disk.holds = TRUE;
        g_main_context_wakeup(NULL);
        while (disk.hangs)
            g_cond_wait(&disk.change, &disk.lock);
    }
    g_mutex_unlock(&disk.lock);
    return __real_file_stamp_path(path, stamp, error);
}

static void disk_answer(void)
{
    g_mutex_lock(&disk.lock);
    disk.hangs = FALSE;
    g_cond_broadcast(&disk.change);
    g_mutex_unlock(&disk.lock);
}

static gboolean disk_holds(gpointer data)
{
    gboolean holds;

    g_mutex_lock(&disk.lock);
    holds = disk.holds;
    g_mutex_unlock(&disk.lock);
    return holds;
}

static gboolean looks_no_more(gpointer data)
{
    return !world->engine->loading;
}

static void disk_hang(void)
{
    ck_assert(world_until(world, looks_no_more, NULL));
    disk.hangs = TRUE;
    engine_request_all(world->engine);
    ck_assert(world_until(world, disk_holds, NULL));
}

START_TEST(a_disk_that_hangs_holds_up_nobody)
{
    g_autofree char *path = world_path(world, LAYOUT_STORE);

    fake_set_state(world_uuid(world, "work"), "work", POWER_PAUSED);
    disk_hang();
    expect_state("work", POWER_PAUSED);
    ck_assert(g_file_set_contents(path, "<qubes><dom", -1, NULL));
    engine_request_all(world->engine); /* nobody else looks meanwhile */
    ck_assert(store_is_good(NULL));
    disk_answer();
    ck_assert(world_until(world, store_is_bad, NULL));
}
END_TEST

START_TEST(what_was_saved_meanwhile_is_no_change_by_others)
{
    disk_hang();
    world_finish(world, world_submit(world, "tag-add", "work", NULL, "tag", "new", NULL));
    ck_assert(qube_has_tag(world_qube(world, "work"), "new"));
    disk_answer();
    ck_assert(world_until(world, looks_no_more, NULL));
    ck_assert_ptr_null(strstr(world->notes->str, "by another program"));
}
END_TEST

START_TEST(a_missing_store_is_an_error_of_the_engine)
{
    g_autofree char *path = world_path(world, LAYOUT_STORE);
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(g_remove(path), 0);
    ck_assert(!engine_load(world->engine, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "qubes.xml");
    ck_assert(error_is(engine_store_error(world->engine), QMC_ERROR_NOTFOUND));
}
END_TEST

START_TEST(a_reload_keeps_what_is_known_of_now)
{
    fake_set_state(world_uuid(world, "work"), "work", POWER_PAUSED);
    ck_assert_int_eq(world_state(world, "work"), POWER_PAUSED);
    ck_assert(engine_refresh_pools(world->engine, 50000, NULL));
    ck_assert(engine_load(world->engine, NULL));
    ck_assert_int_eq(world_qube(world, "work")->state, POWER_PAUSED);
    ck_assert(model_pool(engine_model(world->engine), "varlibqubes")->usage_known);
}
END_TEST

static void read_pools(const char *trouble)
{
    const struct pool_entry *pool;

    ck_assert(engine_refresh_pools(world->engine, 50000, NULL));
    pool = model_pool(engine_model(world->engine), "varlibqubes");
    ck_assert_int_eq(pool->usage_known, !trouble);
    if (trouble)
        ck_assert_ptr_nonnull(strstr(pool->trouble, trouble));
    else
        ck_assert_ptr_null(pool->trouble);
}

START_TEST(a_pool_that_is_gone_says_so_once)
{
    g_autofree char *dir = g_build_filename(world->root, "var/lib/qubes", NULL);
    g_autofree char *away = g_strconcat(dir, ".away", NULL);

    read_pools(NULL);
    ck_assert_int_eq(g_rename(dir, away), 0);
    g_string_truncate(world->notes, 0);
    read_pools("'varlibqubes'");
    ck_assert_ptr_nonnull(strstr(world->notes->str, "directory is not there"));
    g_string_truncate(world->notes, 0);
    read_pools("'varlibqubes'");
    ck_assert_str_eq(world->notes->str, "");
    ck_assert_int_eq(g_rename(away, dir), 0);
    read_pools(NULL);
    ck_assert_str_eq(world->notes->str, "pool 'varlibqubes' can be read again\n");
}
END_TEST

START_TEST(figures_of_pools_and_volumes_are_read)
{
    const struct pool_entry *pool;
    const struct volume_config *volume;
    g_autoptr(GError) error = NULL;

    ck_assert(engine_refresh_pools(world->engine, 50000, &error));
    pool = model_pool(engine_model(world->engine), "varlibqubes");
    ck_assert(pool->usage_known);
    ck_assert_uint_gt(pool->size, 0);
    volume = qube_volume(world_qube(world, "vault"), "private");
    ck_assert_uint_eq(volume->used, G_MAXUINT64);
    ck_assert(engine_refresh_volumes(world->engine, NULL, 50000, &error));
    ck_assert_uint_eq(volume->size, 256 << 20);
    ck_assert_uint_ne(volume->used, G_MAXUINT64);
    ck_assert_int_ge(volume->revisions, 0);
    ck_assert(engine_refresh_volumes(world->engine, world_uuid(world, "work"),
                                     50000, &error));
}
END_TEST

static gboolean both_read(gpointer data)
{
    return qube_volume(world_qube(world, "vault"), "private")->revisions >= 0 &&
           qube_volume(world_qube(world, "work"), "private")->revisions >= 0;
}

START_TEST(an_image_that_is_gone_is_no_empty_one)
{
    g_autofree char *image = world_image(world, "vault", "private.img");
    const struct volume_config *config;

    ck_assert_int_eq(g_remove(image), 0);
    ck_assert(engine_refresh_volumes(world->engine, NULL, 50000, NULL));
    config = qube_volume(world_qube(world, "vault"), "private");
    ck_assert_uint_eq(config->used, G_MAXUINT64);
    ck_assert_ptr_nonnull(strstr(config->trouble, "is missing"));
    ck_assert_ptr_null(qube_volume(world_qube(world, "work"), "private")->trouble);
}
END_TEST

START_TEST(a_request_during_a_reading_is_not_lost)
{
    engine_request_volumes(world->engine, world_uuid(world, "vault"));
    engine_request_volumes(world->engine, world_uuid(world, "work"));
    ck_assert(world_until(world, both_read, NULL));
}
END_TEST

static struct op *dry_start(void)
{
    const struct op_request request = { .op = "start", .dry_run = TRUE };
    struct op *op = world_submit_as(world, &request, "vault", NULL);

    world_finish(world, op);
    return op;
}

START_TEST(what_ended_long_ago_is_forgotten)
{
    struct op *first = op_ref(dry_start());

    for (int i = 0; i < 600; i++)
        dry_start();
    ck_assert_uint_eq(engine_ops(world->engine)->len, 500);
    ck_assert_uint_eq(dry_start()->number, 602);
    ck_assert_uint_eq(first->number, 1);
    ck_assert_int_eq(first->phase, OP_DONE);
    op_unref(first);
}
END_TEST

START_TEST(an_unknown_scheme_is_refused)
{
    const struct engine_config config = { .root = world->root,
                                          .uri = "vbox:///session" };
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(engine_new(&config, &error));
    ck_error(&error, QMC_ERROR_INVALID, NULL);
}
END_TEST

static gboolean release(gpointer data)
{
    fake_script("hang=");
    return G_SOURCE_REMOVE;
}

START_TEST(leaving_takes_back_what_is_half_done)
{
    struct engine *other = world_engine(world, NULL);
    struct world second = { world->root, world->uri, other, world->notes };

    fake_script("hang=create");
    ck_assert_ptr_nonnull(world_submit(&second, "start", "vault", NULL, NULL));
    while (fake_count("create") == 0)
        g_main_context_iteration(NULL, FALSE);
    g_idle_add(release, NULL); /* runs once the engine is being left */
    engine_end(other, 50000);
    engine_free(other);
    ck_assert(!fake_active(world_uuid(world, "vault")));
    ck_assert(world_clean(world, "vault"));
    ck_assert(world_unlocked(world, "vault"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        before_the_first_reading_nothing_is_known,
        everything_is_read_again_on_demand,
        frozen_figures_stay_and_states_do_not,
        silence_is_told_in_steps,
        a_reading_fills_the_model,
        a_hypervisor_that_hangs_is_not_waited_for,
        an_engine_can_be_left_with_a_call_that_hangs,
        a_hypervisor_that_is_down_makes_states_unknown,
        a_connection_that_comes_back_is_read_again,
        what_others_do_shows_at_once,
        a_qube_that_stops_by_itself_is_cleaned_up,
        how_a_qube_ended_is_told,
        what_an_operation_ended_is_not_told_twice,
        a_qube_that_stops_under_an_operation_is_cleaned_up,
        volumes_asked_for_during_a_reading_are_read,
        a_reading_of_all_volumes_is_one_event,
        one_who_only_looks_cleans_up_nothing,
        a_store_that_breaks_and_mends_is_followed,
        a_disk_that_hangs_holds_up_nobody,
        what_was_saved_meanwhile_is_no_change_by_others,
        a_missing_store_is_an_error_of_the_engine,
        a_reload_keeps_what_is_known_of_now,
        a_pool_that_is_gone_says_so_once,
        figures_of_pools_and_volumes_are_read,
        an_image_that_is_gone_is_no_empty_one,
        a_request_during_a_reading_is_not_lost,
        what_ended_long_ago_is_forgotten,
        an_unknown_scheme_is_refused,
        leaving_takes_back_what_is_half_done,
        NULL,
    };

    return suite_run_fixture("engine", tests, setup, teardown);
}
