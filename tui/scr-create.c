/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new qube (ux.md 4.15): what is typed and chosen is checked at each key by
 * what the operation itself asks, and stands below as a command. */
#include "config.h"

#include <string.h>

#include "core/draft.h"
#include "tui/dialog.h"
#include "tui/form.h"
#include "tui/screens.h"

#define WIDTH 76
#define NAME_WIDTH 31

enum create_row {
    CREATE_NAME, CREATE_CLASS, CREATE_LABEL, CREATE_TEMPLATE, CREATE_NETVM, CREATE_POOL,
    CREATE_NET, CREATE_AUTOSTART, CREATE_DISPOSABLES, CREATE_ROWS,
};

/* Where a value goes: an argument of the operation, or a property. */
static const struct {
    const char *arg, *property;
} create_targets[CREATE_ROWS] = {
    [CREATE_NAME] = {"name", NULL},         [CREATE_CLASS] = {"class", NULL},
    [CREATE_LABEL] = {"label", NULL},       [CREATE_TEMPLATE] = {"template", NULL},
    [CREATE_NETVM] = {NULL, "netvm"},       [CREATE_POOL] = {"pool", NULL},
    [CREATE_NET] = {NULL, "provides_network"},
    [CREATE_AUTOSTART] = {NULL, "autostart"},
    [CREATE_DISPOSABLES] = {NULL, "template_for_dispvms"},
};

/* As qubes are usually made, with what each is, and its template to it. */
static const struct {
    const char *name, *help, *template_help;
} create_classes[] = {
    {"AppVM", "AppVM: home is kept, the system is its template's", NULL},
    {"TemplateVM", "TemplateVM: others get their system from it; its own is empty",
     "it has none: its system is its own"},
    {"StandaloneVM", "StandaloneVM: home and system are its own, and kept",
     "what its system is a copy of; default: none, the system is empty"},
    {"DispVM", "DispVM: all is gone when it stops", "the disposable template it is like"},
    {"RemoteVM", "RemoteVM: runs on another machine, has no volumes here",
     "it has none: it runs elsewhere"},
};
static const char *const classes[] = {"AppVM", "TemplateVM", "StandaloneVM", "DispVM",
                                      "RemoteVM", NULL};
static const char *const switches[] = {"no", "yes", NULL};

struct create {
    struct form_row rows[CREATE_ROWS];
    GPtrArray *choices[CREATE_ROWS]; /* char *, a NULL at the end; or NULL */
    struct form *form;
};

/* --- what can be chosen --- */

static void create_offer(struct create *create, enum create_row row, const char *text)
{
    if (!create->choices[row])
        create->choices[row] = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(create->choices[row], g_strdup(text));
}

static void create_offer_labels(struct create *create, const struct model *model)
{
    for (guint i = 0; i < model->labels->len; i++)
        create_offer(create, CREATE_LABEL,
                     ((const struct label *)model->labels->pdata[i])->name);
}

static void create_offer_pools(struct create *create, const struct model *model)
{
    create_offer(create, CREATE_POOL, "default");
    for (guint i = 0; i < model->pools->len; i++)
        create_offer(create, CREATE_POOL,
                     ((const struct pool_entry *)model->pools->pdata[i])->name);
}

static gboolean create_is_template(const struct model *model, const struct qube *qube)
{
    return (qube->class && qube->class->id == CLASS_TEMPLATE) ||
           qube_get_bool(model, qube, "template_for_dispvms");
}

static void create_offer_qubes(struct create *create, const struct model *model)
{
    create_offer(create, CREATE_TEMPLATE, "default");
    create_offer(create, CREATE_NETVM, "default");
    create_offer(create, CREATE_NETVM, "none");
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        if (create_is_template(model, qube))
            create_offer(create, CREATE_TEMPLATE, qube->name);
        if (qube_get_bool(model, qube, "provides_network"))
            create_offer(create, CREATE_NETVM, qube->name);
    }
}

/* --- what it would be --- */

/* NULL: not given. */
static const char *create_value(const struct create *create, enum create_row row)
{
    const char *value = form_value(create->form, row);

    if (create->rows[row].is_switch)
        return strcmp(value, "yes") == 0 ? "True" : NULL;
    if (row == CREATE_NETVM && strcmp(value, "none") == 0)
        return "";
    return *value && !(create->rows[row].is_long && strcmp(value, "default") == 0)
               ? value : NULL;
}

static GHashTable *create_args(const struct create *create)
{
    GHashTable *args = op_args_none();
    GString *properties = g_string_new(NULL);

    for (int i = 0; i < CREATE_ROWS; i++) {
        const char *value = create_value(create, (enum create_row)i);

        if (value && create_targets[i].arg)
            op_args_set(args, create_targets[i].arg, value);
        else if (value)
            g_string_append_printf(properties, "%s%s=%s", properties->len ? "\n" : "",
                                   create_targets[i].property, value);
    }
    if (properties->len)
        op_args_set(args, "property", properties->str);
    g_string_free(properties, TRUE);
    return args;
}

static char *create_refused(guint row, const char *value, gpointer data)
{
    const struct screen *screen = data;
    const struct create *create = screen->data;
    const char *arg = create_targets[row].arg;
    g_autoptr(GHashTable) args = create_args(create);
    g_autoptr(GError) error = NULL;

    if (row == CREATE_NAME && !*value)
        return g_strdup("it needs a name: up to 31 of a-z A-Z 0-9 - _ .");
    if (draft_check(app_model(screen->app), args, arg ? arg : "property", &error))
        return NULL;
    return g_strdup(error->message);
}

