/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/store-stake.h"

#include <string.h>

#include "core/home.h"
#include "util/error.h"
#include "util/job.h"

/* --- words --- */

static const struct {
    const char *word;
    gboolean grave;
    const char *item;   /* of its name and what else there is */
    const char *clause;
} kinds[STAKE_KINDS] = {
    [STAKE_DAMAGED] = {"damaged", TRUE, "%2$s", "it is damaged: %s"},
    [STAKE_LOST] = {"lost", TRUE, "'%1$s'", "the store loses %s"},
    [STAKE_OTHER] = {"other", TRUE, "'%1$s'", "another qube takes the name of %s"},
    [STAKE_ABSENT] = {"absent", TRUE, "of '%1$s' (%2$s)", "images would be missing: %s"},
    [STAKE_ADOPTED] = {"adopted", TRUE, "'%1$s' takes over '%2$s'",
                       "what is on disk gets another owner: %s"},
    [STAKE_LEFT] = {"left", TRUE, "'%2$s', now of '%1$s'", "no qube would have %s"},
    [STAKE_RENAMED] = {"renamed", FALSE, "'%1$s' becomes '%2$s' again", "%s"},
    [STAKE_GOT] = {"got", FALSE, "'%1$s'", "the store gets %s"},
};

const char *stake_kind_word(enum stake_kind kind)
{
    return kinds[kind].word;
}

gboolean stake_kind_grave(enum stake_kind kind)
{
    return kinds[kind].grave;
}

static char *filled(const char *format, const char *name, const char *of)
{
    GString *text = g_string_new(NULL);

    for (const char *at = format; *at; at++) {
        if (g_str_has_prefix(at, "%1$s") || g_str_has_prefix(at, "%2$s")) {
            g_string_append(text, at[1] == '1' ? name : of);
            at += strlen("%1$s") - 1;
        } else if (g_str_has_prefix(at, "%s")) {
            g_string_append(text, name);
            at++;
        } else {
            g_string_append_c(text, *at);
        }
    }
    return g_string_free(text, FALSE);
}

char *stake_item_text(enum stake_kind kind, const struct stake_item *item)
{
    char *text = filled(kinds[kind].item, item->name ? item->name : "",
                        item->of ? item->of : "");

    return g_strdelimit(text, "\n", '?');
}

char *stake_kind_clause(enum stake_kind kind, const char *texts)
{
    return filled(kinds[kind].clause, texts, "");
}

/* --- items --- */

static void item_free(gpointer data)
{
    struct stake_item *item = data;

    g_free(item->name);
    g_free(item->of);
    g_free(item);
}

/* As the machine of the store calls it. */
static const char *below(const char *root, const char *path)
{
    return *root && g_str_has_prefix(path, root) ? path + strlen(root) : path;
}

static void add(struct store_stake *stake, enum stake_kind kind, const char *name,
                const char *of)
{
    struct stake_item *item = g_new(struct stake_item, 1);

    *item = (struct stake_item){g_strdup(name), g_strdup(of)};
    g_ptr_array_add(stake->items[kind], item);
}

void store_stake_free(struct store_stake *stake)
{
    if (!stake)
        return;
    for (guint i = 0; i < STAKE_KINDS; i++)
        g_ptr_array_unref(stake->items[i]);
    g_free(stake);
}

/* --- who is who --- */

static gboolean is_admin(const struct qube *qube)
{
    return qube->class && qube->class->id == CLASS_ADMIN;
}

static struct qube *same_in(const struct model *model, const struct qube *qube)
{
    struct qube *named;

    if (*qube->uuid && model_qube(model, qube->uuid))
        return model_qube(model, qube->uuid);
    named = model_qube_named(model, qube->name);
    return named && *named->uuid && *qube->uuid ? NULL : named;
}

/* Another one there that has its name, and takes the place of nobody else. */
static gboolean is_replaced_in(const struct model *model, const struct qube *qube,
                               const struct model *home)
{
    const struct qube *named = model_qube_named(model, qube->name);

    return named && !same_in(home, named);
}

static void weigh_goers(struct store_stake *stake, const struct model *now,
                        const struct model *then)
{
    for (guint i = 0; i < now->qubes->len; i++) {
        const struct qube *qube = now->qubes->pdata[i];
        const struct qube *same = same_in(then, qube);

        if (is_admin(qube))
            continue;
        if (!same)
            add(stake, is_replaced_in(then, qube, now) ? STAKE_OTHER : STAKE_LOST,
                qube->name, NULL);
        else if (strcmp(same->name, qube->name) != 0)
            add(stake, STAKE_RENAMED, qube->name, same->name);
    }
}

/* Not one that takes the place of another, which is said of that. */
static void weigh_comers(struct store_stake *stake, const struct model *now,
                         const struct model *then)
{
    for (guint i = 0; i < then->qubes->len; i++) {
        const struct qube *qube = then->qubes->pdata[i];

        if (!is_admin(qube) &&
            (!now || (!same_in(now, qube) && !is_replaced_in(now, qube, then))))
            add(stake, STAKE_GOT, qube->name, NULL);
    }
}

/* --- images --- */

/* Only what a stop saves is there between two starts. */
static gboolean is_saved(const struct volume_config *config)
{
    return config->volume && volume_save_on_stop(config->volume) &&
           !volume_snap_on_start(config->volume);
}

