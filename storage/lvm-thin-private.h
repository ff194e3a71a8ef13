/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inside of the driver lvm_thin (spec/storage.md 2.4): the logical volumes of a volume,
 * and what happens to them. All [W] but for names. */
#pragma once

#include "storage/lvm-table.h"
#include "storage/volume-private.h"

/* In what a volume is kept. A name is that of the volume and one of these endings; the
 * rest of the name must be the ending, all of it: names of other qubes begin the same
 * way, and end so, too. */
#define THIN_DIRTY "-snap"    /* what the qube writes to */
#define THIN_IMPORT "-import" /* content that is still coming in */
#define THIN_BACK "-back"     /* "-SECONDS-back": a revision */
#define THIN_PIN "-pin"       /* "-SECONDS-pin": one that is pinned. By its name, because
                               * nobody who prunes by -back sees it then */
#define THIN_TRASH "-trash-"  /* "-trash-NUMBER": half deleted */

/* A volume that is changed in place has no other sign of being in use. */
#define THIN_MARK "qmc-in-use"

enum thin_kind {
    THIN_IS_CURRENT,
    THIN_IS_DIRTY,
    THIN_IS_IMPORT,
    THIN_IS_BACK,
    THIN_IS_PIN,
    THIN_IS_TRASH,
    THIN_IS_NONE, /* of another volume */
};
/* What the logical volume `name` is to the volume `lv`; *number is that in the name. */
enum thin_kind thin_kind_of(const char *lv, const char *name, gint64 *number);
/* INVALID if its names could not be told from another one's, or LVM would not take one
 * of them. No disk access. */
gboolean thin_check(const struct volume *volume, GError **error);

struct thin_revision {
    struct revision public;
    const struct lvm_entry *entry;
};

/* A volume as one table has it; what is changed afterwards it does not know. */
struct thin {
    const struct volume *volume;
    const char *vg, *pool, *lv;
    struct lvm_table *table;
    const struct lvm_entry *thin_pool;
    const struct lvm_entry *current, *dirty, *import; /* NULL: is not there */
    GPtrArray *revisions; /* struct thin_revision, newest first */
    GPtrArray *trash;     /* char *: endings */
    gint64 next_trash;
    gboolean committed; /* since it was read: there is a current one */
    char *made; /* ending of the revision that this has made of the one before; NULL */
};
/* NOTFOUND: there is no such thin pool; STATE: something else has a name of it. */
struct thin *thin_new(const struct volume *volume, enum lvm_age age, GError **error);
/* By what that one was made from. */
struct thin *thin_beside(const struct thin *at, const struct volume *volume, GError **error);
void thin_free(struct thin *at);
AUTO_DEFINE(thin, struct thin, thin_free)
/* The same with what interrupted work has left put right: to change it. */
struct thin *thin_take(const struct volume *volume, GError **error);
/* The same for one that was read under the lock. Takes it. */
struct thin *thin_settle(struct thin *at, GError **error);

/* What a start begins from: the current one; after a commit that was interrupted the
 * newest revision; NULL: there is nothing. */
const struct lvm_entry *thin_state(const struct thin *at);
/* NOTFOUND, naming it. */
const struct lvm_entry *thin_need(const struct thin *at, GError **error);
const struct thin_revision *thin_revision_find(const struct thin *at, const char *id);
gboolean thin_is_vacant(const struct thin *at);
gboolean thin_is_marked(const struct lvm_entry *entry);
/* What came in is no state, and will not become one (L-10). */
gboolean thin_import_is_spare(const struct thin *at);
/* Revisions beyond `keep`, none that is pinned, newest first: struct thin_revision, of `at`;
 * one that a commit has made since counts, too.
 * None without a current one: one of them is the state. */
GPtrArray *thin_surplus(const struct thin *at, guint keep);

