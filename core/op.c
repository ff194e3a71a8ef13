/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/op-private.h"

#include <string.h>

#include "util/error.h"
#include "util/text.h"

static const struct op_row *const rows[] = {
#define OP(name) &op_##name,
#include "core/ops.list"
#undef OP
    NULL,
};

const struct op_row *const *op_all(void)
{
    return rows;
}

const struct op_row *op_find(const char *name)
{
    for (gsize i = 0; rows[i]; i++)
        if (g_str_equal(rows[i]->name, name))
            return rows[i];
    return NULL;
}

static const char *const state_reasons[] = {
    [POWER_UNKNOWN] = "its state is not known: no answer from libvirt",
    [POWER_HALTED] = "it is not running",
    [POWER_TRANSIENT] = "it is not up yet",
    [POWER_RUNNING] = "it is running",
    [POWER_PAUSED] = "it is paused",
    [POWER_SUSPENDED] = "it is suspended",
    [POWER_HALTING] = "it is shutting down",
    [POWER_DYING] = "it is being torn down",
    [POWER_CRASHED] = "it has crashed",
};

static gboolean is_spurious(const struct qube *qube)
{
    return qube->class->id == CLASS_ADMIN && !g_str_equal(qube->uuid, DOM0_UUID);
}

const char *op_never(const struct op_row *row, const struct qube *qube)
{
    if (!qube)
        return NULL;
    if ((qube->broken || !qube->class) && !row->damaged)
        return "its entry in the store is damaged";
    if (qube->class && !(row->classes & qube->class->id) &&
        !(row->spurious && is_spurious(qube)))
        return "its class has no such operation";
    return NULL;
}

const char *op_refused(const struct op_row *row, const struct qube *qube)
{
    unsigned state = qube ? 1u << qube->state : 0;
    const char *never = op_never(row, qube);

    if (never || !qube)
        return never;
    /* What passes the queue is meant for the operation at work. */
    if (row->urgent && qube->busy)
        return NULL;
    /* What runs elsewhere has no states here. */
    if (qube->class && qube->class->id == CLASS_REMOTE)
        return NULL;
    if (!(row->states & state) || (row->reached & state))
        return state_reasons[qube->state];
    return NULL;
}

enum confirm op_confirm(const struct op_row *row, const struct model *model,
                        const struct qube *qube, GHashTable *args)
{
    return row->strength ? row->strength(model, qube, args) : row->confirm;
}

char *op_word(const struct op_row *row, const struct qube *qube, GHashTable *args)
{
    return row->system ? op_object(row, qube, args) : g_strdup(qube->name);
}

enum confirm op_consent(const struct op_row *row, const struct qube *qube,
                        GHashTable *args, gboolean yes, const char *name)
{
    g_autofree char *word = name ? op_word(row, qube, args) : NULL;

    if (name && (g_str_equal(name, word) || (!row->system && qube &&
                                             g_str_equal(name, qube->uuid))))
        return CONFIRM_L3;
    return yes ? CONFIRM_L2 : CONFIRM_L1;
}

const char *op_verb(const struct op_row *row, const struct qube *qube,
                    GHashTable *args)
{
    return row->verb ? row->verb(qube, args) : row->label;
}

char *op_object(const struct op_row *row, const struct qube *qube,
                GHashTable *args)
{
    return row->object ? row->object(qube, args) : g_strdup(qube->name);
}

char *op_consequence(const struct op_row *row, const struct model *model,
                     const struct qube *qube, GHashTable *args)
{
    return row->stake ? row->stake(model, qube, args)
                      : g_strdup(row->consequence);
}

static const char *arg_text(GHashTable *args, const char *name)
{
    return args ? g_hash_table_lookup(args, name) : NULL;
}

static gboolean truth(const char *text)
{
    return text && g_ascii_strcasecmp(text, "true") == 0;
}

/* "{parameters}", if that is a list. */
static const struct op_arg *place_list(const struct op_row *row, const char *word)
{
    for (const struct op_arg *a = row->args; a && a->name; a++) {
        g_autofree char *place = g_strdup_printf("{%s}", a->name);

        if (a->type == OP_ARG_LIST && g_str_equal(word, place))
            return a;
    }
    return NULL;
}

