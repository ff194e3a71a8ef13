/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections that are there twice, are empty or are missing: a change goes to its place
 * in them, and all else stays byte for byte. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/model-private.h"

#include "tests/core/root.h"

#define BLACK "<label id=\"label-8\" color=\"0x000000\">black</label>"
#define RED "<label id=\"label-1\" color=\"0xcc0000\">red</label>"
#define DOM0                                                                           \
    "<domain id=\"domain-0\" class=\"AdminVM\">\n"                                       \
    "      <properties><property name=\"label\">black</property></properties>\n"         \
    "      <features/><tags/>\n"                                                         \
    "    </domain>"
#define POOL "<pool name=\"p\" driver=\"file-reflink\" dir_path=\"/p\"/>"
#define WELL "<pool name=\"w\" driver=\"file-reflink\" dir_path=\"/w\"/>"

static const char twice[] =
    "<?xml version=\"1.0\"?>\n<!-- before all -->\n<qubes>\n"
    "  <labels><!-- mine -->\n    " BLACK "\n    <hue/>\n  </labels>\n"
    "  <properties>\n"
    "    <!-- of the net -->\n"
    "    <property  name='updatevm'>dom0</property> stray\n"
    "    <property name=\"check_updates_vm\"\n>True</property>\n"
    "    <odd/>\n"
    "  </properties>\n"
    "  <pools><!-- first --> " POOL " </pools>\n"
    "  <!-- between -->\n"
    "  <labels>\n    " RED "\n    <!-- the end -->\n  </labels>\n"
    "  <pools>\n    <!-- deep --> " WELL "\n  </pools>\n"
    "  <domains>\n    " DOM0 "\n  </domains>\n"
    "  <properties>\n"
    "    <!-- of time -->\n"
    "    <property name='default_shutdown_timeout' >60</property>\n"
    "    <property name='check_updates_vm'>False</property>\n"
    "    more\n"
    "  </properties><!-- last -->\n"
    "</qubes>\n<!-- after all -->\n";

static void load(const char *text)
{
    root_put(text, -1);
    root_load();
}

/* The store says now what `text` says with each pair replaced, and no more; and it is
 * the same when it was saved and read. */
static void ck_replaced(const char *text, const char *const *pairs)
{
    GString *wanted = g_string_new(text), *now = store_serialise(store, model);
    g_autofree char *saved = NULL;

    for (; *pairs; pairs += 2)
        ck_assert_msg(g_string_replace(wanted, pairs[0], pairs[1], 1) == 1, "no %s", pairs[0]);
    ck_assert_str_eq(now->str, wanted->str);
    ck_save();
    saved = root_get();
    ck_assert_str_eq(saved, wanted->str);
    root_load();
    g_string_free(now, TRUE);
    now = store_serialise(store, model);
    ck_assert_str_eq(now->str, wanted->str);
    g_string_free(wanted, TRUE);
    g_string_free(now, TRUE);
}

static void put(const char *name, const char *value)
{
    model_put_global(model, prop_find(name, 0), value);
}

static void drop(const char *name)
{
    model_drop_global(model, prop_find(name, 0));
}

static struct label *label_add(int index, const char *name)
{
    struct label *label = g_new0(struct label, 1);

    label->index = index;
    label->name = g_strdup(name);
    label->color = g_strdup("0x00cc00");
    g_ptr_array_add(model->labels, label);
    return label;
}

#define LABEL(index, name) "<label id=\"label-" #index "\" color=\"0x00cc00\">" name "</label>"

static void pool_add(const char *name)
{
    struct pool_entry *entry = pool_entry_new(name, "file-reflink");
    struct pair pairs[] = {
        { g_intern_string("name"), g_strdup(name) },
        { g_intern_string("driver"), g_strdup("file-reflink") },
    };

    g_array_append_vals(entry->attrs, pairs, G_N_ELEMENTS(pairs));
    g_ptr_array_add(model->pools, entry);
}

START_TEST(a_property_changes_in_the_first_element)
{
    load(twice);
    put("updatevm", "");
    ck_replaced(twice, (const char *const[]){
        "<property  name='updatevm'>dom0<", "<property name=\"updatevm\"><", NULL });
}
END_TEST

