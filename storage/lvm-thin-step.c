/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single steps on the logical volumes of a volume, each one command of LVM or, to
 * delete, few (spec/storage.md 2.4, L-4, L-6, L-13). */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include "storage/flow.h"
#include "util/auto.h"
#include "util/error.h"
#include "util/log.h"

enum {
    METADATA_FULL = 9500,          /* hundredths: no more volumes then */
    POOL_HIGH = 9000,
    DISCARD_STEP = 1 << 30,        /* more at once stalls all that use the pool */
    SECTOR = 512,
    CLAIM_TRIES = 20,
    CLAIM_WAIT_US = 100 * 1000,
};

char *thin_name(const struct thin *at, const char *ending)
{
    return g_strconcat(at->lv, ending, NULL);
}

char *thin_node(const struct thin *at, const char *ending)
{
    g_autofree char *lv = thin_name(at, ending);
    g_autofree char *name = lvm_node_name(at->vg, lv);

    return g_strconcat("/dev/mapper/", name, NULL);
}

guint64 thin_round(const struct thin *at, guint64 size)
{
    guint64 unit = MAX(at->thin_pool->extent, (guint64)SECTOR);

    return (size + unit - 1) / unit * unit;
}

/* --- the thin pool --- */

static gboolean pool_broken(const struct thin *at, const char *what, GError **error)
{
    error_set(error, QMC_ERROR_IO,
              "stop all qubes in it, then repair it: lvconvert --repair",
              "the thin pool '%s' %s", at->thin_pool->key, what);
    return FALSE;
}

static gboolean pool_full(const struct thin *at, const char *what, guint hundredths,
                          const char *option, GError **error)
{
    g_autofree char *hint = g_strdup_printf(
        "remove qubes or revisions that nobody needs, or extend it: lvextend %s +1G %s",
        option, at->thin_pool->key);

    error_set(error, QMC_ERROR_NOSPACE, hint, "the %s of the thin pool '%s' is %u.%02u%% full",
              what, at->thin_pool->key, hundredths / 100, hundredths % 100);
    return FALSE;
}

gboolean thin_check_pool(const struct thin *at, GError **error)
{
    const struct lvm_entry *pool = at->thin_pool;
    char health = strlen(pool->attr) > 8 ? pool->attr[8] : '-';

    if (health == 'F')
        return pool_broken(at, "has failed", error);
    /* One whose metadata are full can only be read, too, until there is room. */
    if (!pool->needs_check && pool->has_metadata && pool->metadata >= METADATA_FULL)
        return pool_full(at, "metadata", pool->metadata, "--poolmetadatasize", error);
    if (health == 'M' || pool->needs_check)
        return pool_broken(at, "has damaged metadata and can only be read", error);
    if (health == 'D' || pool->data >= 10000)
        return pool_full(at, "data space", pool->data, "--size", error);
    if (pool->data >= POOL_HIGH || (pool->has_metadata && pool->metadata >= POOL_HIGH))
        log_line("storage", "thin pool '%s' is nearly full: data %u%%, metadata %u%%",
                 pool->key, pool->data / 100, pool->metadata / 100);
    return TRUE;
}

/* --- to make, rename, activate --- */

gboolean thin_create(const struct thin *at, const char *ending, guint64 size, GError **error)
{
    g_autofree char *lv = thin_name(at, ending);

    return thin_check_pool(at, error) &&
           lvm_change(&(struct lvm_request){LVM_CREATE, at->vg, lv, at->pool,
                                            thin_round(at, size)}, error);
}

gboolean thin_snapshot(const struct thin *at, const struct lvm_entry *from,
                       const char *ending, GError **error)
{
    g_autofree char *lv = thin_name(at, ending);

    return thin_check_pool(at, error) &&
           lvm_change(&(struct lvm_request){LVM_CLONE, at->vg, lv, from->lv, 0}, error);
}

gboolean thin_rename(const struct thin *at, const char *from, const char *to, GError **error)
{
    g_autofree char *old = thin_name(at, from), *new = thin_name(at, to);

    return lvm_change(&(struct lvm_request){LVM_RENAME, at->vg, old, new, 0}, error);
}

static gboolean is_active(const struct lvm_entry *entry)
{
    return strlen(entry->attr) > 4 && entry->attr[4] == 'a';
}

gboolean thin_activate(const struct thin *at, const struct lvm_entry *entry, GError **error)
{
    return is_active(entry) ||
           lvm_change(&(struct lvm_request){LVM_ACTIVATE, at->vg, entry->lv, NULL, 0}, error);
}

gboolean thin_mark(const struct thin *at, gboolean marked, GError **error)
{
    return lvm_change(&(struct lvm_request){marked ? LVM_MARK : LVM_UNMARK, at->vg, at->lv,
                                            THIN_MARK, 0}, error);
}

