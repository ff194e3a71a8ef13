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
/* Its lock asks the hypervisor. */
#define KNOWN_STATES (~(1u << POWER_UNKNOWN))

struct rewrite {
    struct hold *hold;
    char *path;
    struct firewall_rule *rule; /* as given; NULL: a number, or none */
    gint64 number;              /* of the rule; to add: before that; -1: last */
    gboolean replaces;          /* to add: in the place of this one: */
    struct firewall_rule *old;  /* as given; NULL: a number */
    gint64 old_number;
    struct firewall *firewall;  /* what was read, and is to be put back */
    gboolean resets;            /* what it was does not matter */
    enum firewall_action rest;  /* to reset: what becomes of everything */
    char *root, *name;
    struct qube_file kept;      /* the copy of what was there */
    gint64 now;                 /* when that was: what had expired is dropped */
    gboolean (*change)(struct rewrite *rewrite, struct op *op, GError **error);
};

static void rewrite_clear(struct op *op)
{
    struct rewrite *rewrite = op->data;

    hold_free(rewrite->hold);
    g_free(rewrite->path);
    firewall_rule_free(rewrite->rule);
    firewall_rule_free(rewrite->old);
    firewall_free(rewrite->firewall);
    qube_file_clear(&rewrite->kept);
    g_free(rewrite->root);
    g_free(rewrite->name);
    g_free(rewrite);
}

static gint64 now_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static void refuse_number(const struct rewrite *rewrite, gint64 number,
                          GError **error)
{
    error_set(error, QMC_ERROR_NOTFOUND, "'qmc fw QUBE ls' shows the numbers",
              "qube '%s' has no rule %" G_GINT64_FORMAT ": it has %u, counted from 0",
              hold_name(rewrite->hold), number, rewrite->firewall->rules->len);
}

