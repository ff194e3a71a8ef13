/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/op.h"

#include "tests/util/suite.h"

static struct qube *qube;

static void setup(void)
{
    qube = qube_new("work", "0c27b16d-5f2f-4b3d-9c0b-63f1e2a9d044", 7, "AppVM");
}

static void teardown(void)
{
    qube_free(qube);
}

static GHashTable *table(const char *name, const char *value)
{
    GHashTable *args = op_args_none();

    g_hash_table_insert(args, g_strdup(name), g_strdup(value));
    return args;
}

START_TEST(arguments_are_made_of_pairs)
{
    g_autoptr(GHashTable) args = op_args_new("name", "a", "value", NULL, "x", "", NULL);
    g_autoptr(GHashTable) none = op_args_none();

    ck_assert_str_eq(g_hash_table_lookup(args, "name"), "a");
    ck_assert_str_eq(g_hash_table_lookup(args, "x"), "");
    ck_assert(!g_hash_table_contains(args, "value"));
    ck_assert_uint_eq(g_hash_table_size(none), 0);
}
END_TEST

START_TEST(every_row_is_complete)
{
    for (const struct op_row *const *row = op_all(); *row; row++) {
        ck_assert_ptr_eq(op_find((*row)->name), *row);
        ck_assert(*(*row)->label && *(*row)->doing && *(*row)->done);
        ck_assert(*(*row)->help && (!(*row)->method || *(*row)->method));
        ck_assert((strstr((*row)->command, "{qube}") == NULL) == (*row)->system);
        ck_assert(!(*row)->system || (*row)->classes == CLASS_ADMIN);
        ck_assert((*row)->prepare && (*row)->run && (*row)->clear);
        ck_assert(!(*row)->writes_store || (*row)->apply);
        ck_assert((*row)->classes && (*row)->states);
        ck_assert_int_gt((*row)->deadline_ms, 0);
        for (const struct op_arg *a = (*row)->args; a && a->name; a++)
            ck_assert(*a->help);
    }
    ck_assert_ptr_null(op_find("fly"));
}
END_TEST

/* Those that change the store alone do not mind. */
static gboolean minds_state(const struct op_row *row)
{
    return !(row->states & (1u << POWER_UNKNOWN));
}

