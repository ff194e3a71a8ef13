/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arguments of an operation as a form, made from its rows: what is typed is
 * checked at each key by what the operation itself asks, and stands below as a
 * command. What a field may be is what the command line completes there. */
#include "config.h"

#include <string.h>

#include "core/draft.h"
#include "core/op-volume.h"
#include "core/prop-change.h"
#include "tui/dialog.h"
#include "tui/screens.h"
#include "tui/words.h"
#include "util/error.h"

#define WIDTH 76
#define FIELD_WIDTH 44

static const char *const switches[] = {"no", "yes", NULL};

struct arguments {
    const struct op_row *op;
    char **uuids;
    char *title;
    guint n;
    struct form_row *rows;
    GPtrArray *texts; /* char *: labels and initial texts of the rows */
    GPtrArray **lists; /* choices of the rows; NULL: it has none */
    struct form *form;
    gboolean applied; /* then it is said what is missing */
    int line;         /* of the row of the list it is about */
    char *hint;       /* what is said of the row with the focus, beside its help */
    GHashTable *given; /* suggested, while it is made; NULL: nothing */
};

static struct arguments *arguments_of(const struct screen *screen)
{
    return screen->data;
}

/* --- what is known --- */

/* It has a value of its own, and a default to follow. */
static gboolean is_set(const struct model *model, const struct qube *qube,
                       const char *name)
{
    const struct prop_row *row = change_row(qube, name, NULL);

    return row && change_is_explicit(model, qube, row) &&
           change_check(model, qube, row, NULL, NULL);
}

static gboolean is_set_globally(const struct model *model, const struct qube *qube,
                                const char *name)
{
    return is_set(model, NULL, name);
}

/* It can be used. */
static gboolean is_pool(const struct model *model, const struct qube *dom0,
                        const char *name)
{
    const struct pool_entry *entry = model_pool(model, name);

    return entry && entry->pool;
}

static char *free_name(const struct model *model, const struct qube *qube)
{
    return draft_free_name(model, qube->name);
}

static char *old_name(const struct model *model, const struct qube *qube)
{
    return text_sanitise(qube->name, -1);
}

/* Beyond what the rows of the operations say. */
static const struct {
    const char *op, *arg;
    gboolean closed; /* it is one of those known */
    gboolean (*takes)(const struct model *model, const struct qube *qube,
                      const char *value); /* of those known; NULL: each */
    char *(*initial)(const struct model *model, const struct qube *qube);
    gboolean suggested; /* that will do; else it is to be changed */
} arguments_known[] = {
    {"clone", "name", FALSE, NULL, free_name, TRUE},
    {"rename", "name", FALSE, NULL, old_name, FALSE},
    {"unset", "name", TRUE, is_set, NULL, FALSE},
    {"global-unset", "name", TRUE, is_set_globally, NULL, FALSE},
    {"feature-unset", "name", TRUE, NULL, NULL, FALSE},
    {"tag-del", "tag", TRUE, NULL, NULL, FALSE},
    {"label-rm", "name", TRUE, NULL, NULL, FALSE},
    {"revert", "revision", TRUE, NULL, NULL, FALSE},
    {"pin", "revision", TRUE, NULL, NULL, FALSE},
    {"vol-set", "name", TRUE, NULL, NULL, FALSE},
    {"pool-add", "driver", TRUE, NULL, NULL, FALSE},
    {"pool-set", "pool", TRUE, is_pool, NULL, FALSE},
    {"pool-set", "name", TRUE, NULL, NULL, FALSE},
    {"pool-rm", "pool", TRUE, NULL, NULL, FALSE},
    {"pool-reclaim", "pool", TRUE, is_pool, NULL, FALSE},
    {"pool-extend", "pool", TRUE, is_pool, NULL, FALSE},
};

/* -1: nothing more. */
static int arguments_index(const struct op_row *op, const char *arg)
{
    for (gsize i = 0; i < G_N_ELEMENTS(arguments_known); i++)
        if (strcmp(arguments_known[i].op, op->name) == 0 &&
            strcmp(arguments_known[i].arg, arg) == 0)
            return (int)i;
    return -1;
}

/* In the form; while that is made, what it will begin with. */
static const char *arguments_value(const struct arguments *arguments, guint row)
{
    const char *value = arguments->form ? form_value(arguments->form, row)
                                        : arguments->rows[row].initial;

    return value ? value : "";
}

