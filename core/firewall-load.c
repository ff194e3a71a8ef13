/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading firewall.xml: the form of R4 (spec/qubes-xml.md 5.2) and that of R3
 * (5.5). Element nodes alone count, comments never become rules. */
#include "config.h"

#include "core/firewall-private.h"

#include <string.h>

#include "util/error.h"
#include "util/xml.h"

/* firewall / rules / rule / properties / property */
enum depth { DEPTH_ROOT = 1, DEPTH_RULES, DEPTH_RULE, DEPTH_PROPERTIES, DEPTH_PROPERTY };

/* What R3 had attributes for. */
enum service { SERVICE_DNS, SERVICE_ICMP, SERVICES };

static const struct {
    const char *name, *rule;
} services[SERVICES] = {
    [SERVICE_DNS] = { "dns", "specialtarget=dns" },
    [SERVICE_ICMP] = { "icmp", "proto=icmp" },
};

struct reader {
    struct firewall *firewall;
    const char *what, *data;
    gsize len;
    int depth;
    gboolean seen;       /* the rules element */
    gboolean in_rules, in_properties;
    char *property;      /* name of the open one; NULL: none */
    struct firewall_rule *rule; /* the open one; NULL: none */
    gsize begin;         /* of it */
    gsize last;          /* end of what was before it */
    const char *closing; /* R3: action of explicit rules; NULL: R4 */
    gboolean lets[SERVICES], leads[SERVICES]; /* R3: accepted; by qubesd, before all */
    gboolean self_closed;
};

static const char *attr(const struct xml_attr *attrs, const char *name)
{
    for (; attrs->name; attrs++)
        if (strcmp(attrs->name, name) == 0)
            return attrs->value;
    return NULL;
}

/* The first flaw is told. */
static void flaw(struct firewall_rule *rule, const GError *error)
{
    if (!rule->flaw)
        rule->flaw = g_strdup(error->message);
}

static void set(struct firewall_rule *rule, const char *field, const char *text)
{
    g_autoptr(GError) error = NULL;

    if (!firewall_rule_set(rule, field, text, &error))
        flaw(rule, error);
}

static gboolean refuse(const struct reader *reader, const char *why, GError **error)
{
    error_set(error, QMC_ERROR_INVALID, NULL, "%s: %s", reader->what, why);
    return FALSE;
}

/* R3. */

static gboolean is_zero(const char *text)
{
    return *text && strspn(text, "0") == strlen(text);
}

/* A netmask is for addresses alone; 0 is "everything", and without one it is
 * the whole of the address, whichever family. */
static void old_dst(struct firewall_rule *rule, const struct xml_attr *attrs)
{
    const char *address = attr(attrs, "address");
    const char *netmask = attr(attrs, "netmask");
    g_autofree char *lower = NULL, *prefixed = NULL;
    auto_of(firewall_rule) struct firewall_rule *probe = firewall_rule_new();

    if (!address || !*address)
        return;
    lower = g_ascii_strdown(address, -1);
    if (netmask && !strchr(lower, '/') &&
        firewall_rule_set(probe, "dsthost", lower, NULL) &&
        probe->family != FIREWALL_NAME)
        prefixed = g_strdup_printf("%s/%s", lower, netmask);
    set(rule, "dsthost", prefixed ? prefixed : lower);
}

static gboolean old_ports(struct firewall_rule *rule, const struct xml_attr *attrs)
{
    const char *port = attr(attrs, "port"), *to = attr(attrs, "toport");
    g_autofree char *range = NULL;

    if (!port || is_zero(port))
        return FALSE;
    if (to && !is_zero(to))
        range = g_strdup_printf("%s-%s", port, to);
    set(rule, "dstports", range ? range : port);
    return TRUE;
}

/* What narrows a rule must not get lost. */
static void old_names(struct firewall_rule *rule, const struct xml_attr *attrs)
{
    static const char *const known[] = { "address", "netmask", "proto", "port",
                                         "toport", "expire", NULL };
    g_autoptr(GError) error = NULL;

    for (; attrs->name && !error; attrs++)
        if (!g_strv_contains(known, attrs->name))
            error_set(&error, QMC_ERROR_INVALID, NULL,
                      "a rule of R3 has no attribute '%.80s'", attrs->name);
    if (error)
        flaw(rule, error);
}

static void old_rule(struct reader *reader, const struct xml_attr *attrs)
{
    const char *proto = attr(attrs, "proto"), *expire = attr(attrs, "expire");
    struct firewall_rule *rule = reader->rule;
    gboolean ports;

    old_names(rule, attrs);
    set(rule, "action", reader->closing);
    if (expire)
        set(rule, "expire", expire);
    old_dst(rule, attrs);
    ports = old_ports(rule, attrs);
    if (proto && *proto && strcmp(proto, "any") != 0)
        set(rule, "proto", proto);
    else if (ports && (!proto || !*proto))
        set(rule, "proto", "tcp");
}

