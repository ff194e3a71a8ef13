/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stores of Qubes 2 and 3 become stores of Qubes 4. */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "core/device-assignment.h"
#include "core/import-literal.h"
#include "core/import.h"
#include "core/store-history.h"
#include "core/layout.h"
#include "root.h"
#include "tests/core/renames.h"

static struct import *import;
static char *old; /* directory of the old store */

static void setup(void)
{
    root_setup();
    rename_errno = 0;
    old = g_build_filename(root, "old", NULL);
    ck_assert(file_mkdirs(old, 0700, NULL));
}

static void teardown(void)
{
    g_clear_pointer(&import, import_free);
    g_clear_pointer(&old, g_free);
    root_teardown();
}

/* Below the directory of the old store. */
static void put(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(old, name, NULL);
    g_autofree char *dir = g_path_get_dirname(path);

    ck_assert(file_mkdirs(dir, 0700, NULL));
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static void read_old(void)
{
    g_autofree char *path = g_build_filename(old, "qubes.xml", NULL);
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&import, import_free);
    import = import_read(path, root, FALSE, &error);
    ck_no_error(error);
}

static void read_fixture(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("top_srcdir"), "tests/core/fixtures/r3.xml", NULL);
    g_autofree char *text = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    put("qubes.xml", text);
    read_old();
}

/* A store with these elements, and a template of number 1. */
static void read_elements(const char *elements)
{
    g_autofree char *text = g_strdup_printf(
        "<QubesVmCollection default_template=\"1\" default_netvm=\"None\" "
        "clockvm=\"None\"><QubesTemplateVm qid=\"1\" name=\"t\" label=\"black\" "
        "template_qid=\"none\"/>%s</QubesVmCollection>", elements);

    put("qubes.xml", text);
    read_old();
}

/* NULL: any. */
static gboolean noted(const char *qube, enum import_deed deed, const char *what,
                      const char *part)
{
    for (guint i = 0; i < import->notes->len; i++) {
        const struct import_note *note = import->notes->pdata[i];

        if (g_strcmp0(note->qube, qube) == 0 && note->deed == deed &&
            strcmp(note->what, what) == 0 &&
            (!part || (note->why && strstr(note->why, part))))
            return TRUE;
    }
    return FALSE;
}

static gboolean save_import(struct import *made, const struct file_stamp *present,
                            char **kept, GError **error)
{
    gboolean fine = import_write_rules(made, root, error) &&
                    import_make_place(root, error) &&
                    store_put(root, made->bytes, present, kept, error);

    if (!fine)
        import_unwrite_rules(made);
    return fine;
}

/* The new store as a loader sees it. */
static void load_new(void)
{
    g_autofree char *kept = NULL;
    g_autoptr(GError) error = NULL;

    save_import(import, NULL, &kept, &error);
    ck_no_error(error);
    ck_assert_ptr_null(kept);
    root_load();
    ck_assert_uint_eq(model->findings->len, 0);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        ck_assert_msg(qube->findings->len == 0, "%s: %s", qube->name,
                      qube->findings->len ? ((struct finding *)
                                             qube->findings->pdata[0])->message : "");
    }
}

static void ck_feature(const char *qube, const char *feature, const char *value)
{
    const char *is = qube_feature(qube_named(qube), feature);

    ck_assert_msg(g_strcmp0(is, value) == 0, "%s of %s is %s", feature, qube, is);
}

static void ck_global(const char *property, const char *value)
{
    g_autofree char *is = model_global(model, property);

    ck_assert_msg(g_strcmp0(is, value) == 0, "%s is %s", property, is);
}

