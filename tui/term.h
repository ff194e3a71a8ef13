/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal: set up, given back on every way out, keys and signals turned
 * into callbacks. One per process, because curses has one. Main thread. */
#pragma once

#include <glib.h>

struct term_spec {
    const char *type;  /* NULL: $TERM */
    int in, out;       /* descriptors of a terminal; stay the caller's */
    gboolean guard;    /* catch fatal signals and take fd 2 into the log */
    void (*key)(int key, gpointer data); /* see key.h */
    void (*resized)(gpointer data);      /* size changed, or back after a stop */
    void (*ended)(int status, gpointer data); /* SIGTERM, SIGHUP, SIGINT, hang-up */
    gpointer data;
};

/* FALSE if a terminal of this type on these descriptors cannot be drawn on;
 * *why is static. Changes nothing. */
gboolean term_possible(const char *type, int in, int out, const char **why);

/* UNSUPPORTED if the type is not known. */
gboolean term_open(const struct term_spec *spec, GError **error);
/* Harmless if it is not open. */
void term_close(void);
gboolean term_is_open(void);
/* When one of the settings mouse or escdelay was changed. */
void term_setup_keys(void);
/* Where the mouse was at the last K_CLICK. */
void term_click(int *y, int *x);
/* TRUE if it has characters for lines beside those of its character set. */
gboolean term_has_lines(void);
/* Stops the process as Ctrl-Z does, with the terminal given back meanwhile. */
void term_stop(void);
/* TRUE if the terminal takes bytes now; a frame is better skipped than queued
 * behind a stopped one. */
gboolean term_writable(void);
