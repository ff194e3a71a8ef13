/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/words.h"

#include <string.h>

#include "core/feature.h"
#include "core/op-words.h"
#include "core/prop-change.h"
#include "tui/offer.h"
#include "tui/prop-text.h"
#include "tui/save.h"
#include "tui/screens.h"
#include "tui/setting.h"
#include "util/error.h"
#include "util/near.h"

/* A word for the screen itself. */
struct words_row {
    const char *verb;
    guint min, max;    /* arguments */
    const char *usage;
    /* What its n-th argument may be; NULL: anything. */
    void (*offer)(const struct model *model, const char *const *args,
                  const char *begun, GPtrArray *found);
    gboolean (*check)(const struct model *model, const char *const *args,
                      GError **error); /* NULL: anything will do */
    void (*run)(struct app *app, const char *const *args);
};

struct words {
    char **all;
    const struct words_row *row; /* or: */
    struct op_words *op;         /* neither: an empty line */
    const char *const *args;     /* of the row */
    char **uuids;                /* of the operation: bound when it was typed */
    enum confirm given;          /* to each of them */
};

/* --- what is checked --- */

static gboolean check_qube(const struct model *model, const char *const *args,
                           GError **error)
{
    return !args[0] || op_words_qube(model, args[0], error);
}

static gboolean check_setting(const struct model *model, const char *const *args,
                              GError **error)
{
    const char *value = args[0] && setting_find(args[0]) ? setting_text(args[0])
                                                         : "";

    return !args[0] || setting_check(args[0], args[1] ? args[1] : value, error);
}

static gboolean check_service(const struct model *model, const char *const *args,
                              GError **error)
{
    gboolean unset = strcmp(args[0], "--unset") == 0;

    if (!args[unset + 1] || (unset && !args[2]) ||
        (!unset && args[2] && strcmp(args[2], "on") != 0 && strcmp(args[2], "off") != 0)) {
        error_set(error, QMC_ERROR_INVALID, NULL, "a service is switched by: "
                  "service QUBE NAME on|off, or service --unset QUBE NAME");
        return FALSE;
    }
    return op_words_qube(model, args[unset], error) != NULL;
}

static void offer_verb(const struct model *model, const char *const *args,
                       const char *begun, GPtrArray *found)
{
    if (!args[0])
        op_words_complete(model, args, begun, found);
}

/* --- what is done --- */

static void run_qubes(struct app *app, const char *const *args)
{
    app_show(app, &screen_qubes);
}

static void run_events(struct app *app, const char *const *args)
{
    app_show(app, &screen_events);
}

static void run_jobs(struct app *app, const char *const *args)
{
    app_show(app, &screen_jobs);
}

static void run_pools(struct app *app, const char *const *args)
{
    app_show(app, &screen_pools);
}

static void run_volumes(struct app *app, const char *const *args)
{
    struct qube *qube =
        args[0] ? op_words_qube(app_model(app), args[0], NULL) : NULL;

    if (!args[0])
        app_show(app, &screen_allvolumes);
    else if (qube)
        detail_open_volumes(app, qube->uuid);
}

/* "work:private"; NULL with an error if there is none. Of `qube`, if not NULL. */
static const struct volume_config *find_volume(const struct model *model,
                                               const char *word, struct qube **qube,
                                               GError **error)
{
    g_auto(GStrv) parts = g_strsplit(word, ":", 2);
    struct qube *of = op_words_qube(model, parts[0] ? parts[0] : "", error);
    const struct volume_config *config = of && parts[1] ? qube_volume(of, parts[1]) : NULL;

    if (of && !config)
        error_set(error, QMC_ERROR_NOTFOUND, "for example: vol info work:private",
                  "'%s' is no volume of '%s'", parts[1] ? parts[1] : "", of->name);
    if (config && qube)
        *qube = of;
    return config;
}

static gboolean check_volume(const struct model *model, const char *const *args,
                             GError **error)
{
    return !args[0] || find_volume(model, args[0], NULL, error);
}

