/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/op-words.h"

#include <string.h>

#include "core/op-private.h"
#include "util/error.h"
#include "util/near.h"

/* A command is literal words, then places to be filled: "{qube}:{volume}". One
 * of these may be literal too: "tag {qube} add {tag}". */
struct pattern {
    char **words;
    guint verbs, places;
    const struct op_arg *list; /* that the last place is for; NULL: for none */
};

static const struct op_arg *arg_find(const struct op_arg *args, const char *name,
                                     gsize length)
{
    for (const struct op_arg *a = args; a && a->name; a++)
        if (strlen(a->name) == length && strncmp(a->name, name, length) == 0)
            return a;
    return NULL;
}

/* "{parameters}" */
static const struct op_arg *list_of(const struct op_row *row, const char *place)
{
    gsize length = strlen(place);
    const struct op_arg *arg =
        *place == '{' && place[length - 1] == '}'
            ? arg_find(row->args, place + 1, length - 2) : NULL;

    return arg && arg->type == OP_ARG_LIST ? arg : NULL;
}

static struct pattern *pattern_new(const struct op_row *row)
{
    struct pattern *pattern = g_new0(struct pattern, 1);

    pattern->words = g_strsplit(row->command, " ", -1);
    while (pattern->words[pattern->verbs] &&
           !strchr(pattern->words[pattern->verbs], '{'))
        pattern->verbs++;
    pattern->places = g_strv_length(pattern->words) - pattern->verbs;
    if (pattern->places > 0)
        pattern->list =
            list_of(row, pattern->words[pattern->verbs + pattern->places - 1]);
    return pattern;
}

static void pattern_free(struct pattern *pattern)
{
    g_strfreev(pattern->words);
    g_free(pattern);
}
AUTO_DEFINE(pattern, struct pattern, pattern_free)

static const char *pattern_place(const struct pattern *pattern, guint i)
{
    return pattern->words[pattern->verbs + MIN(i, pattern->places - 1)];
}

static gboolean pattern_repeats(const struct pattern *pattern)
{
    return pattern->list ||
           strcmp(pattern_place(pattern, pattern->places - 1), "{qube}") == 0;
}

/* How many of the words are those of the verb. */
static guint pattern_matches(const struct pattern *pattern,
                             const char *const *words)
{
    guint n = 0;

    while (n < pattern->verbs && words[n] &&
           strcmp(words[n], pattern->words[n]) == 0)
        n++;
    return n;
}

static gboolean is_option_like(const char *word)
{
    return word[0] == '-' && word[1] && !g_ascii_isdigit(word[1]);
}

/* Whether no word is in the place of a literal that it is not. */
static gboolean pattern_allows(const struct pattern *pattern,
                               const char *const *words)
{
    guint place = 0;

    for (words += pattern->verbs; *words && place < pattern->places; words++) {
        const char *expected = pattern_place(pattern, place);

        if (is_option_like(*words))
            continue;
        if (!strchr(expected, '{') && strcmp(expected, *words) != 0)
            return FALSE;
        place++;
    }
    return TRUE;
}

/* --- verbs --- */

char **op_words_split(const char *line, GError **error)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) wrong = NULL;

    if (!g_shell_parse_argv(line, NULL, &words, &wrong)) {
        if (g_error_matches(wrong, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING))
            return g_new0(char *, 1);
        error_set(error, QMC_ERROR_INVALID, "close it, or put \\ before it",
                  "a quote is open at the end of the line");
        return NULL;
    }
    return g_strdupv(words + (words[0] && strcmp(words[0], "qmc") == 0));
}

/* Several may have the same verb: the longest verb counts, and among those of
 * one length the first whose literals are not contradicted. */
const struct op_row *op_words_row(const char *const *words)
{
    const struct op_row *const *rows = op_all();
    const struct op_row *best = NULL;
    guint most = 0;

    for (gsize i = 0; rows[i]; i++) {
        auto_of(pattern) struct pattern *pattern = pattern_new(rows[i]);
        guint rank;

        if (pattern_matches(pattern, words) != pattern->verbs)
            continue;
        rank = 2 * pattern->verbs + pattern_allows(pattern, words);
        if (rank <= most)
            continue;
        best = rows[i];
        most = rank;
    }
    return best;
}

char *op_words_verb(const struct op_row *row)
{
    const char *place = strchr(row->command, '{');

    return g_strchomp(g_strndup(row->command, place - row->command));
}