/* Of an active one LVM would ask, and look at what a qube has put there (L-4). */
static gboolean shrink(const struct thin *at, const struct lvm_entry *entry, guint64 size,
                       GError **error)
{
    const struct lvm_request off = {LVM_DEACTIVATE, at->vg, entry->lv, NULL, 0};
    const struct lvm_request resize = {LVM_SHRINK, at->vg, entry->lv,
                                        lvm_no_probe(), size};
    const struct lvm_request on = {LVM_ACTIVATE, at->vg, entry->lv, NULL, 0};
    g_autoptr(GError) again = NULL;

    if (!lvm_change(&off, error) || !lvm_change(&resize, error)) {
        if (!lvm_change(&on, &again))
            log_line("storage", "after a failed shrink: %s", again->message);
        return FALSE;
    }
    /* It is done; a start activates it, too. */
    if (!lvm_change(&on, &again))
        log_line("storage", "after a shrink: %s", again->message);
    return TRUE;
}

gboolean thin_resize(const struct thin *at, const struct lvm_entry *entry, guint64 size,
                     GError **error)
{
    guint64 whole = thin_round(at, size);

    if (whole == entry->size)
        return TRUE;
    if (whole < entry->size)
        return shrink(at, entry, whole, error);
    return lvm_change(&(struct lvm_request){LVM_RESIZE, at->vg, entry->lv, NULL, whole},
                      error);
}

/* --- to delete --- */

static gboolean somebody_has_it(const char *node, GError **error)
{
    error_set(error, QMC_ERROR_BUSY, "wait for whoever reads or uses it",
              "cannot delete '%s': it is open", node);
    return FALSE;
}

/* Nobody else has the device: no guest (that opens it for itself), nobody who copies it
 * (he has the lock); udev looks at a device for a moment. *fd is -1 where there is no
 * device: one that is not active. */
static gboolean claim(const char *node, int *fd, GError **error)
{
    *fd = open(node, O_WRONLY | O_EXCL | O_CLOEXEC);
    if (*fd < 0 && errno == EBUSY)
        return somebody_has_it(node, error);
    for (int i = 0; *fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) < 0; i++) {
        if (i == CLAIM_TRIES || errno != EWOULDBLOCK)
            return somebody_has_it(node, error);
        g_usleep(CLAIM_WAIT_US);
    }
    return TRUE;
}

/* To remove a large one that is not empty stalls all that use the pool. */
static void discard(int fd)
{
    guint64 size = 0;

    if (fd < 0 || !flow_size(fd, &size))
        return;
    for (guint64 at = 0; at < size; at += DISCARD_STEP) {
        guint64 range[2] = {at, MIN((guint64)DISCARD_STEP, size - at)};

        if (ioctl(fd, BLKDISCARD, range) < 0)
            return;
    }
}

/* `fd` is closed before: LVM removes nothing that is open. */
static gboolean empty_and_remove(const struct thin *at, const char *ending, int fd,
                                 GError **error)
{
    g_autofree char *lv = thin_name(at, ending);

    discard(fd);
    if (fd >= 0)
        close(fd);
    return lvm_change(&(struct lvm_request){LVM_REMOVE, at->vg, lv, NULL, 0}, error);
}

gboolean thin_drop(const struct thin *at, const char *ending, GError **error)
{
    g_autofree char *node = thin_node(at, ending);
    auto_fd int fd = -1;

    return claim(node, &fd, error) &&
           empty_and_remove(at, ending, auto_fd_steal(&fd), error);
}

gboolean thin_trash(struct thin *at, const char *ending, GError **error)
{
    g_autofree char *node = thin_node(at, ending);
    g_autofree char *trash =
        g_strdup_printf(THIN_TRASH "%" G_GINT64_FORMAT, at->next_trash++);
    auto_fd int fd = -1;

    return claim(node, &fd, error) && thin_rename(at, ending, trash, error) &&
           empty_and_remove(at, trash, auto_fd_steal(&fd), error);
}

/* What is no state first: so its owner can be told from the rest as long as possible. */
gboolean thin_drop_all(struct thin *at, GError **error)
{
    gsize length = strlen(at->lv);

    for (guint i = 0; i < at->trash->len; i++)
        if (!thin_drop(at, at->trash->pdata[i], error))
            return FALSE;
    if ((at->import && !thin_drop(at, THIN_IMPORT, error)) ||
        (at->dirty && !thin_trash(at, THIN_DIRTY, error)))
        return FALSE;
    for (guint i = at->revisions->len; i > 0; i--) {
        const struct thin_revision *revision = at->revisions->pdata[i - 1];

        if (!thin_trash(at, revision->entry->lv + length, error))
            return FALSE;
    }
    return !at->current || thin_trash(at, "", error);
}
