/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the text of the store means as a whole: identities, order, references.
 * Nothing here fails; what is wrong becomes a finding (spec/qubes-xml.md 1.9,
 * design.md 6). */
#include "config.h"

#include "core/store-private.h"

#include "core/device-private.h"
#include "core/feature.h"
#include "core/label.h"
#include "core/model-private.h"
#include "core/name.h"
#include "core/tag.h"
#include "util/error.h"
#include "util/text.h"

static void brand(struct qube *qube)
{
    qube->broken = TRUE;
}

char *store_by_hand(const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list ap;

    va_start(ap, format);
    what = g_strdup_vprintf(format, ap);
    va_end(ap);
    return g_strconcat(what, " in qubes.xml with an editor, or go back to a copy: "
                             "qmc xml log", NULL);
}

/* "qmc rename 'a b' NEW", for a shell. */
static char *repair(const char *before, const struct qube *qube, const char *after)
{
    g_autofree char *name = qube_shell_name(qube);

    return g_strdup_printf("qmc %s %s%s%s", before, name, *after ? " " : "", after);
}

/* What nothing else can mend. */
static char *repair_gone(const struct qube *qube)
{
    g_autofree char *name = qube_shell_name(qube);

    return g_strdup_printf("qmc rm %s --confirm %s (what is on disk stays), or: go "
                           "back to a copy: qmc xml log", name, name);
}

/* Identity. */

static gboolean is_admin(const struct qube *qube)
{
    return qube->class && qube->class->id == CLASS_ADMIN;
}

static char *qid_said(const struct model *model, const struct qube *qube)
{
    const struct prop_value *value = prop_values_find(qube->props, "qid");

    if (is_admin(qube))
        return g_strdup("0");
    return value ? prop_canonical(prop_find("qid", CLASS_APP), model, value->text) : NULL;
}

static char *name_with(const struct model *model, const char *base, const char *tail)
{
    g_autofree char *name = g_strconcat(base, tail, NULL);

    return model_qube_named(model, name) ? NULL : g_steal_pointer(&name);
}

/* `base` or, if it is taken, base#QID, so that it is called the same when another one
 * goes. Without a qid of its own base#2, base#3 ...; no name of Qubes has a '#', and the
 * place in the list makes it unique for sure. */
static char *name_free(const struct model *model, const struct qube *qube, const char *base,
                       guint place)
{
    g_autofree char *qid = qid_said(model, qube);
    char *name = name_with(model, base, "");

    for (guint n = 1; n < 10 && !name; n++) {
        g_autofree char *tail = n > 1 || !qid || is_admin(qube)
                                    ? g_strdup_printf("#%u", MAX(n, 2))
                                    : g_strconcat("#", qid, NULL);

        name = name_with(model, base, tail);
    }
    return name ? name : g_strdup_printf("%s#at%u", base, place);
}

static const char *name_said(const struct qube *qube)
{
    const struct prop_value *value = prop_values_find(qube->props, "name");

    return is_admin(qube) ? "dom0" : value ? value->text : "";
}

static void name_set(struct model *model, struct qube *qube, guint place)
{
    const char *said = name_said(qube);

    qube->name = name_free(model, qube, *said ? said : "unnamed", place);
    qube->nameless = !g_str_equal(qube->name, said);
    g_hash_table_insert(model->by_name, qube->name, qube);
}

static const char *said_of(const struct volume_config *config, const char *attr)
{
    const char *text = volume_config_get(config, attr);

    return text ? text : "";
}

static gboolean same_image(const struct volume_config *one, const struct volume_config *two)
{
    return two && *said_of(one, "vid") &&
           g_str_equal(said_of(one, "vid"), said_of(two, "vid")) &&
           g_str_equal(said_of(one, "pool"), said_of(two, "pool"));
}

/* An entry that was copied: of what keeps data it has nothing that is not another's who
 * has its name. It can but go: under another name both would have the same images. */
