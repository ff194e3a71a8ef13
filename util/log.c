/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "util/text.h"

#define LOG_LINES_MAX 1000

static GMutex log_lock;
static GQueue log_ring = G_QUEUE_INIT;
static gboolean log_stderr;

static char *G_GNUC_PRINTF(2, 0)
log_format(const char *module, const char *format, va_list args)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *stamp = g_date_time_format(now, "%H:%M:%S");
    g_autofree char *untrusted_text = g_strdup_vprintf(format, args);
    g_autofree char *text = text_sanitise(untrusted_text, -1);

    return g_strdup_printf("%s.%03d %s: %s", stamp,
                           g_date_time_get_microsecond(now) / 1000, module,
                           text);
}

void log_line(const char *module, const char *format, ...)
{
    char *line;
    va_list args;

    va_start(args, format);
    line = log_format(module, format, args);
    va_end(args);

    g_mutex_lock(&log_lock);
    if (log_stderr)
        fprintf(stderr, "%s\n", line);
    g_queue_push_tail(&log_ring, line);
    if (log_ring.length > LOG_LINES_MAX)
        g_free(g_queue_pop_head(&log_ring));
    g_mutex_unlock(&log_lock);
}

void log_to_stderr(gboolean on)
{
    g_mutex_lock(&log_lock);
    log_stderr = on;
    g_mutex_unlock(&log_lock);
}

GPtrArray *log_lines(void)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    g_mutex_lock(&log_lock);
    for (GList *l = log_ring.head; l; l = l->next)
        g_ptr_array_add(lines, g_strdup((const char *)l->data));
    g_mutex_unlock(&log_lock);
    return lines;
}
