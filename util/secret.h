/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory for keys and passphrases: never in swap, in a core dump or in a child, and
 * wiped when it is freed (design.md 5). */
#pragma once

#include <glib.h>

#include "util/auto.h"

struct secret;

/* `len` zeros. DENIED if the memory cannot be kept out of swap (RLIMIT_MEMLOCK). */
struct secret *secret_new(gsize len, GError **error);
/* `len` bytes of the kernel's random numbers. */
struct secret *secret_random(gsize len, GError **error);
/* The same in lower-case hexadecimal digits, NUL-terminated. */
struct secret *secret_hex(const struct secret *secret, GError **error);
void secret_free(struct secret *secret);
AUTO_DEFINE(secret, struct secret, secret_free)

guint8 *secret_bytes(const struct secret *secret);
gsize secret_len(const struct secret *secret);
