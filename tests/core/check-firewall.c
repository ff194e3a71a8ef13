/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/firewall.h"
#include "core/history.h"
#include "core/layout.h"
#include "util/file.h"
#include "tests/util/suite.h"

#define NOW 1700000000

static char *dir, *path;

static void setup(void)
{
    dir = g_dir_make_tmp("qmc-firewall-XXXXXX", NULL);
    path = g_build_filename(dir, "work", "firewall.xml", NULL);
}

static void teardown(void)
{
    file_remove_tree(dir, NULL);
    g_free(dir);
    g_free(path);
}

/* --- words --- */

START_TEST(good_rules_are_read_and_said_again)
{
    static const struct {
        const char *words, *again;
    } rows[] = {
        { "accept", "action=accept" },
        { "action=drop", "action=drop" },
        { "accept proto=tcp dst4=1.2.3.4 dstports=443 comment=a b=c",
          NULL },
        { "comment=", NULL },
        { "accept comment=web, mail; [x_y]",
          "action=accept comment=web, mail; [x_y]" },
        { "dstports=80-90 proto=tcp dst4=192.0.2.0/24 action=accept",
          "action=accept dst4=192.0.2.0/24 proto=tcp dstports=80-90" },
        { "accept proto=udp dstports=53", "action=accept proto=udp dstports=53-53" },
        { "accept proto=udp dstports=0", "action=accept proto=udp dstports=0-0" },
        { "accept proto=udp dstports=65535",
          "action=accept proto=udp dstports=65535-65535" },
        { "accept proto=udp dstports=007", "action=accept proto=udp dstports=7-7" },
        { "drop dst6=10.0.0.1", "action=drop dst4=10.0.0.1/32" },
        { "drop dst4=2001:db8::1", "action=drop dst6=2001:db8::1/128" },
        { "drop dsthost=2001:db8::/32", "action=drop dst6=2001:db8::/32" },
        { "drop dstname=example.org", "action=drop dsthost=example.org" },
        { "drop dsthost=10.1", "action=drop dsthost=10.1" },
        { "drop dsthost=0.0.0.0/0", "action=drop dst4=0.0.0.0/0" },
        { "drop dsthost=10.0.0.1/08", "action=drop dst4=10.0.0.1/08" },
        { "drop proto=icmp icmptype=8", "action=drop proto=icmp icmptype=8" },
        { "drop proto=icmp icmptype=255", "action=drop proto=icmp icmptype=255" },
        { "accept specialtarget=dns", "action=accept specialtarget=dns" },
        { "accept expire=1700000000 comment=later",
          "action=accept expire=1700000000 comment=later" },
        { "comment=only", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        auto_of(firewall_rule) struct firewall_rule *rule =
            firewall_rule_parse(rows[i].words, &error);
        g_autofree char *again = rule ? firewall_rule_format(rule) : NULL;

        ck_assert_msg(g_strcmp0(again, rows[i].again) == 0, "'%s' gives '%s'",
                      rows[i].words, again ? again : error->message);
        ck_assert(!rule == !!error);
    }
}
END_TEST

START_TEST(bad_rules_say_why)
{
    static const struct {
        const char *words, *part;
    } rows[] = {
        { "", "no 'action'" },
        { "proto=tcp", "no 'action'" },
        { "allow", "word 'allow'" },
        { "action=Accept", "'Accept'" },
        { "accept drop", "'action' is given twice" },
        { "accept  proto=tcp", "word ''" },
        { "accept proto=any", "'any'" },
        { "accept proto=tcp proto=tcp", "twice" },
        { "accept dst4=1.2.3.4 dst6=::1", "twice" },
        { "accept port=80", "'port'" },
        { "accept dstports=80", "tcp and udp" },
        { "accept proto=icmp dstports=80", "tcp and udp" },
        { "accept proto=tcp icmptype=8", "icmp" },
        { "accept proto=icmp icmptype=256", "'256'" },
        { "accept proto=icmp icmptype=0008", "'0008'" },
        { "accept proto=tcp dstports=65536", "'65536'" },
        { "accept proto=tcp dstports=90-80", "'90-80'" },
        { "accept proto=tcp dstports=1-2-3", "'1-2-3'" },
        { "accept proto=tcp dstports=-1", "'-1'" },
        { "accept proto=tcp dstports=", "''" },
        { "accept dsthost=", "''" },
        { "accept dsthost=Example.org", "'Example.org'" },
        { "accept dsthost=10.0.0.1/33", "/33" },
        { "accept dsthost=::1/129", "/129" },
        { "accept dsthost=10.0.0.1/", "'10.0.0.1/'" },
        { "accept dsthost=10.0.0.1/-1", "/-1" },
        { "accept dsthost=10.0.0.0/8/8", "/8/8" },
        { "accept dsthost=example.org/24", "/24" },
        { "accept dsthost=a$b", "a$b" },
        { "accept specialtarget=gateway", "'gateway'" },
        { "accept expire=soon", "'soon'" },
        { "accept expire=-1", "'-1'" },
        { "accept expire=99999999999999", "99999999999999" },
        { "accept comment=<b>", "<b>" },
        { "accept comment=a\nb", "comment" },
        { "accept comment=\xc3\xa9", "comment" },
        { "acceptcomment=x", "comment=" },
        { "accept comment=a b=c", "comment" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_msg(!firewall_rule_parse(rows[i].words, &error), "%s",
                      rows[i].words);
        ck_error(&error, QMC_ERROR_INVALID, rows[i].part);
    }
}
END_TEST

/* --- the file --- */

#define FRAME(rules) \
    "<firewall version=\"2\">\n  <rules>\n" rules "  </rules>\n</firewall>\n"
#define RULE(properties) \
    "    <rule>\n      <properties>\n" properties "      </properties>\n    </rule>\n"
#define P(name, value) \
    "        <property name=\"" name "\">" value "</property>\n"
#define EMPTY "<firewall version=\"2\">\n  <rules/>\n</firewall>\n"

static const char upstream[] = FRAME(
    RULE(P("action", "accept") P("comment", "web") P("dsthost", "192.0.2.0/24")
         P("proto", "tcp") P("dstports", "80-90"))
    RULE(P("action", "accept") P("expire", "1600000000") P("dsthost", "::1/128"))
    RULE(P("action", "drop") P("proto", "icmp") P("icmptype", "8"))
    RULE(P("action", "accept") P("specialtarget", "dns")));

static struct firewall *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    struct firewall *firewall =
        firewall_parse("firewall.xml", text, strlen(text), &error);

    ck_no_error(error);
    return firewall;
}

static void ck_text(const struct firewall *firewall, gint64 now, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) out = firewall_serialise(firewall, now, &error);

    ck_no_error(error);
    ck_assert_str_eq(out->str, text);
}

