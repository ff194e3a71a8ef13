/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/reference.h"

#include <string.h>

#include "core/device-assignment.h"
#include "core/model-private.h"
#include "storage/pool.h"
#include "util/text.h"

/* --- what a reference is --- */

/* A property of that name may be one in one class alone. */
static gboolean is_reference(const struct prop_value *value)
{
    gsize n;
    const struct prop_row *rows = prop_rows(&n);

    if (value->row)
        return value->row->type == PROP_VM;
    for (gsize i = 0; i < n; i++)
        if (rows[i].type == PROP_VM && g_str_equal(rows[i].name, value->name))
            return TRUE;
    return FALSE;
}

static gboolean names(const struct prop_value *value, const struct qube *qube)
{
    return is_reference(value) && g_strcmp0(value->text, qube->name) == 0;
}

/* The part of a volume's id that is the qube's: "appvms/work/". */
static char *vid_stem(const struct qube *qube)
{
    return qube->class && qube->class->dir_prefix
               ? g_strdup_printf("%s/%s/", qube->class->dir_prefix, qube->name)
               : NULL;
}

static gboolean is_below(const char *vid, const char *stem)
{
    return vid && stem && g_str_has_prefix(vid, stem);
}

static gboolean is_own_source(const struct qube *qube, const struct volume *source)
{
    for (guint i = 0; source && i < qube->volumes->len; i++) {
        const struct volume *own =
            g_array_index(qube->volumes, struct volume_config, i).volume;

        if (own && g_str_equal(volume_vid(own), volume_vid(source)) &&
            g_str_equal(pool_name(volume_pool(own)), pool_name(volume_pool(source))))
            return TRUE;
    }
    return FALSE;
}

/* --- who has one --- */

struct group {
    const char *what; /* interned: "template", "a pci device", "volume root" */
    GPtrArray *by;    /* char *, quoted names */
};

struct search {
    const struct model *model;
    const struct qube *qube;
    char *stem;
    GArray *groups;
};

static void group_clear(gpointer data)
{
    g_ptr_array_unref(((struct group *)data)->by);
}

static struct group *group_get(struct search *search, const char *what)
{
    struct group new = { g_intern_string(what), NULL };

    for (guint i = 0; i < search->groups->len; i++) {
        struct group *group = &g_array_index(search->groups, struct group, i);

        if (group->what == new.what)
            return group;
    }
    new.by = g_ptr_array_new_with_free_func(g_free);
    g_array_append_val(search->groups, new);
    return &g_array_index(search->groups, struct group, search->groups->len - 1);
}

static void add(struct search *search, const char *what, const struct qube *by)
{
    g_autofree char *safe = by ? text_sanitise(by->name, -1) : NULL;
    g_autofree char *name = safe ? g_strdup_printf("'%s'", safe) : g_strdup("the system");
    GPtrArray *all = group_get(search, what)->by;

    if (!g_ptr_array_find_with_equal_func(all, name, g_str_equal, NULL))
        g_ptr_array_add(all, g_steal_pointer(&name));
}

static void search_globals(struct search *search)
{
    gsize n;
    const struct prop_row *rows = prop_rows(&n);

    for (gsize i = 0; i < n; i++) {
        const struct prop_value *value =
            prop_values_find(search->model->globals, rows[i].name);
        g_autofree char *now = rows[i].classes == 0 && rows[i].type == PROP_VM
                                   ? model_global(search->model, rows[i].name) : NULL;

        if (rows[i].classes == 0 &&
            (g_strcmp0(now, search->qube->name) == 0 ||
             (value && names(value, search->qube))))
            add(search, rows[i].name, NULL);
    }
}

static void search_devices(struct search *search, const struct qube *by)
{
    for (guint i = 0; i < by->devices->len; i++) {
        const struct device_assignment *device = by->devices->pdata[i];
        g_autofree char *what = g_strdup_printf("a %s device", device->class);

        if (g_strcmp0(device->backend, search->qube->name) == 0)
            add(search, what, by);
    }
}

/* Whose template it is has been said. */
static void search_volumes(struct search *search, const struct qube *by, gboolean said)
{
    for (guint i = 0; i < by->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(by->volumes, struct volume_config, i);
        const struct volume *volume = config->volume;
        const char *vid = volume ? volume_vid(volume) : volume_config_get(config, "vid");
        const char *source = volume_config_get(config, "source");
        g_autofree char *what = g_strdup_printf("volume %s", config->name);

        if (is_below(vid, search->stem) ||
            (!said && (is_below(source, search->stem) ||
                       (volume && is_own_source(search->qube, volume_source(volume))))))
            add(search, what, by);
    }
}

