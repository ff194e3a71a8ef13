/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/draft.h"

#include <string.h>

#include "core/device-assignment.h"
#include "core/feature.h"
#include "core/foreign.h"
#include "core/model-private.h"
#include "core/name.h"
#include "core/prop-change.h"
#include "core/prop-rules.h"
#include "core/tag.h"
#include "util/error.h"
#include "util/text.h"

#define CREATOR "dom0"
#define DISPIDS 10000

static const char *given(GHashTable *args, const char *name)
{
    return args ? g_hash_table_lookup(args, name) : NULL;
}

static const struct class_row *class_of(GHashTable *args)
{
    const char *name = given(args, "class");

    return name ? class_find(name) : NULL;
}

static gboolean refuse(QmcErrorCode code, const char *value, const char *why,
                       const char *hint, GError **error)
{
    g_autofree char *shown = text_sanitise(value, -1);

    error_set(error, code, hint, "'%s' %s", shown, why);
    return FALSE;
}

/* --- fields --- */

gboolean draft_check_name(const struct model *model, const char *name,
                          GError **error)
{
    if (!name_check(name, error))
        return FALSE;
    if (model->old && strchr(name, '.'))
        return refuse(QMC_ERROR_INVALID, name, "has a '.', which Qubes 4.2 does not know",
                      "4.2 or before wrote the store, and has to be able to load it",
                      error);
    return !model_qube_named(model, name) ||
           refuse(QMC_ERROR_EXISTS, name, "is the name of another qube",
                  "choose another one", error);
}

/* The length of a name without the number behind it. */
static gsize stem_length(const char *name)
{
    gsize digits = strlen(name);

    while (digits > 0 && g_ascii_isdigit(name[digits - 1]))
        digits--;
    return name[digits] && digits > 1 && name[digits - 1] == '-' ? digits - 1
                                                                 : strlen(name);
}

char *draft_free_name(const struct model *model, const char *like)
{
    gsize stem = stem_length(like);

    for (guint n = 2;; n++) {
        g_autofree char *number = g_strdup_printf("-%u", n);
        int room = (int)MIN(stem, NAME_LENGTH_MAX - strlen(number));
        char *name = g_strdup_printf("%.*s%s", room, like, number);

        if (!model_qube_named(model, name))
            return name;
        g_free(name);
    }
}

static gboolean check_name(const struct model *model, GHashTable *args,
                           GError **error)
{
    const char *name = given(args, "name");

    return !name || draft_check_name(model, name, error);
}

static gboolean check_class(const struct model *model, GHashTable *args,
                            GError **error)
{
    static const char known[] =
        "use AppVM, TemplateVM, StandaloneVM, DispVM or RemoteVM";
    const char *name = given(args, "class");
    const struct class_row *class = class_of(args);

    if (class && class->id == CLASS_REMOTE && model->old)
        return refuse(QMC_ERROR_STATE, name, "is a class that Qubes 4.2 does not know",
                      "4.2 or before wrote the store, and has to be able to load it",
                      error);
    if (!name || (class && class->id != CLASS_ADMIN))
        return TRUE;
    return refuse(QMC_ERROR_INVALID, name,
                  class ? "is a class of dom0 alone" : "is no class of qubes",
                  known, error);
}

static const char *template_default(const struct class_row *class)
{
    return class->id == CLASS_DISP ? "default_dispvm" : "default_template";
}

struct qube *draft_template(const struct model *model, GHashTable *args)
{
    const struct class_row *class = class_of(args);
    const char *name = given(args, "template");
    g_autofree char *usual = NULL;

    if (!name && class && class->has_template)
        name = usual = model_global(model, template_default(class));
    return name ? model_qube_named(model, name) : NULL;
}

static gboolean refuse_no_template(const struct class_row *class, GError **error)
{
    error_set(error, QMC_ERROR_INVALID, "name one with --template",
              "a template is needed: the system has no '%s'",
              template_default(class));
    return FALSE;
}

