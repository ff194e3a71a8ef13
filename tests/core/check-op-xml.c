/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a copy back, with a store that reads and with one that does not. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "core/layout.h"
#include "core/store-history.h"
#include "core/weigh.h"
#include "hv-fake.h"
#include "saving.h"

#include "tests/util/suite.h"

static GThread *main_thread;
static guint reads_on_main;
gboolean __real_store_load(struct store *store, struct model *model, GError **error);
gboolean __wrap_store_load(struct store *store, struct model *model, GError **error);

gboolean __wrap_store_load(struct store *store, struct model *model, GError **error)
{
    reads_on_main += g_thread_self() == main_thread;
    return __real_store_load(store, model, error);
}

static void change_memory(const char *value)
{
    g_autoptr(GError) error = NULL;
    struct op *op = world_submit(world, "set", "vault", &error, "name", "memory",
                                 "value", value, NULL);

    ck_no_error(error);
    world_finish(world, op);
    ck_no_error(op->error);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the files, the oldest first. */
static GPtrArray *copies(void)
{
    g_autofree char *path = layout_path(world->root, LAYOUT_HISTORY);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_text);
    return names;
}

static char *newest_copy(void)
{
    g_autoptr(GPtrArray) names = copies();

    ck_assert_uint_gt(names->len, 0);
    return g_strdup(names->pdata[names->len - 1]);
}

static guint count_copies(void)
{
    g_autoptr(GPtrArray) names = copies();

    return names->len;
}

static struct op *submit(const char *copy, GError **error)
{
    g_autoptr(GHashTable) args = op_args_new("copy", copy, NULL);
    struct op_request request = { .op = "xml-restore", .uuid = DOM0_UUID,
                                  .args = args, .consent = CONFIRM_L3 };

    return engine_submit(world->engine, &request, error);
}

struct weighed {
    GHashTable *args;
    GError *error;
};

static void take_weighed(gpointer args, const GError *error, gpointer data)
{
    struct weighed *weighed = data;

    weighed->args = args;
    weighed->error = error ? g_error_copy(error) : NULL;
}

static gboolean is_weighed(gpointer data)
{
    const struct weighed *weighed = data;

    return weighed->args || weighed->error;
}

/* What the question knows; NULL with the error. */
static GHashTable *weigh(const char *copy, GError **error)
{
    g_autoptr(GHashTable) args = op_args_new("copy", copy, NULL);
    struct weighed weighed = { NULL };

    weigh_submit(world->engine, op_find("xml-restore"), args, take_weighed, &weighed);
    ck_assert(world_until(world, is_weighed, &weighed));
    if (weighed.error)
        g_propagate_error(error, weighed.error);
    return weighed.args;
}

/* Over; its error is in it. */
static struct op *restore(const char *copy)
{
    g_autoptr(GError) error = NULL;
    struct op *op = submit(copy, &error);

    ck_no_error(error);
    world_finish(world, op);
    return op;
}

