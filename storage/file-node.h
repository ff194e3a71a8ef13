/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of devices of driver `file`. Private to it. */
#pragma once

#include "storage/file-private.h"

/* "DEVICE:INODE" of a file, which all names are made of; NULL: it cannot be looked at.
 * All that is returned here is the caller's. */
char *node_ident(const char *path);
/* The same; *ident stays NULL for one that is not there, and else it is an error: what
 * cannot be looked at must not be taken for gone. */
gboolean node_find(const char *path, char **ident, GError **error);
/* Of identities, not paths. */
char *node_origin(const char *base);
char *node_past(const char *base, const char *cow);
/* Of layout r3: a snapshot of what the base is now, with nothing between. */
char *node_alone(const char *base, const char *cow);
gboolean node_is_alone(const char *name);
/* snapshot-BASE-COW, and not what stands on one. */
gboolean node_is_past(const char *name);
/* The past that a name of three parts stands on; NULL: it is one itself. Of one that stands
 * alone a name that nothing has. */
char *node_below(const char *name);
/* The identity that a name begins with. */
char *node_base(const char *name);
/* One of these names has that identity in it. */
gboolean node_uses(const GPtrArray *names, const char *ident);
/* Which of them ends with that identity (NULL ok), and is no past; NULL: none. */
char *node_top_of(GPtrArray *names, const char *cow);
