/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A store of Qubes 2 or 3 becomes one of Qubes 4 (spec/qubes-xml.md 7). What is
 * in it is hostile: what cannot be taken is a note, never a failure, and
 * everything else is taken.
 *
 * Volumes are not touched. Firewall rules and menus are taken from the
 * directories of the qubes, if those are beside the old store. */
#pragma once

#include "core/firewall.h"
#include "core/store.h"

enum import_deed {
    IMPORT_TAKEN,
    IMPORT_CHANGED,  /* said in another way, or made for it */
    IMPORT_DROPPED,
    IMPORT_DOUBTFUL, /* somebody should look at it */
};
const char *import_deed_word(enum import_deed deed); /* "taken" */

/* What became of one thing. Text is hostile: sanitise before display. */
struct import_note {
    enum import_deed deed;
    char *qube; /* its name now; NULL: of the system */
    char *what; /* as the old store calls it */
    char *from, *to, *why; /* NULL: nothing to say */
};

/* Where the old files of a qube are. */
struct import_place {
    const struct qube *qube; /* of import->model */
    char *dir;               /* as the old store says, or as it must have been */
    char *firewall;          /* name of the file in it */
    gboolean moved;          /* Qubes 4 looks for its images elsewhere */
};

struct import_firewall {
    const struct qube *qube;
    struct firewall *firewall;
    gboolean made;           /* the directory was made for it */
};

struct import {
    struct model *model;  /* the new store */
    GPtrArray *notes;     /* struct import_note: of the system, then by qube */
    GPtrArray *places;    /* struct import_place */
    GPtrArray *firewalls; /* struct import_firewall: to be written */
    GBytes *bytes;        /* of the new store; by import_finish() */
};
void import_free(struct import *import);
AUTO_DEFINE(import, struct import, import_free)

/* The model alone. pv: qubes that were paravirtualised stay so. INVALID: not
 * such a store, or more than 1000 qubes (they had at most 254); `what` names the
 * file. */
struct import *import_parse(const char *what, const char *data, gsize len, gboolean pv,
                            GError **error);
/* The bytes of the new store, read again as a check: what the check finds is
 * doubtful. root: of the new system. INTERNAL. */
gboolean import_finish(struct import *import, const char *root, GError **error);

/* [W] The store at path, with what is beside it, finished for root. Errors as
 * file_read() and above. */
struct import *import_read(const char *path, const char *root, gboolean pv,
                           GError **error);
/* How many qubes it has, without dom0. */
guint import_qubes(const struct import *import);

/* [W] Writes the files of rules; one that is there already stays, with a note. What
 * was written before a failure stays, too, until it is unwritten: those that were
 * there and their directories are not touched. */
gboolean import_write_rules(struct import *import, const char *root, GError **error);
void import_unwrite_rules(struct import *import);
/* [W] The directory the store goes to. */
gboolean import_make_place(const char *root, GError **error);

struct op;
/* Main, when an xml-import is done, also as a dry run: what became of what. The
 * operation's, until it is cleared. */
const struct import *op_import(const struct op *op);
