/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/field.h"

#include "tui/key.h"

#define LENGTH_MAX 256

struct field {
    GString *text;
    gsize at;       /* byte of the cursor */
    gboolean fresh; /* a suggestion: typing replaces it */
};

struct field *field_new(const char *text)
{
    struct field *field = g_new0(struct field, 1);

    field->text = g_string_new(text);
    field->at = field->text->len;
    return field;
}

void field_free(struct field *field)
{
    g_string_free(field->text, TRUE);
    g_free(field);
}

const char *field_text(const struct field *field)
{
    return field->text->str;
}

void field_set(struct field *field, const char *text)
{
    g_string_assign(field->text, text);
    field->at = field->text->len;
}

void field_suggest(struct field *field, const char *text)
{
    field_set(field, text);
    field->fresh = TRUE;
}

static gsize field_before(const struct field *field)
{
    const char *p = g_utf8_find_prev_char(field->text->str,
                                          field->text->str + field->at);

    return p ? (gsize)(p - field->text->str) : 0;
}

static gsize field_after(const struct field *field)
{
    const char *p = g_utf8_find_next_char(field->text->str + field->at, NULL);

    return field->at < field->text->len ? (gsize)(p - field->text->str) : field->at;
}

static void field_backspace(struct field *field)
{
    gsize from = field_before(field);

    g_string_erase(field->text, (gssize)from, (gssize)(field->at - from));
    field->at = from;
}

static gboolean field_type(struct field *field, int key)
{
    gsize before;

    if (key < ' ' || key == 127 || key >= K_UP || !g_unichar_isprint((gunichar)key))
        return FALSE;
    if (field->fresh)
        field_set(field, "");
    before = field->text->len;
    if (before < LENGTH_MAX)
        g_string_insert_unichar(field->text, (gssize)field->at, (gunichar)key);
    field->at += field->text->len - before;
    return TRUE;
}

static gboolean field_edit(struct field *field, int key)
{
    switch (key) {
    case K_LEFT:
        field->at = field_before(field);
        return TRUE;
    case K_RIGHT:
        field->at = field_after(field);
        return TRUE;
    case K_HOME:
        field->at = 0;
        return TRUE;
    case K_END:
        field->at = field->text->len;
        return TRUE;
    case K_BACKSPACE:
        field_backspace(field);
        return TRUE;
    case K_DELETE:
        g_string_erase(field->text, (gssize)field->at,
                       (gssize)(field_after(field) - field->at));
        return TRUE;
    case K_CTRL('U'):
        field_set(field, "");
        return TRUE;
    }
    return field_type(field, key);
}

gboolean field_key(struct field *field, int key)
{
    if (!field_edit(field, key))
        return FALSE;
    field->fresh = FALSE;
    return TRUE;
}

void field_draw(const struct field *field, int y, int x, int width,
                gboolean focus)
{
    g_autofree char *left = g_strndup(field->text->str, field->at);
    const char *from = field->text->str;
    int cursor = text_width(left);

    /* A long text is shown from where the cursor is still inside. */
    while (cursor >= width && *from) {
        const char *next = g_utf8_find_next_char(from, NULL);
        g_autofree char *first = g_strndup(from, (gsize)(next - from));

        cursor -= text_width(first);
        from = next;
    }
    draw_text(y, x, width, STYLE_FIELD, from);
    if (field->fresh && focus)
        draw_words(y, x, width, STYLE_FOCUS, from);
    if (focus)
        draw_cursor(y, x + cursor);
}
