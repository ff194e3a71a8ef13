/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One domain at a time: what it is, and what can be done to it. */
#include "config.h"

#include "hv/hv-private.h"

#include <libvirt/virterror.h>

#include "util/auto.h"
#include "util/error.h"
#include "util/log.h"

#include "hv/domxml-profile.h"
#include "hv/hostinfo.h"

AUTO_DEFINE(domain, virDomain, virDomainFree)

/* Questions */

struct state_call {
    struct hv_call call;
    enum power_state state;
    int xid;
};

static gboolean gone_or_error(struct hv_call *call, GError **error)
{
    if (virt_error_code() == VIR_ERR_NO_DOMAIN)
        return TRUE;
    virt_error_set(error, call->hv->uri, "cannot read the state of '%s'",
                   call->uuid);
    return FALSE;
}

static gboolean run_state(struct hv_call *call, virConnectPtr conn,
                          GError **error)
{
    struct state_call *s = (struct state_call *)call;
    auto_of(domain) virDomainPtr dom = virDomainLookupByUUIDString(conn, call->uuid);
    int active, state;

    s->state = POWER_HALTED;
    s->xid = -1;
    if (!dom)
        return gone_or_error(call, error);
    active = virDomainIsActive(dom);
    if (active == 0)
        return TRUE;
    if (active < 0 || virDomainGetState(dom, &state, NULL, 0) < 0)
        return gone_or_error(call, error);
    s->state = power_state_of_virt(active, state);
    s->xid = (int)virDomainGetID(dom);
    return TRUE;
}

/* UUIDs that were being created and have not run since: a libvirtd that dies
 * meanwhile may leave a domain that the next one does not know, and then, or
 * while there is none, the hypervisor itself is asked. */

static gboolean is_suspect(struct hv *hv, const char *uuid)
{
    gboolean is;

    g_mutex_lock(&hv->lock);
    is = g_hash_table_contains(hv->suspects, uuid);
    g_mutex_unlock(&hv->lock);
    return is;
}

static void set_suspect(struct hv *hv, const char *uuid, gboolean suspect)
{
    g_mutex_lock(&hv->lock);
    if (suspect)
        g_hash_table_add(hv->suspects, g_strdup(uuid));
    else
        g_hash_table_remove(hv->suspects, uuid);
    g_mutex_unlock(&hv->lock);
}

/* libvirt's "halted" is not to be believed of a suspect. */
static gboolean look_for_leftover(struct state_call *s, GError **error)
{
    struct hv *hv = s->call.hv;
    int id;

    if (s->state != POWER_HALTED || !is_suspect(hv, s->call.uuid))
        return TRUE;
    if (!hv->driver->leftover_id(s->call.uuid, &id, error))
        return FALSE;
    if (id == 0) {
        set_suspect(hv, s->call.uuid, FALSE);
        return TRUE;
    }
    s->state = POWER_RUNNING;
    s->xid = id;
    return TRUE;
}

/* Without libvirt it can only be told that there is no such domain. */
static gboolean look_past_libvirt(struct state_call *s, const GError *error)
{
    struct hv *hv = s->call.hv;
    int id;

    if (!error_is(error, QMC_ERROR_CONN) || !is_suspect(hv, s->call.uuid) ||
        !hv->driver->leftover_id(s->call.uuid, &id, NULL) || id != 0)
        return FALSE;
    s->state = POWER_HALTED;
    s->xid = -1;
    return TRUE;
}

