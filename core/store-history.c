/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/store-history.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/layout.h"
#include "core/model-private.h"
#include "core/store-private.h"
#include "core/store-stake.h"
#include "util/error.h"
#include "util/job.h"

#define STEM "qubes"
#define LOCK_MS 5000

const struct history_limits store_history_limits = {
    .recent = 20, .hours = 24, .days = 30, .months = 12, .bytes = (guint64)128 << 20,
};

/* Reading. */

struct store_reading *store_reading_new(const char *root, const char *path,
                                        GError **error)
{
    struct store_reading *reading = g_new0(struct store_reading, 1);

    job_may_block();
    reading->store = store_new(root);
    reading->model = model_new();
    g_free(reading->store->path);
    reading->store->path = g_strdup(path);
    if (store_load(reading->store, reading->model, error))
        return reading;
    store_reading_free(reading);
    return NULL;
}

struct store_reading *store_reading_new_bytes(const char *root, GBytes *bytes,
                                              GError **error)
{
    struct store_reading *reading = g_new0(struct store_reading, 1);

    reading->store = store_new(root);
    reading->model = model_new();
    if (store_load_bytes(reading->store, reading->model, bytes, error))
        return reading;
    store_reading_free(reading);
    return NULL;
}

void store_reading_free(struct store_reading *reading)
{
    if (!reading)
        return;
    model_free(reading->model);
    store_free(reading->store);
    g_free(reading);
}

GBytes *store_reading_bytes(const struct store_reading *reading)
{
    return g_bytes_ref(reading->store->image.bytes);
}

static guint count_findings(const GPtrArray *findings, enum severity severity)
{
    guint n = 0;

    for (guint i = 0; i < findings->len; i++)
        n += ((const struct finding *)findings->pdata[i])->severity >= severity;
    return n;
}

guint store_reading_findings(const struct store_reading *reading,
                             enum severity severity)
{
    const GPtrArray *qubes = reading->model->qubes;
    guint n = count_findings(reading->model->findings, severity);

    for (guint i = 0; i < qubes->len; i++)
        n += count_findings(((const struct qube *)qubes->pdata[i])->findings,
                            severity);
    return n;
}

/* Names. */

static gboolean is_ours(const char *name)
{
    return history_has(STEM, name);
}

/* Boot copies of every release begin and end like this, with the time somewhere;
 * R2 kept firewalls in the same place. */
static gboolean is_theirs(const char *name)
{
    return g_str_has_prefix(name, "qubes") && strstr(name, ".xml") &&
           !strchr(name, '~') && !strstr(name, "-firewall-") && !is_ours(name);
}

/* Keeping. */

char *store_history_place(const char *root, GError **error)
{
    g_autofree char *dir = layout_path(root, LAYOUT_HISTORY);
    char *place = history_place(dir, STEM, error);

    if (!place)
        g_prefix_error(error, "cannot keep the former store: ");
    return place;
}

static gboolean reads(const char *path, gconstpointer root)
{
    auto_of(store_reading) struct store_reading *reading =
        store_reading_new(root, path, NULL);

    return reading != NULL;
}

void store_history_prune(const char *root, const struct history_limits *limits,
                         const char *kept, gboolean kept_reads)
{
    g_autofree char *dir = layout_path(root, LAYOUT_HISTORY);

    history_prune(dir, STEM, limits, kept,
                  &(struct history_good){ kept_reads ? NULL : reads, root });
}

/* Copies. */

const char *copy_state_word(enum copy_state state)
{
    static const char *const words[] = {
        [COPY_CLEAN] = "clean",
        [COPY_FINDINGS] = "findings",
        [COPY_EMPTY] = "empty",
        [COPY_UNREADABLE] = "unreadable",
    };

    return words[state];
}

static void copy_free(gpointer data)
{
    struct store_copy *copy = data;

    g_free(copy->id);
    g_free(copy->path);
    g_free(copy->trouble);
    store_stake_free(copy->stake);
    g_free(copy);
}