static void arguments_fill(GString *word, const char *name, const char *value)
{
    g_autofree char *place = g_strdup_printf("{%s}", name);

    g_string_replace(word, place, value, 1);
}

/* The words of the command before that argument, as typed for the qube. */
static GPtrArray *arguments_words(const struct arguments *arguments, guint row,
                                  const struct qube *qube)
{
    const struct op_row *op = arguments->op;
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) parts = g_strsplit(op->command, " ", -1);
    g_autofree char *end = g_strdup_printf("{%s}", op->args[row].name);

    for (gsize i = 0; parts[i] && strcmp(parts[i], end) != 0; i++) {
        GString *word = g_string_new(parts[i]);

        arguments_fill(word, "qube", qube->name);
        for (guint k = 0; k < row; k++)
            arguments_fill(word, op->args[k].name, arguments_value(arguments, k));
        g_ptr_array_add(words, g_string_free(word, FALSE));
    }
    g_ptr_array_add(words, NULL);
    return words;
}

static gboolean arguments_takes(const struct model *model, const struct qube *qube,
                                int known, const char *value)
{
    return *value != '-' && (known < 0 || !arguments_known[known].takes ||
                             arguments_known[known].takes(model, qube, value));
}

/* It is about a revision, and that volume is known to have none. */
static gboolean arguments_lacks(const struct op_row *op,
                                const struct volume_config *config)
{
    for (const struct op_arg *arg = op->args; arg->name; arg++)
        if (strcmp(arg->name, "revision") == 0)
            return config->kept && config->kept->len == 0;
    return FALSE;
}

/* Those of the qube that it is possible for. */
static GPtrArray *arguments_volumes(const struct screen *screen)
{
    const struct arguments *arguments = arguments_of(screen);
    const struct model *model = app_model(screen->app);
    const struct qube *qube = model_qube(model, arguments->uuids[0]);
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; qube && i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        g_autoptr(GHashTable) args = op_args_new("volume", config->name, NULL);

        if (!arguments_lacks(arguments->op, config) &&
            arguments->op->fits(model, qube, args, NULL))
            g_ptr_array_add(found, g_strdup(config->name));
    }
    return found;
}

/* Of any of the qubes. GPtrArray of char *. */
static GPtrArray *arguments_values(const struct screen *screen, guint row)
{
    const struct arguments *arguments = arguments_of(screen);
    const struct model *model = app_model(screen->app);
    int known = arguments_index(arguments->op, arguments->op->args[row].name);
    GPtrArray *found;

    if (arguments->op->args[row].type == OP_ARG_VOLUME)
        return arguments_volumes(screen);
    found = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; arguments->uuids[i]; i++) {
        const struct qube *qube = model_qube(model, arguments->uuids[i]);
        g_autoptr(GPtrArray) words = arguments_words(arguments, row, qube);
        g_autoptr(GPtrArray) values =
            words_complete(model, (const char *const *)words->pdata, "");

        for (guint k = 0; k < values->len; k++) {
            /* An empty one is typed with quotes. */
            const char *value = strcmp(values->pdata[k], "''") == 0
                                    ? "" : values->pdata[k];

            if (arguments_takes(model, qube, known, value) &&
                !g_ptr_array_find_with_equal_func(found, value, g_str_equal, NULL))
                g_ptr_array_add(found, g_strdup(value));
        }
    }
    return found;
}

static GPtrArray *arguments_offer(guint row, gpointer screen)
{
    return arguments_values(screen, row);
}

/* --- what is typed --- */

/* Of the first `n` rows. */
static GHashTable *arguments_args(const struct arguments *arguments, guint n)
{
    GHashTable *args = op_args_none();

    for (guint i = 0; i < n; i++) {
        const struct op_arg *arg = &arguments->op->args[i];
        const char *value = form_value(arguments->form, i);

        if (arg->type == OP_ARG_BOOL)
            value = strcmp(value, "yes") == 0 ? "true" : "";
        if (*value || (arg->required && arguments->applied))
            op_args_set(args, arg->name, value);
    }
    return args;
}

