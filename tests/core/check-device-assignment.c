/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assignments of devices as 4.2, pre-releases of 4.3 and 4.3 write them. */
#include "config.h"

#include "core/device-assignment.h"
#include "core/reference.h"
#include "root.h"

#define QUBE(name, qid, uuid, body)                                            \
    "    <domain id=\"domain-" qid "\" class=\"StandaloneVM\">\n"              \
    "      <properties>\n"                                                     \
    "        <property name=\"label\">red</property>\n"                        \
    "        <property name=\"name\">" name "</property>\n"                    \
    "        <property name=\"qid\">" qid "</property>\n"                      \
    "        <property name=\"uuid\">" uuid "</property>\n"                    \
    "      </properties>\n"                                                    \
    "      <features/>\n" body                                                 \
    "    </domain>\n"
#define WORK(body) QUBE("work", "1", "9a1de644-815e-46d1-bb8f-aa1837f8a88b", body)
#define USB                                                                    \
    QUBE("sys-usb", "2", "0c27b16d-5f2f-4b3d-9c0b-63f1e2a9d045",               \
         "      <tags/>\n")

static void load(const char *devices)
{
    g_autofree char *text = g_strconcat(devices, USB, NULL);

    root_load_domains(text);
}

static struct device_assignment *device(guint place)
{
    return qube_named("work")->devices->pdata[place];
}

static void ck_device(guint place, const char *backend, const char *port,
                      const char *identity)
{
    const struct device_assignment *d = device(place);

    ck_assert_msg(g_strcmp0(d->backend, backend) == 0, "%s", d->backend);
    ck_assert_msg(g_strcmp0(d->port, port) == 0, "%s", d->port);
    ck_assert_msg(g_strcmp0(d->identity, identity) == 0, "%s", d->identity);
}

START_TEST(every_form_is_read)
{
    load(WORK("      <devices class=\"pci\">\n"
              "        <device backend-domain=\"dom0\" id=\"00_14.0\">\n"
              "          <option name=\"no-strict-reset\">True</option>\n"
              "        </device>\n"
              "      </devices>\n"
              "      <tags/>\n"
              "      <devices class=\"block\">\n"
              "        <device backend-domain=\"sys-usb\" id=\"sda\""
              " mode=\"auto-attach\" identity=\"0951:1666:SER1:u080650:0\"/>\n"
              "        <device backend-domain=\"sys-usb\" id=\"*\""
              " mode=\"ask-to-attach\" identity=\"*\"/>\n"
              "        <device backend-domain=\"\" mode=\"manual\" required=\"no\">\n"
              "          <option name=\"identity\">a:b</option>\n"
              "        </device>\n"
              "        <device backend-domain=\"*\" id=\"sdb\" required=\"yes\"/>\n"
              "      </devices>\n"));
    ck_assert_uint_eq(qube_named("work")->devices->len, 5);
    ck_assert_uint_eq(qube_named("work")->findings->len, 0);
    ck_assert(qube_named("work")->has_pci);
    ck_device(0, "dom0", "00_14.0", NULL);
    ck_assert_int_eq(device(0)->mode, DEVICE_REQUIRED);
    ck_assert_str_eq(device_assignment_option(device(0), "no-strict-reset"), "True");
    ck_assert(device_assignment_is_old(device(0)));
    ck_device(1, "sys-usb", "sda", "0951:1666:SER1:u080650:0");
    ck_assert_int_eq(device(1)->mode, DEVICE_AUTO);
    ck_device(2, "sys-usb", NULL, NULL);
    ck_assert_int_eq(device(2)->mode, DEVICE_ASK);
    ck_device(3, NULL, NULL, "a:b");
    ck_assert_int_eq(device(3)->mode, DEVICE_AUTO);
    ck_assert_ptr_null(device_assignment_option(device(3), "identity"));
    ck_device(4, NULL, "sdb", NULL);
    ck_assert_int_eq(device(4)->mode, DEVICE_REQUIRED);
}
END_TEST

