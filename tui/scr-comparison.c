/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a copy of the store says otherwise than the store: what a restore would
 * change, qube by qube. Where the store cannot be read, what is in the copy. */
#include "config.h"

#include <string.h>

#include "core/layout.h"
#include "core/query.h"
#include "core/store-diff.h"
#include "core/store-stake.h"
#include "tui/pager.h"
#include "tui/screens.h"
#include "util/error.h"

struct comparison {
    char *name;          /* of the copy */
    struct pager *pager;
    struct query *query; /* NULL: none at work */
    GPtrArray *lines;    /* sanitised; what was read, or why it was not */
};

/* --- reading [worker] --- */

struct question {
    char *root, *copy; /* a path, or the id of a copy */
};

static void question_free(gpointer data)
{
    struct question *question = data;

    g_free(question->root);
    g_free(question->copy);
    g_free(question);
}

static void put(GPtrArray *lines, char *untrusted)
{
    g_ptr_array_add(lines, text_sanitise(untrusted, -1));
    g_free(untrusted);
}

static const char *word(const char *text)
{
    return text ? text : "-";
}

/* What a restore would do to it. */
static void put_change(GPtrArray *lines, const struct store_change *change)
{
    gboolean property = strcmp(change->kind, "property") == 0 ||
                        strcmp(change->kind, "global") == 0;

    if (strcmp(change->kind, "qube") == 0)
        put(lines, g_strdup(change->after ? "  comes back" : "  is not in the copy"));
    else
        put(lines, g_strdup_printf("  %s%s%s: %s -> %s", property ? "" : change->kind,
                                   property ? "" : " ", word(change->name),
                                   word(change->before), word(change->after)));
}

static void put_changes(GPtrArray *lines, const GPtrArray *changes)
{
    const char *qube = "";

    if (changes->len == 0)
        put(lines, g_strdup("The copy says the same as the store."));
    for (guint i = 0; i < changes->len; i++) {
        const struct store_change *change = changes->pdata[i];

        if (i == 0 || g_strcmp0(change->qube, qube) != 0)
            put(lines, g_strdup(change->qube ? change->qube : "system"));
        qube = change->qube;
        put_change(lines, change);
    }
}

static void put_stake(GPtrArray *lines, const struct question *question,
                      const struct store_reading *present,
                      const struct store_reading *copy)
{
    auto_of(store_stake) struct store_stake *stake =
        store_stake_new(question->root, present, copy, FALSE);
    guint before = lines->len;

    for (guint kind = 0; kind < STAKE_KINDS; kind++) {
        const GPtrArray *items = stake->items[kind];

        for (guint i = 0; (present || kind != STAKE_GOT) && i < items->len; i++) {
            g_autofree char *item = stake_item_text(kind, items->pdata[i]);

            put(lines, stake_kind_clause(kind, item));
        }
    }
    if (lines->len > before)
        put(lines, g_strdup(""));
}

static void put_qubes(GPtrArray *lines, const struct model *model)
{
    put(lines, g_strdup("The copy has:"));
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];
        g_autofree char *template = qube_get(model, qube, "template");

        put(lines, g_strdup_printf("  %-31s %-12s %s", qube->name,
                                   qube->class ? qube->class->name : "?",
                                   template ? template : ""));
    }
}

static gpointer comparison_run(gconstpointer data, GError **error)
{
    const struct question *question = data;
    g_autofree char *path = layout_path(question->root, LAYOUT_STORE);
    g_autofree char *copied = store_copy_path(question->root, question->copy, error);
    g_autoptr(GError) cause = NULL;
    auto_of(store_reading) struct store_reading *copy =
        copied ? store_reading_new(question->root, copied, error) : NULL;
    auto_of(store_reading) struct store_reading *present =
        copy ? store_reading_new(question->root, path, &cause) : NULL;
    GPtrArray *lines;

    if (!copy)
        return NULL;
    lines = g_ptr_array_new_with_free_func(g_free);
    put_stake(lines, question, present, copy);
    if (present) {
        g_autoptr(GPtrArray) changes = store_diff(present, copy);

        put_changes(lines, changes);
    } else {
        put(lines, g_strdup(cause->message));
        put(lines, g_strdup(""));
        put_qubes(lines, copy->model);
    }
    return lines;
}

/* --- the screen --- */

static void comparison_put(struct comparison *comparison, GPtrArray *lines)
{
    g_clear_pointer(&comparison->lines, g_ptr_array_unref);
    comparison->lines = lines;
    pager_set(comparison->pager, lines);
}

static void comparison_done(gpointer lines, const GError *error, gpointer data)
{
    struct screen *screen = data;
    struct comparison *comparison = screen->data;

    comparison->query = NULL;
    if (error) {
        lines = g_ptr_array_new_with_free_func(g_free);
        put(lines, g_strdup(error->message));
    }
    comparison_put(comparison, lines);
    app_dirty(screen->app);
}

static void comparison_changed(gpointer screen)
{
    app_dirty(((struct screen *)screen)->app);
}

static void comparison_open_screen(struct screen *screen, gconstpointer copy)
{
    struct comparison *comparison = screen->data;
    struct engine *engine = app_engine(screen->app);
    struct pager_spec pager = {NULL, comparison_changed, screen};
    struct query_spec spec = {comparison_run, (GDestroyNotify)g_ptr_array_unref,
                              question_free, comparison_done, screen};
    struct question *question = g_new0(struct question, 1);

    question->root = g_strdup(engine_root(engine));
    question->copy = g_strdup(copy);
    comparison->name = g_path_get_basename(copy);
    comparison->pager = pager_new(&pager);
    pager_set_wrap(comparison->pager, TRUE);
    comparison->query = query_submit(engine, question, &spec);
}

void comparison_open(struct app *app, const char *copy)
{
    app_push(app, &screen_comparison, copy);
}

static void comparison_close(struct screen *screen)
{
    struct comparison *comparison = screen->data;

    g_clear_pointer(&comparison->query, query_forget);
    g_clear_pointer(&comparison->lines, g_ptr_array_unref);
    pager_free(comparison->pager);
    g_free(comparison->name);
}

static char *comparison_head(struct screen *screen)
{
    const struct comparison *comparison = screen->data;

    return g_strdup_printf("Compare %s", comparison->name);
}

static void comparison_draw(struct screen *screen, struct rect area)
{
    const struct comparison *comparison = screen->data;

    pager_draw(comparison->pager, area);
    if (comparison->query)
        draw_words(area.y, area.x, area.w, STYLE_NORMAL, "Being read ...");
}

static char *comparison_status(const struct screen *screen)
{
    return pager_status(((const struct comparison *)screen->data)->pager);
}

static struct pager *comparison_pager(const struct screen *screen)
{
    return ((const struct comparison *)screen->data)->pager;
}

static gboolean comparison_typed(struct screen *screen, int key)
{
    return pager_typed(comparison_pager(screen), key);
}

const struct screen_class screen_comparison = {
    .name = "comparison",
    .title = "a copy and the store",
    .kind = SCREEN_VIEW,
    .more = pager_keys,
    .size = sizeof(struct comparison),
    .open = comparison_open_screen,
    .close = comparison_close,
    .head = comparison_head,
    .draw = comparison_draw,
    .typed = comparison_typed,
    .pager = comparison_pager,
    .status = comparison_status,
};