/* They are not written, so they do not count in what is said of the others. */
static void drop_expired(struct firewall *firewall, gint64 now)
{
    for (guint i = firewall->rules->len; i-- > 0;)
        if (firewall_rule_expired(firewall->rules->pdata[i], now))
            g_ptr_array_remove_index(firewall->rules, i);
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

/* The rule that is meant, by what it says or (NULL) by its number; -1: there is none
 * such. */
static gint64 locate(const struct rewrite *rewrite, const struct firewall_rule *rule,
                     gint64 number, GError **error)
{
    gint64 at = rule ? find(rewrite->firewall, rule) : number;

    if (at >= 0 && at < rewrite->firewall->rules->len)
        return at;
    if (!rule) {
        refuse_number(rewrite, number, error);
        return -1;
    }
    g_autofree char *text = firewall_rule_format(rule);
    error_set(error, QMC_ERROR_NOTFOUND, "'qmc fw QUBE ls' shows the rules",
              "qube '%s' has no rule '%s'", hold_name(rewrite->hold), text);
    return -1;
}

/* Where the new rule goes, counted without the one it replaces; -1: nowhere. */
static gint64 make_place(struct rewrite *rewrite, GError **error)
{
    GPtrArray *rules = rewrite->firewall->rules;
    gint64 at = rewrite->number < 0 ? rules->len : rewrite->number, old;

    if (at > rules->len) {
        refuse_number(rewrite, at, error);
        return -1;
    }
    if (!rewrite->replaces)
        return at;
    old = locate(rewrite, rewrite->old, rewrite->old_number, error);
    if (old < 0)
        return -1;
    g_ptr_array_remove_index(rules, (guint)old);
    if (rewrite->number < 0)
        return old;
    return at > old ? at - 1 : at;
}

static gboolean check_lasts(const struct firewall_rule *rule, gint64 now,
                            GError **error)
{
    g_autofree char *expire = firewall_rule_get(rule, "expire");
    g_autofree char *hint = NULL;

    if (!firewall_rule_expired(rule, now))
        return TRUE;
    hint = g_strdup_printf("it is seconds since 1970, and now is %" G_GINT64_FORMAT,
                           now);
    error_set(error, QMC_ERROR_INVALID, hint,
              "the rule has expired already: its 'expire' is '%s'", expire);
    return FALSE;
}

static void say_added(const struct rewrite *rewrite, struct op *op, guint at)
{
    const char *done = rewrite->replaces ? "changed" : "added";
    const struct firewall_rule *rule;
    int cover = firewall_decisive(rewrite->firewall);

    if (cover < 0 || (guint)cover >= at) {
        op_set_result(op, "rule %u %s", at, done);
        return;
    }
    rule = rewrite->firewall->rules->pdata[cover];
    op_set_result(op, "rule %u %s; it has no effect: rule %d before it %s", at, done,
                  cover, rule->flaw ? "cannot be read" : "matches everything");
}

/* Numbers are given as they are listed, and said as they will be. */
static gboolean add(struct rewrite *rewrite, struct op *op, GError **error)
{
    GPtrArray *rules = rewrite->firewall->rules;
    struct firewall_rule *rule = rewrite->rule;
    gint64 at = make_place(rewrite, error);
    guint place;

    if (at < 0 || !check_lasts(rule, rewrite->now, error))
        return FALSE;
    g_ptr_array_insert(rules, (int)at, g_steal_pointer(&rewrite->rule));
    drop_expired(rewrite->firewall, rewrite->now);
    if (g_ptr_array_find(rules, rule, &place))
        say_added(rewrite, op, place);
    return TRUE;
}

static gboolean del(struct rewrite *rewrite, struct op *op, GError **error)
{
    GPtrArray *rules = rewrite->firewall->rules;
    gint64 at = locate(rewrite, rewrite->rule, rewrite->number, error);

    if (at < 0)
        return FALSE;
    g_ptr_array_remove_index(rules, (guint)at);
    op_set_result(op, "rule %d deleted%s", (int)at,
                  rules->len ? "" : "; without rules everything is dropped");
    return TRUE;
}

static const char *done_of(enum firewall_action action)
{
    return action == FIREWALL_DROP ? "dropped" : "accepted";
}

static gboolean reset(struct rewrite *rewrite, struct op *op, GError **error)
{
    firewall_reset(rewrite->firewall, rewrite->rest);
    op_set_result(op, "rules reset: everything is %s", done_of(rewrite->rest));
    return TRUE;
}

static gboolean undo(gpointer data, GError **error)
{
    struct rewrite *rewrite = data;

    return firewall_restore(rewrite->firewall, error);
}

static gboolean change(struct rewrite *rewrite, struct op *op, GError **error)
{
    rewrite->now = now_s();
    rewrite->firewall = (rewrite->resets ? firewall_read_broken : firewall_read)(
        rewrite->path, error);
    if (!rewrite->firewall || !file_check_no_link(rewrite->path, error) ||
        !rewrite->change(rewrite, op, error))
        return FALSE;
    rewrite->firewall->changed = TRUE;
    return TRUE;
}

#define CONVERTED "the file of Qubes 3 becomes one of Qubes 4"

/* Whoever changes one rule is told of what else changes by that. */
static void say_converted(const struct rewrite *rewrite, struct op *op)
{
    const struct firewall *firewall = rewrite->firewall;

    if (!firewall->old)
        return;
    op_step(op, CONVERTED);
    for (guint i = 0; i < firewall->notes->len; i++) {
        op_step(op, "meaning compared with that of qubesd");
        op_step_end(op, STEP_WARNING, "%s", (const char *)firewall->notes->pdata[i]);
    }
}

/* Of a reset the former rules do not matter. */
static void result_converted(const struct rewrite *rewrite, struct op *op)
{
    g_autofree char *result = NULL;

    if (!rewrite->firewall->old || rewrite->resets)
        return;
    result = g_strdup(op->result ? op->result : "rules written");
    op_set_result(op, "%s; " CONVERTED, result);
}

static gboolean rewrite_look(struct op *op, GError **error)
{
    struct rewrite *rewrite = op->data;
    GString *text;

    if (!hold_look_own(rewrite->hold, op_cancellable(op), error) ||
        !change(rewrite, op, error))
        return FALSE;
    text = firewall_serialise(rewrite->firewall, rewrite->now, error);
    if (text) {
        g_string_free(text, TRUE);
        if (!rewrite->resets)
            say_converted(rewrite, op);
    }
    return text != NULL;
}

static gboolean undo_kept(gpointer data, GError **error)
{
    struct rewrite *rewrite = data;

    return qube_file_remove(&rewrite->kept, error);
}

/* Also of what is broken: there may be rules in it that somebody can still make out.
 * A reset says where they are. */
static gboolean keep(struct rewrite *rewrite, struct op *op, GError **error)
{
    const struct firewall *firewall = rewrite->firewall;

    if (!firewall->file.there)
        return TRUE;
    op_step(op, "former rules kept");
    if (!firewall_keep(firewall, rewrite->root, rewrite->name, &rewrite->kept, error))
        return FALSE;
    op_push_undo(op, "former rules kept", undo_kept, rewrite, NULL);
    if (rewrite->resets)
        op_set_result(op, "rules reset: everything is %s; the %s is kept as '%s'",
                      done_of(rewrite->rest), firewall->broken ? "broken file" : "former file",
                      rewrite->kept.path);
    return TRUE;
}

static gboolean rewrite_run(struct op *op, GError **error)
{
    struct rewrite *rewrite = op->data;

    op_step(op, "%s locked", op->subject);
    if (!hold_lock(rewrite->hold, op->row->name, LOCK_MS, op_cancellable(op), error) ||
        !hold_look_own(rewrite->hold, op_cancellable(op), error))
        return FALSE;
    op_step(op, "rules read");
    if (!change(rewrite, op, error))
        return FALSE;
    if (!rewrite->resets)
        say_converted(rewrite, op);
    result_converted(rewrite, op);
    if (!keep(rewrite, op, error))
        return FALSE;
    op_step(op, "rules written");
    if (!firewall_write(rewrite->firewall, rewrite->now, error))
        return FALSE;
    op_push_undo(op, "rules", undo, rewrite, NULL);
    if (rewrite->kept.path)
        firewall_thin(rewrite->root, rewrite->name, &rewrite->kept);
    if (hold_state(rewrite->hold) != POWER_HALTED)
        op_step_end(op, STEP_WARNING, "'%s' is running: what its net qube was "
                    "told stays as it was", op->subject);
    return TRUE;
}

static struct rewrite *rewrite_new(struct op *op)
{
    const struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    struct rewrite *rewrite = g_new0(struct rewrite, 1);

    rewrite->hold = hold_new(op->engine, qube);
    rewrite->root = g_strdup(engine_root(op->engine));
    rewrite->name = g_strdup(qube->name);
    rewrite->path = firewall_path(rewrite->root, qube);
    rewrite->number = -1;
    return rewrite;
}

static gboolean rewrite_check(const struct op *op, GError **error)
{
    const struct rewrite *rewrite = op->data;

    if (rewrite->path)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "'qmc xml check' says what is wrong with it",
              "qube '%s' has no directory for firewall rules", op->subject);
    return FALSE;
}