static void ck_rules(const struct firewall *firewall, const char *const *rules)
{
    guint n = 0;

    for (; rules[n]; n++) {
        ck_assert_uint_lt(n, firewall->rules->len);
        const struct firewall_rule *rule = firewall->rules->pdata[n];
        g_autofree char *text = firewall_rule_format(rule);

        ck_assert_msg(!rule->flaw, "rule %u: %s", n, rule->flaw);
        ck_assert_str_eq(text, rules[n]);
    }
    ck_assert_uint_eq(firewall->rules->len, n);
}

static const char *flaw_of(const struct firewall *firewall, guint i)
{
    return ((struct firewall_rule *)firewall->rules->pdata[i])->flaw;
}

START_TEST(what_upstream_wrote_stays_as_it_is)
{
    auto_of(firewall) struct firewall *firewall = parse(upstream);

    ck_rules(firewall, (const char *const[]){
        "action=accept dst4=192.0.2.0/24 proto=tcp dstports=80-90 comment=web",
        "action=accept expire=1600000000 dst6=::1/128",
        "action=drop proto=icmp icmptype=8",
        "action=accept specialtarget=dns", NULL });
    ck_text(firewall, 0, upstream);
    firewall->changed = TRUE;
    ck_text(firewall, 0, upstream);
}
END_TEST

