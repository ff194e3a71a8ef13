/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two stores, qube by qube: by meaning, not by line. A qube
 * is the same if its UUID is, else if its name is. */
#pragma once

#include "core/store-history.h"

struct store_change {
    char *qube;       /* as the newer one calls it; NULL: of no qube */
    const char *kind; /* "qube", "property", "feature", "tag", "volume", "device",
                       * "global", "label", "pool", or "text": what is kept
                       * verbatim */
    char *name;       /* "memory", "private.size" ... */
    char *before, *after; /* NULL: not there. As in the store: untrusted */
};

/* struct store_change; what is of no qube first, then in the order of the
 * qubes. A qube that came or went is one change of kind "qube". Owner of the
 * readings only [W]; does not block. */
GPtrArray *store_diff(const struct store_reading *before,
                      const struct store_reading *after);
