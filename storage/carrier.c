/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/carrier.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "util/file.h"

#define MOUNTS "/proc/self/mountinfo"

enum { FIELD_POINT = 4, FIELDS_MIN = 6 };

/* The same directory, or one below it. */
static gboolean is_at(const char *path, const char *point)
{
    gsize length = strlen(point);

    if (g_str_equal(point, "/"))
        return *path == '/';
    return strncmp(path, point, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

/* "ID PARENT MAJ:MIN ROOT POINT OPTIONS [MORE...] - TYPE SOURCE OPTIONS"; *source is the
 * caller's. FALSE: it is no such line, or of no mount of that directory. */
static gboolean read_line(const char *line, const char *dir, gsize *length, char **source)
{
    const char *rest = strstr(line, " - ");
    g_auto(GStrv) fields = g_strsplit(line, " ", FIELDS_MIN);
    g_auto(GStrv) behind = rest ? g_strsplit(rest + strlen(" - "), " ", 3) : NULL;
    g_autofree char *point = NULL;

    if (g_strv_length(fields) < FIELDS_MIN || !behind || g_strv_length(behind) < 2)
        return FALSE;
    point = g_strcompress(fields[FIELD_POINT]); /* a blank is \040 */
    if (!is_at(dir, point))
        return FALSE;
    *length = strlen(point);
    *source = g_strcompress(behind[1]);
    return TRUE;
}

/* Of what is mounted over something else the later one counts. */
char *carrier_source(const char *untrusted_mountinfo, const char *dir)
{
    g_auto(GStrv) lines = g_strsplit(untrusted_mountinfo, "\n", -1);
    char *found = NULL;
    gsize longest = 0;

    for (char **line = lines; *line; line++) {
        char *source = NULL;
        gsize length;

        if (!read_line(*line, dir, &length, &source))
            continue;
        if (length < longest) {
            g_free(source);
            continue;
        }
        longest = length;
        g_free(found);
        found = source;
    }
    return found;
}

/* One text of /proc or /sys without its newline; NULL: there is none. Caller frees. */
static char *read_text(const char *path)
{
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_strchomp(text) : NULL;
}

gboolean carrier_of(const char *dir, dev_t *dev)
{
    g_autofree char *untrusted_mounts = NULL, *source = NULL;
    struct stat st;

    if (stat(dir, &st) < 0)
        return FALSE;
    *dev = st.st_dev;
    if (major(st.st_dev) != 0)
        return TRUE;
    untrusted_mounts = read_text(MOUNTS);
    source = untrusted_mounts ? carrier_source(untrusted_mounts, dir) : NULL;
    if (!source || stat(source, &st) < 0 || !S_ISBLK(st.st_mode))
        return FALSE;
    *dev = st.st_rdev;
    return TRUE;
}

gboolean carrier_stands_on(const char *sys, dev_t dev, const char *name)
{
    g_autofree char *slaves =
        g_strdup_printf("%s/dev/block/%u:%u/slaves", sys, major(dev), minor(dev));
    g_autoptr(GPtrArray) below = file_list(slaves, NULL);

    for (guint i = 0; below && i < below->len; i++) {
        g_autofree char *path =
            g_build_filename(slaves, below->pdata[i], "dm", "name", NULL);
        g_autofree char *its = read_text(path);

        if (its && g_str_equal(its, name))
            return TRUE;
    }
    return FALSE;
}
