/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a qube reaches the network, and its firewall rules (ux.md 4.6). The rules
 * are read in a query; what is shown is the last reading. */
#include "config.h"

#include "tui/detail.h"

#include <stdlib.h>
#include <string.h>

#include "core/firewall.h"
#include "core/query.h"
#include "tui/action.h"
#include "tui/list.h"
#include "tui/prop-text.h"
#include "util/error.h"

#define LABEL_WIDTH 11
#define ROWS_MIN 4
#define FOOT_HEIGHT 3
#define END "end" /* id of what is done with the rest */

struct network {
    struct screen *screen;
    struct list *list;
    char *uuid;                /* of the qube whose rules these are */
    struct firewall *firewall; /* NULL: not read yet, or it failed */
    char *error;
    struct query *reading;     /* NULL: none at work */
    gboolean again;            /* something else was asked for meanwhile */
    gboolean wants_rule;       /* the form of a new one is opened when they are read */
};

static struct network *network_of(const struct screen *screen)
{
    return detail_page(screen, DETAIL_NETWORK);
}

/* --- cells: an item is a rule, or NULL's stand-in for the rest --- */

static const struct firewall_rule the_rest;

static gconstpointer network_item(const char *id, gpointer data)
{
    const struct network *network = data;
    guint index = (guint)atoi(id);

    if (!network->firewall)
        return NULL;
    if (strcmp(id, END) == 0)
        return &the_rest;
    return index < network->firewall->rules->len
               ? network->firewall->rules->pdata[index] : NULL;
}

static char *network_field(const struct firewall_rule *rule, const char *name,
                           const char *otherwise)
{
    char *value = rule == &the_rest ? NULL : firewall_rule_get(rule, name);

    return value ? value : g_strdup(otherwise);
}

static const char *network_name(gconstpointer item, gpointer data)
{
    const struct firewall_rule *rule = item;

    return rule->comment ? rule->comment : rule->dst ? rule->dst : "";
}

/* -1: the rest. */
static int network_index(const struct network *network,
                         const struct firewall_rule *rule)
{
    guint index;

    return g_ptr_array_find(network->firewall->rules, rule, &index) ? (int)index : -1;
}

static char *network_text_number(gconstpointer item, gpointer data)
{
    int index = network_index(data, item);

    return index < 0 ? g_strdup("-") : g_strdup_printf("%d", index);
}

static int network_compare_number(gconstpointer a, gconstpointer b, gpointer data)
{
    guint one = (guint)network_index(data, a), two = (guint)network_index(data, b);

    return one < two ? -1 : one > two;
}

static char *network_text_action(gconstpointer item, gpointer data)
{
    const struct firewall_rule *rule = item;

    if (rule == &the_rest)
        return g_strdup("drop");
    return rule->flaw ? g_strdup("!") : network_field(rule, "action", "!");
}

static char *network_text_to(gconstpointer item, gpointer data)
{
    const struct firewall_rule *rule = item;
    g_autofree char *special = network_field(rule, "specialtarget", NULL);

    if (rule == &the_rest)
        return g_strdup("everything else");
    if (rule->flaw)
        return g_strdup(rule->flaw);
    if (special)
        return g_strdup_printf("(%s)", special);
    return network_field(rule, "dsthost", "*");
}

static gboolean network_is_over(const struct firewall_rule *rule)
{
    return firewall_rule_expired(rule, g_get_real_time() / G_USEC_PER_SEC);
}

static enum style network_style(gconstpointer item, gpointer data)
{
    const struct firewall_rule *rule = item;

    return rule->flaw ? STYLE_BAD
           : rule == &the_rest || network_is_over(rule) ? STYLE_DIM : STYLE_NORMAL;
}

static char *network_text_proto(gconstpointer item, gpointer data)
{
    return network_field(item, "proto", "-");
}

static char *network_text_ports(gconstpointer item, gpointer data)
{
    g_autofree char *type = network_field(item, "icmptype", NULL);

    return type ? g_strdup_printf("type %s", type) : network_field(item, "dstports", "-");
}

