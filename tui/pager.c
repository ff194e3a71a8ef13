/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/pager.h"

#include <string.h>

#include "tui/field.h"
#include "tui/screen.h"

#define FOLD_MIN 12 /* columns a folded text is read in */
#define SLICE_BYTES (1024 * 1024) /* searched between two turns of the loop */
#define SIDE_STEP 8

struct place {
    guint line;
    int row; /* of the line, if it is wrapped */
};

struct pager {
    struct pager_spec spec;
    GPtrArray *lines;
    struct place top;
    int page, width; /* as drawn last */
    int skip;        /* columns scrolled away to the left */
    gboolean wrap, follow;
    gboolean at_end; /* as drawn last */
    gboolean cut;    /* a line was wider, last time */

    struct field *typing; /* the search text while it is typed, else NULL */
    char *needle;         /* NULL: no search */
    GArray *matches;      /* guint: lines with it, as far as was looked */
    guint scanned;        /* lines looked at */
    guint current;        /* index of a match; G_MAXUINT: none yet */
    struct place origin;  /* where the search began */
    guint scan_source;
};

struct pager *pager_new(const struct pager_spec *spec)
{
    struct pager *pager = g_new0(struct pager, 1);

    pager->spec = *spec;
    pager->lines = g_ptr_array_new();
    pager->matches = g_array_new(FALSE, FALSE, sizeof(guint));
    pager->page = 1;
    pager->width = 1;
    pager->at_end = TRUE;
    return pager;
}

static void pager_stop_scan(struct pager *pager)
{
    if (pager->scan_source)
        g_source_remove(pager->scan_source);
    pager->scan_source = 0;
}

void pager_free(struct pager *pager)
{
    pager_stop_scan(pager);
    g_clear_pointer(&pager->typing, field_free);
    g_free(pager->needle);
    g_array_unref(pager->matches);
    g_ptr_array_unref(pager->lines);
    g_free(pager);
}

guint pager_lines(const struct pager *pager)
{
    return pager->lines->len;
}

gboolean pager_wraps(const struct pager *pager)
{
    return pager->wrap;
}

gboolean pager_follows(const struct pager *pager)
{
    return pager->follow;
}

gboolean pager_at_end(const struct pager *pager)
{
    return pager->at_end;
}

gboolean pager_searches(const struct pager *pager)
{
    return pager->needle != NULL;
}

gboolean pager_typing(const struct pager *pager)
{
    return pager->typing != NULL;
}

/* --- lines and their rows --- */

/* As it is shown: what is wider than anybody scrolls is not looked at. */
static char *pager_clean(const struct pager *pager, guint line)
{
    const char *text = pager->lines->pdata[line];

    return text_sanitise(text, (gssize)strnlen(text, PAGER_LINE_MAX));
}

/* Where the columns after the first `columns` begin; *over is set if a wide
 * character lies across. */
static const char *pager_after(const char *text, int columns, gboolean *over)
{
    int used = 0;

    *over = FALSE;
    while (*text) {
        gunichar c = g_utf8_get_char(text);
        int width = g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;

        if (used >= columns && width > 0)
            break;
        used += width;
        *over = used > columns;
        text = g_utf8_find_next_char(text, NULL);
        if (*over)
            break;
    }
    return text;
}

/* Behind the last blank of what is to be cut at `end`: no word is broken, but where
 * half of the row would stay empty. */
static const char *pager_word_end(const char *text, const char *end)
{
    const char *blank = g_strrstr_len(text, end - text, " ");

    return *end && *end != ' ' && blank && blank - text >= (end - text) / 2 ? blank + 1 : end;
}

/* The bytes that make one row; at least one character. */
static gsize pager_row_bytes(const char *text, int width)
{
    gboolean over;
    const char *end = pager_after(text, MAX(width, 1), &over);

    if (over && width > 1)
        end = g_utf8_prev_char(end);
    return (gsize)(pager_word_end(text, end) - text);
}

