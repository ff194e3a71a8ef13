/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/home.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/layout.h"
#include "core/model-private.h"
#include "core/name.h"
#include "util/error.h"
#include "util/file.h"
#include "util/job.h"
#include "util/text.h"

#define DIR_MODE 0775
#define COPY_MAX (16 * 1024 * 1024)

char *home_path(const char *root, const struct class_row *class, const char *name)
{
    g_autofree char *absolute = NULL;

    if (!class || !class->dir_prefix || !name_safe(name))
        return NULL;
    absolute = g_strdup_printf("%s/%s/%s", LAYOUT_BASE, class->dir_prefix, name);
    return layout_path(root, absolute);
}

char *home_path_said(const char *root, const struct qube *qube)
{
    const struct prop_value *said = prop_values_find(qube->props, "name");
    const char *name = said ? said->text : "";
    g_autofree char *absolute = NULL;

    if (!qube->class || !qube->class->dir_prefix || !*name || strchr(name, '/') ||
        g_str_equal(name, ".") || g_str_equal(name, ".."))
        return NULL;
    absolute = g_strdup_printf("%s/%s/%s", LAYOUT_BASE, qube->class->dir_prefix, name);
    return layout_path(root, absolute);
}

char *home_unit_path(const char *root, const char *name)
{
    g_autofree char *absolute =
        g_strdup_printf("/etc/systemd/system/multi-user.target.wants/"
                        "qubes-vm@%s.service", name);

    return name_safe(name) ? layout_path(root, absolute) : NULL;
}

gboolean home_unit_remove(const char *unit, GError **error)
{
    job_may_block();
    if (unlink(unit) == 0 || errno == ENOENT || errno == ENOTDIR)
        return TRUE;
    error_set_errno(error, errno, NULL, "cannot remove '%s'", unit);
    return FALSE;
}

static gboolean is_below(const char *path, const char *below)
{
    return path && g_str_has_prefix(path, below);
}

static const char *vid_said(const struct volume_config *config)
{
    return config->volume ? volume_vid(config->volume) : volume_config_get(config, "vid");
}

gboolean home_is_used(const struct qube *qube, const char *prefix, const char *name)
{
    g_autofree char *below = g_strdup_printf("%s/%s/", prefix, name);

    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (is_below(vid_said(config), below) ||
            is_below(volume_config_get(config, "source"), below))
            return TRUE;
    }
    return FALSE;
}

static gboolean has_image_in(const struct qube *qube, const char *below)
{
    for (guint i = 0; i < qube->volumes->len; i++)
        if (is_below(vid_said(&g_array_index(qube->volumes, struct volume_config, i)), below))
            return TRUE;
    return FALSE;
}

gboolean home_is_own(const struct model *model, const struct qube *qube, const char *name)
{
    const char *prefix = qube->class ? qube->class->dir_prefix : NULL;
    g_autofree char *below = prefix ? g_strdup_printf("%s/%s/", prefix, name) : NULL;

    if (!below || !has_image_in(qube, below))
        return FALSE;
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *other = model->qubes->pdata[i];

        if (other != qube && home_is_used(other, prefix, name))
            return FALSE;
    }
    return TRUE;
}

static gboolean refuse_link(const char *home, const char *target, GError **error)
{
    g_autofree char *shell = text_shell_quote(home);
    g_autofree char *hint = g_strdup_printf("remove the link, what it leads to stays: rm %s; "
                                            "or choose another name", shell);

    error_set(error, QMC_ERROR_EXISTS, hint, "'%s' is there already: a link to '%s'%s", home,
              target, g_file_test(home, G_FILE_TEST_EXISTS) ? "" : ", which is not there");
    return FALSE;
}

static gboolean refuse_taken(const char *home, GError **error)
{
    g_autofree char *target = home_link_target(home);

    if (target)
        return refuse_link(home, target, error);
    error_set(error, QMC_ERROR_EXISTS,
              "look at what is in it and move it away, or choose another name",
              "'%s' is there already", home);
    return FALSE;
}