static void put_store(const char *path, const char *text)
{
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

static void break_store(void)
{
    g_autofree char *path = layout_path(world->root, LAYOUT_STORE);

    put_store(path, "<qubes>");
    ck_assert(!engine_load(world->engine, NULL));
}

static int memory(void)
{
    return (int)qube_get_int(engine_model(world->engine), world_qube(world, "vault"),
                             "memory", -1);
}

START_TEST(the_model_follows_the_copy)
{
    g_autofree char *before = world_store(world), *copy = NULL, *after = NULL;

    change_memory("900");
    copy = newest_copy();
    ck_no_error(restore(copy)->error);
    after = world_store(world);
    ck_assert_str_eq(after, before);
    ck_assert_int_eq(memory(), 400);
    ck_assert_uint_eq(count_copies(), 2);
}
END_TEST

#define STRANGER "0a0b0c0d-0000-4000-8000-000000000001"

static void restore_fails(const char *copy, const char *part)
{
    g_autofree char *before = world_store(world), *after = NULL;
    const struct op *op = restore(copy);

    ck_assert(error_is(op->error, QMC_ERROR_STATE));
    ck_assert_msg(strstr(op->error->message, part) != NULL, "%s", op->error->message);
    after = world_store(world);
    ck_assert_str_eq(after, before);
}

START_TEST(nobody_runs_under_a_name_of_the_copy)
{
    g_autofree char *copy = NULL;

    change_memory("900");
    copy = newest_copy();
    fake_set_state(STRANGER, "vault", POWER_RUNNING);
    restore_fails(copy, "'vault' is running with the UUID " STRANGER);
    fake_set_state(STRANGER, NULL, POWER_HALTED);
    ck_no_error(restore(copy)->error);
}
END_TEST

/* Who runs would have its images under another name. */
START_TEST(nobody_is_renamed_while_it_runs)
{
    g_autofree char *copy = NULL;
    g_autoptr(GError) error = NULL;
    struct op *op = world_submit(world, "rename", "vault", &error, "name", "safe", NULL);

    ck_no_error(error);
    world_finish(world, op);
    ck_no_error(op->error);
    copy = newest_copy();
    fake_set_state(world_uuid(world, "safe"), "safe", POWER_RUNNING);
    restore_fails(copy, "and in the other store that is 'vault'");
}
END_TEST

START_TEST(a_hypervisor_that_is_away_hinders_nobody)
{
    g_autofree char *copy = NULL;

    change_memory("900");
    copy = newest_copy();
    fake_script("down=1");
    ck_no_error(restore(copy)->error);
}
END_TEST

START_TEST(a_store_that_does_not_read_is_replaced_and_kept)
{
    g_autofree char *copy = NULL, *kept = NULL, *name = NULL;
    g_autofree char *path = NULL, *at = NULL;

    change_memory("900");
    copy = newest_copy();
    break_store();
    ck_assert_uint_eq(engine_model(world->engine)->qubes->len, 0);
    ck_no_error(restore(copy)->error);
    ck_assert_ptr_null(engine_store_error(world->engine));
    ck_assert_int_eq(memory(), 400);
    name = newest_copy();
    path = layout_path(world->root, LAYOUT_HISTORY);
    at = g_build_filename(path, name, NULL);
    ck_assert(g_file_get_contents(at, &kept, NULL, NULL));
    ck_assert_str_eq(kept, "<qubes>");
}
END_TEST

START_TEST(nothing_else_can_be_done_without_a_store)
{
    g_autoptr(GError) error = NULL;
    struct op_request request = { .op = "global-unset", .uuid = DOM0_UUID,
                                  .dry_run = TRUE };

    break_store();
    ck_assert_ptr_null(engine_submit(world->engine, &request, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "there is no qube");
}
END_TEST

static void refused(const char *copy, QmcErrorCode code, const char *part)
{
    g_autofree char *before = world_store(world), *after = NULL;
    guint copies = count_copies();
    struct op *op = restore(copy);

    ck_error(&op->error, code, part);
    op->error = g_error_new(QMC_ERROR, QMC_ERROR_IO, "looked at");
    after = world_store(world);
    ck_assert_str_eq(after, before);
    ck_assert_uint_eq(count_copies(), copies);
    ck_assert_int_eq(memory(), 900);
}

START_TEST(what_fails_leaves_store_and_copies)
{
    g_autofree char *copy = NULL, *bad = NULL;

    change_memory("900");
    copy = newest_copy();
    refused("qubes-nowhere.xml", QMC_ERROR_NOTFOUND, "qubes-nowhere.xml");
    bad = g_build_filename(world->root, "bad.xml", NULL);
    put_store(bad, "<qubes><domains>");
    refused(bad, QMC_ERROR_IO, "bad.xml");
    g_atomic_int_set(&rename_errno, EIO);
    refused(copy, QMC_ERROR_IO, "qubes.xml");
    g_atomic_int_set(&rename_errno, ENOSPC);
    refused(copy, QMC_ERROR_NOSPACE, "qubes.xml");
}
END_TEST

static void spoil(const char *path)
{
    rename_then = NULL;
    put_store(path, "<qubes/");
}

/* Whoever wrote it: what was there before the operation is there again. */
START_TEST(what_cannot_be_read_afterwards_is_taken_back)
{
    g_autofree char *copy = NULL, *before = NULL, *after = NULL;
    const struct op *op;

    change_memory("900");
    before = world_store(world);
    copy = newest_copy();
    rename_then = spoil;
    op = restore(copy);
    ck_assert_ptr_nonnull(op->error);
    ck_assert_ptr_null(op->left);
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(it_wants_a_yes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) args = op_args_none();
    struct op_request request = { .op = "xml-restore", .uuid = DOM0_UUID,
                                  .args = args, .consent = CONFIRM_L1 };

    change_memory("900");
    g_hash_table_insert(args, g_strdup("copy"), newest_copy());
    ck_assert_ptr_null(engine_submit(world->engine, &request, &error));
    ck_error(&error, QMC_ERROR_UNCONFIRMED, "becomes one of the copies");
    ck_assert_int_eq(memory(), 900);
}
END_TEST

/* The store without that qube. */
static char *without(const char *qube)
{
    g_autofree char *store = world_store(world);
    g_autofree char *name = g_strdup_printf(">%s</property>", qube);
    char *at = strstr(store, name), *begin, *end;

    ck_assert_ptr_nonnull(at);
    end = strstr(at, "</domain>") + strlen("</domain>");
    begin = g_strrstr_len(store, at - store, "<domain ");
    return g_strdup_printf("%.*s%s", (int)(begin - store), store, end);
}

static void ck_stake(GHashTable *args, enum confirm strength, const char *text)
{
    const struct op_row *row = op_find("xml-restore");
    const struct model *model = engine_model(world->engine);
    const struct qube *dom0 = model_qube(model, DOM0_UUID);
    g_autofree char *stake = op_consequence(row, model, dom0, args);

    ck_assert_int_eq(op_confirm(row, model, dom0, args), strength);
    ck_assert_msg(strstr(stake, text), "%s", stake);
}

START_TEST(the_question_names_what_goes_and_what_comes)
{
    g_autofree char *less = without("vault"), *path = layout_path(world->root, LAYOUT_STORE);
    g_autofree char *copy = g_build_filename(world->root, "less.xml", NULL);
    g_autofree char *before = world_store(world);
    g_autofree char *whole = g_build_filename(world->root, "whole.xml", NULL);
    g_autoptr(GHashTable) same = NULL, loss = NULL, gain = NULL, blind = NULL, none = NULL;

    put_store(copy, less);
    put_store(whole, before);
    ck_stake(same = weigh(whole, NULL), CONFIRM_L2, "no qube comes or goes;");
    ck_stake(loss = weigh(copy, NULL), CONFIRM_L3, "the store loses 'vault';");
    put_store(path, less);
    ck_stake(gain = weigh(whole, NULL), CONFIRM_L2, "the store gets 'vault';");
    put_store(path, "<qubes>");
    ck_stake(blind = weigh(whole, NULL), CONFIRM_L2, "the present store cannot be read");
    ck_assert_int_eq(g_unlink(path), 0);
    ck_stake(none = weigh(whole, NULL), CONFIRM_L2, "there is no store now");
    ck_stake(NULL, CONFIRM_L3, "becomes one of the copies");
}
END_TEST

START_TEST(what_was_not_named_is_not_lost)
{
    g_autofree char *less = without("vault"), *before = world_store(world), *after = NULL;
    g_autofree char *copy = g_build_filename(world->root, "less.xml", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GHashTable) args = NULL;
    struct op_request request = { .op = "xml-restore", .uuid = DOM0_UUID,
                                  .consent = CONFIRM_L2 };
    struct op *op;

    put_store(copy, before);
    request.args = args = weigh(copy, NULL);
    put_store(copy, less); /* after the question */
    op = engine_submit(world->engine, &request, &error);
    ck_no_error(error);
    world_finish(world, op);
    ck_error(&op->error, QMC_ERROR_BUSY, "changed since it was asked");
    op->error = g_error_new(QMC_ERROR, QMC_ERROR_IO, "looked at");
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(a_copy_that_does_not_read_is_not_asked_about)
{
    g_autofree char *bad = g_build_filename(world->root, "bad.xml", NULL);
    GError *error = NULL;

    put_store(bad, "<qubes><domains>");
    ck_assert_ptr_null(weigh(bad, &error));
    ck_error(&error, QMC_ERROR_IO, "bad.xml");
    ck_assert_ptr_null(weigh("qubes-nowhere.xml", &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "qubes-nowhere.xml");
}
END_TEST

/* There was none before, so there is none after. */
START_TEST(what_was_put_in_the_place_of_nothing_goes_again)
{
    g_autofree char *before = world_store(world), *path = layout_path(world->root, LAYOUT_STORE);
    g_autofree char *copy = g_build_filename(world->root, "copy.xml", NULL);
    g_autoptr(GBytes) bytes = g_bytes_new(before, strlen(before));
    GError *error = NULL;

    put_store(copy, before);
    ck_assert(store_put_back(world->root, bytes, NULL, NULL));
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
    ck_assert(!store_put_back(world->root, bytes, NULL, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "qubes.xml");
    put_store(path, "of another");
    ck_assert(!store_put_back(world->root, bytes, NULL, &error));
    ck_error(&error, QMC_ERROR_BUSY, "changed by another program");
    ck_assert(g_file_test(path, G_FILE_TEST_EXISTS));
}
END_TEST

/* Importing. */

static const char r3[] =
    "<?xml version='1.0'?>\n"
    "<QubesVmCollection default_netvm=\"1\">\n"
    "  <QubesNetVm qid=\"1\" name=\"sys-old\" label=\"red\" netid=\"1\" "
    "dir_path=\"/var/lib/qubes/servicevms/sys-old\"/>\n"
    "  <QubesHVm qid=\"2\" name=\"ancient\" label=\"blue\" "
    "dir_path=\"/var/lib/qubes/appvms/ancient\"/>\n"
    "  <QubesHVm qid=\"3\" name=\"older\" label=\"blue\" "
    "dir_path=\"/var/lib/qubes/appvms/older\"/>\n"
    "</QubesVmCollection>\n";

static char *old_put(const char *below, const char *text)
{
    char *path = g_build_filename(world->root, "old", below, NULL);
    g_autofree char *dir = g_path_get_dirname(path);

    ck_assert(file_mkdirs(dir, 0770, NULL));
    put_store(path, text);
    return path;
}

/* An old system with rules of two qubes; the path of its store. */
static char *old_system(void)
{
    g_free(old_put("appvms/ancient/firewall.xml", "<QubesFirewallRules policy=\"deny\"/>"));
    g_free(old_put("appvms/older/firewall.xml", "<QubesFirewallRules policy=\"deny\"/>"));
    return old_put("qubes.xml", r3);
}

static struct op *import(const char *file, enum confirm consent, GError **error)
{
    g_autoptr(GHashTable) args = op_args_new("file", file, NULL);
    struct op_request request = { .op = "xml-import", .uuid = DOM0_UUID,
                                  .args = args, .consent = consent };
    struct op *op;

    op = engine_submit(world->engine, &request, error);
    if (op)
        world_finish(world, op);
    return op;
}

static gboolean has_rules(const char *qube)
{
    g_autofree char *below = g_strdup_printf(LAYOUT_BASE "/appvms/%s", qube);
    g_autofree char *dir = world_path(world, below);

    return g_file_test(dir, G_FILE_TEST_EXISTS);
}

START_TEST(an_old_store_takes_the_place)
{
    g_autofree char *file = old_system(), *before = world_store(world), *name = NULL;
    g_autofree char *path = layout_path(world->root, LAYOUT_HISTORY), *at = NULL, *kept = NULL;
    g_autoptr(GError) error = NULL;
    const struct op *op = import(file, CONFIRM_L3, &error);

    ck_no_error(error);
    ck_no_error(op->error);
    ck_assert_ptr_nonnull(strstr(op->result, "3 qubes imported; the former one is 'qubes-"));
    ck_assert_ptr_nonnull(model_qube_named(engine_model(world->engine), "ancient"));
    ck_assert_ptr_null(model_qube_named(engine_model(world->engine), "vault"));
    ck_assert(has_rules("ancient") && has_rules("older"));
    ck_assert_ptr_nonnull(world_step(op, "images")); /* what is doubtful is told */
    name = newest_copy();
    at = g_build_filename(path, name, NULL);
    ck_assert(g_file_get_contents(at, &kept, NULL, NULL));
    ck_assert_str_eq(kept, before);
}
END_TEST

START_TEST(an_import_takes_no_name_of_who_runs)
{
    g_autofree char *file = old_system(), *before = world_store(world), *after = NULL;
    g_autoptr(GError) error = NULL;
    const struct op *op;

    fake_set_state(STRANGER, "ancient", POWER_RUNNING);
    op = import(file, CONFIRM_L3, &error);
    ck_no_error(error);
    ck_assert(error_is(op->error, QMC_ERROR_STATE));
    ck_assert_ptr_nonnull(strstr(op->error->message, "'ancient' is running with the UUID"));
    after = world_store(world);
    ck_assert_str_eq(after, before);
    ck_assert(!has_rules("ancient"));
}
END_TEST

START_TEST(an_import_over_a_store_wants_its_name)
{
    g_autofree char *file = old_system(), *before = world_store(world), *after = NULL;
    GError *error = NULL;

    ck_assert_ptr_null(import(file, CONFIRM_L2, &error));
    ck_error(&error, QMC_ERROR_UNCONFIRMED, "'import' of 'qubes.xml' was not confirmed");
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

static void import_fails(const char *file, const char *before, guint copies)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *after = NULL;
    const struct op *op = import(file, CONFIRM_L3, &error);

    ck_no_error(error);
    ck_assert_ptr_nonnull(op->error);
    ck_assert_ptr_null(op->left);
    after = world_store(world);
    ck_assert_str_eq(after, before);
    ck_assert(!has_rules("ancient"));
    ck_assert_ptr_null(model_qube_named(engine_model(world->engine), "ancient"));
    ck_assert_uint_eq(count_copies(), copies);
}

/* Reading, the rules of the second qube, the store, and reading that. */
START_TEST(an_import_that_fails_anywhere_leaves_nothing)
{
    g_autofree char *file = old_system(), *before = world_store(world);
    g_autofree char *bad = old_put("bad.xml", "<QubesVmCollection");
    g_autofree char *below = world_path(world, LAYOUT_BASE "/appvms/older");

    import_fails(bad, before, 0);
    put_store(below, "in the way");
    import_fails(file, before, 0);
    ck_assert_int_eq(g_unlink(below), 0);
    g_atomic_int_set(&rename_errno, ENOSPC);
    import_fails(file, before, 0);
    g_atomic_int_set(&rename_errno, 0);
    rename_then = spoil;
    import_fails(file, before, 2);
    ck_assert(!has_rules("older"));
}
END_TEST

/* It may be on a disk that does not answer. */
START_TEST(once_started_main_reads_no_store)
{
    g_autofree char *file = old_system(), *copy = NULL, *text = world_store(world);
    g_autofree char *path = layout_path(world->root, LAYOUT_STORE), *bad = NULL;
    g_auto(GStrv) parts = g_strsplit(text, "name=\"label\">", 2);
    g_autoptr(GError) error = NULL;
    struct op *op;

    bad = g_strconcat(parts[0], "name=\"label\">no-", parts[1], NULL);
    put_store(path, bad);
    ck_assert(engine_load(world->engine, NULL));
    ck_assert_uint_gt(model_findings(engine_model(world->engine)), 0);
    reads_on_main = 0;
    change_memory("900"); /* and the findings are looked for again */
    ck_assert_uint_gt(model_findings(engine_model(world->engine)), 0);
    put_store(path, text); /* behind us: read again, and saved again */
    change_memory("800");
    ck_assert_uint_eq(model_findings(engine_model(world->engine)), 0);
    ck_assert_int_eq(memory(), 800);
    g_atomic_int_set(&rename_errno, EIO);
    op = world_submit(world, "set", "vault", &error, "name", "memory", "value", "700", NULL);
    world_finish(world, op);
    g_atomic_int_set(&rename_errno, 0);
    ck_assert_ptr_nonnull(op->error);
    ck_assert_int_eq(memory(), 800);
    copy = newest_copy();
    ck_no_error(restore(copy)->error);
    ck_no_error(import(file, CONFIRM_L3, &error)->error);
    ck_assert_uint_eq(reads_on_main, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_model_follows_the_copy,
        nobody_runs_under_a_name_of_the_copy,
        nobody_is_renamed_while_it_runs,
        a_hypervisor_that_is_away_hinders_nobody,
        an_import_takes_no_name_of_who_runs,
        a_store_that_does_not_read_is_replaced_and_kept,
        nothing_else_can_be_done_without_a_store,
        what_fails_leaves_store_and_copies,
        what_cannot_be_read_afterwards_is_taken_back,
        it_wants_a_yes,
        the_question_names_what_goes_and_what_comes,
        what_was_not_named_is_not_lost,
        a_copy_that_does_not_read_is_not_asked_about,
        what_was_put_in_the_place_of_nothing_goes_again,
        an_old_store_takes_the_place,
        an_import_over_a_store_wants_its_name,
        an_import_that_fails_anywhere_leaves_nothing,
        once_started_main_reads_no_store,
        NULL,
    };

    main_thread = g_thread_self();
    return suite_run_fixture("op-xml", tests, saving_setup, saving_teardown);
}
