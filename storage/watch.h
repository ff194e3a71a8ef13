/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether long work is still wanted, and how far it is. */
#pragma once

#include <gio/gio.h>

/* NULL ok, as a whole and each of its members. */
struct watch {
    GCancellable *cancellable;
    /* On the thread that works. Bytes; of zeros only the place is counted. */
    void (*progress)(guint64 done, guint64 size, gpointer data);
    gpointer data;
};
