/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/history.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/layout.h"
#include "util/error.h"
#include "util/file.h"
#include "util/job.h"
#include "util/log.h"

#define FORMAT "-%Y%m%dT%H%M%SZ"
#define PATTERN "-????????T??????Z*"
#define STAMP strlen("-YYYYMMDDTHHMMSSZ")
#define END ".xml"
#define NUMBER_MOST 18 /* digits */

/* Names. */

/* What is behind the stamp: "-NNN.xml", or of the first ones ".xml" alone. */
static gboolean parse_end(const char *end, gint64 *number)
{
    gsize digits = *end == '-' ? strspn(end + 1, "0123456789") : 0;

    if (digits > NUMBER_MOST || !g_str_equal(end + (digits ? digits + 1 : 0), END))
        return FALSE;
    *number = digits ? g_ascii_strtoll(end + 1, NULL, 10) : -1;
    return TRUE;
}

gboolean history_has(const char *stem, const char *name)
{
    const char *rest = g_str_has_prefix(name, stem) ? name + strlen(stem) : "";
    gint64 number;

    return g_pattern_match_simple(PATTERN, rest) && parse_end(rest + STAMP, &number);
}

/* 0: it is no copy. */
static gint64 number_of(const char *name)
{
    const char *zone = strrchr(name, 'Z');
    gint64 number = 0;

    if (zone)
        parse_end(zone + 1, &number);
    return number;
}

int history_compare(const char *a, const char *b)
{
    gint64 one = number_of(a), two = number_of(b);

    return one != two ? (one < two ? -1 : 1) : strcmp(a, b);
}

