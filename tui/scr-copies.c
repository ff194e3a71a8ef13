/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The copies of the store, the best first, also where the store itself cannot be
 * read (spec/qubes-xml.md 6.5). They are read in jobs. */
#include "config.h"

#include <string.h>

#include "core/query.h"
#include "core/store-history.h"
#include "core/store-stake.h"
#include "tui/facts.h"
#include "tui/list.h"
#include "tui/screens.h"
#include "util/error.h"

#define FACTS_LINES 7

struct copies {
    struct list *list;
    GPtrArray *copies;   /* struct store_copy; NULL: not read yet */
    GError *error;       /* why they could not be; NULL: they could */
    guint left_out;
    struct query *query; /* NULL: none at work */
    gboolean again;      /* the store has changed since it was asked */
};

/* --- reading --- */

struct answer {
    GPtrArray *copies;
    guint left_out;
};

static void answer_free(gpointer data)
{
    struct answer *answer = data;

    g_clear_pointer(&answer->copies, g_ptr_array_unref);
    g_free(answer);
}

static gpointer copies_run(gconstpointer root, GError **error)
{
    struct answer *answer = g_new0(struct answer, 1);

    answer->copies = store_copies_list(root, &answer->left_out, error);
    if (answer->copies)
        return answer;
    answer_free(answer);
    return NULL;
}

static void copies_ask(struct screen *screen);

static void copies_done(gpointer data, const GError *error, gpointer user)
{
    struct screen *screen = user;
    struct copies *copies = screen->data;
    struct answer *answer = data;

    copies->query = NULL;
    g_clear_error(&copies->error);
    if (error) {
        copies->error = g_error_copy(error);
    } else {
        g_clear_pointer(&copies->copies, g_ptr_array_unref);
        copies->copies = g_steal_pointer(&answer->copies);
        copies->left_out = answer->left_out;
        answer_free(answer);
    }
    screen->stale = TRUE;
    app_dirty(screen->app);
    if (copies->again)
        copies_ask(screen);
}

static void copies_ask(struct screen *screen)
{
    struct copies *copies = screen->data;
    struct query_spec spec = {copies_run, answer_free, g_free, copies_done, screen};
    struct engine *engine = app_engine(screen->app);

    copies->again = copies->query != NULL;
    if (!copies->query)
        copies->query = query_submit(engine, g_strdup(engine_root(engine)), &spec);
}

/* --- cells --- */

static const struct store_copy *copies_find(const struct copies *copies,
                                            const char *path)
{
    for (guint i = 0; copies->copies && i < copies->copies->len; i++) {
        const struct store_copy *copy = copies->copies->pdata[i];

        if (strcmp(copy->path, path) == 0)
            return copy;
    }
    return NULL;
}

static gconstpointer copies_item(const char *id, gpointer data)
{
    return copies_find(((const struct screen *)data)->data, id);
}

static const char *copies_name(gconstpointer item, gpointer data)
{
    return ((const struct store_copy *)item)->id;
}

static guint copies_rank(const struct screen *screen, gconstpointer item)
{
    const struct copies *copies = screen->data;
    guint rank = 0;

    g_ptr_array_find(copies->copies, item, &rank);
    return rank;
}

static int copies_compare_rank(gconstpointer a, gconstpointer b, gpointer data)
{
    guint one = copies_rank(data, a), two = copies_rank(data, b);

    return one < two ? -1 : one > two;
}

static char *copies_text_rank(gconstpointer item, gpointer data)
{
    return g_strdup_printf("%u", copies_rank(data, item) + 1);
}

static char *copies_text_time(gconstpointer item, gpointer data)
{
    const struct store_copy *copy = item;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(copy->time);

    return time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : g_strdup("?");
}

static int copies_compare_time(gconstpointer a, gconstpointer b, gpointer data)
{
    return store_copy_compare_age(b, a);
}

static gboolean copies_reads(gconstpointer item)
{
    return ((const struct store_copy *)item)->state != COPY_UNREADABLE;
}

static char *copies_text_state(gconstpointer item, gpointer data)
{
    return g_strdup(copy_state_word(((const struct store_copy *)item)->state));
}

static enum style copies_style_state(gconstpointer item, gpointer data)
{
    static const enum style styles[] = {
        [COPY_CLEAN] = STYLE_GOOD, [COPY_FINDINGS] = STYLE_NORMAL,
        [COPY_EMPTY] = STYLE_WARN, [COPY_UNREADABLE] = STYLE_BAD,
    };

    return styles[((const struct store_copy *)item)->state];
}

