/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is run of LVM, to the letter, and what its answers mean. */
#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "lvm-stand.h"
#include "storage/lvm-cmd.h"
#include "util/file.h"
#include "util/log.h"

static char *dir;

static void setup(void)
{
    dir = g_build_filename(g_get_tmp_dir(), "qmc-lvm-XXXXXX", NULL);
    ck_assert_ptr_nonnull(g_mkdtemp(dir));
    stand_new(dir);
}

static void teardown(void)
{
    must(file_remove_tree(dir, E));
    g_free(dir);
}

#define COLUMNS                                                                            \
    "vg_name,pool_lv,name,lv_size,data_percent,lv_attr,origin,lv_metadata_size,"           \
    "metadata_percent,lv_tags,vg_extent_size,lv_check_needed,vg_free"

static const struct {
    struct lvm_request request;
    const char *argv; /* NULL: refused */
} rows[] = {
    {{LVM_CREATE, "vg", "vm-a-root", "pool", 10737418240},
     "lvcreate --thin --setactivationskip=n --activate=y --name=vm-a-root "
     "--virtualsize=10737418240B -- vg/pool"},
    {{LVM_CLONE, "vg", "vm-a-root-snap", "vm-a-root", 0},
     "lvcreate --setactivationskip=n --activate=y --snapshot --name=vg/vm-a-root-snap -- "
     "vg/vm-a-root"},
    {{LVM_RENAME, "vg", "vm-a-root", "vm-a-root-7-back", 0},
     "lvrename -- vg/vm-a-root vg/vm-a-root-7-back"},
    {{LVM_RESIZE, "vg", "vm-a-root", NULL, 512}, "lvresize --size=512B -- vg/vm-a-root"},
    {{LVM_SHRINK, "vg", "vm-a-root", NULL, 512},
     "lvresize --yes --size=512B -- vg/vm-a-root"},
    {{LVM_SHRINK, "vg", "vm-a-root", LVM_NO_PROBE, 512},
     "lvresize --yes --fs=ignore --size=512B -- vg/vm-a-root"},
    {{LVM_ACTIVATE, "vg", "vm-a-root", NULL, 0}, "lvchange --activate=y -- vg/vm-a-root"},
    {{LVM_DEACTIVATE, "vg", "vm-a-root", NULL, 0}, "lvchange --activate=n -- vg/vm-a-root"},
    {{LVM_REMOVE, "vg", "vm-a-root", NULL, 0}, "lvremove --force -- vg/vm-a-root"},
    {{LVM_MARK, "vg", "vm-a-root", "tag", 0}, "lvchange --addtag=tag -- vg/vm-a-root"},
    {{LVM_UNMARK, "vg", "vm-a-root", "tag", 0}, "lvchange --deltag=tag -- vg/vm-a-root"},
    {{LVM_EXTEND, "vg", "pool", NULL, 65536}, "lvextend --size=+65536B -- vg/pool"},
    {{LVM_EXTEND_META, "vg", "pool", NULL, 65536},
     "lvextend --poolmetadatasize=+65536B -- vg/pool"},
    {{LVM_LIST, NULL, NULL, NULL, 0},
     "lvs --quiet --quiet --noheadings -o " COLUMNS
     " --units b --nosuffix --separator |"},
    {{LVM_VERSION, NULL, NULL, NULL, 0}, "version"},
    /* A bare name is a volume group, and all that is in it. */
    {{LVM_REMOVE, "vg", NULL, NULL, 0}, NULL},
    {{LVM_REMOVE, "vg", "", NULL, 0}, NULL},
    {{LVM_REMOVE, NULL, "vm-a-root", NULL, 0}, NULL},
    {{LVM_REMOVE, "", "vm-a-root", NULL, 0}, NULL},
    {{LVM_REMOVE, "/dev/vg", "vm-a-root", NULL, 0}, NULL},
    {{LVM_REMOVE, "vg", "/vm-a-root", NULL, 0}, NULL},
    {{LVM_REMOVE, "vg", "a/b", NULL, 0}, NULL},
    {{LVM_REMOVE, "vg", "--all", NULL, 0}, NULL},
    {{LVM_REMOVE, "-f", "vm-a-root", NULL, 0}, NULL},
    {{LVM_REMOVE, "vg", "@tag", NULL, 0}, NULL},
    {{LVM_REMOVE, "vg", "a b", NULL, 0}, NULL},
    {{LVM_REMOVE, "vg", "..", NULL, 0}, NULL},
    {{LVM_RENAME, "vg", "vm-a-root", NULL, 0}, NULL},
    {{LVM_RENAME, "vg", "vm-a-root", "x;y", 0}, NULL},
    {{LVM_CREATE, "vg", "vm-a-root", "pool", 0}, NULL},
    {{LVM_CREATE, "vg", "vm-a-root", "pool", 513}, NULL},
    {{LVM_EXTEND, "vg", "pool", NULL, 0}, NULL},
    {{LVM_EXTEND, "vg", "pool", NULL, 513}, NULL},
    {{LVM_EXTEND_META, "vg", "", NULL, 512}, NULL},
    {{LVM_CREATE, "vg", "my_cvol", "pool", 512}, NULL},
    {{LVM_CREATE, "vg", "snapshot1", "pool", 512}, NULL},
};