static void run_volume(struct app *app, const char *const *args)
{
    struct qube *qube;
    const struct volume_config *config =
        find_volume(app_model(app), args[0], &qube, NULL);

    if (config)
        volume_open(app, qube->uuid, config->name);
}

static void run_show(struct app *app, const char *const *args)
{
    struct qube *qube = op_words_qube(app_model(app), args[0], NULL);

    if (qube)
        detail_open(app, qube->uuid, DETAIL_OVERVIEW);
}

/* qube NULL: of the system. */
static void run_value(struct app *app, const struct qube *qube, const char *name)
{
    const struct model *model = app_model(app);
    g_autoptr(GError) error = NULL;
    const struct prop_row *row = change_row(qube, name, &error);

    if (!row) {
        app_note(app, TRUE, "%s", error->message);
        return;
    }
    const char *bad = change_bad(model, qube, row);
    const char *whose = qube ? qube->name : "the system";
    g_autofree char *value = change_before(model, qube, row);
    g_autofree char *shown = prop_text_value(row, value);
    g_autofree char *wrong = bad ? prop_text_value(row, bad) : NULL;
    if (bad)
        app_note(app, TRUE, "%s of %s is wrong in the store: %s; what counts is %s",
                 row->name, whose, wrong, shown);
    else
        app_note(app, FALSE, "%s of %s is %s%s", row->name, whose, shown,
                 change_is_explicit(model, qube, row) ? "" : " (default)");
}

static void run_properties(struct app *app, const char *const *args)
{
    struct qube *qube = op_words_qube(app_model(app), args[0], NULL);

    if (qube && args[1])
        run_value(app, qube, args[1]);
    else if (qube)
        detail_open(app, qube->uuid, DETAIL_PROPERTIES);
}

static void run_global(struct app *app, const char *const *args)
{
    if (args[0])
        run_value(app, NULL, args[0]);
    else
        props_open_system(app);
}

/* A service is a feature. */
static void run_service(struct app *app, const char *const *args)
{
    gboolean unset = strcmp(args[0], "--unset") == 0;
    const struct qube *qube = op_words_qube(app_model(app), args[unset], NULL);
    const char *value = unset ? NULL : args[2];
    g_autofree char *name = g_strconcat(FEATURE_SERVICE, args[unset + 1], NULL);
    g_autoptr(GHashTable) given = op_args_new(
        "name", name, "value", unset ? NULL : value && strcmp(value, "off") == 0 ? "" : "1",
        NULL);

    action_start(app, unset ? "feature-unset" : "feature-set", qube->uuid, given);
}

static void run_find(struct app *app, const char *const *args)
{
    props_open_found(app, args[0] ? args[0] : "");
}

static void run_repair(struct app *app, const char *const *args)
{
    app_show(app, &screen_repair);
}

static void run_comparison(struct app *app, const char *const *args)
{
    comparison_open(app, args[0]);
}

static void run_copies(struct app *app, const char *const *args)
{
    copies_open(app);
}

static void run_help(struct app *app, const char *const *args)
{
    const struct op_row *row = op_words_row(args);

    if (row)
        help_open_op(app, row);
    else
        help_open_of(app, &screen_command);
}

static void run_quit(struct app *app, const char *const *args)
{
    guint busy = engine_busy(app_engine(app));

    if (busy)
        question_open_quit(app, busy);
    else
        app_quit(app, 0);
}

static void run_set(struct app *app, const char *const *args)
{
    if (!args[0]) {
        app_push(app, &screen_options, NULL);
        return;
    }
    if (args[1])
        setting_set(args[0], args[1], NULL);
    app_note(app, FALSE, "%s is %s", args[0], setting_text(args[0]));
}

static void run_save_screen(struct app *app, const char *const *args)
{
    save_screen(app, args[0]);
}

