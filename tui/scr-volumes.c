/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volumes of one qube (ux.md 4.10). */
#include "config.h"

#include <string.h>

#include "tui/list.h"
#include "tui/screens.h"
#include "util/error.h"

struct volumes {
    char *uuid;
    struct list *list;
};

static struct qube *volumes_qube(const struct screen *screen)
{
    const struct volumes *volumes = screen->data;

    return model_qube(app_model(screen->app), volumes->uuid);
}

/* --- cells --- */

static const char *volumes_name(gconstpointer item, gpointer data)
{
    return ((const struct volume_config *)item)->name;
}

static char *volumes_text_name(gconstpointer item, gpointer data)
{
    return g_strdup(volumes_name(item, data));
}

/* As in the store: root, private, volatile, kernel. Both stand in its array. */
static int volumes_compare_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct volume_config *one = a, *two = b;

    return one < two ? -1 : one > two;
}

static char *volumes_text_pool(gconstpointer item, gpointer data)
{
    const struct volume_config *config = item;

    return g_strdup(config->pool ? config->pool : "-");
}

static char *volumes_text_size(gconstpointer item, gpointer data)
{
    const struct volume_config *config = item;

    return config->size ? text_size(config->size) : g_strdup("-");
}

static int volumes_compare_number(guint64 a, guint64 b)
{
    return a < b ? 1 : -(a > b);
}

static int volumes_compare_size(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct volume_config *one = a, *two = b;

    return volumes_compare_number(one->size, two->size);
}

static gboolean volumes_read(const struct volume_config *config)
{
    return config->used != G_MAXUINT64;
}

static char *volumes_text_used(gconstpointer item, gpointer data)
{
    const struct volume_config *config = item;

    return volumes_read(config) ? text_size(config->used) : g_strdup("?");
}

static int volumes_compare_used(gconstpointer a, gconstpointer b, gpointer data)
{
    const struct volume_config *one = a, *two = b;

    return volumes_compare_number(one->used, two->used);
}

static int volumes_percent(const struct volume_config *config)
{
    if (!volumes_read(config) || config->size == 0)
        return -1;
    return (int)((double)config->used * 100 / (double)config->size);
}

static char *volumes_text_percent(gconstpointer item, gpointer data)
{
    const struct volume_config *config = item;
    int percent = volumes_percent(config);

    if (config->size == 0)
        return g_strdup("-");
    return percent < 0 ? g_strdup("?") : g_strdup_printf("%d%%", percent);
}

static enum style volumes_style_percent(gconstpointer item, gpointer data)
{
    return volumes_percent(item) >= 90 ? STYLE_WARN : STYLE_NORMAL;
}

static int volumes_compare_percent(gconstpointer a, gconstpointer b,
                                   gpointer data)
{
    return volumes_percent(b) - volumes_percent(a);
}

static char *volumes_text_revisions(gconstpointer item, gpointer data)
{
    const struct volume_config *config = item;

    return config->revisions < 0 ? g_strdup("?")
                                 : g_strdup_printf("%d", config->revisions);
}

static char *volumes_text_flags(gconstpointer item, gpointer data)
{
    const struct volume *volume = ((const struct volume_config *)item)->volume;

    if (!volume)
        return g_strdup("...!");
    return g_strdup_printf("%c%c%c.", volume_rw(volume) ? 'W' : '.',
                           volume_snap_on_start(volume) ? 'S' : '.',
                           volume_save_on_stop(volume) ? 'K' : '.');
}

static enum style volumes_style_flags(gconstpointer item, gpointer data)
{
    return ((const struct volume_config *)item)->volume ? STYLE_NORMAL : STYLE_WARN;
}

