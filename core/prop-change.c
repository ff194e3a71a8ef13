/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/prop-change.h"

#include <stdlib.h>
#include <string.h>

#include "core/model-private.h"
#include "core/store.h"
#include "util/error.h"
#include "util/near.h"
#include "util/text.h"

/* --- reading --- */

static unsigned class_bits(const struct qube *qube)
{
    return qube && qube->class ? qube->class->id : 0;
}

static gboolean is_of(const struct prop_row *row, const struct qube *qube)
{
    return qube ? (row->classes & class_bits(qube)) != 0 : row->classes == 0;
}

static const char *near_prop(const struct qube *qube, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    gsize n;
    const struct prop_row *rows = prop_rows(&n);

    for (gsize i = 0; i < n; i++)
        if (is_of(&rows[i], qube))
            g_ptr_array_add(names, (gpointer)(gintptr)rows[i].name);
    g_ptr_array_add(names, NULL);
    return near_find(name, (const char *const *)names->pdata);
}

/* What every qube has, whatever its class is: so that one can be told from another
 * where the class is not known. */
static const struct prop_row *identity_row(const char *name)
{
    const struct prop_row *row = prop_find(name, CLASS_APP);

    return row && row->once ? row : NULL;
}

static char *hint_unknown(const struct qube *qube, const char *near)
{
    g_autofree char *name = qube ? qube_shell_name(qube) : NULL;

    if (near)
        return g_strdup_printf("did you mean '%s'?", near);
    return qube ? g_strdup_printf("see what it has: qmc prefs %s", name)
                : g_strdup("see what there is: qmc global");
}

const struct prop_row *change_row(const struct qube *qube, const char *name,
                                  GError **error)
{
    const struct prop_row *row =
        qube && !qube->class ? identity_row(name) : prop_find(name, class_bits(qube));
    const char *near = row ? NULL : near_prop(qube, name);
    g_autofree char *hint = row ? NULL : hint_unknown(qube, near);
    g_autofree char *shown = row ? NULL : text_sanitise(name, -1);

    if (row)
        return row;
    if (qube)
        error_set(error, QMC_ERROR_NOTFOUND, hint,
                  "'%s' has no property '%s': its class is %s", qube->name, shown,
                  qube->class_name);
    else
        error_set(error, QMC_ERROR_NOTFOUND, hint,
                  "there is no global property '%s'", shown);
    return NULL;
}

char *change_before(const struct model *model, const struct qube *qube,
                    const struct prop_row *row)
{
    return qube ? qube_get(model, qube, row->name) : model_global(model, row->name);
}

const char *change_bad(const struct model *model, const struct qube *qube,
                       const struct prop_row *row)
{
    const GArray *values = qube ? qube->props : model->globals;

    for (guint i = 0; i < values->len; i++) {
        const struct prop_value *value =
            &g_array_index(values, struct prop_value, i);

        if (value->bad && strcmp(value->name, row->name) == 0)
            return value->text;
    }
    return NULL;
}

char *change_said(const struct model *model, const struct qube *qube,
                  const struct prop_row *row)
{
    const char *bad = change_bad(model, qube, row);

    return bad ? g_strdup(bad) : change_before(model, qube, row);
}

static const struct prop_value *value_of(const struct model *model,
                                         const struct qube *qube,
                                         const struct prop_row *row)
{
    return prop_values_find(qube ? qube->props : model->globals, row->name);
}

static gboolean is_doubled(const struct model *model, const struct qube *qube,
                           const struct prop_row *row)
{
    return prop_values_count(qube ? qube->props : model->globals, row->name) > 1;
}

/* What is given once and was given badly, or not at all, is given anew. NULL: it
 * is fine, or nothing of that kind. */
static char *given_anew(const struct model *model, const struct qube *qube,
                        const struct prop_row *row)
{
    const struct prop_value *old = value_of(model, qube, row);
    int qid;

    if (!row->once || (old && !old->bad && !is_doubled(model, qube, row)))
        return NULL;
    if (g_str_equal(row->name, "uuid"))
        return g_strdup(qube->uuid);
    if (!g_str_equal(row->name, "qid"))
        return NULL;
    qid = model_free_qid(model);
    return qid < 0 ? NULL : g_strdup_printf("%d", qid);
}

static char *default_of(const struct model *model, const struct qube *qube,
                        const struct prop_row *row)
{
    return qube ? qube_get_default(model, qube, row)
                : model_global_default(model, row);
}

char *change_after(const struct model *model, const struct qube *qube,
                   const struct prop_row *row, const char *value)
{
    char *anew = value ? NULL : given_anew(model, qube, row);
    char *after = value  ? prop_canonical(row, model, value)
                  : anew ? anew
                         : default_of(model, qube, row);

    if (after && !*after && row->type == PROP_VM)
        g_clear_pointer(&after, g_free);
    return after;
}

gboolean change_is_explicit(const struct model *model, const struct qube *qube,
                            const struct prop_row *row)
{
    return qube ? qube_is_explicit(qube, row->name)
                : model_global_is_explicit(model, row->name);
}

gboolean change_is_none(const struct model *model, const struct qube *qube,
                        const struct prop_row *row, const char *value)
{
    const struct prop_value *old = value_of(model, qube, row);
    g_autofree char *is = old ? prop_canonical(row, model, old->text) : NULL;
    g_autofree char *wanted = value ? prop_canonical(row, model, value)
                                    : given_anew(model, qube, row);

    return g_strcmp0(is, wanted) == 0 && !is_doubled(model, qube, row) &&
           !(old && (old->bad || old->unsaid || !value));
}

/* --- what forbids a change --- */

