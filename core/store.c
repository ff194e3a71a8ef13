/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/store.h"

#include "core/layout.h"
#include "core/model-private.h"
#include "core/store-private.h"
#include "util/error.h"
#include "util/job.h"

/* Of a first store: what readers of 4.2 and of 4.3 understand alike. Tags before
 * devices, or it would be taken for one that 4.2 wrote (model.h: old). */
static const struct store_form common = { .tags_first = TRUE };

struct store *store_new(const char *root)
{
    struct store *store = g_new0(struct store, 1);

    store->root = g_strdup(root);
    store->path = layout_path(root, LAYOUT_STORE);
    store->form = common;
    store->raw = raw_texts_new();
    return store;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    store_image_clear(&store->image);
    g_ptr_array_unref(store->raw);
    g_free(store->root);
    g_free(store->path);
    g_free(store);
}

const char *store_path(const struct store *store)
{
    return store->path;
}

/* Forgets what is known of the file. */
static void reset(struct store *store)
{
    store_image_clear(&store->image);
    store->image.sections = g_array_new(FALSE, FALSE, sizeof(struct section));
    store->image.domains = g_array_new(FALSE, FALSE, sizeof(struct span));
    store->form = common;
    g_ptr_array_set_size(store->raw, 0);
}

/* Upstream keeps copies of the store, and so do we. NULL: there are none. */
static char *copies_hint(const struct store *store)
{
    g_autofree char *dir = layout_path(store->root, LAYOUT_BACKUP);

    return g_file_test(dir, G_FILE_TEST_IS_DIR)
               ? g_strdup_printf("'qmc xml log' ranks the copies in %s, 'qmc xml "
                                 "restore' puts one back", dir) : NULL;
}

static char *missing_hint(const struct store *store)
{
    g_autofree char *dir = g_path_get_dirname(store->path);

    if (g_file_test(dir, G_FILE_TEST_IS_DIR))
        return g_strdup("make one with qubes-create, or name another root with "
                        "--root; 'qmc --demo' shows qmc without any");
    if (*store->root)
        return g_strdup("name the directory that holds the system's var/lib/qubes "
                        "with --root");
    return g_strdup("this is no Qubes OS: name its root with --root, or try "
                    "'qmc --demo'");
}

static char *hint_for(const struct store *store, const GError *cause)
{
    g_autofree char *copies = NULL;

    if (error_hint(cause))
        return g_strdup(error_hint(cause));
    if (error_is(cause, QMC_ERROR_DENIED))
        return g_strdup("be root or of the group 'qubes'");
    copies = copies_hint(store);
    if (!copies && error_is(cause, QMC_ERROR_NOTFOUND))
        return missing_hint(store);
    return copies ? g_steal_pointer(&copies)
                  : g_strdup("mend that line, or restore the file from a backup");
}

/* The same error with what to do about it. */
static void advise(const struct store *store, GError **error, GError *cause)
{
    g_autofree char *hint = hint_for(store, cause);

    error_set(error, (QmcErrorCode)cause->code, hint, "%s", cause->message);
    g_error_free(cause);
}

static gboolean take_all(struct store *store, struct model *model, GError **error)
{
    if (!store_parse(store, model, error))
        return FALSE;
    store_check(model);
    store_build(store, model);
    for (int kind = 0; kind < SECTION_WRITTEN; kind++)
        store->image.was[kind] = store_section_text(store, model, kind);
    return TRUE;
}

static gboolean read_all(struct store *store, struct model *model, GError **error)
{
    store->image.bytes = file_read(store->path, STORE_MAX, &store->image.stamp, error);
    return store->image.bytes && take_all(store, model, error);
}

gboolean store_parse_bytes(struct store *store, struct model *model, GBytes *bytes)
{
    reset(store);
    model_clear(model);
    store->image.bytes = g_bytes_ref(bytes);
    return store_parse(store, model, NULL);
}

gboolean store_load_bytes(struct store *store, struct model *model, GBytes *bytes,
                          GError **error)
{
    reset(store);
    model_clear(model);
    store->image.bytes = g_bytes_ref(bytes);
    if (take_all(store, model, error))
        return TRUE;
    reset(store);
    model_clear(model);
    return FALSE;
}

gboolean store_load(struct store *store, struct model *model, GError **error)
{
    GError *cause = NULL;

    struct file_stamp before;
    gboolean there = file_stamp_path(store->path, &before, NULL);

    reset(store);
    model_clear(model);
    store->unread_there = FALSE;
    if (read_all(store, model, &cause))
        return TRUE;
    reset(store);
    model_clear(model);
    store->unread_there = there;
    if (there)
        store->unread = before;
    advise(store, error, cause);
    return FALSE;
}

