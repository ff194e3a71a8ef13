/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A target: called by libFuzzer with what it makes up, or by replay.c with the
 * files of the corpus. Aborts when a promise is broken. */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In every build, unlike assert(). */
#define FUZZ_CHECK(condition)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            g_printerr("%s:%d: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                           \
        }                                                                      \
    } while (0)
