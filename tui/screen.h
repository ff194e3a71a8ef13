/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen: a class of callbacks and one instance on the stack of the app.
 * Dialogs are screens; nothing ever reads keys in a loop of its own. To add
 * one: tui/scr-x.c with its class, help/x.help, one line in screens.list. */
#pragma once

#include "core/event.h"
#include "tui/draw.h"
#include "tui/key.h"

struct app;
struct list;
struct pager;
struct pane;
struct screen;

enum screen_kind {
    SCREEN_VIEW,  /* fills the body of the frame */
    SCREEN_POPUP, /* drawn over the view below it */
    SCREEN_FULL,  /* fills the terminal, no frame */
};

struct screen_class {
    const char *name;   /* of its line in screens.list and of its help topic */
    const char *title;  /* "qubes list" */
    enum screen_kind kind;
    char view;              /* digit that shows it; 0: not a view of its own */
    const char *tab, *brief; /* words for the line of views, wide and narrow */
    /* What the word is about, as a number after it; NULL: nothing. */
    guint (*count)(struct app *app);
    gboolean panes;         /* details and events may stand below it */
    const struct key_row *keys;
    const struct key_row *more; /* a shared table, or NULL */
    const struct key_row *const *others; /* more of them, NULL at the end; or NULL */
    gsize size;                 /* of its data; zeroed before open */
    void (*open)(struct screen *screen, gconstpointer argument);
    void (*close)(struct screen *screen);
    /* What the title says of its object, in place of meters and views; caller
     * frees; NULL: it has those. */
    char *(*head)(struct screen *screen);
    void (*draw)(struct screen *screen, struct rect area);
    /* Sees a key before the rows: text fields. TRUE: taken. */
    gboolean (*typed)(struct screen *screen, int key);
    /* What changes its rows makes it stale: events may come by the thousand. */
    void (*event)(struct screen *screen, const struct event *event);
    /* The rows as they are now: of a stale one, before a frame or a key. */
    void (*fill)(struct screen *screen);
    /* FALSE: the rows of this table are not there now; NULL: always. */
    gboolean (*has)(const struct screen *screen, const struct key_row *table);
    struct list *(*list)(const struct screen *screen); /* for the movement rows */
    struct pager *(*pager)(const struct screen *screen); /* for those of a pager */
    const char *(*subject)(const struct screen *screen); /* uuid for op rows */
    const char *(*volume)(const struct screen *screen); /* of that one; NULL: none */
    const char *(*revision)(const struct screen *screen); /* of that; NULL: none */
    /* uuids for op rows instead, NULL-terminated; empty: none are marked. */
    char **(*marks)(const struct screen *screen);
    char *(*status)(const struct screen *screen); /* state line; caller frees */
    /* Details of what is selected, see pane.h; NULL: none. */
    void (*detail)(const struct screen *screen, struct pane *pane);
};

struct screen {
    const struct screen_class *class;
    struct app *app;
    gpointer data;
    gboolean boxed;   /* its hints are drawn in the border of its box */
    gboolean stale;   /* since it was made, or by what happened */
    gboolean closing; /* popped; its memory goes at the end of the turn */
};

#define SCREEN(name) extern const struct screen_class screen_##name;
#include "tui/screens.list"
#undef SCREEN

/* All of them, in the order of screens.list. */
const struct screen_class *const *screen_classes(gsize *n);

struct screen *screen_new(const struct screen_class *class, struct app *app,
                          gconstpointer argument);
void screen_free(struct screen *screen);
/* The volume of its subject that is selected; NULL: none is. */
const char *screen_volume_of(const struct screen *screen);
/* The same of a revision of that. */
const char *screen_revision_of(const struct screen *screen);
/* Tables of a class in the order they are asked, the global one last: own keys,
 * more, others. NULL: there is no such one. */
const struct key_row *screen_table(const struct screen_class *class, guint index);
/* The rows that end what is being typed into a list or a pager of the screen;
 * NULL: nothing is. They come before all others, and are the only visible ones. */
const struct key_row *screen_field(const struct screen *screen);
/* Calls each visible row of the screen, own ones first, then the global ones. */
typedef void (*screen_row_fn)(const struct key_row *row, gpointer data);
void screen_each_row(const struct screen *screen, gboolean all, screen_row_fn fn,
                     gpointer data);
/* The row for a key: the first visible one, else the first that may be
 * pressed all the same; NULL: none. */
const struct key_row *screen_row(const struct screen *screen, int key);
/* "s Start  S Shut down": hints of the visible rows of `keys`. */
char *screen_hints(const struct screen *screen, const struct key_row *keys);
