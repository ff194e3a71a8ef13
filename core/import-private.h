/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of an import share: the old store as read, and what was made of
 * it so far. */
#pragma once

#include "core/import.h"

struct old_attr {
    char *name, *value;
    gboolean used;
};

/* What an element of the old store is. */
struct old_kind {
    const char *element;
    gboolean template, hvm, admin, disposable;
    gboolean net;   /* lends its network, and is connected to nobody */
    gboolean proxy; /* lends it on */
};

struct old_qube {
    const struct old_kind *kind; /* NULL: not known */
    char *element;
    GArray *attrs;               /* struct old_attr */
    int qid;                     /* -1: none that can be read */
    int new_qid;
    struct qube *qube;           /* NULL: not imported */
};

#define OLD_QUBES_MAX 1000
#define OLD_ATTRS_MAX 256

struct importer {
    struct import *import;
    struct model *model;    /* of it; has labels, pools and dom0 from the start */
    gboolean pv;
    GArray *globals;        /* struct old_attr of the root */
    GPtrArray *qubes;       /* struct old_qube, by old qid */
    GHashTable *by_qid;     /* old qid -> struct old_qube; borrowed */
    GHashTable *useless;    /* name of an attribute -> how many had it */
    GHashTable *dispvms;    /* name of a netvm, "" for none -> name of the template
                             * of disposables made for it; "": none can be made */
    int next_qid;
};

/* import-load.c */
gboolean importer_load(struct importer *importer, const char *what, const char *data,
                       gsize len, GError **error);
/* NULL: not given. Counts as used. */
const char *old_get(GArray *attrs, const char *name);
/* "none" and what is not given are NULL. */
const char *old_get_some(GArray *attrs, const char *name);
/* What is given and is the word for that, in any case. */
gboolean old_is(GArray *attrs, const char *name, const char *word);

/* import.c */
struct import_say {
    enum import_deed deed;
    const char *what, *from, *to, *why;
};
/* qube NULL: of the system. */
void import_say(struct import *import, const struct qube *qube,
                const struct import_say *say);

/* import-qube.c: all but what refers to others, its template excepted. */
void import_qube_fill(struct importer *importer, struct old_qube *old);
/* Sets what is a value of the property; else a note says why not. */
gboolean import_put(struct importer *importer, struct qube *qube, const char *property,
                    const struct import_say *say);

/* import-refs.c: global properties, netvms, templates of disposables. */
void import_refs(struct importer *importer);
/* The imported qube an old qid means; NULL: none. */
struct qube *import_ref(const struct importer *importer, const char *text);
