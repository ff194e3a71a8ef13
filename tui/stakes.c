/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/stakes.h"

#include <string.h>

#include "util/text.h"

struct stake {
    char *text;
    GPtrArray *names;
};

struct stakes {
    GPtrArray *all; /* struct stake, in the order of their first qube */
    char *left;
};

static void stake_free(gpointer data)
{
    struct stake *stake = data;

    g_free(stake->text);
    g_ptr_array_unref(stake->names);
    g_free(stake);
}

static struct stake *stakes_find(struct stakes *stakes, const char *text)
{
    struct stake *stake;

    for (guint i = 0; i < stakes->all->len; i++) {
        stake = stakes->all->pdata[i];
        if (strcmp(stake->text, text) == 0)
            return stake;
    }
    stake = g_new0(struct stake, 1);
    stake->text = g_strdup(text);
    stake->names = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(stakes->all, stake);
    return stake;
}

struct stakes *stakes_new(const struct model *model, const struct op_row *row,
                          GHashTable *args, char *const *uuids, const char *left)
{
    struct stakes *stakes = g_new0(struct stakes, 1);

    stakes->all = g_ptr_array_new_with_free_func(stake_free);
    stakes->left = g_strdup(left);
    for (gsize i = 0; uuids[i]; i++) {
        const struct qube *qube = model_qube(model, uuids[i]);
        g_autofree char *text = op_consequence(row, model, qube, args);
        struct stake *stake = stakes_find(stakes, text ? text : row->help);

        g_ptr_array_add(stake->names, text_sanitise(qube->name, -1));
    }
    return stakes;
}

void stakes_free(struct stakes *stakes)
{
    g_ptr_array_unref(stakes->all);
    g_free(stakes->left);
    g_free(stakes);
}

guint stakes_most(const struct stakes *stakes)
{
    guint most = 0;

    for (guint i = 0; i < stakes->all->len; i++)
        most = MAX(most, ((const struct stake *)stakes->all->pdata[i])->names->len);
    return most;
}

/* "work, personal and 3 more: its programs are ended." */
static void stake_append(const struct stake *stake, GString *out, guint names)
{
    guint told = MIN(names, stake->names->len);

    for (guint i = 0; i < told; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               (const char *)stake->names->pdata[i]);
    if (told < stake->names->len)
        g_string_append_printf(out, " and %u more", stake->names->len - told);
    g_string_append_printf(out, ": %s%s%s", stake->names->len > 1 ? "of each, " : "",
                           stake->text, g_str_has_suffix(stake->text, ".") ? "" : ".");
}

char *stakes_text(const struct stakes *stakes, guint names)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < stakes->all->len; i++) {
        if (i)
            g_string_append_c(out, ' ');
        stake_append(stakes->all->pdata[i], out, names);
    }
    if (stakes->left)
        g_string_append_printf(out, " Left out: %s.", stakes->left);
    return g_string_free(out, FALSE);
}