/* Each line as a word. */
static char *list_words(const char *lines, const char *otherwise)
{
    g_auto(GStrv) texts = g_strsplit(lines ? lines : otherwise, "\n", -1);

    for (gsize i = 0; texts[i]; i++) {
        char *quoted = text_shell_quote(texts[i]);

        g_free(texts[i]);
        texts[i] = quoted;
    }
    return g_strjoinv(" ", texts);
}

/* One word of the template with {qube} and {argument} filled in; what was
 * named is taken out of `left`. */
static char *command_word(const struct op_row *row, const char *word,
                          const struct qube *qube, GHashTable *args, GHashTable *left)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const struct op_arg *list = place_list(row, word);

    if (list) {
        g_hash_table_remove(left, list->name);
        return list_words(arg_text(args, list->name), list->name);
    }
    for (const char *p = word; *p;) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;

        if (end) {
            g_autofree char *name = g_strndup(p + 1, end - p - 1);
            const char *value = g_str_equal(name, "qube") ? qube->name
                                                          : arg_text(args, name);

            g_string_append(out, value ? value : name);
            g_hash_table_remove(left, name);
            p = end + 1;
        } else {
            g_string_append_c(out, *p++);
        }
    }
    return text_shell_quote(out->str);
}

static void command_values(GString *out, const struct op_arg *arg,
                           const char *value)
{
    g_auto(GStrv) lines =
        g_strsplit(value, "\n", arg->type == OP_ARG_LIST ? -1 : 1);

    for (gsize i = 0; lines[i]; i++) {
        g_autofree char *quoted = text_shell_quote(lines[i]);

        g_string_append_printf(out, " --%s %s", arg->name, quoted);
    }
}

static void command_options(GString *out, const struct op_row *row,
                            GHashTable *left)
{
    for (const struct op_arg *a = row->args; a && a->name; a++) {
        const char *value = g_hash_table_lookup(left, a->name);

        if (!value || (a->type == OP_ARG_BOOL && !truth(value)))
            continue;
        if (a->type == OP_ARG_BOOL)
            g_string_append_printf(out, " --%s", a->name);
        else
            command_values(out, a, value);
    }
}

/* What is typed in that place would be taken for an option. */
static gboolean word_is_dashed(const char *quoted)
{
    return quoted[*quoted == '\''] == '-' || strstr(quoted, " -") || strstr(quoted, " '-");
}

