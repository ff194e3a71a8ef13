/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with what qubes have on disk, which reading the store does not tell:
 * missing images, rules that cannot be read, directories of nobody. */
#pragma once

#include "core/store-history.h"

struct diagnosis {
    char *uuid, *name;      /* of the qube; NULL: of none */
    struct finding finding;
};

/* [W] In the order of the qubes, then those of none; struct diagnosis. */
GPtrArray *diagnose(const char *root, const struct model *model);
