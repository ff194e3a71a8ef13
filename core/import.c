/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of an import (spec/qubes-xml.md 7.3): numbers and names of all, then
 * templates, then the others, then what refers to them. */
#include "config.h"

#include "core/import-private.h"

#include <string.h>

#include "core/layout.h"
#include "core/model-private.h"
#include "core/name.h"
#include "util/error.h"

#define QID_MAX 9999

static const char *const deed_words[] = {
    [IMPORT_TAKEN] = "taken",
    [IMPORT_CHANGED] = "changed",
    [IMPORT_DROPPED] = "dropped",
    [IMPORT_DOUBTFUL] = "doubtful",
};

const char *import_deed_word(enum import_deed deed)
{
    return deed_words[deed];
}

static void note_free(gpointer data)
{
    struct import_note *note = data;

    g_free(note->qube);
    g_free(note->what);
    g_free(note->from);
    g_free(note->to);
    g_free(note->why);
    g_free(note);
}

static void place_free(gpointer data)
{
    struct import_place *place = data;

    g_free(place->dir);
    g_free(place->firewall);
    g_free(place);
}

static void import_firewall_free(gpointer data)
{
    struct import_firewall *rules = data;

    firewall_free(rules->firewall);
    g_free(rules);
}

static struct import *import_new(void)
{
    struct import *import = g_new0(struct import, 1);

    import->model = model_new();
    import->notes = g_ptr_array_new_with_free_func(note_free);
    import->places = g_ptr_array_new_with_free_func(place_free);
    import->firewalls = g_ptr_array_new_with_free_func(import_firewall_free);
    return import;
}

void import_free(struct import *import)
{
    if (!import)
        return;
    g_ptr_array_unref(import->notes);
    g_ptr_array_unref(import->places);
    g_ptr_array_unref(import->firewalls);
    model_free(import->model);
    g_clear_pointer(&import->bytes, g_bytes_unref);
    g_free(import);
}

void import_say(struct import *import, const struct qube *qube,
                const struct import_say *say)
{
    struct import_note *note = g_new(struct import_note, 1);

    *note = (struct import_note){ say->deed, g_strdup(qube ? qube->name : NULL),
                                  g_strdup(say->what), g_strdup(say->from),
                                  g_strdup(say->to), g_strdup(say->why) };
    g_ptr_array_add(import->notes, note);
}

/* Of an element of which no qube was made. */
static void say_dropped(struct importer *importer, struct old_qube *old,
                        const char *why)
{
    const char *name = old_get(old->attrs, "name");

    import_say(importer->import, NULL,
               &(struct import_say){ IMPORT_DROPPED, old->element, name, NULL, why });
}

/* Names. */

/* Letters, digits, '-', '_' and '.', a letter first, not too long, nothing that
 * means something else. */
static char *name_plain(const char *untrusted_name)
{
    const char *first = g_ascii_isalpha(*untrusted_name) ? "" : "q";
    g_autofree char *whole = g_strconcat(first, untrusted_name, NULL);
    g_autofree char *name = g_strndup(whole, NAME_LENGTH_MAX);

    for (char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("-_.", *c))
            *c = '_';
    if (name_reserved(name) || strcmp(name, "dom0") == 0)
        return g_strdup_printf("%.*s_", NAME_LENGTH_MAX - 1, name);
    return g_steal_pointer(&name);
}

static char *name_free(const struct model *model, const char *untrusted_name)
{
    g_autofree char *base = name_plain(untrusted_name);
    char *name = g_strdup(base);

    for (int n = 2; model_qube_named(model, name); n++) {
        g_autofree char *tail = g_strdup_printf("-%d", n);

        g_free(name);
        name = g_strdup_printf("%.*s%s", NAME_LENGTH_MAX - (int)strlen(tail), base, tail);
    }
    return name;
}

