/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tabs of the detail screen share. A tab is a row with functions: to
 * add one, its number here and tui/detail-x.c with its row. */
#pragma once

#include "tui/screens.h"

struct detail_tab {
    const char *title;
    const struct key_row *keys; /* of this tab alone, or NULL */
    gboolean filters;           /* its list can be filtered */
    gpointer (*open)(struct screen *screen);
    void (*close)(gpointer page);
    /* Looked at from now on; the qube may be another one. */
    void (*show)(struct screen *screen);
    void (*hide)(struct screen *screen); /* NULL ok */
    void (*draw)(struct screen *screen, struct rect area);
    void (*event)(struct screen *screen, const struct event *event); /* NULL ok */
    char *(*status)(const struct screen *screen); /* caller frees */
    struct list *(*list)(const struct screen *screen);   /* NULL: it has none */
    struct pager *(*pager)(const struct screen *screen); /* NULL: it has none */
};
extern const struct detail_tab detail_overview, detail_properties, detail_volumes,
    detail_network, detail_features, detail_log;
extern const struct key_row detail_network_keys[],
    detail_features_keys[], detail_log_keys[];

/* Of that tab; NULL: none. */
const char *detail_volumes_selected(const struct screen *screen);

/* What open() of the tab made. */
gpointer detail_page(const struct screen *screen, enum detail_page tab);
const char *detail_uuid(const struct screen *screen);
/* NULL: it is gone, and the screen about to close. */
struct qube *detail_qube(const struct screen *screen);
/* TRUE if the screen is looked at, not covered by a view or a dialog. */
gboolean detail_is_top(const struct screen *screen);
/* Gives the focus to the list of qubes; FALSE if that is not shown. */
gboolean detail_focus_list(struct screen *screen);
