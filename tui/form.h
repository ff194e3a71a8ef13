/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields under each other, each with a label: one of several words, yes or no,
 * or typed text. One has the focus; what is wrong with it is said below all. */
#pragma once

#include "tui/draw.h"

struct form_row {
    const char *label;
    const char *const *choices; /* NULL: typed */
    gboolean is_switch;         /* the choices are no and yes */
    const char *initial;
    const char *help;           /* below the form while it has the focus */
    int width;                  /* of a typed one; 0: as usual */
    gboolean is_long;           /* so many choices that one is shown */
    gboolean suggested;         /* typing replaces the initial text */
};

struct form_spec {
    const struct form_row *rows; /* outlive the form */
    guint n;
    /* NULL if the row takes the value, else why not; caller frees. */
    char *(*refused)(guint row, const char *value, gpointer data);
    gpointer data;
    /* What is said in place of the row's help; static, NULL: nothing else. NULL
     * ok. */
    const char *(*help)(guint row, const char *value, gpointer data);
    /* What a typed row may be, as far as it is known: GPtrArray of char *, for the
     * form to unref; PgDn and PgUp go through it. NULL ok, and none is known. */
    GPtrArray *(*offer)(guint row, gpointer data);
};

struct form;
struct form *form_new(const struct form_spec *spec);
void form_free(struct form *form);

const char *form_value(const struct form *form, guint row);
/* The choices of the row are others now: its initial one is chosen. */
void form_choose_again(struct form *form, guint row);
void form_set_focus(struct form *form, guint row);
gboolean form_changed(const struct form *form, guint row);
/* TRUE if every row takes its value; else the first that does not gets the
 * focus. */
gboolean form_check(struct form *form);
/* Why the row with the focus does not take its value; NULL: it does. Caller frees. */
char *form_why(const struct form *form);
/* Why the first row that does not take its value does not; NULL: all do. Caller
 * frees. */
char *form_wrong(const struct form *form);
/* Arrows, Tab, Space, PgUp, PgDn, and for typed fields what field_key() takes. */
gboolean form_key(struct form *form, int key);
/* Lines it takes: one per row, a blank one, one for help or what is wrong. */
int form_height(const struct form *form);
/* What is wrong with the row that has the focus takes all lines there are below. */
void form_draw(const struct form *form, struct rect area);
