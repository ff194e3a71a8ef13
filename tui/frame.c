/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/frame.h"

#include <string.h>

#include "core/pool-use.h"
#include "tui/action.h"
#include "tui/app.h"
#include "tui/findings.h"
#include "tui/meter.h"
#include "tui/views.h"

#define WIDTH_FULL 60
#define HEIGHT_FULL 15
#define WIDTH_ANY 20
#define HEIGHT_ANY 5
/* What goes first when there are fewer lines (ux.md 3.3). */
#define HEIGHT_POOLS 21
#define HEIGHT_EVENT 19
#define HEIGHT_TABS 17
#define WIDTH_TITLE 70
#define WIDTH_WORDS 110
#define CLOCK_WIDTH 6
#define STRIP_WIDTH 24
#define POOL_WIDTH 34
#define METADATA_WIDTH 16

static gboolean frame_is_small(int h, int w)
{
    return w < WIDTH_FULL || h < HEIGHT_FULL;
}

static gboolean frame_is_tiny(int h, int w)
{
    return w < WIDTH_ANY || h < HEIGHT_ANY;
}

gboolean frame_blind(void)
{
    int h, w;

    draw_size(&h, &w);
    return frame_is_tiny(h, w);
}

/* --- title --- */

static const char *frame_mode(struct engine *engine)
{
    static const char *const words[] = {
        [MODE_DIRECT] = "direct", [MODE_SHARED] = "shared", [MODE_DEMO] = "demo"};

    return words[engine_mode(engine)];
}

/* "down: why" -> "down": the reason has the event line, not the room of all
 * that follows it here. */
static char *frame_link(struct engine *engine)
{
    const char *status = engine_hv_status(engine);

    return g_strndup(status, strcspn(status, ":"));
}

/* Without a line of views the title says which one it is. */
static int frame_draw_view(struct app *app, int x, int w)
{
    const struct screen_class *class = views_current(app_views(app));

    return draw_format(0, x, w - x, STYLE_TITLE, "  [%c%s]", class->view,
                       class->brief);
}

/* Words are there whole or not at all. */
static int frame_put(int x, int end, const char *text)
{
    return x + text_width(text) > end ? 0 : draw_words(0, x, end - x, STYLE_TITLE, text);
}

static void frame_draw_title(struct app *app, int h, int w)
{
    struct engine *engine = app_engine(app);
    guint findings = findings_count(app_findings(app), app);
    int x, end = w - CLOCK_WIDTH - 1;
    gboolean narrow = w < WIDTH_TITLE;
    g_autofree char *link = frame_link(engine);
    g_autofree char *modes = g_strdup_printf("%smode:%s  libvirt:%s", narrow ? "  " : "   ",
                                             frame_mode(engine), link);
    g_autofree char *host = g_strconcat("  ", g_get_host_name(), NULL);
    g_autofree char *found = g_strdup_printf(
        "  findings:%u%s", findings, findings_are_all(app_findings(app), app) ? "" : "+");

    draw_fill((struct rect){0, 0, 1, w}, STYLE_TITLE);
    x = draw_words(0, 0, end, STYLE_TITLE, narrow ? " qmc" : " qmc " PACKAGE_VERSION);
    if (h < HEIGHT_TABS)
        x += frame_draw_view(app, x, end);
    /* The figures of the demo are not those of this host. */
    if (engine_mode(engine) != MODE_DEMO && !narrow)
        x += frame_put(x, end, host);
    x += frame_put(x, end, modes);
    if (engine_readonly(engine))
        x += frame_put(x, end, "  read-only");
    if (engine_frozen(engine) && x + 10 <= end) {
        x += draw_words(0, x, end - x, STYLE_TITLE, "  ");
        x += draw_words(0, x, end - x, STYLE_NORMAL, " FROZEN ");
    }
    if (findings)
        frame_put(x, end, found);
}