static gboolean is_copy(const struct model *model, const struct qube *qube)
{
    const struct qube *other =
        qube->nameless ? model_qube_named(model, name_said(qube)) : NULL;
    guint n = 0;

    for (guint i = 0; other && other != qube && i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (!g_str_equal(said_of(config, "save_on_stop"), "True"))
            continue;
        if (!same_image(config, qube_volume(other, config->name)))
            return FALSE;
        n++;
    }
    return n > 0;
}

/* There is only one dom0, so that another one can but go. */
static char *name_repair(const struct model *model, const struct qube *qube)
{
    return is_admin(qube) || is_copy(model, qube) ? repair_gone(qube)
                                                  : repair("rename", qube, "NEW");
}

static char *identity_repair(const struct model *model, const struct qube *qube,
                             const char *property)
{
    return is_copy(model, qube) ? repair_gone(qube)
                                : repair("prefs --unset", qube, property);
}

static void name_tell(const struct model *model, struct qube *qube)
{
    g_autofree char *hint = name_repair(model, qube);
    const char *said = name_said(qube);

    if (!qube->nameless)
        qube_find(qube, SEVERITY_WARN, hint, "'%s' cannot be the name of a qube", said);
    else if (*said)
        qube_find(qube, SEVERITY_STOP, hint,
                  "the name '%s' is used twice: this one is listed as '%s'", said,
                  qube->name);
    else
        qube_find(qube, prop_values_find(qube->props, "name") ? SEVERITY_WARN : SEVERITY_STOP,
                  hint, "a qube has no name: it is listed as '%s'", qube->name);
}

static void name_look(const struct model *model, struct qube *qube)
{
    g_autofree char *hint = NULL;
    gboolean is_safe = name_safe(qube->name);

    if (is_safe && name_reserved(qube->name)) {
        hint = name_repair(model, qube);
        qube_find(qube, SEVERITY_WARN, hint, "the name '%s' is too long or reserved",
                  qube->name);
    } else if (!is_safe || qube->nameless) {
        brand(qube);
        name_tell(model, qube);
    }
}

/* The same for the same name each time, with no need to write it down. */
static void uuid_make(const struct model *model, struct qube *qube)
{
    for (guint salt = 0; salt == 0 || model_qube(model, qube->uuid); salt++) {
        g_autofree char *seed = g_strdup_printf("qmc %u %s", salt, qube->name);
        g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_SHA1, seed, -1);

        g_snprintf(qube->uuid, sizeof qube->uuid, "%.8s-%.4s-5%.3s-8%.3s-%.12s", hex,
                   hex + 8, hex + 13, hex + 17, hex + 20);
    }
}

static gboolean uuid_read(const struct model *model, struct qube *qube)
{
    struct prop_value *value = prop_values_find(qube->props, "uuid");
    g_autofree char *uuid = NULL, *hint = NULL;

    if (is_admin(qube))
        uuid = g_strdup(DOM0_UUID);
    else if (value)
        uuid = prop_canonical(prop_find("uuid", CLASS_APP), model, value->text);
    if (uuid && !model_qube(model, uuid)) {
        g_strlcpy(qube->uuid, uuid, sizeof qube->uuid);
        return TRUE;
    }
    if (value)
        value->bad = TRUE;
    if (is_admin(qube))
        return FALSE; /* its name says so */
    hint = identity_repair(model, qube, "uuid");
    if (!uuid) {
        qube_find(qube, SEVERITY_STOP, hint, "'%s' has no valid uuid", qube->name);
        return FALSE;
    }
    brand(qube);
    qube_find(qube, SEVERITY_STOP, hint, "'%s' has the uuid of '%s'", qube->name,
              model_qube(model, uuid)->name);
    return FALSE;
}

static void uuid_set(struct model *model, struct qube *qube)
{
    if (!uuid_read(model, qube))
        uuid_make(model, qube);
    g_hash_table_insert(model->by_uuid, qube->uuid, qube);
}

