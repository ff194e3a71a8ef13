/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One rule: its fields (spec/qubes-xml.md 5.3), as words and as an element. */
#include "config.h"

#include "core/firewall-private.h"

#include <arpa/inet.h>
#include <string.h>

#include "util/error.h"
#include "util/text.h"
#include "util/xml.h"

#define PORT_MAX 65535
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define SAFE LETTERS CAPITALS DIGITS ":;,./-_[]"

/* In the order of the file. */
enum field_id {
    FIELD_ACTION, FIELD_COMMENT, FIELD_EXPIRE, FIELD_DST, FIELD_PROTO,
    FIELD_SPECIAL, FIELD_PORTS, FIELD_ICMP, FIELDS,
};

/* In the order of words. */
static const enum field_id words_order[FIELDS] = {
    FIELD_ACTION, FIELD_EXPIRE, FIELD_DST, FIELD_PROTO, FIELD_SPECIAL,
    FIELD_PORTS, FIELD_ICMP, FIELD_COMMENT,
};

struct field {
    const char *name;
    const char *safe;   /* characters it may have */
    unsigned protos;    /* only with one of these; 0: with any */
    gboolean published; /* the net qube is told */
    const char *wanted; /* for the message */
    gboolean (*parse)(struct firewall_rule *rule, const char *text);
    char *(*format)(const struct firewall_rule *rule);
    /* As words; NULL: as in the file. */
    char *(*word)(const struct firewall_rule *rule);
    const char *(*key)(const struct firewall_rule *rule);
};

static const char *const actions[] = { "accept", "drop", NULL };
static const char *const protos[] = { "any", "tcp", "udp", "icmp", NULL };

static gboolean parse_word(const char *const *words, const char *text, int *out)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return TRUE;
        }
    return FALSE;
}

static gboolean parse_number(const char *text, gint64 max, gint64 *out)
{
    return *text && strspn(text, DIGITS) == strlen(text) &&
           text_int_parse(text, 0, max, "", out, NULL);
}

static gboolean parse_action(struct firewall_rule *rule, const char *text)
{
    int value;

    if (!parse_word(actions, text, &value))
        return FALSE;
    rule->action = (enum firewall_action)value;
    return TRUE;
}

static char *format_action(const struct firewall_rule *rule)
{
    return g_strdup(actions[rule->action]);
}

static gboolean parse_proto(struct firewall_rule *rule, const char *text)
{
    int value;

    if (!parse_word(protos, text, &value) || value == FIREWALL_ANY)
        return FALSE;
    rule->proto = (enum firewall_proto)value;
    return TRUE;
}

static char *format_proto(const struct firewall_rule *rule)
{
    return g_strdup(protos[rule->proto]);
}

static gboolean parse_comment(struct firewall_rule *rule, const char *text)
{
    rule->comment = g_strdup(text);
    return TRUE;
}

static char *format_comment(const struct firewall_rule *rule)
{
    return g_strdup(rule->comment);
}

static gboolean parse_expire(struct firewall_rule *rule, const char *text)
{
    /* year 9999: more no reader takes for a time */
    return parse_number(text, G_GINT64_CONSTANT(253402300799), &rule->expire);
}

static char *format_expire(const struct firewall_rule *rule)
{
    return g_strdup_printf("%" G_GINT64_FORMAT, rule->expire);
}

struct address {
    enum firewall_family family;
    int length; /* of the whole of it, in bits */
};

static gboolean parse_address(const char *text, struct address *out)
{
    struct in6_addr address;

    *out = (struct address){ FIREWALL_DST6, 128 };
    if (inet_pton(AF_INET6, text, &address) == 1)
        return TRUE;
    *out = (struct address){ FIREWALL_DST4, 32 };
    return inet_pton(AF_INET, text, &address) == 1;
}

