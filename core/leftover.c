/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/leftover.h"

#include <string.h>
#include <sys/stat.h>

#include "core/home.h"
#include "core/layout.h"
#include "core/name.h"
#include "core/store-history.h"
#include "core/tenant.h"
#include "storage/loop.h"
#include "util/error.h"
#include "util/file.h"
#include "util/job.h"
#include "util/text.h"

#define DEPTH_MAX 8
#define STORE_MAX (64 * 1024 * 1024)
/* What is there more often than that was kept for nothing. */
#define RECALL_MAX 200

/* --- what is in it --- */

static void leftover_free(gpointer data)
{
    struct leftover *leftover = data;

    g_free(leftover->path);
    g_free(leftover->name);
    g_free(leftover->target);
    g_free(leftover->doubt);
    g_free(leftover->copy);
    g_free(leftover->uuid);
    g_free(leftover);
}

static void count(struct leftover *leftover, const char *path, int depth)
{
    g_autoptr(GDir) dir = depth < DEPTH_MAX ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *at = g_build_filename(path, name, NULL);
        struct stat st;

        if (lstat(at, &st) != 0)
            continue;
        leftover->used += (guint64)st.st_blocks * 512;
        if (S_ISDIR(st.st_mode)) {
            count(leftover, at, depth + 1);
            continue;
        }
        leftover->files++;
        leftover->images += strstr(name, ".img") != NULL;
    }
}

static struct leftover *leftover_new(const char *path)
{
    struct leftover *leftover = g_new0(struct leftover, 1);

    leftover->path = g_strdup(path);
    leftover->name = g_path_get_basename(path);
    leftover->target = home_link_target(path);
    if (!leftover->target)
        count(leftover, path, 0);
    return leftover;
}

char *leftover_words(const struct leftover *leftover)
{
    g_autofree char *used = text_size_long(leftover->used);
    guint n = leftover->images ? leftover->images : leftover->files;
    const char *what = leftover->images ? "image" : "file";

    return leftover->files == 0
               ? g_strdup("nothing")
               : g_strdup_printf("%u %s%s, %s", n, what, n == 1 ? "" : "s", used);
}

/* --- whose it is --- */

/* Whoever might have it counts: of a damaged entry nobody knows what it has. */
static gboolean is_owner(const struct qube *qube, const char *prefix, const char *name)
{
    gboolean has_home = !qube->class || g_strcmp0(qube->class->dir_prefix, prefix) == 0;

    return (has_home && g_str_equal(qube->name, name)) || home_is_used(qube, prefix, name);
}

static const struct qube *owner(const struct model *model, const char *prefix,
                                const char *name)
{
    for (guint i = 0; i < model->qubes->len; i++)
        if (is_owner(model->qubes->pdata[i], prefix, name))
            return model->qubes->pdata[i];
    return NULL;
}

static gboolean is_word_char(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-';
}

/* As a word, wherever that is. */
static gboolean stands_in(GBytes *bytes, const char *name)
{
    gsize left = 0, len = strlen(name);
    const char *begin = bytes ? g_bytes_get_data(bytes, &left) : NULL;
    const char *end = begin + left, *at = begin;

    while (at && (at = memmem(at, (gsize)(end - at), name, len))) {
        if ((at == begin || !is_word_char(at[-1])) &&
            (at + len == end || !is_word_char(at[len])))
            return TRUE;
        at++;
    }
    return FALSE;
}

/* An unknown global property is what a later release brings, and of a pool that cannot
 * be used it is known all the same what is in it. */
static gboolean finding_matters(const struct finding *finding)
{
    return !g_str_has_prefix(finding->message, "the global property") &&
           !g_str_has_prefix(finding->message, "pool '");
}

/* Why nobody can know whose a directory is; NULL: it can be known. Caller frees. */
static char *doubt_of(const struct model *model, GBytes *bytes)
{
    gsize len = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &len) : NULL;

    if (!data || memchr(data, '\0', len))
        return g_strdup("the bytes of qubes.xml cannot be searched for its name");
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        if (qube->nameless || !name_safe(qube->name))
            return g_strdup_printf("the qube listed as '%s' has no name of its own that a "
                                   "qube can have", qube->name);
    }
    for (guint i = 0; i < model->findings->len; i++) {
        const struct finding *finding = model->findings->pdata[i];

        if (finding_matters(finding))
            return g_strdup(finding->message);
    }
    return NULL;
}

/* --- where to look --- */

struct search {
    const struct model *model;
    GBytes *bytes; /* of the store; NULL: they cannot be had */
    char *doubt;
    GPtrArray *found;
};

static gboolean is_left_over(const struct search *search, const char *prefix,
                             const char *path, const char *name)
{
    struct stat st;

    return name_safe(name) && lstat(path, &st) == 0 &&
           (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)) &&
           !owner(search->model, prefix, name) && !stands_in(search->bytes, name) &&
           !home_is_being_made(path);
}

