/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/tenant.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/home.h"
#include "core/layout.h"
#include "util/error.h"
#include "util/file.h"
#include "util/job.h"

/* Nobody reads more of them at once. */
#define TOLD_MAX 5
#define IMAGE_END ".img"

struct tenant {
    char *uuid; /* NULL: of no qube */
    char *what; /* "pool 'big'" */
    char *path;
};

struct tenants {
    GPtrArray *all;      /* struct tenant */
    GHashTable *excepted; /* uuid */
};

/* --- main --- */

static void tenant_free(gpointer data)
{
    struct tenant *tenant = data;

    g_free(tenant->uuid);
    g_free(tenant->what);
    g_free(tenant->path);
    g_free(tenant);
}

/* Takes both texts. */
static void add(struct tenants *tenants, const struct qube *qube, char *what, char *path)
{
    struct tenant *tenant = g_new(struct tenant, 1);

    *tenant = (struct tenant){qube ? g_strdup(qube->uuid) : NULL, what, path};
    g_ptr_array_add(tenants->all, tenant);
}

/* Also of one that cannot be used: its directory is in the store all the same. */
static char *dir_of_pool(const char *root, const struct pool_entry *entry)
{
    const char *dir = pool_entry_dir(entry);

    for (guint i = 0; !dir && i < entry->attrs->len; i++) {
        const struct pair *pair = &g_array_index(entry->attrs, struct pair, i);

        if (g_str_equal(pair->name, "dir_path") && g_path_is_absolute(pair->value))
            return layout_path(root, pair->value);
    }
    return g_strdup(dir);
}

static void add_volume(struct tenants *tenants, const char *root, const struct model *model,
                       const struct qube *qube, const struct volume_config *config)
{
    const char *vid = config->volume ? volume_vid(config->volume)
                                     : volume_config_get(config, "vid");
    const char *pool = config->pool ? config->pool : volume_config_get(config, "pool");
    const struct pool_entry *entry = pool ? model_pool(model, pool) : NULL;
    g_autofree char *dir = entry ? dir_of_pool(root, entry) : NULL;

    if (dir && vid && *vid)
        add(tenants, qube, g_strdup_printf("volume %s of '%s'", config->name, qube->name),
            g_strdup_printf("%s/%s" IMAGE_END, dir, vid));
}

static void add_qube(struct tenants *tenants, const char *root, const struct model *model,
                     const struct qube *qube)
{
    char *home = home_path_said(root, qube);

    if (home)
        add(tenants, qube, g_strdup_printf("the directory of '%s'", qube->name), home);
    for (guint i = 0; i < qube->volumes->len; i++)
        add_volume(tenants, root, model, qube,
                   &g_array_index(qube->volumes, struct volume_config, i));
}

struct tenants *tenants_new(const char *root, const struct model *model)
{
    struct tenants *tenants = g_new(struct tenants, 1);

    tenants->all = g_ptr_array_new_with_free_func(tenant_free);
    tenants->excepted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];
        char *dir = dir_of_pool(root, entry);

        if (dir)
            add(tenants, NULL, g_strdup_printf("pool '%s'", entry->name), dir);
    }
    for (guint i = 0; i < model->qubes->len; i++)
        add_qube(tenants, root, model, model->qubes->pdata[i]);
    return tenants;
}

void tenants_free(struct tenants *tenants)
{
    if (!tenants)
        return;
    g_ptr_array_unref(tenants->all);
    g_hash_table_unref(tenants->excepted);
    g_free(tenants);
}

void tenants_except(struct tenants *tenants, const char *uuid)
{
    g_hash_table_add(tenants->excepted, g_strdup(uuid));
}

/* --- worker --- */

/* What a directory is, whatever it is called; NULL: there is none. */
static char *identity(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return NULL;
    return g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                           (guint64)st.st_dev, (guint64)st.st_ino);
}

static gboolean refuse_unseen(const char *path, GError **error)
{
    error_set_errno(error, errno, NULL, "cannot look at '%s'", path);
    return FALSE;
}

/* The directory and those in it. A link in it leads out of it, and goes alone. What
 * cannot be looked at may be anybody's. */
static gboolean collect(GHashTable *inside, const char *path, GError **error)
{
    g_autofree char *id = identity(path);
    g_autoptr(GDir) dir = id ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;

    if (!dir)
        return errno == ENOENT || refuse_unseen(path, error);
    g_hash_table_add(inside, g_steal_pointer(&id));
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *at = g_build_filename(path, name, NULL);
        struct stat st;

        if (lstat(at, &st) != 0) {
            if (errno != ENOENT)
                return refuse_unseen(at, error);
            continue;
        }
        if (S_ISDIR(st.st_mode) && !collect(inside, at, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_inside(GHashTable *inside, const char *real)
{
    g_autofree char *id = identity(real);
    g_autofree char *parent = g_path_get_dirname(real);

    return (id && g_hash_table_contains(inside, id)) ||
           (!g_str_equal(parent, real) && is_inside(inside, parent));
}

/* The place is known by its directory, where an image that is not there now, because
 * its qube is halted, would be. */
static char *real_dir(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    char *real = realpath(path, NULL);
    char *owned;

    if (!real && g_str_has_suffix(path, IMAGE_END))
        real = realpath(dir, NULL);
    if (!real)
        return NULL;
    owned = g_file_test(real, G_FILE_TEST_IS_DIR) ? g_strdup(real)
                                                  : g_path_get_dirname(real);
    free(real);
    return owned;
}

/* `outside`: directories of which that is known. */
static gboolean lives_inside(GHashTable *inside, GHashTable *outside, const char *path)
{
    g_autofree char *dir = real_dir(path);

    if (!dir || g_hash_table_contains(outside, dir))
        return FALSE;
    if (is_inside(inside, dir))
        return TRUE;
    g_hash_table_add(outside, g_steal_pointer(&dir));
    return FALSE;
}

static gboolean counts(const struct tenants *tenants, const struct tenant *tenant,
                       const char *told)
{
    return !tenant->uuid || (!g_hash_table_contains(tenants->excepted, tenant->uuid) &&
                             g_strcmp0(tenant->uuid, told) != 0);
}

/* A qube by the first thing it has there; NULL: nobody. */
static char *text_of(const struct tenants *tenants, GHashTable *inside)
{
    g_autoptr(GHashTable) outside =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    const char *told = NULL;
    guint n = 0;

    for (guint i = 0; i < tenants->all->len; i++) {
        const struct tenant *tenant = tenants->all->pdata[i];

        if (!counts(tenants, tenant, told) || !lives_inside(inside, outside, tenant->path))
            continue;
        told = tenant->uuid;
        if (++n <= TOLD_MAX)
            g_string_append_printf(text, "%s%s, '%s'", n > 1 ? "; " : "", tenant->what,
                                   tenant->path);
    }
    if (n > TOLD_MAX)
        g_string_append_printf(text, "; and %u more", n - TOLD_MAX);
    return n ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

gboolean tenants_check(const struct tenants *tenants, const char *dir, GError **error)
{
    g_autoptr(GHashTable) inside =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *text = NULL;

    job_may_block();
    if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
        return TRUE;
    if (!g_file_test(dir, G_FILE_TEST_IS_SYMLINK) && !file_check_tree(dir, error))
        return FALSE;
    if (!collect(inside, dir, error))
        return FALSE;
    text = text_of(tenants, inside);
    if (!text)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "move that elsewhere first, and tell the store where",
              "'%s' has data of others in it: %s", dir, text);
    return FALSE;
}