START_TEST(a_property_changes_in_the_last_element)
{
    load(twice);
    put("default_shutdown_timeout", "90");
    ck_replaced(twice, (const char *const[]){
        "<property name='default_shutdown_timeout' >60<",
        "<property name=\"default_shutdown_timeout\">90<", NULL });
}
END_TEST

START_TEST(a_property_of_both_elements_is_in_the_one_that_counted)
{
    load(twice);
    put("check_updates_vm", "True");
    ck_replaced(twice, (const char *const[]){
        "\n    <property name=\"check_updates_vm\"\n>True</property>", "",
        "<property name='check_updates_vm'>False<",
        "<property name=\"check_updates_vm\">True<", NULL });
}
END_TEST

START_TEST(a_property_goes_from_the_first_element)
{
    load(twice);
    drop("updatevm");
    ck_replaced(twice, (const char *const[]){
        "\n    <property  name='updatevm'>dom0</property>", "", NULL });
}
END_TEST

START_TEST(a_property_comes_to_two_elements)
{
    load(twice);
    put("stats_interval", "5");
    ck_replaced(twice, (const char *const[]){
        "\n    <!-- of the net -->",
        "\n    <property name=\"stats_interval\">5</property>\n    <!-- of the net -->",
        NULL });
}
END_TEST

START_TEST(labels_come_and_go_in_two_elements)
{
    load(twice);
    label_add(9, "green");
    ck_replaced(twice, (const char *const[]){ RED, RED "\n    " LABEL(9, "green"), NULL });
    load(twice);
    g_ptr_array_remove_index(model->labels, 1);
    ck_replaced(twice, (const char *const[]){ "\n    " RED, "", NULL });
    load(twice);
    g_free(((struct label *)model->labels->pdata[0])->name);
    ((struct label *)model->labels->pdata[0])->name = g_strdup("night");
    ck_replaced(twice, (const char *const[]){ ">black</label>", ">night</label>", NULL });
}
END_TEST

START_TEST(pools_come_and_go_in_two_elements)
{
    load(twice);
    pool_add("q");
    ck_replaced(twice, (const char *const[]){
        WELL, WELL "\n    <pool name=\"q\" driver=\"file-reflink\"/>", NULL });
    load(twice);
    g_ptr_array_remove_index(model->pools, 0);
    ck_replaced(twice, (const char *const[]){ " " POOL " ", " ", NULL });
}
END_TEST

