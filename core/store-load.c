/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of the store into the model, in one streaming pass. A table says
 * which element is known where; everything else is kept as it stands. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/device-private.h"
#include "core/layout.h"
#include "core/model-private.h"
#include "util/error.h"
#include "util/text.h"
#include "util/xml.h"

enum place {
    IN_NOTHING,
    IN_QUBES,
    IN_LABELS,
    IN_POOLS,
    IN_GLOBALS,
    IN_DOMAINS,
    IN_DOMAIN,
    IN_PROPS,
    IN_FEATURES,
    IN_TAGS,
    IN_VOLUMES,
    /* Leaves. */
    IN_LABEL,
    IN_POOL,
    IN_GLOBAL,
    IN_PROP,
    IN_FEATURE,
    IN_TAG,
    IN_VOLUME,
};

#define INTERN_SLOTS 128
#define NESTING 6 /* document, qubes, domains, domain, properties, property */

/* More than these are no store that anybody made; they keep the time it takes
 * to look something up within bounds. Beyond, elements are kept verbatim. */
#define LABELS_MAX 1024
#define POOLS_MAX 1024
#define PROPS_MAX 256
#define FEATURES_MAX 4096
#define VOLUMES_MAX 64
#define DOMAINS_MAX 20000 /* twice the number of qids */

struct loader;

struct element {
    enum place in;
    const char *name;
    enum place to;
    /* FALSE: not understood, keep it verbatim. */
    gboolean (*begin)(struct loader *loader, const struct xml_attr *attrs);
    void (*end)(struct loader *loader, const char *text, gsize end);
};

struct frame {
    const struct element *element;
    gsize begin;
    const char *item; /* of a leaf: its own name; else of its last known child */
};

struct loader {
    struct store *store;
    struct model *model;
    const char *bytes; /* length of them, with no end mark */
    gsize length;
    struct frame frames[NESTING];
    int depth;         /* frames in use; the first is the document itself */
    struct qube *qube; /* being read */
    struct label *label; /* being read */
    char *ref;         /* of the property being read */
    gboolean cut;      /* it has text that is not read */
    const char *interned[INTERN_SLOTS]; /* of late */

    /* What is being skipped. */
    int raw_depth;
    gsize raw_begin;
    gboolean raw_devices; /* and read too */
    struct device_reader devices;

    gboolean spaced, flawed; /* it was said of the store */

    /* Hints about the release that wrote the file. */
    gboolean seen_tags, seen_devices; /* in this qube */
    guint tags_first, tags_last, false_written, device_modes, sorted;
};

static const char *attr_get(const struct xml_attr *attrs, const char *name)
{
    for (; attrs->name; attrs++)
        if (g_str_equal(attrs->name, name))
            return attrs->value;
    return NULL;
}

static struct frame *top(struct loader *loader)
{
    return &loader->frames[loader->depth - 1];
}

/* g_intern_string() without its lock for what was asked for lately: a store
 * has tens of thousands of names, but few different ones. */
static const char *intern(struct loader *loader, const char *text)
{
    gsize len = strlen(text);
    guchar last = len > 0 ? (guchar)text[len - 1] : 0;
    const char **slot = &loader->interned[(len * 5 + last) % INTERN_SLOTS];

    if (!*slot || !g_str_equal(*slot, text))
        *slot = g_intern_string(text);
    return *slot;
}

static void item_set(struct loader *loader, const char *interned)
{
    top(loader)->item = interned;
}

static void raw_add(struct loader *loader, const char *parent, const char *at,
                    char *text)
{
    struct raw_text *raw = g_new(struct raw_text, 1);

    raw->parent = parent;
    raw->at = at;
    raw->text = text;
    raw->devices = FALSE;
    g_ptr_array_add(loader->qube ? loader->qube->raw : loader->store->raw, raw);
}

