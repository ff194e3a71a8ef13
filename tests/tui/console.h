/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console on a terminal nobody looks at: a pty whose bytes are kept, the
 * real engine on a root of its own, the scripted hypervisor. One at a time per
 * process. */
#pragma once

#include <termios.h>

#include <glib.h>

#include "core/engine.h"

struct console {
    char *root;
    struct engine *engine;
    struct app *app;
    GString *bytes;    /* everything written to the terminal */
    gboolean ended;    /* the user left, or the terminal did */
    int status;
    int master, slave;
    struct termios modes; /* of the terminal before it was opened */
    guint source;
};

/* A root with the store `fixture` (a file of tests/tui, or a whole document if
 * it begins with '<') and images for its volumes. */
char *root_make(const char *fixture);
/* The same fixture over the store of a root that is there. */
void root_write(const char *root, const char *fixture);
void root_remove(char *root);

/* Opens the terminal only; for tests of what draws. */
struct console *console_new(const char *type, int height, int width);
/* Engine and app on it, first frame drawn; takes the root. */
void console_run(struct console *console, char *root);
/* A store of so many qubes of a class: NAME1, NAME2; `extra` is among the properties of
 * each. Free it. */
char *console_store(const char *class, const char *name, int qubes, const char *extra);
/* On 80 columns, with such a store (or a fixture). */
struct console *console_with(const char *xml);
/* A new app on the same engine, after the user left. */
void console_again(struct console *console);
/* The terminal takes no more bytes, as when Ctrl-S stopped it; then it does. */
void console_stall(struct console *console);
void console_resume(struct console *console);
/* As when the line drops. */
void console_hang_up(struct console *console);
/* Fails if the terminal is not left as it was found. */
void console_free(struct console *console);

/* Whatever is written behind so many bytes of a file with places waits (pwrite);
 * G_MAXUINT64: nothing does, and what waited goes on. */
void console_hold_writes(guint64 after);

/* Keys by name, blank between: "j j Enter"; each drawn at once. */
void console_keys(struct console *console, const char *names);
/* Bytes as a terminal would send them. */
void console_type(struct console *console, const char *bytes);
/* Turns the loop until the text stands on the screen; fails after 20 s. */
void console_wait(struct console *console, const char *text);
/* Until the meter of that name has a percentage. */
void console_wait_figure(struct console *console, const char *name);
void console_wait_gone(struct console *console, const char *text);
/* Until no job of the engine is at work: what stopped was cleaned up, what is
 * shown was read. */
void console_wait_idle(struct console *console);
/* Turns the loop until nothing is due any more for now. */
void console_settle(struct console *console);
void console_resize(struct console *console, int height, int width);
/* What the terminal shows, line by line without trailing blanks. Free it. */
char *console_text(struct console *console);
/* The same with everything that differs from run to run masked. */
char *console_masked(struct console *console);
/* One letter per cell: what the attributes are. Free it. */
/* TRUE if a line of the terminal is drawn there, not a character like it. */
gboolean console_is_line(int y, int x);
char *console_attributes(struct console *console);
/* Fails on any byte but text and the sequences a terminal entry is made of. */
void console_check_bytes(const struct console *console);
