/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys as rows: the footer, the help screen and the dispatch are all made from
 * them, so that none can lie. A row names an operation or a function. */
#pragma once

#include <glib.h>

struct screen;

/* A key is a Unicode character, a control character (Ctrl-A is 1), or one of
 * these, beyond Unicode. */
enum key_code {
    K_UP = 0x110000,
    K_DOWN,
    K_LEFT,
    K_RIGHT,
    K_HOME,
    K_END,
    K_PGUP,
    K_PGDN,
    K_BACKTAB,
    K_BACKSPACE,
    K_DELETE,
    K_INSERT,
    K_CLICK, /* of the mouse, where term_click() says */
    K_F1,
    K_F12 = K_F1 + 11,
    K_TAB = 9,
    K_ENTER = 13,
    K_ESC = 27,
};
#define K_CTRL(letter) ((letter) & 0x1f)

enum key_group { KEYS_MOVE, KEYS_FIND, KEYS_ACT, KEYS_SHOW, KEYS_ANYWHERE, KEYS_GROUPS };

struct key_row {
    const char *keys;    /* names, blank between: "F1 ?"; the first is shown in
                            hints; NULL ends a table */
    const char *action;  /* its name, unique in the screen: "start" */
    const char *hint;    /* word for the footer; NULL: not there */
    const char *help;    /* NULL: of the operation, or joined to the next row */
    enum key_group group;
    const char *op;      /* operation on the selected object, or NULL */
    /* If there is no op. Neither: a key of the field or form that has the focus
     * (typed() takes it); the row only names it. */
    void (*run)(struct screen *screen);
    /* NULL: while the operation is possible; always, if there is none. */
    gboolean (*visible)(const struct screen *screen);
    gboolean anyway;     /* runs while not visible too: it says why it cannot be,
                          * as rows with an op do, or has another meaning */
};

/* "j", "Ctrl-D", "F1", "PgUp", "Space" -> code; 0 if there is no such key. */
int key_parse(const char *name);
/* TRUE if `code` is one of the row's keys. */
gboolean key_row_has(const struct key_row *row, int code);
/* The first name of the row; caller frees. */
char *key_row_first(const struct key_row *row);
/* Heading of a group for the help screen. */
const char *key_group_title(enum key_group group);
