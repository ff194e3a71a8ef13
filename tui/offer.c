/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/offer.h"

#include <string.h>

#include "core/feature.h"
#include "core/op-volume.h"
#include "core/op-words.h"
#include "core/prop-change.h"
#include "tui/prop-text.h"
#include "tui/setting.h"

#define SUPPORTED_SERVICE "supported-" FEATURE_SERVICE

const char *const *offer_behind(const char *verb, const char *const *words)
{
    g_auto(GStrv) parts = g_strsplit(verb, " ", -1);
    gsize i = 0;

    for (; parts[i]; i++)
        if (!words[i] || strcmp(words[i], parts[i]) != 0)
            return NULL;
    return words + i;
}

guint offer_count(const char *const *words)
{
    guint n = 0;

    while (words[n])
        n++;
    return n;
}

void offer_volume(const struct model *model, const char *const *args,
                  const char *begun, GPtrArray *found)
{
    for (guint i = 0; !args[0] && i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        for (guint k = 0; k < qube->volumes->len; k++) {
            g_autofree char *word = g_strdup_printf(
                "%s:%s", qube->name,
                g_array_index(qube->volumes, struct volume_config, k).name);

            op_words_offer(found, begun, word);
        }
    }
}

/* The one that the first argument names; NULL: none. */
static const struct volume_config *offered_volume(const struct model *model,
                                                  const char *const *args)
{
    const char *colon = args[0] ? strchr(args[0], ':') : NULL;
    g_autofree char *name = colon ? g_strndup(args[0], (gsize)(colon - args[0])) : NULL;
    const struct qube *qube = name ? model_qube_named(model, name) : NULL;

    return qube ? qube_volume(qube, colon + 1) : NULL;
}

/* The newest first. */
static void offer_revision(const struct model *model, const char *const *args,
                           const char *begun, GPtrArray *found)
{
    const struct volume_config *config = offered_volume(model, args);

    for (guint i = 0; config && config->kept && !args[1] && i < config->kept->len; i++)
        op_words_offer(found, begun,
                       ((const struct revision *)config->kept->pdata[i])->id);
}

static void offer_words(const char *const *words, const char *begun, GPtrArray *found)
{
    for (; words && *words; words++)
        op_words_offer(found, begun, *words);
}

/* What is set of a volume, then what it can be; a number is what it is. */
static void offer_vol_set(const struct model *model, const char *const *args,
                          const char *begun, GPtrArray *found)
{
    const struct volume_config *config = offered_volume(model, args);
    const char *name = config ? args[1] : NULL;
    const char *const *choices = name ? op_vol_set_choices(name) : NULL;
    g_autofree char *now = name && !choices ? op_vol_set_now(config, name) : NULL;

    if (config && !name)
        offer_words(op_vol_set_names(), begun, found);
    if (!name || args[2])
        return;
    offer_words(choices, begun, found);
    if (now)
        op_words_offer(found, begun, now);
}

void offer_qube(const struct model *model, const char *const *args,
                const char *begun, GPtrArray *found)
{
    for (guint i = 0; !args[0] && i < model->qubes->len; i++)
        op_words_offer(found, begun,
                       ((const struct qube *)model->qubes->pdata[i])->name);
}

void offer_setting(const struct model *model, const char *const *args,
                   const char *begun, GPtrArray *found)
{
    const struct setting_row *row = args[0] ? setting_find(args[0]) : NULL;

    if (!args[0])
        for (row = setting_rows(); row->name; row++)
            op_words_offer(found, begun, row->name);
    else if (!args[1] && row && row->choices)
        for (guint i = 0; row->choices[i]; i++)
            op_words_offer(found, begun, row->choices[i]);
}

/* What the property may be; what it is, where that can be anything. */
static void offer_value(const struct model *model, const struct qube *qube,
                        const struct prop_row *row, const char *begun,
                        GPtrArray *found)
{
    g_autoptr(GPtrArray) values = prop_choices(model, qube, row);
    g_autofree char *now = change_before(model, qube, row);

    if (values->len == 0 && now)
        g_ptr_array_add(values, g_steal_pointer(&now));
    for (guint i = 0; i < values->len; i++) {
        const char *value = values->pdata[i];

        op_words_offer(found, begun, *value ? value : "''");
    }
}