/* Whatever the second element is. */
START_TEST(an_item_comes_to_an_empty_second_element)
{
    static const char *const seconds[][2] = {
        { "<pools  note='x' />", "<pools  note='x'>\n    %s\n  </pools>" },
        { "<pools/>", "<pools>\n    %s\n  </pools>" },
        { "<pools></pools>", "<pools>\n    %s\n  </pools>" },
        { "<pools><!-- none --></pools>", "<pools>\n    %s<!-- none --></pools>" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(seconds); i++) {
        g_auto(GStrv) parts = g_strsplit(seconds[i][1], "%s", 2);
        g_autofree char *before = g_strconcat(
            "<qubes>\n  <pools><!-- one -->\n    " POOL "\n  </pools>", seconds[i][0],
            "\n  <domains>\n    " DOM0 "\n  </domains>\n</qubes>\n", NULL);
        g_autofree char *to = g_strconcat(
            parts[0], "<pool name=\"q\" driver=\"file-reflink\"/>", parts[1], NULL);

        load(before);
        pool_add("q");
        ck_replaced(before, (const char *const[]){ seconds[i][0], to, NULL });
    }
}
END_TEST

/* Stores without a qube. */

#define EMPTY(domains)                                                                 \
    "<!-- top -->\n<qubes note='mine'>\n  <!-- labels -->\n  <labels\n/>\n"              \
    "  <pools > </pools>\n  <odd>1</odd>\n  <properties a='b' />\n" domains              \
    "  <!-- bottom -->\n</qubes>\n<!-- end -->\n"

/* Each as it is, and with one qube. */
static const char *const bare[][2] = {
    { "  <domains/>\n", "  <domains>\n    %s\n  </domains>\n" },
    { "  <domains  x='1>' />\n", "  <domains  x='1>'>\n    %s\n  </domains>\n" },
    { "  <domains></domains>\n", "  <domains>\n    %s\n  </domains>\n" },
    { "  <domains>\n  </domains>\n", "  <domains>\n    %s\n  </domains>\n" },
    { "  <domains> <!-- none -->\n  </domains>\n",
      "  <domains> <!-- none -->\n    %s\n  </domains>\n" },
    { "  <domains><!-- none --></domains>\n",
      "  <domains><!-- none -->\n    %s\n  </domains>\n" },
    { "  <domains><odd/></domains><domains/>\n",
      "  <domains><odd/>\n    %s\n  </domains><domains/>\n" },
    { "", "" },
};

static char *empty(const char *domains)
{
    g_auto(GStrv) parts = g_strsplit(EMPTY("%s"), "%s", 2);

    return g_strconcat(parts[0], domains, parts[1], NULL);
}

static char *element_of(const struct qube *qube)
{
    GString *text = g_string_new(NULL);

    store_domain_write(text, &store->form, qube);
    return g_string_free(text, FALSE);
}

START_TEST(the_first_qube_comes_to_a_store_without_one)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bare); i++) {
        g_autofree char *before = empty(bare[i][0]), *dom0 = NULL, *to = NULL;
        g_auto(GStrv) parts = g_strsplit(bare[i][1], "%s", 2);

        load(before);
        ck_replaced(before, (const char *const[]){ NULL });
        model_touch(model, qube_named("dom0"));
        dom0 = element_of(qube_named("dom0"));
        if (*bare[i][0]) {
            to = g_strconcat(parts[0], dom0, parts[1], NULL);
            ck_replaced(before, (const char *const[]){ bare[i][0], to, NULL });
            continue;
        }
        to = g_strconcat("\n  <domains>\n    ", dom0, "\n  </domains>\n</qubes>", NULL);
        ck_replaced(before, (const char *const[]){ "\n</qubes>", to, NULL });
    }
}
END_TEST

START_TEST(sections_come_to_a_store_without_a_qube)
{
    g_autofree char *before = empty("");

    load(before);
    put("stats_interval", "5");
    label_add(1, "red");
    pool_add("q");
    ck_replaced(before, (const char *const[]){
        "<labels\n/>", "<labels>\n    " LABEL(1, "red") "\n  </labels>",
        "<pools > </pools>",
        "<pools>\n    <pool name=\"q\" driver=\"file-reflink\"/>\n  </pools>",
        "<properties a='b' />",
        "<properties a=\"b\">\n    <property name=\"stats_interval\">5</property>\n"
        "  </properties>", NULL });
}
END_TEST

static const char rootless[] = "<!-- top --><qubes>\n  <!-- of mine -->\n</qubes><!-- </qubes> -->";

START_TEST(what_is_missing_comes_at_the_end)
{
    g_autofree char *dom0 = NULL, *to = NULL;

    load(rootless);
    put("stats_interval", "5");
    ck_replaced(rootless, (const char *const[]){
        " -->\n</qubes>",
        " -->\n  <properties>\n    <property name=\"stats_interval\">5</property>\n"
        "  </properties>\n</qubes>", NULL });
    load(rootless);
    put("stats_interval", "5");
    model_touch(model, qube_named("dom0"));
    dom0 = element_of(qube_named("dom0"));
    to = g_strconcat(" -->\n  <properties>\n    <property name=\"stats_interval\">5</property>\n"
                     "  </properties>\n  <domains>\n    ", dom0, "\n  </domains>\n</qubes>",
                     NULL);
    ck_replaced(rootless, (const char *const[]){ " -->\n</qubes>", to, NULL });
}
END_TEST

