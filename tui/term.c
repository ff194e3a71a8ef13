/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/term.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <glib-unix.h>

#include <curses.h>
#include <term.h>
/* A macro of terminfo that is a name like any other to us. */
#undef columns

#include "tui/draw.h"
#include "tui/key.h"
#include "tui/setting.h"
#include "util/error.h"
#include "util/log.h"

#define SOURCES 8
#define WHEEL_LINES 3

static struct {
    struct term_spec spec;
    SCREEN *screen;
    FILE *in, *out;
    WINDOW *pad; /* keys are read from here: reading stdscr would refresh it */
    guint sources[SOURCES];
    guint n_sources;
    int click_y, click_x;
    int stop_pipe[2];
    int error_fd, error_pipe; /* the real fd 2, and what libraries write */
    struct sigaction old_stop, old_continue;
} term = {.stop_pipe = {-1, -1}, .error_fd = -1, .error_pipe = -1};

/* What a signal handler may touch: filled before the handlers are installed. */
static struct {
    volatile sig_atomic_t armed;
    int out, error_fd;
    struct termios modes;
    char bytes[192];
    gsize length;
    char stack[131072]; /* enough for a sanitizer's report too */
} crash;

static struct {
    int number;
    struct sigaction old;
} crash_signals[] = {
    {.number = SIGSEGV}, {.number = SIGABRT}, {.number = SIGBUS},
    {.number = SIGFPE}, {.number = SIGILL}, {.number = SIGQUIT},
};

static const struct {
    int curses, code;
} term_keys[] = {
    {KEY_UP, K_UP},        {KEY_DOWN, K_DOWN},     {KEY_LEFT, K_LEFT},
    {KEY_RIGHT, K_RIGHT},  {KEY_HOME, K_HOME},     {KEY_END, K_END},
    {KEY_FIND, K_HOME},    {KEY_SELECT, K_END},    {KEY_PPAGE, K_PGUP},
    {KEY_NPAGE, K_PGDN},   {KEY_BTAB, K_BACKTAB},  {KEY_BACKSPACE, K_BACKSPACE},
    {KEY_DC, K_DELETE},    {KEY_IC, K_INSERT},     {KEY_ENTER, K_ENTER},
};

gboolean term_possible(const char *type, int in, int out, const char **why)
{
    int result;

    if (!isatty(in) || !isatty(out)) {
        *why = "this is not a terminal";
        return FALSE;
    }
    if (!type || !*type) {
        *why = "TERM is not set";
        return FALSE;
    }
    if (setupterm(type, out, &result) != OK) {
        *why = "this terminal type is not known here (TERM)";
        return FALSE;
    }
    const char *move = tigetstr("cup");
    gboolean ok = move && move != (const char *)-1;
    del_curterm(cur_term);
    if (!ok)
        *why = "this terminal cannot move its cursor";
    return ok;
}

/* --- fatal signals --- */

static void crash_write(int fd, const char *bytes, gsize length)
{
    /* There is nobody left to tell if this fails. */
    if (fd >= 0 && write(fd, bytes, length) < 0)
        return;
}

static void crash_disarm(void)
{
    crash.armed = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(crash_signals); i++)
        sigaction(crash_signals[i].number, &crash_signals[i].old, NULL);
}

static void crash_caught(int number, siginfo_t *info, void *context)
{
    static const char text[] = "qmc: crashed; the terminal is restored\n";

    if (crash.armed) {
        crash.armed = 0;
        crash_write(crash.out, crash.bytes, crash.length);
        tcsetattr(crash.out, TCSANOW, &crash.modes);
        /* The user who asks for a dump knows that nothing broke. */
        if (number != SIGQUIT)
            crash_write(crash.error_fd, text, sizeof(text) - 1);
        if (crash.error_fd >= 0)
            dup2(crash.error_fd, 2);
    }
    (void)context;
    crash_disarm();
    /* What this thread did itself happens once more when it goes on, and then
     * the dump, or the sanitizer, shows where. */
    if (info->si_code <= 0)
        raise(number);
}

