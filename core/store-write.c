/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements of the store as text, in the form of upstream's writer
 * (spec/qubes-xml.md 1.1-1.6). What was not understood goes back to where it
 * stood. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/device-private.h"
#include "core/model-private.h"
#include "util/xml.h"

struct writer {
    GString *out;
    const GPtrArray *raw; /* of the qube, or of the store */
    const struct store_form *form;
};

static void line(const struct writer *w, int indent)
{
    g_string_append_c(w->out, '\n');
    for (; indent > 0; indent--)
        g_string_append_c(w->out, ' ');
}

static gboolean raw_is(const struct raw_text *raw, const char *parent, const char *at)
{
    return g_str_equal(raw->parent, parent) && g_strcmp0(raw->at, at) == 0;
}

/* Elements that were there twice are one now: its last attribute counts. */
static gboolean raw_comes_again(const struct writer *w, guint i)
{
    const struct raw_text *raw = g_ptr_array_index(w->raw, i);
    gsize name = strcspn(raw->text, "=") + 1;

    for (guint j = i + 1; j < w->raw->len; j++) {
        const struct raw_text *later = g_ptr_array_index(w->raw, j);

        if (raw_is(later, raw->parent, raw->at) &&
            strncmp(later->text, raw->text, name) == 0)
            return TRUE;
    }
    return FALSE;
}

static void raw_attrs(const struct writer *w, const char *parent, const char *at)
{
    for (guint i = 0; i < w->raw->len; i++) {
        const struct raw_text *raw = g_ptr_array_index(w->raw, i);

        if (raw->text[0] == ' ' && raw_is(raw, parent, at) && !raw_comes_again(w, i))
            g_string_append(w->out, raw->text);
    }
}

/* Kept elements; indent < 0: within text, without a line of their own. */
static void raw_elements(const struct writer *w, const char *parent, const char *at,
                         int indent)
{
    for (guint i = 0; i < w->raw->len; i++) {
        const struct raw_text *raw = g_ptr_array_index(w->raw, i);

        if (raw->text[0] == ' ' || !raw_is(raw, parent, at))
            continue;
        if (indent >= 0)
            line(w, indent);
        g_string_append(w->out, raw->text);
    }
}

/* Kept elements whose neighbour was taken out come last. */
static void raw_orphans(const struct writer *w, const char *parent,
                        gboolean (*has)(gconstpointer items, const char *name),
                        gconstpointer items, int indent)
{
    for (guint i = 0; i < w->raw->len; i++) {
        const struct raw_text *raw = g_ptr_array_index(w->raw, i);

        if (raw->text[0] == ' ' || !raw->at || !g_str_equal(raw->parent, parent) ||
            has(items, raw->at))
            continue;
        line(w, indent);
        g_string_append(w->out, raw->text);
    }
}

/* Ends an element that was opened up to its name and attributes. An empty text
 * is not the same as none: upstream writes <x></x> for it. */
static void leaf_end(const struct writer *w, const char *name, const char *item,
                     const char *text)
{
    gsize open;

    raw_attrs(w, name, item);
    g_string_append_c(w->out, '>');
    open = w->out->len;
    if (text)
        xml_append_text(w->out, text);
    raw_elements(w, name, item, -1);
    if (text || w->out->len > open) {
        g_string_append_printf(w->out, "</%s>", name);
    } else {
        g_string_truncate(w->out, open - 1);
        g_string_append(w->out, "/>");
    }
}

static void leaf_named(const struct writer *w, const char *element, const char *name,
                       const char *text)
{
    g_string_append_c(w->out, '<');
    g_string_append(w->out, element);
    xml_append_attr(w->out, "name", name);
    leaf_end(w, element, name, text);
}

/* Ends a container whose content, if there is any, begins at `open`. */
static void container_end(const struct writer *w, const char *name, gsize open,
                          int indent)
{
    if (w->out->len == open) {
        g_string_truncate(w->out, open - 1);
        g_string_append(w->out, "/>");
        return;
    }
    line(w, indent);
    g_string_append_printf(w->out, "</%s>", name);
}

static gsize container_begin(const struct writer *w, const char *name, int indent)
{
    gsize open;

    g_string_append_printf(w->out, "<%s", name);
    raw_attrs(w, name, NULL);
    g_string_append_c(w->out, '>');
    open = w->out->len;
    raw_elements(w, name, NULL, indent + 2);
    return open;
}

static void prop_write(const struct writer *w, const char *name, const char *text,
                       int indent)
{
    line(w, indent);
    leaf_named(w, "property", name, text);
    raw_elements(w, "properties", name, indent);
}

static gboolean props_have(gconstpointer values, const char *name)
{
    return prop_values_find(values, name) != NULL;
}