/* Each becomes a finding, and hides neither the qube nor the others. */
START_TEST(what_is_broken_is_said_and_kept)
{
    static const struct {
        const char *device, *part;
    } rows[] = {
        { "<device backend-domain=\"gone\" id=\"sda\"/>", "no qube 'gone'" },
        { "<device backend-domain=\"sys-usb\" id=\"sda\" mode=\"manual\"/>",
          "its mode is 'manual'" },
        { "<device backend-domain=\"sys-usb\" id=\"sda\" required=\"perhaps\"/>",
          "required is 'perhaps'" },
        { "<device backend-domain=\"sys-usb\" id=\"sdb\" mode=\"ask-to-attach\"/>",
          "assigned twice" },
        { "<device backend-domain=\"sys-usb\" id=\"sdc\"><option name=\"x\">1</option>"
          "</device>", "option 'x'" },
        { "<device backend-domain=\"sys-usb\" id=\"sdc\"><option name=\"read-only\">"
          "None</option></device>", "has no value" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf(
            WORK("      <devices class=\"block\">"
                 "<device backend-domain=\"sys-usb\" id=\"sdb\"/>%s</devices>\n"
                 "      <tags/>\n"), rows[i].device);
        g_autofree char *before = NULL, *after = NULL;
        GString *saved;

        load(text);
        ck_assert_msg(found(qube_named("work"), rows[i].part), "%s", rows[i].device);
        ck_assert(!qube_named("work")->broken);
        ck_assert_uint_eq(qube_named("work")->devices->len, 2);
        model_touch(model, qube_named("work"));
        before = root_get();
        saved = store_serialise(store, model);
        after = g_string_free(saved, FALSE);
        ck_assert_ptr_nonnull(strstr(after, rows[i].device));
        ck_assert_ptr_nonnull(strstr(before, rows[i].device));
    }
}
END_TEST

START_TEST(ports_of_pci_have_two_forms)
{
    static const struct {
        const char *port;
        gboolean fine;
    } rows[] = {
        { "00_14.0", TRUE }, { "*", TRUE }, { "00_08.1-00_00.0", TRUE },
        { "0001_00_1f.3", TRUE }, { "00_1c.4-00_00.0-03_00.1", TRUE },
        { "0:14.0", FALSE }, { "00_14", FALSE }, { "00_14.0-", FALSE },
        { "00_14.0/..", FALSE }, { "sda", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf(
            WORK("      <devices class=\"pci\">"
                 "<device backend-domain=\"dom0\" id=\"%s\"/></devices>\n"
                 "      <tags/>\n"), rows[i].port);

        load(text);
        ck_assert_msg(found(qube_named("work"), "no port of PCI") == !rows[i].fine, "%s",
                      rows[i].port);
    }
}
END_TEST

/* All but the one that changes stay byte by byte. */
START_TEST(a_change_is_written_in_the_form_of_the_release)
{
    static const struct {
        const char *fixture, *was, *is;
    } rows[] = {
        { "upstream-4.2.xml",
          "        <device backend-domain=\"sys-usb\" id=\"sda\">\n"
          "          <option name=\"read-only\">yes</option>\n"
          "        </device>\n",
          "        <device backend-domain=\"sys-usb\" id=\"sda\">\n"
          "          <option name=\"read-only\">yes</option>\n"
          "        </device>\n"
          "        <device backend-domain=\"sys-usb\" id=\"sdz\">\n"
          "          <option name=\"devtype\">cdrom</option>\n"
          "        </device>\n" },
        { "upstream-4.3.xml",
          "        <device backend-domain=\"sys-usb\" id=\"sdb\" mode=\"ask-to-attach\""
          " identity=\"*\"/>\n",
          "        <device backend-domain=\"sys-usb\" id=\"sdb\" mode=\"ask-to-attach\""
          " identity=\"*\"/>\n"
          "        <device backend-domain=\"sys-usb\" id=\"sdz\" mode=\"required\""
          " identity=\"*\">\n"
          "          <option name=\"devtype\">cdrom</option>\n"
          "        </device>\n" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *before = root_put_fixture(rows[i].fixture), *after = NULL;
        g_auto(GStrv) parts = g_strsplit(before, rows[i].was, -1);
        g_autofree char *expected = g_strjoinv(rows[i].is, parts);
        struct device_assignment *new = device_assignment_new("block");
        const struct pair option = { "devtype", g_strdup("cdrom") };
        struct qube *work;

        ck_assert_uint_eq(g_strv_length(parts), 2);
        root_load();
        work = qube_named("work");
        new->backend = g_strdup("sys-usb");
        new->port = g_strdup("sdz");
        g_array_append_val(new->options, option);
        qube_devices_edit(work);
        g_ptr_array_add(work->devices, new);
        model_touch(model, work);
        after = g_string_free(store_serialise(store, model), FALSE);
        ck_assert_str_eq(after, expected);
        g_ptr_array_remove(work->devices, new);
        g_free(after);
        after = g_string_free(store_serialise(store, model), FALSE);
        ck_assert_str_eq(after, before);
    }
}
END_TEST

/* 4.2 has no words for it: it is said all the same. */
START_TEST(what_is_written_is_read_again)
{
    g_autofree char *text = NULL;
    struct qube *work;

    load(WORK("      <devices class=\"block\">\n"
              "        <device backend-domain=\"sys-usb\" id=\"sda\" lane=\"3\">\n"
              "          <option name=\"read-only\">yes</option>\n"
              "          <odd>1</odd>\n"
              "        </device>\n"
              "      </devices>\n"
              "      <tags/>\n"));
    work = qube_named("work");
    qube_devices_edit(work);
    g_clear_pointer(&device(0)->text, g_free);
    g_clear_pointer(&device(0)->backend, g_free);
    device(0)->mode = DEVICE_ASK;
    device(0)->identity = g_strdup("a&b");
    model_touch(model, work);
    text = g_string_free(store_serialise(store, model), FALSE);
    root_put(text, -1);
    root_load();
    ck_device(0, NULL, "sda", "a&b");
    ck_assert_int_eq(device(0)->mode, DEVICE_ASK);
    ck_assert_str_eq(device_assignment_option(device(0), "read-only"), "yes");
    ck_assert_ptr_nonnull(strstr(text, " lane=\"3\""));
    ck_assert_ptr_nonnull(strstr(text, "<odd>1</odd>"));
}
END_TEST

#define KEPT(name)                                                             \
    "      <!-- first -->\n"                                                   \
    "      <devices class='block' lane=\"3\"><what/>\n"                        \
    "        <!-- mine -->\n"                                                  \
    "        <device id='sda' backend-domain=\"" name "\"   />\n"              \
    "        <device backend-domain=\"" name "\"/> stray\n"                    \
    "        <device mode=\"manual\" backend-domain=\"" name "\" id=\"sdb\"/>\n" \
    "        <device backend-domain=\"dom0\" note=\"sys-usb\" id=\"sdc\"/>\n"  \
    "        <devce backend-domain=\"sys-usb\" id=\"sdd\"/>\n"                 \
    "      </devices>\n"                                                       \
    "      <devices class=\"mic\"/>\n      <tags/>\n"

/* The backend's name in its attribute changes, and no other byte. */
START_TEST(a_backend_is_renamed_within_the_text)
{
    g_autofree char *text = NULL, *again = NULL;
    struct qube *work;

    load(WORK(KEPT("sys-usb") "      <volume-config/>\n"));
    work = qube_named("work");
    ck_assert(found(work, "attribute 'lane' of 'devices'"));
    ck_assert(found(work, "element 'what' in 'devices'"));
    ck_assert(found(work, "element 'devce' 'sdd' in 'devices'"));
    ck_assert(found(work, "not understood: note="));
    ck_assert(qube_devices_rename(work, "sys-usb", "usb2"));
    ck_assert(!qube_devices_rename(work, "sys-usb", "usb3"));
    ck_device(0, "usb2", "sda", NULL);
    model_touch(model, work);
    text = g_string_free(store_serialise(store, model), FALSE);
    ck_assert_msg(strstr(text, KEPT("usb2")) != NULL, "%s", text);
    again = g_string_free(store_serialise_anew(store, model), FALSE);
    ck_assert_ptr_nonnull(strstr(again, "<device mode=\"manual\" backend-domain=\"usb2\""));
    ck_assert_ptr_nonnull(strstr(again, "<!-- mine -->"));
}
END_TEST

START_TEST(one_that_was_edited_is_renamed_within_its_text)
{
    g_autofree char *text = NULL;

    load(WORK(KEPT("sys-usb")));
    qube_devices_edit(qube_named("work"));
    ck_assert(qube_devices_rename(qube_named("work"), "sys-usb", "usb2"));
    model_touch(model, qube_named("work"));
    text = g_string_free(store_serialise(store, model), FALSE);
    ck_assert_ptr_nonnull(
        strstr(text, "<device id='sda' backend-domain=\"usb2\"   />\n"));
    ck_assert_ptr_null(strstr(text, "backend-domain=\"sys-usb\""));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_form_is_read,
        what_is_broken_is_said_and_kept,
        ports_of_pci_have_two_forms,
        a_change_is_written_in_the_form_of_the_release,
        what_is_written_is_read_again,
        a_backend_is_renamed_within_the_text,
        one_that_was_edited_is_renamed_within_its_text,
        NULL,
    };

    return suite_run_fixture("device-assignment", tests, root_setup, root_teardown);
}
