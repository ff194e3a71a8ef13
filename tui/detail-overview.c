/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a qube, what needs attention, what happened last
 * (ux.md 4.2). A line whose data does not exist is not there. */
#include "config.h"

#include "tui/detail.h"

#include <string.h>

#include "tui/meter.h"
#include "tui/pager.h"
#include "tui/qube-text.h"
#include "tui/volume-text.h"

#define INDENT 12
#define BAR_NARROW 23
#define BAR_WIDE 42
#define WIDTH_WIDE 90
#define EVENTS_MAX 8

struct overview {
    struct pager *pager;
    int width; /* the lines are made for; 0: make them anew */
    guint last; /* entry of the journal when they were made */
};

/* What a line is made from. */
struct facts {
    const struct screen *screen;
    const struct model *model;
    const struct qube *qube;
    struct pager_fold fold;
    guint attention; /* number of the last thing that needs it */
};

static struct overview *overview_of(const struct screen *screen)
{
    return detail_page(screen, DETAIL_OVERVIEW);
}

static int overview_bar(const struct facts *facts)
{
    return facts->fold.width >= WIDTH_WIDE ? BAR_WIDE : BAR_NARROW;
}

/* --- lines --- */

static const char *overview_is_default(const struct facts *facts,
                                       const char *property)
{
    return qube_is_explicit(facts->qube, property) ? "" : " (default)";
}

static char *overview_state(const struct facts *facts)
{
    const struct qube *qube = facts->qube;
    g_autofree char *label = qube_get(facts->model, qube, "label");
    GString *text = g_string_new(qube_text_state(qube));

    if (qube->busy)
        g_string_append_printf(text, ", %s", qube->busy);
    if (qube->xid >= 0)
        g_string_append_printf(text, "   xid %d", qube->xid);
    g_string_append_printf(text, "   label %s", label ? label : "?");
    return g_string_free(text, FALSE);
}

static char *overview_class(const struct facts *facts)
{
    g_autofree char *mode = qube_get(facts->model, facts->qube, "virt_mode");
    g_autofree char *template = qube_get(facts->model, facts->qube, "template");
    GString *text = g_string_new(facts->qube->class_name);

    if (mode)
        g_string_append_printf(text, "   virt mode %s", mode);
    if (template && *template)
        g_string_append_printf(text, "   template %s%s", template,
                               overview_is_default(facts, "template"));
    return g_string_free(text, FALSE);
}

static char *overview_identity(const struct facts *facts)
{
    return g_strdup_printf("uuid %s   qid %d", facts->qube->uuid, facts->qube->qid);
}

static char *overview_mib(const struct facts *facts, const char *property)
{
    gint64 mib = qube_get_int(facts->model, facts->qube, property, -1);

    return mib > 0 ? text_size((guint64)mib << 20) : NULL;
}

static char *overview_memory(const struct facts *facts)
{
    const struct qube *qube = facts->qube;
    g_autofree char *initial = overview_mib(facts, "memory");
    g_autofree char *max = overview_mib(facts, "maxmem");
    gint64 max_mib = qube_get_int(facts->model, qube, "maxmem", 0);
    GString *text = g_string_new(NULL);

    if (qube->state != POWER_HALTED && qube->memory_kib && max_mib > 0) {
        int percent = meter_percent(qube->memory_kib, (guint64)max_mib << 10);
        g_autofree char *now = text_size(qube->memory_kib * 1024);
        g_autofree char *bar = meter_text(percent, overview_bar(facts));

        g_string_append_printf(text, "%7s %s ", now, bar);
    }
    if (max && text->len)
        g_string_append_printf(text, "of %s max, ", max);
    if (initial)
        g_string_append_printf(text, "%s initial%s", initial, max ? "" : ", fixed");
    if (max && !strstr(text->str, " max"))
        g_string_append_printf(text, ", up to %s", max);
    return g_string_free(text, FALSE);
}

static char *overview_cpu(const struct facts *facts)
{
    g_autofree char *vcpus = qube_get(facts->model, facts->qube, "vcpus");
    g_autofree char *kernel = qube_get(facts->model, facts->qube, "kernel");
    GString *text = g_string_new(NULL);

    if (vcpus)
        g_string_append_printf(text, "%s vcpus", vcpus);
    if (kernel && *kernel)
        g_string_append_printf(text, "   kernel %s%s", kernel,
                               overview_is_default(facts, "kernel"));
    else if (kernel)
        g_string_append(text, "   kernel of its own, from its root volume");
    return g_string_free(text, FALSE);
}

/* A qube it refers to; NULL: its class has no such property. */
static char *overview_reference(const struct facts *facts, const char *property)
{
    const struct class_row *class = facts->qube->class;
    g_autofree char *name = qube_get(facts->model, facts->qube, property);

    if (!class || !prop_find(property, class->id))
        return NULL;
    return g_strconcat(name && *name ? name : "none",
                       overview_is_default(facts, property), NULL);
}

