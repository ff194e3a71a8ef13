/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The value a snapshot is, apart from how it was taken. */
#include "config.h"

#include "hv/hv.h"

#include <string.h>

void hv_snapshot_free(struct hv_snapshot *snapshot)
{
    if (!snapshot)
        return;
    g_array_unref(snapshot->domains);
    g_free(snapshot);
}

static int by_key(const void *key, const void *domain)
{
    return strcmp(key, ((const struct hv_domain *)domain)->uuid);
}

const struct hv_domain *hv_snapshot_find(const struct hv_snapshot *snapshot,
                                         const char *uuid)
{
    if (snapshot->domains->len == 0)
        return NULL;
    return bsearch(uuid, snapshot->domains->data, snapshot->domains->len,
                   sizeof(struct hv_domain), by_key);
}
