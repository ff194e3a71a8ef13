/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One save: lock, compare, keep, replace (spec/qubes-xml.md 6.4). */
#include "config.h"

#include "core/store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/layout.h"
#include "core/store-history.h"
#include "util/error.h"
#include "util/job.h"
#include "util/log.h"
#include "util/text.h"
#include "util/xml.h"

#define HOLDER "/store.holder"
#define FIRST "/store.first"
#define HOLDER_MAX 256

struct store_save {
    struct store *store;              /* main */
    char *root, *path, *verb;
    gboolean first;                   /* there was no file */
    struct file_stamp from;           /* what the document was made from */
    GBytes *from_bytes;               /* and what that said; NULL: not known */
    struct store_document *document;  /* NULL: `copy` is written as it is */
    GBytes *copy;
    guint64 generation;               /* of the model it was made from */
    struct file_stamp to;             /* what it became */
    char *kept;                       /* the former store */
    gboolean same;                    /* the document is what the file says */
    gboolean stale, done;
    struct file_lock *lock;           /* while it runs, and while it is stale */
};

static void unlock(struct store_save *save);

static gboolean is_same(const struct store *store, const GString *text)
{
    gsize size = 0;
    const char *bytes = store->image.bytes
                            ? g_bytes_get_data(store->image.bytes, &size) : NULL;

    return bytes && size == text->len && memcmp(bytes, text->str, size) == 0;
}

struct store_save *store_save_new(struct store *store, struct model *model,
                                  const char *verb)
{
    struct store_save *save = g_new0(struct store_save, 1);

    save->store = store;
    save->root = g_strdup(store->root);
    save->path = g_strdup(store->path);
    save->verb = g_strdup(verb);
    save->first = store->image.bytes == NULL;
    save->from = store->image.stamp;
    if (store->image.bytes)
        save->from_bytes = g_bytes_ref(store->image.bytes);
    save->document = store_document_new(store, model, FALSE);
    save->same = is_same(store, save->document->text);
    save->generation = model->generation;
    return save;
}

struct store_save *store_save_new_copy(const char *root, GBytes *copy,
                                       const struct file_stamp *present)
{
    struct store_save *save = g_new0(struct store_save, 1);

    save->root = g_strdup(root);
    save->path = layout_path(root, LAYOUT_STORE);
    save->verb = g_strdup("restore");
    save->first = present == NULL;
    if (present)
        save->from = *present;
    save->copy = g_bytes_ref(copy);
    return save;
}

void store_save_free(struct store_save *save)
{
    if (!save)
        return;
    unlock(save);
    if (save->document)
        store_document_free(save->document);
    g_clear_pointer(&save->copy, g_bytes_unref);
    g_clear_pointer(&save->from_bytes, g_bytes_unref);
    g_free(save->root);
    g_free(save->path);
    g_free(save->verb);
    g_free(save->kept);
    g_free(save);
}

gboolean store_save_stale(const struct store_save *save)
{
    return save->stale;
}

const char *store_save_kept(const struct store_save *save)
{
    return save->kept;
}

/* What was written must read back as what was meant: counted by a second
 * reader that shares nothing with the writer. */

struct self_check {
    int depth;
    guint domains;
    gboolean in_domains;
    char *flaw; /* the first; NULL: none */
};

static gboolean self_start(const char *name, const struct xml_attr *attrs,
                           gsize begin, gpointer data, GError **error)
{
    struct self_check *check = data;

    if (check->depth == 1)
        check->in_domains = g_str_equal(name, "domains");
    if (check->depth == 2 && check->in_domains && g_str_equal(name, "domain"))
        check->domains++;
    check->depth++;
    return TRUE;
}

static gboolean self_end(const char *name, const char *text, gsize end,
                         gpointer data, GError **error)
{
    ((struct self_check *)data)->depth--;
    return TRUE;
}

static void self_flaw(const char *why, gpointer data)
{
    struct self_check *check = data;

    if (!check->flaw)
        check->flaw = g_strdup(why);
}

static gboolean refuse_flaw(const struct store_save *save, const char *flaw,
                            GError **error)
{
    error_set(error, QMC_ERROR_INVALID,
              "the file was not touched; declare the prefix in it with an editor: "
              "qmc xml check",
              "cannot save '%s': qubesd could not read it: %s", save->path, flaw);
    return FALSE;
}