static void qid_set(const struct model *model, struct qube *qube, GHashTable *by_qid)
{
    struct prop_value *value = prop_values_find(qube->props, "qid");
    g_autofree char *qid = qid_said(model, qube);
    g_autofree char *hint = NULL;
    const struct qube *other;

    qube->qid = qid ? atoi(qid) : -1;
    other = qid ? g_hash_table_lookup(by_qid, GINT_TO_POINTER(qube->qid)) : NULL;
    if (qid && !other) {
        g_hash_table_insert(by_qid, GINT_TO_POINTER(qube->qid), qube);
        if (qube->said_qid >= 0 && qube->said_qid != qube->qid)
            qube_find(qube, SEVERITY_INFO, "it is written right with the next change",
                      "the entry of '%s' is called domain-%d: its qid %d counts",
                      qube->name, qube->said_qid, qube->qid);
        return;
    }
    if (value)
        value->bad = TRUE;
    brand(qube);
    if (is_admin(qube))
        return; /* its name says so */
    hint = identity_repair(model, qube, "qid");
    if (other)
        qube_find(qube, SEVERITY_STOP, hint, "'%s' has the qid of '%s': %d", qube->name,
                  other->name, qube->qid);
    else
        qube_find(qube, SEVERITY_STOP, hint, "'%s' has no valid qid", qube->name);
}

static void class_check(struct qube *qube)
{
    g_autofree char *hint = NULL;

    if (qube->class)
        return;
    brand(qube);
    hint = repair_gone(qube);
    qube_find(qube, SEVERITY_STOP, hint, "'%s' is of the unknown class '%s'",
              qube->name, qube->class_name);
}

static void dom0_ensure(struct model *model)
{
    struct qube *dom0;

    if (g_hash_table_contains(model->by_uuid, DOM0_UUID) ||
        model_qube_named(model, "dom0"))
        return;
    dom0 = qube_new("dom0", DOM0_UUID, 0, "AdminVM");
    dom0->changed = FALSE; /* it is not in the file, and need not be */
    g_ptr_array_add(model->qubes, dom0);
    g_hash_table_insert(model->by_name, dom0->name, dom0);
    g_hash_table_insert(model->by_uuid, dom0->uuid, dom0);
    model_find(model, SEVERITY_WARN, "qmc prefs dom0 label black",
               "the store has no 'dom0': one is shown that is not in the file");
}

static void identify_one(struct model *model, struct qube *qube, guint place,
                         GHashTable *by_qid)
{
    name_set(model, qube, place);
    uuid_set(model, qube); /* repairs may name it */
    qid_set(model, qube, by_qid);
    name_look(model, qube);
    class_check(qube);
}

void store_identify(struct model *model)
{
    g_autoptr(GHashTable) by_qid = g_hash_table_new(NULL, NULL);

    /* Whoever else says it is dom0 is not. */
    for (int turn = 0; turn < 2; turn++)
        for (guint i = 0; i < model->qubes->len; i++) {
            struct qube *qube = g_ptr_array_index(model->qubes, i);

            if (is_admin(qube) == (turn == 0))
                identify_one(model, qube, i, by_qid);
        }
    dom0_ensure(model);
    model_sort(model);
}

/* Properties. */

/* A qube without its template has no root. */
static gboolean prop_vital(const char *property)
{
    return g_str_equal(property, "template");
}

/* "qmc prefs work memory VALUE"; value NULL: the command that unsets it. */
static char *prop_command(const struct qube *qube, const char *property,
                          const char *value)
{
    g_autofree char *name = qube ? qube_shell_name(qube) : g_strdup("");
    g_autofree char *what = text_shell_quote(property);

    return g_strdup_printf("qmc %s%s%s%s %s%s%s", qube ? "prefs" : "global",
                           value ? "" : " --unset", qube ? " " : "", name, what,
                           value ? " " : "", value ? value : "");
}

