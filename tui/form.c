/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/form.h"

#include <string.h>

#include "tui/field.h"
#include "tui/key.h"

#define LABEL_WIDTH 11
#define FIELD_WIDTH 12

struct form_cell {
    guint choice;
    struct field *field; /* of a typed row */
};

struct form {
    struct form_spec spec;
    struct form_cell *cells;
    guint focus;
};

void form_choose_again(struct form *form, guint row)
{
    const struct form_row *at = &form->spec.rows[row];
    guint choice = 0;

    while (strcmp(at->choices[choice], at->initial) != 0)
        choice++;
    form->cells[row].choice = choice;
}

struct form *form_new(const struct form_spec *spec)
{
    struct form *form = g_new0(struct form, 1);

    form->spec = *spec;
    form->cells = g_new0(struct form_cell, spec->n);
    for (guint i = 0; i < spec->n; i++) {
        const struct form_row *row = &spec->rows[i];
        struct form_cell *cell = &form->cells[i];

        if (row->choices)
            form_choose_again(form, i);
        else
            cell->field = field_new(row->initial);
        if (cell->field && row->suggested)
            field_suggest(cell->field, row->initial);
    }
    return form;
}

void form_free(struct form *form)
{
    for (guint i = 0; i < form->spec.n; i++)
        g_clear_pointer(&form->cells[i].field, field_free);
    g_free(form->cells);
    g_free(form);
}

const char *form_value(const struct form *form, guint row)
{
    const struct form_cell *cell = &form->cells[row];

    return cell->field ? field_text(cell->field)
                       : form->spec.rows[row].choices[cell->choice];
}

void form_set_focus(struct form *form, guint row)
{
    form->focus = row;
}

gboolean form_changed(const struct form *form, guint row)
{
    return strcmp(form_value(form, row), form->spec.rows[row].initial) != 0;
}

static char *form_refused(const struct form *form, guint row)
{
    return form->spec.refused(row, form_value(form, row), form->spec.data);
}

gboolean form_check(struct form *form)
{
    for (guint i = 0; i < form->spec.n; i++) {
        g_autofree char *why = form_refused(form, i);

        if (why) {
            form->focus = i;
            return FALSE;
        }
    }
    return TRUE;
}

char *form_why(const struct form *form)
{
    return form_refused(form, form->focus);
}

char *form_wrong(const struct form *form)
{
    char *why = NULL;

    for (guint i = 0; i < form->spec.n && !why; i++)
        why = form_refused(form, i);
    return why;
}

static const char *form_help(const struct form *form, guint row)
{
    const struct form_spec *spec = &form->spec;
    const char *help =
        spec->help ? spec->help(row, form_value(form, row), spec->data) : NULL;

    return help ? help : spec->rows[row].help;
}

/* --- keys --- */

static void form_move(struct form *form, guint by)
{
    form->focus = (form->focus + by) % form->spec.n;
}

static void form_choose(struct form *form, gboolean back)
{
    struct form_cell *cell = &form->cells[form->focus];
    guint n = 0;

    while (form->spec.rows[form->focus].choices[n])
        n++;
    cell->choice = (cell->choice + (back ? n - 1 : 1)) % n;
}

/* The next one that begins with the letter. */
static gboolean form_seek(struct form *form, int key)
{
    const struct form_row *row = &form->spec.rows[form->focus];
    struct form_cell *cell = &form->cells[form->focus];
    guint n = g_strv_length((char **)(gintptr)row->choices);

    if (!row->is_long || key <= ' ' || key > '~')
        return FALSE;
    for (guint i = 1; i <= n; i++)
        if (row->choices[(cell->choice + i) % n][0] == key) {
            cell->choice = (cell->choice + i) % n;
            return TRUE;
        }
    return FALSE;
}

/* The next of those known; the first if it is none of them. */
static void form_offer(struct form *form, gboolean back)
{
    const struct form_spec *spec = &form->spec;
    struct field *field = form->cells[form->focus].field;
    g_autoptr(GPtrArray) known =
        spec->offer ? spec->offer(form->focus, spec->data) : NULL;
    guint n = known ? known->len : 0, at = 0;

    while (at < n && strcmp(known->pdata[at], field_text(field)) != 0)
        at++;
    if (n)
        field_suggest(field, known->pdata[at < n ? (at + (back ? n - 1 : 1)) % n
                                                 : back ? n - 1 : 0]);
}

gboolean form_key(struct form *form, int key)
{
    struct form_cell *cell = &form->cells[form->focus];

    if (key == K_DOWN || key == K_TAB)
        form_move(form, 1);
    else if (key == K_UP || key == K_BACKTAB)
        form_move(form, form->spec.n - 1);
    else if (cell->field && (key == K_PGDN || key == K_PGUP))
        form_offer(form, key == K_PGUP);
    else if (cell->field)
        return field_key(cell->field, key);
    else if (key == ' ' || key == K_RIGHT || key == K_LEFT)
        form_choose(form, key == K_LEFT);
    else
        return form_seek(form, key);
    return TRUE;
}