static char *overview_netvm(const struct facts *facts)
{
    static const struct {
        const char *word, *property;
    } addresses[] = {{"ip", "ip"}, {"gateway", "visible_gateway"}};
    g_autofree char *name = overview_reference(facts, "netvm");
    GString *text = g_string_new(name);

    if (!qube_get_vm(facts->model, facts->qube, "netvm"))
        return g_string_free(text, FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_autofree char *value =
            qube_get(facts->model, facts->qube, addresses[i].property);

        if (value && *value)
            g_string_append_printf(text, "   %s %s", addresses[i].word, value);
    }
    return g_string_free(text, FALSE);
}

static char *overview_dispvm(const struct facts *facts)
{
    return overview_reference(facts, "default_dispvm");
}

static char *overview_starts(const struct facts *facts)
{
    const struct class_row *class = facts->qube->class;
    gboolean backup = qube_get_bool(facts->model, facts->qube, "include_in_backups");
    const char *starts = qube_feature(facts->qube, "prohibit-start") ? "prohibited"
                         : qube_get_bool(facts->model, facts->qube, "autostart")
                             ? "at boot" : "not at boot";

    if (!class || !prop_find("autostart", class->id))
        return NULL;
    return g_strdup_printf("%s   %s backups", starts, backup ? "in" : "not in");
}

static char *overview_flags(const struct facts *facts)
{
    static const struct {
        const char *property, *words;
    } flags[] = {
        {"provides_network", "provides network"},
        {"template_for_dispvms", "template for disposables"},
        {"debug", "debug"},
        {"installed_by_rpm", "installed by rpm"},
    };
    GString *text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        if (qube_get_bool(facts->model, facts->qube, flags[i].property))
            g_string_append_printf(text, "%s%s", text->len ? ", " : "",
                                   flags[i].words);
    return g_string_free(text, FALSE);
}

static char *overview_tags(const struct facts *facts)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < facts->qube->tags->len; i++)
        g_string_append_printf(text, "%s%s", i ? "  " : "",
                               (const char *)facts->qube->tags->pdata[i]);
    return g_string_free(text, FALSE);
}

static void overview_append_users(GString *text, const struct facts *facts,
                                  const char *property, const char *words)
{
    gboolean first = TRUE;

    for (guint i = 0; i < facts->model->qubes->len; i++) {
        const struct qube *other = facts->model->qubes->pdata[i];

        if (other == facts->qube ||
            qube_get_vm(facts->model, other, property) != facts->qube)
            continue;
        if (first)
            g_string_append_printf(text, "%s%s ", text->len ? "; " : "", words);
        g_string_append_printf(text, "%s%s", first ? "" : ", ", other->name);
        first = FALSE;
    }
}

static char *overview_users(const struct facts *facts)
{
    GString *text = g_string_new(NULL);

    overview_append_users(text, facts, "netvm", "net qube of");
    overview_append_users(text, facts, "template", "template of");
    overview_append_users(text, facts, "default_dispvm",
                          "default disposable template of");
    if (text->len == 0)
        g_string_append(text, "nothing");
    return g_string_free(text, FALSE);
}

typedef char *(*overview_fn)(const struct facts *facts);

static const struct overview_row {
    const char *label;
    overview_fn text; /* caller frees; NULL or "": no line */
} overview_rows[] = {
    {"State", overview_state},     {"Class", overview_class},
    {"Memory", overview_memory},   {"CPU", overview_cpu},
    {NULL, NULL}, /* here stand the volumes */
    {"Net qube", overview_netvm},  {"Disposables", overview_dispvm},
    {"Starts", overview_starts},   {"Flags", overview_flags},
    {"Tags", overview_tags},       {"Used by", overview_users},
    {"Identity", overview_identity},
};

/* --- volumes --- */

static gboolean overview_volume_full(const struct volume_config *config)
{
    return config->volume && volume_save_on_stop(config->volume) &&
           volume_percent(config) >= METER_ATTENTION;
}

static char *overview_volume(const struct facts *facts,
                             const struct volume_config *config)
{
    g_autofree char *size = text_size(config->size);
    int percent = volume_percent(config);
    const char *full = overview_volume_full(config) ? "   nearly full: v r" : "";

    if (percent < 0)
        return config->size ? g_strdup_printf("%s  %s", size,
                                              config->pool ? config->pool : "")
                            : NULL;
    g_autofree char *used = text_size(config->used);
    g_autofree char *bar = meter_text(percent, overview_bar(facts));
    return g_strdup_printf("%7s %s of %s  %s%s", used, bar, size,
                           config->pool ? config->pool : "", full);
}

static void overview_add(const struct facts *facts, const char *label,
                         const char *text)
{
    if (text && *text)
        pager_fold(&facts->fold, label, text);
}

static void overview_add_volumes(const struct facts *facts)
{
    const GArray *volumes = facts->qube->volumes;

    for (guint i = 0; i < volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(volumes, struct volume_config, i);
        g_autofree char *text = overview_volume(facts, config);

        overview_add(facts, config->name, text);
    }
}

/* --- what needs attention, what happened --- */

