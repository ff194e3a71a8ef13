/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The word somebody probably meant. Pure. */
#pragma once

#include <glib.h>

/* The one of `words` (NULL-terminated) that is nearest to `word`: at most two
 * typing errors away (one for words of up to three letters, none for a single
 * letter), or the only one that begins with it. NULL if none is. Case does not count. */
const char *near_find(const char *word, const char *const *words);
