/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operations as typed words: "vol resize work:private 20G" against the
 * `command` of the rows, the inverse of op_command(). Main thread. */
#pragma once

#include "core/op.h"
#include "util/auto.h"

struct op_words {
    const struct op_row *row;
    GPtrArray *qubes; /* names as typed (dom0 if the row is about the system);
                       * several if {qube} is the last word of
                       * the command; a NULL at the end */
    GHashTable *args; /* text -> text; those with a word of their own in the
                       * command, and options */
    gboolean yes;     /* --yes */
    char *confirm;    /* --confirm NAME; NULL: not given */
};

/* A line as a shell would split it, without a leading "qmc". INVALID for an
 * open quote. NULL-terminated; the caller's. */
char **op_words_split(const char *line, GError **error);

/* The row whose leading words these are; NULL if there is none. */
const struct op_row *op_words_row(const char *const *words);
/* The verb of a row: "vol resize". Caller frees. */
char *op_words_verb(const struct op_row *row);
/* "vol resize QUBE:VOLUME SIZE [--shrink]". Caller frees. */
char *op_words_usage(const struct op_row *row);

/* INVALID with a next step: no such operation, unknown options, too few or too
 * many words, malformed arguments. Names are not looked up. */
struct op_words *op_words_parse(const char *const *words, GError **error);
void op_words_free(struct op_words *words);
AUTO_DEFINE(op_words, struct op_words, op_words_free)

/* By name or UUID. NOTFOUND names the nearest. */
struct qube *op_words_qube(const struct model *model, const char *name,
                           GError **error);

/* Adds what the word after `words` may be, given its beginning: verbs, qubes the
 * operation fits now, volumes, options. */
void op_words_complete(const struct model *model, const char *const *words,
                       const char *begun, GPtrArray *found);
/* Adds a copy of the text if it has that beginning and is not there yet. */
void op_words_offer(GPtrArray *found, const char *begun, const char *text);
