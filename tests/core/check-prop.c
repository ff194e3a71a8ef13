/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/prop.h"

#include "core/layout.h"
#include "tests/core/root.h"

static void load(void)
{
    g_free(root_put_fixture("upstream-4.3.xml"));
    root_load();
}

START_TEST(rows_are_sorted_and_complete)
{
    gsize n;
    const struct prop_row *rows = prop_rows(&n);

    for (gsize i = 0; i < n; i++) {
        if (i > 0)
            ck_assert_int_le(strcmp(rows[i - 1].name, rows[i].name), 0);
        ck_assert_ptr_nonnull(rows[i].help);
        ck_assert_msg(rows[i].classes == 0 ? rows[i].stage == 3
                                           : rows[i].stage == 2 || rows[i].stage == 4,
                      "%s", rows[i].name);
        for (unsigned id = 1; id <= CLASS_REMOTE; id <<= 1)
            if (rows[i].classes & id)
                ck_assert_ptr_eq(prop_find(rows[i].name, id), &rows[i]);
    }
}
END_TEST

START_TEST(rows_belong_to_their_class)
{
    ck_assert_ptr_null(prop_find("netvm", CLASS_ADMIN));
    ck_assert_ptr_null(prop_find("netvm", 0));
    ck_assert_ptr_nonnull(prop_find("default_netvm", 0));
    ck_assert_ptr_null(prop_find("default_netvm", CLASS_APP));
    ck_assert_ptr_null(prop_find("template", CLASS_TEMPLATE));
    ck_assert_ptr_null(prop_find("zzz", CLASS_APP));
    ck_assert(prop_find("name", CLASS_ADMIN)->computed);
    ck_assert(prop_find("name", CLASS_APP)->once);
    /* What never starts has it at once. */
    ck_assert(prop_find("label", CLASS_APP)->at_start);
    ck_assert(!prop_find("label", CLASS_ADMIN)->at_start);
    ck_assert(!prop_find("label", CLASS_REMOTE)->at_start);
}
END_TEST

static void ck_canonical(const char *property, const char *text, const char *expected)
{
    g_autofree char *got = prop_canonical(prop_find(property, CLASS_APP), model, text);

    ck_assert_msg(g_strcmp0(got, expected) == 0, "%s '%s' gives '%s'", property, text,
                  got ? got : "(none)");
}

START_TEST(texts_have_one_spelling)
{
    load();
    ck_canonical("autostart", "YES", "True");
    ck_canonical("autostart", "0", "False");
    ck_canonical("autostart", "", "False");
    ck_canonical("autostart", "ja", NULL);
    ck_canonical("memory", " 1_000 ", "1000");
    ck_canonical("memory", "+5", "5");
    ck_canonical("memory", "0x10", NULL);
    ck_canonical("memory", "1__0", NULL);
    ck_canonical("memory", "_1", NULL);
    ck_canonical("memory", "1e3", NULL);
    ck_canonical("memory", "", NULL);
    ck_canonical("memory", "0", NULL);
    ck_canonical("memory", "-1", NULL);
    ck_canonical("memory", "99999999999999999999999", NULL);
    ck_canonical("maxmem", "0", "0");
    ck_canonical("uuid", "{3F0E6A52-7A0B-4F4E-9A55-0D7C2F1B9E11}",
                 "3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11");
    ck_canonical("uuid", "3f0e6a527a0b4f4e9a550d7c2f1b9e11",
                 "3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11");
    ck_canonical("uuid", "3f0e6a52", NULL);
    ck_canonical("uuid", "3f0e6a52-7a0b-4f4e-9a55-0d7c2f1b9e11x", NULL);
    ck_canonical("ip", "10.137.0.5", "10.137.0.5");
    ck_canonical("ip", "10.137.0", NULL);
    ck_canonical("ip6", "FD09:0:0:0::1", "fd09::1");
    ck_canonical("label", "label-1", "red");
    ck_canonical("label", "1", "red");
    ck_canonical("label", "my-label.x", "my-label.x");
    ck_canonical("label", "pink", NULL);
    ck_canonical("virt_mode", "HVM", "hvm");
}
END_TEST