START_TEST(each_qube_gets_its_class_and_properties)
{
    static const struct {
        const char *qube, *property, *value;
    } rows[] = {
        { "fedora-23", "klass", "TemplateVM" }, { "sys-net", "klass", "AppVM" },
        { "lone", "klass", "StandaloneVM" },    { "win7", "klass", "StandaloneVM" },
        { "work", "template", "fedora-23" },    { "work", "memory", "800" },
        { "work", "maxmem", "6000" },           { "work", "vcpus", "4" },
        { "work", "default_user", "alice" },    { "work", "qrexec_timeout", "120" },
        { "work", "include_in_backups", "False" },
        { "work", "debug", "True" },            { "work", "label", "blue" },
        { "work", "backup_timestamp", "1474000000" },
        { "work", "kernel", "4.4.14-11" },      { "vault", "kernel", "" },
        { "sys-net", "kernel", "4.1.13-9" },
        { "sys-net", "kernelopts", "nopat iommu=soft" },
        { "sys-net", "mac", "00:16:3e:5e:6c:01" },
        { "sys-net", "provides_network", "True" },
        { "sys-firewall", "provides_network", "True" },
        { "sys-net", "autostart", "True" },     { "lone", "label", "red" },
        { "win7", "virt_mode", "hvm" },         { "win7", "kernel", "" },
        { "win7", "maxmem", "0" },              { "sys-net", "maxmem", "0" },
        { "work", "virt_mode", "pvh" },         { "sys-net", "virt_mode", "hvm" },
    };

    read_fixture();
    load_new();
    ck_assert_uint_eq(model->qubes->len, 11); /* eight, dom0, two made */
    ck_assert(!model->old);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_value(rows[i].qube, rows[i].property, rows[i].value);
    ck_assert(!qube_is_explicit(qube_named("work"), "kernel"));
    ck_assert(!qube_is_explicit(qube_named("work"), "virt_mode"));
    ck_assert(!qube_is_explicit(qube_named("vault"), "memory"));
    ck_assert(noted(NULL, IMPORT_DROPPED, "QubesDisposableVm", "disposables"));
    ck_assert(noted(NULL, IMPORT_DROPPED, "QubesMoonVm", "no qube"));
    ck_assert(noted("fedora-23-dvm", IMPORT_DOUBTFUL, "name", "template_for_dispvms"));
    ck_assert(noted("sys-net", IMPORT_DOUBTFUL, "dir_path", "move"));
    ck_assert(noted("lone", IMPORT_CHANGED, "label", "no such label"));
}
END_TEST

START_TEST(networks_are_those_that_were_meant)
{
    static const struct {
        const char *qube, *netvm, *dispvm;
        gboolean set;
    } rows[] = {
        { "sys-net", NULL, "disp-no-netvm", TRUE },
        { "sys-firewall", "sys-net", "disp-sys-net", TRUE },
        { "work", "sys-firewall", "disp-sys-net", FALSE },
        { "vault", NULL, "disp-no-netvm", TRUE },
        { "lone", NULL, "disp-no-netvm", TRUE },
        { "win7", "sys-firewall", NULL, TRUE },
        { "fedora-23", NULL, NULL, FALSE },
        { "disp-no-netvm", NULL, NULL, TRUE },
        { "disp-sys-net", "sys-net", NULL, TRUE },
    };

    read_fixture();
    load_new();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        ck_value(rows[i].qube, "netvm", rows[i].netvm);
        ck_value(rows[i].qube, "default_dispvm", rows[i].dispvm);
        ck_assert_msg(qube_is_explicit(qube_named(rows[i].qube), "netvm") == rows[i].set,
                      "%s", rows[i].qube);
    }
    ck_value("disp-sys-net", "template_for_dispvms", "True");
    ck_value("disp-sys-net", "label", "red");
    ck_value("disp-sys-net", "template", "fedora-23");
    ck_global("default_netvm", "sys-firewall");
    ck_global("default_template", "fedora-23");
    ck_global("clockvm", "sys-net");
    ck_global("updatevm", "sys-firewall");
    ck_global("default_kernel", "4.4.14-11");
    ck_assert(noted("lone", IMPORT_DOUBTFUL, "netvm_qid", "no such qube"));
}
END_TEST

