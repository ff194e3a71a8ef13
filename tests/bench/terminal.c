/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/bench/terminal.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET_MS 80 /* a frame ends when nothing came for so long */

/* As TERMINAL_TYPE sends them once a program asked for its keypad. */
static const struct {
    const char *name, *bytes;
} keys[] = {
    {"Down", "\033OB"},   {"Home", "\033OH"}, {"PgDn", "\033[6~"},
    {"Enter", "\r"},
};

struct burst terminal_burst(const struct terminal *terminal, int wait_ms)
{
    struct burst burst = {0, 0, 0};
    gint64 began = g_get_monotonic_time();
    struct pollfd in = {terminal->fd, POLLIN, 0};
    char buf[65536];

    while (poll(&in, 1, burst.bytes ? QUIET_MS : wait_ms) > 0) {
        ssize_t n = read(terminal->fd, buf, sizeof(buf));

        if (n <= 0)
            break;
        burst.last = (double)(g_get_monotonic_time() - began);
        if (burst.bytes == 0)
            burst.first = burst.last;
        burst.bytes += (gsize)n;
    }
    return burst;
}

/* What would change how much a program writes is the same for all. */
static _Noreturn void terminal_exec(char **argv)
{
    static const char *const without[] = {"LINES", "COLUMNS", "NO_COLOR"};

    g_setenv("TERM", TERMINAL_TYPE, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(without); i++)
        g_unsetenv(without[i]);
    execvp(argv[0], argv);
    _exit(127);
}

struct terminal terminal_open(int rows, int columns, char **argv)
{
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)columns};
    struct terminal terminal;

    terminal.pid = forkpty(&terminal.fd, NULL, NULL, &size);
    if (terminal.pid < 0) {
        g_printerr("measure: no terminal: %s\n", g_strerror(errno));
        exit(1);
    }
    if (terminal.pid == 0)
        terminal_exec(argv);
    return terminal;
}

void terminal_close(struct terminal *terminal)
{
    int status;

    kill(terminal->pid, SIGTERM);
    while (terminal_burst(terminal, 300).bytes)
        ;
    kill(terminal->pid, SIGKILL);
    waitpid(terminal->pid, &status, 0);
    close(terminal->fd);
}

void terminal_press(const struct terminal *terminal, const char *key)
{
    const char *bytes = key;

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (g_str_equal(keys[i].name, key))
            bytes = keys[i].bytes;
    if (write(terminal->fd, bytes, strlen(bytes)) < 0) {
        g_printerr("measure: cannot press '%s': %s\n", key, g_strerror(errno));
        exit(1);
    }
}