/* A default may be as bad: its own net qube, say. */
static gboolean default_fits(const struct model *model, const struct qube *qube,
                             const struct prop_row *row)
{
    g_autofree char *usual = qube ? qube_get_default(model, qube, row) : NULL;

    return !usual || row->type != PROP_VM ||
           prop_validate_parsed(row, model, qube, usual, NULL);
}

/* The command that mends it: name and the like are given by others. */
static char *prop_repair(const struct model *model, const struct qube *qube,
                         const struct prop_row *row)
{
    const char *none = default_fits(model, qube, row) ? NULL : "''";
    g_autofree char *set = NULL, *unset = prop_command(qube, row->name, none);

    if (row->once && g_str_equal(row->name, "name"))
        return repair("rename", qube, "NEW");
    if (row->computed || row->once)
        return g_steal_pointer(&unset);
    set = prop_command(qube, row->name, "VALUE");
    return row->needed ? g_steal_pointer(&set)
                       : g_strdup_printf("%s, or: %s", set, unset);
}

static void prop_unknown(struct model *model, struct qube *qube,
                         const struct prop_value *value)
{
    g_autofree char *hint = prop_command(qube, value->name, NULL);

    if (qube)
        qube_find(qube, SEVERITY_STOP, hint,
                  "'%s' has the property '%s', which is not one of class '%s'",
                  qube->name, value->name, qube->class_name);
    else
        model_find(model, SEVERITY_INFO, hint,
                   store_migrates(value->name)
                       ? "the global property '%s' is of an earlier release: when it is "
                         "unset, those who follow it say so themselves"
                       : "the global property '%s' is not known",
                   value->name);
}

static void prop_bad(struct model *model, struct qube *qube, struct prop_value *value,
                     const GError *error)
{
    g_autofree char *hint = prop_repair(model, qube, value->row);
    enum severity severity =
        store_refusal_prop(model, qube, value) ? SEVERITY_STOP : SEVERITY_WARN;

    value->bad = TRUE;
    if (!qube) {
        model_find(model, severity, hint, "%s", error->message);
        return;
    }
    qube_find(qube, severity, hint, "%s", error->message);
    if (prop_vital(value->name))
        brand(qube);
}

/* What upstream wrote for none where text was needed (T20). The repair is put into
 * words for what is wrong alone: a store has thousands of properties. */
static void none_check(struct model *model, struct qube *qube,
                       const struct prop_value *value)
{
    g_autofree char *hint = NULL;

    if (!prop_is_word_none(value->row, value->text))
        return;
    hint = prop_repair(model, qube, value->row);
    if (!qube)
        model_find(model, SEVERITY_WARN, hint,
                   "'%s' is the word None, which is not the same as none", value->name);
    else
        qube_find(qube, SEVERITY_WARN, hint,
                  "'%s' of '%s' is the word None, which is not the same as none",
                  value->name, qube->name);
}

#define BASELESS \
    "'%s'%s is '%s', which no disposable can be based on: Qubes 4.4 takes it for none"

static gboolean names_base(const char *property)
{
    return g_str_equal(property, "default_dispvm") ||
           g_str_equal(property, "management_dispvm");
}

/* Qubes 4.4 wants a base of disposables and takes another for none as it loads, without
 * a word; 4.3 and before use any. */
static void base_check(struct model *model, struct qube *qube,
                       const struct prop_value *value)
{
    const struct qube *base = names_base(value->name)
                                  ? model_qube_named(model, value->text) : NULL;
    g_autofree char *mend = NULL, *lend = NULL, *hint = NULL, *of = NULL;

    if (!base || model->old || qube_get_bool(model, base, "template_for_dispvms"))
        return;
    mend = prop_repair(model, qube, value->row);
    if (base->class && prop_find("template_for_dispvms", base->class->id))
        lend = prop_command(base, "template_for_dispvms", "True");
    hint = lend ? g_strdup_printf("%s, or: %s", lend, mend) : g_strdup(mend);
    of = qube ? g_strdup_printf(" of '%s'", qube->name) : g_strdup("");
    if (qube)
        qube_find(qube, SEVERITY_INFO, hint, BASELESS, value->name, of, base->name);
    else
        model_find(model, SEVERITY_INFO, hint, BASELESS, value->name, of, base->name);
}

