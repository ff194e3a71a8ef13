/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/query.h"

#include "core/engine-private.h"
#include "util/heap.h"

#define DEADLINE_MS 5000

struct query {
    struct engine *engine;
    struct query_spec spec; /* done is NULL when nobody waits */
    gpointer question, answer;
};

static gboolean query_run(struct job *job, gpointer data, GError **error)
{
    struct query *query = data;

    query->answer = query->spec.run(query->question, error);
    heap_release(); /* whole stores may have been read for it */
    return query->answer != NULL;
}

/* After TIMEOUT the worker may still be at it: what it makes is not touched. */
static void query_done(struct job *job, const GError *error, gpointer data)
{
    struct query *query = data;
    query_fn done = query->spec.done;

    query->spec.done = NULL;
    if (done)
        done(error ? NULL : g_steal_pointer(&query->answer), error, query->spec.data);
}

static void query_over(gpointer data)
{
    struct query *query = data;

    engine_job_over(query->engine);
    if (query->answer)
        query->spec.answer_free(query->answer);
    if (query->spec.question_free)
        query->spec.question_free(query->question);
    g_free(query);
}

struct query *query_submit(struct engine *engine, gpointer question,
                           const struct query_spec *spec)
{
    struct query *query = g_new0(struct query, 1);
    struct job_spec job = {
        .deadline_ms = DEADLINE_MS,
        .data = query,
        .run = query_run,
        .done = query_done,
        .destroy = query_over,
    };

    query->engine = engine;
    query->spec = *spec;
    query->question = question;
    engine_job(engine, &job);
    return query;
}

void query_forget(struct query *query)
{
    query->spec.done = NULL;
}
