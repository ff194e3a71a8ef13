/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/prop.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/model.h"
#include "util/error.h"
#include "util/text.h"
#include "util/xml.h"

/* The first row that does not sort before the name. */
static const struct prop_row *first_from(const struct prop_row *rows, gsize n,
                                         const char *name)
{
    while (n > 0) {
        gsize half = n / 2;

        if (strcmp(rows[half].name, name) < 0) {
            rows += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return rows;
}

const struct prop_row *prop_find(const char *name, unsigned class_id)
{
    gsize n;
    const struct prop_row *rows = prop_rows(&n), *end = rows + n;
    const struct prop_row *row = first_from(rows, n, name);

    for (; row < end && g_str_equal(row->name, name); row++)
        if (class_id ? row->classes & class_id : row->classes == 0)
            return row;
    return NULL;
}

int prop_compare(const struct prop_row *a, const struct prop_row *b)
{
    return a->stage != b->stage ? a->stage - b->stage : strcmp(a->name, b->name);
}

/* What Python reads as an integer: blanks around, a sign, single underscores
 * between digits. NULL: it is none; caller frees. */
static char *int_digits(const char *text)
{
    g_autofree char *copy = g_strstrip(g_strdup(text));
    const char *in = copy;
    char *to = copy;
    gboolean digit = FALSE;

    if (*in == '+' || *in == '-')
        *to++ = *in++;
    for (; *in; in++) {
        if (*in == '_' && digit && g_ascii_isdigit(in[1]))
            continue;
        if (!g_ascii_isdigit(*in))
            return FALSE;
        digit = TRUE;
        *to++ = *in;
    }
    *to = '\0';
    return digit ? g_strdup(copy[0] == '+' ? copy + 1 : copy) : NULL;
}

static gboolean int_read(const char *text, gint64 *out)
{
    g_autofree char *digits = int_digits(text);

    return digits && g_ascii_string_to_signed(digits, 10, G_MININT64, G_MAXINT64, out,
                                              NULL);
}

static char *int_canonical(const struct prop_row *row, const char *text)
{
    gint64 value;

    if (!int_read(text, &value) || value < row->min || value > row->max)
        return NULL;
    return g_strdup_printf("%" G_GINT64_FORMAT, value);
}

static char *bool_canonical(const char *text)
{
    static const char *const yes[] = { "1", "yes", "true", "on", NULL };
    static const char *const no[] = { "0", "no", "false", "off", "", NULL };
    g_autofree char *low = g_ascii_strdown(text, -1);

    if (g_strv_contains(yes, low))
        return g_strdup("True");
    return g_strv_contains(no, low) ? g_strdup("False") : NULL;
}

static gboolean uuid_is_canonical(const char *text)
{
    int i;

    for (i = 0; i < 36; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23
                ? text[i] != '-'
                : !g_ascii_isdigit(text[i]) && (text[i] < 'a' || text[i] > 'f'))
            return FALSE;
    return text[i] == '\0';
}

/* Any common spelling. */
static char *uuid_canonical(const char *text)
{
    GString *hex = g_string_sized_new(36);

    if (g_ascii_strncasecmp(text, "urn:uuid:", 9) == 0)
        text += 9;
    for (; *text; text++) {
        if (g_ascii_isxdigit(*text)) {
            if (hex->len == 8 || hex->len == 13 || hex->len == 18 || hex->len == 23)
                g_string_append_c(hex, '-');
            g_string_append_c(hex, g_ascii_tolower(*text));
        } else if (!strchr("{}-", *text)) {
            break;
        }
    }
    if (*text == '\0' && hex->len == 36)
        return g_string_free(hex, FALSE);
    g_string_free(hex, TRUE);
    return NULL;
}

static char *address_canonical(int family, const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    char out[INET6_ADDRSTRLEN];

    if (inet_pton(family, text, bytes) != 1 ||
        !inet_ntop(family, bytes, out, sizeof out))
        return NULL;
    return g_strdup(out);
}

char *prop_canonical(const struct prop_row *row, const struct model *model,
                     const char *text)
{
    const struct label *label;

    switch (row->type) {
    case PROP_INT:
    case PROP_TIME:
        return int_canonical(row, text);
    case PROP_BOOL:
        return bool_canonical(text);
    case PROP_UUID:
        return uuid_is_canonical(text) ? g_strdup(text) : uuid_canonical(text);
    case PROP_IP4:
        return address_canonical(AF_INET, text);
    case PROP_IP6:
        return address_canonical(AF_INET6, text);
    case PROP_LABEL:
        label = model_label(model, text);
        return g_strdup(label ? label->name : NULL);
    case PROP_STR:
    case PROP_VM:
    case PROP_POOL:
        break;
    }
    if (row->spell)
        return row->spell(text);
    return row->lower ? g_ascii_strdown(text, -1) : g_strdup(text);
}

static gboolean refuse(const struct prop_row *row, const char *value,
                       const char *hint, const char *why, GError **error)
{
    g_autofree char *shown = text_sanitise_value(value, -1);

    error_set(error, QMC_ERROR_INVALID, hint, "'%s' is no value for '%s': %s",
              shown, row->name, why);
    return FALSE;
}

static const char *type_hint(const struct prop_row *row, const char *value)
{
    if (row->type == PROP_LABEL)
        return "see the labels with: qmc label ls";
    return *value ? NULL : "--unset lets it follow its default again";
}

static gboolean refuse_type(const struct prop_row *row, const char *value,
                            GError **error)
{
    static const char *const wanted[] = {
        [PROP_INT] = "a whole number is needed",
        [PROP_TIME] = "seconds since 1970 are needed",
        [PROP_BOOL] = "True or False is needed",
        [PROP_UUID] = "a UUID is needed",
        [PROP_IP4] = "an IPv4 address is needed",
        [PROP_IP6] = "an IPv6 address is needed",
        [PROP_LABEL] = "there is no such label",
    };
    g_autofree char *bounds = NULL, *digits = int_digits(value);

    if (row->type != PROP_INT || !digits)
        return refuse(row, value, type_hint(row, value), wanted[row->type], error);
    bounds = row->max == G_MAXINT64
                 ? g_strdup_printf("at least %" G_GINT64_FORMAT " is needed", row->min)
                 : g_strdup_printf("it must lie between %" G_GINT64_FORMAT
                                   " and %" G_GINT64_FORMAT, row->min, row->max);
    return refuse(row, value, NULL, bounds, error);
}

/* What those who want none of them type. */
static const char *vm_hint(const struct prop_row *row, const char *value)
{
    if (row->needed || g_ascii_strcasecmp(value, "none") != 0)
        return "see the names with: qmc ls";
    return g_str_equal(row->name, "netvm")
               ? "'' (empty) is no network, --unset lets it follow its default"
               : "'' (empty) is none, --unset lets it follow its default";
}

static gboolean vm_check(const struct prop_row *row, const struct model *model,
                         const char *value, GError **error)
{
    const struct qube *target;

    if (*value == '\0')
        return TRUE;
    target = model_qube_named(model, value);
    if (!target)
        return refuse(row, value, vm_hint(row, value), "there is no such qube", error);
    if (target->class && target->class->id == CLASS_REMOTE)
        return refuse(row, value, NULL, "a RemoteVM cannot be used here", error);
    return TRUE;
}

static gboolean reference_check(const struct prop_row *row,
                                const struct model *model, const char *value,
                                GError **error)
{
    if (row->type == PROP_VM)
        return vm_check(row, model, value, error);
    if (row->type == PROP_POOL && !model_pool(model, value))
        return refuse(row, value, "see the pools with: qmc pool ls",
                      "there is no such pool", error);
    return TRUE;
}

/* Whether every text is its own canonical form. */
static gboolean is_plain(const struct prop_row *row)
{
    return !row->lower && !row->spell &&
           (row->type == PROP_STR || row->type == PROP_VM ||
            row->type == PROP_POOL);
}

gboolean prop_validate_parsed(const struct prop_row *row, const struct model *model,
                              const struct qube *qube, const char *value,
                              GError **error)
{
    g_autofree char *canonical = NULL;

    if (row->computed)
        return refuse(row, value, NULL, "it is always computed", error);
    if (!is_plain(row)) {
        canonical = prop_canonical(row, model, value);
        if (!canonical)
            return refuse_type(row, value, error);
        value = canonical;
    }
    if (!reference_check(row, model, value, error))
        return FALSE;
    return !row->validate || row->validate(model, qube, value, error);
}

/* They would look like a blank, or like nothing. */
static gboolean has_control(const char *value)
{
    for (const char *p = value; *p; p += g_utf8_skip[(guchar)*p])
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return TRUE;
    return FALSE;
}

gboolean prop_is_word_none(const struct prop_row *row, const char *value)
{
    return row->type == PROP_STR && !row->once && g_str_equal(value, "None");
}

gboolean prop_validate(const struct prop_row *row, const struct model *model,
                       const struct qube *qube, const char *value,
                       GError **error)
{
    if (!xml_text_valid(value))
        return refuse(row, value, NULL,
                      "it has a character that the store cannot hold", error);
    if (has_control(value))
        return refuse(row, value, "one line of plain text is needed",
                      "it has a tab, the end of a line or another control character",
                      error);
    if (prop_is_word_none(row, value))
        return refuse(row, value, "'' (empty) is none, --unset lets it follow its default",
                      "Qubes reads that word as a text, not as none", error);
    return prop_validate_parsed(row, model, qube, value, error);
}
