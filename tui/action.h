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
};

/* Whatever happens, the user is told. args may be NULL; copied. */
void action_start(struct app *app, const char *op, const char *uuid,
                  GHashTable *args);
/* The question was answered. */
void action_submit(struct app *app, const struct action *action);
/* Notes and dialogs when operations end. */
void action_event(struct app *app, const struct op *op);
/* Why it cannot be done now, or NULL. Static or interned. */
const char *action_refused(const struct app *app, const char *op,
                           const char *uuid);
/* The newest operation that has not ended, on the qube or (NULL) on any; NULL
 * if there is none. */
struct op *action_running(const struct app *app, const char *uuid);
