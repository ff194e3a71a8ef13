/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hv/hv.h without a hypervisor: a table in memory that obeys a script. */
#include "config.h"

#include "hv-fake.h"

#include <string.h>

#include "util/error.h"
#include "util/job.h"

#include "fake-script.h"

#define POLL_US (20 * 1000)

struct domain {
    char *uuid, *name, *xml;
    int id; /* 0: not active */
    enum power_state state;
    enum hv_stop stop; /* why it is not active */
    guint64 memory_kib, maxmem_kib;
    gint64 since_us;
};

struct hv {
    char *uri;
    enum hv_kind kind;
};

struct watch {
    hv_event_fn fn;
    gpointer data;
    GMainContext *context;
};

/* One per process and never freed: a call that hangs may outlive its hv. */
static GMutex lock;
static struct fake_script script;
static gboolean script_known;
static GHashTable *domains; /* uuid -> struct domain */
static GHashTable *counts;  /* "call", "call uuid" -> unsigned */
static unsigned calls_left; /* until the one that fails; 0: none */
static int last_id;
static unsigned watch_serial; /* of the watch that is on; others are over */
static struct watch watch;

/* Domains */

static void domain_free(gpointer data)
{
    struct domain *d = data;

    g_free(d->uuid);
    g_free(d->name);
    g_free(d->xml);
    g_free(d);
}

static struct domain *domain_get(const char *uuid)
{
    return uuid ? g_hash_table_lookup(domains, uuid) : NULL;
}

static struct domain *domain_add(const char *uuid, const char *name)
{
    struct domain *d = domain_get(uuid);

    if (!d) {
        d = g_new0(struct domain, 1);
        d->uuid = g_strdup(uuid);
        d->memory_kib = d->maxmem_kib = 400 * 1024;
        g_hash_table_insert(domains, d->uuid, d);
    }
    if (name) {
        g_free(d->name);
        d->name = g_strdup(name);
    }
    return d;
}

static void domain_activate(struct domain *d, enum power_state state)
{
    d->state = state;
    if (d->id)
        return;
    d->id = ++last_id;
    d->since_us = g_get_monotonic_time();
}

static void domain_stop(struct domain *d, enum hv_stop stop)
{
    d->id = 0;
    d->stop = stop;
    d->state = POWER_HALTED;
}

/* Events */

struct post {
    struct hv_event event;
    char *text;
    unsigned serial;
};

static void post_free(gpointer data)
{
    struct post *post = data;

    g_free(post->text);
    g_free(post);
}

static gboolean post_deliver(gpointer data)
{
    struct post *post = data;
    struct watch to;
    gboolean on;

    g_mutex_lock(&lock);
    to = watch;
    on = watch.fn && post->serial == watch_serial;
    g_mutex_unlock(&lock);
    if (on)
        to.fn(&post->event, to.data);
    return G_SOURCE_REMOVE;
}

/* Lock held. Of what it points to only the text is kept. */
static void emit(const struct hv_event *event)
{
    struct post *post;
    GSource *source;

    if (!watch.fn)
        return;
    post = g_new0(struct post, 1);
    post->serial = watch_serial;
    post->event = *event;
    post->event.text = post->text = g_strdup(event->text);
    source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, post_deliver, post, post_free);
    g_source_attach(source, watch.context);
    g_source_unref(source);
}

static void emit_domain(const struct domain *d)
{
    struct hv_event event = { d->id ? HV_EVENT_DOMAIN : HV_EVENT_STOPPED, d->stop };

    g_strlcpy(event.uuid, d->uuid, sizeof event.uuid);
    g_strlcpy(event.name, d->name, sizeof event.name);
    emit(&event);
}

static void emit_link(enum hv_event_type type, const char *text)
{
    struct hv_event event = { .type = type, .text = text };

    emit(&event);
}

/* The script */

static void run_domains(void)
{
    for (int i = 1; i <= script.domains; i++) {
        g_autofree char *uuid =
            g_strdup_printf("00000000-0000-4000-8000-%012d", i);
        g_autofree char *name = g_strdup_printf("fake-%d", i);

        domain_activate(domain_add(uuid, name), POWER_RUNNING);
    }
    for (char **one = script.running; one && *one; one++) {
        g_auto(GStrv) parts = g_strsplit(*one, "/", 2); /* UUID/NAME */

        domain_activate(domain_add(parts[0], parts[parts[1] != NULL]), POWER_RUNNING);
    }
}

