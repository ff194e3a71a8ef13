/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All about one qube, in tabs (ux.md 4.2); on wide terminals with the list of
 * qubes beside it. */
#include "config.h"

#include "tui/detail.h"

#include <string.h>

#include "tui/action.h"
#include "tui/frame.h"
#include "tui/list.h"
#include "tui/pager.h"
#include "tui/props.h"
#include "tui/qube-text.h"
#include "tui/tabs.h"
#include "tui/volume-keys.h"

#define WIDTH_PANES 110
#define LIST_WIDTH 24

struct detail {
    char *uuid;
    enum detail_page tab;
    gboolean wide; /* as drawn last: the list of qubes is shown */
    gboolean left; /* and has the focus */
    gpointer pages[DETAIL_PAGES];
};

struct detail_spec {
    const char *uuid;
    enum detail_page tab;
};

static const struct detail_tab *const detail_tabs[DETAIL_PAGES] = {
    [DETAIL_OVERVIEW] = &detail_overview,
    [DETAIL_PROPERTIES] = &detail_properties,
    [DETAIL_VOLUMES] = &detail_volumes,
    [DETAIL_NETWORK] = &detail_network,
    [DETAIL_FEATURES] = &detail_features,
    [DETAIL_LOG] = &detail_log,
};

static struct detail *detail_of(const struct screen *screen)
{
    return screen->data;
}

static const struct detail_tab *detail_now(const struct screen *screen)
{
    return detail_tabs[detail_of(screen)->tab];
}

gpointer detail_page(const struct screen *screen, enum detail_page tab)
{
    return detail_of(screen)->pages[tab];
}

struct props *detail_props(const struct screen *screen)
{
    return detail_page(screen, DETAIL_PROPERTIES);
}

const char *detail_uuid(const struct screen *screen)
{
    return detail_of(screen)->uuid;
}

struct qube *detail_qube(const struct screen *screen)
{
    return model_qube(app_model(screen->app), detail_uuid(screen));
}

gboolean detail_is_top(const struct screen *screen)
{
    return app_top(screen->app) == screen;
}

/* --- the list at the left --- */

/* The one of the screen below: what is chosen here is chosen there. */
static struct list *detail_qubes(const struct screen *screen)
{
    const struct screen *qubes = app_find(screen->app, &screen_qubes);

    return qubes ? qubes->class->list(qubes) : NULL;
}

gboolean detail_focus_list(struct screen *screen)
{
    struct detail *detail = detail_of(screen);

    detail->left = detail->wide;
    return detail->left;
}

/* Only keys move the list, so that nobody is led to another qube by events. */
static void detail_follow_list(struct screen *screen)
{
    struct detail *detail = detail_of(screen);
    const char *uuid = detail->left ? list_selected(detail_qubes(screen)) : NULL;

    if (!uuid || g_str_equal(uuid, detail->uuid))
        return;
    g_free(detail->uuid);
    detail->uuid = g_strdup(uuid);
    detail_now(screen)->show(screen);
}

/* --- life --- */

static void detail_show_tab(struct screen *screen, enum detail_page tab)
{
    const struct detail_tab *now = detail_now(screen);

    if (now->hide)
        now->hide(screen);
    detail_of(screen)->tab = tab;
    detail_now(screen)->show(screen);
}

static void detail_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct detail_spec *spec = argument;
    struct detail *detail = detail_of(screen);

    detail->uuid = g_strdup(spec->uuid);
    detail->tab = spec->tab;
    for (int i = 0; i < DETAIL_PAGES; i++)
        detail->pages[i] = detail_tabs[i]->open(screen);
    detail_now(screen)->show(screen);
}

void detail_open(struct app *app, const char *uuid, enum detail_page tab)
{
    struct detail_spec spec = {uuid, tab};
    struct screen *top = app_top(app);

    if (top->class == &screen_detail && g_str_equal(detail_uuid(top), uuid))
        detail_show_tab(top, tab);
    else
        app_push(app, &screen_detail, &spec);
}

void detail_open_volumes(struct app *app, const char *uuid)
{
    detail_open(app, uuid, DETAIL_VOLUMES);
}

static void detail_close(struct screen *screen)
{
    struct detail *detail = detail_of(screen);

    for (int i = 0; i < DETAIL_PAGES; i++)
        detail_tabs[i]->close(detail->pages[i]);
    g_free(detail->uuid);
}

