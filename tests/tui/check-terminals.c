/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same screen on terminals of many kinds: colours only where they are
 * allowed, lines the terminal can draw, the mouse only if asked for. */
#include "config.h"

#include "tests/tui/console.h"

#include <sys/stat.h>

#include <curses.h>

#include "tests/fake/hv-fake.h"
#include "tests/util/suite.h"
#include "tui/app.h"
#include "tui/setting.h"
#include "tui/style.h"
#include "tui/term.h"
#include "tui/words.h"

enum lines { UNICODE, ALTERNATE, ASCII };

static const struct terminal {
    const char *type, *locale, *no_color;
    const char *setting, *value; /* NULL: as they come */
    gboolean colored;
    enum lines lines;
} terminals[] = {
    {"xterm-256color", "C.UTF-8", NULL, NULL, NULL, TRUE, UNICODE},
    {"screen-256color", "C.UTF-8", NULL, NULL, NULL, TRUE, UNICODE},
    {"tmux-256color", "C.UTF-8", NULL, NULL, NULL, TRUE, UNICODE},
    {"screen", "C.UTF-8", NULL, NULL, NULL, TRUE, UNICODE},
    {"linux", "C.UTF-8", NULL, NULL, NULL, TRUE, UNICODE},
    {"linux", "C", NULL, NULL, NULL, TRUE, ALTERNATE},
    {"vt220", "C", NULL, NULL, NULL, FALSE, ALTERNATE},
    {"vt100", "C", NULL, NULL, NULL, FALSE, ALTERNATE},
    {"wsvt25", "C", NULL, NULL, NULL, TRUE, ALTERNATE},
    {"hurd", "C", NULL, "lines", "ascii", TRUE, ASCII},
    {"sun", "C", NULL, NULL, NULL, FALSE, ASCII},
    {"xterm-256color", "C.UTF-8", "1", NULL, NULL, FALSE, UNICODE},
    {"xterm-256color", "C.UTF-8", "", NULL, NULL, TRUE, UNICODE},
    {"xterm-256color", "C.UTF-8", "1", "color", "always", TRUE, UNICODE},
    {"xterm-256color", "C.UTF-8", NULL, "color", "never", FALSE, UNICODE},
    {"xterm-256color", "C.UTF-8", NULL, "color", "mono", FALSE, UNICODE},
    {"xterm-256color", "C.UTF-8", "1", "color", "16", TRUE, UNICODE},
    {"vt220", "C.UTF-8", NULL, "color", "always", FALSE, UNICODE},
    {"xterm-256color", "C.UTF-8", NULL, "theme", "mono", FALSE, UNICODE},
    {"xterm-256color", "C.UTF-8", NULL, "theme", "light", TRUE, UNICODE},
    {"xterm-256color", "C.UTF-8", NULL, "theme", "high-contrast", TRUE, UNICODE},
    {"linux", "C.UTF-8", NULL, "theme", "high-contrast", TRUE, UNICODE},
    {"screen", "C.UTF-8", NULL, "theme", "blue-yellow", TRUE, UNICODE},
    {"xterm-256color", "C.UTF-8", NULL, "lines", "ascii", TRUE, ASCII},
    {"vt100", "C", NULL, "lines", "ascii", FALSE, ASCII},
};

static struct console *terminal_open(const struct terminal *terminal)
{
    struct console *console;

    g_setenv("LC_ALL", terminal->locale, TRUE);
    if (terminal->no_color)
        g_setenv("NO_COLOR", terminal->no_color, TRUE);
    else
        g_unsetenv("NO_COLOR");
    if (terminal->setting)
        ck_assert(setting_set(terminal->setting, terminal->value, NULL));
    console = console_new(terminal->type, 24, 80);
    fake_reset();
    fake_script("running=00000000-0000-4000-8000-000000000003");
    console_run(console, root_make("qubes.xml"));
    return console;
}

/* The border of a dialog, in the bytes that were sent. */
static enum lines terminal_lines(const struct console *console)
{
    if (strstr(console->bytes->str, "\342\224\200"))
        return UNICODE;
    return strstr(console->bytes->str, "qq") ? ALTERNATE : ASCII;
}

START_TEST(it_shows_the_same)
{
    const struct terminal *terminal = &terminals[_i];
    g_autofree char *text = NULL, *attributes = NULL;
    struct console *console;

    console = terminal_open(terminal);
    console_wait(console, "13 qubes  2 running");
    attributes = console_attributes(console);
    ck_assert_int_eq(strpbrk(attributes, "cC") != NULL, terminal->colored);
    ck_assert_ptr_nonnull(strpbrk(attributes, "rRcC"));
    console_keys(console, "j v r");
    console_wait(console, "+-- Grow ");
    console_settle(console);
    text = console_text(console);
    ck_assert_ptr_nonnull(strstr(text, "+-- Grow "));
    ck_assert_int_eq(terminal_lines(console), terminal->lines);
    /* That one clears with a form feed. */
    if (strcmp(terminal->type, "sun") != 0)
        console_check_bytes(console);
    console_free(console);
}
END_TEST

