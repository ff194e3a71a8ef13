/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations at random, and what they should have done: after each the file, what
 * it is read as and what the engine has are compared with a table that this test
 * keeps by itself. QMC_SEED and QMC_DEEDS repeat and lengthen a run. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/firewall.h"
#include "core/layout.h"
#include "core/op-private.h"
#include "hv-fake.h"
#include "tests/core/plain.h"
#include "world.h"

#include "tests/util/suite.h"

#define DEEDS 2500 /* make check-long: 10000 */

static const char *const qubes[] = { "vault", "work", "personal", "debian-13" };

static struct world *world;
static GRand *dice;
static GHashTable *plain; /* what the store should say */
/* Those that come and go. */
static const char *const guests[] = { "guest-a", "guest-b", "guest-c" };
static int guest_qids[G_N_ELEMENTS(guests)]; /* 0: not there */
static GPtrArray *rules[G_N_ELEMENTS(qubes)]; /* what the firewalls should */
static guint32 seed;

static void setup(void)
{
    const char *given = g_getenv("QMC_SEED");
    g_autofree char *text = NULL;

    seed = given ? (guint32)g_ascii_strtoull(given, NULL, 10) : g_random_int();
    printf("# QMC_SEED=%u\n", seed);
    fflush(stdout);
    dice = g_rand_new_with_seed(seed);
    fake_reset();
    world = world_new("test:///fake", NULL);
    text = world_store(world);
    plain = plain_of_text(text);
    for (gsize i = 0; i < G_N_ELEMENTS(qubes); i++) {
        rules[i] = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(rules[i], g_strdup("action=accept"));
    }
}

static void teardown(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(qubes); i++)
        g_ptr_array_unref(rules[i]);
    g_hash_table_unref(plain);
    world_free(world);
    g_rand_free(dice);
}

static int roll(int sides)
{
    return g_rand_int_range(dice, 0, sides);
}

#define PICK(table) table[roll((int)G_N_ELEMENTS(table))]

static const char *pick_qube(void)
{
    int guest = roll((int)G_N_ELEMENTS(guests));

    return roll(4) == 0 && guest_qids[guest] ? guests[guest] : PICK(qubes);
}

/* Values: as they are typed and as they are stored. */

struct value {
    char *typed, *stored;
};

static void value_clear(struct value *value)
{
    g_free(value->typed);
    g_free(value->stored);
}
#define auto_value __attribute__((cleanup(value_clear))) struct value

static void set_number(struct value *value, int max)
{
    int number = roll(roll(2) ? 10 : max) + 1;

    value->stored = g_strdup_printf("%d", number);
    value->typed = g_strdup_printf(roll(4) ? "%d" : "+%d", number);
}

static void set_truth(struct value *value)
{
    static const char *const words[][2] = {
        { "True", "True" }, { "yes", "True" }, { "1", "True" },
        { "False", "False" }, { "off", "False" }, { "0", "False" },
    };
    const char *const *word = PICK(words);

    value->typed = g_strdup(word[0]);
    value->stored = g_strdup(word[1]);
}

/* Everything that means something in XML, and blanks at the ends. */
static char *words(int max)
{
    static const char letters[] = "ab01 <>&\"'=;/-_.,]!?#%&amp;";
    GString *text = g_string_new(NULL);

    for (int len = roll(max + 1); len > 0; len--)
        g_string_append_c(text, letters[roll((int)sizeof letters - 1)]);
    return g_string_free(text, FALSE);
}

static void set_words(struct value *value)
{
    value->typed = words(16);
    value->stored = g_strdup(value->typed);
}

static void set_label(struct value *value)
{
    static const char *const labels[] = { "red", "orange", "yellow", "green", "gray",
                                          "blue", "purple", "black" };

    value->typed = g_strdup(PICK(labels));
    value->stored = g_strdup(value->typed);
}

static void set_netvm(struct value *value)
{
    value->typed = g_strdup(roll(2) ? "" : "sys-firewall");
    value->stored = g_strdup(value->typed);
}

enum type { NUMBER, TRUTH, WORDS, LABEL, NETVM };

