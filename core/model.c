/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/model.h"

#include <string.h>

#include "core/device-assignment.h"
#include "core/model-private.h"
#include "storage/pool.h"
#include "util/error.h"
#include "util/text.h"

/* What most qubes have: room from the start. */
#define PROPS_USUAL 8
#define VOLUMES_USUAL 4
#define ATTRS_USUAL 9
#define TEXTS_USUAL 512

/* Of those that are given away; a setter would take one more. */
#define QID_MAX 9999

static void finding_free(gpointer data)
{
    struct finding *finding = data;

    g_free(finding->message);
    g_free(finding->hint);
    g_free(finding);
}

static void label_free(gpointer data)
{
    struct label *label = data;

    g_free(label->name);
    g_free(label->color);
    g_free(label);
}

static void pair_clear(gpointer data)
{
    g_free(((struct pair *)data)->value);
}

static void prop_value_clear(gpointer data)
{
    g_free(((struct prop_value *)data)->text);
}

static void pool_entry_free(gpointer data)
{
    struct pool_entry *entry = data;

    g_free(entry->name);
    g_clear_pointer(&entry->attrs, g_array_unref);
    g_clear_pointer(&entry->pool, pool_unref);
    pool_details_clear(&entry->details);
    g_free(entry->included_in);
    g_clear_pointer(&entry->growth, g_array_unref);
    g_clear_pointer(&entry->metadata_growth, g_array_unref);
    g_clear_pointer(&entry->orphans, g_ptr_array_unref);
    g_clear_pointer(&entry->spare, g_ptr_array_unref);
    g_free(entry->trouble);
    g_free(entry);
}

static void volume_config_clear(gpointer data)
{
    struct volume_config *config = data;

    g_array_unref(config->attrs);
    g_clear_pointer(&config->volume, volume_unref);
    g_free(config->pool);
    g_free(config->trouble);
    g_clear_pointer(&config->kept, g_ptr_array_unref);
}

static void raw_text_free(gpointer data)
{
    struct raw_text *raw = data;

    g_free(raw->text);
    g_free(raw);
}

GPtrArray *raw_texts_new(void)
{
    return g_ptr_array_new_with_free_func(raw_text_free);
}

GArray *pairs_new(void)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(struct pair));

    g_array_set_clear_func(pairs, pair_clear);
    return pairs;
}

static GArray *prop_values_new(void)
{
    GArray *values =
        g_array_sized_new(FALSE, FALSE, sizeof(struct prop_value), PROPS_USUAL);

    g_array_set_clear_func(values, prop_value_clear);
    return values;
}

struct finding *finding_new(enum severity severity, const char *hint,
                            const char *format, va_list args)
{
    struct finding *finding = g_new0(struct finding, 1);

    finding->severity = severity;
    finding->message = g_strdup_vprintf(format, args);
    finding->hint = g_strdup(hint);
    return finding;
}

struct qube *qube_new_empty(const char *class_name)
{
    struct qube *qube = g_new0(struct qube, 1);

    qube->class_name = g_intern_string(class_name);
    qube->class = class_find(class_name);
    qube->qid = -1;
    qube->said_qid = -1;
    qube->xid = -1;
    qube->props = prop_values_new();
    qube->features = pairs_new();
    qube->tags = g_ptr_array_new_with_free_func(g_free);
    qube->texts = g_string_chunk_new(TEXTS_USUAL);
    qube->volumes =
        g_array_sized_new(FALSE, TRUE, sizeof(struct volume_config), VOLUMES_USUAL);
    g_array_set_clear_func(qube->volumes, volume_config_clear);
    qube->raw = raw_texts_new();
    qube->devices =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_assignment_free);
    qube->findings = g_ptr_array_new_with_free_func(finding_free);
    return qube;
}

void qube_free(struct qube *qube)
{
    if (!qube)
        return;
    g_free(qube->name);
    g_array_unref(qube->props);
    g_array_unref(qube->features);
    g_ptr_array_unref(qube->tags);
    g_array_unref(qube->volumes);
    g_string_chunk_free(qube->texts);
    g_ptr_array_unref(qube->raw);
    g_ptr_array_unref(qube->devices);
    g_ptr_array_unref(qube->findings);
    g_free(qube);
}

struct pool_entry *pool_entry_new(const char *name, const char *driver)
{
    struct pool_entry *entry = g_new0(struct pool_entry, 1);

    entry->name = g_strdup(name);
    entry->driver = g_intern_string(driver);
    entry->attrs = pairs_new();
    return entry;
}

void pool_entry_set(struct pool_entry *entry, const char *attr, const char *value)
{
    struct pair pair = { g_intern_string(attr), g_strdup(value) };
    guint i = 0;

    while (i < entry->attrs->len &&
           g_array_index(entry->attrs, struct pair, i).name != pair.name)
        i++;
    if (i < entry->attrs->len)
        g_array_remove_index(entry->attrs, i);
    if (value)
        g_array_insert_val(entry->attrs, i, pair);
}