static gboolean is_for(const struct prop_row *row, const struct qube *qube)
{
    return !row->computed && (!qube ? row->classes == 0
                              : qube->class && row->classes & qube->class->id);
}

/* Names of properties; behind one, its values. qube NULL: of the system. */
static void offer_property(const struct model *model, const struct qube *qube,
                           const char *name, const char *begun, GPtrArray *found)
{
    gsize n;
    const struct prop_row *all = prop_rows(&n);
    const struct prop_row *row = name ? change_row(qube, name, NULL) : NULL;

    for (gsize i = 0; !name && i < n; i++)
        if (is_for(&all[i], qube))
            op_words_offer(found, begun, all[i].name);
    if (row)
        offer_value(model, qube, row, begun, found);
}

/* Of any kind of qube. */
void offer_property_name(const struct model *model, const char *const *args,
                         const char *begun, GPtrArray *found)
{
    gsize n;
    const struct prop_row *all = prop_rows(&n);

    for (gsize i = 0; !args[0] && i < n; i++)
        op_words_offer(found, begun, all[i].name);
}

void offer_prefs(const struct model *model, const char *const *args,
                 const char *begun, GPtrArray *found)
{
    gboolean unset = args[0] && strcmp(args[0], "--unset") == 0;
    const struct qube *qube;

    args += unset;
    qube = args[0] ? model_qube_named(model, args[0]) : NULL;
    if (!args[0])
        offer_qube(model, args, begun, found);
    else if (qube && !(args[1] && (unset || args[2])))
        offer_property(model, qube, args[1], begun, found);
}

void offer_global(const struct model *model, const char *const *args,
                  const char *begun, GPtrArray *found)
{
    gboolean unset = args[0] && strcmp(args[0], "--unset") == 0;

    args += unset;
    if (!(args[0] && (unset || args[1])))
        offer_property(model, NULL, args[0], begun, found);
}

static void offer_feature_name(const struct qube *qube, gboolean unset,
                               const char *begun, GPtrArray *found)
{
    gsize n;
    const struct feature_row *all = feature_rows(&n);

    for (guint i = 0; i < qube->features->len; i++)
        op_words_offer(found, begun,
                       g_array_index(qube->features, struct pair, i).name);
    for (gsize i = 0; !unset && i < n; i++)
        if (!all[i].managed)
            op_words_offer(found, begun, all[i].name);
}

/* Its own to be taken away; to be set also those that mean something. */
static void offer_feature(const struct model *model, const char *const *args,
                          const char *begun, GPtrArray *found)
{
    gboolean unset = args[0] && strcmp(args[0], "--unset") == 0;
    const struct qube *qube =
        args[unset] ? model_qube_named(model, args[unset]) : NULL;
    const char *name = qube ? args[unset + 1] : NULL, *value;

    if (qube && !name)
        offer_feature_name(qube, unset, begun, found);
    if (!name || unset || args[2])
        return;
    value = feature_get(model, qube, name, NULL);
    op_words_offer(found, begun, value && *value ? value : "1");
    op_words_offer(found, begun, "''");
}

