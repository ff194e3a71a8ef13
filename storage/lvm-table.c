/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/lvm-table.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/job.h"
#include "util/text.h"

enum { PERCENT = 10000 /* hundredths of one in a whole */ };

struct lvm_table {
    gatomicrefcount refs;
    GPtrArray *entries; /* by key: "VG/LV" */
};

static void entry_free(gpointer data)
{
    struct lvm_entry *entry = data;

    g_free(entry->line);
    g_free(entry->key);
    g_free(entry);
}

struct lvm_table *lvm_table_ref(struct lvm_table *table)
{
    g_atomic_ref_count_inc(&table->refs);
    return table;
}

void lvm_table_unref(struct lvm_table *table)
{
    if (!g_atomic_ref_count_dec(&table->refs))
        return;
    g_ptr_array_unref(table->entries);
    g_free(table);
}

/* --- reading --- */

/* "" is 0. */
static gboolean read_number(const char *text, guint64 *number)
{
    char *end = NULL;

    *number = 0;
    if (!*text)
        return TRUE;
    if (!g_ascii_isdigit(*text))
        return FALSE;
    *number = g_ascii_strtoull(text, &end, 10);
    return *end == '\0' && *number <= G_MAXINT64;
}

/* "11.04", "100.00", "7" or, *known, nothing. */
static gboolean read_percent(const char *text, guint *hundredths, gboolean *known)
{
    guint value = 0;
    int digits = 0;

    *known = *text != '\0';
    *hundredths = 0;
    for (; g_ascii_isdigit(*text) && value <= PERCENT; text++)
        value = value * 10 + (guint)(*text - '0');
    if (*text == '.')
        for (text++; g_ascii_isdigit(*text); text++)
            if (digits++ < 2)
                value = value * 10 + (guint)(*text - '0');
    for (; digits < 2; digits++)
        value *= 10;
    *hundredths = value;
    return *text == '\0' && value <= PERCENT;
}

static guint64 part_of(guint64 size, guint hundredths)
{
    return (guint64)((unsigned __int128)size * hundredths / PERCENT);
}

static gboolean read_figures(struct lvm_entry *entry, char *const *field)
{
    gboolean active, with_metadata;

    if (!read_number(field[3], &entry->size) ||
        !read_percent(field[4], &entry->data, &active) ||
        !read_number(field[7], &entry->metadata_size) ||
        !read_percent(field[8], &entry->metadata, &with_metadata) ||
        !read_number(field[10], &entry->extent) || !read_number(field[12], &entry->free))
        return FALSE;
    entry->used = part_of(entry->size, entry->data);
    entry->has_metadata = *field[7] && with_metadata;
    if (!entry->has_metadata)
        entry->metadata_size = 0;
    entry->metadata_used = part_of(entry->metadata_size, entry->metadata);
    return TRUE;
}

/* NULL if the line is none. Takes it. */
static struct lvm_entry *entry_new(char *line)
{
    struct lvm_entry *entry = g_new0(struct lvm_entry, 1);
    char *field[LVM_LIST_FIELDS], *rest = g_strchug(line);
    int count = 0;

    entry->line = line;
    while (rest && count < LVM_LIST_FIELDS)
        field[count++] = strsep(&rest, LVM_LIST_SEPARATOR);
    if (count < LVM_LIST_FIELDS || rest || !lvm_name_valid(field[0]) ||
        !lvm_name_valid(field[2]) || !read_figures(entry, field)) {
        entry_free(entry);
        return NULL;
    }
    entry->vg = field[0];
    entry->pool = field[1];
    entry->lv = field[2];
    entry->attr = field[5];
    entry->origin = field[6];
    entry->tags = field[9];
    /* "unknown" of what is no pool; else what LVM calls it is its own affair. */
    entry->needs_check = *field[11] && !g_str_equal(field[11], "unknown") &&
                         !g_str_equal(field[11], "0");
    entry->key = g_strconcat(entry->vg, "/", entry->lv, NULL);
    return entry;
}

static int by_key(gconstpointer a, gconstpointer b)
{
    const struct lvm_entry *left = *(struct lvm_entry *const *)a;
    const struct lvm_entry *right = *(struct lvm_entry *const *)b;

    return strcmp(left->key, right->key);
}

struct lvm_table *lvm_table_parse(const char *untrusted_text, GError **error)
{
    auto_of(lvm_table) struct lvm_table *table = g_new0(struct lvm_table, 1);
    g_auto(GStrv) lines = g_strsplit(untrusted_text, "\n", -1);