START_TEST(new_rules_are_written_as_upstream_does)
{
    auto_of(firewall) struct firewall *from = parse(upstream);
    auto_of(firewall) struct firewall *firewall = firewall_new();

    g_ptr_array_set_size(firewall->rules, 0);
    ck_text(firewall, 0, EMPTY);
    for (guint i = 0; i < from->rules->len; i++) {
        g_autofree char *text = firewall_rule_format(from->rules->pdata[i]);

        g_ptr_array_add(firewall->rules, firewall_rule_parse(text, NULL));
    }
    ck_text(firewall, 0, upstream);
}
END_TEST

START_TEST(no_rules_is_not_an_absent_file)
{
    auto_of(firewall) struct firewall *firewall = parse(EMPTY);

    ck_assert_uint_eq(firewall->rules->len, 0);
    ck_text(firewall, 0, EMPTY);
    firewall->changed = TRUE;
    ck_text(firewall, 0, EMPTY);
    firewall_reset(firewall, FIREWALL_ACCEPT);
    ck_text(firewall, 0, FRAME(RULE(P("action", "accept"))));
    g_ptr_array_set_size(firewall->rules, 0);
    ck_text(firewall, 0, EMPTY);
}
END_TEST

START_TEST(expired_rules_go_at_the_next_save)
{
    auto_of(firewall) struct firewall *firewall = parse(upstream);
    g_autoptr(GString) out = firewall_serialise(firewall, NOW, NULL);
    auto_of(firewall) struct firewall *left = parse(out->str);

    ck_assert(firewall_rule_expired(firewall->rules->pdata[1], NOW));
    ck_assert(firewall_rule_expired(firewall->rules->pdata[1], 1600000000));
    ck_assert(!firewall_rule_expired(firewall->rules->pdata[1], 1599999999));
    ck_assert(!firewall_rule_expired(firewall->rules->pdata[0], NOW));
    ck_assert_ptr_null(strstr(out->str, "expire"));
    ck_assert_uint_eq(left->rules->len, 3);
}
END_TEST

START_TEST(a_bad_rule_hides_no_other_and_keeps_its_text)
{
    static const char text[] = FRAME(
        "    <rule><properties><property name='action'>accept</property>"
        "<property name='dsthost'>Bad Host</property></properties></rule>\n"
        "    <!-- mine --><rule>\n<properties>"
        "<property name=\"future\">1</property></properties></rule>\n"
        RULE(P("action", "drop"))
        "    <odd a=\"&gt;\"/>\n"
        RULE(P("action", "drop") P("action", "accept"))
        RULE(P("action", "drop") P("dstports", "1-65536") P("proto", "tcp"))
        RULE("<property name=\"action\">ac<b/>cept</property>")
        RULE(P("proto", "tcp")));
    auto_of(firewall) struct firewall *firewall = parse(text);

    ck_assert_uint_eq(firewall->rules->len, 8);
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 0), "'Bad Host'"));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 1), "'future'"));
    ck_assert_ptr_null(flaw_of(firewall, 2));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 3), "'odd'"));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 4), "twice"));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 5), "65536"));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 6), "elements"));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 7), "'action'"));
    ck_text(firewall, NOW, text);
    firewall->changed = TRUE;
    ck_text(firewall, NOW, text);
}
END_TEST

START_TEST(what_stands_around_the_rules_stays)
{
    static const char before[] =
        "<?xml version=\"1.0\"?>\n<!-- by hand -->\n<firwall version='2' a='>'>"
        "<more/><rules x='/>'>";
    static const char after[] = "</rules><rule><properties/></rule></firwall>";
    g_autofree char *text = g_strconcat(before, "<rule><properties><property name="
        "\"action\">drop</property></properties></rule>", after, NULL);
    g_autofree char *less = g_strconcat(before, after, NULL);
    auto_of(firewall) struct firewall *firewall = parse(text);

    ck_assert_uint_eq(firewall->rules->len, 1);
    firewall->changed = TRUE;
    ck_text(firewall, 0, text);
    g_ptr_array_set_size(firewall->rules, 0);
    ck_text(firewall, 0, less);
}
END_TEST