/* Keeps the attributes that are not among the known ones. */
static void attrs_keep(struct loader *loader, const struct xml_attr *attrs,
                       const char *element, const char *const *known)
{
    for (; attrs->name; attrs++) {
        GString *text;

        if (g_strv_contains(known, attrs->name))
            continue;
        text = g_string_new(NULL);
        xml_append_attr(text, attrs->name, attrs->value);
        raw_add(loader, g_intern_string(element), top(loader)->item,
                g_string_free(text, FALSE));
    }
}

/* Containers have no attributes that mean anything. */
static gboolean begin_container(struct loader *loader, const struct xml_attr *attrs)
{
    static const char *const known[] = { NULL };

    attrs_keep(loader, attrs, top(loader)->element->name, known);
    return TRUE;
}

/* Other readers look for elements without one; ours does not say. Once is enough:
 * there may be thousands. */
static void namespace_note(struct loader *loader, const char *name,
                           const struct xml_attr *attrs)
{
    const char *space = attr_get(attrs, "xmlns");

    if (!space || !*space || loader->spaced)
        return;
    loader->spaced = TRUE;
    if (g_str_equal(name, "qubes"))
        model_find(loader->model, SEVERITY_STOP,
                   "take 'xmlns' out of qubes.xml with an editor, or go back to a copy: "
                   "qmc xml log",
                   "the store is in a namespace: qubesd finds nothing in it");
    else
        model_find(loader->model, SEVERITY_STOP,
                   "take 'xmlns' out of qubes.xml with an editor, or go back to a copy: "
                   "qmc xml log",
                   "an element '%s' is in a namespace: qubesd does not find it", name);
}

static void on_flaw(const char *why, gpointer data)
{
    struct loader *loader = data;

    if (loader->flawed)
        return;
    loader->flawed = TRUE;
    model_find(loader->model, SEVERITY_STOP,
               "declare the prefix in qubes.xml with an editor, or take it out, or go "
               "back to a copy: qmc xml log",
               "qubesd cannot read the store: %s", why);
}

static gboolean begin_tags(struct loader *loader, const struct xml_attr *attrs)
{
    loader->seen_tags = TRUE;
    if (loader->seen_devices)
        loader->tags_last++;
    return begin_container(loader, attrs);
}

static void end_section(struct loader *loader, const char *text, gsize end)
{
    struct section section = { .begin = top(loader)->begin, .end = end };

    section.kind = top(loader)->element->to == IN_LABELS   ? SECTION_LABELS
                   : top(loader)->element->to == IN_POOLS  ? SECTION_POOLS
                   : top(loader)->element->to == IN_GLOBALS ? SECTION_GLOBALS
                                                            : SECTION_DOMAINS;
    g_array_append_val(loader->store->image.sections, section);
}

static void end_root(struct loader *loader, const char *text, gsize end)
{
    loader->store->image.root = (struct span){ top(loader)->begin, end };
}

int store_id_number(const char *id)
{
    const char *dash = id ? strchr(id, '-') : NULL;
    gint64 number;

    return dash && g_ascii_string_to_signed(dash + 1, 10, 0, G_MAXINT, &number, NULL)
               ? (int)number : -1;
}

static struct label *label_indexed(const struct model *model, int index)
{
    for (guint i = 0; i < model->labels->len; i++) {
        struct label *label = model->labels->pdata[i];

        if (label->index == index)
            return label;
    }
    return NULL;
}

/* Of two with one index the last counts, in the place of the first. */
static void label_take(struct loader *loader, const struct label *read)
{
    struct label *label = label_indexed(loader->model, read->index);

    loader->label = label ? label : g_memdup2(read, sizeof *read);
    if (!label) {
        g_ptr_array_add(loader->model->labels, loader->label);
        return;
    }
    g_free(label->name);
    g_free(label->color);
    *label = *read;
    label->doubled = TRUE;
}

static gboolean begin_label(struct loader *loader, const struct xml_attr *attrs)
{
    static const char *const known[] = { "id", "color", NULL };
    struct label label = { .index = store_id_number(attr_get(attrs, "id")) };
    g_autofree char *id = NULL;

    if (loader->model->labels->len >= LABELS_MAX || label.index < 0)
        return FALSE;
    label.color = g_strdup(attr_get(attrs, "color"));
    label_take(loader, &label);
    loader->sorted += g_str_equal(attrs[0].name, "color");
    id = g_strdup_printf("label-%d", label.index);
    item_set(loader, g_intern_string(id));
    attrs_keep(loader, attrs, "label", known);
    return TRUE;
}

