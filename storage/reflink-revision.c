/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Revisions of driver file-reflink: earlier clean images, ordered by number
 * because the clock may jump (spec/storage.md 2.3, R-6). */
#include "config.h"
#include "storage/reflink-private.h"

#include <string.h>

#include "storage/image.h"

/* More would not fit the arithmetic; a number this long is not ours. */
enum { DIGITS_MAX = 15, TIME_LENGTH = 19 };

struct entry {
    struct revision public;
    char *path;
    struct stat st;
};

static void entry_free(gpointer data)
{
    struct entry *entry = data;

    g_free(entry->public.id);
    g_free(entry->path);
    g_free(entry);
}

static gboolean time_parse(const char *text, gint64 *time)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";

    for (int i = 0; i < TIME_LENGTH; i++)
        if (shape[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != shape[i])
            return FALSE;

    g_autofree char *copy = g_strndup(text, TIME_LENGTH);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(copy, utc);

    if (!when)
        return FALSE;
    *time = g_date_time_to_unix(when);
    return TRUE;
}

gsize revision_parse(const char *text, gint64 *number, gint64 *time)
{
    gsize digits = strspn(text, "0123456789");

    if (digits == 0 || digits > DIGITS_MAX || text[digits] != '@' ||
        !time_parse(text + digits + 1, time) ||
        text[digits + 1 + TIME_LENGTH] != 'Z')
        return 0;
    *number = g_ascii_strtoll(text, NULL, 10);
    return digits + 1 + TIME_LENGTH + 1;
}

static char *time_format(gint64 time)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(time);

    /* A time stamp beyond the calendar is nobody's fault but the file's. */
    return when ? g_date_time_format(when, "%Y-%m-%dT%H:%M:%SZ")
                : g_strdup("1970-01-01T00:00:00Z");
}

static struct entry *entry_new(const struct images *at, const char *file,
                               const char *prefix)
{
    gint64 number, time;
    gsize length;
    struct stat st;

    if (!g_str_has_prefix(file, prefix))
        return NULL;
    length = revision_parse(file + strlen(prefix), &number, &time);
    if (length == 0 || file[strlen(prefix) + length] != '\0')
        return NULL;

    g_autofree char *path = g_build_filename(at->dir, file, NULL);
    struct entry *entry;

    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return NULL;
    entry = g_new0(struct entry, 1);
    entry->public.id = g_strdup(file + strlen(prefix));
    entry->public.number = number;
    entry->public.time = time;
    entry->public.used = (guint64)st.st_blocks * 512;
    entry->path = g_steal_pointer(&path);
    entry->st = st;
    return entry;
}

static int newer_first(gconstpointer a, gconstpointer b)
{
    const struct revision *left = *(struct revision *const *)a;
    const struct revision *right = *(struct revision *const *)b;

    if (left->number != right->number)
        return left->number < right->number ? 1 : -1;
    return strcmp(right->id, left->id);
}

GPtrArray *revisions_list(const struct images *at)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(entry_free);
    g_autofree char *clean = g_path_get_basename(at->clean);
    g_autofree char *prefix = g_strconcat(clean, ".", NULL);
    g_autoptr(GDir) dir = g_dir_open(at->dir, 0, NULL);
    const char *file;

    while (dir && (file = g_dir_read_name(dir))) {
        struct entry *entry = entry_new(at, file, prefix);

        if (entry)
            g_ptr_array_add(list, entry);
    }
    g_ptr_array_sort(list, newer_first);
    return list;
}

/* After a crash between the steps of a commit the clean image has its
 * revision already; where links are refused that is a copy with its time. */
static gboolean is_revision_of(const struct entry *entry, const struct stat *clean)
{
    return (entry->st.st_dev == clean->st_dev &&
            entry->st.st_ino == clean->st_ino) ||
           image_same_version(&entry->st, clean);
}

gboolean revisions_add(const struct images *at, guint keep, GError **error)
{
    struct stat clean;
    gboolean there;

    if (!image_look(at->clean, &clean, &there, error))
        return FALSE;
    if (!there || keep == 0)
        return TRUE;

    g_autoptr(GPtrArray) list = revisions_list(at);
    struct entry *newest = list->len ? g_ptr_array_index(list, 0) : NULL;

    if (newest && is_revision_of(newest, &clean))
        return TRUE;

    g_autofree char *time = time_format(clean.st_mtim.tv_sec);
    g_autofree char *path =
        g_strdup_printf("%s.%" G_GINT64_FORMAT "@%s", at->clean,
                        newest ? newest->public.number + 1 : 1, time);

    return image_share(at->clean, path, error);
}

gboolean revisions_prune(const struct images *at, guint keep, GError **error)
{
    g_autoptr(GPtrArray) list = revisions_list(at);
    g_autoptr(GPtrArray) paths = g_ptr_array_new();

    for (guint i = keep; i < list->len; i++) {
        struct entry *entry = g_ptr_array_index(list, i);

        g_ptr_array_add(paths, entry->path);
    }
    g_ptr_array_add(paths, NULL);
    return images_drop((const char *const *)paths->pdata, error);
}