static void add_rule(struct firewall *firewall, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static void add_rule(struct firewall *firewall, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_ptr_array_add(firewall->rules, firewall_rule_parse(text, NULL));
}

/* R3 only ever added an accept for these, behind the rules. qubesd reads one as a rule
 * before them, and any other word than "allow" as one that drops. */
static void old_services(struct reader *reader, const struct xml_attr *attrs,
                         gboolean open)
{
    for (int i = 0; i < SERVICES; i++) {
        const char *value = attr(attrs, services[i].name);

        reader->lets[i] = g_strcmp0(value, "allow") == 0;
        reader->leads[i] = value ? reader->lets[i] : open;
    }
}

static gboolean old_begin(struct reader *reader, const struct xml_attr *attrs,
                          GError **error)
{
    const char *policy = attr(attrs, "policy");
    gboolean open = g_strcmp0(policy, "allow") == 0;

    if (!open && g_strcmp0(policy, "deny") != 0)
        return refuse(reader, "its policy is neither 'allow' nor 'deny'", error);
    reader->firewall->old = TRUE;
    reader->seen = TRUE;
    reader->closing = open ? "drop" : "accept";
    old_services(reader, attrs, open);
    return TRUE;
}

static gboolean is_about(const struct firewall_rule *rule, enum service service)
{
    if (rule->flaw || rule->proto == FIREWALL_ANY)
        return TRUE;
    if (service == SERVICE_ICMP || rule->proto == FIREWALL_ICMP)
        return service == SERVICE_ICMP && rule->proto == FIREWALL_ICMP;
    return rule->ports[1] == 0 || (rule->ports[0] <= 53 && rule->ports[1] >= 53);
}

/* Whether it matters that qubesd asks for it first. */
static gboolean is_read_otherwise(const struct reader *reader, enum service service)
{
    const GPtrArray *rules = reader->firewall->rules;
    gboolean open = strcmp(reader->closing, "drop") == 0;

    if (open != reader->leads[service])
        return open;
    for (guint i = 0; i < rules->len; i++)
        if (is_about(rules->pdata[i], service))
            return TRUE;
    return FALSE;
}

static void old_finish(struct reader *reader)
{
    struct firewall *firewall = reader->firewall;

    for (int i = 0; i < SERVICES; i++)
        if (is_read_otherwise(reader, i))
            g_ptr_array_add(firewall->notes,
                            g_strdup_printf("'%s' counts after the rules, as it did in "
                                            "Qubes 3: of the same file qubesd makes a rule "
                                            "before them that %s it", services[i].name,
                                            reader->leads[i] ? "accepts" : "drops"));
    for (int i = 0; i < SERVICES; i++)
        if (reader->lets[i])
            add_rule(firewall, "accept %s", services[i].rule);
    if (strcmp(reader->closing, "drop") == 0)
        add_rule(firewall, "accept");
}

/* Both. */

static gboolean root_begin(struct reader *reader, const struct xml_attr *attrs,
                           GError **error)
{
    const char *version = attr(attrs, "version");

    if (!version || strcmp(version, "1") == 0)
        return old_begin(reader, attrs, error);
    return strcmp(version, "2") == 0 ||
           refuse(reader, "its version is neither 1 nor 2", error);
}

/* The offset after the '>' of a tag. */
static gsize tag_end(const struct reader *reader, gsize begin)
{
    char quote = 0;

    for (gsize i = begin; i < reader->len; i++) {
        char c = reader->data[i];

        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return i + 1;
    }
    return reader->len;
}

static gboolean rules_begin(struct reader *reader, gsize begin, GError **error)
{
    if (reader->seen)
        return refuse(reader, "there is more than one 'rules' in it", error);
    reader->seen = reader->in_rules = TRUE;
    reader->last = tag_end(reader, begin);
    reader->self_closed = reader->data[reader->last - 2] == '/';
    reader->firewall->head =
        g_strdup_printf("%.*s%s", (int)(reader->last - reader->self_closed * 2),
                        reader->data, reader->self_closed ? ">" : "");
    return TRUE;
}

static gboolean rule_begin(struct reader *reader, const char *name, gsize begin,
                           GError **error)
{
    if (reader->firewall->rules->len >= FIREWALL_RULES_MAX)
        return refuse(reader, "there are too many rules in it", error);
    reader->rule = firewall_rule_new();
    reader->begin = begin;
    if (strcmp(name, "rule") != 0)
        reader->rule->flaw = g_strdup_printf("'%.80s' is not a rule", name);
    return TRUE;
}

static void property_begin(struct reader *reader, const struct xml_attr *attrs)
{
    const char *name = attr(attrs, "name");

    reader->property = g_strdup(name ? name : "");
}

static gboolean on_start(const char *name, const struct xml_attr *attrs,
                         gsize begin, gpointer data, GError **error)
{
    struct reader *reader = data;
    int depth = ++reader->depth;
    int rule_depth = reader->closing ? DEPTH_RULES : DEPTH_RULE;

    if (depth == DEPTH_ROOT)
        return root_begin(reader, attrs, error);
    if (depth == rule_depth && (reader->closing || reader->in_rules)) {
        if (!rule_begin(reader, name, begin, error))
            return FALSE;
        if (reader->closing)
            old_rule(reader, attrs);
        return TRUE;
    }
    if (depth == DEPTH_RULES && strcmp(name, "rules") == 0)
        return rules_begin(reader, begin, error);
    if (!reader->rule || reader->closing)
        return TRUE;
    if (depth == DEPTH_PROPERTIES)
        reader->in_properties = strcmp(name, "properties") == 0;
    else if (depth == DEPTH_PROPERTY && reader->in_properties &&
             strcmp(name, "property") == 0)
        property_begin(reader, attrs);
    else if (reader->property && !reader->rule->flaw)
        reader->rule->flaw = g_strdup_printf("'%.80s' has elements in it",
                                             reader->property);
    return TRUE;
}

static char *slice(const struct reader *reader, gsize from, gsize to)
{
    return g_strndup(reader->data + from, to - from);
}

static void rule_end(struct reader *reader, gsize end)
{
    struct firewall_rule *rule = g_steal_pointer(&reader->rule);
    g_autoptr(GError) error = NULL;

    if (!rule->flaw && !firewall_rule_check(rule, &error))
        flaw(rule, error);
    if (!reader->closing)
        rule->lead = slice(reader, reader->last, reader->begin);
    if (!reader->closing || rule->flaw)
        rule->text = slice(reader, reader->begin, end);
    reader->last = end;
    g_ptr_array_add(reader->firewall->rules, rule);
}

static gboolean on_end(const char *name, const char *text, gsize end,
                       gpointer data, GError **error)
{
    struct reader *reader = data;
    int depth = reader->depth--;

    if (depth == DEPTH_PROPERTY && reader->property) {
        set(reader->rule, reader->property, text);
        g_clear_pointer(&reader->property, g_free);
    } else if (depth == (reader->closing ? DEPTH_RULES : DEPTH_RULE) &&
               reader->rule) {
        rule_end(reader, end);
    } else if (depth == DEPTH_RULES) {
        reader->in_rules = FALSE;
    }
    return TRUE;
}

/* What upstream wrote is kept as that, so that a list without rules looks the
 * same again. */
static void keep_frame(struct reader *reader)
{
    struct firewall *firewall = reader->firewall;
    g_autofree char *rest = slice(reader, reader->last, reader->len);

    firewall->tail = g_strconcat(reader->self_closed ? "\n  </rules>" : "", rest,
                                 NULL);
    if (strcmp(firewall->head, FIREWALL_HEAD) != 0 ||
        strcmp(firewall->tail, FIREWALL_TAIL) != 0)
        return;
    g_clear_pointer(&firewall->head, g_free);
    g_clear_pointer(&firewall->tail, g_free);
}

static gboolean finish(struct reader *reader, GError **error)
{
    struct firewall *firewall = reader->firewall;

    if (!reader->seen)
        return refuse(reader, "there is no 'rules' in it", error);
    if (!reader->closing)
        keep_frame(reader);
    else
        old_finish(reader);
    if (firewall->rules->len > FIREWALL_RULES_MAX)
        return refuse(reader, "there are too many rules in it", error);
    firewall->file.bytes = g_bytes_new(reader->data, reader->len);
    firewall->file.there = TRUE;
    firewall->changed = FALSE;
    return TRUE;
}

struct firewall *firewall_parse(const char *what, const char *data, gsize len,
                                GError **error)
{
    static const struct xml_handler handler = { on_start, on_end };
    auto_of(firewall) struct firewall *firewall = firewall_new();
    struct reader reader = {
        .firewall = firewall, .what = what, .data = data, .len = len,
    };
    gboolean ok;

    g_ptr_array_set_size(firewall->rules, 0);
    ok = xml_parse(what, data, len, &handler, &reader, error) &&
         finish(&reader, error);
    firewall_rule_free(reader.rule);
    g_free(reader.property);
    return ok ? g_steal_pointer(&firewall) : NULL;
}
