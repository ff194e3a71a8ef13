/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/device-private.h"

#include <string.h>

#include "core/model-private.h"

static const char *const mode_words[] = {
    [DEVICE_REQUIRED] = "required",
    [DEVICE_AUTO] = "auto-attach",
    [DEVICE_ASK] = "ask-to-attach",
};

struct device_assignment *device_assignment_new(const char *class)
{
    struct device_assignment *device = g_new0(struct device_assignment, 1);

    device->class = g_intern_string(class);
    device->options = pairs_new();
    return device;
}

struct device_assignment *
device_assignment_copy(const struct device_assignment *device)
{
    struct device_assignment *copy = device_assignment_new(device->class);

    copy->backend = g_strdup(device->backend);
    copy->port = g_strdup(device->port);
    copy->identity = g_strdup(device->identity);
    copy->mode = device->mode;
    for (guint i = 0; i < device->options->len; i++) {
        struct pair pair = g_array_index(device->options, struct pair, i);

        pair.value = g_strdup(pair.value);
        g_array_append_val(copy->options, pair);
    }
    copy->flaw = g_strdup(device->flaw);
    copy->after = device->after;
    copy->text = g_strdup(device->text);
    copy->attrs = g_strdup(device->attrs);
    copy->elements = g_strdup(device->elements);
    return copy;
}

void device_assignment_free(struct device_assignment *device)
{
    if (!device)
        return;
    g_free(device->backend);
    g_free(device->port);
    g_free(device->identity);
    g_array_unref(device->options);
    g_free(device->flaw);
    g_free(device->text);
    g_free(device->attrs);
    g_free(device->elements);
    g_free(device);
}

static const char *or_any(const char *text)
{
    return text ? text : "*";
}

char *device_assignment_name(const struct device_assignment *device)
{
    return g_strdup_printf("%s:%s:%s", device->class, or_any(device->backend),
                           or_any(device->port));
}

static const char *option_find(const GArray *options, const char *name)
{
    for (guint i = options->len; i-- > 0;) {
        const struct pair *pair = &g_array_index(options, struct pair, i);

        if (g_str_equal(pair->name, name))
            return pair->value;
    }
    return NULL;
}

const char *device_assignment_option(const struct device_assignment *device,
                                     const char *option)
{
    return option_find(device->options, option);
}

const char *device_mode_word(enum device_mode mode)
{
    return mode_words[mode];
}

gboolean device_assignment_is_old(const struct device_assignment *device)
{
    return device->mode == DEVICE_REQUIRED && !device->identity && device->backend &&
           device->port;
}

gboolean device_assignment_same(const struct device_assignment *device,
                                const struct device_assignment *other)
{
    return device->class == other->class &&
           g_strcmp0(device->backend, other->backend) == 0 &&
           g_strcmp0(device->port, other->port) == 0 &&
           g_strcmp0(device->identity, other->identity) == 0;
}

void qube_devices_edit(struct qube *qube)
{
    for (guint i = qube->raw->len; i-- > 0;)
        if (((const struct raw_text *)qube->raw->pdata[i])->devices)
            g_ptr_array_remove_index(qube->raw, i);
    qube->devices_edited = TRUE;
}

/* Renaming. */

/* Elements `device` that are `level` deep in some text. */
struct backend_edit {
    const char *text, *old, *name;
    int level, depth;
    GString *out;
    gsize cursor; /* so far the text was dealt with */
};

static const char *attr_of(const struct xml_attr *attrs, const char *name)
{
    for (; attrs->name; attrs++)
        if (g_str_equal(attrs->name, name))
            return attrs->value;
    return NULL;
}

static gboolean edit_start(const char *name, const struct xml_attr *attrs, gsize begin,
                           gpointer data, GError **error)
{
    struct backend_edit *edit = data;
    g_autoptr(GString) attr = NULL;
    gsize from, to;

    if (edit->depth++ != edit->level || !g_str_equal(name, "device") ||
        g_strcmp0(attr_of(attrs, "backend-domain"), edit->old) != 0 ||
        !xml_attr_find(edit->text, begin, "backend-domain", &from, &to))
        return TRUE;
    attr = g_string_new(NULL);
    xml_append_attr(attr, "backend-domain", edit->name);
    g_string_append_len(edit->out, edit->text + edit->cursor,
                        (gssize)(from - edit->cursor));
    g_string_append(edit->out, attr->str + 1);
    edit->cursor = to;
    return TRUE;
}

static gboolean edit_end(const char *name, const char *text, gsize end, gpointer data,
                         GError **error)
{
    ((struct backend_edit *)data)->depth--;
    return TRUE;
}

