/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is a qubesd alive on its socket (spec/protocols.md 2, 4.1)? File locks do
 * not tell, only the socket does. */
#pragma once

#include <glib.h>

enum qubesd_answer {
    QUBESD_NONE,    /* no socket, or nobody listens */
    QUBESD_ANSWERS, /* a reply, of whatever kind */
    QUBESD_SILENT,  /* somebody holds the socket and says nothing */
    QUBESD_CLOSED,  /* it is there, and cannot be asked */
    QUBESD_DENIED,  /* we may not ask it, or not even look whether it is there */
};

/* [W] One harmless call, at most timeout_ms. */
enum qubesd_answer qubesd_probe(const char *path, int timeout_ms);
/* TRUE without asking: nothing is at that path. Cheap, allowed on main. */
gboolean qubesd_absent(const char *path);
/* Why nothing may be written; NULL for QUBESD_NONE. Static. */
const char *qubesd_reason(enum qubesd_answer answer);
/* The next step then. Static. */
const char *qubesd_hint(enum qubesd_answer answer);