/* In which row of its line the text at this byte is. */
static int pager_row_at(const struct pager *pager, const char *clean, gsize byte)
{
    gsize end = 0;
    int row = -1;

    while (pager->wrap && end <= byte && clean[end]) {
        end += pager_row_bytes(clean + end, pager->width);
        row++;
    }
    return MAX(row, 0);
}

static int pager_rows(const struct pager *pager, guint line)
{
    g_autofree char *clean = NULL;
    int rows = 0;

    if (!pager->wrap)
        return 1;
    clean = pager_clean(pager, line);
    for (const char *p = clean; *p; p += pager_row_bytes(p, pager->width))
        rows++;
    return MAX(rows, 1);
}

/* --- the place --- */

static gboolean place_before(struct place a, struct place b)
{
    return a.line < b.line || (a.line == b.line && a.row < b.row);
}

/* The last place for the top that leaves no line empty below. */
static struct place pager_bottom(const struct pager *pager)
{
    struct place place = {pager->lines->len, 0};
    int need = pager->page;

    while (need > 0 && place.line > 0) {
        int rows = pager_rows(pager, --place.line);

        place.row = MAX(rows - need, 0);
        need -= rows;
    }
    return place;
}

static void pager_up(struct pager *pager, int rows)
{
    struct place *top = &pager->top;

    for (; rows > 0 && (top->line > 0 || top->row > 0); rows--) {
        if (top->row > 0)
            top->row--;
        else
            top->row = pager_rows(pager, --top->line) - 1;
    }
}

static void pager_down(struct pager *pager, int rows)
{
    struct place bottom = pager_bottom(pager), *top = &pager->top;

    for (; rows > 0 && place_before(*top, bottom); rows--) {
        if (top->row + 1 < pager_rows(pager, top->line))
            top->row++;
        else
            *top = (struct place){top->line + 1, 0};
    }
}

void pager_rewind(struct pager *pager)
{
    pager->top = (struct place){0, 0};
    pager->skip = 0;
}

void pager_move(struct pager *pager, int pages)
{
    pager->at_end = FALSE;
    pager_up(pager, -pages * pager->page);
    pager_down(pager, pages * pager->page);
}

static void pager_go_end(struct pager *pager)
{
    pager->top = pager_bottom(pager);
    pager->at_end = TRUE;
}

void pager_set_wrap(struct pager *pager, gboolean wrap)
{
    pager->wrap = wrap;
    pager->top.row = 0;
    pager->skip = 0;
}

void pager_set_follow(struct pager *pager, gboolean follow)
{
    pager->follow = follow;
    if (follow)
        pager_go_end(pager);
}

/* --- search --- */

static gboolean pager_line_has(const struct pager *pager, guint line)
{
    const char *text = pager->lines->pdata[line];
    gsize length = strnlen(text, PAGER_LINE_MAX);
    g_autofree char *part = NULL;

    if (length == PAGER_LINE_MAX)
        text = part = g_strndup(text, length);
    return strcasestr(text, pager->needle) != NULL;
}

static guint pager_match(const struct pager *pager, guint index)
{
    return g_array_index(pager->matches, guint, index);
}

/* Where the text searched for is in its line: the row, and the columns before it. */
static int pager_match_column(const struct pager *pager, guint line, int *row)
{
    g_autofree char *clean = pager_clean(pager, line);
    const char *at = strcasestr(clean, pager->needle);
    g_autofree char *before = g_strndup(clean, at ? (gsize)(at - clean) : 0);

    *row = pager_row_at(pager, clean, strlen(before));
    return text_width(before);
}

static void pager_show_match(struct pager *pager, guint index)
{
    guint line = pager_match(pager, index), page = (guint)pager->page;
    int row, column = pager_match_column(pager, line, &row);
    gboolean shown = line >= pager->top.line && line < pager->top.line + page;

    pager->current = index;
    if (pager->wrap || !shown) {
        pager->top = (struct place){line, row};
        pager_up(pager, pager->page / 3);
    }
    if (pager->wrap || (column >= pager->skip && column < pager->skip + pager->width))
        return;
    pager->skip = MAX(column - pager->width / 2, 0);
}

