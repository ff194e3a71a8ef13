/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/logs.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "tests/util/suite.h"

#define CONSOLE "/var/log/xen/console/guest-work.log"
#define QREXEC "/var/log/qubes/qrexec.work.log"

static char *root;

static void setup(void)
{
    root = g_dir_make_tmp("qmc-logs-XXXXXX", NULL);
}

static void teardown(void)
{
    ck_assert(file_remove_tree(root, NULL));
    g_free(root);
}

static char *below(const char *path)
{
    g_autofree char *dir = NULL;
    char *full = g_strconcat(root, path, NULL);

    dir = g_path_get_dirname(full);
    ck_assert(file_mkdirs(dir, 0755, NULL));
    return full;
}

static void put(const char *path, const char *text)
{
    g_autofree char *full = below(path);

    ck_assert(g_file_set_contents(full, text, -1, NULL));
}

static struct log_text *get(const char *path, const struct file_stamp *known)
{
    struct log_query query = {"work", path, known};
    g_autoptr(GError) error = NULL;
    struct log_text *text = log_text_read(root, &query, &error);

    ck_assert_msg(text != NULL, "%s", error ? error->message : "?");
    return text;
}

static const char *line(const struct log_text *text, guint i)
{
    ck_assert_uint_lt(i, text->lines->len);
    return text->lines->pdata[i];
}

START_TEST(sources_are_those_that_are_there)
{
    struct log_text *text = get(NULL, NULL);

    ck_assert_uint_eq(text->sources->len, 0);
    log_text_free(text);
    put(QREXEC, "a\n");
    put(CONSOLE, "b\nc\n");
    text = get(NULL, NULL);
    ck_assert_uint_eq(text->sources->len, 2);
    ck_assert_str_eq(line(text, 0), "b");
    ck_assert_uint_eq(text->lines->len, 2);
    log_text_free(text);
    text = get(QREXEC, NULL);
    ck_assert_uint_eq(text->current, 1);
    ck_assert_str_eq(line(text, 0), "a");
    log_text_free(text);
}
END_TEST

START_TEST(names_do_not_lead_out)
{
    static const char *const names[] = {"../../etc/passwd", "a/b", "", ".", "..",
                                        "-x", "a\033b", "a b", "\303\244"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        struct log_query query = {names[i], NULL, NULL};
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(log_text_read(root, &query, &error));
        ck_error(&error, QMC_ERROR_INVALID, "no name of a qube");
    }
}
END_TEST

START_TEST(only_regular_files_are_read)
{
    g_autofree char *console = below(CONSOLE), *qrexec = below(QREXEC);
    struct log_text *text;

    put("/secret", "secret\n");
    ck_assert_int_eq(symlink("../../../../secret", console), 0);
    ck_assert_int_eq(mkfifo(qrexec, 0600), 0);
    text = get(NULL, NULL);
    ck_assert_uint_eq(text->sources->len, 0);
    log_text_free(text);
}
END_TEST

START_TEST(only_the_end_of_a_long_one_is_read)
{
    g_autoptr(GString) long_text = g_string_new(NULL);
    struct log_text *text;

    for (int i = 0; i < 200000; i++)
        g_string_append_printf(long_text, "line %d\n", i);
    put(CONSOLE, long_text->str);
    text = get(NULL, NULL);
    ck_assert(text->cut);
    ck_assert_uint_eq(text->size, long_text->len);
    ck_assert_uint_lt(text->lines->len, 200000);
    ck_assert(g_str_has_prefix(line(text, 0), "line "));
    ck_assert_str_eq(line(text, text->lines->len - 1), "line 199999");
    log_text_free(text);
}
END_TEST

START_TEST(lines_are_safe_and_trouble_is_found)
{
    struct log_text *text;

    put(CONSOLE, "[\033[0;32m  OK  \033[0m] up\r\n\033]0;x\007\377y\nFATAL: it FAILED\n"
                 "\033[");
    text = get(NULL, NULL);
    ck_assert_str_eq(line(text, 0), "[  OK  ] up");
    ck_assert_str_eq(line(text, 1), "?]0;x??y");
    ck_assert_str_eq(line(text, 3), "?[");
    ck_assert_uint_eq(text->errors->len, 1);
    ck_assert_str_eq(text->errors->pdata[0], "FATAL: it FAILED");
    log_text_free(text);
}
END_TEST

START_TEST(what_did_not_change_is_not_read)
{
    struct log_text *first, *again;

    put(CONSOLE, "a\n");
    first = get(CONSOLE, NULL);
    again = get(CONSOLE, &first->stamp);
    ck_assert_ptr_null(again->lines);
    log_text_free(again);
    put(CONSOLE, "a\nb\n");
    again = get(CONSOLE, &first->stamp);
    ck_assert_uint_eq(again->lines->len, 2);
    log_text_free(again);
    log_text_free(first);
}
END_TEST

START_TEST(a_copy_overwrites_nothing)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = below("/copy"), *link = below("/link");
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    struct stat info;

    g_ptr_array_add(lines, g_strdup("one"));
    g_ptr_array_add(lines, g_strdup("two"));
    ck_assert(logs_save(lines, path, &error));
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0600);
    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_str_eq(text, "one\ntwo\n");
    ck_assert(!logs_save(lines, path, &error));
    ck_error(&error, QMC_ERROR_EXISTS, "/copy");
    ck_assert_int_eq(symlink("nowhere", link), 0);
    ck_assert(!logs_save(lines, link, &error));
    ck_error(&error, QMC_ERROR_EXISTS, "/link");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        sources_are_those_that_are_there,
        names_do_not_lead_out,
        only_regular_files_are_read,
        only_the_end_of_a_long_one_is_read,
        lines_are_safe_and_trouble_is_found,
        what_did_not_change_is_not_read,
        a_copy_overwrites_nothing,
        NULL,
    };

    return suite_run_fixture("logs", tests, setup, teardown);
}
