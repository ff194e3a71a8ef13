/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program itself in a terminal, under somebody who presses everything and
 * keeps changing the size, with a hypervisor that stalls, lies and goes away.
 * QMC_MONKEY is how many keys (4000), QMC_SEED where the numbers begin (1). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/bench/terminal.h"
#include "tests/util/suite.h"
#include "util/file.h"

#define NOBODY 65534
#define FREEZE_MS 500
#define STUCK_MS 20000 /* no answer at all; also to begin and to end */
#define SCREEN_BACK "\033[?1049l"
#define KEYS_A_LOOK 50 /* between two looks whether it still answers */

struct monkey {
    GRand *rand;
    char *root;
    struct terminal terminal;
    int slave; /* kept open, to see the modes that are left behind */
    struct termios modes;
    GString *tail; /* the last of what was written */
    guint pressed, starts;
    int status; /* it ends with */
    double slowest_ms;
};

static guint number_of(const char *name, guint otherwise)
{
    const char *text = g_getenv(name);

    return text ? (guint)strtoul(text, NULL, 10) : otherwise;
}

/* --- what it writes --- */

/* For messages, which Check bounds. */
static const char *monkey_said(const struct monkey *monkey)
{
    static char *said;
    gsize skipped = monkey->tail->len > 3000 ? monkey->tail->len - 3000 : 0;

    g_free(said);
    said = g_strescape(monkey->tail->str + skipped, NULL);
    return said;
}

/* FALSE when nothing came within so many ms. */
static gboolean monkey_read(struct monkey *monkey, int wait_ms)
{
    struct pollfd in = {monkey->terminal.fd, POLLIN, 0};
    char buf[65536];
    ssize_t n;

    if (poll(&in, 1, wait_ms) <= 0)
        return FALSE;
    n = read(monkey->terminal.fd, buf, sizeof(buf));
    if (n <= 0)
        return FALSE;
    g_string_append_len(monkey->tail, buf, n);
    if (monkey->tail->len > sizeof(buf))
        g_string_erase(monkey->tail, 0, (gssize)(monkey->tail->len - sizeof(buf)));
    return TRUE;
}

static void monkey_drain(struct monkey *monkey)
{
    while (monkey_read(monkey, 0))
        ;
}

/* --- beginning and end --- */

/* Of a terminal nobody has touched. */
static struct termios modes_fresh(void)
{
    struct termios modes;
    int master, slave;

    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    ck_assert_int_eq(tcgetattr(slave, &modes), 0);
    close(master);
    close(slave);
    return modes;
}

