/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be said of a pool as a whole (spec/storage.md 2.1, 2.8, 7.6). */
#include "config.h"
#include "storage/pool.h"

#include <stdlib.h>
#include <string.h>

#include "storage/homes.h"
#include "util/error.h"
#include "util/job.h"

/* The figures of a pool that has no more than those. */
static gboolean plain_details(struct pool *pool, struct pool_details *details,
                              GError **error)
{
    struct pool_figure size = {"data_size", 0}, used = {"data_usage", 0};

    if (!pool_driver(pool)->usage)
        return TRUE;
    if (!pool_usage(pool, &size.bytes, &used.bytes, error))
        return FALSE;
    g_array_append_val(details->figures, size);
    g_array_append_val(details->figures, used);
    return TRUE;
}

gboolean pool_read_details(struct pool *pool, struct pool_details *details, GError **error)
{
    gboolean (*read)(struct pool *, struct pool_details *, GError **) =
        pool_driver(pool)->details;

    job_may_block();
    details->figures = g_array_new(FALSE, FALSE, sizeof(struct pool_figure));
    return read ? read(pool, details, error) : plain_details(pool, details, error);
}

void pool_details_carry(const struct pool_details *from, struct pool_details *to)
{
    to->figures = from->figures ? g_array_copy(from->figures) : NULL;
    to->trouble = g_strdup(from->trouble);
}

void pool_details_clear(struct pool_details *details)
{
    g_clear_pointer(&details->figures, g_array_unref);
    g_clear_pointer(&details->trouble, g_free);
}

guint64 pool_details_get(const struct pool_details *details, const char *name)
{
    for (guint i = 0; details->figures && i < details->figures->len; i++) {
        const struct pool_figure *figure =
            &g_array_index(details->figures, struct pool_figure, i);

        if (g_str_equal(figure->name, name))
            return figure->bytes;
    }
    return G_MAXUINT64;
}

/* --- inside another one --- */

/* FALSE for the same directory: neither is in the other. */
static gboolean is_below(const char *path, const char *above)
{
    gsize len = strlen(above);

    return g_str_equal(above, "/")
               ? path[1] != '\0'
               : strncmp(path, above, len) == 0 && path[len] == '/';
}

static char *real_dir(const struct pool *pool)
{
    return pool_dir(pool) ? realpath(pool_dir(pool), NULL) : NULL;
}

static const struct pool *innermost_above(const char *dir, const struct pool *self,
                                          const GPtrArray *pools)
{
    const struct pool *found = NULL;
    gsize longest = 0;

    for (guint i = 0; i < pools->len; i++) {
        const struct pool *other = pools->pdata[i];
        g_autofree char *above = other == self ? NULL : real_dir(other);

        if (above && is_below(dir, above) && strlen(above) > longest) {
            longest = strlen(above);
            found = other;
        }
    }
    return found;
}

const struct pool *pool_included_in(const struct pool *pool, const GPtrArray *pools)
{
    g_autofree char *dir = NULL;
    const struct pool *found;

    job_may_block();
    dir = real_dir(pool);
    if (!dir)
        return NULL;
    found = innermost_above(dir, pool, pools);
    for (guint i = 0; !found && i < pools->len; i++) {
        const struct pool *other = pools->pdata[i];

        if (other != pool && pool_driver(other)->carries &&
            pool_driver(other)->carries(other, dir))
            found = other;
    }
    return found;
}

/* A directory that is one of qubes there, or is in one. */
static gboolean is_homes(const char *dir, const char *above)
{
    if (!is_below(dir, above))
        return FALSE;
    for (const char *const *prefix = homes_prefixes; *prefix; prefix++) {
        g_autofree char *homes = g_build_filename(above, *prefix, NULL);

        if (g_str_equal(dir, homes) || is_below(dir, homes))
            return TRUE;
    }
    return FALSE;
}

gboolean pool_check_place(const struct pool *pool, const GPtrArray *others, GError **error)
{
    g_autofree char *dir = NULL;

    job_may_block();
    dir = real_dir(pool);
    for (guint i = 0; dir && i < others->len; i++) {
        const struct pool *other = others->pdata[i];
        g_autofree char *taken = real_dir(other);

        if (!taken || (!g_str_equal(dir, taken) && !is_homes(dir, taken)))
            continue;
        error_set(error, QMC_ERROR_EXISTS, "use that one, or choose another place",
                  "pool '%s' would be where pool '%s' has its qubes: '%s'", pool_name(pool),
                  pool_name(other), dir);
        return FALSE;
    }
    return TRUE;
}

/* --- what is nobody's, and more room --- */

GPtrArray *pool_orphans(struct pool *pool, const struct pool_claims *claims,
                        GError **error)
{
    GPtrArray *found = NULL;

    job_may_block();
    if (pool_driver(pool)->orphans)
        found = pool_driver(pool)->orphans(pool, claims, error);
    else
        error_set(error, QMC_ERROR_UNSUPPORTED, NULL,
                  "pool '%s': driver '%s' does not tell what is in it", pool_name(pool),
                  pool_driver(pool)->name);
    if (found)
        remains_sort(found);
    return found;
}

gboolean pool_can_extend(const struct pool *pool, GError **error)
{
    if (pool_driver(pool)->extend)
        return TRUE;
    error_set(error, QMC_ERROR_UNSUPPORTED,
              pool_dir(pool) ? "make that file system larger, or win space back: qmc pool "
                               "reclaim" : NULL,
              "pool '%s' cannot be extended: %s", pool_name(pool),
              pool_dir(pool) ? "it has the room of the file system its directory is on"
                             : "its driver has no such operation");
    return FALSE;
}

gboolean pool_room(struct pool *pool, gboolean metadata, guint64 *bytes, GError **error)
{
    job_may_block();
    return pool_can_extend(pool, error) &&
           pool_driver(pool)->room(pool, metadata, bytes, error);
}

gboolean pool_extend(struct pool *pool, gboolean metadata, guint64 *bytes, GError **error)
{
    return pool_room(pool, metadata, bytes, error) &&
           pool_driver(pool)->extend(pool, metadata, *bytes, error);
}
