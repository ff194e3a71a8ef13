/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/help.h"

#include <string.h>

#include "core/op.h"
#include "tui/app.h"
#include "util/text.h"

#define TWO_COLUMNS 72
#define KEY_WIDTH 14

struct help_topic {
    const char *name, *text;
};

/* Made from help/<name>.help at build time. */
static const struct help_topic topics[] = {
#include "help/topics.inc"
};

static const char *help_topic(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(topics); i++)
        if (strcmp(topics[i].name, name) == 0)
            return topics[i].text;
    return "";
}

/* --- rows to lines --- */

static const char *help_asks(const struct op_row *row)
{
    static const char *const words[] = {
        [CONFIRM_L0] = "",
        [CONFIRM_L1] = " (asks)",
        [CONFIRM_L2] = " (asks, No first)",
        [CONFIRM_L3] = " (type the name)",
    };

    return words[row->confirm];
}

static char *help_row_text(const struct key_row *row)
{
    const struct op_row *op = row->op ? op_find(row->op) : NULL;

    if (row->help)
        return g_strdup(row->help);
    return op ? g_strconcat(op->label, help_asks(op), NULL) : NULL;
}

static void help_append_group(GPtrArray *lines, const struct key_row *table,
                              enum key_group group)
{
    g_autoptr(GString) keys = g_string_new(NULL);

    for (const struct key_row *row = table; row && row->keys; row++) {
        if (row->group != group)
            continue;
        g_autofree char *text = help_row_text(row);
        g_string_append_printf(keys, "%s%s", keys->len ? " " : "", row->keys);
        if (!text)
            continue;
        g_ptr_array_add(lines, g_strdup_printf(" %-*s %s", KEY_WIDTH - 2,
                                               keys->str, text));
        g_string_truncate(keys, 0);
    }
}

/* One block of lines per group that has keys, with its heading. */
static GPtrArray *help_block(const struct screen_class *class,
                             enum key_group group)
{
    const struct key_row *tables[] = {class->keys, class->more, app_keys()};
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        help_append_group(lines, tables[i], group);
    if (lines->len > 0)
        g_ptr_array_insert(lines, 0, g_strdup(key_group_title(group)));
    return lines;
}

static void help_append(GPtrArray *to, GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

/* The blocks one after the other into the shorter of two columns. */
static void help_blocks(const struct screen_class *class, GPtrArray *left,
                        GPtrArray *right)
{
    for (int group = 0; group < KEYS_GROUPS; group++) {
        g_autoptr(GPtrArray) block = help_block(class, (enum key_group)group);

        if (block->len)
            help_append(right && right->len < left->len ? right : left, block);
    }
}

static void help_keys(const struct screen_class *class, int width,
                      GPtrArray *lines)
{
    g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) right = g_ptr_array_new_with_free_func(g_free);

    help_blocks(class, left, width >= TWO_COLUMNS ? right : NULL);
    for (guint i = 0; i < MAX(left->len, right->len); i++) {
        const char *one = i < left->len ? left->pdata[i] : "";
        const char *two = i < right->len ? right->pdata[i] : "";
        g_autofree char *column = text_fit(one, width / 2, TEXT_LEFT);

        g_ptr_array_add(lines, right->len ? g_strconcat(column, two, NULL)
                                          : g_strdup(one));
    }
}

GPtrArray *help_lines(const struct screen_class *class, int width)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) topic = g_strsplit(help_topic(class->name), "\n", -1);

    help_keys(class, width, lines);
    for (gsize i = 0; topic[i]; i++)
        if (topic[i + 1] || *topic[i])
            g_ptr_array_add(lines, g_strdup(topic[i]));
    return lines;
}

GPtrArray *help_lines_all(int width)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    const struct screen_class *const *classes;
    gsize n;

    classes = screen_classes(&n);
    for (gsize i = 0; i < n; i++) {
        g_ptr_array_add(lines, g_strdup_printf("== %s ==", classes[i]->title));
        help_keys(classes[i], width, lines);
        g_ptr_array_add(lines, g_strdup(""));
    }
    return lines;
}
