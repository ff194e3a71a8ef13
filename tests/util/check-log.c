/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "util/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/util/suite.h"

START_TEST(lines_are_sanitised_and_named)
{
    g_autoptr(GPtrArray) lines = NULL;

    log_line("hv", "guest says %s", "\033[2J\nhello");
    lines = log_lines();
    ck_assert_uint_eq(lines->len, 1);
    ck_assert_ptr_nonnull(strstr(lines->pdata[0], " hv: guest says ?[2J hello"));
}
END_TEST

START_TEST(oldest_lines_go_first)
{
    g_autoptr(GPtrArray) lines = NULL;

    for (int i = 0; i < 1003; i++)
        log_line("t", "line %d.", i);
    lines = log_lines();
    ck_assert_uint_eq(lines->len, 1000);
    ck_assert_ptr_nonnull(strstr(lines->pdata[0], "line 3."));
    ck_assert_ptr_nonnull(strstr(lines->pdata[999], "line 1002."));
}
END_TEST

START_TEST(stderr_only_on_request)
{
    char text[256] = "";
    int pipe_fds[2];

    ck_assert_int_eq(pipe(pipe_fds), 0);
    dup2(pipe_fds[1], STDERR_FILENO);
    log_line("t", "one");
    log_to_stderr(TRUE);
    log_line("t", "two");
    log_to_stderr(FALSE);
    log_line("t", "three");
    fflush(stderr);
    ck_assert_int_gt(read(pipe_fds[0], text, sizeof text - 1), 0);
    ck_assert_ptr_nonnull(strstr(text, "two\n"));
    ck_assert_ptr_null(strstr(text, "one"));
    ck_assert_ptr_null(strstr(text, "three"));
}
END_TEST

static gpointer log_many(gpointer data)
{
    for (int i = 0; i < 500; i++)
        log_line("t", "thread");
    return NULL;
}

START_TEST(threads_share_the_ring)
{
    GThread *threads[4];
    g_autoptr(GPtrArray) lines = NULL;

    for (int i = 0; i < 4; i++)
        threads[i] = g_thread_new("log", log_many, NULL);
    for (int i = 0; i < 4; i++)
        g_thread_join(threads[i]);
    lines = log_lines();
    ck_assert_uint_eq(lines->len, 1000);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        lines_are_sanitised_and_named, oldest_lines_go_first,
        stderr_only_on_request, threads_share_the_ring, NULL,
    };

    return suite_run("log", tests);
}