gboolean home_vacant(const char *home, GError **error)
{
    struct stat st;

    job_may_block();
    if (lstat(home, &st) == 0)
        return refuse_taken(home, error);
    if (errno == ENOENT)
        return TRUE;
    error_set_errno(error, errno, NULL, "cannot look at '%s'", home);
    return FALSE;
}

/* Its place may be there, a directory that is shared with others, but no link: that is
 * somebody's, and what is behind it, too. */
gboolean home_volume_vacant(struct volume *volume, GError **error)
{
    g_autofree char *dir = volume_dir(volume);
    g_autofree char *target = dir ? home_link_target(dir) : NULL;

    return target ? refuse_link(dir, target, error) : volume_vacant(volume, error);
}

/* A file system without such locks goes without. */
static int claim(const char *home)
{
    int fd = open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0)
        flock(fd, LOCK_EX | LOCK_NB);
    return fd;
}

gboolean home_make(const char *home, int *fd, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(home);

    job_may_block();
    if (!layout_mkdirs(parent, error))
        return FALSE;
    if (mkdir(home, DIR_MODE) == 0) {
        if (file_fsync_dir(parent, error)) {
            *fd = claim(home);
            return TRUE;
        }
        rmdir(home);
        return FALSE;
    }
    if (errno == EEXIST)
        return refuse_taken(home, error);
    error_set_errno(error, errno, NULL, "cannot make the directory '%s'", home);
    return FALSE;
}

gboolean home_is_being_made(const char *home)
{
    int fd = open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    gboolean locked =
        fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

    if (fd >= 0)
        close(fd);
    return locked;
}

gboolean home_remove(const char *home, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(home);

    job_may_block();
    return file_remove_tree(home, error) &&
           (!g_file_test(parent, G_FILE_TEST_IS_DIR) ||
            file_fsync_dir(parent, error));
}

gboolean home_copy_file(const char *home, const char *file, const char *to,
                        GError **error)
{
    g_autofree char *from_path = g_build_filename(home, file, NULL);
    g_autofree char *to_path = g_build_filename(to, file, NULL);
    const struct file_replace how = {
        .path = to_path, .mode = 0664, .group = LAYOUT_GROUP,
    };
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) bytes = file_read(from_path, COPY_MAX, NULL, &cause);
    gsize len;
    const char *data;

    if (!bytes && error_is(cause, QMC_ERROR_NOTFOUND))
        return TRUE;
    if (!bytes) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    data = g_bytes_get_data(bytes, &len);
    return file_replace(&how, data ? data : "", len, NULL, error);
}

static gboolean fail(const char *verb, const char *path, GError **error)
{
    error_set_errno(error, errno, NULL, "cannot %s '%s'", verb, path);
    return FALSE;
}

static gboolean entry_share(const char *path, const char *to, GError **error)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return fail("look at", path, error);
    if (S_ISLNK(st.st_mode))
        return g_file_test(to, G_FILE_TEST_IS_SYMLINK) || home_link_share(path, to, error);
    if (!S_ISDIR(st.st_mode))
        return link(path, to) == 0 || errno == EEXIST || fail("link", path, error);
    if (mkdir(to, st.st_mode & 07777) != 0 && errno != EEXIST)
        return fail("make the directory", to, error);
    return home_share(path, to, error);
}

gboolean home_share(const char *home, const char *to, GError **error)
{
    g_autoptr(GDir) dir = NULL;
    struct stat st;
    const char *name;

    job_may_block();
    if (stat(home, &st) != 0)
        return errno == ENOENT || fail("look at", home, error);
    /* whoever may not give it away keeps it */
    if (chown(to, st.st_uid, st.st_gid) != 0 && errno != EPERM)
        return fail("set the owner of", to, error);
    if (chmod(to, st.st_mode & 07777) != 0)
        return fail("set the mode of", to, error);
    dir = g_dir_open(home, 0, NULL);
    if (!dir)
        return fail("read the directory", home, error);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *from = g_build_filename(home, name, NULL);
        g_autofree char *as = g_build_filename(to, name, NULL);

        if (!entry_share(from, as, error))
            return FALSE;
    }
    return file_fsync_dir(to, error);
}
