/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "core/firewall.h"
#include "tests/fuzz/fuzz.h"

#define NOW 1700000000

/* What reads as a rule reads the same when it was written. */
static void check_rule(const struct firewall_rule *rule)
{
    g_autofree char *text = firewall_rule_format(rule), *again = NULL;
    auto_of(firewall_rule) struct firewall_rule *other = NULL;

    if (rule->flaw)
        return;
    other = firewall_rule_parse(text, NULL);
    FUZZ_CHECK(other);
    again = firewall_rule_format(other);
    FUZZ_CHECK(strcmp(text, again) == 0);
}

static void check_words(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    auto_of(firewall_rule) struct firewall_rule *rule =
        firewall_rule_parse(text, &error);

    FUZZ_CHECK(!rule == !!error);
    if (rule)
        check_rule(rule);
}

static void check_published(const struct firewall *firewall, const char *address)
{
    g_autoptr(GArray) entries = firewall_publish(firewall, address, NOW);

    FUZZ_CHECK(entries->len >= 2 && entries->len <= firewall->rules->len + 2);
}

/* The same list, whether its rules are copied or written anew. */
static void check_again(struct firewall *firewall)
{
    GString *text;
    auto_of(firewall) struct firewall *other = NULL;
    guint n = firewall->rules->len;

    firewall->changed = TRUE;
    text = firewall_serialise(firewall, 0, NULL);
    if (!text) {
        FUZZ_CHECK(firewall->old);
        return;
    }
    other = firewall_parse("again", text->str, text->len, NULL);
    FUZZ_CHECK(other && other->rules->len == n);
    for (guint i = 0; i < n; i++) {
        g_autofree char *was = firewall_rule_format(firewall->rules->pdata[i]);
        g_autofree char *is = firewall_rule_format(other->rules->pdata[i]);

        FUZZ_CHECK(strcmp(was, is) == 0);
    }
    g_string_free(text, TRUE);
}

static void check_unchanged(const struct firewall *firewall, const uint8_t *data,
                            size_t size)
{
    GString *text = firewall_serialise(firewall, 0, NULL);
    gboolean expired = FALSE;

    for (guint i = 0; i < firewall->rules->len; i++)
        expired |= firewall_rule_expired(firewall->rules->pdata[i], 0);
    if (!expired)
        FUZZ_CHECK(text && text->len == size && memcmp(text->str, data, size) == 0);
    if (text)
        g_string_free(text, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    auto_of(firewall) struct firewall *firewall =
        firewall_parse("fuzz", (const char *)data, size, &error);

    check_words(data, size);
    FUZZ_CHECK(!firewall == !!error);
    if (!firewall)
        return 0;
    for (guint i = 0; i < firewall->rules->len; i++)
        check_rule(firewall->rules->pdata[i]);
    check_published(firewall, "10.137.0.1");
    check_published(firewall, "fd09::1");
    check_unchanged(firewall, data, size);
    /* rules with the epoch as expiry go at any save */
    for (guint i = firewall->rules->len; i-- > 0;)
        if (firewall_rule_expired(firewall->rules->pdata[i], 0))
            g_ptr_array_remove_index(firewall->rules, i);
    check_again(firewall);
    return 0;
}
