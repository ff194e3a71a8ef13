/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of what is in the store twice that counts which counts with Qubes; it stays as it
 * stands until it changes, and so does all that people wrote around labels and pools. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/model-private.h"

#include "tests/core/root.h"

#define DOM0                                                                           \
    "    <domain id=\"domain-0\" class=\"AdminVM\">\n"                                   \
    "      <properties><property name=\"label\">black</property></properties>\n"         \
    "      <features/><tags/>\n"                                                         \
    "    </domain>\n"
#define LABELS                                                                         \
    "  <labels>\n"                                                                       \
    "    <!-- ours -->\n"                                                                \
    "    <label id=\"label-1\"  color=\"0xcc0000\" >red</label>\n"                       \
    "    <label id=\"label-01\" color='0xcc0001'>scarlet</label> <!-- of late -->\n"     \
    "    <hue/>\n"                                                                       \
    "    <label id=\"label-8\" color=\"0x000000\">black</label>\n"                       \
    "    <label id=\"label-9\" color=\"pink\">pink</label>\n"                            \
    "    <label id=\"label-10\" color=\"0x0000aa\" shade=\"deep\">black</label>\n"       \
    "  </labels>\n"
#define POOLS                                                                          \
    "  <pools>\n"                                                                        \
    "    <pool name=\"p\" driver=\"file-reflink\" dir_path=\"/one\" revisions_to_keep=\"1\"/>\n" \
    "    <!-- the disk of the attic -->\n"                                               \
    "    <pool  name='p' driver=\"file-reflink\" dir_path=\"/two\"/>\n"                  \
    "    <pool name=\"linux-kernel\" dir_path=\"/k\" driver=\"linux-kernel\"/>\n"        \
    "    <well deep=\"1\"/>\n"                                                           \
    "  </pools>\n"
#define WORK                                                                           \
    "    <domain class=\"StandaloneVM\">\n"                                              \
    "      <!-- of mine -->\n"                                                           \
    "      <features><feature name=\"a\">1</feature></features>\n"                       \
    "      <tags/>\n"                                                                    \
    "      <properties>\n"                                                               \
    "        <property name=\"label\">red</property> <!-- never again -->\n"             \
    "        <property name=\"label\">scarlet</property>\n"                              \
    "        <property name=\"name\">work</property>\n"                                  \
    "        <property name=\"qid\">7</property>\n"                                      \
    "        <property name=\"uuid\">3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11</property>\n"  \
    "      </properties>\n"                                                              \
    "      <features>\n"                                                                 \
    "        <feature name=\"a\">2</feature> <!-- this one -->\n"                        \
    "      </features>\n"                                                                \
    "      <volume-config>\n"                                                            \
    "        <volume name=\"root\" pool=\"p\" vid=\"a/b\" rw=\"True\" save_on_stop=\"True\"/>\n" \
    "        <!-- larger -->\n"                                                          \
    "        <volume name=\"root\" vid=\"a/c\" size=\"4096\"/>\n"                        \
    "      </volume-config>\n"                                                           \
    "    </domain>\n"
#define STORE(labels, pools, work)                                                     \
    "<qubes>\n" labels pools "  <properties/>\n  <domains>\n" DOM0 work "  </domains>\n</qubes>\n"

static const char text[] = STORE(LABELS, POOLS, WORK);

static void setup(void)
{
    root_setup();
    root_put(text, -1);
    root_load();
}

/* The store says now what `text` says with each pair replaced, and no more. */
static void ck_replaced(const char *const *pairs)
{
    GString *wanted = g_string_new(text), *now = store_serialise(store, model);

    for (; *pairs; pairs += 2)
        ck_assert_msg(g_string_replace(wanted, pairs[0], pairs[1], 1) == 1, "no %s", pairs[0]);
    ck_assert_str_eq(now->str, wanted->str);
    g_string_free(wanted, TRUE);
    g_string_free(now, TRUE);
    ck_save();
    root_load();
}

static struct label *label_at(guint i)
{
    return model->labels->pdata[i];
}

START_TEST(the_last_counts)
{
    const struct volume_config *both = qube_volume(qube_named("work"), "root");
    const char *const none[] = { NULL };

    ck_assert_str_eq(model_label(model, "label-1")->name, "scarlet");
    ck_assert_str_eq(model_label(model, "1")->color, "0xcc0001");
    ck_assert_ptr_null(model_label(model, "red"));
    ck_assert_int_eq(model_label(model, "black")->index, 8);
    ck_assert_ptr_nonnull(strstr(pool_entry_dir(model_pool(model, "p")), "/two"));
    ck_assert_uint_eq(model->pools->len, 2);
    ck_assert_str_eq(volume_config_get(both, "vid"), "a/c");
    ck_assert_str_eq(volume_config_get(both, "pool"), "p");
    ck_assert_uint_eq(both->size, 4096);
    ck_assert_str_eq(qube_feature(qube_named("work"), "a"), "2");
    ck_value("work", "label", "scarlet");
    ck_replaced(none);
}
END_TEST