START_TEST(the_command_lines_are_these)
{
    g_auto(GStrv) argv = NULL;
    g_autofree char *line = NULL;

    if (!rows[_i].argv) {
        must_fail(QMC_ERROR_INVALID, "LVM takes no such name or size",
                  (argv = lvm_argv(&rows[_i].request, E)) != NULL);
        return;
    }
    must((argv = lvm_argv(&rows[_i].request, E)) != NULL);
    ck_assert(g_str_has_suffix(argv[0], "tests/storage/fake/lvm"));
    line = g_strjoinv(" ", argv + 1);
    ck_assert_str_eq(line, rows[_i].argv);
}
END_TEST

START_TEST(a_name_is_escaped_for_the_device_mapper)
{
    g_autofree char *name = lvm_node_name("vg-a", "vm-x--y-root");

    ck_assert_str_eq(name, "vg--a-vm--x----y--root");
}
END_TEST

#define LVM(...) lvm_run(&(struct lvm_request){__VA_ARGS__}, NULL, E)

START_TEST(an_answer_is_an_error_of_its_kind)
{
    must(LVM(LVM_CREATE, STAND_VG, "vm-a", STAND_POOL, 65536));
    must_fail(QMC_ERROR_EXISTS, "'qubes_dom0/vm-a': Logical Volume \"vm-a\" already exists",
              LVM(LVM_CREATE, STAND_VG, "vm-a", STAND_POOL, 65536));
    must_fail(QMC_ERROR_NOTFOUND, "cannot activate 'qubes_dom0/vm-b'",
              LVM(LVM_ACTIVATE, STAND_VG, "vm-b"));
    must_fail(QMC_ERROR_NOTFOUND, "Pool none not found",
              LVM(LVM_CREATE, STAND_VG, "vm-b", "none", 65536));
    must_fail(QMC_ERROR_NOTFOUND, "Volume group \"none\" not found",
              LVM(LVM_CREATE, "none", "vm-b", STAND_POOL, 65536));
    must_fail(QMC_ERROR_IO, "matches existing size",
              LVM(LVM_RESIZE, STAND_VG, "vm-a", NULL, 65536));
    stand_pool("100.00 11.04 twi-aotzD-");
    must_fail(QMC_ERROR_NOSPACE, "out of data space",
              LVM(LVM_CLONE, STAND_VG, "vm-b", "vm-a"));
    stand_fault(1, "fails");
    must_fail(QMC_ERROR_IO, "Input/output error", LVM(LVM_REMOVE, STAND_VG, "vm-a"));
    must(LVM(LVM_REMOVE, STAND_VG, "vm-a"));
    must(LVM(LVM_REMOVE, STAND_VG, "vm-a"));
}
END_TEST

START_TEST(one_that_is_killed_is_no_success)
{
    stand_fault(1, "dies");
    must_fail(QMC_ERROR_IO, "status 137",
              LVM(LVM_CREATE, STAND_VG, "vm-a", STAND_POOL, 65536));
}
END_TEST

static guint logged(const char *part)
{
    g_autoptr(GPtrArray) lines = log_lines();
    guint n = 0;

    for (guint i = 0; i < lines->len; i++)
        n += strstr(lines->pdata[i], part) != NULL;
    return n;
}

/* More is promised than there is: nobody need hear that. */
START_TEST(warnings_are_logged_but_one)
{
    g_autofree char *bin = g_build_filename(dir, "bin", NULL);
    g_autofree char *program = g_build_filename(bin, "lvm", NULL);
    g_autofree char *list = g_strconcat(bin, ":", g_getenv("PATH"), NULL);
    static const char script[] =
        "#!/bin/sh\necho '  WARNING: Sum of all thin volume sizes exceeds the size of thin "
        "pool a/b.' >&2\necho '  WARNING: device /dev/x is missing.' >&2\n";

    must(LVM(LVM_CREATE, STAND_VG, "vm-a", STAND_POOL, 65536));
    ck_assert_uint_eq(logged("exceeds the size"), 0);
    ck_assert_int_eq(g_mkdir_with_parents(bin, 0700), 0);
    ck_assert(g_file_set_contents(program, script, -1, NULL));
    ck_assert_int_eq(chmod(program, 0700), 0);
    g_setenv("PATH", list, TRUE);
    must(LVM(LVM_ACTIVATE, STAND_VG, "vm-a"));
    ck_assert_uint_eq(logged("exceeds the size"), 0);
    ck_assert_uint_eq(logged("lvchange: WARNING: device /dev/x is missing."), 1);
}
END_TEST

START_TEST(without_the_program_it_says_so)
{
    g_setenv("PATH", "/nowhere", TRUE);
    if (access("/usr/sbin/lvm", X_OK) == 0 || access("/sbin/lvm", X_OK) == 0)
        return;
    must_fail(QMC_ERROR_NOTFOUND, "program 'lvm' is not installed",
              LVM(LVM_ACTIVATE, STAND_VG, "vm-a"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lvm-cmd");
    TCase *tcase = tcase_create("lvm-cmd");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, the_command_lines_are_these, 0, G_N_ELEMENTS(rows));
    tcase_add_test(tcase, a_name_is_escaped_for_the_device_mapper);
    tcase_add_test(tcase, an_answer_is_an_error_of_its_kind);
    tcase_add_test(tcase, one_that_is_killed_is_no_success);
    tcase_add_test(tcase, warnings_are_logged_but_one);
    tcase_add_test(tcase, without_the_program_it_says_so);
    suite_add_tcase(suite, tcase);
    return bench_main(suite);
}