struct volume_config *qube_volume_add(struct qube *qube, const char *interned)
{
    struct volume_config config = {
        .name = interned,
        .attrs = g_array_sized_new(FALSE, FALSE, sizeof(struct pair), ATTRS_USUAL),
        .texts = qube->texts,
        .used = G_MAXUINT64,
        .revisions = -1,
    };

    g_array_append_val(qube->volumes, config);
    return &g_array_index(qube->volumes, struct volume_config,
                          qube->volumes->len - 1);
}

static void containers_make(struct model *model)
{
    model->qubes = g_ptr_array_new_with_free_func((GDestroyNotify)qube_free);
    model->globals = prop_values_new();
    model->labels = g_ptr_array_new_with_free_func(label_free);
    model->pools = g_ptr_array_new_with_free_func(pool_entry_free);
    model->findings = g_ptr_array_new_with_free_func(finding_free);
    model->by_uuid = g_hash_table_new(g_str_hash, g_str_equal);
    model->by_name = g_hash_table_new(g_str_hash, g_str_equal);
}

static void containers_drop(struct model *model)
{
    g_hash_table_unref(model->by_name);
    g_hash_table_unref(model->by_uuid);
    g_ptr_array_unref(model->findings);
    g_ptr_array_unref(model->qubes); /* before the pools: volumes hold them */
    g_ptr_array_unref(model->pools);
    g_ptr_array_unref(model->labels);
    g_array_unref(model->globals);
}

struct model *model_new(void)
{
    struct model *model = g_new0(struct model, 1);

    model->events = events_new();
    model->host_cpu_percent = -1;
    containers_make(model);
    return model;
}

void model_free(struct model *model)
{
    if (!model)
        return;
    containers_drop(model);
    events_free(model->events);
    g_free(model);
}

void model_clear(struct model *model)
{
    containers_drop(model);
    containers_make(model);
    model->old = FALSE;
    model->generation++;
}

void model_swap(struct model *model, struct model *other)
{
    struct model was = *model;

    *model = *other;
    *other = was;
    other->events = model->events;
    model->events = was.events;
    model->generation = was.generation + 1;
    model->host = was.host;
    model->host_cpu_percent = was.host_cpu_percent;
}

struct qube *model_qube(const struct model *model, const char *uuid)
{
    return g_hash_table_lookup(model->by_uuid, uuid);
}

struct qube *model_qube_named(const struct model *model, const char *name)
{
    return g_hash_table_lookup(model->by_name, name);
}

struct pool_entry *model_pool(const struct model *model, const char *name)
{
    for (guint i = 0; i < model->pools->len; i++) {
        struct pool_entry *entry = g_ptr_array_index(model->pools, i);

        if (g_str_equal(entry->name, name))
            return entry;
    }
    return NULL;
}

const char *pool_entry_dir(const struct pool_entry *entry)
{
    return entry->pool ? pool_dir(entry->pool) : NULL;
}

static const struct label *label_numbered(const struct model *model, const char *digits)
{
    gint64 number;

    if (!g_ascii_string_to_signed(digits, 10, 0, G_MAXINT, &number, NULL))
        return NULL;
    for (guint i = 0; i < model->labels->len; i++) {
        const struct label *label = g_ptr_array_index(model->labels, i);

        if (label->index == number)
            return label;
    }
    return NULL;
}

const struct label *model_label(const struct model *model, const char *name)
{
    if (g_str_has_prefix(name, "label-"))
        return label_numbered(model, name + strlen("label-"));
    for (guint i = 0; i < model->labels->len; i++) {
        const struct label *label = g_ptr_array_index(model->labels, i);

        if (g_str_equal(label->name, name))
            return label;
    }
    return label_numbered(model, name);
}

static int qube_order(gconstpointer a, gconstpointer b)
{
    const struct qube *one = *(struct qube *const *)a;
    const struct qube *two = *(struct qube *const *)b;
    gboolean admin_one = one->class && one->class->id == CLASS_ADMIN;
    gboolean admin_two = two->class && two->class->id == CLASS_ADMIN;

    if (admin_one != admin_two)
        return admin_two - admin_one;
    return strcmp(one->name, two->name);
}

void model_sort(struct model *model)
{
    g_ptr_array_sort(model->qubes, qube_order);
}

static gboolean refuse_taken(const struct qube *qube, const char *what,
                             const char *value, GError **error)
{
    g_autofree char *name = text_sanitise(qube->name, -1);

    error_set(error, QMC_ERROR_EXISTS, "choose another one",
              "cannot add qube '%s': %s '%s' is taken", name, what, value);
    return FALSE;
}

