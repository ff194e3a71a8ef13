/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What refers to other qubes by their old numbers (spec/qubes-xml.md 7.3). */
#include "config.h"

#include "core/import-private.h"

#include <string.h>

#include "core/model-private.h"
#include "core/name.h"
#include "util/error.h"

struct qube *import_ref(const struct importer *importer, const char *text)
{
    const struct old_qube *old;
    gint64 qid;

    if (!g_ascii_string_to_signed(text, 10, 0, G_MAXINT, &qid, NULL))
        return NULL;
    if (qid == 0)
        return model_qube_named(importer->model, "dom0");
    old = g_hash_table_lookup(importer->by_qid, GINT_TO_POINTER((int)qid));
    return old ? old->qube : NULL;
}

/* Global properties. */

static gboolean fits(const struct importer *importer, const char *property,
                     const struct qube *qube)
{
    if (strcmp(property, "default_netvm") == 0)
        return qube_get_bool(importer->model, qube, "provides_network");
    if (strcmp(property, "default_template") == 0)
        return qube->class->id == CLASS_TEMPLATE;
    return TRUE;
}

static void global_put(struct importer *importer, const char *property,
                       const struct qube *qube)
{
    const struct prop_row *row = prop_find(property, 0);

    model_put_global(importer->model, row, qube->name);
    if (row->follow)
        row->follow(importer->model, NULL, NULL);
}

static void global_ref(struct importer *importer, const char *property)
{
    const char *text = old_get_some(importer->globals, property);
    struct qube *qube = text ? import_ref(importer, text) : NULL;
    struct import_say say = { IMPORT_DROPPED, property, text, NULL, NULL };

    if (!text)
        return;
    if (!qube) {
        say.why = "there is no such qube";
    } else if (!fits(importer, property, qube)) {
        say.why = "that qube cannot be it";
    } else {
        global_put(importer, property, qube);
        say = (struct import_say){ IMPORT_TAKEN, property, text, qube->name, NULL };
    }
    import_say(importer->import, NULL, &say);
}

static void global_kernel(struct importer *importer)
{
    const struct prop_row *row = prop_find("default_kernel", 0);
    const char *text = old_get_some(importer->globals, row->name);
    g_autoptr(GError) cause = NULL;
    struct import_say say = { IMPORT_TAKEN, row->name, text, text, NULL };

    if (!text)
        return;
    if (prop_validate(row, importer->model, NULL, text, &cause))
        model_put_global(importer->model, row, text);
    else
        say = (struct import_say){ IMPORT_DROPPED, row->name, text, NULL,
                                   cause->message };
    import_say(importer->import, NULL, &say);
}

/* Old files have none: it was the one that has the network card. */
static void clock_find(struct importer *importer)
{
    g_autofree char *name = model_global(importer->model, "default_netvm");
    struct qube *at = name ? model_qube_named(importer->model, name) : NULL;
    struct qube *next = at;

    for (int hops = 0; next && hops < MODEL_HOPS; hops++) {
        at = next;
        next = qube_get_vm(importer->model, at, "netvm");
    }
    if (!at)
        return;
    global_put(importer, "clockvm", at);
    import_say(importer->import, NULL,
               &(struct import_say){ IMPORT_CHANGED, "clockvm", NULL, at->name,
                                     "there was none: the last on the way out" });
}

/* Net qubes. */

/* The property as it was meant; what cannot be so gives no network. */
static void netvm_put(struct importer *importer, struct qube *qube,
                      const struct import_say *say)
{
    const struct prop_row *row = prop_find("netvm", qube->class->id);
    g_autoptr(GError) cause = NULL;
    struct import_say none = { IMPORT_DOUBTFUL, say->what, say->from, "", NULL };

    if (prop_validate(row, importer->model, qube, say->to, &cause)) {
        qube_put(qube, row, say->to);
        import_say(importer->import, qube, say);
        return;
    }
    none.why = cause->message;
    qube_put(qube, row, "");
    import_say(importer->import, qube, &none);
}