/* Why it is for none of the qubes; NULL: it is for one. Caller frees. */
static char *arguments_why(const struct screen *screen, GHashTable *args)
{
    const struct arguments *arguments = arguments_of(screen);
    const struct model *model = app_model(screen->app);
    char *why = NULL;

    for (gsize i = 0; arguments->uuids[i]; i++) {
        g_autoptr(GError) error = NULL;

        if (!arguments->op->fits ||
            arguments->op->fits(model, model_qube(model, arguments->uuids[i]), args,
                                &error)) {
            g_free(why);
            return NULL;
        }
        if (!why)
            why = g_strdup(error->message);
    }
    return why;
}

static char *arguments_refused(guint row, const char *value, gpointer data)
{
    const struct screen *screen = data;
    const struct arguments *arguments = arguments_of(screen);
    g_autoptr(GHashTable) args = arguments_args(arguments, row + 1);
    const struct op_arg *arg = &arguments->op->args[row];

    /* Nobody is wrong who has typed nothing yet. */
    if (!arguments->applied && !form_changed(arguments->form, row))
        return NULL;
    /* What may be empty says so. */
    if (!*value && arg->required && arguments->applied && !strstr(arg->help, "empty"))
        return g_strdup_printf("it is needed: %s", arg->help);
    return arguments_why(screen, args);
}

/* What a setting is now, and can be. */
static const char *arguments_help(guint row, const char *value, gpointer data)
{
    const struct screen *screen = data;
    struct arguments *arguments = arguments_of(screen);
    const struct qube *qube =
        model_qube(app_model(screen->app), arguments->uuids[0]);
    const char *name;

    if (strcmp(arguments->op->name, "vol-set") != 0 ||
        strcmp(arguments->op->args[row].name, "value") != 0 || !qube)
        return NULL;
    name = arguments_value(arguments, row - 1);
    g_autofree char *now =
        op_vol_set_now(qube_volume(qube, arguments_value(arguments, 0)), name);
    g_free(arguments->hint);
    arguments->hint =
        now ? g_strdup_printf("now %s; it can be %s", now, op_vol_set_values(name)) : NULL;
    return arguments->hint;
}

/* --- life --- */

static char *arguments_keep(struct arguments *arguments, char *text)
{
    g_ptr_array_add(arguments->texts, text);
    return text;
}

static char *arguments_title(const struct screen *screen)
{
    const struct arguments *arguments = arguments_of(screen);
    const struct qube *qube =
        model_qube(app_model(screen->app), arguments->uuids[0]);
    guint n = g_strv_length(arguments->uuids);

    if (arguments->op->system)
        return g_strdup(arguments->op->label);
    return n > 1 ? g_strdup_printf("%s: %u qubes", arguments->op->label, n)
                 : g_strdup_printf("%s: %s", arguments->op->label, qube->name);
}

static void arguments_set_choices(struct arguments *arguments, struct form_row *row,
                                  GPtrArray *choices, const char *wanted)
{
    if (choices->len == 0)
        g_ptr_array_add(choices, g_strdup(""));
    g_ptr_array_add(choices, NULL);
    g_clear_pointer(&arguments->lists[row - arguments->rows], g_ptr_array_unref);
    arguments->lists[row - arguments->rows] = choices;
    row->choices = (const char *const *)choices->pdata;
    row->initial = choices->pdata[0];
    for (guint i = 0; i + 1 < choices->len; i++)
        if (g_strcmp0(choices->pdata[i], wanted) == 0)
            row->initial = choices->pdata[i];
    row->is_long = TRUE;
}

/* What it begins with: what is selected where the form was asked for. */
static const char *arguments_given(const struct arguments *arguments, const char *arg)
{
    return arguments->given ? g_hash_table_lookup(arguments->given, arg) : NULL;
}

static void arguments_set_row(struct screen *screen, guint i)
{
    struct arguments *arguments = arguments_of(screen);
    const struct op_arg *arg = &arguments->op->args[i];
    struct form_row *row = &arguments->rows[i];
    const struct model *model = app_model(screen->app);
    const struct qube *qube = model_qube(model, arguments->uuids[0]);
    int known = arguments_index(arguments->op, arg->name);
    char *label = arguments_keep(arguments, g_strdup(arg->name));

    *label = g_ascii_toupper(*label);
    *row = (struct form_row){.label = label, .help = arg->help, .initial = "",
                             .width = FIELD_WIDTH};
    if (arg->type == OP_ARG_BOOL) {
        row->choices = switches;
        row->is_switch = TRUE;
        row->initial = switches[0];
    } else if (arg->type == OP_ARG_VOLUME ||
               (known >= 0 && arguments_known[known].closed)) {
        arguments_set_choices(arguments, row, arguments_values(screen, i),
                              arguments_given(arguments, arg->name));
    } else if (known >= 0 && arguments_known[known].initial) {
        row->initial =
            arguments_keep(arguments, arguments_known[known].initial(model, qube));
        row->suggested = arguments_known[known].suggested;
    }
}