START_TEST(comments_are_no_rules)
{
    auto_of(firewall) struct firewall *firewall =
        parse(FRAME("<!-- <rule/> -->" RULE(P("action", "drop"))));
    auto_of(firewall) struct firewall *old =
        parse("<QubesFirewallRules policy=\"deny\"><!-- x --></QubesFirewallRules>");

    ck_rules(firewall, (const char *const[]){ "action=drop", NULL });
    ck_rules(old, (const char *const[]){ NULL });
}
END_TEST

START_TEST(what_is_no_firewall_is_refused)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        { "", "empty" },
        { "rules", "not XML" },
        { "<firewall version=\"2\"><rules>", "line 1" },
        { "<firewall version=\"2\"/>", "no 'rules'" },
        { "<firewall version=\"3\"><rules/></firewall>", "version" },
        { "<firewall version=\"2\"><rules/><rules/></firewall>", "more than one" },
        { "<firewall/>", "policy" },
        { "<QubesFirewallRules policy=\"maybe\"/>", "policy" },
        { "<!DOCTYPE x []><firewall version=\"2\"><rules/></firewall>",
          "document type" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert(!firewall_parse("firewall.xml", rows[i].text,
                                  strlen(rows[i].text), &error));
        ck_error(&error, QMC_ERROR_INVALID, rows[i].part);
    }
}
END_TEST

START_TEST(no_more_rules_than_keys)
{
    g_autoptr(GString) text = g_string_new("<firewall version=\"2\"><rules>");
    g_autoptr(GError) error = NULL;
    auto_of(firewall) struct firewall *firewall = firewall_new();

    for (int i = 0; i < FIREWALL_RULES_MAX + 1; i++) {
        g_string_append(text, "<rule/>");
        g_ptr_array_add(firewall->rules, firewall_rule_parse("drop", NULL));
    }
    g_string_append(text, "</rules></firewall>");
    ck_assert(!firewall_parse("firewall.xml", text->str, text->len, &error));
    ck_error(&error, QMC_ERROR_INVALID, "too many");
    ck_assert(!firewall_serialise(firewall, 0, &error));
    ck_error(&error, QMC_ERROR_INVALID, "10000");
}
END_TEST

/* --- R3 --- */

START_TEST(deny_of_r3_lets_its_rules_through)
{
    auto_of(firewall) struct firewall *firewall = parse(
        "<QubesFirewallRules policy=\"deny\" dns=\"allow\" icmp=\"deny\" "
        "yumProxy=\"allow\">"
        "<rule address=\"192.0.2.7\" proto=\"tcp\" netmask=\"24\" port=\"80\" "
        "toport=\"90\" expire=\"1800000000\"/>"
        "<rule address=\"10.0.0.1\" netmask=\"0\"/>"
        "<rule address=\"2001:db8::1\" port=\"22\"/>"
        "<rule address=\"Example.ORG\" netmask=\"24\" proto=\"any\"/>"
        "<rule address=\"\" proto=\"udp\" port=\"53\" toport=\"0\"/>"
        "<rule address=\"10.0.0.2\" proto=\"any\" port=\"0\"/>"
        "</QubesFirewallRules>");

    ck_assert(firewall->old);
    ck_rules(firewall, (const char *const[]){
        "action=accept expire=1800000000 dst4=192.0.2.7/24 proto=tcp dstports=80-90",
        "action=accept dst4=10.0.0.1/0",
        "action=accept dst6=2001:db8::1/128 proto=tcp dstports=22-22",
        "action=accept dsthost=example.org",
        "action=accept proto=udp dstports=53-53",
        "action=accept dst4=10.0.0.2/32", "action=accept specialtarget=dns", NULL });
    ck_assert_uint_eq(firewall->notes->len, 1);
    ck_assert_ptr_nonnull(strstr(firewall->notes->pdata[0], "'icmp'"));
}
END_TEST