/* A StandaloneVM has none, but may begin as a copy of one. */
static gboolean check_template_kind(const struct model *model,
                                    const struct class_row *class,
                                    const struct qube *template, GError **error)
{
    unsigned id = class->has_template ? class->id : CLASS_APP;

    if (template->broken)
        return refuse(QMC_ERROR_STATE, template->name,
                      "is damaged in the store: it can be no template", NULL,
                      error);
    return prop_validate(prop_find("template", id), model, NULL, template->name,
                         error);
}

static gboolean check_template_field(const struct model *model, GHashTable *args,
                                     GError **error)
{
    const struct class_row *class = class_of(args);
    const char *name = given(args, "template");
    const struct qube *template = draft_template(model, args);

    if (!class)
        return TRUE;
    if (name && !class->has_template && class->id != CLASS_STANDALONE)
        return refuse(QMC_ERROR_INVALID, class->name, "has no template",
                      class->id == CLASS_TEMPLATE ? "'qmc clone' copies a template"
                                                  : "leave out --template", error);
    if (name && !template)
        return refuse(QMC_ERROR_NOTFOUND, name, "is no qube",
                      "'qmc ls' lists the qubes", error);
    if (!template)
        return !class->has_template || refuse_no_template(class, error);
    return check_template_kind(model, class, template, error);
}

static gboolean check_label(const struct model *model, GHashTable *args,
                            GError **error)
{
    const char *label = given(args, "label");

    return !label || prop_validate(prop_find("label", CLASS_APP), model, NULL,
                                   label, error);
}

/* Kernels come with dom0: their driver asks of none whether it is there. */
static gboolean makes_volumes(const struct pool_entry *entry)
{
    return entry->pool && pool_driver(entry->pool)->vacant;
}

static gboolean refuse_kernels(const struct model *model, const char *name, GError **error)
{
    GString *hint = g_string_new("choose one of these: ");
    gsize begin = hint->len;
    gboolean refused;

    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        if (makes_volumes(entry))
            g_string_append_printf(hint, "%s%s", hint->len > begin ? ", " : "", entry->name);
    }
    refused = refuse(QMC_ERROR_INVALID, name, "holds kernels, and is no pool to make volumes "
                     "in", hint->len > begin ? hint->str : NULL, error);
    g_string_free(hint, TRUE);
    return refused;
}

static gboolean check_pool(const struct model *model, GHashTable *args,
                           GError **error)
{
    const char *name = given(args, "pool");
    const struct class_row *class = class_of(args);
    const struct pool_entry *entry = name ? model_pool(model, name) : NULL;

    if (!name)
        return TRUE;
    if (class && !class->dir_prefix)
        return refuse(QMC_ERROR_INVALID, class->name, "has no volumes", NULL, error);
    if (!entry)
        return refuse(QMC_ERROR_NOTFOUND, name, "is no pool",
                      "'qmc pool ls' lists the pools", error);
    if (driver_is_foreign(entry->driver))
        return refuse(QMC_ERROR_UNSUPPORTED, name,
                      "is a pool whose driver qmc does not work with yet", FOREIGN_HINT,
                      error);
    if (!entry->pool)
        return refuse(QMC_ERROR_STATE, name, "is a pool out of use", entry->trouble, error);
    return makes_volumes(entry) || refuse_kernels(model, name, error);
}

static gboolean check_property(const struct model *model, GHashTable *args,
                               GError **error);

static const struct {
    const char *name;
    gboolean (*check)(const struct model *model, GHashTable *args, GError **error);
} fields[] = {
    { "class", check_class },
    { "name", check_name },
    { "label", check_label },
    { "template", check_template_field },
    { "pool", check_pool },
    { "property", check_property },
};

const char *const *draft_fields(void)
{
    static const char *names[G_N_ELEMENTS(fields) + 1];

    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        names[i] = fields[i].name;
    return names;
}

gboolean draft_check(const struct model *model, GHashTable *args, const char *field,
                     GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        if (g_str_equal(fields[i].name, field))
            return fields[i].check(model, args, error);
    return TRUE;
}

/* --- properties --- */