/* Year to second, however they are set apart. */
static gboolean digits_of(const char *name, char digits[14])
{
    guint n = 0;

    for (; *name && n < 14; name++)
        if (g_ascii_isdigit(*name))
            digits[n++] = *name;
    return n == 14;
}

static int number_of(const char *digits, guint n)
{
    int number = 0;

    for (guint i = 0; i < n; i++)
        number = number * 10 + (digits[i] - '0');
    return number;
}

/* Ours are in UTC, upstream's in the time of the machine. */
static gint64 time_of_name(const char *name)
{
    g_autoptr(GTimeZone) zone =
        is_ours(name) ? g_time_zone_new_utc() : g_time_zone_new_local();
    g_autoptr(GDateTime) time = NULL;
    char at[14];

    if (!digits_of(name, at))
        return -1;
    time = g_date_time_new(zone, number_of(at, 4), number_of(at + 4, 2),
                           number_of(at + 6, 2), number_of(at + 8, 2),
                           number_of(at + 10, 2), number_of(at + 12, 2));
    return time ? g_date_time_to_unix(time) : -1;
}

static gboolean is_admin(const struct qube *qube)
{
    return qube->class && qube->class->id == CLASS_ADMIN;
}

gboolean store_put(const char *root, GBytes *bytes, const struct file_stamp *present,
                   char **kept, GError **error)
{
    struct store_save *save = store_save_new_copy(root, bytes, present);
    gboolean fine = store_save_run(save, LOCK_MS, error);

    if (fine)
        *kept = g_strdup(store_save_kept(save));
    store_save_free(save);
    return fine;
}

/* Readable or not, it is what was there. */
static gboolean put_former(const char *root, const char *kept,
                           const struct file_stamp *present, GError **error)
{
    g_autoptr(GBytes) former = file_read(kept, STORE_MAX, NULL, error);
    g_autofree char *again = NULL;

    return former && store_put(root, former, present, &again, error);
}

gboolean store_put_back(const char *root, GBytes *bytes, const char *kept, GError **error)
{
    g_autofree char *store = layout_path(root, LAYOUT_STORE);
    struct file_stamp present;
    g_autoptr(GBytes) now = NULL;

    if (kept)
        return file_stamp_path(store, &present, error) &&
               put_former(root, kept, &present, error);
    now = file_read(store, STORE_MAX, &present, error);
    if (!now)
        return FALSE;
    if (g_bytes_equal(now, bytes))
        return file_remove(store, &present, now, error);
    error_set(error, QMC_ERROR_BUSY, "look at it with 'qmc xml check'",
              "'%s' stays: it was changed by another program meanwhile", store);
    return FALSE;
}

static guint qubes_of(const struct model *model)
{
    guint n = 0;

    for (guint i = 0; i < model->qubes->len; i++)
        n += !is_admin(model->qubes->pdata[i]);
    return n;
}

static void copy_judge(struct store_copy *copy, const char *root,
                       const struct store_reading *reading,
                       const struct store_reading *present)
{
    copy->stake = store_stake_new(root, present, reading, FALSE);
    copy->qubes = qubes_of(reading->model);
    copy->findings = store_reading_findings(reading, SEVERITY_WARN);
    copy->stops = store_reading_findings(reading, SEVERITY_STOP);
    copy->state = copy->qubes == 0   ? COPY_EMPTY
                  : copy->findings   ? COPY_FINDINGS : COPY_CLEAN;
}

/* "cannot read 'PATH': reason": the id says which. */
static const char *without_path(const char *message, const char *path)
{
    g_autofree char *end = g_strdup_printf("'%s': ", path);
    const char *at = strstr(message, end);

    return at ? at + strlen(end) : message;
}

