/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The logs dom0 keeps about a qube (ux.md 4.8). They are read in jobs; what is
 * shown is the last reading. */
#include "config.h"

#include "tui/detail.h"

#include "core/logs.h"
#include "tui/pager.h"
#include "tui/tabs.h"
#include "util/error.h"

#define FOLLOW_MS 1000

struct log {
    struct screen *screen;
    struct pager *pager;
    char *name;            /* of the qube looked at */
    char *path;            /* of the source chosen; NULL: the first there is */
    struct log_text *text; /* NULL: not read yet, or it failed */
    char *error, *hint;
    gboolean errors_only;
    struct query *reading; /* NULL: none at work */
    gboolean again;        /* something else was asked for meanwhile */
    gboolean stale;        /* what is shown is not of the source chosen */
    guint timer;           /* while it is looked at */
};

static struct log *log_of(const struct screen *screen)
{
    return detail_page(screen, DETAIL_LOG);
}

static void log_changed(gpointer screen)
{
    app_dirty(((struct screen *)screen)->app);
}

/* --- reading --- */

static void log_put_lines(struct log *log)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    const struct log_text *text = log->text;

    pager_set(log->pager, !text || !text->lines ? none
                          : log->errors_only    ? text->errors
                                                : text->lines);
}

static void log_put_error(struct log *log, const GError *error)
{
    g_free(log->error);
    g_free(log->hint);
    log->error = error ? g_strdup(error->message) : NULL;
    log->hint = error ? g_strdup(error_hint(error)) : NULL;
    g_clear_pointer(&log->text, log_text_free);
}

/* FALSE: it says the same as the one before. */
static gboolean log_take(struct log *log, struct log_text *text)
{
    const struct log_source *source =
        text->sources->len ? text->sources->pdata[text->current] : NULL;

    if (source && !text->lines) {
        log_text_free(text);
        return FALSE;
    }
    log_put_error(log, NULL);
    log->text = text;
    log->stale = FALSE;
    g_free(log->path);
    log->path = source ? g_strdup(source->path) : NULL;
    return TRUE;
}

static void log_read(struct log *log);

static void log_read_done(gpointer text, const GError *error, gpointer data)
{
    struct log *log = data;
    gboolean again = log->again;

    log->reading = NULL;
    if (again) {
        /* Of something else by now. */
        g_clear_pointer(&text, log_text_free);
        log_read(log);
        return;
    }
    if (error)
        log_put_error(log, error);
    else if (!log_take(log, text))
        return;
    log_put_lines(log);
    app_dirty(log->screen->app);
}

static void log_read(struct log *log)
{
    gboolean known = log->text && log->text->lines && !log->stale;
    struct log_query query = {log->name, log->path,
                              known ? &log->text->stamp : NULL};

    log->again = log->reading != NULL;
    if (!log->reading)
        log->reading = logs_request(app_engine(log->screen->app), &query,
                                    log_read_done, log);
}

/* What is read while it is not the end that is looked at stays as it is. */
static gboolean log_follow(gpointer data)
{
    struct log *log = data;

    if (pager_follows(log->pager) && pager_at_end(log->pager) && !log->reading &&
        detail_is_top(log->screen))
        log_read(log);
    return G_SOURCE_CONTINUE;
}

/* --- the tab --- */

static gpointer log_open(struct screen *screen)
{
    struct log *log = g_new0(struct log, 1);
    struct pager_spec spec = {NULL, log_changed, screen};

    log->screen = screen;
    log->pager = pager_new(&spec);
    pager_set_follow(log->pager, TRUE);
    return log;
}

static void log_hide(struct screen *screen)
{
    struct log *log = log_of(screen);

    g_clear_handle_id(&log->timer, g_source_remove);
}

static void log_close(gpointer page)
{
    struct log *log = page;

    g_clear_handle_id(&log->timer, g_source_remove);
    g_clear_pointer(&log->reading, query_forget);
    log_put_error(log, NULL);
    pager_free(log->pager);
    g_free(log->name);
    g_free(log->path);
    g_free(log);
}