/* Lock held. */
static void script_apply(void)
{
    calls_left = script.fail_nth;
    run_domains();
}

static void script_refresh(void)
{
    if (script_known && !fake_script_stale())
        return;
    if (!script_known) {
        domains = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, domain_free);
        counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    script_known = TRUE;
    fake_script_read(&script);
    script_apply();
}

static void enter(void)
{
    g_mutex_lock(&lock);
    script_refresh();
}

static void leave(void)
{
    g_mutex_unlock(&lock);
}

static void count(const char *key)
{
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, key));

    g_hash_table_insert(counts, g_strdup(key), GUINT_TO_POINTER(n + 1));
}

static void count_call(const char *call, const char *uuid)
{
    g_autofree char *of = g_strdup_printf("%s %s", call, uuid ? uuid : "");

    count("");
    count(call);
    count(of);
}

/* Lock held; given up while the script wants a wait. */
static void obey_waits(const char *call)
{
    gint64 begin = g_get_monotonic_time();

    while (fake_script_has(script.hang, call) ||
           g_get_monotonic_time() - begin < script.delay_ms * 1000LL) {
        leave();
        g_usleep(POLL_US);
        enter();
    }
}

/* As libvirt passes on what a guest or a driver wrote. */
static const char lie_text[] =
    ": \033[2J\033]0;owned\007 \302\2331m \342\200\256exe.gpj \377\376 "
    "\345\233\275\345\233\275\345\233\275 e\314\201\314\243\r\n\tend";

static gboolean fail(const char *call, const char *uri, gboolean chosen,
                     GError **error)
{
    if (!uri)
        error_set(error, QMC_ERROR_CONN, "leave out --offline",
                  "the hypervisor is not used in offline mode");
    else if (script.down)
        error_set(error, QMC_ERROR_CONN, "see whether libvirtd runs",
                  "cannot connect to the hypervisor '%s'", uri);
    else if (chosen || fake_script_has(script.fail, call))
        error_set(error, fake_script_code(&script), "change the script",
                  "call '%s' failed as the script says%s", call,
                  script.lie ? lie_text : "");
    else
        return FALSE;
    return TRUE;
}

/* Each [W] call begins here; on TRUE the lock is held, until leave(). */
static gboolean begin(const struct hv *hv, const char *call, const char *uuid,
                      GError **error)
{
    g_autofree char *uri = g_strdup(hv->uri); /* hv may be freed meanwhile */
    gboolean chosen;

    job_may_block();
    enter();
    count_call(call, uuid);
    chosen = calls_left && --calls_left == 0;
    obey_waits(call);
    if (!fail(call, uri, chosen, error))
        return TRUE;
    leave();
    return FALSE;
}

/* Connection */

static const struct {
    const char *scheme;
    enum hv_kind kind;
} kinds[] = { { "xen", HV_XEN }, { "qemu", HV_QEMU }, { "test", HV_TEST } };

struct hv *hv_new(const char *uri, GError **error)
{
    struct hv *hv = g_new0(struct hv, 1);
    gsize i = 0;

    while (uri && i < G_N_ELEMENTS(kinds) &&
           !g_str_has_prefix(uri, kinds[i].scheme))
        i++;
    if (i == G_N_ELEMENTS(kinds)) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "no support for the hypervisor '%s'", uri);
        g_free(hv);
        return NULL;
    }
    hv->uri = g_strdup(uri);
    hv->kind = kinds[i].kind;
    return hv;
}

void hv_free(struct hv *hv)
{
    if (!hv)
        return;
    hv_unwatch(hv);
    g_free(hv->uri);
    g_free(hv);
}

enum hv_kind hv_kind(const struct hv *hv)
{
    return hv->kind;
}

gboolean hv_offline(const struct hv *hv)
{
    return !hv->uri;
}

gboolean hv_takes_files(const struct hv *hv)
{
    return hv->kind != HV_XEN;
}

gboolean hv_connect(struct hv *hv, GError **error)
{
    if (!begin(hv, "connect", NULL, error))
        return FALSE;
    leave();
    return TRUE;
}

void hv_abandon(struct hv *hv)
{
    enter();
    count("abandon");
    leave();
}

/* Figures */

