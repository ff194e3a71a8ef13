/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/op-words.h"

#include "tests/util/suite.h"
#include "util/text.h"

static struct model *model;

static struct qube *add(const char *name, int qid, enum power_state state)
{
    struct qube *qube = qube_new(name, NULL, qid, "AppVM");
    struct volume_config config = {
        .name = "private",
        .attrs = g_array_new(FALSE, FALSE, sizeof(struct pair)),
    };

    qube->state = state;
    g_array_append_val(qube->volumes, config);
    ck_assert(model_add(model, qube, NULL));
    return qube;
}

static void setup(void)
{
    model = model_new();
    add("work", 2, POWER_RUNNING);
    add("vault", 3, POWER_HALTED);
    add("vault-2", 4, POWER_HALTED);
}

static void teardown(void)
{
    model_free(model);
}

/* --- what op_command() writes is read as what it was --- */

static const char letters[] = "abcXYZ019-_.";
static const char odd[] = "ab '\"\\$#&;*?\u00e9=-:{}";

static char *random_text(GRand *dice, const char *from, gboolean name)
{
    GString *text = g_string_new(name ? "q" : NULL);
    int n = g_rand_int_range(dice, 1, 12);

    for (int i = 0; i < n; i++) {
        glong at = g_rand_int_range(dice, 0, (gint32)g_utf8_strlen(from, -1));

        g_string_append_unichar(
            text, g_utf8_get_char(g_utf8_offset_to_pointer(from, at)));
    }
    return g_string_free(text, FALSE);
}

static char *random_lines(GRand *dice)
{
    g_autofree char *first = random_text(dice, odd, FALSE);
    g_autofree char *second = random_text(dice, odd, FALSE);

    return g_strdup_printf("%s\n%s", first, second);
}

static char *random_value(GRand *dice, const struct op_arg *arg)
{
    switch (arg->type) {
    case OP_ARG_INT:
        return g_strdup_printf("%d", g_rand_int_range(dice, 0, 100000));
    case OP_ARG_BOOL:
        return g_strdup("true");
    case OP_ARG_SIZE:
        return g_strdup_printf("%dG", g_rand_int_range(dice, 1, 100000));
    case OP_ARG_VOLUME:
        return random_text(dice, letters, TRUE);
    case OP_ARG_LIST:
        return random_lines(dice);
    case OP_ARG_TEXT:
        break;
    }
    return random_text(dice, odd, FALSE);
}

static GHashTable *random_args(GRand *dice, const struct op_row *row)
{
    GHashTable *args = op_args_none();

    for (const struct op_arg *a = row->args; a && a->name; a++)
        if (a->required || strstr(row->command, a->name) ||
            g_rand_boolean(dice))
            g_hash_table_insert(args, g_strdup(a->name), random_value(dice, a));
    return args;
}

static void compare(GHashTable *args, const struct op_words *words,
                    const char *command)
{
    GHashTableIter iter;
    gpointer name, value;

    ck_assert_uint_eq(g_hash_table_size(args), g_hash_table_size(words->args));
    g_hash_table_iter_init(&iter, args);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const char *got = g_hash_table_lookup(words->args, name);

        ck_assert_msg(g_strcmp0(got, value) == 0, "%s: %s is '%s', not '%s'",
                      command, (char *)name, got, (char *)value);
    }
}

START_TEST(a_command_is_read_as_it_was_written)
{
    GRand *dice = g_rand_new_with_seed(20260101);
    int rows = 0;

    while (op_all()[rows])
        rows++;
    for (int i = 0; i < 4000; i++) {
        const struct op_row *row = op_all()[i % rows];
        g_autofree char *name = random_text(dice, letters, TRUE);
        struct qube *qube = qube_new(name, NULL, 9, "AppVM");
        g_autoptr(GHashTable) args = random_args(dice, row);
        g_autofree char *command = op_command(row, qube, args);
        g_auto(GStrv) split = op_words_split(command, NULL);
        auto_of(op_words) struct op_words *words = NULL;
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_nonnull(split);
        words = op_words_parse((const char *const *)split, &error);
        ck_assert_msg(words != NULL, "%s: %s", command,
                      error ? error->message : "");
        ck_assert_ptr_eq(words->row, row);
        ck_assert_str_eq(words->qubes->pdata[0], row->system ? "dom0" : name);
        ck_assert_ptr_null(words->qubes->pdata[1]);
        compare(args, words, command);
        qube_free(qube);
    }
    g_rand_free(dice);
}
END_TEST

/* --- what people type --- */

static struct op_words *parse(const char *line, GError **error)
{
    g_auto(GStrv) split = op_words_split(line, error);

    return split ? op_words_parse((const char *const *)split, error) : NULL;
}