static gboolean property_put(struct model *model, struct qube *qube,
                             const char *line, GError **error)
{
    const char *equals = strchr(line, '=');
    g_autofree char *name = equals ? g_strndup(line, equals - line) : NULL;
    const struct prop_row *row;

    if (!equals)
        return refuse(QMC_ERROR_INVALID, line, "is no property with a value",
                      "write NAME=VALUE", error);
    /* Volumes were made of these. */
    if (g_str_equal(name, "template") || g_str_equal(name, "label"))
        return refuse(QMC_ERROR_INVALID, name, "is no property to be given like this",
                      "it has an option of its own", error);
    row = change_row(qube, name, error);
    if (!row || !change_check(model, qube, row, equals + 1, error))
        return FALSE;
    change_put(model, qube, row, equals + 1);
    return TRUE;
}

static gboolean properties_put(struct model *model, struct qube *qube,
                               const char *lines, GError **error)
{
    g_auto(GStrv) all = g_strsplit(lines ? lines : "", "\n", -1);

    for (gsize i = 0; all[i]; i++)
        if (!property_put(model, qube, all[i], error))
            return FALSE;
    return TRUE;
}

static void put(struct model *model, struct qube *qube, const char *property,
                const char *value)
{
    change_put(model, qube, prop_find(property, qube->class->id), value);
}

/* Those that say who or where it is, and its history. */
static const char *const own_props[] = {
    "name", "qid", "uuid", "label", "template", "dispid", "ip", "ip6",
    "installed_by_rpm", "backup_timestamp", NULL,
};

/* What is set in one and can be set in the other, but is not. */
static void props_copy(struct model *model, const struct qube *from, struct qube *to)
{
    for (guint i = 0; i < from->props->len; i++) {
        const struct prop_value *value =
            &g_array_index(from->props, struct prop_value, i);
        const struct prop_row *row = prop_find(value->name, to->class->id);

        if (row && !row->computed && !value->bad &&
            !g_strv_contains(own_props, value->name) &&
            !qube_is_explicit(to, value->name))
            change_put(model, to, row, value->text);
    }
}

/* --- features and tags --- */

/* What the system keeps is of the one it keeps it for. */
static void features_copy(const struct qube *from, struct qube *to)
{
    for (guint i = 0; i < from->features->len; i++) {
        const struct pair *pair = &g_array_index(from->features, struct pair, i);
        const struct feature_row *row = feature_find(pair->name);

        if (!(row && row->managed) &&
            !(to->class->id == CLASS_DISP &&
              g_str_has_prefix(pair->name, "preload-dispvm")))
            qube_put_feature(to, pair->name, pair->value ? pair->value : "");
    }
}

static void tags_copy(const struct qube *from, struct qube *to)
{
    for (guint i = 0; i < from->tags->len; i++) {
        const char *tag = from->tags->pdata[i];

        if (to->class->id == CLASS_DISP || !g_str_has_prefix(tag, "created-by-"))
            qube_add_tag(to, tag);
    }
}

/* What dom0 wants those it makes to have (spec 4.3). */
static void creator_follow(struct model *model, struct qube *qube)
{
    const struct qube *creator = model_qube_named(model, CREATOR);
    const char *tags = creator ? qube_feature(creator, "tag-created-vm-with") : NULL;
    const char *guivm = creator ? qube_feature(creator, "set-created-guivm") : NULL;
    g_auto(GStrv) words = g_strsplit(tags ? tags : "", " ", -1);
    const struct prop_row *row = prop_find("guivm", qube->class->id);

    for (gsize i = 0; words[i]; i++)
        if (tag_valid(words[i]))
            qube_add_tag(qube, words[i]);
    if (row && guivm && *guivm && !qube_is_explicit(qube, "guivm") &&
        change_check(model, qube, row, guivm, NULL))
        change_put(model, qube, row, guivm);
}

static void mark_new(struct model *model, struct qube *qube)
{
    g_autofree char *updates = model_global(model, "check_updates_vm");

    qube_add_tag(qube, "created-by-" CREATOR);
    if (!(qube->class->id & CLASS_QUBESVM))
        return;
    if (g_strcmp0(updates, "False") == 0 && !qube_feature(qube, "check-updates"))
        qube_put_feature(qube, "check-updates", "");
    creator_follow(model, qube);
}

