/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/store-diff.h"

#include <string.h>

#include "core/device-assignment.h"
#include "core/store-private.h"

/* One thing a store says: two stores are compared as sets of these. */
struct fact {
    const char *kind;
    char *name, *value;
};

static void fact_clear(gpointer data)
{
    struct fact *fact = data;

    g_free(fact->name);
    g_free(fact->value);
}

static GArray *facts_new(void)
{
    GArray *facts = g_array_new(FALSE, FALSE, sizeof(struct fact));

    g_array_set_clear_func(facts, fact_clear);
    return facts;
}

/* Takes the name. */
static void fact_add(GArray *facts, const char *kind, char *name, const char *value)
{
    struct fact fact = { kind, name, g_strdup(value) };

    g_array_append_val(facts, fact);
}

static void add_values(GArray *facts, const char *kind, const GArray *values)
{
    for (guint i = 0; i < values->len; i++) {
        const struct prop_value *value =
            &g_array_index(values, struct prop_value, i);

        fact_add(facts, kind, g_strdup(value->name), value->text);
    }
}

static void add_pairs(GArray *facts, const char *kind, const char *prefix,
                      const GArray *pairs)
{
    for (guint i = 0; i < pairs->len; i++) {
        const struct pair *pair = &g_array_index(pairs, struct pair, i);

        fact_add(facts, kind,
                 prefix ? g_strdup_printf("%s.%s", prefix, pair->name)
                        : g_strdup(pair->name), pair->value);
    }
}

static void add_raw(GArray *facts, const GPtrArray *raw)
{
    for (guint i = 0; i < raw->len; i++) {
        const struct raw_text *text = raw->pdata[i];

        if (text->devices)
            continue;
        fact_add(facts, "text",
                 text->at ? g_strdup_printf("%s %s", text->parent, text->at)
                          : g_strdup(text->parent), text->text);
    }
}

static void add_volumes(GArray *facts, const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *volume =
            &g_array_index(qube->volumes, struct volume_config, i);

        add_pairs(facts, "volume", volume->name, volume->attrs);
    }
}

/* Upstream writes a container for every class that somebody looked at: only what
 * is in them counts (T28). */
static void add_devices(GArray *facts, const GPtrArray *devices)
{
    for (guint i = 0; i < devices->len; i++) {
        const struct device_assignment *device = devices->pdata[i];
        g_autoptr(GString) value = g_string_new(
            device->flaw ? device->flaw : device_mode_word(device->mode));

        if (device->identity)
            g_string_append_printf(value, " identity=%s", device->identity);
        for (guint j = 0; j < device->options->len; j++) {
            const struct pair *option = &g_array_index(device->options, struct pair, j);

            g_string_append_printf(value, " %s=%s", option->name, option->value);
        }
        fact_add(facts, "device", device_assignment_name(device), value->str);
    }
}

static GArray *facts_of_qube(const struct qube *qube)
{
    GArray *facts = facts_new();

    fact_add(facts, "property", g_strdup("class"), qube->class_name);
    add_values(facts, "property", qube->props);
    add_pairs(facts, "feature", NULL, qube->features);
    for (guint i = 0; i < qube->tags->len; i++)
        fact_add(facts, "tag", g_strdup(qube->tags->pdata[i]), "");
    add_volumes(facts, qube);
    add_devices(facts, qube->devices);
    add_raw(facts, qube->raw);
    return facts;
}

static GArray *facts_of_rest(const struct store_reading *reading)
{
    const struct model *model = reading->model;
    GArray *facts = facts_new();

    for (guint i = 0; i < model->labels->len; i++) {
        const struct label *label = model->labels->pdata[i];
        g_autofree char *value =
            g_strdup_printf("label-%d %s", label->index, label->color ? label->color : "-");

        fact_add(facts, "label", g_strdup(label->name), value);
    }
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *pool = model->pools->pdata[i];

        add_pairs(facts, "pool", pool->name, pool->attrs);
    }
    add_values(facts, "global", model->globals);
    add_raw(facts, reading->store->raw);
    return facts;
}

static void change_free(gpointer data)
{
    struct store_change *change = data;

    g_free(change->qube);
    g_free(change->name);
    g_free(change->before);
    g_free(change->after);
    g_free(change);
}

