/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directory of a qube (spec/qubes-xml.md 6.8): firewall.xml, notes, and the
 * images that a pool keeps there. Its making is what two programs cannot do at
 * once: whoever made it may fill it. */
#pragma once

#include "core/model.h"

/* Where it is, below root; NULL: a qube of that class and name has none. Caller
 * frees. */
char *home_path(const char *root, const struct class_row *class, const char *name);
/* The same by the name that stands in the store, which may be none that a qube can
 * have, or another one's as well; NULL: it has none, or it leads elsewhere. */
char *home_path_said(const char *root, const struct qube *qube);
/* Whether an image of the qube, or one that it is made from, lies in the directory of
 * that name as the store has it. */
gboolean home_is_used(const struct qube *qube, const char *prefix, const char *name);
/* Whether one of its own does, and none of another qube: what a damaged entry had
 * before its name was lost. */
gboolean home_is_own(const struct model *model, const struct qube *qube,
                     const char *name);
/* The link that has it started with the machine (spec 2.6); NULL: it can have
 * none. Caller frees. */
char *home_unit_path(const char *root, const char *name);
/* What such a link names, on the system it is of. */
#define HOME_UNIT_TARGET "/usr/lib/systemd/system/qubes-vm@.service"
/* [W] Missing is success. */
gboolean home_unit_remove(const char *unit, GError **error);
/* [W] EXISTS if there is something of that name already. */
gboolean home_vacant(const char *home, GError **error);
/* [W] Makes it, and what is above it. EXISTS as above. As long as *fd is open, which
 * is the caller's, nobody takes it for one that was left over. */
gboolean home_make(const char *home, int *fd, GError **error);
/* [W] Somebody has that open. */
gboolean home_is_being_made(const char *home);
/* [W] With everything in it; missing is success. */
gboolean home_remove(const char *home, GError **error);
/* [W] Its mode and owner, and other names of all that is in it, for another directory that
 * lacks them. Images that only save time are left out. */
gboolean home_share(const char *home, const char *to, GError **error);
/* [W] Nothing of the volume is there, and its directory is no link. EXISTS as above. */
gboolean home_volume_vacant(struct volume *volume, GError **error);
/* [W] A copy of the file of that name, if there is one, in another directory
 * that has none. */
gboolean home_copy_file(const char *home, const char *file, const char *to,
                        GError **error);

/* A directory of a qube that is elsewhere, and in its place a link to there: it goes where
 * the link goes. All [W]. */

/* The directories of all volumes (struct volume), and home (or NULL), each once. */
GPtrArray *home_dirs(const char *home, const GPtrArray *volumes);
/* What the link says; NULL: it is none. Caller frees. */
char *home_link_target(const char *dir);
/* STATE: it is there, but no directory, or a link that leads to none. DENIED, IO: nothing
 * in it can be deleted. Missing is fine. */
gboolean home_check(const char *dir, GError **error);
/* Another link to the same. EXISTS. */
gboolean home_link_share(const char *from, const char *to, GError **error);
/* The link alone; missing is success. */
gboolean home_link_remove(const char *link, GError **error);
/* The link, and the directory with what Qubes puts there beside the images. STATE: there is
 * more in it, so that all of it stays, and is named. */
gboolean home_link_clear(const char *link, GError **error);
/* Any thread: the next step after that error, by which what still is in one of these
 * directories goes; NULL: there is none. Caller frees. */
char *home_left_hint(const GError *left, const GPtrArray *dirs);
/* Paths of the images that such links in these directories lead to, out of them. */
GPtrArray *home_image_links(const GPtrArray *dirs);
