/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a figure that grows, and what is not. */
#include "config.h"

#include "core/growth.h"

#include "tests/util/suite.h"

#define GIB ((guint64)1 << 30)
#define MIB ((guint64)1 << 20)

static GArray *growth;

static void setup(void)
{
    growth = growth_new();
}

static void teardown(void)
{
    g_array_unref(growth);
}

/* Twice a minute, as pools are read. */
static void watch(int from_minute, int to_minute, guint64 bytes, gint64 per_minute)
{
    for (int half = 2 * from_minute; half <= 2 * to_minute; half++)
        growth_add(growth, (gint64)half * 30 * G_USEC_PER_SEC,
                   (guint64)((gint64)bytes + per_minute * half / 2));
}

static void ck_text(char *taken, const char *expected)
{
    g_autofree char *text = taken;

    ck_assert_str_eq(text ? text : "(none)", expected);
}

static gboolean is_told(guint64 size)
{
    gint64 seconds;

    return growth_full_in(growth, size, &seconds);
}

static void ck_full_in(guint64 size, const char *expected)
{
    gint64 seconds = -1;

    ck_assert(growth_full_in(growth, size, &seconds));
    ck_text(growth_time_text(seconds), expected);
}

START_TEST(nothing_is_told_of_what_was_not_watched)
{
    ck_text(growth_rate_text(growth), "(none)");
    ck_assert(!is_told(100 * GIB));
    watch(0, 9, 50 * GIB, 20 * (gint64)MIB);
    ck_text(growth_rate_text(growth), "(none)");
    ck_assert(!is_told(100 * GIB));
    watch(10, 10, 50 * GIB, 20 * (gint64)MIB);
    ck_text(growth_rate_text(growth), "+1.2G/h");
}
END_TEST

START_TEST(what_is_far_away_wants_long_watching)
{
    watch(0, 10, 338 * GIB, 20 * (gint64)MIB);
    ck_assert(!is_told(476 * GIB)); /* five days: who knows after 10 minutes */
    ck_full_in(340 * GIB, "~92min");
    watch(11, 100, 338 * GIB, 20 * (gint64)MIB);
    ck_full_in(476 * GIB, "~5d");
}
END_TEST

START_TEST(one_write_is_no_trend)
{
    watch(0, 30, 10 * GIB, 0);
    watch(31, 60, 15 * GIB, 0);
    ck_text(growth_rate_text(growth), "+5.0G/h");
    ck_assert(!is_told(20 * GIB));
}
END_TEST

START_TEST(what_is_over_is_no_trend_either)
{
    watch(0, 30, 10 * GIB, 100 * (gint64)MIB);
    watch(31, 60, 13 * GIB, 0);
    ck_assert(!is_told(20 * GIB));
}
END_TEST

START_TEST(it_begins_anew_after_a_fall)
{
    watch(0, 60, 100 * GIB, 100 * (gint64)MIB);
    watch(61, 65, 50 * GIB, 100 * (gint64)MIB);
    ck_text(growth_rate_text(growth), "(none)");
    ck_assert_int_eq(growth_watched(growth), 4 * 60);
}
END_TEST

START_TEST(a_little_less_is_said_with_its_sign)
{
    watch(0, 60, 100 * GIB, -(gint64)MIB);
    ck_text(growth_rate_text(growth), "-1.4G/day");
    ck_assert(!is_told(200 * GIB));
}
END_TEST

START_TEST(what_stays_stays)
{
    watch(0, 60, 100 * GIB, 0);
    ck_text(growth_rate_text(growth), "0");
    ck_assert(!is_told(100 * GIB));
}
END_TEST

START_TEST(what_is_full_is_full_now)
{
    watch(0, 60, 10 * GIB, 100 * (gint64)MIB);
    ck_full_in(12 * GIB, "~0min");
}
END_TEST

START_TEST(a_day_is_kept_and_few_samples_of_it)
{
    watch(0, 3 * 24 * 60, 10 * GIB, 100 * (gint64)MIB);
    ck_assert_int_le(growth_watched(growth), 24 * 60 * 60);
    ck_assert_int_ge(growth_watched(growth), 23 * 60 * 60);
    ck_assert_uint_le(growth->len, 330);
}
END_TEST

START_TEST(times_are_in_words)
{
    ck_text(growth_time_words(60), "about 1 minute");
    ck_text(growth_time_words(119 * 60), "about 119 minutes");
    ck_text(growth_time_words(47 * 3600), "about 47 hours");
    ck_text(growth_time_words(5 * 86400 + 7200), "about 5 days");
    ck_text(growth_time_text(90 * 60), "~90min");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        nothing_is_told_of_what_was_not_watched, what_is_far_away_wants_long_watching,
        one_write_is_no_trend, what_is_over_is_no_trend_either,
        it_begins_anew_after_a_fall, a_little_less_is_said_with_its_sign, what_stays_stays,
        what_is_full_is_full_now, a_day_is_kept_and_few_samples_of_it, times_are_in_words,
        NULL,
    };

    return suite_run_fixture("growth", tests, setup, teardown);
}
