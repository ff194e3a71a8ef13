/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public interface of libqmc. One thread, the one that called
 * qmc_engine_new(); strings returned with (free) are g_free()d by the caller. */
#pragma once

#include <glib.h>

#include <qmc-error.h>

G_BEGIN_DECLS
#pragma GCC visibility push(default)

typedef struct _QmcEngine QmcEngine;

const char *qmc_version(void);

/* The next step beside an error of QMC_ERROR, or NULL. Owned by the error. */
const char *qmc_error_hint(const GError *error);

/* Opens the store below root ("" or NULL: this machine) and the hypervisor at
 * uri (NULL: xen:///system; connected when first needed). */
QmcEngine *qmc_engine_new(const char *root, const char *uri, GError **error);
void qmc_engine_free(QmcEngine *engine);
/* Reads power states now, at most timeout_ms. */
gboolean qmc_engine_refresh(QmcEngine *engine, int timeout_ms, GError **error);
/* Names, dom0 first. (free with g_strfreev) */
char **qmc_engine_list(QmcEngine *engine);
/* "name", "class", "state", "uuid", or any property; effective value, NULL if
 * there is none. (free) */
char *qmc_qube_get(QmcEngine *engine, const char *qube, const char *what,
                   GError **error);
/* Runs an operation to its end: "start", "stop" ...; args is name, value, ...,
 * NULL (or NULL). Consent for L0 and L1 only. */
gboolean qmc_qube_run(QmcEngine *engine, const char *qube, const char *operation,
                      const char *const *args, GError **error);

#pragma GCC visibility pop
G_END_DECLS