/* The first match from where the search began; if there is none, the first. */
static void pager_settle_match(struct pager *pager)
{
    guint last = pager->matches->len;

    if (pager->current != G_MAXUINT || last == 0)
        return;
    if (pager_match(pager, last - 1) >= pager->origin.line) {
        guint i = last - 1;

        while (i > 0 && pager_match(pager, i - 1) >= pager->origin.line)
            i--;
        pager_show_match(pager, i);
    } else if (pager->scanned == pager->lines->len) {
        pager_show_match(pager, 0);
    }
}

/* FALSE: everything was looked at. */
static gboolean pager_scan_slice(struct pager *pager)
{
    gsize left = SLICE_BYTES;

    while (pager->scanned < pager->lines->len && left > 0) {
        guint line = pager->scanned++;

        if (pager_line_has(pager, line))
            g_array_append_val(pager->matches, line);
        left -= MIN(left, strnlen(pager->lines->pdata[line], PAGER_LINE_MAX) + 16);
    }
    pager_settle_match(pager);
    return pager->scanned < pager->lines->len;
}

static gboolean pager_scan_on(gpointer data)
{
    struct pager *pager = data;
    gboolean more = pager_scan_slice(pager);

    if (!more)
        pager->scan_source = 0;
    if (pager->spec.changed)
        pager->spec.changed(pager->spec.data);
    return more;
}

static void pager_scan(struct pager *pager)
{
    pager_stop_scan(pager);
    g_array_set_size(pager->matches, 0);
    pager->scanned = 0;
    pager->current = G_MAXUINT;
    if (pager->needle && pager_scan_slice(pager))
        pager->scan_source = g_idle_add(pager_scan_on, pager);
}

static void pager_search(struct pager *pager, const char *text)
{
    g_free(pager->needle);
    pager->needle = *text ? g_strdup(text) : NULL;
    pager->top = pager->origin;
    pager_scan(pager);
}

gboolean pager_typed(struct pager *pager, int key)
{
    if (!pager->typing || !field_key(pager->typing, key))
        return FALSE;
    pager_search(pager, field_text(pager->typing));
    return TRUE;
}

void pager_set(struct pager *pager, GPtrArray *lines)
{
    guint current = pager->current;

    g_ptr_array_ref(lines);
    g_ptr_array_unref(pager->lines);
    pager->lines = lines;
    pager->top.line = MIN(pager->top.line, lines->len);
    pager->origin = pager->top;
    if (pager->follow && pager->at_end)
        pager_go_end(pager);
    if (!pager->needle)
        return;
    struct place top = pager->top;
    pager_scan(pager);
    pager->top = top;
    if (current < pager->matches->len)
        pager->current = current;
}

/* --- drawing --- */

/* The parts of a row that are what is searched for. */
static void pager_draw_found(const struct pager *pager, struct rect row,
                             const char *text, enum style style)
{
    gsize length = strlen(pager->needle);

    for (const char *at = strcasestr(text, pager->needle); at;
         at = strcasestr(at + length, pager->needle)) {
        g_autofree char *before = g_strndup(text, (gsize)(at - text));
        g_autofree char *found = g_strndup(at, length);
        int x = text_width(before);

        if (x >= row.w)
            break;
        draw_words(row.y, row.x + x, row.w - x, style, found);
    }
}

static gboolean pager_is_current(const struct pager *pager, guint line)
{
    return pager->current < pager->matches->len &&
           pager_match(pager, pager->current) == line;
}