static void prop_check(struct model *model, struct qube *qube, struct prop_value *value)
{
    g_autoptr(GError) error = NULL;

    if (!value->row) {
        if (!qube || qube->class)
            prop_unknown(model, qube, value);
    } else if (value->row->once && value->bad) {
        return; /* who it is has been looked at */
    } else if (!prop_validate_parsed(value->row, model, qube, value->text, &error)) {
        prop_bad(model, qube, value, error);
    } else {
        none_check(model, qube, value);
        base_check(model, qube, value);
    }
}

/* To say the one that counts again is to be rid of the others. */
static char *twice_repair(const struct model *model, const struct qube *qube,
                          const struct prop_value *value)
{
    const struct prop_value *last =
        prop_values_find(qube ? qube->props : model->globals, value->name);
    g_autofree char *text = NULL;

    if (!last->row)
        return prop_command(qube, value->name, NULL);
    if (last->bad || last->row->once || last->row->computed)
        return prop_repair(model, qube, last->row);
    text = text_shell_quote(last->text);
    return prop_command(qube, value->name, text);
}

static void twice(struct model *model, struct qube *qube, struct prop_value *value)
{
    g_autofree char *hint = twice_repair(model, qube, value);

    if (!qube) {
        model_find(model, SEVERITY_WARN, hint,
                   "the global property '%s' is given twice: the last one counts",
                   value->name);
        return;
    }
    qube_find(qube, value->row && value->row->once ? SEVERITY_STOP : SEVERITY_WARN, hint,
              "'%s' has the property '%s' twice: the last one counts", qube->name,
              value->name);
    if (value->row && value->row->once)
        brand(qube);
}

/* It looks as if it counted; qubesd reads no more than this. */
static void cut(struct model *model, struct qube *qube, const struct prop_value *value)
{
    g_autofree char *hint = prop_command(qube, value->name, "VALUE");
    g_autofree char *said = g_strdup_printf("text after a comment is not read: property '%s' "
        "of '%s' is '%s'", value->name, qube ? qube->name : "the system", value->text);

    if (qube)
        qube_find(qube, SEVERITY_WARN, hint, "%s", said);
    else
        model_find(model, SEVERITY_WARN, hint, "%s", said);
}

/* Names that were there before; most qubes have few. */
struct seen {
    const char *few[16];
    guint n;
    GHashTable *more;
};

static gboolean seen_before(struct seen *seen, const char *interned)
{
    for (guint i = 0; i < MIN(seen->n, G_N_ELEMENTS(seen->few)); i++)
        if (seen->few[i] == interned)
            return TRUE;
    if (seen->n < G_N_ELEMENTS(seen->few)) {
        seen->few[seen->n++] = interned;
        return FALSE;
    }
    if (!seen->more)
        seen->more = g_hash_table_new(NULL, NULL);
    return !g_hash_table_add(seen->more, (gpointer)(gintptr)interned);
}

static void seen_clear(struct seen *seen)
{
    g_clear_pointer(&seen->more, g_hash_table_unref);
    seen->n = 0;
}

/* From the end, because the last of several counts. */
static void props_check(struct model *model, struct qube *qube)
{
    GArray *values = qube ? qube->props : model->globals;
    struct seen seen = { .n = 0 };

    for (guint i = values->len; i-- > 0;) {
        struct prop_value *value = &g_array_index(values, struct prop_value, i);

        if (seen_before(&seen, value->name))
            twice(model, qube, value);
        else
            prop_check(model, qube, value);
        if (value->cut)
            cut(model, qube, value);
    }
    seen_clear(&seen);
}

