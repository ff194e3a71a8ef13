/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/list-private.h"

#include <string.h>

#include "tui/tree.h"

struct list *list_new(const struct list_spec *spec)
{
    struct list *list = g_new0(struct list, 1);

    list->spec = *spec;
    list->ids = g_ptr_array_new_with_free_func(g_free);
    list->shown = g_ptr_array_new();
    list->marks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    list->filter = g_strdup("");
    list->page = 1;
    while (spec->columns[list->n_columns].title)
        list->n_columns++;
    g_assert(list->n_columns <= LIST_COLUMNS_MAX);
    while (!spec->columns[list->sort].sort)
        list->sort++;
    return list;
}

void list_free(struct list *list)
{
    g_ptr_array_unref(list->ids);
    g_ptr_array_unref(list->shown);
    g_free(list->selected);
    g_hash_table_unref(list->marks);
    g_clear_pointer(&list->branches, g_hash_table_unref);
    g_free(list->filter);
    g_free(list->before);
    g_clear_pointer(&list->prompt, field_free);
    g_free(list);
}

struct list *list_of(const struct screen *screen)
{
    return screen->class->list(screen);
}

/* --- what is shown --- */

gconstpointer list_item(const struct list *list, const char *id)
{
    return list->spec.item(id, list->spec.data);
}

gboolean list_is_like(const struct list *list, const char *id,
                      const char *pattern)
{
    gconstpointer item = list_item(list, id);

    if (!item || !*pattern)
        return item != NULL;
    g_autofree char *name =
        g_utf8_casefold(list->spec.name(item, list->spec.data), -1);
    g_autofree char *part = g_utf8_casefold(pattern, -1);
    return strpbrk(part, "*?") ? g_pattern_match_simple(part, name)
                               : strstr(name, part) != NULL;
}

static int list_compare(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct list *list = data;
    gconstpointer one = list_item(list, *(const char *const *)a);
    gconstpointer two = list_item(list, *(const char *const *)b);
    const struct list_column *column = &list->spec.columns[list->sort];
    int order = column->compare(one, two, list->spec.data);

    if (order == 0)
        return list->spec.compare(one, two, list->spec.data);
    return list->reversed ? -order : order;
}

void list_select(struct list *list, guint index)
{
    g_clear_pointer(&list->selected, g_free);
    list->index = 0;
    if (list->shown->len == 0)
        return;
    list->index = MIN(index, list->shown->len - 1);
    list->selected = g_strdup(list->shown->pdata[list->index]);
}

static void list_find_selected(struct list *list)
{
    for (guint i = 0; list->selected && i < list->shown->len; i++)
        if (strcmp(list->shown->pdata[i], list->selected) == 0) {
            list->index = i;
            return;
        }
    list_select(list, list->index);
}

void list_arrange(struct list *list)
{
    g_ptr_array_set_size(list->shown, 0);
    for (guint i = 0; i < list->ids->len; i++)
        if (list_is_like(list, list->ids->pdata[i], list->filter))
            g_ptr_array_add(list->shown, list->ids->pdata[i]);
    g_ptr_array_sort_with_data(list->shown, list_compare, list);
    g_clear_pointer(&list->branches, g_hash_table_unref);
    if (list->tree)
        list->branches = tree_arrange(list->shown, list->spec.parent, list->spec.data);
    list_find_selected(list);
}

void list_set(struct list *list, GPtrArray *ids)
{
    g_clear_pointer(&list->branches, g_hash_table_unref);
    g_ptr_array_unref(list->ids);
    list->ids = ids;
    list_marks_sweep(list);
    list_arrange(list);
}

void list_select_id(struct list *list, const char *id)
{
    g_free(list->selected);
    list->selected = g_strdup(id);
    list_find_selected(list);
}

const char *list_selected(const struct list *list)
{
    return list->selected;
}

guint list_shown(const struct list *list)
{
    return list->shown->len;
}

guint list_all(const struct list *list)
{
    return list->ids->len;
}

gboolean list_is_tree(const struct list *list)
{
    return list->tree;
}

void list_set_tree(struct list *list, gboolean tree)
{
    list->tree = tree && list->spec.parent;
    list_arrange(list);
}

gboolean list_is_wide(const struct list *list)
{
    return list->wide;
}

const char *list_filter(const struct list *list)
{
    return list->filter;
}

void list_set_filter(struct list *list, const char *text)
{
    g_free(list->filter);
    list->filter = g_strdup(text);
    list_arrange(list);
}

void list_order(struct list *list, const char *sort)
{
    for (guint i = 0; i < list->n_columns; i++)
        if (g_strcmp0(list->spec.columns[i].sort, sort) == 0)
            list->sort = i;
    list_arrange(list);
}

char *list_status(const struct list *list, const char *one, const char *many)
{
    g_autofree char *sort = list_sort_text(list);
    GString *text = g_string_new(NULL);

    if (list_shown(list) != list_all(list))
        g_string_append_printf(text, "%u of ", list_shown(list));
    g_string_append_printf(text, "%u %s", list_all(list),
                           list_all(list) == 1 ? one : many);
    if (*list->filter)
        g_string_append_printf(text, "  filter: %s", list->filter);
    g_string_append_printf(text, "  sort: %s", sort);
    return g_string_free(text, FALSE);
}

char *list_sort_text(const struct list *list)
{
    return g_strconcat(list->spec.columns[list->sort].sort,
                       list->reversed ? " reversed" : "", NULL);
}

int list_selected_line(const struct list *list)
{
    return list->line;
}