struct knob {
    const char *name;
    enum type type;
    int max;       /* of a number */
    gboolean kept; /* has no default to go back to */
};

static const struct knob knobs[] = {
    { "memory", NUMBER, 100000 }, { "maxmem", NUMBER, 100000 },
    { "vcpus", NUMBER, 64 }, { "qrexec_timeout", NUMBER, 1000 },
    { "shutdown_timeout", NUMBER, 1000 }, { "stubdom_mem", NUMBER, 1000 },
    { "debug", TRUTH }, { "autostart", TRUTH }, { "include_in_backups", TRUTH },
    { "installed_by_rpm", TRUTH }, { "kernelopts", WORDS }, { "bootmode", WORDS },
    { "label", LABEL, .kept = TRUE }, { "netvm", NETVM },
};

static const struct knob globals[] = {
    { "stats_interval", NUMBER, 1000 }, { "default_qrexec_timeout", NUMBER, 1000 },
    { "default_shutdown_timeout", NUMBER, 1000 }, { "check_updates_vm", TRUTH },
};

static void value_make(const struct knob *knob, struct value *value)
{
    if (knob->type == NUMBER)
        set_number(value, knob->max);
    else if (knob->type == TRUTH)
        set_truth(value);
    else if (knob->type == WORDS)
        set_words(value);
    else if (knob->type == LABEL)
        set_label(value);
    else
        set_netvm(value);
}

/* Doing. */

struct deed {
    const char *op, *qube;
    const char *key, *name, *value; /* of the arguments; NULL: none */
};

static void show(const struct deed *deed, guint number)
{
    printf("# deed %u, seed %u: %s %s %s '%s'\n", number, seed, deed->op, deed->qube,
           deed->name ? deed->name : "", deed->value ? deed->value : "");
    fflush(stdout);
}

static guint deeds;

static void done_with(const struct deed *deed, GHashTable *args)
{
    const struct op_request request = { .op = deed->op, .args = args,
                                        .consent = CONFIRM_L3 };
    g_autoptr(GError) error = NULL;
    struct op *op = world_submit_as(world, &request, deed->qube, &error);

    if (op)
        world_finish(world, op);
    if (!op || op->error) {
        show(deed, deeds);
        ck_no_error(op ? op->error : error);
    }
}

/* The table takes the texts, and neither changes nor frees them. */
static void give(GHashTable *args, const char *key, const char *value)
{
    if (value)
        g_hash_table_insert(args, (char *)(gsize)key, (char *)(gsize)value);
}

static void done(const struct deed *deed)
{
    g_autoptr(GHashTable) args = g_hash_table_new(g_str_hash, g_str_equal);

    if (deed->key)
        give(args, deed->key, deed->name);
    give(args, "value", deed->value);
    done_with(deed, args);
}

static void do_set(void)
{
    const struct knob *knob = &PICK(knobs);
    const char *qube = pick_qube();
    auto_value value = { 0 };

    value_make(knob, &value);
    done(&(struct deed){ "set", qube, "name", knob->name, value.typed });
    plain_put(plain, 'p', qube, knob->name, value.stored);
}

static void do_unset(void)
{
    const struct knob *knob = &PICK(knobs);
    const char *qube = pick_qube();

    if (knob->kept)
        return;
    done(&(struct deed){ "unset", qube, "name", knob->name, NULL });
    plain_drop(plain, 'p', qube, knob->name);
}

static void do_global(void)
{
    const struct knob *knob = &PICK(globals);
    auto_value value = { 0 };

    if (roll(2)) {
        done(&(struct deed){ "global-unset", "dom0", "name", knob->name, NULL });
        plain_drop(plain, 'g', "", knob->name);
        return;
    }
    value_make(knob, &value);
    done(&(struct deed){ "global-set", "dom0", "name", knob->name, value.typed });
    plain_put(plain, 'g', "", knob->name, value.stored);
}