/* Whatever the pool is called in either store. */
static char *image_path(const struct volume_config *config)
{
    const struct pool *pool = volume_pool(config->volume);
    const char *dir = pool_dir(pool) ? pool_dir(pool) : config->pool;

    return g_build_filename(dir ? dir : "", volume_vid(config->volume), NULL);
}

static GHashTable *images_of(const struct model *model)
{
    GHashTable *paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; model && i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        for (guint v = 0; v < qube->volumes->len; v++) {
            const struct volume_config *config =
                &g_array_index(qube->volumes, struct volume_config, v);

            if (is_saved(config))
                g_hash_table_add(paths, image_path(config));
        }
    }
    return paths;
}

/* One whose directory is away has lost nothing, nor has it anything. */
static gboolean is_as_asked(const struct volume_config *config, gboolean missing)
{
    const struct pool *pool = volume_pool(config->volume);
    g_autoptr(GError) error = NULL;

    if (pool_dir(pool) && !g_file_test(pool_dir(pool), G_FILE_TEST_IS_DIR))
        return FALSE;
    if (volume_verify(config->volume, &error))
        return !missing;
    return missing && error_is(error, QMC_ERROR_NOTFOUND);
}

/* The path of its first image that is missing, or is there, and not among the known;
 * NULL: there is none. */
static char *first_image(const struct qube *qube, GHashTable *known, gboolean missing)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        g_autofree char *path = is_saved(config) ? image_path(config) : NULL;

        if (path && !(known && g_hash_table_contains(known, path)) &&
            is_as_asked(config, missing))
            return g_steal_pointer(&path);
    }
    return NULL;
}

/* What is missing to the present store as well is no news. */
static void weigh_absent(struct store_stake *stake, const char *root,
                          const struct model *now, const struct model *then)
{
    g_autoptr(GHashTable) known = images_of(now);

    for (guint i = 0; i < then->qubes->len; i++) {
        const struct qube *qube = then->qubes->pdata[i];
        g_autofree char *path = first_image(qube, known, TRUE);

        if (path)
            add(stake, STAKE_ABSENT, qube->name, below(root, path));
    }
}

/* Of a qube that goes everybody expects it. */
static void weigh_left(struct store_stake *stake, const char *root,
                        const struct model *now, const struct model *then)
{
    g_autoptr(GHashTable) known = images_of(then);

    for (guint i = 0; i < now->qubes->len; i++) {
        const struct qube *qube = now->qubes->pdata[i];
        gboolean goes = !same_in(then, qube) && !is_replaced_in(then, qube, now);
        g_autofree char *path = goes ? NULL : first_image(qube, known, FALSE);
        g_autofree char *dir = path ? g_path_get_dirname(path) : NULL;

        if (dir)
            add(stake, STAKE_LEFT, qube->name, below(root, dir));
    }
}

static char *what_is_there(const char *root, const struct qube *qube)
{
    g_autofree char *home = home_path(root, qube->class, qube->name), *path = NULL;

    if (home && g_file_test(home, G_FILE_TEST_EXISTS))
        return g_steal_pointer(&home);
    path = first_image(qube, NULL, FALSE);
    return path ? g_path_get_dirname(path) : NULL;
}

static void weigh_adopted(struct store_stake *stake, const char *root,
                          const struct model *now, const struct model *then,
                          gboolean foreign)
{
    for (guint i = 0; i < then->qubes->len; i++) {
        const struct qube *qube = then->qubes->pdata[i];
        gboolean strange = now && !same_in(now, qube) && is_replaced_in(now, qube, then);
        g_autofree char *there = NULL;

        if (is_admin(qube) || !(strange || (foreign && !(now && same_in(now, qube)))))
            continue;
        there = what_is_there(root, qube);
        if (there)
            add(stake, STAKE_ADOPTED, qube->name, below(root, there));
    }
}

/* --- damage --- */

static void weigh_findings(struct store_stake *stake, const char *qube,
                           const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = findings->pdata[i];

        if (finding->severity >= SEVERITY_STOP)
            add(stake, STAKE_DAMAGED, qube, finding->message);
    }
}

static void weigh_damage(struct store_stake *stake, const struct model *then)
{
    weigh_findings(stake, NULL, then->findings);
    for (guint i = 0; i < then->qubes->len; i++) {
        const struct qube *qube = then->qubes->pdata[i];

        weigh_findings(stake, qube->name, qube->findings);
    }
}

struct store_stake *store_stake_new(const char *root, const struct store_reading *present,
                                    const struct store_reading *other, gboolean foreign)
{
    struct store_stake *stake = g_new0(struct store_stake, 1);
    const struct model *now = present ? present->model : NULL, *then = other->model;

    job_may_block();
    for (guint i = 0; i < STAKE_KINDS; i++)
        stake->items[i] = g_ptr_array_new_with_free_func(item_free);
    weigh_damage(stake, then);
    if (now)
        weigh_goers(stake, now, then);
    weigh_comers(stake, now, then);
    weigh_adopted(stake, root, now, then, foreign);
    if (!foreign)
        weigh_absent(stake, root, now, then);
    if (now)
        weigh_left(stake, root, now, then);
    return stake;
}
