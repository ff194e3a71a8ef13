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
    [STORE_LABELS] = { "labels", "label" },
    [STORE_POOLS] = { "pools", "pool" },
};

static const GArray *props_of(const struct store_subject *of)
{
    return of->qube ? of->qube->props : of->model->globals;
}

static gboolean gets_uuid(const struct store_subject *of)
{
    return of->qube && store_lacks_uuid(of->qube);
}

static guint props_count(const struct store_subject *of)
{
    return props_of(of)->len + (gets_uuid(of) ? 1 : 0);
}

/* Where the one goes that the store lacks. */
static guint uuid_place(const struct store_subject *of)
{
    const struct prop_row *row = prop_find("uuid", CLASS_APP);
    guint i = 0;

    if (!gets_uuid(of))
        return G_MAXUINT;
    for (; i < of->qube->props->len; i++) {
        const struct prop_value *value =
            &g_array_index(of->qube->props, struct prop_value, i);

        if (value->row && prop_compare(value->row, row) > 0)
            break;
    }
    return i;
}

/* NULL: the UUID that the store lacks. */
static const struct prop_value *prop_at(const struct store_subject *of, guint i)
{
    guint place = uuid_place(of);

    return i == place ? NULL
                      : &g_array_index(props_of(of), struct prop_value, i - (i > place));
}

static const char *prop_name(const struct store_subject *of, guint i)
{
    const struct prop_value *value = prop_at(of, i);

    return value ? value->name : "uuid";
}

static void prop_item(const struct writer *w, const struct store_subject *of, guint i)
{
    const struct prop_value *value = prop_at(of, i);

    leaf_named(w, "property", prop_name(of, i), value ? value->text : of->qube->uuid);
}

static guint features_count(const struct store_subject *of)
{
    return of->qube->features->len;
}

static const struct pair *feature_at(const struct store_subject *of, guint i)
{
    return &g_array_index(of->qube->features, struct pair, i);
}

static const char *feature_name(const struct store_subject *of, guint i)
{
    return feature_at(of, i)->name;
}

static void feature_item(const struct writer *w, const struct store_subject *of, guint i)
{
    leaf_named(w, "feature", feature_at(of, i)->name, feature_at(of, i)->value);
}

static guint tags_count(const struct store_subject *of)
{
    return of->qube->tags->len;
}

static const char *tag_name(const struct store_subject *of, guint i)
{
    return g_ptr_array_index(of->qube->tags, i);
}

static void tag_item(const struct writer *w, const struct store_subject *of, guint i)
{
    leaf_named(w, "tag", tag_name(of, i), NULL);
}

static guint volumes_count(const struct store_subject *of)
{
    return of->qube->volumes->len;
}

static const struct volume_config *volume_at(const struct store_subject *of, guint i)
{
    return &g_array_index(of->qube->volumes, struct volume_config, i);
}

static const char *volume_item_name(const struct store_subject *of, guint i)
{
    return volume_at(of, i)->name;
}

static void volume_item(const struct writer *w, const struct store_subject *of, guint i)
{
    if (volume_is_written(volume_at(of, i)))
        volume_leaf(w, of->qube, volume_at(of, i));
}

static guint labels_count(const struct store_subject *of)
{
    return of->model->labels->len;
}

/* Interned, as every name of a list that is asked for by place has to be kept. */
static const char *label_id(const struct store_subject *of, guint i)
{
    const struct label *label = g_ptr_array_index(of->model->labels, i);
    g_autofree char *id = g_strdup_printf("label-%d", label->index);

    return g_intern_string(id);
}

static void label_attrs(const struct writer *w, const struct label *label,
                        const char *id)
{
    if (!w->form->sorted)
        xml_append_attr(w->out, "id", id);
    if (label->color)
        xml_append_attr(w->out, "color", label->color);
    if (w->form->sorted)
        xml_append_attr(w->out, "id", id);
}

static void label_item(const struct writer *w, const struct store_subject *of, guint i)
{
    const struct label *label = g_ptr_array_index(of->model->labels, i);
    const char *id = label_id(of, i);

    g_string_append(w->out, "<label");
    label_attrs(w, label, id);
    leaf_end(w, "label", id, label->name);
}

static guint pools_count(const struct store_subject *of)
{
    return of->model->pools->len;
}

static const char *pool_item_name(const struct store_subject *of, guint i)
{
    return ((const struct pool_entry *)g_ptr_array_index(of->model->pools, i))->name;
}

static void pool_item(const struct writer *w, const struct store_subject *of, guint i)
{
    const struct pool_entry *entry = g_ptr_array_index(of->model->pools, i);

    g_string_append(w->out, "<pool");
    for (guint j = 0; j < entry->attrs->len; j++) {
        const struct pair *pair = &g_array_index(entry->attrs, struct pair, j);

        xml_append_attr(w->out, pair->name, pair->value);
    }
    leaf_end(w, "pool", entry->name, NULL);
}