START_TEST(allow_of_r3_drops_its_rules)
{
    auto_of(firewall) struct firewall *firewall = parse(
        "<QubesFirewallRules policy=\"allow\" dns=\"deny\" version=\"1\">"
        "<rule address=\"10.0.0.1\"/></QubesFirewallRules>");

    ck_rules(firewall, (const char *const[]){
        "action=drop dst4=10.0.0.1/32", "action=accept", NULL });
    ck_assert_uint_eq(firewall->notes->len, 2);
    ck_assert_ptr_nonnull(strstr(firewall->notes->pdata[0], "'dns'"));
    ck_assert_ptr_nonnull(strstr(firewall->notes->pdata[0], "drops it"));
    ck_assert_ptr_nonnull(strstr(firewall->notes->pdata[1], "'icmp'"));
    ck_assert_ptr_nonnull(strstr(firewall->notes->pdata[1], "accepts it"));
}
END_TEST

/* A note is for what qubesd makes other rules of, not for each file. */
START_TEST(r3_and_qubesd_are_compared)
{
    static const struct {
        const char *attrs, *rules, *noted;
    } rows[] = {
        { "policy=\"deny\" dns=\"allow\" icmp=\"allow\"", "<rule/>", "" },
        { "policy=\"deny\"", "", "" },
        { "policy=\"deny\"", "<rule proto=\"tcp\" port=\"443\"/>", "" },
        { "policy=\"deny\"", "<rule proto=\"udp\" port=\"50\" toport=\"60\"/>", "dns " },
        { "policy=\"deny\" dns=\"allow\"", "<rule proto=\"icmp\"/>", "icmp " },
        { "policy=\"allow\"", "", "" },
        { "policy=\"allow\"", "<rule proto=\"tcp\"/>", "dns " },
        { "policy=\"allow\" icmp=\"deny\"", "", "icmp " },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf(
            "<QubesFirewallRules %s>%s</QubesFirewallRules>", rows[i].attrs, rows[i].rules);
        auto_of(firewall) struct firewall *firewall = parse(text);
        g_autoptr(GString) noted = g_string_new(NULL);

        for (guint n = 0; n < firewall->notes->len; n++)
            g_string_append(noted, strstr(firewall->notes->pdata[n], "'dns'") ? "dns "
                                                                             : "icmp ");
        ck_assert_msg(g_str_equal(noted->str, rows[i].noted), "%s: %s", text, noted->str);
    }
}
END_TEST

START_TEST(r3_is_written_in_the_new_form)
{
    static const char old[] =
        "<QubesFirewallRules policy=\"deny\"><rule address=\"10.0.0.1\"/>"
        "</QubesFirewallRules>";
    auto_of(firewall) struct firewall *firewall = parse(old);

    ck_text(firewall, 0, old);
    firewall->changed = TRUE;
    ck_text(firewall, 0, FRAME(
        RULE(P("action", "accept") P("dsthost", "10.0.0.1/32"))));
}
END_TEST

START_TEST(what_r3_said_badly_is_not_converted)
{
    auto_of(firewall) struct firewall *firewall = parse(
        "<QubesFirewallRules policy=\"deny\">"
        "<rule address=\"10.0.0.1\" netmask=\"40\"/><rule adress=\"10.0.0.1\"/>"
        "<rule address=\"10.0.0.1\" proto=\"any\" port=\"80\"/><odd/>"
        "</QubesFirewallRules>");
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 0), "/40"));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 1), "'adress'"));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 2), "tcp and udp"));
    ck_assert_ptr_nonnull(strstr(flaw_of(firewall, 3), "'odd'"));
    firewall->changed = TRUE;
    ck_assert(!firewall_serialise(firewall, 0, &error));
    ck_error(&error, QMC_ERROR_STATE, "rule 0");
}
END_TEST

/* --- QubesDB --- */

static void ck_published(const struct firewall *firewall, const char *address,
                         const char *expected)
{
    g_autoptr(GArray) entries = firewall_publish(firewall, address, NOW);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < entries->len; i++) {
        const struct firewall_entry *entry =
            &g_array_index(entries, struct firewall_entry, i);

        g_string_append_printf(text, "%s|%s\n", entry->path, entry->value);
    }
    ck_assert_str_eq(text->str, expected);
}

