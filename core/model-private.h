/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the makers of model objects share. */
#pragma once

#include "core/model.h"

struct finding *finding_new(enum severity severity, const char *hint,
                            const char *format, va_list args) G_GNUC_PRINTF(3, 0);
struct pool_entry *pool_entry_new(const char *name, const char *driver);
/* In the place it has, or last; NULL: it has none any more. */
void pool_entry_set(struct pool_entry *entry, const char *attr, const char *value);
GPtrArray *raw_texts_new(void);
GArray *pairs_new(void); /* struct pair */
/* Appended, without attributes. */
struct volume_config *qube_volume_add(struct qube *qube, const char *interned);
/* The last of that name, good or bad; NULL: not explicit. */
struct prop_value *prop_values_find(const GArray *values, const char *property);
guint prop_values_count(const GArray *values, const char *property);
/* In the place of all of that name. */
void prop_values_put(GArray *values, const struct prop_row *row, const char *text);
/* All of that name. */
void prop_values_drop(GArray *values, const char *property);
/* Whether they have the same image and one of them writes to it. */
gboolean volumes_rival(const struct volume *volume, const struct volume *other);