static void overview_add_head(const struct facts *facts, const char *title)
{
    g_autofree char *rest = g_strnfill((gsize)MAX(facts->fold.width, 0), '-');
    g_autofree char *line = g_strdup_printf("-- %s %s", title, rest);

    g_ptr_array_add(facts->fold.lines,
                    text_fit(line, MAX(facts->fold.width, 1), TEXT_LEFT));
    char *last = facts->fold.lines->pdata[facts->fold.lines->len - 1];
    last[strlen(last) - 1] = '-';
}

static void overview_add_attention(struct facts *facts, const char *mark,
                                   const char *message, const char *hint)
{
    struct pager_fold fold = facts->fold;
    g_autofree char *head = NULL;

    if (facts->attention++ == 0)
        overview_add_head(facts, "What needs attention");
    head = g_strdup_printf("%u %s", facts->attention, mark);
    fold.indent = 5;
    pager_fold(&fold, head, message);
    if (hint)
        pager_fold(&fold, "", hint);
}

static void overview_add_findings(struct facts *facts)
{
    static const char *const marks[] = {
        [SEVERITY_INFO] = "i", [SEVERITY_WARN] = "!", [SEVERITY_STOP] = "!"};
    const struct qube *qube = facts->qube;

    for (guint i = 0; i < qube->findings->len; i++) {
        const struct finding *finding = qube->findings->pdata[i];

        overview_add_attention(facts, marks[finding->severity], finding->message,
                               finding->hint);
    }
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (config->trouble)
            overview_add_attention(facts, "!", config->trouble, NULL);
        if (!overview_volume_full(config))
            continue;
        g_autofree char *text =
            g_strdup_printf("%s volume is %d%% full", config->name,
                            volume_percent(config));
        overview_add_attention(facts, "!", text, "v, then r: give it more room");
    }
}

static void overview_add_events(const struct facts *facts)
{
    const struct journal *journal = app_journal(facts->screen->app);
    struct pager_fold fold = facts->fold;
    guint shown = 0;

    fold.indent = INDENT;
    for (guint i = journal_length(journal); i > 0 && shown < EVENTS_MAX; i--) {
        const struct journal_entry *entry = journal_at(journal, i - 1);

        if (!g_str_equal(entry->uuid, facts->qube->uuid))
            continue;
        g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(entry->at);
        g_autofree char *time = g_date_time_format(at, "%H:%M:%S");
        if (shown++ == 0)
            overview_add_head(facts, "Last events");
        pager_fold(&fold, time, entry->brief);
    }
}

/* --- the tab --- */

static void overview_make(struct screen *screen, int width)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    struct facts facts = {.screen = screen,
                          .model = app_model(screen->app),
                          .qube = detail_qube(screen),
                          .fold = {lines, INDENT, width}};

    for (gsize i = 0; i < G_N_ELEMENTS(overview_rows); i++) {
        const struct overview_row *row = &overview_rows[i];
        g_autofree char *text = row->text ? row->text(&facts) : NULL;

        if (row->text)
            overview_add(&facts, row->label, text);
        else
            overview_add_volumes(&facts);
    }
    overview_add_findings(&facts);
    overview_add_events(&facts);
    overview_of(screen)->width = width;
    overview_of(screen)->last = journal_last(app_journal(screen->app));
    pager_set(overview_of(screen)->pager, lines);
}

static void overview_changed(gpointer screen)
{
    app_dirty(((struct screen *)screen)->app);
}

static enum style overview_style(const char *line, gpointer data)
{
    return g_ascii_isdigit(*line) && g_str_has_prefix(line + 1, " !") ? STYLE_WARN
                                                                      : STYLE_NORMAL;
}

static gpointer overview_open(struct screen *screen)
{
    struct overview *overview = g_new0(struct overview, 1);
    struct pager_spec spec = {
        .style = overview_style, .titles = TRUE, .changed = overview_changed, .data = screen};

    overview->pager = pager_new(&spec);
    return overview;
}

static void overview_close(gpointer page)
{
    struct overview *overview = page;

    pager_free(overview->pager);
    g_free(overview);
}

static void overview_show(struct screen *screen)
{
    overview_of(screen)->width = 0;
    pager_rewind(overview_of(screen)->pager);
    engine_request_volumes(app_engine(screen->app), detail_uuid(screen));
}

static void overview_event(struct screen *screen, const struct event *event)
{
    overview_of(screen)->width = 0;
}

static void overview_draw(struct screen *screen, struct rect area)
{
    struct overview *overview = overview_of(screen);

    /* Notes left by a key come with no event. */
    if (overview->width != area.w ||
        overview->last != journal_last(app_journal(screen->app)))
        overview_make(screen, area.w);
    pager_draw(overview->pager, area);
}

static struct pager *overview_pager(const struct screen *screen)
{
    return overview_of(screen)->pager;
}

static char *overview_status(const struct screen *screen)
{
    return pager_status(overview_of(screen)->pager);
}

const struct detail_tab detail_overview = {
    .title = "Overview",
    .open = overview_open,
    .close = overview_close,
    .show = overview_show,
    .draw = overview_draw,
    .event = overview_event,
    .status = overview_status,
    .pager = overview_pager,
};