gboolean model_add(struct model *model, struct qube *qube, GError **error)
{
    if (model_qube_named(model, qube->name))
        return refuse_taken(qube, "the name", qube->name, error);
    if (model_qube(model, qube->uuid))
        return refuse_taken(qube, "the uuid", qube->uuid, error);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *other = g_ptr_array_index(model->qubes, i);
        g_autofree char *qid = g_strdup_printf("%d", qube->qid);

        if (other->qid == qube->qid)
            return refuse_taken(qube, "the qid", qid, error);
    }
    g_ptr_array_add(model->qubes, qube);
    model_sort(model);
    g_hash_table_insert(model->by_name, qube->name, qube);
    g_hash_table_insert(model->by_uuid, qube->uuid, qube);
    model_touch(model, qube);
    return TRUE;
}

int model_free_qid(const struct model *model)
{
    g_autofree gboolean *taken = g_new0(gboolean, QID_MAX + 1);

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = g_ptr_array_index(model->qubes, i);

        if (qube->qid >= 0 && qube->qid <= QID_MAX)
            taken[qube->qid] = TRUE;
    }
    for (int qid = 1; qid <= QID_MAX; qid++)
        if (!taken[qid])
            return qid;
    return -1;
}

void model_remove(struct model *model, struct qube *qube)
{
    struct event event = { .type = EVENT_MODEL };

    g_hash_table_remove(model->by_name, qube->name);
    g_hash_table_remove(model->by_uuid, qube->uuid);
    g_ptr_array_remove(model->qubes, qube);
    model->generation++;
    events_emit(model->events, &event);
}

void model_rename(struct model *model, struct qube *qube, const char *name)
{
    const struct prop_row *row =
        prop_find("name", qube->class ? qube->class->id : CLASS_APP);

    g_hash_table_remove(model->by_name, qube->name);
    g_free(qube->name);
    qube->name = g_strdup(name);
    qube->nameless = FALSE;
    g_hash_table_insert(model->by_name, qube->name, qube);
    if (!row->computed)
        qube_put(qube, row, name);
    model_sort(model);
    model_touch(model, qube);
}

void model_touch(struct model *model, struct qube *qube)
{
    struct event event = { EVENT_QUBE, qube->uuid };

    qube->changed = TRUE;
    qube->touched = ++model->generation;
    events_emit(model->events, &event);
}

static void emit_state(struct model *model, const struct qube *qube)
{
    struct event event = { EVENT_STATE, qube->uuid };

    model->generation++;
    events_emit(model->events, &event);
}

void model_set_state(struct model *model, struct qube *qube,
                     enum power_state state, int xid)
{
    if (qube->state == state && qube->xid == xid)
        return;
    qube->state = state;
    qube->xid = xid;
    emit_state(model, qube);
}

void model_set_busy(struct model *model, struct qube *qube, const char *label)
{
    if (g_strcmp0(qube->busy, label) == 0)
        return;
    qube->busy = label ? g_intern_string(label) : NULL;
    emit_state(model, qube);
}

void model_note(struct model *model, const char *uuid, gboolean warning,
                const char *format, ...)
{
    g_autofree char *text = NULL, *safe = NULL;
    struct event event = { EVENT_NOTE, .uuid = uuid, .warning = warning };
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    safe = text_sanitise(text, -1);
    event.text = safe;
    events_emit(model->events, &event);
}

void model_find(struct model *model, enum severity severity, const char *hint,
                const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(model->findings, finding_new(severity, hint, format, args));
    va_end(args);
}

void qube_find(struct qube *qube, enum severity severity, const char *hint,
               const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(qube->findings, finding_new(severity, hint, format, args));
    va_end(args);
}

static gboolean only_read(const struct volume *volume)
{
    return !volume_rw(volume) && !volume_snap_on_start(volume) &&
           !volume_save_on_stop(volume);
}

/* An id means the same in both: of a logical volume its group is a part. */
static gboolean same_names(const struct pool *a, const struct pool *b)
{
    const char *vg = pool_param(a, "volume_group");

    return pool_same_place(a, b) ||
           (vg && g_strcmp0(vg, pool_param(b, "volume_group")) == 0);
}

gboolean volumes_rival(const struct volume *volume, const struct volume *other)
{
    return g_str_equal(volume_vid(volume), volume_vid(other)) &&
           same_names(volume_pool(volume), volume_pool(other)) &&
           !(only_read(volume) && only_read(other));
}

static const struct volume_config *rival_in(const struct qube *qube,
                                            const struct volume_config *config)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *other =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (other != config && other->volume &&
            volumes_rival(config->volume, other->volume))
            return other;
    }
    return NULL;
}

const struct volume_config *model_volume_rival(const struct model *model,
                                               const struct volume_config *config,
                                               const struct qube **owner)
{
    const struct volume_config *rival = NULL;

    for (guint i = 0; i < model->qubes->len && config->volume && !rival; i++) {
        *owner = model->qubes->pdata[i];
        rival = rival_in(*owner, config);
    }
    return rival;
}

guint model_findings(const struct model *model)
{
    guint n = model->findings->len;

    for (guint i = 0; i < model->qubes->len; i++)
        n += ((const struct qube *)model->qubes->pdata[i])->findings->len;
    return n;
}
