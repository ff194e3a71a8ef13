/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An indented XML document, element by element. Everything given is escaped;
 * what XML cannot carry at all is remembered and refused at the end. */
#pragma once

#include <glib.h>

struct domxml_writer {
    GString *out;
    GPtrArray *open;     /* names of the open elements, literals */
    const char *refused; /* element whose content XML cannot carry, or NULL */
};

void domxml_writer_init(struct domxml_writer *w);
/* All elements closed: the text. INVALID if something had to be refused. */
char *domxml_writer_finish(struct domxml_writer *w, GError **error);

/* Attributes are pairs (name, value) up to a NULL name; a pair with a NULL
 * value is left out. Element and attribute names are literals. */
void domxml_begin(struct domxml_writer *w, const char *name, ...)
    G_GNUC_NULL_TERMINATED;
void domxml_end(struct domxml_writer *w);
void domxml_leaf(struct domxml_writer *w, const char *name, ...)
    G_GNUC_NULL_TERMINATED;
/* An element with text and attributes; nothing at all if text is NULL. */
void domxml_text(struct domxml_writer *w, const char *name, const char *text,
                 ...) G_GNUC_NULL_TERMINATED;
void domxml_number(struct domxml_writer *w, const char *name, guint64 number,
                   ...) G_GNUC_NULL_TERMINATED;
