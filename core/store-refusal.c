/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As the loaders of 4.2 and 4.3 do (spec/qubes-xml.md 1.7, 1.9, 2.7): they end at the
 * first thing of these, and the whole system has no qubes then. What merely cannot be
 * used here, or means something else there, is none. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/model-private.h"

#define ANY_POOL "revisions_to_keep ephemeral_volatile"

/* Parameters of its drivers; without those that are needed one is not made. */
static const struct qubes_driver {
    const char *name, *needed, *other;
} drivers[] = {
    { "file", "dir_path", ANY_POOL },
    { "file-reflink", "dir_path", "setup_check " ANY_POOL },
    { "lvm_thin", "volume_group thin_pool", ANY_POOL },
    { "zfs", "container", "snap_on_start_forensics " ANY_POOL },
    { "linux-kernel", "dir_path", "" },
    { "callback", "conf_id", "" },
};

static const struct qubes_driver *qubes_driver_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(drivers); i++)
        if (g_str_equal(drivers[i].name, name))
            return &drivers[i];
    return NULL;
}

static gboolean is_word(const char *words, const char *word)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);

    return g_strv_contains((const char *const *)parts, word);
}

static gboolean pool_has(const struct pool_entry *entry, const char *name)
{
    for (guint i = 0; i < entry->attrs->len; i++)
        if (g_str_equal(g_array_index(entry->attrs, struct pair, i).name, name))
            return TRUE;
    return FALSE;
}

/* Words for a pool's ephemeral_volatile. */
static gboolean is_bool(const char *text)
{
    static const char *const words[] = { "True", "1", "on", "False", "0", "off", "", NULL };

    return g_strv_contains(words, text);
}

/* Why it does not take what is said; NULL: it does. */
static const char *params_refusal(const struct pool_entry *entry,
                                  const struct qubes_driver *driver)
{
    for (guint i = 0; i < entry->attrs->len; i++) {
        const struct pair *pair = &g_array_index(entry->attrs, struct pair, i);

        if (!is_word("name driver", pair->name) && !is_word(driver->needed, pair->name) &&
            !is_word(driver->other, pair->name))
            return "it has a parameter that its driver does not take";
        if (g_str_equal(pair->name, "ephemeral_volatile") && !is_bool(pair->value))
            return "its ephemeral_volatile is neither True nor False";
    }
    return NULL;
}

const char *store_refusal_pool(const struct pool_entry *entry)
{
    const struct qubes_driver *driver = qubes_driver_find(entry->driver);
    g_auto(GStrv) needed = driver ? g_strsplit(driver->needed, " ", -1) : NULL;

    if (!driver)
        return NULL; /* it does without that pool */
    for (guint i = 0; needed[i]; i++)
        if (!pool_has(entry, needed[i]))
            return "a parameter is missing that its driver needs";
    return params_refusal(entry, driver);
}

/* Volumes. */

/* A whole number as it reads one. */
static gboolean is_whole(const char *text)
{
    g_autofree char *bare = NULL;
    const char *at = text;

    while (g_ascii_isdigit(*at))
        at++;
    if (at > text && *at == '\0')
        return TRUE; /* nearly always */
    bare = g_strstrip(g_strdup(text));
    at = bare + (*bare == '-' || *bare == '+');
    for (; g_ascii_isdigit(*at) || (*at == '_' && at > bare && g_ascii_isdigit(at[1])); at++)
        ;
    return *at == '\0' && at > bare && g_ascii_isdigit(at[-1]);
}

/* What it takes for a number or a flag wherever it stands in a volume. */
static gboolean is_truth(const char *text)
{
    return g_str_equal(text, "True") || g_str_equal(text, "False");
}

static gboolean is_number(const char *text)
{
    return is_truth(text) || is_whole(text);
}

/* Any text but these two is true to it. */
static gboolean is_true(const char *text, gboolean otherwise)
{
    return text ? *text && !g_str_equal(text, "False") : otherwise;
}

static const char *kernel_refusal(const struct store_volume_said *said)
{
    if (said->keep && !g_str_equal(said->keep, "0") && !g_str_equal(said->keep, "False"))
        return "kernels keep no revisions";
    if (is_true(said->rw, FALSE) || is_true(said->save, FALSE))
        return "kernels cannot be written";
    return NULL;
}

/* Both or neither: a snapshot, and what it is one of. */
static const char *source_refusal(const struct store_volume_said *said)
{
    gboolean snap = is_true(said->snap, said->usually_snap);

    if (snap && !said->source && !said->usually_snap)
        return "it is a snapshot, and does not say of which volume";
    if (!snap && (said->source || said->usually_snap))
        return "it has a source, and is no snapshot";
    if (said->source && !said->pool)
        return "it has a source, and no pool";
    return NULL;
}

const char *store_refusal_volume(const struct pool_entry *pool,
                                 const struct store_volume_said *said)
{
    if (!pool)
        return "there is no such pool";
    if (!qubes_driver_find(pool->driver))
        return "Qubes does not know the driver of its pool";
    if (said->odd && !(g_str_equal(pool->driver, "zfs") &&
                       g_str_equal(said->odd, "snap_on_start_forensics")))
        return "it has an attribute that no volume has";
    if ((said->keep && !is_number(said->keep)) || (said->size && !is_number(said->size)))
        return "its size or revisions_to_keep is no number";
    if (g_str_equal(pool->driver, "linux-kernel"))
        return kernel_refusal(said);
    if (said->vid && is_truth(said->vid) && g_str_has_prefix(pool->driver, "file"))
        return "its id is no text";
    return source_refusal(said);
}

/* Properties. */

static gboolean is_netvm(const struct model *model, const char *name)
{
    const struct qube *netvm = model_qube_named(model, name);

    return netvm && qube_get_bool(model, netvm, "provides_network");
}

gboolean store_refusal_prop(const struct model *model, const struct qube *qube,
                            const struct prop_value *value)
{
    if (!qube && value->row->computed)
        return FALSE; /* 4.3 does not know it, and drops it */
    if (!qube && g_str_equal(value->name, "default_kernel"))
        return FALSE;
    if (!qube && g_str_equal(value->name, "default_netvm"))
        return !model_qube_named(model, value->text);
    if (g_str_equal(value->name, "dispid"))
        return !is_whole(value->text);
    if (g_str_equal(value->name, "netvm"))
        return !is_netvm(model, value->text); /* it looks for no way back */
    return TRUE;
}
