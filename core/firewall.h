/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* firewall.xml of a qube (spec/qubes-xml.md 5): rules, first match wins, and
 * what no rule matches is dropped.
 *
 * Load is tolerant: a rule that cannot be read keeps its text and says why; the
 * others load. A rule nobody changed is written back as it was, so load and
 * serialise without a change is byte-identical. Times are seconds since the
 * epoch. Text of rules is hostile: sanitise before display. */
#pragma once

#include <glib.h>

#include "core/model.h"
#include "core/qube-file.h"
#include "util/auto.h"

/* QubesDB keys have four digits. */
#define FIREWALL_RULES_MAX 10000

enum firewall_action { FIREWALL_ACCEPT, FIREWALL_DROP };
enum firewall_proto { FIREWALL_ANY, FIREWALL_TCP, FIREWALL_UDP, FIREWALL_ICMP };
enum firewall_family { FIREWALL_NOWHERE, FIREWALL_DST4, FIREWALL_DST6, FIREWALL_NAME };

struct firewall_rule {
    unsigned has; /* bit 1 << place in the table of fields, for those given */
    enum firewall_action action;
    enum firewall_proto proto;
    enum firewall_family family; /* what dst is; NOWHERE: any address */
    char *dst;      /* "192.0.2.0/24", "example.org"; NULL: any */
    guint ports[2]; /* from, to */
    guint icmptype;
    gint64 expire;
    char *comment;  /* NULL: none */
    char *lead, *text; /* bytes of the file before it, and its own; NULL: new */
    char *flaw;     /* why it cannot be used: then only `text` counts; NULL: fine */
};

/* "accept proto=tcp dst4=192.0.2.1 dstports=443 comment=web": the words of
 * admin.vm.firewall.Set, with the action also alone. INVALID says which word. */
struct firewall_rule *firewall_rule_parse(const char *text, GError **error);
void firewall_rule_free(struct firewall_rule *rule);
AUTO_DEFINE(firewall_rule, struct firewall_rule, firewall_rule_free)
/* The same as admin.vm.firewall.Get writes it: "action=accept ...". Of one with
 * a flaw its bytes. Caller frees. */
char *firewall_rule_format(const struct firewall_rule *rule);
/* One field as it stands in the file ("dstports": "80-90"); NULL: not given.
 * Caller frees. */
char *firewall_rule_get(const struct firewall_rule *rule, const char *field);
gboolean firewall_rule_expired(const struct firewall_rule *rule, gint64 now);
/* TRUE if it matches whatever is sent. */
gboolean firewall_rule_is_total(const struct firewall_rule *rule);

struct firewall {
    GPtrArray *rules; /* struct firewall_rule, expired ones too */
    GPtrArray *notes; /* char *: where the meaning of an old file changed */
    gboolean old;     /* read from the form of R3 */
    gboolean changed; /* set by who changes rules */

    /* Not there: one rule that accepts everything. See firewall_read(). */
    struct qube_file file;
    char *head, *tail; /* around the rules; NULL: as upstream writes them */
    char *broken;      /* see firewall_read_broken(); NULL: it is not */
};

/* One rule that accepts everything: what an absent file means. */
struct firewall *firewall_new(void);
void firewall_free(struct firewall *firewall);
AUTO_DEFINE(firewall, struct firewall, firewall_free)
/* The number of the first rule that nothing gets past: one without conditions, or one
 * that cannot be read, for what comes after that is dropped. -1: there is none, and
 * what no rule matches is dropped. */
int firewall_decisive(const struct firewall *firewall);
/* Forgets all rules but one, for everything. */
void firewall_reset(struct firewall *firewall, enum firewall_action action);

/* Both forms. INVALID: no XML, another version, no rules element, an R3 file
 * without a policy, more than FIREWALL_RULES_MAX rules. `what` names the file. */
struct firewall *firewall_parse(const char *what, const char *data, gsize len,
                                GError **error);
/* The document without the rules that expired. STATE: a rule of an R3 file that
 * cannot be said in the new form; INVALID: too many rules. */
GString *firewall_serialise(const struct firewall *firewall, gint64 now,
                            GError **error);

/* What QubesDB of the net qube gets for a client with this address (spec 5.4),
 * in this order, after the directory `path` of the first was removed: pairs of
 * path and value, the trigger last. Rules of the other family and expired ones
 * are left out, numbers stay. A rule that cannot be read ends the list, so what
 * comes after it is dropped. */
struct firewall_entry {
    char *path, *value;
};
/* GArray of struct firewall_entry; g_array_unref() frees all. */
GArray *firewall_publish(const struct firewall *firewall, const char *address,
                         gint64 now);

/* Where it is, below root; NULL: the qube can have none. Caller frees. */
char *firewall_path(const char *root, const struct qube *qube);
/* [W] An absent file is no error. IO: what firewall_parse() refuses, over 16 MiB,
 * or it cannot be read; DENIED. */
struct firewall *firewall_read(const char *path, GError **error);
/* [W] The same, but what firewall_parse() refuses is read as the one rule that
 * accepts everything, and `broken` says why. */
struct firewall *firewall_read_broken(const char *path, GError **error);
/* [W] What was read, once more in the history (history.h; the stem is firewall-NAME),
 * for the caller to clear; there was a file. */
gboolean firewall_keep(const struct firewall *firewall, const char *root,
                       const char *name, struct qube_file *kept, GError **error);
/* [W] Thins the copies of that qube, but for the one just made. */
void firewall_thin(const char *root, const char *name, const struct qube_file *kept);
/* [W] Replaces the file it was read from, without expired rules. BUSY: that
 * changed meanwhile, and is left alone. */
gboolean firewall_write(struct firewall *firewall, gint64 now, GError **error);
/* [W] After firewall_write(): the former bytes again, or no file if there was
 * none. BUSY as above. */
gboolean firewall_restore(struct firewall *firewall, GError **error);
