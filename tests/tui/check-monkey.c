/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Somebody who presses everything, on a terminal that keeps changing its size
 * and a hypervisor that stalls, lies and goes away. QMC_MONKEY is how many keys
 * (20000), QMC_SEED where the numbers begin (1). */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fake/hv-fake.h"
#include "tests/tui/console.h"
#include "tests/util/suite.h"
#include "tui/app.h"

#define NOBODY 65534
#define FREEZE_MS 500
#define BYTES_KEPT (1 << 20)

struct monkey {
    GRand *rand;
    GArray *keys; /* int: what any screen has a row for */
    struct console *console;
    guint pressed;
    double slowest_ms;
    int slowest_key;
};

static guint number_of(const char *name, guint otherwise)
{
    const char *text = g_getenv(name);

    return text ? (guint)strtoul(text, NULL, 10) : otherwise;
}

/* Ctrl-Z would stop the test itself. */
static void monkey_learn_row(struct monkey *monkey, const struct key_row *row)
{
    g_auto(GStrv) names = g_strsplit(row->keys, " ", -1);

    for (gsize i = 0; names[i]; i++) {
        int key = key_parse(names[i]);

        if (key && key != K_CTRL('Z'))
            g_array_append_val(monkey->keys, key);
    }
}

static void monkey_learn_table(struct monkey *monkey, const struct key_row *row)
{
    for (; row && row->keys; row++)
        monkey_learn_row(monkey, row);
}

static void monkey_learn(struct monkey *monkey)
{
    gsize n;
    const struct screen_class *const *classes = screen_classes(&n);

    monkey->keys = g_array_new(FALSE, FALSE, sizeof(int));
    monkey_learn_table(monkey, app_keys());
    for (gsize i = 0; i < n; i++) {
        monkey_learn_table(monkey, classes[i]->keys);
        monkey_learn_table(monkey, classes[i]->more);
    }
    ck_assert_uint_gt(monkey->keys->len, 20);
}

static int monkey_key(struct monkey *monkey)
{
    if (g_rand_int_range(monkey->rand, 0, 8) == 0)
        return g_rand_int_range(monkey->rand, ' ', 0x17f);
    return g_array_index(monkey->keys, int,
                         g_rand_int_range(monkey->rand, 0, (int)monkey->keys->len));
}

/* Time that went by but for what the thread waited for a processor that others
 * had: "RUNNING WAITING SLICES" in ns. A call that blocks counts. */
static double own_ms(void)
{
    g_autofree char *text = NULL;
    guint64 waited = 0;

    if (g_file_get_contents("/proc/thread-self/schedstat", &text, NULL, NULL))
        waited = g_ascii_strtoull(strchr(text, ' '), NULL, 10);
    return (double)g_get_monotonic_time() / 1e3 - (double)waited / 1e6;
}

static void monkey_press(struct monkey *monkey, int key)
{
    double began = own_ms(), took;

    app_key(monkey->console->app, key);
    if (monkey->pressed % 4 == 0)
        app_draw(monkey->console->app);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    took = own_ms() - began;
    if (took > monkey->slowest_ms) {
        monkey->slowest_ms = took;
        monkey->slowest_key = key;
    }
    monkey->pressed++;
}

static void monkey_resize(struct monkey *monkey)
{
    static const int heights[] = {1, 2, 4, 5, 10, 15, 24, 24, 24, 30, 40, 70};
    static const int widths[] = {1, 3, 19, 20, 44, 60, 79, 80, 80, 110, 120, 250};

    console_resize(monkey->console,
                   heights[g_rand_int_range(monkey->rand, 0, G_N_ELEMENTS(heights))],
                   widths[g_rand_int_range(monkey->rand, 0, G_N_ELEMENTS(widths))]);
}

static void monkey_disturb(struct monkey *monkey)
{
    static const char *const moods[] = {
        "hang= delay=0 down=0 lie=0 fail=",
        "hang= delay=0 down=0 lie=0 fail=",
        "lie=1",
        "delay=50",
        "hang=create,shutdown",
        "hang=all",
        "down=1",
        "fail=all error=io",
        "figures=moving shutdown=ignore",
        "shutdown=obey",
    };

    fake_script(moods[g_rand_int_range(monkey->rand, 0, G_N_ELEMENTS(moods))]);
}

/* The user left; comes back to what goes on. */
static void monkey_return(struct monkey *monkey)
{
    if (monkey->console->ended)
        console_again(monkey->console);
}

static void monkey_check(struct monkey *monkey)
{
    if (monkey->console->bytes->len < BYTES_KEPT)
        return;
    console_check_bytes(monkey->console);
    g_string_truncate(monkey->console->bytes, 0);
}

static void monkey_play(struct monkey *monkey, guint keys)
{
    while (monkey->pressed < keys) {
        monkey_press(monkey, monkey_key(monkey));
        if (monkey->pressed % 97 == 0)
            monkey_resize(monkey);
        if (monkey->pressed % 211 == 0)
            monkey_disturb(monkey);
        monkey_return(monkey);
        monkey_check(monkey);
        /* workers and the drawing of what they did need time of their own */
        if (monkey->pressed % 10 == 0)
            g_usleep(1000);
    }
}

/* Files are saved under names that were typed. */
static char *monkey_root(void)
{
    g_autofree char *path = g_build_filename(g_getenv("top_srcdir"),
                                             "tests/tui/qubes.xml", NULL);
    g_autofree char *store = NULL;
    char *root;

    ck_assert(g_file_get_contents(path, &store, NULL, NULL));
    if (geteuid() == 0)
        ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
    root = root_make(store);
    ck_assert_int_eq(chdir(root), 0);
    return root;
}

START_TEST(every_key_everywhere)
{
    guint seed = number_of("QMC_SEED", 1);
    struct monkey monkey = {.rand = g_rand_new_with_seed(seed)};
    char *root = monkey_root();

    monkey_learn(&monkey);
    fake_reset();
    monkey.console = console_new("xterm-256color", 24, 80);
    console_run(monkey.console, root);
    monkey_play(&monkey, number_of("QMC_MONKEY", 20000));
    printf("# %u keys, seed %u, %u operations: slowest %.1f ms (key 0x%x)\n",
           monkey.pressed, seed, engine_ops(monkey.console->engine)->len,
           monkey.slowest_ms, (unsigned)monkey.slowest_key);
    ck_assert_uint_gt(engine_ops(monkey.console->engine)->len, 0);
    ck_assert_msg(monkey.slowest_ms < FREEZE_MS, "key 0x%x took %.0f ms",
                  (unsigned)monkey.slowest_key, monkey.slowest_ms);
    fake_script("hang= delay=0 down=0 lie=0 fail=");
    console_resize(monkey.console, 24, 80);
    console_keys(monkey.console, "Esc Esc Esc Esc Esc 1");
    console_wait(monkey.console, "sort: ");
    console_check_bytes(monkey.console);
    console_free(monkey.console);
    g_array_unref(monkey.keys);
    g_rand_free(monkey.rand);
}
END_TEST

int main(void)
{
    const TTest *const none[] = {NULL};
    TCase *all = tcase_create("monkey");

    tcase_set_timeout(all, 1200);
    tcase_add_test(all, every_key_everywhere);
    return suite_run_cases("monkey", none, NULL, NULL, all);
}