/* NULL if the terminal has no such thing. */
static const char *term_string(const char *name)
{
    const char *text = tigetstr(name);

    return text == (const char *)-1 ? NULL : text;
}

/* Padding such as "$<20>" is for terminals slower than a crash matters. */
static void crash_append(const char *text)
{
    for (const char *p = text; p && *p; p++) {
        if (p[0] == '$' && p[1] == '<') {
            const char *end = strchr(p, '>');

            if (end)
                p = end;
            continue;
        }
        if (crash.length < sizeof(crash.bytes))
            crash.bytes[crash.length++] = *p;
    }
}

/* Without an alternate screen the picture stays: what comes next shall begin on
 * a line of its own. */
static gboolean term_keeps_picture(void)
{
    return !term_string("rmcup");
}

static void term_leave(void)
{
    endwin();
    if (term_keeps_picture())
        crash_write(fileno(term.out), "\r\n", 2);
}

static void crash_arm(void)
{
    stack_t stack = {.ss_sp = crash.stack, .ss_size = sizeof(crash.stack)};
    struct sigaction action = {
        .sa_sigaction = crash_caught,
        .sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_NODEFER | SA_ONSTACK),
    };

    crash.length = 0;
    crash_append(term_string("sgr0"));
    crash_append(term_string("cnorm"));
    crash_append(term_string("rmkx"));
    if (term_string("kmous"))
        crash_append("\033[?1006l\033[?1000l");
    crash_append(term_string("rmcup"));
    if (term_keeps_picture()) {
        crash_append(term_string("cr"));
        crash_append(term_string("cud1"));
        crash_append(term_string("ed"));
    }
    crash.out = fileno(term.out);
    crash.error_fd = term.error_fd;
    crash.armed = 1;
    sigaltstack(&stack, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(crash_signals); i++)
        sigaction(crash_signals[i].number, &action, &crash_signals[i].old);
}

/* --- what libraries write to fd 2 --- */

static gboolean term_error_ready(int fd, GIOCondition condition, gpointer data)
{
    char untrusted_text[1024];
    ssize_t n = read(fd, untrusted_text, sizeof(untrusted_text));

    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    g_autofree char *line = g_strndup(untrusted_text, (gsize)n);
    log_line("stderr", "%s", g_strchomp(line));
    return G_SOURCE_CONTINUE;
}

static void term_add(guint source)
{
    g_assert(term.n_sources < SOURCES);
    term.sources[term.n_sources++] = source;
}

static void term_guard_errors(void)
{
    int fds[2];

    if (!g_unix_open_pipe(fds, FD_CLOEXEC, NULL))
        return;
    /* A library must not hang in a write while main is busy. */
    g_unix_set_fd_nonblocking(fds[0], TRUE, NULL);
    g_unix_set_fd_nonblocking(fds[1], TRUE, NULL);
    term.error_fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
    dup2(fds[1], 2);
    close(fds[1]);
    term.error_pipe = fds[0];
    term_add(g_unix_fd_add(fds[0], G_IO_IN | G_IO_HUP, term_error_ready, NULL));
}

static void term_release_errors(void)
{
    if (term.error_fd < 0)
        return;
    dup2(term.error_fd, 2);
    close(term.error_fd);
    close(term.error_pipe);
    term.error_fd = -1;
    term.error_pipe = -1;
}

/* --- signals --- */

