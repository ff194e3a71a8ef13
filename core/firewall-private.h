/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What reading and writing of the file know of rules. */
#pragma once

#include "core/firewall.h"

/* INVALID: no such field, given twice, or no such value. Names are those of the
 * file. */
gboolean firewall_rule_set(struct firewall_rule *rule, const char *field,
                           const char *text, GError **error);
/* What fields say together. INVALID. */
gboolean firewall_rule_check(const struct firewall_rule *rule, GError **error);
struct firewall_rule *firewall_rule_new(void);
/* The element, as upstream writes it. */
void firewall_rule_append_xml(GString *out, const struct firewall_rule *rule);
/* Without expiry and comment: what the net qube is told. */
char *firewall_rule_published(const struct firewall_rule *rule);

/* Around the rules, as upstream writes it; and without any. */
#define FIREWALL_HEAD "<firewall version=\"2\">\n  <rules>"
#define FIREWALL_TAIL "\n  </rules>\n</firewall>\n"
#define FIREWALL_EMPTY "<firewall version=\"2\">\n  <rules/>\n</firewall>\n"
