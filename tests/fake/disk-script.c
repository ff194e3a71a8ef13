/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "disk-script.h"

#include <string.h>

enum { RULES = 32 };

static GMutex guard; /* all below */
static GCond released;
static GHashTable *counts; /* call -> number */
static struct {
    struct fake_disk_rule rule;
    guint seen;
} rules[RULES];
static guint rules_made, releases;

static gboolean fits(const struct fake_disk_rule *rule, const char *call, const char *vid)
{
    return (!rule->call || g_str_equal(rule->call, call)) &&
           (!rule->vid || (vid && g_str_equal(rule->vid, vid)));
}

static void count(const char *call)
{
    guint seen;

    if (!counts)
        counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    seen = GPOINTER_TO_UINT(g_hash_table_lookup(counts, call));
    g_hash_table_insert(counts, g_strdup(call), GUINT_TO_POINTER(seen + 1));
}

static struct fake_disk_rule ruled(const char *call, const char *vid)
{
    struct fake_disk_rule all = {0};

    for (guint i = 0; i < rules_made; i++) {
        const struct fake_disk_rule *rule = &rules[i].rule;

        if (!fits(rule, call, vid) || (++rules[i].seen != rule->nth && rule->nth))
            continue;
        all.delay_ms += rule->delay_ms;
        all.hangs |= rule->hangs;
        all.fails |= rule->fails;
        all.late |= rule->late;
        all.code = rule->code ? rule->code : all.code;
    }
    return all;
}

struct fake_disk_rule disk_script_enter(const char *call, const char *vid)
{
    struct fake_disk_rule rule;
    guint seen;

    g_mutex_lock(&guard);
    count(call);
    rule = ruled(call, vid);
    seen = releases;
    while (rule.hangs && releases == seen)
        g_cond_wait(&released, &guard);
    g_mutex_unlock(&guard);
    if (rule.delay_ms)
        g_usleep((gulong)rule.delay_ms * 1000);
    return rule;
}

gboolean disk_script_fails(const struct fake_disk_rule *rule, const char *call,
                           GError **error)
{
    if (rule->fails)
        error_set(error, rule->code ? rule->code : QMC_ERROR_IO, NULL,
                  "'%s' fails by script", call);
    return rule->fails;
}

void disk_script_reset(void)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);

    g_clear_pointer(&counts, g_hash_table_unref);
    memset(rules, 0, sizeof rules);
    rules_made = 0;
}

void fake_disk_rule(const struct fake_disk_rule *rule)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);

    g_assert(rules_made < RULES);
    rules[rules_made].seen = 0;
    rules[rules_made++].rule = *rule;
}

void fake_disk_release(void)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);

    releases++;
    for (guint i = 0; i < rules_made; i++)
        rules[i].rule.hangs = FALSE;
    g_cond_broadcast(&released);
}

guint fake_disk_count(const char *call)
{
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);
    GHashTableIter iter;
    gpointer key, value;
    guint sum = 0;

    if (!counts)
        return 0;
    g_hash_table_iter_init(&iter, counts);
    while (g_hash_table_iter_next(&iter, &key, &value))
        if (!call || g_str_equal(key, call))
            sum += GPOINTER_TO_UINT(value);
    return sum;
}