static gboolean term_fit_size(void)
{
    struct winsize size;
    int h, w;

    if (ioctl(fileno(term.out), TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ||
        size.ws_col == 0)
        return FALSE;
    draw_size(&h, &w);
    if (h == size.ws_row && w == size.ws_col)
        return FALSE;
    resizeterm(size.ws_row, size.ws_col);
    return TRUE;
}

static gboolean term_resized(gpointer data)
{
    if (term_fit_size())
        term.spec.resized(term.spec.data);
    return G_SOURCE_CONTINUE;
}

static void term_end(int status)
{
    term.spec.ended(status, term.spec.data);
}

static gboolean term_terminated(gpointer data)
{
    term_end(128 + GPOINTER_TO_INT(data));
    return G_SOURCE_CONTINUE;
}

static void term_stop_caught(int number)
{
    int saved = errno;
    char byte = number == SIGCONT ? 'c' : 's';

    crash_write(term.stop_pipe[1], &byte, 1);
    errno = saved;
}

/* Whoever had the terminal meanwhile may have changed modes, size and cells. */
static void term_back(void)
{
    reset_prog_mode();
    term_fit_size();
    draw_repaint();
    term.spec.resized(term.spec.data);
}

static gboolean term_stop_ready(int fd, GIOCondition condition, gpointer data)
{
    char byte;

    if (read(fd, &byte, 1) != 1)
        return G_SOURCE_CONTINUE;
    if (byte == 'c')
        term_back();
    else
        term_stop();
    return G_SOURCE_CONTINUE;
}

/* GLib has no source for SIGTSTP, hence the pipe. */
static void term_watch_stop(void)
{
    struct sigaction action = {.sa_handler = term_stop_caught,
                               .sa_flags = SA_RESTART};

    if (!g_unix_open_pipe(term.stop_pipe, FD_CLOEXEC, NULL))
        return;
    g_unix_set_fd_nonblocking(term.stop_pipe[0], TRUE, NULL);
    g_unix_set_fd_nonblocking(term.stop_pipe[1], TRUE, NULL);
    sigaction(SIGTSTP, &action, &term.old_stop);
    sigaction(SIGCONT, &action, &term.old_continue);
    term_add(g_unix_fd_add(term.stop_pipe[0], G_IO_IN, term_stop_ready, NULL));
}

static void term_unwatch_stop(void)
{
    if (term.stop_pipe[0] < 0)
        return;
    sigaction(SIGTSTP, &term.old_stop, NULL);
    sigaction(SIGCONT, &term.old_continue, NULL);
    close(term.stop_pipe[0]);
    close(term.stop_pipe[1]);
    term.stop_pipe[0] = -1;
    term.stop_pipe[1] = -1;
}

static void term_watch_signals(void)
{
    static const int ending[] = {SIGTERM, SIGHUP, SIGINT};

    for (gsize i = 0; i < G_N_ELEMENTS(ending); i++)
        term_add(g_unix_signal_add(ending[i], term_terminated,
                                   GINT_TO_POINTER(ending[i])));
    term_add(g_unix_signal_add(SIGWINCH, term_resized, NULL));
    term_watch_stop();
}

void term_stop(void)
{
    struct sigaction ours, normal = {.sa_handler = SIG_DFL};

    if (!term.screen)
        return;
    term_leave();
    sigaction(SIGTSTP, &normal, &ours);
    /* The whole job stops, as if the driver had seen the key. */
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    term_back();
}

/* --- keys --- */

static int term_key_code(wint_t c, gboolean function)
{
    if (!function) {
        if (c == '\n')
            return K_ENTER;
        return c == 127 || c == 8 ? K_BACKSPACE : (int)c;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(term_keys); i++)
        if ((wint_t)term_keys[i].curses == c)
            return term_keys[i].code;
    if (c >= (wint_t)KEY_F(1) && c <= (wint_t)KEY_F(12))
        return K_F1 + (int)c - KEY_F(1);
    return 0;
}

static void term_key(int key)
{
    if (key)
        term.spec.key(key, term.spec.data);
}

/* The wheel is some lines up or down, wherever these mean anything. */
static void term_mouse(void)
{
    MEVENT event;

    if (getmouse(&event) != OK)
        return;
    term.click_y = event.y;
    term.click_x = event.x;
    if (event.bstate & BUTTON1_PRESSED)
        term_key(K_CLICK);
    for (int i = 0; i < WHEEL_LINES; i++) {
        if (event.bstate & BUTTON4_PRESSED)
            term_key(K_UP);
        if (event.bstate & BUTTON5_PRESSED)
            term_key(K_DOWN);
    }
}

void term_click(int *y, int *x)
{
    *y = term.click_y;
    *x = term.click_x;
}

static gboolean term_readable(int fd, GIOCondition condition, gpointer data)
{
    int waiting = 0;

    if ((condition & (G_IO_HUP | G_IO_ERR | G_IO_NVAL)) ||
        (ioctl(fd, FIONREAD, &waiting) == 0 && waiting == 0)) {
        term_end(128 + SIGHUP);
        return G_SOURCE_REMOVE;
    }
    for (;;) {
        wint_t c = 0;
        int got = term.screen ? wget_wch(term.pad, &c) : ERR;

        if (got == ERR)
            return G_SOURCE_CONTINUE;
        if (got == KEY_CODE_YES && c == KEY_MOUSE)
            term_mouse();
        else
            term_key(term_key_code(c, got == KEY_CODE_YES));
    }
}

/* --- open and close --- */

void term_setup_keys(void)
{
    mmask_t wanted = BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED;

    set_escdelay(setting_integer("escdelay"));
    /* A press is told at once: nobody double-clicks here. */
    mouseinterval(0);
    mousemask(setting_is("mouse", "on") ? wanted : 0, NULL);
}

static void term_modes(void)
{
    raw();
    noecho();
    nonl();
    term_setup_keys();
    term.pad = newpad(1, 1);
    keypad(term.pad, TRUE);
    nodelay(term.pad, TRUE);
    /* Scrolling would save bytes but leaves slow terminals half drawn. */
    idlok(stdscr, FALSE);
    leaveok(stdscr, FALSE);
}

static FILE *term_stream(int fd, const char *mode)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

    return copy >= 0 ? fdopen(copy, mode) : NULL;
}

