/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that can be done with the selected qube or the marked ones, and
 * for what cannot, why. The qubes are those of the key press. */
#include "config.h"

#include <string.h>

#include "tui/dialog.h"
#include "tui/list.h"
#include "tui/screens.h"

#define WIDTH 90
#define KEY_WIDTH 3

struct wanted {
    const struct op_row *op;
    char **uuids;
    int line; /* of the row of the list it is about; 0: none */
    GHashTable *given; /* what is selected there, as arguments */
};

struct entry {
    const struct op_row *op;
    char *key; /* in the screen below; "": it has none */
    int code;
    void (*form)(struct app *app, const struct wanted *wanted); /* NULL: needs no more */
    gboolean many; /* the form is for several qubes as well */
};

struct actions {
    char **uuids;
    char *title;
    GArray *entries; /* struct entry */
    guint focus, top;
    GHashTable *given; /* as of struct wanted */
    int line, label_width;
};

/* Of its own screen: one qube at a time. */
#define MANY_REFUSED "one qube at a time"

static void actions_ask(struct app *app, const struct wanted *wanted)
{
    struct arguments_spec spec = {wanted->op->name, wanted->uuids, wanted->line,
                                  wanted->given};

    arguments_open(app, &spec);
}

static void actions_ask_volume(struct app *app, const struct wanted *wanted)
{
    const char *volume = g_hash_table_lookup(wanted->given, "volume");

    const struct model *model = app_model(app);
    g_autoptr(GError) error = NULL;

    if (!volume)
        detail_open_volumes(app, wanted->uuids[0]);
    else if (wanted->op->fits(model, model_qube(model, wanted->uuids[0]), wanted->given,
                              &error))
        resize_open(app, wanted->uuids[0], volume);
    else
        action_refuse(app, wanted->op, error);
}

static void actions_ask_property(struct app *app, const struct wanted *wanted)
{
    if (wanted->uuids[1])
        props_open_several(app, wanted->uuids);
    else
        detail_open(app, wanted->uuids[0], DETAIL_PROPERTIES);
}

static void actions_ask_global(struct app *app, const struct wanted *wanted)
{
    props_open_system(app);
}

static void actions_ask_rule(struct app *app, const struct wanted *wanted)
{
    detail_new_rule(app, wanted->uuids[0]);
}

static void actions_ask_note(struct app *app, const struct wanted *wanted)
{
    note_open(app, wanted->uuids[0], NULL);
}

static void actions_ask_qube(struct app *app, const struct wanted *wanted)
{
    create_open(app_top(app));
}

/* Operations that want to know more than the qube, the key that asks as well, and
 * the screen that asks: where there is no row, the form of their arguments. */
static const struct {
    const char *op, *action;
    void (*open)(struct app *app, const struct wanted *wanted);
    gboolean many;
} forms[] = {
    {"resize", "volumes", actions_ask_volume, FALSE},
    {"clone", "clone", actions_ask, FALSE},
    {"rename", "rename", actions_ask, FALSE},
    {"set", "properties", actions_ask_property, TRUE},
    {"global-set", "system", actions_ask_global, FALSE},
    {"fw-add", "firewall", actions_ask_rule, FALSE},
    {"note", "note", actions_ask_note, FALSE},
    {"create", "create", actions_ask_qube, TRUE},
};

/* What is not offered where nobody sees what it is about. */
static const char *const elsewhere[] = {"fw-del", "fw-reset", "xml-restore", "sweep",
                                        NULL};

static struct actions *actions_of(const struct screen *screen)
{
    return screen->data;
}

static gboolean actions_many(const struct actions *actions)
{
    return actions->uuids[0] && actions->uuids[1];
}

/* --- entries --- */

static gboolean actions_needs_more(const struct op_row *op)
{
    for (const struct op_arg *arg = op->args; arg && arg->name; arg++)
        if (arg->required)
            return TRUE;
    return FALSE;
}

/* The row of the screen below for an operation, or else by its name. */
static const struct key_row *actions_find_key(const struct screen_class *class,
                                              const char *op, const char *action)
{
    const struct key_row *table;

    for (guint i = 0; (table = screen_table(class, i)); i++)
        for (const struct key_row *row = table; row->keys; row++)
            if (g_strcmp0(row->op, op) == 0 || g_strcmp0(row->action, action) == 0)
                return row;
    return NULL;
}

