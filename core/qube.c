/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/model.h"

#include <string.h>
#include <sys/stat.h>

#include "core/layout.h"
#include "core/model-private.h"
#include "util/error.h"
#include "util/text.h"

/* Deeper than any chain of defaults that makes sense: the data go in circles. */
#define DEPTH_MAX 64

struct prop_value *prop_values_find(const GArray *values, const char *property)
{
    for (guint i = values->len; i-- > 0;) {
        struct prop_value *value = &g_array_index(values, struct prop_value, i);

        if (g_str_equal(value->name, property))
            return value;
    }
    return NULL;
}

static guint place_for(const GArray *values, const struct prop_row *row)
{
    guint i;

    for (i = 0; i < values->len; i++) {
        const struct prop_row *other =
            g_array_index(values, struct prop_value, i).row;

        if (other && prop_compare(other, row) > 0)
            break;
    }
    return i;
}

guint prop_values_count(const GArray *values, const char *property)
{
    guint n = 0;

    for (guint i = 0; i < values->len; i++)
        n += g_str_equal(g_array_index(values, struct prop_value, i).name, property);
    return n;
}

/* There is one. */
static guint first_of(const GArray *values, const char *property)
{
    guint i = 0;

    while (!g_str_equal(g_array_index(values, struct prop_value, i).name, property))
        i++;
    return i;
}

void prop_values_put(GArray *values, const struct prop_row *row, const char *text)
{
    struct prop_value new = { row, row->name, g_strdup(text), FALSE };
    struct prop_value *old;

    while (prop_values_count(values, row->name) > 1)
        g_array_remove_index(values, first_of(values, row->name));
    old = prop_values_find(values, row->name);
    if (!old) {
        g_array_insert_val(values, place_for(values, row), new);
        return;
    }
    g_free(old->text);
    *old = new;
}

void prop_values_drop(GArray *values, const char *property)
{
    for (guint i = values->len; i-- > 0;)
        if (g_str_equal(g_array_index(values, struct prop_value, i).name, property))
            g_array_remove_index(values, i);
}

static const struct prop_row *row_of(const struct qube *qube, const char *property)
{
    return qube->class ? prop_find(property, qube->class->id) : NULL;
}

static char *default_of(const struct model *model, const struct qube *qube,
                        const struct prop_row *row)
{
    struct qube *template;

    if (row->inherit && (template = qube_get_vm(model, qube, "template")))
        return qube_get(model, template, row->name);
    if (row->compute)
        return row->compute(model, qube);
    if (row->global)
        return model_global(model, row->global);
    return g_strdup(row->fallback);
}

/* "" of a reference is none. */
static char *reference_or_null(const struct prop_row *row, char *text)
{
    if (text && *text == '\0' && row->type == PROP_VM)
        g_clear_pointer(&text, g_free);
    return text;
}

static char *value_of(const struct model *model, const struct qube *qube,
                      const struct prop_row *row)
{
    const struct prop_value *value = prop_values_find(qube->props, row->name);

    if (qube->netvm_loop && g_str_equal(row->name, "netvm"))
        return NULL;
    if (value && value->bad && row->type == PROP_VM)
        return NULL;
    if (value && !value->bad && !row->computed)
        return reference_or_null(row, prop_canonical(row, model, value->text));
    return reference_or_null(row, default_of(model, qube, row));
}

/* A qube of unknown class has no rows: what it says is all that is known. */
static char *text_of(const struct qube *qube, const char *property)
{
    const struct prop_value *value = prop_values_find(qube->props, property);

    return g_strdup(value ? value->text : NULL);
}

char *qube_get(const struct model *model, const struct qube *qube,
               const char *property)
{
    static _Thread_local int depth; /* each thread has models of its own */
    const struct prop_row *row = row_of(qube, property);
    char *out;

    if (!row)
        return qube->class ? NULL : text_of(qube, property);
    if (depth >= DEPTH_MAX)
        return g_strdup(row->fallback);
    depth++;
    out = value_of(model, qube, row);
    depth--;
    return out;
}

gboolean qube_get_bool(const struct model *model, const struct qube *qube,
                       const char *property)
{
    g_autofree char *text = qube_get(model, qube, property);

    return g_strcmp0(text, "True") == 0;
}

gint64 qube_get_int(const struct model *model, const struct qube *qube,
                    const char *property, gint64 otherwise)
{
    g_autofree char *text = qube_get(model, qube, property);
    gint64 value;

    if (!text || !g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64,
                                           &value, NULL))
        return otherwise;
    return value;
}

struct qube *qube_get_vm(const struct model *model, const struct qube *qube,
                         const char *property)
{
    g_autofree char *name = qube_get(model, qube, property);

    return name ? model_qube_named(model, name) : NULL;
}

gboolean qube_is_explicit(const struct qube *qube, const char *property)
{
    return prop_values_find(qube->props, property) != NULL;
}

