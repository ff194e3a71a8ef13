/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hv/domxml.h"

#include <string.h>

#include <check.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "util/error.h"
#include "util/xml.h"

#define SCRIPT "/etc/xen/scripts/qubes-block"
#define KERNELS "/var/lib/qubes/vm-kernels/"

static const struct dom_disk pv_disks[] = {
    { .path = "/dev/mapper/qubes_dom0-vm--legacy--pv--root--snap",
      .target = "xvda", .devtype = "disk", .serial = "root", .script = SCRIPT },
    { .path = "/dev/loop3", .target = "xvdb", .devtype = "disk",
      .serial = "private", .script = SCRIPT },
    { .path = "/dev/loop4", .target = "xvdc", .devtype = "disk",
      .serial = "volatile" },
    { .path = KERNELS "4.19.1/modules.img", .is_file = TRUE, .target = "xvdd",
      .devtype = "disk", .serial = "kernel", .readonly = TRUE },
};

static const struct dom_spec pv = {
    .name = "legacy-pv",
    .uuid = "3c1f7f0e-94d2-4f5a-8b58-2b7f0a6d1c11",
    .virt_mode = VIRT_PV,
    .memory_mib = 400,
    .maxmem_mib = 4000,
    .vcpus = 2,
    .kernel = KERNELS "4.19.1/vmlinuz",
    .initrd = KERNELS "4.19.1/initramfs",
    .cmdline = "root=/dev/mapper/dmroot ro console=hvc0 nopat",
    .netvm = "sys-firewall",
    .mac = "00:16:3e:5e:6c:00",
    .ip = "10.137.0.21",
    .disks = pv_disks,
    .n_disks = G_N_ELEMENTS(pv_disks),
};

static const struct dom_disk pvh_disks[] = {
    { .path = "/dev/loop7", .target = "xvda", .devtype = "disk",
      .serial = "root", .script = SCRIPT },
    { .path = "/dev/sda1", .target = "xvdi", .devtype = "disk",
      .backend = "sys-usb", .readonly = TRUE, .script = SCRIPT },
    { .path = "/dev/sr0", .target = "xvdj", .devtype = "cdrom",
      .readonly = TRUE },
};

static const struct dom_spec pvh = {
    .name = "work",
    .uuid = "0c27b16d-5f2f-4b3d-9c0b-63f1e2a9d044",
    .virt_mode = VIRT_PVH,
    .memory_mib = 600,
    .vcpus = 4,
    .kernel = KERNELS "6.12.40-1/vmlinuz",
    .initrd = KERNELS "6.12.40-1/initramfs",
    .cmdline = "systemd.machine_id=0c27b16d5f2f4b3d9c0b63f1e2a9d044 "
               "root=/dev/mapper/dmroot ro swiotlb=2048",
    .no_rdrand = TRUE,
    .kvm = TRUE,
    .netvm = "sys-net",
    .mac = "00:16:3e:5e:6c:00",
    .ip = "10.137.0.22",
    .ip6 = "fd09:24ef:4179::a89:16",
    .disks = pvh_disks,
    .n_disks = G_N_ELEMENTS(pvh_disks),
};

static const struct {
    const char *file;
    enum hv_kind kind;
    const struct dom_spec *spec;
} goldens[] = {
    { "pv-xen.xml", HV_XEN, &pv },     { "pvh-xen.xml", HV_XEN, &pvh },
    { "pv-test.xml", HV_TEST, &pv },   { "pvh-test.xml", HV_TEST, &pvh },
    { "pv-qemu.xml", HV_QEMU, &pv },   { "pvh-qemu.xml", HV_QEMU, &pvh },
};

static char *build(enum hv_kind kind, const struct dom_spec *spec)
{
    g_autoptr(GError) error = NULL;
    char *xml = domxml_build(kind, spec, &error);

    ck_assert_msg(xml != NULL, "%s", error ? error->message : "");
    return xml;
}

static char *golden_path(const char *file)
{
    const char *top = g_getenv("top_srcdir");

    return g_build_filename(top ? top : "..", "tests/hv/golden", file, NULL);
}

/* With GOLDEN_WRITE=1 the files are written, for a person to read. */
START_TEST(golden)
{
    g_autofree char *path = golden_path(goldens[_i].file);
    g_autofree char *xml = build(goldens[_i].kind, goldens[_i].spec);
    g_autofree char *expected = NULL;

    if (g_getenv("GOLDEN_WRITE"))
        g_file_set_contents(path, xml, -1, NULL);
    ck_assert(g_file_get_contents(path, &expected, NULL, NULL));
    ck_assert_str_eq(xml, expected);
}
END_TEST

static virConnectPtr test_connection(void)
{
    virConnectPtr conn = virConnectOpen("test:///default");

    ck_assert_ptr_nonnull(conn);
    return conn;
}

static void assert_accepted(const char *xml)
{
    virConnectPtr conn = test_connection();
    virDomainPtr dom = virDomainDefineXML(conn, xml);

    ck_assert_msg(dom != NULL, "%s", virGetLastErrorMessage());
    ck_assert_int_eq(virDomainUndefine(dom), 0);
    virDomainFree(dom);
    virConnectClose(conn);
}

START_TEST(accepted_by_libvirt)
{
    g_autofree char *xml = build(goldens[_i].kind, goldens[_i].spec);

    assert_accepted(xml);
}
END_TEST

/* What a reader of the document finds in <name>, <cmdline> and the first
 * <source dev>. */
struct seen {
    char *name, *cmdline, *source;
};

