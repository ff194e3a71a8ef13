/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/tree.h"

#include <string.h>

#include "tests/util/suite.h"

/* Rows: "child>parent" or "root", blank between. */
static const char *parent_of(const char *id, gpointer data)
{
    char **rows = data;
    gsize length = strlen(id);

    for (; *rows; rows++)
        if (g_str_has_prefix(*rows, id) && (*rows)[length] == '>')
            return *rows + length + 1;
    return NULL;
}

/* "a +b `c": what tree_arrange() makes of them. */
static char *arranged(const char *text)
{
    g_auto(GStrv) rows = g_strsplit(text, " ", -1);
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) lines = NULL;
    GString *out = g_string_new(NULL);

    for (gsize i = 0; rows[i]; i++) {
        char *id = g_strndup(rows[i], strcspn(rows[i], ">"));

        g_ptr_array_add(owned, id);
        g_ptr_array_add(ids, id);
    }
    lines = tree_arrange(ids, parent_of, rows);
    for (guint i = 0; i < ids->len; i++) {
        const char *line = g_hash_table_lookup(lines, ids->pdata[i]);

        g_string_append_printf(out, "%s%s%s", i ? "," : "", line ? line : "",
                               (const char *)ids->pdata[i]);
    }
    return g_string_free(out, FALSE);
}

static const struct {
    const char *rows, *expected;
} cases[] = {
    {"a", "a"},
    {"b a", "b,a"},
    {"c>a a b>a", "a,+c,`b"},
    {"a b>a c>b d>a", "a,+b,|`c,`d"},
    {"a b>a c>b d>c", "a,`b, `c,  `d"},
    {"b>gone a", "b,a"},
    {"a>a b", "b,a"},
    {"a>b b>a c", "c,a,`b"},
    {"a>b b>c c>a d>a", "a,+c,|`b,`d"},
};

START_TEST(rows_stand_under_their_parents)
{
    g_autofree char *found = arranged(cases[_i].rows);

    ck_assert_str_eq(found, cases[_i].expected);
}
END_TEST

START_TEST(a_long_chain_is_cut_but_complete)
{
    g_autoptr(GString) rows = g_string_new("q0");
    g_autofree char *found = NULL;

    for (guint i = 1; i < 500; i++)
        g_string_append_printf(rows, " q%u>q%u", i, i - 1);
    found = arranged(rows->str);
    g_auto(GStrv) parts = g_strsplit(found, ",", -1);
    ck_assert_uint_eq(g_strv_length(parts), 500);
    ck_assert_uint_eq(strlen(parts[499]), TREE_LEVELS_MAX + strlen("q499"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_long_chain_is_cut_but_complete, NULL};
    TCase *all = tcase_create("cases");

    tcase_add_loop_test(all, rows_stand_under_their_parents, 0,
                        (int)G_N_ELEMENTS(cases));
    return suite_run_cases("tree", tests, NULL, NULL, all);
}
