/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Revisions of driver file-reflink: earlier clean images, ordered by number
 * because the clock may jump (spec/storage.md 2.3, R-6). */
#include "config.h"
#include "storage/reflink-private.h"

#include <string.h>

#include "storage/image.h"
#include "util/error.h"

/* More would not fit the arithmetic; a number this long is not ours. */
enum { DIGITS_MAX = 15, TIME_LENGTH = 19 };

static const char pin_ending[] = ".pin";

/* One of path and pin is NULL, or both are names of one content. */
struct entry {
    struct revision public;
    char *path, *pin;
    struct stat st;
};

static void entry_free(gpointer data)
{
    struct entry *entry = data;

    g_free(entry->public.id);
    g_free(entry->path);
    g_free(entry->pin);
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
    text += digits + 1 + TIME_LENGTH + 1;
    return digits + 1 + TIME_LENGTH + 1 +
           (g_str_has_prefix(text, pin_ending) ? strlen(pin_ending) : 0);
}

static char *time_format(gint64 time)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(time);

    /* A time stamp beyond the calendar is nobody's fault but the file's. */
    return when ? g_date_time_format(when, "%Y-%m-%dT%H:%M:%SZ")
                : g_strdup("1970-01-01T00:00:00Z");
}

/* What follows the clean image's name and a dot, if that is a revision. */
static const char *id_of(const char *clean, const char *file)
{
    gsize length = strlen(clean);
    gint64 number, time;

    if (strncmp(file, clean, length) != 0 || file[length] != '.')
        return NULL;
    file += length + 1;
    length = revision_parse(file, &number, &time);
    return length > 0 && file[length] == '\0' ? file : NULL;
}

static gboolean is_revision(const char *clean, const char *file)
{
    return id_of(clean, file) != NULL;
}

static struct entry *find_entry(GPtrArray *list, const char *id)
{
    for (guint i = 0; i < list->len; i++) {
        struct entry *entry = list->pdata[i];

        if (g_str_equal(entry->public.id, id))
            return entry;
    }
    return NULL;
}

static struct entry *entry_new(const char *id, const struct stat *st)
{
    struct entry *entry = g_new0(struct entry, 1);

    entry->public.id = g_strdup(id);
    revision_parse(id, &entry->public.number, &entry->public.time);
    entry->public.used = (guint64)st->st_blocks * 512;
    entry->st = *st;
    return entry;
}

/* Adds nothing if the file has gone meanwhile, or is none: what is only called like a
 * revision does not hide those there are. */
static gboolean add_entry(GPtrArray *list, const struct images *at,
                          const char *path, GError **error)
{
    g_autofree char *id = g_strdup(id_of(at->clean, path));
    gboolean pins = g_str_has_suffix(id, pin_ending), there;
    struct entry *entry;
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return TRUE;
    if (!image_look(path, &st, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    if (pins)
        id[strlen(id) - strlen(pin_ending)] = '\0';
    entry = find_entry(list, id);
    if (!entry) {
        entry = entry_new(id, &st);
        g_ptr_array_add(list, entry);
    }
    *(pins ? &entry->pin : &entry->path) = g_strdup(path);
    entry->public.pinned = entry->pin != NULL;
    return TRUE;
}

static int newer_first(gconstpointer a, gconstpointer b)
{
    const struct revision *left = *(struct revision *const *)a;
    const struct revision *right = *(struct revision *const *)b;

    if (left->number != right->number)
        return left->number < right->number ? 1 : -1;
    return strcmp(right->id, left->id);
}

GPtrArray *revisions_list(const struct images *at, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(entry_free);
    g_autoptr(GPtrArray) paths = images_collect(at, is_revision, error);

    if (!paths)
        return NULL;
    for (guint i = 0; i < paths->len; i++)
        if (!add_entry(list, at, g_ptr_array_index(paths, i), error))
            return NULL;
    g_ptr_array_sort(list, newer_first);
    return g_steal_pointer(&list);
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

    g_autoptr(GPtrArray) list = revisions_list(at, error);
    struct entry *newest = NULL;

    if (!list)
        return FALSE;
    if (list->len > 0)
        newest = g_ptr_array_index(list, 0);
    if (newest && is_revision_of(newest, &clean))
        return TRUE;

    g_autofree char *time = time_format(clean.st_mtim.tv_sec);
    g_autofree char *path =
        g_strdup_printf("%s.%" G_GINT64_FORMAT "@%s", at->clean,
                        newest ? newest->public.number + 1 : 1, time);

    return image_share(at->clean, path, error);
}

GPtrArray *revisions_surplus(const struct images *at, guint keep, GError **error)
{
    g_autoptr(GPtrArray) list = revisions_list(at, error);
    GPtrArray *paths;
    guint seen = 0;

    if (!list)
        return NULL;
    paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < list->len; i++) {
        const struct entry *entry = g_ptr_array_index(list, i);

        if (!entry->pin && seen++ >= keep)
            g_ptr_array_add(paths, g_strdup(entry->path));
    }
    return paths;
}

gboolean revisions_prune(const struct images *at, guint keep, GError **error)
{
    g_autoptr(GPtrArray) paths = revisions_surplus(at, keep, error);

    if (!paths)
        return FALSE;
    for (guint i = 0; i < paths->len; i++)
        if (!image_unlink(paths->pdata[i], error))
            return FALSE;
    return TRUE;
}

char *revision_pin_path(const struct images *at, const char *id)
{
    return g_strconcat(at->clean, ".", id, pin_ending, NULL);
}

gboolean revision_paths(const struct images *at, const char *id, char **path, char **pin,
                        GError **error)
{
    g_autoptr(GPtrArray) list = revisions_list(at, error);
    struct entry *entry = list ? find_entry(list, id) : NULL;

    if (entry) {
        *path = g_steal_pointer(&entry->path);
        *pin = g_steal_pointer(&entry->pin);
    } else if (list) {
        error_set(error, QMC_ERROR_NOTFOUND, NULL, "volume '%s' has no revision '%s'",
                  at->vid, id);
    }
    return entry != NULL;
}
