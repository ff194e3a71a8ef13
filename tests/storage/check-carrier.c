/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which device a directory is. */
#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bench.h"
#include "storage/carrier.h"
#include "util/file.h"

static const char mounts[] =
    "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/qubes_dom0-root rw\n"
    "23 22 0:21 / /proc rw,nosuid - proc proc rw\n"
    "40 22 0:40 /sub /var/lib/qubes rw - btrfs /dev/mapper/qubes_dom0-pool--a rw,subvol=/sub\n"
    "41 40 0:41 / /var/lib/qubes/a\\040b rw shared:7 master:2 - btrfs /dev/sd\\040x rw\n"
    "42 22 253:9 / /mnt rw - xfs /dev/below rw\n"
    "43 42 253:9 / /mnt rw - xfs /dev/over rw\n"
    "no line of mounts\n"
    "44 22 0:1 / / rw - none\n";

static const struct {
    const char *dir, *source;
} rows[] = {
    {"/var/lib/qubes/vm-pool", "/dev/mapper/qubes_dom0-pool--a"},
    {"/var/lib/qubes", "/dev/mapper/qubes_dom0-pool--a"},
    {"/var/lib/qubes2", "/dev/mapper/qubes_dom0-root"},
    {"/var/lib/qubes/a b/c", "/dev/sd x"},
    {"/var/lib/qubes/a", "/dev/mapper/qubes_dom0-pool--a"},
    {"/mnt/x", "/dev/over"},
    {"/", "/dev/mapper/qubes_dom0-root"},
    {"", NULL},
};

START_TEST(the_innermost_mount_counts)
{
    g_autofree char *source = carrier_source(mounts, rows[_i].dir);

    ck_assert_pstr_eq(source, rows[_i].source);
}
END_TEST

static char *sys_new(void)
{
    char *dir = g_build_filename(g_get_tmp_dir(), "qmc-carrier-XXXXXX", NULL);

    ck_assert_ptr_nonnull(g_mkdtemp(dir));
    return dir;
}

/* As sysfs shows that one stands on the other. */
static void put_slave(const char *sys, const char *dev, const char *slave, const char *name)
{
    g_autofree char *dir =
        g_strdup_printf("%s/dev/block/%s/slaves/%s/dm", sys, dev, slave);
    g_autofree char *path = g_build_filename(dir, "name", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(path, name, -1, NULL));
}

START_TEST(what_stands_on_a_device_is_seen)
{
    const char *pool = "qubes_dom0-vm--pool-tpool";
    g_autofree char *sys = sys_new();
    g_autofree char *bare = g_build_filename(sys, "dev/block/8:1/slaves/sda", NULL);

    put_slave(sys, "253:5", "dm-2", "qubes_dom0-vm--pool-tpool\n");
    put_slave(sys, "253:300", "dm-1", "qubes_dom0-other\n");
    put_slave(sys, "253:300", "dm-2", "qubes_dom0-vm--pool-tpool\n");
    put_slave(sys, "253:6", "dm-3", "qubes_dom0-vm--pool-tpool2\n");
    ck_assert_int_eq(g_mkdir_with_parents(bare, 0700), 0);
    ck_assert(carrier_stands_on(sys, makedev(253, 5), pool));
    ck_assert(carrier_stands_on(sys, makedev(253, 300), pool));
    ck_assert(!carrier_stands_on(sys, makedev(253, 44), pool)); /* 300 of eight bits */
    ck_assert(!carrier_stands_on(sys, makedev(253, 6), pool));
    ck_assert(!carrier_stands_on(sys, makedev(8, 1), pool));
    ck_assert(!carrier_stands_on(sys, makedev(8, 2), pool));
    must(file_remove_tree(sys, E));
}
END_TEST

START_TEST(a_file_system_of_no_device_is_on_none)
{
    dev_t dev;

    ck_assert(!carrier_of("/proc", &dev));
    ck_assert(!carrier_of("/nowhere", &dev));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("carrier");
    TCase *tcase = tcase_create("carrier");

    tcase_add_loop_test(tcase, the_innermost_mount_counts, 0, G_N_ELEMENTS(rows));
    tcase_add_test(tcase, what_stands_on_a_device_is_seen);
    tcase_add_test(tcase, a_file_system_of_no_device_is_on_none);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