static gboolean take_rule(struct op *op, GError **error)
{
    struct rewrite *rewrite = op->data;

    rewrite->rule = firewall_rule_parse(op_text(op, "rule"), error);
    return rewrite->rule && check_lasts(rewrite->rule, now_s(), error);
}

static gboolean is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

/* A rule by its number, or by what it says: *rule stays NULL for a number. */
static gboolean take_named(const char *text, struct firewall_rule **rule,
                           gint64 *number, GError **error)
{
    if (is_number(text))
        return text_int_parse(text, 0, G_MAXINT32, "rule", number, error);
    *rule = firewall_rule_parse(text, error);
    return *rule != NULL;
}

static gboolean take_replaced(struct op *op, GError **error)
{
    struct rewrite *rewrite = op->data;
    const char *text = op_text(op, "replace");

    rewrite->replaces = text != NULL;
    return !text || take_named(text, &rewrite->old, &rewrite->old_number, error);
}

static gboolean add_prepare(struct op *op, GError **error)
{
    struct rewrite *rewrite = op->data = rewrite_new(op);
    g_autofree char *text = NULL;

    rewrite->change = add;
    rewrite->number = op_int(op, "before", -1);
    if (!rewrite_check(op, error) || !take_rule(op, error) ||
        !take_replaced(op, error))
        return FALSE;
    text = firewall_rule_format(rewrite->rule);
    op_plan(op, rewrite->replaces ? "put the rule %s in the place of %s"
                                  : "add the rule %s", text, op_text(op, "replace"));
    return TRUE;
}

static gboolean del_prepare(struct op *op, GError **error)
{
    struct rewrite *rewrite = op->data = rewrite_new(op);
    const char *text = op_text(op, "rule");

    rewrite->change = del;
    if (!rewrite_check(op, error) ||
        !take_named(text, &rewrite->rule, &rewrite->number, error))
        return FALSE;
    op_plan(op, "delete the rule %s", text);
    return TRUE;
}

static gboolean reset_prepare(struct op *op, GError **error)
{
    struct rewrite *rewrite = op->data = rewrite_new(op);

    rewrite->change = reset;
    rewrite->resets = TRUE;
    rewrite->rest = op_bool(op, "drop") ? FIREWALL_DROP : FIREWALL_ACCEPT;
    op_plan(op, "replace all rules by one that %s everything",
            rewrite->rest == FIREWALL_DROP ? "drops" : "accepts");
    return rewrite_check(op, error);
}

