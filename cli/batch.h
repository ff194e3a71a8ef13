/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One operation on the qubes a verb names: consent, steps, results, and what
 * the program ends with. Knows operations only by their rows. */
#pragma once

#include "cli/cli.h"

/* Name -> value from the verb's own options, as operation arguments. */
GHashTable *batch_args(const struct cli *cli);

/* The same from words: as many as there are names. Ends with NULL; caller
 * unrefs. */
GHashTable *batch_named(const char *const *names, const char *const *words);

/* Consent to all is looked at first: where one lacks it and nobody can be asked,
 * nothing is done to any. Else all are tried; each result is said when it is there.
 * With one qube its error is returned; with several the errors were printed, and the
 * one returned is PARTIAL if some were fine, else of the code they all have in
 * common. INT and its kin cancel what runs (which is undone) and it waits for the
 * end; not if the hypervisor does not answer, nor after a second signal. */
gboolean batch_run(struct cli *cli, const char *op, const char *const *names,
                   GHashTable *args, GError **error);

/* The same for a verb that prints something else. */
struct batch_call {
    const char *op;
    const char *const *names;
    GHashTable *args;
    /* Each that is done, also as a dry run: in place of its result or plan; NULL:
     * these are printed. */
    void (*ended)(struct op *op, gpointer data);
    gpointer data;
    gboolean dry_run; /* also without the option */
    const char *how;  /* said after such a dry run, if it found what needs consent */
};
gboolean batch_do(struct cli *cli, const struct batch_call *call, GError **error);