/* As a reader of the store would add them. */
static void tags_complete(struct model *model, struct qube *qube)
{
    if (!(qube->class->id & CLASS_QUBESVM))
        return;
    follow_guivm(model, qube, NULL);
    follow_audiovm(model, qube, NULL);
}

/* --- volumes --- */

static struct volume_config *volume_add(struct qube *qube, const char *name)
{
    struct volume_config *config = qube_volume(qube, name);

    return config ? config : qube_volume_add(qube, g_intern_string(name));
}

static void class_volumes_add(struct qube *qube, const char *pool)
{
    for (const struct class_volume *v = qube->class->volumes; v->name; v++) {
        struct volume_config *config = volume_add(qube, v->name);

        if (pool && v->rw && !v->snap_on_start)
            volume_config_set(config, "pool", pool);
    }
}

static void attr_copy(struct volume_config *to, const struct volume_config *from,
                      const char *attr)
{
    const char *value = volume_config_get(from, attr);

    if (value && !volume_config_get(to, attr))
        volume_config_set(to, attr, value);
}

/* What a reader takes for granted, and what the user chose; in the pool it has,
 * if one was chosen for it. */
static void volume_like(struct volume_config *to, const struct volume_config *from)
{
    const struct volume *volume = from->volume;
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, from->size);

    if (!volume_config_get(to, "pool"))
        volume_config_set(to, "pool", from->pool);
    volume_config_set(to, "rw", volume_rw(volume) ? "True" : "False");
    volume_config_set(to, "save_on_stop",
                      volume_save_on_stop(volume) ? "True" : "False");
    volume_config_set(to, "snap_on_start",
                      volume_snap_on_start(volume) ? "True" : "False");
    if (from->size)
        volume_config_set(to, "size", size);
    if (volume_source(volume))
        volume_config_set(to, "source", volume_vid(volume_source(volume)));
    attr_copy(to, from, "ephemeral");
}

static gboolean is_kernel(const struct volume_config *config)
{
    return g_str_equal(config->name, "kernel");
}

/* All but `fresh`, which begins empty and as its class has it; NULL: all. */
static void volumes_copy(const struct qube *from, struct qube *to,
                         const char *fresh)
{
    for (guint i = 0; i < from->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(from->volumes, struct volume_config, i);

        if (config->volume && !is_kernel(config) &&
            g_strcmp0(config->name, fresh) != 0)
            volume_like(volume_add(to, config->name), config);
    }
}

/* Volumes that the class does not know, without a place of their own; and of a
 * disposable what its template has now (spec 2.9). */
static void volumes_inherit(const struct qube *template, struct qube *qube)
{
    for (guint i = 0; i < template->volumes->len; i++) {
        const struct volume_config *from =
            &g_array_index(template->volumes, struct volume_config, i);
        const struct class_volume *own = class_volume_find(qube->class, from->name);
        struct volume_config *to = volume_add(qube, from->name);

        if (!own && from->volume)
            volume_like(to, from);
        if (!own || qube->class->id != CLASS_DISP || !from->volume || is_kernel(from))
            continue;
        if (!own->snap_on_start && !volume_config_get(to, "pool"))
            volume_config_set(to, "pool", from->pool);
        volume_config_set(to, "rw", volume_rw(from->volume) ? "True" : "False");
        attr_copy(to, from, "ephemeral");
    }
}

/* --- whole qubes --- */

static struct qube *entry_new(const struct model *model, const char *name,
                              const struct class_row *class, GError **error)
{
    int qid = model_free_qid(model);
    struct qube *qube;

    if (qid < 0) {
        error_set(error, QMC_ERROR_NOSPACE, "remove qubes",
                  "there are as many qubes as there can be");
        return NULL;
    }
    qube = qube_new(name, NULL, qid, class->name);
    qube->state = class->id == CLASS_REMOTE ? POWER_RUNNING : POWER_HALTED;
    return qube;
}