START_TEST(several_qubes_and_options_in_any_order)
{
    auto_of(op_words) struct op_words *stop =
        parse("  stop work --timeout=60 'vault' --wait -- -odd", NULL);
    auto_of(op_words) struct op_words *grow =
        parse("qmc vol resize work:private 40G", NULL);

    ck_assert_ptr_nonnull(stop);
    ck_assert_str_eq(stop->qubes->pdata[0], "work");
    ck_assert_str_eq(stop->qubes->pdata[1], "vault");
    ck_assert_str_eq(stop->qubes->pdata[2], "-odd");
    ck_assert_str_eq(g_hash_table_lookup(stop->args, "timeout"), "60");
    ck_assert_str_eq(g_hash_table_lookup(stop->args, "wait"), "true");
    ck_assert_ptr_nonnull(grow);
    ck_assert_str_eq(grow->qubes->pdata[0], "work");
    ck_assert_str_eq(g_hash_table_lookup(grow->args, "volume"), "private");
    ck_assert_str_eq(g_hash_table_lookup(grow->args, "size"), "40G");
}
END_TEST

START_TEST(consent_is_typed_as_in_a_shell)
{
    auto_of(op_words) struct op_words *named =
        parse("vol resize work:private 1G --shrink --confirm work", NULL);
    auto_of(op_words) struct op_words *yes = parse("kill -y work --confirm=vault", NULL);
    auto_of(op_words) struct op_words *none = parse("kill work", NULL);
    const struct qube *work = model_qube_named(model, "work");

    ck_assert_str_eq(named->confirm, "work");
    ck_assert(!named->yes);
    ck_assert_uint_eq(g_hash_table_size(named->args), 3);
    ck_assert(yes->yes);
    ck_assert_str_eq(yes->confirm, "vault");
    ck_assert_uint_eq(g_hash_table_size(yes->args), 0);
    ck_assert(!none->yes && !none->confirm);
    ck_assert_int_eq(op_consent(op_find("start"), work, NULL, FALSE, NULL), CONFIRM_L1);
    ck_assert_int_eq(op_consent(op_find("start"), work, NULL, FALSE, "vault"), CONFIRM_L1);
    ck_assert_int_eq(op_consent(op_find("start"), work, NULL, TRUE, "vault"), CONFIRM_L2);
    ck_assert_int_eq(op_consent(op_find("start"), work, NULL, FALSE, "work"), CONFIRM_L3);
}
END_TEST