static void netvm_ref(struct importer *importer, struct old_qube *old, const char *attr)
{
    const char *text = old_get_some(old->attrs, attr);
    struct qube *netvm = text ? import_ref(importer, text) : NULL;
    struct import_say say = { IMPORT_TAKEN, attr, text, netvm ? netvm->name : "", NULL };

    if (text && !netvm) {
        say.deed = IMPORT_DOUBTFUL;
        say.why = "there is no such qube: it is connected to none";
    }
    netvm_put(importer, old->qube, &say);
}

/* Those that lend their network on had a default of their own, and never used
 * that of the others, whatever they say. */
static void netvm_of_proxy(struct importer *importer, struct old_qube *old)
{
    const char *text = old_get_some(importer->globals, "default_fw_netvm");
    struct qube *netvm = text ? import_ref(importer, text) : NULL;
    g_autofree char *usual = model_global(importer->model, "default_netvm");

    old_get(old->attrs, "uses_default_netvm");
    if (old_get(old->attrs, "netvm_qid")) {
        netvm_ref(importer, old, "netvm_qid");
        return;
    }
    if (netvm && g_strcmp0(netvm->name, usual) != 0)
        netvm_put(importer, old->qube,
                  &(struct import_say){ IMPORT_CHANGED, "default_fw_netvm", text,
                                        netvm->name, "it has no netvm of its own" });
}

static void netvm_of(struct importer *importer, struct old_qube *old)
{
    const char *uses;

    if (old->kind->net) {
        netvm_put(importer, old->qube,
                  &(struct import_say){ IMPORT_TAKEN, "element", old->element, "", NULL });
        return;
    }
    if (old->kind->proxy) {
        netvm_of_proxy(importer, old);
        return;
    }
    uses = old_get(old->attrs, "uses_default_netvm");
    old_get(old->attrs, "netvm_qid");
    if (uses && g_ascii_strcasecmp(uses, "true") != 0)
        netvm_ref(importer, old, "netvm_qid");
}

/* The default may lead a qube to itself. */
static void netvm_check(struct importer *importer, struct old_qube *old)
{
    const struct prop_row *row = prop_find("netvm", old->qube->class->id);
    g_autofree char *usual = row->global ? model_global(importer->model, row->global) : NULL;
    g_autoptr(GError) cause = NULL;

    if (!usual || qube_is_explicit(old->qube, row->name) ||
        prop_validate(row, importer->model, old->qube, usual, &cause))
        return;
    qube_put(old->qube, row, "");
    import_say(importer->import, old->qube,
               &(struct import_say){ IMPORT_DOUBTFUL, "uses_default_netvm", "True", "",
                                     cause->message });
}

/* Disposables: Qubes 3 chose the network of those a qube opens, Qubes 4 chooses
 * their template, so there is one template for each network that is used. */

static char *disp_name(const struct model *model, const char *netvm)
{
    g_autofree char *base = g_strdup_printf("disp-%s", *netvm ? netvm : "no-netvm");
    char *name = g_strndup(base, NAME_LENGTH_MAX);

    for (int n = 2; model_qube_named(model, name) || name_reserved(name); n++) {
        g_autofree char *tail = g_strdup_printf("-%d", n);

        g_free(name);
        name = g_strdup_printf("%.*s%s", NAME_LENGTH_MAX - (int)strlen(tail), base, tail);
    }
    return name;
}

static char *disp_template(const struct importer *importer, const struct qube *user)
{
    char *name = model_global(importer->model, "default_template");

    if (name)
        return name;
    return user->class->has_template ? qube_get(importer->model, user, "template") : NULL;
}

static void disp_put(struct qube *qube, const char *property, const char *value)
{
    qube_put(qube, prop_find(property, qube->class->id), value);
}

