/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What screens and commands read (design.md 3). Main thread only, no locks.
 * Pointers to qubes are good until the next turn of the loop; keep the UUID.
 * All text is as it stands in the store: sanitise before display. */
#pragma once

#include <glib.h>

#include "core/class.h"
#include "core/event.h"
#include "core/prop.h"
#include "hv/hv.h"
#include "storage/volume.h"

enum severity { SEVERITY_INFO, SEVERITY_WARN, SEVERITY_STOP };

/* Something wrong in the text of the store. */
struct finding {
    enum severity severity;
    char *message; /* one sentence, names the thing */
    char *hint;    /* next step, or NULL */
};

/* What was not understood, verbatim: bytes of the store, never parsed again.
 * Either an element or, beginning with a blank, one attribute. */
struct raw_text {
    const char *parent; /* interned: element it belongs to: "domain", "property" ... */
    const char *at;     /* interned: which one ("netvm"), or in a container the
                         * known item it stood after; NULL: the first */
    char *text;
    gboolean devices;   /* a `devices` element: qube->devices says what it means */
};

/* One explicit property, in file order. */
struct prop_value {
    const struct prop_row *row; /* NULL: not known for this class; kept */
    const char *name;           /* interned */
    char *text;                 /* "" for empty */
    gboolean bad;               /* a finding says why; reads as if unset, but a
                                 * reference to a qube reads as none */
    gboolean unsaid;            /* the file says it in another way (1.10) */
    gboolean cut;               /* more text stands in the file, behind a comment */
};

struct pair {
    const char *name; /* interned */
    char *value;
};

/* One volume as configured; the handle is NULL if it cannot be built (a
 * finding says why), or if it is in a pool of a driver that is not ours (foreign.h). */
struct volume_config {
    const char *name;      /* interned */
    GArray *attrs;         /* struct pair, in file order; verbatim. To change
                            * one: volume_config_set() */
    GStringChunk *texts;   /* their values; the qube's */
    gboolean doubled;      /* in the file more than once: of each attribute the last
                            * one counts */
    struct volume *volume;
    gboolean foreign;
    char *pool;            /* effective name */
    guint64 used;          /* last reading; G_MAXUINT64: not known */
    guint64 size;          /* last reading of the image, else configured */
    int revisions;         /* last reading; -1: not read */
    GPtrArray *kept;       /* these: struct revision, newest first; NULL: not read */
    gboolean in_use, outdated; /* last reading, see volume.h */
    char *trouble;         /* why it could not be started as the last reading
                            * found it; NULL: it could */
};

/* Steps from qube to qube ("netvm", "template") that no chain needs: one that is
 * longer goes in circles. */
#define MODEL_HOPS 64

#define DOM0_UUID "00000000-0000-0000-0000-000000000000"

struct qube {
    char *name;
    char uuid[37];
    int qid;
    int said_qid;                  /* of the attribute `id`, which does not count; -1 */
    const struct class_row *class; /* NULL: unknown class, kept verbatim */
    const char *class_name;        /* interned, as in the store */
    GArray *props;                 /* struct prop_value */
    GArray *features;              /* struct pair */
    GPtrArray *tags;               /* char * */
    GArray *volumes;               /* struct volume_config */
    GStringChunk *texts;           /* the attributes of the volumes */
    GPtrArray *raw;                /* struct raw_text: unknown elements, devices
                                    * as they stand in the store */
    GPtrArray *devices;            /* struct device_assignment */
    gboolean devices_edited;       /* those count, not what stands in the store */
    GPtrArray *findings;           /* struct finding */
    gboolean broken;               /* listed, kept, but not to be operated on */
    gboolean nameless;             /* what it is listed as is not in the store, or is
                                    * the name of another */
    gboolean has_pci;              /* a PCI device is assigned, in any mode */
    gboolean netvm_loop;           /* its chain of netvms comes back: reads as none */

    /* Place in the bytes of the store; length 0: not from a file. */
    gsize raw_begin, raw_length;
    gboolean changed; /* differs from those bytes */
    guint64 touched;  /* generation of its last change */

    /* Of now. */
    enum power_state state;
    int xid;                       /* -1 */
    guint64 memory_kib;            /* assigned now; 0 when halted */
    guint64 maxmem_kib;            /* most it may be given now; 0: not known */
    const char *busy;              /* label of the operation at work, or NULL */
};

