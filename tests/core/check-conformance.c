/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What readers and writers of the store have to agree on, one row per rule
 * (spec/qubes-xml.md 1.4, 1.5, 1.9, 1.10): stores of each generation come back as
 * they were, and what upstream's reader stumbles over is a finding. */
#include "config.h"

#include "core/label.h"
#include "core/prop-change.h"
#include "root.h"
#include "storage/volume.h"

#define PROP(name, value) "        <property name=\"" name "\">" value "</property>\n"
#define DOMAIN(class, name, qid, more)                                         \
    "    <domain id=\"domain-" qid "\" class=\"" class "\">\n"                 \
    "      <properties>\n" PROP("label", "red") PROP("name", name)             \
    PROP("qid", qid) PROP("uuid", "00000000-0000-4000-8000-0000000000" qid)    \
    more
#define PROPS_END "      </properties>\n"
#define REST                                                                   \
    PROPS_END                                                                  \
    "      <features/>\n      <tags/>\n    </domain>\n"
#define BASE DOMAIN("TemplateVM", "base", "10", REST)
#define APP(name, qid, more) DOMAIN("AppVM", name, qid, PROP("template", "base") more)

static void ck_unchanged(const char *text)
{
    g_autofree char *saved = g_string_free(store_serialise(store, model), FALSE);

    ck_assert_str_eq(saved, text);
}

/* The changed qube alone is written, and what is read again is the same. */
static char *rewritten(const char *qube)
{
    model_touch(model, qube_named(qube));
    return g_string_free(store_serialise(store, model), FALSE);
}

/* 4.0: attributes by name, domains by name with dom0 among them. */

START_TEST(a_store_of_4_0_comes_back_as_it_was)
{
    g_autofree char *text = root_put_fixture("upstream-4.0.xml"), *anew = NULL;

    root_load();
    ck_unchanged(text);
    /* but for dom0, which comes first */
    anew = g_string_free(store_serialise_anew(store, model), FALSE);
    ck_assert_uint_eq(strlen(anew), strlen(text));
    root_put(anew, -1);
    root_load();
    ck_assert_str_eq(((struct qube *)model->qubes->pdata[0])->name, "dom0");
    ck_assert_uint_eq(model->qubes->len, 8);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        ck_assert_msg(qube->findings->len == 0, "%s: %s", qube->name,
                      qube->findings->len ? ((struct finding *)
                                             qube->findings->pdata[0])->message : "");
    }
    ck_value("work", "memory", "800");
    ck_value("Vault", "label", "teal");
    ck_value("work", "netvm", "sys-firewall");
    ck_assert(qube_named("sys-net")->has_pci);
}
END_TEST

START_TEST(a_change_in_a_store_of_4_0_is_one_line)
{
    g_autofree char *text = root_put_fixture("upstream-4.0.xml"), *changed = NULL;
    g_autofree char *expected = NULL;
    g_auto(GStrv) parts = g_strsplit(text, "<property name=\"memory\">800<", -1);

    ck_assert_uint_eq(g_strv_length(parts), 2);
    expected = g_strjoinv("<property name=\"memory\">801<", parts);
    root_load();
    qube_put(qube_named("work"), prop_find("memory", CLASS_APP), "801");
    changed = rewritten("work");
    ck_assert_str_eq(changed, expected);
    qube_put(qube_named("work"), prop_find("memory", CLASS_APP), "800");
    g_free(changed);
    changed = rewritten("work");
    ck_assert_str_eq(changed, text);
}
END_TEST

