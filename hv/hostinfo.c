/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hv/hostinfo.h"

#include <string.h>

/* Family and model, decimal as the kernel prints them. */
static const struct {
    guint64 family, model;
} affected[] = { { 6, 58 }, { 6, 62 } };

/* The value of "NAME : NUMBER" in the block, G_MAXUINT64 if it is not there. */
static guint64 number_of(char *const *lines, const char *name)
{
    gsize len = strlen(name);

    for (; *lines && **lines; lines++) {
        const char *rest = *lines + len;

        if (!g_str_has_prefix(*lines, name))
            continue;
        rest += strspn(rest, " \t");
        if (*rest == ':')
            return g_ascii_strtoull(rest + 1, NULL, 10);
    }
    return G_MAXUINT64;
}

gboolean hostinfo_hides_rdrand(const char *untrusted_cpuinfo)
{
    g_auto(GStrv) lines = g_strsplit(untrusted_cpuinfo, "\n", -1);
    guint64 family = number_of(lines, "cpu family");
    guint64 model = number_of(lines, "model");

    for (gsize i = 0; i < G_N_ELEMENTS(affected); i++)
        if (family == affected[i].family && model == affected[i].model)
            return TRUE;
    return FALSE;
}