static void pager_draw_row(const struct pager *pager, struct rect row, guint line,
                           const char *text)
{
    const char *whole = pager->lines->pdata[line];
    enum style style = pager->spec.style
                           ? pager->spec.style(whole, pager->spec.data)
                           : STYLE_NORMAL;

    if (pager->spec.titles && g_str_has_prefix(text, "-- "))
        draw_dashed(row, text);
    else
        draw_words(row.y, row.x, row.w, style, text);
    if (pager->needle)
        pager_draw_found(pager, row, text,
                         pager_is_current(pager, line) ? STYLE_FOCUS
                                                       : STYLE_STRONG);
    if (pager_is_current(pager, line))
        draw_cursor(row.y, row.x);
}

/* Rows of one line from `first` on; the lines of the area that were used. */
static int pager_draw_wrapped(const struct pager *pager, struct rect area,
                              guint line, int first)
{
    g_autofree char *clean = pager_clean(pager, line);
    const char *p = clean;
    int used = 0;

    for (int row = 0; used < area.h; row++) {
        gsize bytes = pager_row_bytes(p, area.w);
        g_autofree char *text = g_strndup(p, bytes);

        if (row >= first) {
            pager_draw_row(pager, (struct rect){area.y + used, area.x, 1, area.w},
                           line, text);
            used++;
        }
        p += bytes;
        if (!*p)
            break;
    }
    return MAX(used, 1);
}

static void pager_draw_side(struct pager *pager, struct rect row, guint line)
{
    g_autofree char *clean = pager_clean(pager, line);
    gboolean over;
    const char *text = pager_after(clean, pager->skip, &over);

    if (over)
        draw_words(row.y, row.x, 1, STYLE_NORMAL, " ");
    row.x += over;
    row.w -= over;
    if (text_width(text) > row.w)
        pager->cut = TRUE;
    pager_draw_row(pager, row, line, text);
}

static void pager_fit(struct pager *pager, struct rect area)
{
    struct place bottom;
    gboolean narrower = area.w != pager->width && pager->wrap;
    gboolean stay = pager->follow && pager->at_end;

    pager->page = MAX(area.h, 1);
    pager->width = MAX(area.w, 1);
    if (narrower)
        pager->top.row = 0;
    bottom = pager_bottom(pager);
    if (stay || place_before(bottom, pager->top))
        pager->top = bottom;
    pager->at_end = !place_before(pager->top, bottom);
}

void pager_draw(struct pager *pager, struct rect area)
{
    int y = 0;

    draw_cursor(area.y, area.x);
    pager_fit(pager, area);
    pager->cut = FALSE;
    for (guint line = pager->top.line; line < pager->lines->len && y < area.h; line++) {
        struct rect rest = {area.y + y, area.x, area.h - y, area.w};

        if (pager->wrap) {
            y += pager_draw_wrapped(pager, rest, line,
                                    line == pager->top.line ? pager->top.row : 0);
            continue;
        }
        pager_draw_side(pager, rest, line);
        y++;
    }
}

/* "match 2 of 3"; with a '+' while there is more to look at. */
static void pager_append_matches(const struct pager *pager, GString *text)
{
    const char *more = pager->scan_source ? "+" : "";

    if (!pager->needle)
        return;
    if (pager->matches->len == 0)
        g_string_append(text, pager->scan_source ? "searching" : "no match");
    else if (pager->current == G_MAXUINT)
        g_string_append_printf(text, "%u%s matches", pager->matches->len, more);
    else
        g_string_append_printf(text, "match %u of %u%s", pager->current + 1,
                               pager->matches->len, more);
    g_string_append(text, "   ");
}

char *pager_status(const struct pager *pager)
{
    GString *text = g_string_new(NULL);
    guint n = pager->lines->len;

    pager_append_matches(pager, text);
    if (pager->current < pager->matches->len)
        g_string_append_printf(text, "line %u of %u",
                               pager_match(pager, pager->current) + 1, n);
    else if (pager->top.line > 0 || !pager->at_end || pager->needle)
        g_string_append_printf(text, "line %u of %u", pager->top.line + 1, n);
    return g_string_free(text, FALSE);
}

