/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "util/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/util/suite.h"
#include "util/auto.h"

/* Runs a script by sh -c. */
static gboolean run(const char *script, struct proc_spec spec,
                    struct proc_result *result, GError **error)
{
    const char *argv[] = { "sh", "-c", script, NULL };

    spec.argv = argv;
    return proc_run(&spec, result, error);
}

static void ck_run(const char *script, struct proc_spec spec, int status,
                   const char *out)
{
    struct proc_result result = { 0 };
    g_autoptr(GError) error = NULL;
    gboolean ok = run(script, spec, &result, &error);

    ck_no_error(error);
    ck_assert(ok);
    ck_assert_int_eq(result.status, status);
    ck_assert_str_eq(result.out, out);
    proc_result_clear(&result);
    ck_assert_ptr_null(result.out);
    ck_assert_ptr_null(result.err);
}

START_TEST(status_and_output_come_back)
{
    struct proc_result result = { 0 };

    ck_run("echo out; exit 3", (struct proc_spec){ 0 }, 3, "out\n");
    ck_run("kill -TERM $$", (struct proc_spec){ 0 }, 128 + SIGTERM, "");
    ck_assert(run("echo a; echo b >&2", (struct proc_spec){ 0 }, &result, NULL));
    ck_assert_str_eq(result.out, "a\n");
    ck_assert_str_eq(result.err, "b\n");
    ck_assert(!result.out_cut && !result.err_cut);
    proc_result_clear(&result);
}
END_TEST

START_TEST(arguments_are_not_interpreted)
{
    const char *argv[] = { "printf", "%s|", "$HOME", "a b", "*", "", NULL };
    struct proc_spec spec = { .argv = argv };
    struct proc_result result = { 0 };

    ck_assert(proc_run(&spec, &result, NULL));
    ck_assert_str_eq(result.out, "$HOME|a b|*||");
    proc_result_clear(&result);
}
END_TEST

START_TEST(input_is_given_or_empty)
{
    g_autofree char *big = g_strnfill(1 << 20, 'x');
    g_autoptr(GBytes) some = g_bytes_new("hello", 5);
    g_autoptr(GBytes) much = g_bytes_new(big, 1 << 20);

    ck_run("cat; cat /dev/stdin", (struct proc_spec){ 0 }, 0, "");
    ck_run("cat", (struct proc_spec){ .input = some }, 0, "hello");
    ck_run("cat /dev/stdin", (struct proc_spec){ .input = some }, 0, "hello");
    ck_run("wc -c | tr -d ' '", (struct proc_spec){ .input = much }, 0, "1048576\n");
    ck_run("exit 0", (struct proc_spec){ .input = much }, 0, "");
}
END_TEST

START_TEST(environment_is_changed_in_the_child_only)
{
    const char *set[] = { "QMC_A=new=1", "QMC_B=", NULL };
    const char *unset[] = { "QMC_C", NULL };
    struct proc_spec spec = { .env = set, .unset = unset };

    g_setenv("QMC_A", "old", TRUE);
    g_setenv("QMC_C", "old", TRUE);
    g_setenv("QMC_D", "kept", TRUE);
    ck_run("echo \"$QMC_A|${QMC_B-unset}|${QMC_C-unset}|$QMC_D\"", spec, 0,
           "new=1||unset|kept\n");
    ck_assert_str_eq(g_getenv("QMC_A"), "old");
    ck_assert_str_eq(g_getenv("QMC_C"), "old");
    ck_assert_ptr_null(g_getenv("QMC_B"));
}
END_TEST

START_TEST(output_is_capped_but_read)
{
    struct proc_spec spec = { .capture_cap = 10 };
    struct proc_result result = { 0 };

    ck_assert(run("head -c 3000000 /dev/zero | tr '\\0' o; "
                  "head -c 300000 /dev/zero | tr '\\0' e >&2; exit 7",
                  spec, &result, NULL));
    ck_assert_int_eq(result.status, 7);
    ck_assert_str_eq(result.out, "oooooooooo");
    ck_assert_str_eq(result.err, "eeeeeeeeee");
    ck_assert(result.out_cut && result.err_cut);
    proc_result_clear(&result);
    ck_assert(run("printf 0123456789", spec, &result, NULL));
    ck_assert_str_eq(result.out, "0123456789");
    ck_assert(!result.out_cut);
    proc_result_clear(&result);
    spec.capture_cap = 0;
    ck_assert(run("head -c 70000 /dev/zero | tr '\\0' o", spec, &result, NULL));
    ck_assert_uint_eq(strlen(result.out), 65536);
    ck_assert(result.out_cut);
    proc_result_clear(&result);
}
END_TEST

