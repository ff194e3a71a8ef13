/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Add, delete and reset the firewall rules of a qube (spec/qubes-xml.md 5). The
 * file is not part of the store: run reads it, changes it and replaces it under
 * the qube's lock. */
#include "config.h"

#include "core/op-private.h"

#include <string.h>

#include "core/firewall.h"
#include "core/hold.h"
#include "util/error.h"
#include "util/text.h"

#define DEADLINE_MS 60000
#define LOCK_MS 2000
#define KNOWN_STATES (~(1u << POWER_UNKNOWN))

struct edit {
    struct hold *hold;
    char *path;
    struct firewall_rule *rule; /* as given; NULL: a number, or none */
    gint64 number;              /* of the rule; to add: before that; -1: last */
    struct firewall *firewall;  /* what was read, and is to be put back */
    gboolean (*change)(struct edit *edit, struct op *op, GError **error);
};

static void edit_clear(struct op *op)
{
    struct edit *edit = op->data;

    hold_free(edit->hold);
    g_free(edit->path);
    firewall_rule_free(edit->rule);
    firewall_free(edit->firewall);
    g_free(edit);
}

static gint64 now_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static gboolean refuse_number(const struct edit *edit, GError **error)
{
    error_set(error, QMC_ERROR_NOTFOUND, "'qmc fw QUBE ls' shows the numbers",
              "qube '%s' has no rule %" G_GINT64_FORMAT ": it has %u rules, "
              "counted from 0", hold_name(edit->hold), edit->number,
              edit->firewall->rules->len);
    return FALSE;
}

/* The first rule before this one that lets nothing through to it; -1: none. */
static int covered_by(const struct firewall *firewall, guint number)
{
    for (guint i = 0; i < number; i++)
        if (firewall_rule_is_total(firewall->rules->pdata[i]))
            return (int)i;
    return -1;
}

static gboolean add(struct edit *edit, struct op *op, GError **error)
{
    GPtrArray *rules = edit->firewall->rules;
    guint at = edit->number < 0 ? rules->len : (guint)edit->number;
    int cover;

    if (at > rules->len)
        return refuse_number(edit, error);
    g_ptr_array_insert(rules, (int)at, g_steal_pointer(&edit->rule));
    cover = covered_by(edit->firewall, at);
    if (cover < 0)
        op_set_result(op, "rule %u added", at);
    else
        op_set_result(op, "rule %u added; it has no effect: rule %d before it "
                      "matches everything", at, cover);
    return TRUE;
}

/* Two rules are one if they say the same. */
static gint64 find(const struct firewall *firewall, const struct firewall_rule *rule)
{
    g_autofree char *wanted = firewall_rule_format(rule);

    for (guint i = 0; i < firewall->rules->len; i++) {
        const struct firewall_rule *other = firewall->rules->pdata[i];
        g_autofree char *text = firewall_rule_format(other);

        if (!other->flaw && strcmp(text, wanted) == 0)
            return i;
    }
    return -1;
}

static gboolean del(struct edit *edit, struct op *op, GError **error)
{
    GPtrArray *rules = edit->firewall->rules;

    if (edit->rule)
        edit->number = find(edit->firewall, edit->rule);
    if (edit->number < 0) {
        g_autofree char *text = firewall_rule_format(edit->rule);

        error_set(error, QMC_ERROR_NOTFOUND, "'qmc fw QUBE ls' shows the rules",
                  "qube '%s' has no rule '%s'", hold_name(edit->hold), text);
        return FALSE;
    }
    if (edit->number >= rules->len)
        return refuse_number(edit, error);
    g_ptr_array_remove_index(rules, (guint)edit->number);
    op_set_result(op, "rule %d deleted%s", (int)edit->number,
                  rules->len ? "" : "; without rules everything is dropped");
    return TRUE;
}

static gboolean reset(struct edit *edit, struct op *op, GError **error)
{
    firewall_reset(edit->firewall);
    op_set_result(op, "rules reset: everything is accepted");
    return TRUE;
}

static gboolean undo(gpointer data, GError **error)
{
    struct edit *edit = data;

    return firewall_restore(edit->firewall, error);
}

static gboolean change(struct edit *edit, struct op *op, GError **error)
{
    edit->firewall = firewall_read(edit->path, error);
    if (!edit->firewall || !edit->change(edit, op, error))
        return FALSE;
    edit->firewall->changed = TRUE;
    return TRUE;
}

static gboolean edit_look(struct op *op, GError **error)
{
    struct edit *edit = op->data;
    GString *text;

    if (!hold_look(edit->hold, op_cancellable(op), error) ||
        !change(edit, op, error))
        return FALSE;
    text = firewall_serialise(edit->firewall, now_s(), error);
    if (text)
        g_string_free(text, TRUE);
    return text != NULL;
}

