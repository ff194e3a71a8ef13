/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures of a volume as lists show them: "?" not read yet, "-" does not apply.
 * Texts are the caller's. */
#pragma once

#include "core/model.h"

gboolean volume_is_read(const struct volume_config *config);
/* -1: not known. */
int volume_percent(const struct volume_config *config);
/* The largest first; what is not known last. */
int volume_compare_size(const struct volume_config *a, const struct volume_config *b);
int volume_compare_used(const struct volume_config *a, const struct volume_config *b);
int volume_compare_percent(const struct volume_config *a,
                           const struct volume_config *b);
char *volume_text_size(const struct volume_config *config);
char *volume_text_used(const struct volume_config *config);
char *volume_text_percent(const struct volume_config *config);
char *volume_text_revisions(const struct volume_config *config);
/* "WSK.": writable, snapshot of its template, kept; the last is '!' if it cannot
 * be used. */
char *volume_text_flags(const struct volume_config *config);
/* As its driver names it; "-" if it cannot be used. */
const char *volume_text_file(const struct volume_config *config);
