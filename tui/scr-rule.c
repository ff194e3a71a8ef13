/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new firewall rule as a form (ux.md 4.6); what is typed is checked as the
 * operation checks it. */
#include "config.h"

#include <string.h>

#include "core/firewall.h"
#include "tui/dialog.h"
#include "tui/form.h"
#include "tui/screens.h"
#include "util/error.h"

#define WIDTH 74
#define MINUTES_MAX (10 * 366 * 24 * 60)
#define WIDE_FIELD 44

enum row { ROW_ACTION, ROW_TO, ROW_PROTO, ROW_PORTS, ROW_MINUTES, ROW_COMMENT,
           ROW_BEFORE, ROWS };

static const char *const actions[] = {"accept", "drop", NULL};
static const char *const protos[] = {"any", "tcp", "udp", "icmp", NULL};

/* Beginning of the form; `initial` of some rows is of the screen. */
static const struct form_row rule_rows[ROWS] = {
    [ROW_ACTION] = {"Action", actions, FALSE, "accept",
                    "what becomes of what matches", 0},
    [ROW_TO] = {"To", NULL, FALSE, "",
                "address, network/length, name, (dns); empty: anywhere", WIDE_FIELD},
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
    char *uuid, *title, *before, *minutes, *comment;
    struct form_row rows[ROWS];
    struct form *form;
};

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
    else
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
    return error_hint(error) ? g_strdup_printf("%s; %s", error->message,
                                               error_hint(error))
                             : g_strdup(error->message);
}

static gboolean rule_check_number(guint row, const char *value, GError **error)
{
    gint64 n;

    return !*value || (row == ROW_MINUTES
                           ? rule_expire(value, &n, error)
                           : text_int_parse(value, 0, FIREWALL_RULES_MAX, "before",
                                            &n, error));
}

static char *rule_refused(guint row, const char *value, gpointer data)
{
    const struct rule *rule = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    auto_of(firewall_rule) struct firewall_rule *parsed = NULL;

    if (row == ROW_MINUTES || row == ROW_BEFORE)
        return rule_check_number(row, value, &error) ? NULL : rule_why(error);
    /* Ports depend on the protocol. */
    text = rule_text(rule, 1u << row | (row == ROW_PORTS ? 1u << ROW_PROTO : 0));
    parsed = firewall_rule_parse(text, &error);
    return parsed ? NULL : rule_why(error);
}

static GHashTable *rule_args(const struct rule *rule)
{
    GHashTable *args =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *before = form_value(rule->form, ROW_BEFORE);

    g_hash_table_insert(args, g_strdup("rule"), rule_text(rule, ALL_ROWS));
    if (*before)
        g_hash_table_insert(args, g_strdup("before"), g_strdup(before));
    return args;
}

/* --- life --- */

static void rule_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct rule_spec *spec = argument;
    struct rule *rule = screen->data;
    const struct qube *qube = model_qube(app_model(screen->app), spec->uuid);
    struct form_spec form = {rule->rows, ROWS, rule_refused, rule};

    rule->uuid = g_strdup(spec->uuid);
    rule->title = g_strdup_printf("New firewall rule of %s", qube->name);
    rule->before = spec->before < 0 ? g_strdup("")
                                    : g_strdup_printf("%d", spec->before);
    rule->minutes = g_strdup(spec->minutes ? spec->minutes : "");
    rule->comment = g_strdup(spec->comment ? spec->comment : "");
    memcpy(rule->rows, rule_rows, sizeof(rule_rows));
    rule->rows[ROW_BEFORE].initial = rule->before;
    rule->rows[ROW_MINUTES].initial = rule->minutes;
    rule->rows[ROW_COMMENT].initial = rule->comment;
    rule->form = form_new(&form);
}

void rule_open(struct app *app, const struct rule_spec *spec)
{
    app_push(app, &screen_rule, spec);
}

static void rule_close(struct screen *screen)
{
    struct rule *rule = screen->data;

    form_free(rule->form);
    g_free(rule->uuid);
    g_free(rule->title);
    g_free(rule->before);
    g_free(rule->minutes);
    g_free(rule->comment);
}

static void rule_event(struct screen *screen, const struct event *event)
{
    const struct rule *rule = rule_of(screen);

    if (model_qube(app_model(screen->app), rule->uuid))
        return;
    app_note(screen->app, TRUE, "%s: the form is withdrawn: the qube is gone",
             rule->title);
    app_pop(screen->app, screen);
}

/* --- drawing --- */

static void rule_draw(struct screen *screen, struct rect area)
{
    const struct rule *rule = rule_of(screen);
    const struct qube *qube = model_qube(app_model(screen->app), rule->uuid);
    struct rect size = {0, 0, form_height(rule->form) + 4, WIDTH};
    struct rect inside = dialog_box(screen, area, size, rule->title);

    if (inside.h > form_height(rule->form)) {
        g_autoptr(GHashTable) args = rule_args(rule);
        g_autofree char *command = op_command(op_find("fw-add"), qube, args);

        draw_words(inside.y + inside.h - 1, inside.x, inside.w, STYLE_NORMAL, command);
        inside.h = form_height(rule->form);
    }
    form_draw(rule->form, inside);
}

/* --- keys --- */

static gboolean rule_typed(struct screen *screen, int key)
{
    return form_key(rule_of(screen)->form, key);
}

static void rule_key_apply(struct screen *screen)
{
    const struct rule *rule = rule_of(screen);
    g_autoptr(GHashTable) args = rule_args(rule);
    /* The form with its command was the question. */
    struct action action = {"fw-add", rule->uuid, args, CONFIRM_L1};

    if (!form_check(rule->form))
        return;
    app_pop(screen->app, screen);
    action_submit(screen->app, &action);
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
    {"Ctrl-S Enter", "apply", "add", "add the rule", KEYS_ACT, NULL,
     rule_key_apply, NULL},
    {"Esc Ctrl-C", "leave", "leave", "leave it", KEYS_ACT, NULL, rule_key_leave,
     NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_rule = {
    .name = "rule",
    .title = "a new firewall rule",
    .kind = SCREEN_POPUP,
    .keys = rule_keys,
    .size = sizeof(struct rule),
    .open = rule_open_screen,
    .close = rule_close,
    .draw = rule_draw,
    .typed = rule_typed,
    .event = rule_event,
};
