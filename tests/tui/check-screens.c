/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the *.keys of this folder on terminals of several kinds and compares
 * what they show with *.screen. A key file has one command per line:
 *
 *   fake WORDS   adds to the script of the hypervisor (tests/fake/README.md)
 *   store FILE   begins with this store instead of qubes.xml; first line only
 *   disk POOL SIZE USED META USED FREE TROUBLE  what that pool of driver fake-memory says;
 *                META 0: it has no metadata; TROUBLE may be left away
 *   orphan POOL NAME SIZE  is in it, and of nobody
 *   grown POOL SIZE MINUTES  so much in that time, until now
 *   put FILE     somebody else writes this store over it
 *   file PATH TEXT  writes it below the root
 *   image PATH SIZE   writes one of so many bytes, none of them zero, below the root
 *   hold SIZE    what is written behind so many bytes of a file waits
 *   release      no more
 *   root         what is typed as a file is below the root from now on
 *   keys NAMES   "j j Enter"
 *   figure NAME  until the meter of that name has a percentage
 *   wait TEXT    until it stands on the screen
 *   gone TEXT    until it does not
 *   idle         until no job is at work
 *   size HxW     changes the size of the terminal
 *   show TITLE   puts the screen into the golden file
 *
 * With QMC_GOLDEN=DIR the golden files are written to DIR instead, with
 * QMC_REPLAY=NAME only that one is replayed. */
#include "config.h"

#include "tests/tui/console.h"

#include <stdio.h>
#include <unistd.h>

#include "core/growth.h"
#include "tests/fake/disk-fake.h"
#include "tests/fake/hv-fake.h"
#include "tests/tui/looks.h"
#include "tests/util/suite.h"
#include "tui/app.h"
#include "tui/list.h"
#include "tui/pager.h"
#include "tui/setting.h"
#include "util/text.h"

static const char *const names[] = {"command", "options", "list", "marks", "several",
                                    "actions", "columns", "tree",
                                    "start", "stop", "patience", "cancel",
                                    "kill", "shrink", "volumes", "help", "filter",
                                    "errors", "broken", "copies", "import", "repair", "odd",
                                    "arguments", "create", "narrow",
                                    "moves", "popups", "small",
                                    "events", "panes", "jobs", "pools", "thin", "allvolumes",
                                    "revisions",
                                    "detail", "log", "props", "features", "network",
                                    "policy"};

struct terminal {
    const char *type, *no_color;
    int height, width;
    const char *golden; /* text is the same whatever the colours are */
    gboolean looks;     /* attributes and colours stand in the golden file */
    const char *lines;  /* of the setting; NULL: as it comes */
};

static const struct terminal terminals[] = {
    {"xterm-256color", NULL, 24, 80, "80x24"},
    {"xterm-256color", "1", 24, 80, "80x24"},
    {"linux", NULL, 24, 80, "80x24"},
    {"vt220", NULL, 24, 80, "80x24"},
    {"xterm-256color", NULL, 40, 120, "120x40"},
};

static const struct terminal looked_at[] = {
    {"xterm-256color", NULL, 24, 80, "80x24-256", TRUE, NULL},
    {"xterm-256color", NULL, 40, 120, "120x40-256", TRUE, NULL},
    {"vt220", NULL, 24, 80, "80x24-mono", TRUE, "ascii"},
    {"vt220", NULL, 40, 120, "120x40-mono", TRUE, "ascii"},
};

struct replay {
    struct console *console;
    const struct terminal *terminal;
    GString *shown;
    char *store;
};

static void replay_begin(struct replay *replay)
{
    if (replay->console)
        return;
    replay->console = console_new(replay->terminal->type, replay->terminal->height,
                                  replay->terminal->width);
    console_run(replay->console,
                root_make(replay->store ? replay->store : "qubes.xml"));
}

static void replay_show(struct replay *replay, const char *title)
{
    g_autofree char *text = NULL;

    while (!app_is_whole(replay->console->app))
        g_main_context_iteration(NULL, TRUE);
    text = console_masked(replay->console);
    g_string_append_printf(replay->shown, "=== %s\n%s", title, text);
    if (!replay->terminal->looks)
        return;
    g_autofree char *looks = looks_text(text);
    g_string_append_printf(replay->shown, "---\n%s", looks);
}

