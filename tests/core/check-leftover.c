/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories that no qube has: which are taken for that, and which never. */
#include "config.h"

#include "core/leftover.h"

#include <string.h>
#include <unistd.h>

#include "core/home.h"
#include "root.h"
#include "util/error.h"

static char *home_of(const char *name)
{
    g_autofree char *absolute = g_strdup_printf("/var/lib/qubes/appvms/%s", name);

    return root_path(absolute);
}

static void put(const char *name, const char *file)
{
    g_autofree char *home = home_of(name);
    g_autofree char *path = file ? g_build_filename(home, file, NULL) : NULL;

    ck_assert_int_eq(g_mkdir_with_parents(home, 0700), 0);
    if (path)
        ck_assert(g_file_set_contents(path, "x", -1, NULL));
}

/* "a, b" */
static char *names(void)
{
    g_autoptr(GPtrArray) found = NULL;
    GString *text = g_string_new(NULL);

    root_load();
    found = leftovers_find(root, model);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "",
                               ((const struct leftover *)found->pdata[i])->name);
    return g_string_free(text, FALSE);
}

static void ck_names(const char *expected)
{
    g_autofree char *is = names();

    ck_assert_str_eq(is, expected);
}

#define NAMED(name) "<property name=\"name\">" name "</property>"
#define QID(qid) "<property name=\"qid\">" qid "</property>"

START_TEST(only_what_nobody_can_have_is_left_over)
{
    root_load_domains(
        "<domain class=\"TemplateVM\"><properties>" NAMED("base") QID("1")
        "</properties></domain>"
        "<domain class=\"AppVM\"><properties>" NAMED("work") QID("2")
        "<property name=\"template\">base</property></properties><volume-config>"
        "<volume name=\"private\" vid=\"appvms/former/private\"/>"
        "<volume name=\"root\" source=\"appvms/origin/root\"/></volume-config></domain>"
        "<domain class=\"MagicVM\"><properties>" NAMED("magic") QID("3")
        "</properties></domain>");
    put("work", NULL);
    put("former", NULL);
    put("origin", NULL);
    put("magic", NULL);
    put(".hidden", NULL);
    put("with blanks", NULL);
    ck_names("");
    put("base", NULL); /* a template has another place */
    put("ghost", "private.img");
    ck_names("base, ghost");
}
END_TEST

START_TEST(what_is_being_made_is_not_left_over)
{
    g_autofree char *home = home_of("new");
    int fd = -1;

    root_load_domains("");
    ck_assert(home_make(home, &fd, NULL));
    ck_assert_int_ge(fd, 0);
    ck_assert(home_is_being_made(home));
    ck_names("");
    close(fd);
    ck_names("new");
}
END_TEST

START_TEST(what_is_in_it_is_said_and_goes_with_it)
{
    g_autofree char *home = home_of("ghost"), *work = home_of("work"), *words = NULL;
    g_autoptr(GError) error = NULL;

    root_load_domains("<domain class=\"TemplateVM\"><properties>" NAMED("base") QID("1")
                      "</properties></domain>");
    put("ghost", "private.img");
    put("ghost", "root.img.1@2026-01-01T00:00:00Z");
    put("ghost", "firewall.xml");
    ck_assert(leftover_check(root, home, &words, NULL));
    ck_assert_msg(g_str_has_prefix(words, "2 images, "), "%s", words);
    ck_assert(!leftover_remove(root, work, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "left over");
    ck_assert(leftover_remove(root, home, NULL));
    ck_assert(!g_file_test(home, G_FILE_TEST_EXISTS));
}
END_TEST

/* Nobody knows whose it is then. */
START_TEST(without_a_store_nothing_is_left_over)
{
    g_autofree char *home = home_of("ghost");
    g_autoptr(GError) error = NULL;

    put("ghost", NULL);
    root_put("<qubes", -1);
    ck_assert(!leftover_remove(root, home, &error));
    ck_error(&error, QMC_ERROR_INVALID, NULL);
    ck_assert(g_file_test(home, G_FILE_TEST_IS_DIR));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        only_what_nobody_can_have_is_left_over, what_is_being_made_is_not_left_over,
        what_is_in_it_is_said_and_goes_with_it, without_a_store_nothing_is_left_over,
        NULL,
    };

    return suite_run_fixture("leftover", tests, root_setup, root_teardown);
}