/* --- drawing --- */

int form_height(const struct form *form)
{
    return (int)form->spec.n + 2;
}

static int form_choices_width(const char *const *choices)
{
    int width = 0;

    for (guint i = 0; choices[i]; i++)
        width += text_width(choices[i]) + 4;
    return width - 1;
}

static void form_draw_one(const struct form *form, guint row, struct rect line)
{
    gboolean focused = row == form->focus;

    if (focused)
        draw_cursor(line.y, line.x + 2);
    draw_format(line.y, line.x, line.w, focused ? STYLE_FOCUS : STYLE_NORMAL, "< %s >",
                form_value(form, row));
}

/* All of them, if there is room. */
static void form_draw_choices(const struct form *form, guint row, struct rect line)
{
    const char *const *choices = form->spec.rows[row].choices;
    int end = line.x + line.w, x = line.x;

    if (form_choices_width(choices) > line.w) {
        form_draw_one(form, row, line);
        return;
    }
    for (guint i = 0; choices[i]; i++) {
        gboolean chosen = i == form->cells[row].choice;
        gboolean focused = chosen && row == form->focus;

        if (focused)
            draw_cursor(line.y, x + 1);
        x += draw_format(line.y, x, end - x, focused ? STYLE_FOCUS : STYLE_NORMAL,
                         "(%c)%s", chosen ? '*' : ' ', choices[i]);
        x += 1;
    }
}

static void form_draw_switch(const struct form *form, guint row, struct rect line)
{
    gboolean focused = row == form->focus;

    if (focused)
        draw_cursor(line.y, line.x + 1);
    draw_words(line.y, line.x, line.w, focused ? STYLE_FOCUS : STYLE_NORMAL,
               form->cells[row].choice ? "[x]" : "[ ]");
}

static void form_draw_typed(const struct form *form, guint row, struct rect line)
{
    int wanted = form->spec.rows[row].width;
    int width = MAX(MIN(wanted ? wanted : FIELD_WIDTH, line.w - 4), 1);

    draw_words(line.y, line.x, line.w, STYLE_NORMAL, "[ ");
    field_draw(form->cells[row].field, line.y, line.x + 2, width, row == form->focus);
    draw_words(line.y, line.x + 2 + width, line.w - 2 - width, STYLE_NORMAL, " ]");
}

static void form_draw_row(const struct form *form, guint i, struct rect line)
{
    const struct form_row *row = &form->spec.rows[i];
    struct rect rest = {line.y, line.x + LABEL_WIDTH, 1, line.w - LABEL_WIDTH};

    draw_text(line.y, line.x, LABEL_WIDTH,
              i == form->focus ? STYLE_STRONG : STYLE_NORMAL, row->label);
    (row->is_switch ? form_draw_switch
     : row->is_long ? form_draw_one
     : row->choices ? form_draw_choices : form_draw_typed)(form, i, rest);
}

/* What is to be seen by moving; nothing if that is all. */
static void form_draw_more(guint above, guint below, struct rect line)
{
    g_autofree char *up = above ? g_strdup_printf("%u above", above) : NULL;
    g_autofree char *down = below ? g_strdup_printf("%u below", below) : NULL;

    if (up || down)
        draw_format(line.y, line.x, line.w, STYLE_DIM, "%s%s%s", up ? up : "",
                    up && down ? ", " : "", down ? down : "");
}

void form_draw(const struct form *form, struct rect area)
{
    g_autofree char *why = form_why(form);
    int said = why ? MAX(draw_wrapped_height(area.w, why), 1) : 1;
    gboolean tight = why && said > area.h - 2;
    /* On a small terminal the row with the focus is always there, and what is wrong with
     * it comes before the other rows. */
    guint room = (guint)MAX(area.h - said - 1, 1), n = form->spec.n;
    guint first = form->focus >= room ? form->focus - room + 1 : 0;
    guint last = MIN(first + room, n);
    struct rect line = {area.y, area.x, 1, area.w};

    for (guint i = first; i < last; i++, line.y++)
        form_draw_row(form, i, line);
    if (area.h > 1 && !tight)
        form_draw_more(first, n - last, line);
    line.y += !tight;
    line.h = area.y + area.h - line.y;
    if (why && line.h > 1)
        draw_wrapped(line, STYLE_WARN, why);
    else if (line.h > 0 && (why || area.h > 2))
        draw_text(line.y, line.x, line.w, why ? STYLE_WARN : STYLE_DIM,
                  why ? why : form_help(form, form->focus));
}
