/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the devices of a volume are called: as Qubes calls them, because dom0's udev
 * rules know these names (spec/storage.md 2.2). */
#include "config.h"
#include "storage/file-node.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "storage/dm.h"
#include "storage/image.h"
#include "storage/loop.h"

char *node_ident(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return NULL;
    return g_strdup_printf("%" G_GINT64_MODIFIER "x:%" G_GUINT64_FORMAT,
                           (guint64)st.st_dev, (guint64)st.st_ino);
}

gboolean node_find(const char *path, char **ident, GError **error)
{
    *ident = node_ident(path);
    if (*ident || errno == ENOENT)
        return TRUE;
    image_error(error, errno, "look at", path);
    return FALSE;
}

char *node_origin(const char *base)
{
    return g_strconcat("origin-", base, NULL);
}

char *node_past(const char *base, const char *cow)
{
    return g_strconcat("snapshot-", base, "-", cow, NULL);
}

/* Of three parts like others that are given to a qube, so that nobody takes it for a past
 * that may go when it is not open. */
char *node_alone(const char *base, const char *cow)
{
    return g_strconcat("snapshot-", base, "-", base, "-", cow, NULL);
}

gboolean node_is_alone(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "-", -1);

    return g_strv_length(parts) == 4 && g_str_equal(parts[1], parts[2]);
}

char *node_below(const char *name)
{
    const char *last = strrchr(name, '-');

    return node_is_past(name) ? NULL : g_strndup(name, (gsize)(last - name));
}

gboolean node_is_past(const char *name)
{
    guint dashes = 0;

    for (; *name; name++)
        dashes += *name == '-';
    return dashes == 2;
}

char *node_base(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, "-", -1);

    return g_strdup(g_strv_length(parts) > 1 ? parts[1] : "");
}

gboolean node_uses(const GPtrArray *names, const char *ident)
{
    for (guint i = 0; i < names->len; i++) {
        g_auto(GStrv) parts = g_strsplit(names->pdata[i], "-", -1);

        if (g_strv_contains((const char *const *)parts, ident))
            return TRUE;
    }
    return FALSE;
}

char *node_top_of(GPtrArray *names, const char *cow)
{
    g_autofree char *ending = cow ? g_strconcat("-", cow, NULL) : NULL;

    for (guint i = 0; cow && i < names->len; i++)
        if (g_str_has_suffix(names->pdata[i], ending) && !node_is_past(names->pdata[i]))
            return g_strdup(names->pdata[i]);
    return NULL;
}

static gboolean has_node(const char *name)
{
    g_autofree char *path = dm_path(name);
    struct stat st;

    return stat(path, &st) == 0;
}

static gboolean origin_runs(const struct cowfiles *at)
{
    g_autofree char *base = node_ident(at->image);
    g_autofree char *name = base ? node_origin(base) : NULL;

    return name && has_node(name);
}

/* A loop device that is not there for device-mapper. */
static gboolean file_runs(const struct cowfiles *at)
{
    g_autofree char *base = node_ident(at->image);
    g_autofree char *prefix = base ? node_past(base, "") : NULL;
    g_autoptr(GPtrArray) pasts = base ? dm_nodes(prefix) : NULL;
    g_autoptr(GPtrArray) loops = NULL;

    if (!base || pasts->len > 0)
        return FALSE;
    loops = loop_users(at->image);
    return loops->len > 0;
}

/* What another layout has made is known as well. */
static char *running_top(const struct cowfiles *at)
{
    g_autoptr(GPtrArray) names = dm_nodes("snapshot-");
    g_autofree char *cow = node_ident(at->cow);
    g_autofree char *layer = at->layer ? node_ident(at->layer) : NULL;
    char *top = node_top_of(names, cow);

    return top ? top : node_top_of(names, layer);
}

gboolean stack_is_alone(const struct volume *volume)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    g_autofree char *top = volume_snap_on_start(volume) ? running_top(at) : NULL;

    return top && node_is_alone(top);
}

static gboolean is_stood_on(const char *image)
{
    g_autoptr(GPtrArray) names = dm_nodes("snapshot-");
    g_autofree char *ident = node_ident(image), *top = node_top_of(names, ident);

    return top != NULL;
}

gboolean stack_is_layer(const struct volume *volume)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);

    return cowfile_kind(volume) == FILE_VOLATILE &&
           (!cowfile_plan(volume)->attached || is_stood_on(at->image));
}

gboolean stack_is_running(const struct volume *volume)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    g_autofree char *top = NULL;

    if (volume_snap_on_start(volume)) {
        top = running_top(at);
        return top != NULL;
    }
    return origin_runs(at) || (cowfile_kind(volume) != FILE_ORIGIN && file_runs(at));
}

/* The name that a start would give it. */
static char *coming_top(const struct cowfiles *at, const struct cowfiles *source)
{
    g_autofree char *base = node_ident(source->image), *cow = node_ident(source->cow);
    g_autofree char *own = node_ident(at->cow);

    return base && cow && own ? g_strjoin("-", "snapshot", base, cow, own, NULL) : NULL;
}

static char *top_name(const struct volume *volume, const struct cowfiles *at)
{
    auto_of(cowfiles) struct cowfiles *source = cowfiles_new(volume_source(volume));
    char *running = running_top(at);

    return running ? running : coming_top(at, source);
}

/* Where there is no device the file: whoever wants it sees that it is missing. */
char *stack_path(const struct volume *volume)
{
    auto_of(cowfiles) struct cowfiles *at = cowfiles_new(volume);
    enum file_kind kind = cowfile_kind(volume);
    g_autofree char *base = NULL, *name = NULL;

    if (!cowfile_plan(volume)->attached)
        return NULL;
    if (kind == FILE_SNAPSHOT)
        name = top_name(volume, at);
    else if ((kind == FILE_ORIGIN || origin_runs(at)) && (base = node_ident(at->image)))
        name = node_origin(base);
    return name ? dm_path(name) : g_steal_pointer(&at->image);
}