static gboolean parse_prefixed(struct firewall_rule *rule, const char *text,
                               const char *slash)
{
    g_autofree char *host = g_strndup(text, (gsize)(slash - text));
    struct address address;
    gint64 length;

    if (!parse_address(host, &address) ||
        !parse_number(slash + 1, address.length, &length))
        return FALSE;
    rule->family = address.family;
    rule->dst = g_strdup(text);
    return TRUE;
}

/* An empty name is refused: upstream writes none, and what it would mean nobody
 * can say. */
static gboolean parse_dst(struct firewall_rule *rule, const char *text)
{
    const char *slash = strchr(text, '/');
    struct address address;

    if (slash)
        return parse_prefixed(rule, text, slash);
    if (parse_address(text, &address)) {
        rule->family = address.family;
        rule->dst = g_strdup_printf("%s/%d", text, address.length);
        return TRUE;
    }
    if (!*text || strspn(text, LETTERS DIGITS "-._") != strlen(text))
        return FALSE;
    rule->family = FIREWALL_NAME;
    rule->dst = g_strdup(text);
    return TRUE;
}

static char *format_dst(const struct firewall_rule *rule)
{
    return g_strdup(rule->dst);
}

static const char *key_dst(const struct firewall_rule *rule)
{
    static const char *const keys[] = {
        [FIREWALL_NOWHERE] = "dsthost", [FIREWALL_DST4] = "dst4",
        [FIREWALL_DST6] = "dst6", [FIREWALL_NAME] = "dsthost",
    };

    return keys[rule->family];
}

static gboolean parse_special(struct firewall_rule *rule, const char *text)
{
    return strcmp(text, "dns") == 0;
}

static char *format_special(const struct firewall_rule *rule)
{
    return g_strdup("dns");
}

static gboolean parse_ports(struct firewall_rule *rule, const char *text)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 3);
    guint n = g_strv_length(ends);
    gint64 from, to;

    if (n < 1 || n > 2 || !parse_number(ends[0], PORT_MAX, &from) ||
        !parse_number(ends[n - 1], PORT_MAX, &to) || from > to)
        return FALSE;
    rule->ports[0] = (guint)from;
    rule->ports[1] = (guint)to;
    return TRUE;
}

static char *word_ports(const struct firewall_rule *rule)
{
    return g_strdup_printf("%u-%u", rule->ports[0], rule->ports[1]);
}

static char *format_ports(const struct firewall_rule *rule)
{
    return rule->ports[0] == rule->ports[1]
               ? g_strdup_printf("%u", rule->ports[0]) : word_ports(rule);
}

static gboolean parse_icmp(struct firewall_rule *rule, const char *text)
{
    gint64 value;

    if (strlen(text) > 3 || !parse_number(text, 255, &value))
        return FALSE;
    rule->icmptype = (guint)value;
    return TRUE;
}

static char *format_icmp(const struct firewall_rule *rule)
{
    return g_strdup_printf("%u", rule->icmptype);
}

static const struct field fields[FIELDS] = {
    [FIELD_ACTION] = { "action", SAFE, 0, TRUE, "accept or drop",
                       parse_action, format_action, NULL, NULL },
    [FIELD_COMMENT] = { "comment", SAFE " ", 0, FALSE,
                        "letters, digits, blanks and :;,./-_[]",
                        parse_comment, format_comment, NULL, NULL },
    [FIELD_EXPIRE] = { "expire", SAFE, 0, FALSE, "seconds since the epoch",
                       parse_expire, format_expire, NULL, NULL },
    [FIELD_DST] = { "dsthost", SAFE, 0, TRUE,
                    "an address, with /PREFIX for a net, or a name in lower case",
                    parse_dst, format_dst, NULL, key_dst },
    [FIELD_PROTO] = { "proto", SAFE, 0, TRUE, "tcp, udp or icmp",
                      parse_proto, format_proto, NULL, NULL },
    [FIELD_SPECIAL] = { "specialtarget", SAFE, 0, TRUE, "dns",
                        parse_special, format_special, NULL, NULL },
    [FIELD_PORTS] = { "dstports", SAFE, 1 << FIREWALL_TCP | 1 << FIREWALL_UDP,
                      TRUE, "a port or FROM-TO, up to 65535",
                      parse_ports, format_ports, word_ports, NULL },
    [FIELD_ICMP] = { "icmptype", SAFE, 1 << FIREWALL_ICMP, TRUE, "0 to 255",
                     parse_icmp, format_icmp, NULL, NULL },
};

