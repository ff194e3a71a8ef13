/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/remain.h"

#include <string.h>

static const struct {
    const char *word, *one, *many;
} kinds[REMAIN_KINDS] = {
    [REMAIN_TEMPORARY] = {"temporary", "temporary file", "temporary files"},
    [REMAIN_IMPORT] = {"import", "unfinished import", "unfinished imports"},
    [REMAIN_SCRATCH] = {"scratch", "left-over scratch volume", "left-over scratch volumes"},
    [REMAIN_PRECACHE] = {"precache", "outdated precache", "outdated precaches"},
    [REMAIN_REVISION] = {"revision", "earlier state", "earlier states"},
    [REMAIN_IMAGE] = {"image", "image", "images"},
    [REMAIN_DIRECTORY] = {"directory", "directory", "directories"},
};

static void remain_free(gpointer data)
{
    struct remain *remain = data;

    g_free(remain->name);
    g_free(remain);
}

GPtrArray *remains_new(void)
{
    return g_ptr_array_new_with_free_func(remain_free);
}

void remains_add(GPtrArray *remains, enum remain_kind kind, const char *name, guint64 used)
{
    struct remain *remain = g_new(struct remain, 1);

    *remain = (struct remain){kind, g_strdup(name), used};
    g_ptr_array_add(remains, remain);
}

guint64 remains_used(const GPtrArray *remains)
{
    guint64 sum = 0;

    for (guint i = 0; i < remains->len; i++)
        sum += ((const struct remain *)remains->pdata[i])->used;
    return sum;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const struct remain *one = *(struct remain *const *)a, *two = *(struct remain *const *)b;

    return strcmp(one->name, two->name);
}

void remains_sort(GPtrArray *remains)
{
    g_ptr_array_sort(remains, by_name);
}

const char *remain_kind_word(enum remain_kind kind)
{
    return kinds[kind].word;
}

char *remains_words(const GPtrArray *remains)
{
    GString *text = g_string_new(NULL);

    for (guint kind = 0; kind < REMAIN_KINDS; kind++) {
        guint n = 0;

        for (guint i = 0; i < remains->len; i++)
            n += ((const struct remain *)remains->pdata[i])->kind == kind;
        if (n > 0)
            g_string_append_printf(text, "%s%u %s", text->len ? ", " : "", n,
                                   n == 1 ? kinds[kind].one : kinds[kind].many);
    }
    if (text->len == 0)
        g_string_append(text, "nothing");
    return g_string_free(text, FALSE);
}
