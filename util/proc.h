/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A child process by argv: no shell, nothing inherited but what is named. */
#pragma once

#include <gio/gio.h>

struct proc_spec {
    const char *const *argv;   /* argv[0] is an absolute path or searched in PATH */
    const char *const *env;    /* "NAME=value" added or replaced in the child; NULL ok */
    const char *const *unset;  /* names removed in the child; NULL ok */
    GBytes *input;             /* to stdin; NULL: /dev/null */
    gsize capture_cap;         /* bytes kept per stream; 0: 64 KiB. More is read and dropped */
    int deadline_ms;           /* 0: none. Then SIGTERM, 2 s later SIGKILL, to the group */
    GCancellable *cancel;      /* NULL ok; same end as the deadline, error CANCELLED */
};

struct proc_result {
    int status;      /* exit status, or 128 + signal */
    char *out, *err; /* untrusted; NUL-terminated after the cap */
    gboolean out_cut, err_cut;
};

/* Runs to the end; blocks, so never on main. FALSE only if it could not be
 * started (NOTFOUND if the program is missing), TIMEOUT or CANCELLED; any exit
 * status is TRUE. The group of the child is gone when this returns. Our own
 * environment and descriptors are not changed; every descriptor but 0-2 is
 * closed in the child. */
gboolean proc_run(const struct proc_spec *spec, struct proc_result *result,
                  GError **error);
void proc_result_clear(struct proc_result *result);