static void ck_refused(const char *property, const char *text, const char *part)
{
    GError *error = NULL;

    ck_assert_msg(!prop_validate(prop_find(property, CLASS_APP), model,
                                 qube_named("work"), text, &error),
                  "%s '%s' was taken", property, text);
    ck_error(&error, QMC_ERROR_INVALID, part);
}

static void ck_taken(const char *property, const char *text)
{
    GError *error = NULL;

    prop_validate(prop_find(property, CLASS_APP), model, qube_named("work"), text, &error);
    ck_no_error(error);
}

START_TEST(values_are_checked)
{
    load();
    ck_refused("default_user", "a b", "a b");
    ck_refused("default_user", "a\013b", "cannot hold");
    ck_refused("default_user", "a\nb", "end of a line");
    ck_refused("kernelopts", "a\tb", "a tab");
    ck_refused("kernelopts", "a\xc2\x85", "control character");
    ck_refused("kernel", "../x", "kernel");
    ck_taken("kernel", "");
    ck_refused("mac", "00:16:3e:5e:6c:0g", "mac");
    ck_refused("mac", "00:16:3e:5e:6c:00\n", "mac");
    ck_taken("mac", "00:16:3E:5E:6C:00");
    ck_refused("keyboard_layout", "us", "us++");
    ck_refused("keyboard_layout", "us+", "us++");
    ck_taken("keyboard_layout", "de+neo+caps:none");
    ck_refused("virt_mode", "xen", "pvh");
    ck_refused("memory", "many", "whole number");
    ck_refused("memory", "0", "between");
    ck_refused("vcpus", "-2", "vcpus");
    ck_refused("netvm", "work", "provide network");
    ck_refused("netvm", "nobody", "no such qube");
    ck_refused("netvm", "far-away", "RemoteVM");
    ck_taken("netvm", "");
    ck_taken("netvm", "sys-net");
    ck_refused("template", "", "template");
    ck_refused("template", "vault", "template");
    ck_refused("template", "untrusted", "TemplateVM");
    ck_taken("template", "debian-12-minimal");
    ck_refused("devices_denied", "u03***", "seven");
    ck_refused("devices_denied", "x03****", "seven");
    ck_taken("devices_denied", "u03****p******");
    ck_refused("label", "pink", "label");
    ck_refused("klass", "AppVM", "computed");
}
END_TEST

START_TEST(long_kernelopts_are_refused)
{
    g_autofree char *most = g_strnfill(512, 'x'), *more = g_strnfill(513, 'x');

    load();
    ck_taken("kernelopts", most);
    ck_refused("kernelopts", more, "512");
}
END_TEST

START_TEST(pci_and_pvh_exclude_each_other)
{
    load();
    ck_assert(!prop_validate(prop_find("virt_mode", CLASS_APP), model,
                             qube_named("sys-net"), "pvh", NULL));
    ck_taken("virt_mode", "pvh");
}
END_TEST

START_TEST(a_loop_of_netvms_is_refused)
{
    GError *error = NULL;

    load();
    ck_assert(!prop_validate(prop_find("netvm", CLASS_APP), model,
                             qube_named("sys-net"), "sys-firewall", &error));
    ck_error(&error, QMC_ERROR_INVALID, "come back");
    ck_assert(!prop_validate(prop_find("netvm", CLASS_APP), model,
                             qube_named("sys-net"), "sys-net", &error));
    ck_error(&error, QMC_ERROR_INVALID, "come back");
}
END_TEST