static void detail_event(struct screen *screen, const struct event *event)
{
    if (!detail_qube(screen)) {
        app_note(screen->app, TRUE, "the qube that was looked at is gone");
        app_pop(screen->app, screen);
        return;
    }
    for (int i = 0; i < DETAIL_PAGES; i++)
        if (detail_tabs[i]->event)
            detail_tabs[i]->event(screen, event);
}

static gboolean detail_typed(struct screen *screen, int key)
{
    const struct detail_tab *now = detail_now(screen);

    detail_follow_list(screen);
    if (detail_of(screen)->left)
        return FALSE;
    if (now->filters && list_typed(screen, key))
        return TRUE;
    return now->pager && now->pager(screen) && pager_typed(now->pager(screen), key);
}

static struct list *detail_list(const struct screen *screen)
{
    const struct detail_tab *now = detail_now(screen);

    if (detail_of(screen)->left)
        return detail_qubes(screen);
    return now->list ? now->list(screen) : NULL;
}

static struct pager *detail_pager(const struct screen *screen)
{
    const struct detail_tab *now = detail_now(screen);

    return !detail_of(screen)->left && now->pager ? now->pager(screen) : NULL;
}

/* --- drawing --- */

/* Drawn first. */
static char *detail_head(struct screen *screen)
{
    const struct qube *qube;
    GString *text = g_string_new(NULL);

    detail_follow_list(screen);
    qube = detail_qube(screen);
    if (!qube)
        return g_string_free(text, FALSE);
    g_autofree char *label = qube_get(app_model(screen->app), qube, "label");
    g_autofree char *state = g_ascii_strup(qube_text_state(qube), -1);
    g_string_append_printf(text, "%s  [%s] %s  %s", qube->name,
                           style_label_letters(label), qube->class_name, state);
    if (qube->xid >= 0)
        g_string_append_printf(text, "  xid %d", qube->xid);
    if (qube->busy)
        g_string_append_printf(text, "  %s", qube->busy);
    return g_string_free(text, FALSE);
}

/* The list, a line, and what is left for the rest. */
static struct rect detail_draw_list(struct screen *screen, struct rect area)
{
    int x = area.x + LIST_WIDTH + 1;

    list_draw(detail_qubes(screen), (struct rect){area.y, area.x, area.h, LIST_WIDTH});
    draw_upright(area.y, x, area.h, STYLE_BOX);
    return (struct rect){area.y, x + 2, area.h, area.w - LIST_WIDTH - 3};
}

static void detail_draw_page(struct screen *screen, struct rect area)
{
    const char *titles[DETAIL_PAGES];

    for (int i = 0; i < DETAIL_PAGES; i++)
        titles[i] = detail_tabs[i]->title;
    tabs_draw((struct rect){area.y, area.x, 1, area.w}, titles, DETAIL_PAGES,
              detail_of(screen)->tab);
    draw_line(area.y + 1, area.x, area.w, STYLE_BOX);
    area.y += 2;
    area.h -= 2;
    detail_now(screen)->draw(screen, area);
}

/* The state line, here because only after drawing it is known what is seen. */
static void detail_draw_foot(struct screen *screen)
{
    struct pager *pager = detail_pager(screen);
    struct rect prompt = frame_prompt(), line = {prompt.y, 0, 1, prompt.w};
    g_autofree char *status = NULL;

    if (pager && pager_typing(pager)) {
        pager_draw_search(pager, line, STYLE_NORMAL);
        return;
    }
    /* On small terminals there is a line for who types only. */
    if (prompt.h < 2)
        return;
    status = detail_now(screen)->status(screen);
    if (pager && pager_searches(pager))
        pager_draw_search(pager, line, STYLE_NORMAL);
    else
        draw_text(line.y, line.x, line.w, STYLE_NORMAL, status);
}

static void detail_draw(struct screen *screen, struct rect area)
{
    struct detail *detail = detail_of(screen);

    detail->wide = area.w >= WIDTH_PANES && detail_qubes(screen);
    detail->left = detail->left && detail->wide;
    detail_follow_list(screen);
    if (!detail_qube(screen) || area.h < 3)
        return;
    if (detail->wide)
        area = detail_draw_list(screen, area);
    detail_draw_page(screen, area);
    detail_draw_foot(screen);
    /* Last, because the last cursor counts. */
    if (detail->left)
        draw_cursor(list_selected_line(detail_qubes(screen)), 0);
}

/* --- keys --- */

