/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "core/feature.h"
#include "util/error.h"
#include "util/text.h"

static const char *const arg_names[] = {"name", "value", NULL};

/* --- listing --- */

struct listing {
    const struct model *model;
    const struct qube *qube;
    const char *prefix;    /* only such, without it; "": all */
    GHashTable *seen;      /* names, borrowed */
    struct out *out;
};

static struct out *listing_out(gboolean services)
{
    static const struct out_column features[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"value", NULL, OUT_TEXT, 0},
        {"from", NULL, OUT_TEXT, 0},
        {NULL},
    };
    static const struct out_column switches[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"on", NULL, OUT_BOOL, 0},
        {NULL},
    };

    return out_new(services ? switches : features);
}

static void list_one(struct listing *listing, const char *name)
{
    const struct qube *from = NULL;
    const char *value = feature_get(listing->model, listing->qube, name, &from);

    if (!value || !g_str_has_prefix(name, listing->prefix))
        return;
    out_row(listing->out);
    out_text(listing->out, name + strlen(listing->prefix));
    if (*listing->prefix) {
        out_bool(listing->out, *value != '\0');
        return;
    }
    out_text(listing->out, value);
    out_text(listing->out, from->name);
}

/* Those of one qube that count for the one that is asked about. */
static void list_of(struct listing *listing, const struct qube *at)
{
    for (guint i = 0; i < at->features->len; i++) {
        const char *name = g_array_index(at->features, struct pair, i).name;

        if (g_hash_table_add(listing->seen, (gpointer)(gintptr)name))
            list_one(listing, name);
    }
}

static void list_chain(struct listing *listing, const char *property)
{
    const struct qube *at = qube_get_vm(listing->model, listing->qube, property);

    for (int hops = 0; at && hops < MODEL_HOPS; hops++) {
        list_of(listing, at);
        at = qube_get_vm(listing->model, at, property);
    }
}

static void print_list(struct cli *cli, const struct qube *qube, const char *prefix)
{
    struct listing listing = {
        .model = engine_model(cli->engine),
        .qube = qube,
        .prefix = prefix,
        .seen = g_hash_table_new(g_str_hash, g_str_equal),
        .out = listing_out(*prefix != '\0'),
    };
    const struct qube *dom0 = model_qube_named(listing.model, "dom0");

    list_of(&listing, qube);
    list_chain(&listing, "template");
    list_chain(&listing, "netvm");
    if (dom0)
        list_of(&listing, dom0);
    out_print(listing.out, cli->form);
    out_free(listing.out);
    g_hash_table_unref(listing.seen);
}

/* --- one --- */

static gboolean error_absent(const char *what, const struct qube *qube,
                             const char *name, GError **error)
{
    g_autofree char *shown = text_sanitise(name, -1);
    g_autofree char *hint = g_strdup_printf("'qmc %s %s' lists those it has", what,
                                            qube->name);

    error_set(error, QMC_ERROR_NOTFOUND, hint, "'%s' has no %s '%s'", qube->name,
              what, shown);
    return FALSE;
}

static gboolean print_one(struct cli *cli, const struct qube *qube,
                          const char *name, GError **error)
{
    struct listing listing = {engine_model(cli->engine), qube, "", NULL, NULL};
    const char *value = feature_get(listing.model, qube, name, NULL);
    g_autofree char *shown = text_sanitise_value(value, -1);

    if (!value)
        return error_absent("feature", qube, name, error);
    if (cli->form != OUT_JSON) {
        printf("%s\n", shown);
        return TRUE;
    }
    listing.out = listing_out(FALSE);
    list_one(&listing, name);
    out_print(listing.out, cli->form);
    out_free(listing.out);
    return TRUE;
}

static gboolean print_service(struct cli *cli, const struct qube *qube,
                              const char *feature, GError **error)
{
    struct listing listing = {engine_model(cli->engine), qube, FEATURE_SERVICE,
                              NULL, NULL};
    const char *value = feature_get(listing.model, qube, feature, NULL);

    if (!value)
        return error_absent("service", qube, feature + strlen(FEATURE_SERVICE),
                            error);
    if (cli->form != OUT_JSON) {
        puts(*value ? "on" : "off");
        return TRUE;
    }
    listing.out = listing_out(TRUE);
    list_one(&listing, feature);
    out_print(listing.out, cli->form);
    out_free(listing.out);
    return TRUE;
}

