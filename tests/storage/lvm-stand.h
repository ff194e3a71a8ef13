/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A volume group to try things on: that of a stand-in for `lvm` (fake/lvm.c), or a real
 * one, where there is one. */
#pragma once

#include <glib.h>

#define STAND_VG "qubes_dom0"
#define STAND_POOL "vm-pool"
/* Of a bench: its volumes private and source. */
#define STAND_LV "vm-work-private"
#define STAND_BASE "vm-base-root"

/* In that directory: what it has is there, and `lvm` is the stand-in from now on. With
 * a second volume group "other" that has a thin pool of the same name. */
void stand_new(const char *dir);
/* Whether it is the stand-in. */
gboolean stand_is(void);
/* The real one that is to be used, QMC_TEST_LVM=VG/POOL, as {VG, POOL}; NULL: there is
 * none. Free with g_strfreev. */
char **stand_real(void);

/* Where the device of a logical volume is; the caller's. */
char *stand_device(const char *vg, const char *lv);
/* For a path of the product: that, or what is there instead; the caller's. */
char *stand_path(const char *path);

/* The n-th change from now on has that fault (fake/lvm.c); 0: none has. */
void stand_fault(int n, const char *mode);
/* Changes that are left until then; 0: it came. */
int stand_fault_left(void);
/* What lvs says of the thin pools; NULL: as it was. */
void stand_pool(const char *figures);
/* Somebody has this volume open, alone; NULL: none. */
void stand_open(const char *lv);
/* The calls since the last time, one per line; the caller's. */
char *stand_calls(void);
/* How many of them changed something, or asked what there is; all are forgotten. */
unsigned int stand_changes(void);
unsigned int stand_questions(void);
/* The process has to ask anew. */
void stand_forget(void);
/* As if by hand. */
void stand_lvm(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The names of the logical volumes of STAND_VG but for the pool, in order, with blanks
 * between them; the caller's. */
char *stand_names(void);