static gboolean has_place(const struct op_row *row, const char *arg)
{
    g_autofree char *place = g_strdup_printf("{%s}", arg);

    return strstr(row->command, place) != NULL;
}

char *op_words_usage(const struct op_row *row)
{
    auto_of(pattern) struct pattern *pattern = pattern_new(row);
    GString *usage = g_string_new(NULL);
    gboolean place = FALSE;

    for (const char *p = row->command; *p; p++)
        if (*p == '{' || *p == '}')
            place = *p == '{';
        else
            g_string_append_c(usage, place ? g_ascii_toupper(*p) : *p);
    if (pattern_repeats(pattern))
        g_string_append(usage, "...");
    for (const struct op_arg *a = row->args; a && a->name; a++)
        if (!has_place(row, a->name))
            g_string_append_printf(usage, a->required ? " --%s%s" : " [--%s%s]%s",
                                   a->name, a->type == OP_ARG_BOOL ? "" : " VALUE",
                                   a->type == OP_ARG_LIST ? "..." : "");
    return g_string_free(usage, FALSE);
}

/* --- parsing --- */

/* The words that are still to be read. */
struct reader {
    const struct op_row *row;
    const struct pattern *pattern;
    const char *const *next;
    gboolean only_places; /* after "--" */
    guint places;         /* filled */
    struct op_words *out;
};

/* Options of every command: for op_consent(). */
static const struct op_arg consent_args[] = {
    { "yes", OP_ARG_BOOL, FALSE, "do it without a question" },
    { "confirm", OP_ARG_TEXT, FALSE, "name of the qube whose data may be lost" },
    { NULL },
};

static const struct op_arg *option_find(const struct op_row *row,
                                        const char *name, gsize length)
{
    const struct op_arg *arg = arg_find(row->args, name, length);

    return arg && !has_place(row, arg->name) ? arg
                                             : arg_find(consent_args, name, length);
}

/* "--timeout", "--timeout=5", "-y". */
static const struct op_arg *option_of(const struct op_row *row, const char *word)
{
    if (strcmp(word, "-y") == 0)
        return consent_args;
    return word[1] == '-' ? option_find(row, word + 2, strcspn(word + 2, "="))
                          : NULL;
}

static void error_option(const struct op_row *row, const char *word,
                         GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *usage = op_words_usage(row), *verb = op_words_verb(row);
    g_autofree char *hint = NULL;
    const char *near;

    for (const struct op_arg *a = row->args; a && a->name; a++)
        if (!has_place(row, a->name))
            g_ptr_array_add(names, g_strdup(a->name));
    for (const struct op_arg *a = consent_args; a->name; a++)
        g_ptr_array_add(names, g_strdup(a->name));
    g_ptr_array_add(names, NULL);
    near = near_find(word + strspn(word, "-"), (const char *const *)names->pdata);
    hint = near ? g_strdup_printf("did you mean '--%s'?", near)
                : g_steal_pointer(&usage);
    error_set(error, QMC_ERROR_INVALID, hint, "'%s' has no option '%s'", verb, word);
}

/* The last one counts, but all those of a list. */
static void option_put(GHashTable *args, const struct op_arg *arg, const char *value)
{
    const char *before =
        arg->type == OP_ARG_LIST ? g_hash_table_lookup(args, arg->name) : NULL;

    g_hash_table_insert(args, g_strdup(arg->name),
                        before ? g_strconcat(before, "\n", value, NULL)
                               : g_strdup(value));
}

static gboolean read_option(struct reader *reader, const char *word,
                            GError **error)
{
    const struct op_arg *arg = option_of(reader->row, word);
    const char *equals = strchr(word, '=');
    const char *value = "true";

    if (!arg || (arg->type == OP_ARG_BOOL && equals)) {
        error_option(reader->row, word, error);
        return FALSE;
    }
    if (arg->type != OP_ARG_BOOL)
        value = equals ? equals + 1 : *reader->next ? *reader->next++ : NULL;
    if (!value) {
        error_set(error, QMC_ERROR_INVALID, arg->help,
                  "option '--%s' needs a value", arg->name);
        return FALSE;
    }
    option_put(reader->out->args, arg, value);
    return TRUE;
}

static void place_fill(struct op_words *out, char *name, char *value)
{
    const struct op_arg *arg = arg_find(out->row->args, name, strlen(name));

    if (strcmp(name, "qube") == 0)
        g_ptr_array_add(out->qubes, g_steal_pointer(&value));
    else if (arg)
        option_put(out->args, arg, value);
    g_free(name);
    g_free(value);
}