static guint64 cpu_of(const struct domain *d)
{
    guint64 ran_ns = (g_get_monotonic_time() - d->since_us) * 1000;

    if (g_strcmp0(script.figures, "moving") != 0)
        return d->id * (guint64)1000000000;
    return ran_ns / 100 * (d->id * 37 % 100);
}

static guint64 memory_of(const struct domain *d)
{
    gint64 second = g_get_monotonic_time() / G_USEC_PER_SEC;

    if (g_strcmp0(script.figures, "moving") != 0)
        return d->memory_kib;
    return d->memory_kib / 2 + (second * 7919 * d->id) % (d->memory_kib / 2 + 1);
}

static void lie_about(struct hv_domain *d)
{
    static const char *const names[] = {
        "\033[2J\033[31mevil", "\007\033]0;title\007", "\xff\xfe\xc3",
        "\u202etxt.exe", "", "a\nb\tc",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    };

    g_strlcpy(d->name, names[g_random_int_range(0, G_N_ELEMENTS(names))],
              sizeof d->name);
    d->state = g_random_int_range(0, POWER_CRASHED + 1);
    d->id = g_random_int_range(G_MININT, G_MAXINT);
    d->memory_kib = g_random_boolean() ? G_MAXUINT64 : 0;
    d->maxmem_kib = g_random_int();
    d->cpu_ns = g_random_boolean() ? G_MAXUINT64 : g_random_int();
    d->cpu_known = g_random_boolean();
}

static void add_domain(struct hv_snapshot *s, const struct domain *d)
{
    struct hv_domain out = {
        .id = d->id, .state = d->state, .memory_kib = memory_of(d),
        .maxmem_kib = d->maxmem_kib, .cpu_ns = cpu_of(d), .cpu_known = TRUE,
    };

    g_strlcpy(out.uuid, d->uuid, sizeof out.uuid);
    g_strlcpy(out.name, d->name ? d->name : "", sizeof out.name);
    s->host.cpu_busy_ns += out.cpu_ns;
    s->host.free_kib -= MIN(s->host.free_kib, out.memory_kib);
    if (script.lie)
        lie_about(&out);
    g_array_append_val(s->domains, out);
}

static int by_uuid(gconstpointer a, gconstpointer b)
{
    return strcmp(((const struct hv_domain *)a)->uuid,
                  ((const struct hv_domain *)b)->uuid);
}

static const struct hv_host plain_host = {
    .model = "fake", .cpus = 8, .cpu_known = TRUE, .free_known = TRUE,
    .memory_kib = 16 << 20, .free_kib = 16 << 20,
};

struct hv_snapshot *hv_snapshot(struct hv *hv, GError **error)
{
    struct hv_snapshot *s;
    GHashTableIter iter;
    gpointer d;

    if (!begin(hv, "snapshot", NULL, error))
        return NULL;
    s = g_new0(struct hv_snapshot, 1);
    s->taken_us = g_get_monotonic_time();
    s->host = plain_host;
    s->domains = g_array_new(FALSE, TRUE, sizeof(struct hv_domain));
    g_hash_table_iter_init(&iter, domains);
    while (g_hash_table_iter_next(&iter, NULL, &d))
        if (((struct domain *)d)->id)
            add_domain(s, d);
    if (script.lie)
        s->host.cpus = g_random_int_range(0, 3) - 1;
    leave();
    g_array_sort(s->domains, by_uuid);
    return s;
}

gboolean hv_state(struct hv *hv, const char *uuid, enum power_state *state,
                  int *xid, GError **error)
{
    struct domain *d;

    if (!begin(hv, "state", uuid, error))
        return FALSE;
    d = domain_get(uuid);
    *state = d ? d->state : POWER_HALTED;
    if (script.lie)
        *state = g_random_int_range(0, POWER_CRASHED + 1);
    if (xid)
        *xid = d && d->id ? d->id : -1;
    leave();
    return TRUE;
}

static const struct domain *namesake_of(const char *name, const char *uuid, gboolean active)
{
    GHashTableIter iter;
    gpointer d;

    g_hash_table_iter_init(&iter, domains);
    while (g_hash_table_iter_next(&iter, NULL, &d))
        if (!g_strcmp0(((struct domain *)d)->name, name) &&
            strcmp(((struct domain *)d)->uuid, uuid) != 0 &&
            (!active || ((struct domain *)d)->id))
            return d;
    return NULL;
}

