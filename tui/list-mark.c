/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/list-private.h"

#include "tui/frame.h"
#include "tui/screen.h"

/* --- marks --- */

guint list_marked(const struct list *list)
{
    return g_hash_table_size(list->marks);
}

static void list_marks_add(GPtrArray *ids, const struct list *list,
                           GPtrArray *from, GHashTable *have)
{
    for (guint i = 0; i < from->len; i++) {
        char *id = from->pdata[i];

        if (g_hash_table_contains(list->marks, id) && g_hash_table_add(have, id))
            g_ptr_array_add(ids, g_strdup(id));
    }
}

char **list_marks(const struct list *list)
{
    g_autoptr(GHashTable) have = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *ids = g_ptr_array_new();

    list_marks_add(ids, list, list->shown, have);
    list_marks_add(ids, list, list->ids, have);
    g_ptr_array_add(ids, NULL);
    return (char **)g_ptr_array_free(ids, FALSE);
}

static gboolean list_mark_is_gone(gpointer id, gpointer value, gpointer ids)
{
    return !g_hash_table_contains(ids, id);
}

void list_marks_sweep(struct list *list)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < list->ids->len; i++)
        g_hash_table_add(ids, list->ids->pdata[i]);
    g_hash_table_foreach_remove(list->marks, list_mark_is_gone, ids);
}

static void list_mark(struct list *list, const char *id, gboolean marked)
{
    if (marked)
        g_hash_table_add(list->marks, g_strdup(id));
    else
        g_hash_table_remove(list->marks, id);
}

/* Only what can be seen: nobody marks what a filter hides. */
static void list_mark_like(struct list *list, const char *pattern, gboolean marked)
{
    for (guint i = 0; i < list->shown->len; i++)
        if (list_is_like(list, list->shown->pdata[i], pattern))
            list_mark(list, list->shown->pdata[i], marked);
}

/* --- patterns being typed --- */

void list_prompt_open(struct list *list, char asked)
{
    g_clear_pointer(&list->prompt, field_free);
    g_free(list->before);
    list->before = g_strdup(list->filter);
    list->asked = asked;
    list->prompt = field_new(asked == '/' ? list->filter : "");
}

static void list_prompt_close(struct list *list, gboolean taken)
{
    g_autofree char *pattern = g_strdup(field_text(list->prompt));

    g_clear_pointer(&list->prompt, field_free);
    if (list->asked == '/' && !taken)
        list_set_filter(list, list->before);
    else if (list->asked != '/' && taken && *pattern)
        list_mark_like(list, pattern, list->asked == '+');
}

gboolean list_typing(const struct list *list)
{
    return list->prompt != NULL;
}

gboolean list_typed(struct screen *screen, int key)
{
    struct list *list = list_of(screen);

    if (!list->prompt || !field_key(list->prompt, key))
        return FALSE;
    if (list->asked == '/')
        list_set_filter(list, field_text(list->prompt));
    return TRUE;
}

static guint list_count_like(const struct list *list, const char *pattern)
{
    guint n = 0;

    for (guint i = 0; *pattern && i < list->shown->len; i++)
        n += list_is_like(list, list->shown->pdata[i], pattern);
    return n;
}

/* What Enter would do is told while the pattern is typed. */
void list_prompt_draw(const struct list *list)
{
    struct rect area = frame_prompt();
    int y = area.y + area.h - 1, x = 1, tail = 0;

    if (list->asked == '/') {
        draw_words(y, 0, area.w, STYLE_STRONG, "/");
    } else {
        guint like = list_count_like(list, field_text(list->prompt));
        g_autofree char *count =
            g_strdup_printf("  %u of %u", like, list->shown->len);

        x = 1 + draw_words(y, 0, area.w, STYLE_STRONG,
                           list->asked == '+' ? "Mark names with:"
                                              : "Unmark names with:");
        tail = text_width(count);
        draw_words(y, area.w - tail, tail, STYLE_NORMAL, count);
    }
    field_draw(list->prompt, y, x, area.w - x - tail, TRUE);
}

/* --- keys --- */

static void list_key_mark(struct screen *screen)
{
    struct list *list = list_of(screen);

    if (!list->selected)
        return;
    list_mark(list, list->selected,
              !g_hash_table_contains(list->marks, list->selected));
    list_select(list, list->index + 1);
}

static void list_key_turn_marks(struct screen *screen)
{
    struct list *list = list_of(screen);

    for (guint i = 0; i < list->shown->len; i++) {
        const char *id = list->shown->pdata[i];

        list_mark(list, id, !g_hash_table_contains(list->marks, id));
    }
}

static void list_key_mark_like(struct screen *screen)
{
    list_prompt_open(list_of(screen), '+');
}

static void list_key_unmark_like(struct screen *screen)
{
    list_prompt_open(list_of(screen), '-');
}

static void list_key_unmark(struct screen *screen)
{
    g_hash_table_remove_all(list_of(screen)->marks);
}

static void list_key_filter(struct screen *screen)
{
    list_prompt_open(list_of(screen), '/');
}

static void list_key_take(struct screen *screen)
{
    list_prompt_close(list_of(screen), TRUE);
}

static void list_key_leave(struct screen *screen)
{
    list_prompt_close(list_of(screen), FALSE);
}

static void list_key_show_all(struct screen *screen)
{
    list_set_filter(list_of(screen), "");
}

static gboolean list_has_marks(const struct screen *screen)
{
    return list_marked(list_of(screen)) > 0;
}

static gboolean list_is_filtered(const struct screen *screen)
{
    return *list_of(screen)->filter != '\0';
}

/* clang-format off */
const struct key_row list_mark_keys[] = {
    {"Space", "mark", NULL, "mark and go down", KEYS_FIND, NULL,
     list_key_mark, NULL},
    {"*", "mark-others", NULL, "mark the others", KEYS_FIND, NULL,
     list_key_turn_marks, NULL},
    {"+", "mark-like", NULL, NULL, KEYS_FIND, NULL, list_key_mark_like, NULL},
    {"-", "unmark-like", NULL, "mark, unmark by name", KEYS_FIND, NULL,
     list_key_unmark_like, list_has_marks},
    {"u Esc", "unmark", "Unmark", "unmark all", KEYS_FIND, NULL,
     list_key_unmark, list_has_marks},
    {NULL},
};

const struct key_row list_field_keys[] = {
    {"Enter", "take", "Take it", NULL, KEYS_FIND, NULL, list_key_take, NULL},
    {"Esc Ctrl-C", "leave", "Leave it", NULL, KEYS_FIND, NULL, list_key_leave, NULL},
    {NULL},
};

const struct key_row list_filter_keys[] = {
    {"/", "filter", "Filter", "only names with this",
     KEYS_FIND, NULL, list_key_filter, NULL},
    {"\\ Esc", "unfilter", "Show all", "all again", KEYS_FIND, NULL,
     list_key_show_all, list_is_filtered},
    {NULL},
};
/* clang-format on */
