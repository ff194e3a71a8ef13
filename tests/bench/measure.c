/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times a program from outside.
 *
 *   measure time ROUNDS PROGRAM...     us= median from start to end
 *   measure screen COLUMNSxROWS SECONDS STEPS PROGRAM...  in a terminal:
 *       frame.us=    from start until the first frame stands
 *       frame.bytes= what it costs
 *       idle=        bytes per second while nobody types
 *       cpu=         percent of one core meanwhile
 *       memory=      private dirty KiB at the end
 *     STEPS are the words [NAME]=KEY[*TIMES], pressed in order; of all keys
 *     of a name:
 *       NAME.bytes=  what the answer costs, median; NAME.most= of all
 *       NAME.us=     until its first byte, median; NAME.slowest= of all
 *       NAME.done=   until its last byte, median
 *     A key without an answer counts with ANSWER_MS. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#include "tests/bench/terminal.h"

#define ROUNDS_MAX 101
#define FRAME_MS 10000
#define FRAME_BYTES 600 /* less than this is no full frame of any program */
#define ANSWER_MS 6000

static _Noreturn void die(const char *what)
{
    g_printerr("measure: %s: %s\n", what, g_strerror(errno));
    exit(1);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *figures, int n)
{
    qsort(figures, (gsize)n, sizeof *figures, by_size);
    return figures[n / 2];
}

static _Noreturn void exec_quietly(char **argv)
{
    int null = open("/dev/null", O_RDWR);

    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    execvp(argv[0], argv);
    _exit(127);
}

static double time_once(char **argv)
{
    gint64 began = g_get_monotonic_time();
    pid_t pid = fork();
    int status;

    if (pid < 0)
        die("fork");
    if (pid == 0)
        exec_quietly(argv);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
        die(argv[0]);
    return (double)(g_get_monotonic_time() - began);
}

static void measure_time(int rounds, char **argv)
{
    double figures[ROUNDS_MAX];

    time_once(argv);
    for (int i = 0; i < rounds; i++)
        figures[i] = time_once(argv);
    printf("us=%.0f\n", median(figures, rounds));
}

/* --- keys --- */

/* The answers to all keys of a name. */
struct answers {
    char *name;
    GArray *bytes, *first, *last;
};

static struct answers *answers_find(GPtrArray *all, const char *name)
{
    struct answers *answers;

    for (guint i = 0; i < all->len; i++)
        if (g_str_equal(((struct answers *)all->pdata[i])->name, name))
            return all->pdata[i];
    answers = g_new(struct answers, 1);
    answers->name = g_strdup(name);
    answers->bytes = g_array_new(FALSE, FALSE, sizeof(double));
    answers->first = g_array_new(FALSE, FALSE, sizeof(double));
    answers->last = g_array_new(FALSE, FALSE, sizeof(double));
    g_ptr_array_add(all, answers);
    return answers;
}

static void answers_free(gpointer data)
{
    struct answers *answers = data;

    g_array_unref(answers->bytes);
    g_array_unref(answers->first);
    g_array_unref(answers->last);
    g_free(answers->name);
    g_free(answers);
}

static void answers_add(struct answers *answers, const struct burst *burst)
{
    double bytes = (double)burst->bytes;
    double first = burst->bytes ? burst->first : ANSWER_MS * 1e3;
    double last = burst->bytes ? burst->last : ANSWER_MS * 1e3;

    g_array_append_val(answers->bytes, bytes);
    g_array_append_val(answers->first, first);
    g_array_append_val(answers->last, last);
}

static void report_figures(const char *name, GArray *figures,
                           const char *middle, const char *most)
{
    double *sorted = (double *)(gpointer)figures->data;

    printf("%s.%s=%.0f\n", name, middle, median(sorted, (int)figures->len));
    if (most)
        printf("%s.%s=%.0f\n", name, most, sorted[figures->len - 1]);
}

static void answers_report(const struct answers *answers)
{
    report_figures(answers->name, answers->bytes, "bytes", "most");
    report_figures(answers->name, answers->first, "us", "slowest");
    report_figures(answers->name, answers->last, "done", NULL);
}