START_TEST(services_features_and_devices_follow)
{
    static const struct {
        const char *qube, *feature, *value;
    } rows[] = {
        { "sys-net", "service.ntpd", "" },
        { "sys-net", "service.network-manager", "1" },
        { "sys-net", "service.meminfo-writer", NULL },
        { "sys-net", "service.clocksync", "1" },
        { "sys-net", "servicevm", "1" },
        { "sys-net", "pci-e820-host", "" },
        { "sys-net", "qrexec", NULL },
        { "sys-firewall", "service.qubes-updates-proxy", "1" },
        { "work", "check-updates", "" },
        { "work", "service.updates-proxy-setup", "1" },
        { "work", "service.cups", "" },
        { "work", "cups", NULL },
        { "fedora-23", "qrexec", "1" },
        { "fedora-23", "gui", "1" },
        { "fedora-23-dvm", "internal", "1" },
        { "lone", "qrexec", "1" },
        { "win7", "qrexec", "1" },
        { "win7", "gui", NULL },
        { "win7", "gui-seamless", "1" },
        { "win7", "timezone", "3600" },
        { "win7", "linux-stubdom", "" },
    };
    const struct device_assignment *device;

    read_fixture();
    load_new();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_feature(rows[i].qube, rows[i].feature, rows[i].value);
    ck_assert_uint_eq(qube_named("sys-net")->devices->len, 2);
    device = qube_named("sys-net")->devices->pdata[0];
    ck_assert_str_eq(device->class, "pci");
    ck_assert_str_eq(device->backend, "dom0");
    ck_assert_str_eq(device->port, "00_19.0");
    ck_assert_int_eq(device->mode, DEVICE_REQUIRED);
    ck_assert_str_eq(device_assignment_option(device, "no-strict-reset"), "True");
    ck_assert_uint_eq(qube_named("lone")->devices->len, 1);
    device = qube_named("lone")->devices->pdata[0];
    ck_assert_str_eq(device->port, "00_1b.0");
    ck_assert_ptr_null(device_assignment_option(device, "no-strict-reset"));
    ck_assert(noted("sys-net", IMPORT_DOUBTFUL, "pcidevs", "lspci"));
    ck_assert(noted("lone", IMPORT_DROPPED, "pcidevs", "no address"));
    ck_assert(noted("lone", IMPORT_DROPPED, "pcidevs", "twice"));
    ck_assert(noted("lone", IMPORT_DOUBTFUL, "services", "character 14"));
    ck_assert(noted("win7", IMPORT_DROPPED, "drive", "attach"));
    ck_assert(qube_has_tag(qube_named("work"), "guivm-dom0"));
}
END_TEST