static void end_label(struct loader *loader, const char *text, gsize end)
{
    loader->label->name = g_strdup(text);
}

/* Of two with one name the last counts, in the place of the first. */
static struct pool_entry *pool_take(struct model *model, const char *name,
                                    const char *driver)
{
    struct pool_entry *entry = model_pool(model, name);

    if (!entry) {
        entry = pool_entry_new(name, driver);
        g_ptr_array_add(model->pools, entry);
        return entry;
    }
    entry->driver = g_intern_string(driver);
    g_array_set_size(entry->attrs, 0);
    entry->doubled = TRUE;
    return entry;
}

static gboolean begin_pool(struct loader *loader, const struct xml_attr *attrs)
{
    const char *name = attr_get(attrs, "name");
    const char *driver = attr_get(attrs, "driver");
    struct pool_entry *entry;

    if (!name || !driver || loader->model->pools->len >= POOLS_MAX)
        return FALSE;
    entry = pool_take(loader->model, name, driver);
    for (; attrs->name; attrs++) {
        struct pair pair = { g_intern_string(attrs->name), g_strdup(attrs->value) };

        g_array_append_val(entry->attrs, pair);
        if (g_str_equal(pair.name, "ephemeral_volatile") &&
            g_str_equal(pair.value, "False"))
            loader->false_written++;
    }
    item_set(loader, g_intern_string(name));
    return TRUE;
}

static gboolean begin_prop(struct loader *loader, const struct xml_attr *attrs)
{
    static const char *const known[] = { "name", "ref", NULL };
    const char *name = attr_get(attrs, "name");
    const struct qube *qube = loader->qube;
    GArray *values = qube ? qube->props : loader->model->globals;
    struct prop_value value = { NULL };

    if (!name || values->len >= PROPS_MAX)
        return FALSE;
    if (!qube || qube->class)
        value.row = prop_find(name, qube ? qube->class->id : 0);
    value.name = value.row ? value.row->name : intern(loader, name);
    g_array_append_val(values, value);
    g_free(loader->ref);
    loader->ref = g_strdup(attr_get(attrs, "ref"));
    loader->cut = FALSE;
    item_set(loader, value.name);
    attrs_keep(loader, attrs, "property", known);
    return TRUE;
}

static void end_prop(struct loader *loader, const char *text, gsize end)
{
    GArray *values = loader->qube ? loader->qube->props : loader->model->globals;
    struct prop_value *value =
        &g_array_index(values, struct prop_value, values->len - 1);

    if (loader->ref && *loader->ref)
        value->text = g_steal_pointer(&loader->ref);
    else
        value->text = g_strdup(text);
    value->cut = loader->cut;
}

static void on_lost(const char *name, gpointer data)
{
    struct loader *loader = data;

    if (loader->raw_depth == 0)
        loader->cut = !loader->ref || !*loader->ref;
}

static gboolean begin_domain(struct loader *loader, const struct xml_attr *attrs)
{
    static const char *const known[] = { "id", "class", NULL };
    const char *class_name = attr_get(attrs, "class");

    loader->qube = qube_new_empty(class_name ? class_name : "");
    loader->qube->raw_begin = top(loader)->begin;
    loader->qube->said_qid = store_id_number(attr_get(attrs, "id"));
    loader->seen_tags = loader->seen_devices = FALSE;
    attrs_keep(loader, attrs, "domain", known);
    return TRUE;
}

static void end_domain(struct loader *loader, const char *text, gsize end)
{
    struct qube *qube = g_steal_pointer(&loader->qube);
    struct span span = { qube->raw_begin, end };

    qube->raw_length = end - qube->raw_begin;
    g_array_append_val(loader->store->image.domains, span);
    g_ptr_array_add(loader->model->qubes, qube);
}