void pager_draw_search(const struct pager *pager, struct rect line,
                       enum style style)
{
    g_autofree char *status = pager_status(pager);
    int width = MIN(text_width(status), line.w / 2);

    draw_fill(line, style);
    draw_words(line.y, line.x, 2, style, "/ ");
    if (pager->typing)
        field_draw(pager->typing, line.y, line.x + 2, line.w - width - 4, TRUE);
    else
        draw_words(line.y, line.x + 2, line.w - width - 4, style, pager->needle);
    draw_text_right(line.y, line.x + line.w - width - 1, width, style, status);
}

/* The bytes that make the next line; it ends at a blank if there is one. */
static gsize pager_break(const char *text, int width)
{
    gsize whole = pager_row_bytes(text, width), at = whole;

    if (!text[whole] || text[whole] == ' ')
        return whole;
    while (at > 0 && text[at - 1] != ' ')
        at--;
    return at > 0 ? at : whole;
}

void pager_fold(const struct pager_fold *fold, const char *head,
                const char *untrusted)
{
    g_autofree char *clean = text_sanitise(untrusted, -1);
    const char *rest = clean;
    int indent = fold->indent;

    /* Without room for both the text stands below its head. */
    if (fold->width - indent < FOLD_MIN && indent > 1) {
        if (*head)
            g_ptr_array_add(fold->lines, g_strdup(head));
        indent = 1;
        head = "";
    }
    do {
        gsize bytes = pager_break(rest, MAX(fold->width - indent, 1));
        g_autofree char *front = text_fit(head, indent, TEXT_LEFT);

        g_ptr_array_add(fold->lines, g_strdup_printf("%s%.*s", front, (int)bytes,
                                                     rest));
        rest += bytes;
        rest += strspn(rest, " ");
        head = "";
    } while (*rest);
}

/* --- keys --- */

static struct pager *pager_of(const struct screen *screen)
{
    return screen->class->pager(screen);
}

static void pager_key_up(struct screen *screen)
{
    pager_up(pager_of(screen), 1);
    pager_of(screen)->at_end = FALSE;
}

static void pager_key_down(struct screen *screen)
{
    pager_down(pager_of(screen), 1);
}

static void pager_key_half_up(struct screen *screen)
{
    pager_up(pager_of(screen), (pager_of(screen)->page + 1) / 2);
    pager_of(screen)->at_end = FALSE;
}

static void pager_key_half_down(struct screen *screen)
{
    pager_down(pager_of(screen), (pager_of(screen)->page + 1) / 2);
}

static void pager_key_page_up(struct screen *screen)
{
    pager_move(pager_of(screen), -1);
}

static void pager_key_page_down(struct screen *screen)
{
    pager_move(pager_of(screen), 1);
}

static void pager_key_first(struct screen *screen)
{
    pager_rewind(pager_of(screen));
    pager_of(screen)->at_end = FALSE;
}

static void pager_key_last(struct screen *screen)
{
    pager_go_end(pager_of(screen));
}

static void pager_key_left(struct screen *screen)
{
    struct pager *pager = pager_of(screen);

    pager->skip = MAX(pager->skip - SIDE_STEP, 0);
}

static void pager_key_right(struct screen *screen)
{
    struct pager *pager = pager_of(screen);

    if (pager->cut)
        pager->skip += SIDE_STEP;
}

static void pager_key_search(struct screen *screen)
{
    struct pager *pager = pager_of(screen);

    pager->typing = field_new("");
    pager->origin = pager->top;
    if (pager->needle)
        field_suggest(pager->typing, pager->needle);
}

static void pager_key_take(struct screen *screen)
{
    g_clear_pointer(&pager_of(screen)->typing, field_free);
}

static void pager_key_leave(struct screen *screen)
{
    pager_search(pager_of(screen), "");
    pager_key_take(screen);
}

