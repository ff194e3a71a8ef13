/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command `lvm`, whose only user this is (spec/storage.md 2.4). It is found on
 * PATH. All [W]. */
#pragma once

#include <glib.h>

enum lvm_action {
    LVM_CREATE,     /* a thin volume of `size` in the thin pool `other` */
    LVM_CLONE,      /* a snapshot of `other` */
    LVM_RENAME,     /* to `other` */
    LVM_RESIZE,     /* an active one, to more */
    LVM_SHRINK,     /* one that is not active; `other` is NULL or LVM_NO_PROBE */
    LVM_ACTIVATE,
    LVM_DEACTIVATE,
    LVM_REMOVE,
    LVM_MARK,       /* with the tag `other` */
    LVM_UNMARK,
    LVM_EXTEND,      /* the data of a thin pool, by `size` */
    LVM_EXTEND_META, /* the same of its metadata */
    LVM_LIST,       /* everything that there is: no names are needed */
    LVM_VERSION,
    LVM_ACTIONS,
};

/* LVM 2.03.17 and later would look at the file system in it first (L-4). */
#define LVM_NO_PROBE "no-probe"

struct lvm_request {
    enum lvm_action action;
    const char *vg, *lv, *other;
    guint64 size; /* bytes */
};

/* One line per volume of LVM_LIST: these columns, with this between them. */
#define LVM_LIST_SEPARATOR "|"
#define LVM_LIST_COLUMNS                                                                   \
    "vg_name,pool_lv,name,lv_size,data_percent,lv_attr,origin,lv_metadata_size,"           \
    "metadata_percent,lv_tags,vg_extent_size,lv_check_needed,vg_free"
enum { LVM_LIST_FIELDS = 13 };

/* What is run; INVALID, and nothing is, if a name that it needs is missing or none that
 * LVM takes: a bare name would stand for a whole volume group. Free with g_strfreev. */
char **lvm_argv(const struct lvm_request *request, GError **error);

/* Runs it to the end. What it prints is *untrusted_out (NULL ok), the caller's. Changes
 * run one at a time. NOTFOUND, EXISTS, BUSY, NOSPACE, DENIED, INVALID as LVM says; IO
 * for what it says else; TIMEOUT. To remove what is not there is success. */
gboolean lvm_run(const struct lvm_request *request, char **untrusted_out, GError **error);

/* LVM_NO_PROBE if this LVM knows how to do without; NULL. */
const char *lvm_no_probe(void);

/* A name that LVM takes of a volume group or a logical volume. */
gboolean lvm_name_valid(const char *name);
/* The same, and none that LVM keeps for itself (L-1). */
gboolean lvm_lv_name_valid(const char *name);
/* The name under /dev/mapper: VG-LV, dashes in them doubled. Caller frees. */
char *lvm_node_name(const char *vg, const char *lv);