static void say_name(struct importer *importer, const struct old_qube *old,
                     const char *was)
{
    struct import_say say = { IMPORT_TAKEN, "name", was, old->qube->name, NULL };

    if (strcmp(was, old->qube->name) != 0) {
        say.deed = IMPORT_CHANGED;
        say.why = "that is no name, or there is another of it";
    } else if (strchr(was, '.')) {
        say.deed = IMPORT_DOUBTFUL;
        say.why = "Qubes 4.0 to 4.2 know no names with a '.'";
    }
    import_say(importer->import, old->qube, &say);
}

/* Classes. */

static const char *class_of(const struct old_qube *old)
{
    if (old->kind->template)
        return "TemplateVM";
    return old_get_some(old->attrs, "template_qid") ? "AppVM" : "StandaloneVM";
}

/* The one it had, else that of the system; NULL: none. */
static const struct qube *template_of(struct importer *importer, struct old_qube *old,
                                      const char *text)
{
    const char *usual = old_get_some(importer->globals, "default_template");
    const struct qube *template = import_ref(importer, text);
    struct qube *other = usual ? import_ref(importer, usual) : NULL;

    if (template && template->class->id == CLASS_TEMPLATE)
        return template;
    return other && other->class->id == CLASS_TEMPLATE ? other : NULL;
}

static gboolean template_put(struct importer *importer, struct old_qube *old)
{
    const char *text = old_get_some(old->attrs, "template_qid");
    const struct qube *template;
    struct import_say say;

    if (!old->qube->class->has_template)
        return TRUE;
    template = template_of(importer, old, text);
    if (!template)
        return FALSE;
    say = (struct import_say){ IMPORT_TAKEN, "template_qid", text, template->name, NULL };
    if (template != import_ref(importer, text)) {
        say.deed = IMPORT_DOUBTFUL;
        say.why = "that is no template: it gets that of the system";
    }
    return import_put(importer, old->qube, "template", &say);
}

/* Internal qubes of this name were templates of disposables. */
static void suggest_disposables(struct importer *importer, const struct old_qube *old)
{
    g_autofree char *template = qube_get(importer->model, old->qube, "template");
    g_autofree char *name = template ? g_strconcat(template, "-dvm", NULL) : NULL;

    if (name && strcmp(old->qube->name, name) == 0 && qube_feature(old->qube, "internal"))
        import_say(importer->import, old->qube,
                   &(struct import_say){ IMPORT_DOUBTFUL, "name", name, NULL,
                                         "set template_for_dispvms to True if it is to "
                                         "be one, and default_dispvm to it" });
}

/* Places. */

static char *dir_guess(const struct old_qube *old, const char *name)
{
    const char *below = old->kind->template                  ? "vm-templates"
                        : old->kind->net || old->kind->proxy ? "servicevms"
                                                             : "appvms";

    return g_strdup_printf(LAYOUT_BASE "/%s/%s", below, name);
}

static void place_add(struct importer *importer, struct old_qube *old, const char *name)
{
    struct import_place *place = g_new0(struct import_place, 1);
    const char *dir = old_get_some(old->attrs, "dir_path");
    const char *rules = old_get_some(old->attrs, "firewall_conf");
    g_autofree char *now = g_strdup_printf("%s/%s/%s", LAYOUT_BASE,
                                           old->qube->class->dir_prefix,
                                           old->qube->name);

    place->qube = old->qube;
    place->dir = dir ? g_strdup(dir) : dir_guess(old, name);
    place->firewall = g_strdup(rules ? rules : "firewall.xml");
    place->moved = strcmp(place->dir, now) != 0;
    g_ptr_array_add(importer->import->places, place);
    if (place->moved)
        import_say(importer->import, old->qube,
                   &(struct import_say){ IMPORT_DOUBTFUL, "dir_path", place->dir, now,
                                         "move its images there" });
}

/* Qubes. */

/* Why there is no qube of it; NULL: there is. */
static const char *unwanted(const struct old_qube *old)
{
    if (!old->kind)
        return "it is no qube that Qubes 2 or 3 knew";
    if (old->kind->disposable)
        return "disposables live no longer than the system runs";
    return old->new_qid > QID_MAX ? "there are too many qubes" : NULL;
}