static void log_show(struct screen *screen)
{
    struct log *log = log_of(screen);
    const struct qube *qube = detail_qube(screen);

    if (!qube)
        return;
    if (g_strcmp0(log->name, qube->name) != 0) {
        g_free(log->name);
        log->name = g_strdup(qube->name);
        log_put_error(log, NULL);
        log_put_lines(log);
    }
    log_read(log);
    if (!log->timer)
        log->timer = g_timeout_add(FOLLOW_MS, log_follow, log);
}

static gboolean log_has_text(const struct screen *screen)
{
    const struct log *log = log_of(screen);

    return log->text && log->text->lines;
}

/* Nothing to move through or to search in without a text. */
static struct pager *log_pager(const struct screen *screen)
{
    return log_has_text(screen) ? log_of(screen)->pager : NULL;
}

static char *log_status(const struct screen *screen)
{
    return pager_status(log_of(screen)->pager);
}

/* Index of the one chosen; that of the last reading may be another still. */
static guint log_source(const struct log *log)
{
    const GPtrArray *sources = log->text->sources;

    for (guint i = 0; i < sources->len; i++)
        if (g_strcmp0(((const struct log_source *)sources->pdata[i])->path,
                      log->path) == 0)
            return i;
    return log->text->current;
}

/* --- drawing --- */

static const char *log_word(gboolean on)
{
    return on ? "on" : "off";
}

static void log_draw_sources(const struct log *log, struct rect line)
{
    g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *state = g_strdup_printf(
        "%sfollow:%s wrap:%s", log->errors_only ? "errors only  " : "",
        log_word(pager_follows(log->pager)), log_word(pager_wraps(log->pager)));
    int tail = text_width(state) + 2;
    int used = draw_words(line.y, line.x, line.w, STYLE_NORMAL, "Source: ");

    for (guint i = 0; i < log->text->sources->len; i++) {
        const struct log_source *source = log->text->sources->pdata[i];

        g_ptr_array_add(titles, g_strdup(source->label));
    }
    tabs_draw((struct rect){line.y, line.x + used, 1, line.w - used - tail},
              (const char *const *)titles->pdata, titles->len, log_source(log));
    draw_text_right(line.y, line.x + line.w - tail, tail, STYLE_DIM, state);
}

static void log_draw_path(const struct log *log, struct rect line)
{
    g_autofree char *size = text_size(log->text->size);
    g_autofree char *tail = text_size(LOGS_TAIL);

    draw_line(line.y, line.x, line.w, STYLE_BOX);
    draw_format(line.y, line.x + 2, line.w - 4, STYLE_NORMAL,
                " %s   %s   %u %s%s%s ", log->path, size, log->text->lines->len,
                log->text->lines->len == 1 ? "line" : "lines",
                log->text->cut ? " of the last " : "", log->text->cut ? tail : "");
}

static void log_draw_none(const struct log *log, struct rect area)
{
    g_autoptr(GPtrArray) candidates = logs_candidates(log->name, NULL);
    struct rect text = {area.y + 1, area.x + 2, area.h - 1, area.w - 4};
    int used = draw_wrapped(text, STYLE_NORMAL,
                            "There is no log of this qube. Most of them begin when it "
                            "starts. Looked for:");

    for (guint i = 0; candidates && i < candidates->len; i++)
        if (used + 1 + (int)i < text.h)
            draw_words(text.y + used + 1 + (int)i, text.x, text.w, STYLE_DIM,
                       ((const struct log_source *)candidates->pdata[i])->path);
}

static void log_draw_error(const struct log *log, struct rect area)
{
    struct rect text = {area.y + 1, area.x + 2, area.h - 1, area.w - 4};
    int used = draw_wrapped(text, STYLE_WARN, log->error);

    text.y += used + 1;
    text.h -= used + 1;
    if (log->hint)
        draw_wrapped(text, STYLE_NORMAL, log->hint);
}

