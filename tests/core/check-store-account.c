/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text that says something else than the model is not saved, and the message names
 * the first thing, whatever it is. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/model-private.h"
#include "util/error.h"

#include "tests/core/root.h"

static const char text[] =
    "<qubes>\n"
    "  <labels>\n"
    "    <label id=\"label-1\" color=\"0xcc0000\">red</label>\n"
    "    <label id=\"label-8\" color=\"0x000000\" shade=\"deep\">black</label>\n"
    "  </labels>\n"
    "  <pools>\n"
    "    <pool name=\"varlibqubes\" dir_path=\"/var/lib/qubes\" driver=\"file-reflink\"/>\n"
    "    <pool name=\"linux-kernel\" dir_path=\"/var/lib/qubes/vm-kernels\" "
    "driver=\"linux-kernel\"/>\n"
    "  </pools>\n"
    "  <properties>\n"
    "    <property name=\"default_pool\">varlibqubes</property>\n"
    "    <property name=\"default_pool_kernel\">linux-kernel</property>\n"
    "    <property name=\"stats_interval\">5</property>\n"
    "  </properties>\n"
    "  <domains>\n"
    "    <domain id=\"domain-0\" class=\"AdminVM\">\n"
    "      <properties><property name=\"label\">black</property></properties>\n"
    "      <features/><tags/>\n"
    "    </domain>\n"
    "    <domain id=\"domain-7\" class=\"StandaloneVM\" since=\"4.9\">\n"
    "      <properties>\n"
    "        <property name=\"name\">work</property>\n"
    "        <property name=\"qid\">7</property>\n"
    "        <property name=\"uuid\">3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11</property>\n"
    "        <property name=\"label\">red</property>\n"
    "        <property name=\"memory\">512</property>\n"
    "      </properties>\n"
    "      <features><feature name=\"gui\">1</feature></features>\n"
    "      <tags><tag name=\"private\"/></tags>\n"
    "      <devices class=\"block\"><device backend-domain=\"dom0\" id=\"sda\" mode=\"required\">"
    "<option name=\"read-only\">yes</option></device></devices>\n"
    "      <future>thing</future>\n"
    "      <volume-config>\n"
    "        <volume name=\"root\" pool=\"varlibqubes\" vid=\"appvms/work/root\" rw=\"True\" "
    "save_on_stop=\"True\" snap_on_start=\"False\" size=\"10737418240\"/>\n"
    "        <volume name=\"private\" pool=\"varlibqubes\" vid=\"appvms/work/private\" rw=\"True\" "
    "save_on_stop=\"True\" snap_on_start=\"False\" size=\"2147483648\"/>\n"
    "      </volume-config>\n"
    "    </domain>\n"
    "  </domains>\n"
    "</qubes>\n";

/* What the model of `text` means against another text; NULL: they agree. */
static char *difference(const char *other)
{
    auto_of(store_document) struct store_document *document = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(other, strlen(other));
    g_autoptr(GError) error = NULL;

    root_put(text, -1);
    root_load();
    document = store_document_new(store, model, FALSE);
    ck_assert_str_eq(document->text->str, text);
    return store_account_check(document->account, bytes, &error) ? NULL
                                                                 : g_strdup(error->message);
}

static char *with(const char *from, const char *to)
{
    GString *other = g_string_new(text);

    ck_assert_msg(g_string_replace(other, from, to, 1) == 1, "no %s", from);
    return g_string_free(other, FALSE);
}

static const struct {
    const char *from, *to, *said;
} changes[] = {
    { "class=\"StandaloneVM\"", "class=\"AppVM\"", "'AppVM' for class of 'work', meant 'Stand" },
    { "memory\">512", "memory\">513", "'513' for property 'memory' of 'work', meant '512'" },
    { "<property name=\"memory\">512</property>", "", "nothing for property 'memory' of 'work'" },
    { "<property name=\"memory\">512</property>",
      "<property name=\"memory\">512</property><property name=\"odd\">1</property>",
      "'1' for property 'odd' of 'work', meant nothing" },
    { "name\">work", "name\">walk", "for property 'name' of 'work'" },
    { "qid\">7", "qid\">8", "for property 'qid' of 'work'" },
    { "0d7c2f1b9e11", "0d7c2f1b9e12", "for property 'uuid' of 'work'" },
    { "feature name=\"gui\">1", "feature name=\"gui\">", "'' for feature 'gui' of 'work'" },
    { "<feature name=\"gui\">1</feature>", "", "nothing for feature 'gui'" },
    { "tag name=\"private\"", "tag name=\"public\"", "nothing for tag 'private'" },
    { "<tags><tag", "<tags><tag name=\"a\"/><tag", "for tag 'a' of 'work', meant nothing" },
    { "id=\"sda\"", "id=\"sdb\"", "for devices of class 'block' of 'work'" },
    { "mode=\"required\"", "mode=\"auto-attach\"", "for devices of class 'block' of 'work'" },
    { ">yes<", ">no<", "for devices of class 'block' of 'work'" },
    { "root\" rw=\"True\"", "root\" rw=\"False\"", "'rw' of volume 'root' of 'work'" },
    { "size=\"2147483648\"", "size=\"0\"", "'0' for 'size' of volume 'private' of 'work'" },
    { "vid=\"appvms/work/root\"", "vid=\"appvms/work/boot\"", "'vid' of volume 'root' of 'work'" },
    { "volume name=\"private\"", "volume name=\"home\"", "volume" },
    { "<future>thing</future>", "", "what is not understood in 'domain', '<future>thing" },
    { " since=\"4.9\"", "", "what is not understood in 'domain', '" },
    { "0xcc0000", "0xcc0001", "'0xcc0001' for 'color' of label 'label-1', meant '0xcc0000'" },
    { ">red</label>", ">rad</label>", "'rad' for 'name' of label 'label-1', meant 'red'" },
    { " shade=\"deep\"", "", "what is not understood in 'label'" },
    { "dir_path=\"/var/lib/qubes\"", "dir_path=\"/var\"", "'/var' for 'dir_path' of pool" },
    { "pool name=\"linux-kernel\"", "pool name=\"kernels\"", "pool" },
    { "stats_interval\">5", "stats_interval\">6", "'6' for property 'stats_interval', meant '5'" },
    { "<domains>", "<domains><domain id=\"domain-9\" class=\"AppVM\"/>", "have 3 qubes, meant 2" },
    { "<features><feature", "<features><!-- a --><feature", "have 1 comments, meant 0" },
    { "</qubes>", "", "cannot be read back" },
};