void qube_put(struct qube *qube, const struct prop_row *row, const char *value)
{
    prop_values_put(qube->props, row, value);
    if (g_str_equal(row->name, "netvm"))
        qube->netvm_loop = FALSE;
}

void qube_drop(struct qube *qube, const struct prop_row *row)
{
    prop_values_drop(qube->props, row->name);
    if (g_str_equal(row->name, "netvm"))
        qube->netvm_loop = FALSE;
}

char *qube_get_default(const struct model *model, const struct qube *qube,
                       const struct prop_row *row)
{
    return reference_or_null(row, default_of(model, qube, row));
}

char *model_global_default(const struct model *model, const struct prop_row *row)
{
    if (row->compute)
        return row->compute(model, NULL);
    return row->global ? model_global(model, row->global) : g_strdup(row->fallback);
}

char *model_global(const struct model *model, const char *property)
{
    const struct prop_row *row = prop_find(property, 0);
    const struct prop_value *value = prop_values_find(model->globals, property);

    if (!row)
        return NULL;
    if (value && value->bad && row->type == PROP_VM)
        return NULL;
    if (value && !value->bad)
        return reference_or_null(row, prop_canonical(row, model, value->text));
    return model_global_default(model, row);
}

gboolean model_global_is_explicit(const struct model *model, const char *property)
{
    return prop_values_find(model->globals, property) != NULL;
}

void model_drop_global(struct model *model, const struct prop_row *row)
{
    prop_values_drop(model->globals, row->name);
    model->generation++;
}

void model_put_global(struct model *model, const struct prop_row *row,
                      const char *value)
{
    prop_values_put(model->globals, row, value);
    model->generation++;
}

const char *qube_feature(const struct qube *qube, const char *feature)
{
    for (guint i = qube->features->len; i-- > 0;) {
        const struct pair *pair = &g_array_index(qube->features, struct pair, i);

        if (g_str_equal(pair->name, feature))
            return pair->value;
    }
    return NULL;
}

const char *qube_feature_along(const struct model *model, const struct qube *qube,
                               const char *property, const char *feature,
                               const struct qube **from)
{
    for (int hops = 0; qube && hops < MODEL_HOPS; hops++) {
        const char *value = qube_feature(qube, feature);

        if (value && from)
            *from = qube;
        if (value)
            return value;
        qube = qube_get_vm(model, qube, property);
    }
    return NULL;
}

const char *qube_feature_template(const struct model *model,
                                  const struct qube *qube, const char *feature)
{
    return qube_feature_along(model, qube, "template", feature, NULL);
}

gboolean qube_is_preload(const struct model *model, const struct qube *qube)
{
    const struct qube *template =
        qube->class && qube->class->id == CLASS_DISP
            ? qube_get_vm(model, qube, "template") : NULL;
    const char *names = template ? qube_feature(template, "preload-dispvm") : NULL;
    g_auto(GStrv) all = names ? g_strsplit(names, " ", -1) : NULL;

    return all && g_strv_contains((const char *const *)all, qube->name);
}

gboolean qube_is_preloaded_of(const struct model *model, const struct qube *qube,
                              const struct qube *base)
{
    return qube_feature(base, "preload-dispvm") && !qube->broken &&
           qube_is_preload(model, qube) && qube_get_vm(model, qube, "template") == base;
}

GPtrArray *qube_preloaded(const struct model *model, const struct qube *qube)
{
    GPtrArray *all = g_ptr_array_new();

    for (guint i = 0; i < model->qubes->len; i++)
        if (qube_is_preloaded_of(model, model->qubes->pdata[i], qube))
            g_ptr_array_add(all, model->qubes->pdata[i]);
    return all;
}

void qube_put_feature(struct qube *qube, const char *feature, const char *value)
{
    struct pair new = { g_intern_string(feature), g_strdup(value) };
    gboolean there = FALSE;

    for (guint i = qube->features->len; i-- > 0;) {
        struct pair *pair = &g_array_index(qube->features, struct pair, i);

        if (pair->name != new.name)
            continue;
        if (there) {
            g_array_remove_index(qube->features, i);
            continue;
        }
        g_free(pair->value);
        pair->value = new.value;
        there = TRUE;
    }
    if (!there)
        g_array_append_val(qube->features, new);
}

gboolean qube_feature_doubled(const struct qube *qube, const char *feature)
{
    guint n = 0;

    for (guint i = 0; i < qube->features->len; i++)
        n += g_str_equal(g_array_index(qube->features, struct pair, i).name, feature);
    return n > 1;
}

void qube_drop_feature(struct qube *qube, const char *feature)
{
    for (guint i = qube->features->len; i-- > 0;)
        if (g_str_equal(g_array_index(qube->features, struct pair, i).name, feature))
            g_array_remove_index(qube->features, i);
}

gboolean qube_has_tag(const struct qube *qube, const char *tag)
{
    return g_ptr_array_find_with_equal_func(qube->tags, tag, g_str_equal, NULL);
}