/* --- which keys were pressed --- */

/* Of all replays, each of them a process: "ROW KEY" lines. Rows are where they
 * are in all of them. */
static char *pressed_path;

static char *pressed_line(const struct key_row *row, int key)
{
    return g_strdup_printf("%p %d", (const void *)row, key);
}

/* While something is typed, keys are characters, but for those that end it. */
static const struct key_row *pressed_row(const struct screen *screen, int key)
{
    const struct key_row *row = screen_field(screen);

    if (!row)
        return screen_row(screen, key);
    while (row->keys && !key_row_has(row, key))
        row++;
    return row->keys ? row : NULL;
}

static void pressed_add(const struct console *console, const char *name)
{
    int key = key_parse(name);
    const struct key_row *row = pressed_row(app_top(console->app), key);
    FILE *file = fopen(pressed_path, "a");

    ck_assert_ptr_nonnull(file);
    if (row) {
        g_autofree char *line = pressed_line(row, key);

        fprintf(file, "%s\n", line);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void replay_keys(struct replay *replay, const char *keys)
{
    g_auto(GStrv) parts = g_strsplit(keys, " ", -1);

    for (gsize i = 0; parts[i]; i++) {
        pressed_add(replay->console, parts[i]);
        console_keys(replay->console, parts[i]);
    }
}

static void replay_size(struct replay *replay, const char *size)
{
    int height, width;

    ck_assert_int_eq(sscanf(size, "%dx%d", &height, &width), 2);
    console_resize(replay->console, height, width);
}

static void replay_file(struct replay *replay, const char *path_and_text)
{
    g_auto(GStrv) parts = g_strsplit(path_and_text, " ", 2);
    g_autofree char *path = g_build_filename(replay->console->root, parts[0], NULL);
    g_autofree char *dir = g_path_get_dirname(path);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(path, parts[1], -1, NULL));
}

static void replay_image(struct replay *replay, const char *path_and_size)
{
    g_auto(GStrv) parts = g_strsplit(path_and_size, " ", 2);
    g_autofree char *path = g_build_filename(replay->console->root, parts[0], NULL);
    gsize size = (gsize)g_ascii_strtoull(parts[1], NULL, 10);
    g_autofree char *bytes = g_strnfill(size, 'x');

    ck_assert(g_file_set_contents(path, bytes, (gssize)size, NULL));
}

static guint64 replay_bytes(const char *text)
{
    guint64 bytes = 0;

    ck_assert(g_str_equal(text, "0") || text_size_parse(text, &bytes, NULL));
    return bytes;
}

static void replay_disk(const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", 7);
    const struct fake_disk_pool pool = {
        .size = replay_bytes(parts[1]), .used = replay_bytes(parts[2]),
        .metadata_size = replay_bytes(parts[3]), .metadata_used = replay_bytes(parts[4]),
        .extend_free = replay_bytes(parts[5]),
        .trouble = parts[6] ? g_intern_string(parts[6]) : NULL,
    };

    fake_disk_pool(parts[0], &pool);
}

static struct pool_entry *replay_pool(const struct replay *replay, const char *name)
{
    struct pool_entry *entry = model_pool(app_model(replay->console->app), name);

    ck_assert_ptr_nonnull(entry);
    return entry;
}

static gpointer replay_create(gpointer volume)
{
    ck_assert(volume_create(volume, NULL));
    return NULL;
}

static void replay_orphan(struct replay *replay, const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", 3);
    const struct volume_spec spec = {
        .name = "private", .vid = parts[1], .size = replay_bytes(parts[2]), .rw = TRUE,
        .save_on_stop = TRUE, .revisions_to_keep = 1, .ephemeral = -1,
    };
    struct volume *volume = volume_new(replay_pool(replay, parts[0])->pool, &spec, NULL);

    g_thread_join(g_thread_new("create", replay_create, volume));
    fake_disk_fill(volume, replay_bytes(parts[2]));
    volume_unref(volume);
}

/* As if it had been watched since then. */
static void replay_grown(struct replay *replay, const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", 3);
    struct pool_entry *entry = replay_pool(replay, parts[0]);
    gint64 minutes = g_ascii_strtoll(parts[2], NULL, 10), now = g_get_monotonic_time();
    guint64 bytes = replay_bytes(parts[1]);

    g_clear_pointer(&entry->growth, g_array_unref);
    entry->growth = growth_new();
    for (gint64 i = 0; i <= minutes; i++)
        growth_add(entry->growth, now - (minutes - i) * 60 * G_USEC_PER_SEC,
                   entry->used - bytes + bytes / (guint64)minutes * (guint64)i);
    app_draw(replay->console->app);
}

static void replay_line(struct replay *replay, const char *line)
{
    g_auto(GStrv) parts = g_strsplit(line, " ", 2);
    const char *rest = parts[1];

    if (strcmp(parts[0], "store") == 0) {
        replay->store = g_strdup(rest);
        return;
    }
    if (strcmp(parts[0], "fake") == 0) {
        fake_script(rest);
        return;
    }
    if (strcmp(parts[0], "disk") == 0) {
        replay_disk(rest);
        return;
    }
    replay_begin(replay);
    if (strcmp(parts[0], "orphan") == 0)
        replay_orphan(replay, rest);
    else if (strcmp(parts[0], "grown") == 0)
        replay_grown(replay, rest);
    else if (strcmp(parts[0], "keys") == 0)
        replay_keys(replay, rest);
    else if (strcmp(parts[0], "put") == 0)
        root_write(replay->console->root, rest);
    else if (strcmp(parts[0], "file") == 0)
        replay_file(replay, rest);
    else if (strcmp(parts[0], "image") == 0)
        replay_image(replay, rest);
    else if (strcmp(parts[0], "hold") == 0)
        console_hold_writes(g_ascii_strtoull(rest, NULL, 10));
    else if (strcmp(parts[0], "release") == 0)
        console_hold_writes(G_MAXUINT64);
    else if (strcmp(parts[0], "root") == 0)
        ck_assert_int_eq(chdir(replay->console->root), 0);
    else if (strcmp(parts[0], "figure") == 0)
        console_wait_figure(replay->console, rest);
    else if (strcmp(parts[0], "wait") == 0)
        console_wait(replay->console, rest);
    else if (strcmp(parts[0], "gone") == 0)
        console_wait_gone(replay->console, rest);
    else if (strcmp(parts[0], "idle") == 0)
        console_wait_idle(replay->console);
    else if (strcmp(parts[0], "size") == 0)
        replay_size(replay, rest);
    else if (strcmp(parts[0], "show") == 0)
        replay_show(replay, rest);
    else
        ck_abort_msg("unknown command '%s'", parts[0]);
}

static char *replay_path(const char *dir, const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);

    return g_build_filename(dir, file, NULL);
}

