/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/setting.h"

#include <stdlib.h>
#include <string.h>

#include "tui/draw.h"
#include "tui/term.h"
#include "util/error.h"
#include "util/text.h"

static const char *const color_choices[] = {"auto", "always", "never", "16", "mono",
                                            NULL};
static const char *const line_choices[] = {"auto", "ascii", NULL};
static const char *const link_choices[] = {"auto", "fast", "slow", NULL};
static const char *const switch_choices[] = {"off", "on", NULL};

/* clang-format off */
static const struct setting_row rows[] = {
    {"color", "Colours", SETTING_CHOICE, color_choices, 0, 0, "auto",
     "auto: what the terminal has, none with NO_COLOR", draw_setup},
    {"theme", "Theme", SETTING_CHOICE, style_theme_names, 0, 0, "default",
     "blue-yellow has no red and green", draw_setup},
    {"lines", "Lines", SETTING_CHOICE, line_choices, 0, 0, "auto",
     "ascii: + - | and no other characters", draw_setup},
    {"link", "Link", SETTING_CHOICE, link_choices, 0, 0, "auto",
     "slow: figures every 10 s, no clock", NULL},
    {"mouse", "Mouse", SETTING_SWITCH, switch_choices, 0, 0, "off",
     "click selects and sorts, wheel scrolls", term_setup_keys},
    {"escdelay", "Esc delay", SETTING_INTEGER, NULL, 1, 2000, "25",
     "ms until Esc is Esc; more on slow lines", term_setup_keys},
    {NULL},
};
/* clang-format on */

static char *values[G_N_ELEMENTS(rows)]; /* NULL: the initial one */

const struct setting_row *setting_rows(void)
{
    return rows;
}

const struct setting_row *setting_find(const char *name)
{
    for (const struct setting_row *row = rows; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const char *setting_text(const char *name)
{
    const struct setting_row *row = setting_find(name);

    return values[row - rows] ? values[row - rows] : row->initial;
}

gboolean setting_is(const char *name, const char *value)
{
    return strcmp(setting_text(name), value) == 0;
}

guint setting_choice(const char *name)
{
    const struct setting_row *row = setting_find(name);
    guint i = 0;

    while (strcmp(row->choices[i], setting_text(name)) != 0)
        i++;
    return i;
}

int setting_integer(const char *name)
{
    return atoi(setting_text(name));
}

static char *setting_choices(const struct setting_row *row)
{
    GString *words = g_string_new(NULL);

    for (guint i = 0; row->choices[i]; i++)
        g_string_append_printf(words, "%s%s", i ? ", " : "", row->choices[i]);
    return g_string_free(words, FALSE);
}

char *setting_refused(const struct setting_row *row, const char *value)
{
    g_autoptr(GError) error = NULL;
    gint64 number;

    if (row->choices) {
        g_autofree char *choices = setting_choices(row);

        return g_strv_contains(row->choices, value)
                   ? NULL : g_strdup_printf("'%s' is no %s: choose one of %s", value,
                                            row->name, choices);
    }
    if (text_int_parse(value, row->min, row->max, row->name, &number, &error))
        return NULL;
    return g_strdup(error->message);
}

static char *setting_names(void)
{
    GString *names = g_string_new(NULL);

    for (const struct setting_row *row = rows; row->name; row++)
        g_string_append_printf(names, "%s%s", names->len ? ", " : "", row->name);
    return g_string_free(names, FALSE);
}

gboolean setting_check(const char *name, const char *value, GError **error)
{
    const struct setting_row *row = setting_find(name);
    g_autofree char *names = setting_names();
    g_autofree char *why = row ? setting_refused(row, value) : NULL;

    if (!row) {
        error_set(error, QMC_ERROR_NOTFOUND, names, "there is no setting '%s'",
                  name);
        return FALSE;
    }
    if (why) {
        error_set(error, QMC_ERROR_INVALID, NULL, "%s", why);
        return FALSE;
    }
    return TRUE;
}

gboolean setting_set(const char *name, const char *value, GError **error)
{
    const struct setting_row *row = setting_find(name);

    if (!setting_check(name, value, error))
        return FALSE;
    if (strcmp(setting_text(name), value) == 0)
        return TRUE;
    g_free(values[row - rows]);
    values[row - rows] = g_strdup(value);
    if (row->changed && term_is_open())
        row->changed();
    return TRUE;
}