static void pager_step_match(struct pager *pager, guint by)
{
    guint n = pager->matches->len;

    if (n > 0)
        pager_show_match(pager, pager->current == G_MAXUINT
                                    ? 0 : (pager->current + n + by) % n);
    pager->at_end = FALSE;
}

static void pager_key_next(struct screen *screen)
{
    pager_step_match(pager_of(screen), 1);
}

static void pager_key_previous(struct screen *screen)
{
    pager_step_match(pager_of(screen), (guint)-1);
}

static void pager_key_clear(struct screen *screen)
{
    struct pager *pager = pager_of(screen);

    g_clear_pointer(&pager->needle, g_free);
    pager_scan(pager);
}

static void pager_key_wrap(struct screen *screen)
{
    struct pager *pager = pager_of(screen);

    pager_set_wrap(pager, !pager->wrap);
    if (pager->current < pager->matches->len)
        pager_show_match(pager, pager->current);
}

static gboolean pager_is_long(const struct screen *screen)
{
    const struct pager *pager = pager_of(screen);

    return !pager->at_end || pager->top.line > 0 || pager->top.row > 0;
}

static gboolean pager_has_more(const struct screen *screen)
{
    return !pager_of(screen)->at_end;
}

static gboolean pager_is_cut(const struct screen *screen)
{
    return pager_of(screen)->cut || pager_of(screen)->skip > 0;
}

static gboolean pager_can_wrap(const struct screen *screen)
{
    return pager_is_cut(screen) || pager_of(screen)->wrap;
}

static gboolean pager_has_search(const struct screen *screen)
{
    return pager_of(screen)->needle != NULL;
}

/* clang-format off */
const struct key_row pager_field_keys[] = {
    {"Enter", "take", "Take it", NULL, KEYS_FIND, NULL, pager_key_take, NULL},
    {"Esc Ctrl-C", "leave", "Leave it", NULL, KEYS_FIND, NULL, pager_key_leave, NULL},
    {NULL},
};

const struct key_row pager_keys[] = {
    {"k Up", "up", NULL, NULL, KEYS_MOVE, NULL, pager_key_up, pager_is_long},
    {"j Down", "down", NULL, "one line", KEYS_MOVE, NULL, pager_key_down,
     pager_has_more},
    {"Ctrl-U", "half-up", NULL, NULL, KEYS_MOVE, NULL, pager_key_half_up,
     pager_is_long},
    {"Ctrl-D", "half-down", NULL, "half a page", KEYS_MOVE, NULL,
     pager_key_half_down, pager_has_more},
    {"PgUp", "page-up", NULL, NULL, KEYS_MOVE, NULL, pager_key_page_up,
     pager_is_long},
    {"PgDn Space", "page-down", "More", "a page", KEYS_MOVE, NULL,
     pager_key_page_down, pager_has_more},
    {"g Home", "top", NULL, NULL, KEYS_MOVE, NULL, pager_key_first,
     pager_is_long},
    {"G End", "end", NULL, "first, last line", KEYS_MOVE, NULL, pager_key_last,
     pager_has_more},
    {"Left", "side-left", NULL, NULL, KEYS_MOVE, NULL, pager_key_left,
     pager_is_cut},
    {"Right", "side-right", NULL, "the rest of wide lines", KEYS_MOVE, NULL,
     pager_key_right, pager_is_cut},
    {"/", "search", "Search", "search as you type", KEYS_FIND, NULL,
     pager_key_search, NULL},
    {"n", "next-match", "Next", NULL, KEYS_FIND, NULL, pager_key_next,
     pager_has_search},
    {"N", "previous-match", NULL, "next, previous match", KEYS_FIND, NULL,
     pager_key_previous, pager_has_search},
    {"Esc", "end-search", "End search", "end the search", KEYS_FIND, NULL,
     pager_key_clear, pager_has_search},
    {"w", "wrap", "Wrap", "wrap wide lines", KEYS_SHOW, NULL,
     pager_key_wrap, pager_can_wrap},
    {NULL},
};
/* clang-format on */
