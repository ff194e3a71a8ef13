/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features of a qube, services among them (spec/qubes-xml.md 4.1-4.3). */
#include "config.h"

#include "core/op-edit.h"

#include "core/feature.h"
#include "core/prop-change.h"

/* The service that gives memory back is maxmem by another name (4.2). */
static const struct prop_row *balloon(const struct qube *qube, const char *name)
{
    const struct prop_row *row = g_str_equal(name, FEATURE_MEMINFO) && qube->class
                                     ? prop_find("maxmem", qube->class->id) : NULL;

    return row && !row->computed ? row : NULL;
}

/* What it means for the property has to be allowed there. */
static gboolean balloon_fits(const struct model *model, const struct qube *qube,
                             GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "name"), *value = edit_arg(args, "value");
    const struct prop_row *row = name && value ? balloon(qube, name) : NULL;

    return !row || change_check(model, qube, row, *value ? NULL : "0", error);
}

static gboolean fits(const struct model *model, const struct qube *qube,
                     GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "name");

    return change_is_kept(qube, error) &&
           (!name || feature_check(name, edit_arg(args, "value"), error)) &&
           balloon_fits(model, qube, args, error);
}

static char *shown(const char *value)
{
    return !value ? g_strdup("absent") : g_strdup_printf("'%s'", value);
}

/* What it did to the property, and what that was: it may have been set by hand. */
static char *balloon_result(const struct model *model, const struct qube *qube,
                            const struct prop_row *row, gboolean on)
{
    g_autofree char *before = qube_get(model, qube, row->name);
    const char *is = on ? "follows its default" : "is 0";

    if (qube_is_explicit(qube, row->name) && g_strcmp0(before, "0") != 0)
        return g_strdup_printf("%s %s, which is what %s means: it was set to %s before",
                               row->name, is, FEATURE_MEMINFO, before);
    return g_strdup_printf("%s %s, which is what %s means", row->name, is, FEATURE_MEMINFO);
}

static char *result_of(const struct op *op, const struct qube *qube,
                       const char *name, const char *value)
{
    const char *to = op_text(op, "value");
    g_autofree char *is = shown(to);

    if (to && balloon(qube, name))
        return balloon_result(engine_model(op->engine), qube, balloon(qube, name), *to);
    return g_strdup_printf("%s is %s%s", name, is,
                           g_strcmp0(value, to) == 0 ? " already" : "");
}

static gboolean prepare(struct op *op, GError **error)
{
    const struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    const char *name = op_text(op, "name"), *value = qube_feature(qube, name);
    g_autofree char *before = shown(value), *after = shown(op_text(op, "value"));
    gboolean meant = op_text(op, "value") && balloon(qube, name);
    struct edit edit = {
        .same = !meant && !qube_feature_doubled(qube, name) &&
                g_strcmp0(value, op_text(op, "value")) == 0,
        .step = g_strdup_printf("%s was %s, is %s now", name, before, after),
        .result = result_of(op, qube, name, value),
    };

    return edit_prepare(op, &edit, error);
}

static void change(struct model *model, struct qube *qube, const char *name,
                   const char *value)
{
    const struct prop_row *row = value ? balloon(qube, name) : NULL;

    if (row)
        change_make(model, qube, row, *value ? NULL : "0");
    if (row || !value)
        qube_drop_feature(qube, name);
    else
        qube_put_feature(qube, name, value);
    model_touch(model, qube);
}

static gboolean apply(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);

    if (!edit_is_same(op))
        change(model, model_qube(model, op->uuid), op_text(op, "name"),
               op_text(op, "value"));
    return TRUE;
}

static const struct op_arg set_args[] = {
    { "name", OP_ARG_TEXT, TRUE, "name of the feature" },
    { "value", OP_ARG_TEXT, TRUE, "any text; empty: false" },
    { NULL },
};

static const struct op_arg unset_args[] = {
    { "name", OP_ARG_TEXT, TRUE, "name of the feature" },
    { NULL },
};

#define EDIT                                                                   \
    .classes = CLASS_ALL, .damaged = TRUE, .states = EDIT_STATES, .offline = TRUE,              \
    .confirm = CONFIRM_L0, .writes_store = TRUE,                               \
    .deadline_ms = EDIT_DEADLINE_MS, .fits = fits, .prepare = prepare,         \
    .run = edit_run, .apply = apply, .clear = edit_clear

const struct op_row op_feature_set = {
    .name = "feature-set",
    .label = "Set a feature",
    .phrase = "set a feature of",
    .doing = "changing",
    .done = "changed",
    .help = "Give the qube a feature, or the feature another value.",
    .method = "admin.vm.feature.Set",
    .command = "feature {qube} {name} {value}",
    .args = set_args,
    EDIT,
};

const struct op_row op_feature_unset = {
    .name = "feature-unset",
    .label = "Remove a feature",
    .phrase = "remove a feature of",
    .doing = "changing",
    .done = "changed",
    .help = "Take a feature away from the qube.",
    .method = "admin.vm.feature.Remove",
    .command = "feature --unset {qube} {name}",
    .args = unset_args,
    EDIT,
};