/* uuid: what to write for one that the store lacks, or NULL. */
static void props_write(const struct writer *w, const GArray *values,
                        const char *uuid, int indent)
{
    const struct prop_row *row = uuid ? prop_find("uuid", CLASS_APP) : NULL;
    gsize open = container_begin(w, "properties", indent);

    for (guint i = 0; i < values->len; i++) {
        const struct prop_value *value = &g_array_index(values, struct prop_value, i);

        if (row && value->row && prop_compare(value->row, row) > 0) {
            prop_write(w, row->name, uuid, indent + 2);
            row = NULL;
        }
        prop_write(w, value->name, value->text, indent + 2);
    }
    if (row)
        prop_write(w, row->name, uuid, indent + 2);
    raw_orphans(w, "properties", props_have, values, indent + 2);
    container_end(w, "properties", open, indent);
}

static gboolean features_have(gconstpointer qube, const char *name)
{
    return qube_feature(qube, name) != NULL;
}

static gboolean tags_have(gconstpointer qube, const char *name)
{
    return qube_has_tag(qube, name);
}

static void features_write(const struct writer *w, const struct qube *qube, int indent)
{
    gsize open = container_begin(w, "features", indent);

    for (guint i = 0; i < qube->features->len; i++) {
        const struct pair *pair = &g_array_index(qube->features, struct pair, i);

        line(w, indent + 2);
        leaf_named(w, "feature", pair->name, pair->value);
        raw_elements(w, "features", pair->name, indent + 2);
    }
    raw_orphans(w, "features", features_have, qube, indent + 2);
    container_end(w, "features", open, indent);
}

static void tags_write(const struct writer *w, const struct qube *qube, int indent)
{
    gsize open = container_begin(w, "tags", indent);

    for (guint i = 0; i < qube->tags->len; i++) {
        const char *tag = g_ptr_array_index(qube->tags, i);

        line(w, indent + 2);
        leaf_named(w, "tag", tag, NULL);
        raw_elements(w, "tags", tag, indent + 2);
    }
    raw_orphans(w, "tags", tags_have, qube, indent + 2);
    container_end(w, "tags", open, indent);
}

/* Volumes. */

/* What a reader takes a flag for that is not written: the value of the class. */
static gboolean flag_default(const struct qube *qube, const char *volume,
                             const char *flag)
{
    const struct class_volume *row =
        qube->class ? class_volume_find(qube->class, volume) : NULL;

    if (!row)
        return FALSE;
    return g_str_equal(flag, "rw")             ? row->rw
           : g_str_equal(flag, "save_on_stop") ? row->save_on_stop
                                               : row->snap_on_start;
}

gboolean store_flag_is_usual(const struct qube *qube, const char *volume,
                             const char *attr, const char *value)
{
    static const char *const flags[] = { "rw", "save_on_stop", "snap_on_start", NULL };

    return g_str_equal(value, "False") && g_strv_contains(flags, attr) &&
           !flag_default(qube, volume, attr);
}

static void attr_write(const struct writer *w, const char *attr, const char *value)
{
    xml_append_attr(w->out, attr, value);
}

/* Readers before 4.3.47 take the text False for true, so in their form it is
 * left out wherever that means the same. */
static void flag_write(const struct writer *w, const struct qube *qube,
                       const char *volume, const struct pair *pair)
{
    if (w->form->write_false ||
        !store_flag_is_usual(qube, volume, pair->name, pair->value))
        attr_write(w, pair->name, pair->value);
}

static void flags_write(const struct writer *w, const struct qube *qube,
                        const struct volume *volume)
{
    static char yes[] = "True", no[] = "False";
    const struct pair flags[] = {
        { "rw", volume_rw(volume) ? yes : no },
        { "save_on_stop", volume_save_on_stop(volume) ? yes : no },
        { "snap_on_start", volume_snap_on_start(volume) ? yes : no },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        flag_write(w, qube, volume_name(volume), &flags[i]);
}

/* A volume that the class has and the file did not name. */
static void volume_write_whole(const struct writer *w, const struct qube *qube,
                               const struct volume_config *config)
{
    const struct volume *volume = config->volume;
    const struct volume *source = volume_source(volume);
    g_autofree char *keep = g_strdup_printf("%d", volume_revisions_to_keep(volume));
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, config->size);

    attr_write(w, "pool", config->pool);
    attr_write(w, "vid", volume_vid(volume));
    attr_write(w, "revisions_to_keep", keep);
    flags_write(w, qube, volume);
    if (config->size > 0)
        attr_write(w, "size", size);
    if (source)
        attr_write(w, "source", volume_vid(source));
}

static gboolean volume_is_written(const struct volume_config *config)
{
    return config->attrs->len > 0 || config->volume;
}