static void needs(struct qube *qube, const char *property, enum severity severity)
{
    const struct prop_row *row =
        qube->class ? prop_find(property, qube->class->id) : NULL;
    g_autofree char *hint = NULL;

    if (!row || qube_is_explicit(qube, property))
        return;
    hint = prop_command(qube, property, "VALUE");
    qube_find(qube, severity, hint, "'%s' has no %s", qube->name, property);
    if (severity == SEVERITY_STOP)
        brand(qube);
}

/* Features, tags, volumes. */

static void tags_check(struct qube *qube)
{
    for (guint i = 0; i < qube->tags->len; i++) {
        const char *tag = g_ptr_array_index(qube->tags, i);
        g_autofree char *quoted = NULL, *after = NULL, *hint = NULL;

        if (tag_valid(tag))
            continue;
        quoted = text_shell_quote(tag);
        after = g_strdup_printf("del %s%s", *tag == '-' ? "-- " : "", quoted);
        hint = repair("tag", qube, after);
        qube_find(qube, *tag ? SEVERITY_STOP : SEVERITY_WARN, hint,
                  "'%s' has the tag '%s', which is no tag",
                  qube->name, tag);
    }
}

/* What the system keeps is its own business. */
static void feature_look(struct qube *qube, const struct pair *pair)
{
    const struct feature_row *row = feature_find(pair->name);
    const char *value = qube_feature(qube, pair->name);
    g_autofree char *quoted = NULL, *after = NULL, *hint = NULL;
    g_autoptr(GError) error = NULL;

    if ((row && row->managed) || feature_check(pair->name, value, &error))
        return;
    if (feature_is_text(pair->name, value)) {
        qube_find(qube, SEVERITY_INFO, "nothing is wrong with it: qubesd reads it as it stands",
                  "the feature '%s' of '%s' has a text that cannot be typed here",
                  pair->name, qube->name);
        return;
    }
    quoted = text_shell_quote(pair->name);
    after = g_strdup_printf("%s%s", *pair->name == '-' ? "-- " : "", quoted);
    hint = repair("feature --unset", qube, after);
    qube_find(qube, SEVERITY_WARN, hint, "'%s' has the feature '%s', which could not be set: "
              "%s", qube->name, pair->name, error->message);
}

static void feature_twice(struct qube *qube, const char *name)
{
    g_autofree char *feature = text_shell_quote(name);
    g_autofree char *value = text_shell_quote(qube_feature(qube, name));
    g_autofree char *after = g_strdup_printf("%s %s", feature, value);
    g_autofree char *hint = repair("feature", qube, after);

    qube_find(qube, SEVERITY_WARN, hint,
              "'%s' has the feature '%s' twice: the last one counts", qube->name, name);
}

static void volume_twice(struct qube *qube, const char *name)
{
    g_autofree char *hint = store_by_hand(
        "take the first <volume name=\"%s\"> of '%s' out of its <volume-config>", name,
        qube->name);

    qube_find(qube, SEVERITY_WARN, hint,
              "'%s' has the volume '%s' twice: of each attribute the last one counts",
              qube->name, name);
}

static void pairs_check(struct qube *qube)
{
    struct seen features = { .n = 0 };

    for (guint i = 0; i < qube->features->len; i++) {
        const struct pair *pair = &g_array_index(qube->features, struct pair, i);

        if (seen_before(&features, pair->name))
            feature_twice(qube, pair->name);
        else
            feature_look(qube, pair);
    }
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (config->doubled)
            volume_twice(qube, config->name);
    }
    seen_clear(&features);
}