static void press_step(const struct terminal *terminal, GPtrArray *all,
                       const char *step)
{
    g_auto(GStrv) words = g_strsplit_set(step, "=*", 3);
    guint n = g_strv_length(words);
    int times = n > 2 ? atoi(words[2]) : 1;

    if (n < 2)
        die(step);
    for (int i = 0; i < times; i++) {
        struct burst burst;

        terminal_press(terminal, words[1]);
        burst = terminal_burst(terminal, ANSWER_MS);
        if (*words[0])
            answers_add(answers_find(all, words[0]), &burst);
    }
}

static void report_keys(const struct terminal *terminal, const char *steps)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(answers_free);
    g_auto(GStrv) words = g_strsplit(steps, " ", -1);

    for (int i = 0; words[i]; i++)
        if (*words[i])
            press_step(terminal, all, words[i]);
    for (guint i = 0; i < all->len; i++)
        answers_report(all->pdata[i]);
}

/* --- screens --- */

/* Clock ticks the process has used. */
static double cpu_ticks(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
    g_autofree char *text = NULL;
    const char *rest;
    long user = 0, system = 0;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        die(path);
    rest = strrchr(text, ')');
    if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld",
                        &user, &system) != 2)
        die(path);
    return (double)(user + system);
}

static void report_idle(const struct terminal *terminal, int seconds)
{
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    double ticks = cpu_ticks(terminal->pid);
    gsize bytes = 0;

    for (;;) {
        gint64 left = (end - g_get_monotonic_time()) / 1000;

        if (left <= 0)
            break;
        bytes += terminal_burst(terminal, (int)left).bytes;
    }
    ticks = cpu_ticks(terminal->pid) - ticks;
    printf("idle=%.1f\n", (double)bytes / seconds);
    printf("cpu=%.1f\n", 100 * ticks / (double)sysconf(_SC_CLK_TCK) / seconds);
}

static void report_memory(const struct terminal *terminal)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", terminal->pid);
    g_autofree char *text = NULL;
    const char *at;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        die(path);
    at = strstr(text, "Private_Dirty:");
    printf("memory=%d\n", at ? atoi(at + strlen("Private_Dirty:")) : -1);
}

static void report_frame(const struct terminal *terminal, gint64 began)
{
    gsize bytes = 0;
    double at = 0;

    while (bytes < FRAME_BYTES) {
        gint64 start = g_get_monotonic_time();
        struct burst burst = terminal_burst(terminal, FRAME_MS);

        if (burst.bytes == 0)
            die("no frame");
        bytes += burst.bytes;
        at = (double)(start - began) + burst.last;
    }
    printf("frame.us=%.0f\nframe.bytes=%" G_GSIZE_FORMAT "\n", at, bytes);
}

/* argv: SIZE SECONDS STEPS PROGRAM... */
static void measure_screen(char **argv)
{
    gint64 began = g_get_monotonic_time();
    struct terminal terminal;
    int rows, columns;

    if (sscanf(argv[0], "%dx%d", &columns, &rows) != 2)
        die(argv[0]);
    terminal = terminal_open(rows, columns, argv + 3);
    report_frame(&terminal, began);
    /* what follows the first frame is not idling */
    for (int i = 0; i < 8 && terminal_burst(&terminal, 2500).bytes; i++)
        ;
    report_idle(&terminal, atoi(argv[1]));
    report_keys(&terminal, argv[2]);
    report_memory(&terminal);
    terminal_close(&terminal);
}

int main(int argc, char **argv)
{
    int n = argc > 3 ? atoi(argv[2]) : 0;

    if (n >= 1 && n <= ROUNDS_MAX && g_str_equal(argv[1], "time"))
        measure_time(n, argv + 3);
    else if (argc > 5 && atoi(argv[3]) > 0 && g_str_equal(argv[1], "screen"))
        measure_screen(argv + 2);
    else
        die("usage");
    return 0;
}
