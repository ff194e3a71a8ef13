/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt's errors mean to a caller. */
#include "config.h"

#include "hv/hv-private.h"

#include <stdarg.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "util/error.h"
#include "util/text.h"

#define ANY (-1)

struct meaning {
    int code, domain;  /* ANY: every one */
    const char *text;  /* part of the message in either case; NULL: any */
    QmcErrorCode ours;
    const char *hint;
};

#define HINT_MEMORY "stop another qube or lower the memory of this one"
#define HINT_RIGHTS "run qmc as root, or as a member of the group libvirt"
#define HINT_BUSY "wait a moment and try again"

/* First match wins, so texts stand before codes. */
static const struct meaning meanings[] = {
    { ANY, ANY, "not enough memory", QMC_ERROR_NOSPACE, HINT_MEMORY },
    { ANY, ANY, "free memory", QMC_ERROR_NOSPACE, HINT_MEMORY },
    { ANY, ANY, "cannot allocate memory", QMC_ERROR_NOSPACE, HINT_MEMORY },
    { ANY, ANY, "no space left", QMC_ERROR_NOSPACE, NULL },
    { ANY, ANY, "state change lock", QMC_ERROR_BUSY, HINT_BUSY },
    { ANY, ANY, "permission denied", QMC_ERROR_DENIED, HINT_RIGHTS },
    { ANY, ANY, "already exists with uuid", QMC_ERROR_EXISTS, NULL },
    { VIR_ERR_INTERNAL_ERROR, ANY, "not running", QMC_ERROR_STATE, NULL },
    { VIR_ERR_INTERNAL_ERROR, ANY, "not paused", QMC_ERROR_STATE, NULL },
    { VIR_ERR_NO_MEMORY, ANY, NULL, QMC_ERROR_NOSPACE, HINT_MEMORY },
    { VIR_ERR_NO_DOMAIN, ANY, NULL, QMC_ERROR_NOTFOUND, NULL },
    { VIR_ERR_DOM_EXIST, ANY, NULL, QMC_ERROR_EXISTS, NULL },
    { VIR_ERR_OPERATION_INVALID, ANY, NULL, QMC_ERROR_STATE, NULL },
    { VIR_ERR_RESOURCE_BUSY, ANY, NULL, QMC_ERROR_BUSY, HINT_BUSY },
    { VIR_ERR_OPERATION_TIMEOUT, ANY, NULL, QMC_ERROR_TIMEOUT, HINT_BUSY },
    { VIR_ERR_AUTH_FAILED, ANY, NULL, QMC_ERROR_DENIED, HINT_RIGHTS },
    { VIR_ERR_AUTH_CANCELLED, ANY, NULL, QMC_ERROR_DENIED, HINT_RIGHTS },
    { VIR_ERR_AUTH_UNAVAILABLE, ANY, NULL, QMC_ERROR_DENIED, HINT_RIGHTS },
    { VIR_ERR_ACCESS_DENIED, ANY, NULL, QMC_ERROR_DENIED, HINT_RIGHTS },
    { VIR_ERR_OPERATION_DENIED, ANY, NULL, QMC_ERROR_DENIED, HINT_RIGHTS },
    { VIR_ERR_NO_SUPPORT, ANY, NULL, QMC_ERROR_UNSUPPORTED, NULL },
    { VIR_ERR_CONFIG_UNSUPPORTED, ANY, NULL, QMC_ERROR_UNSUPPORTED, NULL },
    { VIR_ERR_OPERATION_UNSUPPORTED, ANY, NULL, QMC_ERROR_UNSUPPORTED, NULL },
    { VIR_ERR_ARGUMENT_UNSUPPORTED, ANY, NULL, QMC_ERROR_UNSUPPORTED, NULL },
    { VIR_ERR_XML_ERROR, ANY, NULL, QMC_ERROR_INVALID, NULL },
    { VIR_ERR_INVALID_ARG, VIR_FROM_RPC, NULL, QMC_ERROR_CONN, NULL },
    { VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC, NULL, QMC_ERROR_CONN, NULL },
    { VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC, NULL, QMC_ERROR_CONN, NULL },
    { VIR_ERR_INTERNAL_ERROR, ANY, "client socket", QMC_ERROR_CONN, NULL },
    { VIR_ERR_INTERNAL_ERROR, ANY, "keepalive", QMC_ERROR_CONN, NULL },
    { VIR_ERR_SYSTEM_ERROR, ANY, "socket", QMC_ERROR_CONN, NULL },
    { VIR_ERR_SYSTEM_ERROR, VIR_FROM_REMOTE, NULL, QMC_ERROR_CONN, NULL },
    { VIR_ERR_RPC, ANY, NULL, QMC_ERROR_CONN, NULL },
    { VIR_ERR_NO_CONNECT, ANY, NULL, QMC_ERROR_CONN, NULL },
    { VIR_ERR_INVALID_CONN, ANY, NULL, QMC_ERROR_CONN, NULL },
    { VIR_ERR_NO_XEN, ANY, NULL, QMC_ERROR_CONN, NULL },
    { VIR_ERR_NO_XENSTORE, ANY, NULL, QMC_ERROR_CONN, NULL },
    { ANY, ANY, NULL, QMC_ERROR_IO, NULL },
};

static const struct meaning *find_meaning(int code, int domain,
                                          const char *text)
{
    const struct meaning *m = meanings;

    while ((m->code != ANY && m->code != code) ||
           (m->domain != ANY && m->domain != domain) ||
           (m->text && !strcasestr(text, m->text)))
        m++;
    return m;
}

QmcErrorCode virt_error_meaning(int code, int domain, const char *text)
{
    return find_meaning(code, domain, text)->ours;
}

int virt_error_code(void)
{
    const virError *e = virGetLastError();

    return e ? e->code : VIR_ERR_OK;
}

void virt_error_set_conn(GError **error, const char *uri)
{
    g_autoptr(GError) cause = NULL;

    virt_error_set(&cause, uri, "cannot connect to the hypervisor '%s'", uri);
    if (error_is(cause, QMC_ERROR_DENIED) || error_is(cause, QMC_ERROR_CONN)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return;
    }
    error_set(error, QMC_ERROR_CONN, "see whether the address is right: "
              "'virsh -c URI list' has to answer", "%s", cause->message);
}

void virt_error_set(GError **error, const char *uri, const char *format, ...)
{
    const virError *e = virGetLastError();
    const char *untrusted = e && e->message ? e->message : "no reason given";
    const struct meaning *m =
        find_meaning(e ? e->code : ANY, e ? e->domain : ANY, untrusted);
    g_autofree char *reason = text_sanitise(untrusted, -1);
    g_autofree char *what = NULL, *where = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    if (m->ours == QMC_ERROR_CONN)
        where = g_strdup_printf("see whether libvirtd runs: systemctl status "
                                "libvirtd, then virsh -c '%s' list", uri);
    error_set(error, m->ours, where ? where : m->hint, "%s: %s", what, reason);
}
