/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/import-literal.h"

#include <string.h>

#include "util/error.h"
#include "util/text.h"

struct cursor {
    const char *begin, *at;
};

static gboolean refuse(const struct cursor *cursor, const char *why, GError **error)
{
    g_autofree char *shown = text_sanitise(cursor->begin, -1);

    error_set(error, QMC_ERROR_INVALID, NULL, "'%.60s' cannot be read at character %d: %s",
              shown, (int)(cursor->at - cursor->begin) + 1, why);
    return FALSE;
}

static void blanks(struct cursor *cursor)
{
    cursor->at += strspn(cursor->at, " \t\n");
}

/* With the blanks around it. */
static gboolean take(struct cursor *cursor, char c)
{
    blanks(cursor);
    if (*cursor->at != c)
        return FALSE;
    cursor->at++;
    blanks(cursor);
    return TRUE;
}

static gboolean is_none(const char *text)
{
    g_autofree char *word = g_strstrip(g_strdup(text));

    return *word == '\0' || g_ascii_strcasecmp(word, "none") == 0;
}

static gboolean end_check(struct cursor *cursor, GError **error)
{
    blanks(cursor);
    return *cursor->at == '\0' || refuse(cursor, "nothing was expected here", error);
}

/* Without escapes: no name of a device or service has any. */
static char *string_read(struct cursor *cursor, GError **error)
{
    char quote = *cursor->at;
    const char *begin = cursor->at + 1;
    gsize len;

    if (quote != '\'' && quote != '"') {
        refuse(cursor, "a quoted string is needed", error);
        return NULL;
    }
    len = strcspn(begin, quote == '"' ? "\"\\\n" : "'\\\n");
    if (begin[len] != quote || len > LITERAL_STRING_MAX) {
        refuse(cursor, "the string does not end, is too long or has escapes", error);
        return NULL;
    }
    cursor->at = begin + len + 1;
    return g_strndup(begin, len);
}

/* Items up to the closing bracket, which is taken; a comma may end them. */
static gboolean items_read(struct cursor *cursor, char closing,
                           gboolean (*item)(struct cursor *cursor, gpointer items,
                                            GError **error),
                           gpointer items, GError **error)
{
    for (int n = 0; !take(cursor, closing); n++) {
        if (n == LITERAL_ITEMS_MAX)
            return refuse(cursor, "there are too many items", error);
        if (!item(cursor, items, error))
            return FALSE;
        if (!take(cursor, ',') && *cursor->at != closing)
            return refuse(cursor, "a comma is needed", error);
    }
    return TRUE;
}

/* Lists. */

static gboolean list_item(struct cursor *cursor, gpointer items, GError **error)
{
    char *text = string_read(cursor, error);

    if (text)
        g_ptr_array_add(items, text);
    return text != NULL;
}

static gboolean bare_read(struct cursor *cursor, GPtrArray *items, GError **error)
{
    g_auto(GStrv) words = g_strsplit(cursor->at, ",", LITERAL_ITEMS_MAX + 1);

    for (guint i = 0; words[i]; i++) {
        const char *word = g_strstrip(words[i]);

        if (*word == '\0' || strpbrk(word, "[]{}'\"\\ \t\n") ||
            strlen(word) > LITERAL_STRING_MAX || i == LITERAL_ITEMS_MAX)
            return refuse(cursor, "words between commas are needed", error);
        g_ptr_array_add(items, g_strdup(word));
    }
    return TRUE;
}

GPtrArray *literal_list(const char *untrusted_text, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
    struct cursor cursor = { untrusted_text, untrusted_text };
    gboolean fine;

    if (is_none(untrusted_text))
        return g_steal_pointer(&items);
    if (take(&cursor, '['))
        fine = items_read(&cursor, ']', list_item, items, error) &&
               end_check(&cursor, error);
    else
        fine = bare_read(&cursor, items, error);
    return fine ? g_steal_pointer(&items) : NULL;
}

/* Dictionaries. */

static void flag_clear(gpointer data)
{
    g_free(((struct literal_flag *)data)->name);
}

static gboolean word_take(struct cursor *cursor, const char *word)
{
    if (!g_str_has_prefix(cursor->at, word))
        return FALSE;
    cursor->at += strlen(word);
    return TRUE;
}

static gboolean value_read(struct cursor *cursor, gboolean *on, GError **error)
{
    if (!take(cursor, ':'))
        return refuse(cursor, "a colon is needed", error);
    *on = word_take(cursor, "True");
    return *on || word_take(cursor, "False") ||
           refuse(cursor, "True or False is needed", error);
}

static void flag_put(GArray *flags, struct literal_flag *flag)
{
    for (guint i = 0; i < flags->len; i++) {
        struct literal_flag *other = &g_array_index(flags, struct literal_flag, i);

        if (strcmp(other->name, flag->name) != 0)
            continue;
        other->on = flag->on;
        flag_clear(flag);
        return;
    }
    g_array_append_val(flags, *flag);
}

static gboolean flag_item(struct cursor *cursor, gpointer items, GError **error)
{
    struct literal_flag flag = { string_read(cursor, error), FALSE };

    if (!flag.name)
        return FALSE;
    if (!value_read(cursor, &flag.on, error)) {
        flag_clear(&flag);
        return FALSE;
    }
    flag_put(items, &flag);
    return TRUE;
}

GArray *literal_flags(const char *untrusted_text, GError **error)
{
    g_autoptr(GArray) flags = g_array_new(FALSE, FALSE, sizeof(struct literal_flag));
    struct cursor cursor = { untrusted_text, untrusted_text };

    g_array_set_clear_func(flags, flag_clear);
    if (is_none(untrusted_text))
        return g_steal_pointer(&flags);
    if (!take(&cursor, '{')) {
        refuse(&cursor, "'{' is needed", error);
        return NULL;
    }
    if (!items_read(&cursor, '}', flag_item, flags, error) || !end_check(&cursor, error))
        return NULL;
    return g_steal_pointer(&flags);
}
