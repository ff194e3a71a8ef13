/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verbs as rows: parsing, usage, help and suggestions come from them. */
#pragma once

#include "cli/cli.h"
#include "cli/options.h"

struct cmd {
    const char *words; /* "ls", "vol ls" */
    const char *args;  /* "QUBE..."; "" if it takes none */
    const char *brief; /* one line of the list */
    const char *help;  /* what else there is to know */
    const struct option_row *options; /* its own; NULL: none */
    int min_args, max_args;           /* max -1: any number */
    const char *op;    /* the operation it submits; NULL: it only reads */
    gboolean bare;     /* needs neither store nor hypervisor */
    gboolean unread;   /* it reads the store itself, if that can be read */
    gboolean (*run)(struct cli *cli, GError **error);
};

const struct cmd *const *cmd_all(void); /* NULL-terminated */
const struct cmd *cmd_find(const char *words);
/* "label ls" for "label": what a group does when nothing else is said. NULL: there is no
 * such verb. */
const struct cmd *cmd_find_ls(const char *group);
/* TRUE for the first word of verbs of two words. */
gboolean cmd_is_group(const char *word);
/* "usage: qmc stop [--wait] [--timeout N] QUBE...". Caller frees. */
char *cmd_usage(const struct cmd *cmd);
/* INVALID: no such verb, with what may have been meant. */
void cmd_error_unknown(const char *words, GError **error);
