/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of qubes, stores and hypervisors that wants to be more than text: put
 * wherever a store can hold some, looked at in every view. */
#include "config.h"

#include <string.h>

#include "tests/fake/hv-fake.h"
#include "tests/tui/console.h"
#include "tests/util/suite.h"
#include "tui/app.h"

#define LONG 4096

/* What a document can hold; character references are decoded by the reader. */
static const struct poison {
    const char *text;
    int times;
} poisons[] = {
    {"\xc2\x9b"    "31mred", 1},             /* C1: CSI */
    {"\xc2\x9d"    "0;title\xc2\x9c", 1},    /* C1: OSC, ST */
    {"a&#10;b&#13;c&#9;d", 1},
    {"safe\xe2\x80\xae" "gpj.exe", 1},       /* right-to-left override */
    {"\xe2\x81\xa6" "a\xe2\x80\x8f" "b", 1}, /* isolate, mark */
    {"e\xcc\x81\xcc\xa3\xe2\x80\x8d", 64},   /* combining, joiner */
    {"\xe5\x9b\xbd", LONG},                  /* twice as wide */
    {"W", LONG},
    {"%s%n%x", 8},
    {"&#27;[2J", 1},                         /* no document at all */
    {"\xff\xfe\x80", 1},
};

/* Replaced in tests/tui/qubes.xml wherever it stands. */
static const struct place {
    const char *find, *before, *after;
} places[] = {
    {">vault<", ">", "<"},
    {">debian-13<", ">", "<"},
    {">sys-firewall<", ">", "<"},
    {">red<", ">", "<"},
    {">varlibqubes<", ">", "<"},
    {"\"varlibqubes\"", "\"", "\""},
    {"\"AppVM\"", "\"", "\""},
    {"\"private\"", "\"", "\""},
    {"\"default_netvm\"", "\"", "\""},
    {"6.12.30-1.fc41", "", ""},
    {"vm-templates/fedora-42/root", "", ""},
    {"<tags/>", "<tags><tag name=\"", "\"/></tags>"},
};

/* Through everything; where a key means nothing it does nothing. */
static const char *const walk[] = {
    "j", "1", "a", "Esc", "Enter", "]", "]", "[", "q", "2", "j", "3", "j", "7", "8",
    "1", "v", "r", "Esc", "q", "s", "b", "?", "Esc", ": l s Tab", "Esc", "L", "o",
    "Esc", "t", "t", "w", "w", "l", "Esc", "q", "1", "G", "k", "K", "Esc",
    "s", "Esc", "p", "Esc", "k", "e", "H", "H", "j", "Enter", "Down", "Esc", "j",
    "e", "Down", "Esc", "=", "j", "Enter", "Esc", ": f i n d", "Enter", "G", "Enter",
    "Esc", "q", ": g l o b a l", "Enter", "j", "Enter", "Esc", "q", "1",
    "G", "Space", "k", "Space", "e", "j", "Enter", "Down", "Enter", "Esc", "q", "1",
    "u", "f", "Enter", "Esc", "j", "Enter", "Esc", "n", "Esc", "D", "n", "]",
    "n", "Down", "Esc", "t", "Esc", "T", "Esc", "q", "k", "f", "D", "Esc", "P",
    "Esc", "]", "j", "Enter", "Esc", "q", "8", "G", "Enter", "Esc", "7", "Enter", "Esc",
};

static char *document_of(const struct place *place, const struct poison *poison)
{
    g_autofree char *path = g_build_filename(g_getenv("top_srcdir"),
                                             "tests/tui/qubes.xml", NULL);
    g_autofree char *store = NULL;
    g_autoptr(GString) text = g_string_new(place->before);
    GString *out;

    ck_assert(g_file_get_contents(path, &store, NULL, NULL));
    for (int i = 0; i < poison->times; i++)
        g_string_append(text, poison->text);
    g_string_append(text, place->after);
    out = g_string_new(store);
    ck_assert_uint_gt(g_string_replace(out, place->find, text->str, 0), 0);
    return g_string_free(out, FALSE);
}

/* console_text() has a character for each cell, a wide one twice. */
static gunichar cell_at(const char *line, glong column)
{
    return column < g_utf8_strlen(line, -1)
               ? g_utf8_get_char(g_utf8_offset_to_pointer(line, column))
               : ' ';
}

/* Headings that stand at the left of their column, as the first of each shows
 * which list it is. */
static const char *const lists[][4] = {
    {" LBL NAME ", " CLASS ", " TEMPLATE ", " NET QUBE "},
    {" POOL ", " DRIVER ", " DATA ", NULL},
    {" QUBE:VOLUME ", " POOL ", " FLAGS ", " STATE "},
    {" NO STATE ", " QUBE ", " OPERATION ", " STEP OR RESULT"},
    {" TIME ", " OBJECT ", " EVENT", NULL},
    {" VOLUME ", " POOL ", " STATE ", " SOURCE"},
    {" PROPERTY ", " VALUE ", " DEF ", " TYPE "},
    {" QUBE ", " PROPERTY ", " VALUE ", NULL},
    {" FEATURE ", " VALUE ", " FROM ", " KIND"},
    {"   # ", " ACTION ", " DESTINATION ", NULL},
};