/* A place of its own that something empty may stand in. */
static gboolean is_value(const char *place)
{
    return *place == '{' && strchr(place, '}')[1] == '\0' &&
           strcmp(place, "{qube}") != 0;
}

/* "work:private" for "{qube}:{volume}": what is between braces goes up to the
 * character behind them. */
static gboolean place_read(struct op_words *out, const char *place,
                           const char *word)
{
    if (!*word && is_value(place)) {
        place_fill(out, g_strndup(place + 1, strlen(place) - 2), g_strdup(""));
        return TRUE;
    }
    while (*place) {
        const char *end = strchr(place, '}');
        const char *stop = *place == '{' && end[1] ? strchr(word, end[1])
                                                   : word + strlen(word);

        if (*place != '{') {
            if (*place++ != *word++)
                return FALSE;
            continue;
        }
        if (!stop || stop == word)
            return FALSE;
        place_fill(out, g_strndup(place + 1, end - place - 1),
                   g_strndup(word, stop - word));
        place = end + 1;
        word = stop;
    }
    return !*word;
}

static gboolean read_place(struct reader *reader, const char *word,
                           GError **error)
{
    g_autofree char *usage = op_words_usage(reader->row);
    g_autofree char *verb = op_words_verb(reader->row);

    if (reader->places >= reader->pattern->places &&
        !pattern_repeats(reader->pattern)) {
        error_set(error, QMC_ERROR_INVALID, usage,
                  "'%s' has no use for '%s'", verb, word);
        return FALSE;
    }
    if (place_read(reader->out, pattern_place(reader->pattern, reader->places++),
                   word))
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, usage, "'%s' cannot be read here", word);
    return FALSE;
}

static gboolean is_option(const struct reader *reader, const char *word)
{
    return !reader->only_places && is_option_like(word);
}

static gboolean read_words(struct reader *reader, GError **error)
{
    while (*reader->next) {
        const char *word = *reader->next++;

        if (!reader->only_places && strcmp(word, "--") == 0)
            reader->only_places = TRUE;
        else if (!(is_option(reader, word) ? read_option : read_place)(reader, word,
                                                                       error))
            return FALSE;
    }
    if (reader->places >= reader->pattern->places)
        return TRUE;
    g_autofree char *usage = op_words_usage(reader->row);
    error_set(error, QMC_ERROR_INVALID, NULL, "that is too short: %s", usage);
    return FALSE;
}

static struct op_words *op_words_new(const struct op_row *row)
{
    struct op_words *words = g_new0(struct op_words, 1);

    words->row = row;
    words->qubes = g_ptr_array_new_with_free_func(g_free);
    words->args = op_args_none();
    return words;
}

void op_words_free(struct op_words *words)
{
    g_ptr_array_unref(words->qubes);
    g_hash_table_unref(words->args);
    g_free(words->confirm);
    g_free(words);
}

/* They are of the person who types, not of the operation. */
static void take_consent(struct op_words *words)
{
    words->yes = g_hash_table_remove(words->args, "yes");
    words->confirm = g_strdup(g_hash_table_lookup(words->args, "confirm"));
    g_hash_table_remove(words->args, "confirm");
}

struct op_words *op_words_parse(const char *const *words, GError **error)
{
    const struct op_row *row = op_words_row(words);
    auto_of(op_words) struct op_words *out = NULL;
    auto_of(pattern) struct pattern *pattern = NULL;
    struct reader reader;

    if (!row) {
        error_set(error, QMC_ERROR_INVALID, NULL, "there is no operation '%s'",
                  words[0] ? words[0] : "");
        return NULL;
    }
    out = op_words_new(row);
    pattern = pattern_new(row);
    reader = (struct reader){row, pattern, words + pattern->verbs, FALSE, 0, out};
    if (!read_words(&reader, error))
        return NULL;
    take_consent(out);
    if (row->system)
        g_ptr_array_add(out->qubes, g_strdup("dom0"));
    if (!op_args_check(row, out->args, error))
        return NULL;
    g_ptr_array_add(out->qubes, NULL);
    return g_steal_pointer(&out);
}

/* --- names --- */