/* "" if none can be made. */
static char *disp_make(struct importer *importer, const struct qube *user,
                       const char *netvm)
{
    g_autofree char *template = disp_template(importer, user);
    g_autofree char *name = disp_name(importer->model, netvm);
    struct qube *qube;

    if (!template)
        return g_strdup("");
    qube = qube_new(name, NULL, importer->next_qid++, "AppVM");
    disp_put(qube, "label", "red");
    disp_put(qube, "template", template);
    disp_put(qube, "template_for_dispvms", "True");
    disp_put(qube, "netvm", netvm);
    if (!model_add(importer->model, qube, NULL)) {
        qube_free(qube);
        return g_strdup("");
    }
    prop_find("guivm", CLASS_APP)->follow(importer->model, qube, NULL);
    prop_find("audiovm", CLASS_APP)->follow(importer->model, qube, NULL);
    import_say(importer->import, qube,
               &(struct import_say){ IMPORT_CHANGED, "dispvm_netvm", NULL, name,
                                     "made: a template of disposables with this network" });
    return g_steal_pointer(&name);
}

/* netvm "": none. */
static void dispvm_put(struct importer *importer, struct qube *qube, const char *netvm,
                       const char *from)
{
    const char *name = g_hash_table_lookup(importer->dispvms, netvm);

    if (!name) {
        char *made = disp_make(importer, qube, netvm);

        g_hash_table_insert(importer->dispvms, g_strdup(netvm), made);
        name = made;
    }
    if (*name == '\0')
        import_say(importer->import, qube,
                   &(struct import_say){ IMPORT_DROPPED, "dispvm_netvm", from, NULL,
                                         "there is no template for its disposables" });
    else
        import_put(importer, qube, "default_dispvm",
                   &(struct import_say){ IMPORT_CHANGED, "dispvm_netvm", from, name,
                                         "its disposables have another network than most" });
}

/* Name of the netvm of its disposables, if it is not its own; NULL: none. */
static const char *dispvm_ref(struct importer *importer, struct old_qube *old)
{
    const char *text = old_get_some(old->attrs, "dispvm_netvm");
    const struct qube *netvm = text ? import_ref(importer, text) : NULL;

    if (netvm && qube_get_bool(importer->model, netvm, "provides_network"))
        return netvm->name;
    if (text)
        import_say(importer->import, old->qube,
                   &(struct import_say){ IMPORT_DOUBTFUL, "dispvm_netvm", text, NULL,
                                         "no qube that lends its network: they get none" });
    return NULL;
}

static void dispvm_of(struct importer *importer, struct old_qube *old)
{
    const char *uses = old_get(old->attrs, "uses_default_dispvm_netvm");
    const char *text = old_get(old->attrs, "dispvm_netvm");
    g_autofree char *usual = model_global(importer->model, "default_netvm");
    g_autofree char *own = qube_get(importer->model, old->qube, "netvm");
    gboolean same = !uses || g_ascii_strcasecmp(uses, "true") == 0;
    const char *meant;

    if (old->kind->template)
        return;
    meant = same ? own : dispvm_ref(importer, old);
    if (g_strcmp0(meant, usual) != 0)
        dispvm_put(importer, old->qube, meant ? meant : "", same ? NULL : text);
}

static void each(struct importer *importer,
                 void (*fn)(struct importer *importer, struct old_qube *old))
{
    for (guint i = 0; i < importer->qubes->len; i++) {
        struct old_qube *old = importer->qubes->pdata[i];

        if (old->qube && old->qube->class->id != CLASS_ADMIN)
            fn(importer, old);
    }
}

void import_refs(struct importer *importer)
{
    global_kernel(importer);
    global_ref(importer, "default_template");
    global_ref(importer, "default_netvm");
    global_ref(importer, "updatevm");
    each(importer, netvm_of);
    each(importer, netvm_check);
    if (old_get(importer->globals, "clockvm"))
        global_ref(importer, "clockvm");
    else
        clock_find(importer);
    each(importer, dispvm_of);
}
