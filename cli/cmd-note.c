/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/batch.h"
#include "cli/cmd.h"
#include "cli/reading.h"
#include "core/note.h"
#include "util/error.h"
#include "util/text.h"

static gpointer read_note(const char *path, GError **error)
{
    return note_read(path, error);
}

static void drop_note(gpointer data)
{
    note_free(data);
}

static void print_text(const char *untrusted_text)
{
    g_autofree char *text = text_sanitise_lines(untrusted_text, -1);

    printf("%s%s", text, *text && !g_str_has_suffix(text, "\n") ? "\n" : "");
}

static void print_note(const struct cli *cli, const struct qube *qube,
                       const struct note *note)
{
    static const struct out_column columns[] = {
        {"name", NULL, OUT_TEXT, 0},
        {"note", NULL, OUT_TEXT, 0},
        {NULL},
    };
    auto_of(out) struct out *out = NULL;

    if (cli->form != OUT_JSON) {
        print_text(note->text);
        return;
    }
    out = out_new(columns);
    out_row(out);
    out_text(out, qube->name);
    out_text(out, note->text);
    out_print(out, cli->form);
}

static gboolean show(struct cli *cli, const char *name, GError **error)
{
    const struct qube *qube = cli_qube(cli, name, error);
    g_autofree char *path = NULL;
    auto_of(note) struct note *note = NULL;

    if (!qube)
        return FALSE;
    path = note_path(engine_root(cli->engine), qube);
    if (!path) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "qube '%s' has no note: its class has no such operation", qube->name);
        return FALSE;
    }
    note = reading_wait(path, read_note, drop_note, error);
    if (!note)
        return FALSE;
    print_note(cli, qube, note);
    return TRUE;
}

/* Nothing may also be what is left of a program that failed, and it would remove
 * the note. */
static gboolean check_piped(const char *text, gsize len, GError **error)
{
    if (len == 0)
        error_set(error, QMC_ERROR_INVALID, "'qmc note QUBE ''' removes the note",
                  "stdin is empty: there is no note to write");
    else if (len > NOTE_MAX)
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "the note on stdin is too long: at most %d bytes are allowed",
                  NOTE_MAX);
    else if (memchr(text, '\0', len))
        error_set(error, QMC_ERROR_INVALID, NULL, "the note has NUL bytes in it");
    else
        return TRUE;
    return FALSE;
}

/* One byte more than a note may have is enough to refuse it. */
static char *read_stdin(GError **error)
{
    g_autofree char *text = g_malloc0(NOTE_MAX + 2);
    gsize len = 0;
    ssize_t n = 1;

    while (n != 0 && len <= NOTE_MAX) {
        n = read(STDIN_FILENO, text + len, NOTE_MAX + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_set_errno(error, errno, NULL, "cannot read the note from stdin");
            return NULL;
        }
        len += (gsize)n;
    }
    return check_piped(text, len, error) ? g_steal_pointer(&text) : NULL;
}

static gboolean run(struct cli *cli, GError **error)
{
    const char *const *given = options_args(cli->options);
    g_autoptr(GHashTable) args = batch_args(cli);
    char *text;

    if (!given[1])
        return show(cli, given[0], error);
    text = strcmp(given[1], "-") == 0 ? read_stdin(error) : g_strdup(given[1]);
    if (!text)
        return FALSE;
    g_hash_table_insert(args, g_strdup("text"), text);
    return batch_run(cli, "note", (const char *const[]){given[0], NULL}, args, error);
}

const struct cmd cmd_note = {
    .words = "note",
    .args = "QUBE [TEXT]",
    .brief = "show or write the note of a qube",
    .help = "TEXT takes the place of what was written; '-' reads it from stdin, '' removes\n"
            "the note. At most 256000 bytes.\n",
    .min_args = 1,
    .max_args = 2,
    .op = "note",
    .run = run,
};
