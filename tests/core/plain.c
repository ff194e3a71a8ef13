/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/core/plain.h"

#include <stdlib.h>
#include <string.h>

GHashTable *plain_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static char *key_of(char kind, const char *qube, const char *name)
{
    return g_strdup_printf("%c\t%s\t%s", kind, qube, name);
}

void plain_put(GHashTable *plain, char kind, const char *qube, const char *name,
               const char *value)
{
    g_hash_table_replace(plain, key_of(kind, qube, name), g_strdup(value));
}

const char *plain_get(GHashTable *plain, char kind, const char *qube, const char *name)
{
    g_autofree char *key = key_of(kind, qube, name);

    return g_hash_table_lookup(plain, key);
}

void plain_drop(GHashTable *plain, char kind, const char *qube, const char *name)
{
    g_autofree char *key = key_of(kind, qube, name);

    g_hash_table_remove(plain, key);
}

/* Text. */

/* The piece between two marks, with its entities resolved; NULL: there is none. */
static char *between(const char *line, const char *begin, const char *end)
{
    static const char *const entities[][2] = {
        { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" }, { "&#9;", "\t" },
        { "&amp;", "&" }, /* the last */
    };
    const char *from = strstr(line, begin), *to;
    GString *piece;

    if (!from)
        return NULL;
    from += strlen(begin);
    to = strstr(from, end);
    if (!to)
        return NULL;
    piece = g_string_new_len(from, to - from);
    for (gsize i = 0; i < G_N_ELEMENTS(entities); i++)
        g_string_replace(piece, entities[i][0], entities[i][1], 0);
    return g_string_free(piece, FALSE);
}

struct reader {
    GHashTable *plain;
    GPtrArray *domain; /* lines of the one that is open; NULL: none */
};

static void count_line(GHashTable *plain, const char *qube, const char *line)
{
    const char *before = plain_get(plain, 'x', qube, line);
    g_autofree char *times = g_strdup_printf("%d", before ? atoi(before) + 1 : 1);

    plain_put(plain, 'x', qube, line, times);
}

static gboolean left_out(const char *name)
{
    static const char *const names[] = { "name", "qid", "uuid", NULL };

    return g_strv_contains(names, name);
}

/* Containers come and go with what is in them. */
static gboolean is_frame(const char *line)
{
    static const char *const elements[] = { "properties", "features", "tags", NULL };
    g_autofree char *name = g_strndup(line + 1, strcspn(line + 1, " />"));

    return g_strv_contains(elements, name) || g_str_has_prefix(line, "</");
}

static void read_item(GHashTable *plain, const char *qube, const char *line)
{
    static const struct {
        const char *begin;
        char kind;
    } items[] = {
        { "<property ", 'p' }, { "<feature ", 'f' }, { "<tag ", 't' },
    };
    g_autofree char *name = between(line, "name=\"", "\"");
    g_autofree char *value = between(line, ">", "</");

    for (gsize i = 0; i < G_N_ELEMENTS(items); i++) {
        if (!g_str_has_prefix(line, items[i].begin))
            continue;
        if (!left_out(name))
            plain_put(plain, *qube ? items[i].kind : 'g', qube, name,
                      value ? value : "");
        return;
    }
    if (!is_frame(line))
        count_line(plain, qube, line);
}

static char *name_of(const GPtrArray *domain)
{
    for (guint i = 0; i < domain->len; i++) {
        char *name = between(domain->pdata[i], "<property name=\"name\">", "</");

        if (name)
            return name;
    }
    return g_strdup("dom0");
}

static void end_domain(struct reader *reader)
{
    g_autofree char *name = name_of(reader->domain);

    for (guint i = 0; i < reader->domain->len; i++)
        read_item(reader->plain, name, reader->domain->pdata[i]);
    g_clear_pointer(&reader->domain, g_ptr_array_unref);
}

static void read_line(struct reader *reader, const char *line)
{
    if (g_str_has_prefix(line, "<domain "))
        reader->domain = g_ptr_array_new_with_free_func(g_free);
    if (reader->domain)
        g_ptr_array_add(reader->domain, g_strdup(line));
    else if (*line)
        read_item(reader->plain, "", line);
    if (g_str_has_prefix(line, "</domain>"))
        end_domain(reader);
}

GHashTable *plain_of_text(const char *text)
{
    struct reader reader = { plain_new(), NULL };
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        /* only what indents it: a value may end with a blank */
        read_line(&reader, *line + strspn(*line, " "));
    }
    return reader.plain;
}

/* The model. */

static void put_props(GHashTable *plain, char kind, const char *qube,
                      const GArray *props)
{
    for (guint i = 0; i < props->len; i++) {
        const struct prop_value *value = &g_array_index(props, struct prop_value, i);

        if (!left_out(value->name))
            plain_put(plain, kind, qube, value->name, value->text);
    }
}

static void put_qube(GHashTable *plain, const struct qube *qube)
{
    put_props(plain, 'p', qube->name, qube->props);
    for (guint i = 0; i < qube->features->len; i++) {
        const struct pair *pair = &g_array_index(qube->features, struct pair, i);

        plain_put(plain, 'f', qube->name, pair->name, pair->value);
    }
    for (guint i = 0; i < qube->tags->len; i++)
        plain_put(plain, 't', qube->name, qube->tags->pdata[i], "");
}

GHashTable *plain_of_model(const struct model *model)
{
    GHashTable *plain = plain_new();

    put_props(plain, 'g', "", model->globals);
    for (guint i = 0; i < model->qubes->len; i++)
        put_qube(plain, model->qubes->pdata[i]);
    return plain;
}

/* Comparing. */

static char *missing(GHashTable *one, GHashTable *two, gboolean others)
{
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, one);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const char *other = g_hash_table_lookup(two, key);

        if ((others || *(char *)key != 'x') && g_strcmp0(value, other) != 0)
            return g_strdup_printf("%s: '%s' and '%s'", (char *)key, (char *)value,
                                   other ? other : "(nothing)");
    }
    return NULL;
}

char *plain_difference(GHashTable *one, GHashTable *two, gboolean others)
{
    char *difference = missing(one, two, others);

    return difference ? difference : missing(two, one, others);
}
