/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the processor of this machine asks of a domain (spec/lifecycle.md
 * 3.1). */
#pragma once

#include <glib.h>

/* TRUE if guests must not see RDRAND: the first processor of a /proc/cpuinfo
 * text is one whose RDRAND breaks over a suspend. Pure. */
gboolean hostinfo_hides_rdrand(const char *untrusted_cpuinfo);