/* What type and template mean depends on the type. */
static const char *create_help(guint row, const char *value, gpointer data)
{
    const struct create *create = ((const struct screen *)data)->data;
    const char *class = form_value(create->form, CREATE_CLASS);

    for (gsize i = 0; i < G_N_ELEMENTS(create_classes); i++)
        if (strcmp(create_classes[i].name, class) == 0)
            return row == CREATE_CLASS      ? create_classes[i].help
                   : row == CREATE_TEMPLATE ? create_classes[i].template_help
                                            : NULL;
    return NULL;
}

/* --- the screen --- */

static void create_set_rows(struct create *create)
{
    /* clang-format off */
    static const struct form_row rows[CREATE_ROWS] = {
        [CREATE_NAME] = {"Name", NULL, FALSE, "",
                         "up to 31 of a-z A-Z 0-9 - _ .; a letter first", NAME_WIDTH},
        [CREATE_CLASS] = {"Type", classes, FALSE, "AppVM",
                          "what it is", 0, TRUE},
        [CREATE_LABEL] = {"Label", NULL, FALSE, "",
                          "how far it is trusted; the colour of its windows", 0, TRUE},
        [CREATE_TEMPLATE] = {"Template", NULL, FALSE, "",
                             "what its system comes from", 0, TRUE},
        [CREATE_NETVM] = {"Net qube", NULL, FALSE, "",
                          "it reaches the network through this one", 0, TRUE},
        [CREATE_POOL] = {"Pool", NULL, FALSE, "", "where its volumes are made", 0, TRUE},
        [CREATE_NET] = {"Gives net", switches, TRUE, "no",
                        "others may reach the network through it"},
        [CREATE_AUTOSTART] = {"At boot", switches, TRUE, "no",
                              "it is started with the machine"},
        [CREATE_DISPOSABLES] = {"Disposable", switches, TRUE, "no",
                                "disposables may be based on it"},
    };
    /* clang-format on */

    memcpy(create->rows, rows, sizeof rows);
    for (int i = 0; i < CREATE_ROWS; i++) {
        GPtrArray *choices = create->choices[i];

        if (!choices)
            continue;
        g_ptr_array_add(choices, NULL);
        create->rows[i].choices = (const char *const *)choices->pdata;
        create->rows[i].initial = choices->pdata[0];
    }
}

static void create_open_screen(struct screen *screen, gconstpointer argument)
{
    struct create *create = screen->data;
    const struct model *model = app_model(screen->app);
    struct form_spec spec = {.rows = create->rows, .n = CREATE_ROWS,
                             .refused = create_refused, .help = create_help,
                             .data = screen};

    create_offer_labels(create, model);
    create_offer_pools(create, model);
    create_offer_qubes(create, model);
    create_set_rows(create);
    create->form = form_new(&spec);
}

void create_open(struct screen *below)
{
    const char *why = engine_readonly(app_engine(below->app));

    if (why)
        app_note(below->app, TRUE, "a qube cannot be created: %s", why);
    else
        app_push(below->app, &screen_create, NULL);
}

static void create_close(struct screen *screen)
{
    struct create *create = screen->data;

    form_free(create->form);
    for (int i = 0; i < CREATE_ROWS; i++)
        g_clear_pointer(&create->choices[i], g_ptr_array_unref);
}

static void create_draw(struct screen *screen, struct rect area)
{
    const struct create *create = screen->data;
    g_autoptr(GHashTable) args = create_args(create);
    g_autofree char *command = g_hash_table_contains(args, "name")
                                   ? op_command(op_find("create"), NULL, args) : NULL;

    dialog_form(screen, area, &(struct dialog_form){.title = "New qube",
                                                    .form = create->form,
                                                    .command = command, .width = WIDTH});
}

static gboolean create_typed(struct screen *screen, int key)
{
    return form_key(((const struct create *)screen->data)->form, key);
}

/* --- keys --- */

static void create_key_create(struct screen *screen)
{
    const struct create *create = screen->data;
    g_autoptr(GHashTable) args = create_args(create);
    struct app *app = screen->app;

    if (!form_check(create->form))
        return;
    /* Popped first: what the submission opens belongs on top. */
    app_pop(app, screen);
    action_start(app, "create", DOM0_UUID, args);
}

static void create_key_leave(struct screen *screen)
{
    app_pop(screen->app, screen);
}

/* clang-format off */
static const struct key_row create_keys[] = {
    {"Tab S-Tab Up Down", "move", "move", "to another field", KEYS_MOVE, NULL,
     NULL, NULL},
    {"Space Left Right", "change", "change", "another choice", KEYS_ACT, NULL,
     NULL, NULL},
    {"Ctrl-U", "clear", NULL, "empty the field", KEYS_ACT, NULL, NULL, NULL},
    {"Ctrl-S Enter", "create", "create", "create", KEYS_ACT, NULL,
     create_key_create, NULL},
    {"Esc Ctrl-C", "leave", "leave", "create none", KEYS_ACT, NULL,
     create_key_leave, NULL},
    {NULL},
};
/* clang-format on */

const struct screen_class screen_create = {
    .name = "create",
    .title = "a new qube",
    .kind = SCREEN_POPUP,
    .keys = create_keys,
    .size = sizeof(struct create),
    .open = create_open_screen,
    .close = create_close,
    .draw = create_draw,
    .typed = create_typed,
};
