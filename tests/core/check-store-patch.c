/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stays of a changed qube's text as people wrote it. */
#include "config.h"

#include "core/store.h"

#include <string.h>

#include "tests/core/root.h"

#define UUID "00000000-0000-4000-8000-000000000009"

/* Nothing in it is as the writer would have it. */
static const char written[] =
    "    <domain  id=\"domain-9\" class='TemplateVM'>\n"
    "      <!-- of the whole -->\n"
    "      <properties>\n"
    "        <!-- never again -->\n"
    "        <property name='label'>red</property>\n"
    "        <!-- what is > 400 swaps -->\n"
    "        <property name=\"maxmem\"><![CDATA[4000]]></property>\n"
    "        <!-- a little --><property name=\"memory\"   >40<!-- 0 -->0</property>\n"
    "\n"
    "        <property name=\"name\">t</property> <?keep this?>\n"
    "        <property name=\"qid\">9</property>\n"
    "        <property name=\"uuid\">" UUID "</property>\n"
    "        <!-- no more -->\n"
    "      </properties>\n"
    "      <features>\n"
    "        <!-- a path -->\n"
    "        <feature name=\"f\"><![CDATA[a<b]]></feature>\n"
    "        <feature name=\"g\">1</feature>\n"
    "      </features>\n"
    "      <tags/>\n"
    "      <volume-config>\n"
    "        <volume vid=\"x\" pool=\"varlibqubes\" name=\"root\"/>\n"
    "      </volume-config>\n"
    "      <!-- at the end -->\n"
    "    </domain>\n";

/* With that one place of it in another way. */
static char *with(const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(written, from, 2);

    ck_assert_msg(parts[1] != NULL, "%s", from);
    return g_strconcat(parts[0], to, parts[1], NULL);
}

static struct qube *t(void)
{
    return qube_named("t");
}

static void put(const char *name, const char *value)
{
    qube_put(t(), prop_find(name, CLASS_TEMPLATE), value);
    model_touch(model, t());
}

static void drop(const char *name)
{
    qube_drop(t(), prop_find(name, CLASS_TEMPLATE));
}

static char *whole(const char *domain)
{
    g_autofree char *text = root_get();
    const char *at = strstr(text, written), *end = at + strlen(written);

    return g_strdup_printf("%.*s%s%s", (int)(at - text), text, domain, end);
}

static void setup(void)
{
    root_setup();
    root_load_domains(written);
}

START_TEST(what_was_touched_and_is_the_same_is_the_same)
{
    model_touch(model, t());
    /* But volumes of its class get a place. */
    GString *text = store_serialise(store, model);
    g_autofree char *head = g_strndup(written, strstr(written, " name=\"root\"/>") - written);

    ck_assert_msg(strstr(text->str, head) != NULL, "%s", text->str);
    ck_assert_ptr_nonnull(strstr(text->str, "</volume-config>\n      <!-- at the end -->\n"));
    g_string_free(text, TRUE);
}
END_TEST

/* All volumes are there, so that the rest is exact. */
static const char volumes[] =
    "<volume vid=\"x\" pool=\"varlibqubes\" name=\"root\"/>\n"
    "        <volume name=\"private\" pool=\"varlibqubes\" vid=\"p\"/>\n"
    "        <volume name=\"volatile\" pool=\"varlibqubes\" vid=\"v\"/>\n"
    "        <volume name=\"kernel\" pool=\"linux-kernel\" vid=\"6.1\"/>";

#define ROOT "<volume vid=\"x\" pool=\"varlibqubes\" name=\"root\"/>"

/* The text that was read, and that a change of it is to become. */
static void ck_change_of(const char *base, const char *const *change, const char *from,
                         const char *to)
{
    const char *name = change[0], *value = change[1];
    g_autofree char *before = NULL, *after = NULL;
    g_auto(GStrv) parts = NULL;
    GString *text;

    root_load_domains(written);
    before = whole(base);
    parts = g_strsplit(before, from, 2);
    ck_assert_ptr_nonnull(parts[1]);
    after = g_strconcat(parts[0], to, parts[1], NULL);
    root_put(before, -1);
    root_load();
    if (value)
        put(name, value);
    else
        drop(name);
    model_touch(model, t());
    text = store_serialise(store, model);
    ck_assert_str_eq(text->str, after);
    g_string_free(text, TRUE);
}