static gboolean says_what_is_meant(const struct store_save *save, GError **error)
{
    const GString *text = save->document->text;
    g_autoptr(GBytes) bytes = g_bytes_new_static(text->str, text->len);

    return store_account_check(save->document->account, bytes, error);
}

static gboolean self_check(const struct store_save *save, GError **error)
{
    static const struct xml_handler handler = { self_start, self_end, self_flaw };
    const GString *text = save->document->text;
    g_autoptr(GError) cause = NULL;
    struct self_check check = { 0 };

    if (text->len > STORE_MAX) {
        error_set(error, QMC_ERROR_NOSPACE, "remove qubes",
                  "'%s' would become larger than any reader takes", save->path);
        return FALSE;
    }
    if (xml_parse("the new store", text->str, text->len, &handler, &check, &cause) &&
        check.domains == save->document->domains->len && !check.flaw)
        return says_what_is_meant(save, error);
    if (check.flaw && !cause) {
        g_autofree char *flaw = check.flaw;

        return refuse_flaw(save, flaw, error);
    }
    g_free(check.flaw);
    error_set(error, QMC_ERROR_INTERNAL, "the file was not touched; report this",
              "cannot save '%s': what was to be written cannot be read back: %s",
              save->path, cause ? cause->message : "qubes are missing");
    return FALSE;
}

/* The holder. */

static char *holder_path(const struct store_save *save)
{
    return layout_path(save->root, LAYOUT_RUN HOLDER);
}

/* The lock is held, so one name is enough for what is not whole yet, and what a
 * killed holder has left there is written over; a full disk leaves nothing. No
 * fsync: it says nothing about a machine that was started since. */
static gboolean holder_set(const char *path, const char *text)
{
    g_autofree char *fresh = g_strconcat(path, "~", NULL);
    auto_fd int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                          0660);
    size_t len = strlen(text);
    int cause;

    if (fd >= 0 && write(fd, text, len) == (ssize_t)len && rename(fresh, path) == 0)
        return TRUE;
    cause = errno;
    unlink(fresh);
    errno = cause;
    return FALSE;
}

static void holder_write(const struct store_save *save)
{
    g_autofree char *dir = layout_path(save->root, LAYOUT_RUN);
    g_autofree char *path = holder_path(save);
    g_autofree char *text = g_strdup_printf("%d %s\n", (int)getpid(), save->verb);
    g_autoptr(GError) error = NULL;

    if (!layout_mkdirs(dir, &error))
        log_line("store", "no holder file: %s", error->message);
    else if (!holder_set(path, text))
        log_line("store", "no holder file: %s", g_strerror(errno));
}

static void holder_remove(const struct store_save *save)
{
    g_autofree char *path = holder_path(save);

    unlink(path);
}

/* Says who has the lock, if they left their name. */
static void busy_explain(const struct store_save *save, GError **error)
{
    g_autofree char *path = holder_path(save);
    g_autoptr(GBytes) untrusted = file_read(path, HOLDER_MAX, NULL, NULL);
    g_autofree char *who = NULL;

    if (!untrusted || !error || !error_is(*error, QMC_ERROR_BUSY))
        return;
    who = text_sanitise(g_bytes_get_data(untrusted, NULL),
                        (gssize)g_bytes_get_size(untrusted));
    g_clear_error(error);
    error_set(error, QMC_ERROR_BUSY, "try again when it has finished",
              "'%s' is being written by process %s", save->path, g_strstrip(who));
}

static void unlock(struct store_save *save)
{
    if (!save->lock)
        return;
    holder_remove(save);
    g_clear_pointer(&save->lock, file_lock_release);
}

/* One that was inherited may be of a file that has lost its name since. */
static gboolean lock(struct store_save *save, int timeout_ms, GError **error)
{
    if (save->lock && file_lock_current(save->lock, save->path))
        return TRUE;
    unlock(save);
    save->lock = file_lock_take(save->path, FALSE, timeout_ms, error);
    if (!save->lock) {
        busy_explain(save, error);
        return FALSE;
    }
    holder_write(save);
    return TRUE;
}

void store_save_inherit(struct store_save *save, struct store_save *former)
{
    g_return_if_fail(!save->lock);
    save->lock = g_steal_pointer(&former->lock);
}

/* Writing. */