struct qube *op_words_qube(const struct model *model, const char *name,
                           GError **error)
{
    struct qube *qube = model_qube_named(model, name);
    g_autoptr(GPtrArray) names = NULL;
    g_autofree char *hint = NULL;
    const char *near;

    if (!qube)
        qube = model_qube(model, name); /* some names cannot be typed */
    if (qube)
        return qube;
    names = g_ptr_array_new();
    for (guint i = 0; i < model->qubes->len; i++)
        g_ptr_array_add(names, ((struct qube *)model->qubes->pdata[i])->name);
    g_ptr_array_add(names, NULL);
    near = near_find(name, (const char *const *)names->pdata);
    if (near)
        hint = g_strdup_printf("did you mean '%s'?", near);
    error_set(error, QMC_ERROR_NOTFOUND, hint ? hint : "'qmc ls' lists the qubes",
              "there is no qube '%s'", name);
    return NULL;
}

/* --- completion --- */

void op_words_offer(GPtrArray *found, const char *begun, const char *text)
{
    if (!g_str_has_prefix(text, begun) ||
        g_ptr_array_find_with_equal_func(found, text, g_str_equal, NULL))
        return;
    g_ptr_array_add(found, g_strdup(text));
}

/* The volumes of the qube that is named before the colon. */
static void offer_volumes(const struct model *model, const char *begun,
                          const char *colon, GPtrArray *found)
{
    g_autofree char *name = g_strndup(begun, colon - begun);
    const struct qube *qube = model_qube_named(model, name);

    for (guint i = 0; qube && i < qube->volumes->len; i++) {
        g_autofree char *text = g_strdup_printf(
            "%s:%s", name,
            g_array_index(qube->volumes, struct volume_config, i).name);

        op_words_offer(found, begun, text);
    }
}

static void offer_qubes(const struct op_row *row, const struct model *model,
                        const char *place, const char *begun, GPtrArray *found)
{
    const char *colon = strchr(begun, ':');

    if (place[6] == ':' && colon) {
        offer_volumes(model, begun, colon, found);
        return;
    }
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];
        g_autofree char *text = g_strconcat(qube->name,
                                            place[6] == ':' ? ":" : NULL, NULL);

        if (!op_refused(row, qube))
            op_words_offer(found, begun, text);
    }
}

static void offer_args(const struct op_row *row, const struct op_arg *args,
                       const char *begun, GPtrArray *found)
{
    for (const struct op_arg *a = args; a && a->name; a++) {
        g_autofree char *text = g_strconcat("--", a->name, NULL);

        if (!has_place(row, a->name))
            op_words_offer(found, begun, text);
    }
}

/* Those that consent where there may be something to consent to. */
static void offer_options(const struct op_row *row, const char *begun,
                          GPtrArray *found)
{
    offer_args(row, row->args, begun, found);
    if (row->strength || row->confirm > CONFIRM_L1)
        offer_args(row, consent_args, begun, found);
}

static void offer_place(const struct op_row *row, const struct model *model,
                        const char *const *words, const char *begun,
                        GPtrArray *found)
{
    auto_of(pattern) struct pattern *pattern = pattern_new(row);
    guint places = 0;

    for (words += pattern->verbs; *words; words++) {
        const struct op_arg *arg =
            g_str_has_prefix(*words, "--")
                ? option_find(row, *words + 2, strlen(*words + 2)) : NULL;

        places += (*words)[0] != '-';
        /* The value of an option is anything. */
        if (arg && arg->type != OP_ARG_BOOL && !*++words)
            return;
    }
    if (*begun == '-')
        offer_options(row, begun, found);
    else if ((places < pattern->places || pattern_repeats(pattern)) &&
             g_str_has_prefix(pattern_place(pattern, places), "{qube}"))
        offer_qubes(row, model, pattern_place(pattern, places), begun, found);
    else if (places < pattern->places && !strchr(pattern_place(pattern, places), '{'))
        op_words_offer(found, begun, pattern_place(pattern, places));
}

void op_words_complete(const struct model *model, const char *const *words,
                       const char *begun, GPtrArray *found)
{
    const struct op_row *const *rows = op_all();
    guint given = 0;

    while (words[given])
        given++;
    for (gsize i = 0; rows[i]; i++) {
        auto_of(pattern) struct pattern *pattern = pattern_new(rows[i]);
        guint matches = pattern_matches(pattern, words);

        if (matches == given && given < pattern->verbs)
            op_words_offer(found, begun, pattern->words[given]);
        else if (matches == pattern->verbs && pattern_allows(pattern, words))
            offer_place(rows[i], model, words, begun, found);
    }
}
