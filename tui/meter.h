/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bar with its figure inside: "MEM [||||||      12.1/15.7G 77%]". */
#pragma once

#include "tui/draw.h"

#define METER_ATTENTION 90 /* from so many per cent on something should be done */

struct meter {
    const char *label;
    int percent;      /* -1: not known */
    const char *text; /* before the percentage, or in its place; NULL: '?' then */
};

/* Of text about such a percentage: normal, from 90 on a warning, from 95 on bad. */
enum style meter_words(int percent);

/* Rounded to nearest; `whole` is not 0. */
int meter_percent(guint64 part, guint64 whole);

/* The bar alone, "[||||   42%]", as text; caller frees. */
char *meter_text(int percent, int width);
/* One line, exactly `width` columns. */
void meter_draw(int y, int x, int width, const struct meter *meter);
