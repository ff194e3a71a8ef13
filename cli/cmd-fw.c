/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/notice.h"
#include "cli/reading.h"
#include "core/firewall.h"
#include "util/error.h"

static gpointer read_rules(const char *path, GError **error)
{
    return firewall_read(path, error);
}

static void drop_rules(gpointer data)
{
    firewall_free(data);
}

static void field(struct out *out, const struct firewall_rule *rule, const char *name)
{
    g_autofree char *value = firewall_rule_get(rule, name);

    out_text(out, value);
}

/* For eyes: when, and whether that was; for programs the seconds of the file. */
static void expiry(struct out *out, enum out_form form, const struct firewall_rule *rule,
                   gboolean expired)
{
    g_autofree char *seconds = firewall_rule_get(rule, "expire"), *text = NULL;
    g_autoptr(GDateTime) when =
        seconds && form == OUT_TABLE ? g_date_time_new_from_unix_local(rule->expire) : NULL;
    g_autofree char *day = when ? g_date_time_format(when, "%Y-%m-%d %H:%M") : NULL;

    if (day)
        text = g_strdup_printf("%s %s", expired ? "expired" : "until", day);
    out_text(out, text ? text : seconds);
}

static void add_rule(struct out *out, enum out_form form, const struct firewall_rule *rule,
                     guint number)
{
    static const char *const fields[] = {
        "action", "dsthost", "proto", "dstports", "icmptype", "specialtarget",
    };
    gboolean expired =
        firewall_rule_expired(rule, g_get_real_time() / G_USEC_PER_SEC);
    g_autofree char *text = firewall_rule_format(rule);

    out_row(out);
    out_number(out, number);
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        field(out, rule, fields[i]);
    expiry(out, form, rule, expired);
    field(out, rule, "comment");
    out_bool(out, expired);
    out_text(out, text);
    out_text(out, rule->flaw);
}

static void tell(const struct firewall *firewall, const char *name)
{
    for (guint i = 0; i < firewall->notes->len; i++)
        notice_line("%s: %s", name, (const char *)firewall->notes->pdata[i]);
    for (guint i = 0; i < firewall->rules->len; i++) {
        const struct firewall_rule *rule = firewall->rules->pdata[i];

        if (rule->flaw)
            notice_line("%s: rule %u cannot be read, so nothing passes after it: %s",
                        name, i, rule->flaw);
    }
    if (firewall->rules->len == 0)
        notice_line("%s: there are no rules, so everything is dropped", name);
}

static gboolean print_rules(struct cli *cli, const struct qube *qube, GError **error)
{
    /* A table says it in "expire". */
    unsigned expired = cli->form == OUT_TABLE ? OUT_DETAIL : 0;
    const struct out_column columns[] = {
        {"number", "no", OUT_NUMBER, 0},
        {"action", NULL, OUT_TEXT, 0},
        {"dsthost", NULL, OUT_TEXT, OUT_SHRINK},
        {"proto", NULL, OUT_TEXT, 0},
        {"dstports", "ports", OUT_TEXT, 0},
        {"icmptype", "icmp", OUT_TEXT, 0},
        {"specialtarget", "target", OUT_TEXT, 0},
        {"expire", NULL, OUT_TEXT, 0},
        {"comment", NULL, OUT_TEXT, OUT_SHRINK},
        {"expired", NULL, OUT_BOOL, expired},
        {"rule", NULL, OUT_TEXT, OUT_DETAIL},
        {"flaw", NULL, OUT_TEXT, OUT_DETAIL},
        {NULL},
    };
    g_autofree char *path = firewall_path(engine_root(cli->engine), qube);
    auto_of(firewall) struct firewall *firewall = NULL;
    auto_of(out) struct out *out = NULL;

    if (!path) {
        error_set(error, QMC_ERROR_STATE, "'qmc ls --class AppVM' lists qubes that have rules",
                  "qube '%s' has no firewall rules: its class has no such operation",
                  qube->name);
        return FALSE;
    }
    firewall = reading_wait(path, read_rules, drop_rules, error);
    if (!firewall)
        return FALSE;
    out = out_new(columns);
    for (guint i = 0; i < firewall->rules->len; i++)
        add_rule(out, cli->form, firewall->rules->pdata[i], i);
    out_print(out, cli->form);
    tell(firewall, qube->name);
    return TRUE;
}