static void monkey_begin(struct monkey *monkey)
{
    g_autofree char *program = g_build_filename(g_getenv("top_builddir"), "tests",
                                                "qmc-fake", NULL);
    char option[] = "--root";
    char *argv[] = {program, option, monkey->root, NULL};
    gint64 began = g_get_monotonic_time();

    monkey->terminal = terminal_open(24, 80, argv);
    monkey->slave = open(ptsname(monkey->terminal.fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ck_assert_int_ge(monkey->slave, 0);
    g_string_truncate(monkey->tail, 0);
    monkey->starts++;
    while (!strstr(monkey->tail->str, "sort: ")) {
        monkey_read(monkey, 100);
        ck_assert_msg(g_get_monotonic_time() - began < STUCK_MS * 1000,
                      "no first screen, but: %s", monkey_said(monkey));
    }
}

static void monkey_check_restored(struct monkey *monkey)
{
    struct termios modes;

    ck_assert_int_eq(tcgetattr(monkey->slave, &modes), 0);
    ck_assert_int_eq(modes.c_lflag, monkey->modes.c_lflag);
    ck_assert_int_eq(modes.c_iflag, monkey->modes.c_iflag);
    ck_assert_int_eq(modes.c_oflag, monkey->modes.c_oflag);
    monkey_drain(monkey);
    ck_assert_msg(strstr(monkey->tail->str, SCREEN_BACK) != NULL,
                  "the screen of before is not back: %s", monkey_said(monkey));
}

/* Whether it is over, and then as it should. */
static gboolean monkey_ended(struct monkey *monkey)
{
    int status;
    pid_t pid = waitpid(monkey->terminal.pid, &status, WNOHANG);

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        return FALSE;
    monkey_drain(monkey);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == monkey->status,
                  "status 0x%x: %s",
                  (unsigned)status, monkey_said(monkey));
    monkey_check_restored(monkey);
    close(monkey->slave);
    close(monkey->terminal.fd);
    return TRUE;
}

/* --- what the monkey does --- */

/* Ctrl-Z would stop it until somebody types fg; Ctrl-C and Ctrl-\ are signals to
 * a program that has left and undoes what was cancelled. */
static const char *monkey_key(struct monkey *monkey)
{
    static const char *const often[] = {
        "\r", "\r", "\t", "\t", "\033", "\033", "\177", " ",
        "\033OA", "\033OB", "\033OC", "\033OD", "\033OH", "\033OF", "\033[5~",
        "\033[6~", "\033[2~", "\033[3~", "\033[Z",
        "\033OP", "\033OQ", "\033OR", "\033OS", "\033[15~", "\033[17~", "\033[18~",
        "\033[19~", "\033[20~", "\033[21~",
        "\f", "\016", "\020", "\025", "\027", "\0012",
        "\033[M !!", "\033[<0;9;9M", "\033[?1;2c", "\302\233", "\377", "\343\201\202",
    };
    static char one[2];

    if (g_rand_boolean(monkey->rand))
        return often[g_rand_int_range(monkey->rand, 0, G_N_ELEMENTS(often))];
    one[0] = (char)g_rand_int_range(monkey->rand, '!', 0x7f);
    /* Often enough to leave, not so often that little else is done. */
    if ((one[0] == 'q' || one[0] == 'Q') && g_rand_int_range(monkey->rand, 0, 4))
        one[0] = 'j';
    return one;
}

static void monkey_disturb(struct monkey *monkey)
{
    static const char *const moods[] = {
        "delay=0", "delay=0", "lie=1", "delay=50", "hang=create,shutdown", "hang=all",
        "down=1", "fail=all error=io", "figures=moving shutdown=ignore",
        "shutdown=obey",
    };
    const char *mood = moods[g_rand_int_range(monkey->rand, 0, G_N_ELEMENTS(moods))];

    ck_assert(g_file_set_contents(g_getenv("QMC_FAKE_FILE"), mood, -1, NULL));
}

/* What the first thread waited for a processor that others had: "RUNNING
 * WAITING SLICES" in ns. 0 when it is gone. */
static double monkey_waited_ms(const struct monkey *monkey)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/schedstat",
                                            (int)monkey->terminal.pid);
    g_autofree char *text = NULL;
    const char *waited;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    waited = strchr(text, ' ');
    return waited ? (double)g_ascii_strtoull(waited, NULL, 10) / 1e6 : 0;
}

static void monkey_resize(struct monkey *monkey)
{
    static const unsigned short heights[] = {1, 2, 5, 10, 15, 24, 24, 30, 40, 70};
    static const unsigned short widths[] = {1, 3, 20, 44, 60, 79, 80, 110, 120, 250};
    struct winsize size = {
        .ws_row = heights[g_rand_int_range(monkey->rand, 0, G_N_ELEMENTS(heights))],
        .ws_col = widths[g_rand_int_range(monkey->rand, 0, G_N_ELEMENTS(widths))],
    };

    ioctl(monkey->slave, TIOCSWINSZ, &size);
}

static void monkey_press(struct monkey *monkey)
{
    const char *key = monkey_key(monkey);

    if (write(monkey->terminal.fd, key, strlen(key)) < 0)
        ck_assert_int_eq(errno, EIO); /* it is gone; the next look tells how */
    monkey->pressed++;
}

/* All that was pressed was read. */
static gboolean monkey_took_keys(struct monkey *monkey)
{
    int unread = 0;

    while (monkey_read(monkey, 1))
        ;
    ck_assert_int_eq(ioctl(monkey->slave, FIONREAD, &unread), 0);
    return unread == 0;
}

/* A new size is drawn. It may have been the one it had, so there are several.
 * What comes when the screen was given back is no picture: it may tell, some
 * seconds later, what was not undone. */
static gboolean monkey_drew(struct monkey *monkey)
{
    monkey_resize(monkey);
    return monkey_read(monkey, 10) && !strstr(monkey->tail->str, SCREEN_BACK);
}

