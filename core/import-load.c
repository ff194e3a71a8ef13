/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The old store as it stands (spec/qubes-xml.md 7.1): a flat list of elements
 * with everything in attributes. */
#include "config.h"

#include "core/import-private.h"

#include <string.h>

#include "util/error.h"
#include "util/text.h"
#include "util/xml.h"

static const struct old_kind kinds[] = {
    { "QubesAdminVm", .admin = TRUE },
    { "QubesTemplateVm", .template = TRUE },
    { "QubesTemplateHVm", .template = TRUE, .hvm = TRUE },
    { "QubesNetVm", .net = TRUE },
    { "QubesProxyVm", .proxy = TRUE },
    { "QubesAppVm" },
    { "QubesHVm", .hvm = TRUE },
    { "QubesDisposableVm", .disposable = TRUE },
};

struct loader {
    struct importer *importer;
    const char *what;
    int depth;
};

static struct old_attr *attr_find(GArray *attrs, const char *name)
{
    for (guint i = 0; i < attrs->len; i++) {
        struct old_attr *attr = &g_array_index(attrs, struct old_attr, i);

        if (strcmp(attr->name, name) == 0)
            return attr;
    }
    return NULL;
}

const char *old_get(GArray *attrs, const char *name)
{
    struct old_attr *attr = attr_find(attrs, name);

    if (!attr)
        return NULL;
    attr->used = TRUE;
    return attr->value;
}

const char *old_get_some(GArray *attrs, const char *name)
{
    const char *value = old_get(attrs, name);

    return value && g_ascii_strcasecmp(value, "none") != 0 ? value : NULL;
}

gboolean old_is(GArray *attrs, const char *name, const char *word)
{
    const char *value = old_get(attrs, name);

    return value && g_ascii_strcasecmp(value, word) == 0;
}

static void attr_clear(gpointer data)
{
    struct old_attr *attr = data;

    g_free(attr->name);
    g_free(attr->value);
}

static GArray *attrs_new(const struct xml_attr *given)
{
    GArray *attrs = g_array_new(FALSE, FALSE, sizeof(struct old_attr));

    g_array_set_clear_func(attrs, attr_clear);
    for (; given->name && attrs->len < OLD_ATTRS_MAX; given++) {
        struct old_attr attr = { g_strdup(given->name), g_strdup(given->value), FALSE };

        g_array_append_val(attrs, attr);
    }
    return attrs;
}

static void old_free(gpointer data)
{
    struct old_qube *old = data;

    g_free(old->element);
    g_array_unref(old->attrs);
    g_free(old);
}

static int qid_of(GArray *attrs)
{
    const char *text = old_get(attrs, "qid");
    gint64 qid;

    if (!text || !g_ascii_string_to_signed(text, 10, 0, G_MAXINT, &qid, NULL))
        return -1;
    return (int)qid;
}

static void old_add(struct importer *importer, const char *element,
                    const struct xml_attr *attrs)
{
    struct old_qube *old = g_new0(struct old_qube, 1);

    old->element = g_strdup(element);
    old->attrs = attrs_new(attrs);
    old->qid = qid_of(old->attrs);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].element, element) == 0)
            old->kind = &kinds[i];
    g_ptr_array_add(importer->qubes, old);
}

static gboolean begin_root(struct loader *loader, const char *untrusted_name,
                           const struct xml_attr *attrs, GError **error)
{
    gboolean new = strcmp(untrusted_name, "qubes") == 0;
    g_autofree char *name = text_sanitise(untrusted_name, -1);

    if (strcmp(untrusted_name, "QubesVmCollection") == 0) {
        loader->importer->globals = attrs_new(attrs);
        return TRUE;
    }
    error_set(error, QMC_ERROR_INVALID,
              new ? "it is one of Qubes 4: 'qmc xml restore' takes it" : NULL,
              "'%s' is no store of Qubes 2 or 3: its root element is '%s'",
              loader->what, name);
    return FALSE;
}

static gboolean on_start(const char *name, const struct xml_attr *attrs, gsize begin,
                         gpointer data, GError **error)
{
    struct loader *loader = data;

    loader->depth++;
    if (loader->depth == 1)
        return begin_root(loader, name, attrs, error);
    if (loader->depth > 2)
        return TRUE;
    if (loader->importer->qubes->len < OLD_QUBES_MAX) {
        old_add(loader->importer, name, attrs);
        return TRUE;
    }
    error_set(error, QMC_ERROR_INVALID, NULL,
              "'%s' is no store of Qubes 2 or 3: it has more than %d qubes",
              loader->what, OLD_QUBES_MAX);
    return FALSE;
}

static gboolean on_end(const char *name, const char *text, gsize end, gpointer data,
                       GError **error)
{
    ((struct loader *)data)->depth--;
    return TRUE;
}

static int by_qid(gconstpointer a, gconstpointer b)
{
    const struct old_qube *one = *(struct old_qube *const *)a;
    const struct old_qube *two = *(struct old_qube *const *)b;

    return one->qid < two->qid ? -1 : one->qid > two->qid;
}

gboolean importer_load(struct importer *importer, const char *what, const char *data,
                       gsize len, GError **error)
{
    static const struct xml_handler handler = { on_start, on_end };
    struct loader loader = { importer, what, 0 };
    g_autofree char *how = g_strdup_printf("cannot read '%s'", what);

    importer->qubes = g_ptr_array_new_with_free_func(old_free);
    if (!xml_parse(how, data, len, &handler, &loader, error))
        return FALSE;
    g_ptr_array_sort(importer->qubes, by_qid);
    return TRUE;
}