START_TEST(net_qubes_are_told_rules_of_their_family)
{
    auto_of(firewall) struct firewall *firewall = parse(FRAME(
        RULE(P("action", "accept") P("dsthost", "192.0.2.0/24") P("proto", "tcp")
             P("dstports", "80") P("comment", "web"))
        RULE(P("action", "accept") P("expire", "1600000000"))
        RULE(P("action", "accept") P("expire", "1800000000") P("dsthost", "::1"))
        RULE(P("action", "accept") P("dsthost", "example.org"))
        RULE(P("action", "accept") P("specialtarget", "dns"))
        RULE(P("action", "drop"))));

    ck_published(firewall, "10.137.0.5",
        "/qubes-firewall/10.137.0.5/policy|drop\n"
        "/qubes-firewall/10.137.0.5/0000|action=accept dst4=192.0.2.0/24 "
        "proto=tcp dstports=80-80\n"
        "/qubes-firewall/10.137.0.5/0003|action=accept dsthost=example.org\n"
        "/qubes-firewall/10.137.0.5/0004|action=accept specialtarget=dns\n"
        "/qubes-firewall/10.137.0.5/0005|action=drop\n"
        "/qubes-firewall/10.137.0.5|\n");
    ck_published(firewall, "fd09:24ef:4179::a89:5",
        "/qubes-firewall/fd09:24ef:4179::a89:5/policy|drop\n"
        "/qubes-firewall/fd09:24ef:4179::a89:5/0002|action=accept dst6=::1/128\n"
        "/qubes-firewall/fd09:24ef:4179::a89:5/0003|action=accept "
        "dsthost=example.org\n"
        "/qubes-firewall/fd09:24ef:4179::a89:5/0004|action=accept "
        "specialtarget=dns\n"
        "/qubes-firewall/fd09:24ef:4179::a89:5/0005|action=drop\n"
        "/qubes-firewall/fd09:24ef:4179::a89:5|\n");
}
END_TEST

START_TEST(nothing_passes_behind_a_rule_that_cannot_be_read)
{
    auto_of(firewall) struct firewall *firewall = parse(FRAME(
        RULE(P("action", "drop") P("dsthost", "10.0.0.1"))
        RULE(P("action", "drop") P("future", "x"))
        RULE(P("action", "accept"))));

    ck_published(firewall, "10.137.0.5",
        "/qubes-firewall/10.137.0.5/policy|drop\n"
        "/qubes-firewall/10.137.0.5/0000|action=drop dst4=10.0.0.1/32\n"
        "/qubes-firewall/10.137.0.5|\n");
}
END_TEST

/* --- on disk --- */