START_TEST(defaults_come_from_the_template)
{
    load();
    ck_value("work", "memory", "500");
    ck_value("work", "maxmem", "4096");
    ck_value("disp1234", "memory", "500");
    ck_value("debian-12-minimal", "memory", "400");
    ck_value("work", "vcpus", "2");
    ck_value("work", "kernel", "6.12.30-1.fc41");
    ck_value("work", "default_user", "user");
    ck_value("work", "qrexec_timeout", "60");
    ck_value("work", "shutdown_timeout", "60");
    ck_value("work", "default_dispvm", "default-dvm");
    ck_value("disp1234", "default_dispvm", "default-dvm");
    ck_value("work", "netvm", "sys-firewall");
    ck_value("fedora-41-xfce", "netvm", NULL);
    ck_value("Vault", "netvm", NULL);
    ck_value("disp1234", "include_in_backups", "False");
    ck_value("far-away", "include_in_backups", "False");
    ck_value("work", "guivm", "dom0");
    ck_value("work", "mac", "00:16:3e:5e:6c:00");
    ck_value("work", "keyboard_layout", "us++");
    ck_value("dom0", "name", "dom0");
    ck_value("dom0", "qid", "0");
    ck_value("dom0", "netvm", NULL);
    ck_value("work", "klass", "AppVM");
    ck_value("default-dvm", "icon", "templatevm-red");
    ck_value("sys-net", "icon", "servicevm-red");
    ck_value("disp1234", "icon", "dispvm-red");
}
END_TEST

static void ck_global(const char *property, const char *expected)
{
    g_autofree char *value = model_global(model, property);

    ck_assert_msg(g_strcmp0(value, expected) == 0, "%s is %s", property,
                  value ? value : "(none)");
}

/* What cannot be known is none, and no number that stands for something else. */
START_TEST(what_is_of_now_is_told_honestly)
{
    struct qube *win, *disp;

    load();
    win = qube_named("win-10");
    ck_value("win-10", "xid", NULL);
    ck_value("win-10", "stubdom_xid", NULL);
    ck_value("work", "stubdom_xid", "-1"); /* no HVM */
    model_set_state(model, win, POWER_HALTED, -1);
    ck_value("win-10", "xid", "-1");
    ck_value("win-10", "stubdom_xid", "-1");
    model_set_state(model, win, POWER_RUNNING, 7);
    ck_value("win-10", "xid", "7");
    ck_value("win-10", "stubdom_xid", NULL);
    ck_value("win-10", "stubdom_uuid", NULL);
    ck_value("win-10", "start_time", NULL);
    ck_value("dom0", "maxmem", NULL);
    qube_named("dom0")->maxmem_kib = 4 << 20;
    ck_value("dom0", "maxmem", "4096");

    disp = qube_named("default-dvm");
    qube_put_feature(disp, "preload-dispvm", "disp12 disp12345");
    ck_value("disp1234", "is_preload", "False");
    qube_put_feature(disp, "preload-dispvm", "disp12 disp1234");
    ck_value("disp1234", "is_preload", "True");
    ck_assert_ptr_null(prop_find("is_preload", CLASS_APP));
}
END_TEST

START_TEST(the_machine_has_read_only_globals)
{
    GError *error = NULL;

    load();
    ck_global("maxmem", NULL);
    ck_global("no_cpus", NULL);
    model->host.memory_kib = 16 << 20;
    model->host.cpus = 8;
    ck_global("maxmem", "16384");
    ck_global("no_cpus", "8");
    ck_assert(!prop_validate(prop_find("no_cpus", 0), model, NULL, "4", &error));
    ck_error(&error, QMC_ERROR_INVALID, "computed");
}
END_TEST

START_TEST(memory_balancing_follows_the_rules)
{
    load();
    ck_value("sys-net", "virt_mode", "hvm");
    ck_value("sys-usb", "maxmem", "0");     /* PCI */
    ck_value("win-10", "maxmem", "0");      /* hvm without qrexec */
    ck_value("builder", "maxmem", "4000");
    ck_value("debian-12-minimal", "maxmem", "4000"); /* ten times 400 */
    model->host.memory_kib = 4096 * 1024;
    ck_value("builder", "maxmem", "2048");
    ck_value("work", "maxmem", "4096");     /* its template says so */
}
END_TEST

