/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: one line at the bottom, the words of the commands of the
 * program and some for the screen itself. */
#include "config.h"

#include <string.h>

#include "core/op-words.h"
#include "tui/words.h"
#include "tui/field.h"
#include "tui/frame.h"
#include "tui/screens.h"
#include "util/error.h"

#define HISTORY_MAX 200

struct command {
    struct field *field;
    char *answer;   /* what stands above the line; NULL: nothing */
    gboolean wrong; /* it says what is wrong */
    guint at;       /* in the history; its length: the line being typed */
    char *typed;    /* that line, while an older one is shown */
};

/* Of this process, oldest first: outlives the screens that add to it. */
static GPtrArray *history;

static GPtrArray *command_history(void)
{
    if (!history)
        history = g_ptr_array_new_with_free_func(g_free);
    return history;
}

static void command_remember(const char *line)
{
    GPtrArray *lines = command_history();

    if (!*line || (lines->len && strcmp(lines->pdata[lines->len - 1], line) == 0))
        return;
    if (lines->len == HISTORY_MAX)
        g_ptr_array_remove_index(lines, 0);
    g_ptr_array_add(lines, g_strdup(line));
}

static void command_open_screen(struct screen *screen, gconstpointer argument)
{
    struct command *command = screen->data;

    command->field = field_new(argument ? argument : "");
    command->at = command_history()->len;
}

static void command_close(struct screen *screen)
{
    struct command *command = screen->data;

    field_free(command->field);
    g_free(command->answer);
    g_free(command->typed);
}

/* Takes the text. */
static void command_answer(struct command *command, gboolean wrong, char *text)
{
    g_free(command->answer);
    command->answer = text;
    command->wrong = wrong;
}

static void command_draw(struct screen *screen, struct rect area)
{
    const struct command *command = screen->data;
    struct rect lines = frame_prompt();
    int y = lines.y + lines.h - 1;

    if (command->answer)
        draw_text(y - 1, 0, lines.w, command->wrong ? STYLE_WARN : STYLE_NORMAL,
                  command->answer);
    draw_text(y, 0, 1, STYLE_STRONG, ":");
    field_draw(command->field, y, 1, lines.w - 1, TRUE);
}

/* --- completion --- */

/* Where the last word begins. */
static gsize command_last_word(const char *line)
{
    const char *blank = strrchr(line, ' ');

    return blank ? (gsize)(blank - line) + 1 : 0;
}

static gsize command_common(const GPtrArray *found)
{
    const char *first = found->pdata[0];
    gsize length = strlen(first);

    for (guint i = 1; i < found->len; i++) {
        gsize n = 0;

        while (n < length && first[n] == ((const char *)found->pdata[i])[n])
            n++;
        length = n;
    }
    return length;
}

static void command_insert(struct command *command, gsize at,
                           const GPtrArray *found)
{
    const char *line = field_text(command->field), *only = found->pdata[0];
    g_autofree char *head = g_strndup(line, at);
    g_autofree char *word = g_strndup(only, command_common(found));
    /* What ends like this is gone on with. */
    gboolean whole = found->len == 1 && *only && !strchr(":=.", only[strlen(only) - 1]);
    g_autofree char *next = g_strconcat(head, word, whole ? " " : NULL, NULL);

    field_set(command->field, next);
}

static char *command_list(const GPtrArray *found)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(text, "%s%s", i ? "  " : "",
                               (const char *)found->pdata[i]);
    return g_string_free(text, FALSE);
}

static void command_key_complete(struct screen *screen)
{
    struct command *command = screen->data;
    const char *line = field_text(command->field);
    gsize at = command_last_word(line);
    g_autofree char *head = g_strndup(line, at);
    g_auto(GStrv) words = op_words_split(head, NULL);
    g_autoptr(GPtrArray) found = NULL;

    if (!words)
        return;
    found = words_complete(app_model(screen->app), (const char *const *)words,
                           line + at);
    command_answer(command, FALSE, found->len > 1 ? command_list(found) : NULL);
    if (found->len)
        command_insert(command, at, found);
    else
        command_answer(command, FALSE, g_strdup("nothing begins like this here"));
}

/* --- keys --- */

static void command_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* On failure the line stays, to be put right. */
static void command_key_run(struct screen *screen)
{
    struct command *command = screen->data;
    struct app *app = screen->app;
    const char *line = field_text(command->field);
    g_autoptr(GError) error = NULL;
    struct words *words = words_find(app_model(app), line, &error);

    command_remember(line);
    command->at = command_history()->len;
    if (!words) {
        command_answer(command, TRUE, error_text(error));
        return;
    }
    /* Popped first: what it opens belongs on top. */
    app_pop(app, screen);
    words_run(app, words);
    words_free(words);
}

static void command_show(struct command *command, guint at)
{
    const GPtrArray *lines = command_history();

    if (command->at == lines->len) {
        g_free(command->typed);
        command->typed = g_strdup(field_text(command->field));
    }
    command->at = at;
    field_set(command->field, at == lines->len ? command->typed : lines->pdata[at]);
}

static void command_key_older(struct screen *screen)
{
    struct command *command = screen->data;

    if (command->at > 0)
        command_show(command, command->at - 1);
}

static void command_key_newer(struct screen *screen)
{
    struct command *command = screen->data;

    if (command->at < command_history()->len)
        command_show(command, command->at + 1);
}

static gboolean command_typed(struct screen *screen, int key)
{
    struct command *command = screen->data;

    if (!field_key(command->field, key))
        return FALSE;
    command_answer(command, FALSE, NULL);
    return TRUE;
}

/* clang-format off */
static const struct key_row command_keys[] = {
    {"Tab", "complete", "complete", "complete the word, or list what it may be",
     KEYS_FIND, NULL, command_key_complete, NULL},
    {"Up", "older", "earlier", NULL, KEYS_FIND, NULL, command_key_older, NULL},
    {"Down", "newer", NULL, "lines typed before", KEYS_FIND, NULL,
     command_key_newer, NULL},
    {"Enter", "run", "do it", "do it", KEYS_ACT, NULL, command_key_run, NULL},
    {"Esc Ctrl-C", "leave", "leave", "leave", KEYS_ACT, NULL, command_key_leave,
     NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_command = {
    .name = "command",
    .title = "command line",
    .kind = SCREEN_POPUP,
    .keys = command_keys,
    .size = sizeof(struct command),
    .open = command_open_screen,
    .close = command_close,
    .draw = command_draw,
    .typed = command_typed,
};

void command_open(struct app *app, const char *text)
{
    app_push(app, &screen_command, text);
}
