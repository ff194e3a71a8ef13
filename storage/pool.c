/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/pool-private.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "util/error.h"
#include "util/job.h"
#include "util/text.h"

struct pool {
    gatomicrefcount refs;
    const struct driver *driver;
    char *name;
    GHashTable *params; /* name -> value, as in the store */
    char *dir, *root;
    int revisions_to_keep;
    gboolean ephemeral_volatile;
    gboolean setup_check;
};

static void pool_free(struct pool *pool)
{
    g_free(pool->name);
    g_clear_pointer(&pool->params, g_hash_table_unref);
    g_free(pool->dir);
    g_free(pool->root);
    g_free(pool);
}

struct pool *pool_ref(struct pool *pool)
{
    g_atomic_ref_count_inc(&pool->refs);
    return pool;
}

void pool_unref(struct pool *pool)
{
    if (g_atomic_ref_count_dec(&pool->refs))
        pool_free(pool);
}

static char *parameter_names(const struct driver *driver)
{
    g_autofree char *required = g_strjoinv(", ", (char **)(gintptr)driver->required);
    g_autofree char *optional = g_strjoinv(", ", (char **)(gintptr)driver->optional);

    return g_strdup_printf("it has %s%s%s", required, *optional ? ", " : "", optional);
}

static gboolean take_params(struct pool *pool, const struct pool_param *params,
                            GError **error)
{
    const struct driver *driver = pool->driver;
    g_autofree char *names = parameter_names(driver);

    for (const struct pool_param *param = params; param->name; param++) {
        if (!g_strv_contains(driver->required, param->name) &&
            !g_strv_contains(driver->optional, param->name)) {
            error_set(error, QMC_ERROR_INVALID, names,
                      "pool '%s': driver '%s' has no parameter '%s'",
                      pool->name, driver->name, param->name);
            return FALSE;
        }
        if (!g_hash_table_insert(pool->params, g_strdup(param->name),
                                 g_strdup(param->value))) {
            error_set(error, QMC_ERROR_INVALID, NULL,
                      "pool '%s': parameter '%s' is given twice", pool->name,
                      param->name);
            return FALSE;
        }
    }
    for (const char *const *name = driver->required; *name; name++) {
        const char *value = pool_param(pool, *name);

        if (!value || !*value) {
            error_set(error, QMC_ERROR_INVALID, names,
                      "pool '%s': parameter '%s' is missing", pool->name, *name);
            return FALSE;
        }
    }
    return TRUE;
}

/* Values that upstream's readers take for a truth value, in any case. */
static gboolean take_flag(const struct pool *pool, const char *name,
                          gboolean *flag, GError **error)
{
    static const char *const yes[] = {"true", "1", "on", "yes", NULL};
    static const char *const no[] = {"false", "0", "off", "no", "", NULL};
    const char *value = pool_param(pool, name);
    g_autofree char *word = value ? g_ascii_strdown(value, -1) : NULL;

    if (!value)
        return TRUE;
    if (!g_strv_contains(yes, word) && !g_strv_contains(no, word)) {
        error_set(error, QMC_ERROR_INVALID, "write True or False",
                  "pool '%s': parameter '%s' is neither true nor false: '%s'",
                  pool->name, name, value);
        return FALSE;
    }
    *flag = g_strv_contains(yes, word);
    return TRUE;
}

static gboolean take_revisions(struct pool *pool, GError **error)
{
    const char *value = pool_param(pool, "revisions_to_keep");
    g_autofree char *what = NULL;
    gint64 number;

    if (!value)
        return TRUE;
    what = g_strdup_printf("revisions_to_keep of pool '%s'", pool->name);
    if (!text_int_parse(value, -1, pool->driver->keep_max ? pool->driver->keep_max : G_MAXINT,
                        what, &number, error))
        return FALSE;
    pool->revisions_to_keep = (int)number;
    return TRUE;
}

static gboolean leaves_root(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    return g_strv_contains((const char *const *)parts, "..");
}

static char *trim_root(const char *root)
{
    char *above = g_strdup(root);

    while (g_str_has_suffix(above, "/"))
        above[strlen(above) - 1] = '\0';
    return above;
}

static gboolean take_dir(struct pool *pool, GError **error)
{
    const char *value = pool_param(pool, "dir_path");

    if (!value)
        return TRUE;
    if (!g_path_is_absolute(value) || leaves_root(value)) {
        error_set(error, QMC_ERROR_INVALID, "write the full path, without '..'",
                  "pool '%s': dir_path is not an absolute path: '%s'",
                  pool->name, value);
        return FALSE;
    }

    g_autofree char *dir = g_canonicalize_filename(value, "/");
    pool->dir = g_strconcat(pool->root, dir, NULL);
    return TRUE;
}

