/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/notice.h"

#include <stdio.h>

#include "util/error.h"
#include "util/text.h"

static void print(const char *prefix, const char *untrusted)
{
    g_autofree char *text = text_sanitise(untrusted, -1);

    fprintf(stderr, "%s: %s\n", prefix, text);
}

void notice_error(const GError *error)
{
    const char *hint = error_hint(error);

    print("qmc", error->message);
    if (hint)
        print("hint", hint);
}

void notice_line(const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    print("qmc", text);
}