static void detail_step_tab(struct screen *screen, int by)
{
    detail_show_tab(screen, (detail_of(screen)->tab + DETAIL_PAGES + (guint)by) %
                                DETAIL_PAGES);
}

static void detail_key_previous(struct screen *screen)
{
    detail_step_tab(screen, -1);
}

static void detail_key_next(struct screen *screen)
{
    detail_step_tab(screen, 1);
}

static void detail_key_volumes(struct screen *screen)
{
    detail_show_tab(screen, DETAIL_VOLUMES);
}

static void detail_key_network(struct screen *screen)
{
    detail_show_tab(screen, DETAIL_NETWORK);
}

static void detail_key_properties(struct screen *screen)
{
    detail_show_tab(screen, DETAIL_PROPERTIES);
}

/* There the key edits what is selected. */
static gboolean detail_is_elsewhere(const struct screen *screen)
{
    return detail_of(screen)->tab != DETAIL_PROPERTIES;
}

static void detail_key_log(struct screen *screen)
{
    detail_show_tab(screen, DETAIL_LOG);
}

static void detail_key_pane(struct screen *screen)
{
    struct detail *detail = detail_of(screen);

    detail->left = !detail->left && detail->wide;
}

static gboolean detail_is_wide(const struct screen *screen)
{
    return detail_of(screen)->wide;
}

/* clang-format off */
static const struct key_row detail_keys[] = {
    {"[", "previous-tab", NULL, NULL, KEYS_MOVE, NULL, detail_key_previous, NULL},
    {"]", "next-tab", "Next tab", "previous, next tab", KEYS_MOVE, NULL,
     detail_key_next, NULL},
    {"Tab S-Tab", "pane", "Pane", "to the list of qubes and back", KEYS_MOVE,
     NULL, detail_key_pane, detail_is_wide},
    {"s", "start", "Start", NULL, KEYS_ACT, "start", NULL, NULL},
    {"S", "stop", "Shut down", NULL, KEYS_ACT, "stop", NULL, NULL},
    {"p", "pause", "Pause", NULL, KEYS_ACT, "pause", NULL, NULL},
    {"p", "unpause", "Unpause", NULL, KEYS_ACT, "unpause", NULL,
     action_can_unpause},
    {"K", "kill", "Kill", NULL, KEYS_ACT, "kill", NULL, NULL},
    {"e F2", "properties", NULL, "its properties", KEYS_ACT, NULL,
     detail_key_properties, detail_is_elsewhere},
    {"v", "volumes", NULL, "its volumes", KEYS_ACT, NULL, detail_key_volumes,
     NULL},
    {"f", "firewall", NULL, "its network and firewall", KEYS_ACT, NULL,
     detail_key_network, NULL},
    {"l F3", "log", NULL, "its log", KEYS_ACT, NULL, detail_key_log, NULL},
    {"a F9", "actions", "Actions", "all actions, and why not", KEYS_ACT, NULL,
     actions_open, NULL},
    {NULL},
};
/* clang-format on */

static const struct key_row *const detail_others[] = {
    volume_keys, props_keys, detail_network_keys, detail_features_keys, detail_log_keys,
    detail_keys, list_filter_keys, pager_keys, list_keys, NULL};

static gboolean detail_has(const struct screen *screen, const struct key_row *table)
{
    if (table == list_keys)
        return detail_list(screen) != NULL;
    if (table == pager_keys)
        return detail_pager(screen) != NULL;
    if (table == list_filter_keys)
        return !detail_of(screen)->left && detail_now(screen)->filters;
    if (table == detail_keys || table == app_keys())
        return TRUE;
    if (table == volume_open_keys)
        table = volume_keys;
    return !detail_of(screen)->left && detail_now(screen)->keys == table;
}

static const char *detail_volume(const struct screen *screen)
{
    return detail_now(screen) == &detail_volumes ? detail_volumes_selected(screen) : NULL;
}

/* The keys of a tab come first: what is looked at decides what they mean. */
const struct screen_class screen_detail = {
    .name = "detail",
    .title = "detail of a qube",
    .kind = SCREEN_VIEW,
    .keys = volume_open_keys,
    .others = detail_others,
    .has = detail_has,
    .size = sizeof(struct detail),
    .open = detail_open_screen,
    .close = detail_close,
    .head = detail_head,
    .draw = detail_draw,
    .typed = detail_typed,
    .event = detail_event,
    .list = detail_list,
    .pager = detail_pager,
    .subject = detail_uuid,
    .volume = detail_volume,
};