static void ck_not_run(const char *program, QmcErrorCode code)
{
    const char *argv[] = { program, NULL };
    struct proc_spec spec = { .argv = argv };
    struct proc_result result = { .status = 4711 };
    GError *error = NULL;

    ck_assert(!proc_run(&spec, &result, &error));
    ck_assert_int_eq(result.status, 4711);
    ck_error(&error, code, program);
}

START_TEST(what_cannot_run_says_why)
{
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("qmc-check-XXXXXX", &file, NULL);

    ck_not_run("/nonexistent/program", QMC_ERROR_NOTFOUND);
    ck_not_run("qmc-no-such-program", QMC_ERROR_NOTFOUND);
    ck_not_run(file, QMC_ERROR_DENIED);
    ck_not_run("/", QMC_ERROR_DENIED);
    ck_assert_int_eq(chmod(file, 0700), 0);
    close(fd);
    ck_not_run(file, QMC_ERROR_IO); /* no program inside */
    unlink(file);
}
END_TEST

/* Whether the process in /proc/PID is of the session; zombies do not count:
 * who has to collect them may take its time. */
static gboolean process_is_of(const char *pid, pid_t sid)
{
    g_autofree char *path = g_build_filename("/proc", pid, "stat", NULL);
    g_autofree char *text = NULL;
    const char *after;
    int ppid, pgrp, session;
    char state;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    after = strrchr(text, ')');
    return after &&
           sscanf(after, ") %c %d %d %d", &state, &ppid, &pgrp, &session) == 4 &&
           session == sid && state != 'Z' && state != 'X';
}

static gboolean session_lives(pid_t sid)
{
    g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(proc)))
        if (g_ascii_isdigit(name[0]) && process_is_of(name, sid))
            return TRUE;
    return FALSE;
}

/* SIGKILL was sent when proc_run() returns; dying takes a moment. */
static void ck_session_gone(pid_t sid)
{
    ck_assert_int_gt(sid, 1);
    for (int i = 0; i < 50000 && session_lives(sid); i++)
        g_usleep(1000);
    ck_assert(!session_lives(sid));
}

/* A shell that is signalled just before it forks runs its trap only when that
 * child is over, so no child lasts. */
#define FOR_EVER "while :; do sleep 0.05; done"

/* A script that is to be ended from outside, and the file that tells how far it
 * got: its pid once it runs, and "obeyed" if SIGTERM was enough. */
struct victim {
    char *file, *script;
    char *told; /* what the file says in the end */
};

static struct victim victim_new(const char *script)
{
    struct victim victim = { 0 };

    close(g_file_open_tmp("qmc-check-XXXXXX", &victim.file, NULL));
    victim.script = g_strdup_printf(
        "trap 'echo obeyed >> %s; exit 1' TERM; echo $$ > %s; %s", victim.file,
        victim.file, script);
    return victim;
}

static void victim_clear(struct victim *victim)
{
    unlink(victim->file);
    g_free(victim->file);
    g_free(victim->script);
    g_free(victim->told);
}

static void ck_victim_ends(struct victim *victim, struct proc_spec spec,
                           QmcErrorCode code)
{
    struct proc_result result = { .status = 4711 };
    GError *error = NULL;

    ck_assert(!run(victim->script, spec, &result, &error));
    ck_error(&error, code, "'sh'");
    ck_assert_int_eq(result.status, 4711);
    g_free(victim->told);
    ck_assert(g_file_get_contents(victim->file, &victim->told, NULL, NULL));
}

/* The deadline grows until the script comes far enough. */
static void ck_times_out(const char *script, gboolean obeys)
{
    struct victim victim = victim_new(script);
    struct proc_spec spec = { .deadline_ms = 200 };

    ck_victim_ends(&victim, spec, QMC_ERROR_TIMEOUT);
    while (*victim.told == '\0') {
        spec.deadline_ms *= 2;
        ck_victim_ends(&victim, spec, QMC_ERROR_TIMEOUT);
    }
    ck_session_gone(atoi(victim.told));
    ck_assert_int_eq(strstr(victim.told, "obeyed") != NULL, obeys);
    victim_clear(&victim);
}

START_TEST(deadline_ends_the_group)
{
    ck_times_out("sleep 1000 & " FOR_EVER, TRUE);
    ck_times_out("kill -STOP $$", TRUE);
    ck_times_out("exec >&- 2>&-; " FOR_EVER, TRUE);
    ck_times_out("while :; do echo y; done", TRUE);
}
END_TEST

START_TEST(deadline_kills_who_does_not_listen)
{
    ck_times_out("trap '' TERM; " FOR_EVER, FALSE);
}
END_TEST

struct canceller {
    GCancellable *cancel;
    const char *file;
};