static struct pool *pool_alloc(const char *name, const struct driver *driver)
{
    struct pool *pool = g_new0(struct pool, 1);

    g_atomic_ref_count_init(&pool->refs);
    pool->driver = driver;
    pool->name = g_strdup(name);
    pool->params = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pool->revisions_to_keep =
        g_strv_contains(driver->optional, "revisions_to_keep") ? 1 : 0;
    pool->setup_check = TRUE;
    return pool;
}

struct pool *pool_new(const char *name, const char *driver, const char *root,
                      const struct pool_param *params, GError **error)
{
    const struct driver *found = driver_find(driver);
    auto_of(pool) struct pool *pool = NULL;

    if (!*name) {
        error_set(error, QMC_ERROR_INVALID, NULL, "a pool has no name");
        return NULL;
    }
    if (!found) {
        error_set(error, QMC_ERROR_NOTFOUND, NULL,
                  "pool '%s': there is no storage driver '%s'", name, driver);
        return NULL;
    }
    pool = pool_alloc(name, found);
    pool->root = trim_root(root);
    if (!take_params(pool, params, error) || !take_dir(pool, error) ||
        !take_revisions(pool, error) ||
        !take_flag(pool, "ephemeral_volatile", &pool->ephemeral_volatile, error) ||
        !take_flag(pool, "setup_check", &pool->setup_check, error) ||
        (found->fits && !found->fits(pool, error)))
        return NULL;
    return g_steal_pointer(&pool);
}

static gboolean same_params(const struct pool *a, const struct pool *b)
{
    for (const char *const *name = a->driver->required; *name; name++)
        if (g_strcmp0(pool_param(a, *name), pool_param(b, *name)) != 0)
            return FALSE;
    return a->driver == b->driver;
}

gboolean pool_same_place(const struct pool *a, const struct pool *b)
{
    return a == b || (a->dir ? g_strcmp0(a->dir, b->dir) == 0 : same_params(a, b));
}

gboolean pool_name_check(const char *untrusted_name, GError **error)
{
    static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_.-";
    g_autofree char *shown = NULL;

    if (*untrusted_name && *untrusted_name != '-' &&
        untrusted_name[strspn(untrusted_name, chars)] == '\0')
        return TRUE;
    shown = text_sanitise_value(untrusted_name, -1);
    error_set(error, QMC_ERROR_INVALID,
              "it has letters, digits, '_', '.' and '-', and begins with none of the last",
              "a pool cannot be called '%s'", shown);
    return FALSE;
}

const char *pool_name(const struct pool *pool)
{
    return pool->name;
}

const struct driver *pool_driver(const struct pool *pool)
{
    return pool->driver;
}

const char *pool_param(const struct pool *pool, const char *name)
{
    return g_hash_table_lookup(pool->params, name);
}

const char *pool_root(const struct pool *pool)
{
    return pool->root;
}

const char *pool_dir(const struct pool *pool)
{
    return pool->dir;
}

int pool_revisions_to_keep(const struct pool *pool)
{
    return pool->revisions_to_keep;
}

gboolean pool_ephemeral_volatile(const struct pool *pool)
{
    return pool->ephemeral_volatile;
}

gboolean pool_setup_check(const struct pool *pool)
{
    return pool->setup_check;
}

gboolean pool_usage(struct pool *pool, guint64 *size, guint64 *used,
                    GError **error)
{
    job_may_block();
    if (pool->driver->usage)
        return pool->driver->usage(pool, size, used, error);
    error_set(error, QMC_ERROR_UNSUPPORTED, NULL,
              "pool '%s': driver '%s' does not say how full it is", pool->name,
              pool->driver->name);
    return FALSE;
}

static void usage_fail(const struct pool *pool, int errnum, GError **error)
{
    const char *hint = "check that the pool's file system is mounted";

    if (errnum == ENOENT)
        error_set(error, QMC_ERROR_NOTFOUND, hint,
                  "pool '%s': its directory is not there", pool_name(pool));
    else
        error_set_errno(error, errnum, hint, "pool '%s': cannot look at its directory",
                        pool_name(pool));
}

gboolean pool_fs_usage(struct pool *pool, guint64 *size, guint64 *used, GError **error)
{
    struct statvfs fs;

    if (statvfs(pool_dir(pool), &fs) < 0) {
        usage_fail(pool, errno, error);
        return FALSE;
    }
    /* Blocks that only root may take do not count as free: so 100 % is the
     * point where writing fails. */
    *size = (guint64)fs.f_blocks * fs.f_frsize;
    *used = (guint64)(fs.f_blocks - MIN(fs.f_bavail, fs.f_blocks)) * fs.f_frsize;
    return TRUE;
}
