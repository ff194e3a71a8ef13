/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends the load of qubesd is grave, what loads there is not: each row was tried
 * with the loaders of 4.2 and 4.3. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "tests/core/root.h"

static const char domain[] =
    "    <domain id=\"domain-7\" class=\"StandaloneVM\">\n"
    "      <properties>\n"
    "        <property name=\"name\">work</property>\n"
    "        <property name=\"qid\">7</property>\n"
    "        <property name=\"uuid\">3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11</property>\n"
    "        <property name=\"label\">red</property>\n"
    "        <property name=\"memory\">512</property>\n"
    "        <property name=\"netvm\"></property>\n"
    "      </properties>\n"
    "      <features><feature name=\"gui\">1</feature></features>\n"
    "      <tags><tag name=\"private\"/></tags>\n"
    "      <devices class=\"pci\"><device backend-domain=\"dom0\" id=\"00_14.0\"/></devices>\n"
    "      <volume-config>\n"
    "        <volume name=\"private\" pool=\"varlibqubes\" vid=\"appvms/work/private\" "
    "rw=\"True\" save_on_stop=\"True\" size=\"4096\"/>\n"
    "        <volume name=\"kernel\" pool=\"linux-kernel\" vid=\"6.1\"/>\n"
    "      </volume-config>\n"
    "    </domain>\n";

static const struct {
    const char *from, *to;
    gboolean refused;
} damages[] = {
    { "name=\"memory\">512", "name=\"memory\">512", FALSE },
    /* properties */
    { "\"memory\">512", "\"memory\">lots", TRUE },
    { "\"memory\">512", "\"memory\">-1", TRUE },
    { "\"memory\">512", "\"future\">1", TRUE },
    { "\"memory\">512", "\"xid\">1", TRUE },
    { "<property name=\"memory\">512", "<property>512", TRUE },
    { "512</property>", "512</property><property name=\"memory\">1</property>", FALSE },
    { "7</property>", "7</property><property name=\"qid\">7</property>", TRUE },
    { "\"label\">red", "\"label\">pink", TRUE },
    { "<property name=\"label\">red</property>", "", FALSE },
    { "<property name=\"uuid\">3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11</property>", "", TRUE },
    { "\"uuid\">3f", "\"uuid\">3g", TRUE },
    { "\"name\">work", "\"name\">so und so", FALSE },
    { "\"name\">work", "\"name\">", FALSE },
    { "<property name=\"name\">work</property>", "", TRUE },
    { "\"netvm\">", "\"netvm\">gone", TRUE },
    { "\"netvm\">", "\"netvm\">dom0", TRUE },
    { "\"netvm\">", "\"netvm\">work", TRUE },
    { "\"netvm\"></property>", "\"netvm\">work</property>"
      "<property name=\"provides_network\">True</property>", FALSE },
    { "\"qid\">7", "\"qid\">7<!-- not 1 -->1", FALSE },
    { "\"memory\">512", "\"memory\"><!-- MiB -->512", TRUE },
    { "class=\"StandaloneVM\"", "class=\"DispVM\"", TRUE },
    /* of the system */
    { "default_kernel\">6.1", "default_kernel\">a/b", FALSE },
    { "default_kernel\">6.1", "default_pool\">gone", TRUE },
    { "default_kernel\">6.1", "default_netvm\">work", FALSE },
    { "default_kernel\">6.1", "default_netvm\">gone", TRUE },
    { "default_kernel\">6.1", "future\">1", FALSE },
    { "default_kernel\">6.1", "clockvm\">gone", TRUE },
    /* features, tags, labels, pools */
    { "feature name=\"gui\"", "feature name=\"a b\"", FALSE },
    { "feature name=\"gui\"", "feature", TRUE },
    { "tag name=\"private\"", "tag name=\"a b\"", TRUE },
    { "tag name=\"private\"", "tag", TRUE },
    { "id=\"label-8\"", "id=\"eight\"", TRUE },
    { "id=\"label-1\" color=\"0x", "id=\"label-1\" color=\"#", FALSE },
    { "id=\"label-1\" color=\"", "id=\"label-1\" was=\"", FALSE },
    { ">black</label>", "></label><label id=\"label-9\" color=\"0x000000\">black</label>",
      TRUE },
    { "<pools>", "<pools><pool driver=\"file\"/>", TRUE },
    { "<pools>", "<pools><pool name=\"a\" driver=\"btrfs\"/>", FALSE },
    { "<pools>", "<pools><pool name=\"a\" driver=\"lvm_thin\" volume_group=\"a\" "
      "thin_pool=\"b\"/>", FALSE },
    { "<pools>", "<pools><pool name=\"a\" driver=\"file-reflink\"/>", TRUE },
    { "<pools>", "<pools><pool name=\"a\" driver=\"file-reflink\" dir_path=\"/a\" "
      "odd=\"1\"/>", TRUE },
    { "driver=\"file-reflink\"", "driver=\"file-reflink\" ephemeral_volatile=\"maybe\"",
      TRUE },
    { "driver=\"file-reflink\"", "driver=\"file-reflink\" ephemeral_volatile=\"yes\"",
      TRUE },
    { "driver=\"file-reflink\"", "driver=\"file-reflink\" ephemeral_volatile=\"on\"",
      FALSE },
    { "<pools>", "<pools><pool name=\"a\" driver=\"lvm_thin\" volume_group=\"a\"/>", TRUE },
    /* devices */
    { "id=\"00_14.0\"", "id=\"usb\"", TRUE },
    { "id=\"00_14.0\"/>", "id=\"00_14.0\"/><device backend-domain=\"dom0\" id=\"00_14.0\"/>",
      TRUE },
    { "backend-domain=\"dom0\"", "backend-domain=\"gone\"", FALSE },
    { "id=\"00_14.0\"", "id=\"00_14.0\" mode=\"new\"", FALSE },
    { "id=\"00_14.0\"", "id=\"00_14.0\" mode=\"manual\"", TRUE },
    { "dom0\" id=\"00_14.0\"", "gone\" id=\"00_14.0\" mode=\"manual\"", FALSE },
    { "id=\"00_14.0\"", "id=\"00_14.0\" mode=\"manual\" required=\"True\"", FALSE },
    { "dom0\" id=\"00_14.0\"", "gone\" id=\"00_14.0\" required=\"maybe\"", TRUE },
    { "id=\"00_14.0\"", "id=\"00_14.0\" required=\"\"", TRUE },
    { "id=\"00_14.0\"", "id=\"\"", TRUE },
    { "dom0\" id=\"00_14.0\"", "gone\" id=\"usb\"", FALSE },
    { "id=\"00_14.0\"", "id=\"usb\" mode=\"new\"", FALSE },
    { "class=\"pci\"><device backend-domain=\"dom0\" id=\"00_14.0\"",
      "class=\"usb\"><device backend-domain=\"dom0\" id=\"\"", FALSE },
    /* volumes */
    { "pool=\"varlibqubes\"", "pool=\"gone\"", TRUE },
    { "rw=\"True\"", "rw=\"yes\"", FALSE },
    { "size=\"4096\"", "size=\"-1\"", FALSE },
    { "size=\"4096\"", "size=\"1e9\"", TRUE },
    { "size=\"4096\"", "revisions_to_keep=\"\"", TRUE },
    { "size=\"4096\"", "odd=\"1\"", TRUE },
    { "size=\"4096\"", "internal=\"True\"", FALSE },
    { "size=\"4096\"", "snap_on_start=\"True\"", TRUE },
    { "size=\"4096\"", "source=\"appvms/work/private\"", TRUE },
    { "vid=\"appvms/work/private\"", "vid=\"a b\"", FALSE },
    { "vid=\"appvms/work/private\"", "vid=\"True\"", TRUE },
    { "vid=\"appvms/work/private\"", "vid=\"None\"", FALSE },
    { "vid=\"6.1\"", "vid=\"True\"", FALSE },
    { "size=\"4096\"/>", "size=\"-1\"/><volume name=\"root\" pool=\"varlibqubes\" "
      "vid=\"appvms/work/root\" snap_on_start=\"True\" source=\"appvms/work/private\"/>",
      FALSE },
    { "size=\"4096\"/>", "size=\"-1\"/><volume name=\"root\" pool=\"varlibqubes\" "
      "vid=\"appvms/work/root\" snap_on_start=\"True\" source=\"gone\"/>", TRUE },
    { "volume name=\"private\"", "volume", TRUE },
    { "vid=\"6.1\"", "vid=\"6.1\" rw=\"True\"", TRUE },
    { "vid=\"6.1\"", "vid=\"6.1\" revisions_to_keep=\"1\"", TRUE },
    { "</volume-config>", "<volume name=\"private\" pool=\"varlibqubes\"/></volume-config>",
      FALSE },
};