/* FALSE: it has ended. */
static gboolean monkey_until(struct monkey *monkey,
                             gboolean (*done)(struct monkey *monkey))
{
    gint64 began = g_get_monotonic_time();

    while (!done(monkey)) {
        if (monkey_ended(monkey))
            return FALSE;
        ck_assert_msg(g_get_monotonic_time() - began < STUCK_MS * 1000,
                      "no answer after %u keys", monkey->pressed);
    }
    return TRUE;
}

/* From the first of these keys to a picture that came after all of them. */
static void monkey_look(struct monkey *monkey)
{
    double waited = monkey_waited_ms(monkey), took;
    gint64 began = g_get_monotonic_time();

    for (int i = 0; i < KEYS_A_LOOK; i++)
        monkey_press(monkey);
    if (!monkey_until(monkey, monkey_took_keys) ||
        !monkey_until(monkey, monkey_drew)) {
        monkey_begin(monkey);
        return;
    }
    took = (double)(g_get_monotonic_time() - began) / 1e3 -
           (monkey_waited_ms(monkey) - waited);
    monkey->slowest_ms = MAX(monkey->slowest_ms, took);
}

static void monkey_leave(struct monkey *monkey)
{
    gint64 began = g_get_monotonic_time();

    ck_assert(g_file_set_contents(g_getenv("QMC_FAKE_FILE"), "", 0, NULL));
    monkey->status = 128 + SIGTERM;
    kill(monkey->terminal.pid, SIGTERM);
    while (!monkey_ended(monkey)) {
        monkey_read(monkey, 10);
        ck_assert_msg(g_get_monotonic_time() - began < STUCK_MS * 1000, "does not end");
    }
}

/* Files are saved under names that were typed. */
static char *monkey_root(void)
{
    g_autofree char *path = g_build_filename(g_getenv("top_srcdir"),
                                             "tests/tui/qubes.xml", NULL);
    g_autofree char *text = NULL, *dir = NULL, *store = NULL, *script = NULL;
    char *root = g_dir_make_tmp("qmc-monkey-XXXXXX", NULL);
    gsize len;

    ck_assert(g_file_get_contents(path, &text, &len, NULL));
    ck_assert_ptr_nonnull(root);
    dir = g_build_filename(root, "var/lib/qubes", NULL);
    store = g_build_filename(dir, "qubes.xml", NULL);
    script = g_build_filename(root, "script", NULL);
    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(store, text, (gssize)len, NULL));
    ck_assert(g_file_set_contents(script, "", 0, NULL));
    g_setenv("QMC_FAKE", "running=00000000-0000-4000-8000-000000000006", TRUE);
    g_setenv("QMC_FAKE_FILE", script, TRUE);
    g_setenv("HOME", root, TRUE);
    g_setenv("XDG_STATE_HOME", root, TRUE);
    ck_assert_int_eq(chdir(root), 0);
    return root;
}

START_TEST(every_key_in_a_terminal)
{
    guint seed = number_of("QMC_SEED", 1), keys = number_of("QMC_MONKEY", 4000);
    struct monkey monkey = {.rand = g_rand_new_with_seed(seed),
                            .modes = modes_fresh(),
                            .tail = g_string_new(NULL)};

    if (geteuid() == 0)
        ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
    monkey.root = monkey_root();
    monkey_begin(&monkey);
    while (monkey.pressed < keys) {
        if (monkey.pressed % 200 == 0)
            monkey_disturb(&monkey);
        monkey_look(&monkey);
    }
    monkey_leave(&monkey);
    printf("# %u keys, seed %u, %u starts: slowest answer %.1f ms\n", monkey.pressed,
           seed, monkey.starts, monkey.slowest_ms);
    ck_assert_msg(monkey.slowest_ms < FREEZE_MS, "an answer took %.0f ms",
                  monkey.slowest_ms);
    ck_assert(file_remove_tree(monkey.root, NULL));
    g_free(monkey.root);
    g_string_free(monkey.tail, TRUE);
    g_rand_free(monkey.rand);
}
END_TEST

int main(void)
{
    const TTest *const none[] = {NULL};
    TCase *all = tcase_create("monkey");

    tcase_set_timeout(all, 1800);
    tcase_add_test(all, every_key_in_a_terminal);
    return suite_run_cases("monkey", none, NULL, NULL, all);
}