static const char *text_of(GHashTable *args, const char *arg)
{
    return args ? g_hash_table_lookup(args, arg) : NULL;
}

/* What is asked about is the rule, not the qube. */
static char *rule_object(const struct qube *qube, GHashTable *args)
{
    const char *rule = text_of(args, "rule");

    return rule && is_number(rule) ? g_strdup_printf("rule %s of %s", rule, qube->name)
                                   : g_strdup_printf("a rule of %s", qube->name);
}

static char *rule_stake(const struct model *model, const struct qube *qube,
                        GHashTable *args)
{
    const char *rule = text_of(args, "rule");

    return rule && !is_number(rule) ? g_strdup_printf("it says: %s", rule) : NULL;
}

/* What is lost is said too. */
static char *add_stake(const struct model *model, const struct qube *qube,
                       GHashTable *args)
{
    const char *rule = text_of(args, "rule"), *old = text_of(args, "replace");

    if (!rule || !old)
        return rule_stake(model, qube, args);
    return is_number(old) ? g_strdup_printf("rule %s becomes: %s", old, rule)
                          : g_strdup_printf("it says: %s; it becomes: %s", old, rule);
}

static char *rules_object(const struct qube *qube, GHashTable *args)
{
    return g_strdup_printf("the rules of %s", qube->name);
}

static char *reset_stake(const struct model *model, const struct qube *qube,
                         GHashTable *args)
{
    return g_strdup(op_args_bool(args, "drop")
                        ? "its rules are lost, and it may connect nowhere"
                        : "its rules are lost, and it may connect anywhere");
}

static const char *add_verb(const struct qube *qube, GHashTable *args)
{
    return text_of(args, "replace") ? "Change" : "Add";
}

static const char *del_verb(const struct qube *qube, GHashTable *args)
{
    return "Delete";
}

static const char *reset_verb(const struct qube *qube, GHashTable *args)
{
    return "Reset";
}

static const struct op_arg add_args[] = {
    { "rule", OP_ARG_TEXT, TRUE, "such as 'accept proto=tcp dsthost=192.0.2.1'" },
    { "before", OP_ARG_INT, FALSE, "number of the rule it comes before" },
    { "replace", OP_ARG_TEXT, FALSE, "rule it takes the place of: number, or text" },
    { NULL },
};

static const struct op_arg del_args[] = {
    { "rule", OP_ARG_TEXT, TRUE, "its number, or what it says" },
    { NULL },
};

static const struct op_arg reset_args[] = {
    { "drop", OP_ARG_BOOL, FALSE, "drop everything" },
    { NULL },
};

#define REWRITE                                                                \
    .method = "admin.vm.firewall.Set", .classes = CLASS_QUBESVM,               \
    .states = KNOWN_STATES, .offline = TRUE, .deadline_ms = DEADLINE_MS,       \
    .look = rewrite_look, .run = rewrite_run, .clear = rewrite_clear

const struct op_row op_fw_add = {
    .name = "fw-add",
    .label = "Add a firewall rule",
    .phrase = "add a firewall rule to",
    .doing = "adding a rule",
    .done = "rule added",
    .help = "Add a rule; the first that matches counts, the rest is dropped.",
    .command = "fw {qube} add {rule}",
    .confirm = CONFIRM_L1,
    .args = add_args,
    .prepare = add_prepare,
    .verb = add_verb,
    .object = rule_object,
    .stake = add_stake,
    REWRITE,
};

const struct op_row op_fw_del = {
    .name = "fw-del",
    .label = "Delete a firewall rule",
    .phrase = "delete a firewall rule of",
    .doing = "deleting a rule",
    .done = "rule deleted",
    .help = "Delete a rule by its number, or the first that says the same.",
    .command = "fw {qube} del {rule}",
    .confirm = CONFIRM_L1,
    .args = del_args,
    .prepare = del_prepare,
    .verb = del_verb,
    .object = rule_object,
    .stake = rule_stake,
    REWRITE,
};

const struct op_row op_fw_reset = {
    .name = "fw-reset",
    .label = "Reset the firewall",
    .phrase = "reset the firewall of",
    .doing = "resetting the rules",
    .done = "rules reset",
    .help = "Replace all rules by one that accepts (or drops) everything.",
    .command = "fw {qube} reset",
    .confirm = CONFIRM_L2,
    .args = reset_args,
    .prepare = reset_prepare,
    .verb = reset_verb,
    .object = rules_object,
    .stake = reset_stake,
    REWRITE,
};