/* The first one that nothing is suggested for. */
static guint arguments_first(const struct arguments *arguments)
{
    guint i = 0;

    while (i + 1 < arguments->n &&
           arguments_given(arguments, arguments->op->args[i].name))
        i++;
    return i;
}

static void arguments_open_screen(struct screen *screen, gconstpointer argument)
{
    const struct arguments_spec *spec = argument;
    struct arguments *arguments = arguments_of(screen);
    struct form_spec form = {.refused = arguments_refused, .offer = arguments_offer,
                             .help = arguments_help,
                             .data = screen};

    arguments->op = op_find(spec->op);
    arguments->uuids = g_strdupv(spec->uuids);
    arguments->line = spec->line;
    arguments->given = spec->given;
    arguments->title = arguments_title(screen);
    arguments->texts = g_ptr_array_new_with_free_func(g_free);
    while (arguments->op->args[arguments->n].name)
        arguments->n++;
    arguments->rows = g_new0(struct form_row, arguments->n);
    arguments->lists = g_new0(GPtrArray *, arguments->n);
    for (guint i = 0; i < arguments->n; i++)
        arguments_set_row(screen, i);
    form.rows = arguments->rows;
    form.n = arguments->n;
    arguments->form = form_new(&form);
    form_set_focus(arguments->form, arguments_first(arguments));
    arguments->given = NULL;
    if (action_is_of_volume(arguments->op))
        engine_request_volumes(app_engine(screen->app), arguments->uuids[0]);
}

/* What there is to choose goes by the volume, whose revisions may not be read yet. */
static void arguments_follow(struct screen *screen)
{
    struct arguments *arguments = arguments_of(screen);

    for (guint i = 1; action_is_of_volume(arguments->op) && i < arguments->n; i++) {
        g_autofree char *old = g_strdup(form_value(arguments->form, i));

        if (!arguments->rows[i].is_long)
            continue;
        arguments_set_choices(arguments, &arguments->rows[i],
                              arguments_values(screen, i), old);
        form_choose_again(arguments->form, i);
    }
}

/* A choice of nothing alone is none. */
static gboolean arguments_can_choose(const struct arguments *arguments)
{
    guint n = action_is_of_volume(arguments->op) ? 1 : arguments->n;

    for (guint i = 0; i < n; i++)
        if (arguments->rows[i].choices && !*arguments->rows[i].choices[0])
            return FALSE;
    return TRUE;
}

static void arguments_close(struct screen *screen)
{
    struct arguments *arguments = arguments_of(screen);

    form_free(arguments->form);
    for (guint i = 0; i < arguments->n; i++)
        g_clear_pointer(&arguments->lists[i], g_ptr_array_unref);
    g_free(arguments->lists);
    g_free(arguments->rows);
    g_free(arguments->hint);
    g_ptr_array_unref(arguments->texts);
    g_strfreev(arguments->uuids);
    g_free(arguments->title);
}

static void arguments_event(struct screen *screen, const struct event *event)
{
    const struct arguments *arguments = arguments_of(screen);

    if (!dialog_withdraw(screen, arguments->title, arguments->uuids))
        arguments_follow(screen);
}

/* What is there was only there to be changed. */
static gboolean arguments_waits(const struct arguments *arguments, guint row)
{
    const struct form_row *form = &arguments->rows[row];

    return !form->choices && *form->initial && !form->suggested &&
           !form_changed(arguments->form, row);
}