    g_atomic_ref_count_init(&table->refs);
    table->entries = g_ptr_array_new_with_free_func(entry_free);
    for (char **line = lines; *line; line++) {
        struct lvm_entry *entry;

        if (!*g_strstrip(*line))
            continue;
        entry = entry_new(g_strdup(*line));
        if (!entry) {
            g_autofree char *shown = text_sanitise(*line, -1);

            error_set(error, QMC_ERROR_IO, "try the command 'lvs' by hand",
                      "cannot read what LVM says: '%s'", shown);
            return NULL;
        }
        g_ptr_array_add(table->entries, entry);
    }
    g_ptr_array_sort(table->entries, by_key);
    return g_steal_pointer(&table);
}

/* --- looking up --- */

/* The first whose key is not below that. */
static guint lower_bound(const struct lvm_table *table, const char *key)
{
    guint low = 0, high = table->entries->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const struct lvm_entry *entry = table->entries->pdata[middle];

        if (strcmp(entry->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct lvm_entry *lvm_table_find(const struct lvm_table *table, const char *vg,
                                       const char *lv)
{
    g_autofree char *key = g_strconcat(vg, "/", lv, NULL);
    guint at = lower_bound(table, key);
    const struct lvm_entry *entry =
        at < table->entries->len ? table->entries->pdata[at] : NULL;

    return entry && g_str_equal(entry->key, key) ? entry : NULL;
}

guint lvm_table_range(const struct lvm_table *table, const char *vg, const char *prefix,
                      const struct lvm_entry *const **first)
{
    g_autofree char *key = g_strconcat(vg, "/", prefix, NULL);
    guint begin = lower_bound(table, key), end = begin;

    while (end < table->entries->len &&
           g_str_has_prefix(((const struct lvm_entry *)table->entries->pdata[end])->key, key))
        end++;
    *first = (const struct lvm_entry *const *)table->entries->pdata + begin;
    return end - begin;
}

guint lvm_table_length(const struct lvm_table *table)
{
    return table->entries->len;
}

/* --- the one of the process --- */

/* One reading, for all who wait for it. */
struct reading {
    guint users;
    guint changes; /* before it began */
    gint64 began, end;
    gboolean ended;
    struct lvm_table *table; /* or */
    GError *error;
};

/* A call that hangs would hang for each who asks. */
enum { FAILURE_US = 5 * G_USEC_PER_SEC };

static GMutex guard;
static GCond news;
static struct reading *latest; /* begun last; one of its users is this */
static guint changes;

static void reading_put(struct reading *reading)
{
    if (--reading->users > 0)
        return;
    g_clear_pointer(&reading->table, lvm_table_unref);
    g_clear_error(&reading->error);
    g_free(reading);
}

static void read_it(struct reading *reading)
{
    const struct lvm_request request = {.action = LVM_LIST};
    g_autofree char *untrusted_text = NULL;

    g_mutex_unlock(&guard);
    if (lvm_run(&request, &untrusted_text, &reading->error))
        reading->table = lvm_table_parse(untrusted_text, &reading->error);
    g_mutex_lock(&guard);
    reading->ended = TRUE;
    reading->end = g_get_monotonic_time();
    g_cond_broadcast(&news);
}

/* What was begun before a change says nothing of it. Who has to know tries again what has
 * failed. */
static gboolean is_good(const struct reading *reading, enum lvm_age age, gint64 now)
{
    if (!reading || reading->changes != changes)
        return FALSE;
    if (reading->ended && reading->error)
        return age != LVM_FRESH && now - reading->end < FAILURE_US;
    return now - reading->began <= age * (gint64)1000;
}

/* *mine: it is to be read by the caller. */
static struct reading *reading_take(enum lvm_age age, gboolean *mine)
{
    gint64 now = g_get_monotonic_time();

    *mine = !is_good(latest, age, now);
    if (*mine) {
        if (latest)
            reading_put(latest);
        latest = g_new0(struct reading, 1);
        latest->users = 1;
        latest->changes = changes;
        latest->began = now;
    }
    latest->users++;
    return latest;
}

struct lvm_table *lvm_table_get(enum lvm_age age, GError **error)
{
    struct lvm_table *table = NULL;
    struct reading *reading;
    gboolean mine;

    job_may_block();
    g_mutex_lock(&guard);
    reading = reading_take(age, &mine);
    if (mine)
        read_it(reading);
    while (!reading->ended)
        g_cond_wait(&news, &guard);
    if (reading->table)
        table = lvm_table_ref(reading->table);
    else
        g_propagate_error(error, g_error_copy(reading->error));
    reading_put(reading);
    g_mutex_unlock(&guard);
    return table;
}

void lvm_table_outdate(void)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);

    changes++;
}

gboolean lvm_change(const struct lvm_request *request, GError **error)
{
    gboolean done = lvm_run(request, NULL, error);

    lvm_table_outdate();
    return done;
}
