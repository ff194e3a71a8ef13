/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties as rows (spec/qubes-xml.md 2): type, classes, default, bounds,
 * load stage, help. A value is kept as the text of the store; being explicit
 * is state, not a comparison with the default (T1). To add a property: one row
 * in props.c. */
#pragma once

#include <glib.h>

struct model;
struct qube;

enum prop_type {
    PROP_STR,
    PROP_INT,
    PROP_BOOL,
    PROP_VM,    /* name of a qube, "" = none */
    PROP_LABEL,
    PROP_POOL,
    PROP_UUID,
    PROP_IP4,
    PROP_IP6,
    PROP_TIME,
};

struct prop_row {
    const char *name;
    enum prop_type type;
    unsigned classes; /* of enum class_id; 0: global property */
    int stage;        /* 2 or 4; global 3 (spec 2.8) */
    gint64 min, max;  /* INT */
    gboolean once;    /* write-once */
    gboolean lower;   /* read in lower case */
    char *(*spell)(const char *text); /* STR: its one spelling, of any text;
                                       * NULL: each is its own */
    gboolean since_4_3;/* not known to 4.2, which does not load a store with it */
    gboolean computed;/* always computed: never stored, never set */
    gboolean inherit; /* default: the template's effective value, if there is a template */
    const char *fallback; /* default text; NULL: none */
    const char *global;   /* default: this global property */
    /* A computed default where the three above are not enough; NULL-able
     * result, caller frees. */
    char *(*compute)(const struct model *model, const struct qube *qube);
    /* Beyond type and bounds; NULL ok. */
    gboolean (*validate)(const struct model *model, const struct qube *qube,
                         const char *value, GError **error);
    const char *help;

    /* Changing it (spec 2.5, 2.6). */
    gboolean needed;   /* has no default to go back to */
    gboolean halted;   /* only while the qube is halted */
    gboolean at_start; /* a qube that runs follows at its next start */
    gboolean rebuilds; /* volumes are built from it */
    /* What a change must not break, beyond `validate`, which is for stored
     * values too. value: what it would be, NULL: none; qube NULL for globals;
     * NULL ok. */
    gboolean (*may)(const struct model *model, const struct qube *qube,
                    const char *value, GError **error);
    /* What else of the store follows, after the change; NULL ok. before: what
     * it was, NULL: none. */
    void (*follow)(struct model *model, struct qube *qube, const char *before);
    /* BOOL: what is outside the store while it is True, a symbolic link to
     * link_target. Its path below root for a qube of that name, NULL: that can
     * have none; caller frees. NULL ok. */
    char *(*link_path)(const char *root, const char *name);
    const char *link_target;
};

/* NULL: unknown, or not of this class (0: global). */
const struct prop_row *prop_find(const char *name, unsigned class_id);
const struct prop_row *prop_rows(gsize *n); /* per VM and global */

/* The one spelling of a stored text ("True" for "yes", the label's name for
 * "label-1" ...); NULL: it does not fit the type or the bounds. References are
 * not looked up, but for labels. Caller frees. */
char *prop_canonical(const struct prop_row *row, const struct model *model,
                     const char *text);
/* Order of upstream's writer: by stage, then by name. */
int prop_compare(const struct prop_row *a, const struct prop_row *b);

/* Type, bounds and row rules of a text; `qube` NULL for globals. The name and
 * the value stand in the message. Never reads the hypervisor. */
gboolean prop_validate(const struct prop_row *row, const struct model *model,
                       const struct qube *qube, const char *value,
                       GError **error);
/* TRUE for what Qubes itself wrote where there was none, and reads as a text (T20). */
gboolean prop_is_word_none(const struct prop_row *row, const char *value);
/* The same of a text that has come through an XML parser. */
gboolean prop_validate_parsed(const struct prop_row *row, const struct model *model,
                              const struct qube *qube, const char *value,
                              GError **error);