static gboolean refuse_stale(struct store_save *save, GError **error)
{
    save->stale = TRUE;
    error_set(error, QMC_ERROR_BUSY, "try again",
              "'%s' was changed by another program meanwhile", save->path);
    return FALSE;
}

/* keep: NULL: the first one. */
static gboolean replace(struct store_save *save, const char *keep, GError **error)
{
    const struct file_replace how = {
        .path = save->path, .mode = 0660, .group = LAYOUT_GROUP, .keep = keep,
        .lock = save->lock, .was = keep ? &save->from : NULL,
        .was_bytes = save->from_bytes, .first = keep == NULL,
    };
    g_autoptr(GError) cause = NULL;
    gsize len = 0;
    const char *text = save->copy ? g_bytes_get_data(save->copy, &len)
                                  : save->document->text->str;

    if (file_replace(&how, text, save->copy ? len : save->document->text->len,
                     &save->to, &cause))
        return TRUE;
    if (error_is(cause, QMC_ERROR_BUSY))
        return refuse_stale(save, error);
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

/* There is no store yet to hold, so those who make the first one hold this. */
static struct file_lock *lock_first(const struct store_save *save, int timeout_ms,
                                    GError **error)
{
    g_autofree char *dir = layout_path(save->root, LAYOUT_RUN);
    g_autofree char *path = g_strconcat(dir, FIRST, NULL);

    return layout_mkdirs(dir, error)
               ? file_lock_take(path, TRUE, timeout_ms, error) : NULL;
}

static gboolean write_first(struct store_save *save, int timeout_ms, GError **error)
{
    auto_of(file_lock) struct file_lock *first = lock_first(save, timeout_ms, error);

    if (!first)
        return FALSE;
    return replace(save, NULL, error);
}

/* What a copy replaces was not read by who puts it there, and may be anything. */
static void know_bytes(struct store_save *save)
{
    struct file_stamp stamp;
    GBytes *bytes = file_read(save->path, STORE_MAX, &stamp, NULL);

    if (bytes && file_stamp_equal(&stamp, &save->from))
        save->from_bytes = bytes;
    else if (bytes)
        g_bytes_unref(bytes);
}

static gboolean write_locked(struct store_save *save, GError **error)
{
    g_autofree char *keep = NULL;
    struct file_stamp now;

    if (!file_stamp_path(save->path, &now, error))
        return FALSE;
    if (!file_stamp_equal(&now, &save->from))
        return refuse_stale(save, error);
    if (save->same) {
        save->to = now;
        return TRUE;
    }
    if (!save->from_bytes)
        know_bytes(save);
    keep = store_history_place(save->root, error);
    if (!keep || !replace(save, keep, error))
        return FALSE;
    /* What a model was saved over had been loaded; what a copy replaces may be
     * what made it necessary. */
    store_history_prune(save->root, &store_history_limits, keep, !save->copy);
    g_free(save->kept);
    save->kept = g_steal_pointer(&keep);
    return TRUE;
}

static gboolean write_again(struct store_save *save, int timeout_ms, GError **error)
{
    gboolean ok;

    if (!lock(save, timeout_ms, error))
        return FALSE;
    ok = write_locked(save, error);
    if (!save->stale)
        unlock(save);
    return ok;
}

gboolean store_save_run(struct store_save *save, int timeout_ms, GError **error)
{
    job_may_block();
    save->stale = FALSE;
    if (!save->copy && !self_check(save, error))
        return FALSE;
    save->done = save->first ? write_first(save, timeout_ms, error)
                             : write_again(save, timeout_ms, error);
    return save->done;
}

/* After the save. */

static void place(struct model *model, const struct store_save *save, guint i)
{
    const char *uuid = g_ptr_array_index(save->document->uuids, i);
    const struct span *span =
        &g_array_index(save->document->domains, struct span, i);
    struct qube *qube = model_qube(model, uuid);

    if (!qube)
        return; /* removed since */
    qube->raw_begin = span->begin;
    qube->raw_length = span->end - span->begin;
    if (qube->touched <= save->generation)
        qube->changed = FALSE;
}

void store_save_commit(struct store_save *save, struct model *model)
{
    g_return_if_fail(save->done && save->document);
    for (guint i = 0; i < save->document->domains->len; i++)
        place(model, save, i);
    store_image_adopt(&save->store->image, save->document, &save->to);
}
