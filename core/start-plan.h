/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a start needs to know of a qube, copied from the model on main
 * (spec/lifecycle.md 2.2, 3). */
#pragma once

#include "core/hold.h"
#include "hv/domxml.h"

struct start_disk {
    struct volume *volume;
    char target[8]; /* xvda ... */
};

struct start_plan {
    struct hold *hold;
    char *prohibited;      /* reason, NULL: may start */
    struct dom_spec spec;  /* without kernel, command line, disks, interface */
    char *kernel;          /* name; NULL: from the image or a boot loader */
    char *kernels_dir;     /* where kernels are, on this machine */
    char *kernelopts;      /* NULL: none */
    char *security;        /* " apparmor=1 ..." or "" */
    char *bootmode;        /* " ..." or "" */
    gboolean is_linux, no_common, no_nomodeset;
    char *netvm;           /* NULL: none */
    GArray *disks;         /* struct start_disk, in the order of the store */
    GStringChunk *text;    /* of spec */
};

/* The qube first, then its net qube, that one's net qube and so on. INVALID
 * for a chain that goes in circles or a value no domain can be made of; STATE
 * for a qube or volume that a finding has put out of use. */
GPtrArray *start_plans_new(struct engine *engine, const struct qube *qube,
                           GError **error);

/* The guest's name of a volume; FALSE if there are more than there are names. */
gboolean start_target(const struct qube *qube, const char *volume,
                      char target[8]);

/* STATE, with the reason, for a volume that is damaged or whose image another
 * volume has too; UNSUPPORTED for a foreign one. Main. */
gboolean start_usable(const struct model *model, const struct qube *qube,
                      const struct volume_config *config, GError **error);
