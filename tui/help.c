/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/help.h"

#include <string.h>

#include "core/op-words.h"
#include "tui/app.h"
#include "tui/list.h"
#include "tui/pager.h"
#include "util/text.h"

#define TWO_COLUMNS 72
#define OP_INDENT 15

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

struct help_row {
    char *keys, *text;
};

static void help_row_free(gpointer data)
{
    struct help_row *row = data;

    g_free(row->keys);
    g_free(row->text);
    g_free(row);
}

static void help_add(GPtrArray *rows, const char *keys, const char *text)
{
    struct help_row *last = rows->len ? rows->pdata[rows->len - 1] : NULL;
    struct help_row *row;

    if (last && strcmp(last->keys, keys) == 0) {
        g_autofree char *old = last->text;

        last->text = g_strconcat(old, " / ", text, NULL);
        return;
    }
    row = g_new0(struct help_row, 1);
    row->keys = g_strdup(keys);
    row->text = g_strdup(text);
    g_ptr_array_add(rows, row);
}

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

/* Where a screen closes itself, the rows that depend on the place in the stack
 * do not apply. */
static gboolean help_applies(const struct screen_class *class,
                             const struct key_row *table,
                             const struct key_row *row)
{
    return table != app_keys() || class->kind == SCREEN_VIEW || !row->visible;
}

/* A key that a table before this one takes is not this row's. What moves a text
 * moves a list on the same screen, too: that is said once. */
static gboolean help_is_taken(const struct screen_class *class,
                              const struct key_row *table, const char *key)
{
    const struct key_row *before;

    for (guint i = 0; (before = screen_table(class, i)) != table; i++)
        for (; before->keys; before++)
            if (((!before->visible && !before->op) || table == list_keys) &&
                key_row_has(before, key_parse(key)))
                return TRUE;
    return FALSE;
}

static void help_append_keys(GString *keys, const struct screen_class *class,
                             const struct key_row *table, const struct key_row *row)
{
    g_auto(GStrv) names = g_strsplit(row->keys, " ", -1);

    for (gsize i = 0; names[i]; i++)
        if (!help_is_taken(class, table, names[i]))
            g_string_append_printf(keys, "%s%s", keys->len ? " " : "", names[i]);
}

/* Rows without a text join the next one; rows with the keys of the one before
 * are its other meaning. */
static void help_append_group(GPtrArray *rows, const struct screen_class *class,
                              const struct key_row *table, enum key_group group)
{
    g_autoptr(GString) keys = g_string_new(NULL);

    for (const struct key_row *row = table; row && row->keys; row++) {
        if (row->group != group || !help_applies(class, table, row))
            continue;
        g_autofree char *text = help_row_text(row);
        help_append_keys(keys, class, table, row);
        if (!text)
            continue;
        if (keys->len)
            help_add(rows, keys->str, text);
        g_string_truncate(keys, 0);
    }
}

static int help_keys_width(GPtrArray *rows)
{
    int width = 0;

    for (guint i = 0; i < rows->len; i++)
        width = MAX(width, text_width(((const struct help_row *)rows->pdata[i])->keys));
    return width;
}

/* One block of lines per group that has keys, with its heading. */
static GPtrArray *help_block(const struct screen_class *class,
                             enum key_group group)
{
    const struct key_row *table;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(help_row_free);
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; (table = screen_table(class, i)); i++)
        help_append_group(rows, class, table, group);
    if (rows->len > 0)
        g_ptr_array_add(lines, g_strdup(key_group_title(group)));
    for (guint i = 0; i < rows->len; i++) {
        const struct help_row *row = rows->pdata[i];

        g_ptr_array_add(lines, g_strdup_printf(" %-*s  %s", help_keys_width(rows),
                                               row->keys, row->text));
    }
    return lines;
}

/* Paragraphs of the topic that are narrow enough stand beside the keys. */
static gboolean help_is_narrow(char *const *lines, int width)
{
    for (; *lines && **lines; lines++)
        if (text_width(*lines) >= width)
            return FALSE;
    return TRUE;
}

struct help_page {
    GPtrArray *left, *right; /* columns; right NULL: there is only one */
    GPtrArray *below;        /* over the whole width */
    int width;               /* of a column */
};

