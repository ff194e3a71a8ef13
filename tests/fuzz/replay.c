/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Feeds a target the files of its corpus, in place of libFuzzer: the program
 * replay-NAME takes tests/fuzz/corpus/NAME. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static char *corpus_dir(const char *program)
{
    const char *srcdir = g_getenv("top_srcdir");
    const char *name = strrchr(program, '-');

    FUZZ_CHECK(srcdir && name);
    return g_build_filename(srcdir, "tests", "fuzz", "corpus", name + 1, NULL);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *names_in(const char *path)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    FUZZ_CHECK(dir);
    while ((name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    return names;
}

static void replay(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *text = NULL;
    g_autofree uint8_t *exact = NULL;
    gsize len;

    FUZZ_CHECK(g_file_get_contents(path, &text, &len, NULL));
    exact = g_malloc(MAX(len, 1)); /* no NUL behind it */
    memcpy(exact, text, len);
    LLVMFuzzerTestOneInput(exact, len);
}

int main(int argc, char **argv)
{
    g_autofree char *dir = corpus_dir(argv[0]);
    g_autoptr(GPtrArray) names = names_in(dir);

    FUZZ_CHECK(names->len > 0);
    printf("1..%u\n", names->len);
    for (guint i = 0; i < names->len; i++) {
        replay(dir, names->pdata[i]);
        printf("ok %u - %s\n", i + 1, (const char *)names->pdata[i]);
        fflush(stdout);
    }
    return 0;
}