/* NULL: not all is typed that it needs. */
static char *arguments_command(const struct screen *screen)
{
    const struct arguments *arguments = arguments_of(screen);
    const struct qube *qube =
        model_qube(app_model(screen->app), arguments->uuids[0]);
    g_autoptr(GHashTable) args = arguments_args(arguments, arguments->n);
    guint n = g_strv_length(arguments->uuids);
    g_autofree char *command = NULL;

    for (guint i = 0; i < arguments->n; i++)
        if (arguments_waits(arguments, i) ||
            (arguments->op->args[i].required && !*form_value(arguments->form, i) &&
             !strstr(arguments->op->args[i].help, "empty")))
            return NULL;
    command = op_command(arguments->op, qube, args);
    return n > 1 ? g_strdup_printf("%s   (and for %u more)", command, n - 1)
                 : g_steal_pointer(&command);
}

static void arguments_draw(struct screen *screen, struct rect area)
{
    const struct arguments *arguments = arguments_of(screen);
    g_autofree char *command = arguments_command(screen);
    struct dialog_form dialog = {arguments->title, arguments->form, command, WIDTH,
                                 arguments->line};

    dialog_form(screen, area, &dialog);
}

static gboolean arguments_typed(struct screen *screen, int key)
{
    gboolean taken = form_key(arguments_of(screen)->form, key);

    if (taken)
        arguments_follow(screen);
    return taken;
}

/* --- keys --- */

/* "Add a tag to", for the question about several. */
static char *arguments_several(const struct op_row *op)
{
    char *text = g_strdup(op->phrase ? op->phrase : op->label);

    *text = g_ascii_toupper(*text);
    return text;
}

static void arguments_key_apply(struct screen *screen)
{
    struct arguments *arguments = arguments_of(screen);
    struct app *app = screen->app;
    g_autoptr(GHashTable) args = NULL;
    g_autofree char *several = arguments_several(arguments->op);
    g_auto(GStrv) uuids = g_strdupv(arguments->uuids);
    struct action action = {.op = arguments->op->name, .uuids = uuids,
                            .title = several};

    arguments->applied = TRUE;
    if (!form_check(arguments->form))
        return;
    args = arguments_args(arguments, arguments->n);
    action.args = args;
    /* Popped first: what the submission opens belongs on top. */
    app_pop(app, screen);
    action_start_edit(app, &action);
}

/* Of a typed one of them something is known. */
static gboolean arguments_knows(const struct screen *screen)
{
    const struct arguments *arguments = arguments_of(screen);

    for (guint i = 0; i < arguments->n; i++) {
        g_autoptr(GPtrArray) known =
            arguments->rows[i].choices ? NULL : arguments_values(screen, i);

        if (known && known->len)
            return TRUE;
    }
    return FALSE;
}

static void arguments_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row arguments_keys[] = {
    {"Tab S-Tab Up Down", "move", "move", "to another field", KEYS_MOVE, NULL,
     NULL, NULL},
    {"PgDn PgUp", "known", "known", "another one of those known", KEYS_ACT, NULL,
     NULL, arguments_knows},
    {"Ctrl-U", "clear", NULL, "empty the field", KEYS_ACT, NULL, NULL, NULL},
    {"Ctrl-S Enter", "apply", "do it", "do it", KEYS_ACT, NULL,
     arguments_key_apply, NULL},
    {"Esc Ctrl-C", "leave", "leave", "change nothing", KEYS_ACT, NULL,
     arguments_key_leave, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_arguments = {
    .name = "arguments",
    .title = "what an action needs to know",
    .kind = SCREEN_POPUP,
    .keys = arguments_keys,
    .size = sizeof(struct arguments),
    .open = arguments_open_screen,
    .close = arguments_close,
    .draw = arguments_draw,
    .typed = arguments_typed,
    .event = arguments_event,
};

void arguments_open(struct app *app, const struct arguments_spec *spec)
{
    const char *why =
        spec->uuids[1] ? NULL : action_refused(app, spec->op, spec->uuids[0]);
    const struct qube *qube = model_qube(app_model(app), spec->uuids[0]);
    struct screen *screen;

    if (why) {
        app_note_on(app, spec->uuids[0], TRUE, "%s%s%s: %s", op_find(spec->op)->label,
                    qube ? " " : "", qube ? qube->name : "", why);
        return;
    }
    app_push(app, &screen_arguments, spec);
    screen = app_top(app);
    if (arguments_can_choose(arguments_of(screen)))
        return;
    app_note_on(app, spec->uuids[0], TRUE, "%s: there is none",
                arguments_of(screen)->title);
    app_pop(app, screen);
}
