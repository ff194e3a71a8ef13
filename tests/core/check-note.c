/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notes.txt: read, replaced, put back. */
#include "config.h"

#include "core/note.h"
#include "root.h"

static char *path;

static void setup(void)
{
    g_autofree char *dir = NULL;

    root_setup();
    path = root_path("/var/lib/qubes/appvms/work/notes.txt");
    dir = g_path_get_dirname(path);
    ck_assert(file_mkdirs(dir, 0700, NULL));
}

static void teardown(void)
{
    g_clear_pointer(&path, g_free);
    root_teardown();
}

static void put(const char *text, gssize len)
{
    ck_assert(g_file_set_contents(path, text, len, NULL));
}

/* NULL: there is no file. */
static void ck_note(const char *expected)
{
    g_autofree char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    ck_assert_msg(g_strcmp0(text, expected) == 0, "'%s', not '%s'", text, expected);
}

START_TEST(what_another_wrote_is_left_alone)
{
    g_autoptr(GError) error = NULL;
    auto_of(note) struct note *note = NULL;

    put("first", -1);
    note = note_read(path, &error);
    ck_assert_str_eq(note->text, "first");
    put("theirs", -1);
    ck_assert(!note_write(note, "ours", &error));
    ck_error(&error, QMC_ERROR_BUSY, "another program");
    ck_assert(!note_write(note, "", &error));
    ck_error(&error, QMC_ERROR_BUSY, "another program");
    ck_note("theirs");
}
END_TEST

START_TEST(what_is_no_note_is_said)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *large = g_strnfill(4 * NOTE_MAX + 1, 'x');

    put("a\0b", 3);
    ck_assert_ptr_null(note_read(path, &error));
    ck_error(&error, QMC_ERROR_INVALID, "NUL");
    put(large, -1);
    ck_assert_ptr_null(note_read(path, &error));
    ck_error(&error, QMC_ERROR_INVALID, NULL);
}
END_TEST

START_TEST(what_was_written_can_be_put_back)
{
    g_autoptr(GError) error = NULL;
    auto_of(note) struct note *absent = note_read(path, &error), *note = NULL;

    ck_assert(note_write(absent, "new", &error) && note_restore(absent, &error));
    ck_note(NULL);
    put("first", -1);
    note = note_read(path, &error);
    ck_assert(note_write(note, "", &error) && note_restore(note, &error));
    ck_note("first");
    ck_assert(note_write(note, "second", &error) && note_restore(note, &error));
    ck_note("first");
}
END_TEST

START_TEST(names_that_lead_elsewhere_have_none)
{
    static const struct {
        const char *name, *class;
        gboolean has;
    } rows[] = {
        { "work", "AppVM", TRUE }, { "../work", "AppVM", FALSE },
        { "..", "AppVM", FALSE }, { "", "AppVM", FALSE }, { "work", "MoonVM", FALSE },
        { "dom0", "AdminVM", FALSE }, { "far", "RemoteVM", FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct qube *qube = qube_new(rows[i].name, NULL, 7, rows[i].class);
        g_autofree char *at = note_path("/r", qube);

        ck_assert_msg((at != NULL) == rows[i].has, "%s", rows[i].name);
        qube_free(qube);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_another_wrote_is_left_alone,
        what_is_no_note_is_said,
        what_was_written_can_be_put_back,
        names_that_lead_elsewhere_have_none,
        NULL,
    };

    return suite_run_fixture("note", tests, setup, teardown);
}
