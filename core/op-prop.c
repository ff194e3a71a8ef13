/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties of one qube and of the system (spec/qubes-xml.md 2.1, 2.5-2.7). */
#include "config.h"

#include "core/op-edit.h"

#include "core/hold.h"
#include "core/prop-change.h"
#include "core/prop-link.h"

/* The qube of an operation; NULL: it is about the system. */
static struct qube *subject(const struct op *op)
{
    return op->row->system ? NULL
                           : model_qube(engine_model(op->engine), op->uuid);
}

static gboolean fits(const struct model *model, const struct qube *qube,
                     GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "name");
    const struct prop_row *row = name ? change_row(qube, name, error) : NULL;

    if (!name)
        return TRUE;
    return row && change_check(model, qube, row, edit_arg(args, "value"), error);
}

/* Also what nobody knows can be taken out. */
static gboolean unset_fits(const struct model *model, const struct qube *qube,
                           GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "name");

    if (name && change_unknown(model, qube, name))
        return !qube || change_is_kept(qube, error);
    return fits(model, qube, args, error);
}

static gboolean global_unset_fits(const struct model *model, const struct qube *dom0,
                                  GHashTable *args, GError **error)
{
    return unset_fits(model, NULL, args, error);
}

static gboolean global_fits(const struct model *model, const struct qube *dom0,
                            GHashTable *args, GError **error)
{
    return fits(model, NULL, args, error);
}

static const char *shown(const char *value)
{
    return !value ? "none" : *value ? value : "''";
}

/* When a qube that may run follows. */
static const char *when(const struct qube *qube, const struct prop_row *row)
{
    if (!qube || !row->at_start || qube->state == POWER_HALTED)
        return "";
    return qube->state == POWER_UNKNOWN ? "; if it runs, from its next start on"
                                        : ", from its next start on";
}

/* Templates may be changed while what is based on them runs. */
static gboolean prepare(struct op *op, GError **error)
{
    const struct model *model = engine_model(op->engine);
    struct qube *qube = subject(op);
    const char *value = op_text(op, "value");
    const struct prop_row *row = change_row(qube, op_text(op, "name"), error);
    g_autofree char *before = change_before(model, qube, row);
    g_autofree char *after = change_after(model, qube, row, value);
    gboolean same = change_is_none(model, qube, row, value);
    struct edit edit = {
        .same = same,
        .hold = row->halted && qube ? hold_new(op->engine, qube) : NULL,
        .link = qube ? prop_link_new(engine_root(op->engine), row, qube->name, after)
                     : NULL,
        .step = g_strdup_printf(
            "%s was %s%s, is %s%s now", row->name, shown(before),
            change_is_explicit(model, qube, row) ? "" : " (default)", shown(after),
            value ? "" : " (default)"),
        .result = g_strdup_printf("%s is %s%s%s", row->name, shown(after),
                                  value ? "" : " (default)",
                                  same ? " already" : when(qube, row)),
    };

    return edit_prepare(op, &edit, error);
}

/* For a question about several: each may have another value now. */
static char *stake(const struct model *model, const struct qube *qube,
                   GHashTable *args)
{
    const char *name = edit_arg(args, "name"), *value = edit_arg(args, "value");
    const struct prop_row *row = name ? change_row(qube, name, NULL) : NULL;

    if (!row)
        return NULL;
    g_autofree char *before = change_before(model, qube, row);
    g_autofree char *after = change_after(model, qube, row, value);
    return g_strdup_printf("%s is %s%s, becomes %s%s%s", row->name, shown(before),
                           change_is_explicit(model, qube, row) ? "" : " (default)",
                           shown(after), value ? "" : " (default)",
                           when(qube, row));
}

