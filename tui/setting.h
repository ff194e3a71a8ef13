/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user may choose about the console, as rows: `:set`, the options
 * screen and the options of the program are made from them. */
#pragma once

#include <glib.h>

enum setting_type { SETTING_CHOICE, SETTING_SWITCH, SETTING_INTEGER };

struct setting_row {
    const char *name; /* NULL ends the table */
    const char *label;
    enum setting_type type;
    const char *const *choices; /* SETTING_CHOICE */
    int min, max;               /* SETTING_INTEGER */
    const char *initial;
    const char *help;
    void (*changed)(void); /* if the terminal is open */
};

const struct setting_row *setting_rows(void);
const struct setting_row *setting_find(const char *name);
/* "on" or "off" for a switch. */
const char *setting_text(const char *name);
gboolean setting_is(const char *name, const char *value);
/* The index among the choices. */
guint setting_choice(const char *name);
int setting_integer(const char *name);
/* NULL if the row takes the value; else why not. The result is the caller's. */
char *setting_refused(const struct setting_row *row, const char *value);
/* NOTFOUND or INVALID: setting_set() would refuse it. */
gboolean setting_check(const char *name, const char *value, GError **error);
/* The same, and then nothing was changed. */
gboolean setting_set(const char *name, const char *value, GError **error);