/* As comments of TAP: a screen is too long for a message of Check. */
static void replay_tell(const char *what, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    printf("# %s\n", what);
    for (gsize i = 0; lines[i]; i++)
        printf("# %s\n", lines[i]);
    fflush(stdout);
}

static void replay_compare(const char *name, const struct replay *replay)
{
    g_autofree char *suffix =
        g_strdup_printf("-%s.screen", replay->terminal->golden);
    g_autofree char *dir =
        g_build_filename(g_getenv("top_srcdir"), "tests/tui", NULL);
    const char *write_to = g_getenv("QMC_GOLDEN");
    g_autofree char *path = replay_path(write_to ? write_to : dir, name, suffix);
    g_autofree char *golden = NULL;

    if (write_to) {
        ck_assert(g_file_set_contents(path, replay->shown->str, -1, NULL));
        return;
    }
    ck_assert(g_file_get_contents(path, &golden, NULL, NULL));
    if (strcmp(golden, replay->shown->str) == 0)
        return;
    replay_tell("what is shown:", replay->shown->str);
    replay_tell("what was expected:", golden);
    ck_abort_msg("%s on %s is not as in %s", name, replay->terminal->type, path);
}

/* A replay may go to another directory: the file it is compared with is found. */
static char *replay_dir(void)
{
    g_autofree char *top = g_canonicalize_filename(g_getenv("top_srcdir"), NULL);

    g_setenv("top_srcdir", top, TRUE);
    return g_build_filename(top, "tests/tui", NULL);
}

