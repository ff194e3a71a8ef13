/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/volume-facts.h"

#include "core/foreign.h"
#include "tui/meter.h"
#include "tui/volume-text.h"

#define BAR_WIDTH 32

static const char *yes_or_no(gboolean yes)
{
    return yes ? "yes" : "no";
}

static char *bar_text(const struct volume_config *config)
{
    g_autofree char *size = text_size(config->size);

    if (!config->size)
        return NULL;
    if (!volume_is_read(config))
        return g_strdup_printf("%s   used ?", size);
    g_autofree char *used = text_size(config->used);
    g_autofree char *bar = meter_text(volume_percent(config), BAR_WIDTH);
    return g_strdup_printf("%s   used %s %s", size, used, bar);
}

static char *path_text(const struct model *model,
                               const struct volume_config *config)
{
    const struct pool_entry *entry =
        config->pool ? model_pool(model, config->pool) : NULL;
    const char *dir = entry ? pool_entry_dir(entry) : NULL;
    const char *vid = volume_config_get(config, "vid");

    if (!vid)
        return NULL;
    return dir ? g_build_filename(dir, vid, NULL) : g_strdup(vid);
}

static char *flags_text(const struct volume_config *config)
{
    const struct volume *volume = config->volume;

    if (config->foreign)
        return g_strdup("-");
    if (!volume)
        return g_strdup("its line in the store is wrong: see the overview");
    return g_strdup_printf("saved on stop %s   from template %s   writable %s"
                           "   ephemeral %s",
                           yes_or_no(volume_save_on_stop(volume)),
                           yes_or_no(volume_snap_on_start(volume)),
                           yes_or_no(volume_rw(volume)),
                           yes_or_no(volume_ephemeral(volume)));
}

static char *saved_text(const struct volume_config *config)
{
    if (config->foreign)
        return g_strdup("-");
    if (!config->volume || !volume_save_on_stop(config->volume))
        return g_strdup("none: it is not kept at shutdown");
    if (config->revisions < 0)
        return g_strdup("?");
    return g_strdup_printf("%d kept of at most %d", config->revisions,
                           volume_revisions_to_keep(config->volume));
}

static void put_pool(const struct model *model, const struct volume_config *config,
                     struct facts *facts)
{
    const struct pool_entry *entry =
        config->pool ? model_pool(model, config->pool) : NULL;

    if (!entry || facts->area.h < 2)
        return;
    g_autofree char *title = g_strdup_printf("Pool %s (%s)", entry->name,
                                             entry->driver);
    facts_title(facts, title);
    if (driver_is_foreign(entry->driver))
        facts_put(facts, STYLE_NORMAL, "Not used", "qmc cannot work with it yet");
    if (!entry->usage_known || !entry->size)
        return;
    g_autofree char *used = text_size(entry->used);
    g_autofree char *size = text_size(entry->size);
    g_autofree char *left = text_size(entry->size - MIN(entry->used, entry->size));
    g_autofree char *bar =
        meter_text(meter_percent(entry->used, entry->size), BAR_WIDTH);
    g_autofree char *text =
        g_strdup_printf("%s of %s %s   %s free", used, size, bar, left);
    facts_put(facts, STYLE_NORMAL, "Data", text);
}

void volume_facts_figures(const struct qube *qube, const struct volume_config *config,
                          struct facts *facts)
{
    g_autofree char *title = g_strdup_printf("%s:%s", qube->name, config->name);
    g_autofree char *bar = bar_text(config);
    g_autofree char *saved = saved_text(config);

    facts_title(facts, title);
    facts_put(facts, STYLE_WARN, "Trouble", config->trouble);
    facts_put(facts, STYLE_WARN, "State", volume_text_lag_long(qube, config));
    facts_put(facts, STYLE_NORMAL, "Size", bar);
    facts_put(facts, STYLE_NORMAL, "Earlier", saved);
}

void volume_facts_rest(const struct model *model, const struct volume_config *config,
                       struct facts *facts)
{
    g_autofree char *path = path_text(model, config);
    g_autofree char *flags = flags_text(config);

    facts_put(facts, STYLE_NORMAL, "Path", path);
    facts_put(facts, STYLE_NORMAL, "Flags", flags);
    facts_skip(facts);
    put_pool(model, config, facts);
}
