/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Error codes of libqmc; installed beside qmc.h. Codes say how a caller should
 * react, not where it happened. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS
#pragma GCC visibility push(default)

typedef enum {
    QMC_ERROR_INVALID,     /* the request itself is wrong */
    QMC_ERROR_NOTFOUND,    /* no such object */
    QMC_ERROR_EXISTS,      /* the object is there already */
    QMC_ERROR_STATE,       /* refused by the state of the object */
    QMC_ERROR_BUSY,        /* somebody else works on it */
    QMC_ERROR_DENIED,      /* policy, rights, read-only */
    QMC_ERROR_NOSPACE,     /* disk, pool or memory is full */
    QMC_ERROR_IO,          /* the operating system refused or data is bad */
    QMC_ERROR_CONN,        /* a back end cannot be reached */
    QMC_ERROR_TIMEOUT,     /* a deadline passed */
    QMC_ERROR_CANCELLED,   /* the user asked to stop */
    QMC_ERROR_UNSUPPORTED, /* this system or version cannot do it */
    QMC_ERROR_PARTIAL,     /* some of many failed; or done, but something stayed */
    QMC_ERROR_UNCONFIRMED, /* a question was not answered with yes */
    QMC_ERROR_INTERNAL,    /* our own fault */
} QmcErrorCode;

#define QMC_ERROR (qmc_error_quark())
GQuark qmc_error_quark(void);

#pragma GCC visibility pop
G_END_DECLS