void frame_draw_clock(struct app *app, struct screen *view)
{
    int h, w;

    draw_size(&h, &w);
    if (!frame_is_small(h, w) && view->class->kind == SCREEN_VIEW && !draw_slow())
        draw_text(0, w - CLOCK_WIDTH, CLOCK_WIDTH, STYLE_TITLE, app_clock(app));
}

/* --- meters --- */

static void frame_draw_cpu(const struct model *model, int y, int width)
{
    g_autofree char *cpus = model->host.cpus
                                ? g_strdup_printf(" %u cpu", model->host.cpus)
                                : g_strdup("");
    struct meter meter = {.label = "CPU", .percent = model->host_cpu_percent};
    int tail = text_width(cpus);

    meter_draw(y, 0, width - tail, &meter);
    draw_words(y, width - tail, tail, STYLE_NORMAL, cpus);
}

static void frame_draw_memory(const struct model *model, int y, int x, int width)
{
    const struct hv_host *host = &model->host;
    struct meter meter = {.label = "MEM", .percent = -1};

    if (!host->memory_kib || !host->free_known) {
        meter_draw(y, x, width, &meter);
        return;
    }
    guint64 used = host->memory_kib - MIN(host->free_kib, host->memory_kib);
    g_autofree char *have = text_size(host->memory_kib * 1024);
    g_autofree char *taken = text_size(used * 1024);
    g_autofree char *text = g_strdup_printf("%s/%s", taken, have);
    meter.percent = meter_percent(used, host->memory_kib);
    meter.text = text;
    meter_draw(y, x, width, &meter);
}

/* A hypervisor that answers but does not count CPU time has no bar; one that
 * has not answered yet has an empty one. */
static void frame_draw_host(const struct model *model, int y, int w)
{
    int half = w / 2 - 2;

    if (model->host.cpus && !model->host.cpu_known) {
        int used = draw_format(y, 0, w, STYLE_NORMAL, "%u cpu  ",
                               model->host.cpus);

        frame_draw_memory(model, y, used, w - used);
        return;
    }
    frame_draw_cpu(model, y, half);
    frame_draw_memory(model, y, half + 4, w - half - 4);
}

static gboolean frame_pool_counts(const struct pool_entry *entry)
{
    return entry->pool && pool_driver(entry->pool)->usage;
}

static guint frame_count_pools(const struct model *model)
{
    guint n = 0;

    for (guint i = 0; i < model->pools->len; i++)
        n += frame_pool_counts(model->pools->pdata[i]);
    return n;
}

/* Beside the data, if there is room for both. What is left for those. */
static int frame_draw_metadata(const struct pool_entry *entry, int y, int x, int w)
{
    struct meter meter = {.label = "meta", .percent = pool_entry_metadata_percent(entry)};

    if (meter.percent < 0 || w < POOL_WIDTH)
        return w;
    meter_draw(y, x + w - METADATA_WIDTH, METADATA_WIDTH, &meter);
    return w - METADATA_WIDTH - 1;
}

static void frame_draw_pool(const struct pool_entry *entry, int y, int x, int w)
{
    struct meter meter = {.label = entry->name, .percent = -1};

    if (!entry->usage_known || !entry->size) {
        meter.text = entry->trouble ? "OFFLINE" : NULL;
        meter_draw(y, x, w, &meter);
        return;
    }
    g_autofree char *have = text_size(entry->size);
    g_autofree char *used = text_size(entry->used);
    g_autofree char *text = g_strdup_printf("%s/%s", used, have);
    int left = frame_draw_metadata(entry, y, x, w);
    meter.percent = meter_percent(entry->used, entry->size);
    meter.text = left == w ? text : NULL;
    meter_draw(y, x, left, &meter);
}

static void frame_draw_pools(const struct model *model, int y, int w)
{
    guint n = MIN(frame_count_pools(model), (guint)MAX(w / POOL_WIDTH, 1));
    int each = n ? w / (int)n : w;
    guint drawn = 0;

    for (guint i = 0; i < model->pools->len && drawn < n; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        if (!frame_pool_counts(entry))
            continue;
        frame_draw_pool(entry, y, (int)drawn * each,
                        drawn + 1 == n ? w - (int)drawn * each : each - 2);
        drawn++;
    }
}