/* What its template says it has, what is set, what means something. */
static void offer_service_name(const struct model *model, const struct qube *qube,
                               const char *begun, GPtrArray *found)
{
    g_autofree char *head = g_strconcat(FEATURE_SERVICE, begun, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    offer_feature_name(qube, FALSE, head, names);
    for (int i = 0; qube && i < MODEL_HOPS; i++, qube = qube_get_vm(model, qube, "template"))
        for (guint k = 0; k < qube->features->len; k++) {
            const char *name = g_array_index(qube->features, struct pair, k).name;

            if (g_str_has_prefix(name, SUPPORTED_SERVICE))
                op_words_offer(found, begun, name + strlen(SUPPORTED_SERVICE));
        }
    for (guint i = 0; i < names->len; i++) {
        const char *name = (const char *)names->pdata[i] + strlen(FEATURE_SERVICE);

        if (*name)
            op_words_offer(found, begun, name);
    }
}

void offer_service(const struct model *model, const char *const *args,
                   const char *begun, GPtrArray *found)
{
    gboolean unset = args[0] && strcmp(args[0], "--unset") == 0;
    const struct qube *qube;

    args += unset;
    qube = args[0] ? model_qube_named(model, args[0]) : NULL;
    if (!args[0])
        offer_qube(model, args, begun, found);
    else if (qube && !args[1])
        offer_service_name(model, qube, begun, found);
    else if (qube && !unset && !args[2]) {
        op_words_offer(found, begun, "on");
        op_words_offer(found, begun, "off");
    }
}

static void offer_tags(const struct qube *qube, const char *begun, GPtrArray *found)
{
    for (guint i = 0; i < qube->tags->len; i++)
        op_words_offer(found, begun, qube->tags->pdata[i]);
}

/* To be added: those that others have. */
static void offer_tag(const struct model *model, const char *const *args,
                      const char *begun, GPtrArray *found)
{
    const struct qube *qube = args[0] ? model_qube_named(model, args[0]) : NULL;

    if (!qube || !args[1] || args[2])
        return;
    if (strcmp(args[1], "del") == 0)
        offer_tags(qube, begun, found);
    for (guint i = 0; strcmp(args[1], "add") == 0 && i < model->qubes->len; i++)
        offer_tags(model->qubes->pdata[i], begun, found);
}

static void offer_label(const struct model *model, const char *const *args,
                        const char *begun, GPtrArray *found)
{
    for (guint i = 0; i < model->labels->len; i++)
        op_words_offer(found, begun,
                       ((const struct label *)model->labels->pdata[i])->name);
}

static void offer_label_rm(const struct model *model, const char *const *args,
                           const char *begun, GPtrArray *found)
{
    if (!args[0])
        offer_label(model, args, begun, found);
}

static void offer_pool(const struct model *model, const char *const *args,
                       const char *begun, GPtrArray *found)
{
    for (guint i = 0; i < model->pools->len; i++)
        op_words_offer(found, begun,
                       ((const struct pool_entry *)model->pools->pdata[i])->name);
}

static gboolean rule_has(const char *const *given, const char *word)
{
    gsize length = strcspn(word, "=");
    gboolean action = !word[length] || g_str_has_prefix(word, "action=");

    for (; *given; given++)
        if (action ? strcmp(*given, "accept") == 0 || strcmp(*given, "drop") == 0 ||
                         g_str_has_prefix(*given, "action=")
                   : strncmp(*given, word, length + 1) == 0)
            return TRUE;
    return FALSE;
}

static void offer_pool_first(const struct model *model, const char *const *args,
                             const char *begun, GPtrArray *found)
{
    if (!args[0])
        offer_pool(model, args, begun, found);
}

static void offer_pool_set(const struct model *model, const char *const *args,
                           const char *begun, GPtrArray *found)
{
    static const char *const settings[] = {"revisions_to_keep", "ephemeral_volatile"};

    offer_pool_first(model, args, begun, found);
    for (gsize i = 0; args[0] && !args[1] && i < G_N_ELEMENTS(settings); i++)
        op_words_offer(found, begun, settings[i]);
}

/* "dir_path=", of those that are not there. */
static void offer_parameters(const char *const *given, const char *const *names,
                             const char *begun, GPtrArray *found)
{
    for (; *names; names++) {
        g_autofree char *text = g_strconcat(*names, "=", NULL);

        if (!rule_has(given, text))
            op_words_offer(found, begun, text);
    }
}

static void offer_pool_add(const struct model *model, const char *const *args,
                           const char *begun, GPtrArray *found)
{
    const struct driver *driver = args[0] && args[1] ? driver_find(args[1]) : NULL;

    for (const struct driver *const *row = driver_all(); *row && args[0] && !args[1]; row++)
        op_words_offer(found, begun, (*row)->name);
    if (!driver)
        return;
    offer_parameters(args + 2, driver->required, begun, found);
    offer_parameters(args + 2, driver->optional, begun, found);
}

static void offer_class(const struct model *model, const char *const *args,
                        const char *begun, GPtrArray *found)
{
    static const char *const classes[] = {"AppVM", "TemplateVM", "StandaloneVM",
                                          "DispVM", "RemoteVM"};

    for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
        op_words_offer(found, begun, classes[i]);
}

/* Of whom qubes are made, disposables too. */
static void offer_template(const struct model *model, const char *const *args,
                           const char *begun, GPtrArray *found)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        if (g_strcmp0(qube->class_name, "TemplateVM") == 0 ||
            qube_get_bool(model, qube, "template_for_dispvms"))
            op_words_offer(found, begun, qube->name);
    }
}