static char *copies_text_number(gconstpointer item, guint number)
{
    return copies_reads(item) ? g_strdup_printf("%u", number) : g_strdup("-");
}

static char *copies_text_qubes(gconstpointer item, gpointer data)
{
    return copies_text_number(item, ((const struct store_copy *)item)->qubes);
}

static char *copies_text_findings(gconstpointer item, gpointer data)
{
    return copies_text_number(item, ((const struct store_copy *)item)->findings);
}

static char *copies_text_size(gconstpointer item, gpointer data)
{
    return text_size(((const struct store_copy *)item)->size);
}

static char *copies_text_source(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct store_copy *)item)->ours ? "qmc" : "boot");
}

static char *copies_text_name(gconstpointer item, gpointer data)
{
    return g_strdup(((const struct store_copy *)item)->id);
}

/* clang-format off */
static const struct list_column copies_columns[] = {
    {"#", 3, 4, 0, TEXT_RIGHT, copies_text_rank, NULL, "best", copies_compare_rank},
    {"TIME", 19, 19, 0, TEXT_LEFT, copies_text_time, NULL, "time",
     copies_compare_time},
    {"STATE", 10, 10, 0, TEXT_LEFT, copies_text_state, copies_style_state, NULL,
     NULL},
    {"QUBES", 5, 5, 1, TEXT_RIGHT, copies_text_qubes, NULL, NULL, NULL},
    {"FINDINGS", 8, 8, 3, TEXT_RIGHT, copies_text_findings, NULL, NULL, NULL},
    {"SIZE", 7, 7, 2, TEXT_RIGHT, copies_text_size, NULL, NULL, NULL},
    {"FROM", 4, 4, 4, TEXT_LEFT, copies_text_source, NULL, NULL, NULL},
    {"FILE", 30, 60, 5, TEXT_LEFT, copies_text_name, NULL, NULL, NULL},
    {NULL},
};
/* clang-format on */

/* --- the screen --- */

static void copies_open_screen(struct screen *screen, gconstpointer argument)
{
    struct copies *copies = screen->data;
    struct list_spec spec = {copies_columns, copies_item, copies_name,
                             copies_compare_rank, screen};

    copies->list = list_new(&spec);
    copies_ask(screen);
}

void copies_open(struct app *app)
{
    app_push(app, &screen_copies, NULL);
}

static void copies_close(struct screen *screen)
{
    struct copies *copies = screen->data;

    g_clear_pointer(&copies->query, query_forget);
    g_clear_pointer(&copies->copies, g_ptr_array_unref);
    g_clear_error(&copies->error);
    list_free(copies->list);
}

static void copies_fill(struct screen *screen)
{
    struct copies *copies = screen->data;
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; copies->copies && i < copies->copies->len; i++)
        g_ptr_array_add(ids, g_strdup(((const struct store_copy *)
                                       copies->copies->pdata[i])->path));
    list_set(copies->list, ids);
}

/* What a copy lacks is told against the store there is now. */
static void copies_event(struct screen *screen, const struct event *event)
{
    if (event->type == EVENT_MODEL)
        copies_ask(screen);
}

static struct list *copies_list(const struct screen *screen)
{
    return ((const struct copies *)screen->data)->list;
}

static char *copies_head(struct screen *screen)
{
    return g_strdup("Copies of the store");
}

static char *copies_status(const struct screen *screen)
{
    const struct copies *copies = screen->data;
    g_autofree char *text = list_status(copies->list, "copy", "copies");

    if (!copies->left_out)
        return g_steal_pointer(&text);
    return g_strdup_printf("%s  %u older ones not read", text, copies->left_out);
}

/* --- drawing --- */

/* What a restore does to qubes and images. */
static const struct {
    enum stake_kind kind;
    enum style style;
    const char *word;
} copies_facts[] = {
    {STAKE_DAMAGED, STYLE_BAD, "Damaged"}, {STAKE_LOST, STYLE_WARN, "Loses"},
    {STAKE_OTHER, STYLE_WARN, "Another"},  {STAKE_ABSENT, STYLE_WARN, "Missing"},
    {STAKE_ADOPTED, STYLE_WARN, "Adopts"}, {STAKE_LEFT, STYLE_WARN, "Orphans"},
    {STAKE_RENAMED, STYLE_NORMAL, "Renames"}, {STAKE_GOT, STYLE_NORMAL, "Gets"},
};