/* --- views --- */

struct tabs {
    struct app *app;
    int y, x, w;
};

/* "[1Qubes]", " 7Jobs:2 ", and with room "[1 Qubes]". */
static void frame_draw_tab(const struct screen_class *class, gboolean current,
                           gpointer data)
{
    struct tabs *tabs = data;
    gboolean wide = tabs->w >= WIDTH_WORDS;
    guint n = class->count ? class->count(tabs->app) : 0;
    g_autofree char *count = n ? g_strdup_printf(":%u", n) : g_strdup("");
    g_autofree char *text = g_strdup_printf(
        "%s%c%s%s%s%s", current ? "[" : " ", class->view, wide ? " " : "",
        wide ? class->tab : class->brief, count, current ? "]" : " ");

    tabs->x += 1 + draw_words(tabs->y, tabs->x, tabs->w - tabs->x,
                              current ? STYLE_STRONG : STYLE_NORMAL, text);
}

/* What is at work now, at the right end of the line of views. */
static void frame_draw_strip(struct app *app, int y, int x, int w)
{
    const struct op *op = action_running(app, NULL);
    g_autofree char *step = NULL;

    if (!op || w < STRIP_WIDTH)
        return;
    step = op_step_shown(op);
    g_autofree char *text = g_strdup_printf("%s %s%s%s", op->row->doing, op->subject,
                                            step ? ": " : "", step ? step : "");
    int used = MIN(text_width(text), w);
    draw_text(y, x + w - used, used, STYLE_DIM, text);
}

static void frame_draw_tabs(struct app *app, int y, int w)
{
    struct tabs tabs = {app, y, 0, w};

    views_each(app_views(app), frame_draw_tab, &tabs);
    frame_draw_strip(app, y, tabs.x + 1, w - tabs.x - 2);
}

/* --- the lines at the bottom --- */

static void frame_draw_state(struct app *app, struct screen *view, int y, int w)
{
    g_autofree char *text =
        view->class->status ? view->class->status(view) : NULL;

    draw_text(y, 0, w, STYLE_NORMAL, text);
}

/* FALSE: there is none, or `fresh` is wanted and it is not. */
static gboolean frame_draw_event(struct app *app, gboolean fresh, int y, int w)
{
    enum note_kind kind;
    g_autofree char *note = app_note_text(app, &kind);

    if (!note || (fresh && kind == NOTE_LAST))
        return FALSE;
    draw_text(y, 0, w, kind == NOTE_ALERT ? STYLE_WARN : STYLE_NORMAL, note);
    return TRUE;
}

struct hints {
    const struct key_row *help; /* stands first, wherever its table comes */
    const struct key_row *out;  /* the way out: never without room */
    int y, x, end;
};

static int frame_hint_width(const struct key_row *row)
{
    g_autofree char *key = key_row_first(row);

    return text_width(key) + text_width(row->hint) + 3;
}

static void frame_put_hint(struct hints *hints, const struct key_row *row)
{
    g_autofree char *key = key_row_first(row);

    if (hints->x + frame_hint_width(row) > hints->end + 1)
        return;
    /* In one style: each change of colours costs more bytes than the word. */
    hints->x += 2 + draw_format(hints->y, hints->x, hints->end - hints->x,
                                STYLE_FOOTER, "%s %s", key, row->hint);
}

static void frame_draw_hint(const struct key_row *row, gpointer data)
{
    struct hints *hints = data;

    if (row->hint && row != hints->help && row != hints->out)
        frame_put_hint(hints, row);
}

static void frame_find_out(const struct key_row *row, gpointer data)
{
    struct hints *hints = data;

    if (row->hint)
        hints->out = row;
}