/* The file of rules of the new system. */
static char *new_rules(const char *qube)
{
    g_autofree char *path = firewall_path(root, qube_named(qube));
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

START_TEST(what_lies_beside_the_store_comes_along)
{
    g_autofree char *work = NULL, *vault = NULL, *lone = NULL, *mine = NULL;

    put("appvms/work/firewall.xml",
        "<QubesFirewallRules policy=\"deny\" dns=\"allow\" icmp=\"deny\">"
        "<!-- office --><rule address=\"192.0.2.0\" netmask=\"0\" proto=\"tcp\" "
        "port=\"80\"/></QubesFirewallRules>");
    put("appvms/work/whitelisted-appmenus.list", "firefox.desktop\n\nxterm.desktop\n");
    put("appvms/vault/firewall.xml", "<QubesFirewallRules policy=\"perhaps\"/>");
    put("appvms/lone/firewall.xml",
        "<QubesFirewallRules policy=\"deny\"><rule address=\"a b\"/>"
        "<rule address=\"192.0.2.1\"/></QubesFirewallRules>");
    put("../var/lib/qubes/appvms/win7/firewall.xml", "mine");
    put("appvms/win7/firewall.xml", "<QubesFirewallRules policy=\"allow\"/>");
    read_fixture();
    load_new();
    work = new_rules("work");
    ck_assert_ptr_nonnull(strstr(work, ">192.0.2.0/0<"));
    ck_assert_ptr_nonnull(strstr(work, "<firewall version=\"2\">"));
    ck_feature("work", "menu-items", "firefox.desktop xterm.desktop");
    vault = new_rules("vault");
    ck_assert_ptr_nonnull(strstr(vault, "<rules/>"));
    ck_assert(noted("vault", IMPORT_DOUBTFUL, "firewall", "policy"));
    ck_assert(noted("vault", IMPORT_DOUBTFUL, "firewall", "everything of it is dropped"));
    /* nothing from the bad rule on */
    lone = new_rules("lone");
    ck_assert_ptr_nonnull(strstr(lone, "<rules/>"));
    ck_assert(noted("lone", IMPORT_DOUBTFUL, "firewall", "cannot be read"));
    mine = new_rules("win7");
    ck_assert_str_eq(mine, "mine");
    ck_assert(noted("win7", IMPORT_DOUBTFUL, "firewall", "they stay"));
    ck_assert(noted(NULL, IMPORT_DOUBTFUL, "firewall", "not beside"));
    ck_assert(noted(NULL, IMPORT_DOUBTFUL, "images", "move them"));
}
END_TEST

/* A system that is made where the old one was keeps its images. */
START_TEST(a_store_in_its_old_place_has_its_images)
{
    g_free(old);
    old = root_path(LAYOUT_BASE "/.");
    read_fixture();
    ck_assert(!noted(NULL, IMPORT_DOUBTFUL, "images", NULL));
    ck_assert(noted("sys-net", IMPORT_DOUBTFUL, "dir_path", "move"));
    ck_assert(!noted("work", IMPORT_DOUBTFUL, "dir_path", NULL));
}
END_TEST

/* R3 let a template nowhere unless a file said otherwise. */
START_TEST(a_template_with_a_network_stays_locked_in)
{
    g_autofree char *rules = NULL;

    read_elements("<QubesNetVm qid=\"2\" name=\"net\" label=\"red\" template_qid=\"1\"/>"
                  "<QubesTemplateVm qid=\"3\" name=\"u\" label=\"red\" "
                  "template_qid=\"none\" uses_default_netvm=\"False\" netvm_qid=\"2\"/>");
    load_new();
    ck_value("u", "netvm", "net");
    rules = new_rules("u");
    ck_assert_ptr_nonnull(strstr(rules, "<rules/>"));
    ck_assert_ptr_null(new_rules("t"));
}
END_TEST

/* Each is taken as far as it goes; what comes of it loads without findings. */
START_TEST(odd_elements_do_no_harm)
{
    static const struct {
        const char *elements;
        const char *qube;
        enum import_deed deed;
        const char *what;
    } rows[] = {
        { "<QubesAppVm qid=\"2\" name=\"a+b\" label=\"red\" template_qid=\"1\"/>",
          "a_b", IMPORT_CHANGED, "name" },
        { "<QubesAppVm qid=\"2\" name=\"t\" label=\"red\" template_qid=\"1\"/>",
          "t-2", IMPORT_CHANGED, "name" },
        { "<QubesAppVm qid=\"2\" name=\"dom0\" label=\"red\" template_qid=\"1\"/>",
          "dom0_", IMPORT_CHANGED, "name" },
        { "<QubesAppVm qid=\"2\" name=\"../../etc\" template_qid=\"1\"/>",
          "q.._.._etc", IMPORT_CHANGED, "name" },
        { "<QubesAppVm qid=\"2\" name=\"a.b\" label=\"red\" template_qid=\"1\"/>",
          "a.b", IMPORT_DOUBTFUL, "name" },
        { "<QubesAppVm qid=\"2\" template_qid=\"1\"/>", "unnamed", IMPORT_CHANGED,
          "label" },
        { "<QubesAppVm qid=\"2\" name=\"a\" label=\"red\" template_qid=\"7\"/>",
          "a", IMPORT_DOUBTFUL, "template_qid" },
        { "<QubesAppVm qid=\"x\" name=\"a\" label=\"red\" template_qid=\"1\"/>",
          NULL, IMPORT_DOUBTFUL, "qid" },
        { "<QubesAppVm qid=\"2\" name=\"a\" label=\"red\" template_qid=\"1\"/>"
          "<QubesAppVm qid=\"2\" name=\"b\" label=\"red\" template_qid=\"1\"/>",
          NULL, IMPORT_DOUBTFUL, "qid" },
        { "<QubesAppVm qid=\"2\" name=\"a\" label=\"red\" template_qid=\"1\" "
          "memory=\"-5\"/>", "a", IMPORT_DROPPED, "memory" },
        { "<QubesAppVm qid=\"2\" name=\"a\" label=\"red\" template_qid=\"1\" "
          "services=\"__import__('os')\"/>", "a", IMPORT_DOUBTFUL, "services" },
        { "<QubesAppVm qid=\"2\" name=\"a\" label=\"red\" template_qid=\"1\" "
          "services=\"{'a/b': True}\"/>", "a", IMPORT_DROPPED, "services" },
        { "<QubesProxyVm qid=\"2\" name=\"p\" label=\"red\" template_qid=\"1\" "
          "netvm_qid=\"2\"/>", "p", IMPORT_DOUBTFUL, "netvm_qid" },
        { "<QubesProxyVm qid=\"2\" name=\"p\" label=\"red\" template_qid=\"1\" "
          "netvm_qid=\"3\"/><QubesProxyVm qid=\"3\" name=\"r\" label=\"red\" "
          "template_qid=\"1\" netvm_qid=\"2\"/>", "r", IMPORT_DOUBTFUL, "netvm_qid" },
        { "<QubesAppVm qid=\"2\" name=\"a\" label=\"red\" template_qid=\"1\" "
          "uses_default_netvm=\"False\" netvm_qid=\"1\"/>", "a", IMPORT_DOUBTFUL,
          "netvm_qid" },
        { "<QubesAppVm qid=\"2\" name=\"a\" label=\"red\" template_qid=\"1\" "
          "uses_default_dispvm_netvm=\"False\" dispvm_netvm=\"1\"/>", "a",
          IMPORT_DOUBTFUL, "dispvm_netvm" },
        { "<QubesAppVm qid=\"2\" name=\"a\" label=\"red\" template_qid=\"1\" "
          "colour=\"1\"/>", NULL, IMPORT_DROPPED, "colour" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_build_filename(root, LAYOUT_STORE, NULL);

        read_elements(rows[i].elements);
        ck_assert_msg(noted(rows[i].qube, rows[i].deed, rows[i].what, NULL), "%s",
                      rows[i].elements);
        load_new();
        ck_assert_int_eq(remove(path), 0);
    }
}
END_TEST

START_TEST(a_qube_without_a_template_is_left_out)
{
    put("qubes.xml", "<QubesVmCollection><QubesAppVm qid=\"2\" name=\"a\" "
        "template_qid=\"1\"/></QubesVmCollection>");
    read_old();
    ck_assert(noted(NULL, IMPORT_DROPPED, "QubesAppVm", "template"));
    load_new();
    ck_assert_uint_eq(model->qubes->len, 1);
}
END_TEST

START_TEST(a_loop_through_the_default_is_cut)
{
    put("qubes.xml", "<QubesVmCollection default_netvm=\"2\">"
        "<QubesProxyVm qid=\"2\" name=\"p\" label=\"red\" template_qid=\"none\"/>"
        "</QubesVmCollection>");
    read_old();
    load_new();
    ck_value("p", "netvm", NULL);
    ck_assert(noted("p", IMPORT_DOUBTFUL, "uses_default_netvm", NULL));
    ck_global("clockvm", "p");
}
END_TEST

START_TEST(a_firewall_qube_without_a_netvm_gets_that_of_its_kind)
{
    put("qubes.xml", "<QubesVmCollection default_netvm=\"3\" default_fw_netvm=\"2\">"
        "<QubesNetVm qid=\"2\" name=\"n\" label=\"red\" template_qid=\"none\"/>"
        "<QubesProxyVm qid=\"3\" name=\"p\" label=\"red\" template_qid=\"none\" "
        "uses_default_netvm=\"True\"/></QubesVmCollection>");
    read_old();
    load_new();
    ck_value("p", "netvm", "n");
    ck_assert(noted("p", IMPORT_CHANGED, "default_fw_netvm", NULL));
    ck_global("clockvm", "n");
}
END_TEST

START_TEST(paravirtualised_qubes_may_stay_so)
{
    static const char text[] =
        "<QubesVmCollection><QubesTemplateVm qid=\"1\" name=\"t\" label=\"red\"/>"
        "<QubesHVm qid=\"2\" name=\"h\" label=\"red\" template_qid=\"none\"/>"
        "</QubesVmCollection>";
    g_autoptr(GError) error = NULL;

    import = import_parse("x", text, strlen(text), TRUE, &error);
    ck_no_error(error);
    ck_assert(import_finish(import, root, &error));
    load_new();
    ck_value("t", "virt_mode", "pv");
    ck_value("h", "virt_mode", "hvm");
}
END_TEST

START_TEST(what_is_no_such_store_is_refused)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        { "", NULL }, { "<QubesVmCollection>", "line" },
        { "<qubes/>", "root element is 'qubes'" }, { "<x/>", "root element" },
        { "<!DOCTYPE x [<!ENTITY a 'b'>]><QubesVmCollection/>", NULL },
    };
    g_autoptr(GString) many = g_string_new("<QubesVmCollection>");
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        ck_assert_ptr_null(import_parse("x", rows[i].text, strlen(rows[i].text), FALSE,
                                        &error));
        ck_error(&error, QMC_ERROR_INVALID, rows[i].part);
    }
    for (int i = 0; i < 1001; i++)
        g_string_append(many, "<QubesAppVm/>");
    g_string_append(many, "</QubesVmCollection>");
    ck_assert_ptr_null(import_parse("x", many->str, many->len, FALSE, &error));
    ck_error(&error, QMC_ERROR_INVALID, "more than 1000");
}
END_TEST