static void volume_leaf(const struct writer *w, const struct qube *qube,
                        const struct volume_config *config)
{
    g_string_append(w->out, "<volume");
    attr_write(w, "name", config->name);
    for (guint i = 0; i < config->attrs->len; i++)
        flag_write(w, qube, config->name,
                   &g_array_index(config->attrs, struct pair, i));
    if (config->attrs->len == 0)
        volume_write_whole(w, qube, config);
    leaf_end(w, "volume", config->name, NULL);
}

static void volume_write(const struct writer *w, const struct qube *qube,
                         const struct volume_config *config, int indent)
{
    if (!volume_is_written(config))
        return;
    line(w, indent);
    volume_leaf(w, qube, config);
    raw_elements(w, "volume-config", config->name, indent);
}

static void volumes_write(const struct writer *w, const struct qube *qube, int indent)
{
    gsize open = container_begin(w, "volume-config", indent);

    for (guint i = 0; i < qube->volumes->len; i++)
        volume_write(w, qube, &g_array_index(qube->volumes, struct volume_config, i),
                     indent + 2);
    container_end(w, "volume-config", open, indent);
}

/* Qubes. */

gboolean store_has_volumes(const struct qube *qube)
{
    return qube->volumes->len > 0 || (qube->class && qube->class->dir_prefix);
}

gboolean store_lacks_uuid(const struct qube *qube)
{
    return qube->class && qube->class->id != CLASS_ADMIN &&
           !qube_is_explicit(qube, "uuid");
}

/* One by one. */

const struct store_list_name store_list_names[STORE_LISTS] = {
    [STORE_PROPS] = { "properties", "property" },
    [STORE_FEATURES] = { "features", "feature" },
    [STORE_TAGS] = { "tags", "tag" },
    [STORE_VOLUMES] = { "volume-config", "volume" },
};

guint store_items(const struct qube *qube, enum store_list kind)
{
    const guint lengths[] = {
        [STORE_PROPS] = qube->props->len + (store_lacks_uuid(qube) ? 1 : 0),
        [STORE_FEATURES] = qube->features->len,
        [STORE_TAGS] = qube->tags->len,
        [STORE_VOLUMES] = qube->volumes->len,
    };

    return lengths[kind];
}

/* Where the one goes that the store lacks. */
static guint uuid_place(const struct qube *qube)
{
    const struct prop_row *row = prop_find("uuid", CLASS_APP);
    guint i = 0;

    if (!store_lacks_uuid(qube))
        return G_MAXUINT;
    for (; i < qube->props->len; i++) {
        const struct prop_value *value =
            &g_array_index(qube->props, struct prop_value, i);

        if (value->row && prop_compare(value->row, row) > 0)
            break;
    }
    return i;
}

/* NULL: the UUID that the store lacks. */
static const struct prop_value *prop_at(const struct qube *qube, guint i)
{
    guint place = uuid_place(qube);

    return i == place ? NULL
                      : &g_array_index(qube->props, struct prop_value, i - (i > place));
}

static const char *prop_name(const struct qube *qube, guint i)
{
    const struct prop_value *value = prop_at(qube, i);

    return value ? value->name : "uuid";
}

static void prop_item(const struct writer *w, const struct qube *qube, guint i)
{
    const struct prop_value *value = prop_at(qube, i);

    leaf_named(w, "property", prop_name(qube, i), value ? value->text : qube->uuid);
}

static const struct pair *feature_at(const struct qube *qube, guint i)
{
    return &g_array_index(qube->features, struct pair, i);
}

static const char *feature_name(const struct qube *qube, guint i)
{
    return feature_at(qube, i)->name;
}

static void feature_item(const struct writer *w, const struct qube *qube, guint i)
{
    leaf_named(w, "feature", feature_at(qube, i)->name, feature_at(qube, i)->value);
}

static const char *tag_name(const struct qube *qube, guint i)
{
    return g_ptr_array_index(qube->tags, i);
}

static void tag_item(const struct writer *w, const struct qube *qube, guint i)
{
    leaf_named(w, "tag", tag_name(qube, i), NULL);
}

static const struct volume_config *volume_at(const struct qube *qube, guint i)
{
    return &g_array_index(qube->volumes, struct volume_config, i);
}

static const char *volume_item_name(const struct qube *qube, guint i)
{
    return volume_at(qube, i)->name;
}

static void volume_item(const struct writer *w, const struct qube *qube, guint i)
{
    if (volume_is_written(volume_at(qube, i)))
        volume_leaf(w, qube, volume_at(qube, i));
}

static void props_list(const struct writer *w, const struct qube *qube, int indent)
{
    props_write(w, qube->props, store_lacks_uuid(qube) ? qube->uuid : NULL, indent);
}