static gboolean refuse(const struct qube *qube, const struct prop_row *row,
                       QmcErrorCode code, const char *why, GError **error)
{
    error_set(error, code, NULL, "cannot change '%s'%s%s%s: %s", row->name,
              qube ? " of '" : "", qube ? qube->name : "", qube ? "'" : "", why);
    return FALSE;
}

static gboolean check_asleep(const struct qube *qube, const struct prop_row *row,
                             GError **error)
{
    if (!row->halted || qube->state == POWER_HALTED)
        return TRUE;
    if (qube->state == POWER_UNKNOWN)
        return refuse(qube, row, QMC_ERROR_CONN,
                      "it has to be halted, and its state is not known", error);
    g_autofree char *name = qube_shell_name(qube);
    g_autofree char *hint = g_strdup_printf("shut it down first: qmc stop %s", name);
    error_set(error, QMC_ERROR_STATE, hint,
              "cannot change '%s' of '%s': it is not halted", row->name,
              qube->name);
    return FALSE;
}

/* What is wrong with it can be mended without it. */
static gboolean change_may_drop(const struct model *model, const struct qube *qube,
                                const struct prop_row *row)
{
    g_autofree char *anew = given_anew(model, qube, row);
    const struct prop_value *old = value_of(model, qube, row);

    return anew || (old->bad && !g_str_equal(row->name, "name"));
}

gboolean change_is_kept(const struct qube *qube, GError **error)
{
    g_autofree char *name = NULL, *hint = NULL;

    if (qube->qid >= 0)
        return TRUE;
    name = qube_shell_name(qube);
    hint = g_strdup_printf("qmc prefs --unset %s qid", name);
    error_set(error, QMC_ERROR_STATE, hint,
              "cannot change '%s': its entry has no valid qid, so it is kept as it is",
              qube->name);
    return FALSE;
}

static gboolean refuse_once(const struct qube *qube, const struct prop_row *row,
                            GError **error)
{
    g_autofree char *name = qube_shell_name(qube);
    g_autofree char *rename = g_strdup_printf("qmc rename %s NEW", name);

    error_set(error, QMC_ERROR_STATE, g_str_equal(row->name, "name") ? rename : NULL,
              "cannot change '%s' of '%s': it is given once and stays", row->name,
              qube->name);
    return FALSE;
}

static gboolean check_writable(const struct model *model, const struct qube *qube,
                               const struct prop_row *row, const char *value,
                               GError **error)
{
    const struct prop_value *old = value_of(model, qube, row);

    if (row->computed && (value || !old))
        return refuse(qube, row, QMC_ERROR_STATE, "it is always computed", error);
    if (row->once && old && (value || !change_may_drop(model, qube, row)))
        return refuse_once(qube, row, error);
    if (qube && !g_str_equal(row->name, "qid") && !change_is_kept(qube, error))
        return FALSE;
    if (row->needed && !value)
        return refuse(qube, row, QMC_ERROR_STATE,
                      "it has no default to go back to", error);
    return check_asleep(qube, row, error);
}

static gboolean check_release(const struct model *model, const struct qube *qube,
                              const struct prop_row *row, const char *value,
                              GError **error)
{
    return !value || !row->since_4_3 || !model->old ||
           refuse(qube, row, QMC_ERROR_STATE, "Qubes 4.2 or before wrote this store, and "
                  "could not load it any more", error);
}

gboolean change_check(const struct model *model, const struct qube *qube,
                      const struct prop_row *row, const char *value,
                      GError **error)
{
    g_autofree char *before = NULL, *after = NULL;

    if (value && !row->computed &&
        !prop_validate(row, model, qube, value, error))
        return FALSE;
    if (change_is_none(model, qube, row, value))
        return !row->computed ||
               refuse(qube, row, QMC_ERROR_STATE, "it is always computed", error);
    if (!check_writable(model, qube, row, value, error) ||
        !check_release(model, qube, row, value, error))
        return FALSE;
    before = change_before(model, qube, row);
    after = change_after(model, qube, row, value);
    return !row->may || g_strcmp0(before, after) == 0 ||
           row->may(model, qube, after, error);
}

void change_put(struct model *model, struct qube *qube, const struct prop_row *row,
                const char *value)
{
    g_autofree char *before = change_before(model, qube, row);
    g_autofree char *text = value ? prop_canonical(row, model, value)
                                  : given_anew(model, qube, row);
    g_autofree char *after = change_after(model, qube, row, value);

    if (qube && text && g_str_equal(row->name, "qid"))
        qube->qid = atoi(text);
    if (qube && text)
        qube_put(qube, row, text);
    else if (qube)
        qube_drop(qube, row);
    else if (text)
        model_put_global(model, row, text);
    else
        model_drop_global(model, row);
    if (row->follow && g_strcmp0(before, after) != 0)
        row->follow(model, qube, before);
}

const char *change_unknown(const struct model *model, const struct qube *qube,
                           const char *name)
{
    const struct prop_value *old =
        prop_values_find(qube ? qube->props : model->globals, name);

    return old && !old->row && !(qube && !qube->class && identity_row(name)) ? old->text
                                                                           : NULL;
}

void change_drop_unknown(struct model *model, struct qube *qube, const char *name)
{
    if (!qube)
        store_settle(model, name);
    prop_values_drop(qube ? qube->props : model->globals, name);
    if (qube)
        model_touch(model, qube);
    else
        model->generation++;
}

void change_make(struct model *model, struct qube *qube,
                 const struct prop_row *row, const char *value)
{
    change_put(model, qube, row, value);
    if (qube)
        model_touch(model, qube);
}
