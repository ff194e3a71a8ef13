/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/list-private.h"

#include <string.h>

#include "tui/state.h"

#define REVERSED " reversed"

/* Columns are left out for narrow and for wide terminals separately. */
static const char *const hide_keys[] = {"hide.80", "hide.110"};

static char *list_state_key(const char *name, const char *what)
{
    return g_strconcat(name, ".", what, NULL);
}

static const char *list_state_get(const struct state *state, const char *name,
                                  const char *what)
{
    g_autofree char *key = list_state_key(name, what);
    const char *value = state_get(state, key);

    return value ? value : "";
}

static void list_state_set(struct state *state, const char *name,
                           const char *what, const char *value)
{
    g_autofree char *key = list_state_key(name, what);

    state_set(state, key, value);
}

/* --- order --- */

/* Words that are no column any more are not heeded. */
static void list_restore_sort(struct list *list, const char *text)
{
    g_autofree char *word = g_strdup(text);
    gboolean reversed = g_str_has_suffix(word, REVERSED);

    if (reversed)
        word[strlen(word) - strlen(REVERSED)] = '\0';
    for (guint i = 0; i < list->n_columns; i++)
        if (g_strcmp0(list->spec.columns[i].sort, word) == 0) {
            list->sort = i;
            list->reversed = reversed;
        }
}

static gboolean list_sorts_as_at_first(const struct list *list)
{
    guint first = 0;

    while (!list->spec.columns[first].sort)
        first++;
    return list->sort == first && !list->reversed;
}

/* --- columns --- */

static guint32 list_columns_parse(const struct list *list, const char *text)
{
    g_auto(GStrv) titles = g_strsplit(text, ",", -1);
    guint32 columns = 0;

    for (guint i = 0; i < list->n_columns; i++)
        if (list->spec.columns[i].rank > 0 &&
            g_strv_contains((const char *const *)titles, list->spec.columns[i].title))
            columns |= 1u << i;
    return columns;
}

static char *list_columns_text(const struct list *list, guint32 columns)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < list->n_columns; i++)
        if (columns & (1u << i))
            g_string_append_printf(text, "%s%s", text->len ? "," : "",
                                   list->spec.columns[i].title);
    return g_string_free(text, FALSE);
}

/* --- all of it --- */

void list_restore(struct list *list, const struct state *state, const char *name)
{
    list_restore_sort(list, list_state_get(state, name, "sort"));
    for (gsize i = 0; i < G_N_ELEMENTS(hide_keys); i++)
        list->hides[i] =
            list_columns_parse(list, list_state_get(state, name, hide_keys[i]));
    list->wide = *list_state_get(state, name, "wide") != '\0';
    list->tree = list->spec.parent && *list_state_get(state, name, "tree") != '\0';
}

void list_keep(const struct list *list, struct state *state, const char *name)
{
    g_autofree char *sort = list_sort_text(list);

    list_state_set(state, name, "sort", list_sorts_as_at_first(list) ? "" : sort);
    for (gsize i = 0; i < G_N_ELEMENTS(hide_keys); i++) {
        g_autofree char *titles = list_columns_text(list, list->hides[i]);

        list_state_set(state, name, hide_keys[i], titles);
    }
    list_state_set(state, name, "wide", list->wide ? "on" : "");
    list_state_set(state, name, "tree", list->tree ? "on" : "");
}