/* A qube without a name is as good as any: it has volumes. */
static void qube_import(struct importer *importer, struct old_qube *old)
{
    const char *given = old_get(old->attrs, "name");
    const char *was = given ? given : "unnamed";
    g_autofree char *name = name_free(importer->model, was);

    old->qube = qube_new(name, NULL, old->new_qid, class_of(old));
    if (!template_put(importer, old) || !model_add(importer->model, old->qube, NULL)) {
        g_clear_pointer(&old->qube, qube_free);
        say_dropped(importer, old, "its template is not there");
        return;
    }
    say_name(importer, old, was);
    place_add(importer, old, was);
    import_qube_fill(importer, old);
    suggest_disposables(importer, old);
}

/* What has its number from another qube can be named by nobody. */
static void number_keep(struct importer *importer, struct old_qube *old)
{
    const char *text = old_get(old->attrs, "qid");

    if (old->qid >= 0 && g_hash_table_insert(importer->by_qid,
                                             GINT_TO_POINTER(old->qid), old))
        return;
    import_say(importer->import, NULL,
               &(struct import_say){ IMPORT_DOUBTFUL, "qid", text, NULL,
                                     "no number, or that of two: what refers to it "
                                     "means the last" });
}

/* In the order of the old ones; what qubes are called comes later. */
static void numbers_give(struct importer *importer)
{
    struct qube *dom0 = model_qube_named(importer->model, "dom0");

    for (guint i = 0; i < importer->qubes->len; i++) {
        struct old_qube *old = importer->qubes->pdata[i];
        const char *why = NULL;

        if (old->kind && (old->qid == 0 || old->kind->admin)) {
            old->qube = dom0;
            continue;
        }
        old->new_qid = importer->next_qid;
        why = unwanted(old);
        if (why) {
            say_dropped(importer, old, why);
            old->kind = NULL;
        } else {
            importer->next_qid++;
            number_keep(importer, old);
        }
    }
}

static void qubes_import(struct importer *importer, gboolean templates)
{
    for (guint i = 0; i < importer->qubes->len; i++) {
        struct old_qube *old = importer->qubes->pdata[i];

        if (old->kind && !old->qube && old->kind->template == templates)
            qube_import(importer, old);
    }
}

/* What has no meaning any more, once for all qubes. */

static const struct {
    const char *attr, *why; /* why NULL: there is nothing to say */
} useless[] = {
    { "qid", NULL },
    { "name", NULL },
    { "label", NULL },
    { "template_qid", NULL },
    { "kernel", NULL },
    { "kernelopts", NULL },
    { "uses_default_kernel", NULL },
    { "uses_default_kernelopts", NULL },
    { "conf_file", NULL },
    { "netid", NULL },
    { "timezone", NULL },
    { "uuid", "qubes get new ones" },
    { "installed_by_rpm", "templates belong to no package any more" },
    { "pool_name", "all are in the first pool" },
    { "backup_content", "it is about a backup" },
    { "backup_size", "it is about a backup" },
    { "backup_path", "it is about a backup" },
    { "root_img", "images are where Qubes 4 looks for them" },
    { "private_img", "images are where Qubes 4 looks for them" },
    { "volatile_img", "images are where Qubes 4 looks for them" },
};

static void useless_count(struct importer *importer, GArray *attrs)
{
    for (guint i = 0; i < attrs->len; i++) {
        const struct old_attr *attr = &g_array_index(attrs, struct old_attr, i);
        gpointer n = g_hash_table_lookup(importer->useless, attr->name);

        if (!attr->used)
            g_hash_table_insert(importer->useless, g_strdup(attr->name),
                                GUINT_TO_POINTER(GPOINTER_TO_UINT(n) + 1));
    }
}

