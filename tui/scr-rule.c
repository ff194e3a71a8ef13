/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A firewall rule as a form (ux.md 4.6); what is typed is checked as the
 * operation checks it. */
#include "config.h"

#include <string.h>

#include "core/firewall.h"
#include "core/query.h"
#include "tui/dialog.h"
#include "tui/form.h"
#include "tui/screens.h"
#include "util/error.h"

#define WIDTH 74
#define MINUTES_MAX (10 * 366 * 24 * 60)
#define WIDE_FIELD 44
#define COMMAND_HEIGHT 3

enum row { ROW_ACTION, ROW_TO, ROW_PROTO, ROW_PORTS, ROW_MINUTES, ROW_COMMENT,
           ROW_BEFORE, ROWS };

static const char *const actions[] = {"accept", "drop", NULL};
static const char *const protos[] = {"any", "tcp", "udp", "icmp", NULL};

/* Beginning of the form; `initial` of some rows is of the screen. */
static const struct form_row rule_rows[ROWS] = {
    [ROW_ACTION] = {"Action", actions, FALSE, "accept",
                    "what becomes of what matches", 0},
    [ROW_TO] = {"To", NULL, FALSE, "",
                "address, network/length, name, (dns) or (any)", WIDE_FIELD},
    [ROW_PROTO] = {"Protocol", protos, FALSE, "any", "any has no ports", 0},
    [ROW_PORTS] = {"Ports", NULL, FALSE, "",
                   "443 or 8000-8080; with icmp: its type; empty: all", 0},
    [ROW_MINUTES] = {"Minutes", NULL, FALSE, "",
                     "how long it counts from now on; empty: always", 0},
    [ROW_COMMENT] = {"Comment", NULL, FALSE, "", "ASCII, 64 characters at most",
                     WIDE_FIELD},
    [ROW_BEFORE] = {"Before", NULL, FALSE, "",
                    "number of the rule it comes before; empty: last", 0},
};

struct rule {
    char *uuid, *title;
    char *old;               /* the rule it takes the place of, as text; or NULL */
    char *initial[ROWS];
    struct form_row rows[ROWS];
    struct form *form;
    gboolean applied;        /* then it is said what is missing */
    char *seen;              /* all rules, as text, when they were looked at last */
    struct query *looking;   /* again, before anything is changed; NULL: not now */
    char *news;              /* what somebody else did to them; NULL: it was read */
};

#define ANYWHERE "(any)"

static struct rule *rule_of(const struct screen *screen)
{
    return screen->data;
}

/* --- what is typed --- */

static void rule_word(GString *text, const char *name, const char *value)
{
    if (*value)
        g_string_append_printf(text, " %s=%s", name, value);
}

/* FALSE: it is no number of minutes. */
static gboolean rule_expire(const char *minutes, gint64 *expire, GError **error)
{
    gint64 n;

    if (!text_int_parse(minutes, 1, MINUTES_MAX, "minutes", &n, error))
        return FALSE;
    *expire = g_get_real_time() / G_USEC_PER_SEC + n * 60;
    return TRUE;
}

/* Rows that are not wanted read as if they were empty. */
static char *rule_text(const struct rule *rule, unsigned wanted)
{
    const char *value[ROWS];
    GString *text = g_string_new(NULL);
    gint64 expire;

    for (int i = 0; i < ROWS; i++)
        value[i] = wanted & (1u << i) ? form_value(rule->form, (guint)i) : "";
    g_string_append_printf(text, "action=%s", form_value(rule->form, ROW_ACTION));
    if (strcmp(value[ROW_TO], "(dns)") == 0)
        rule_word(text, "specialtarget", "dns");
    else if (strcmp(value[ROW_TO], ANYWHERE) != 0)
        rule_word(text, "dsthost", value[ROW_TO]);
    if (strcmp(value[ROW_PROTO], "any") != 0)
        rule_word(text, "proto", value[ROW_PROTO]);
    rule_word(text, strcmp(value[ROW_PROTO], "icmp") == 0 ? "icmptype" : "dstports",
              value[ROW_PORTS]);
    if (*value[ROW_MINUTES] && rule_expire(value[ROW_MINUTES], &expire, NULL))
        g_string_append_printf(text, " expire=%" G_GINT64_FORMAT, expire);
    rule_word(text, "comment", value[ROW_COMMENT]);
    return g_string_free(text, FALSE);
}

