/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The logs about one qube in dom0: which there are, and what their ends say.
 * Much of it was written by the qube itself. */
#pragma once

#include "core/query.h"
#include "util/file.h"

#define LOGS_TAIL (1024 * 1024) /* of a log at most so much is read */

struct log_source {
    const char *label; /* "guest console" */
    char *path;        /* absolute, without root */
};

/* One reading. Not changed once it was made. */
struct log_text {
    GPtrArray *sources; /* struct log_source: files that are there */
    guint current;      /* the one that was read, if there are any */
    GPtrArray *lines;   /* char *, sanitised; NULL: as they were */
    GPtrArray *errors;  /* copies of those with words of trouble */
    guint64 size;       /* of the file */
    gboolean cut;       /* there is more before the first line */
    struct file_stamp stamp;
};

struct log_query {
    const char *name;               /* of the qube */
    const char *path;               /* of the source; NULL, or gone: the first */
    const struct file_stamp *known; /* unchanged: no lines; NULL: always lines */
};

/* Everything that may be there, in the order of the tabs: struct log_source.
 * INVALID: no qube is called so, no path is made from it. */
GPtrArray *logs_candidates(const char *name, GError **error);

/* [W] Links are not followed, and nothing but a regular file is read. DENIED
 * and IO of the one to be read; that there is none is no error. */
struct log_text *log_text_read(const char *root, const struct log_query *query,
                               GError **error);
void log_text_free(struct log_text *text);
/* [W] Into a new file, mode 0600; EXISTS rather than overwrite one. */
gboolean logs_save(GPtrArray *lines, const char *path, GError **error);

/* The same in a job, from main: the answer is a struct log_text. */
struct query *logs_request(struct engine *engine, const struct log_query *query,
                           query_fn done, gpointer data);
/* Lines as a reading gave them, which are the answer too; takes a reference. */
void logs_request_save(struct engine *engine, GPtrArray *lines, const char *path,
                       query_fn done, gpointer data);