/* What is about the system stands with dom0; but a qube is made from anywhere. */
static gboolean actions_is_here(const struct actions *actions, const struct op_row *op)
{
    return !op->system || strcmp(op->name, "create") == 0 ||
           (!actions_many(actions) && strcmp(actions->uuids[0], DOM0_UUID) == 0);
}

/* Whom it is about. */
static const char *actions_uuid(const struct entry *entry, const char *uuid)
{
    return entry->op->system ? DOM0_UUID : uuid;
}

static void actions_add(struct actions *actions, const struct screen_class *class,
                        const struct op_row *op)
{
    struct entry entry = {.op = op};
    const char *action = op->name;
    const struct key_row *row;

    if (g_strv_contains(elsewhere, op->name) || !actions_is_here(actions, op))
        return;
    if (actions_needs_more(op)) {
        entry.form = actions_ask;
        entry.many = !op->system && !action_is_of_volume(op);
        /* Else a key of that name is about what is selected. */
        action = action_is_of_volume(op) ? op->name : "";
    }
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++)
        if (strcmp(forms[i].op, op->name) == 0) {
            entry.form = forms[i].open;
            entry.many = forms[i].many;
            action = forms[i].action;
        }
    row = actions_find_key(class, op->name, action);
    entry.key = row ? key_row_first(row) : g_strdup("");
    entry.code = row ? key_parse(entry.key) : 0;
    g_array_append_val(actions->entries, entry);
    actions->label_width = MAX(actions->label_width, text_width(op->label) + 1);
}

/* No state of any of them makes it possible. */
static gboolean actions_never(const struct screen *screen, const struct entry *entry)
{
    const struct actions *actions = screen->data;

    for (gsize i = 0; actions->uuids[i]; i++) {
        const struct qube *qube =
            model_qube(app_model(screen->app), actions_uuid(entry, actions->uuids[i]));

        if (qube && !op_never(entry->op, qube))
            return FALSE;
    }
    return TRUE;
}

/* What is never possible stands last; the others keep their order. */
static void actions_sort(const struct screen *screen)
{
    struct actions *actions = screen->data;
    GArray *entries = actions->entries;
    GArray *last = g_array_new(FALSE, FALSE, sizeof(struct entry));
    guint n = 0;

    for (guint i = 0; i < entries->len; i++) {
        struct entry entry = g_array_index(entries, struct entry, i);

        if (actions_never(screen, &entry))
            g_array_append_val(last, entry);
        else
            g_array_index(entries, struct entry, n++) = entry;
    }
    for (guint i = 0; i < last->len; i++)
        g_array_index(entries, struct entry, n + i) = g_array_index(last, struct entry, i);
    g_array_unref(last);
}

/* Why it is not possible now; NULL: it is. Caller frees. */
static char *actions_refused(const struct screen *screen, const struct entry *entry)
{
    const struct actions *actions = screen->data;
    const struct model *model = app_model(screen->app);
    const char *first = NULL;
    const struct qube *qube = NULL;

    if (entry->form && !entry->many && actions_many(actions))
        return g_strdup(MANY_REFUSED);
    for (gsize i = 0; actions->uuids[i]; i++) {
        const char *why = action_refused(screen->app, entry->op->name,
                                         actions_uuid(entry, actions->uuids[i]));

        if (!why)
            return NULL;
        if (!first) {
            first = why;
            qube = model_qube(model, actions->uuids[i]);
        }
    }
    if (actions_many(actions) && qube)
        return g_strdup_printf("%s: %s", qube->name, first);
    return g_strdup(first);
}

static char *actions_text(const struct screen *screen, const struct entry *entry)
{
    const struct actions *actions = screen->data;
    g_autofree char *why = actions_refused(screen, entry);
    guint n = 0, all = g_strv_length(actions->uuids);

    if (why)
        return g_strdup_printf("%s%s", actions_never(screen, entry) ? "" : "not now: ",
                               why);
    for (guint i = 0; i < all; i++)
        n += !action_refused(screen->app, entry->op->name,
                             actions_uuid(entry, actions->uuids[i]));
    return n == all ? g_strdup(entry->op->help)
                    : g_strdup_printf("%u of %u: %s", n, all, entry->op->help);
}

/* --- the screen --- */

static void actions_clear_entry(gpointer entry)
{
    g_free(((struct entry *)entry)->key);
}

