/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/filter.h"

#include "tui/field.h"
#include "tui/frame.h"
#include "tui/list.h"

static struct filter *filter_of(const struct screen *screen)
{
    return screen->data;
}

void filter_clear(struct filter *filter)
{
    g_clear_pointer(&filter->list, list_free);
    g_clear_pointer(&filter->field, field_free);
}

gboolean filter_typed(struct screen *screen, int key)
{
    struct filter *filter = filter_of(screen);

    if (!filter->field)
        return FALSE;
    if (key == K_CTRL('C'))
        key = K_ESC;
    if (key == K_ESC)
        list_set_filter(filter->list, "");
    if (key == K_ESC || key == K_ENTER) {
        g_clear_pointer(&filter->field, field_free);
        return TRUE;
    }
    if (!field_key(filter->field, key))
        return FALSE;
    list_set_filter(filter->list, field_text(filter->field));
    return TRUE;
}

void filter_draw(const struct screen *screen)
{
    const struct filter *filter = filter_of(screen);
    struct rect area = frame_prompt();
    int y = area.y + area.h - 1;

    if (!filter->field)
        return;
    draw_words(y, 0, area.w, STYLE_STRONG, "/");
    field_draw(filter->field, y, 1, area.w - 1, TRUE);
}

struct list *filter_list(const struct screen *screen)
{
    return filter_of(screen)->list;
}

void filter_key_type(struct screen *screen)
{
    struct filter *filter = filter_of(screen);

    filter->field = field_new(list_filter(filter->list));
}

void filter_key_unset(struct screen *screen)
{
    list_set_filter(filter_of(screen)->list, "");
}

gboolean filter_is_set(const struct screen *screen)
{
    return *list_filter(filter_of(screen)->list) != '\0';
}

char *filter_count(const struct screen *screen)
{
    const struct list *list = filter_of(screen)->list;

    if (list_shown(list) == list_all(list))
        return g_strdup_printf("%u", list_all(list));
    return g_strdup_printf("%u of %u", list_shown(list), list_all(list));
}

char *filter_status(const struct screen *screen)
{
    const struct list *list = filter_of(screen)->list;
    g_autofree char *sort = list_sort_text(list);

    if (!filter_is_set(screen))
        return g_strdup_printf("  sort: %s", sort);
    return g_strdup_printf("  filter: %s  sort: %s", list_filter(list), sort);
}
