/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program in a terminal of its own, and what it writes there. */
#pragma once

#include <sys/types.h>

#include <glib.h>

#define TERMINAL_TYPE "xterm-256color"

struct terminal {
    pid_t pid;
    int fd;
};

/* Bytes until it was quiet; times in us from the start of the waiting. */
struct burst {
    gsize bytes;
    double first, last;
};

/* Exits if the program cannot be started; one that ends says nothing more. */
struct terminal terminal_open(int rows, int columns, char **argv);

/* The program is asked to end, then made to. */
void terminal_close(struct terminal *terminal);

/* What comes until it is quiet; waits at most wait_ms for the first byte. */
struct burst terminal_burst(const struct terminal *terminal, int wait_ms);

/* Presses a key by its name ("PgDn") or as it is typed; exits if that fails. */
void terminal_press(const struct terminal *terminal, const char *key);
