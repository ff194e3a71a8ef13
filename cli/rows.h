/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Qubes, volumes and findings as rows of output: the same members wherever
 * they are printed. */
#pragma once

#include "cli/out.h"
#include "core/model.h"

/* The members of a qube (ls, and the head of show), for use in a table of
 * columns: name to maxmem. */
#define ROWS_QUBE_COLUMNS                                                      \
    {"name", NULL, OUT_TEXT, 0},                                               \
    {"state", NULL, OUT_TEXT, 0},                                              \
    {"class", NULL, OUT_TEXT, 0},                                              \
    {"label", NULL, OUT_TEXT, 0},                                              \
    {"template", NULL, OUT_TEXT, OUT_SHRINK},                                  \
    {"netvm", NULL, OUT_TEXT, OUT_SHRINK},                                     \
    {"qid", NULL, OUT_NUMBER, OUT_DETAIL},                                     \
    {"uuid", NULL, OUT_TEXT, OUT_DETAIL},                                      \
    {"memory", NULL, OUT_NUMBER, OUT_DETAIL},                                  \
    {"maxmem", NULL, OUT_NUMBER, OUT_DETAIL},                                  \
    {"vcpus", NULL, OUT_NUMBER, OUT_DETAIL}

/* Adds the cells of ROWS_QUBE_COLUMNS to the current row. */
void rows_qube(struct out *out, const struct model *model, const struct qube *qube);
/* The cells severity, message, hint of the current row. */
void rows_finding(struct out *out, const struct finding *finding);
/* A table of severity, message, hint. */
struct out *rows_findings(const GPtrArray *findings);

/* Name, whether the store says so or it is the default, what it says, whether that is
 * wrong, what counts: every property that can be known of the qube; NULL: of the
 * system. */
struct out *rows_properties(const struct model *model, const struct qube *qube);
struct out *rows_properties_new(void);
void rows_property(struct out *out, const struct model *model,
                   const struct qube *qube, const struct prop_row *row);

/* The members of a volume, as for a qube. */
#define ROWS_VOLUME_COLUMNS                                                    \
    {"qube", NULL, OUT_TEXT, 0},                                               \
    {"name", NULL, OUT_TEXT, 0},                                               \
    {"pool", NULL, OUT_TEXT, 0},                                               \
    {"size", NULL, OUT_SIZE, 0},                                               \
    {"usage", NULL, OUT_SIZE, 0},                                              \
    {"rw", NULL, OUT_BOOL, 0},                                                 \
    {"snap_on_start", "snap", OUT_BOOL, 0},                                    \
    {"save_on_stop", "save", OUT_BOOL, 0},                                     \
    {"revisions", "revs", OUT_NUMBER, 0},                                      \
    {"vid", NULL, OUT_TEXT, OUT_SHRINK}
void rows_volume(struct out *out, const struct qube *qube,
                 const struct volume_config *config);
struct out *rows_volumes_new(void);
/* One row per volume of the qube. */
void rows_volumes(struct out *out, const struct qube *qube);
