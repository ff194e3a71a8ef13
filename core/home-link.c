/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directory of a qube that is a link to another disk: the link is the qube's, and of
 * what it leads to no more than Qubes puts there. */
#include "config.h"

#include "core/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"
#include "util/job.h"
#include "util/text.h"

/* Nobody reads more of them at once. */
#define NAMES_MAX 3

/* Beside the images: of qubesd, of its menus, of Qubes 2 and 3. */
static const char *const own_names[] = {
    "firewall.xml", "notes.txt", "icon.png", "apps", "apps.icons", "apps.tempicons",
    "apps.templates", "whitelisted-appmenus.list", "vm-whitelisted-appmenus.list",
    "netvm-whitelisted-appmenus.list",
};

GPtrArray *home_dirs(const char *home, const GPtrArray *volumes)
{
    GPtrArray *dirs = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < volumes->len; i++) {
        char *dir = volume_dir(volumes->pdata[i]);

        if (dir && !g_ptr_array_find_with_equal_func(dirs, dir, g_str_equal, NULL))
            g_ptr_array_add(dirs, dir);
        else
            g_free(dir);
    }
    if (home && !g_ptr_array_find_with_equal_func(dirs, home, g_str_equal, NULL))
        g_ptr_array_add(dirs, g_strdup(home));
    return dirs;
}

char *home_link_target(const char *dir)
{
    job_may_block();
    return g_file_read_link(dir, NULL);
}

gboolean home_link_share(const char *from, const char *to, GError **error)
{
    g_autofree char *target = home_link_target(from), *parent = g_path_get_dirname(to);

    if (!target || symlink(target, to) != 0) {
        error_set_errno(error, errno, NULL, "cannot make the link '%s'", to);
        return FALSE;
    }
    if (file_fsync_dir(parent, error))
        return TRUE;
    unlink(to);
    return FALSE;
}

gboolean home_link_remove(const char *link, GError **error)
{
    struct stat st;

    job_may_block();
    if (lstat(link, &st) != 0 && errno == ENOENT)
        return TRUE;
    if (S_ISLNK(st.st_mode) && unlink(link) == 0)
        return TRUE;
    error_set_errno(error, errno, NULL, "cannot remove the link '%s'", link);
    return FALSE;
}

/* As the kernel would say it later, of a disk that cannot be written as well. */
static gboolean may_change(const char *dir, GError **error)
{
    if (faccessat(AT_FDCWD, dir, R_OK | W_OK | X_OK, AT_EACCESS) == 0 || errno == ENOENT)
        return TRUE;
    error_set_errno(error, errno,
                    errno == EPERM ? "see with 'lsattr -d' whether it is protected" : NULL,
                    "nothing can be deleted in '%s'", dir);
    return FALSE;
}

static gboolean check_rights(const char *dir, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(dir);

    return may_change(dir, error) && may_change(parent, error);
}

gboolean home_check(const char *dir, GError **error)
{
    g_autofree char *target = home_link_target(dir), *shell = text_shell_quote(dir);
    g_autofree char *hint = NULL;
    struct stat st;

    if (stat(dir, &st) == 0 ? S_ISDIR(st.st_mode) : errno == ENOENT && !target)
        return check_rights(dir, error);
    if (target) {
        hint = g_strdup_printf("mount what it leads to, or give that up: rm %s", shell);
        error_set(error, QMC_ERROR_STATE, hint,
                  "'%s' is a link to '%s', and there is no directory", dir, target);
    } else {
        error_set(error, QMC_ERROR_STATE, "look at what it is, and move it away",
                  "'%s' is no directory that can be looked at", dir);
    }
    return FALSE;
}

/* --- its end --- */

static gboolean is_own(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(own_names); i++)
        if (g_str_equal(name, own_names[i]))
            return TRUE;
    return FALSE;
}

static gboolean own_remove(const char *dir, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    struct stat st;

    if (lstat(path, &st) != 0 && errno == ENOENT)
        return TRUE;
    if (S_ISDIR(st.st_mode))
        return file_remove_tree(path, error);
    if (unlink(path) == 0)
        return TRUE;
    error_set_errno(error, errno, NULL, "cannot remove '%s'", path);
    return FALSE;
}

