/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: verb, options and arguments in any order.
 *
 * GLib's option parser is no help here: which options there are depends on the
 * verb, which may stand behind them, and "-5G" is an argument (a bad one, with
 * a message of its own), not five options. */
#pragma once

#include <glib.h>

#include "util/auto.h"

struct cmd;

struct option_row {
    const char *name;  /* without dashes */
    char letter;       /* 0: none */
    const char *value; /* what it takes ("DIR"); NULL: a flag */
    const char *help;
    gboolean many;     /* each one counts, not the last alone */
    gboolean needed;   /* the verb does nothing without it */
};

/* Rows end with a NULL name. The global ones are good before or after the
 * verb, those of a verb behind it. */
const struct option_row *options_global(void);

struct options;
/* INVALID with the next step: unknown verb or option, a value missing, too few
 * or too many arguments (not checked if --help is given). */
struct options *options_parse(char **argv, GError **error);
void options_free(struct options *options);
AUTO_DEFINE(options, struct options, options_free)

/* NULL: no verb was given (or only the first word of one, with --help). */
const struct cmd *options_cmd(const struct options *options);
gboolean options_has(const struct options *options, const char *name);
/* The value, "" of a flag, NULL if not given. The last one counts. */
const char *options_text(const struct options *options, const char *name);
/* All values in the order they were given; NULL-terminated. */
const char *const *options_all(const struct options *options, const char *name);
/* What is left: NULL-terminated. */
const char *const *options_args(const struct options *options);
