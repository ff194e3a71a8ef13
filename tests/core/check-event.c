/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/event.h"

#include "tests/util/suite.h"

struct ear {
    struct events *events;
    guint id, other;
    int heard;
    gboolean leave, add;
};

static void hear(const struct event *event, gpointer data)
{
    struct ear *ear = data;

    ear->heard++;
    if (ear->leave)
        events_ignore(ear->events, ear->id);
    if (ear->other)
        events_ignore(ear->events, ear->other);
    if (ear->add)
        events_listen(ear->events, hear, ear);
    ear->add = FALSE;
}

static const struct event tick = { EVENT_STATS };

START_TEST(all_hear_in_turn)
{
    struct events *events = events_new();
    struct ear a = { events }, b = { events };

    a.id = events_listen(events, hear, &a);
    b.id = events_listen(events, hear, &b);
    events_emit(events, &tick);
    events_ignore(events, a.id);
    events_emit(events, &tick);
    ck_assert_int_eq(a.heard, 1);
    ck_assert_int_eq(b.heard, 2);
    events_free(events);
}
END_TEST

START_TEST(one_may_leave_while_called)
{
    struct events *events = events_new();
    struct ear a = { events, .leave = TRUE }, b = { events };

    a.id = events_listen(events, hear, &a);
    b.id = events_listen(events, hear, &b);
    events_emit(events, &tick);
    events_emit(events, &tick);
    ck_assert_int_eq(a.heard, 1);
    ck_assert_int_eq(b.heard, 2);
    events_free(events);
}
END_TEST

START_TEST(one_may_silence_the_next)
{
    struct events *events = events_new();
    struct ear a = { events }, b = { events };

    events_listen(events, hear, &a);
    a.other = events_listen(events, hear, &b);
    events_emit(events, &tick);
    ck_assert_int_eq(b.heard, 0);
    events_free(events);
}
END_TEST

START_TEST(a_newcomer_waits_for_the_next_event)
{
    struct events *events = events_new();
    struct ear a = { events, .add = TRUE };

    events_listen(events, hear, &a);
    events_emit(events, &tick);
    ck_assert_int_eq(a.heard, 1);
    events_emit(events, &tick);
    ck_assert_int_eq(a.heard, 3);
    events_free(events);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        all_hear_in_turn, one_may_leave_while_called, one_may_silence_the_next,
        a_newcomer_waits_for_the_next_event, NULL,
    };

    return suite_run("event", tests);
}
