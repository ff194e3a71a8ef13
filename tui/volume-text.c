/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/volume-text.h"

#include "tui/meter.h"
#include "util/text.h"

gboolean volume_is_read(const struct volume_config *config)
{
    return config->used != G_MAXUINT64;
}

int volume_percent(const struct volume_config *config)
{
    if (!volume_is_read(config) || config->size == 0)
        return -1;
    return meter_percent(config->used, config->size);
}

static int compare_most(guint64 a, guint64 b)
{
    return a < b ? 1 : -(a > b);
}

int volume_compare_size(const struct volume_config *a, const struct volume_config *b)
{
    return compare_most(a->size, b->size);
}

/* One more: the value that means unknown becomes 0. */
int volume_compare_used(const struct volume_config *a, const struct volume_config *b)
{
    return compare_most(a->used + 1, b->used + 1);
}

int volume_compare_percent(const struct volume_config *a,
                           const struct volume_config *b)
{
    return volume_percent(b) - volume_percent(a);
}

char *volume_text_size(const struct volume_config *config)
{
    return config->size ? text_size(config->size) : g_strdup("-");
}

char *volume_text_used(const struct volume_config *config)
{
    if (config->size == 0 || config->foreign)
        return g_strdup("-");
    return volume_is_read(config) ? text_size(config->used) : g_strdup("?");
}

char *volume_text_percent(const struct volume_config *config)
{
    int percent = volume_percent(config);

    if (config->size == 0 || config->foreign)
        return g_strdup("-");
    return percent < 0 ? g_strdup("?") : g_strdup_printf("%d%%", percent);
}

char *volume_text_revisions(const struct volume_config *config)
{
    if (config->foreign)
        return g_strdup("-");
    return config->revisions < 0 ? g_strdup("?")
                                 : g_strdup_printf("%d", config->revisions);
}

char *volume_text_flags(const struct volume_config *config)
{
    const struct volume *volume = config->volume;

    if (config->foreign)
        return g_strdup("-");
    if (!volume)
        return g_strdup("...!");
    return g_strdup_printf("%c%c%c.", volume_rw(volume) ? 'W' : '.',
                           volume_snap_on_start(volume) ? 'S' : '.',
                           volume_save_on_stop(volume) ? 'K' : '.');
}

const char *volume_text_file(const struct volume_config *config)
{
    const char *said = config->foreign ? volume_config_get(config, "vid") : NULL;

    if (config->volume)
        return volume_vid(config->volume);
    return said ? said : "-";
}

char *volume_text_date(const struct revision *revision)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(revision->time);

    return at ? g_date_time_format(at, "%Y-%m-%d %H:%M") : g_strdup("?");
}

char *volume_text_revision(const struct revision *revision)
{
    g_autofree char *date = volume_text_date(revision);
    g_autofree char *used = text_size(revision->used);

    return g_strdup_printf("%s  %s  %s%s", revision->id, date, used,
                           revision->pinned ? "  pinned" : "");
}

/* Of one that saves what was written, though nobody writes any more. */
static gboolean volume_is_cut_off(const struct qube *qube,
                                  const struct volume_config *config)
{
    return config->volume && config->in_use && volume_save_on_stop(config->volume) &&
           qube->state == POWER_HALTED && !qube->busy;
}

const char *volume_text_lag(const struct qube *qube, const struct volume_config *config)
{
    if (volume_is_cut_off(qube, config))
        return "dirty";
    return config->outdated ? "outdated" : NULL;
}

const char *volume_text_lag_long(const struct qube *qube,
                                 const struct volume_config *config)
{
    if (volume_is_cut_off(qube, config))
        return "dirty: its qube was cut off before what it wrote was saved";
    return config->outdated ? "outdated: a restart brings what its source has now" : NULL;
}
