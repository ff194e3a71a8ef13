/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a storage driver promises (spec/storage.md 1.5, 1.6, 2.3, 3). Every
 * promise is tested for every driver by tests/storage/contract.c.
 *
 * Storage knows neither qubes nor hypervisors. All calls marked [W] may block.
 * The common part in volume.c takes the volume's lock, checks the arguments
 * and the state machine, and calls the driver; drivers are never called
 * directly. Adding a driver: storage/x.c and one line in drivers.list. */
#pragma once

#include <glib.h>

#include "storage/remain.h"
#include "storage/watch.h"

struct volume;
struct volume_spec;

/* In bytes, by the names of the Admin API: data_size, data_usage, metadata_size,
 * metadata_usage; and extend_free: what extend() could take now. */
struct pool_figure {
    const char *name; /* static */
    guint64 bytes;
};

/* What a pool says of itself. Zeroed by who asks; pool_details_clear(). */
struct pool_details {
    GArray *figures; /* struct pool_figure, in the order shown */
    char *trouble;   /* what is wrong with it though it answers: "out of data space";
                      * NULL: nothing */
};

/* One way to do each thing; NULL members mean UNSUPPORTED. */
struct driver {
    const char *name;                /* "file-reflink" */
    const char *const *required;     /* parameter names, NULL-terminated */
    const char *const *optional;
    gboolean in_place; /* a start gives the committed image itself to the qube */
    int keep_max;      /* the most revisions_to_keep there may be; 0: no limit */
    /* INVALID: a parameter is bad (NULL: none can be). No disk access. */
    gboolean (*fits)(const struct pool *pool, GError **error);
    /* No disk access: computes the vid from prefix/qube/volume. Caller frees. */
    char *(*vid)(const struct pool *pool, const char *prefix, const char *qube,
                 const char *volume);
    /* Puts right what old stores say of such volumes, before any check. */
    void (*adapt)(struct volume_spec *spec);
    /* INVALID if this driver cannot hold such a volume. No disk access. */
    gboolean (*check)(const struct volume *volume, GError **error);

    gboolean (*setup)(struct pool *pool, GError **error);                    /* [W] */
    gboolean (*usage)(struct pool *pool, guint64 *size, guint64 *used,
                      GError **error);                                      /* [W] */
    /* Appends to details->figures. NULL: data_size and data_usage, as usage() says. */
    gboolean (*details)(struct pool *pool, struct pool_details *details,
                        GError **error);                                    /* [W] */
    /* How much of so many bytes extend() would add to its data or its metadata: it goes
     * by whole units. INVALID: that is nothing. NOSPACE: it says how much is free. */
    gboolean (*room)(struct pool *pool, gboolean metadata, guint64 *bytes,
                     GError **error);                                       /* [W] */
    /* Adds that, of what is free around it. An error says if it is larger all the same. */
    gboolean (*extend)(struct pool *pool, gboolean metadata, guint64 bytes,
                       GError **error);                                     /* [W] */
    /* What is in the pool and of none of those: struct remain, images and directories.
     * A file or a logical volume that this driver never makes is nobody's business. */
    GPtrArray *(*orphans)(struct pool *pool, const struct pool_claims *claims,
                          GError **error);                                  /* [W] */
    /* Whether a directory is on a file system in one of the volumes of this pool. NULL:
     * pool_included_in() goes by pool_dir() alone. */
    gboolean (*carries)(const struct pool *pool, const char *dir);          /* [W] */