static gboolean run_ls(struct cli *cli, const char *op, GError **error)
{
    const char *name = options_args(cli->options)[0];
    const struct qube *qube = cli_qube(cli, name, error);

    return qube && print_rules(cli, qube, error);
}

/* What is behind the second word is the rule, however it was quoted. */
static gboolean run_op(struct cli *cli, const char *op, GError **error)
{
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_args(cli);
    GString *rule = g_string_new(NULL);

    for (gsize i = 2; given[i]; i++)
        g_string_append_printf(rule, "%s%s", i > 2 ? " " : "", given[i]);
    if (rule->len)
        g_hash_table_insert(args, g_strdup("rule"), g_strdup(rule->str));
    g_string_free(rule, TRUE);
    return batch_run(cli, op, (const char *const[]){given[0], NULL}, args, error);
}

static const struct {
    const char *word, *op;
    gboolean rule, before, drop;
    gboolean (*run)(struct cli *cli, const char *op, GError **error);
} actions[] = {
    {"ls", NULL, FALSE, FALSE, FALSE, run_ls},
    {"add", "fw-add", TRUE, TRUE, FALSE, run_op},
    {"del", "fw-del", TRUE, FALSE, FALSE, run_op},
    {"reset", "fw-reset", FALSE, FALSE, TRUE, run_op},
};

static gboolean refuse(const struct cli *cli, const char *what, GError **error)
{
    g_autofree char *usage = cmd_usage(options_cmd(cli->options));
    const char *action = options_args(cli->options)[1];

    error_set(error, QMC_ERROR_INVALID, usage, "'fw %s' %s", action ? action : "ls",
              what);
    return FALSE;
}

static gboolean run(struct cli *cli, GError **error)
{
    const char *const *given = options_args(cli->options);
    const char *word = given[1] ? given[1] : "ls";
    gsize i = 0;

    while (i < G_N_ELEMENTS(actions) && strcmp(actions[i].word, word) != 0)
        i++;
    if (i == G_N_ELEMENTS(actions))
        return refuse(cli, "is nothing qmc can do", error);
    if (actions[i].rule && !given[2])
        return refuse(cli, "needs a rule", error);
    if (!actions[i].rule && given[1] && given[2])
        return refuse(cli, "takes no rule", error);
    if (!actions[i].before && options_has(cli->options, "before"))
        return refuse(cli, "takes no '--before'", error);
    if (!actions[i].before && options_has(cli->options, "replace"))
        return refuse(cli, "takes no '--replace'", error);
    if (!actions[i].drop && options_has(cli->options, "drop"))
        return refuse(cli, "takes no '--drop'", error);
    return actions[i].run(cli, actions[i].op, error);
}

static const struct option_row own_options[] = {
    {"before", 0, "N", "add: before the rule of this number, not last"},
    {"replace", 0, "RULE", "add: in the place of this rule, by number or text"},
    {"drop", 0, NULL, "reset: drop everything"},
    {NULL},
};

const struct cmd cmd_fw = {
    .words = "fw",
    .args = "QUBE [ACTION [RULE...]]",
    .brief = "list and change the firewall rules",
    .help = "ACTION is ls, add, del or reset; without one the rules are listed.\n"
            "ls lists the rules with their numbers; the first that matches counts,\n"
            "what none matches is dropped. add takes accept or drop and any of proto=,\n"
            "dst4=, dst6=, dsthost=, dstports=, icmptype=, specialtarget=dns, expire=\n"
            "(seconds since 1970), comment= (last); del a number or such a rule. reset\n"
            "accepts everything, with --drop nothing, and needs --yes. The rules of\n"
            "before are kept in /var/lib/qubes/backup/qmc.\n",
    .options = own_options,
    .min_args = 1,
    .max_args = -1,
    .run = run,
};