static void look_in(const struct search *search, const char *base, const char *prefix)
{
    g_autofree char *parent = g_build_filename(base, prefix, NULL);
    g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(parent, name, NULL);
        struct leftover *leftover;

        if (!is_left_over(search, prefix, path, name))
            continue;
        leftover = leftover_new(path);
        leftover->doubt = g_strdup(search->doubt);
        g_ptr_array_add(search->found, leftover);
    }
}

/* Pools may share a directory. */
static GPtrArray *bases(const char *root, const struct model *model)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(all, layout_path(root, LAYOUT_BASE));
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];
        const char *dir = pool_entry_dir(entry);

        if (dir && !g_ptr_array_find_with_equal_func(all, dir, g_str_equal, NULL))
            g_ptr_array_add(all, g_strdup(dir));
    }
    return all;
}

static int by_path(gconstpointer a, gconstpointer b)
{
    const struct leftover *one = *(struct leftover *const *)a;
    const struct leftover *two = *(struct leftover *const *)b;

    return strcmp(one->path, two->path);
}

GPtrArray *leftovers_find(const char *root, const struct model *model)
{
    g_autofree char *path = layout_path(root, LAYOUT_STORE);
    g_autoptr(GBytes) bytes = file_read(path, STORE_MAX, NULL, NULL);
    g_autofree char *doubt = doubt_of(model, bytes);
    g_autoptr(GPtrArray) dirs = bases(root, model);
    struct search search = {model, bytes, doubt, NULL};

    job_may_block();
    search.found = g_ptr_array_new_with_free_func(leftover_free);
    for (guint i = 0; i < dirs->len; i++) {
        look_in(&search, dirs->pdata[i], "appvms");
        look_in(&search, dirs->pdata[i], "vm-templates");
    }
    g_ptr_array_sort(search.found, by_path);
    return search.found;
}

/* --- whose it was --- */

struct kept {
    char *path;
    gint64 time;
};

static void kept_free(gpointer data)
{
    struct kept *kept = data;

    g_free(kept->path);
    g_free(kept);
}

static int newest_first(gconstpointer a, gconstpointer b)
{
    const struct kept *one = *(struct kept *const *)a, *two = *(struct kept *const *)b;

    return one->time != two->time ? (one->time < two->time ? 1 : -1)
                                  : strcmp(two->path, one->path);
}

/* A kept store has the time of its last change. */
static void add_kept(GPtrArray *all, const char *root, const char *absolute)
{
    g_autofree char *parent = layout_path(root, absolute);
    g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(parent, name, NULL);
        struct kept *kept;
        struct stat st;

        if (!g_str_has_suffix(name, ".xml") || lstat(path, &st) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        kept = g_new(struct kept, 1);
        *kept = (struct kept){g_steal_pointer(&path), st.st_mtime};
        g_ptr_array_add(all, kept);
    }
}

static void recall_from(const char *root, const char *path, GPtrArray *leftovers)
{
    g_autoptr(GBytes) bytes = file_read(path, STORE_MAX, NULL, NULL);
    auto_of(store_reading) struct store_reading *reading = NULL;

    for (guint i = 0; i < leftovers->len; i++) {
        struct leftover *leftover = leftovers->pdata[i];
        g_autofree char *parent = g_path_get_dirname(leftover->path);
        g_autofree char *prefix = g_path_get_basename(parent);
        const struct qube *qube;

        if (leftover->copy || !stands_in(bytes, leftover->name))
            continue;
        if (!reading)
            reading = store_reading_new_bytes(root, bytes, NULL);
        qube = reading ? owner(reading->model, prefix, leftover->name) : NULL;
        if (!qube)
            continue;
        leftover->copy = g_path_get_basename(path);
        leftover->uuid = g_strdup(qube->uuid);
    }
}

void leftovers_recall(const char *root, GPtrArray *leftovers)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(kept_free);

    job_may_block();
    if (leftovers->len == 0)
        return;
    add_kept(all, root, LAYOUT_HISTORY);
    add_kept(all, root, LAYOUT_BACKUP);
    g_ptr_array_sort(all, newest_first);
    for (guint i = 0; i < MIN(all->len, RECALL_MAX); i++)
        recall_from(root, ((const struct kept *)all->pdata[i])->path, leftovers);
}

gboolean leftover_may_hold(const struct leftover *leftover, const struct qube *qube)
{
    return (leftover->images > 0 || leftover->target) && leftover->uuid &&
           g_strcmp0(leftover->uuid, qube->uuid) == 0;
}

const struct qube *leftover_claimant(const struct leftover *leftover,
                                     const struct model *model)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        if (leftover_may_hold(leftover, qube) && qube_misses_images(qube))
            return qube;
    }
    return NULL;
}