static const struct {
    const char *(*name)(const struct qube *qube, guint i);
    void (*item)(const struct writer *w, const struct qube *qube, guint i);
    void (*list)(const struct writer *w, const struct qube *qube, int indent);
} lists[STORE_LISTS] = {
    [STORE_PROPS] = { prop_name, prop_item, props_list },
    [STORE_FEATURES] = { feature_name, feature_item, features_write },
    [STORE_TAGS] = { tag_name, tag_item, tags_write },
    [STORE_VOLUMES] = { volume_item_name, volume_item, volumes_write },
};

const char *store_item_name(const struct qube *qube, enum store_list kind, guint i)
{
    return lists[kind].name(qube, i);
}

void store_item_write(GString *out, const struct store_form *form,
                      const struct qube *qube, enum store_list kind, guint i)
{
    const struct writer w = { out, qube->raw, form };

    lists[kind].item(&w, qube, i);
}

void store_list_write(GString *out, const struct store_form *form,
                      const struct qube *qube, enum store_list kind)
{
    const struct writer w = { out, qube->raw, form };

    lists[kind].list(&w, qube, 6);
}

void store_domain_write(GString *out, const struct store_form *form,
                        const struct qube *qube)
{
    const struct writer w = { out, qube->raw, form };

    g_string_append_printf(out, "<domain id=\"domain-%d\"", qube->qid);
    xml_append_attr(out, "class", qube->class_name);
    raw_attrs(&w, "domain", NULL);
    g_string_append_c(out, '>');
    raw_elements(&w, "domain", NULL, 6);
    line(&w, 6);
    props_write(&w, qube->props, store_lacks_uuid(qube) ? qube->uuid : NULL, 6);
    raw_elements(&w, "domain", "properties", 6);
    line(&w, 6);
    features_write(&w, qube, 6);
    raw_elements(&w, "domain", "features", 6);
    if (qube->devices_edited && !form->tags_first)
        devices_write(out, qube, form->device_modes, 6);
    line(&w, 6);
    tags_write(&w, qube, 6);
    raw_elements(&w, "domain", "tags", 6);
    if (qube->devices_edited && form->tags_first)
        devices_write(out, qube, form->device_modes, 6);
    if (store_has_volumes(qube)) {
        line(&w, 6);
        volumes_write(&w, qube, 6);
    }
    raw_elements(&w, "domain", "volume-config", 6);
    line(&w, 4);
    g_string_append(out, "</domain>");
}

/* Sections. */

static void label_attrs(const struct writer *w, const struct label *label,
                        const char *id)
{
    if (!w->form->sorted)
        xml_append_attr(w->out, "id", id);
    xml_append_attr(w->out, "color", label->spelled);
    if (w->form->sorted)
        xml_append_attr(w->out, "id", id);
}

static gboolean labels_have(gconstpointer model, const char *id)
{
    return model_label(model, id) != NULL;
}

static void labels_write(const struct writer *w, const struct model *model)
{
    gsize open = container_begin(w, "labels", 2);

    for (guint i = 0; i < model->labels->len; i++) {
        const struct label *label = g_ptr_array_index(model->labels, i);
        g_autofree char *id = g_strdup_printf("label-%d", label->index);

        line(w, 4);
        g_string_append(w->out, "<label");
        label_attrs(w, label, id);
        leaf_end(w, "label", id, label->name);
        raw_elements(w, "labels", id, 4);
    }
    raw_orphans(w, "labels", labels_have, model, 4);
    container_end(w, "labels", open, 2);
}

static void pools_write(const struct writer *w, const struct model *model)
{
    gsize open = container_begin(w, "pools", 2);

    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = g_ptr_array_index(model->pools, i);

        line(w, 4);
        g_string_append(w->out, "<pool");
        for (guint j = 0; j < entry->attrs->len; j++) {
            const struct pair *pair = &g_array_index(entry->attrs, struct pair, j);

            xml_append_attr(w->out, pair->name, pair->value);
        }
        leaf_end(w, "pool", entry->name, NULL);
        raw_elements(w, "pools", entry->name, 4);
    }
    container_end(w, "pools", open, 2);
}

void store_raw_write(GString *out, const struct store *store, const char *parent,
                     gboolean attrs)
{
    const struct writer w = { out, store->raw, &store->form };
    int indent = g_str_equal(parent, "qubes") ? 2 : 4;

    for (guint i = 0; i < store->raw->len; i++) {
        const struct raw_text *raw = g_ptr_array_index(store->raw, i);

        if (!g_str_equal(raw->parent, parent) || attrs != (raw->text[0] == ' '))
            continue;
        if (!attrs)
            line(&w, indent);
        g_string_append(out, raw->text);
    }
}

GString *store_section_text(const struct store *store, const struct model *model,
                            enum section_kind kind)
{
    const struct writer w = { g_string_new(NULL), store->raw, &store->form };

    if (kind == SECTION_LABELS)
        labels_write(&w, model);
    else if (kind == SECTION_POOLS)
        pools_write(&w, model);
    else
        props_write(&w, model->globals, NULL, 2);
    return w.out;
}
