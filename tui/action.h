/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a key to an operation: refuse, ask as strongly as the row says, submit,
 * tell how it ended. */
#pragma once

#include "tui/app.h"

struct action {
    const char *op;    /* row name */
    const char *uuid;  /* bound when the key was pressed */
    GHashTable *args;  /* text -> text, or NULL */
    enum confirm consent;
    char *const *uuids; /* several instead of `uuid`, ends with NULL; or NULL */
    const char *left;   /* which of those asked for are not among them, and why:
                         * a clause; NULL: none */
    const char *title;  /* what is asked of several: "Set maxmem of"; NULL: the
                         * label of the row */
};

/* It is about one volume of a qube, which it names. */
gboolean action_is_of_volume(const struct op_row *row);
/* Whatever happens, the user is told. args may be NULL; copied. */
void action_start(struct app *app, const char *op, const char *uuid,
                  GHashTable *args);
/* The same for several: one question for all, more than ten of them need a
 * stronger one; those it is not possible for are left out, and named. */
void action_start_all(struct app *app, const char *op, char *const *uuids);
/* As typed: op, args, uuids (also if it is one), and as consent what the words
 * cover. */
void action_start_typed(struct app *app, const struct action *typed);
/* What a form has filled in: op, args, uuids (ends with NULL, also if it is one),
 * title. One is asked for as the row says, several always. */
void action_start_edit(struct app *app, const struct action *edit);
/* What its question has to say is among the args: asks for what `given` does not
 * cover. */
void action_start_weighed(struct app *app, const struct action *weighed,
                          enum confirm given);
/* The user is told why it was not begun. */
void action_refuse(struct app *app, const struct op_row *row, const GError *error);
/* The question was answered. */
void action_submit(struct app *app, const struct action *action);
/* Notes and dialogs when operations end. */
void action_event(struct app *app, const struct op *op);
/* Why it cannot be done now, or NULL. Static or interned. */
const char *action_refused(const struct app *app, const char *op,
                           const char *uuid);
/* What an operation of the screen is for now: the marked qubes, else the
 * selected one. Never NULL, may be empty; caller frees. */
char **action_targets(const struct screen *screen);
/* It can be done now with one of them at least. */
gboolean action_can(const struct screen *screen, const char *op);
/* The same for the second meaning of a key: nothing can be paused. */
gboolean action_can_unpause(const struct screen *screen);
/* The newest operation that has not ended, on the qube or (NULL) on any; NULL
 * if there is none. */
struct op *action_running(const struct app *app, const char *uuid);
