/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the views say of a qube. */
#pragma once

#include "core/model.h"

/* "Running", and "not known" for what upstream's tools call NA. */
const char *qube_text_state(const struct qube *qube);
