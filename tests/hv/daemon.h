/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A libvirtd of the test's own: unprivileged, files and socket in a temporary
 * directory; it dies with the process that started it. */
#pragma once

#include <sys/types.h>

#include <glib.h>

struct daemon {
    char *dir;
    char *uri; /* its test driver, shared by all clients */
    pid_t pid; /* 0: not running */
};

/* NULL if it can be used here, else why not. */
const char *daemon_missing(void);
/* The directory; nothing runs yet. */
void daemon_init(struct daemon *d);
/* Kills it and removes the directory. */
void daemon_clear(struct daemon *d);
/* Returns when it answers on its socket. */
gboolean daemon_start(struct daemon *d);
void daemon_signal(struct daemon *d, int signal);
/* SIGKILL, and waits for its end. */
void daemon_kill(struct daemon *d);
