/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/text.h"

#include <string.h>

#include "util/error.h"

/* More marks on one character than any script needs would overprint the
 * neighbouring lines. */
#define TEXT_MARKS_MAX 3
#define QUOTED_MAX 32

/* Letters and marks that draw nothing: two names that differ only by them
 * would look the same. */
static const struct {
    gunichar first, last;
} text_invisible[] = {
    { 0x034f, 0x034f }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
    { 0x180b, 0x180f }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },
    { 0xffa0, 0xffa0 }, { 0xe0100, 0xe01ef },
};

static gboolean text_is_invisible(gunichar c)
{
    for (gsize i = 0; i < G_N_ELEMENTS(text_invisible); i++)
        if (c >= text_invisible[i].first && c <= text_invisible[i].last)
            return TRUE;
    return FALSE;
}

gunichar text_shown(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
        return c == '\t' || c == '\n' ? ' ' : '?';
    case G_UNICODE_FORMAT:
        return 0;
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR:
        return ' ';
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE:
        return '?';
    default:
        return text_is_invisible(c) ? 0 : c;
    }
}

/* lines: TAB and LF stay. */
static void text_append_shown(GString *out, gunichar untrusted_c, gboolean lines,
                              int *marks)
{
    gboolean kept = lines && (untrusted_c == '\t' || untrusted_c == '\n');
    gunichar c = kept ? untrusted_c : text_shown(untrusted_c);

    if (c == 0)
        return;
    if (g_unichar_iszerowidth(c)) {
        if (out->len == 0 || ++*marks > TEXT_MARKS_MAX)
            return;
    } else {
        *marks = 0;
    }
    g_string_append_unichar(out, c);
}

static char *text_cleaned(const char *untrusted, gssize len, gboolean lines)
{
    GString *out;
    const char *p = untrusted, *end;
    int marks = 0;

    if (!untrusted)
        return g_strdup("");
    end = p + (len < 0 ? strlen(p) : (gsize)len);
    out = g_string_sized_new((gsize)(end - p));
    while (p < end) {
        gunichar c = g_utf8_get_char_validated(p, end - p);

        if (c & 0x80000000u) { /* (gunichar)-1 or -2: no character here */
            text_append_shown(out, '?', lines, &marks);
            p++;
            continue;
        }
        text_append_shown(out, c, lines, &marks);
        p += g_utf8_skip[(guchar)*p];
    }
    return g_string_free(out, FALSE);
}

char *text_sanitise(const char *untrusted, gssize len)
{
    return text_cleaned(untrusted, len, FALSE);
}

char *text_sanitise_lines(const char *untrusted, gssize len)
{
    return text_cleaned(untrusted, len, TRUE);
}

char *text_sanitise_value(const char *untrusted, gssize len)
{
    g_autofree char *lines = text_sanitise_lines(untrusted, len);
    GString *out = g_string_sized_new(strlen(lines));

    for (const char *p = lines; *p; p++)
        if (*p == '\n' || *p == '\t')
            g_string_append(out, *p == '\n' ? "\\n" : "\\t");
        else
            g_string_append_c(out, *p);
    return g_string_free(out, FALSE);
}

static const char *text_next(const char *p)
{
    return p + g_utf8_skip[(guchar)*p];
}

static int text_char_width(gunichar c)
{
    if (g_unichar_iszerowidth(c))
        return 0;
    return g_unichar_iswide(c) ? 2 : 1;
}

int text_width(const char *text)
{
    int width = 0;

    for (const char *p = text; *p; p = text_next(p))
        width += text_char_width(g_utf8_get_char(p));
    return width;
}

/* The longest head of text that fits; *width is what it takes. */
static gsize text_head(const char *text, int columns, int *width)
{
    const char *p;

    *width = 0;
    for (p = text; *p; p = text_next(p)) {
        int w = text_char_width(g_utf8_get_char(p));

        if (*width + w > columns)
            break;
        *width += w;
    }
    return (gsize)(p - text);
}

char *text_fit(const char *text, int columns, enum text_align align)
{
    int width = text_width(text), head_width;
    gsize head;

    if (columns <= 0)
        return g_strdup("");
    if (width <= columns) {
        int pad = columns - width;

        return g_strdup_printf("%*s%s%*s", align == TEXT_RIGHT ? pad : 0, "",
                               text, align == TEXT_LEFT ? pad : 0, "");
    }
    head = text_head(text, columns - 1, &head_width);
    return g_strdup_printf("%.*s%*s~", (int)head, text,
                           columns - 1 - head_width, "");
}

static const char text_units[] = "KMGTPE";

/* Tenths of the largest unit that keeps the number under 1024; *unit is an
 * index into text_units, -1 for bytes. */
static guint64 text_size_tenths(guint64 bytes, int *unit)
{
    guint64 tenths = 0;

    *unit = -1;
    if (bytes < 1024)
        return bytes * 10;
    do {
        int shift = 10 * (++*unit + 1);
        guint64 rest = bytes & ((G_GUINT64_CONSTANT(1) << shift) - 1);

        tenths = (bytes >> shift) * 10 +
                 ((rest * 10 + (G_GUINT64_CONSTANT(1) << (shift - 1))) >> shift);
    } while (tenths >= 10240 && text_units[*unit + 1]);
    return tenths;
}