static void change_add(GPtrArray *changes, const struct qube *qube,
                       const struct fact *before, const struct fact *after)
{
    struct store_change *change = g_new0(struct store_change, 1);
    const struct fact *any = after ? after : before;

    change->qube = qube ? g_strdup(qube->name) : NULL;
    change->kind = any->kind;
    change->name = g_strdup(any->name);
    change->before = before ? g_strdup(before->value) : NULL;
    change->after = after ? g_strdup(after->value) : NULL;
    g_ptr_array_add(changes, change);
}

/* How many of the same kind and name stand before it: raw text has no name of
 * its own, and a store may say a thing twice. */
static char *key_of(GHashTable *seen, const struct fact *fact)
{
    g_autofree char *stem = g_strdup_printf("%s\n%s", fact->kind, fact->name);
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(seen, stem));
    char *key = g_strdup_printf("%s\n%u", stem, n);

    g_hash_table_insert(seen, g_steal_pointer(&stem), GUINT_TO_POINTER(n + 1));
    return key;
}

static GHashTable *seen_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static GHashTable *facts_index(const GArray *facts)
{
    g_autoptr(GHashTable) seen = seen_new();
    GHashTable *index = seen_new();

    for (guint i = 0; i < facts->len; i++) {
        struct fact *fact = &g_array_index(facts, struct fact, i);

        g_hash_table_insert(index, key_of(seen, fact), fact);
    }
    return index;
}

/* What is in `facts` and different, or not at all, in the other. */
static void facts_compare(GPtrArray *changes, const struct qube *qube,
                          const GArray *before, const GArray *after)
{
    g_autoptr(GHashTable) index = facts_index(before);
    g_autoptr(GHashTable) seen = seen_new(), gone = seen_new();

    for (guint i = 0; i < after->len; i++) {
        const struct fact *now = &g_array_index(after, struct fact, i);
        g_autofree char *key = key_of(seen, now);
        const struct fact *was = g_hash_table_lookup(index, key);

        if (!was || strcmp(was->value, now->value) != 0)
            change_add(changes, qube, was, now);
        g_hash_table_remove(index, key);
    }
    for (guint i = 0; i < before->len; i++) {
        const struct fact *was = &g_array_index(before, struct fact, i);
        g_autofree char *key = key_of(gone, was);

        if (g_hash_table_contains(index, key))
            change_add(changes, qube, was, NULL);
    }
}

static struct qube *partner(const struct model *model, const struct qube *qube)
{
    struct qube *other = *qube->uuid ? model_qube(model, qube->uuid) : NULL;

    return other ? other : model_qube_named(model, qube->name);
}

static void qube_whole(GPtrArray *changes, const struct qube *qube, gboolean came)
{
    g_autofree char *class_name = g_strdup(qube->class_name);
    struct fact fact = { "qube", qube->name, class_name };

    change_add(changes, qube, came ? NULL : &fact, came ? &fact : NULL);
}

static void qube_compare(GPtrArray *changes, const struct qube *before,
                         const struct qube *after)
{
    g_autoptr(GArray) was = facts_of_qube(before);
    g_autoptr(GArray) now = facts_of_qube(after);

    facts_compare(changes, after, was, now);
}

GPtrArray *store_diff(const struct store_reading *before,
                      const struct store_reading *after)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    g_autoptr(GHashTable) met = g_hash_table_new(NULL, NULL);
    g_autoptr(GArray) was = facts_of_rest(before);
    g_autoptr(GArray) now = facts_of_rest(after);

    facts_compare(changes, NULL, was, now);
    for (guint i = 0; i < after->model->qubes->len; i++) {
        const struct qube *qube = after->model->qubes->pdata[i];
        struct qube *other = partner(before->model, qube);

        if (!other || !g_hash_table_add(met, other))
            qube_whole(changes, qube, TRUE);
        else
            qube_compare(changes, other, qube);
    }
    for (guint i = 0; i < before->model->qubes->len; i++)
        if (!g_hash_table_contains(met, before->model->qubes->pdata[i]))
            qube_whole(changes, before->model->qubes->pdata[i], FALSE);
    return changes;
}
