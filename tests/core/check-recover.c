/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a crash left of the volumes of halted qubes, when an engine begins that may change
 * things (spec/storage.md M-12, 3.5). */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/layout.h"
#include "hv-fake.h"
#include "life.h"
#include "tests/util/suite.h"
#include "util/file.h"

static struct world *world;

static void setup(void)
{
    fake_reset();
    world = world_new("test:///fake", NULL);
    life_make(world, "x");
    life_write(world, "appvms/x/private.img", "old");
}

static void teardown(void)
{
    world_free(world);
}

static void take_note(const struct event *event, gpointer data)
{
    if (event->type == EVENT_NOTE)
        g_string_append_printf(world->notes, "%s\n", event->text);
}

/* Another program on the same root: what this process knew is lost. */
static void crash(void (*change)(struct engine_config *))
{
    struct engine *old = world->engine;
    struct engine *new = world_engine(world, change);

    world->engine = new;
    engine_free(old);
    g_string_truncate(world->notes, 0);
    events_listen(engine_model(new)->events, take_note, NULL);
}

static gboolean is_read(gpointer data)
{
    return world_qube(world, "x")->state != POWER_UNKNOWN && !engine_recovering(world->engine);
}

static void follow(void)
{
    engine_follow(world->engine);
    ck_assert(world_until(world, is_read, NULL));
}

static guint revisions_of(const char *qube)
{
    g_autofree char *path = world_image(world, qube, "");
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    guint count = 0;

    while ((name = g_dir_read_name(dir)))
        count += g_str_has_prefix(name, "private.img.");
    return count;
}

static void ck_text(const char *below, const char *expected)
{
    g_autofree char *text = life_read(world, below);

    ck_assert_msg(g_strcmp0(text, expected) == 0, "%s: %s", below, text ? text : "none");
}

static void ck_untouched(const char *qube)
{
    g_autofree char *dirty = g_strconcat("appvms/", qube, "/private-dirty.img", NULL);
    g_autofree char *clean = g_strconcat("appvms/", qube, "/private.img", NULL);

    ck_text(dirty, "crashed");
    ck_text(clean, "old");
    ck_assert_uint_eq(revisions_of(qube), 0);
}

START_TEST(what_a_crashed_qube_saved_is_committed)
{
    life_write(world, "appvms/x/private-dirty.img", "crashed");
    crash(NULL);
    follow();
    ck_text("appvms/x/private.img", "crashed");
    ck_assert_uint_eq(revisions_of("x"), 1);
    ck_assert(world_clean(world, "x"));
    ck_assert(world_unlocked(world, "x"));
}
END_TEST

START_TEST(what_saves_nothing_is_dropped)
{
    static const char *const left[] = {
        "root.img", "root-dirty.img", "volatile-dirty.img", "private-import.img",
        "private.img~a1b2c3d4",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(left); i++) {
        g_autofree char *below = g_strconcat("appvms/x/", left[i], NULL);

        life_write(world, below, "left");
    }
    crash(NULL);
    follow();
    for (gsize i = 0; i < G_N_ELEMENTS(left); i++) {
        g_autofree char *below = g_strconcat("appvms/x/", left[i], NULL);

        ck_assert_msg(!life_has(world, below), "%s", below);
    }
    ck_text("appvms/x/private.img", "old");
    ck_assert_uint_eq(revisions_of("x"), 0);
}
END_TEST

/* Each of these alone is reason enough to look under the lock. */
START_TEST(each_leftover_is_seen)
{
    static const char *const left[] = {
        "root.img", "root-dirty.img", "volatile-dirty.img", "private-import.img",
        "private.img~a1b2c3d4", "private-precache.img~a1b2c3d4",
    };
    g_autofree char *below = g_strconcat("appvms/x/", left[_i], NULL);

    life_write(world, below, "left");
    crash(NULL);
    follow();
    ck_assert_msg(!life_has(world, below), "%s", below);
}
END_TEST

START_TEST(a_running_qube_is_left_alone)
{
    life_write(world, "appvms/x/private-dirty.img", "crashed");
    fake_set_state(world_uuid(world, "x"), "x", POWER_RUNNING);
    crash(NULL);
    follow();
    ck_untouched("x");
}
END_TEST

/* What was read may be old by the time of the lock. */
START_TEST(the_state_is_read_again_under_the_lock)
{
    life_write(world, "appvms/x/private-dirty.img", "crashed");
    crash(NULL);
    ck_assert_int_eq(world_state(world, "x"), POWER_HALTED);
    fake_set_state(world_uuid(world, "x"), "x", POWER_RUNNING);
    engine_recover(world->engine);
    ck_assert(world_until(world, is_read, NULL));
    ck_untouched("x");
}
END_TEST

START_TEST(a_lock_held_elsewhere_is_left_alone)
{
    g_autofree char *path = g_strdup_printf("%s" LAYOUT_RUN "/%s.lock", world->root,
                                            world_uuid(world, "x"));
    auto_of(file_lock) struct file_lock *lock = NULL;

    life_write(world, "appvms/x/private-dirty.img", "crashed");
    crash(NULL);
    lock = file_lock_take(path, TRUE, 0, NULL);
    ck_assert_ptr_nonnull(lock);
    follow();
    ck_untouched("x");
    ck_assert_ptr_null(strstr(world->notes->str, "x: "));
}
END_TEST

START_TEST(who_only_reads_recovers_nothing)
{
    life_write(world, "appvms/x/private-dirty.img", "crashed");
    crash(NULL);
    ck_assert_int_eq(world_state(world, "x"), POWER_HALTED);
    ck_assert(engine_refresh_volumes(world->engine, NULL, 50000, NULL));
    ck_assert(engine_refresh_pools(world->engine, 50000, NULL));
    ck_assert(!engine_recovering(world->engine));
    ck_untouched("x");
}
END_TEST