static gboolean edit_run(struct op *op, GError **error)
{
    struct edit *edit = op->data;

    op_step(op, "%s locked", op->subject);
    if (!hold_take(edit->hold, op->row->name, LOCK_MS, op_cancellable(op), error))
        return FALSE;
    op_step(op, "rules read");
    if (!change(edit, op, error))
        return FALSE;
    op_step(op, "rules written");
    if (!firewall_write(edit->firewall, now_s(), error))
        return FALSE;
    op_push_undo(op, "rules", undo, edit, NULL);
    if (hold_state(edit->hold) != POWER_HALTED)
        op_step_end(op, STEP_WARNING, "'%s' is running: what its net qube was "
                    "told stays as it was", op->subject);
    return TRUE;
}

static struct edit *edit_new(struct op *op)
{
    const struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    struct edit *edit = g_new0(struct edit, 1);

    edit->hold = hold_new(op->engine, qube);
    edit->path = firewall_path(engine_root(op->engine), qube);
    edit->number = -1;
    return edit;
}

static gboolean edit_check(const struct op *op, GError **error)
{
    const struct edit *edit = op->data;

    if (edit->path)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, NULL,
              "qube '%s' has no directory for firewall rules", op->subject);
    return FALSE;
}

static gboolean take_rule(struct op *op, GError **error)
{
    struct edit *edit = op->data;

    edit->rule = firewall_rule_parse(op_text(op, "rule"), error);
    return edit->rule != NULL;
}

static gboolean add_prepare(struct op *op, GError **error)
{
    struct edit *edit = op->data = edit_new(op);
    g_autofree char *text = NULL;

    edit->change = add;
    edit->number = op_int(op, "before", -1);
    if (!edit_check(op, error) || !take_rule(op, error))
        return FALSE;
    text = firewall_rule_format(edit->rule);
    op_plan(op, "add the rule %s", text);
    return TRUE;
}

static gboolean is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static gboolean del_prepare(struct op *op, GError **error)
{
    struct edit *edit = op->data = edit_new(op);
    const char *text = op_text(op, "rule");

    edit->change = del;
    if (!edit_check(op, error))
        return FALSE;
    if (is_number(text) ? !text_int_parse(text, 0, G_MAXINT32, "rule",
                                          &edit->number, error)
                        : !take_rule(op, error))
        return FALSE;
    op_plan(op, "delete the rule %s", text);
    return TRUE;
}

static gboolean reset_prepare(struct op *op, GError **error)
{
    struct edit *edit = op->data = edit_new(op);

    edit->change = reset;
    op_plan(op, "replace all rules by one that accepts everything");
    return edit_check(op, error);
}

static const struct op_arg add_args[] = {
    { "rule", OP_ARG_TEXT, TRUE, "such as 'accept proto=tcp dsthost=192.0.2.1'" },
    { "before", OP_ARG_INT, FALSE, "number of the rule it comes before" },
    { NULL },
};

static const struct op_arg del_args[] = {
    { "rule", OP_ARG_TEXT, TRUE, "its number, or what it says" },
    { NULL },
};

const struct op_row op_fw_add = {
    .name = "fw-add",
    .label = "Add a firewall rule",
    .doing = "adding a rule",
    .done = "rule added",
    .help = "Add a rule; the first that matches counts, the rest is dropped.",
    .method = "admin.vm.firewall.Set",
    .classes = CLASS_QUBESVM,
    .states = KNOWN_STATES,
    .offline = TRUE,
    .command = "fw {qube} add {rule}",
    .confirm = CONFIRM_L1,
    .args = add_args,
    .deadline_ms = DEADLINE_MS,
    .prepare = add_prepare,
    .look = edit_look,
    .run = edit_run,
    .clear = edit_clear,
};

const struct op_row op_fw_del = {
    .name = "fw-del",
    .label = "Delete a firewall rule",
    .doing = "deleting a rule",
    .done = "rule deleted",
    .help = "Delete a rule by its number, or the first that says the same.",
    .method = "admin.vm.firewall.Set",
    .classes = CLASS_QUBESVM,
    .states = KNOWN_STATES,
    .offline = TRUE,
    .command = "fw {qube} del {rule}",
    .confirm = CONFIRM_L1,
    .args = del_args,
    .deadline_ms = DEADLINE_MS,
    .prepare = del_prepare,
    .look = edit_look,
    .run = edit_run,
    .clear = edit_clear,
};

const struct op_row op_fw_reset = {
    .name = "fw-reset",
    .label = "Reset the firewall",
    .doing = "resetting the rules",
    .done = "rules reset",
    .help = "Replace all rules by one that accepts everything.",
    .method = "admin.vm.firewall.Set",
    .classes = CLASS_QUBESVM,
    .states = KNOWN_STATES,
    .offline = TRUE,
    .command = "fw {qube} reset",
    .confirm = CONFIRM_L2,
    .consequence = "its rules are lost, and it may connect anywhere",
    .deadline_ms = DEADLINE_MS,
    .prepare = reset_prepare,
    .look = edit_look,
    .run = edit_run,
    .clear = edit_clear,
};