gboolean hv_namesake(struct hv *hv, const char *name, const char *uuid, char other[37],
                     GError **error)
{
    const struct domain *d;

    if (!begin(hv, "namesake", uuid, error))
        return FALSE;
    d = namesake_of(name, uuid, TRUE);
    g_strlcpy(other, d ? d->uuid : "", 37);
    leave();
    return TRUE;
}

/* Actions */

static gboolean set_refusal(QmcErrorCode code, const char *verb,
                            const char *subject, const char *why, GError **error)
{
    error_set(error, code, NULL, "cannot %s '%s': %s", verb, subject, why);
    return FALSE;
}

static gboolean create(const struct dom_spec *spec, char *xml, GError **error)
{
    struct domain *d = domain_get(spec->uuid);

    if (namesake_of(spec->name, spec->uuid, FALSE))
        return set_refusal(QMC_ERROR_EXISTS, "create", spec->name,
                           "another domain has the same name", error);
    if (d && d->id)
        return set_refusal(QMC_ERROR_STATE, "create", spec->name,
                           "it is active already", error);
    d = domain_add(spec->uuid, spec->name);
    g_free(d->xml);
    d->xml = g_strdup(xml);
    d->memory_kib = spec->memory_mib * 1024;
    d->maxmem_kib = MAX(spec->maxmem_mib, spec->memory_mib) * 1024;
    domain_activate(d, POWER_PAUSED);
    emit_domain(d);
    return TRUE;
}

gboolean hv_create(struct hv *hv, const struct dom_spec *spec, int *xid,
                   GError **error)
{
    enum hv_kind kind = hv->kind;
    g_autofree char *xml = NULL;
    gboolean ok;

    if (!begin(hv, "create", spec->uuid, error))
        return FALSE;
    xml = domxml_build(kind, spec, error);
    ok = xml && create(spec, xml, error);
    if (ok)
        *xid = domain_get(spec->uuid)->id;
    leave();
    return ok;
}

/* Lock held after begin(); gives it up. */
static gboolean change(const char *call, const char *uuid,
                       enum power_state state, GError **error)
{
    struct domain *d = domain_get(uuid);
    gboolean ok = d && d->id;

    if (ok && state == POWER_HALTED)
        domain_stop(d, HV_STOP_KILLED);
    else if (ok)
        d->state = state;
    if (ok)
        emit_domain(d);
    leave();
    if (ok)
        return TRUE;
    return d || state == POWER_HALTED
               ? set_refusal(QMC_ERROR_STATE, call, uuid, "it is not active", error)
               : set_refusal(QMC_ERROR_NOTFOUND, call, uuid,
                             "the hypervisor does not know it", error);
}

gboolean hv_resume(struct hv *hv, const char *uuid, GError **error)
{
    return begin(hv, "resume", uuid, error) &&
           change("resume", uuid, POWER_RUNNING, error);
}

gboolean hv_suspend(struct hv *hv, const char *uuid, GError **error)
{
    return begin(hv, "suspend", uuid, error) &&
           change("suspend", uuid, POWER_PAUSED, error);
}

gboolean hv_destroy(struct hv *hv, const char *uuid, GError **error)
{
    return begin(hv, "destroy", uuid, error) &&
           change("destroy", uuid, POWER_HALTED, error);
}

struct late_stop {
    char *uuid;
    int id, after_ms;
};

static gpointer stop_late(gpointer data)
{
    struct late_stop *stop = data;
    struct domain *d;

    g_usleep(stop->after_ms * 1000UL);
    enter();
    d = domain_get(stop->uuid);
    if (d && d->id == stop->id) {
        domain_stop(d, HV_STOP_SHUTDOWN);
        emit_domain(d);
    }
    leave();
    g_free(stop->uuid);
    g_free(stop);
    return NULL;
}

static void schedule_stop(const struct domain *d, int after_ms)
{
    struct late_stop *stop = g_new(struct late_stop, 1);

    *stop = (struct late_stop){ g_strdup(d->uuid), d->id, after_ms };
    g_thread_unref(g_thread_new("fake-stop", stop_late, stop));
}

