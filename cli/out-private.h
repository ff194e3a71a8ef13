/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells, for out.c and out-text.c only. */
#pragma once

#include "cli/out.h"

struct out_cell {
    gboolean known;
    char *text;
    guint64 number;
    struct out *nested;
};

struct out {
    const struct out_column *columns;
    guint width;   /* columns */
    GArray *cells; /* struct out_cell, row by row */
};

const struct out_cell *out_cell(const struct out *out, guint row, guint column);

void out_print_table(const struct out *out);
void out_print_tabs(const struct out *out);
void out_print_table_record(const struct out *out);
void out_print_tabs_record(const struct out *out);
