/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place where volumes live. Immutable after pool_new(): may be shared
 * between threads. */
#pragma once

#include <glib.h>

#include "storage/driver.h"
#include "util/auto.h"

/* One parameter as it stands in the store. */
struct pool_param {
    const char *name;
    const char *value;
};

/* Letters, digits, '_', '.' and '-', which it does not begin with. INVALID. */
gboolean pool_name_check(const char *untrusted_name, GError **error);

/* root ("" or a directory) is put before absolute directories; params ends
 * with a NULL name. NOTFOUND: unknown driver; INVALID: a parameter is missing,
 * unknown or bad (named). No disk access. */
struct pool *pool_new(const char *name, const char *driver, const char *root,
                      const struct pool_param *params, GError **error);
struct pool *pool_ref(struct pool *pool);
void pool_unref(struct pool *pool);
AUTO_DEFINE(pool, struct pool, pool_unref)

const char *pool_name(const struct pool *pool);
const struct driver *pool_driver(const struct pool *pool);
/* As in the store; NULL if not given. */
const char *pool_param(const struct pool *pool, const char *name);
/* The directory on this machine (below root); NULL if the driver has none. */
const char *pool_dir(const struct pool *pool);
/* Two pools may have one directory, or one thin pool: their volumes of one id are the same
 * images. Also of a pool and itself. */
gboolean pool_same_place(const struct pool *a, const struct pool *b);
int pool_revisions_to_keep(const struct pool *pool);
gboolean pool_ephemeral_volatile(const struct pool *pool);

/* [W] Makes the directories; refuses a file system that cannot do it. */
gboolean pool_setup(struct pool *pool, GError **error);
/* [W] The same, and on failure the directories that it made are gone again, but any that
 * has something in it. *made: those of a success, char *, the caller's. */
gboolean pool_setup_anew(struct pool *pool, GPtrArray **made, GError **error);
/* [W] Takes that back in the same way. */
void pool_setup_undo(const GPtrArray *made);
/* [W] Bytes; NOTFOUND if the directory is not there, UNSUPPORTED where the
 * driver has no such figure. */
gboolean pool_usage(struct pool *pool, guint64 *size, guint64 *used,
                    GError **error);
/* [W] Adds to details, which is empty. Nothing where the driver has no figure; else errors
 * as above. */
gboolean pool_read_details(struct pool *pool, struct pool_details *details, GError **error);
/* A copy in details that are empty. */
void pool_details_carry(const struct pool_details *from, struct pool_details *to);
void pool_details_clear(struct pool_details *details);
/* G_MAXUINT64: there is none of that name. */
guint64 pool_details_get(const struct pool_details *details, const char *name);
/* [W] The one of `pools` (struct pool) that this one's directory is in: the innermost by
 * the path, else that with its file system (spec/storage.md 2.8); NULL: none is known. */
const struct pool *pool_included_in(const struct pool *pool, const GPtrArray *pools);
/* [W] EXISTS: its directory is that of one of `others` by another name, or in what that has
 * of qubes. */
gboolean pool_check_place(const struct pool *pool, const GPtrArray *others, GError **error);
/* [W] What is in it that nobody claims, by name. UNSUPPORTED; errors of the disk. */
GPtrArray *pool_orphans(struct pool *pool, const struct pool_claims *claims,
                        GError **error);
/* Whether it can grow at all: UNSUPPORTED says what to do instead. */
gboolean pool_can_extend(const struct pool *pool, GError **error);
/* [W] How much of *bytes pool_extend() would add: it goes by whole units. INVALID: that is
 * nothing. NOSPACE. */
gboolean pool_room(struct pool *pool, gboolean metadata, guint64 *bytes, GError **error);
/* [W] Its data or its metadata get so much more; *bytes is what was added. NOSPACE. An
 * error says if it is larger all the same. */
gboolean pool_extend(struct pool *pool, gboolean metadata, guint64 *bytes, GError **error);