START_TEST(the_same_is_no_difference)
{
    g_autofree char *spaced = with("<features><feature", "<features>\n\n<feature");
    g_autofree char *none = difference(text), *still = difference(spaced);

    ck_assert_msg(!none, "%s", none);
    ck_assert_msg(!still, "%s", still);
}
END_TEST

START_TEST(each_difference_is_named)
{
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *other = with(changes[i].from, changes[i].to);
        g_autofree char *said = difference(other);

        ck_assert_msg(said && strstr(said, changes[i].said) &&
                          g_str_has_suffix(said, "nothing was saved"),
                      "%s: %s", changes[i].to, said);
    }
}
END_TEST

/* Whoever forgets to say that a qube changed would lose the change. */
START_TEST(what_would_be_lost_is_not_saved)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *after = NULL;

    root_put(text, -1);
    root_load();
    qube_put(qube_named("work"), prop_find("memory", CLASS_APP), "600");
    root_set_memory("dom0", 4096);
    ck_assert(!root_save(&error));
    ck_assert(error_is(error, QMC_ERROR_INTERNAL));
    ck_assert_str_eq(error->message,
                     "the text to be saved would say '512' for property 'memory' of 'work', "
                     "meant '600'; nothing was saved");
    after = root_get();
    ck_assert_str_eq(after, text);
    ck_assert_uint_eq(root_history_count(), 0);
    model_touch(model, qube_named("work"));
    ck_save();
}
END_TEST

/* Of those that were, too. */
START_TEST(a_lost_comment_is_a_difference)
{
    g_autofree char *old = with("<features><feature", "<features><!-- a --><feature");
    auto_of(store_document) struct store_document *document = NULL;
    g_autoptr(GBytes) lost = NULL;
    g_autoptr(GError) error = NULL;

    root_put(old, -1);
    root_load();
    root_set_memory("work", 600);
    document = store_document_new(store, model, FALSE);
    ck_assert_uint_eq(document->comments, 1);
    g_string_replace(document->text, "<!-- a -->", "", 1);
    lost = g_bytes_new(document->text->str, document->text->len);
    ck_assert(!store_account_check(document->account, lost, &error));
    ck_assert_str_eq(error->message, "the text to be saved would have 0 comments, meant 1; "
                                     "nothing was saved");
}
END_TEST

/* Of old stores the model says more than the file does. */
START_TEST(what_the_file_says_in_another_way_is_meant)
{
    g_autofree char *old = with(
        "<property name=\"memory\">512</property>",
        "<property name=\"memory\">512</property><property name=\"hvm\">True</property>");
    g_autofree char *after = NULL;

    root_put(old, -1);
    root_load();
    ck_value("work", "virt_mode", "hvm");
    root_set_memory("dom0", 4096);
    ck_save();
    root_set_memory("work", 600);
    ck_save();
    after = root_get();
    ck_assert_ptr_nonnull(strstr(after, "\"hvm\">True"));
    qube_put(qube_named("work"), prop_find("virt_mode", CLASS_APP), "hvm");
    model_touch(model, qube_named("work"));
    ck_save();
    g_free(after);
    after = root_get();
    ck_assert_ptr_null(strstr(after, "\"hvm\">True"));
    ck_assert_ptr_nonnull(strstr(after, "<property name=\"virt_mode\">hvm</property>"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_same_is_no_difference, each_difference_is_named,
        a_lost_comment_is_a_difference, what_would_be_lost_is_not_saved,
        what_the_file_says_in_another_way_is_meant, NULL,
    };

    return suite_run_fixture("store-account", tests, root_setup, root_teardown);
}