static gboolean seen_start(const char *name, const struct xml_attr *attrs,
                           gsize begin, gpointer data, GError **error)
{
    struct seen *seen = data;

    for (; attrs->name; attrs++)
        if (!seen->source && !strcmp(name, "source") &&
            !strcmp(attrs->name, "dev"))
            seen->source = g_strdup(attrs->value);
    return TRUE;
}

static gboolean seen_end(const char *name, const char *text, gsize end,
                         gpointer data, GError **error)
{
    struct seen *seen = data;

    if (!strcmp(name, "name"))
        seen->name = g_strdup(text);
    if (!strcmp(name, "cmdline"))
        seen->cmdline = g_strdup(text);
    return TRUE;
}

static const char *const hostile[] = {
    "a\"b'c", "<evil/>", "a & b &amp; c", "]]>", "line\nbreak", "tab\there",
    "</name></domain>", "\u202ertl", "<!-- -->", "%s%n",
};

START_TEST(hostile_text_comes_back)
{
    static const struct xml_handler handler = { seen_start, seen_end };
    struct dom_disk disk = pvh_disks[0];
    struct dom_spec spec = pvh;
    g_autofree char *xml = NULL;
    struct seen seen = { 0 };

    disk.path = hostile[_i];
    spec.name = spec.cmdline = hostile[_i];
    spec.disks = &disk;
    spec.n_disks = 1;
    xml = build(HV_XEN, &spec);
    ck_assert(xml_parse("xml", xml, strlen(xml), &handler, &seen, NULL));
    ck_assert_str_eq(seen.name, hostile[_i]);
    ck_assert_str_eq(seen.cmdline, hostile[_i]);
    ck_assert_str_eq(seen.source, hostile[_i]);
    g_free(seen.name);
    g_free(seen.cmdline);
    g_free(seen.source);
}
END_TEST

static const char *const impossible[] = { "a\001b", "\xff", "esc\033[m" };

START_TEST(impossible_text_is_refused)
{
    g_autoptr(GError) error = NULL;
    struct dom_spec spec = pv;

    spec.cmdline = impossible[_i];
    ck_assert_ptr_null(domxml_build(HV_XEN, &spec, &error));
    ck_assert(error_is(error, QMC_ERROR_INVALID));
    ck_assert_ptr_nonnull(strstr(error->message, "cmdline"));
    g_clear_error(&error);
    spec = pv;
    spec.netvm = impossible[_i];
    ck_assert_ptr_null(domxml_build(HV_XEN, &spec, &error));
    ck_assert(error_is(error, QMC_ERROR_INVALID));
}
END_TEST

START_TEST(same_target_twice_is_refused)
{
    g_autoptr(GError) error = NULL;
    struct dom_disk disks[2] = { pv_disks[0], pv_disks[1] };
    struct dom_spec spec = pv;

    disks[1].target = "xvda";
    spec.disks = disks;
    spec.n_disks = 2;
    ck_assert_ptr_null(domxml_build(_i, &spec, &error));
    ck_assert(error_is(error, QMC_ERROR_INVALID));
    ck_assert_ptr_nonnull(strstr(error->message, "'xvda'"));
    ck_assert_ptr_nonnull(error_hint(error));
}
END_TEST

START_TEST(hvm_is_unsupported)
{
    g_autoptr(GError) error = NULL;
    struct dom_spec spec = pv;

    spec.virt_mode = VIRT_HVM;
    ck_assert_ptr_null(domxml_build(_i, &spec, &error));
    ck_assert(error_is(error, QMC_ERROR_UNSUPPORTED));
    ck_assert_ptr_nonnull(strstr(error->message, "'hvm'"));
}
END_TEST

START_TEST(no_kernel_no_cmdline)
{
    struct dom_spec spec = pv;
    g_autofree char *xml = NULL;

    spec.kernel = NULL;
    xml = build(_i, &spec);
    ck_assert_ptr_null(strstr(xml, "<kernel"));
    ck_assert_ptr_null(strstr(xml, "<initrd"));
    ck_assert_ptr_null(strstr(xml, "<cmdline"));
}
END_TEST

START_TEST(only_what_is_set_is_written)
{
    struct dom_disk disk = pv_disks[0];
    struct dom_spec spec = pv;
    g_autofree char *xml = NULL;

    disk.script = NULL;
    spec.netvm = NULL;
    spec.disks = &disk;
    spec.n_disks = 1;
    xml = build(HV_XEN, &spec);
    ck_assert_ptr_null(strstr(xml, "<script"));
    ck_assert_ptr_null(strstr(xml, "<interface"));
    ck_assert_ptr_null(strstr(xml, "<backenddomain"));
    ck_assert_ptr_null(strstr(xml, "<readonly"));
    assert_accepted(xml);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("domxml");
    TCase *tc = tcase_create("domxml");
    SRunner *sr = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, golden, 0, G_N_ELEMENTS(goldens));
    tcase_add_loop_test(tc, accepted_by_libvirt, 0, G_N_ELEMENTS(goldens));
    tcase_add_loop_test(tc, hostile_text_comes_back, 0, G_N_ELEMENTS(hostile));
    tcase_add_loop_test(tc, impossible_text_is_refused, 0,
                        G_N_ELEMENTS(impossible));
    tcase_add_loop_test(tc, same_target_twice_is_refused, HV_XEN, HV_TEST + 1);
    tcase_add_loop_test(tc, hvm_is_unsupported, HV_XEN, HV_TEST + 1);
    tcase_add_loop_test(tc, no_kernel_no_cmdline, HV_XEN, HV_TEST + 1);
    tcase_add_test(tc, only_what_is_set_is_written);
    srunner_set_tap(sr, "-");
    srunner_run_all(sr, CK_SILENT);
    srunner_free(sr);
    return 0;
}