char *op_command(const struct op_row *row, const struct qube *qube,
                 GHashTable *args)
{
    g_autoptr(GString) out = g_string_new("qmc"), places = g_string_new(NULL);
    g_autoptr(GHashTable) left = op_args_none();
    g_auto(GStrv) words = g_strsplit(row->command, " ", -1);
    gboolean dashed = FALSE;

    for (const struct op_arg *a = row->args; a && a->name; a++)
        if (arg_text(args, a->name))
            op_args_set(left, a->name, arg_text(args, a->name));
    for (gsize i = 0; words[i]; i++) {
        gboolean place = strchr(words[i], '{') != NULL;
        g_autofree char *word = command_word(row, words[i], qube, args, left);

        dashed = dashed || (place && word_is_dashed(word));
        g_string_append_printf(place || places->len ? places : out, " %s", word);
    }
    /* A value that looks like an option comes after all of these. */
    if (!dashed)
        g_string_append(out, places->str);
    command_options(out, row, left);
    if (dashed)
        g_string_append_printf(out, " --%s", places->str);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

gpointer op_former(const struct op *op)
{
    const GPtrArray *old = op->priv->old_data;

    return old->len ? old->pdata[old->len - 1] : NULL;
}

const char *op_text(const struct op *op, const char *arg)
{
    return arg_text(op->args, arg);
}

GHashTable *op_args_none(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

void op_args_set(GHashTable *args, const char *name, const char *text)
{
    g_hash_table_insert(args, g_strdup(name), g_strdup(text));
}

GHashTable *op_args_new(const char *name, ...)
{
    GHashTable *args = op_args_none();
    va_list more;

    va_start(more, name);
    for (; name; name = va_arg(more, const char *)) {
        const char *text = va_arg(more, const char *);

        if (text)
            op_args_set(args, name, text);
    }
    va_end(more);
    return args;
}

GHashTable *op_args_copy(GHashTable *args)
{
    GHashTable *copy = op_args_none();
    GHashTableIter iter;
    gpointer name, value;

    if (!args)
        return copy;
    g_hash_table_iter_init(&iter, args);
    while (g_hash_table_iter_next(&iter, &name, &value))
        op_args_set(copy, name, value);
    return copy;
}

gboolean op_args_bool(GHashTable *args, const char *arg)
{
    return truth(arg_text(args, arg));
}

gboolean op_bool(const struct op *op, const char *arg)
{
    return op_args_bool(op->args, arg);
}

gint64 op_int(const struct op *op, const char *arg, gint64 otherwise)
{
    const char *text = op_text(op, arg);

    return text ? g_ascii_strtoll(text, NULL, 10) : otherwise;
}

static gboolean check_any(const struct op_arg *arg, const char *text,
                          GError **error)
{
    return TRUE;
}

static gboolean check_int(const struct op_arg *arg, const char *text,
                          GError **error)
{
    gint64 value;

    return text_int_parse(text, 0, G_MAXINT32, arg->name, &value, error);
}

static gboolean check_bool(const struct op_arg *arg, const char *text,
                           GError **error)
{
    if (truth(text) || g_ascii_strcasecmp(text, "false") == 0)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, "use 'true' or 'false'",
              "'%s' is no value for '%s'", text, arg->name);
    return FALSE;
}

static gboolean check_size(const struct op_arg *arg, const char *text,
                           GError **error)
{
    guint64 bytes;

    return text_size_parse(text, &bytes, error);
}

static gboolean arg_check(const struct op_arg *arg, const char *text,
                          GError **error)
{
    static gboolean (*const checks[])(const struct op_arg *, const char *,
                                      GError **) = {
        [OP_ARG_TEXT] = check_any,   [OP_ARG_INT] = check_int,
        [OP_ARG_BOOL] = check_bool,  [OP_ARG_SIZE] = check_size,
        [OP_ARG_VOLUME] = check_any, [OP_ARG_LIST] = check_any,
    };

    if (text)
        return checks[arg->type](arg, text, error);
    if (!arg->required)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, arg->help, "'%s' is missing", arg->name);
    return FALSE;
}

static const struct op_arg *arg_find(const struct op_row *row, const char *name)
{
    for (const struct op_arg *a = row->args; a && a->name; a++)
        if (g_str_equal(a->name, name))
            return a;
    return NULL;
}

gboolean op_args_check(const struct op_row *row, GHashTable *args, GError **error)
{
    GHashTableIter iter;
    gpointer name;

    for (const struct op_arg *a = row->args; a && a->name; a++)
        if (!arg_check(a, arg_text(args, a->name), error))
            return FALSE;
    if (!args)
        return TRUE;
    g_hash_table_iter_init(&iter, args);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        if (arg_find(row, name) || *(const char *)name == '.')
            continue;
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "operation '%s' has no argument '%s'", row->name,
                  (const char *)name);
        return FALSE;
    }
    return TRUE;
}

char *op_deed(const struct op_row *row, const char *subject)
{
    const char *what = row->phrase ? row->phrase : row->name;

    return row->phrase && row->system ? g_strdup(what)
                                      : g_strdup_printf("%s '%s'", what, subject);
}

char *op_title(const struct op_row *row)
{
    char *title = g_strdup(row->phrase ? row->label : row->name);

    *title = g_ascii_tolower(*title);
    return title;
}

gboolean op_refuse(const struct qube *qube, const char *verb, const char *why,
                   const char *hint, GError **error)
{
    error_set(error, QMC_ERROR_STATE, hint, "cannot %s '%s': %s", verb, qube->name, why);
    return FALSE;
}
