/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/fuzz/fuzz.h"
#include "util/error.h"
#include "util/text.h"

/* What is accepted is a size, and can be written and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *shown = NULL;
    g_autoptr(GError) error = NULL;
    guint64 bytes = 0, again = 0;

    if (!text_size_parse(text, &bytes, &error)) {
        FUZZ_CHECK(bytes == 0 && error_is(error, QMC_ERROR_INVALID));
        FUZZ_CHECK(g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    FUZZ_CHECK(!error && bytes > 0 && bytes <= G_MAXINT64);
    shown = text_size_long(bytes);
    /* just below 8 EiB is shown as 8.0, which is too much */
    if (bytes < G_GUINT64_CONSTANT(7) << 60)
        FUZZ_CHECK(text_size_parse(shown, &again, NULL) &&
                   again >= bytes - bytes / 16 && again <= bytes + bytes / 16);
    return 0;
}
