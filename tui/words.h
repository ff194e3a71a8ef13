/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of the command line: an operation, or one of the words for the screen
 * itself. */
#pragma once

#include "tui/app.h"

struct words;
/* INVALID or NOTFOUND with the next step. */
struct words *words_find(const struct model *model, const char *line,
                         GError **error);
void words_free(struct words *words);
/* Whatever happens, the user is told. */
void words_run(struct app *app, const struct words *words);
/* What the word after `words` may be. GPtrArray of char *, sorted if they
 * have no order of their own. */
GPtrArray *words_complete(const struct model *model, const char *const *words,
                          const char *begun);