    gboolean (*create)(struct volume *volume, GError **error);              /* [W] */
    gboolean (*remove)(struct volume *volume, GError **error);              /* [W] */
    /* EXISTS, naming it, if there is something of a volume with this vid; NULL:
     * there never is. */
    gboolean (*vacant)(const struct volume *volume, GError **error);        /* [W] */
    /* Gives a volume that has nothing what another one of the pool has, with the
     * revisions and at no cost in space. Neither is in use; removing one of them
     * leaves the other. On failure it has nothing again. */
    gboolean (*share)(struct volume *volume, const struct volume *source,
                      GError **error);                                      /* [W] */
    gboolean (*verify)(struct volume *volume, GError **error);              /* [W] */
    gboolean (*start)(struct volume *volume, GError **error);               /* [W] */
    gboolean (*stop)(struct volume *volume, GError **error);                /* [W] idempotent */
    gboolean (*resize)(struct volume *volume, guint64 size, GError **error);/* [W] */
    /* Whether clone() can take from that one, of the same driver; NULL: from any. */
    gboolean (*reaches)(const struct volume *volume, const struct volume *source);
    /* Fills this volume, which may have nothing, from another one of the same
     * driver. */
    gboolean (*clone)(struct volume *volume, struct volume *source,
                      const struct watch *watch, GError **error);           /* [W] */
    /* Makes the named revision the present state, and what is there now a
     * revision. The volume is not in use. NOTFOUND. */
    gboolean (*revert)(struct volume *volume, const char *revision,
                       GError **error);                                     /* [W] */
    gboolean (*pin)(struct volume *volume, const char *revision, gboolean pinned,
                    GError **error);                                        /* [W] */
    /* It counts as in use by what a run has left, which a stop throws away and nobody has
     * open; NULL: that cannot be told. */
    gboolean (*abandoned)(const struct volume *volume);                     /* [W] */
    /* What may go of a volume that is not in use: what was cut off, precaches and imports
     * that nobody takes any more, revisions beyond those it keeps, never a pinned one;
     * of an abandoned one that, too.
     * struct remain; discard() deletes some of these. */
    GPtrArray *(*spare)(const struct volume *volume, GError **error);        /* [W] */
    gboolean (*discard)(struct volume *volume, const GPtrArray *spare,
                        GError **error);                                    /* [W] */
    /* Where new content is to be written to: an object apart, of `size` zeros.
     * What an earlier import left is gone. The volume is not in use. */
    char *(*import)(struct volume *volume, guint64 size, GError **error);    /* [W] */
    /* Makes it the present state as one revision; or removes it, success if
     * there is none. After a failed commit it is removed too. */
    gboolean (*import_commit)(struct volume *volume, GError **error);       /* [W] */
    gboolean (*import_drop)(struct volume *volume, GError **error);         /* [W] */
    /* Opens what a start would begin from (M-8) for reading. -1 on failure. */
    int (*export)(struct volume *volume, GError **error);                   /* [W] */

    /* What it remembers of its volumes is to be asked anew: somebody else may have changed
     * them. NULL: it looks each time. */
    void (*outdate)(void);

    /* Getters: no lock, no state change, cheap system calls only [W]. */
    /* Whether the image that a start makes is there, whatever a stop does
     * with it. TRUE with an error: that cannot be told. */
    gboolean (*in_use)(const struct volume *volume, GError **error);
    /* Something is left of work that was cut off, which a stop removes; NULL: there
     * never is. */
    gboolean (*unfinished)(const struct volume *volume);
    /* Started from a state that its source no longer has. */
    gboolean (*outdated)(const struct volume *volume);
    guint64 (*size)(const struct volume *volume);  /* 0: nothing there */
    guint64 (*used)(const struct volume *volume); /* G_MAXUINT64: not known */
    char *(*path)(const struct volume *volume);    /* NULL: do not attach */
    /* Whether whoever gets one that is rw may write to it; NULL: always. */
    gboolean (*writable)(const struct volume *volume);
    /* Of its encrypted layer in device-mapper (storage/ephemeral.h). No disk access. */
    char *(*crypt_name)(const struct volume *volume);
    /* Of its files; NULL: that of the path. */
    char *(*dir)(const struct volume *volume);
    /* struct revision, newest first; what is none and only called like one is left out.
     * NULL: they cannot be told. */
    GPtrArray *(*revisions)(const struct volume *volume, GError **error);
};

const struct driver *driver_find(const char *name);
const struct driver *const *driver_all(void); /* NULL-terminated */
/* One more, that is not in drivers.list: it stays. Before any other thread looks; nothing
 * if there is one of its name. */
void driver_add(const struct driver *driver);