static void text_rename(char **text, int level, const char *old, const char *name)
{
    static const struct xml_handler handler = { edit_start, edit_end };
    struct backend_edit edit = {
        .text = *text, .old = old, .name = name, .level = level,
    };

    if (!*text)
        return;
    edit.out = g_string_new(NULL);
    /* it was read before, as part of the store */
    xml_parse("devices", edit.text, strlen(edit.text), &handler, &edit, NULL);
    g_string_append(edit.out, edit.text + edit.cursor);
    g_free(*text);
    *text = g_string_free(edit.out, FALSE);
}

gboolean qube_devices_rename(struct qube *qube, const char *old, const char *name)
{
    gboolean any = FALSE;

    for (guint i = 0; i < qube->devices->len; i++) {
        struct device_assignment *device = qube->devices->pdata[i];

        if (g_strcmp0(device->backend, old) != 0)
            continue;
        text_rename(&device->text, 0, old, name);
        g_free(device->backend);
        device->backend = g_strdup(name);
        any = TRUE;
    }
    for (guint i = 0; any && i < qube->raw->len; i++) {
        struct raw_text *raw = qube->raw->pdata[i];

        if (raw->devices)
            text_rename(&raw->text, 1, old, name);
    }
    return any;
}

/* Reading. */

/* What stands there means any if it is a star. */
static char *unless_any(const char *text)
{
    return text && *text && !g_str_equal(text, "*") ? g_strdup(text) : NULL;
}

/* Of PCI there is none without a name. */
static char *port_read(const struct device_assignment *device, const char *text)
{
    return !*text && g_str_equal(device->class, "pci") ? g_strdup("") : unless_any(text);
}

static void flaw_set(struct device_assignment *device, enum device_flaw after,
                     const char *what, const char *untrusted_text)
{
    if (!device->flaw) {
        device->flaw = g_strdup_printf("%s is '%s'", what, untrusted_text);
        device->after = after;
    }
}

static void mode_set(struct device_reader *reader, const char *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(mode_words); i++)
        if (g_str_equal(word, mode_words[i])) {
            if (!reader->required)
                reader->device->mode = (enum device_mode)i;
            return;
        }
    if (!reader->required)
        flaw_set(reader->device,
                 g_str_equal(word, "manual") ? DEVICE_REFUSED : DEVICE_DROPPED, "its mode",
                 word);
}

/* The words of a bool property (spec 1.4), of which none is empty where it stands in an
 * attribute. */
static void required_set(struct device_reader *reader, const char *word)
{
    g_autofree char *value = prop_canonical(prop_find("debug", CLASS_APP), NULL, word);

    reader->required = TRUE;
    g_clear_pointer(&reader->device->flaw, g_free); /* the mode does not count */
    if (!value || !*word)
        flaw_set(reader->device, DEVICE_REFUSED_FIRST, "what it says of being required",
                 word);
    else
        reader->device->mode = g_str_equal(value, "True") ? DEVICE_REQUIRED
                                                          : DEVICE_AUTO;
}

static void attr_set(struct device_reader *reader, const char *name, const char *value)
{
    struct device_assignment *device = reader->device;
    GString *more;

    if (g_str_equal(name, "backend-domain")) {
        device->backend = unless_any(value);
    } else if (g_str_equal(name, "id")) {
        device->port = port_read(device, value);
    } else if (g_str_equal(name, "identity")) {
        device->identity = unless_any(value);
    } else if (g_str_equal(name, "mode")) {
        mode_set(reader, value);
    } else if (g_str_equal(name, "required")) {
        required_set(reader, value);
    } else {
        more = g_string_new(device->attrs);
        xml_append_attr(more, name, value);
        g_free(device->attrs);
        device->attrs = g_string_free(more, FALSE);
    }
}

void device_reader_begin(struct device_reader *reader, struct qube *qube,
                         const struct xml_attr *attrs)
{
    const char *class = attr_of(attrs, "class");

    *reader = (struct device_reader){
        .qube = qube, .class = g_intern_string(class ? class : ""),
    };
}

void device_reader_start(struct device_reader *reader, int depth, const char *name,
                         const struct xml_attr *attrs, gsize begin)
{
    if (depth == 1 && g_str_equal(name, "device")) {
        reader->device = device_assignment_new(reader->class);
        reader->begin = begin;
        reader->required = FALSE;
        for (; attrs->name; attrs++)
            attr_set(reader, attrs->name, attrs->value);
    } else if (depth == 2 && reader->device) {
        reader->inner = begin;
        if (g_str_equal(name, "option"))
            reader->option = g_strdup(attr_of(attrs, "name"));
    }
}