static void do_feature(void)
{
    static const char *const names[] = { "gui", "a", "b", "z", "os", "x.y-z_1",
                                         "menu-items" };
    const char *qube = pick_qube(), *name = PICK(names);
    g_autofree char *value = words(20);

    if (roll(2)) {
        done(&(struct deed){ "feature-unset", qube, "name", name, NULL });
        plain_drop(plain, 'f', qube, name);
        return;
    }
    done(&(struct deed){ "feature-set", qube, "name", name, value });
    plain_put(plain, 'f', qube, name, value);
}

static void do_service(void)
{
    static const char *const names[] = { "service.cups", "service.crond",
                                         "service.a-b" };
    const char *qube = pick_qube(), *name = PICK(names);
    const char *value = roll(2) ? "1" : "";

    done(&(struct deed){ "feature-set", qube, "name", name, value });
    plain_put(plain, 'f', qube, name, value);
}

static void do_tag(void)
{
    static const char *const tags[] = { "a", "b", "m-n", "created-by-dom0", "z" };
    const char *qube = pick_qube(), *tag = PICK(tags);

    if (roll(2)) {
        done(&(struct deed){ "tag-del", qube, "tag", tag, NULL });
        plain_drop(plain, 't', qube, tag);
        return;
    }
    done(&(struct deed){ "tag-add", qube, "tag", tag, NULL });
    plain_put(plain, 't', qube, tag, "");
}

/* What is there already would not be gone afterwards. */
static void do_there_and_back(void)
{
    const struct knob *knob = &PICK(knobs);
    const char *qube = pick_qube();
    g_autofree char *before = world_store(world), *after = NULL;
    auto_value value = { 0 };

    if (plain_get(plain, 'p', qube, knob->name))
        return;
    value_make(knob, &value);
    done(&(struct deed){ "set", qube, "name", knob->name, value.typed });
    done(&(struct deed){ "unset", qube, "name", knob->name, NULL });
    after = world_store(world);
    ck_assert_str_eq(after, before);
}

static void do_refused(void)
{
    static const struct deed bad[] = {
        { "set", "work", "name", "memory", "much" },
        { "set", "work", "name", "memory", "0" },
        { "set", "work", "name", "xid", "3" },
        { "set", "work", "name", "netvm", "vault" },
        { "set", "work", "name", "bootmode", "a\001b" },
        { "feature-set", "work", "name", "a b", "1" },
        { "feature-set", "work", "name", "a", "\xc3\xa4" },
        { "tag-add", "work", "tag", "a b", NULL },
        { "fw-del", "work", "rule", "drop", NULL },
    };
    const struct deed *deed = &PICK(bad);
    g_autoptr(GError) error = NULL;
    struct op *op = deed->value
                        ? world_submit(world, deed->op, deed->qube, &error, deed->key,
                                       deed->name, "value", deed->value, NULL)
                        : world_submit(world, deed->op, deed->qube, &error, deed->key,
                                       deed->name, NULL);

    if (op)
        world_finish(world, op);
    ck_assert_msg(error || op->error, "%s %s was not refused", deed->op, deed->name);
}

static void rule_make(struct value *rule)
{
    static const char *const protos[] = { "tcp", "udp" };
    int host = roll(255), port = 1 + roll(65535);
    const char *proto = PICK(protos), *action = roll(2) ? "accept" : "drop";

    rule->typed = g_strdup_printf("%s proto=%s dst4=192.0.2.%d dstports=%d", action,
                                  proto, host, port);
    rule->stored = g_strdup_printf("action=%s dst4=192.0.2.%d/32 proto=%s"
                                   " dstports=%d-%d", action, host, proto, port, port);
}

static void do_firewall(void)
{
    int at = roll((int)G_N_ELEMENTS(qubes));
    GPtrArray *list = rules[at];
    auto_value rule = { 0 };

    if (list->len > 20) {
        done(&(struct deed){ "fw-reset", qubes[at], NULL, NULL, NULL });
        g_ptr_array_set_size(list, 0);
        g_ptr_array_add(list, g_strdup("action=accept"));
    } else if (list->len && roll(3) == 0) {
        g_autofree char *number = g_strdup_printf("%d", roll((int)list->len));

        done(&(struct deed){ "fw-del", qubes[at], "rule", number, NULL });
        g_ptr_array_remove_index(list, (guint)atoi(number));
    } else {
        rule_make(&rule);
        done(&(struct deed){ "fw-add", qubes[at], "rule", rule.typed, NULL });
        g_ptr_array_add(list, g_steal_pointer(&rule.stored));
    }
}