/* What start, stop, kill, pause, unpause, resize think of each state. */
START_TEST(each_state_has_its_operations)
{
    static const struct {
        enum power_state state;
        const char *ops;
    } rows[] = {
        { POWER_UNKNOWN, "" },
        { POWER_HALTED, "start resize rename remove fw-add fw-del fw-reset" },
        { POWER_TRANSIENT, "stop kill pause resize fw-add fw-del fw-reset" },
        { POWER_RUNNING, "stop kill pause resize fw-add fw-del fw-reset" },
        { POWER_PAUSED, "stop kill unpause resize fw-add fw-del fw-reset" },
        { POWER_SUSPENDED, "stop kill resize fw-add fw-del fw-reset" },
        { POWER_HALTING, "stop kill resize fw-add fw-del fw-reset" },
        { POWER_DYING, "stop kill resize fw-add fw-del fw-reset" },
        { POWER_CRASHED, "stop kill resize fw-add fw-del fw-reset" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(GStrv) ops = g_strsplit(rows[i].ops, " ", -1);

        qube->state = rows[i].state;
        for (const struct op_row *const *row = op_all(); *row; row++)
            ck_assert_msg(!minds_state(*row) ||
                          (op_refused(*row, qube) == NULL) ==
                              g_strv_contains((const char *const *)ops, (*row)->name),
                          "%s in state %s", (*row)->name,
                          power_state_word(rows[i].state));
    }
}
END_TEST

START_TEST(what_is_damaged_or_of_another_class_is_left_alone)
{
    struct qube *dom0 = qube_new("dom0", "00000000-0000-0000-0000-000000000000",
                                 0, "AdminVM");
    struct qube *odd = qube_new("odd", "0c27b16d-5f2f-4b3d-9c0b-63f1e2a9d045",
                                8, "MoonVM");

    qube->state = odd->state = POWER_HALTED;
    qube->broken = TRUE;
    ck_assert_ptr_nonnull(op_refused(op_find("start"), qube));
    ck_assert_ptr_nonnull(op_refused(op_find("start"), dom0));
    ck_assert_ptr_nonnull(op_refused(op_find("start"), odd));
    qube_free(dom0);
    qube_free(odd);
}
END_TEST

/* Whatever its entry says: it has memory and disks of the host. */
START_TEST(what_is_damaged_can_be_ended)
{
    struct qube *odd = qube_new("odd", "0c27b16d-5f2f-4b3d-9c0b-63f1e2a9d045",
                                8, "MoonVM");

    qube->state = odd->state = POWER_RUNNING;
    qube->broken = TRUE;
    ck_assert_ptr_null(op_refused(op_find("kill"), qube));
    ck_assert_ptr_null(op_refused(op_find("stop"), qube));
    ck_assert_ptr_null(op_refused(op_find("kill"), odd));
    ck_assert_ptr_nonnull(op_refused(op_find("pause"), odd));
    odd->state = POWER_HALTED;
    ck_assert_ptr_nonnull(op_refused(op_find("kill"), odd));
    qube_free(odd);
}
END_TEST

START_TEST(a_kill_reaches_what_is_still_starting)
{
    qube->state = POWER_HALTED;
    ck_assert_ptr_nonnull(op_refused(op_find("kill"), qube));
    qube->busy = "starting";
    ck_assert_ptr_null(op_refused(op_find("kill"), qube));
    ck_assert_ptr_nonnull(op_refused(op_find("stop"), qube));
}
END_TEST

static struct qube *add(struct model *model, const char *name, int qid,
                        const char *prop, const char *value)
{
    struct qube *added = qube_new(name, NULL, qid, "AppVM");

    added->state = POWER_RUNNING;
    qube_put(added, prop_find(prop, added->class->id), value);
    ck_assert(model_add(model, added, NULL));
    return added;
}

static void expect_stake(const struct model *model, const char *op,
                         const struct qube *of, const char *expected)
{
    g_autofree char *stake = op_consequence(op_find(op), model, of, NULL);

    ck_assert_str_eq(stake, expected);
}

/* Whatever ends it: others lose their network. */
START_TEST(a_net_qube_in_use_is_ended_in_a_box)
{
    struct model *model = model_new();
    struct qube *net = add(model, "net", 2, "provides_network", "True");
    struct qube *client = add(model, "mail", 3, "netvm", "net");

    ck_assert_int_eq(op_confirm(op_find("stop"), model, net, NULL), CONFIRM_L2);
    ck_assert_int_eq(op_confirm(op_find("kill"), model, net, NULL), CONFIRM_L2);
    expect_stake(model, "stop", net, "it is the net qube of mail; "
                                     "its programs are ended");
    expect_stake(model, "kill", net, "it is the net qube of mail; "
                                     "what it has not written to disk is lost");
    client->state = POWER_HALTED;
    ck_assert_int_eq(op_confirm(op_find("kill"), model, net, NULL), CONFIRM_L1);
    expect_stake(model, "kill", net, "what it has not written to disk is lost");
    model_free(model);
}
END_TEST

START_TEST(strength_depends_on_what_is_at_stake)
{
    struct model *model = model_new();
    struct qube *disp = qube_new("disp1", "0c27b16d-5f2f-4b3d-9c0b-63f1e2a9d046",
                                 9, "DispVM");
    g_autoptr(GHashTable) shrink = table("shrink", "True");
    g_autofree char *stake = NULL, *none = NULL;

    ck_assert_int_eq(op_confirm(op_find("start"), model, qube, NULL), CONFIRM_L0);
    ck_assert_int_eq(op_confirm(op_find("stop"), model, qube, NULL), CONFIRM_L1);
    ck_assert_int_eq(op_confirm(op_find("kill"), model, qube, NULL), CONFIRM_L1);
    ck_assert_int_eq(op_confirm(op_find("kill"), model, disp, NULL), CONFIRM_L2);
    expect_stake(model, "kill", disp, "it is a disposable: all of its data is lost");
    ck_assert_int_eq(op_confirm(op_find("resize"), model, qube, NULL), CONFIRM_L1);
    ck_assert_int_eq(op_confirm(op_find("resize"), model, qube, shrink), CONFIRM_L3);
    stake = op_consequence(op_find("resize"), model, qube, shrink);
    none = op_consequence(op_find("resize"), model, qube, NULL);
    ck_assert_str_eq(stake, "what is cut off is lost");
    ck_assert_ptr_null(none);
    qube_free(disp);
    model_free(model);
}
END_TEST

static void expect_command(const char *op, GHashTable *args, const char *expected)
{
    g_autofree char *command = op_command(op_find(op), qube, args);

    ck_assert_str_eq(command, expected);
}

START_TEST(a_command_is_what_one_would_type)
{
    g_autoptr(GHashTable) args = table("volume", "private");

    expect_command("start", NULL, "qmc start work");
    op_args_set(args, "size", "40G");
    expect_command("resize", args, "qmc vol resize work:private 40G");
    op_args_set(args, "shrink", "true");
    expect_command("resize", args, "qmc vol resize work:private 40G --shrink");
    g_hash_table_remove_all(args);
    op_args_set(args, "wait", "true");
    op_args_set(args, "timeout", "9");
    op_args_set(args, "force", "false");
    expect_command("stop", args, "qmc stop work --wait --timeout 9");
}
END_TEST

START_TEST(a_command_cannot_be_broken_out_of)
{
    g_free(qube->name);
    qube->name = g_strdup("a b;reboot");
    expect_command("start", NULL, "qmc start 'a b;reboot'");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        arguments_are_made_of_pairs,
        every_row_is_complete,
        each_state_has_its_operations,
        what_is_damaged_or_of_another_class_is_left_alone,
        what_is_damaged_can_be_ended,
        a_kill_reaches_what_is_still_starting,
        a_net_qube_in_use_is_ended_in_a_box,
        strength_depends_on_what_is_at_stake,
        a_command_is_what_one_would_type,
        a_command_cannot_be_broken_out_of,
        NULL,
    };

    return suite_run_fixture("op", tests, setup, teardown);
}