static void frame_draw_hints(const struct screen *top, int y, int w)
{
    struct hints hints = {.help = app_keys(), .y = y, .x = 1, .end = w};

    draw_fill((struct rect){y, 0, 1, w}, STYLE_FOOTER);
    /* A box names its keys in its foot line: one place at a time. */
    if (top->boxed)
        return;
    frame_put_hint(&hints, hints.help);
    screen_each_row(top, FALSE, frame_find_out, &hints);
    hints.end = w - (hints.out ? frame_hint_width(hints.out) : 0);
    screen_each_row(top, FALSE, frame_draw_hint, &hints);
    hints.end = w;
    if (hints.out && hints.out != hints.help)
        frame_put_hint(&hints, hints.out);
}

/* What is asked has to say how it is answered, an event can wait. */
static gboolean frame_asks(const struct screen *top)
{
    return top->class->kind == SCREEN_POPUP || screen_field(top);
}

void frame_draw_footer(struct app *app, struct screen *view)
{
    const struct screen *top = app_top(app);
    int h, w;

    draw_size(&h, &w);
    if (frame_is_tiny(h, w) || view->class->kind == SCREEN_FULL)
        return;
    if (!frame_is_small(h, w) || !frame_draw_event(app, frame_asks(top), h - 1, w))
        frame_draw_hints(top, h - 1, w);
}

/* --- all of it --- */

/* State and event, or whichever is of interest on the one line left for both. */
static int frame_draw_bottom(struct app *app, struct screen *view, int h, int w)
{
    if (h < HEIGHT_EVENT) {
        if (!frame_draw_event(app, TRUE, h - 2, w))
            frame_draw_state(app, view, h - 2, w);
        return h - 2;
    }
    frame_draw_state(app, view, h - 3, w);
    frame_draw_event(app, FALSE, h - 2, w);
    return h - 3;
}

/* A view of one object: its name is the title, or stands below it. */
static struct rect frame_draw_object(struct app *app, struct screen *view, int h,
                                     int w)
{
    struct engine *engine = app_engine(app);
    g_autofree char *head = view->class->head(view);
    int y = w >= WIDTH_WORDS;
    enum style style = y ? STYLE_STRONG : STYLE_TITLE;

    if (y)
        frame_draw_title(app, h, w);
    draw_fill((struct rect){y, 0, 1, w}, style);
    draw_format(y, 1, w - 2, style, "%s", head);
    if (!y)
        draw_format(0, w - CLOCK_WIDTH - 13, 13, STYLE_TITLE, " mode:%s",
                    frame_mode(engine));
    return (struct rect){y + 1, 0, frame_draw_bottom(app, view, h, w) - y - 1, w};
}

static struct rect frame_draw_full(struct app *app, struct screen *view, int h,
                                   int w)
{
    const struct model *model = app_model(app);
    int y = 2;

    frame_draw_title(app, h, w);
    frame_draw_host(model, 1, w);
    if (frame_count_pools(model) && h >= HEIGHT_POOLS)
        frame_draw_pools(model, y++, w);
    if (h >= HEIGHT_TABS)
        frame_draw_tabs(app, y++, w);
    return (struct rect){y, 0, frame_draw_bottom(app, view, h, w) - y, w};
}

struct rect frame_draw(struct app *app, struct screen *view)
{
    int h, w;

    draw_size(&h, &w);
    if (frame_is_tiny(h, w)) {
        draw_words(0, 0, w, STYLE_NORMAL, "too small");
        return (struct rect){0, 0, 0, 0};
    }
    if (view->class->kind == SCREEN_FULL)
        return (struct rect){0, 0, h, w};
    if (frame_is_small(h, w))
        return (struct rect){0, 0, h - 1, w};
    return view->class->head ? frame_draw_object(app, view, h, w)
                             : frame_draw_full(app, view, h, w);
}

struct rect frame_prompt(void)
{
    int h, w;

    draw_size(&h, &w);
    if (frame_is_small(h, w) || h < HEIGHT_EVENT)
        return (struct rect){h - 2, 0, 1, w};
    return (struct rect){h - 3, 0, 2, w};
}
