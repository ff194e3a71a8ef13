/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of rules: as upstream writes it, and as the net qube is told. Its
 * reading is in firewall-load.c, the file in firewall-file.c. */
#include "config.h"

#include "core/firewall.h"

#include <string.h>

#include "core/firewall-private.h"
#include "util/error.h"

#define LEAD "\n    "

struct firewall *firewall_new(void)
{
    struct firewall *firewall = g_new0(struct firewall, 1);

    firewall->rules =
        g_ptr_array_new_with_free_func((GDestroyNotify)firewall_rule_free);
    firewall->notes = g_ptr_array_new_with_free_func(g_free);
    firewall_reset(firewall, FIREWALL_ACCEPT);
    return firewall;
}

void firewall_free(struct firewall *firewall)
{
    if (!firewall)
        return;
    g_ptr_array_unref(firewall->rules);
    g_ptr_array_unref(firewall->notes);
    qube_file_clear(&firewall->file);
    g_free(firewall->head);
    g_free(firewall->tail);
    g_free(firewall->broken);
    g_free(firewall);
}

int firewall_decisive(const struct firewall *firewall)
{
    for (guint i = 0; i < firewall->rules->len; i++) {
        const struct firewall_rule *rule = firewall->rules->pdata[i];

        if (rule->flaw || firewall_rule_is_total(rule))
            return (int)i;
    }
    return -1;
}

void firewall_reset(struct firewall *firewall, enum firewall_action action)
{
    struct firewall_rule *all =
        firewall_rule_parse(action == FIREWALL_DROP ? "drop" : "accept", NULL);

    g_ptr_array_set_size(firewall->rules, 0);
    g_ptr_array_add(firewall->rules, all);
    firewall->changed = TRUE;
}

/* Writing. */

static gboolean any_expired(const struct firewall *firewall, gint64 now)
{
    for (guint i = 0; i < firewall->rules->len; i++)
        if (firewall_rule_expired(firewall->rules->pdata[i], now))
            return TRUE;
    return FALSE;
}

/* Whoever made the file by hand keeps what stands around the rules. */
static void append_rule(GString *out, const struct firewall_rule *rule)
{
    g_string_append(out, rule->lead ? rule->lead : LEAD);
    if (rule->text)
        g_string_append(out, rule->text);
    else
        firewall_rule_append_xml(out, rule);
}

static GString *write_anew(const struct firewall *firewall, gint64 now)
{
    GString *rules = g_string_new(NULL), *out;

    for (guint i = 0; i < firewall->rules->len; i++)
        if (!firewall_rule_expired(firewall->rules->pdata[i], now))
            append_rule(rules, firewall->rules->pdata[i]);
    out = g_string_new(firewall->head ? firewall->head : FIREWALL_HEAD);
    if (rules->len || firewall->head)
        g_string_append_printf(out, "%s%s", rules->str,
                               firewall->tail ? firewall->tail : FIREWALL_TAIL);
    else
        g_string_assign(out, FIREWALL_EMPTY);
    g_string_free(rules, TRUE);
    return out;
}

/* In the new form it would be a rule no reader takes, and the qube would not
 * start any more. */
static gboolean check_convertible(const struct firewall *firewall, GError **error)
{
    for (guint i = 0; firewall->old && i < firewall->rules->len; i++) {
        const struct firewall_rule *rule = firewall->rules->pdata[i];

        if (!rule->flaw)
            continue;
        error_set(error, QMC_ERROR_STATE, "delete that rule, or mend the file",
                  "rule %u of '%s' cannot be written in the form of Qubes 4: %s",
                  i, firewall->file.path ? firewall->file.path : "firewall.xml", rule->flaw);
        return FALSE;
    }
    return TRUE;
}

GString *firewall_serialise(const struct firewall *firewall, gint64 now,
                            GError **error)
{
    const char *data;
    gsize len;

    if (!firewall->changed && firewall->file.bytes && !any_expired(firewall, now)) {
        data = g_bytes_get_data(firewall->file.bytes, &len);
        return g_string_new_len(data, (gssize)len);
    }
    if (firewall->rules->len > FIREWALL_RULES_MAX) {
        error_set(error, QMC_ERROR_INVALID, "delete some first",
                  "%u rules are more than the %d a qube may have",
                  firewall->rules->len, FIREWALL_RULES_MAX);
        return NULL;
    }
    return check_convertible(firewall, error) ? write_anew(firewall, now) : NULL;
}

/* Publishing. */

static void entry_clear(gpointer data)
{
    struct firewall_entry *entry = data;

    g_free(entry->path);
    g_free(entry->value);
}

static void entry_add(GArray *out, char *path, char *value)
{
    struct firewall_entry entry = { path, value };

    g_array_append_val(out, entry);
}

static gboolean is_for(const struct firewall_rule *rule, enum firewall_family family)
{
    return rule->family == FIREWALL_NOWHERE || rule->family == FIREWALL_NAME ||
           rule->family == family;
}

GArray *firewall_publish(const struct firewall *firewall, const char *address,
                         gint64 now)
{
    enum firewall_family family = strchr(address, ':') ? FIREWALL_DST6
                                                       : FIREWALL_DST4;
    g_autofree char *base = g_strdup_printf("/qubes-firewall/%s", address);
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct firewall_entry));

    g_array_set_clear_func(out, entry_clear);
    entry_add(out, g_strdup_printf("%s/policy", base), g_strdup("drop"));
    for (guint i = 0; i < MIN(firewall->rules->len, FIREWALL_RULES_MAX); i++) {
        const struct firewall_rule *rule = firewall->rules->pdata[i];

        if (rule->flaw)
            break;
        if (!firewall_rule_expired(rule, now) && is_for(rule, family))
            entry_add(out, g_strdup_printf("%s/%04u", base, i),
                      firewall_rule_published(rule));
    }
    entry_add(out, g_steal_pointer(&base), g_strdup(""));
    return out;
}
