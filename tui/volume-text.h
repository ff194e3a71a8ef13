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
/* "3@2026-11-21T10:00:00Z  2026-11-21 10:00  18.1G  pinned" */
char *volume_text_revision(const struct revision *revision);
/* "2026-11-21 10:00", of here. */
char *volume_text_date(const struct revision *revision);
/* What there is to say about its state beyond that of its qube, in a word and in a
 * sentence: "dirty" if its qube was cut off, "outdated" if its source is another one
 * since the start; NULL: nothing. Static. */
const char *volume_text_lag(const struct qube *qube, const struct volume_config *config);
const char *volume_text_lag_long(const struct qube *qube,
                                 const struct volume_config *config);
char *volume_text_revisions(const struct volume_config *config);
/* "WSK.": writable, snapshot of its template, kept; the last is '!' if it cannot
 * be used. */
char *volume_text_flags(const struct volume_config *config);
/* As its driver names it; "-" if it cannot be used. */
const char *volume_text_file(const struct volume_config *config);