#define ALL_ROWS ((1u << ROWS) - 1)

/* With its hint: which words a field takes stands there. */
static char *rule_why(const GError *error)
{
    return error_text(error);
}

static gboolean rule_check_number(guint row, const char *value, GError **error)
{
    gint64 n;

    return !*value || (row == ROW_MINUTES
                           ? rule_expire(value, &n, error)
                           : text_int_parse(value, 0, FIREWALL_RULES_MAX, "before",
                                            &n, error));
}

static gboolean rule_is_total(const struct rule *rule)
{
    g_autofree char *text = rule_text(rule, ALL_ROWS);
    auto_of(firewall_rule) struct firewall_rule *parsed =
        firewall_rule_parse(text, NULL);

    return parsed && firewall_rule_is_total(parsed);
}

/* Nobody lets everything through because nothing was typed. */
static gboolean rule_lacks_target(const struct rule *rule)
{
    return !*form_value(rule->form, ROW_TO) && rule_is_total(rule);
}

static char *rule_refused(guint row, const char *value, gpointer data)
{
    const struct rule *rule = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    auto_of(firewall_rule) struct firewall_rule *parsed = NULL;

    if (row == ROW_MINUTES || row == ROW_BEFORE)
        return rule_check_number(row, value, &error) ? NULL : rule_why(error);
    if (row == ROW_TO && rule->applied && rule_lacks_target(rule))
        return g_strdup("a target is needed; " ANYWHERE " is everything");
    /* Ports depend on the protocol. */
    text = rule_text(rule, 1u << row | (row == ROW_PORTS ? 1u << ROW_PROTO : 0));
    parsed = firewall_rule_parse(text, &error);
    return parsed ? NULL : rule_why(error);
}

static GHashTable *rule_args(const struct rule *rule)
{
    const char *before = form_value(rule->form, ROW_BEFORE);
    g_autofree char *text = rule_text(rule, ALL_ROWS);

    return op_args_new("rule", text, "before", *before ? before : NULL, "replace",
                       rule->old, NULL);
}

/* --- life --- */

/* What is left of its time, so that no change makes it longer. */
static char *rule_minutes(const struct firewall_rule *old)
{
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *expire = firewall_rule_get(old, "expire");

    return expire ? g_strdup_printf("%" G_GINT64_FORMAT,
                                    MAX((old->expire - now + 59) / 60, 1))
                  : NULL;
}

static char *rule_to(const struct firewall_rule *old)
{
    g_autofree char *special = firewall_rule_get(old, "specialtarget");

    if (firewall_rule_is_total(old))
        return g_strdup(ANYWHERE);
    return special ? g_strdup_printf("(%s)", special)
                   : firewall_rule_get(old, "dsthost");
}

static void rule_take_old(struct rule *rule, const struct firewall_rule *old)
{
    char *type = firewall_rule_get(old, "icmptype");

    rule->old = firewall_rule_format(old);
    rule->initial[ROW_ACTION] = firewall_rule_get(old, "action");
    rule->initial[ROW_TO] = rule_to(old);
    rule->initial[ROW_PROTO] = firewall_rule_get(old, "proto");
    rule->initial[ROW_PORTS] = type ? type : firewall_rule_get(old, "dstports");
    rule->initial[ROW_MINUTES] = rule_minutes(old);
    rule->initial[ROW_COMMENT] = firewall_rule_get(old, "comment");
    rule->rows[ROW_BEFORE].help = "number of the rule to go before; empty: it stays";
}

static void rule_take_new(struct rule *rule, const struct rule_spec *spec)
{
    rule->initial[ROW_MINUTES] = g_strdup(spec->minutes);
    rule->initial[ROW_COMMENT] = g_strdup(spec->comment);
    if (spec->before >= 0)
        rule->initial[ROW_BEFORE] = g_strdup_printf("%d", spec->before);
}

