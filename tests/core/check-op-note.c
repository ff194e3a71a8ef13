/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The note of a qube: what is stored, what is refused, what failures leave. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/note.h"
#include "hv-fake.h"
#include "tests/core/renames.h"
#include "world.h"

#include "tests/util/suite.h"

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

static struct world *world;
static gint failing; /* errno of what is done to the note; 0: it works */

static gboolean fails(const char *path)
{
    int errnum = g_atomic_int_get(&failing);

    if (!errnum || !g_str_has_suffix(path, "/notes.txt"))
        return FALSE;
    errno = errnum;
    return TRUE;
}

int __wrap_rename(const char *from, const char *to)
{
    return fails(to) ? -1 : __real_rename(from, to);
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to,
                     unsigned flags)
{
    return fails(to) || fails(from) ? -1 : __real_renameat2(from_dir, from, to_dir, to, flags);
}

int __wrap_unlink(const char *path)
{
    return fails(path) ? -1 : __real_unlink(path);
}

static void setup(void)
{
    fake_reset();
    failing = 0;
    world = world_new("test:///fake", NULL);
}

static void teardown(void)
{
    world_free(world);
}

static struct op *run(const char *qube, const char *text)
{
    g_autoptr(GError) error = NULL;
    struct op *op = world_submit(world, "note", qube, &error, "text", text, NULL);

    ck_no_error(error);
    world_finish(world, op);
    return op;
}

static const char *done(const char *qube, const char *text)
{
    struct op *op = run(qube, text);

    ck_no_error(op->error);
    return op->result;
}

/* NULL: there is no file. */
static void ck_note(const char *qube, const char *expected)
{
    g_autofree char *path = note_path(world->root, world_qube(world, qube));
    g_autofree char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    ck_assert_msg(g_strcmp0(text, expected) == 0, "'%s', not '%s'", text, expected);
}

START_TEST(a_note_comes_and_goes)
{
    g_autofree char *store = world_store(world), *after = NULL;

    ck_assert_str_eq(done("work", ""), "has no note");
    ck_note("work", NULL);
    ck_assert_str_eq(done("work", "one\n\ttwo\n"), "note of 9 bytes written");
    ck_note("work", "one\n\ttwo\n");
    ck_assert_str_eq(done("work", "one\n\ttwo\n"), "the note says that already");
    done("work", "a\x1b[1m\r\xe2\x80\xae\xc3\xa4\xc2\xa0z");
    ck_note("work", "a_[1m__\xc3\xa4 z");
    ck_assert_str_eq(done("work", ""), "note removed");
    ck_note("work", NULL);
    after = world_store(world);
    ck_assert_str_eq(after, store);
}
END_TEST

START_TEST(each_refusal_says_why)
{
    g_autofree char *most = g_strnfill(NOTE_MAX, 'x'), *more = g_strnfill(NOTE_MAX + 1, 'x');
    const struct {
        const char *qube, *text;
        QmcErrorCode code;
        const char *part;
    } rows[] = {
        { "work", more, QMC_ERROR_INVALID, "at most 256000" },
        { "work", "a\xff", QMC_ERROR_INVALID, "UTF-8" },
        { "dom0", "a", QMC_ERROR_STATE, "class" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(world_submit(world, "note", rows[i].qube, &error, "text",
                                        rows[i].text, NULL));
        ck_error(&error, rows[i].code, rows[i].part);
    }
    ck_note("work", NULL);
    done("work", most);
}
END_TEST

START_TEST(what_fails_leaves_the_note)
{
    done("work", "first");
    g_atomic_int_set(&failing, ENOSPC);
    ck_assert(error_is(run("work", "second")->error, QMC_ERROR_NOSPACE));
    ck_note("work", "first");
    g_atomic_int_set(&failing, EROFS);
    ck_assert(error_is(run("work", "")->error, QMC_ERROR_DENIED));
    ck_note("work", "first");
}
END_TEST

/* A note is no matter of the state: the hypervisor need not answer. */
START_TEST(it_is_written_whatever_the_state)
{
    fake_set_state(world_uuid(world, "personal"), "personal", POWER_RUNNING);
    done("personal", "runs");
    fake_script("down=1");
    done("vault", "nobody answers");
    ck_note("personal", "runs");
    ck_note("vault", "nobody answers");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_note_comes_and_goes,
        each_refusal_says_why,
        what_fails_leaves_the_note,
        it_is_written_whatever_the_state,
        NULL,
    };

    return suite_run_fixture("op-note", tests, setup, teardown);
}