void qube_add_tag(struct qube *qube, const char *tag)
{
    if (!qube_has_tag(qube, tag))
        g_ptr_array_add(qube->tags, g_strdup(tag));
}

void qube_drop_tag(struct qube *qube, const char *tag)
{
    for (guint i = qube->tags->len; i-- > 0;)
        if (g_str_equal(qube->tags->pdata[i], tag))
            g_ptr_array_remove_index(qube->tags, i);
}

struct volume_config *qube_volume(const struct qube *qube, const char *name)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (g_str_equal(config->name, name))
            return config;
    }
    return NULL;
}

gboolean model_pool_is_away(const struct pool *pool)
{
    return pool_dir(pool) && !g_file_test(pool_dir(pool), G_FILE_TEST_IS_DIR);
}

gboolean volume_config_is_kept(const struct volume_config *config)
{
    return config->volume && volume_save_on_stop(config->volume) &&
           !volume_snap_on_start(config->volume);
}

gboolean volume_config_is_missing(const struct volume_config *config, GError **why)
{
    g_autoptr(GError) error = NULL;

    if (!volume_config_is_kept(config) ||
        model_pool_is_away(volume_pool(config->volume)) ||
        volume_verify(config->volume, &error) || !error_is(error, QMC_ERROR_NOTFOUND))
        return FALSE;
    if (!*why)
        *why = g_steal_pointer(&error);
    return TRUE;
}

gboolean qube_misses_images(const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        g_autoptr(GError) why = NULL;

        if (volume_config_is_missing(
                &g_array_index(qube->volumes, struct volume_config, i), &why))
            return TRUE;
    }
    return FALSE;
}

static struct pair *attr_of(const struct volume_config *config, const char *attr)
{
    for (guint i = 0; i < config->attrs->len; i++) {
        struct pair *pair = &g_array_index(config->attrs, struct pair, i);

        if (g_str_equal(pair->name, attr))
            return pair;
    }
    return NULL;
}

const char *volume_config_get(const struct volume_config *config, const char *attr)
{
    const struct pair *pair = attr_of(config, attr);

    return pair ? pair->value : NULL;
}

void volume_config_set(struct volume_config *config, const char *attr, const char *value)
{
    struct pair *old = attr_of(config, attr);
    struct pair new = { g_intern_string(attr), NULL };

    if (value)
        new.value = g_string_chunk_insert(config->texts, value);
    if (old && value)
        old->value = new.value;
    else if (value)
        g_array_append_val(config->attrs, new);
    else if (old)
        g_array_remove_index(config->attrs, (guint)(old - (struct pair *)config->attrs->data));
}

static void put_named(struct qube *qube, const char *property, const char *value)
{
    const struct prop_row *row = row_of(qube, property);

    if (row && !row->computed)
        qube_put(qube, row, value);
}

struct qube *qube_new(const char *name, const char *uuid, int qid,
                      const char *class_name)
{
    struct qube *qube = qube_new_empty(class_name);
    g_autofree char *random = uuid ? NULL : g_uuid_string_random();
    g_autofree char *number = g_strdup_printf("%d", qid);

    qube->name = g_strdup(name);
    qube->qid = qid;
    qube->changed = TRUE;
    g_strlcpy(qube->uuid, uuid ? uuid : random, sizeof qube->uuid);
    put_named(qube, "name", name);
    put_named(qube, "qid", number);
    put_named(qube, "uuid", qube->uuid);
    return qube;
}

/* The daemon's socket is a link "qrexec.NAME" to "qrexec.XID"; one that leads
 * nowhere means no. */
static gboolean qrexec_up(const char *root, const char *name)
{
    g_autofree char *relative = g_strdup_printf("/run/qubes/qrexec.%s", name);
    g_autofree char *path = layout_path(root, relative);
    struct stat at;

    return !strchr(name, '/') && stat(path, &at) == 0;
}

enum power_state qube_power(const struct model *model, const struct qube *qube,
                            const char *root, enum power_state hv_state)
{
    const char *qrexec;

    if (qube->class && (qube->class->id & (CLASS_ADMIN | CLASS_REMOTE)))
        return POWER_RUNNING;
    if (hv_state != POWER_RUNNING)
        return hv_state;
    qrexec = qube_feature_template(model, qube, "qrexec");
    if (!qrexec || *qrexec == '\0' || qrexec_up(root, qube->name))
        return POWER_RUNNING;
    return POWER_TRANSIENT;
}

char *qube_shell_name(const struct qube *qube)
{
    g_autofree char *shown = text_sanitise(qube->name, -1);

    if (qube->name[0] == '-' || !g_str_equal(shown, qube->name))
        return g_strdup(qube->uuid);
    return text_shell_quote(qube->name);
}

char *qube_hint_show(const struct qube *qube)
{
    g_autofree char *name = qube_shell_name(qube);

    return g_strdup_printf("see what is wrong with it: qmc show %s", name);
}
