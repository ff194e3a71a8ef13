/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/name.h"

#include <string.h>

#include "util/error.h"
#include "util/text.h"

static gboolean is_tail(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("_.-", *c))
            return FALSE;
    return TRUE;
}

gboolean name_safe(const char *name)
{
    return g_ascii_isalpha(name[0]) && is_tail(name);
}

static gboolean is_word(const char *name)
{
    static const char *const words[] = { "none", "default", "Domain-0", NULL };

    return g_strv_contains(words, name);
}

gboolean name_reserved(const char *name)
{
    return strlen(name) > NAME_LENGTH_MAX || g_str_has_suffix(name, "-dm") ||
           is_word(name);
}

static const char *fault(const char *name)
{
    if (*name == '\0')
        return "a name is needed";
    if (!is_tail(name))
        return "letters, digits, '-', '_' and '.' make a name";
    if (!g_ascii_isalpha(name[0]))
        return "it has to begin with a letter";
    if (strlen(name) > NAME_LENGTH_MAX)
        return "31 characters are the most";
    if (g_str_has_suffix(name, "-dm"))
        return "names that end in '-dm' are those of device models";
    return is_word(name) ? "that word means something else" : NULL;
}

gboolean name_check(const char *untrusted_name, GError **error)
{
    const char *why = fault(untrusted_name);
    g_autofree char *shown = why ? text_sanitise_value(untrusted_name, -1) : NULL;

    if (!why)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, NULL,
              "'%s' cannot be the name of a qube: %s", shown, why);
    return FALSE;
}
