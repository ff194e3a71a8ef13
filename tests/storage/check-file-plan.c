/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Both tables of spec/storage.md 2.2 as they are written there (T-P1, T-P2). */
#include "config.h"

#include "bench.h"
#include "storage/file-plan.h"

#define DMROOT "; guest: dmroot = snapshot(xvda, xvdc2), chunks of 16 sectors, not kept"
#define ORIGIN "snapshot(img,cow) origin(img) rw"

static const struct {
    struct file_subject subject;
    const char *expected;
} rows[] = {
    {{FILE_R4, .kind = FILE_ORIGIN}, ORIGIN},
    {{FILE_R4, .kind = FILE_IN_PLACE}, "img rw"},
    {{FILE_R4, .kind = FILE_SNAPSHOT},
     "snapshot(source-img,source-cow) snapshot(below,cow) rw"},
    {{FILE_R4, .kind = FILE_VOLATILE}, "img rw"},

    {{FILE_R3, FILE_VM_TEMPLATE, FILE_ORIGIN, "root"}, ORIGIN},
    {{FILE_R3, FILE_VM_TEMPLATE, FILE_ORIGIN, "private"}, "img rw"},
    {{FILE_R3, FILE_VM_TEMPLATE, FILE_VOLATILE, "volatile"}, "img rw"},
    {{FILE_R3, FILE_VM_BASED, FILE_SNAPSHOT, "root"},
     "snapshot(source-img,source-cow) alias(below,cow) ro" DMROOT},
    {{FILE_R3, FILE_VM_BASED, FILE_ORIGIN, "private"}, "img rw"},
    {{FILE_R3, FILE_VM_BASED, FILE_VOLATILE, "volatile"}, "img rw"},
    {{FILE_R3, FILE_VM_HVM_TEMPLATE, FILE_ORIGIN, "root"}, ORIGIN},
    {{FILE_R3, FILE_VM_HVM_TEMPLATE, FILE_VOLATILE, "volatile"}, "img not attached"},
    {{FILE_R3, FILE_VM_HVM_BASED, FILE_SNAPSHOT, "root"},
     "snapshot(source-img,volatile) rw, never beside its template"},
    {{FILE_R3, FILE_VM_HVM_BASED, FILE_VOLATILE, "volatile"}, "img not attached"},
    {{FILE_R3, FILE_VM_HVM_BASED, FILE_ORIGIN, "private"}, "img rw"},
    /* A DispVM's private: there was none then */
    {{FILE_R3, FILE_VM_BASED, FILE_SNAPSHOT, "private"},
     "snapshot(source-img,source-cow) snapshot(below,cow) rw"},
    {{FILE_R3, FILE_VM_STANDALONE, FILE_ORIGIN, "root"}, "img rw"},
    {{FILE_R3, FILE_VM_STANDALONE, FILE_VOLATILE, "volatile"}, "img rw"},
};

START_TEST(row_of_a_table)
{
    g_autofree char *text = file_plan_text(file_plan(&rows[_i].subject));

    ck_assert_str_eq(text, rows[_i].expected);
}
END_TEST

/* Whatever lies directly on the template's image and takes what is written alone. */
START_TEST(only_hvm_of_r3_excludes_its_template)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct file_subject *subject = &rows[i].subject;

        ck_assert_int_eq(file_plan(subject)->excludes_template,
                         subject->layout == FILE_R3 &&
                             subject->vm == FILE_VM_HVM_BASED &&
                             subject->kind == FILE_SNAPSHOT &&
                             g_str_equal(subject->volume, "root"));
    }
}
END_TEST

START_TEST(a_store_takes_all_of_its_origin)
{
    static const struct {
        guint64 origin, chunks;
    } sizes[] = {
        {0, 2}, {1, 3}, {131072, 3}, {131073, 4}, {16 * MEGABYTE, 130},
        /* 8192 chunks fill the first area */
        {8191 * G_GUINT64_CONSTANT(131072), 8193}, {8192 * G_GUINT64_CONSTANT(131072), 8195},
        {10 * (G_GUINT64_CONSTANT(1) << 30), 81920 + 11 + 1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        ck_assert_uint_eq(file_cow_size(sizes[i].origin), sizes[i].chunks * 131072);
    ck_assert_uint_gt(file_cow_size(G_MAXINT64), G_MAXINT64);
}
END_TEST

static Suite *plan_suite(void)
{
    Suite *suite = suite_create("file-plan");
    TCase *tcase = tcase_create("file-plan");

    tcase_add_loop_test(tcase, row_of_a_table, 0, G_N_ELEMENTS(rows));
    tcase_add_test(tcase, only_hvm_of_r3_excludes_its_template);
    tcase_add_test(tcase, a_store_takes_all_of_its_origin);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return bench_main(plan_suite());
}
