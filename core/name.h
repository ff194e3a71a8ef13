/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of qubes (spec/qubes-xml.md 3.1). */
#pragma once

#include <glib.h>

#define NAME_LENGTH_MAX 31

/* Whether paths can be made of it: what a stored name must be at least. */
gboolean name_safe(const char *name);
/* Too long, or kept for something else. */
gboolean name_reserved(const char *name);
/* Whether a new qube may have it. INVALID says why not. */
gboolean name_check(const char *untrusted_name, GError **error);