gboolean hv_state(struct hv *hv, const char *uuid, enum power_state *state,
                  int *xid, GError **error)
{
    struct state_call s = { { .run = run_state, .hv = hv, .uuid = uuid } };
    g_autoptr(GError) local = NULL;

    if (hv_call(&s.call, &local)) {
        if (!look_for_leftover(&s, error))
            return FALSE;
    } else if (!look_past_libvirt(&s, local)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    *state = s.state;
    if (xid)
        *xid = s.xid;
    return TRUE;
}

struct namesake_call {
    struct hv_call call;
    const char *name;
    char other[VIR_UUID_STRING_BUFLEN];
};

/* Only to be asked of the last call that failed. */
static gboolean unknown_or_error(const struct namesake_call *n, GError **error)
{
    if (virt_error_code() == VIR_ERR_NO_DOMAIN)
        return TRUE;
    virt_error_set(error, n->call.hv->uri, "cannot ask who is called '%s'", n->name);
    return FALSE;
}

static gboolean run_namesake(struct hv_call *call, virConnectPtr conn, GError **error)
{
    struct namesake_call *n = (struct namesake_call *)call;
    auto_of(domain) virDomainPtr dom = virDomainLookupByName(conn, n->name);
    char uuid[VIR_UUID_STRING_BUFLEN];
    int active;

    n->other[0] = '\0';
    if (!dom)
        return unknown_or_error(n, error);
    if (virDomainGetUUIDString(dom, uuid) < 0)
        return unknown_or_error(n, error);
    if (g_ascii_strcasecmp(uuid, call->uuid) == 0)
        return TRUE;
    active = virDomainIsActive(dom);
    if (active < 0)
        return unknown_or_error(n, error);
    if (active)
        g_strlcpy(n->other, uuid, sizeof n->other);
    return TRUE;
}

gboolean hv_namesake(struct hv *hv, const char *name, const char *uuid, char other[37],
                     GError **error)
{
    struct namesake_call n = { { .run = run_namesake, .hv = hv, .uuid = uuid }, .name = name };

    if (!hv_call(&n.call, error))
        return FALSE;
    g_strlcpy(other, n.other, sizeof n.other);
    return TRUE;
}

/* Actions on a domain that exists */

struct action {
    const char *verb;
    int (*fn)(virDomainPtr dom, struct hv_call *call);
    gboolean unknown_is_state; /* no such domain: STATE, not NOTFOUND */
};

struct action_call {
    struct hv_call call;
    const struct action *action;
};

static void set_unknown(const struct action *action, const char *name,
                        GError **error)
{
    if (action->unknown_is_state)
        error_set(error, QMC_ERROR_STATE, NULL,
                  "cannot %s '%s': it is not running", action->verb, name);
    else
        error_set(error, QMC_ERROR_NOTFOUND, "start the qube first",
                  "cannot %s '%s': the hypervisor does not know it",
                  action->verb, name);
}

static gboolean set_action_error(const struct action *action,
                                 struct hv_call *call, const char *name,
                                 GError **error)
{
    if (virt_error_code() == VIR_ERR_NO_DOMAIN)
        set_unknown(action, name, error);
    else
        virt_error_set(error, call->hv->uri, "cannot %s '%s'", action->verb,
                       name);
    return FALSE;
}

static gboolean run_action(struct hv_call *call, virConnectPtr conn,
                           GError **error)
{
    const struct action *action = ((struct action_call *)call)->action;
    auto_of(domain) virDomainPtr dom =
        virDomainLookupByUUIDString(conn, call->uuid);
    char name[64];

    if (!dom)
        return set_action_error(action, call, call->uuid, error);
    /* Before the action: asking for it would wipe out libvirt's error. */
    hv_copy_text(name, sizeof name, virDomainGetName(dom));
    call->acted = TRUE;
    return action->fn(dom, call) == 0 ||
           set_action_error(action, call, name, error);
}

static gboolean act(struct hv *hv, const char *uuid,
                    const struct action *action, GError **error)
{
    struct action_call a = {
        { .run = run_action, .hv = hv, .uuid = uuid }, action,
    };

    return hv_call(&a.call, error);
}

static int do_resume(virDomainPtr dom, struct hv_call *call)
{
    return virDomainResume(dom);
}

static int do_suspend(virDomainPtr dom, struct hv_call *call)
{
    return virDomainSuspend(dom);
}

static int do_destroy(virDomainPtr dom, struct hv_call *call)
{
    return virDomainDestroy(dom);
}

static int do_undefine(virDomainPtr dom, struct hv_call *call)
{
    return virDomainUndefine(dom);
}

/* A guest that has no driver for the first way may know the second. */
static int do_shutdown(virDomainPtr dom, struct hv_call *call)
{
    unsigned flags = call->hv->driver->shutdown_flags;
    int code;

    if (!flags)
        return virDomainShutdown(dom);
    if (virDomainShutdownFlags(dom, flags) == 0)
        return 0;
    code = virt_error_code();
    if (code == VIR_ERR_OPERATION_INVALID || code == VIR_ERR_NO_DOMAIN)
        return -1;
    return virDomainShutdown(dom);
}

static const struct action act_resume = { "resume", do_resume, FALSE };
static const struct action act_suspend = { "pause", do_suspend, FALSE };
static const struct action act_shutdown = { "shut down", do_shutdown, FALSE };
static const struct action act_destroy = { "kill", do_destroy, TRUE };
static const struct action act_undefine = { "forget", do_undefine, FALSE };

gboolean hv_resume(struct hv *hv, const char *uuid, GError **error)
{
    if (!act(hv, uuid, &act_resume, error))
        return FALSE;
    set_suspect(hv, uuid, FALSE);
    return TRUE;
}

gboolean hv_suspend(struct hv *hv, const char *uuid, GError **error)
{
    return act(hv, uuid, &act_suspend, error);
}

gboolean hv_shutdown(struct hv *hv, const char *uuid, GError **error)
{
    return act(hv, uuid, &act_shutdown, error);
}

gboolean hv_destroy(struct hv *hv, const char *uuid, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (act(hv, uuid, &act_destroy, &local) ||
        (error_is(local, QMC_ERROR_CONN) && is_suspect(hv, uuid) &&
         hv->driver->leftover_destroy(uuid, NULL)))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

gboolean hv_undefine(struct hv *hv, const char *uuid, GError **error)
{
    g_autoptr(GError) local = NULL;

    if (act(hv, uuid, &act_undefine, &local) ||
        error_is(local, QMC_ERROR_NOTFOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

struct resize_call {
    struct action_call action;
    const char *target;
    guint64 bytes;
};

static int do_resize(virDomainPtr dom, struct hv_call *call)
{
    struct resize_call *r = (struct resize_call *)call;
    g_autofree char *target = domxml_target(
        domxml_profile_of(call->hv->driver->kind), r->target);

    return virDomainBlockResize(dom, target, r->bytes,
                                VIR_DOMAIN_BLOCK_RESIZE_BYTES);
}

gboolean hv_disk_resized(struct hv *hv, const char *uuid, const char *target,
                         guint64 bytes, GError **error)
{
    static const struct action act_resize = { "grow a disk of", do_resize, TRUE };
    struct resize_call r = {
        { { .run = run_action, .hv = hv, .uuid = uuid }, &act_resize },
        target, bytes,
    };

    if (!hv->driver->resizes_disks)
        return TRUE;
    return hv_call(&r.action.call, error);
}

/* Creation */

struct create_call {
    struct hv_call call;
    const struct dom_spec *spec;
    gboolean keep_definition; /* it was there before us */
    gboolean created;         /* the active domain is ours */
    int xid;
};

/* libxl tells its log, not libvirt, why a domain could not be built. The one
 * cause that users meet every day can be seen from here. */
static gboolean set_if_no_memory(struct create_call *c, virConnectPtr conn,
                                 GError **error)
{
    guint64 free_mib = virNodeGetFreeMemory(conn) >> 20;

    if (c->call.hv->driver->counts_free || !free_mib ||
        c->spec->memory_mib <= free_mib)
        return FALSE;
    error_set(error, QMC_ERROR_NOSPACE,
              "stop another qube or lower the memory of this one",
              "cannot create '%s': not enough memory: it wants %" G_GUINT64_FORMAT
              " MiB, %" G_GUINT64_FORMAT " MiB are free",
              c->spec->name, c->spec->memory_mib, free_mib);
    return TRUE;
}

static gboolean set_create_error(struct create_call *c, GError **error)
{
    virt_error_set(error, c->call.hv->uri, "cannot create '%s'", c->spec->name);
    return FALSE;
}

static gboolean set_name_taken(struct create_call *c, const char *owner,
                               GError **error)
{
    error_set(error, QMC_ERROR_EXISTS,
              "rename one of them, or undefine the other domain",
              "cannot create '%s': domain %s has the same name", c->spec->name,
              owner);
    return FALSE;
}

static gboolean name_is_free(struct create_call *c, virConnectPtr conn,
                             GError **error)
{
    auto_of(domain) virDomainPtr other = virDomainLookupByName(conn, c->spec->name);
    char uuid[VIR_UUID_STRING_BUFLEN];

    if (!other)
        return virt_error_code() == VIR_ERR_NO_DOMAIN ||
               set_create_error(c, error);
    if (virDomainGetUUIDString(other, uuid) < 0)
        return set_create_error(c, error);
    return g_ascii_strcasecmp(uuid, c->spec->uuid) == 0 ||
           set_name_taken(c, uuid, error);
}

/* An old definition under the same UUID is replaced by ours; libvirt does that
 * itself unless the name changed. */
static gboolean old_is_out_of_the_way(struct create_call *c, virConnectPtr conn,
                                      GError **error)
{
    auto_of(domain) virDomainPtr old = virDomainLookupByUUIDString(conn, c->spec->uuid);
    int active;

    if (!old)
        return virt_error_code() == VIR_ERR_NO_DOMAIN ||
               set_create_error(c, error);
    active = virDomainIsActive(old);
    if (active < 0)
        return set_create_error(c, error);
    if (active) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "cannot create '%s': it is active already", c->spec->name);
        return FALSE;
    }
    c->keep_definition = g_strcmp0(virDomainGetName(old), c->spec->name) == 0;
    return c->keep_definition || virDomainUndefine(old) == 0 ||
           set_create_error(c, error);
}

static gboolean set_start_error(struct create_call *c, virDomainPtr dom,
                                GError **error)
{
    g_autoptr(GError) plain = NULL;

    set_create_error(c, &plain);
    if (!error_is(plain, QMC_ERROR_IO) ||
        !set_if_no_memory(c, virDomainGetConnect(dom), error))
        g_propagate_error(error, g_steal_pointer(&plain));
    return FALSE;
}

static gboolean start_paused(struct create_call *c, virDomainPtr dom,
                             GError **error)
{
    gboolean at_once = c->call.hv->driver->starts_paused;

    if (virDomainCreateWithFlags(dom, at_once ? VIR_DOMAIN_START_PAUSED : 0) < 0) {
        /* Somebody else's, if it runs already; or the answer got lost. */
        c->created = virt_error_code() != VIR_ERR_OPERATION_INVALID;
        return set_start_error(c, dom, error);
    }
    c->created = TRUE;
    if (!at_once && virDomainSuspend(dom) < 0)
        return set_create_error(c, error);
    c->xid = (int)virDomainGetID(dom);
    return TRUE;
}

/* /dev/kvm may be there and yet not be for the daemon to use. */
static gboolean has_kvm(virConnectPtr conn)
{
    g_autofree char *capabilities =
        virConnectGetDomainCapabilities(conn, NULL, NULL, NULL, "kvm", 0);

    return capabilities != NULL;
}

static gboolean hides_rdrand(void)
{
    g_autofree char *untrusted_cpuinfo = NULL;

    return g_file_get_contents("/proc/cpuinfo", &untrusted_cpuinfo, NULL, NULL) &&
           hostinfo_hides_rdrand(untrusted_cpuinfo);
}

static char *build(struct create_call *c, virConnectPtr conn, GError **error)
{
    struct dom_spec spec = *c->spec;

    spec.no_rdrand = hides_rdrand();
    spec.kvm = c->call.hv->driver->accelerates && has_kvm(conn);
    return domxml_build(c->call.hv->driver->kind, &spec, error);
}

static gboolean run_create(struct hv_call *call, virConnectPtr conn,
                           GError **error)
{
    struct create_call *c = (struct create_call *)call;
    g_autofree char *xml = build(c, conn, error);
    auto_of(domain) virDomainPtr dom = NULL;

    if (!xml || !name_is_free(c, conn, error) || !old_is_out_of_the_way(c, conn, error))
        return FALSE;
    call->acted = TRUE;
    dom = virDomainDefineXML(conn, xml);
    if (!dom)
        return set_create_error(c, error);
    return start_paused(c, dom, error);
}

/* The connection may be a new one here, if the old one broke. */
static gboolean run_undo(struct hv_call *call, virConnectPtr conn,
                         GError **error)
{
    struct create_call *c = (struct create_call *)call;
    auto_of(domain) virDomainPtr dom = virDomainLookupByUUIDString(conn, c->spec->uuid);

    if (!dom)
        return gone_or_error(call, error);
    if (c->created && virDomainIsActive(dom) == 1 && virDomainDestroy(dom) < 0)
        return set_create_error(c, error);
    /* A transient leftover has no definition, and is gone by now. */
    if (!c->keep_definition && virDomainIsActive(dom) == 0 &&
        virDomainUndefine(dom) < 0)
        return gone_or_error(call, error);
    return TRUE;
}

/* The error stays what it is, and says what was left besides. */
static void append_left(GError **error, GError *left)
{
    log_line("hv", "undo of a failed start: %s", left->message);
    if (error && *error) {
        g_autofree char *message = g_strdup_printf(
            "%s; something of it may be left: %s", (*error)->message,
            left->message);
        g_autofree char *hint = g_strdup(error_hint(left));
        QmcErrorCode code = (QmcErrorCode)(*error)->code;

        if (!hint)
            hint = g_strdup(error_hint(*error));
        g_clear_error(error);
        error_set(error, code, hint, "%s", message);
    }
    g_error_free(left);
}

static void undo_create(struct create_call *c, GError **error)
{
    struct hv *hv = c->call.hv;
    GError *left = NULL;
    gboolean undone;

    c->call.run = run_undo;
    c->call.acted = FALSE;
    undone = hv_call(&c->call, &left);
    if (!undone)
        append_left(error, g_steal_pointer(&left));
    if (c->created && hv->driver->leftover_destroy &&
        !hv->driver->leftover_destroy(c->spec->uuid, &left)) {
        append_left(error, left);
        undone = FALSE;
    }
    if (undone)
        set_suspect(hv, c->spec->uuid, FALSE);
}

gboolean hv_create(struct hv *hv, const struct dom_spec *spec, int *xid,
                   GError **error)
{
    struct create_call c = {
        { .run = run_create, .hv = hv, .uuid = spec->uuid }, .spec = spec,
    };

    if (hv->driver->leftover_id)
        set_suspect(hv, spec->uuid, TRUE);
    if (!hv_call(&c.call, error)) {
        if (c.call.acted)
            undo_create(&c, error);
        else
            set_suspect(hv, spec->uuid, FALSE);
        return FALSE;
    }
    *xid = c.xid;
    return TRUE;
}