static void log_draw_text(const struct log *log, struct rect area)
{
    log_draw_sources(log, (struct rect){area.y, area.x, 1, area.w});
    if (log->stale)
        return;
    log_draw_path(log, (struct rect){area.y + 1, area.x, 1, area.w});
    pager_draw(log->pager, (struct rect){area.y + 2, area.x, area.h - 2, area.w});
    if (pager_lines(log->pager) == 0)
        draw_words(area.y + 3, area.x + 2, area.w - 4, STYLE_NORMAL,
                   log->errors_only ? "No line speaks of an error. t shows all."
                                    : "The log is empty.");
}

static void log_draw(struct screen *screen, struct rect area)
{
    const struct log *log = log_of(screen);

    if (area.h < 3)
        return;
    draw_cursor(area.y, area.x);
    if (log->error)
        log_draw_error(log, area);
    else if (!log->text)
        draw_words(area.y + 1, area.x + 2, area.w - 4, STYLE_NORMAL, "reading ...");
    else if (log->text->sources->len == 0)
        log_draw_none(log, area);
    else
        log_draw_text(log, area);
}

/* --- keys --- */

static void log_key_save(struct screen *screen)
{
    const struct log *log = log_of(screen);

    if (!log_has_text(screen) || !log->path)
        return;
    g_autofree char *base = g_path_get_basename(log->path);
    g_autofree char *path = g_strdup_printf("~/%s", base);
    g_autofree char *what = g_strdup_printf("the log of '%s'", log->name);
    struct save_offer offer = {log->text->lines, what, path};
    save_open(screen->app, &offer);
}

static void log_choose(struct screen *screen, guint source)
{
    struct log *log = log_of(screen);
    const struct log_source *chosen = log->text->sources->pdata[source];

    g_free(log->path);
    log->path = g_strdup(chosen->path);
    log->stale = TRUE;
    log_read(log);
}

/* All sources, then the list of qubes, if that is there. */
static void log_step(struct screen *screen, int by)
{
    struct log *log = log_of(screen);
    int n = log->text ? (int)log->text->sources->len : 0;
    int next = n ? (int)log_source(log) + by : 0;

    if (next < 0 || next >= n) {
        if (detail_focus_list(screen))
            return;
        next = n ? (next + n) % n : 0;
    }
    if (n > 1)
        log_choose(screen, (guint)next);
}

static void log_key_next(struct screen *screen)
{
    log_step(screen, 1);
}

static void log_key_previous(struct screen *screen)
{
    log_step(screen, -1);
}

static void log_key_follow(struct screen *screen)
{
    struct pager *pager = log_of(screen)->pager;

    pager_set_follow(pager, !pager_follows(pager));
}

static void log_key_errors(struct screen *screen)
{
    struct log *log = log_of(screen);

    log->errors_only = !log->errors_only;
    log_put_lines(log);
}

static gboolean log_has_sources(const struct screen *screen)
{
    const struct log *log = log_of(screen);

    return log->text && log->text->sources->len > 1;
}

/* clang-format off */
const struct key_row detail_log_keys[] = {
    {"Tab", "next-source", "Source", NULL, KEYS_SHOW, NULL, log_key_next,
     log_has_sources},
    {"S-Tab", "previous-source", NULL, "in the log: next, previous source",
     KEYS_SHOW, NULL, log_key_previous, log_has_sources},
    {"f", "follow", "Follow", "in the log: stay at its end", KEYS_SHOW, NULL,
     log_key_follow, log_has_text},
    {"t", "errors", "Errors only", "in the log: lines of trouble only",
     KEYS_SHOW, NULL, log_key_errors, log_has_text},
    {"s", "save", "Save", "in the log: save a copy", KEYS_ACT, NULL,
     log_key_save, log_has_text},
    {NULL},
};
/* clang-format on */

const struct detail_tab detail_log = {
    .title = "Log",
    .keys = detail_log_keys,
    .open = log_open,
    .close = log_close,
    .show = log_show,
    .hide = log_hide,
    .draw = log_draw,
    .status = log_status,
    .pager = log_pager,
};
