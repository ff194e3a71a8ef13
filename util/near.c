/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/near.h"

#include <string.h>

/* Longer words are compared by these many letters: names of qubes have at
 * most 31. */
#define LETTERS 40

/* Where two words are compared: prefixes of i and j letters. */
struct grid {
    char a[LETTERS + 1], b[LETTERS + 1];
    int cost[LETTERS + 1][LETTERS + 1];
};

static void lower(char *to, const char *from)
{
    g_strlcpy(to, from, LETTERS + 1);
    for (; *to; to++)
        *to = g_ascii_tolower(*to);
}

static int step_cost(const struct grid *grid, int i, int j)
{
    const char *a = grid->a, *b = grid->b;
    int cost = grid->cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

    cost = MIN(cost, grid->cost[i - 1][j] + 1);
    cost = MIN(cost, grid->cost[i][j - 1] + 1);
    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost = MIN(cost, grid->cost[i - 2][j - 2] + 1);
    return cost;
}

/* Letters left out, put in, changed, or swapped with their neighbour. */
static int distance(struct grid *grid)
{
    int rows = strlen(grid->a), columns = strlen(grid->b);

    for (int i = 0; i <= rows; i++)
        grid->cost[i][0] = i;
    for (int j = 0; j <= columns; j++)
        grid->cost[0][j] = j;
    for (int i = 1; i <= rows; i++)
        for (int j = 1; j <= columns; j++)
            grid->cost[i][j] = step_cost(grid, i, j);
    return grid->cost[rows][columns];
}

static const char *only_completion(const char *word, const char *const *words)
{
    const char *found = NULL;

    if (!*word)
        return NULL;
    for (; *words; words++) {
        if (g_ascii_strncasecmp(word, *words, strlen(word)) != 0)
            continue;
        if (found)
            return NULL;
        found = *words;
    }
    return found;
}

/* One letter alone is as near to anything as to what was meant. */
static int errors_allowed(gsize letters)
{
    return letters > 3 ? 2 : letters > 1 ? 1 : 0;
}

const char *near_find(const char *word, const char *const *words)
{
    int best = errors_allowed(strlen(word));
    const char *found = NULL;
    struct grid grid;

    lower(grid.a, word);
    for (const char *const *w = words; *w; w++) {
        lower(grid.b, *w);
        int cost = distance(&grid);
        if (cost < best || (cost == best && !found)) {
            best = cost;
            found = *w;
        }
    }
    return found ? found : only_completion(word, words);
}
