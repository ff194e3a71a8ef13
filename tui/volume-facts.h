/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of one volume below a list, wherever it is selected. */
#pragma once

#include "core/model.h"
#include "tui/facts.h"

/* Its title, what is wrong with it, its figures. */
void volume_facts_figures(const struct qube *qube, const struct volume_config *config,
                          struct facts *facts);
/* Where it is, how it is kept, its pool. */
#define VOLUME_FACTS_LINES 5
void volume_facts_rest(const struct model *model, const struct volume_config *config,
                       struct facts *facts);