/* --- verbs --- */

static gboolean change(struct cli *cli, const char *op, const char *name,
                       const char *value, GError **error)
{
    const char *const words[] = {name, value, NULL};
    g_autoptr(GHashTable) args = batch_named(arg_names, words);
    const char *const qubes[] = {options_args(cli->options)[0], NULL};

    return batch_run(cli, op, qubes, args, error);
}

static gboolean check_unset(const struct cli *cli, GError **error)
{
    const char *const *args = options_args(cli->options);
    g_autofree char *usage = NULL;

    if (args[1] && !args[2])
        return TRUE;
    usage = cmd_usage(options_cmd(cli->options));
    error_set(error, QMC_ERROR_INVALID, usage,
              "'--unset' needs one name, and no value");
    return FALSE;
}

static gboolean run_feature(struct cli *cli, GError **error)
{
    const char *const *args = options_args(cli->options);
    struct qube *qube;

    if (options_has(cli->options, "unset"))
        return check_unset(cli, error) &&
               change(cli, "feature-unset", args[1], NULL, error);
    if (args[1] && args[2])
        return change(cli, "feature-set", args[1], args[2], error);
    qube = cli_qube(cli, args[0], error);
    if (!qube)
        return FALSE;
    if (args[1])
        return print_one(cli, qube, args[1], error);
    print_list(cli, qube, "");
    return TRUE;
}

static const struct option_row unset_options[] = {
    {"unset", 0, NULL, "take it away"},
    {NULL},
};

const struct cmd cmd_feature = {
    .words = "feature",
    .args = "QUBE [NAME [VALUE]]",
    .brief = "show or set features of a qube",
    .help = "A feature is absent, empty (off) or any other text (on). The list has\n"
            "those of the template, the netvm or dom0 too, where these count for the\n"
            "qube, and says whose they are. With a NAME the value alone.\n",
    .options = unset_options,
    .min_args = 1,
    .max_args = 3,
    .op = "feature-set",
    .run = run_feature,
};

/* "1" for on, "" for off; NULL with INVALID. */
static const char *switch_of(const char *word, GError **error)
{
    g_autofree char *shown = NULL;

    if (strcmp(word, "on") == 0)
        return "1";
    if (strcmp(word, "off") == 0)
        return "";
    shown = text_sanitise(word, -1);
    error_set(error, QMC_ERROR_INVALID, NULL, "'%s' is neither 'on' nor 'off'",
              shown);
    return NULL;
}

static gboolean run_service(struct cli *cli, GError **error)
{
    const char *const *args = options_args(cli->options);
    g_autofree char *feature =
        args[1] ? g_strconcat(FEATURE_SERVICE, args[1], NULL) : NULL;
    const char *value;
    struct qube *qube;

    if (options_has(cli->options, "unset"))
        return check_unset(cli, error) &&
               change(cli, "feature-unset", feature, NULL, error);
    if (feature && args[2]) {
        value = switch_of(args[2], error);
        return value && change(cli, "feature-set", feature, value, error);
    }
    qube = cli_qube(cli, args[0], error);
    if (!qube)
        return FALSE;
    if (feature)
        return print_service(cli, qube, feature, error);
    print_list(cli, qube, FEATURE_SERVICE);
    return TRUE;
}

const struct cmd cmd_service = {
    .words = "service",
    .args = "QUBE [NAME [on|off]]",
    .brief = "show or switch services of a qube",
    .help = "A service NAME is the feature 'service.NAME'. One that is neither on nor\n"
            "off is left to what the qube does by itself. 'meminfo-writer' stands for\n"
            "the property maxmem: off is 0, on is its default.\n",
    .options = unset_options,
    .min_args = 1,
    .max_args = 3,
    .op = "feature-set",
    .run = run_service,
};