/* By what makes it a disposable of the qube it goes with that. */
static gboolean is_bound(const char *property)
{
    return g_str_equal(property, "template") || g_str_equal(property, "default_dispvm") ||
           g_str_equal(property, "management_dispvm");
}

static void search_qube(struct search *search, const struct qube *by)
{
    gboolean said = FALSE, goes = qube_is_preloaded_of(search->model, by, search->qube);

    for (guint i = 0; i < by->props->len; i++) {
        const struct prop_value *value = &g_array_index(by->props, struct prop_value, i);

        if (!names(value, search->qube))
            continue;
        if (!goes || !is_bound(value->name))
            add(search, value->name, by);
        said = said || g_str_equal(value->name, "template");
    }
    search_devices(search, by);
    search_volumes(search, by, said);
}

static char *groups_text(const GArray *groups)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < groups->len; i++) {
        const struct group *group = &g_array_index(groups, struct group, i);

        g_string_append_printf(text, "%s%s of ", i ? "; " : "", group->what);
        for (guint j = 0; j < group->by->len; j++)
            g_string_append_printf(text, "%s%s", j ? ", " : "",
                                   (const char *)group->by->pdata[j]);
    }
    return g_string_free(text, FALSE);
}

static void search_init(struct search *search, const struct model *model,
                        const struct qube *qube)
{
    *search = (struct search){ model, qube, vid_stem(qube) };
    search->groups = g_array_new(FALSE, FALSE, sizeof(struct group));
    g_array_set_clear_func(search->groups, group_clear);
}

static char *search_end(struct search *search)
{
    char *text = search->groups->len ? groups_text(search->groups) : NULL;

    g_array_unref(search->groups);
    g_free(search->stem);
    return text;
}

char *references_text(const struct model *model, const struct qube *qube,
                      const struct qube *base)
{
    struct search search;

    search_init(&search, model, qube);
    search_globals(&search);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *by = model->qubes->pdata[i];

        if (by != qube && by != base && !(base && qube_is_preloaded_of(model, by, base)))
            search_qube(&search, by);
    }
    return search_end(&search);
}

/* --- features that name qubes --- */

static const char *const naming[] = {
    "set-created-guivm", "deferred-netvm-original", "preload-dispvm",
    "preload-dispvm-completed", "preload-dispvm-in-progress",
};
#define NAMING_LISTS 2 /* from here on they are lists the system keeps */

/* The words with `name` for `old`; name NULL: without it. */
static char *words_change(const char *words, const char *old, const char *name)
{
    g_auto(GStrv) all = g_strsplit(words, " ", -1);
    g_autoptr(GPtrArray) out = g_ptr_array_new();

    for (gsize i = 0; all[i]; i++) {
        const char *word = g_str_equal(all[i], old) ? name : all[i];

        if (word)
            g_ptr_array_add(out, (gpointer)(gintptr)word);
    }
    g_ptr_array_add(out, NULL);
    return g_strjoinv(" ", (char **)out->pdata);
}

static gboolean features_change(struct qube *qube, gsize first, const char *old,
                                const char *name)
{
    gboolean changed = FALSE;

    for (gsize i = first; i < G_N_ELEMENTS(naming); i++) {
        const char *value = qube_feature(qube, naming[i]);
        g_autofree char *after = value ? words_change(value, old, name) : NULL;

        if (!value || g_str_equal(value, after))
            continue;
        qube_put_feature(qube, naming[i], after);
        changed = TRUE;
    }
    return changed;
}

void references_forget(struct model *model, const struct qube *qube)
{
    for (guint i = 0; i < model->qubes->len; i++)
        if (features_change(model->qubes->pdata[i], NAMING_LISTS, qube->name, NULL))
            model_touch(model, model->qubes->pdata[i]);
}

/* --- a new name --- */

struct vid {
    char *pool, *old, *new;
};

struct renaming {
    struct qube *qube;
    const char *old, *name;
    GArray *vids; /* struct vid, of its volumes */
};

static void vid_clear(gpointer data)
{
    struct vid *vid = data;

    g_free(vid->pool);
    g_free(vid->old);
    g_free(vid->new);
}

char *reference_new_vid(const struct qube *qube, const struct volume *volume,
                        const char *name)
{
    const struct pool *pool = volume_pool(volume);
    const char *prefix = qube->class->dir_prefix;
    g_autofree char *usual = NULL, *new = NULL;

    if (!prefix)
        return NULL;
    usual = pool_driver(pool)->vid(pool, prefix, qube->name, volume_name(volume));
    new = pool_driver(pool)->vid(pool, prefix, name, volume_name(volume));
    return g_str_equal(usual, volume_vid(volume)) && !g_str_equal(usual, new)
               ? g_steal_pointer(&new) : NULL;
}