static gpointer cancel_when_it_runs(gpointer data)
{
    const struct canceller *self = data;
    struct stat st;

    while (stat(self->file, &st) == 0 && st.st_size == 0)
        g_usleep(1000);
    g_cancellable_cancel(self->cancel);
    return NULL;
}

START_TEST(cancel_ends_the_group)
{
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct proc_spec spec = { .cancel = cancel, .deadline_ms = 1000000 };
    struct victim victim = victim_new(FOR_EVER);
    struct canceller canceller = { cancel, victim.file };
    struct proc_result result = { 0 };
    GThread *thread = g_thread_new("cancel", cancel_when_it_runs, &canceller);
    GError *error = NULL;

    ck_victim_ends(&victim, spec, QMC_ERROR_CANCELLED);
    g_thread_join(thread);
    ck_session_gone(atoi(victim.told));
    ck_assert_ptr_nonnull(strstr(victim.told, "obeyed"));
    victim_clear(&victim);
    /* and does not even start */
    ck_assert(!run("echo x", spec, &result, &error));
    ck_error(&error, QMC_ERROR_CANCELLED, NULL);
}
END_TEST

START_TEST(stragglers_are_gone_at_the_return)
{
    struct proc_result result = { 0 };

    ck_assert(run("sleep 100 & echo $$", (struct proc_spec){ 0 }, &result, NULL));
    ck_session_gone(atoi(result.out));
    proc_result_clear(&result);
}
END_TEST

START_TEST(a_daemon_may_hold_the_pipes)
{
    g_autoptr(GError) error = NULL;
    struct proc_result result = { 0 };

    /* longer than a test may take */
    ck_assert(run("setsid sleep 1000 & echo $!", (struct proc_spec){ 0 }, &result,
                  &error));
    kill(atoi(result.out), SIGKILL);
    proc_result_clear(&result);
}
END_TEST

START_TEST(descriptors_stay_here)
{
    auto_fd int low = open("/", O_RDONLY), high = fcntl(low, F_DUPFD, 500);

    ck_assert_int_ge(high, 500);
    /* 3 is the directory that ls reads. A shell that waits may have a pipe. */
    ck_run("exec ls /proc/self/fd", (struct proc_spec){ 0 }, 0, "0\n1\n2\n3\n");
    ck_assert_int_ne(fcntl(high, F_GETFD), -1);
}
END_TEST

START_TEST(standard_descriptors_may_be_closed)
{
    close(0);
    close(1);
    ck_run("cat; echo out; echo err >&2", (struct proc_spec){ 0 }, 0, "out\n");
}
END_TEST

/* 32 and 33 belong to the C library, which lets nobody touch them: whatever
 * started the tests may have left them ignored. */
#define SIGNALS_OURS (~(guint64)0x180000000)

START_TEST(signals_are_reset)
{
    struct proc_result result = { 0 };
    guint64 blocked = 1, ignored = 1;
    sigset_t mask;

    sigfillset(&mask);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGPIPE, SIG_IGN);
    ck_assert(run("grep -E '^Sig(Blk|Ign)' /proc/self/status",
                  (struct proc_spec){ 0 }, &result, NULL));
    ck_assert_int_eq(sscanf(result.out, "SigBlk: %" G_GINT64_MODIFIER "x "
                            "SigIgn: %" G_GINT64_MODIFIER "x", &blocked, &ignored), 2);
    ck_assert_uint_eq(blocked, 0);
    ck_assert_uint_eq(ignored & SIGNALS_OURS, 0);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    ck_assert(sigismember(&mask, SIGUSR1));
    proc_result_clear(&result);
}
END_TEST

START_TEST(nothing_is_left_open)
{
    g_autoptr(GCancellable) cancel = g_cancellable_new();
    struct proc_spec spec = { .cancel = cancel, .deadline_ms = 10000 };
    int before, after;

    ck_run("echo", spec, 0, "\n");
    before = dup(0);
    close(before);
    for (int i = 0; i < 5; i++) {
        ck_run("echo", spec, 0, "\n");
        ck_not_run("/nonexistent/program", QMC_ERROR_NOTFOUND);
    }
    after = dup(0);
    ck_assert_int_eq(before, after);
    close(after);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        status_and_output_come_back, arguments_are_not_interpreted,
        input_is_given_or_empty, environment_is_changed_in_the_child_only,
        output_is_capped_but_read, what_cannot_run_says_why,
        deadline_ends_the_group, deadline_kills_who_does_not_listen,
        cancel_ends_the_group, stragglers_are_gone_at_the_return,
        a_daemon_may_hold_the_pipes, descriptors_stay_here,
        standard_descriptors_may_be_closed, signals_are_reset,
        nothing_is_left_open, NULL,
    };

    return suite_run("proc", tests);
}