static gboolean begin_feature(struct loader *loader, const struct xml_attr *attrs)
{
    static const char *const known[] = { "name", NULL };
    const char *name = attr_get(attrs, "name");
    struct pair pair = { NULL };

    if (!name || loader->qube->features->len >= FEATURES_MAX)
        return FALSE;
    pair.name = intern(loader, name);
    g_array_append_val(loader->qube->features, pair);
    item_set(loader, pair.name);
    attrs_keep(loader, attrs, "feature", known);
    return TRUE;
}

static void end_feature(struct loader *loader, const char *text, gsize end)
{
    GArray *features = loader->qube->features;

    g_array_index(features, struct pair, features->len - 1).value = g_strdup(text);
}

static gboolean begin_tag(struct loader *loader, const struct xml_attr *attrs)
{
    static const char *const known[] = { "name", NULL };
    const char *name = attr_get(attrs, "name");

    if (!name)
        return FALSE;
    g_ptr_array_add(loader->qube->tags, g_strdup(name));
    item_set(loader, intern(loader, name));
    attrs_keep(loader, attrs, "tag", known);
    return TRUE;
}

static void note_flags(struct loader *loader, const struct volume_config *config)
{
    static const char *const flags[] = { "rw", "save_on_stop", "snap_on_start" };

    for (gsize i = 0; i < G_N_ELEMENTS(flags) && loader->false_written == 0; i++) {
        const char *value = volume_config_get(config, flags[i]);

        if (value && g_str_equal(value, "False"))
            loader->false_written++;
    }
}

/* Of two with one name each attribute counts that is said last. */
static struct volume_config *volume_take(struct loader *loader, const char *name)
{
    const char *interned = intern(loader, name);
    struct volume_config *config = qube_volume(loader->qube, interned);

    if (config)
        config->doubled = TRUE;
    return config ? config : qube_volume_add(loader->qube, interned);
}

static void volume_attr(struct loader *loader, struct volume_config *config,
                        const struct xml_attr *attr)
{
    struct pair pair = { intern(loader, attr->name), NULL };

    if (config->doubled) {
        volume_config_set(config, pair.name, attr->value);
        return;
    }
    pair.value = g_string_chunk_insert(config->texts, attr->value);
    g_array_append_val(config->attrs, pair);
}

static gboolean begin_volume(struct loader *loader, const struct xml_attr *attrs)
{
    const char *name = attr_get(attrs, "name");
    struct volume_config *config;

    if (!name || !*name || loader->qube->volumes->len >= VOLUMES_MAX)
        return FALSE;
    config = volume_take(loader, name);
    for (guint i = 0; attrs[i].name; i++)
        if (!g_str_equal(attrs[i].name, "name"))
            volume_attr(loader, config, &attrs[i]);
    note_flags(loader, config);
    item_set(loader, config->name);
    return TRUE;
}

static const struct element elements[] = {
    { IN_NOTHING, "qubes", IN_QUBES, begin_container, end_root },
    { IN_QUBES, "labels", IN_LABELS, begin_container, end_section },
    { IN_QUBES, "pools", IN_POOLS, begin_container, end_section },
    { IN_QUBES, "properties", IN_GLOBALS, begin_container, end_section },
    { IN_QUBES, "domains", IN_DOMAINS, begin_container, end_section },
    { IN_LABELS, "label", IN_LABEL, begin_label, end_label },
    { IN_POOLS, "pool", IN_POOL, begin_pool },
    { IN_GLOBALS, "property", IN_GLOBAL, begin_prop, end_prop },
    { IN_DOMAINS, "domain", IN_DOMAIN, begin_domain, end_domain },
    { IN_DOMAIN, "properties", IN_PROPS, begin_container },
    { IN_DOMAIN, "features", IN_FEATURES, begin_container },
    { IN_DOMAIN, "tags", IN_TAGS, begin_tags },
    { IN_DOMAIN, "volume-config", IN_VOLUMES, begin_container },
    { IN_PROPS, "property", IN_PROP, begin_prop, end_prop },
    { IN_FEATURES, "feature", IN_FEATURE, begin_feature, end_feature },
    { IN_TAGS, "tag", IN_TAG, begin_tag },
    { IN_VOLUMES, "volume", IN_VOLUME, begin_volume },
};

