/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML by libxml2: a streaming reader that knows byte ranges, and text escaping
 * that matches libxml2's own serialiser byte for byte. The only user of
 * libxml2's parser (design.md 2). */
#pragma once

#include <glib.h>

struct xml_attr {
    const char *name;
    const char *value; /* decoded */
};

/* Offsets count bytes of the buffer that was given. */
struct xml_handler {
    /* `begin` is the offset of '<'. Declarations of namespaces are attributes like
     * others, and come last. attrs ends with a NULL name and, like all
     * strings here, lives until the call returns. FALSE stops the parse with
     * the error the handler has set. */
    gboolean (*start)(const char *name, const struct xml_attr *attrs,
                      gsize begin, gpointer data, GError **error);
    /* `end` is the offset after '>'. text is the character data directly inside
     * the element up to the first element, comment or instruction in it, which is
     * all that lxml takes for its text; "" if none (white space kept). */
    gboolean (*end)(const char *name, const char *text, gsize end,
                    gpointer data, GError **error);
    /* What strict readers refuse, though everything can be read: a prefix that
     * nothing declares. `why` is sanitised. NULL: of no interest. */
    void (*flaw)(const char *why, gpointer data);
    /* Before the end of an element with more text, which is none of what end() gets.
     * NULL: of no interest. */
    void (*lost)(const char *name, gpointer data);
};

/* Nothing in this process prints what libxml2 has to say, threads that are made
 * later included: libvirt uses it too. */
void xml_silence(void);

/* Parses a whole UTF-8 document. Document types are refused before any entity
 * is declared, nothing is fetched, nothing is printed. Syntax errors are
 * INVALID: "line L, column C: ..." prefixed with `what`. Another encoding, an
 * empty buffer or NUL bytes are INVALID too. */
gboolean xml_parse(const char *what, const char *data, gsize len,
                   const struct xml_handler *handler, gpointer user,
                   GError **error);

/* Append text or an attribute (` name="value"`) escaped as libxml2 writes it. */
void xml_append_text(GString *out, const char *text);
void xml_append_attr(GString *out, const char *name, const char *value);

/* Where an attribute stands in the start tag whose '<' is at `tag` of well-formed,
 * NUL-terminated text: from its name to behind its value. FALSE: the tag has none. */
gboolean xml_attr_find(const char *text, gsize tag, const char *name, gsize *begin,
                       gsize *end);

/* TRUE if every character may stand in an XML 1.0 document. */
gboolean xml_text_valid(const char *text);