static gboolean unset_prepare(struct op *op, GError **error)
{
    const char *name = op_text(op, "name");
    const char *before = change_unknown(engine_model(op->engine), subject(op), name);
    struct edit edit = { .same = FALSE };

    if (!before)
        return prepare(op, error);
    edit.step = g_strdup_printf("%s was %s, is taken out of the store now", name,
                                shown(before));
    edit.result = g_strdup_printf("%s is not in the store any more", name);
    return edit_prepare(op, &edit, error);
}

static char *unset_stake(const struct model *model, const struct qube *qube,
                         GHashTable *args)
{
    const char *name = edit_arg(args, "name");
    const char *before = name ? change_unknown(model, qube, name) : NULL;

    return before ? g_strdup_printf("%s is %s, and is not known", name, shown(before))
                  : stake(model, qube, args);
}

static gboolean apply(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    struct qube *qube = subject(op);
    const struct prop_row *row = change_row(qube, op_text(op, "name"), error);

    if (edit_is_same(op))
        return TRUE;
    op->reread = row->rebuilds;
    change_make(model, qube, row, op_text(op, "value"));
    return TRUE;
}

static gboolean unset_apply(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    struct qube *qube = subject(op);

    if (!change_unknown(model, qube, op_text(op, "name")))
        return apply(op, error);
    change_drop_unknown(model, qube, op_text(op, "name"));
    return TRUE;
}

static const struct op_arg set_args[] = {
    { "name", OP_ARG_TEXT, TRUE, "name of the property" },
    { "value", OP_ARG_TEXT, TRUE, "what it shall be; empty: none" },
    { NULL },
};

static const struct op_arg unset_args[] = {
    { "name", OP_ARG_TEXT, TRUE, "name of the property" },
    { NULL },
};

#define EDIT                                                                   \
    .states = EDIT_STATES, .offline = TRUE, .confirm = CONFIRM_L0,             \
    .writes_store = TRUE, .deadline_ms = EDIT_DEADLINE_MS, .run = edit_run,    \
    .clear = edit_clear
#define SET .prepare = prepare, .apply = apply, EDIT
#define UNSET .prepare = unset_prepare, .apply = unset_apply, EDIT

const struct op_row op_set = {
    .name = "set",
    .label = "Set a property",
    .phrase = "set a property of",
    .doing = "changing",
    .done = "changed",
    .help = "Give a property of the qube a value of its own.",
    .method = "admin.vm.property.Set",
    .classes = CLASS_ALL,
    .damaged = TRUE, /* it may be what mends it */
    .command = "prefs {qube} {name} {value}",
    .args = set_args,
    .fits = fits,
    .stake = stake,
    SET,
};

const struct op_row op_unset = {
    .name = "unset",
    .label = "Unset a property",
    .phrase = "unset a property of",
    .doing = "changing",
    .done = "changed",
    .help = "Let a property of the qube follow its default again.",
    .method = "admin.vm.property.Reset",
    .classes = CLASS_ALL,
    .damaged = TRUE,
    .command = "prefs --unset {qube} {name}",
    .args = unset_args,
    .fits = unset_fits,
    .stake = unset_stake,
    UNSET,
};

const struct op_row op_global_set = {
    .name = "global-set",
    .label = "Set a global property",
    .phrase = "set a global property",
    .doing = "changing",
    .done = "changed",
    .help = "Give a property of the whole system a value of its own.",
    .method = "admin.property.Set",
    .classes = CLASS_ADMIN,
    .system = TRUE,
    .command = "global {name} {value}",
    .args = set_args,
    .fits = global_fits,
    SET,
};

const struct op_row op_global_unset = {
    .name = "global-unset",
    .label = "Unset a global property",
    .phrase = "unset a global property",
    .doing = "changing",
    .done = "changed",
    .help = "Let a property of the whole system follow its default again.",
    .method = "admin.property.Reset",
    .classes = CLASS_ADMIN,
    .system = TRUE,
    .command = "global --unset {name}",
    .args = unset_args,
    .fits = global_unset_fits,
    UNSET,
};