/* clang-format off */
static const struct words_row rows[] = {
    {"ls", 0, 0, "ls", NULL, NULL, run_qubes},
    {"qubes", 0, 0, "qubes", NULL, NULL, run_qubes},
    {"pool ls", 0, 0, "pool ls", NULL, NULL, run_pools},
    {"jobs", 0, 0, "jobs", NULL, NULL, run_jobs},
    {"events", 0, 0, "events", NULL, NULL, run_events},
    {"xml check", 0, 0, "xml check", NULL, NULL, run_repair},
    {"xml diff", 1, 1, "xml diff COPY", NULL, NULL, run_comparison},
    {"xml log", 0, 0, "xml log", NULL, NULL, run_copies},
    {"show", 1, 1, "show QUBE", offer_qube, check_qube, run_show},
    {"prefs", 1, 2, "prefs QUBE [NAME [VALUE]]", offer_prefs, check_qube,
     run_properties},
    {"global", 0, 1, "global [NAME [VALUE]]", offer_global, NULL, run_global},
    {"service", 2, 3, "service [--unset] QUBE NAME [on|off]", offer_service,
     check_service, run_service},
    {"find", 0, 1, "find [TEXT]", offer_property_name, NULL, run_find},
    {"vol ls", 0, 1, "vol ls [QUBE]", offer_qube, check_qube, run_volumes},
    {"vol info", 1, 1, "vol info QUBE:VOLUME", offer_volume, check_volume, run_volume},
    {"help", 0, 2, "help [VERB]", offer_verb, NULL, run_help},
    {"set", 0, 2, "set [NAME [VALUE]]", offer_setting, check_setting, run_set},
    {"save-screen", 1, 1, "save-screen FILE", NULL, NULL, run_save_screen},
    {"quit", 0, 0, "quit", NULL, NULL, run_quit},
    {"q", 0, 0, "quit", NULL, NULL, run_quit},
};
/* clang-format on */

/* --- finding --- */

/* With more words than it has a use for it is the operation of that name. */
static const struct words_row *words_row(const char *const *words)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const *args = offer_behind(rows[i].verb, words);

        if (args && (offer_count(args) <= rows[i].max || !op_words_row(words)))
            return &rows[i];
    }
    return NULL;
}

/* Of operations and rows. GPtrArray of char *, ends with NULL. */
static GPtrArray *words_verbs(void)
{
    GPtrArray *verbs = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        g_ptr_array_add(verbs, g_strdup(rows[i].verb));
    for (const struct op_row *const *row = op_all(); *row; row++)
        g_ptr_array_add(verbs, op_words_verb(*row));
    g_ptr_array_add(verbs, NULL);
    return verbs;
}

/* "xml", of "xml log". */
static gboolean words_begins(const char *const *verbs, const char *word)
{
    g_autofree char *head = g_strconcat(word, " ", NULL);

    while (*verbs && !g_str_has_prefix(*verbs, head))
        verbs++;
    return *verbs != NULL;
}

static void error_unknown(const char *const *words, GError **error)
{
    g_autoptr(GPtrArray) verbs = words_verbs();
    const char *const *names = (const char *const *)verbs->pdata;
    g_autofree char *two = g_strjoin(" ", words[0], words[1], NULL);
    const char *near = near_find(two, names);
    g_autofree char *hint = NULL;

    if (!near)
        near = near_find(words[0], names);
    hint = near ? g_strdup_printf("did you mean '%s'?", near)
                : g_strdup("Tab lists what there is");
    error_set(error, QMC_ERROR_INVALID, hint, "there is no command '%s'",
              words_begins(names, words[0]) ? two : words[0]);
}

static gboolean words_find_row(struct words *words, const struct model *model,
                               GError **error)
{
    const struct words_row *row = words->row;
    guint n;

    words->args = offer_behind(row->verb, (const char *const *)words->all);
    n = offer_count(words->args);
    if (n < row->min || n > row->max) {
        error_set(error, QMC_ERROR_INVALID, NULL, "it is typed as: %s", row->usage);
        return FALSE;
    }
    return !row->check || row->check(model, words->args, error);
}