/* "netvm=": of qubes. */
static void offer_assignment(const struct model *model, const char *const *args,
                             const char *begun, GPtrArray *found)
{
    gsize n;
    const struct prop_row *all = prop_rows(&n);

    for (gsize i = 0; i < n; i++) {
        g_autofree char *text = g_strconcat(all[i].name, "=", NULL);

        if (!all[i].computed && all[i].classes & CLASS_QUBESVM)
            op_words_offer(found, begun, text);
    }
}

static void offer_named(const struct model *model, const char *const *args,
                        const char *begun, GPtrArray *found)
{
    for (guint i = 0; args[i]; i++)
        if (model_qube_named(model, args[i]))
            op_words_offer(found, begun, args[i]);
}

/* What a word of a rule may be; what ends with = is gone on with. */
static const char *const rule_words[] = {
    "accept", "drop", "action=accept", "action=drop", "proto=tcp", "proto=udp",
    "proto=icmp", "dsthost=", "dstports=", "icmptype=", "specialtarget=dns",
    "expire=", "comment=",
};

static void offer_rule(const struct model *model, const char *const *args,
                       const char *begun, GPtrArray *found)
{
    if (!args[0] || g_strcmp0(args[1], "add") != 0 || *begun == '-')
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(rule_words); i++)
        if (!rule_has(args + 2, rule_words[i]))
            op_words_offer(found, begun, rule_words[i]);
}

/* Arguments of operations that op_words_complete() knows nothing of. */
static const struct {
    const char *verb;
    void (*offer)(const struct model *model, const char *const *args,
                  const char *begun, GPtrArray *found);
    gboolean ordered; /* not by the alphabet */
} offers[] = {
    {"feature", offer_feature, FALSE},
    {"tag", offer_tag, FALSE},
    {"fw", offer_rule, FALSE},
    {"label rm", offer_label_rm, FALSE},
    {"vol revert", offer_revision, TRUE},
    {"vol pin", offer_revision, TRUE},
    {"vol set", offer_vol_set, TRUE},
    {"pool add", offer_pool_add, TRUE},
    {"pool set", offer_pool_set, TRUE},
    {"pool rm", offer_pool_first, FALSE},
    {"pool reclaim", offer_pool_first, FALSE},
    {"pool extend", offer_pool_first, FALSE},
};

/* Values of options. */
static const struct {
    const char *verb, *option; /* verb "": of any */
    void (*offer)(const struct model *model, const char *const *args,
                  const char *begun, GPtrArray *found);
} option_offers[] = {
    {"create", "--class", offer_class}, {"create", "--template", offer_template},
    {"create", "--label", offer_label}, {"create", "--pool", offer_pool},
    {"create", "--property", offer_assignment},
    {"", "--confirm", offer_named},
};

/* The last word is an option, and this is its value. */
static void offer_option(const struct model *model, const char *const *words,
                         const char *begun, GPtrArray *found)
{
    guint n = offer_count(words);

    for (gsize i = 0; n > 1 && i < G_N_ELEMENTS(option_offers); i++)
        if (strcmp(words[n - 1], option_offers[i].option) == 0 &&
            (!*option_offers[i].verb || strcmp(words[0], option_offers[i].verb) == 0))
            option_offers[i].offer(model, words + 1, begun, found);
}

gboolean offer_arguments(const struct model *model, const char *const *words,
                         const char *begun, GPtrArray *found)
{
    gboolean ordered = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS(offers); i++) {
        const char *const *args = offer_behind(offers[i].verb, words);

        if (!args)
            continue;
        offers[i].offer(model, args, begun, found);
        ordered = ordered || (offers[i].ordered && found->len > 0);
    }
    offer_option(model, words, begun, found);
    return ordered;
}