/* The next block goes into the shorter column. */
static void help_put(struct help_page *page, GPtrArray *block)
{
    gboolean right = page->right && page->right->len < page->left->len;
    GPtrArray *column = right ? page->right : page->left;

    g_ptr_array_extend_and_steal(column, block);
}

static void help_put_keys(struct help_page *page, const struct screen_class *class)
{
    for (int group = 0; group < KEYS_GROUPS; group++)
        help_put(page, help_block(class, (enum key_group)group));
}

static void help_put_topic(struct help_page *page, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(help_topic(name), "\n", -1);

    for (gsize i = 0; lines[i]; i++) {
        GPtrArray *block = g_ptr_array_new_with_free_func(g_free);
        gboolean narrow = help_is_narrow(lines + i, page->width);

        for (; lines[i] && *lines[i]; i++)
            g_ptr_array_add(block, g_strdup(lines[i]));
        if (narrow)
            help_put(page, block);
        else
            g_ptr_array_extend_and_steal(page->below, block);
        if (!lines[i])
            break;
    }
}

static void help_join(struct help_page *page, GPtrArray *lines)
{
    guint right = page->right ? page->right->len : 0;

    for (guint i = 0; i < MAX(page->left->len, right); i++) {
        const char *one = i < page->left->len ? page->left->pdata[i] : "";
        const char *two = i < right ? page->right->pdata[i] : "";
        g_autofree char *column = text_fit(one, page->width, TEXT_LEFT);

        g_ptr_array_add(lines, *two ? g_strconcat(column, two, NULL)
                                    : g_strdup(one));
    }
    g_ptr_array_extend_and_steal(lines, g_ptr_array_ref(page->below));
}

static struct help_page *help_page_new(int width)
{
    struct help_page *page = g_new0(struct help_page, 1);

    page->left = g_ptr_array_new_with_free_func(g_free);
    page->below = g_ptr_array_new_with_free_func(g_free);
    page->width = width;
    if (width < TWO_COLUMNS)
        return page;
    page->right = g_ptr_array_new_with_free_func(g_free);
    page->width = width / 2;
    return page;
}

static void help_page_free(struct help_page *page)
{
    g_ptr_array_unref(page->left);
    g_clear_pointer(&page->right, g_ptr_array_unref);
    g_ptr_array_unref(page->below);
    g_free(page);
}

GPtrArray *help_lines(const struct screen_class *class, int width)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    struct help_page *page = help_page_new(width);

    help_put_keys(page, class);
    help_put_topic(page, class->name);
    help_join(page, lines);
    help_page_free(page);
    return lines;
}

GPtrArray *help_lines_all(int width)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    const struct screen_class *const *classes;
    gsize n;

    classes = screen_classes(&n);
    for (gsize i = 0; i < n; i++) {
        struct help_page *page = help_page_new(width);

        g_ptr_array_add(lines, g_strdup_printf("== %s ==", classes[i]->title));
        help_put_keys(page, classes[i]);
        help_join(page, lines);
        g_ptr_array_add(lines, g_strdup(""));
        help_page_free(page);
    }
    return lines;
}

/* --- operations --- */

static void help_op_args(const struct op_row *row, const struct pager_fold *fold)
{
    for (const struct op_arg *arg = row->args; arg && arg->name; arg++) {
        g_autofree char *text = g_strdup_printf("%s: %s", arg->name, arg->help);

        pager_fold(fold, arg == row->args ? "ARGUMENTS" : "", text);
    }
}

static char *help_op_asks(const struct op_row *row)
{
    static const char *const words[] = {
        [CONFIRM_L0] = "nothing",
        [CONFIRM_L1] = "yes or no",
        [CONFIRM_L2] = "yes or no, in a box that says what is at stake",
        [CONFIRM_L3] = "the name, typed",
    };

    return g_strconcat(words[row->confirm],
                       row->strength ? "; more if more is at stake" : "", NULL);
}

GPtrArray *help_lines_op(const struct op_row *row, int width)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    struct pager_fold fold = {lines, OP_INDENT, width};
    g_autofree char *usage = op_words_usage(row);
    g_autofree char *asks = help_op_asks(row);

    pager_fold(&fold, "TYPED AS", usage);
    pager_fold(&fold, "WHAT IT DOES", row->help);
    help_op_args(row, &fold);
    pager_fold(&fold, "ASKS FOR", asks);
    if (row->method)
        pager_fold(&fold, "ADMIN API", row->method);
    return lines;
}
