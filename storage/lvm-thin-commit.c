/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a logical volume becomes the current one of its volume, and what is kept of those
 * before (spec/storage.md 2.4, L-5). */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include <string.h>

#include "util/log.h"

/* Later than any there is, whatever the clock says: they are ordered by it. */
static char *next_revision(const struct thin *at)
{
    const struct thin_revision *newest =
        at->revisions->len ? at->revisions->pdata[0] : NULL;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;

    return g_strdup_printf("-%" G_GINT64_FORMAT THIN_BACK,
                           newest ? MAX(now, newest->public.number + 1) : now);
}

/* At every moment one of them has the state: the current one, or, between the two steps,
 * the newest revision. */
gboolean thin_commit(struct thin *at, const char *ending, gboolean back, GError **error)
{
    g_autofree char *revision = next_revision(at);
    g_autoptr(GError) again = NULL;

    if (at->current && !thin_rename(at, "", revision, error))
        return FALSE;
    if (thin_rename(at, ending, "", error)) {
        at->committed = TRUE;
        at->made = at->current ? g_steal_pointer(&revision) : NULL;
        return TRUE;
    }
    if (back && at->current && !thin_rename(at, revision, "", &again))
        log_line("storage", "after a failed commit: %s", again->message);
    return FALSE;
}

static gboolean prune(struct thin *at, guint keep, GError **error)
{
    g_autoptr(GPtrArray) surplus = thin_surplus(at, keep);

    if (at->made && keep == 0 && !thin_trash(at, at->made, error))
        return FALSE;
    for (guint i = 0; i < surplus->len; i++) {
        const struct thin_revision *revision = surplus->pdata[i];

        if (!thin_trash(at, revision->entry->lv + strlen(at->lv), error))
            return FALSE;
    }
    return TRUE;
}

void thin_prune(struct thin *at, guint keep)
{
    g_autoptr(GError) error = NULL;

    if (!prune(at, keep, &error))
        log_line("storage", "revisions of '%s' stay: %s", volume_vid(at->volume),
                 error->message);
}