/* Blue as most terminals have it cannot be read on black; the theme for white
 * ones may use it. */
/* The line of the picture that begins like that. */
static int row_of(struct console *console, const char *begin)
{
    g_autofree char *text = console_text(console);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    int y = 0;

    while (lines[y] && !strstr(lines[y], begin))
        y++;
    ck_assert_ptr_nonnull(lines[y]);
    return y;
}

START_TEST(lines_are_drawn_not_typed)
{
    struct console *console = console_new("xterm-256color", 40, 120);
    int y;

    console_run(console, root_make("qubes.xml"));
    console_wait(console, "Events ---");
    y = row_of(console, "Events ---");
    ck_assert(console_is_line(y, 119));
    ck_assert(console_is_line(y + 1, 60));
    console_keys(console, "/ v a u l t Enter Enter v");
    console_wait(console, "0 kept");
    console_keys(console, "V [ [");
    console_wait(console, "-- Last events --");
    y = row_of(console, "-- Last events --");
    ck_assert(console_is_line(y, 119));
    ck_assert(console_is_line(y, 28));
    ck_assert(console_is_line(y, 25));
    console_free(console);
}
END_TEST

START_TEST(no_theme_for_dark_ground_has_dark_blue)
{
    static const int counts[] = {8, 16, 256};

    for (int theme = 0; theme < THEME_COUNT; theme++)
        for (int style = 0; style < STYLE_COUNT; style++)
            for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
                struct style_look look = style_look(
                    (enum theme)theme, (enum style)style, counts[i]);

                if (theme != THEME_LIGHT)
                    ck_assert_int_ne(look.ink, 4);
                ck_assert(look.ink < 16 || counts[i] == 256);
                ck_assert(!(look.ink > 16 && look.ink < 22));
            }
}
END_TEST

START_TEST(settings_refuse_what_they_are_not)
{
    static const struct {
        const char *name, *value;
        int code;
    } wrong[] = {
        {"colour", "auto", QMC_ERROR_NOTFOUND},
        {"color", "red", QMC_ERROR_INVALID},
        {"mouse", "perhaps", QMC_ERROR_INVALID},
        {"escdelay", "0", QMC_ERROR_INVALID},
        {"escdelay", "25ms", QMC_ERROR_INVALID},
        {"theme", "", QMC_ERROR_INVALID},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert(!setting_set(wrong[i].name, wrong[i].value, &error));
        ck_assert_int_eq(error->code, wrong[i].code);
    }
    ck_assert(setting_is("color", "auto"));
    for (guint i = 0; style_theme_names[i]; i++) {
        ck_assert(setting_set("theme", style_theme_names[i], NULL));
        ck_assert_uint_eq(setting_choice("theme"), i);
    }
}
END_TEST

START_TEST(a_line_is_read_without_being_done)
{
    struct model *model = model_new();
    struct words *words = words_find(model, "set theme mono", NULL);
    g_autoptr(GError) wrong = NULL, unknown = NULL;

    ck_assert_ptr_nonnull(words);
    ck_assert(setting_is("theme", "default"));
    words_free(words);
    ck_assert_ptr_null(words_find(model, "set theme pink", &wrong));
    ck_assert_int_eq(wrong->code, QMC_ERROR_INVALID);
    ck_assert_ptr_null(words_find(model, "set thema", &unknown));
    ck_assert_int_eq(unknown->code, QMC_ERROR_NOTFOUND);
    model_free(model);
}
END_TEST

static const struct terminal plain = {
    "xterm-256color", "C.UTF-8", NULL, NULL, NULL, TRUE, UNICODE};

START_TEST(a_theme_is_changed_at_run_time)
{
    struct console *console = terminal_open(&plain);
    g_autofree char *before = NULL, *after = NULL, *text = NULL, *same = NULL;

    console_wait(console, "13 qubes  1 running");
    before = console_attributes(console);
    text = console_text(console);
    ck_assert(setting_set("theme", "mono", NULL));
    app_draw(console->app);
    after = console_attributes(console);
    same = console_text(console);
    ck_assert_ptr_nonnull(strpbrk(before, "cC"));
    ck_assert_ptr_null(strpbrk(after, "cC"));
    ck_assert_str_eq(text, same);
    console_free(console);
}
END_TEST

START_TEST(the_mouse_is_off_until_asked_for)
{
    struct console *console = terminal_open(&plain);

    console_wait(console, "13 qubes  1 running");
    console_settle(console);
    ck_assert_ptr_null(strstr(console->bytes->str, "1000h"));
    ck_assert(setting_set("mouse", "on", NULL));
    console_settle(console);
    ck_assert_ptr_nonnull(strstr(console->bytes->str, "1000h"));
    ck_assert(setting_set("mouse", "off", NULL));
    console_settle(console);
    ck_assert_ptr_nonnull(strstr(console->bytes->str, "1000l"));
    console_free(console);
}
END_TEST