static char *network_text_expires(gconstpointer item, gpointer data)
{
    const struct firewall_rule *rule = item;
    g_autofree char *expire = network_field(rule, "expire", NULL);
    gint64 now = g_get_real_time() / G_USEC_PER_SEC, minutes;

    if (!expire || network_is_over(rule))
        return g_strdup(expire ? "expired" : "-");
    minutes = (rule->expire - now + 59) / 60;
    if (minutes < 3 * 60)
        return g_strdup_printf("in %" G_GINT64_FORMAT "m", minutes);
    return minutes < 3 * 24 * 60
               ? g_strdup_printf("in %" G_GINT64_FORMAT "h", minutes / 60)
               : g_strdup_printf("in %" G_GINT64_FORMAT "d", minutes / 60 / 24);
}

static char *network_text_comment(gconstpointer item, gpointer data)
{
    return network_field(item, "comment", "");
}

/* clang-format off */
static const struct list_column network_columns[] = {
    {"#", 3, 5, 0, TEXT_RIGHT, network_text_number, NULL, "number",
     network_compare_number},
    {"ACTION", 6, 6, 0, TEXT_LEFT, network_text_action, network_style, NULL, NULL},
    {"DESTINATION", 18, 43, 0, TEXT_LEFT, network_text_to, network_style, NULL, NULL},
    {"PROTO", 5, 5, 3, TEXT_LEFT, network_text_proto, network_style, NULL, NULL},
    {"PORTS", 11, 11, 2, TEXT_LEFT, network_text_ports, network_style, NULL, NULL},
    {"EXPIRES", 8, 8, 4, TEXT_LEFT, network_text_expires, network_style, NULL, NULL},
    {"COMMENT", 10, 30, 5, TEXT_LEFT, network_text_comment, network_style, NULL,
     NULL},
    {NULL},
};
/* clang-format on */

/* --- reading --- */

/* What no rule before it matches becomes; NULL: no rule says it, it is dropped. */
static const struct firewall_rule *network_decisive(const struct network *network)
{
    int at = firewall_decisive(network->firewall);

    return at < 0 ? NULL : network->firewall->rules->pdata[at];
}

/* The list goes on after its last rule. */
static gboolean network_is_closed(const struct network *network)
{
    const struct firewall_rule *rule = network_decisive(network);

    return !rule || rule->flaw;
}

/* "rule 3 accepts the rest", "the rest is dropped": also in the head of the rules. */
static char *network_text_rest(const struct network *network)
{
    const struct firewall_rule *rule = network_decisive(network);
    int at = rule ? network_index(network, rule) : -1;

    if (!rule)
        return g_strdup("the rest is dropped");
    return g_strdup_printf(rule->flaw ? "rule %d cannot be read, the rest is dropped"
                           : rule->action == FIREWALL_ACCEPT ? "rule %d accepts the rest"
                                                             : "rule %d drops the rest",
                           at);
}

static void network_put_rules(struct network *network)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; network->firewall && i < network->firewall->rules->len; i++)
        g_ptr_array_add(ids, g_strdup_printf("%u", i));
    if (network->firewall && network_is_closed(network))
        g_ptr_array_add(ids, g_strdup(END));
    list_set(network->list, ids);
}

static void network_forget(struct network *network)
{
    g_clear_pointer(&network->firewall, firewall_free);
    g_clear_pointer(&network->error, g_free);
    g_clear_pointer(&network->uuid, g_free);
}

static gpointer network_run(gconstpointer path, GError **error)
{
    return firewall_read(path, error);
}

static void network_free_answer(gpointer answer)
{
    firewall_free(answer);
}

static void network_read(struct network *network);
static void network_give_rule(struct network *network);

static void network_done(gpointer answer, const GError *error, gpointer data)
{
    struct network *network = data;

    network->reading = NULL;
    if (network->again) {
        g_clear_pointer(&answer, network_free_answer);
        network_read(network);
        return;
    }
    g_clear_pointer(&network->firewall, firewall_free);
    g_clear_pointer(&network->error, g_free);
    network->firewall = answer;
    network->error = error ? error_text(error) : NULL;
    network_put_rules(network);
    network_give_rule(network);
    app_dirty(network->screen->app);
}

/* Those of the qube looked at; nothing if it can have none. */
static void network_read(struct network *network)
{
    struct engine *engine = app_engine(network->screen->app);
    const struct qube *qube = detail_qube(network->screen);
    struct query_spec spec = {network_run, network_free_answer, g_free, network_done,
                              network};
    char *path;

    if (!qube)
        return;
    /* Never the rules of one qube below the name of another. */
    if (g_strcmp0(network->uuid, qube->uuid) != 0) {
        network_forget(network);
        network->uuid = g_strdup(qube->uuid);
        network_put_rules(network);
    }
    network->again = network->reading != NULL;
    if (network->again)
        return;
    path = firewall_path(engine_root(engine), qube);
    if (path)
        network->reading = query_submit(engine, path, &spec);
}

