/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tags of a qube (spec/qubes-xml.md 4.4). */
#include "config.h"

#include "core/op-edit.h"

#include "core/prop-change.h"
#include "core/tag.h"

static gboolean add_fits(const struct model *model, const struct qube *qube,
                         GHashTable *args, GError **error)
{
    const char *tag = edit_arg(args, "tag");

    return !tag || tag_check(tag, error);
}

static gboolean has_tag(const struct op *op)
{
    return qube_has_tag(model_qube(engine_model(op->engine), op->uuid),
                        op_text(op, "tag"));
}

static gboolean add_prepare(struct op *op, GError **error)
{
    const char *tag = op_text(op, "tag");
    struct edit edit = {
        .same = has_tag(op),
        .step = g_strdup_printf(has_tag(op) ? "tag %s is there already"
                                            : "tag %s added", tag),
        .result = g_strdup_printf("has the tag %s%s", tag,
                                  has_tag(op) ? " already" : ""),
    };

    return edit_prepare(op, &edit, error);
}

static gboolean del_fits(const struct model *model, const struct qube *qube,
                         GHashTable *args, GError **error)
{
    return change_is_kept(qube, error);
}

static gboolean del_prepare(struct op *op, GError **error)
{
    const char *tag = op_text(op, "tag");
    struct edit edit = {
        .same = !has_tag(op),
        .step = g_strdup_printf(has_tag(op) ? "tag %s removed"
                                            : "tag %s is not there", tag),
        .result = g_strdup_printf(has_tag(op) ? "has no tag %s any more"
                                              : "has no tag %s", tag),
    };

    return edit_prepare(op, &edit, error);
}

static gboolean change(struct op *op, void (*fn)(struct qube *, const char *))
{
    struct model *model = engine_model(op->engine);
    struct qube *qube = model_qube(model, op->uuid);

    if (edit_is_same(op))
        return TRUE;
    fn(qube, op_text(op, "tag"));
    model_touch(model, qube);
    return TRUE;
}

static gboolean add_apply(struct op *op, GError **error)
{
    return change(op, qube_add_tag);
}

static gboolean del_apply(struct op *op, GError **error)
{
    return change(op, qube_drop_tag);
}

static const struct op_arg args[] = {
    { "tag", OP_ARG_TEXT, TRUE, "the tag" },
    { NULL },
};

#define EDIT                                                                   \
    .classes = CLASS_ALL, .states = EDIT_STATES, .offline = TRUE,              \
    .confirm = CONFIRM_L0, .args = args, .writes_store = TRUE,                 \
    .deadline_ms = EDIT_DEADLINE_MS, .run = edit_run, .clear = edit_clear

const struct op_row op_tag_add = {
    .name = "tag-add",
    .label = "Add a tag",
    .phrase = "add a tag to",
    .doing = "tagging",
    .done = "tagged",
    .help = "Give the qube a tag.",
    .method = "admin.vm.tag.Set",
    .command = "tag {qube} add {tag}",
    .fits = add_fits,
    .prepare = add_prepare,
    .apply = add_apply,
    EDIT,
};

const struct op_row op_tag_del = {
    .name = "tag-del",
    .label = "Remove a tag",
    .phrase = "remove a tag of",
    .doing = "tagging",
    .done = "tagged",
    .help = "Take a tag away from the qube.",
    .method = "admin.vm.tag.Remove",
    .command = "tag {qube} del {tag}",
    .damaged = TRUE, /* it may be what mends it */
    .fits = del_fits,
    .prepare = del_prepare,
    .apply = del_apply,
    EDIT,
};
