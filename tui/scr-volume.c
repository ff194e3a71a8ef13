/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One volume: its revisions, and all about it (ux.md 4.4, 4.10). */
#include "config.h"

#include <string.h>

#include "tui/list.h"
#include "tui/qube-text.h"
#include "tui/screens.h"
#include "tui/style.h"
#include "tui/volume-facts.h"
#include "tui/volume-keys.h"
#include "tui/volume-text.h"

/* Title, figures, the rest with the pool. */
#define FACTS_LINES (3 + VOLUME_FACTS_LINES)

struct volume_view {
    char *uuid, *name;
    struct list *list; /* of ids of revisions */
};

struct volume_view_spec {
    const char *uuid, *name;
};

static struct volume_view *view_of(const struct screen *screen)
{
    return screen->data;
}

static const struct qube *view_qube(const struct screen *screen)
{
    return model_qube(app_model(screen->app), view_of(screen)->uuid);
}

/* NULL: it is gone. */
static const struct volume_config *view_config(const struct screen *screen)
{
    const struct qube *qube = view_qube(screen);

    return qube ? qube_volume(qube, view_of(screen)->name) : NULL;
}

/* --- cells --- */

static gconstpointer revision_item(const char *id, gpointer screen)
{
    const struct volume_config *config = view_config(screen);

    for (guint i = 0; config && config->kept && i < config->kept->len; i++) {
        const struct revision *revision = config->kept->pdata[i];

        if (strcmp(revision->id, id) == 0)
            return revision;
    }
    return NULL;
}

static const char *revision_name(gconstpointer item, gpointer data)
{
    return ((const struct revision *)item)->id;
}

static char *revision_text_id(gconstpointer item, gpointer data)
{
    return g_strdup(revision_name(item, data));
}

/* The newest first. */
static int revision_compare_number(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct revision *one = a, *two = b;

    return one->number < two->number ? 1 : -(one->number > two->number);
}

static char *revision_text_date(gconstpointer item, gpointer data)
{
    return volume_text_date(item);
}

static char *revision_text_used(gconstpointer item, gpointer data)
{
    const struct revision *revision = item;

    return revision->used == G_MAXUINT64 ? g_strdup("?") : text_size(revision->used);
}

static int revision_compare_used(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct revision *one = a, *two = b;

    return one->used < two->used ? 1 : -(one->used > two->used);
}

static char *revision_text_pinned(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct revision *)item)->pinned ? "pinned" : "-");
}

/* clang-format off */
static const struct list_column revision_columns[] = {
    {"REVISION", 22, 30, 0, TEXT_LEFT, revision_text_id, NULL, "newest",
     revision_compare_number},
    {"DATE", 16, 16, 2, TEXT_LEFT, revision_text_date, NULL, NULL, NULL},
    {"USED", 7, 8, 1, TEXT_RIGHT, revision_text_used, NULL, "used",
     revision_compare_used},
    {"STAYS", 6, 6, 0, TEXT_LEFT, revision_text_pinned, NULL, NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

static void view_fill(struct screen *screen)
{
    const struct volume_config *config = view_config(screen);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; config && config->kept && i < config->kept->len; i++)
        g_ptr_array_add(ids, g_strdup(revision_name(config->kept->pdata[i], NULL)));
    list_set(view_of(screen)->list, ids);
}

static void view_open(struct screen *screen, gconstpointer argument)
{
    const struct volume_view_spec *spec = argument;
    struct volume_view *view = view_of(screen);
    struct list_spec list = {revision_columns, revision_item, revision_name,
                             revision_compare_number, screen};

    view->uuid = g_strdup(spec->uuid);
    view->name = g_strdup(spec->name);
    view->list = list_new(&list);
    engine_request_volumes(app_engine(screen->app), view->uuid);
}

void volume_open(struct app *app, const char *uuid, const char *volume)
{
    struct volume_view_spec spec = {uuid, volume};

    app_push(app, &screen_volume, &spec);
}

static void view_close(struct screen *screen)
{
    struct volume_view *view = view_of(screen);

    list_free(view->list);
    g_free(view->uuid);
    g_free(view->name);
}

static void view_event(struct screen *screen, const struct event *event)
{
    if (view_config(screen)) {
        screen->stale = TRUE;
        return;
    }
    app_note(screen->app, TRUE, "the volume that was looked at is gone");
    app_pop(screen->app, screen);
}

static char *view_head(struct screen *screen)
{
    const struct qube *qube = view_qube(screen);

    if (!qube)
        return g_strdup("");
    g_autofree char *label = qube_get(app_model(screen->app), qube, "label");
    g_autofree char *state = g_ascii_strup(qube_text_state(qube), -1);
    return g_strdup_printf("%s:%s  [%s] %s  %s%s%s", qube->name, view_of(screen)->name,
                           style_label_letters(label), qube->class_name, state,
                           qube->busy ? "  " : "", qube->busy ? qube->busy : "");
}

/* Why there is no row. */
static const char *view_empty(const struct volume_config *config)
{
    if (!config->volume)
        return "It cannot be used.";
    if (!volume_save_on_stop(config->volume))
        return "No revisions: it begins anew at each start, and nothing is kept.";
    if (!config->kept)
        return "Not read yet.";
    return volume_revisions_to_keep(config->volume) < 1
               ? "No revisions: it is set to keep none (M changes that)."
               : "No revisions yet: each stop of its qube makes one.";
}

static void view_draw(struct screen *screen, struct rect area)
{
    const struct volume_config *config = view_config(screen);
    struct list *list = view_of(screen)->list;
    struct facts facts;

    if (!config)
        return;
    facts.area = facts_cut(&area, MAX(list_all(list), 1), FACTS_LINES);
    if (facts.area.h > 0) {
        volume_facts_figures(view_qube(screen), config, &facts);
        volume_facts_rest(app_model(screen->app), config, &facts);
    }
    list_draw(list, area);
    if (list_all(list) == 0)
        draw_wrapped((struct rect){area.y + 1, area.x + 2, area.h - 1, area.w - 4},
                     STYLE_NORMAL, view_empty(config));
}

static struct list *view_list(const struct screen *screen)
{
    return view_of(screen)->list;
}

static const char *view_uuid(const struct screen *screen)
{
    return view_of(screen)->uuid;
}

static const char *view_volume(const struct screen *screen)
{
    return view_of(screen)->name;
}

static const char *view_revision(const struct screen *screen)
{
    return list_selected(view_of(screen)->list);
}

static char *view_status(const struct screen *screen)
{
    return list_status(view_of(screen)->list, "revision", "revisions");
}

/* clang-format off */
static const struct key_row view_keys[] = {
    {"a F9", "actions", "Actions", "all actions, and why not", KEYS_ACT, NULL,
     actions_open, NULL},
    {NULL},
};
/* clang-format on */

static const struct key_row *const view_tables[] = {view_keys, NULL};

const struct screen_class screen_volume = {
    .name = "volume",
    .title = "a volume and its revisions",
    .kind = SCREEN_VIEW,
    .panes = TRUE,
    .keys = volume_keys,
    .more = list_keys,
    .others = view_tables,
    .size = sizeof(struct volume_view),
    .open = view_open,
    .close = view_close,
    .head = view_head,
    .draw = view_draw,
    .event = view_event,
    .fill = view_fill,
    .list = view_list,
    .subject = view_uuid,
    .volume = view_volume,
    .revision = view_revision,
    .status = view_status,
};