static void ck_change(const char *name, const char *value, const char *from, const char *to)
{
    g_autofree char *base = with(ROOT, volumes);

    ck_change_of(base, (const char *const[]){ name, value }, from, to);
}

START_TEST(a_change_is_of_its_element_alone)
{
    ck_change("label", "blue", "<property name='label'>red<",
              "<property name=\"label\">blue<");
    ck_change("maxmem", "5000", "<![CDATA[4000]]>", "5000");
}
END_TEST

START_TEST(a_comment_within_what_changes_goes)
{
    ck_change("memory", "500", "<property name=\"memory\"   >40<!-- 0 -->0<",
              "<property name=\"memory\">500<");
}
END_TEST

START_TEST(what_is_new_stands_after_what_it_follows)
{
    ck_change("provides_network", "True", "<property name=\"name\">t</property> <?keep this?>",
              "<property name=\"name\">t</property>\n"
              "        <property name=\"provides_network\">True</property> <?keep this?>");
}
END_TEST

START_TEST(the_comment_of_what_goes_stays)
{
    ck_change("maxmem", NULL, "\n        <property name=\"maxmem\"><![CDATA[4000]]></property>",
              "");
}
END_TEST

START_TEST(what_comes_and_goes_leaves_nothing)
{
    g_autofree char *base = with(ROOT, volumes), *text = whole(base);
    GString *after;

    root_put(text, -1);
    root_load();
    qube_put_feature(t(), "h", "1");
    qube_put(t(), prop_find("vcpus", CLASS_TEMPLATE), "3");
    model_touch(model, t());
    ck_assert(root_save(NULL));
    qube_drop_feature(t(), "h");
    drop("vcpus");
    model_touch(model, t());
    after = store_serialise(store, model);
    ck_assert_str_eq(after->str, text);
    g_string_free(after, TRUE);
}
END_TEST

/* The text with each `from` replaced. */
static char *replaced(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, -1);

    ck_assert_msg(parts[0] && parts[1], "%s", from);
    return g_strjoinv(to, parts);
}

/* A store where nothing is as the writer would have it, too. */
static char *odd_store(void)
{
    g_autofree char *base = with(ROOT, volumes), *text = NULL;

    root_load_domains(written);
    text = whole(base);
    return replaced(text, "  <properties>\n"
                    "    <property name=\"default_kernel\">6.1</property>\n",
                    "  <properties z='1'>\n    <!-- of all -->\n"
                    "    <property   name='default_kernel'>6.1</property> stray\n");
}

static void global_set(const char *value)
{
    const struct prop_row *row = prop_find("stats_interval", 0);

    if (value)
        model_put_global(model, row, value);
    else
        model_drop_global(model, row);
}

/* Puts it, changes it, and gives what it becomes. */
static char *changed(const char *text)
{
    root_put(text, -1);
    root_load();
    global_set("9");
    put("vcpus", "3");
    return g_string_free(store_serialise(store, model), FALSE);
}

#define GLOBAL "\n    <property name=\"stats_interval\">9</property>"
#define VCPUS "\n        <property name=\"vcpus\">3</property>"

START_TEST(a_property_of_the_system_changes_alone)
{
    g_autofree char *text = odd_store(), *one = NULL, *expected = NULL, *after = NULL;

    one = replaced(text, "linux-kernel</property>", "linux-kernel</property>" GLOBAL);
    expected = replaced(one, UUID "</property>", UUID "</property>" VCPUS);
    after = changed(text);
    ck_assert_str_eq(after, expected);
    global_set(NULL);
    drop("vcpus");
    model_touch(model, t());
    g_free(after);
    after = g_string_free(store_serialise(store, model), FALSE);
    ck_assert_str_eq(after, text);
}
END_TEST

