/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/out-private.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/text.h"

#define GAP 2
#define SHRUNK_TO 6
#define COLUMNS_UNKNOWN 80

static const char *title(const struct out_column *column)
{
    return column->title ? column->title : column->name;
}

static enum text_align align(const struct out_column *column)
{
    return column->type == OUT_NUMBER || column->type == OUT_SIZE
               ? TEXT_RIGHT : TEXT_LEFT;
}

static char *plain(const struct out_column *column, const struct out_cell *cell)
{
    if (cell->nested)
        return g_strdup_printf("%u", out_rows(cell->nested));
    if (cell->text && *cell->text)
        return text_sanitise_value(cell->text, -1);
    if (!cell->known || cell->text)
        return g_strdup("-");
    if (column->type == OUT_BOOL)
        return g_strdup(cell->number ? "yes" : "no");
    return column->type == OUT_NUMBER
               ? g_strdup_printf("%" G_GINT64_FORMAT, (gint64)cell->number)
               : g_strdup_printf("%" G_GUINT64_FORMAT, cell->number);
}

/* For eyes: sizes with units, and a mark where there is something to read. */
static char *pretty(const struct out_column *column, const struct out_cell *cell)
{
    if (cell->known && column->type == OUT_SIZE)
        return text_size(cell->number);
    if (cell->nested)
        return out_rows(cell->nested)
                   ? g_strdup_printf("!%u", out_rows(cell->nested))
                   : g_strdup("-");
    return plain(column, cell);
}

static int terminal_columns(void)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return COLUMNS_UNKNOWN;
    return size.ws_col;
}

/* The cells of a table as they will be shown, and the width of each column. */
struct sheet {
    const struct out *out;
    char **texts; /* row by row */
    int *widths;
};

static void sheet_measure(struct sheet *sheet)
{
    const struct out *out = sheet->out;

    for (guint i = 0; i < out->width; i++)
        sheet->widths[i] = text_width(title(&out->columns[i]));
    for (guint i = 0; i < out->cells->len; i++) {
        int *width = &sheet->widths[i % out->width];

        *width = MAX(*width, text_width(sheet->texts[i]));
    }
}

static gboolean shown(const struct out *out, guint column)
{
    return !(out->columns[column].flags & OUT_DETAIL);
}

static int sheet_width(const struct sheet *sheet)
{
    int width = -GAP;

    for (guint i = 0; i < sheet->out->width; i++)
        if (shown(sheet->out, i))
            width += sheet->widths[i] + GAP;
    return width;
}

/* The last column that may be cut goes first. What is still too wide then is
 * left to wrap: half a name is worse than a second line. */
static void sheet_shrink(struct sheet *sheet, int columns)
{
    int over = sheet_width(sheet) - columns;

    for (guint i = sheet->out->width; i-- > 0 && over > 0;) {
        int spare = sheet->widths[i] - SHRUNK_TO;

        if (!(sheet->out->columns[i].flags & OUT_SHRINK) || spare <= 0)
            continue;
        sheet->widths[i] -= MIN(spare, over);
        over -= MIN(spare, over);
    }
}

static struct sheet sheet_make(const struct out *out)
{
    struct sheet sheet = {
        .out = out,
        .texts = g_new0(char *, out->cells->len + 1),
        .widths = g_new0(int, out->width),
    };

    for (guint i = 0; i < out->cells->len; i++)
        sheet.texts[i] = pretty(&out->columns[i % out->width],
                                out_cell(out, i / out->width, i % out->width));
    sheet_measure(&sheet);
    return sheet;
}

static void sheet_clear(struct sheet *sheet)
{
    g_strfreev(sheet->texts);
    g_free(sheet->widths);
}

static void print_trimmed(GString *line)
{
    while (line->len && line->str[line->len - 1] == ' ')
        g_string_truncate(line, line->len - 1);
    puts(line->str);
}

/* texts NULL: the titles. */
static void sheet_print_line(const struct sheet *sheet, char **texts,
                             const char *indent)
{
    g_autoptr(GString) line = g_string_new(indent);

    for (guint i = 0; i < sheet->out->width; i++) {
        const struct out_column *column = &sheet->out->columns[i];
        g_autofree char *head = g_ascii_strup(title(column), -1);
        g_autofree char *cell = NULL;

        if (!shown(sheet->out, i))
            continue;
        cell = text_fit(texts ? texts[i] : head, sheet->widths[i], align(column));
        g_string_append_printf(line, "%s%*s", cell, GAP, "");
    }
    print_trimmed(line);
}

static void print_table(const struct out *out, const char *indent)
{
    struct sheet sheet = sheet_make(out);

    sheet_shrink(&sheet, terminal_columns() - (int)strlen(indent));
    sheet_print_line(&sheet, NULL, indent);
    for (guint row = 0; row < out_rows(out); row++)
        sheet_print_line(&sheet, sheet.texts + row * out->width, indent);
    sheet_clear(&sheet);
}

void out_print_table(const struct out *out)
{
    print_table(out, "");
}

static void print_tabs_row(const struct out *out, guint row, const char *first)
{
    const char *separator = "";

    if (first) {
        fputs(first, stdout);
        separator = "\t";
    }
    for (guint i = 0; i < out->width; i++) {
        g_autofree char *text = NULL;

        if (!shown(out, i))
            continue;
        text = plain(&out->columns[i], out_cell(out, row, i));
        printf("%s%s", separator, text);
        separator = "\t";
    }
    putchar('\n');
}

void out_print_tabs(const struct out *out)
{
    for (guint row = 0; row < out_rows(out); row++)
        print_tabs_row(out, row, NULL);
}

void out_print_tabs_record(const struct out *out)
{
    for (guint i = 0; i < out->width; i++) {
        const struct out_column *column = &out->columns[i];
        const struct out_cell *cell = out_cell(out, 0, i);
        g_autofree char *text = plain(column, cell);

        if (!cell->nested) {
            printf("%s\t%s\n", column->name, text);
            continue;
        }
        for (guint row = 0; row < out_rows(cell->nested); row++)
            print_tabs_row(cell->nested, row, column->name);
    }
}

static void print_nested(const struct out_column *column, const struct out *nested)
{
    if (out_rows(nested) == 0)
        return;
    printf("\n%s:\n", title(column));
    print_table(nested, "  ");
}

void out_print_table_record(const struct out *out)
{
    struct sheet sheet = sheet_make(out);
    int width = 0;

    for (guint i = 0; i < out->width; i++)
        if (out->columns[i].type != OUT_NESTED)
            width = MAX(width, text_width(title(&out->columns[i])));
    for (guint i = 0; i < out->width; i++)
        if (out->columns[i].type != OUT_NESTED)
            printf("%-*s  %s\n", width, title(&out->columns[i]), sheet.texts[i]);
    for (guint i = 0; i < out->width; i++)
        if (out->columns[i].type == OUT_NESTED)
            print_nested(&out->columns[i], out_cell(out, 0, i)->nested);
    sheet_clear(&sheet);
}
