/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a view tells below its list about what is selected there: a line with its
 * name, then facts with a word before each. What has no room is left out. */
#pragma once

#include "tui/draw.h"

struct facts {
    struct rect area; /* what is left of it */
};

/* Cuts so many lines for facts off the area of a list with `shown` rows, right
 * below these; none where the list would have too little room. */
struct rect facts_cut(struct rect *area, guint shown, int lines);

/* "-- work:private ----------" */
void facts_title(struct facts *facts, const char *untrusted);
/* "Size     2.0G": nothing if the text is NULL. */
void facts_put(struct facts *facts, enum style style, const char *word,
               const char *untrusted);
void facts_skip(struct facts *facts); /* an empty line */
