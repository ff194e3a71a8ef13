/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The note of a qube: free text in notes.txt beside its volumes (4.3;
 * spec/qubes-xml.md 3.4, 6.8). What the file says is hostile: sanitise before
 * display. */
#pragma once

#include "core/qube-file.h"

/* Bytes. */
#define NOTE_MAX 256000

struct note {
    struct qube_file file;
    char *text; /* "" if there is none */
};

/* Below root; NULL: the qube can have none. Caller frees. */
char *note_path(const char *root, const struct qube *qube);
/* [W] No file is an empty note. INVALID: over NOTE_MAX, or NUL bytes in it; IO,
 * DENIED. */
struct note *note_read(const char *path, GError **error);
void note_free(struct note *note);
AUTO_DEFINE(note, struct note, note_free)

/* As it is stored: what does not show is '_' or a blank, but TAB and LF stay.
 * INVALID: too long, no UTF-8. Caller frees. */
char *note_clean(const char *untrusted_text, GError **error);
/* [W] Of what note_clean() gave; "" removes the file. BUSY: the file changed since
 * it was read. */
gboolean note_write(struct note *note, const char *text, GError **error);
/* [W] After note_write(): as it was. */
gboolean note_restore(struct note *note, GError **error);
