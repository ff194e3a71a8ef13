/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/tree.h"

#include <string.h>

struct walk {
    GHashTable *children; /* id -> GPtrArray of ids */
    GHashTable *done;     /* ids that have their place */
    GHashTable *lines;    /* the result */
    GPtrArray *order;
};

static void walk_adopt(struct walk *walk, char *parent, char *id)
{
    GPtrArray *children = g_hash_table_lookup(walk->children, parent);

    if (!children) {
        children = g_ptr_array_new();
        g_hash_table_insert(walk->children, parent, children);
    }
    g_ptr_array_add(children, id);
}

/* What the line of a row is to those below it. */
static char *walk_under(const char *line, gboolean last)
{
    g_autofree char *above = g_strdup(line ? line : "");
    gsize length = strlen(above);

    if (length > 0)
        above[length - 1] = above[length - 1] == '+' ? '|' : ' ';
    if (length >= TREE_LEVELS_MAX)
        above[length - 1] = '\0';
    return g_strconcat(above, last ? "`" : "+", NULL);
}

static void walk_visit(struct walk *walk, char *id)
{
    const GPtrArray *children = g_hash_table_lookup(walk->children, id);
    const char *line = g_hash_table_lookup(walk->lines, id);

    g_hash_table_add(walk->done, id);
    g_ptr_array_add(walk->order, id);
    for (guint i = 0; children && i < children->len; i++) {
        char *child = children->pdata[i];

        if (g_hash_table_contains(walk->done, child))
            continue;
        g_hash_table_insert(walk->lines, child,
                            walk_under(line, i + 1 == children->len));
        walk_visit(walk, child);
    }
}

static void walk_all(struct walk *walk, GPtrArray *ids, GHashTable *below)
{
    for (guint i = 0; i < ids->len; i++)
        if (!g_hash_table_contains(below, ids->pdata[i]))
            walk_visit(walk, ids->pdata[i]);
    /* Only loops are left: each is entered where it comes first. */
    for (guint i = 0; i < ids->len; i++)
        if (!g_hash_table_contains(walk->done, ids->pdata[i]))
            walk_visit(walk, ids->pdata[i]);
}

static void walk_free_children(gpointer children)
{
    g_ptr_array_unref(children);
}

GHashTable *tree_arrange(GPtrArray *ids, tree_parent_fn parent, gpointer data)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) below = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) children = g_hash_table_new_full(
        g_str_hash, g_str_equal, NULL, walk_free_children);
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    struct walk walk = {children, done, NULL, order};

    walk.lines = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    for (guint i = 0; i < ids->len; i++)
        g_hash_table_add(known, ids->pdata[i]);
    for (guint i = 0; i < ids->len; i++) {
        const char *name = parent(ids->pdata[i], data);
        gpointer key;

        if (name && g_hash_table_lookup_extended(known, name, &key, NULL)) {
            walk_adopt(&walk, key, ids->pdata[i]);
            g_hash_table_add(below, ids->pdata[i]);
        }
    }
    walk_all(&walk, ids, below);
    for (guint i = 0; i < order->len; i++)
        ids->pdata[i] = order->pdata[i];
    return walk.lines;
}