static const struct element document = { IN_NOTHING, "", IN_NOTHING };

static const struct element *element_find(enum place in, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(elements); i++)
        if (elements[i].in == in && g_str_equal(elements[i].name, name))
            return &elements[i];
    return NULL;
}

static gboolean refuse_root(const struct loader *loader, const char *untrusted_name,
                            GError **error)
{
    g_autofree char *name = text_sanitise(untrusted_name, -1);
    gboolean old = g_str_equal(name, "QubesVmCollection");

    error_set(error, QMC_ERROR_INVALID,
              old ? "a store of Qubes 2 or 3 has to be imported: qmc xml import FILE" : NULL,
              "'%s' is no store: its root element is '%s', not 'qubes'",
              loader->store->path, name);
    return FALSE;
}

static gboolean refuse_count(const struct loader *loader, GError **error)
{
    error_set(error, QMC_ERROR_INVALID, NULL,
              "'%s' is no store: it has more than %d qubes", loader->store->path,
              DOMAINS_MAX);
    return FALSE;
}

static void devices_attr_note(struct loader *loader, const char *untrusted_name)
{
    g_autofree char *said = g_strdup_printf(
        "attribute '%s' of 'devices' is not understood", untrusted_name);

    qube_find(loader->qube, SEVERITY_INFO,
              "it is kept as it is; if it was meant, mend <devices> in qubes.xml with an "
              "editor", "%s", said);
}

/* Devices stay as they stand until somebody changes them. */
static void devices_begin(struct loader *loader, const struct xml_attr *attrs)
{
    for (const struct xml_attr *attr = attrs; attr->name; attr++)
        if (!g_str_equal(attr->name, "class"))
            devices_attr_note(loader, attr->name);
    loader->raw_devices = TRUE;
    device_reader_begin(&loader->devices, loader->qube, attrs);
    loader->seen_devices = TRUE;
    if (loader->seen_tags)
        loader->tags_first++;
}

/* Of an element that lacks what it needs: whether qubesd does not go on without. */
static gboolean is_grave(const struct element *element, const struct xml_attr *attrs)
{
    const char *name = attr_get(attrs, "name");

    if (!element || element->to < IN_LABEL || element->to == IN_GLOBAL)
        return FALSE;
    return element->to == IN_LABEL ? store_id_number(attr_get(attrs, "id")) < 0
                                   : !name || !*name;
}

/* element: what it would be; NULL: nothing known. */
static void unknown_note(struct loader *loader, const struct element *element,
                         const char *in, const char *untrusted_name,
                         const struct xml_attr *attrs)
{
    enum severity severity = is_grave(element, attrs) ? SEVERITY_STOP : SEVERITY_INFO;
    const char *id = attr_get(attrs, "name") ? attr_get(attrs, "name")
                                             : attr_get(attrs, "id");
    const char *key = attr_get(attrs, "name") ? "name" : "id";
    g_autofree char *which = id ? g_strdup_printf(" '%s'", id) : g_strdup("");
    g_autofree char *attr = id ? g_strdup_printf(" %s=\"%s\"", key, id) : g_strdup("");
    g_autofree char *said = g_strdup_printf(
        "element '%s'%s in '%s' is not understood, or is there already", untrusted_name,
        which, in);
    g_autofree char *hint = g_strdup_printf(
        "it is kept as it is; if it was meant, mend <%s%s> in <%s> of qubes.xml with an "
        "editor", untrusted_name, attr, in);

    if (loader->qube)
        qube_find(loader->qube, severity, hint, "%s", said);
    else
        model_find(loader->model, severity, hint, "%s", said);
}

static void raw_start(struct loader *loader, const struct element *element,
                      const char *name, const struct xml_attr *attrs, gsize begin)
{
    loader->raw_depth = 1;
    loader->raw_begin = begin;
    loader->raw_devices = FALSE;
    if (top(loader)->element->to == IN_DOMAIN && g_str_equal(name, "devices"))
        devices_begin(loader, attrs);
    else
        unknown_note(loader, element, top(loader)->element->name, name, attrs);
}

