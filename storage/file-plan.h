/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies between the files of a volume of driver `file` and its qube
 * (spec/storage.md 2.2, F-1): pure, no disk is touched. Layout r4 is that of Qubes
 * 4.1 and later, where all qubes are alike; r3 that of Qubes 2 to 4.0. */
#pragma once

#include <glib.h>

enum file_layout { FILE_R4, FILE_R3 };

enum file_vm {
    FILE_VM_TEMPLATE,
    FILE_VM_BASED,      /* on a template, with Qubes' initramfs (PV, or PVH) */
    FILE_VM_HVM_TEMPLATE,
    FILE_VM_HVM_BASED,  /* on a template, boots by itself: cannot join in the guest */
    FILE_VM_STANDALONE, /* of one that boots by itself volatile is as of the others */
    FILE_VMS,
};

/* What the flags of a volume make of it; in r3 a volume is also known by its name. */
enum file_kind {
    FILE_ORIGIN,
    FILE_IN_PLACE, /* snapshots disabled */
    FILE_SNAPSHOT,
    FILE_VOLATILE,
    FILE_KINDS,
};

/* The files, and what the node before has made. */
enum file_operand {
    FILE_NOTHING,
    FILE_IMAGE,
    FILE_COW,
    FILE_SOURCE_IMAGE,
    FILE_SOURCE_COW,
    FILE_OWN_VOLATILE,
    FILE_BELOW,
};

enum file_target {
    FILE_NO_TARGET, FILE_TARGET_SNAPSHOT, FILE_TARGET_ORIGIN, FILE_TARGET_ALIAS,
};

/* One device. Of a snapshot the base stays as it is and the cow takes what is
 * written; an origin has no cow: what is written to it is saved by the snapshots of
 * its base first. An alias is its base, read-only: what several qubes look at has to be
 * held by each of them, or the first that stops would take it away from one that has yet
 * to open it. Its cow is an empty file which it is named after. */
struct file_node {
    enum file_target target;
    enum file_operand base, cow;
};

enum { FILE_NODES_MAX = 2 };

struct file_plan {
    struct file_node nodes[FILE_NODES_MAX]; /* in the order they are made in */
    enum file_operand file; /* what the qube gets where there is no node */
    gboolean attached;      /* FALSE: the qube does not get it */
    gboolean rw;            /* what the layout allows; the volume may be read-only */
    const char *guest;      /* what the guest makes of it; NULL: takes it as it is */
    /* It and its template's own run must not be at the same time, in both directions,
     * and its template's root keeps its size meanwhile (T-P2). */
    gboolean excludes_template;
};

struct file_subject {
    enum file_layout layout;
    enum file_vm vm;        /* r3 only */
    enum file_kind kind;
    const char *volume;     /* its name; r3 only */
};

/* The last node, or the file, is what the qube gets. */
const struct file_plan *file_plan(const struct file_subject *subject);
guint file_plan_nodes(const struct file_plan *plan);
/* "snapshot(img,cow) origin(img) rw": for tests and for who wants to see it; caller
 * frees. */
char *file_plan_text(const struct file_plan *plan);

/* Bytes of a store that takes the whole of an origin of this size (F-3). */
guint64 file_cow_size(guint64 origin);