/* --- before it goes --- */

/* The directory itself, not what a link leads to: what is typed is what is asked for
 * again before it goes. */
static gboolean stat_named(const char *path, struct stat *st)
{
    g_autofree char *bare = g_strdup(path);
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    for (gsize len = strlen(bare); len > 1 && bare[len - 1] == '/'; len--)
        bare[len - 1] = '\0';
    return !g_strv_contains((const char *const *)parts, "..") &&
           !g_str_has_suffix(bare, "/.") && !g_str_equal(bare, ".") &&
           lstat(bare, st) == 0 && S_ISDIR(st->st_mode);
}

static gboolean is_same(const struct stat *st, const char *path)
{
    struct stat own;

    return lstat(path, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino;
}

/* NULL: none of them. */
static const struct leftover *named(const GPtrArray *found, const char *root,
                                    const char *path)
{
    g_autofree char *below = *path == '/' ? layout_path(root, path) : NULL;
    struct stat here, there;
    gboolean is_here = stat_named(path, &here);
    gboolean is_there = below && stat_named(below, &there);

    for (guint i = 0; i < found->len; i++) {
        const struct leftover *leftover = found->pdata[i];

        if ((is_here && is_same(&here, leftover->path)) ||
            (is_there && is_same(&there, leftover->path)))
            return leftover;
    }
    return NULL;
}

static gboolean check_idle(const char *path, int depth, GError **error)
{
    g_autoptr(GDir) dir = depth < DEPTH_MAX ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *at = g_build_filename(path, name, NULL);
        g_autoptr(GPtrArray) users = NULL;
        struct stat st;

        if (lstat(at, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && !check_idle(at, depth + 1, error))
            return FALSE;
        users = S_ISREG(st.st_mode) ? loop_users(at) : NULL;
        if (!users || users->len == 0)
            continue;
        error_set(error, QMC_ERROR_BUSY, "see who uses it: losetup -l",
                  "'%s' is in use: %s is on it", at, (const char *)users->pdata[0]);
        return FALSE;
    }
    return TRUE;
}

static gboolean refuse_doubtful(const struct leftover *leftover, GError **error)
{
    error_set(error, QMC_ERROR_STATE, "mend that first: qmc xml check",
              "'%s' may belong to a qube of the store: %s", leftover->path,
              leftover->doubt);
    return FALSE;
}

static gboolean refuse_claimed(const struct leftover *leftover, const struct qube *qube,
                               GError **error)
{
    g_autofree char *shell = qube_shell_name(qube);
    g_autofree char *hint = g_strdup_printf(
        "'qmc xml check' says how to put them back; 'qmc rm %s --confirm %s' gives them up",
        shell, shell);

    error_set(error, QMC_ERROR_STATE, hint,
              "'%s' may hold the images that '%s' misses: it was its directory in copy %s",
              leftover->path, qube->name, leftover->copy);
    return FALSE;
}

static gboolean refuse_unknown(const char *path, GError **error)
{
    error_set(error, QMC_ERROR_NOTFOUND,
              "'qmc xml check' lists what is left over; what qubes.xml names, if only in "
              "a comment, is not",
              "'%s' is no directory that was left over", path);
    return FALSE;
}

/* *at (NULL ok): where it is, the caller's. */
static gboolean check(const char *root, const char *path, char **at, char **words,
                      GError **error)
{
    g_autofree char *store = layout_path(root, LAYOUT_STORE);
    auto_of(store_reading) struct store_reading *reading =
        store_reading_new(root, store, error);
    g_autoptr(GPtrArray) found = reading ? leftovers_find(root, reading->model) : NULL;
    const struct leftover *leftover = found ? named(found, root, path) : NULL;
    const struct qube *claimant;
    auto_of(tenants) struct tenants *tenants =
        reading ? tenants_new(root, reading->model) : NULL;

    if (!found)
        return FALSE;
    if (!leftover)
        return refuse_unknown(path, error);
    if (leftover->doubt)
        return refuse_doubtful(leftover, error);
    leftovers_recall(root, found);
    claimant = leftover_claimant(leftover, reading->model);
    if (claimant)
        return refuse_claimed(leftover, claimant, error);
    if (!check_idle(leftover->path, 0, error) ||
        !tenants_check(tenants, leftover->path, error))
        return FALSE;
    if (at)
        *at = g_strdup(leftover->path);
    if (words)
        *words = leftover_words(leftover);
    return TRUE;
}

gboolean leftover_check(const char *root, const char *path, char **words,
                        GError **error)
{
    return check(root, path, NULL, words, error);
}

gboolean leftover_remove(const char *root, const char *path, GError **error)
{
    g_autofree char *at = NULL;

    return check(root, path, &at, NULL, error) && home_remove(at, error);
}
