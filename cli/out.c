/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/out.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "cli/out-private.h"
#include "util/text.h"

#define SCHEMA 1

static void cell_clear(gpointer data)
{
    struct out_cell *cell = data;

    g_free(cell->text);
    out_free(cell->nested);
}

struct out *out_new(const struct out_column *columns)
{
    struct out *out = g_new0(struct out, 1);

    out->columns = columns;
    while (columns[out->width].name)
        out->width++;
    out->cells = g_array_new(FALSE, TRUE, sizeof(struct out_cell));
    g_array_set_clear_func(out->cells, cell_clear);
    return out;
}

void out_free(struct out *out)
{
    if (!out)
        return;
    g_array_unref(out->cells);
    g_free(out);
}

guint out_rows(const struct out *out)
{
    return out->cells->len / out->width;
}

const struct out_cell *out_cell(const struct out *out, guint row, guint column)
{
    return &g_array_index(out->cells, struct out_cell,
                          row * out->width + column);
}

void out_row(struct out *out)
{
    g_assert(out->cells->len % out->width == 0);
}

static void add(struct out *out, enum out_type type, struct out_cell cell)
{
    g_assert(out->columns[out->cells->len % out->width].type == type);
    g_array_append_val(out->cells, cell);
}

void out_text(struct out *out, const char *untrusted_text)
{
    struct out_cell cell = {.known = untrusted_text != NULL,
                            .text = g_strdup(untrusted_text)};

    add(out, OUT_TEXT, cell);
}

void out_unknown(struct out *out, const char *word)
{
    struct out_cell cell = {.text = g_strdup(word)};

    add(out, OUT_TEXT, cell);
}

void out_number(struct out *out, gint64 number)
{
    struct out_cell cell = {.known = number >= 0, .number = number};

    add(out, OUT_NUMBER, cell);
}

void out_signed(struct out *out, gint64 number)
{
    struct out_cell cell = {.known = TRUE, .number = (guint64)number};

    add(out, OUT_NUMBER, cell);
}

void out_size(struct out *out, guint64 bytes)
{
    struct out_cell cell = {.known = bytes <= G_MAXINT64, .number = bytes};

    add(out, OUT_SIZE, cell);
}

void out_bool(struct out *out, gboolean yes)
{
    struct out_cell cell = {.known = TRUE, .number = yes};

    add(out, OUT_BOOL, cell);
}

void out_nested(struct out *out, struct out *table)
{
    struct out_cell cell = {.known = TRUE, .nested = table};

    add(out, OUT_NESTED, cell);
}

static void json_rows(JsonBuilder *builder, const struct out *out);

static void json_text(JsonBuilder *builder, const char *untrusted_text)
{
    g_autofree char *text = g_utf8_make_valid(untrusted_text, -1);

    json_builder_add_string_value(builder, text);
}

static void json_cell(JsonBuilder *builder, const struct out_column *column,
                      const struct out_cell *cell)
{
    if (!cell->known)
        json_builder_add_null_value(builder);
    else if (cell->nested)
        json_rows(builder, cell->nested);
    else if (cell->text)
        json_text(builder, cell->text);
    else if (column->type == OUT_BOOL)
        json_builder_add_boolean_value(builder, cell->number != 0);
    else
        json_builder_add_int_value(builder, (gint64)cell->number);
}

static void json_row(JsonBuilder *builder, const struct out *out, guint row)
{
    if (out->width == 1) {
        json_cell(builder, out->columns, out_cell(out, row, 0));
        return;
    }
    json_builder_begin_object(builder);
    for (guint i = 0; i < out->width; i++) {
        json_builder_set_member_name(builder, out->columns[i].name);
        json_cell(builder, &out->columns[i], out_cell(out, row, i));
    }
    json_builder_end_object(builder);
}

static void json_rows(JsonBuilder *builder, const struct out *out)
{
    json_builder_begin_array(builder);
    for (guint row = 0; row < out_rows(out); row++)
        json_row(builder, out, row);
    json_builder_end_array(builder);
}

/* Whether a terminal may have the character: it obeys controls and directions,
 * which JSON lets through as they are. Marks go the same way, because too many
 * of them overprint their neighbours. Of ASCII json-glib leaves but DEL. */
static gboolean json_harmless(const char *character, gsize len)
{
    g_autofree char *shown = NULL;

    if (len == 1)
        return *character != 0x7f;
    shown = text_sanitise(character, (gssize)len);
    return strlen(shown) == len && memcmp(shown, character, len) == 0;
}

static void json_escape(GString *safe, gunichar c)
{
    if (c >= 0x10000) {
        g_string_append_printf(safe, "\\u%04x", 0xd7c0 + (c >> 10));
        c = 0xdc00 | (c & 0x3ff);
    }
    g_string_append_printf(safe, "\\u%04x", c);
}

static char *json_for_terminal(const char *json)
{
    GString *safe = g_string_sized_new(strlen(json));

    for (const char *p = json; *p;) {
        gsize len = g_utf8_skip[(guchar)*p];

        if (json_harmless(p, len))
            g_string_append_len(safe, p, (gssize)len);
        else
            json_escape(safe, g_utf8_get_char(p));
        p += len;
    }
    return g_string_free(safe, FALSE);
}

static void print_json(const struct out *out)
{
    g_autoptr(JsonBuilder) builder = json_builder_new_immutable();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL, *safe = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "schema");
    json_builder_add_int_value(builder, SCHEMA);
    json_builder_set_member_name(builder, "data");
    json_rows(builder, out);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    text = json_to_string(root, FALSE);
    safe = json_for_terminal(text);
    puts(safe);
}

enum out_form out_form_choose(gboolean json)
{
    if (json)
        return OUT_JSON;
    return isatty(STDOUT_FILENO) ? OUT_TABLE : OUT_TABS;
}

void out_print(const struct out *out, enum out_form form)
{
    static void (*const print[])(const struct out *) = {
        [OUT_TABLE] = out_print_table,
        [OUT_TABS] = out_print_tabs,
        [OUT_JSON] = print_json,
    };

    print[form](out);
}

void out_print_record(const struct out *out, enum out_form form)
{
    static void (*const print[])(const struct out *) = {
        [OUT_TABLE] = out_print_table_record,
        [OUT_TABS] = out_print_tabs_record,
        [OUT_JSON] = print_json,
    };

    print[form](out);
}