static gboolean grave(const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        if (((const struct finding *)findings->pdata[i])->severity == SEVERITY_STOP)
            return TRUE;
    return FALSE;
}

START_TEST(what_ends_the_load_is_grave)
{
    g_autofree char *before = NULL;
    GString *text;
    gboolean found_grave;

    root_load_domains(domain);
    before = root_get();
    text = g_string_new(before);
    ck_assert_msg(g_string_replace(text, damages[_i].from, damages[_i].to, 1) == 1, "no %s",
                  damages[_i].from);
    root_put(text->str, -1);
    g_string_free(text, TRUE);
    root_load();
    found_grave = grave(model->findings);
    for (guint i = 0; i < model->qubes->len; i++)
        found_grave = found_grave ||
                      grave(((const struct qube *)model->qubes->pdata[i])->findings);
    ck_assert_msg(found_grave == damages[_i].refused, "%s: %s", damages[_i].to,
                  found_grave ? "grave" : "not grave");
}
END_TEST

int main(void)
{
    const TTest *const none[] = { NULL };
    TCase *loop = tcase_create("damages");

    tcase_add_checked_fixture(loop, root_setup, root_teardown);
    tcase_add_loop_test(loop, what_ends_the_load_is_grave, 0, G_N_ELEMENTS(damages));
    return suite_run_cases("store-refusal", none, root_setup, root_teardown, loop);
}
