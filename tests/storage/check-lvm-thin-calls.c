/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of LVM that an operation takes: exactly those that it needs, for each of
 * them is a tenth of a second (spec/storage.md 7.6). Their time is measured in the lab
 * (tests/lab/lvm-bench.bash). */
#include "config.h"

#include "bench.h"
#include "lvm-stand.h"

static struct bench *bench;

static void setup(void)
{
    bench = bench_new();
}

static void teardown(void)
{
    bench_free(bench);
}

/* The calls since the last time as their verbs and what they are about. */
static char *verbs(void)
{
    g_autofree char *calls = stand_calls();
    g_auto(GStrv) lines = g_strsplit(calls, "\n", -1);
    GString *text = g_string_new(NULL);

    for (char **line = lines; *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", -1);

        if (words[0] && *words[0])
            g_string_append_printf(text, "%s%s", text->len ? " " : "", words[0]);
    }
    return g_string_free(text, FALSE);
}

static const struct {
    enum kind kind;
    const char *start, *stop, *again, *stop_again; /* the second time there is a revision */
} runs[] = {
    {KIND_VOLATILE, "lvs lvcreate", "lvs lvremove", "lvs lvcreate", "lvs lvremove"},
    {KIND_ORIGIN, "lvs lvcreate", "lvs lvrename lvrename",
     "lvs lvcreate", "lvs lvrename lvrename lvrename lvremove"},
    {KIND_SNAPSHOT, "lvs lvcreate", "lvs lvremove", "lvs lvcreate", "lvs lvremove"},
    {KIND_IN_PLACE, "lvs lvchange", "lvs lvchange", "lvs lvchange", "lvs lvchange"},
};

static void must_call(gboolean (*act)(struct volume *volume, GError **error),
                      struct volume *volume, const char *expected)
{
    g_autofree char *called = NULL;

    stand_forget(); /* nothing is known, as in a process of its own */
    g_free(stand_calls());
    must(act(volume, E));
    called = verbs();
    ck_assert_str_eq(called, expected);
}

START_TEST(no_command_too_many)
{
    auto_of(volume) struct volume *volume = bench_volume(bench, runs[_i].kind, "private");

    bench_fill(volume, "old");
    must_call(volume_start, volume, runs[_i].start);
    must_call(volume_stop, volume, runs[_i].stop);
    must_call(volume_start, volume, runs[_i].again);
    must_call(volume_stop, volume, runs[_i].stop_again);
    must_call(volume_stop, volume, "lvs");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lvm-thin-calls");
    TCase *tcase = tcase_create("lvm-thin-calls");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, no_command_too_many, 0, G_N_ELEMENTS(runs));
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