static void be_readonly(struct engine_config *config)
{
    config->readonly = TRUE;
}

static void be_offline(struct engine_config *config)
{
    config->offline = TRUE;
}

START_TEST(readonly_and_offline_recover_nothing)
{
    life_write(world, "appvms/x/private-dirty.img", "crashed");
    crash(_i ? be_readonly : be_offline);
    engine_follow(world->engine);
    engine_refresh_states(world->engine, 50000, NULL);
    engine_recover(world->engine);
    ck_assert(!engine_recovering(world->engine));
    ck_untouched("x");
}
END_TEST

/* A socket that somebody listens on; the answer does not matter. */
static int listen_as_qubesd(void)
{
    g_autofree char *path = world_path(world, LAYOUT_QUBESD);
    g_autofree char *dir = g_path_get_dirname(path);
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert(file_mkdirs(dir, 0770, NULL));
    ck_assert_uint_lt(g_strlcpy(addr.sun_path, path, sizeof addr.sun_path),
                      sizeof addr.sun_path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    return fd;
}

/* The engine may not know of it yet: it is asked again under the lock. */
START_TEST(a_qubesd_has_the_say)
{
    int fd;

    life_write(world, "appvms/x/private-dirty.img", "crashed");
    crash(NULL);
    fd = listen_as_qubesd();
    follow();
    ck_untouched("x");
    ck_assert_ptr_null(strstr(world->notes->str, "x: "));
    close(fd);
}
END_TEST

static const char *const many[] = { "m1", "m2", "m3", "m4", "m5" };

static void make_many(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(many); i++) {
        g_autofree char *clean = g_strdup_printf("appvms/%s/private.img", many[i]);
        g_autofree char *dirty = g_strdup_printf("appvms/%s/private-dirty.img", many[i]);

        life_make(world, many[i]);
        life_write(world, clean, "old");
        life_write(world, dirty, "crashed");
    }
}

/* Told, and no reason to leave the others as they are. */
START_TEST(a_failure_is_told_and_the_others_go_on)
{
    g_autofree char *path = world_image(world, "m2", "root-dirty.img");

    make_many();
    ck_assert(file_mkdirs(path, 0770, NULL));
    crash(NULL);
    follow();
    for (gsize i = 0; i < G_N_ELEMENTS(many); i++) {
        g_autofree char *below = g_strdup_printf("appvms/%s/private.img", many[i]);

        ck_text(below, "crashed");
    }
    ck_assert_ptr_nonnull(strstr(world->notes->str, "m2: cleaning up what was cut off: "));
    ck_assert_ptr_nonnull(strstr(world->notes->str, "root-dirty.img"));
    ck_assert_ptr_nonnull(strstr(world->notes->str, "m1: what was cut off is cleaned up"));
}
END_TEST

static gboolean is_clean(gpointer data)
{
    return world_clean(world, "x") && !engine_recovering(world->engine);
}

/* Neither taken for one that is at rest, nor forgotten. */
START_TEST(what_cannot_be_looked_at_is_told_and_looked_at_again)
{
    g_autofree char *path = world_image(world, "x", "private-dirty.img");

    ck_assert_int_eq(symlink("private-dirty.img", path), 0);
    crash(NULL);
    follow();
    ck_text("appvms/x/private.img", "old");
    ck_assert_ptr_nonnull(strstr(world->notes->str, "cut off cannot be told: "));
    ck_assert_ptr_nonnull(strstr(world->notes->str, "private-dirty.img"));
    ck_assert_int_eq(unlink(path), 0);
    life_write(world, "appvms/x/private-dirty.img", "crashed");
    ck_assert(world_until(world, is_clean, NULL));
    ck_text("appvms/x/private.img", "crashed");
}
END_TEST

/* The other workers stay free for what the user asks. */
START_TEST(few_at_a_time)
{
    make_many();
    crash(NULL);
    ck_assert_int_eq(world_state(world, "x"), POWER_HALTED);
    fake_reset();
    fake_script("hang=state");
    engine_recover(world->engine);
    for (int i = 0; i < 20 || fake_count("state") < 2; i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(5000);
    }
    ck_assert_uint_eq(fake_count("state"), 2);
    ck_assert(engine_refresh_states(world->engine, 50000, NULL));
    fake_script("hang=");
    ck_assert(world_until(world, is_read, NULL));
    ck_text("appvms/m5/private.img", "crashed");
}
END_TEST

/* Once is enough: later stops are seen as they happen. */
START_TEST(it_is_done_once)
{
    crash(NULL);
    follow();
    life_write(world, "appvms/x/private-dirty.img", "crashed");
    engine_recover(world->engine);
    ck_assert(!engine_recovering(world->engine));
    ck_untouched("x");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_a_crashed_qube_saved_is_committed, what_saves_nothing_is_dropped,
        a_running_qube_is_left_alone, the_state_is_read_again_under_the_lock,
        a_lock_held_elsewhere_is_left_alone, who_only_reads_recovers_nothing,
        a_qubesd_has_the_say, a_failure_is_told_and_the_others_go_on, few_at_a_time,
        what_cannot_be_looked_at_is_told_and_looked_at_again,
        it_is_done_once, NULL,
    };
    TCase *loops = tcase_create("loops");

    tcase_add_checked_fixture(loops, setup, teardown);
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, each_leftover_is_seen, 0, 6);
    tcase_add_loop_test(loops, readonly_and_offline_recover_nothing, 0, 2);
    return suite_run_cases("recover", tests, setup, teardown, loops);
}
