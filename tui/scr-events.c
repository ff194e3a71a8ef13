/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything the event line said, as a list (ux.md 3.3). */
#include "config.h"

#include <string.h>

#include "tui/list.h"
#include "tui/screens.h"

struct events_view {
    struct list *list;
    guint last; /* number of the newest entry listed */
};

static const struct journal *events_journal(const struct screen *screen)
{
    return app_journal(screen->app);
}

/* --- cells --- */

static const struct journal_entry *events_find(const struct screen *screen,
                                               const char *id)
{
    return journal_find(events_journal(screen),
                        (guint)g_ascii_strtoull(id, NULL, 10));
}

static gconstpointer events_item(const char *id, gpointer data)
{
    return events_find(data, id);
}

/* All words can be looked for; most sentences begin with the subject. */
static const char *events_name(gconstpointer item, gpointer data)
{
    return ((const struct journal_entry *)item)->text;
}

static char *events_text_time(gconstpointer item, gpointer data)
{
    const struct journal_entry *entry = item;
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(entry->at);

    return g_date_time_format(at, "%H:%M:%S");
}

static int events_compare_number(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct journal_entry *one = a, *two = b;

    return one->number < two->number ? -1 : one->number > two->number;
}

static char *events_text_warning(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct journal_entry *)item)->warning ? "!" : " ");
}

static enum style events_style(gconstpointer item, gpointer data)
{
    return ((const struct journal_entry *)item)->warning ? STYLE_WARN
                                                         : STYLE_NORMAL;
}

static char *events_text_subject(gconstpointer item, gpointer data)
{
    const struct journal_entry *entry = item;

    return g_strdup(*entry->subject ? entry->subject : "-");
}

static int events_compare_subject(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct journal_entry *one = a, *two = b;

    return strcmp(one->subject, two->subject);
}

static char *events_text_brief(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct journal_entry *)item)->brief);
}

/* clang-format off */
static const struct list_column events_columns[] = {
    {"TIME", 8, 8, 1, TEXT_LEFT, events_text_time, NULL, "time",
     events_compare_number},
    {"!", 1, 1, 0, TEXT_LEFT, events_text_warning, events_style, NULL, NULL},
    {"OBJECT", 10, 20, 0, TEXT_LEFT, events_text_subject, NULL, "object",
     events_compare_subject},
    {"EVENT", 30, 400, 0, TEXT_LEFT, events_text_brief, events_style, NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

/* Who stands on the newest stays on the newest. */
static void events_fill(const struct screen *screen)
{
    struct events_view *view = screen->data;
    const struct journal *journal = events_journal(screen);
    g_autofree char *newest = g_strdup_printf("%u", view->last);
    const char *selected = list_selected(view->list);
    gboolean follow = !selected || strcmp(selected, newest) == 0;
    GPtrArray *ids;

    if (view->last == journal_last(journal))
        return;
    view->last = journal_last(journal);
    ids = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < journal_length(journal); i++)
        g_ptr_array_add(ids, g_strdup_printf("%u", journal_at(journal, i)->number));
    list_set(view->list, ids);
    if (follow)
        list_select_id(view->list, ids->pdata[ids->len - 1]);
}

static void events_open(struct screen *screen, gconstpointer argument)
{
    struct events_view *view = screen->data;
    struct list_spec spec = {events_columns, events_item, events_name,
                             events_compare_number, screen};

    view->list = list_new(&spec);
    events_fill(screen);
}

static void events_close(struct screen *screen)
{
    list_free(((struct events_view *)screen->data)->list);
}

static struct list *events_list(const struct screen *screen)
{
    return ((const struct events_view *)screen->data)->list;
}

/* Drawn first. Notes left by a key come with no event. */
static char *events_status(const struct screen *screen)
{
    events_fill(screen);
    return list_status(events_list(screen), "event", "events");
}

static const char *events_subject(const struct screen *screen)
{
    const struct events_view *view = screen->data;
    const char *id = list_selected(view->list);
    const struct journal_entry *entry =
        id ? events_find(screen, id) : NULL;

    return entry && *entry->uuid ? entry->uuid : NULL;
}

static void events_draw(struct screen *screen, struct rect area)
{
    struct events_view *view = screen->data;

    events_fill(screen);
    list_draw(view->list, area);
    if (list_all(view->list) == 0)
        draw_words(area.y + 2, area.x + 2, area.w - 4, STYLE_NORMAL,
                   "Nothing has happened yet.");
    else if (list_shown(view->list) == 0)
        draw_words(area.y + 2, area.x + 2, area.w - 4, STYLE_NORMAL,
                   "No event has these words. \\ clears the filter.");
}

/* --- keys --- */

static void events_key_open(struct screen *screen)
{
    const char *id = list_selected(events_list(screen));
    const struct journal_entry *entry = id ? events_find(screen, id) : NULL;

    if (entry)
        event_open(screen->app, entry);
}

static void events_key_save(struct screen *screen)
{
    const struct journal *journal = events_journal(screen);
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    struct save_offer offer = {lines, "the event log", "~/qmc-events.txt"};

    for (guint i = 0; i < journal_length(journal); i++) {
        const struct journal_entry *entry = journal_at(journal, i);
        g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(entry->at);
        g_autofree char *time = g_date_time_format(at, "%F %T%:z");

        g_ptr_array_add(lines, g_strdup_printf("%s %s %s", time,
                                               entry->warning ? "!" : " ",
                                               entry->text));
    }
    save_open(screen->app, &offer);
}

static gboolean events_has_any(const struct screen *screen)
{
    return journal_length(events_journal(screen)) > 0;
}

/* clang-format off */
static const struct key_row events_keys[] = {
    {"Enter", "open", "Read", "all of it; again: its qube", KEYS_ACT, NULL,
     events_key_open, events_has_any},
    {"s", "save", "Save", "save a copy of all of them", KEYS_ACT, NULL,
     events_key_save, events_has_any},
    {NULL},
};
/* clang-format on */

static const struct key_row *const events_tables[] = {list_filter_keys, NULL};

const struct screen_class screen_events = {
    .name = "events",
    .title = "event log",
    .kind = SCREEN_VIEW,
    .view = '8',
    .tab = "Event log",
    .brief = "Log",
    .keys = events_keys,
    .more = list_keys,
    .others = events_tables,
    .size = sizeof(struct events_view),
    .open = events_open,
    .close = events_close,
    .draw = events_draw,
    .typed = list_typed,
    .list = events_list,
    .subject = events_subject,
    .status = events_status,
};