static void useless_say(struct importer *importer, const char *attr, guint n)
{
    g_autofree char *from = g_strdup_printf(n == 1 ? "%u qube" : "%u qubes", n);
    struct import_say say = { IMPORT_DROPPED, attr, from, NULL, "it is not known" };

    for (gsize i = 0; i < G_N_ELEMENTS(useless); i++)
        if (strcmp(useless[i].attr, attr) == 0)
            say.why = useless[i].why;
    if (say.why)
        import_say(importer->import, NULL, &say);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(a, b);
}

static void leftovers_say(struct importer *importer)
{
    g_autoptr(GList) names = NULL;

    for (guint i = 0; i < importer->qubes->len; i++) {
        const struct old_qube *old = importer->qubes->pdata[i];

        if (old->qube && old->qube->class->id != CLASS_ADMIN)
            useless_count(importer, old->attrs);
    }
    names = g_list_sort(g_hash_table_get_keys(importer->useless), by_text);
    for (const GList *at = names; at; at = at->next)
        useless_say(importer, at->data,
                    GPOINTER_TO_UINT(g_hash_table_lookup(importer->useless, at->data)));
}

/* The whole. */

static void importer_clear(struct importer *importer)
{
    g_clear_pointer(&importer->globals, g_array_unref);
    g_clear_pointer(&importer->qubes, g_ptr_array_unref);
    g_hash_table_unref(importer->by_qid);
    g_hash_table_unref(importer->useless);
    g_hash_table_unref(importer->dispvms);
}

static void convert(struct importer *importer)
{
    numbers_give(importer);
    qubes_import(importer, TRUE);
    qubes_import(importer, FALSE);
    import_refs(importer);
    leftovers_say(importer);
}

struct import *import_parse(const char *what, const char *data, gsize len, gboolean pv,
                            GError **error)
{
    auto_of(import) struct import *import = import_new();
    struct importer importer = {
        .import = import, .model = import->model, .pv = pv, .next_qid = 1,
        .by_qid = g_hash_table_new(NULL, NULL),
        .useless = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .dispvms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
    };
    gboolean fine = store_fill_first(import->model, error) &&
                    importer_load(&importer, what, data, len, error);

    if (fine)
        convert(&importer);
    importer_clear(&importer);
    return fine ? g_steal_pointer(&import) : NULL;
}

/* The check. */

static void find_doubts(struct import *import, const struct qube *qube,
                        const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = findings->pdata[i];

        if (finding->severity > SEVERITY_INFO)
            import_say(import, qube,
                       &(struct import_say){ IMPORT_DOUBTFUL, "store", NULL, NULL,
                                             finding->message });
    }
}

static gboolean check(struct import *import, const char *root, GError **error)
{
    struct store *store = store_new(root);
    struct model *model = model_new();
    g_autoptr(GError) cause = NULL;
    gboolean fine = store_load_bytes(store, model, import->bytes, &cause);

    find_doubts(import, NULL, model->findings);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        find_doubts(import, qube, qube->findings);
    }
    model_free(model);
    store_free(store);
    if (!fine)
        error_set(error, QMC_ERROR_INTERNAL, "nothing was written; report this",
                  "what was imported cannot be read: %s", cause->message);
    return fine;
}

/* Of the system, then qube by qube; each in the order they came up. */
static int by_subject(gconstpointer a, gconstpointer b)
{
    const struct import_note *one = *(struct import_note *const *)a;
    const struct import_note *two = *(struct import_note *const *)b;

    return g_strcmp0(one->qube, two->qube);
}

gboolean import_finish(struct import *import, const char *root, GError **error)
{
    struct store *store = store_new(root);
    GString *text = store_serialise_first(store, import->model);

    g_clear_pointer(&import->bytes, g_bytes_unref);
    import->bytes = g_string_free_to_bytes(text);
    store_free(store);
    if (!check(import, root, error))
        return FALSE;
    g_ptr_array_sort(import->notes, by_subject);
    return TRUE;
}