/* Ways that come back through a default; explicit ones were found before. */
static void netvm_check(struct model *model, struct qube *qube)
{
    const struct qube *at = qube_get_vm(model, qube, "netvm");
    g_autofree char *hint = NULL;

    for (int hops = 0; at && at != qube; hops++) {
        if (hops == MODEL_HOPS)
            return; /* a loop that this qube only leads into */
        at = qube_get_vm(model, at, "netvm");
    }
    if (!at)
        return;
    qube->netvm_loop = TRUE;
    hint = repair("prefs", qube, "netvm ''");
    qube_find(qube, SEVERITY_WARN, hint,
              "the netvms of '%s' lead back to it: it is taken to have none",
              qube->name);
}

/* Only what others reach the network through can be in a loop. */
static void netvms_check(struct model *model)
{
    g_autofree char *usual = model_global(model, "default_netvm");

    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *qube = g_ptr_array_index(model->qubes, i);

        if (g_strcmp0(usual, qube->name) == 0 ||
            qube_get_bool(model, qube, "provides_network"))
            netvm_check(model, qube);
    }
}

static void label_twice(struct model *model, const struct label *label)
{
    g_autofree char *hint = store_by_hand(
        "take the first <label id=\"label-%d\"> out of <labels>", label->index);

    model_find(model, SEVERITY_WARN, hint,
               "label-%d is there twice: the last one counts, '%s'", label->index,
               label->name);
}

static void label_nameless(struct model *model, const struct label *label)
{
    g_autofree char *hint =
        store_by_hand("give <label id=\"label-%d\"> a name", label->index);

    model_find(model, SEVERITY_STOP, hint, "label-%d has no name", label->index);
}

/* The name finds the first; by its index the other is still there. */
static void label_namesake(struct model *model, const struct label *label)
{
    g_autofree char *hint =
        store_by_hand("give <label id=\"label-%d\"> another name", label->index);

    model_find(model, SEVERITY_WARN, hint,
               "the label label-%d is called '%s' like label-%d, which is the one that "
               "counts by that name", label->index, label->name,
               model_label(model, label->name)->index);
}

/* Qubes takes any text for one, and its windows get none. */
static void label_colorless(struct model *model, const struct label *label)
{
    g_autofree char *shown = text_sanitise_value(label->color ? label->color : "", -1);
    g_autofree char *hint = store_by_hand(
        "a color such as 0xcc0000 is needed: mend <label id=\"label-%d\"> in <labels>",
        label->index);

    model_find(model, SEVERITY_WARN, hint, "the label '%s' has no colour: '%s' is none",
               label->name, shown);
}

static gboolean has_color(const struct label *label)
{
    unsigned value;

    return label->color && label_color_check(label->color, &value, NULL);
}

static void labels_check(struct model *model)
{
    if (model->labels->len == 0)
        model_find(model, SEVERITY_WARN, "qmc label add red 0xcc0000",
                   "the store has no labels");
    for (guint i = 0; i < model->labels->len; i++) {
        const struct label *label = model->labels->pdata[i];

        if (label->doubled)
            label_twice(model, label);
        if (!has_color(label))
            label_colorless(model, label);
        if (!*label->name)
            label_nameless(model, label);
        else if (!g_str_has_prefix(label->name, "label-") &&
            model_label(model, label->name) != label)
            label_namesake(model, label);
    }
}

static void pools_check(struct model *model)
{
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];
        g_autofree char *hint = NULL;

        if (!entry->doubled)
            continue;
        hint = store_by_hand("take the first <pool name=\"%s\"> out of <pools>",
                             entry->name);
        model_find(model, SEVERITY_WARN, hint,
                   "the pool '%s' is there twice: the last one counts", entry->name);
    }
}

void store_check(struct model *model)
{
    store_identify(model);
    labels_check(model);
    pools_check(model);
    store_migrate(model);
    props_check(model, NULL);
    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *qube = g_ptr_array_index(model->qubes, i);

        props_check(model, qube);
        needs(qube, "template", SEVERITY_STOP);
        if (qube->raw_length > 0)
            needs(qube, "label", SEVERITY_WARN);
        tags_check(qube);
        pairs_check(qube);
        devices_check(model, qube);
    }
    netvms_check(model);
}