static void clicked(struct console *console, const char *bytes, const char *text)
{
    console_type(console, bytes);
    console_wait(console, text);
}

START_TEST(the_mouse_selects_sorts_and_scrolls)
{
    struct console *console;

    ck_assert(setting_set("mouse", "on", NULL));
    console = terminal_open(&plain);
    console_wait(console, "13 qubes  1 running");
    console_settle(console);
    /* Columns and lines count from 1: the heading stands on line 5. */
    clicked(console, "\033[<0;10;5M\033[<0;10;5m", "sort: name");
    clicked(console, "\033[<0;10;5M\033[<0;10;5m", "sort: name reversed");
    clicked(console, "\033[<0;10;5M\033[<0;10;5m", "sort: name");
    ck_assert_int_ne(getcury(curscr), 8);
    console_type(console, "\033[<0;20;9M\033[<0;20;9m");
    while (getcury(curscr) != 8)
        g_main_context_iteration(NULL, TRUE);
    console_type(console, "\033[<65;20;9M");
    while (getcury(curscr) != 11)
        g_main_context_iteration(NULL, TRUE);
    console_type(console, "\033[<64;20;9M");
    while (getcury(curscr) != 8)
        g_main_context_iteration(NULL, TRUE);
    /* Below the rows and above the heading there is nothing to hit. */
    console_type(console, "\033[<0;20;2M\033[<0;20;2m\033[<0;20;23M");
    console_settle(console);
    ck_assert_int_eq(getcury(curscr), 8);
    console_free(console);
}
END_TEST

START_TEST(a_terminal_that_takes_nothing_gets_no_frames)
{
    struct console *console = terminal_open(&plain);
    g_autofree char *text = NULL;

    console_wait(console, "13 qubes  1 running");
    console_settle(console);
    console_stall(console);
    for (int i = 0; i < 5; i++) {
        app_key(console->app, key_parse("F1"));
        console_settle(console);
    }
    text = console_text(console);
    ck_assert_ptr_null(strstr(text, "Help: qubes list"));
    console_resume(console);
    console_wait(console, "Help: qubes list");
    console_free(console);
}
END_TEST

START_TEST(a_slow_link_gets_figures_now_and_then)
{
    struct console *console;
    struct event event = {.type = EVENT_STATS};
    g_autofree char *before = NULL, *after = NULL;

    ck_assert(setting_set("link", "slow", NULL));
    console = terminal_open(&plain);
    console_wait(console, "13 qubes");
    console_wait_idle(console);
    console_settle(console);
    app_model(console->app)->host_cpu_percent = 77;
    events_emit(app_model(console->app)->events, &event);
    console_settle(console);
    before = console_text(console);
    ck_assert_ptr_null(strstr(before, "77%"));
    /* A key is answered on any line, and brings the figures along. */
    app_model(console->app)->host_cpu_percent = 77;
    console_keys(console, "j");
    after = console_text(console);
    ck_assert_ptr_nonnull(strstr(after, "77%"));
    console_free(console);
}
END_TEST

static void save(struct console *console, const char *path)
{
    g_autofree char *line = g_strdup_printf("save-screen %s\r", path);

    console_keys(console, ":");
    console_type(console, line);
}

START_TEST(the_screen_is_saved_as_text_and_nothing_replaced)
{
    struct console *console = terminal_open(&plain);
    g_autofree char *path = g_build_filename(console->root, "screen.txt", NULL);
    g_autofree char *text = NULL, *again = NULL;
    struct stat st;

    console_wait(console, "13 qubes  1 running");
    save(console, path);
    console_wait(console, "the screen is saved in");
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_ptr_nonnull(strstr(text, "\n R blk dom0 "));
    ck_assert_ptr_nonnull(strstr(text, "\n13 qubes  1 running"));
    ck_assert_ptr_null(strstr(text, "save-screen"));
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    save(console, path);
    console_wait(console, "cannot write");
    ck_assert(g_file_get_contents(path, &again, NULL, NULL));
    ck_assert_str_eq(text, again);
    console_free(console);
}
END_TEST

int main(void)
{
    static const TTest *tests[11] = {NULL};
    TCase *all = tcase_create("terminals");
    gsize n = 0;

    tests[n++] = lines_are_drawn_not_typed;
    tests[n++] = no_theme_for_dark_ground_has_dark_blue;
    tests[n++] = settings_refuse_what_they_are_not;
    tests[n++] = a_line_is_read_without_being_done;
    tests[n++] = a_theme_is_changed_at_run_time;
    tests[n++] = the_mouse_is_off_until_asked_for;
    tests[n++] = the_mouse_selects_sorts_and_scrolls;
    tests[n++] = a_terminal_that_takes_nothing_gets_no_frames;
    tests[n++] = a_slow_link_gets_figures_now_and_then;
    tests[n++] = the_screen_is_saved_as_text_and_nothing_replaced;
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, it_shows_the_same, 0,
                        (int)G_N_ELEMENTS(terminals));
    return suite_run_cases("terminals", tests, NULL, NULL, all);
}
