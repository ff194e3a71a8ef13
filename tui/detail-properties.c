/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The properties of a qube (ux.md 4.3). */
#include "config.h"

#include "tui/detail.h"

#include "tui/props.h"

static struct props *properties_of(const struct screen *screen)
{
    return detail_page(screen, DETAIL_PROPERTIES);
}

static gpointer properties_open(struct screen *screen)
{
    return props_new(screen, PROPS_QUBES);
}

static void properties_close(gpointer page)
{
    props_free(page);
}

static void properties_show(struct screen *screen)
{
    g_autofree char *uuid = g_strdup(detail_uuid(screen));
    char *uuids[] = {uuid, NULL};

    props_set_qubes(properties_of(screen), uuids);
    props_fill(properties_of(screen));
}

static void properties_draw(struct screen *screen, struct rect area)
{
    props_draw(properties_of(screen), area);
}

static void properties_event(struct screen *screen, const struct event *event)
{
    props_event(properties_of(screen), event);
}

static char *properties_status(const struct screen *screen)
{
    return props_status(properties_of(screen));
}

static struct list *properties_list(const struct screen *screen)
{
    return props_list(properties_of(screen));
}

const struct detail_tab detail_properties = {
    .title = "Properties",
    .keys = props_keys,
    .filters = TRUE,
    .open = properties_open,
    .close = properties_close,
    .show = properties_show,
    .draw = properties_draw,
    .event = properties_event,
    .status = properties_status,
    .list = properties_list,
};