static int field_find(const char *name)
{
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0)
            return i;
    return -1;
}

static gboolean has(const struct firewall_rule *rule, int field)
{
    return (rule->has & (1u << field)) != 0;
}

struct firewall_rule *firewall_rule_new(void)
{
    return g_new0(struct firewall_rule, 1);
}

void firewall_rule_free(struct firewall_rule *rule)
{
    if (!rule)
        return;
    g_free(rule->dst);
    g_free(rule->comment);
    g_free(rule->lead);
    g_free(rule->text);
    g_free(rule->flaw);
    g_free(rule);
}

static gboolean refuse_word(const char *field, const char *text,
                            const char *wanted, GError **error)
{
    g_autofree char *hint = g_strdup_printf("%s: %s", field, wanted);

    error_set(error, QMC_ERROR_INVALID, hint, "'%.80s' is no value for '%s'", text,
              field);
    return FALSE;
}

gboolean firewall_rule_set(struct firewall_rule *rule, const char *field,
                           const char *text, GError **error)
{
    int id = field_find(field);

    if (id < 0) {
        error_set(error, QMC_ERROR_INVALID,
                  "there are action, proto, dst4, dst6, dsthost, dstports, "
                  "icmptype, specialtarget, expire and comment",
                  "a rule has no field '%.80s'", field);
        return FALSE;
    }
    if (has(rule, id)) {
        error_set(error, QMC_ERROR_INVALID, "say it once",
                  "'%s' is given twice", field);
        return FALSE;
    }
    if (strspn(text, fields[id].safe) != strlen(text) ||
        !fields[id].parse(rule, text))
        return refuse_word(field, text, fields[id].wanted, error);
    rule->has |= 1u << id;
    return TRUE;
}

static gboolean refuse_proto(const struct field *field, GError **error)
{
    gboolean icmp = field->protos == 1 << FIREWALL_ICMP;

    error_set(error, QMC_ERROR_INVALID, icmp ? "add proto=icmp"
                                             : "add proto=tcp or proto=udp",
              "'%s' is only for %s", field->name, icmp ? "icmp" : "tcp and udp");
    return FALSE;
}

gboolean firewall_rule_check(const struct firewall_rule *rule, GError **error)
{
    if (!has(rule, FIELD_ACTION)) {
        error_set(error, QMC_ERROR_INVALID, "say accept or drop",
                  "the rule has no 'action'");
        return FALSE;
    }
    for (int i = 0; i < FIELDS; i++)
        if (has(rule, i) && fields[i].protos &&
            !(fields[i].protos & (1u << rule->proto)))
            return refuse_proto(&fields[i], error);
    return TRUE;
}

/* Words. */

/* dst4=10.0.0.1, dst6=10.0.0.1 and dsthost=10.0.0.1 are one. */
static const char *canonical(const char *key)
{
    static const char *const same[] = { "dst4", "dst6", "dstname", NULL };

    return g_strv_contains(same, key) ? fields[FIELD_DST].name : key;
}

