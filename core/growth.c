/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/growth.h"

#include "util/text.h"

enum {
    MINUTE = 60,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    SPACING_S = 5 * MINUTE, /* between every second one of those kept: some 300 are a day */
    ENOUGH_S = 10 * MINUTE, /* before that one write is taken for a trend */
    /* How often what was watched may be told on: 10 minutes say 16 hours, 2 hours a week. */
    FORESIGHT = 100,
    /* A part of what it had: a fall beyond that is no noise. */
    FALL = 50,
};

struct sample {
    gint64 at_us;
    guint64 bytes;
};

GArray *growth_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(struct sample));
}

static const struct sample *sample_at(const GArray *growth, guint i)
{
    return &g_array_index(growth, struct sample, i);
}

static const struct sample *newest(const GArray *growth)
{
    return sample_at(growth, growth->len - 1);
}

static double seconds_between(const struct sample *from, const struct sample *to)
{
    return (double)(to->at_us - from->at_us) / G_USEC_PER_SEC;
}

static gboolean is_fall(const struct sample *from, const struct sample *to)
{
    return to->bytes < from->bytes && from->bytes - to->bytes > from->bytes / FALL;
}

/* The newest one is always there: it takes the place of one that came right before it. */
void growth_add(GArray *growth, gint64 at_us, guint64 bytes)
{
    struct sample sample = {at_us, bytes};

    if (growth->len > 0 && is_fall(newest(growth), &sample))
        g_array_set_size(growth, 0);
    if (growth->len > 1 &&
        seconds_between(sample_at(growth, growth->len - 2), &sample) < SPACING_S)
        g_array_set_size(growth, growth->len - 1);
    g_array_append_val(growth, sample);
    while (seconds_between(sample_at(growth, 0), &sample) > DAY)
        g_array_remove_index(growth, 0);
}

gint64 growth_watched(const GArray *growth)
{
    return growth->len > 0
               ? (gint64)seconds_between(sample_at(growth, 0), newest(growth)) : 0;
}

static double rate_between(const struct sample *from, const struct sample *to)
{
    return ((double)to->bytes - (double)from->bytes) / seconds_between(from, to);
}

gboolean growth_rate(const GArray *growth, double *per_day)
{
    if (growth_watched(growth) < ENOUGH_S)
        return FALSE;
    *per_day = rate_between(sample_at(growth, 0), newest(growth)) * DAY;
    return TRUE;
}

/* Both halves tell about the same: one import is no trend. */
static gboolean is_steady(const GArray *growth)
{
    const struct sample *first = sample_at(growth, 0), *last = newest(growth);
    double whole = rate_between(first, last), half = growth_watched(growth) / 2.0;
    guint i = 1;

    while (i + 2 < growth->len && seconds_between(first, sample_at(growth, i)) < half)
        i++;
    return growth->len > 2 &&
           rate_between(first, sample_at(growth, i)) > whole / 2 &&
           rate_between(sample_at(growth, i), last) > whole / 2;
}

gboolean growth_full_in(const GArray *growth, guint64 size, gint64 *seconds)
{
    double per_day, left;

    if (!growth_rate(growth, &per_day) || per_day <= 0 || !is_steady(growth))
        return FALSE;
    left = size > newest(growth)->bytes ? (double)(size - newest(growth)->bytes) : 0;
    left = left / per_day * DAY;
    if (left > (double)growth_watched(growth) * FORESIGHT)
        return FALSE;
    *seconds = (gint64)left;
    return TRUE;
}

/* --- in words --- */

/* By the hour where that is worth a tenth of a G. */
char *growth_rate_text(const GArray *growth)
{
    double per_day;
    gboolean hourly;

    if (!growth_rate(growth, &per_day))
        return NULL;
    hourly = ABS(per_day) >= 24 * (double)(1 << 30) / 10;
    g_autofree char *size = text_size((guint64)(ABS(per_day) / (hourly ? 24 : 1)));
    if (ABS(per_day) < 1 << 20)
        return g_strdup("0");
    return g_strdup_printf("%c%s/%s", per_day < 0 ? '-' : '+', size,
                           hourly ? "h" : "day");
}

/* Under two of the larger unit it is counted in the smaller. */
static gint64 count_time(gint64 seconds, const char **unit)
{
    gint64 one = seconds >= 2 * DAY ? DAY : seconds >= 2 * HOUR ? HOUR : MINUTE;

    *unit = one == DAY ? "day" : one == HOUR ? "hour" : "minute";
    return (seconds + one / 2) / one;
}

char *growth_time_text(gint64 seconds)
{
    const char *unit;
    gint64 n = count_time(seconds, &unit);

    return g_strdup_printf("~%" G_GINT64_FORMAT "%.*s", n, *unit == 'm' ? 3 : 1, unit);
}

char *growth_time_words(gint64 seconds)
{
    const char *unit;
    gint64 n = count_time(seconds, &unit);

    return g_strdup_printf("about %" G_GINT64_FORMAT " %s%s", n, unit, n == 1 ? "" : "s");
}