static int by_age(gconstpointer a, gconstpointer b)
{
    return history_compare(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *list(const char *dir, GError **error)
{
    g_autoptr(GError) cause = NULL;
    GPtrArray *names = file_list(dir, &cause);

    if (names || error_is(cause, QMC_ERROR_NOTFOUND))
        return names ? names : g_ptr_array_new_with_free_func(g_free);
    g_propagate_error(error, g_steal_pointer(&cause));
    return NULL;
}

/* Those that fit; of the stem where there is one. */
static GPtrArray *names_that(const char *dir, const char *stem,
                             gboolean (*fits)(const char *name), GError **error)
{
    GPtrArray *names = list(dir, error);

    for (guint i = names ? names->len : 0; i-- > 0;)
        if (!(stem ? history_has(stem, names->pdata[i]) : fits(names->pdata[i])))
            g_ptr_array_remove_index_fast(names, i);
    if (names)
        g_ptr_array_sort(names, by_age);
    return names;
}

GPtrArray *history_names(const char *dir, gboolean (*fits)(const char *name),
                         GError **error)
{
    return names_that(dir, NULL, fits, error);
}

/* Keeping. */

/* After all there are. */
static gint64 next_number(const GPtrArray *names)
{
    gint64 last = names->len > 0 ? number_of(names->pdata[names->len - 1]) : 0;

    return MAX(last, 0) + 1;
}

char *history_place(const char *dir, const char *stem, GError **error)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *stamp = g_date_time_format(now, FORMAT);
    g_autoptr(GPtrArray) names = NULL;

    if (layout_mkdirs(dir, error))
        names = names_that(dir, stem, NULL, error);
    return names ? g_strdup_printf("%s/%s%s-%03" G_GINT64_FORMAT END, dir, stem, stamp,
                                   next_number(names))
                 : NULL;
}

/* Pruning. */

struct former {
    char *path;
    const char *name; /* in the path */
    guint64 size;
    gboolean doomed;
};

static void former_clear(gpointer data)
{
    g_free(((struct former *)data)->path);
}

/* The oldest first. */
static GArray *formers_of(const char *dir, const char *stem)
{
    g_autoptr(GPtrArray) names = names_that(dir, stem, NULL, NULL);
    GArray *formers = g_array_new(FALSE, FALSE, sizeof(struct former));

    g_array_set_clear_func(formers, former_clear);
    for (guint i = 0; names && i < names->len; i++) {
        struct former former = { .path = g_build_filename(dir, names->pdata[i], NULL) };
        struct stat st;

        former.name = strrchr(former.path, '/') + 1;

        if (lstat(former.path, &st) == 0)
            former.size = (guint64)st.st_size;
        g_array_append_val(formers, former);
    }
    return formers;
}

static struct former *former_at(const GArray *formers, guint i)
{
    return &g_array_index(formers, struct former, i);
}

/* Of those without numbers, from a clock that was ahead: what is named later than the
 * one just made counts as older than all others, or each new one would be the oldest
 * for as long. */
static void age_the_future(GArray *formers, const char *kept)
{
    g_autofree char *now = kept ? g_path_get_basename(kept) : NULL;
    guint past = 0;
    g_autofree struct former *future = NULL;

    while (past < formers->len &&
           (!now || history_compare(former_at(formers, past)->name, now) <= 0))
        past++;
    if (past == formers->len)
        return;
    future = g_memdup2(former_at(formers, past), (formers->len - past) * sizeof *future);
    memmove(former_at(formers, formers->len - past), formers->data, past * sizeof *future);
    memcpy(formers->data, future, (formers->len - past) * sizeof *future);
}

/* The first of each of the newest periods of which there are any: so many letters of
 * the name are the same in one. */
static void spare_firsts(GArray *formers, gsize letters, guint periods)
{
    for (guint i = formers->len; i-- > 0 && periods > 0;) {
        struct former *former = former_at(formers, i);

        if (i > 0 && strncmp(former->name, former_at(formers, i - 1)->name, letters) == 0)
            continue;
        former->doomed = FALSE;
        periods--;
    }
}

static void doom_by_age(GArray *formers, gsize stem, const struct history_limits *limits)
{
    for (guint i = 0; i < formers->len; i++)
        former_at(formers, i)->doomed = i + limits->recent < formers->len;
    spare_firsts(formers, stem + strlen("-YYYYMMDDTHH"), limits->hours);
    spare_firsts(formers, stem + strlen("-YYYYMMDD"), limits->days);
    spare_firsts(formers, stem + strlen("-YYYYMM"), limits->months);
}

static void doom_by_size(GArray *formers, guint64 most)
{
    guint64 bytes = 0;

    for (guint i = formers->len; i-- > 0;) {
        struct former *former = former_at(formers, i);

        bytes += former->doomed ? 0 : former->size;
        former->doomed = former->doomed || bytes > most;
    }
}

/* The one just made stays. */
static void spare(GArray *formers, const char *kept)
{
    for (guint i = 0; i < formers->len; i++)
        if (g_strcmp0(former_at(formers, i)->path, kept) == 0)
            former_at(formers, i)->doomed = FALSE;
}

/* The newest that is good among the doomed or the others. */
static struct former *find_good(GArray *formers, gboolean doomed,
                                const struct history_good *good)
{
    for (guint i = formers->len; i-- > 0;) {
        struct former *former = former_at(formers, i);

        if (former->doomed == doomed && good->is(former->path, good->data))
            return former;
    }
    return NULL;
}

static void spare_last_good(GArray *formers, const struct history_good *good)
{
    struct former *last;

    if (find_good(formers, FALSE, good))
        return;
    last = find_good(formers, TRUE, good);
    if (last)
        last->doomed = FALSE;
}

static gboolean any_doomed(const GArray *formers)
{
    for (guint i = 0; i < formers->len; i++)
        if (former_at(formers, i)->doomed)
            return TRUE;
    return FALSE;
}

void history_prune(const char *dir, const char *stem, const struct history_limits *limits,
                   const char *kept, const struct history_good *good)
{
    g_autoptr(GArray) formers = formers_of(dir, stem);

    job_may_block();
    age_the_future(formers, kept);
    doom_by_age(formers, strlen(stem), limits);
    doom_by_size(formers, limits->bytes);
    spare(formers, kept);
    if (good && good->is && any_doomed(formers))
        spare_last_good(formers, good);
    for (guint i = 0; i < formers->len; i++) {
        const struct former *former = former_at(formers, i);

        if (former->doomed && unlink(former->path) != 0)
            log_line("history", "an old copy stays: %s", g_strerror(errno));
    }
}
