/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/class.h"

#include "tests/util/suite.h"

START_TEST(classes_are_found_by_name)
{
    ck_assert_int_eq(class_find("AppVM")->id, CLASS_APP);
    ck_assert_int_eq(class_find("AdminVM")->id, CLASS_ADMIN);
    ck_assert_ptr_null(class_find("appvm"));
    ck_assert_ptr_null(class_find(""));
}
END_TEST

START_TEST(every_bit_has_one_row)
{
    unsigned all = 0;
    gsize n;
    const struct class_row *rows = class_rows(&n);

    for (gsize i = 0; i < n; i++) {
        ck_assert_uint_eq(all & rows[i].id, 0);
        all |= rows[i].id;
        ck_assert_ptr_eq(class_find(rows[i].name), &rows[i]);
        ck_assert_uint_gt(strlen(rows[i].help), 0);
    }
    ck_assert_uint_eq(all, CLASS_ALL);
}
END_TEST

static const struct class_volume *volume(const char *class_name, const char *name)
{
    const struct class_volume *v = class_find(class_name)->volumes;

    while (v->name && strcmp(v->name, name) != 0)
        v++;
    return v;
}

START_TEST(volumes_are_those_of_the_class)
{
    ck_assert(volume("AppVM", "root")->snap_on_start);
    ck_assert(!volume("AppVM", "root")->save_on_stop);
    ck_assert(volume("AppVM", "private")->save_on_stop);
    ck_assert(volume("TemplateVM", "root")->save_on_stop);
    ck_assert(volume("DispVM", "private")->snap_on_start);
    ck_assert_uint_eq(volume("DispVM", "volatile")->size, 12884901888u);
    ck_assert_uint_eq(volume("StandaloneVM", "root")->size, 10737418240u);
    ck_assert(!volume("AppVM", "kernel")->rw);
    ck_assert_ptr_null(class_find("AdminVM")->volumes->name);
    ck_assert_ptr_null(class_find("RemoteVM")->volumes->name);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        classes_are_found_by_name, every_bit_has_one_row,
        volumes_are_those_of_the_class, NULL,
    };

    return suite_run("class", tests);
}