/* In a directory that is not the qube's alone even these may be somebody's. */
static gboolean rest_remove(const char *dir, GError **error)
{
    g_autoptr(GPtrArray) names = file_list(dir, error);

    for (guint i = 0; names && i < names->len; i++)
        if (!is_own(names->pdata[i]))
            return TRUE;
    for (guint i = 0; names && i < names->len; i++)
        if (!own_remove(dir, names->pdata[i], error))
            return FALSE;
    return names != NULL;
}

/* "'photos', 'a.iso' and 4 more". */
static char *names_in(const char *dir)
{
    g_autoptr(GPtrArray) names = file_list(dir, NULL);
    GString *text = g_string_new(NULL);

    for (guint i = 0; names && i < MIN(names->len, NAMES_MAX); i++)
        g_string_append_printf(text, "%s'%s'", i ? ", " : "", (char *)names->pdata[i]);
    if (names && names->len > NAMES_MAX)
        g_string_append_printf(text, " and %u more", names->len - NAMES_MAX);
    return g_string_free(text, FALSE);
}

static gboolean refuse_rest(const char *real, GError **error)
{
    int errnum = errno;
    g_autofree char *names = names_in(real), *shell = text_shell_quote(real);
    g_autofree char *hint = g_strdup_printf("look at it, then delete it: rm -r %s", shell);

    /* an empty disk that stays mounted is no loss to anybody */
    if (!*names && errnum == EBUSY)
        return TRUE;
    if (*names)
        error_set(error, QMC_ERROR_STATE, hint, "'%s' stays, with %s in it", real, names);
    else
        error_set_errno(error, errnum, hint, "cannot remove '%s'", real);
    return FALSE;
}

/* A directory that others put something into, or on which a disk is mounted, stays; the
 * link goes in each case: nothing of the qube is behind it. */
gboolean home_link_clear(const char *link, GError **error)
{
    char *real = realpath(link, NULL);
    g_autofree char *at = g_strdup(real);

    free(real);
    job_may_block();
    if (at && !rest_remove(at, error))
        return FALSE;
    if (!home_link_remove(link, error))
        return FALSE;
    return !at || rmdir(at) == 0 || refuse_rest(at, error);
}

char *home_left_hint(const GError *left, const GPtrArray *dirs)
{
    const char *own = error_hint(left);

    for (guint i = 0; i < dirs->len; i++) {
        const char *dir = dirs->pdata[i];
        g_autofree char *at = text_shell_quote(dir), *base = g_path_get_basename(dir);
        g_autofree char *name = text_shell_quote(base);
        struct stat st;

        if (lstat(dir, &st) != 0 || S_ISLNK(st.st_mode))
            continue;
        return g_strdup_printf("%s%sqmc xml sweep %s --confirm %s", own ? own : "",
                               own ? "; then: " : "", at, name);
    }
    return g_strdup(own);
}

/* --- images that are links --- */

/* NULL: the link leads into the directory, or nowhere. */
static char *real_outside(const char *dir, const char *link)
{
    char *real = realpath(link, NULL), *place = realpath(dir, NULL);
    g_autofree char *below = g_strdup_printf("%s/", place ? place : dir);
    char *found = real && !g_str_has_prefix(real, below) ? g_strdup(real) : NULL;

    free(real);
    free(place);
    return found;
}

GPtrArray *home_image_links(const GPtrArray *dirs)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);

    job_may_block();
    for (guint i = 0; i < dirs->len; i++) {
        g_autoptr(GPtrArray) names = file_list(dirs->pdata[i], NULL);

        for (guint j = 0; names && j < names->len; j++) {
            g_autofree char *path = g_build_filename(dirs->pdata[i], names->pdata[j], NULL);
            char *real = strstr(names->pdata[j], ".img") &&
                                 g_file_test(path, G_FILE_TEST_IS_SYMLINK)
                             ? real_outside(dirs->pdata[i], path) : NULL;

            if (real)
                g_ptr_array_add(found, real);
        }
    }
    return found;
}