static void raw_end(struct loader *loader, gsize end)
{
    raw_add(loader, g_intern_string(top(loader)->element->name), top(loader)->item,
            g_strndup(loader->bytes + loader->raw_begin, end - loader->raw_begin));
    if (loader->raw_devices)
        ((struct raw_text *)g_ptr_array_index(loader->qube->raw,
                                              loader->qube->raw->len - 1))->devices =
            TRUE;
}

/* Within an element that is kept as it stands. */
static void raw_inside(struct loader *loader, const char *name,
                       const struct xml_attr *attrs, gsize begin)
{
    int depth = loader->raw_depth++;

    if (!loader->raw_devices)
        return;
    device_reader_start(&loader->devices, depth, name, attrs, begin);
    if (depth == 1 && !g_str_equal(name, "device"))
        unknown_note(loader, NULL, "devices", name, attrs);
    if (depth > 1 || !g_str_equal(name, "device"))
        return;
    loader->device_modes += attr_get(attrs, "mode") != NULL;
    if (g_str_equal(loader->devices.class, "pci"))
        loader->qube->has_pci = TRUE;
}

static gboolean on_start(const char *name, const struct xml_attr *attrs,
                         gsize begin, gpointer data, GError **error)
{
    struct loader *loader = data;
    const struct element *element;

    if (loader->raw_depth > 0) {
        raw_inside(loader, name, attrs, begin);
        return TRUE;
    }
    element = element_find(top(loader)->element->to, name);
    if (!element && loader->depth == 1)
        return refuse_root(loader, name, error);
    if (element && element->to == IN_DOMAIN &&
        loader->model->qubes->len >= DOMAINS_MAX)
        return refuse_count(loader, error);
    if (element) {
        namespace_note(loader, name, attrs);
        loader->frames[loader->depth++] = (struct frame){ element, begin, NULL };
        if (element->begin(loader, attrs))
            return TRUE;
        loader->depth--;
    }
    raw_start(loader, element, name, attrs, begin);
    return TRUE;
}

static gboolean on_end(const char *name, const char *text, gsize end,
                       gpointer data, GError **error)
{
    struct loader *loader = data;
    const struct frame *frame = top(loader);

    if (loader->raw_depth > 0) {
        if (--loader->raw_depth == 0)
            raw_end(loader, end);
        else if (loader->raw_devices)
            device_reader_end(&loader->devices, loader->raw_depth, text, loader->bytes,
                              end);
        return TRUE;
    }
    if (frame->element->end)
        frame->element->end(loader, text, end);
    loader->depth--;
    top(loader)->item = frame->element->to >= IN_LABEL ? frame->item
                                                       : frame->element->name;
    return TRUE;
}

/* Without a hint, the form that readers of 4.2 and of 4.3 understand alike. */
static void form_set(const struct loader *loader)
{
    struct store_form *form = &loader->store->form;

    form->write_false = loader->false_written > 0;
    form->tags_first = loader->tags_first > 0 ||
                       (loader->tags_last == 0 && form->write_false);
    form->sorted = loader->sorted > 0;
    form->device_modes = loader->device_modes > 0 || form->tags_first;
}

gboolean store_parse(struct store *store, struct model *model, GError **error)
{
    static const struct xml_handler handler = { on_start, on_end, on_flaw, on_lost };
    struct loader loader = { store, model, .depth = 1 };
    g_autofree char *what = g_strdup_printf("cannot read the store '%s'", store->path);
    gboolean ok;

    loader.bytes = g_bytes_get_data(store->image.bytes, &loader.length);
    loader.frames[0].element = &document;
    ok = xml_parse(what, loader.bytes, loader.length, &handler, &loader, error);
    device_reader_clear(&loader.devices);
    qube_free(loader.qube);
    g_free(loader.ref);
    if (ok)
        form_set(&loader);
    model->old = ok && loader.tags_last > 0;
    return ok;
}
