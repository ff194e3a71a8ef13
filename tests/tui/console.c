/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/tui/console.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <check.h>
#include <curses.h>
#include <glib-unix.h>

#include "core/engine-private.h"
#include "core/layout.h"
#include "core/store.h"
#include "tests/fake/hv-fake.h"
#include "tui/app.h"
#include "tui/draw.h"
#include "tui/term.h"
#include "util/file.h"

#ifndef PATIENCE_US /* who writes a replay wants less */
#define PATIENCE_US (50 * G_TIME_SPAN_SECOND)
#endif

/* --- a root --- */

void root_write(const char *root, const char *fixture)
{
    g_autofree char *path = layout_path(root, LAYOUT_STORE);
    g_autofree char *source = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (*fixture == '<') {
        ck_assert(g_file_set_contents(path, fixture, -1, NULL));
        return;
    }
    source = g_build_filename(g_getenv("top_srcdir"), "tests/tui", fixture, NULL);
    ck_assert(g_file_get_contents(source, &text, &length, NULL));
    ck_assert(g_file_set_contents(path, text, (gssize)length, NULL));
}

static void root_kernel(const char *root)
{
    static const char *const names[] = {"vmlinuz", "initramfs", "modules.img"};
    g_autofree char *dir = layout_path(root, LAYOUT_KERNELS "/6.12.30-1.fc41");

    ck_assert(file_mkdirs(dir, 0755, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(dir, names[i], NULL);

        ck_assert(g_file_set_contents(path, "kernel", -1, NULL));
    }
}

/* Of one qube; what a guest writes is not always nice. */
static void root_logs(const char *root)
{
    static const struct {
        const char *path, *text;
    } logs[] = {
        {"/var/log/xen/console/guest-personal.log",
         "[    0.000000] Linux version 6.12.30-1.fc41.x86_64\n"
         "[    1.203911] EXT4-fs (xvda3): mounted filesystem read-only\n"
         "[\033[0;32m  OK  \033[0m] Mounted rw.mount - /rw\n"
         "\033]0;owned\007\302\233title \342\200\256bidi\n"
         "[   94.118273] EXT4-fs warning (device xvdb): 94 percent of blocks in use, "
         "which is more than the file system likes, and this line is long enough for "
         "any terminal that is tested here\n"
         "[  OK  ] Reached target multi-user.target\n"},
        {"/var/log/qubes/qrexec.personal.log", "qrexec-daemon: connected\n"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(logs); i++) {
        g_autofree char *path = layout_path(root, logs[i].path);
        g_autofree char *dir = g_path_get_dirname(path);

        ck_assert(file_mkdirs(dir, 0755, NULL));
        ck_assert(g_file_set_contents(path, logs[i].text, -1, NULL));
    }
}

static void root_create_volumes(const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume *volume =
            g_array_index(qube->volumes, struct volume_config, i).volume;

        if (volume && volume_save_on_stop(volume))
            ck_assert(volume_create(volume, NULL));
    }
}

static void root_images(const char *root)
{
    struct store *store = store_new(root);
    struct model *model = model_new();

    if (store_load(store, model, NULL))
        for (guint i = 0; i < model->qubes->len; i++)
            root_create_volumes(model->qubes->pdata[i]);
    model_free(model);
    store_free(store);
}

char *root_make(const char *fixture)
{
    /* Always as long: messages that name it are wrapped. */
    char *root = g_mkdtemp(g_strdup("/tmp/qmc-tui-XXXXXX"));
    g_autofree char *base = layout_path(root, LAYOUT_BASE);
    g_autofree char *templates = g_build_filename(base, "vm-templates", NULL);
    g_autofree char *qubes = g_build_filename(base, "appvms", NULL);
    /* where what starts with the machine is linked */
    g_autofree char *wants =
        layout_path(root, "/etc/systemd/system/multi-user.target.wants");

    ck_assert(file_mkdirs(wants, 0755, NULL));
    ck_assert(file_mkdirs(templates, 0755, NULL));
    ck_assert(file_mkdirs(qubes, 0755, NULL));
    root_write(root, fixture);
    root_kernel(root);
    root_logs(root);
    root_images(root);
    return root;
}

void root_remove(char *root)
{
    file_remove_tree(root, NULL);
    g_free(root);
}

/* --- a terminal --- */

static gboolean console_drain(int fd, GIOCondition condition, gpointer data)
{
    struct console *console = data;
    char bytes[4096];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        g_string_append_len(console->bytes, bytes, n);
    return G_SOURCE_CONTINUE;
}

static void console_open_pty(struct console *console, int height, int width)
{
    struct winsize size = {.ws_row = (unsigned short)height,
                           .ws_col = (unsigned short)width};

    console->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(console->master, 0);
    ck_assert_int_eq(grantpt(console->master), 0);
    ck_assert_int_eq(unlockpt(console->master), 0);
    console->slave = open(ptsname(console->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(console->slave, 0);
    ioctl(console->slave, TIOCSWINSZ, &size);
    ck_assert_int_eq(tcgetattr(console->slave, &console->modes), 0);
    g_unix_set_fd_nonblocking(console->master, TRUE, NULL);
    console->source =
        g_unix_fd_add(console->master, G_IO_IN, console_drain, console);
}

static void console_key(int key, gpointer data)
{
    struct console *console = data;

    app_key(console->app, key);
}

static void console_resized(gpointer data)
{
    struct console *console = data;

    if (console->app)
        app_dirty(console->app);
}

static void console_ended(int status, gpointer data)
{
    struct console *console = data;

    console->ended = TRUE;
    console->status = status;
}

struct console *console_new(const char *type, int height, int width)
{
    struct console *console = g_new0(struct console, 1);
    struct term_spec spec = {
        .type = type,
        .key = console_key,
        .resized = console_resized,
        .ended = console_ended,
        .data = console,
    };

    console->bytes = g_string_new(NULL);
    console_open_pty(console, height, width);
    spec.in = console->slave;
    spec.out = console->slave;
    ck_assert(term_open(&spec, NULL));
    return console;
}

static void console_show(struct console *console)
{
    console->ended = FALSE;
    console->app = app_new(console->engine);
    app_on_quit(console->app, console_ended, console);
    app_draw(console->app);
}

char *console_store(const char *class, const char *name, int qubes, const char *extra)
{
    GString *xml = g_string_new("<qubes><labels><label id=\"label-1\" "
                                "color=\"0xcc0000\">red</label></labels><pools/>"
                                "<properties/><domains>");

    for (int i = 1; i <= qubes; i++)
        g_string_append_printf(
            xml,
            "<domain id=\"domain-%d\" class=\"%s\"><properties>"
            "<property name=\"label\">red</property>"
            "<property name=\"name\">%s%d</property>"
            "<property name=\"qid\">%d</property>"
            "<property name=\"uuid\">00000000-0000-4000-8000-%012d</property>"
            "%s</properties><features/><tags/><volume-config/></domain>",
            i, class, name, i, i, i, extra);
    g_string_append(xml, "</domains></qubes>\n");
    return g_string_free(xml, FALSE);
}

struct console *console_with(const char *xml)
{
    struct console *console = console_new("xterm-256color", 24, 80);

    fake_reset();
    console_run(console, root_make(xml));
    return console;
}

void console_again(struct console *console)
{
    g_clear_pointer(&console->app, app_free);
    console_show(console);
}

void console_run(struct console *console, char *root)
{
    struct engine_config config = {
        .root = root, .uri = "test:///default", .demo = TRUE};

    console->root = root;
    console->engine = engine_new(&config, NULL);
    ck_assert_ptr_nonnull(console->engine);
    engine_load(console->engine, NULL);
    console_show(console);
    engine_follow(console->engine);
}

/* The kernel passes bytes on to a second buffer in its own time: it is full
 * when nothing fits in for a while. */
void console_stall(struct console *console)
{
    int fd = open(ptsname(console->master), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    char bytes[512] = {0};
    int refused = 0;

    ck_assert_int_ge(fd, 0);
    memset(bytes, ' ', sizeof(bytes));
    g_clear_handle_id(&console->source, g_source_remove);
    while (refused < 5) {
        gssize n = write(fd, bytes, sizeof(bytes));

        refused = n > 0 ? 0 : refused + 1;
        if (n <= 0)
            g_usleep(10000);
    }
    close(fd);
}

void console_resume(struct console *console)
{
    console->source =
        g_unix_fd_add(console->master, G_IO_IN, console_drain, console);
}

void console_hang_up(struct console *console)
{
    if (console->master < 0)
        return;
    g_clear_handle_id(&console->source, g_source_remove);
    close(console->master);
    console->master = -1;
}

/* An alternate screen that was entered is left again, by the last such bytes. */
static void console_check_left(struct console *console)
{
    struct termios modes;

    if (console->master < 0)
        return;
    ck_assert_int_eq(tcgetattr(console->slave, &modes), 0);
    ck_assert_uint_eq(modes.c_lflag, console->modes.c_lflag);
    ck_assert_uint_eq(modes.c_iflag, console->modes.c_iflag);
    ck_assert_uint_eq(modes.c_oflag, console->modes.c_oflag);
    console_drain(console->master, G_IO_IN, console);
    const char *enter = g_strrstr(console->bytes->str, "\033[?1049h");
    ck_assert(!enter || strstr(enter, "\033[?1049l"));
}

void console_free(struct console *console)
{
    if (console->app)
        app_free(console->app);
    if (console->engine)
        engine_free(console->engine);
    term_close();
    console_check_left(console);
    if (console->root)
        root_remove(console->root);
    console_hang_up(console);
    close(console->slave);
    g_string_free(console->bytes, TRUE);
    g_free(console);
}

/* --- keys --- */

void console_keys(struct console *console, const char *names)
{
    g_auto(GStrv) parts = g_strsplit(names, " ", -1);

    for (gsize i = 0; parts[i]; i++) {
        int code = key_parse(parts[i]);

        ck_assert_msg(code != 0, "no key '%s'", parts[i]);
        app_key(console->app, code);
        app_draw(console->app);
        /* The terminal reads on, or the next write would wait for it. */
        console_drain(console->master, G_IO_IN, console);
    }
}

void console_type(struct console *console, const char *bytes)
{
    gsize length = strlen(bytes);

    ck_assert_int_eq((int)write(console->master, bytes, length), (int)length);
}

/* --- time --- */

static gboolean console_shows(struct console *console, const char *text)
{
    g_autofree char *screen = console_text(console);

    return strstr(screen, text) != NULL;
}

static void console_wait_for(struct console *console, const char *text,
                             gboolean there)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_US;

    while (console_shows(console, text) != there) {
        g_autofree char *screen = console_text(console);

        ck_assert_msg(g_get_monotonic_time() < end, "'%s' %s:\n%s", text,
                      there ? "does not come" : "does not go", screen);
        g_main_context_iteration(NULL, TRUE);
    }
}

void console_wait(struct console *console, const char *text)
{
    console_wait_for(console, text, TRUE);
}

void console_wait_figure(struct console *console, const char *name)
{
    g_autofree char *pattern = g_strdup_printf("(?m)^%s \\[.*%%!?\\]", name);
    gint64 end = g_get_monotonic_time() + PATIENCE_US;

    for (;;) {
        g_autofree char *screen = console_text(console);

        if (g_regex_match_simple(pattern, screen, 0, 0))
            return;
        ck_assert_msg(g_get_monotonic_time() < end, "no figure of '%s':\n%s",
                      name, screen);
        g_main_context_iteration(NULL, TRUE);
    }
}

void console_wait_gone(struct console *console, const char *text)
{
    console_wait_for(console, text, FALSE);
}

void console_wait_idle(struct console *console)
{
    const struct engine *engine = app_engine(console->app);
    gint64 end = g_get_monotonic_time() + PATIENCE_US;

    while (engine->inside > 0) {
        ck_assert_msg(g_get_monotonic_time() < end, "%u jobs are not over",
                      engine->inside);
        g_main_context_iteration(NULL, TRUE);
    }
}

static gboolean console_late(gpointer late)
{
    *(gboolean *)late = TRUE;
    return G_SOURCE_REMOVE;
}

void console_settle(struct console *console)
{
    gboolean late = FALSE;

    /* Longer than a frame may be put off. */
    g_timeout_add(150, console_late, &late);
    while (!late)
        g_main_context_iteration(NULL, TRUE);
}

void console_resize(struct console *console, int height, int width)
{
    struct winsize size = {.ws_row = (unsigned short)height,
                           .ws_col = (unsigned short)width};

    ioctl(console->slave, TIOCSWINSZ, &size);
    resizeterm(height, width);
    app_draw(console->app);
}

/* The disk of every test, in place of libc's, which would tell of the one it
 * happens to run on: 100 GiB, 60 of them free. */
int statvfs(const char *path, struct statvfs *fs)
{
    if (access(path, F_OK) < 0)
        return -1;
    *fs = (struct statvfs){.f_frsize = 4096, .f_blocks = 100 << 18,
                           .f_bfree = 60 << 18, .f_bavail = 60 << 18};
    return 0;
}

/* In place of libc's, too: a copy stands still where a test wants to see it. */
static struct {
    GMutex mutex;
    GCond cond;
    guint64 after;
} writes = {.after = G_MAXUINT64};

void console_hold_writes(guint64 after)
{
    g_mutex_lock(&writes.mutex);
    writes.after = after;
    g_cond_broadcast(&writes.cond);
    g_mutex_unlock(&writes.mutex);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at)
{
    g_mutex_lock(&writes.mutex);
    while ((guint64)at >= writes.after)
        g_cond_wait(&writes.cond, &writes.mutex);
    g_mutex_unlock(&writes.mutex);
    return syscall(SYS_pwrite64, fd, data, length, at);
}

/* --- the picture --- */

char *console_text(struct console *console)
{
    return draw_picture();
}

static char console_attribute(const cchar_t *cell)
{
    wchar_t wide[CCHARW_MAX + 1];
    attr_t attrs;
    short pair;

    getcchar(cell, wide, &attrs, &pair, NULL);
    if (pair)
        return attrs & A_BOLD ? 'C' : 'c';
    if (attrs & A_REVERSE)
        return attrs & A_BOLD ? 'R' : 'r';
    if (attrs & A_UNDERLINE)
        return 'u';
    return attrs & A_BOLD ? 'b' : ' ';
}

gboolean console_is_line(int y, int x)
{
    wchar_t wide[CCHARW_MAX + 1] = {0};
    attr_t attrs;
    cchar_t cell;
    short pair;

    mvwin_wch(curscr, y, x, &cell);
    getcchar(&cell, wide, &attrs, &pair, NULL);
    return (attrs & A_ALTCHARSET) || (wide[0] >= 0x2500 && wide[0] < 0x2580);
}

char *console_attributes(struct console *console)
{
    GString *text = g_string_new(NULL);
    int h = getmaxy(curscr), w = getmaxx(curscr);

    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            cchar_t cell;

            mvwin_wch(curscr, y, x, &cell);
            g_string_append_c(text, console_attribute(&cell));
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

/* Times, and paths of the test. */
char *console_masked(struct console *console)
{
    static const struct {
        const char *pattern, *replacement;
    } masks[] = {
        {"\\b2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
         "yyyy-mm-ddThh:mm:ssZ"},
        {"\\b2[0-9]{3}-[01][0-9]-[0-3][0-9]\\b", "yyyy-mm-dd"},
        {"\\b[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\\b", "hh:mm:ss"},
        {"qubes-[0-9]{8}T[0-9]{6}Z-[0-9]{3}", "qubes-yyyymmddThhmmssZ-nnn"},
        {"\\b[0-2][0-9]:[0-5][0-9]\\b", "hh:mm"},
        /* The clock is not there on a terminal that is slow just now. */
        {"\\A([^\n]*\\S) +hh:mm\n", "\\1\n"},
        {" +[0-9]+\\.[0-9]s ", "   t.ts "},
        {" in [0-9]+\\.[0-9] s", ""},
        {"[0-9]+\\.[0-9] s", "t.t s"},
        /* The event or the call that failed, whichever was first. */
        {"libvirt is down: .*", "libvirt is down: why"},
        /* Whichever of several was done last. */
        {"hh:mm [a-z0-9-]+: default_dispvm is", "hh:mm qube: default_dispvm is"},
        {"\\b[0-9]+ s\\b", "n s"},
        /* A share of time: not before the second reading. */
        {"(?m)^CPU \\[.*\\] 8 cpu", "CPU [ ... ] 8 cpu"},
        {"/tmp/qmc-tui-[A-Za-z0-9]+", "ROOT"},
    };
    char *text = console_text(console);

    for (gsize i = 0; i < G_N_ELEMENTS(masks); i++) {
        g_autoptr(GRegex) regex = g_regex_new(masks[i].pattern, 0, 0, NULL);
        g_autofree char *old = text;

        text = g_regex_replace(regex, old, -1, 0, masks[i].replacement, 0, NULL);
    }
    return text;
}

/* --- the bytes --- */

/* Length of one sequence that may begin with ESC: CSI with digits, character
 * sets, and the two-byte ones of keypad, cursor and reset. 0: not allowed. */
static gsize console_sequence(const char *p, gsize left)
{
    gsize n = 2;

    if (left < 2)
        return 0;
    if (strchr("()", p[1]))
        return left >= 3 && strchr("B0", p[2]) ? 3 : 0;
    if (strchr("=>78MDEHc", p[1]))
        return 2;
    if (p[1] != '[')
        return 0;
    while (n < left && (g_ascii_isdigit(p[n]) || strchr(";?!", p[n])))
        n++;
    return n < left && (g_ascii_isalpha(p[n]) || p[n] == '@') ? n + 1 : 0;
}

static gboolean console_text_safe(gunichar c)
{
    return c >= 0x20 && !(c >= 0x7f && c < 0xa0) &&
           g_unichar_type(c) != G_UNICODE_FORMAT &&
           g_unichar_type(c) != G_UNICODE_CONTROL;
}

/* The length of what may go to a terminal; 0 if it may not. */
static gsize console_allowed(const char *p, gsize left)
{
    gunichar c;

    if (*p == '\033')
        return console_sequence(p, left);
    if (*p != '\0' && strchr("\r\n\b\016\017\t", *p))
        return 1;
    c = g_utf8_get_char_validated(p, (gssize)left);
    return c < 0x110000 && console_text_safe(c) ? (gsize)g_unichar_to_utf8(c, NULL) : 0;
}

/* Each assertion is a system call, and these are many bytes. */
void console_check_bytes(const struct console *console)
{
    const char *p = console->bytes->str, *end = p + console->bytes->len;

    while (p < end) {
        gsize length = console_allowed(p, (gsize)(end - p));

        if (length == 0)
            ck_abort_msg("byte 0x%02x, then '%c'", (unsigned char)*p, p[1]);
        p += length;
    }
}