START_TEST(it_is_said_which_counts)
{
    ck_assert(found(NULL, "label-1 is there twice: the last one counts, 'scarlet'"));
    ck_assert(found(NULL, "label-10 is called 'black' like label-8, which is the one that"));
    ck_assert(found(NULL, "the pool 'p' is there twice: the last one counts"));
    ck_assert(found(qube_named("work"), "volume 'root' twice: of each attribute the last"));
    ck_assert(found(qube_named("work"), "feature 'a' twice: the last one counts"));
    ck_assert(!qube_named("work")->broken);
}
END_TEST

START_TEST(a_label_changes_in_its_line)
{
    g_free(label_at(1)->color);
    label_at(1)->color = g_strdup("0x111111");
    ck_replaced((const char *const[]){ "color=\"0x000000\"", "color=\"0x111111\"", NULL });
}
END_TEST

/* The last one takes it, because that is the one that counts. */
START_TEST(a_label_that_was_there_twice_becomes_one)
{
    g_free(label_at(0)->name);
    label_at(0)->name = g_strdup("ruby");
    ck_replaced((const char *const[]){
        "\n    <label id=\"label-1\"  color=\"0xcc0000\" >red</label>", "",
        "<label id=\"label-01\" color='0xcc0001'>scarlet</label>",
        "<label id=\"label-1\" color=\"0xcc0001\">ruby</label>", NULL });
}
END_TEST

START_TEST(labels_come_and_go)
{
    struct label *label = g_memdup2(label_at(1), sizeof *label);

    label->index = 11;
    label->name = g_strdup("night");
    label->color = g_strdup(label->color);
    g_ptr_array_remove_index(model->labels, 3);
    g_ptr_array_add(model->labels, label);
    ck_replaced((const char *const[]){
        "<label id=\"label-8\" color=\"0x000000\">black</label>",
        "<label id=\"label-8\" color=\"0x000000\">black</label>", /* it stays */
        "\n    <label id=\"label-10\" color=\"0x0000aa\" shade=\"deep\">black</label>",
        "\n    <label id=\"label-11\" color=\"0x000000\">night</label>", NULL });
}
END_TEST

START_TEST(a_pool_changes_in_its_line)
{
    struct pool_entry *entry = model_pool(model, "linux-kernel");
    struct pair pair = { g_intern_string("cold"), g_strdup("True") };

    g_array_append_val(entry->attrs, pair);
    ck_replaced((const char *const[]){ "driver=\"linux-kernel\"/>",
                                       "driver=\"linux-kernel\" cold=\"True\"/>", NULL });
}
END_TEST

START_TEST(what_else_is_there_twice_stays)
{
    struct qube *work = qube_named("work");

    qube_put(work, prop_find("memory", CLASS_APP), "500");
    model_touch(model, work);
    ck_replaced((const char *const[]){
        "<domain class=\"Stand", "<domain id=\"domain-7\" class=\"Stand",
        "<property name=\"label\">scarlet</property>",
        "<property name=\"label\">scarlet</property>\n"
        "        <property name=\"memory\">500</property>", NULL });
}
END_TEST

START_TEST(what_changes_is_there_once)
{
    struct qube *work = qube_named("work");

    qube_put(work, prop_find("label", CLASS_APP), "black");
    qube_put_feature(work, "a", "3");
    volume_config_set(qube_volume(work, "root"), "size", "8192");
    model_touch(model, work);
    ck_replaced((const char *const[]){
        "<domain class=\"Stand", "<domain id=\"domain-7\" class=\"Stand",
        "<features><feature name=\"a\">1</feature></features>", "<features></features>",
        "\n        <property name=\"label\">red</property>", "",
        "<property name=\"label\">scarlet<", "<property name=\"label\">black<",
        "<feature name=\"a\">2<", "<feature name=\"a\">3<",
        "\n        <volume name=\"root\" pool=\"p\" vid=\"a/b\" rw=\"True\" "
        "save_on_stop=\"True\"/>", "",
        "<volume name=\"root\" vid=\"a/c\" size=\"4096\"/>",
        "<volume name=\"root\" pool=\"p\" vid=\"a/c\" rw=\"True\" save_on_stop=\"True\" "
        "size=\"8192\"/>", NULL });
}
END_TEST

