/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the next word of a command may be, beyond verbs and qubes: to be completed.
 * `args` are the words behind the verb, ended by NULL; what begins like `begun` is
 * added to found (char *). */
#pragma once

#include "core/model.h"

void offer_qube(const struct model *model, const char *const *args,
                const char *begun, GPtrArray *found);
void offer_volume(const struct model *model, const char *const *args,
                  const char *begun, GPtrArray *found);
void offer_setting(const struct model *model, const char *const *args,
                   const char *begun, GPtrArray *found);
void offer_prefs(const struct model *model, const char *const *args,
                 const char *begun, GPtrArray *found);
void offer_global(const struct model *model, const char *const *args,
                  const char *begun, GPtrArray *found);
void offer_service(const struct model *model, const char *const *args,
                   const char *begun, GPtrArray *found);
void offer_property_name(const struct model *model, const char *const *args,
                         const char *begun, GPtrArray *found);
/* The arguments of operations, and the values of their options; `words` with the
 * verb. TRUE: they have an order of their own. */
gboolean offer_arguments(const struct model *model, const char *const *words,
                         const char *begun, GPtrArray *found);

/* The arguments behind the words of a verb; NULL if it is another one. */
const char *const *offer_behind(const char *verb, const char *const *words);
guint offer_count(const char *const *words);