/* Steps. An ending stands for the logical volume with that name, "" for the current. */
char *thin_name(const struct thin *at, const char *ending);
char *thin_node(const struct thin *at, const char *ending);
/* Up to whole extents, as LVM does. */
guint64 thin_round(const struct thin *at, guint64 size);
/* NOSPACE or IO if the thin pool cannot take another volume now. */
gboolean thin_check_pool(const struct thin *at, GError **error);
gboolean thin_create(const struct thin *at, const char *ending, guint64 size, GError **error);
gboolean thin_snapshot(const struct thin *at, const struct lvm_entry *from,
                       const char *ending, GError **error);
gboolean thin_rename(const struct thin *at, const char *from, const char *to, GError **error);
gboolean thin_activate(const struct thin *at, const struct lvm_entry *entry, GError **error);
gboolean thin_resize(const struct thin *at, const struct lvm_entry *entry, guint64 size,
                     GError **error);
gboolean thin_mark(const struct thin *at, gboolean marked, GError **error);
/* Deletes it; nobody may take what is half deleted for a state. BUSY: somebody has it
 * open. Missing is success. */
gboolean thin_drop(const struct thin *at, const char *ending, GError **error);
/* The same for what was a state: it loses its name before its content. */
gboolean thin_trash(struct thin *at, const char *ending, GError **error);
gboolean thin_drop_all(struct thin *at, GError **error);

/* Makes the one with that ending the current one. What was current is a revision, with
 * `ending` set for it (or NULL: there was none). On failure, `back`: it is current
 * again. */
gboolean thin_commit(struct thin *at, const char *ending, gboolean back, GError **error);
/* After that commit: of those that are not pinned the oldest beyond `keep` go. No error:
 * another commit will try again. */
void thin_prune(struct thin *at, guint keep);

/* NOTFOUND. Lives as long as the table. */
const struct lvm_entry *thin_pool_find(const struct pool *pool, const struct lvm_table *table,
                                       GError **error);

gboolean lvm_thin_setup(struct pool *pool, GError **error);
gboolean lvm_thin_usage(struct pool *pool, guint64 *size, guint64 *used, GError **error);
gboolean lvm_thin_details(struct pool *pool, struct pool_details *details, GError **error);
gboolean lvm_thin_room(struct pool *pool, gboolean metadata, guint64 *bytes, GError **error);
gboolean lvm_thin_extend(struct pool *pool, gboolean metadata, guint64 bytes, GError **error);
gboolean lvm_thin_carries(const struct pool *pool, const char *dir);
GPtrArray *lvm_thin_orphans(struct pool *pool, const struct pool_claims *claims,
                            GError **error);

GPtrArray *lvm_thin_spare(const struct volume *volume, GError **error);
gboolean lvm_thin_discard(struct volume *volume, const GPtrArray *spare, GError **error);
gboolean lvm_thin_abandoned(const struct volume *volume);

gboolean lvm_thin_create(struct volume *volume, GError **error);
gboolean lvm_thin_remove(struct volume *volume, GError **error);
gboolean lvm_thin_vacant(const struct volume *volume, GError **error);
gboolean lvm_thin_start(struct volume *volume, GError **error);
gboolean lvm_thin_stop(struct volume *volume, GError **error);
gboolean lvm_thin_resize(struct volume *volume, guint64 size, GError **error);

gboolean lvm_thin_share(struct volume *volume, const struct volume *source, GError **error);
gboolean lvm_thin_reaches(const struct volume *volume, const struct volume *source);
gboolean lvm_thin_clone(struct volume *volume, struct volume *source,
                        const struct watch *watch, GError **error);
gboolean lvm_thin_revert(struct volume *volume, const char *revision, GError **error);
gboolean lvm_thin_pin(struct volume *volume, const char *revision, gboolean pinned,
                      GError **error);
char *lvm_thin_import(struct volume *volume, guint64 size, GError **error);
gboolean lvm_thin_import_commit(struct volume *volume, GError **error);
gboolean lvm_thin_import_drop(struct volume *volume, GError **error);
int lvm_thin_export(struct volume *volume, GError **error);