START_TEST(a_save_that_fails_leaves_nothing)
{
    g_autofree char *dir = g_build_filename(root, LAYOUT_BASE, "appvms/work", NULL);
    g_autofree char *path = g_build_filename(root, LAYOUT_STORE, NULL);
    g_autofree char *kept = NULL;
    g_autoptr(GError) error = NULL;

    put("appvms/work/firewall.xml", "<QubesFirewallRules policy=\"allow\"/>");
    read_fixture();
    g_atomic_int_set(&rename_errno, ENOSPC);
    ck_assert(!save_import(import, NULL, &kept, &error));
    ck_error(&error, QMC_ERROR_NOSPACE, NULL);
    ck_assert(!g_file_test(dir, G_FILE_TEST_EXISTS));
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
    g_atomic_int_set(&rename_errno, 0);
    ck_assert(save_import(import, NULL, &kept, &error));
    ck_assert(g_file_test(path, G_FILE_TEST_EXISTS));
    ck_assert(g_file_test(dir, G_FILE_TEST_EXISTS));
}
END_TEST

/* A store that came meanwhile is not written over; one that was seen is kept. */
START_TEST(a_store_that_is_there_stays_or_is_kept)
{
    g_autofree char *path = g_build_filename(root, LAYOUT_STORE, NULL);
    g_autofree char *kept = NULL, *was = NULL, *is = NULL;
    g_autoptr(GError) error = NULL;
    struct file_stamp stamp;

    read_fixture();
    root_put("<qubes/>\n", -1);
    ck_assert(!save_import(import, NULL, &kept, &error));
    g_clear_error(&error);
    was = root_get();
    ck_assert_str_eq(was, "<qubes/>\n");
    ck_assert(file_stamp_path(path, &stamp, NULL));
    ck_assert(save_import(import, &stamp, &kept, &error));
    ck_assert(g_file_get_contents(kept, &is, NULL, NULL));
    ck_assert_str_eq(is, "<qubes/>\n");
}
END_TEST