/* --- the tab --- */

static gpointer network_open(struct screen *screen)
{
    struct network *network = g_new0(struct network, 1);
    struct list_spec spec = {network_columns, network_item, network_name,
                             network_compare_number, network};

    network->screen = screen;
    network->list = list_new(&spec);
    return network;
}

static void network_close(gpointer page)
{
    struct network *network = page;

    g_clear_pointer(&network->reading, query_forget);
    network_forget(network);
    list_free(network->list);
    g_free(network);
}

static void network_show(struct screen *screen)
{
    network_read(network_of(screen));
}

/* What somebody did here; what others do is seen when it is looked at again. */
static void network_event(struct screen *screen, const struct event *event)
{
    struct network *network = network_of(screen);

    if (network->uuid &&
        (event->type == EVENT_MODEL ||
         (event->type == EVENT_OP && event->op && op_over(event->op) &&
          g_str_has_prefix(event->op->row->name, "fw-") &&
          g_str_equal(event->op->uuid, network->uuid))))
        network_read(network);
}

void detail_reread_rules(struct app *app)
{
    const struct screen *detail = app_find(app, &screen_detail);

    if (detail && network_of(detail)->uuid)
        network_read(network_of(detail));
}

static struct list *network_list(const struct screen *screen)
{
    return network_of(screen)->list;
}

static char *network_status(const struct screen *screen)
{
    const struct network *network = network_of(screen);

    if (!network->firewall)
        return g_strdup(network->error ? "the rules cannot be read"
                        : network->reading ? "reading the rules" : "");
    g_autofree char *rest = network_text_rest(network);
    return g_strdup_printf("%u %s, %s", network->firewall->rules->len,
                           network->firewall->rules->len == 1 ? "rule" : "rules", rest);
}

static const struct firewall_rule *network_selected(const struct screen *screen)
{
    struct network *network = network_of(screen);
    const char *id = list_selected(network->list);
    const struct firewall_rule *rule = id ? network_item(id, network) : NULL;

    return rule == &the_rest ? NULL : rule;
}

/* --- drawing --- */

static void network_put(struct rect *area, const char *label, const char *text)
{
    if (area->h <= 0)
        return;
    draw_words(area->y, area->x, LABEL_WIDTH, STYLE_NORMAL, label);
    draw_words(area->y, area->x + LABEL_WIDTH, area->w - LABEL_WIDTH, STYLE_NORMAL,
               text);
    area->y++;
    area->h--;
}

static char *network_text_netvm(const struct model *model, const struct qube *qube)
{
    const struct prop_row *row = prop_find("netvm", qube->class->id);
    g_autofree char *name = qube_get(model, qube, "netvm");
    g_autofree char *shown = prop_text_value(row, name);

    return g_strdup_printf("%s%s   provides network to others: %s", shown,
                           qube_is_explicit(qube, "netvm") ? "" : " (default)",
                           qube_get_bool(model, qube, "provides_network") ? "yes"
                                                                          : "no");
}

static char *network_text_address(const struct model *model, const struct qube *qube)
{
    static const struct {
        const char *word, *property;
    } parts[] = {{"ip", "ip"}, {"gw", "visible_gateway"}, {"dns", "dns"}, {"ip6", "ip6"}};
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *value = qube_get(model, qube, parts[i].property);

        g_string_append_printf(text, "%s%s %s", i ? "   " : "", parts[i].word,
                               value && *value ? value : "-");
    }
    return g_string_free(text, FALSE);
}

/* "work -> sys-firewall -> sys-net   sys-net does not run" */
static char *network_text_path(const struct model *model, const struct qube *qube)
{
    GString *text = g_string_new(qube->name);
    const struct qube *at = qube, *idle = NULL;

    for (int hops = 0; hops < MODEL_HOPS && (at = qube_get_vm(model, at, "netvm")); hops++) {
        g_string_append_printf(text, " -> %s", at->name);
        if (!idle && at->state != POWER_RUNNING)
            idle = at;
    }
    if (idle)
        g_string_append_printf(text, "   %s does not run", idle->name);
    return g_string_free(text, FALSE);
}

