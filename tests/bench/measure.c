/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times a program from outside.
 *
 *   measure time ROUNDS PROGRAM...     us= median from start to end
 *   measure screen SECONDS PROGRAM...  in a terminal of 80x24:
 *       frame=    us from start until the first frame stands
 *       key=      bytes that a cursor key costs
 *       latency=  us until the first byte of the answer, median; worst= of all
 *       idle=     bytes per second while nobody types
 *       cpu=      percent of one core meanwhile
 *       memory=   private dirty KiB at the end */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#define ROUNDS_MAX 101
#define KEYS 40
#define FRAME_MS 10000
#define FRAME_BYTES 600 /* less than this is no full frame of any program */
#define QUIET_MS 80     /* a frame ends when nothing came for so long */
#define KEY_DOWN "\033OB"

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

struct screen {
    pid_t pid;
    int fd;
};

struct burst {
    gsize bytes;
    double first, last; /* us from the start of the waiting */
};

/* What comes until it is quiet; waits at most wait_ms for the first byte. */
static struct burst screen_burst(const struct screen *screen, int wait_ms)
{
    struct burst burst = { 0, 0, 0 };
    gint64 began = g_get_monotonic_time();
    struct pollfd in = { screen->fd, POLLIN, 0 };
    char buf[65536];

    while (poll(&in, 1, burst.bytes ? QUIET_MS : wait_ms) > 0) {
        ssize_t n = read(screen->fd, buf, sizeof buf);

        if (n <= 0)
            break;
        burst.last = (double)(g_get_monotonic_time() - began);
        if (burst.bytes == 0)
            burst.first = burst.last;
        burst.bytes += (gsize)n;
    }
    return burst;
}

static struct screen screen_open(char **argv)
{
    struct winsize size = { .ws_row = 24, .ws_col = 80 };
    struct screen screen;

    screen.pid = forkpty(&screen.fd, NULL, NULL, &size);
    if (screen.pid < 0)
        die("forkpty");
    if (screen.pid == 0) {
        g_setenv("TERM", "xterm-256color", TRUE);
        execvp(argv[0], argv);
        _exit(127);
    }
    return screen;
}

static void screen_close(struct screen *screen)
{
    int status;

    kill(screen->pid, SIGTERM);
    while (screen_burst(screen, 300).bytes)
        ;
    kill(screen->pid, SIGKILL);
    waitpid(screen->pid, &status, 0);
    close(screen->fd);
}

static void report_keys(const struct screen *screen)
{
    double latencies[KEYS];
    gsize bytes = 0;

    for (int i = 0; i < KEYS; i++) {
        struct burst burst;

        if (write(screen->fd, KEY_DOWN, strlen(KEY_DOWN)) < 0)
            die("write");
        burst = screen_burst(screen, 6000);
        bytes = MAX(bytes, burst.bytes);
        latencies[i] = burst.bytes ? burst.first : 6e6;
    }
    /* The one that costs most: other keys are offered on other rows. */
    printf("key=%" G_GSIZE_FORMAT "\nlatency=%.0f\n", bytes,
           median(latencies, KEYS));
    printf("worst=%.0f\n", latencies[KEYS - 1]);
}

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

static void report_idle(const struct screen *screen, int seconds)
{
    gint64 end = g_get_monotonic_time() + seconds * G_USEC_PER_SEC;
    double ticks = cpu_ticks(screen->pid);
    gsize bytes = 0;

    for (;;) {
        gint64 left = (end - g_get_monotonic_time()) / 1000;

        if (left <= 0)
            break;
        bytes += screen_burst(screen, (int)left).bytes;
    }
    ticks = cpu_ticks(screen->pid) - ticks;
    printf("idle=%.1f\n", (double)bytes / seconds);
    printf("cpu=%.1f\n", 100 * ticks / (double)sysconf(_SC_CLK_TCK) / seconds);
}

static void report_memory(const struct screen *screen)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", screen->pid);
    g_autofree char *text = NULL;
    const char *at;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        die(path);
    at = strstr(text, "Private_Dirty:");
    printf("memory=%d\n", at ? atoi(at + strlen("Private_Dirty:")) : -1);
}

static void report_frame(const struct screen *screen, gint64 began)
{
    gsize bytes = 0;
    double at = 0;

    while (bytes < FRAME_BYTES) {
        gint64 start = g_get_monotonic_time();
        struct burst burst = screen_burst(screen, FRAME_MS);

        if (burst.bytes == 0)
            die("no frame");
        bytes += burst.bytes;
        at = (double)(start - began) + burst.last;
    }
    printf("frame=%.0f\n", at);
}

static void measure_screen(int seconds, char **argv)
{
    gint64 began = g_get_monotonic_time();
    struct screen screen = screen_open(argv);

    report_frame(&screen, began);
    /* what follows the first frame is not idling */
    for (int i = 0; i < 8 && screen_burst(&screen, 2500).bytes; i++)
        ;
    report_idle(&screen, seconds);
    report_keys(&screen);
    report_memory(&screen);
    screen_close(&screen);
}

int main(int argc, char **argv)
{
    int n = argc > 3 ? atoi(argv[2]) : 0;

    if (n >= 1 && n <= ROUNDS_MAX && g_str_equal(argv[1], "time"))
        measure_time(n, argv + 3);
    else if (n >= 1 && g_str_equal(argv[1], "screen"))
        measure_screen(n, argv + 3);
    else
        die("usage");
    return 0;
}