gboolean hv_shutdown(struct hv *hv, const char *uuid, GError **error)
{
    const char *how;
    struct domain *d;

    if (!begin(hv, "shutdown", uuid, error))
        return FALSE;
    how = script.shutdown ? script.shutdown : "obey";
    d = domain_get(uuid);
    if (!d)
        return change("shutdown", uuid, POWER_HALTING, error);
    if (g_str_equal(how, "obey"))
        return change("shutdown", uuid, POWER_HALTED, error);
    if (d->id && g_ascii_isdigit(*how)) {
        schedule_stop(d, atoi(how));
        return change("shutdown", uuid, POWER_HALTING, error);
    }
    return change("shutdown", uuid, d->state, error);
}

gboolean hv_undefine(struct hv *hv, const char *uuid, GError **error)
{
    if (!begin(hv, "undefine", uuid, error))
        return FALSE;
    if (domain_get(uuid) && !domain_get(uuid)->id)
        g_hash_table_remove(domains, uuid);
    leave();
    return TRUE;
}

gboolean hv_disk_resized(struct hv *hv, const char *uuid, const char *target,
                         guint64 bytes, GError **error)
{
    if (!begin(hv, "disk-resized", uuid, error))
        return FALSE;
    leave();
    return TRUE;
}

/* Watching */

/* Lock held. FALSE when the watch of that number is over. */
static gboolean watch_tick(unsigned serial, int *up)
{
    gboolean now = !script.down && !fake_script_has(script.hang, "connect");

    if (serial != watch_serial)
        return FALSE;
    if (now != *up)
        emit_link(now ? HV_EVENT_UP : HV_EVENT_DOWN,
                  now ? NULL : "the script took the hypervisor away");
    *up = now;
    return TRUE;
}

static gpointer watch_main(gpointer data)
{
    unsigned serial = GPOINTER_TO_UINT(data);
    int up = -1;
    gboolean on;

    do {
        enter();
        on = watch_tick(serial, &up);
        leave();
        g_usleep(POLL_US);
    } while (on);
    return NULL;
}

void hv_watch(struct hv *hv, hv_event_fn fn, gpointer data)
{
    if (!hv->uri)
        return;
    enter();
    g_assert(!watch.fn);
    watch = (struct watch){ fn, data, g_main_context_ref_thread_default() };
    watch_serial++;
    g_thread_unref(
        g_thread_new("fake-events", watch_main, GUINT_TO_POINTER(watch_serial)));
    leave();
}

void hv_unwatch(struct hv *hv)
{
    enter();
    if (watch.fn) {
        g_main_context_unref(watch.context);
        watch = (struct watch){ 0 };
        watch_serial++;
    }
    leave();
}

/* For tests */

void fake_reset(void)
{
    enter();
    g_hash_table_remove_all(domains);
    g_hash_table_remove_all(counts);
    last_id = 0;
    fake_script_read(&script);
    script_apply();
    leave();
}

void fake_script(const char *words)
{
    enter();
    script.fail_nth = calls_left;
    fake_script_add(&script, words);
    script_apply();
    leave();
}

void fake_fail_nth(unsigned n)
{
    enter();
    calls_left = n;
    leave();
}

unsigned fake_count(const char *call)
{
    unsigned n;

    enter();
    n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, call ? call : ""));
    leave();
    return n;
}

unsigned fake_count_of(const char *call, const char *uuid)
{
    g_autofree char *key = g_strdup_printf("%s %s", call, uuid);

    return fake_count(key);
}

void fake_set_state(const char *uuid, const char *name, enum power_state state)
{
    struct domain *d;

    enter();
    d = domain_add(uuid, name);
    if (state == POWER_HALTED)
        domain_stop(d, HV_STOP_OTHER);
    else
        domain_activate(d, state);
    emit_domain(d);
    leave();
}

void fake_stop(const char *uuid, enum hv_stop stop)
{
    struct domain *d;

    enter();
    d = domain_get(uuid);
    domain_stop(d, stop);
    emit_domain(d);
    leave();
}

gboolean fake_defined(const char *uuid)
{
    gboolean is;

    enter();
    is = domain_get(uuid) != NULL;
    leave();
    return is;
}

gboolean fake_active(const char *uuid)
{
    struct domain *d;
    gboolean is;

    enter();
    d = domain_get(uuid);
    is = d && d->id;
    leave();
    return is;
}

char *fake_xml(const char *uuid)
{
    struct domain *d;
    char *xml;

    enter();
    d = domain_get(uuid);
    xml = d ? g_strdup(d->xml) : NULL;
    leave();
    return xml;
}

void fake_emit(enum hv_event_type type, const char *text)
{
    enter();
    emit_link(type, text);
    leave();
}