static struct store_copy *copy_new(const char *root, const char *dir, const char *name,
                                   const struct store_reading *present)
{
    struct store_copy *copy = g_new0(struct store_copy, 1);
    auto_of(store_reading) struct store_reading *reading = NULL;
    g_autoptr(GError) error = NULL;
    struct stat st;

    copy->id = g_strdup(name);
    copy->path = g_build_filename(dir, name, NULL);
    copy->ours = is_ours(name);
    copy->time = time_of_name(name);
    copy->state = COPY_UNREADABLE;
    if (stat(copy->path, &st) == 0) {
        copy->size = (guint64)st.st_size;
        if (copy->time < 0)
            copy->time = st.st_mtime;
    }
    reading = store_reading_new(root, copy->path, &error);
    if (reading)
        copy_judge(copy, root, reading, present);
    else
        copy->trouble = g_strdup(without_path(error->message, copy->path));
    return copy;
}

int store_copy_compare_age(const struct store_copy *a, const struct store_copy *b)
{
    if (a->since != b->since)
        return a->since < b->since ? -1 : 1;
    return history_compare(a->id, b->id);
}

/* A copy of ours is no older than those made before it, whatever the clock said. */
static void copies_age(GPtrArray *copies)
{
    gint64 latest = G_MININT64;

    for (guint i = 0; i < copies->len; i++) {
        struct store_copy *copy = copies->pdata[i];

        copy->since = copy->ours ? MAX(latest, copy->time) : copy->time;
        if (copy->ours)
            latest = copy->since;
    }
}

static guint absent_of(const struct store_copy *copy)
{
    return copy->stake ? copy->stake->items[STAKE_ABSENT]->len : 0;
}

static int by_worth(gconstpointer a, gconstpointer b)
{
    const struct store_copy *one = *(struct store_copy *const *)a;
    const struct store_copy *two = *(struct store_copy *const *)b;

    if (one->state != two->state)
        return one->state < two->state ? -1 : 1;
    if (one->stops != two->stops)
        return one->stops < two->stops ? -1 : 1;
    if (absent_of(one) != absent_of(two))
        return absent_of(one) < absent_of(two) ? -1 : 1;
    return store_copy_compare_age(two, one);
}

static const struct {
    const char *dir;
    gboolean (*fits)(const char *name);
} places[] = {
    { LAYOUT_HISTORY, is_ours },
    { LAYOUT_BACKUP, is_theirs },
};

GPtrArray *store_copies_list(const char *root, guint *left_out, GError **error)
{
    g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(copy_free);
    g_autofree char *store = layout_path(root, LAYOUT_STORE);
    auto_of(store_reading) struct store_reading *present =
        store_reading_new(root, store, NULL);
    guint out = 0;

    for (gsize p = 0; p < G_N_ELEMENTS(places); p++) {
        g_autofree char *dir = layout_path(root, places[p].dir);
        g_autoptr(GPtrArray) names = history_names(dir, places[p].fits, error);
        guint first = names && names->len > COPIES_MAX ? names->len - COPIES_MAX : 0;

        if (!names)
            return NULL;
        out += first;
        for (guint i = first; i < names->len; i++)
            g_ptr_array_add(copies, copy_new(root, dir, names->pdata[i], present));
    }
    copies_age(copies);
    g_ptr_array_sort(copies, by_worth);
    if (left_out)
        *left_out = out;
    return g_steal_pointer(&copies);
}

char *store_copy_path(const char *root, const char *word, GError **error)
{
    for (gsize p = 0; p < G_N_ELEMENTS(places) && !strchr(word, '/'); p++) {
        g_autofree char *dir = layout_path(root, places[p].dir);
        g_autofree char *path = g_build_filename(dir, word, NULL);

        if (places[p].fits(word) && g_file_test(path, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
    }
    if (*word && g_file_test(word, G_FILE_TEST_EXISTS))
        return g_strdup(word);
    error_set(error, QMC_ERROR_NOTFOUND, "'qmc xml log' lists the copies",
              "there is no copy and no file '%s'", word);
    return NULL;
}
