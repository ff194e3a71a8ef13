/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features of qubes (spec/qubes-xml.md 3.4, 4.1-4.3): absent, "" (false) or
 * any other text (true). Those that mean something are rows. */
#pragma once

#include "core/model.h"

#define FEATURE_SERVICE "service."
#define FEATURE_MEMINFO FEATURE_SERVICE "meminfo-writer"

/* Where its value is looked for; the first that has it counts, even if empty. */
enum feature_walk {
    WALK_OWN,
    WALK_TEMPLATE, /* the qube, its template, the template's template ... */
    WALK_NETVM,    /* the qube, its netvm ... */
    WALK_ADMIN,    /* the qube, dom0 */
    WALK_TEMPLATE_ADMIN,
};

struct feature_row {
    const char *name; /* one that ends with a dot means all that begin so */
    enum feature_walk walk;
    gboolean managed; /* set by the system alone */
    /* Beyond the characters; name without the row's own; NULL ok. */
    gboolean (*check)(const char *name, const char *value, GError **error);
    const char *help;
};

const struct feature_row *feature_rows(gsize *n);
/* The most exact row; NULL: nobody acts on it. */
const struct feature_row *feature_find(const char *name);
/* Effective value; NULL: absent. *from, NULL ok, is the qube that has it. */
const char *feature_get(const struct model *model, const struct qube *qube,
                        const char *name, const struct qube **from);
/* INVALID: name or value; STATE: the system's own. value NULL: it shall go. */
gboolean feature_check(const char *name, const char *value, GError **error);
/* TRUE if all that is wrong is a character that cannot be typed: tools of Qubes write
 * such values, too. */
gboolean feature_is_text(const char *name, const char *value);