static gboolean network_is_flawed(const struct firewall_rule *rule)
{
    return rule->flaw != NULL;
}

static gboolean network_is_named(const struct firewall_rule *rule)
{
    return !rule->flaw && rule->family == FIREWALL_NAME;
}

static gboolean network_any(const struct firewall *firewall,
                            gboolean (*is)(const struct firewall_rule *rule))
{
    for (guint i = 0; i < firewall->rules->len; i++)
        if (is(firewall->rules->pdata[i]))
            return TRUE;
    return FALSE;
}

/* What is good to know of these rules, most wanted first. */
static void network_draw_foot(const struct network *network, const struct qube *qube,
                              struct rect area)
{
    gboolean linked =
        qube_get_vm(app_model(network->screen->app), qube, "netvm") != NULL;
    const char *lines[] = {
        network_any(network->firewall, network_is_flawed)
            ? "! cannot be read: what comes after it is dropped." : NULL,
        network_any(network->firewall, network_is_over)
            ? "What has expired does not count; the next change drops it." : NULL,
        network->firewall->old ? "The file is of R3: a change writes it anew." : NULL,
        !linked ? "It has no net qube: its rules have no effect." : NULL,
        linked && qube->state != POWER_HALTED
            ? "Its net qube was told the rules when this qube started." : NULL,
        "Rules are for new connections; open ones continue.",
        network_any(network->firewall, network_is_named)
            ? "Names are resolved once; large sites change addresses." : NULL,
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lines) && area.h > 0; i++) {
        if (!lines[i])
            continue;
        draw_words(area.y, area.x + 1, area.w - 1, STYLE_DIM, lines[i]);
        area.y++;
        area.h--;
    }
}

static void network_draw_head(const struct network *network, struct rect area)
{
    g_autofree char *rest =
        network->firewall ? network_text_rest(network) : g_strdup("the first counts");

    draw_line(area.y, area.x, area.w, STYLE_BOX);
    draw_format(area.y, area.x + 2, area.w - 4, STYLE_STRONG,
                " Firewall: tried from the top, %s ", rest);
}

static void network_draw_rules(struct network *network, const struct qube *qube,
                               struct rect area)
{
    int room = area.h - 1 - FOOT_HEIGHT - 1;
    int rows = MIN((int)list_all(network->list) + 1, area.h - 1);

    network_draw_head(network, area);
    area.y++;
    area.h--;
    if (!network->firewall) {
        draw_wrapped((struct rect){area.y + 1, area.x + 2, area.h - 1, area.w - 4},
                     network->error ? STYLE_BAD : STYLE_NORMAL,
                     network->error ? network->error
                     : network->reading ? "Reading the rules..."
                                        : "A qube of this class has no firewall rules.");
        return;
    }
    if (room >= ROWS_MIN) {
        rows = MIN(rows, room);
        network_draw_foot(network, qube,
                          (struct rect){area.y + rows + 1, area.x,
                                        area.h - rows - 1, area.w});
    }
    list_draw(network->list, (struct rect){area.y, area.x, rows, area.w});
}

static void network_draw(struct screen *screen, struct rect area)
{
    struct network *network = network_of(screen);
    const struct model *model = app_model(screen->app);
    const struct qube *qube = detail_qube(screen);

    if (!qube->class || !prop_find("netvm", qube->class->id)) {
        draw_words(area.y + 1, area.x + 2, area.w - 4, STYLE_NORMAL,
                   "A qube of this class has no net qube.");
        return;
    }
    if (area.h > ROWS_MIN + 3) {
        g_autofree char *netvm = network_text_netvm(model, qube);
        g_autofree char *address = network_text_address(model, qube);
        g_autofree char *path = network_text_path(model, qube);

        network_put(&area, "Net qube", netvm);
        network_put(&area, "Address", address);
        network_put(&area, "Path", path);
    }
    network_draw_rules(network, qube, area);
}

/* --- what is done --- */

/* NULL: nothing is against it. */
static const char *network_refused(struct screen *screen, const char *op)
{
    const struct network *network = network_of(screen);
    const char *why = action_refused(screen->app, op, detail_uuid(screen));

    if (why || network->firewall || !g_str_has_prefix(op, "fw-") ||
        (network->error && g_str_equal(op, "fw-reset")))
        return why;
    return network->error ? "its rules have not been read"
                          : "its rules are still being read";
}

