/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data for stdout: rows of typed cells, printed as a table for eyes, as
 * tab-separated lines for pipes, or as JSON. The only user of json-glib.
 *
 * Cells may be untrusted: text is sanitised for table and lines; for JSON it is
 * made valid UTF-8, and what the sanitiser would not show is escaped. An
 * unknown or absent value is null in JSON and "-" elsewhere. */
#pragma once

#include <glib.h>

#include "util/auto.h"

enum out_type {
    OUT_TEXT,
    OUT_NUMBER,
    OUT_SIZE,  /* bytes; in a table with a unit */
    OUT_BOOL,
    OUT_NESTED, /* in a table its number of rows */
};

enum out_flags {
    OUT_DETAIL = 1 << 0, /* only in JSON and records */
    OUT_SHRINK = 1 << 1, /* may be cut where the terminal is narrow */
};

struct out_column {
    const char *name;  /* of the JSON member: never renamed */
    const char *title; /* above the table; NULL: the name */
    enum out_type type;
    unsigned flags;    /* enum out_flags */
};

enum out_form { OUT_TABLE, OUT_TABS, OUT_JSON };

struct out;
/* `columns` ends with a NULL name and outlives the result. */
struct out *out_new(const struct out_column *columns);
void out_free(struct out *out);
AUTO_DEFINE(out, struct out, out_free)

/* Begins a row; its cells follow in the order of the columns. */
void out_row(struct out *out);
void out_text(struct out *out, const char *untrusted_text); /* NULL: none */
/* null in JSON; elsewhere the word instead of "-". */
void out_unknown(struct out *out, const char *word);
void out_number(struct out *out, gint64 number); /* < 0: unknown */
void out_signed(struct out *out, gint64 number);
void out_size(struct out *out, guint64 bytes);   /* G_MAXUINT64: unknown */
void out_bool(struct out *out, gboolean yes);
/* Takes the table. One of a single column is a plain array in JSON. */
void out_nested(struct out *out, struct out *table);

guint out_rows(const struct out *out);

/* Table if stdout is a terminal, else tabs; JSON if asked for. */
enum out_form out_form_choose(gboolean json);
/* To stdout. A record prints one column per line. */
void out_print(const struct out *out, enum out_form form);
void out_print_record(const struct out *out, enum out_form form);
