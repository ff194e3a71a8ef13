/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Add and remove labels (spec/qubes-xml.md 3.3). */
#include "config.h"

#include "core/op-edit.h"

#include "core/label.h"
#include "util/error.h"
#include "util/near.h"
#include "util/text.h"

/* The number after the highest must be one that can be read again. */
#define INDEX_MAX 1000000

static gboolean same_color(const struct label *label, unsigned color)
{
    unsigned is;

    return label->color && label_color_check(label->color, &is, NULL) && is == color;
}

static gboolean room_check(const struct model *model, GError **error)
{
    for (guint i = 0; i < model->labels->len; i++)
        if (((const struct label *)model->labels->pdata[i])->index >= INDEX_MAX) {
            error_set(error, QMC_ERROR_STATE, "remove the label of that number",
                      "cannot add a label: '%d' is the highest number there is",
                      INDEX_MAX);
            return FALSE;
        }
    return TRUE;
}

static gboolean add_fits(const struct model *model, const struct qube *dom0,
                         GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "name"), *color = edit_arg(args, "color");
    const struct label *label = name ? model_label(model, name) : NULL;
    g_autofree char *shown = NULL;
    unsigned value = 0;

    if (color && !label_color_check(color, &value, error))
        return FALSE;
    if (!name || (label && (!color || same_color(label, value))))
        return TRUE;
    if (!label)
        return label_name_check(name, error) && room_check(model, error);
    shown = text_sanitise_value(label->color ? label->color : "", -1);
    error_set(error, QMC_ERROR_EXISTS, "choose another name",
              "there is a label '%s' already: its colour is %s", label->name, shown);
    return FALSE;
}

static gboolean add_prepare(struct op *op, GError **error)
{
    const char *name = op_text(op, "name"), *color = op_text(op, "color");
    gboolean same = model_label(engine_model(op->engine), name) != NULL;
    struct edit edit = {
        .same = same,
        .step = g_strdup_printf("label %s added, its colour is %s", name, color),
        .result = g_strdup_printf("label %s is %s%s", name, color,
                                  same ? " already" : ""),
    };

    return edit_prepare(op, &edit, error);
}

static gboolean add_apply(struct op *op, GError **error)
{
    if (edit_is_same(op))
        return TRUE;
    op->reread = TRUE; /* qubes may have had it before */
    model_label_add(engine_model(op->engine), op_text(op, "name"),
                    op_text(op, "color"));
    return TRUE;
}

static gboolean refuse_unknown(const struct model *model, const char *name,
                               GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *shown = text_sanitise(name, -1), *hint = NULL;
    const char *near;

    for (guint i = 0; i < model->labels->len; i++)
        g_ptr_array_add(names, ((struct label *)model->labels->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    near = near_find(name, (const char *const *)names->pdata);
    hint = near ? g_strdup_printf("did you mean '%s'?", near)
                : g_strdup("'qmc label ls' lists them");
    error_set(error, QMC_ERROR_NOTFOUND, hint, "there is no label '%s'", shown);
    return FALSE;
}

static gboolean rm_fits(const struct model *model, const struct qube *dom0,
                        GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "name");
    const struct label *label = name ? model_label(model, name) : NULL;
    const struct qube *user = NULL;
    guint n;

    if (!name)
        return TRUE;
    if (!label)
        return refuse_unknown(model, name, error);
    if (label->index <= LABELS_FIXED) {
        error_set(error, QMC_ERROR_STATE, NULL, "label '%s' cannot be removed: it is "
                  "one of the %d that are always there", label->name, LABELS_FIXED);
        return FALSE;
    }
    n = model_label_users(model, label, &user);
    if (n == 0)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "give those another label first",
              n > 1 ? "label '%s' is in use: '%s' and %u more have it"
                    : "label '%s' is in use: '%s' has it",
              label->name, user->name, n - 1);
    return FALSE;
}

static gboolean rm_prepare(struct op *op, GError **error)
{
    const struct label *label =
        model_label(engine_model(op->engine), op_text(op, "name"));
    struct edit edit = {
        .step = g_strdup_printf("label %s removed", label->name),
        .result = g_strdup_printf("there is no label %s any more", label->name),
    };

    return edit_prepare(op, &edit, error);
}

static gboolean rm_apply(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);

    op->reread = TRUE; /* what was kept with it goes too */
    model_label_drop(model, model_label(model, op_text(op, "name"))->index);
    return TRUE;
}

static const struct op_arg add_args[] = {
    { "name", OP_ARG_TEXT, TRUE, "name of the label" },
    { "color", OP_ARG_TEXT, TRUE, "its colour: 0xRRGGBB" },
    { NULL },
};

static const struct op_arg rm_args[] = {
    { "name", OP_ARG_TEXT, TRUE, "name of the label, or its number" },
    { NULL },
};

#define EDIT                                                                   \
    .classes = CLASS_ADMIN, .states = EDIT_STATES, .system = TRUE,             \
    .offline = TRUE, .confirm = CONFIRM_L0, .writes_store = TRUE,              \
    .deadline_ms = EDIT_DEADLINE_MS, .run = edit_run, .clear = edit_clear

const struct op_row op_label_add = {
    .name = "label-add",
    .label = "Add a label",
    .phrase = "add a label",
    .doing = "adding a label",
    .done = "label added",
    .help = "Make a label that qubes can be given.",
    .method = "admin.label.Create",
    .command = "label add {name} {color}",
    .args = add_args,
    .fits = add_fits,
    .prepare = add_prepare,
    .apply = add_apply,
    EDIT,
};

const struct op_row op_label_rm = {
    .name = "label-rm",
    .label = "Remove a label",
    .phrase = "remove a label",
    .doing = "removing a label",
    .done = "label removed",
    .help = "Remove a label that no qube has.",
    .method = "admin.label.Remove",
    .command = "label rm {name}",
    .args = rm_args,
    .fits = rm_fits,
    .prepare = rm_prepare,
    .apply = rm_apply,
    EDIT,
};