/* Literals. */

START_TEST(lists_are_read_strictly)
{
    static const struct {
        const char *text, *items; /* NULL: refused */
    } rows[] = {
        { "none", "" }, { "None", "" }, { "", "" }, { "[]", "" }, { " [ ] ", "" },
        { "['a']", "a" }, { "[ 'a' , \"b\" ]", "a|b" }, { "['a',]", "a" },
        { "00:19.0, 03:00.0", "00:19.0|03:00.0" }, { "00:19.0", "00:19.0" },
        { "['it\"s']", "it\"s" },
        { "['a", NULL }, { "['a'", NULL }, { "['a' 'b']", NULL }, { "[a]", NULL },
        { "['a']]", NULL }, { "['a'] or 1", NULL }, { "['\\x41']", NULL },
        { "[,]", NULL }, { "['a\nb']", NULL }, { "a,,b", NULL }, { "a b", NULL },
        { "('a',)", NULL }, { "[u'a']", NULL }, { "[['a']]", NULL }, { "a,", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) items = literal_list(rows[i].text, &error);
        g_autofree char *joined = NULL;

        ck_assert_msg(!items == !rows[i].items, "%s", rows[i].text);
        ck_assert(!items == !!error);
        if (!items)
            continue;
        g_ptr_array_add(items, NULL);
        joined = g_strjoinv("|", (char **)items->pdata);
        ck_assert_str_eq(joined, rows[i].items);
    }
}
END_TEST