START_TEST(words_choose_among_operations_of_one_verb)
{
    static const struct {
        const char *line, *op, *arg, *value;
    } rows[] = {
        {"prefs work memory 800", "set", "value", "800"},
        {"prefs work netvm ''", "set", "value", ""},
        {"prefs work kernelopts -- -x", "set", "value", "-x"},
        {"prefs --unset work memory", "unset", "name", "memory"},
        {"global clockvm work", "global-set", "value", "work"},
        {"global --unset clockvm", "global-unset", "name", "clockvm"},
        {"feature --unset work os", "feature-unset", "name", "os"},
        {"tag work add safe", "tag-add", "tag", "safe"},
        {"create x --class AppVM --label red --property a=b --property=c=d", "create",
         "property", "a=b\nc=d"},
        {"tag work del safe", "tag-del", "tag", "safe"},
        {"note work 'a b'", "note", "text", "a b"},
        {"label add teal 0x008080", "label-add", "color", "0x008080"},
        {"label rm teal", "label-rm", "name", "teal"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        auto_of(op_words) struct op_words *words = parse(rows[i].line, NULL);

        ck_assert_msg(words != NULL, "%s", rows[i].line);
        ck_assert_str_eq(words->row->name, rows[i].op);
        ck_assert_str_eq(words->qubes->pdata[0],
                         words->row->system ? "dom0" : "work");
        ck_assert_str_eq(g_hash_table_lookup(words->args, rows[i].arg),
                         rows[i].value);
    }
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    static const struct {
        const char *line, *message, *hint;
    } rows[] = {
        {"fly", "there is no operation 'fly'", NULL},
        {"fly work", "there is no operation 'fly'", NULL},
        {"start", "too short: start QUBE...", NULL},
        {"stop work --tiemout 5", "no option '--tiemout'", "'--timeout'"},
        {"stop work --timeout", "'--timeout' needs a value", NULL},
        {"stop work --timeout soon", "timeout", NULL},
        {"stop work --wait=no", "no option '--wait=no'", NULL},
        {"stop -w work", "no option '-w'", NULL},
        {"stop work --confirm", "'--confirm' needs a value", NULL},
        {"stop work --yes=no", "no option '--yes=no'", NULL},
        {"stop work --confrim work", "no option '--confrim'", "'--confirm'"},
        {"vol resize work 4G", "'work' cannot be read here", "QUBE:VOLUME SIZE"},
        {"vol resize :private 4G", "cannot be read here", NULL},
        {"vol resize work: 4G", "cannot be read here", NULL},
        {"vol resize work:private", "too short: vol resize", NULL},
        {"vol resize work:private 4G 5G", "no use for '5G'", "[--shrink]"},
        {"vol resize work:private -4G", "", NULL},
        {"vol resize work:private --size 4G", "no option '--size'", NULL},
        {"start 'work", "quote", NULL},
        {"tag work take safe", "'take' cannot be read here", "tag QUBE add TAG"},
        {"prefs '' memory 1", "cannot be read here", NULL},
        {"prefs work memory", "too short: prefs QUBE NAME VALUE", NULL},
        {"", "there is no operation", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(parse(rows[i].line, &error));
        ck_assert_int_eq(error->code, QMC_ERROR_INVALID);
        ck_assert_msg(strstr(error->message, rows[i].message) != NULL, "%s: %s",
                      rows[i].line, error->message);
        ck_assert_msg(!rows[i].hint || strstr(error_hint(error), rows[i].hint),
                      "%s: %s", rows[i].line, error_hint(error));
    }
}
END_TEST

static void ck_said(const char *op, const char *title, const char *deed)
{
    g_autofree char *name = op_title(op_find(op));
    g_autofree char *what = op_deed(op_find(op), "work");

    ck_assert_str_eq(name, title);
    ck_assert_str_eq(what, deed);
}

/* Names that are no words of a language are not said. */
START_TEST(operations_are_said_in_plain_words)
{
    const struct op_row *const *rows = op_all();

    ck_said("start", "start", "start 'work'");
    ck_said("feature-set", "set a feature", "set a feature of 'work'");
    ck_said("tag-add", "add a tag", "add a tag to 'work'");
    ck_said("label-rm", "remove a label", "remove a label");
    ck_said("global-unset", "unset a global property", "unset a global property");
    for (gsize i = 0; rows[i]; i++)
        ck_assert_msg(!strchr(rows[i]->name, '-') || rows[i]->phrase, "%s",
                      rows[i]->name);
}
END_TEST

START_TEST(a_name_nobody_has_brings_the_nearest)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_nonnull(op_words_qube(model, "vault", NULL));
    ck_assert_ptr_null(op_words_qube(model, "wrok", &error));
    ck_assert_int_eq(error->code, QMC_ERROR_NOTFOUND);
    ck_assert_str_eq(error_hint(error), "did you mean 'work'?");
}
END_TEST

START_TEST(completion_offers_what_makes_sense_now)
{
    static const struct {
        const char *before, *begun, *offers;
    } rows[] = {
        {"", "s", "start stop"},
        {"", "vo", "vol"},
        {"vol", "", "resize revert pin set import export clear"},
        {"start", "", "vault vault-2"},
        {"start vault", "v", "vault vault-2"},
        {"stop", "", "work"},
        {"stop work", "--", "--wait --timeout --force --yes --confirm"},
        {"stop work --timeout", "", ""},
        {"stop --timeout 5", "w", "work"},
        {"vol resize", "w", "work:"},
        {"fw", "w", "work"},
        {"fw work", "", "add del reset"},
        {"fw work add", "", ""},
        {"fw work add", "-", "--before --replace"},
        {"fw work del 1", "-", ""},
        {"fw work reset", "-", "--drop --yes --confirm"},
        {"vol resize", "work:", "work:private"},
        {"vol resize work:private", "", ""},
        {"vol resize work:private 4G", "-", "--shrink --yes --confirm"},
        {"start work", "-", ""},
        {"tag work", "", "add del"},
        {"tag work", "d", "del"},
        {"tag work add", "", ""},
        {"prefs", "--", "--unset"},
        {"prefs --unset", "va", "vault vault-2"},
        {"stop work --confirm", "", ""},
        {"fly", "", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(GStrv) before = op_words_split(rows[i].before, NULL);
        g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *got = NULL;

        op_words_complete(model, (const char *const *)before, rows[i].begun, found);
        g_ptr_array_add(found, NULL);
        got = g_strjoinv(" ", (char **)found->pdata);
        ck_assert_msg(strcmp(got, rows[i].offers) == 0, "'%s' '%s': %s",
                      rows[i].before, rows[i].begun, got);
    }
}
END_TEST

int main(void)
{
    static const TTest *tests[9] = {NULL};
    gsize n = 0;

    tests[n++] = a_command_is_read_as_it_was_written;
    tests[n++] = several_qubes_and_options_in_any_order;
    tests[n++] = consent_is_typed_as_in_a_shell;
    tests[n++] = words_choose_among_operations_of_one_verb;
    tests[n++] = what_is_wrong_is_said;
    tests[n++] = operations_are_said_in_plain_words;
    tests[n++] = a_name_nobody_has_brings_the_nearest;
    tests[n++] = completion_offers_what_makes_sense_now;
    return suite_run_cases("op-words", tests, setup, teardown, NULL);
}