static char *contents(void)
{
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void put(const char *text)
{
    g_autofree char *parent = g_path_get_dirname(path);

    ck_assert(file_mkdirs(parent, 0775, NULL));
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static struct firewall *read_file(void)
{
    g_autoptr(GError) error = NULL;
    struct firewall *firewall = firewall_read(path, &error);

    ck_no_error(error);
    return firewall;
}

START_TEST(an_absent_file_accepts_and_can_be_absent_again)
{
    auto_of(firewall) struct firewall *firewall = read_file();
    g_autoptr(GError) error = NULL;
    struct stat st;

    ck_rules(firewall, (const char *const[]){ "action=accept", NULL });
    ck_assert(!firewall->file.there);
    ck_assert(firewall_write(firewall, NOW, &error));
    ck_assert(stat(path, &st) == 0);
    ck_assert_int_eq(st.st_mode & 07777, 0664);
    g_autofree char *text = contents();
    ck_assert_str_eq(text, FRAME(RULE(P("action", "accept"))));
    ck_assert(firewall_restore(firewall, &error));
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(former_bytes_come_back)
{
    put(upstream);
    auto_of(firewall) struct firewall *firewall = read_file();
    g_autoptr(GError) error = NULL;

    firewall_reset(firewall, FIREWALL_ACCEPT);
    ck_assert(firewall_write(firewall, NOW, &error));
    ck_assert(firewall_restore(firewall, &error));
    g_autofree char *text = contents();
    ck_assert_str_eq(text, upstream);
}
END_TEST

START_TEST(a_file_changed_meanwhile_is_left_alone)
{
    put(upstream);
    auto_of(firewall) struct firewall *firewall = read_file();
    auto_of(firewall) struct firewall *second = read_file();
    g_autoptr(GError) error = NULL;

    firewall_reset(firewall, FIREWALL_ACCEPT);
    put(EMPTY);
    ck_assert(!firewall_write(firewall, NOW, &error));
    ck_error(&error, QMC_ERROR_BUSY, "changed");
    ck_assert(!firewall_restore(second, &error));
    ck_error(&error, QMC_ERROR_BUSY, "changed");
    g_autofree char *text = contents();
    ck_assert_str_eq(text, EMPTY);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(!firewall_write(firewall, NOW, &error));
    ck_error(&error, QMC_ERROR_BUSY, "changed");
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(one_that_appeared_meanwhile_is_left_alone)
{
    auto_of(firewall) struct firewall *firewall = read_file();
    g_autoptr(GError) error = NULL;

    put(EMPTY);
    ck_assert(!firewall_write(firewall, NOW, &error));
    ck_error(&error, QMC_ERROR_BUSY, "changed");
}
END_TEST

static guint copies_of(const char *root, const char *name)
{
    g_autofree char *place = layout_path(root, LAYOUT_HISTORY);
    g_autofree char *stem = g_strconcat("firewall-", name, NULL);
    g_autoptr(GPtrArray) names = file_list(place, NULL);
    guint n = 0;

    for (guint i = 0; names && i < names->len; i++)
        n += history_has(stem, names->pdata[i]);
    return n;
}

START_TEST(what_was_there_is_kept_in_the_history)
{
    auto_of(firewall) struct firewall *firewall = NULL;
    g_autofree char *root = g_path_get_dirname(path), *text = NULL;
    struct qube_file kept, again;
    g_autoptr(GError) error = NULL;

    put("junk");
    firewall = firewall_read_broken(path, &error);
    ck_no_error(error);
    ck_assert_ptr_nonnull(strstr(firewall->broken, "this is not XML"));
    ck_assert_uint_eq(firewall->rules->len, 1);
    ck_assert(firewall_keep(firewall, root, "work", &kept, &error));
    ck_assert_ptr_nonnull(strstr(kept.path, LAYOUT_HISTORY "/firewall-work-20"));
    ck_assert(g_str_has_suffix(kept.path, "Z-001.xml"));
    ck_assert(firewall_keep(firewall, root, "work", &again, &error));
    ck_assert(g_str_has_suffix(again.path, "Z-002.xml"));
    ck_assert(g_file_get_contents(kept.path, &text, NULL, NULL));
    ck_assert_str_eq(text, "junk");
    ck_assert(qube_file_remove(&again, &error));
    ck_assert_uint_eq(copies_of(root, "work"), 1);
    qube_file_clear(&kept);
    qube_file_clear(&again);
}
END_TEST

/* Each of its own, however alike the names are; the first of the day is there still. */
START_TEST(no_number_of_changes_pushes_out_what_stood_before)
{
    auto_of(firewall) struct firewall *firewall = NULL;
    g_autofree char *root = g_path_get_dirname(path), *first = NULL;
    struct qube_file kept;
    g_autoptr(GError) error = NULL;

    put("junk");
    firewall = firewall_read_broken(path, &error);
    for (int n = 0; n < 30; n++) {
        ck_assert(firewall_keep(firewall, root, n ? "work" : "work-web", &kept, &error));
        firewall_thin(root, n ? "work" : "work-web", &kept);
        if (n == 1)
            first = g_strdup(kept.path);
        qube_file_clear(&kept);
    }
    ck_assert_uint_eq(copies_of(root, "work-web"), 1);
    ck_assert_uint_ge(copies_of(root, "work"), 6);
    ck_assert_uint_le(copies_of(root, "work"), 10);
    ck_assert(g_file_test(first, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    g_autoptr(GError) error = NULL;

    put("");
    ck_assert(!firewall_read(path, &error));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "or 'qmc fw QUBE reset --drop' drops"));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "OPENS"));
    ck_error(&error, QMC_ERROR_IO, "/firewall.xml' is broken: it is empty: no rule can be read,");
    ck_assert_int_eq(truncate(path, 16 * 1024 * 1024 + 1), 0);
    ck_assert(!firewall_read(path, &error));
    ck_error(&error, QMC_ERROR_IO, NULL);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert(file_mkdirs(path, 0700, NULL));
    ck_assert(!firewall_read(path, &error));
    ck_error(&error, QMC_ERROR_IO, "regular");
}
END_TEST

static void ck_path(const char *name, const char *class, const char *expected)
{
    struct qube *qube = qube_new(name, NULL, 5, class);
    g_autofree char *found = firewall_path("/mnt/", qube);

    ck_assert_msg(g_strcmp0(found, expected) == 0, "%s: %s", name, found);
    qube_free(qube);
}

START_TEST(each_qube_with_a_directory_has_a_place)
{
    ck_path("work", "AppVM", "/mnt" LAYOUT_BASE "/appvms/work/firewall.xml");
    ck_path("t", "TemplateVM", "/mnt" LAYOUT_BASE "/vm-templates/t/firewall.xml");
    ck_path("dom0", "AdminVM", NULL);
    ck_path("far", "RemoteVM", NULL);
    ck_path("odd", "OddVM", NULL);
    ck_path("../../etc", "AppVM", NULL);
    ck_path("..", "AppVM", NULL);
    ck_path("", "AppVM", NULL);
}
END_TEST

START_TEST(the_first_rule_nothing_gets_past_decides)
{
    static const struct {
        const char *rules[3];
        int at;
    } rows[] = {
        { { NULL }, -1 },
        { { "accept dsthost=192.0.2.1" }, -1 },
        { { "accept expire=4000000000" }, -1 },
        { { "accept proto=tcp", "drop comment=mine" }, 1 },
        { { "drop", "accept" }, 0 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        auto_of(firewall) struct firewall *firewall = firewall_new();

        g_ptr_array_set_size(firewall->rules, 0);
        for (gsize k = 0; k < 3 && rows[i].rules[k]; k++)
            g_ptr_array_add(firewall->rules, firewall_rule_parse(rows[i].rules[k], NULL));
        ck_assert_int_eq(firewall_decisive(firewall), rows[i].at);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        good_rules_are_read_and_said_again,
        bad_rules_say_why,
        what_upstream_wrote_stays_as_it_is,
        new_rules_are_written_as_upstream_does,
        no_rules_is_not_an_absent_file,
        expired_rules_go_at_the_next_save,
        a_bad_rule_hides_no_other_and_keeps_its_text,
        what_stands_around_the_rules_stays,
        comments_are_no_rules,
        what_is_no_firewall_is_refused,
        no_more_rules_than_keys,
        deny_of_r3_lets_its_rules_through,
        allow_of_r3_drops_its_rules, r3_and_qubesd_are_compared,
        r3_is_written_in_the_new_form,
        what_r3_said_badly_is_not_converted,
        net_qubes_are_told_rules_of_their_family,
        nothing_passes_behind_a_rule_that_cannot_be_read,
        an_absent_file_accepts_and_can_be_absent_again,
        former_bytes_come_back,
        a_file_changed_meanwhile_is_left_alone,
        one_that_appeared_meanwhile_is_left_alone,
        what_was_there_is_kept_in_the_history,
        no_number_of_changes_pushes_out_what_stood_before,
        what_cannot_be_read_is_an_error,
        each_qube_with_a_directory_has_a_place,
        the_first_rule_nothing_gets_past_decides,
        NULL,
    };

    return suite_run_fixture("firewall", tests, setup, teardown);
}
