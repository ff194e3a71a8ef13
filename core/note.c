/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/note.h"

#include <string.h>

#include "util/error.h"
#include "util/text.h"

#define FILE_NAME "notes.txt"
#define FILE_MODE 0660

char *note_path(const char *root, const struct qube *qube)
{
    return qube_file_path(root, qube, FILE_NAME);
}

void note_free(struct note *note)
{
    if (!note)
        return;
    qube_file_clear(&note->file);
    g_free(note->text);
    g_free(note);
}

/* Others may have written more. */
#define READ_MAX (NOTE_MAX * 4)

struct note *note_read(const char *path, GError **error)
{
    auto_of(note) struct note *note = g_new0(struct note, 1);
    const char *data;
    gsize len;

    if (!qube_file_read(&note->file, path, READ_MAX, error))
        return NULL;
    if (!note->file.there) {
        note->text = g_strdup("");
        return g_steal_pointer(&note);
    }
    data = g_bytes_get_data(note->file.bytes, &len);
    if (len > 0 && memchr(data, '\0', len)) {
        error_set(error, QMC_ERROR_INVALID, "look at it, then remove it",
                  "'%s' is no note: there are NUL bytes in it", path);
        return NULL;
    }
    note->text = g_strndup(data ? data : "", len);
    return g_steal_pointer(&note);
}

static gunichar stored(gunichar untrusted_c)
{
    gunichar shown = text_shown(untrusted_c);

    if (untrusted_c == '\t' || untrusted_c == '\n' || shown == untrusted_c)
        return untrusted_c;
    return shown == ' ' ? ' ' : '_';
}

char *note_clean(const char *untrusted_text, GError **error)
{
    gsize len = strlen(untrusted_text);
    GString *out;

    if (len > NOTE_MAX) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "the note is too long: '%zu' bytes, at most %d are allowed", len,
                  NOTE_MAX);
        return NULL;
    }
    if (!g_utf8_validate(untrusted_text, (gssize)len, NULL)) {
        error_set(error, QMC_ERROR_INVALID, NULL, "the note is no UTF-8 text");
        return NULL;
    }
    out = g_string_sized_new(len);
    for (const char *c = untrusted_text; *c; c += g_utf8_skip[(guchar)*c])
        g_string_append_unichar(out, stored(g_utf8_get_char(c)));
    return g_string_free(out, FALSE);
}

gboolean note_write(struct note *note, const char *text, GError **error)
{
    return *text ? qube_file_replace(&note->file, FILE_MODE, text, strlen(text), error)
                 : qube_file_remove(&note->file, error);
}

gboolean note_restore(struct note *note, GError **error)
{
    return qube_file_restore(&note->file, FILE_MODE, error);
}
