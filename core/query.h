/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One thing that is read (or saved) on a worker for somebody on main who may be
 * gone when it is there. Main only, but for run. */
#pragma once

#include "core/engine.h"

/* answer is the callee's to free; NULL with an error. Not called if forgotten. */
typedef void (*query_fn)(gpointer answer, const GError *error, gpointer data);

struct query_spec {
    gpointer (*run)(gconstpointer question, GError **error); /* worker; not NULL
                                                              * but with an error */
    GDestroyNotify answer_free; /* of one that nobody waits for any more */
    GDestroyNotify question_free; /* or NULL */
    query_fn done;
    gpointer data;
};

struct query;
/* Takes the question. After 5 s done is called with TIMEOUT. */
struct query *query_submit(struct engine *engine, gpointer question,
                           const struct query_spec *spec);
/* Nobody waits for it any more. Not after it was done. */
void query_forget(struct query *query);