static void replay_run(const char *name, const struct terminal *terminal)
{
    struct replay replay = {.terminal = terminal, .shown = g_string_new(NULL)};
    g_autofree char *dir = replay_dir();
    g_autofree char *path = replay_path(dir, name, ".keys");
    g_autofree char *script = NULL;

    if (terminal->no_color)
        g_setenv("NO_COLOR", terminal->no_color, TRUE);
    if (terminal->lines)
        ck_assert(setting_set("lines", terminal->lines, NULL));
    fake_reset();
    ck_assert(g_file_get_contents(path, &script, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(g_strchomp(script), "\n", -1);
    for (gsize i = 0; lines[i]; i++)
        if (*lines[i] && *lines[i] != '#')
            replay_line(&replay, lines[i]);
    console_check_bytes(replay.console);
    console_free(replay.console);
    replay_compare(name, &replay);
    g_string_free(replay.shown, TRUE);
    g_free(replay.store);
}

START_TEST(replay_all)
{
    int per = (int)G_N_ELEMENTS(terminals);
    const char *only = g_getenv("QMC_REPLAY");

    if (!only || strcmp(only, names[_i / per]) == 0)
        replay_run(names[_i / per], &terminals[_i % per]);
}
END_TEST

START_TEST(looks_all)
{
    replay_run("looks", &looked_at[_i]);
}
END_TEST

static GHashTable *pressed_read(void)
{
    GHashTable *pressed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *text = NULL;

    ck_assert(g_file_get_contents(pressed_path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (gsize i = 0; lines[i]; i++)
        g_hash_table_add(pressed, g_strdup(lines[i]));
    return pressed;
}

/* Tried elsewhere: it stops the process, it needs a place. */
static gboolean pressed_is_other(const char *name)
{
    return strcmp(name, "Ctrl-Z") == 0 || strcmp(name, "Click") == 0;
}

static void pressed_check(const char *where, const struct key_row *table,
                          GHashTable *pressed, GString *missing)
{
    for (const struct key_row *row = table; row->keys; row++) {
        g_auto(GStrv) keys = g_strsplit(row->keys, " ", -1);

        for (gsize i = 0; keys[i]; i++) {
            if (pressed_is_other(keys[i]))
                continue;
            /* Each once: tables are shared. */
            if (g_hash_table_add(pressed, pressed_line(row, key_parse(keys[i]))))
                g_string_append_printf(missing, "# %s: %s (%s)\n", where, keys[i],
                                       row->action);
        }
    }
}

START_TEST(each_key_is_in_a_replay)
{
    g_autoptr(GHashTable) pressed = pressed_read();
    g_autoptr(GString) missing = g_string_new(NULL);
    const struct screen_class *const *classes;
    const struct key_row *table;
    gsize n;

    if (g_getenv("QMC_REPLAY"))
        return;
    classes = screen_classes(&n);
    for (gsize i = 0; i < n; i++)
        for (guint k = 0; (table = screen_table(classes[i], k)); k++)
            pressed_check(classes[i]->name, table, pressed, missing);
    pressed_check("list", list_field_keys, pressed, missing);
    pressed_check("pager", pager_field_keys, pressed, missing);
    fputs(missing->str, stdout);
    fflush(stdout);
    ck_assert_msg(missing->len == 0, "keys no replay presses");
}
END_TEST

int main(void)
{
    const TTest *const none[] = {NULL};
    TCase *all = tcase_create("replay");
    int status;

    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, replay_all, 0,
                        (int)(G_N_ELEMENTS(names) * G_N_ELEMENTS(terminals)));
    tcase_add_loop_test(all, looks_all, 0, (int)G_N_ELEMENTS(looked_at));
    tcase_add_test(all, each_key_is_in_a_replay);
    close(g_file_open_tmp("qmc-pressed-XXXXXX", &pressed_path, NULL));
    status = suite_run_cases("screens", none, NULL, NULL, all);
    unlink(pressed_path);
    return status;
}
