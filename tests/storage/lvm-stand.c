/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "lvm-stand.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/lvm-table.h"

static char *home;

static char *file(const char *name)
{
    return g_build_filename(home, name, NULL);
}

static void put(const char *name, const char *text)
{
    g_autofree char *path = file(name);

    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static void on_path(void)
{
    static gboolean done;
    const char *build = g_getenv("top_builddir");
    g_autofree char *dir = NULL, *real = NULL, *path = NULL;

    if (done)
        return;
    done = TRUE;
    dir = g_build_filename(build ? build : ".", "tests/storage/fake", NULL);
    real = realpath(dir, NULL);
    ck_assert_msg(real != NULL, "no '%s': set top_builddir", dir);
    path = g_strconcat(real, ":", g_getenv("PATH"), NULL);
    g_setenv("PATH", path, TRUE);
}

void stand_new(const char *dir)
{
    g_autofree char *mapper = NULL;

    on_path();
    g_free(home);
    home = g_build_filename(dir, "lvm", NULL);
    mapper = file("mapper");
    ck_assert_int_eq(g_mkdir_with_parents(mapper, 0700), 0);
    put("state", STAND_VG "|" STAND_POOL "|" STAND_POOL "|1073741824|||a\n"
                 STAND_VG "|root||1073741824|||a\n"
                 "other|" STAND_POOL "|" STAND_POOL "|1073741824|||a\n");
    for (int i = 0; i < 2; i++) {
        g_autofree char *device = stand_device(i ? "other" : STAND_VG, STAND_POOL);

        ck_assert(g_file_set_contents(device, "", 0, NULL));
    }
    g_setenv("QMC_LVM_DIR", home, TRUE);
}

char **stand_real(void)
{
    const char *real = g_getenv("QMC_TEST_LVM");
    char **names = real ? g_strsplit(real, "/", 2) : NULL;

    ck_assert_msg(!names || g_strv_length(names) == 2, "QMC_TEST_LVM is no VG/POOL: %s", real);
    return names;
}

gboolean stand_is(void)
{
    return home != NULL;
}

char *stand_device(const char *vg, const char *lv)
{
    g_auto(GStrv) a = g_strsplit(vg, "-", -1), b = g_strsplit(lv, "-", -1);
    g_autofree char *left = g_strjoinv("--", a), *right = g_strjoinv("--", b);

    return home ? g_strdup_printf("%s/mapper/%s-%s", home, left, right)
                : g_strdup_printf("/dev/mapper/%s-%s", left, right);
}

char *stand_path(const char *path)
{
    static const char devices[] = "/dev/mapper/";

    return home && g_str_has_prefix(path, devices)
               ? g_build_filename(home, "mapper", path + strlen(devices), NULL)
               : g_strdup(path);
}

void stand_fault(int n, const char *mode)
{
    g_autofree char *text = g_strdup_printf("%d %s", n, mode);

    put("fault", text);
}

int stand_fault_left(void)
{
    g_autofree char *path = file("fault"), *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? atoi(text) : 0;
}

void stand_pool(const char *figures)
{
    g_autofree char *path = file("pool");

    if (figures)
        put("pool", figures);
    else
        unlink(path);
}

void stand_open(const char *lv)
{
    put("open", lv ? lv : "");
}

char *stand_calls(void)
{
    g_autofree char *path = file("log");
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return g_strdup("");
    unlink(path);
    return text;
}

static guint count(gboolean questions)
{
    g_autofree char *calls = stand_calls();
    g_auto(GStrv) lines = g_strsplit(calls, "\n", -1);
    guint n = 0;

    for (char **line = lines; *line; line++)
        n += **line && !g_str_equal(*line, "version") &&
             g_str_has_prefix(*line, "lvs") == questions;
    return n;
}

guint stand_changes(void)
{
    return count(FALSE);
}

guint stand_questions(void)
{
    return count(TRUE);
}

/* To remove what is not there is a change. */
void stand_forget(void)
{
    const struct lvm_request nothing = {LVM_REMOVE, STAND_VG, "vm-none", NULL, 0};

    ck_assert(lvm_change(&nothing, NULL));
}

void stand_lvm(const char *format, ...)
{
    g_autofree char *rest = NULL, *line = NULL;
    g_auto(GStrv) argv = NULL;
    int status = -1;
    va_list args;

    va_start(args, format);
    rest = g_strdup_vprintf(format, args);
    va_end(args);
    line = g_strconcat("lvm ", rest, NULL);
    argv = g_strsplit(line, " ", -1);
    ck_assert_msg(g_spawn_sync(NULL, argv, NULL,
                               G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
                                   G_SPAWN_STDERR_TO_DEV_NULL,
                               NULL, NULL, NULL, NULL, &status, NULL) && status == 0,
                  "%s: %d", line, status);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *stand_names(void)
{
    g_autofree char *path = file("state"), *text = NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) part = g_strsplit(*line, "|", 3);

        if (g_strv_length(part) == 3 && strcmp(part[0], STAND_VG) == 0 &&
            g_str_has_prefix(part[1], "vm-") && strcmp(part[1], STAND_POOL) != 0)
            g_ptr_array_add(names, g_strdup(part[1]));
    }
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return g_strjoinv(" ", (char **)names->pdata);
}