START_TEST(a_closed_store_is_opened)
{
    static const char closed[] = "<!-- top -->\n<qubes  note='/>' />\n<!-- end -->\n";

    load(closed);
    put("stats_interval", "5");
    ck_replaced(closed, (const char *const[]){
        "<qubes  note='/>' />",
        "<qubes  note='/>'>\n  <properties>\n"
        "    <property name=\"stats_interval\">5</property>\n  </properties>\n</qubes>", NULL });
}
END_TEST

/* Comments of what has to be written anew, and of what goes. */

#define MANY 1030 /* are too many to be patched */

START_TEST(sections_written_anew_keep_comments_before_them)
{
    GString *before = g_string_new("<qubes>\n  <pools><!-- one -->");
    const char *first, *list;
    GString *now;

    for (int i = 0; i < MANY; i++)
        g_string_append_printf(before, "<pool name=\"p%d\" driver=\"file-reflink\"/>", i % 7);
    g_string_append(before, "<odd><!-- odd --></odd><![CDATA[<!-- no]]></pools><pools>"
                            "<!-- two --></pools>\n  <domains/>\n</qubes>\n");
    load(before->str);
    pool_add("q");
    now = store_serialise(store, model);
    first = strstr(now->str, "\n  <!-- one -->\n  <!-- two -->\n  <pools>\n");
    list = strstr(now->str, "<odd><!-- odd --></odd>");
    ck_assert_msg(first && list > first && !strstr(strstr(list, "</odd>"), "<!--"), "%s",
                  now->str);
    ck_save();
    root_load();
    ck_assert_ptr_nonnull(model_pool(model, "q"));
    g_string_free(before, TRUE);
    g_string_free(now, TRUE);
}
END_TEST

/* There is no list that its devices would stand after. */
#define BARE                                                                           \
    "<domain id=\"domain-3\" class=\"AppVM\"><!-- of work -->\n"                       \
    "      <properties>\n"                                                              \
    "        <property name=\"label\">red</property><!-- red -->\n"                     \
    "        <property name=\"name\">work</property>\n"                                 \
    "        <property name=\"qid\">3</property>\n"                                     \
    "        <property name=\"uuid\">3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11</property>\n" \
    "      </properties>\n"                                                             \
    "    </domain>"

START_TEST(a_qube_written_anew_keeps_comments_before_it)
{
    GString *now;

    root_load_domains("    " BARE "\n    <!-- next -->\n");
    qube_named("work")->devices_edited = TRUE;
    model_touch(model, qube_named("work"));
    now = store_serialise(store, model);
    ck_assert_msg(strstr(now->str, "\n    <!-- of work -->\n    <!-- red -->\n    <domain "
                                   "id=\"domain-3\"") && strstr(now->str, "<!-- next -->"),
                  "%s", now->str);
    ck_save();
    root_set_memory("work", 700);
    ck_save();
    g_string_free(now, TRUE);
}
END_TEST

START_TEST(the_comments_of_a_qube_that_goes_go_too)
{
    root_load_domains("    <!-- before -->\n    " BARE "\n    <!-- next -->\n");
    model_remove(model, qube_named("work"));
    g_autofree char *now = g_string_free(store_serialise(store, model), FALSE);

    ck_assert_ptr_null(strstr(now, "of work"));
    ck_assert_ptr_nonnull(strstr(now, "    <!-- before -->\n    <!-- next -->\n"));
    ck_save();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_property_changes_in_the_first_element,
        a_property_changes_in_the_last_element,
        a_property_of_both_elements_is_in_the_one_that_counted,
        a_property_goes_from_the_first_element, a_property_comes_to_two_elements,
        labels_come_and_go_in_two_elements, pools_come_and_go_in_two_elements,
        an_item_comes_to_an_empty_second_element,
        the_first_qube_comes_to_a_store_without_one,
        sections_come_to_a_store_without_a_qube, what_is_missing_comes_at_the_end,
        a_closed_store_is_opened, sections_written_anew_keep_comments_before_them,
        a_qube_written_anew_keeps_comments_before_it,
        the_comments_of_a_qube_that_goes_go_too, NULL,
    };

    return suite_run_fixture("store-section", tests, root_setup, root_teardown);
}