START_TEST(a_label_more_is_one_line_in_every_generation)
{
    static const struct {
        const char *fixture, *line;
    } rows[] = {
        { "upstream-4.0.xml", "    <label color=\"0x00ff00\" id=\"label-10\">new</label>\n" },
        { "upstream-4.2.xml", "    <label id=\"label-10\" color=\"0x00ff00\">new</label>\n" },
        { "upstream-4.3.xml", "    <label id=\"label-10\" color=\"0x00ff00\">new</label>\n" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = root_put_fixture(rows[i].fixture), *with = NULL;
        g_auto(GStrv) parts = g_strsplit(text, "  </labels>", 2);
        g_autofree char *expected =
            g_strconcat(parts[0], rows[i].line, "  </labels>", parts[1], NULL);

        root_load();
        model_label_add(model, "new", "0x00ff00");
        with = g_string_free(store_serialise(store, model), FALSE);
        ck_assert_str_eq(with, expected);
        model_label_drop(model, 10);
        ck_unchanged(text);
    }
}
END_TEST

/* Labels of pre-releases are numbers, whatever a label is called (T47). */
START_TEST(numbers_of_labels_are_numbers)
{
    static const struct {
        const char *text, *label;
    } rows[] = {
        { "label-1", "red" }, { "red", "red" }, { "1", "red" }, { "label-8", "black" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *domain = g_strdup_printf(
            "    <domain id=\"domain-9\" class=\"TemplateVM\"><properties>"
            PROP("name", "t") PROP("qid", "9") PROP("label", "%s")
            "</properties></domain>\n", rows[i].text);
        g_autofree char *text = NULL;

        root_load_domains(domain);
        ck_value("t", "label", rows[i].label);
        text = rewritten("t");
        ck_assert_ptr_nonnull(strstr(text, rows[i].text));
    }
}
END_TEST

/* 1.9: what upstream refuses or drops, row by row where check-store.c has none. */

static const struct {
    const char *domains, *qube, *part, *property, *value;
} broken[] = {
    { APP("a", "11", PROP("updateable", "True") REST) BASE, "a", "computed",
      "updateable", "False" },
    { "    <domain class=\"AdminVM\"><properties>" PROP("name", "x")
      "</properties></domain>\n" BASE, "dom0#2", "used twice", NULL, NULL },
    { APP("a", "11", PROP("dispid", "7") REST) BASE, "a", "not one of class 'AppVM'",
      NULL, NULL },
    { DOMAIN("TemplateVM", "t", "11", PROP("template", "base") REST) BASE, "t",
      "not one of class 'TemplateVM'", NULL, NULL },
    { APP("a", "11", PROP("netvm", "a") PROP("provides_network", "True") REST) BASE, "a",
      "come back", "netvm", NULL },
    { APP("a-very-long-name-of-thirty-two-x", "11", REST) BASE,
      "a-very-long-name-of-thirty-two-x", "too long or reserved", NULL, NULL },
    { APP("x-dm", "11", REST) BASE, "x-dm", "too long or reserved", NULL, NULL },
    { APP("a", "11", PROP("qid", "12") REST) BASE, "a", "'qid' twice", NULL, NULL },
    { APP("a", "11", PROP("kernel", "None") REST) BASE, "a", "the word None", "kernel",
      "None" },
    { APP("a", "11", PROP("memory", "1_024") REST) BASE, "a", NULL, "memory", "1024" },
    { APP("a", "11", PROP("memory", " 512 ") REST) BASE, "a", NULL, "memory", "512" },
    { APP("a", "11", PROP("memory", "0x200") REST) BASE, "a", "'memory'", "memory",
      "400" },
    { APP("a", "11", PROP("debug", "") REST) BASE, "a", NULL, "debug", "False" },
    { APP("a", "11", PROP("debug", "ON") REST) BASE, "a", NULL, "debug", "True" },
    { APP("a", "11", PROP("debug", "maybe") REST) BASE, "a", "'debug'", "debug",
      "False" },
    { APP("a", "11", PROP("netvm", "") REST) BASE, "a", NULL, "netvm", NULL },
    { APP("a", "11", PROP("kernel", "") REST) BASE, "a", NULL, "kernel", "" },
    { APP("a", "11", PROP("template", "") REST) BASE, "a", "is needed", NULL, NULL },
    { APP("a", "11", PROP("ip", "10.1") REST) BASE, "a", "'ip'", NULL, NULL },
    { DOMAIN("DispVM", "d", "11", PROP("template", "b") REST) APP("b", "12", REST) BASE,
      "d", "template", NULL, NULL },
};

START_TEST(each_rule_of_the_reader_is_kept)
{
    g_autofree char *text = NULL;
    struct qube *qube;

    root_load_domains(broken[_i].domains);
    text = root_get();
    qube = qube_named(broken[_i].qube);
    if (broken[_i].part)
        ck_assert_msg(found(qube, broken[_i].part), "%d: %s", _i, broken[_i].part);
    else
        ck_assert_msg(qube->findings->len == 0, "%d: %s", _i,
                      qube->findings->len ? ((struct finding *)
                                             qube->findings->pdata[0])->message : "");
    if (broken[_i].property)
        ck_value(broken[_i].qube, broken[_i].property, broken[_i].value);
    ck_unchanged(text);
    if (qube_named("base")) {
        ck_assert(!qube_named("base")->broken);
        ck_assert_uint_eq(qube_named("base")->findings->len, 0);
    }
}
END_TEST

/* Unknown globals vanish upstream; here they stay through changes (T5). */
START_TEST(unknown_global_properties_stay)
{
    static const char text[] =
        "<qubes>\n  <labels/>\n  <pools/>\n  <properties>\n"
        "    <property name=\"sparkle\">1</property>\n"
        "  </properties>\n  <domains/>\n</qubes>\n";
    g_autofree char *changed = NULL;

    root_put(text, -1);
    root_load();
    ck_assert(found(NULL, "'sparkle'"));
    ck_unchanged(text);
    model_put_global(model, prop_find("stats_interval", 0), "5");
    changed = g_string_free(store_serialise(store, model), FALSE);
    ck_assert_ptr_nonnull(strstr(changed, "<property name=\"sparkle\">1</property>"));
    ck_assert_ptr_nonnull(strstr(changed, "<property name=\"stats_interval\">5</property>"));
}
END_TEST

/* The number of the element is decoration (T2). */
START_TEST(the_qid_is_a_property)
{
    g_autofree char *text = NULL;

    root_load_domains("    <domain id=\"domain-99\" class=\"TemplateVM\">\n"
                      "      <properties>\n" PROP("label", "red") PROP("name", "t")
                      PROP("qid", "9")
                      PROP("uuid", "00000000-0000-4000-8000-000000000009") REST);
    ck_assert_int_eq(qube_named("t")->qid, 9);
    text = rewritten("t");
    ck_assert_ptr_nonnull(strstr(text, "<domain id=\"domain-9\""));
}
END_TEST

START_TEST(the_last_of_two_features_counts)
{
    root_load_domains("    <domain class=\"TemplateVM\"><properties>" PROP("name", "t")
                      PROP("qid", "9") "</properties><features>"
                      "<feature name=\"f\">1</feature><feature name=\"f\"/></features>"
                      "</domain>\n");
    ck_assert_str_eq(qube_feature(qube_named("t"), "f"), "");
}
END_TEST

/* A flag that is absent means what the class says (T4). */
START_TEST(absent_flags_are_those_of_the_class)
{
    struct volume *volume;

    root_load_domains(DOMAIN("TemplateVM", "t", "11", PROPS_END)
                      "      <features/>\n      <tags/>\n      <volume-config>\n"
                      "        <volume name=\"root\" rw=\"False\"/>\n"
                      "        <volume name=\"private\"/>\n"
                      "      </volume-config>\n    </domain>\n");
    volume = qube_volume(qube_named("t"), "root")->volume;
    ck_assert(!volume_rw(volume) && volume_save_on_stop(volume));
    volume = qube_volume(qube_named("t"), "private")->volume;
    ck_assert(volume_rw(volume) && volume_save_on_stop(volume));
}
END_TEST

/* The kernel's image is that of the property, whatever is stored (T42). */
START_TEST(the_kernel_volume_mirrors_the_kernel)
{
    root_load_domains(DOMAIN("TemplateVM", "t", "11", PROP("kernel", "6.6") PROPS_END)
                      "      <features/>\n      <tags/>\n      <volume-config>\n"
                      "        <volume name=\"kernel\" pool=\"linux-kernel\" vid=\"4.4\""
                      " snap_on_start=\"True\" internal=\"True\"/>\n"
                      "      </volume-config>\n    </domain>\n");
    ck_assert_str_eq(volume_vid(qube_volume(qube_named("t"), "kernel")->volume), "6.6");
    ck_assert_uint_eq(qube_named("t")->findings->len, 0);
}
END_TEST

/* 1.10: what earlier releases wrote. */

/* When it is set, be it to the same. */
static void ck_old_goes(const char *property, const char *value, const char *line)
{
    g_autofree char *after = NULL, *new = NULL;

    qube_put(qube_named("a"), prop_find(property, CLASS_APP), value);
    after = rewritten("a");
    new = g_strdup_printf("<property name=\"%s\">%s</property>", property, value);
    ck_assert_msg(strstr(after, new) && !strstr(after, line), "%s", after);
}

START_TEST(old_properties_count_as_new_ones)
{
    static const struct {
        const char *old, *text, *property, *value;
        gboolean understood;
    } rows[] = {
        { "hvm", "True", "virt_mode", "hvm", TRUE },
        { "hvm", "no", "virt_mode", "pv", TRUE },
        { "hvm", "perhaps", "virt_mode", "pvh", FALSE },
        { "dispvm_allowed", "True", "template_for_dispvms", "True", TRUE },
        { "dispvm_allowed", "", "template_for_dispvms", "False", TRUE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *domains =
            g_strdup_printf(APP("a", "11", PROP("%s", "%s") REST) BASE, rows[i].old,
                            rows[i].text);
        g_autofree char *before = NULL, *after = NULL, *line = NULL;

        root_load_domains(domains);
        before = root_get();
        ck_value("a", rows[i].property, rows[i].value);
        ck_assert(found(qube_named("a"), rows[i].understood ? "counts as"
                                                            : "not one of class"));
        ck_unchanged(before);
        after = rewritten("a");
        line = g_strdup_printf("<property name=\"%s\">%s</property>", rows[i].old,
                               rows[i].text);
        ck_assert_msg(strstr(after, line) != NULL, "%s", line);
        if (rows[i].understood)
            ck_old_goes(rows[i].property, rows[i].value, line);
    }
}
END_TEST

/* What is said in both ways is said in the new one. */
START_TEST(a_new_property_beats_the_old_one)
{
    root_load_domains(APP("a", "11", PROP("hvm", "True") PROP("virt_mode", "pv") REST)
                      BASE);
    ck_value("a", "virt_mode", "pv");
    ck_assert(found(qube_named("a"), "'hvm'"));
}
END_TEST

START_TEST(the_service_of_old_is_maxmem)
{
    g_autofree char *before = NULL, *after = NULL;

    root_load_domains(
        APP("a", "11", PROPS_END)
        "      <features>\n"
        "        <feature name=\"service.meminfo-writer\"></feature>\n"
        "      </features>\n      <tags/>\n    </domain>\n"
        APP("b", "12", PROPS_END)
        "      <features>\n"
        "        <feature name=\"service.meminfo-writer\">1</feature>\n"
        "      </features>\n      <tags/>\n    </domain>\n" BASE);
    before = root_get();
    ck_value("a", "maxmem", "0");
    ck_value("b", "maxmem", "4000");
    ck_unchanged(before);
    after = rewritten("a");
    ck_assert_ptr_nonnull(strstr(after, "<property name=\"maxmem\">0</property>"));
    ck_assert_ptr_nonnull(strstr(after, "<feature name=\"service.meminfo-writer\">1<"));
    ck_assert_ptr_null(strstr(after, "<feature name=\"service.meminfo-writer\"><"));
}
END_TEST

START_TEST(net_qubes_had_a_default_of_their_own)
{
    static const char domains[] =
        "<domains>"
        APP("net", "11", PROP("provides_network", "True") PROP("netvm", "") REST)
        APP("fw", "12", PROP("provides_network", "True") REST)
        APP("a", "13", REST) BASE "</domains></qubes>";
    static const struct {
        const char *of_net, *netvm; /* of fw */
    } rows[] = {
        { "net", "net" }, { "gone", NULL }, { "fw", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf(
            "<qubes><properties>" PROP("default_netvm", "fw")
            PROP("default_fw_netvm", "%s") "</properties>%s", rows[i].of_net, domains);

        root_put(text, -1);
        root_load();
        ck_value("fw", "netvm", rows[i].netvm);
        ck_value("a", "netvm", "fw");
        ck_value("net", "netvm", NULL);
        ck_assert(found(NULL, "'default_fw_netvm'"));
        ck_unchanged(text);
        change_drop_unknown(model, NULL, "default_fw_netvm");
        ck_save();
        root_load();
        ck_value("fw", "netvm", rows[i].netvm);
        ck_value("a", "netvm", "fw");
    }
}
END_TEST

/* 1.5: the order of readers and writers. */

START_TEST(order_means_nothing_to_the_reader)
{
    root_load_domains(
        "    <domain class=\"AppVM\"><tags><tag name=\"x\"/></tags><volume-config/>"
        "<features/><properties>" PROP("template", "zz") PROP("uuid",
        "00000000-0000-4000-8000-000000000011") PROP("qid", "11") PROP("label", "red")
        PROP("name", "a") "</properties></domain>\n"
        DOMAIN("TemplateVM", "zz", "12", REST));
    ck_assert_uint_eq(qube_named("a")->findings->len, 0);
    ck_value("a", "template", "zz");
    ck_assert_ptr_nonnull(volume_source(qube_volume(qube_named("a"), "root")->volume));
}
END_TEST

START_TEST(capitals_come_before_small_letters)
{
    static const char *const order[] = { "dom0", "Z", "a", "b_", "base" };

    root_load_domains(APP("a", "11", REST) APP("Z", "12", REST) APP("b_", "13", REST)
                      BASE);
    ck_assert_uint_eq(model->qubes->len, G_N_ELEMENTS(order));
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        ck_assert_str_eq(((struct qube *)model->qubes->pdata[i])->name, order[i]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_store_of_4_0_comes_back_as_it_was,
        a_change_in_a_store_of_4_0_is_one_line,
        a_label_more_is_one_line_in_every_generation,
        numbers_of_labels_are_numbers,
        unknown_global_properties_stay,
        the_qid_is_a_property,
        the_last_of_two_features_counts,
        absent_flags_are_those_of_the_class,
        the_kernel_volume_mirrors_the_kernel,
        old_properties_count_as_new_ones,
        a_new_property_beats_the_old_one,
        the_service_of_old_is_maxmem,
        net_qubes_had_a_default_of_their_own,
        order_means_nothing_to_the_reader,
        capitals_come_before_small_letters,
        NULL,
    };
    TCase *rules = tcase_create("rules");

    tcase_add_checked_fixture(rules, root_setup, root_teardown);
    tcase_add_loop_test(rules, each_rule_of_the_reader_is_kept, 0,
                        G_N_ELEMENTS(broken));
    return suite_run_cases("conformance", tests, root_setup, root_teardown, rules);
}