/* What was typed holds for each of the qubes. */
static gboolean words_find_consent(struct words *words, const struct model *model,
                                   GError **error)
{
    const struct op_words *op = words->op;
    gboolean named = FALSE;

    words->given = CONFIRM_L3;
    for (gsize i = 0; words->uuids[i]; i++) {
        const struct qube *qube = model_qube(model, words->uuids[i]);
        enum confirm given =
            op_consent(op->row, qube, op->args, op->yes, op->confirm);

        named = named || given == CONFIRM_L3;
        words->given = MIN(words->given, given);
    }
    if (named || !op->confirm)
        return TRUE;
    g_autofree char *word = op_word(op->row, model_qube(model, words->uuids[0]), op->args);
    g_autofree char *hint = g_strdup_printf("it would be --confirm %s", word);
    error_set(error, QMC_ERROR_UNCONFIRMED, hint, "'--confirm %s' names another %s",
              op->confirm, op->row->system ? "thing" : "qube");
    return FALSE;
}

static gboolean words_find_op(struct words *words, const struct model *model,
                              GError **error)
{
    g_autoptr(GPtrArray) uuids = g_ptr_array_new_with_free_func(g_free);
    char **names;

    words->op = op_words_parse((const char *const *)words->all, error);
    if (!words->op)
        return FALSE;
    names = (char **)words->op->qubes->pdata;
    /* Without a store there is no dom0 to be found. */
    if (words->op->row->system)
        op_words_offer(uuids, "", DOM0_UUID);
    for (gsize i = 0; !words->op->row->system && names[i]; i++) {
        const struct qube *qube = op_words_qube(model, names[i], error);

        if (!qube)
            return FALSE;
        op_words_offer(uuids, "", qube->uuid);
    }
    g_ptr_array_add(uuids, NULL);
    words->uuids = g_strdupv((char **)uuids->pdata);
    return words_find_consent(words, model, error);
}

static gboolean words_read(struct words *words, const struct model *model,
                           const char *line, GError **error)
{
    const char *const *all;

    words->all = op_words_split(line, error);
    if (!words->all || !words->all[0])
        return words->all != NULL;
    all = (const char *const *)words->all;
    words->row = words_row(all);
    if (words->row)
        return words_find_row(words, model, error);
    if (op_words_row(all))
        return words_find_op(words, model, error);
    error_unknown(all, error);
    return FALSE;
}

struct words *words_find(const struct model *model, const char *line,
                         GError **error)
{
    struct words *words = g_new0(struct words, 1);

    if (words_read(words, model, line, error))
        return words;
    words_free(words);
    return NULL;
}

void words_free(struct words *words)
{
    g_clear_pointer(&words->op, op_words_free);
    g_strfreev(words->all);
    g_strfreev(words->uuids);
    g_free(words);
}

void words_run(struct app *app, const struct words *words)
{
    if (words->row)
        words->row->run(app, words->args);
    else if (words->op)
        action_start_typed(app, &(struct action){
            .op = words->op->row->name, .args = words->op->args,
            .uuids = words->uuids, .consent = words->given});
}

/* --- completion --- */

/* "vol " for the word behind "vol". */
static char *words_head(const char *const *words)
{
    GString *head = g_string_new(NULL);

    for (; *words; words++)
        g_string_append_printf(head, "%s ", *words);
    return g_string_free(head, FALSE);
}

static void words_offer_row(const struct words_row *row, const struct model *model,
                            const char *const *words, const char *begun,
                            GPtrArray *found)
{
    const char *const *args = offer_behind(row->verb, words);
    g_autofree char *head = words_head(words);

    if (args && row->offer)
        row->offer(model, args, begun, found);
    if (!args && g_str_has_prefix(row->verb, head)) {
        const char *next = row->verb + strlen(head);
        g_autofree char *word = g_strndup(next, strcspn(next, " "));

        op_words_offer(found, begun, word);
    }
}

static int words_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *words_complete(const struct model *model, const char *const *words,
                          const char *begun)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    gboolean ordered;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        words_offer_row(&rows[i], model, words, begun, found);
    ordered = offer_arguments(model, words, begun, found);
    op_words_complete(model, words, begun, found);
    if (!ordered)
        g_ptr_array_sort(found, words_compare);
    return found;
}