void store_swap(struct store *store, struct store *other)
{
    struct store was = *store;

    *store = *other;
    *other = was;
}

gboolean store_stamp(const struct store *store, struct file_stamp *stamp)
{
    if (!store->image.bytes)
        return FALSE;
    *stamp = store->image.stamp;
    return TRUE;
}

/* NULL: there was none. */
static const struct file_stamp *seen(const struct store *store)
{
    return store->image.bytes ? &store->image.stamp
                              : store->unread_there ? &store->unread : NULL;
}

static gboolean same_seen(const struct file_stamp *one, const struct file_stamp *two)
{
    return one && two ? file_stamp_equal(one, two) : one == two;
}

void store_see(struct store *store, const struct store *other)
{
    const struct file_stamp *stamp = seen(other);

    g_return_if_fail(!store->image.bytes);
    store->unread_there = stamp != NULL;
    if (stamp)
        store->unread = *stamp;
}

gboolean store_saw(const struct store *store, const struct store *other)
{
    return same_seen(seen(store), seen(other));
}

gboolean store_stale(const struct store *store)
{
    struct file_stamp now;

    job_may_block();
    return !same_seen(file_stamp_path(store->path, &now, NULL) ? &now : NULL, seen(store));
}

static GString *serialise(const struct store *store, const struct model *model,
                          gboolean anew)
{
    auto_of(store_document) struct store_document *document =
        store_document_new(store, model, anew);

    return g_steal_pointer(&document->text);
}

GString *store_serialise(const struct store *store, const struct model *model)
{
    return serialise(store, model, FALSE);
}

GString *store_serialise_anew(const struct store *store, const struct model *model)
{
    return serialise(store, model, TRUE);
}

/* A first store (spec 6.7). */

static void labels_make(struct model *model)
{
    static const struct {
        const char *name;
        const char *color;
    } first[] = {
        { "red", "0xcc0000" },  { "orange", "0xf57900" }, { "yellow", "0xedd400" },
        { "green", "0x73d216" }, { "gray", "0x555555" },  { "blue", "0x3465a4" },
        { "purple", "0x75507b" }, { "black", "0x000000" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(first); i++) {
        struct label *label = g_new(struct label, 1);

        *label = (struct label){
            (int)i + 1, g_strdup(first[i].name), g_strdup(first[i].color), FALSE,
        };
        g_ptr_array_add(model->labels, label);
    }
}

static void pool_make(struct model *model, const char *const *attrs)
{
    struct pool_entry *entry = pool_entry_new(attrs[1], attrs[5]);

    for (; *attrs; attrs += 2)
        pool_entry_set(entry, attrs[0], attrs[1]);
    g_ptr_array_add(model->pools, entry);
}

static void pools_make(struct model *model)
{
    static const char *const images[] = {
        "name", "varlibqubes", "dir_path", LAYOUT_BASE, "driver", "file-reflink",
        "revisions_to_keep", "1", NULL,
    };
    static const char *const kernels[] = {
        "name", "linux-kernel", "dir_path", LAYOUT_KERNELS, "driver",
        "linux-kernel", NULL,
    };

    pool_make(model, images);
    pool_make(model, kernels);
    model_put_global(model, prop_find("default_pool_kernel", 0), "linux-kernel");
}

static gboolean dom0_make(struct model *model, GError **error)
{
    struct qube *dom0 = qube_new("dom0", DOM0_UUID, 0, "AdminVM");

    qube_put(dom0, prop_find("label", CLASS_ADMIN), "black");
    if (model_add(model, dom0, error))
        return TRUE;
    qube_free(dom0);
    return FALSE;
}

gboolean store_fill_first(struct model *model, GError **error)
{
    if (model->labels->len == 0)
        labels_make(model);
    if (model->pools->len == 0)
        pools_make(model);
    return model_qube_named(model, "dom0") || dom0_make(model, error);
}

GString *store_serialise_first(struct store *store, struct model *model)
{
    reset(store);
    store_build(store, model);
    return store_serialise(store, model);
}

gboolean store_write_new(struct store *store, struct model *model, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(store->path);
    struct store_save *save;
    struct file_stamp stamp;
    gboolean ok;

    if (file_stamp_path(store->path, &stamp, NULL)) {
        error_set(error, QMC_ERROR_EXISTS, "load it, or move it away",
                  "there is a store at '%s' already", store->path);
        return FALSE;
    }
    reset(store);
    if (!store_fill_first(model, error))
        return FALSE;
    store_build(store, model);
    if (!layout_mkdirs(dir, error))
        return FALSE;
    save = store_save_new(store, model, "new");
    ok = store_save_run(save, 0, error);
    if (ok)
        store_save_commit(save, model);
    store_save_free(save);
    return ok;
}
