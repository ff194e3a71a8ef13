/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a pool is made, and what of that is taken back. What setup() of a driver makes is
 * told by what was there before: whatever was is never removed. */
#include "config.h"
#include "storage/pool.h"

#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"
#include "util/job.h"

gboolean pool_setup(struct pool *pool, GError **error)
{
    job_may_block();
    if (pool_driver(pool)->setup)
        return pool_driver(pool)->setup(pool, error);
    error_set(error, QMC_ERROR_UNSUPPORTED, NULL,
              "pool '%s': driver '%s' cannot make a pool", pool_name(pool),
              pool_driver(pool)->name);
    return FALSE;
}

/* Of a directory and those above it, the innermost first. */
static GPtrArray *missing_of(const char *dir)
{
    GPtrArray *missing = g_ptr_array_new_with_free_func(g_free);
    char *part = g_strdup(dir);

    while (part && access(part, F_OK) < 0 && strcmp(part, "/") != 0 && *part) {
        g_ptr_array_add(missing, part);
        part = g_path_get_dirname(part);
    }
    g_free(part);
    return missing;
}

static gboolean holds(GPtrArray *names, const char *name)
{
    return names && g_ptr_array_find_with_equal_func(names, name, g_str_equal,
                                                     NULL);
}

/* What is in it now and was not in it then. Innermost first. */
static GPtrArray *made_in(const char *dir, GPtrArray *before, const GPtrArray *missing)
{
    g_autoptr(GPtrArray) after = file_list(dir, NULL);
    GPtrArray *made = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; after && i < after->len; i++)
        if (!holds(before, after->pdata[i]))
            g_ptr_array_add(made, g_build_filename(dir, after->pdata[i], NULL));
    for (guint i = 0; i < missing->len; i++)
        g_ptr_array_add(made, g_strdup(missing->pdata[i]));
    return made;
}

gboolean pool_setup_anew(struct pool *pool, GPtrArray **made, GError **error)
{
    const char *dir = pool_dir(pool);
    g_autoptr(GPtrArray) missing = NULL, before = NULL, now = NULL;
    gboolean fine;

    job_may_block();
    missing = missing_of(dir);
    before = dir ? file_list(dir, NULL) : NULL;
    fine = pool_setup(pool, error);
    if (dir)
        now = made_in(dir, before, missing);
    else
        now = g_ptr_array_new_with_free_func(g_free);
    if (fine)
        *made = g_steal_pointer(&now);
    else
        pool_setup_undo(now);
    return fine;
}

void pool_setup_undo(const GPtrArray *made)
{
    job_may_block();
    /* One that has something in it by now is somebody's. */
    for (guint i = 0; i < made->len; i++)
        rmdir(made->pdata[i]);
}
