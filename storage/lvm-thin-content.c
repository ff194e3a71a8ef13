/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What replaces the content of a volume of driver lvm_thin while it is not in use, and
 * who reads it (spec/storage.md 2.4, L-9). */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "storage/image.h"
#include "util/auto.h"
#include "util/error.h"
#include "util/log.h"

gboolean lvm_thin_pin(struct volume *volume, const char *revision, gboolean pinned,
                      GError **error)
{
    auto_of(thin) struct thin *at = thin_take(volume, error);
    const struct thin_revision *found = at ? thin_revision_find(at, revision) : NULL;
    g_autofree char *ending = NULL;

    if (!at)
        return FALSE;
    if (!found) {
        error_set(error, QMC_ERROR_NOTFOUND, NULL, "volume '%s' has no revision '%s'",
                  volume_vid(volume), revision);
        return FALSE;
    }
    if (found->public.pinned == pinned)
        return TRUE;
    ending = g_strdup_printf("-%" G_GINT64_FORMAT "%s", found->public.number,
                             pinned ? THIN_PIN : THIN_BACK);
    return thin_rename(at, found->entry->lv + strlen(at->lv), ending, error);
}

static void drop_import(struct volume *volume)
{
    g_autoptr(GError) error = NULL;

    if (!lvm_thin_import_drop(volume, &error))
        log_line("storage", "what did not become the state stays: %s", error->message);
}

/* A snapshot of that is current then. */
static gboolean become(struct volume *volume, struct thin *at,
                       const struct lvm_entry *from, GError **error)
{
    if (thin_snapshot(at, from, THIN_IMPORT, error) &&
        thin_commit(at, THIN_IMPORT, TRUE, error)) {
        volume_set_nominal(volume, from->size);
        return TRUE;
    }
    drop_import(volume);
    return FALSE;
}

/* One that is not pinned need not be kept beside the current one, which is the same. */
gboolean lvm_thin_revert(struct volume *volume, const char *revision, GError **error)
{
    auto_of(thin) struct thin *at = thin_take(volume, error);
    const struct thin_revision *found = at ? thin_revision_find(at, revision) : NULL;
    g_autoptr(GError) stays = NULL;

    if (!at)
        return FALSE;
    if (!found) {
        error_set(error, QMC_ERROR_NOTFOUND, NULL, "volume '%s' has no revision '%s'",
                  volume_vid(volume), revision);
        return FALSE;
    }
    if (!become(volume, at, found->entry, error))
        return FALSE;
    if (!found->public.pinned &&
        !thin_trash(at, found->entry->lv + strlen(at->lv), &stays))
        log_line("storage", "after a revert: %s", stays->message);
    return TRUE;
}

char *lvm_thin_import(struct volume *volume, guint64 size, GError **error)
{
    auto_of(thin) struct thin *at = thin_take(volume, error);

    return at && thin_create(at, THIN_IMPORT, size, error) ? thin_node(at, THIN_IMPORT)
                                                            : NULL;
}

/* Kept also by one that keeps none, until the next stop: whoever asked for it may fail
 * yet. */
static void prune(struct thin *at)
{
    thin_prune(at, MAX(volume_keep(at->volume), 1));
}

gboolean lvm_thin_import_commit(struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);

    if (!at)
        return FALSE;
    if (!at->import) {
        error_set(error, QMC_ERROR_NOTFOUND, "import it again",
                  "what came into volume '%s' is gone", volume_vid(volume));
        return FALSE;
    }
    if (!thin_commit(at, THIN_IMPORT, TRUE, error))
        return FALSE;
    prune(at);
    return TRUE;
}

/* After a commit that failed between its steps the state comes first: without it, the
 * import would be taken for the state. */
gboolean lvm_thin_import_drop(struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);
    const struct lvm_entry *state = at ? thin_state(at) : NULL;

    if (!at || !at->import)
        return at != NULL;
    if (state && !at->current && !thin_rename(at, state->lv + strlen(at->lv), "", error))
        return FALSE;
    return thin_drop(at, THIN_IMPORT, error);
}

gboolean lvm_thin_reaches(const struct volume *volume, const struct volume *source)
{
    static const char *const params[] = {"volume_group", "thin_pool"};
    const struct pool *a = volume_pool(volume), *b = volume_pool(source);

    for (gsize i = 0; i < G_N_ELEMENTS(params); i++)
        if (g_strcmp0(pool_param(a, params[i]), pool_param(b, params[i])) != 0)
            return FALSE;
    return TRUE;
}

gboolean lvm_thin_clone(struct volume *volume, struct volume *source,
                        const struct watch *watch, GError **error)
{
    auto_of(thin) struct thin *at = thin_take(volume, error);
    auto_of(thin) struct thin *other = at ? thin_beside(at, source, error) : NULL;
    const struct lvm_entry *from = other ? thin_need(other, error) : NULL;

    if (!from || !become(volume, at, from, error))
        return FALSE;
    prune(at);
    return TRUE;
}

static gboolean share_revisions(const struct thin *at, const struct thin *from,
                                GError **error)
{
    for (guint i = from->revisions->len; i > 0; i--) {
        const struct thin_revision *revision = from->revisions->pdata[i - 1];

        if (!thin_snapshot(at, revision->entry, revision->entry->lv + strlen(from->lv),
                           error))
            return FALSE;
    }
    return !from->current || thin_snapshot(at, from->current, "", error);
}

gboolean lvm_thin_share(struct volume *volume, const struct volume *source, GError **error)
{
    auto_of(thin) struct thin *from = thin_new(source, LVM_RECENT, error);
    auto_of(thin) struct thin *at = from ? thin_beside(from, volume, error) : NULL;
    g_autoptr(GError) again = NULL;

    if (!at)
        return FALSE;
    if (share_revisions(at, from, error))
        return TRUE;
    if (!lvm_thin_remove(volume, &again))
        log_line("storage", "after a failed share: %s", again->message);
    return FALSE;
}

/* Its lock says that somebody reads it: else it might be deleted, as a revision that is
 * too many. */
int lvm_thin_export(struct volume *volume, GError **error)
{
    auto_of(thin) struct thin *at = thin_new(volume, LVM_RECENT, error);
    const struct lvm_entry *entry = at ? thin_need(at, error) : NULL;
    g_autofree char *node = entry ? thin_node(at, entry->lv + strlen(at->lv)) : NULL;
    auto_fd int fd = -1;

    if (!entry || !thin_activate(at, entry, error))
        return -1;
    fd = open(node, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0) {
        image_error(error, errno, "open", node);
        return -1;
    }
    return auto_fd_steal(&fd);
}