static gboolean network_allows(struct screen *screen, const char *op)
{
    const char *why = network_refused(screen, op);

    if (why)
        app_note_on(screen->app, detail_uuid(screen), TRUE, "%s: %s",
                    op_find(op)->label, why);
    return !why;
}

static void network_open_form(struct screen *screen, struct rule_spec *spec)
{
    spec->uuid = detail_uuid(screen);
    spec->firewall = network_of(screen)->firewall;
    rule_open(screen->app, spec);
}

static void network_key_new(struct screen *screen)
{
    /* A rule behind the decisive one would have no effect. */
    if (network_allows(screen, "fw-add"))
        network_open_form(screen, &(struct rule_spec){
            .before = firewall_decisive(network_of(screen)->firewall)});
}

/* Somebody who went on does not want it any more. */
static void network_give_rule(struct network *network)
{
    if (network->wants_rule && app_top(network->screen->app) == network->screen)
        network_key_new(network->screen);
    network->wants_rule = FALSE;
}

void detail_new_rule(struct app *app, const char *uuid)
{
    struct network *network;

    detail_open(app, uuid, DETAIL_NETWORK);
    network = network_of(app_top(app));
    network->wants_rule = TRUE;
    if (!network->reading)
        network_give_rule(network);
}

/* FALSE, and it was said why. */
static gboolean network_fits_form(struct screen *screen,
                                  const struct firewall_rule *rule)
{
    g_autofree char *special = firewall_rule_get(rule, "specialtarget");
    const char *why = rule->flaw ? "it cannot be read: D deletes it" : NULL;

    if (special && rule->dst)
        why = "it says more than fits the form";
    if (why)
        app_note_on(screen->app, detail_uuid(screen), TRUE, "the rule: %s", why);
    return !why;
}

static void network_key_edit(struct screen *screen)
{
    const struct firewall_rule *rule = network_selected(screen);
    struct rule_spec spec = {.old = rule};

    if (rule && network_allows(screen, "fw-add") && network_fits_form(screen, rule))
        network_open_form(screen, &spec);
}

static void network_key_full(struct screen *screen)
{
    struct rule_spec spec = {.minutes = "60", .comment = "full access"};

    if (network_allows(screen, "fw-add"))
        network_open_form(screen, &spec);
}

/* By what it says: numbers may be others by then. `old`: to be replaced; or NULL. */
static void network_submit(struct screen *screen, const char *op, const char *rule,
                           const char *old)
{
    g_autoptr(GHashTable) args = op_args_new("rule", rule, "replace", old, NULL);

    action_start(screen->app, op, detail_uuid(screen), args);
}

static void network_key_delete(struct screen *screen)
{
    const struct firewall_rule *rule = network_selected(screen);

    if (!rule || !network_allows(screen, "fw-del"))
        return;
    g_autofree char *text =
        rule->flaw ? g_strdup_printf("%d", network_index(network_of(screen), rule))
                   : firewall_rule_format(rule);
    network_submit(screen, "fw-del", text, NULL);
}

/* Before the rule of that number, counted with itself, as the list does. */
static void network_submit_move(struct screen *screen, const struct firewall_rule *rule,
                                int before)
{
    g_autofree char *text = firewall_rule_format(rule);
    g_autofree char *number = g_strdup_printf("%d", before);
    g_autoptr(GHashTable) args =
        op_args_new("rule", text, "replace", text, "before", number, NULL);
    /* The opposite key takes it back: nothing is asked. */
    struct action action = {"fw-add", detail_uuid(screen), args, CONFIRM_L1};

    action_submit(screen->app, &action);
}

/* FALSE, and it was said why: the keys mean this even where there is no rule. */
static gboolean network_can_move(struct screen *screen)
{
    const char *why = network_refused(screen, "fw-add");

    if (!why && list_shown(network_of(screen)->list) == 0)
        why = "it has none";
    else if (!why && !network_selected(screen))
        why = "the rest stays last";
    if (why)
        app_note_on(screen->app, detail_uuid(screen), TRUE, "no rule is moved: %s",
                    why);
    return !why;
}