struct label {
    int index;
    char *name;
    char *color; /* "0xcc0000", or what else stands in the store; NULL: nothing */
    gboolean doubled; /* in the file more than once: the last one counts */
};

struct pool_entry {
    char *name;
    const char *driver;   /* interned, as in the store */
    GArray *attrs;        /* struct pair, verbatim */
    gboolean doubled;     /* in the file more than once: the last one counts */
    struct pool *pool;    /* NULL: cannot be used, or not by us: a finding says why */
    char *trouble;        /* that, or why the last reading failed; NULL: none */
    guint64 size, used;   /* last reading */
    gboolean usage_known;
    struct pool_details details; /* last reading */
    char *included_in;    /* last reading: the pool its directory is in; NULL: none */
    int told;             /* the level (pool-use.h) of which the user was told */
    GArray *growth, *metadata_growth; /* growth.h; of the readings of this process */
    GPtrArray *orphans;   /* struct remain, when they were asked for; NULL: not known */
    GPtrArray *spare;     /* the same of what reclaiming it would delete */
};

struct model {
    GPtrArray *qubes;     /* struct qube: dom0 first, then by name */
    GArray *globals;      /* struct prop_value */
    GPtrArray *labels;    /* struct label */
    GPtrArray *pools;     /* struct pool_entry */
    GPtrArray *findings;  /* of no qube */
    struct events *events;
    gboolean old;         /* 4.2 or before wrote the store: what is new in 4.3
                           * must not get into it (T51) */
    guint64 generation;   /* grows with each change */
    GHashTable *by_uuid, *by_name; /* borrowed struct qube */
    struct hv_host host;  /* of the last tick; cpus 0: unknown */
    int host_cpu_percent; /* -1: unknown */
};

struct model *model_new(void);
void model_free(struct model *model);
/* Empties it (labels, pools, qubes ...) and keeps events and generation. */
void model_clear(struct model *model);
/* They exchange what model_clear() empties; generation of the first grows. */
void model_swap(struct model *model, struct model *other);

struct qube *model_qube(const struct model *model, const char *uuid);
struct qube *model_qube_named(const struct model *model, const char *name);
struct pool_entry *model_pool(const struct model *model, const char *name);
/* Where its images lie, for display; NULL if it cannot be used. */
const char *pool_entry_dir(const struct pool_entry *entry);
/* By any spelling of the store: "label-1", "red", "1". */
const struct label *model_label(const struct model *model, const char *name);
/* Takes the qube; FALSE (qube stays the caller's) if name, qid or uuid is taken. */
gboolean model_add(struct model *model, struct qube *qube, GError **error);
/* The lowest qid that no qube has; -1: all are taken. */
int model_free_qid(const struct model *model);
/* Frees it; emits EVENT_MODEL. What refers to it is the caller's business. */
void model_remove(struct model *model, struct qube *qube);
/* The name is free. Its own only: what refers to it is the caller's business. */
void model_rename(struct model *model, struct qube *qube, const char *name);
/* Bumps the generation and emits EVENT_QUBE for it; marks it changed. */
void model_touch(struct model *model, struct qube *qube);
/* Dom0 first, then by name. */
void model_sort(struct model *model);
void model_find(struct model *model, enum severity severity, const char *hint,
                const char *format, ...) G_GNUC_PRINTF(4, 5);
void model_set_state(struct model *model, struct qube *qube,
                     enum power_state state, int xid);
void model_set_busy(struct model *model, struct qube *qube, const char *label);
void model_note(struct model *model, const char *uuid, gboolean warning,
                const char *format, ...) G_GNUC_PRINTF(4, 5);

/* uuid NULL: a random one. */
struct qube *qube_new(const char *name, const char *uuid, int qid,
                      const char *class_name);