/* "'research', 'media'"; NULL: none. */
static char *copies_items(const struct store_copy *copy, enum stake_kind kind)
{
    const GPtrArray *items = copy->stake ? copy->stake->items[kind] : NULL;
    GString *text = g_string_new(NULL);

    for (guint i = 0; items && i < items->len; i++) {
        g_autofree char *item = stake_item_text(kind, items->pdata[i]);

        g_string_append_printf(text, "%s%s", i ? ", " : "", item);
    }
    return g_string_free(text, text->len == 0);
}

/* compared: with a store that can be read; else all of it would come. */
static void copies_draw_facts(const struct store_copy *copy, gboolean compared,
                              struct rect area)
{
    struct facts facts = {area};
    g_autofree char *dir = g_path_get_dirname(copy->path);
    gboolean told = !compared || !copy->stake;

    facts_title(&facts, copy->id);
    facts_put(&facts, STYLE_BAD, "Trouble", copy->trouble);
    for (gsize i = 0; i < G_N_ELEMENTS(copies_facts); i++) {
        enum stake_kind kind = copies_facts[i].kind;
        g_autofree char *text =
            compared || kind != STAKE_GOT ? copies_items(copy, kind) : NULL;

        facts_put(&facts, copies_facts[i].style, copies_facts[i].word, text);
        told = told || text;
    }
    facts_put(&facts, STYLE_NORMAL, "Restore",
              told ? NULL : "no qube comes or goes, no image is missing");
    facts_put(&facts, STYLE_NORMAL, "In", dir);
}

static void copies_draw_empty(const struct copies *copies, struct rect area)
{
    struct rect text = {area.y + 2, area.x + 2, area.h - 2, area.w - 4};

    if (copies->error) {
        text.y += draw_wrapped(text, STYLE_BAD, copies->error->message) + 1;
        if (error_hint(copies->error))
            draw_wrapped(text, STYLE_STRONG, error_hint(copies->error));
    } else if (!copies->copies) {
        draw_wrapped(text, STYLE_NORMAL, "The copies are being read ...");
    } else if (list_all(copies->list) > 0) {
        draw_wrapped(text, STYLE_NORMAL,
                     "No copy has this in its name. \\ clears the filter.");
    } else {
        draw_wrapped(text, STYLE_NORMAL,
                     "There are no copies. Each change keeps the store of before, "
                     "and the start of dom0 makes one.");
    }
}

static void copies_draw(struct screen *screen, struct rect area)
{
    const struct copies *copies = screen->data;
    const char *id = list_selected(copies->list);
    const struct store_copy *copy = id ? copies_find(copies, id) : NULL;
    gboolean compared = !engine_store_error(app_engine(screen->app));

    if (copy)
        copies_draw_facts(copy, compared,
                          facts_cut(&area, list_shown(copies->list), FACTS_LINES));
    list_draw(copies->list, area);
    if (list_shown(copies->list) == 0)
        copies_draw_empty(copies, area);
}

/* --- keys --- */

static const char *copies_path(const struct screen *screen)
{
    return list_selected(copies_list(screen));
}

static void copies_key_compare(struct screen *screen)
{
    comparison_open(screen->app, copies_path(screen));
}

static void copies_key_restore(struct screen *screen)
{
    g_autoptr(GHashTable) args = op_args_new("copy", copies_path(screen), NULL);

    action_start(screen->app, "xml-restore", DOM0_UUID, args);
}

static gboolean copies_has_readable(const struct screen *screen)
{
    const char *path = copies_path(screen);
    const struct store_copy *copy = path ? copies_find(screen->data, path) : NULL;

    return copy && copies_reads(copy);
}

/* clang-format off */
static const struct key_row copies_keys[] = {
    {"Enter", "compare", "Compare", "what a restore would change", KEYS_ACT, NULL,
     copies_key_compare, copies_has_readable},
    {"R", "restore", "Restore", "put it in the place of the store", KEYS_ACT, NULL,
     copies_key_restore, copies_has_readable},
    {NULL},
};
/* clang-format on */

static const struct key_row *const copies_tables[] = {list_filter_keys, NULL};

const struct screen_class screen_copies = {
    .name = "copies",
    .title = "copies of the store",
    .kind = SCREEN_VIEW,
    .keys = copies_keys,
    .more = list_keys,
    .others = copies_tables,
    .size = sizeof(struct copies),
    .open = copies_open_screen,
    .close = copies_close,
    .head = copies_head,
    .draw = copies_draw,
    .typed = list_typed,
    .event = copies_event,
    .fill = copies_fill,
    .list = copies_list,
    .status = copies_status,
};