/* All rules, to be compared. */
static char *rule_all(const struct firewall *firewall)
{
    GString *all = g_string_new(NULL);

    for (guint i = 0; i < firewall->rules->len; i++) {
        g_autofree char *text = firewall_rule_format(firewall->rules->pdata[i]);

        g_string_append_printf(all, "%s\n", text);
    }
    return g_string_free(all, FALSE);
}

static void rule_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct rule_spec *spec = argument;
    struct rule *rule = screen->data;
    const struct qube *qube = model_qube(app_model(screen->app), spec->uuid);
    struct form_spec form = {rule->rows, ROWS, rule_refused, rule};

    rule->uuid = g_strdup(spec->uuid);
    rule->seen = rule_all(spec->firewall);
    rule->title = g_strdup_printf("%s of %s",
                                  spec->old ? "Firewall rule" : "New firewall rule",
                                  qube->name);
    memcpy(rule->rows, rule_rows, sizeof(rule_rows));
    if (spec->old)
        rule_take_old(rule, spec->old);
    else
        rule_take_new(rule, spec);
    for (int i = 0; i < ROWS; i++)
        if (rule->initial[i])
            rule->rows[i].initial = rule->initial[i];
    rule->form = form_new(&form);
}

void rule_open(struct app *app, const struct rule_spec *spec)
{
    app_push(app, &screen_rule, spec);
}

static void rule_close(struct screen *screen)
{
    struct rule *rule = screen->data;

    g_clear_pointer(&rule->looking, query_forget);
    form_free(rule->form);
    g_free(rule->seen);
    g_free(rule->news);
    g_free(rule->uuid);
    g_free(rule->title);
    g_free(rule->old);
    for (int i = 0; i < ROWS; i++)
        g_free(rule->initial[i]);
}

static void rule_withdraw(struct screen *screen, const char *why)
{
    app_note(screen->app, TRUE, "%s: the form is withdrawn: %s",
             rule_of(screen)->title, why);
    app_pop(screen->app, screen);
}

static void rule_event(struct screen *screen, const struct event *event)
{
    if (!model_qube(app_model(screen->app), rule_of(screen)->uuid))
        rule_withdraw(screen, "the qube is gone");
}

/* --- drawing --- */

static void rule_draw_below(const struct rule *rule, const struct qube *qube,
                            struct rect area)
{
    g_autoptr(GHashTable) args = rule_args(rule);
    g_autofree char *command = op_command(op_find("fw-add"), qube, args);
    int used = draw_wrapped(area, STYLE_NORMAL, command);

    if (used < area.h && rule_is_total(rule))
        draw_words(area.y + used, area.x, area.w, STYLE_WARN,
                   "! It matches everything: rules after it have no effect.");
}

static void rule_draw(struct screen *screen, struct rect area)
{
    const struct rule *rule = rule_of(screen);
    const struct qube *qube = model_qube(app_model(screen->app), rule->uuid);
    g_autofree char *why = form_why(rule->form);
    int height = form_height(rule->form);
    struct rect size = {0, 0, height + 3 + COMMAND_HEIGHT, WIDTH};
    struct rect inside = dialog_box(screen, area, size, rule->title);
    struct rect below = {inside.y + height + 1, inside.x, inside.h - height - 1,
                         inside.w};

    if (below.h > 0 && (!why || draw_wrapped_height(inside.w, why) <= 1)) {
        rule_draw_below(rule, qube, below);
        inside.h = height;
    }
    form_draw(rule->form, inside);
    if (rule->news && inside.h > 2)
        draw_text(inside.y + inside.h - 1, inside.x, inside.w, STYLE_WARN, rule->news);
}

/* --- what others do --- */

static void rule_submit(struct screen *screen)
{
    const struct rule *rule = rule_of(screen);
    g_autoptr(GHashTable) args = rule_args(rule);
    /* The form with its command was the question. */
    struct action action = {"fw-add", rule->uuid, args, CONFIRM_L1};

    app_pop(screen->app, screen);
    action_submit(screen->app, &action);
}