/* The selection goes along. */
static void network_move(struct screen *screen, int by)
{
    struct network *network = network_of(screen);
    const struct firewall_rule *rule = network_selected(screen);
    int at = rule ? network_index(network, rule) : -1, to = at + by;

    if (!network_can_move(screen) || !network_fits_form(screen, rule))
        return;
    if (to < 0 || to >= (int)network->firewall->rules->len) {
        app_note_on(screen->app, detail_uuid(screen), FALSE, "the rule is %s already",
                    by < 0 ? "the first" : "the last");
        return;
    }
    g_autofree char *id = g_strdup_printf("%d", to);
    network_submit_move(screen, rule, by < 0 ? to : to + 1);
    list_select_id(network->list, id);
}

static void network_key_up(struct screen *screen)
{
    network_move(screen, -1);
}

static void network_key_down(struct screen *screen)
{
    network_move(screen, 1);
}

/* The same rule with the other action; its comment stays. Caller frees. */
static char *network_opposite(const struct firewall_rule *rule)
{
    const char *action = rule->action == FIREWALL_ACCEPT ? "drop" : "accept";
    g_autofree char *comment = firewall_rule_get(rule, "comment");

    return g_strdup_printf("action=%s%s%s", action, comment ? " comment=" : "",
                           comment ? comment : "");
}

/* What becomes of what no other rule matches: the decisive rule says the opposite
 * then, and stays where it is. */
static void network_key_policy(struct screen *screen)
{
    struct network *network = network_of(screen);
    const struct firewall_rule *rule;

    if (!network_allows(screen, "fw-add"))
        return;
    rule = network_decisive(network);
    if (!rule) {
        network_submit(screen, "fw-add", "action=accept", NULL);
        return;
    }
    if (!network_fits_form(screen, rule))
        return;
    g_autofree char *old = firewall_rule_format(rule);
    g_autofree char *opposite = network_opposite(rule);
    network_submit(screen, "fw-add", opposite, old);
}

/* Also of rules that cannot be read. */
static void network_key_reset(struct screen *screen)
{
    if (network_allows(screen, "fw-reset"))
        network_submit(screen, "fw-reset", NULL, NULL);
}

static void network_key_netvm(struct screen *screen)
{
    if (network_allows(screen, "set"))
        prop_edit_open(screen->app, detail_uuid(screen), "netvm");
}

static gboolean network_has_netvm(const struct screen *screen)
{
    const struct qube *qube = detail_qube(screen);

    return qube && qube->class && prop_find("netvm", qube->class->id);
}

static gboolean network_has_rules(const struct screen *screen)
{
    return network_of(screen)->firewall != NULL;
}

/* While it is looked at, whatever is read: elsewhere K is another key. */
static gboolean network_is_here(const struct screen *screen)
{
    return network_of(screen) != NULL;
}

static gboolean network_has_file(const struct screen *screen)
{
    return network_has_rules(screen) || network_of(screen)->error;
}

static gboolean network_has_one(const struct screen *screen)
{
    return network_selected(screen) != NULL;
}

/* clang-format off */
const struct key_row detail_network_keys[] = {
    {"Enter", "edit", "Edit", "rules: change, move it", KEYS_ACT, NULL,
     network_key_edit, network_has_one},
    {"n", "new", "New", "rules: a new one", KEYS_ACT, NULL, network_key_new,
     network_has_rules, TRUE},
    {"D", "delete", "Delete", "rules: delete it", KEYS_ACT, NULL, network_key_delete,
     network_has_one},
    {"K", "up", NULL, NULL, KEYS_ACT, NULL, network_key_up,
     network_is_here},
    {"J", "down", NULL, "rules: up, down", KEYS_ACT, NULL, network_key_down,
     network_is_here},
    {"P", "policy", "Policy", "rules: accept, drop rest", KEYS_ACT, NULL,
     network_key_policy, network_has_rules},
    {"F", "full-access", NULL, "rules: all for a time", KEYS_ACT, NULL,
     network_key_full, network_has_rules},
    {"R", "reset", NULL, "rules: accept all again", KEYS_ACT, NULL,
     network_key_reset, network_has_file},
    {"N", "net-qube", "Net qube", "another net qube", KEYS_ACT, NULL,
     network_key_netvm, network_has_netvm},
    {NULL},
};
/* clang-format on */

const struct detail_tab detail_network = {
    .title = "Network",
    .keys = detail_network_keys,
    .open = network_open,
    .close = network_close,
    .show = network_show,
    .draw = network_draw,
    .event = network_event,
    .status = network_status,
    .list = network_list,
};