static char *actions_title(const struct screen *screen)
{
    const struct actions *actions = screen->data;
    const struct qube *qube = model_qube(app_model(screen->app), actions->uuids[0]);

    if (actions_many(actions))
        return g_strdup_printf("Actions: %u marked qubes",
                               g_strv_length(actions->uuids));
    return g_strdup_printf("Actions: %s", qube ? qube->name : "");
}

static void actions_open_screen(struct screen *screen, gconstpointer below)
{
    struct actions *actions = screen->data;
    const struct screen *of = below;
    const struct list *list = of->class->list ? of->class->list(of) : NULL;
    const struct op_row *const *ops = op_all();

    actions->uuids = action_targets(of);
    actions->line = list ? list_selected_line(list) : 0;
    actions->given =
        op_args_new("volume", screen_volume_of(of), "revision", screen_revision_of(of), NULL);
    actions->title = actions_title(screen);
    actions->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    g_array_set_clear_func(actions->entries, actions_clear_entry);
    for (gsize i = 0; ops[i]; i++)
        actions_add(actions, of->class, ops[i]);
    actions_sort(screen);
}

void actions_open(struct screen *below)
{
    g_auto(GStrv) uuids = action_targets(below);

    if (uuids[0])
        app_push(below->app, &screen_actions, below);
}

static void actions_close(struct screen *screen)
{
    struct actions *actions = screen->data;

    g_strfreev(actions->uuids);
    g_free(actions->title);
    g_hash_table_unref(actions->given);
    g_array_unref(actions->entries);
}

static void actions_event(struct screen *screen, const struct event *event)
{
    const struct actions *actions = screen->data;

    for (gsize i = 0; actions->uuids[i]; i++)
        if (model_qube(app_model(screen->app), actions->uuids[i]))
            return;
    app_note(screen->app, TRUE, "%s: gone", actions->title);
    app_pop(screen->app, screen);
}

/* --- drawing --- */

/* An entry before it has its key and is possible: the letter is for that. */
static gboolean actions_is_second(const struct screen *screen, guint index)
{
    GArray *entries = actions_of(screen)->entries;
    const struct entry *entry = &g_array_index(entries, struct entry, index);

    for (guint i = 0; i < index && entry->code; i++) {
        const struct entry *before = &g_array_index(entries, struct entry, i);
        g_autofree char *why = NULL;

        if (before->code != entry->code)
            continue;
        why = actions_refused(screen, before);
        if (!why)
            return TRUE;
    }
    return FALSE;
}

static void actions_draw_entry(struct screen *screen, struct rect line, guint index)
{
    const struct actions *actions = actions_of(screen);
    const struct entry *entry = &g_array_index(actions->entries, struct entry, index);
    gboolean focused = index == actions->focus;
    g_autofree char *why = actions_refused(screen, entry);
    g_autofree char *text = actions_text(screen, entry);
    enum style style = focused ? STYLE_SELECTED : why ? STYLE_DIM : STYLE_NORMAL;
    enum style key = focused || why ? style : STYLE_STRONG;
    int x = line.x, end = line.x + line.w;

    draw_fill(line, style);
    draw_text(line.y, x, MIN(KEY_WIDTH, end - x), key,
              actions_is_second(screen, index) ? "" : entry->key);
    x += KEY_WIDTH;
    draw_text(line.y, x, MIN(actions->label_width, end - x), style, entry->op->label);
    x += actions->label_width;
    draw_text(line.y, x, end - x, style, text);
    if (focused)
        draw_cursor(line.y, line.x);
}

/* Lines the longest text takes below the entries; 0 if none is cut. */
static int actions_whole_height(const struct screen *screen, int width)
{
    GArray *entries = actions_of(screen)->entries;
    int room = width - KEY_WIDTH - actions_of(screen)->label_width;
    gboolean cut = FALSE;
    int height = 0;

    for (guint i = 0; i < entries->len; i++) {
        g_autofree char *text =
            actions_text(screen, &g_array_index(entries, struct entry, i));

        cut = cut || text_width(text) > room;
        height = MAX(height, draw_wrapped_height(width, text));
    }
    return cut ? height : 0;
}

static void actions_draw_whole(const struct screen *screen, struct rect area)
{
    const struct actions *actions = actions_of(screen);
    g_autofree char *text = actions_text(
        screen, &g_array_index(actions->entries, struct entry, actions->focus));

    draw_wrapped(area, STYLE_NORMAL, text);
}