/* A row begins with a blank or its mark, what stands below them does not. */
static void check_column(char **lines, const char *heading)
{
    const char *at = strstr(lines[0], heading);

    for (gsize y = 1; at && *lines[y] && strchr(" *", *lines[y]); y++)
        if (cell_at(lines[y], at - lines[0]) != ' ')
            ck_abort_msg("a column is not aligned:\n%s\n%s", lines[0], lines[y]);
}

/* Whatever stands in a row, the columns begin where their headings do. */
static void check_columns(char **lines)
{
    for (; *lines; lines++)
        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
            if (g_str_has_prefix(*lines, lists[i][0]) ||
                (i == 0 && strstr(*lines, lists[i][0])))
                for (gsize k = 1; k < G_N_ELEMENTS(lists[i]) && lists[i][k]; k++)
                    check_column(lines, lists[i][k]);
}

/* Both borders stand under the corners of the top one. */
static void check_box(char **lines, glong left, glong right)
{
    for (gsize y = 1; lines[y] && cell_at(lines[y], left) != '+'; y++)
        if (cell_at(lines[y], left) != '|' || cell_at(lines[y], right) != '|')
            ck_abort_msg("a box is not aligned:\n%s\n%s", lines[0], lines[y]);
}

static void check_boxes(char **lines)
{
    for (; *lines; lines++) {
        const char *left = strstr(*lines, "+-- "), *right = strrchr(*lines, '+');

        if (!left || right <= left)
            continue;
        check_box(lines, g_utf8_pointer_to_offset(*lines, left),
                  g_utf8_pointer_to_offset(*lines, right));
        return;
    }
}

static void check_screen(struct console *console)
{
    g_autofree char *text = console_text(console);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const struct screen *top = app_top(console->app);

    if (top->boxed)
        check_boxes(lines);
    else if (top->class->kind == SCREEN_VIEW)
        check_columns(lines);
}

static void look_at_all(struct console *console)
{
    for (gsize i = 0; i < G_N_ELEMENTS(walk); i++) {
        console_keys(console, walk[i]);
        while (g_main_context_iteration(NULL, FALSE))
            ;
        app_draw(console->app);
        check_screen(console);
    }
}

static const struct view {
    const char *fake;
    int height, width;
} views[] = {
    {"running=00000000-0000-4000-8000-000000000006", 24, 80},
    {"lie=1", 40, 120},
    {"lie=1 fail=create,suspend,destroy", 24, 80},
    {"lie=1", 8, 33},
};

/* The same in the rules of some of its qubes. */
static void put_rules(const char *root, const struct poison *poison)
{
    static const char *const qubes[] = {"sys-net", "personal", "work", "vault"};
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *document = NULL;

    for (int i = 0; i < poison->times; i++)
        g_string_append(text, poison->text);
    document = g_strdup_printf(
        "<firewall version=\"2\"><rules><rule><properties>"
        "<property name=\"action\">accept</property>"
        "<property name=\"comment\">%s</property></properties></rule>"
        "<rule><properties><property name=\"%s\">%s</property></properties></rule>"
        "</rules></firewall>", text->str, text->str, text->str);
    for (gsize i = 0; i < G_N_ELEMENTS(qubes); i++) {
        g_autofree char *dir =
            g_build_filename(root, "var/lib/qubes/appvms", qubes[i], NULL);
        g_autofree char *path = g_build_filename(dir, "firewall.xml", NULL);

        ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
        ck_assert(g_file_set_contents(path, document, -1, NULL));
    }
}

static void look(const char *document, const struct poison *poison,
                 const struct view *view)
{
    struct console *console =
        console_new("xterm-256color", view->height, view->width);
    char *root = root_make(document);

    put_rules(root, poison);
    console_run(console, root);
    look_at_all(console);
    console_check_bytes(console);
    console_free(console);
}

#define POISONS (int)G_N_ELEMENTS(poisons)
#define PLACES (int)G_N_ELEMENTS(places)
#define VIEWS (int)G_N_ELEMENTS(views)

/* Each text in each place, each in each view, and each place in each view; with
 * QMC_HOSTILE=all each place of each text in each view, which takes minutes. */
START_TEST(what_a_store_holds)
{
    int text = _i % POISONS, where = _i / POISONS % PLACES, turn = _i / POISONS / PLACES;
    const struct poison *poison = &poisons[text];
    const struct place *place = &places[where];
    const struct view *view = &views[(text + where + turn) % VIEWS];
    g_autofree char *document = document_of(place, poison);

    fake_reset();
    fake_script(view->fake);
    look(document, poison, view);
}
END_TEST

int main(void)
{
    const TTest *const none[] = {NULL};
    TCase *all = tcase_create("hostile");

    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, what_a_store_holds, 0,
                        POISONS * PLACES * (g_getenv("QMC_HOSTILE") ? VIEWS : 1));
    return suite_run_cases("hostile", none, NULL, NULL, all);
}