/* clang-format off */
static const struct list_column volumes_columns[] = {
    {"VOLUME", 12, 24, 0, TEXT_LEFT, volumes_text_name, NULL, "order",
     volumes_compare_order},
    {"POOL", 10, 24, 3, TEXT_LEFT, volumes_text_pool, NULL, NULL, NULL},
    {"SIZE", 8, 10, 0, TEXT_RIGHT, volumes_text_size, NULL, "size",
     volumes_compare_size},
    {"USED", 8, 10, 0, TEXT_RIGHT, volumes_text_used, NULL, "used",
     volumes_compare_used},
    {"%", 5, 5, 2, TEXT_RIGHT, volumes_text_percent, volumes_style_percent,
     "used %", volumes_compare_percent},
    {"REV", 4, 4, 4, TEXT_RIGHT, volumes_text_revisions, NULL, NULL, NULL},
    {"FLAGS", 5, 5, 5, TEXT_LEFT, volumes_text_flags, volumes_style_flags,
     NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

static gconstpointer volumes_item(const char *id, gpointer data)
{
    const struct qube *qube = volumes_qube(data);

    return qube ? qube_volume(qube, id) : NULL;
}

static void volumes_fill(struct screen *screen)
{
    struct volumes *volumes = screen->data;
    const struct qube *qube = volumes_qube(screen);
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; qube && i < qube->volumes->len; i++)
        g_ptr_array_add(ids, g_strdup(g_array_index(qube->volumes,
                                                    struct volume_config, i)
                                          .name));
    list_set(volumes->list, ids);
}

static void volumes_open_screen(struct screen *screen, gconstpointer uuid)
{
    struct volumes *volumes = screen->data;
    struct list_spec spec = {volumes_columns, volumes_item, volumes_name,
                             volumes_compare_order, screen};

    volumes->uuid = g_strdup(uuid);
    volumes->list = list_new(&spec);
    volumes_fill(screen);
    /* The one most often short of room. */
    list_select_id(volumes->list, "private");
    engine_request_volumes(app_engine(screen->app), uuid);
}

void volumes_open(struct app *app, const char *uuid)
{
    app_push(app, &screen_volumes, uuid);
}

static void volumes_close(struct screen *screen)
{
    struct volumes *volumes = screen->data;

    list_free(volumes->list);
    g_free(volumes->uuid);
}

static void volumes_event(struct screen *screen, const struct event *event)
{
    if (!volumes_qube(screen)) {
        app_note(screen->app, TRUE, "the qube of these volumes is gone");
        app_pop(screen->app, screen);
        return;
    }
    volumes_fill(screen);
}

static struct list *volumes_list(const struct screen *screen)
{
    return ((const struct volumes *)screen->data)->list;
}

static const char *volumes_subject(const struct screen *screen)
{
    return ((const struct volumes *)screen->data)->uuid;
}

static char *volumes_status(const struct screen *screen)
{
    const struct volumes *volumes = screen->data;
    g_autofree char *sort = list_sort_text(volumes->list);

    return g_strdup_printf("%u volumes  sort: %s  flags: W writable"
                           "  S snapshot of its template  K kept",
                           list_all(volumes->list), sort);
}

static void volumes_draw(struct screen *screen, struct rect area)
{
    struct volumes *volumes = screen->data;
    const struct qube *qube = volumes_qube(screen);

    if (!qube || area.h < 3)
        return;
    draw_format(area.y, area.x, area.w, STYLE_STRONG,
                "Volumes of %s  (%s, %s)", qube->name, qube->class_name,
                power_state_word(qube->state));
    area.y++;
    area.h--;
    list_draw(volumes->list, area);
    if (list_all(volumes->list) == 0)
        draw_words(area.y + 2, area.x + 2, area.w - 4, STYLE_NORMAL,
                   "This qube has no volumes.");
}

/* --- keys --- */

/* Why the selected volume cannot be; the result is the caller's, NULL: it can. */
static char *volumes_resize_refused(const struct screen *screen, const char *name)
{
    const struct qube *qube = volumes_qube(screen);
    const char *refused = action_refused(screen->app, "resize", qube->uuid);
    g_autoptr(GHashTable) args =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GError) error = NULL;

    if (refused)
        return g_strdup(refused);
    g_hash_table_insert(args, g_strdup("volume"), g_strdup(name));
    if (op_find("resize")->fits(app_model(screen->app), qube, args, &error))
        return NULL;
    return error_hint(error) ? g_strdup_printf("%s; %s", error->message,
                                               error_hint(error))
                             : g_strdup(error->message);
}

static void volumes_key_resize(struct screen *screen)
{
    struct volumes *volumes = screen->data;
    const char *name = list_selected(volumes->list);
    g_autofree char *refused = name ? volumes_resize_refused(screen, name) : NULL;

    if (refused)
        app_note(screen->app, TRUE, "Resize: %s", refused);
    else if (name)
        resize_open(screen->app, volumes->uuid, name);
}

static gboolean volumes_can_resize(const struct screen *screen)
{
    const struct volumes *volumes = screen->data;
    const char *name = list_selected(volumes->list);
    g_autofree char *refused = name ? volumes_resize_refused(screen, name) : NULL;

    return name && !refused;
}

/* clang-format off */
static const struct key_row volumes_keys[] = {
    {"r", "resize", "Resize", "give the volume more room", KEYS_ACT, NULL,
     volumes_key_resize, volumes_can_resize, TRUE},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_volumes = {
    .name = "volumes",
    .title = "volumes of a qube",
    .kind = SCREEN_VIEW,
    .keys = volumes_keys,
    .more = list_keys,
    .size = sizeof(struct volumes),
    .open = volumes_open_screen,
    .close = volumes_close,
    .draw = volumes_draw,
    .event = volumes_event,
    .list = volumes_list,
    .subject = volumes_subject,
    .status = volumes_status,
};
