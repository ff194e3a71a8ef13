/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/text.h"

static void check_fit(const char *text, int columns)
{
    g_autofree char *left = text_fit(text, columns, TEXT_LEFT);
    g_autofree char *right = text_fit(text, columns, TEXT_RIGHT);

    FUZZ_CHECK(text_width(left) == columns && text_width(right) == columns);
    FUZZ_CHECK(g_utf8_validate(left, -1, NULL) && g_utf8_validate(right, -1, NULL));
}

static void check_quote(const char *text)
{
    g_autofree char *quoted = text_shell_quote(text);
    g_autofree char *back = g_shell_unquote(quoted, NULL);

    FUZZ_CHECK(g_strcmp0(text, back) == 0);
}

/* What was sanitised is harmless, and is left alone the second time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = text_sanitise((const char *)data, (gssize)size);
    g_autofree char *twice = text_sanitise(text, -1);

    FUZZ_CHECK(strlen(text) <= size);
    FUZZ_CHECK(g_utf8_validate(text, -1, NULL));
    for (const char *p = text; *p; p = g_utf8_find_next_char(p, NULL))
        FUZZ_CHECK(g_unichar_isprint(g_utf8_get_char(p)));
    FUZZ_CHECK(strcmp(text, twice) == 0);
    for (int columns = 0; columns < 12; columns++)
        check_fit(text, columns);
    check_quote(text);
    return 0;
}