/* Where the one to be replaced is now; -1: nowhere. */
static int rule_place(const struct rule *rule, const struct firewall *firewall)
{
    for (guint i = 0; i < firewall->rules->len; i++) {
        g_autofree char *text = firewall_rule_format(firewall->rules->pdata[i]);

        if (g_str_equal(text, rule->old))
            return (int)i;
    }
    return -1;
}

/* Numbers may mean other rules by now, and the rule may be gone. */
static void rule_tell_news(struct screen *screen, const struct firewall *firewall)
{
    struct rule *rule = rule_of(screen);
    int at = rule->old ? rule_place(rule, firewall) : 0;

    detail_reread_rules(screen->app);
    if (at < 0) {
        rule_withdraw(screen, "somebody else changed or deleted the rule");
        return;
    }
    rule->news =
        rule->old ? g_strdup_printf("others changed the rules: this is number %d now;"
                                    " Enter again applies", at)
                  : g_strdup_printf("others changed the rules: they are %u now;"
                                    " Enter again adds it", firewall->rules->len);
}

static gpointer rule_look(gconstpointer path, GError **error)
{
    return firewall_read(path, error);
}

static void rule_free_answer(gpointer answer)
{
    firewall_free(answer);
}

/* What cannot be read is told by the operation, with what is to be done. */
static void rule_looked(gpointer answer, const GError *error, gpointer data)
{
    struct screen *screen = data;
    struct rule *rule = rule_of(screen);
    auto_of(firewall) struct firewall *firewall = answer;
    g_autofree char *all = firewall ? rule_all(firewall) : NULL;

    rule->looking = NULL;
    if (screen->closing) /* left in this turn: nothing is written */
        return;
    if (!all || g_str_equal(all, rule->seen)) {
        rule_submit(screen);
        return;
    }
    g_free(rule->seen);
    rule->seen = g_steal_pointer(&all);
    rule_tell_news(screen, firewall);
    app_dirty(screen->app);
}

/* --- keys --- */

static gboolean rule_typed(struct screen *screen, int key)
{
    struct rule *rule = rule_of(screen);

    if (rule->looking && key != K_ESC && key != K_CTRL('C'))
        return TRUE;
    if (!form_key(rule->form, key))
        return FALSE;
    g_clear_pointer(&rule->news, g_free);
    return TRUE;
}

/* What is typed now counts: until the rules have been looked at once more the
 * form stays, so that it can still be left. */
static void rule_key_apply(struct screen *screen)
{
    struct rule *rule = rule_of(screen);
    struct engine *engine = app_engine(screen->app);
    const struct qube *qube = model_qube(app_model(screen->app), rule->uuid);
    struct query_spec spec = {rule_look, rule_free_answer, g_free, rule_looked, screen};

    rule->applied = TRUE;
    if (rule->looking || !form_check(rule->form))
        return;
    g_clear_pointer(&rule->news, g_free);
    rule->looking = query_submit(engine, firewall_path(engine_root(engine), qube), &spec);
}

static void rule_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row rule_keys[] = {
    {"Tab S-Tab Up Down", "move", "move", "to another field", KEYS_MOVE, NULL,
     NULL, NULL},
    {"Space Left Right", "change", "change", "another choice", KEYS_ACT, NULL,
     NULL, NULL},
    {"Ctrl-U", "clear", NULL, "empty the field", KEYS_ACT, NULL, NULL, NULL},
    {"Ctrl-S Enter", "apply", "apply", "add the rule, or change it", KEYS_ACT, NULL,
     rule_key_apply, NULL},
    {"Esc Ctrl-C", "leave", "leave", "leave it", KEYS_ACT, NULL, rule_key_leave,
     NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_rule = {
    .name = "rule",
    .title = "a firewall rule",
    .kind = SCREEN_POPUP,
    .keys = rule_keys,
    .size = sizeof(struct rule),
    .open = rule_open_screen,
    .close = rule_close,
    .draw = rule_draw,
    .typed = rule_typed,
    .event = rule_event,
};