static void actions_draw(struct screen *screen, struct rect area)
{
    struct actions *actions = screen->data;
    guint n = actions->entries->len;
    int whole = actions_whole_height(screen, MIN(WIDTH, area.w) - 4);
    struct rect size = {0, 0, (int)n + 2 + whole, WIDTH};
    struct rect inside = dialog_box(screen, area, size, actions->title);
    int lines = MAX(inside.h - whole, 1);
    guint room = (guint)lines;

    dialog_scroll(&actions->top, actions->focus, room, n);
    for (guint i = 0; i < room && actions->top + i < n; i++) {
        struct rect line = {inside.y + (int)i, inside.x, 1, inside.w};

        actions_draw_entry(screen, line, actions->top + i);
    }
    if (n > room)
        dialog_more((struct rect){inside.y, inside.x, lines, inside.w}, actions->top,
                    n - room - actions->top);
    if (inside.h > lines)
        actions_draw_whole(screen, (struct rect){inside.y + lines, inside.x,
                                                 inside.h - lines, inside.w});
}

/* --- keys --- */

static void actions_run(struct screen *screen, const struct entry *entry)
{
    struct app *app = screen->app;
    g_autofree char *why = actions_refused(screen, entry);
    g_auto(GStrv) uuids = g_strdupv(actions_of(screen)->uuids);
    g_autoptr(GHashTable) given = g_hash_table_ref(actions_of(screen)->given);
    int line = actions_of(screen)->line;

    if (why && entry->form && !entry->many && uuids[1]) {
        app_note(app, TRUE, "%s: " MANY_REFUSED, entry->op->label);
        return;
    }
    /* It names the qubes when it refuses. */
    if (why) {
        action_start_all(app, entry->op->name, uuids);
        return;
    }
    app_pop(app, screen);
    if (entry->form)
        entry->form(app, &(struct wanted){entry->op, uuids, line, given});
    else
        action_start_all(app, entry->op->name, uuids);
}

/* Of two entries with one key (pause, unpause) the first that is possible. */
static gboolean actions_typed(struct screen *screen, int key)
{
    GArray *entries = actions_of(screen)->entries;
    const struct entry *found = NULL;

    for (guint i = 0; i < entries->len && key; i++) {
        const struct entry *entry = &g_array_index(entries, struct entry, i);
        g_autofree char *why = NULL;

        if (entry->code != key)
            continue;
        why = actions_refused(screen, entry);
        if (!found || !why)
            found = entry;
        if (!why)
            break;
    }
    if (found)
        actions_run(screen, found);
    return found != NULL;
}

static void actions_key_up(struct screen *screen)
{
    struct actions *actions = screen->data;

    actions->focus -= actions->focus > 0;
}

static void actions_key_down(struct screen *screen)
{
    struct actions *actions = screen->data;

    actions->focus += actions->focus + 1 < actions->entries->len;
}

static void actions_key_first(struct screen *screen)
{
    struct actions *actions = screen->data;

    actions->focus = 0;
}

static void actions_key_last(struct screen *screen)
{
    struct actions *actions = screen->data;

    actions->focus = actions->entries->len - 1;
}

static void actions_key_run(struct screen *screen)
{
    const struct actions *actions = screen->data;

    actions_run(screen, &g_array_index(actions->entries, struct entry,
                                       actions->focus));
}

static void actions_key_close(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row actions_keys[] = {
    {"k Up", "up", NULL, NULL, KEYS_MOVE, NULL, actions_key_up, NULL},
    {"j Down", "down", NULL, "one line", KEYS_MOVE, NULL, actions_key_down, NULL},
    {"Home", "first", NULL, NULL, KEYS_MOVE, NULL, actions_key_first, NULL},
    {"End", "last", NULL, "first, last", KEYS_MOVE, NULL, actions_key_last, NULL},
    {"Enter", "run", "do it", "do it; the letters do as well", KEYS_ACT, NULL,
     actions_key_run, NULL},
    {"Esc q a F9", "close", "close", "close", KEYS_ACT, NULL, actions_key_close,
     NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_actions = {
    .name = "actions",
    .title = "all actions",
    .kind = SCREEN_POPUP,
    .keys = actions_keys,
    .size = sizeof(struct actions),
    .open = actions_open_screen,
    .close = actions_close,
    .draw = actions_draw,
    .typed = actions_typed,
    .event = actions_event,
};
