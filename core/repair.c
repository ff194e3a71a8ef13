/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/repair.h"

#include <string.h>

#include "util/text.h"

#define PROGRAM "qmc "
#define OTHERWISE " or: "

/* The bytes behind one that stands in quotes or is quoted; NULL: it is not closed. */
static const char *quote_end(const char *at)
{
    if (*at == '\\')
        return at[1] ? at + 2 : NULL;
    at = strchr(at + 1, *at);
    return at ? at + 1 : NULL;
}

/* The end of a word as a shell sees it; NULL: a quote in it is open. A double quote
 * with something quoted in it is none that qmc writes. */
static const char *word_end(const char *at)
{
    while (at && *at && *at != ' ')
        at = strchr("'\"\\", *at) ? quote_end(at) : at + 1;
    return at;
}

static gboolean is_consent(const char *word)
{
    return g_str_equal(word, "--confirm") || g_str_equal(word, "--yes");
}

static gboolean is_chosen(const char *word)
{
    return g_str_equal(word, "VALUE") || g_str_equal(word, "NEW");
}

/* Of what follows "qmc": the words up to the end of the command; *consent if it ended
 * there. NULL: a quote is open. */
static GPtrArray *words_of(const char *at, gboolean *consent)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    while (*at && *at != '(' && !*consent) {
        const char *end = word_end(at);
        gboolean last = end && end > at && end[-1] == ',' &&
                        g_str_has_prefix(end, OTHERWISE);
        g_autofree char *word = end ? g_strndup(at, (gsize)(end - at) - last) : NULL;

        if (!word)
            return NULL;
        *consent = is_consent(word);
        if (!*consent && *word)
            g_ptr_array_add(words, g_steal_pointer(&word));
        at = *end && !last ? end + 1 : "";
    }
    return g_steal_pointer(&words);
}

char *repair_command(const char *hint)
{
    g_autoptr(GPtrArray) words = NULL;
    g_autofree char *command = NULL, *shown = NULL;
    gboolean consent = FALSE;

    if (!hint || !g_str_has_prefix(hint, PROGRAM))
        return NULL;
    words = words_of(hint + strlen(PROGRAM), &consent);
    if (!words || words->len == 0)
        return NULL;
    if (!consent && is_chosen(words->pdata[words->len - 1])) {
        g_free(words->pdata[words->len - 1]);
        words->pdata[words->len - 1] = g_strdup("");
    }
    g_ptr_array_add(words, NULL);
    command = g_strjoinv(" ", (char **)words->pdata);
    shown = text_sanitise(command, -1);
    return g_str_equal(command, shown) ? g_steal_pointer(&command) : NULL;
}

char *repair_property(const char *hint, const char *qube)
{
    g_autofree char *command = repair_command(hint);
    g_autofree char *head = qube ? g_strconcat("prefs ", qube, " ", NULL)
                                 : g_strdup("global ");
    const char *property;
    gsize len;

    if (!command || !g_str_has_prefix(command, head))
        return NULL;
    property = command + strlen(head);
    len = strcspn(property, " ");
    /* What is to be chosen is left out. */
    return len && g_str_equal(property + len, " ") ? g_strndup(property, len) : NULL;
}