static GArray *vids_new(const struct qube *qube, const char *name)
{
    GArray *vids = g_array_new(FALSE, FALSE, sizeof(struct vid));

    g_array_set_clear_func(vids, vid_clear);
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume *volume =
            g_array_index(qube->volumes, struct volume_config, i).volume;
        struct vid vid = { NULL };

        vid.new = volume ? reference_new_vid(qube, volume, name) : NULL;
        if (!vid.new)
            continue;
        vid.pool = g_strdup(pool_name(volume_pool(volume)));
        vid.old = g_strdup(volume_vid(volume));
        g_array_append_val(vids, vid);
    }
    return vids;
}

static gboolean props_rename(GArray *props, const struct renaming *renaming)
{
    gboolean changed = FALSE;

    for (guint i = 0; i < props->len; i++) {
        struct prop_value *value = &g_array_index(props, struct prop_value, i);

        if (!is_reference(value) || g_strcmp0(value->text, renaming->old) != 0)
            continue;
        g_free(value->text);
        value->text = g_strdup(renaming->name);
        changed = TRUE;
    }
    return changed;
}

static gboolean tags_rename(struct qube *qube, const struct renaming *renaming)
{
    static const char *const prefixes[] = {
        "guivm-", "audiovm-", "relayvm-", "created-by-", "disp-created-by-",
    };
    gboolean changed = FALSE;

    for (guint i = 0; i < qube->tags->len; i++)
        for (gsize p = 0; p < G_N_ELEMENTS(prefixes); p++) {
            const char *tag = qube->tags->pdata[i];

            if (!g_str_has_prefix(tag, prefixes[p]) ||
                !g_str_equal(tag + strlen(prefixes[p]), renaming->old))
                continue;
            g_free(qube->tags->pdata[i]);
            qube->tags->pdata[i] = g_strconcat(prefixes[p], renaming->name, NULL);
            changed = TRUE;
            break;
        }
    return changed;
}

static gboolean attr_rename(struct volume_config *config, const char *attr,
                            const struct renaming *renaming)
{
    const char *text = volume_config_get(config, attr);

    for (guint i = 0; text && i < renaming->vids->len; i++) {
        const struct vid *vid = &g_array_index(renaming->vids, struct vid, i);

        if (!g_str_equal(vid->old, text) || g_strcmp0(vid->pool, config->pool) != 0)
            continue;
        volume_config_set(config, attr, vid->new);
        return TRUE;
    }
    return FALSE;
}

static gboolean volumes_rename(struct qube *qube, const struct renaming *renaming)
{
    gboolean changed = FALSE;

    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (qube == renaming->qube)
            changed = attr_rename(config, "vid", renaming) || changed;
        changed = attr_rename(config, "source", renaming) || changed;
    }
    return changed;
}

/* The store says nothing of them, and what is made up for them has the old name
 * in it until they are built again. */
static void unwritten_drop(struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (config->attrs->len == 0)
            g_clear_pointer(&config->volume, volume_unref);
    }
}

static void qube_follow(struct model *model, struct qube *qube,
                        const struct renaming *renaming)
{
    gboolean changed = props_rename(qube->props, renaming);

    changed = qube_devices_rename(qube, renaming->old, renaming->name) || changed;
    changed = tags_rename(qube, renaming) || changed;
    changed = features_change(qube, 0, renaming->old, renaming->name) || changed;
    changed = volumes_rename(qube, renaming) || changed;
    if (!changed && qube != renaming->qube)
        return;
    unwritten_drop(qube);
    model_touch(model, qube);
}

void references_rename(struct model *model, struct qube *qube, const char *name)
{
    g_autofree char *old = g_strdup(qube->name);
    g_autoptr(GArray) vids = vids_new(qube, name);
    const struct renaming renaming = { qube, old, name, vids };
    gboolean nameless = qube->nameless;

    model_rename(model, qube, name);
    if (nameless)
        return; /* who has that name in mind means another one */
    props_rename(model->globals, &renaming);
    for (guint i = 0; i < model->qubes->len; i++)
        qube_follow(model, model->qubes->pdata[i], &renaming);
}

/* Of those whose text is kept as it stands everything; of the others the images in
 * its directory. */
static void search_fixed(struct search *search, const struct qube *by)
{
    if (by->broken)
        search_qube(search, by);
    else
        search_volumes(search, by, TRUE);
}

char *references_fixed(const struct model *model, const struct qube *qube)
{
    struct search search;

    search_init(&search, model, qube);
    for (guint i = 0; i < model->qubes->len; i++)
        if (model->qubes->pdata[i] != qube)
            search_fixed(&search, model->qubes->pdata[i]);
    return search_end(&search);
}
