/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hv/domxml-writer.h"

#include <stdarg.h>

#include "util/error.h"
#include "util/xml.h"

void domxml_writer_init(struct domxml_writer *w)
{
    w->out = g_string_new(NULL);
    w->open = g_ptr_array_new();
    w->refused = NULL;
}

char *domxml_writer_finish(struct domxml_writer *w, GError **error)
{
    const char *refused = w->refused;

    g_assert(w->open->len == 0);
    g_ptr_array_free(w->open, TRUE);
    if (!refused)
        return g_string_free(w->out, FALSE);
    g_string_free(w->out, TRUE);
    error_set(error, QMC_ERROR_INVALID, "remove the control characters",
              "the '%s' of the qube holds characters that XML cannot carry",
              refused);
    return NULL;
}

static gboolean acceptable(struct domxml_writer *w, const char *name,
                           const char *text)
{
    if (xml_text_valid(text))
        return TRUE;
    if (!w->refused)
        w->refused = name;
    return FALSE;
}

/* Writes "<name attributes", without the end of the tag. */
static void tag(struct domxml_writer *w, const char *name, va_list attrs)
{
    const char *attr, *value;

    g_string_append_printf(w->out, "%*s<%s", 2 * (int)w->open->len, "", name);
    while ((attr = va_arg(attrs, const char *))) {
        value = va_arg(attrs, const char *);
        if (value && acceptable(w, name, value))
            xml_append_attr(w->out, attr, value);
    }
}

void domxml_begin(struct domxml_writer *w, const char *name, ...)
{
    va_list attrs;

    va_start(attrs, name);
    tag(w, name, attrs);
    va_end(attrs);
    g_string_append(w->out, ">\n");
    g_ptr_array_add(w->open, (gpointer)(guintptr)name);
}

void domxml_end(struct domxml_writer *w)
{
    const char *name = g_ptr_array_steal_index(w->open, w->open->len - 1);

    g_string_append_printf(w->out, "%*s</%s>\n", 2 * (int)w->open->len, "",
                           name);
}

void domxml_leaf(struct domxml_writer *w, const char *name, ...)
{
    va_list attrs;

    va_start(attrs, name);
    tag(w, name, attrs);
    va_end(attrs);
    g_string_append(w->out, "/>\n");
}

static void text_element(struct domxml_writer *w, const char *name,
                         const char *text, va_list attrs)
{
    tag(w, name, attrs);
    g_string_append_c(w->out, '>');
    if (acceptable(w, name, text))
        xml_append_text(w->out, text);
    g_string_append_printf(w->out, "</%s>\n", name);
}

void domxml_text(struct domxml_writer *w, const char *name, const char *text,
                 ...)
{
    va_list attrs;

    if (!text)
        return;
    va_start(attrs, text);
    text_element(w, name, text, attrs);
    va_end(attrs);
}

void domxml_number(struct domxml_writer *w, const char *name, guint64 number,
                   ...)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    va_list attrs;

    va_start(attrs, number);
    text_element(w, name, text, attrs);
    va_end(attrs);
}
