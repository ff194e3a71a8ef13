/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The store's own knowledge of the file, and what its parts share. */
#pragma once

#include "core/store-account.h"
#include "core/store.h"

enum section_kind { SECTION_LABELS, SECTION_POOLS, SECTION_GLOBALS, SECTION_DOMAINS };
#define SECTION_WRITTEN 3 /* those before the domains */

struct section {
    enum section_kind kind;
    gsize begin, end;
};

struct span {
    gsize begin, end;
};

/* How the release that wrote the file spells what releases spell differently. */
struct store_form {
    gboolean tags_first;  /* tags before devices (4.3) */
    gboolean write_false; /* False flags of volumes are written (4.3.47) */
    gboolean sorted;      /* attributes by name (4.0) */
    gboolean device_modes; /* devices are written with mode and identity (4.3) */
};

/* What is known of one state of the file; a save makes the next one. */
struct store_image {
    GBytes *bytes;     /* NULL: there is no file */
    struct file_stamp stamp;
    struct span root;  /* the element `qubes` */
    GArray *sections;  /* struct section, in file order */
    GArray *domains;   /* struct span, in file order */
    GString *was[SECTION_WRITTEN]; /* what the writer would have written then */
};
void store_image_clear(struct store_image *image);

struct store {
    char *root, *path;
    struct store_form form;
    struct store_image image;
    struct file_stamp unread; /* of a file that was seen, but is not the image */
    gboolean unread_there;    /* FALSE: there was none, or it is */
    GPtrArray *raw; /* struct raw_text outside of qubes */
};

/* A repair that no command is for: what is to be done to which element, in qubes.xml
 * with an editor, or to go back to a copy. Caller frees. */
char *store_by_hand(const char *format, ...) G_GNUC_PRINTF(1, 2);

#define STORE_MAX ((gsize)64 << 20)

/* store-load.c: "label-7" is 7; -1: it is no such text. */
int store_id_number(const char *id);
/* The model as the text says, nothing looked up. */
gboolean store_parse(struct store *store, struct model *model, GError **error);
/* The same of bytes that are none of a file's; FALSE: they do not read. */
gboolean store_parse_bytes(struct store *store, struct model *model, GBytes *bytes);
/* store-check.c: names, order, findings. */
void store_check(struct model *model);
/* The part of it that says who each qube is. */
void store_identify(struct model *model);
/* store-refusal.c: why qubesd would not load the store for it; NULL: it would. */
const char *store_refusal_pool(const struct pool_entry *entry);
/* Attributes of a volume as they stand; NULL: not there. */
struct store_volume_said {
    const char *pool, *vid, *keep, *size, *rw, *save, *snap, *source;
    const char *odd;       /* the name of one that no volume has */
    gboolean usually_snap; /* by its class */
};
/* pool: the one it is in; NULL: there is none. */
const char *store_refusal_volume(const struct pool_entry *pool,
                                 const struct store_volume_said *said);
/* Of a value that is none for the row: whether qubesd says so too as it loads. */
gboolean store_refusal_prop(const struct model *model, const struct qube *qube,
                            const struct prop_value *value);
/* store-migrate.c: what earlier releases meant; names are known. */
void store_migrate(struct model *model);
/* The part of it that calls properties of a qube as they are called now; its class is
 * known. */
void store_migrate_names(struct qube *qube);
/* NULL: it is no property of an earlier release. */
const char *store_migrated_name(const char *old);
/* Whether a global property that has no row any more still means something. */
gboolean store_migrates(const char *global);
/* store-volume.c: struct pool and struct volume for all entries that can have
 * one; volumes the class has and the file lacks. */
void store_build(const struct store *store, struct model *model);
/* store-write.c: the whole element of a section before the domains. */
GString *store_section_text(const struct store *store, const struct model *model,
                            enum section_kind kind);

/* Whose lists are written: a qube's, or with none the system's. */
struct store_subject {
    const struct store_form *form;
    const GPtrArray *raw; /* struct raw_text */
    const struct qube *qube;
    const struct model *model;
};
struct store_subject store_subject_qube(const struct store_form *form,
                                        const struct qube *qube);
struct store_subject store_subject_system(const struct store *store,
                                          const struct model *model);

/* First those of a qube, in the order of the writer; the system has the others, and
 * properties. */
enum store_list {
    STORE_PROPS, STORE_FEATURES, STORE_TAGS, STORE_VOLUMES, STORE_LABELS, STORE_POOLS,
    STORE_LISTS
};
extern const struct store_list_name {
    const char *container, *leaf;
} store_list_names[STORE_LISTS];
enum store_list store_section_list(enum section_kind kind);
guint store_items(const struct store_subject *of, enum store_list kind);
/* Of a label "label-1". */
const char *store_item_name(const struct store_subject *of, enum store_list kind, guint i);
/* Its element, without a line of its own; nothing for a volume that has none. */
void store_item_write(GString *out, const struct store_subject *of, enum store_list kind,
                      guint i);
/* The container. */
void store_list_write(GString *out, const struct store_subject *of, enum store_list kind);
gboolean store_has_volumes(const struct qube *qube);
/* A changed one is written with the UUID it was given. */
gboolean store_lacks_uuid(const struct qube *qube);
/* A flag of a volume that means the same if it is not written. */
gboolean store_flag_is_usual(const struct qube *qube, const char *volume,
                             const char *attr, const char *value);

/* store-patch.c: the element of a changed qube as it stands in the file (raw: where
 * it begins), only what changed in it written anew. FALSE: that cannot be had, and
 * nothing was appended. */
gboolean store_domain_patch(GString *out, const struct store_form *form,
                            const struct qube *qube, const char *raw);
/* The same of the elements of one kind: char *, in file order; the caller's. NULL:
 * that cannot be had. */
GPtrArray *store_section_patch(const struct store *store, const struct model *model,
                               enum section_kind kind);
void store_domain_write(GString *out, const struct store_form *form,
                        const struct qube *qube);
/* Elements and attributes kept of the store itself: of `parent`, all of them. */
void store_raw_write(GString *out, const struct store *store, const char *parent,
                     gboolean attrs);

/* store-document.c: a document and where things stand in it. */
struct store_document {
    GString *text;
    struct span root;  /* the element `qubes` */
    GArray *sections;  /* struct section */
    GArray *domains;   /* struct span */
    GPtrArray *uuids;  /* char *, of the qube of each span; "" for none */
    GString *was[SECTION_WRITTEN];
    guint comments;    /* it is to have, if it was made of another */
    struct store_account *account; /* what the text is meant to say */
};
/* anew: every qube and section is written by us, not copied. */
struct store_document *store_document_new(const struct store *store,
                                          const struct model *model,
                                          gboolean anew);
void store_document_free(struct store_document *document);
AUTO_DEFINE(store_document, struct store_document, store_document_free)
/* The document became the file: the image takes its places. */
void store_image_adopt(struct store_image *image, struct store_document *document,
                       const struct file_stamp *stamp);
