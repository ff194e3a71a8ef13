/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/key.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int code;
} key_names[] = {
    {"Up", K_UP},         {"Down", K_DOWN},       {"Left", K_LEFT},
    {"Right", K_RIGHT},   {"Home", K_HOME},       {"End", K_END},
    {"PgUp", K_PGUP},     {"PgDn", K_PGDN},       {"Tab", K_TAB},
    {"S-Tab", K_BACKTAB}, {"Backspace", K_BACKSPACE}, {"Del", K_DELETE},
    {"Ins", K_INSERT},    {"Enter", K_ENTER},     {"Esc", K_ESC},
    {"Space", ' '},       {"Click", K_CLICK},
};

static const char *const group_titles[KEYS_GROUPS] = {
    [KEYS_MOVE] = "MOVE",
    [KEYS_FIND] = "FIND AND CHOOSE",
    [KEYS_ACT] = "ACT",
    [KEYS_SHOW] = "SHOW",
    [KEYS_ANYWHERE] = "ANYWHERE",
};

static int key_parse_function(const char *digits)
{
    int number = atoi(digits);

    return number >= 1 && number <= 12 ? K_F1 + number - 1 : 0;
}

int key_parse(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(key_names); i++)
        if (strcmp(name, key_names[i].name) == 0)
            return key_names[i].code;
    if (g_str_has_prefix(name, "Ctrl-") && name[5] && !name[6])
        return K_CTRL(name[5]);
    if (g_utf8_validate(name, -1, NULL) && g_utf8_strlen(name, -1) == 1)
        return (int)g_utf8_get_char(name);
    return name[0] == 'F' ? key_parse_function(name + 1) : 0;
}

gboolean key_row_has(const struct key_row *row, int code)
{
    g_auto(GStrv) names = g_strsplit(row->keys, " ", -1);

    for (gsize i = 0; names[i]; i++)
        if (key_parse(names[i]) == code)
            return TRUE;
    return FALSE;
}

char *key_row_first(const struct key_row *row)
{
    const char *blank = strchr(row->keys, ' ');

    return blank ? g_strndup(row->keys, (gsize)(blank - row->keys))
                 : g_strdup(row->keys);
}

const char *key_group_title(enum key_group group)
{
    return group_titles[group];
}