START_TEST(lines_end_as_they_did)
{
    g_autofree char *lf = odd_store(), *text = replaced(lf, "\n", "\r\n");
    g_autofree char *expected = changed(lf), *after = changed(text), *bare = NULL;

    bare = replaced(after, "\r\n", "\n");
    ck_assert_str_eq(bare, expected);
    ck_assert_ptr_null(strchr(bare, '\r'));
    g_free(expected);
    expected = replaced(bare, "\n", "\r\n");
    ck_assert_str_eq(after, expected);
}
END_TEST

/* Only what must be there comes: no list that is empty. */
START_TEST(what_is_said_otherwise_is_patched_too)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        { "<domain  id=\"domain-9\" class='TemplateVM'>",
          "<domain class='TemplateVM' id = 'domain-9'>" },
        { "      <tags/>\n", "" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *base = odd_store(), *text = replaced(base, rows[i].from, rows[i].to);
        g_autofree char *after = changed(text), *one = NULL, *expected = NULL;

        one = replaced(text, "linux-kernel</property>", "linux-kernel</property>" GLOBAL);
        expected = replaced(one, UUID "</property>", UUID "</property>" VCPUS);
        ck_assert_str_eq(after, expected);
    }
}
END_TEST

START_TEST(a_list_that_was_missing_gets_a_place)
{
    g_autofree char *base = odd_store(), *text = replaced(base, "      <tags/>\n", "");
    g_autofree char *after = NULL, *expected = NULL;

    root_put(text, -1);
    root_load();
    g_ptr_array_add(t()->tags, g_strdup("x"));
    model_touch(model, t());
    after = g_string_free(store_serialise(store, model), FALSE);
    expected = replaced(text, "\n      </features>", "\n      </features>\n      <tags>\n"
                        "        <tag name=\"x\"/>\n      </tags>");
    ck_assert_str_eq(after, expected);
}
END_TEST

/* As an earlier release called it, until it is set, if only to what it counts as. */
START_TEST(an_old_name_changes_in_its_line)
{
    static const char old[] = "<property name='hvm'>True</property> <!-- hardware -->";
    static const char *const to[] = { "hvm", "pv", NULL };
    g_autofree char *base = with(ROOT, volumes);
    g_auto(GStrv) parts = g_strsplit(base, "<property name='label'>", 2);
    g_autofree char *text =
        g_strconcat(parts[0], old, "<property name='label'>", parts[1], NULL);

    ck_change_of(text, (const char *const[]){ "maxmem", "5000" }, "<![CDATA[4000]]>", "5000");
    for (int i = 0; i < 2; i++) {
        g_autofree char *new =
            g_strdup_printf("<property name=\"virt_mode\">%s</property>", to[i]);

        ck_change_of(text, (const char *const[]){ "virt_mode", to[i] },
                     "<property name='hvm'>True</property>", new);
    }
    ck_change_of(text, (const char *const[]){ "virt_mode", NULL },
                 "\n        <property name='hvm'>True</property>", "");
}
END_TEST

START_TEST(a_missing_section_leaves_the_rest)
{
    g_autofree char *base = odd_store(), *text = NULL, *after = NULL, *expected = NULL;
    char *begin = strstr(base, "  <properties z="), *end = strstr(base, "  <domains>");

    text = g_strdup_printf("%.*s  <!-- none -->\n%s", (int)(begin - base), base, end);
    root_put(text, -1);
    root_load();
    global_set("9");
    after = g_string_free(store_serialise(store, model), FALSE);
    expected = replaced(text, "  <domains>",
                        "  <properties>" GLOBAL "\n  </properties>\n  <domains>");
    ck_assert_str_eq(after, expected);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        what_was_touched_and_is_the_same_is_the_same, a_change_is_of_its_element_alone,
        a_comment_within_what_changes_goes, what_is_new_stands_after_what_it_follows,
        the_comment_of_what_goes_stays, what_comes_and_goes_leaves_nothing,
        a_property_of_the_system_changes_alone,
        lines_end_as_they_did, what_is_said_otherwise_is_patched_too,
        an_old_name_changes_in_its_line,
        a_list_that_was_missing_gets_a_place, a_missing_section_leaves_the_rest, NULL,
    };

    return suite_run_fixture("store-patch", tests, setup, root_teardown);
}