/* The identity of pre-releases is an option. */
static void option_end(struct device_reader *reader, const char *text)
{
    struct device_assignment *device = reader->device;
    struct pair option = { g_intern_string(reader->option), NULL };

    if (g_str_equal(option.name, "identity")) {
        g_free(device->identity);
        device->identity = unless_any(text);
    } else {
        option.value = g_strdup(text);
        g_array_append_val(device->options, option);
    }
    g_clear_pointer(&reader->option, g_free);
}

static void element_keep(struct device_reader *reader, const char *bytes, gsize end)
{
    struct device_assignment *device = reader->device;
    char *before = device->elements;

    device->elements = g_strdup_printf("%s%.*s", before ? before : "",
                                       (int)(end - reader->inner),
                                       bytes + reader->inner);
    g_free(before);
}

void device_reader_end(struct device_reader *reader, int depth, const char *text,
                       const char *bytes, gsize end)
{
    struct device_assignment *device = reader->device;

    if (!device || depth > 2)
        return;
    if (depth == 2 && reader->option) {
        option_end(reader, text);
    } else if (depth == 2) {
        element_keep(reader, bytes, end);
    } else {
        device->text = g_strndup(bytes + reader->begin, end - reader->begin);
        g_ptr_array_add(reader->qube->devices, g_steal_pointer(&reader->device));
    }
}

void device_reader_clear(struct device_reader *reader)
{
    g_clear_pointer(&reader->device, device_assignment_free);
    g_clear_pointer(&reader->option, g_free);
}

/* Writing. */

static void line(GString *out, int indent)
{
    g_string_append_printf(out, "\n%*s", indent, "");
}

/* A star for the backend would be looked up as a name, and be lost; an empty one
 * means any too. */
static void attrs_write(GString *out, const struct device_assignment *device,
                        gboolean modes)
{
    xml_append_attr(out, "backend-domain", device->backend ? device->backend : "");
    xml_append_attr(out, "id", or_any(device->port));
    if (modes || !device_assignment_is_old(device)) {
        xml_append_attr(out, "mode", device_mode_word(device->mode));
        xml_append_attr(out, "identity", or_any(device->identity));
    }
    if (device->attrs)
        g_string_append(out, device->attrs);
}

static void option_write(GString *out, const struct pair *option, int indent)
{
    line(out, indent);
    g_string_append(out, "<option");
    xml_append_attr(out, "name", option->name);
    g_string_append_c(out, '>');
    xml_append_text(out, option->value);
    g_string_append(out, "</option>");
}

static void device_write(GString *out, const struct device_assignment *device,
                         gboolean modes, int indent)
{
    if (device->text) {
        g_string_append(out, device->text);
        return;
    }
    g_string_append(out, "<device");
    attrs_write(out, device, modes);
    if (device->options->len == 0 && !device->elements) {
        g_string_append(out, "/>");
        return;
    }
    g_string_append_c(out, '>');
    for (guint i = 0; i < device->options->len; i++)
        option_write(out, &g_array_index(device->options, struct pair, i), indent + 2);
    if (device->elements) {
        line(out, indent + 2);
        g_string_append(out, device->elements);
    }
    line(out, indent);
    g_string_append(out, "</device>");
}

static gboolean is_first(const struct qube *qube, guint place)
{
    const struct device_assignment *device = qube->devices->pdata[place];

    for (guint i = 0; i < place; i++)
        if (((const struct device_assignment *)qube->devices->pdata[i])->class ==
            device->class)
            return FALSE;
    return TRUE;
}

static void container_write(GString *out, const struct qube *qube, const char *class,
                            gboolean modes, int indent)
{
    line(out, indent);
    g_string_append(out, "<devices");
    xml_append_attr(out, "class", class);
    g_string_append_c(out, '>');
    for (guint i = 0; i < qube->devices->len; i++) {
        const struct device_assignment *device = qube->devices->pdata[i];

        if (device->class != class)
            continue;
        line(out, indent + 2);
        device_write(out, device, modes, indent + 2);
    }
    line(out, indent);
    g_string_append(out, "</devices>");
}

void devices_write(GString *out, const struct qube *qube, gboolean modes, int indent)
{
    for (guint i = 0; i < qube->devices->len; i++)
        if (is_first(qube, i))
            container_write(out, qube,
                            ((const struct device_assignment *)
                                 qube->devices->pdata[i])->class, modes, indent);
}