static gboolean term_open_curses(GError **error)
{
    setlocale(LC_CTYPE, "");
    term.in = term_stream(term.spec.in, "r");
    term.out = term_stream(term.spec.out, "w");
    if (term.in && term.out) {
        tcgetattr(fileno(term.out), &crash.modes);
        term.screen = newterm(term.spec.type, term.out, term.in);
    }
    if (term.screen)
        return TRUE;
    error_set(error, QMC_ERROR_UNSUPPORTED, "set TERM, or use the commands: qmc help",
              "the terminal cannot be used for the full screen");
    return FALSE;
}

static void term_close_streams(void)
{
    g_clear_pointer(&term.in, fclose);
    g_clear_pointer(&term.out, fclose);
}

gboolean term_open(const struct term_spec *spec, GError **error)
{
    g_assert(!term.screen);
    term.spec = *spec;
    if (!term_open_curses(error)) {
        term_close_streams();
        return FALSE;
    }
    set_term(term.screen);
    term_modes();
    term_fit_size();
    draw_setup();
    term_watch_signals();
    term_add(g_unix_fd_add(fileno(term.in), G_IO_IN | G_IO_HUP | G_IO_ERR,
                           term_readable, NULL));
    if (spec->guard) {
        term_guard_errors();
        crash_arm();
    }
    return TRUE;
}

void term_close(void)
{
    if (!term.screen)
        return;
    if (term.spec.guard)
        crash_disarm();
    for (guint i = 0; i < term.n_sources; i++) {
        GSource *source =
            g_main_context_find_source_by_id(NULL, term.sources[i]);

        if (source)
            g_source_destroy(source);
    }
    term.n_sources = 0;
    term_unwatch_stop();
    delwin(term.pad);
    term_leave();
    delscreen(term.screen);
    term.screen = NULL;
    term_close_streams();
    term_release_errors();
}

gboolean term_is_open(void)
{
    return term.screen != NULL;
}

gboolean term_has_lines(void)
{
    return term_string("acsc") != NULL;
}

gboolean term_writable(void)
{
    struct pollfd out = {.fd = fileno(term.out), .events = POLLOUT};

    return poll(&out, 1, 0) > 0 && (out.revents & POLLOUT);
}