char *text_size(guint64 bytes)
{
    int unit;
    guint64 tenths = text_size_tenths(bytes, &unit);

    if (unit < 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
    return g_strdup_printf("%" G_GUINT64_FORMAT ".%d%c", tenths / 10,
                           (int)(tenths % 10), text_units[unit]);
}

char *text_size_long(guint64 bytes)
{
    int unit;
    guint64 tenths = text_size_tenths(bytes, &unit);

    if (unit < 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT " B", bytes);
    return g_strdup_printf("%" G_GUINT64_FORMAT ".%d %ciB", tenths / 10,
                           (int)(tenths % 10), text_units[unit]);
}

/* The factor of "", "B", "K", "KB", "Ki", "KiB" ...; 0: no unit. */
static guint64 text_unit_factor(const char *unit)
{
    guint64 factor = 1, base = 1024;
    const char *at;

    if (unit[0] == '\0' || g_ascii_strcasecmp(unit, "b") == 0)
        return 1;
    at = strchr(text_units, g_ascii_toupper(unit[0]));
    if (!at)
        return 0;
    if (g_ascii_strcasecmp(unit + 1, "b") == 0)
        base = 1000;
    else if (unit[1] != '\0' && g_ascii_strcasecmp(unit + 1, "ib") != 0 &&
             g_ascii_strcasecmp(unit + 1, "i") != 0)
        return 0;
    for (const char *u = text_units; u <= at; u++)
        factor *= base;
    return factor;
}

/* Reads digits into *value; FALSE without any, or if they do not fit. */
static gboolean text_digits(const char **p, guint64 *value, int *count)
{
    *value = 0;
    for (*count = 0; g_ascii_isdigit(**p); ++*p, ++*count)
        if (!g_uint64_checked_mul(value, *value, 10) ||
            !g_uint64_checked_add(value, *value,
                                  (guint64)g_ascii_digit_value(**p)))
            return FALSE;
    return *count > 0;
}

/* frac/10^digits of factor, rounded down. */
static guint64 text_fraction_of(guint64 factor, guint64 frac, int digits)
{
    guint64 scale = 1;

    while (digits-- > 0)
        scale *= 10;
    return factor / scale * frac + factor % scale * frac / scale;
}

static gboolean text_size_value(const char *p, guint64 *bytes)
{
    g_autofree char *unit = NULL;
    guint64 whole, frac = 0, factor;
    int whole_digits, frac_digits = 0;

    if (!text_digits(&p, &whole, &whole_digits))
        return FALSE;
    if (*p == '.' && (p++, !text_digits(&p, &frac, &frac_digits)))
        return FALSE;
    if (*p == ' ')
        p++;
    unit = g_strchomp(g_strdup(p));
    factor = text_unit_factor(unit);
    /* nine digits: the product below stays within 64 bits */
    if (factor == 0 || frac_digits > 9 || (factor == 1 && frac_digits > 0))
        return FALSE;
    return g_uint64_checked_mul(&whole, whole, factor) &&
           g_uint64_checked_add(bytes, whole,
                                text_fraction_of(factor, frac, frac_digits)) &&
           *bytes > 0 && *bytes <= G_MAXINT64;
}

/* So much of what was typed as a message has room for before its reason. */
static char *text_quoted(const char *untrusted)
{
    g_autofree char *safe = text_sanitise(untrusted, -1);

    return text_fit(safe, MIN(text_width(safe), QUOTED_MAX), TEXT_LEFT);
}

gboolean text_size_parse(const char *text, guint64 *bytes, GError **error)
{
    g_autofree char *shown = NULL;
    guint64 value;

    if (text_size_value(text + strspn(text, " \t"), &value)) {
        *bytes = value;
        return TRUE;
    }
    shown = text_quoted(text);
    error_set(error, QMC_ERROR_INVALID,
              "40G = 40GiB = 40960M = 42949672960; 40GB is decimal",
              "'%s' is no size: a number over 0, below 8 EiB, with a unit such "
              "as K, M, G or T is expected", shown);
    return FALSE;
}

gboolean text_int_parse(const char *text, gint64 min, gint64 max,
                        const char *what, gint64 *out, GError **error)
{
    g_autofree char *shown = NULL;
    gint64 value;

    /* GLib takes a plus sign */
    if (text[0] != '+' &&
        g_ascii_string_to_signed(text, 10, min, max, &value, NULL)) {
        *out = value;
        return TRUE;
    }
    shown = text_quoted(text);
    error_set(error, QMC_ERROR_INVALID, NULL,
              "%s '%s' is not a whole number from %" G_GINT64_FORMAT
              " to %" G_GINT64_FORMAT, what, shown, min, max);
    return FALSE;
}

char *text_shell_quote(const char *text)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789@%+=:,./_-";

    if (*text && text[strspn(text, harmless)] == '\0')
        return g_strdup(text);
    return g_shell_quote(text);
}