START_TEST(kernelopts_have_a_default)
{
    g_autofree char *dir = root_path(LAYOUT_KERNELS "/6.12.30-1.fc41");
    g_autofree char *file = g_build_filename(dir, "default-kernelopts-nopci.txt", NULL);

    load();
    ck_value("builder", "kernelopts", "nopat swiotlb=2048");
    ck_value("sys-net", "kernelopts", "nopat");
    ck_value("win-10", "kernelopts", "");
    ck_value("work", "kernelopts", "nopat apic=off quiet=\"yes\" a<b&c");
    ck_assert(file_mkdirs(dir, 0700, NULL));
    ck_assert(g_file_set_contents(file, "swiotlb=99\n", -1, NULL));
    ck_value("builder", "kernelopts", "swiotlb=99");
}
END_TEST

START_TEST(addresses_follow_the_number)
{
    static const struct {
        int qid;
        const char *ip;
    } rows[] = {
        { 1, "10.137.0.1" },     { 254, "10.137.0.254" }, { 255, "10.137.1.1" },
        { 508, "10.137.1.254" }, { 509, "10.137.2.1" },   { 9999, "10.137.39.93" },
        { 10000, "10.137.39.94" },
    };
    struct qube *work;

    load();
    work = qube_named("work");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        work->qid = rows[i].qid;
        ck_value("work", "ip", rows[i].ip);
    }
    ck_value("disp1234", "ip", "10.138.4.218");
    ck_value("untrusted", "ip", "10.137.5.6");
    ck_value("Vault", "ip", NULL);
    ck_value("work", "ip6", NULL);
    qube_put_feature(qube_named("sys-net"), "ipv6", "1");
    work->qid = 6;
    ck_value("work", "ip6", "fd09:24ef:4179::a89:6");
    ck_value("disp1234", "ip6", "fd09:24ef:4179::a8a:4d2");
    qube_put_feature(work, "ipv6", "");
    ck_value("work", "ip6", NULL);
    ck_value("work", "visible_gateway", "10.137.0.4");
    ck_value("work", "dns", "10.139.1.1 10.139.1.2");
}
END_TEST

START_TEST(globals_have_defaults)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        { "default_qrexec_timeout", "60" }, { "default_guivm", "dom0" },
        { "check_updates_vm", "True" },     { "management_dispvm", NULL },
        { "default_pool", "varlibqubes" },  { "default_pool_root", "varlibqubes" },
        { "default_pool_kernel", "linux-kernel" }, { "clockvm", "sys-net" },
        { "no_such_thing", NULL },
    };

    load();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_global(rows[i].name, rows[i].value);
}
END_TEST

/* It reads as none, as a netvm of one qube does, and is kept. */
START_TEST(a_default_netvm_that_is_none_is_found)
{
    g_autofree char *text = root_put_fixture("upstream-4.3.xml");
    g_auto(GStrv) parts = g_strsplit(text, "\"default_netvm\">sys-firewall<", 2);
    g_autofree char *odd = NULL;

    ck_assert_ptr_nonnull(parts[1]);
    odd = g_strjoinv("\"default_netvm\">Vault<", parts);
    root_put(odd, -1);
    root_load();
    ck_global("default_netvm", NULL);
    ck_assert(model_global_is_explicit(model, "default_netvm"));
    ck_assert(found(NULL, "'Vault' is no value for 'default_netvm': it does not "
                          "provide network"));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        rows_are_sorted_and_complete, rows_belong_to_their_class,
        texts_have_one_spelling, values_are_checked, long_kernelopts_are_refused,
        pci_and_pvh_exclude_each_other, a_loop_of_netvms_is_refused,
        defaults_come_from_the_template, what_is_of_now_is_told_honestly,
        the_machine_has_read_only_globals, memory_balancing_follows_the_rules,
        kernelopts_have_a_default, addresses_follow_the_number,
        globals_have_defaults, a_default_netvm_that_is_none_is_found, NULL,
    };

    return suite_run_fixture("prop", tests, root_setup, root_teardown);
}