/* Qubes that come and go: what is written for one of class AppVM. */

static gboolean is_taken(int qid)
{
    for (gsize i = 0; i < G_N_ELEMENTS(guests); i++)
        if (guest_qids[i] == qid)
            return TRUE;
    return FALSE;
}

static int free_qid(void)
{
    int qid = 11; /* the demo has ten */

    while (is_taken(qid))
        qid++;
    return qid;
}

static void guest_line(const char *name, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void guest_line(const char *name, const char *format, ...)
{
    g_autofree char *line = NULL;
    va_list args;

    va_start(args, format);
    line = g_strdup_vprintf(format, args);
    va_end(args);
    plain_put(plain, 'x', name, line, "1");
}

#define VOLUME "<volume name=\"%s\" pool=\"%s\" vid=\"%s%s%s\" revisions_to_keep=\"%d\""

static void guest_write(const char *name, const char *label, int qid)
{
    static const char *const tags[] = { "created-by-dom0", "guivm-dom0",
                                        "audiovm-dom0" };
    static const char pool[] = "varlibqubes", home[] = "appvms/";

    plain_put(plain, 'p', name, "label", label);
    plain_put(plain, 'p', name, "template", "debian-13");
    for (gsize i = 0; i < G_N_ELEMENTS(tags); i++)
        plain_put(plain, 't', name, tags[i], "");
    if (g_strcmp0(plain_get(plain, 'g', "", "check_updates_vm"), "False") == 0)
        plain_put(plain, 'f', name, "check-updates", "");
    guest_line(name, "<domain id=\"domain-%d\" class=\"AppVM\">", qid);
    guest_line(name, "<volume-config>");
    guest_line(name, VOLUME " rw=\"True\" snap_on_start=\"True\" size=\"2147483648\""
               " source=\"vm-templates/debian-13/root\"/>",
               "root", pool, home, name, "/root", 1);
    guest_line(name, VOLUME " rw=\"True\" save_on_stop=\"True\" size=\"2147483648\"/>",
               "private", pool, home, name, "/private", 1);
    guest_line(name, VOLUME " rw=\"True\" size=\"10737418240\"/>", "volatile", pool,
               home, name, "/volatile", 1);
    guest_line(name, VOLUME "/>", "kernel", "linux-kernel", "", "6.12.54-1.fc41", "", 0);
}

static gboolean is_of(gpointer key, gpointer value, gpointer name)
{
    g_auto(GStrv) parts = g_strsplit(key, "\t", 3);

    return strcmp(parts[1], name) == 0;
}

/* As a package it would neither go nor take another name. */
static void unpack(const char *guest)
{
    done(&(struct deed){ "set", guest, "name", "installed_by_rpm", "False" });
    plain_put(plain, 'p', guest, "installed_by_rpm", "False");
}

static void do_guest(void)
{
    int at = roll((int)G_N_ELEMENTS(guests)), qid = free_qid();
    const char *name = guests[at];
    g_autoptr(GHashTable) args = g_hash_table_new(g_str_hash, g_str_equal);
    auto_value label = { 0 };

    if (guest_qids[at]) {
        unpack(name);
        done(&(struct deed){ "remove", name, NULL, NULL, NULL });
        g_hash_table_foreach_remove(plain, is_of, (char *)(gsize)name);
        guest_qids[at] = 0;
        return;
    }
    set_label(&label);
    give(args, "name", name);
    give(args, "class", "AppVM");
    give(args, "template", "debian-13");
    give(args, "label", label.stored);
    done_with(&(struct deed){ "create", "dom0", NULL, name, NULL }, args);
    guest_write(name, label.stored, qid);
    guest_qids[at] = qid;
}

/* Its lines name it too: where its volumes are. */
static void rename_keys(const char *from, const char *to)
{
    g_autofree char *old_home = g_strdup_printf("appvms/%s/", from);
    g_autofree char *new_home = g_strdup_printf("appvms/%s/", to);
    g_autoptr(GList) keys = g_hash_table_get_keys(plain);

    for (GList *at = keys; at; at = at->next) {
        g_auto(GStrv) parts = g_strsplit(at->data, "\t", 3);
        g_autoptr(GString) name = g_string_new(parts[2]);
        g_autofree char *value = NULL;

        if (strcmp(parts[1], from) != 0)
            continue;
        value = g_strdup(g_hash_table_lookup(plain, at->data));
        g_string_replace(name, old_home, new_home, 0);
        g_hash_table_remove(plain, at->data);
        plain_put(plain, parts[0][0], to, name->str, value);
    }
}

static void do_rename(void)
{
    int from = roll((int)G_N_ELEMENTS(guests)), to = roll((int)G_N_ELEMENTS(guests));

    if (!guest_qids[from] || guest_qids[to])
        return;
    unpack(guests[from]);
    done(&(struct deed){ "rename", guests[from], "name", guests[to], NULL });
    rename_keys(guests[from], guests[to]);
    guest_qids[to] = guest_qids[from];
    guest_qids[from] = 0;
}

/* Comparing. */

static void ck_same(const char *what, GHashTable *other, gboolean others)
{
    g_autofree char *difference = plain_difference(plain, other, others);

    ck_assert_msg(!difference, "deed %u, seed %u, %s: %s", deeds, seed, what,
                  difference);
}

static void ck_reload(void)
{
    struct store *store = store_new(world->root);
    struct model *model = model_new();
    g_autoptr(GHashTable) read = NULL;
    g_autoptr(GError) error = NULL;

    store_load(store, model, &error);
    ck_no_error(error);
    read = plain_of_model(model);
    ck_same("read again", read, FALSE);
    model_free(model);
    store_free(store);
}

static gpointer read_firewall(gpointer path)
{
    return firewall_read(path, NULL);
}

static void ck_firewall(gsize at)
{
    g_autofree char *path = firewall_path(world->root, world_qube(world, qubes[at]));
    /* it refuses to be called on main */
    auto_of(firewall) struct firewall *firewall =
        g_thread_join(g_thread_new("read", read_firewall, path));

    ck_assert_ptr_nonnull(firewall);
    ck_assert_uint_eq(firewall->rules->len, rules[at]->len);
    for (guint i = 0; i < rules[at]->len; i++) {
        g_autofree char *text = firewall_rule_format(firewall->rules->pdata[i]);

        ck_assert_str_eq(text, rules[at]->pdata[i]);
    }
}

static void ck_all(void)
{
    g_autofree char *text = world_store(world);
    g_autoptr(GHashTable) file = plain_of_text(text);
    g_autoptr(GHashTable) held = plain_of_model(engine_model(world->engine));

    ck_same("the file", file, TRUE);
    ck_same("the engine", held, FALSE);
    ck_reload();
    for (gsize i = 0; i < G_N_ELEMENTS(qubes); i++)
        ck_firewall(i);
}

START_TEST(any_order_of_operations_does_what_each_says)
{
    static void (*const kinds[])(void) = {
        do_set, do_set, do_set, do_unset, do_global, do_feature, do_feature,
        do_service, do_tag, do_tag, do_there_and_back, do_refused, do_firewall,
        do_guest, do_rename,
    };
    const char *given = g_getenv("QMC_DEEDS");
    guint count = given ? (guint)atoi(given) : DEEDS;

    for (deeds = 0; deeds < count; deeds++) {
        PICK(kinds)();
        ck_all();
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { any_order_of_operations_does_what_each_says, NULL };

    /* Nothing here outlives the machine: where a sync costs nothing. */
    if (access("/dev/shm", W_OK) == 0)
        g_setenv("TMPDIR", "/dev/shm", TRUE);
    return suite_run_fixture("random", tests, setup, teardown);
}
