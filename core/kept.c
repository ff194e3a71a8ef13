/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/kept.h"

#include "core/home.h"

gboolean kept_is_damaged(const struct qube *qube)
{
    return qube->broken || !qube->class;
}

const struct volume_config *kept_because(const struct model *model,
                                         const struct qube *qube)
{
    const struct qube *owner;

    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (!config->volume || model_volume_rival(model, config, &owner))
            return config;
    }
    return NULL;
}

/* Between two starts; of one that cannot be used by what the store says of it. */
static gboolean may_have_data(const struct qube *qube, const struct volume_config *config)
{
    const char *said = volume_config_get(config, "save_on_stop");
    const struct class_volume *row =
        qube->class ? class_volume_find(qube->class, config->name) : NULL;

    if (config->volume)
        return volume_save_on_stop(config->volume);
    return said ? !g_str_equal(said, "False") : row && row->save_on_stop;
}

static void add_volume(GString *text, const struct volume_config *config)
{
    const char *vid = config->volume ? volume_vid(config->volume)
                                     : volume_config_get(config, "vid");
    const char *pool = config->pool ? config->pool : volume_config_get(config, "pool");

    g_string_append_printf(text, "%svolume %s", text->len ? ", " : "", config->name);
    if (vid)
        g_string_append_printf(text, " '%s'", vid);
    if (pool)
        g_string_append_printf(text, " of pool '%s'", pool);
}

char *kept_text(const struct model *model, const struct qube *qube)
{
    gboolean damaged = kept_is_damaged(qube);
    g_autofree char *home = NULL;
    GString *text;

    if (!damaged && !kept_because(model, qube))
        return NULL;
    home = damaged ? home_path_said("", qube) : home_path("", qube->class, qube->name);
    text = g_string_new(NULL);
    if (home)
        g_string_append_printf(text, "directory %s", home);
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (may_have_data(qube, config))
            add_volume(text, config);
    }
    return g_string_free(text, FALSE);
}