/* Side by side, so that the second begins where the first ended. */
START_TEST(lists_side_by_side_keep_what_is_around)
{
    static const char two[] =
        "<features>\n        <!-- one --><feature name=\"b\">1</feature>\n"
        "      </features><features><!-- two --></features>\n      <tags/>";
    GString *doubled = g_string_new(text), *now;

    ck_assert_uint_eq(g_string_replace(
        doubled, "<features><feature name=\"a\">1</feature></features>\n      <tags/>", two,
        1), 1);
    root_put(doubled->str, (gssize)doubled->len);
    root_load();
    qube_put_feature(qube_named("work"), "new", "1");
    qube_add_tag(qube_named("work"), "mine");
    model_touch(model, qube_named("work"));
    now = store_serialise(store, model);
    ck_assert_msg(strstr(now->str, "<!-- one --><feature") && strstr(now->str, "<!-- two -->") &&
                      strstr(now->str, "<!-- of mine -->") && strstr(now->str, "this one"),
                  "%s", now->str);
    ck_save();
    root_load();
    ck_assert_str_eq(qube_feature(qube_named("work"), "new"), "1");
    ck_assert_str_eq(qube_feature(qube_named("work"), "b"), "1");
    ck_assert(qube_has_tag(qube_named("work"), "mine"));
    g_string_free(doubled, TRUE);
    g_string_free(now, TRUE);
}
END_TEST

/* So many entries of one name, each with a number and a UUID of its own. */
static void load_named(const char *const *qids)
{
    GString *all = g_string_new(NULL);

    for (; *qids; qids++) {
        GString *one = g_string_new(WORK);
        g_autofree char *qid = g_strdup_printf("name=\"qid\">%s<", *qids);
        g_autofree char *uuid = g_strdup_printf("000000%2.2s-7a0b-", *qids);

        g_string_replace(one, "name=\"qid\">7<", qid, 1);
        g_string_replace(one, "3f0e6a52-7a0b-", uuid, 1);
        g_string_append_len(all, one->str, (gssize)one->len);
        g_string_free(one, TRUE);
    }
    root_load_domains(all->str);
    g_string_free(all, TRUE);
}

/* The third is not called as the second was when that goes. */
START_TEST(those_of_one_name_are_told_apart_by_their_qids)
{
    load_named((const char *const[]){ "11", "12", "13", NULL });
    ck_assert_int_eq(qube_named("work")->qid, 11);
    ck_assert_int_eq(qube_named("work#12")->qid, 12);
    ck_assert_int_eq(qube_named("work#13")->qid, 13);
    load_named((const char *const[]){ "11", "13", NULL });
    ck_assert_int_eq(qube_named("work#13")->qid, 13);
    ck_assert_ptr_null(model_qube_named(model, "work#12"));
    load_named((const char *const[]){ "xx", "yy", "10", NULL });
    ck_assert_int_eq(qube_named("work#2")->qid, -1);
    ck_assert_int_eq(qube_named("work#10")->qid, 10);
}
END_TEST

static const char *repair_of(const char *qube, const char *part)
{
    const GPtrArray *findings = qube_named(qube)->findings;

    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = findings->pdata[i];

        if (strstr(finding->message, part))
            return finding->hint;
    }
    return "";
}

/* Under another name it would have the images of the first. */
START_TEST(a_copied_entry_can_but_go)
{
    static const char gone[] = "qmc rm 'work#7' --confirm 'work#7' (what is on disk stays)";
    GString *one = g_string_new(WORK WORK);

    root_load_domains(one->str);
    ck_assert(g_str_has_prefix(repair_of("work#7", "is used twice"), gone));
    ck_assert(g_str_has_prefix(repair_of("work#7", "has the uuid of"), gone));
    ck_assert(g_str_has_prefix(repair_of("work#7", "has the qid of"), gone));
    g_string_replace(one, "\"a/c\"", "\"b/c\"", 1);
    root_load_domains(one->str);
    ck_assert_str_eq(repair_of("work#7", "is used twice"), "qmc rename 'work#7' NEW");
    ck_assert_str_eq(repair_of("work#7", "has the qid of"), "qmc prefs --unset 'work#7' qid");
    g_string_free(one, TRUE);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_last_counts, it_is_said_which_counts, a_label_changes_in_its_line,
        a_label_that_was_there_twice_becomes_one, labels_come_and_go,
        a_pool_changes_in_its_line, what_else_is_there_twice_stays,
        what_changes_is_there_once, lists_side_by_side_keep_what_is_around,
        those_of_one_name_are_told_apart_by_their_qids, a_copied_entry_can_but_go, NULL,
    };

    return suite_run_fixture("store-twice", tests, setup, root_teardown);
}
