/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels are added and removed; what is refused, and what a save that fails
 * leaves. */
#include "config.h"

#include <errno.h>

#include "core/label.h"
#include "hv-fake.h"
#include "world.h"

#include "tests/core/renames.h"
#include "tests/util/suite.h"

static struct world *world;

static void setup(void)
{
    fake_reset();
    rename_errno = 0;
    world = world_new("test:///fake", NULL);
}

static void teardown(void)
{
    world_free(world);
}

/* color NULL: remove it. */
static struct op *submit(const char *name, const char *color, GError **error)
{
    if (color)
        return world_submit(world, "label-add", "dom0", error, "name", name, "color",
                            color, NULL);
    return world_submit(world, "label-rm", "dom0", error, "name", name, NULL);
}

static struct op *run(const char *name, const char *color)
{
    g_autoptr(GError) error = NULL;
    struct op *op = submit(name, color, &error);

    ck_no_error(error);
    world_finish(world, op);
    return op;
}

static struct op *done(const char *name, const char *color)
{
    struct op *op = run(name, color);

    ck_no_error(op->error);
    return op;
}

static void wear(const char *qube, const char *label)
{
    g_autoptr(GError) error = NULL;
    struct op *op = world_submit(world, "set", qube, &error, "name", "label", "value",
                                 label, NULL);

    ck_no_error(error);
    world_finish(world, op);
    ck_no_error(op->error);
}

START_TEST(each_refusal_says_why)
{
    static const struct {
        const char *name, *color;
        QmcErrorCode code;
        const char *part;
    } rows[] = {
        { "", "0x000001", QMC_ERROR_INVALID, "digits alone" },
        { "12", "0x000001", QMC_ERROR_INVALID, "digits alone" },
        { "label-12", "0x000001", QMC_ERROR_INVALID, "by its number" },
        { "a b", "0x000001", QMC_ERROR_INVALID, "are allowed" },
        { "a\n", "0x000001", QMC_ERROR_INVALID, "are allowed" },
        { "gr\xc3\xbcn", "0x000001", QMC_ERROR_INVALID, "are allowed" },
        { "teal", "008080", QMC_ERROR_INVALID, "0xRRGGBB" },
        { "teal", "#008080", QMC_ERROR_INVALID, "0xRRGGBB" },
        { "teal", "0x8080", QMC_ERROR_INVALID, "0xRRGGBB" },
        { "teal", "0x0080800", QMC_ERROR_INVALID, "0xRRGGBB" },
        { "teal", "0x00808g", QMC_ERROR_INVALID, "0xRRGGBB" },
        { "teal", "0X008080", QMC_ERROR_INVALID, "0xRRGGBB" },
        { "red", "0x000001", QMC_ERROR_EXISTS, "'red' already" },
        { "1", "0x000001", QMC_ERROR_EXISTS, "'red' already" },
        { "teal", NULL, QMC_ERROR_NOTFOUND, "no label 'teal'" },
        { "99", NULL, QMC_ERROR_NOTFOUND, "no label '99'" },
        { "red", NULL, QMC_ERROR_STATE, "always there" },
        { "label-8", NULL, QMC_ERROR_STATE, "'black' cannot be removed" },
    };
    g_autofree char *before = world_store(world), *after = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_msg(submit(rows[i].name, rows[i].color, &error) == NULL, "%s %s",
                      rows[i].name, rows[i].color);
        ck_error(&error, rows[i].code, rows[i].part);
    }
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(a_label_comes_and_goes)
{
    g_autofree char *before = world_store(world), *between = NULL, *after = NULL;
    const struct label *label;

    done("teal", "0x008080");
    between = world_store(world);
    ck_assert_ptr_nonnull(
        strstr(between, "    <label id=\"label-9\" color=\"0x008080\">teal</label>\n"
                        "  </labels>"));
    label = model_label(engine_model(world->engine), "teal");
    ck_assert_str_eq(label->color, "0x008080");
    ck_assert_ptr_nonnull(strstr(done("teal", "0x008080")->result, "already"));
    ck_assert_int_eq(model_label(engine_model(world->engine), "teal")->index, 9);
    done("Teal.2", "0x00808F");
    done("teal", NULL);
    /* the number after the highest, not the first that is free */
    done("rose", "0xff0080");
    ck_assert_int_eq(model_label(engine_model(world->engine), "rose")->index, 11);
    done("11", NULL);
    done("label-10", NULL);
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(a_label_in_use_stays)
{
    const struct model *model = engine_model(world->engine);
    const struct qube *user = NULL;
    g_autoptr(GError) error = NULL;

    done("teal", "0x008080");
    wear("vault", "teal");
    wear("work", "label-9");
    ck_assert_uint_eq(model_label_users(model, model_label(model, "teal"), &user), 2);
    ck_assert_str_eq(user->name, "vault");
    ck_assert_ptr_null(submit("teal", NULL, &error));
    ck_error(&error, QMC_ERROR_STATE, "'vault' and 1 more");
    wear("vault", "red");
    ck_assert_ptr_null(submit("teal", NULL, &error));
    ck_error(&error, QMC_ERROR_STATE, "'work' has it");
    wear("work", "red");
    done("teal", NULL);
}
END_TEST

START_TEST(a_save_that_fails_leaves_what_was)
{
    g_autofree char *before = NULL, *after = NULL;

    done("teal", "0x008080");
    before = world_store(world);
    g_atomic_int_set(&rename_errno, ENOSPC);
    ck_assert(error_is(run("teal", NULL)->error, QMC_ERROR_NOSPACE));
    ck_assert_ptr_nonnull(model_label(engine_model(world->engine), "teal"));
    ck_assert(error_is(run("rose", "0xff0080")->error, QMC_ERROR_NOSPACE));
    ck_assert_ptr_null(model_label(engine_model(world->engine), "rose"));
    after = world_store(world);
    ck_assert_str_eq(after, before);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_refusal_says_why, a_label_comes_and_goes, a_label_in_use_stays,
        a_save_that_fails_leaves_what_was, NULL,
    };

    return suite_run_fixture("op-label", tests, setup, teardown);
}
