/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/reading.h"

#include "cli/cli.h"
#include "util/job.h"

/* Who waits for a reading; not there any more when that ends late. */
struct waiter {
    gpointer result;
    GError *error;
    gboolean over;
};

struct reading {
    char *path;
    reading_fn read;
    GDestroyNotify drop;
    gpointer result;
    struct waiter *waiter;
};

static gboolean read_job(struct job *job, gpointer data, GError **error)
{
    struct reading *reading = data;

    reading->result = reading->read(reading->path, error);
    return reading->result != NULL;
}

/* After a timeout the worker may still be at it. */
static void read_done(struct job *job, const GError *error, gpointer data)
{
    struct reading *reading = data;
    struct waiter *waiter = reading->waiter;

    waiter->over = TRUE;
    if (error)
        waiter->error = g_error_copy(error);
    else
        waiter->result = g_steal_pointer(&reading->result);
}

static void read_free(gpointer data)
{
    struct reading *reading = data;

    if (reading->result)
        reading->drop(reading->result);
    g_free(reading->path);
    g_free(reading);
}

gpointer reading_wait(const char *path, reading_fn read, GDestroyNotify drop,
                      GError **error)
{
    struct waiter waiter = {NULL, NULL, FALSE};
    struct reading *reading = g_new0(struct reading, 1);
    struct jobs *jobs = jobs_new();
    struct job_spec spec = {
        .deadline_ms = CLI_READ_MS, .data = reading, .run = read_job,
        .done = read_done, .destroy = read_free,
    };

    *reading = (struct reading){g_strdup(path), read, drop, NULL, &waiter};
    jobs_submit(jobs, &spec);
    while (!waiter.over)
        g_main_context_iteration(NULL, TRUE);
    jobs_free(jobs);
    if (waiter.error)
        g_propagate_error(error, waiter.error);
    return waiter.result;
}
