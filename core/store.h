/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qubes.xml (spec/qubes-xml.md 1, 2, 6.4; design.md 6).
 *
 * Load is tolerant: what is wrong becomes a finding, the rest loads. Bytes
 * nobody changed are written back as they were: a qube that was not touched,
 * and unknown elements anywhere, are copied from the file that was read. Of a
 * changed qube the elements that say something else now are written anew, in the
 * form of the release that wrote the file; the others, and comments beside them,
 * stay as they were (store-patch.c). Load and save without a change is
 * byte-identical. */
#pragma once

#include "core/model.h"
#include "util/file.h"

struct store;

/* root: see layout.h. No file access. */
struct store *store_new(const char *root);
void store_free(struct store *store);
const char *store_path(const struct store *store);

/* Fills the (cleared) model. Pools, volumes and findings included; emits no
 * event. More than 20000 qubes are INVALID. On failure
 * the model is empty and the message says which line and why: NOTFOUND (with
 * the hint how to make or restore one), INVALID (not a store: empty, not XML,
 * truncated, over 64 MiB, document type), IO, DENIED. May take milliseconds
 * per 1000 qubes; allowed on main. */
gboolean store_load(struct store *store, struct model *model, GError **error);

/* The same of a store that is in memory; its path serves for messages. */
gboolean store_load_bytes(struct store *store, struct model *model, GBytes *bytes,
                          GError **error);

/* Handles for the volumes of a qube that is not in the model yet, and those its
 * class has; why one cannot be built is a finding of the qube. */
void store_build_qube(struct model *model, struct qube *qube);

/* They exchange what they know of the file; of the same root. */
void store_swap(struct store *store, struct store *other);

/* The file that was loaded or saved last; FALSE: there is none. */
gboolean store_stamp(const struct store *store, struct file_stamp *stamp);

/* [W] TRUE if the file is not the one that was loaded or saved last, or the one that
 * could not be: that one it has seen. */
gboolean store_stale(const struct store *store);
/* One that was not loaded yet has seen what the other has: so a worker can look whether
 * that is stale. */
void store_see(struct store *store, const struct store *other);
/* Both have seen the same file last. */
gboolean store_saw(const struct store *store, const struct store *other);

/* The whole document for the model as it is now. */
GString *store_serialise(const struct store *store, const struct model *model);
/* All qubes written anew, nothing copied: for tests of the writer. */
GString *store_serialise_anew(const struct store *store, const struct model *model);

/* One save, made on main, run on a worker [W]: lock, check that the file is
 * still the one the document was made from (else BUSY with
 * store_save_stale() TRUE: reload, apply again, save again), exchange it with the
 * previous one, which is in the history then (store-history.h; failing that, fail),
 * look whether that is what was checked (else it gets its name back, and as before),
 * fsync.
 * Holder's pid and verb stand in <run>/qmc/store.holder while the lock is
 * held. A document that says what the file says already is not written. */
struct store_save;
struct store_save *store_save_new(struct store *store, struct model *model,
                                  const char *verb);
/* Any thread: the bytes of a copy that was read (store-history.h) take the place
 * of the store as it was seen (NULL: there was none), readable or not. */
struct store_save *store_save_new_copy(const char *root, GBytes *copy,
                                       const struct file_stamp *present);
gboolean store_save_run(struct store_save *save, int timeout_ms, GError **error);
gboolean store_save_stale(const struct store_save *save);
/* Before the run: the lock that a stale save keeps until it is freed goes over to
 * the next save of the same change. Nobody can be quicker than that one, however
 * many want to save; without it each would begin again whenever another one
 * was. Nothing slow may be done in between. */
void store_save_inherit(struct store_save *save, struct store_save *former);
/* After a run: where the former store is kept; NULL: there was none. */
const char *store_save_kept(const struct store_save *save);
/* Main, after a successful run, of store_save_new() alone: the store now counts
 * as loaded from the new file, and the model's qubes as unchanged, but for those
 * touched after store_save_new(). Between run and commit store_stale() is TRUE. */
void store_save_commit(struct store_save *save, struct model *model);
void store_save_free(struct store_save *save);

/* Main, before such a global property goes: what qubes have by it alone
 * (spec/qubes-xml.md 1.10) they are written with. */
void store_settle(struct model *model, const char *global);

/* What every store has (spec 6.7) and the model lacks: labels, pools, dom0. */
gboolean store_fill_first(struct model *model, GError **error);
/* The document of a first store of the model, volumes by class; in the form that
 * both 4.2 and 4.3 read. Forgets what file the store knew. */
GString *store_serialise_first(struct store *store, struct model *model);

/* Writes a first store (spec 6.7) of what the model has, for the demo and for
 * tests: labels, pools and dom0 are added if it has none, volumes by class. In
 * the form that both 4.2 and 4.3 read. EXISTS. */
gboolean store_write_new(struct store *store, struct model *model, GError **error);