START_TEST(dictionaries_are_read_strictly)
{
    static const struct {
        const char *text, *flags; /* NULL: refused */
    } rows[] = {
        { "{}", "" }, { "none", "" }, { "", "" }, { " { } ", "" },
        { "{'a': True}", "+a" }, { "{ \"a\" :False , 'b':True, }", "-a+b" },
        { "{'a': True, 'a': False}", "-a" },
        { "{'a'}", NULL }, { "{'a': 1}", NULL }, { "{'a': true}", NULL },
        { "{'a': Truex}", NULL }, { "{a: True}", NULL }, { "{'a' True}", NULL },
        { "{'a': True} x", NULL }, { "{'a': True", NULL }, { "['a']", NULL },
        { "{'a': {'b': True}}", NULL }, { "{'a': True 'b': True}", NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) flags = literal_flags(rows[i].text, &error);
        g_autoptr(GString) joined = g_string_new(NULL);

        ck_assert_msg(!flags == !rows[i].flags, "%s", rows[i].text);
        ck_assert(!flags == !!error);
        for (guint j = 0; flags && j < flags->len; j++) {
            const struct literal_flag *flag =
                &g_array_index(flags, struct literal_flag, j);

            g_string_append_printf(joined, "%c%s", flag->on ? '+' : '-', flag->name);
        }
        if (flags)
            ck_assert_str_eq(joined->str, rows[i].flags);
    }
}
END_TEST

START_TEST(literals_have_bounds)
{
    g_autoptr(GString) many = g_string_new("[");
    g_autofree char *word = g_strnfill(LITERAL_STRING_MAX + 1, 'x');
    g_autofree char *list = g_strdup_printf("['%s']", word);
    g_autoptr(GError) error = NULL;

    for (int i = 0; i <= LITERAL_ITEMS_MAX; i++)
        g_string_append(many, "'a',");
    g_string_append(many, "]");
    ck_assert_ptr_null(literal_list(many->str, &error));
    ck_error(&error, QMC_ERROR_INVALID, "too many");
    ck_assert_ptr_null(literal_list(list, &error));
    ck_error(&error, QMC_ERROR_INVALID, "too long");
    ck_assert_ptr_null(literal_list(word, &error));
    ck_error(&error, QMC_ERROR_INVALID, "words between commas");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_qube_gets_its_class_and_properties,
        networks_are_those_that_were_meant,
        services_features_and_devices_follow,
        what_lies_beside_the_store_comes_along,
        a_store_in_its_old_place_has_its_images,
        a_template_with_a_network_stays_locked_in,
        odd_elements_do_no_harm,
        a_qube_without_a_template_is_left_out,
        a_loop_through_the_default_is_cut,
        a_firewall_qube_without_a_netvm_gets_that_of_its_kind,
        paravirtualised_qubes_may_stay_so,
        what_is_no_such_store_is_refused,
        a_save_that_fails_leaves_nothing,
        a_store_that_is_there_stays_or_is_kept,
        lists_are_read_strictly,
        dictionaries_are_read_strictly,
        literals_have_bounds,
        NULL,
    };

    return suite_run_fixture("import", tests, setup, teardown);
}