static gboolean set_word(struct firewall_rule *rule, const char *word,
                         GError **error)
{
    const char *equals = strchr(word, '=');
    g_autofree char *key = NULL;
    int action;

    if (parse_word(actions, word, &action))
        return firewall_rule_set(rule, fields[FIELD_ACTION].name, word, error);
    if (!equals) {
        error_set(error, QMC_ERROR_INVALID,
                  *word ? "for example: accept proto=tcp dsthost=192.0.2.1"
                        : "one blank between words",
                  "a rule has no use for the word '%.80s'", word);
        return FALSE;
    }
    key = g_strndup(word, (gsize)(equals - word));
    return firewall_rule_set(rule, canonical(key), equals + 1, error);
}

static gboolean set_words(struct firewall_rule *rule, const char *text,
                          GError **error)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (gsize i = 0; words[i]; i++)
        if (!set_word(rule, words[i], error))
            return FALSE;
    return TRUE;
}

/* The comment is the rest of the line. */
static gboolean set_line(struct firewall_rule *rule, const char *text,
                         GError **error)
{
    static const char mark[] = "comment=";
    const char *comment = strstr(text, mark);
    g_autofree char *words = NULL;

    if (!comment)
        return set_words(rule, text, error);
    if (comment > text && comment[-1] != ' ') {
        error_set(error, QMC_ERROR_INVALID, "one blank between words",
                  "'%s' cannot be part of a word", mark);
        return FALSE;
    }
    words = g_strndup(text, (gsize)(comment - text));
    if (*words)
        words[strlen(words) - 1] = '\0';
    return (!*words || set_words(rule, words, error)) &&
           firewall_rule_set(rule, fields[FIELD_COMMENT].name,
                             comment + strlen(mark), error);
}

struct firewall_rule *firewall_rule_parse(const char *text, GError **error)
{
    auto_of(firewall_rule) struct firewall_rule *rule = firewall_rule_new();

    if (!set_line(rule, text, error) || !firewall_rule_check(rule, error))
        return NULL;
    return g_steal_pointer(&rule);
}

static char *format_words(const struct firewall_rule *rule, gboolean published)
{
    GString *out = g_string_new(NULL);

    for (int i = 0; i < FIELDS; i++) {
        int id = words_order[i];
        const struct field *field = &fields[id];
        g_autofree char *value = NULL;

        if (!has(rule, id) || (published && !field->published))
            continue;
        value = (field->word ? field->word : field->format)(rule);
        g_string_append_printf(out, "%s%s=%s", out->len ? " " : "",
                               field->key ? field->key(rule) : field->name, value);
    }
    return g_string_free(out, FALSE);
}

char *firewall_rule_format(const struct firewall_rule *rule)
{
    return rule->flaw ? g_strdup(rule->text ? rule->text : "")
                      : format_words(rule, FALSE);
}

char *firewall_rule_published(const struct firewall_rule *rule)
{
    return format_words(rule, TRUE);
}

char *firewall_rule_get(const struct firewall_rule *rule, const char *field)
{
    int id = field_find(field);

    return !rule->flaw && id >= 0 && has(rule, id) ? fields[id].format(rule) : NULL;
}

gboolean firewall_rule_expired(const struct firewall_rule *rule, gint64 now)
{
    return !rule->flaw && has(rule, FIELD_EXPIRE) && rule->expire <= now;
}

gboolean firewall_rule_is_total(const struct firewall_rule *rule)
{
    unsigned harmless = 1u << FIELD_ACTION | 1u << FIELD_COMMENT;

    return !rule->flaw && !(rule->has & ~harmless);
}

/* The file. */

void firewall_rule_append_xml(GString *out, const struct firewall_rule *rule)
{
    g_string_append(out, "<rule>\n      <properties>\n");
    for (int i = 0; i < FIELDS; i++) {
        g_autofree char *value = NULL;

        if (!has(rule, i))
            continue;
        value = fields[i].format(rule);
        g_string_append(out, "        <property");
        xml_append_attr(out, "name", fields[i].name);
        g_string_append_c(out, '>');
        xml_append_text(out, value);
        g_string_append(out, "</property>\n");
    }
    g_string_append(out, "      </properties>\n    </rule>");
}