static gboolean dispid_taken(const struct model *model, gint64 dispid)
{
    for (guint i = 0; i < model->qubes->len; i++)
        if (qube_get_int(model, model->qubes->pdata[i], "dispid", -1) == dispid)
            return TRUE;
    return FALSE;
}

static void dispid_put(struct model *model, struct qube *qube)
{
    gint64 dispid = g_random_int_range(0, DISPIDS);
    g_autofree char *text = NULL;

    for (int tries = 1; tries < DISPIDS && dispid_taken(model, dispid); tries++)
        dispid = (dispid + 1) % DISPIDS;
    text = g_strdup_printf("%" G_GINT64_FORMAT, dispid);
    put(model, qube, "dispid", text);
}

/* What a disposable has of its template (spec 8.2); one that is started by
 * itself would be of no use under a name made up. */
static void disposable_inherit(struct model *model, const struct qube *template,
                               struct qube *qube)
{
    put(model, qube, "autostart", "False");
    props_copy(model, template, qube);
    put(model, qube, "autostart", NULL);
    features_copy(template, qube);
    tags_copy(template, qube);
    dispid_put(model, qube);
}

/* In the same order: that decides where a guest finds them. One with a flaw goes over
 * as it stands: who mends it knows what was meant. */
static void devices_copy(const struct qube *from, struct qube *to)
{
    if (from->devices->len)
        qube_devices_edit(to);
    for (guint i = 0; i < from->devices->len; i++)
        g_ptr_array_add(to->devices, device_assignment_copy(from->devices->pdata[i]));
    to->has_pci = from->has_pci;
}

static void copy_all(struct model *model, const struct qube *from, struct qube *to,
                     const char *fresh)
{
    tags_copy(from, to);
    devices_copy(from, to);
    props_copy(model, from, to);
    features_copy(from, to);
    volumes_copy(from, to, fresh);
}

static void template_apply(struct model *model, struct qube *qube,
                           const struct qube *template)
{
    if (qube->class->id == CLASS_STANDALONE) {
        copy_all(model, template, qube, "private");
        return;
    }
    put(model, qube, "template", template->name);
    if (qube->class->id == CLASS_DISP)
        disposable_inherit(model, template, qube);
    volumes_inherit(template, qube);
}

/* Where what is not known yet does not matter. */
static struct qube *draft_entry(struct model *model, GHashTable *args,
                                GError **error)
{
    const char *name = given(args, "name");
    struct qube *qube =
        entry_new(model, name ? name : "unnamed", class_of(args), error);
    const struct qube *template = draft_template(model, args);

    if (!qube)
        return NULL;
    class_volumes_add(qube, given(args, "pool"));
    if (given(args, "label"))
        put(model, qube, "label", given(args, "label"));
    if (template)
        template_apply(model, qube, template);
    return qube;
}

struct qube *draft_new(struct model *model, GHashTable *args, GError **error)
{
    struct qube *qube = draft_entry(model, args, error);

    if (!qube)
        return NULL;
    mark_new(model, qube);
    if (!properties_put(model, qube, given(args, "property"), error)) {
        qube_free(qube);
        return NULL;
    }
    tags_complete(model, qube);
    return qube;
}

/* They are checked against the qube that would be. */
static gboolean check_property(const struct model *model, GHashTable *args,
                               GError **error)
{
    struct qube *qube;

    if (!given(args, "property") || !class_of(args))
        return TRUE;
    qube = draft_new((struct model *)(gintptr)model, args, error);
    if (!qube)
        return FALSE;
    qube_free(qube);
    return TRUE;
}

struct qube *draft_clone(struct model *model, const struct qube *from,
                         const char *name, GError **error)
{
    static const char *const alike[] = { "template", "label" };
    struct qube *qube = entry_new(model, name, from->class, error);

    if (!qube)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(alike); i++) {
        const struct prop_value *value = prop_values_find(from->props, alike[i]);

        if (value && value->row)
            change_put(model, qube, value->row, value->text);
    }
    copy_all(model, from, qube, NULL);
    if (qube->class->id == CLASS_DISP)
        dispid_put(model, qube);
    mark_new(model, qube);
    tags_complete(model, qube);
    return qube;
}