/* The empty one the loader fills. */
struct qube *qube_new_empty(const char *class_name);
void qube_free(struct qube *qube);
/* How many there are, of the system and of all qubes. */
guint model_findings(const struct model *model);
/* As it is typed in a shell; the UUID where the name cannot be. The caller's. */
char *qube_shell_name(const struct qube *qube);
/* "see what is wrong with it: qmc show NAME", for a shell; the caller's. */
char *qube_hint_show(const struct qube *qube);
void qube_find(struct qube *qube, enum severity severity, const char *hint,
               const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Effective value: explicit and good, else the row's default. NULL: none.
 * Result is the caller's. Loops in the data end with the fallback. */
char *qube_get(const struct model *model, const struct qube *qube,
               const char *property);
gboolean qube_get_bool(const struct model *model, const struct qube *qube,
                       const char *property);
gint64 qube_get_int(const struct model *model, const struct qube *qube,
                    const char *property, gint64 otherwise);
/* NULL: none, or a qube that does not exist. */
struct qube *qube_get_vm(const struct model *model, const struct qube *qube,
                         const char *property);
gboolean qube_is_explicit(const struct qube *qube, const char *property);
/* A disposable that its template keeps for the next who needs one. */
gboolean qube_is_preload(const struct model *model, const struct qube *qube);
/* It is kept by that qube, and not damaged. */
gboolean qube_is_preloaded_of(const struct model *model, const struct qube *qube,
                              const struct qube *base);
/* All of them, struct qube. Caller frees. */
GPtrArray *qube_preloaded(const struct model *model, const struct qube *qube);
/* No validation, no side effects: prop_validate() first. Keeps the order of
 * the file, a new one goes where upstream's writer would put it. */
void qube_put(struct qube *qube, const struct prop_row *row, const char *value);
/* It follows its default again. */
void qube_drop(struct qube *qube, const struct prop_row *row);
/* What it would be if it were not explicit; NULL: none. Caller frees. */
char *qube_get_default(const struct model *model, const struct qube *qube,
                       const struct prop_row *row);

/* Feature of this qube; NULL: absent. */
const char *qube_feature(const struct qube *qube, const char *feature);
/* In the file more than once: the last one counts. */
gboolean qube_feature_doubled(const struct qube *qube, const char *feature);
/* In the place of all of that name. */
void qube_put_feature(struct qube *qube, const char *feature, const char *value);
void qube_drop_feature(struct qube *qube, const char *feature);
gboolean qube_has_tag(const struct qube *qube, const char *tag);
void qube_add_tag(struct qube *qube, const char *tag);
void qube_drop_tag(struct qube *qube, const char *tag);
/* Up a chain of references ("template", "netvm"); the first that has the key
 * wins, even if empty, and is *from (NULL ok). */
const char *qube_feature_along(const struct model *model, const struct qube *qube,
                               const char *property, const char *feature,
                               const struct qube **from);
/* The same along the templates. */
const char *qube_feature_template(const struct model *model,
                                  const struct qube *qube, const char *feature);

struct volume_config *qube_volume(const struct qube *qube, const char *name);
/* Another volume that the store gives the same image, where that would have two
 * qubes write to it; NULL: none. *owner is the qube it belongs to. */
const struct volume_config *model_volume_rival(const struct model *model,
                                               const struct volume_config *config,
                                               const struct qube **owner);
const char *volume_config_get(const struct volume_config *config, const char *attr);
/* NULL: it has no such attribute. */
void volume_config_set(struct volume_config *config, const char *attr, const char *value);
/* Only what a stop saves is there between two starts. */
gboolean volume_config_is_kept(const struct volume_config *config);
/* [W] Its directory is not there: its volumes have lost nothing. */
gboolean model_pool_is_away(const struct pool *pool);
/* [W] The image should be there and is not; *why, unless it is set, says where. */
gboolean volume_config_is_missing(const struct volume_config *config, GError **why);
/* [W] That of any volume. */
gboolean qube_misses_images(const struct qube *qube);

char *model_global(const struct model *model, const char *property);
/* Sets a global property, in the writer's order. prop_validate() first. */
void model_put_global(struct model *model, const struct prop_row *row,
                      const char *value);
void model_drop_global(struct model *model, const struct prop_row *row);
gboolean model_global_is_explicit(const struct model *model, const char *property);
char *model_global_default(const struct model *model, const struct prop_row *row);

/* POWER_RUNNING only if usable, else TRANSIENT (spec/lifecycle.md 1.2);
 * root is for /run/qubes. Cheap file system look-up. */
enum power_state qube_power(const struct model *model, const struct qube *qube,
                            const char *root, enum power_state hv_state);