static const struct {
    guint (*count)(const struct store_subject *of);
    const char *(*name)(const struct store_subject *of, guint i);
    void (*item)(const struct writer *w, const struct store_subject *of, guint i);
} lists[STORE_LISTS] = {
    [STORE_PROPS] = { props_count, prop_name, prop_item },
    [STORE_FEATURES] = { features_count, feature_name, feature_item },
    [STORE_TAGS] = { tags_count, tag_name, tag_item },
    [STORE_VOLUMES] = { volumes_count, volume_item_name, volume_item },
    [STORE_LABELS] = { labels_count, label_id, label_item },
    [STORE_POOLS] = { pools_count, pool_item_name, pool_item },
};

guint store_items(const struct store_subject *of, enum store_list kind)
{
    return lists[kind].count(of);
}

const char *store_item_name(const struct store_subject *of, enum store_list kind, guint i)
{
    return lists[kind].name(of, i);
}

void store_item_write(GString *out, const struct store_subject *of, enum store_list kind,
                      guint i)
{
    const struct writer w = { out, of->raw, of->form };

    lists[kind].item(&w, of, i);
}

static gboolean list_has(const struct store_subject *of, enum store_list kind,
                         const char *name)
{
    for (guint i = 0; i < store_items(of, kind); i++)
        if (g_str_equal(store_item_name(of, kind, i), name))
            return TRUE;
    return FALSE;
}

/* Kept elements whose neighbour was taken out come last. */
static void orphans_write(const struct writer *w, const struct store_subject *of,
                          enum store_list kind, int indent)
{
    const char *parent = store_list_names[kind].container;

    for (guint i = 0; i < w->raw->len; i++) {
        const struct raw_text *raw = g_ptr_array_index(w->raw, i);

        if (raw->text[0] == ' ' || !raw->at || !g_str_equal(raw->parent, parent) ||
            list_has(of, kind, raw->at))
            continue;
        line(w, indent);
        g_string_append(w->out, raw->text);
    }
}

/* An item on a line of its own, and what was kept after it. */
static void item_line(const struct writer *w, const struct store_subject *of,
                      enum store_list kind, guint i)
{
    int indent = of->qube ? 8 : 4;
    gsize begin = w->out->len, open;

    line(w, indent);
    open = w->out->len;
    lists[kind].item(w, of, i);
    if (w->out->len == open) {
        g_string_truncate(w->out, begin);
        return;
    }
    raw_elements(w, store_list_names[kind].container, store_item_name(of, kind, i), indent);
}

void store_list_write(GString *out, const struct store_subject *of, enum store_list kind)
{
    const struct writer w = { out, of->raw, of->form };
    int indent = of->qube ? 6 : 2;
    gsize open = container_begin(&w, store_list_names[kind].container, indent);

    for (guint i = 0; i < store_items(of, kind); i++)
        item_line(&w, of, kind, i);
    orphans_write(&w, of, kind, indent + 2);
    container_end(&w, store_list_names[kind].container, open, indent);
}

struct store_subject store_subject_qube(const struct store_form *form,
                                        const struct qube *qube)
{
    return (struct store_subject){ form, qube->raw, qube, NULL };
}

struct store_subject store_subject_system(const struct store *store,
                                          const struct model *model)
{
    return (struct store_subject){ &store->form, store->raw, NULL, model };
}

enum store_list store_section_list(enum section_kind kind)
{
    return kind == SECTION_LABELS  ? STORE_LABELS
           : kind == SECTION_POOLS ? STORE_POOLS
                                   : STORE_PROPS;
}

static void domain_list(const struct writer *w, const struct store_subject *of,
                        enum store_list kind)
{
    line(w, 6);
    store_list_write(w->out, of, kind);
    if (kind != STORE_VOLUMES)
        raw_elements(w, "domain", store_list_names[kind].container, 6);
}

void store_domain_write(GString *out, const struct store_form *form,
                        const struct qube *qube)
{
    const struct store_subject of = store_subject_qube(form, qube);
    const struct writer w = { out, qube->raw, form };

    g_string_append_printf(out, "<domain id=\"domain-%d\"", qube->qid);
    xml_append_attr(out, "class", qube->class_name);
    raw_attrs(&w, "domain", NULL);
    g_string_append_c(out, '>');
    raw_elements(&w, "domain", NULL, 6);
    domain_list(&w, &of, STORE_PROPS);
    domain_list(&w, &of, STORE_FEATURES);
    if (qube->devices_edited && !form->tags_first)
        devices_write(out, qube, form->device_modes, 6);
    domain_list(&w, &of, STORE_TAGS);
    if (qube->devices_edited && form->tags_first)
        devices_write(out, qube, form->device_modes, 6);
    if (store_has_volumes(qube))
        domain_list(&w, &of, STORE_VOLUMES);
    raw_elements(&w, "domain", "volume-config", 6);
    line(&w, 4);
    g_string_append(out, "</domain>");
}

/* Sections. */

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
    const struct store_subject of = store_subject_system(store, model);
    GString *out = g_string_new(NULL);

    store_list_write(out, &of, store_section_list(kind));
    return out;
}
