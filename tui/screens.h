/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening the screens that need to know more than nothing. */
#pragma once

#include "tui/action.h"
#include "tui/app.h"

enum detail_page {
    DETAIL_OVERVIEW,
    DETAIL_PROPERTIES,
    DETAIL_VOLUMES,
    DETAIL_NETWORK,
    DETAIL_FEATURES,
    DETAIL_LOG,
    DETAIL_PAGES,
};
/* On that tab; the screen at the top if it shows the qube already. */
void detail_open(struct app *app, const char *uuid, enum detail_page tab);
void detail_open_volumes(struct app *app, const char *uuid);
/* One volume and its revisions. */
void volume_open(struct app *app, const char *uuid, const char *volume);
/* The view of all volumes, with those in one pool only, or with what of it is of none. */
void allvolumes_open_pool(struct app *app, const char *pool, gboolean orphans);
void resize_open(struct app *app, const char *uuid, const char *volume);
/* The form for one argument of an operation; all is copied, `choices` referenced. */
struct edit_spec {
    const char *op;
    char **uuids;        /* whom it is about, ends with NULL; dom0 for the system */
    const char *name, *value; /* an argument that is known; NULL: none */
    const char *arg;     /* the one to be typed */
    const char *label;   /* what it is called on the form; static; NULL: Value */
    const char *initial; /* suggested */
    GPtrArray *choices;  /* char *; NULL: there are none */
    const char *empty;   /* how an empty one of them is shown; static */
    const char *title;   /* "maxmem of work" */
    const char *several; /* for the question about several: "Set maxmem of" */
    const char *now, *takes, *help; /* said below it; NULL: not */
    const struct prop_row *prop; /* of which it is said when it counts; NULL: none */
    int line;            /* of the screen, not to be covered; 0: none */
    /* What it replaces, of one of the qubes (name: the value of the known
     * argument), as it is said in place of `now`; caller frees. If that changes
     * while the form is open it asks again. NULL: it replaces nothing. */
    char *(*before)(const struct model *model, const struct qube *qube,
                    const char *name);
    /* More choices, on a worker: GPtrArray of char * for the question (copied), as
     * for query_submit(). NULL: there are none. */
    gpointer (*more)(gconstpointer question, GError **error);
    const char *question;
    /* What to do with the text instead of the operation; NULL: that. */
    void (*then)(struct app *app, const char *uuid, const char *text);
};
void edit_open(struct app *app, const struct edit_spec *spec);
/* The form for the arguments of an operation, for one qube or several. */
struct arguments_spec {
    const char *op;
    char **uuids; /* ends with NULL; dom0 for the system */
    int line;     /* as of struct edit_spec */
    GHashTable *given; /* of arguments what is suggested; NULL: nothing */
};
void arguments_open(struct app *app, const struct arguments_spec *spec);
/* The form for a new qube; for a key row. */
void create_open(struct screen *below);
/* The same for a property of one qube. */
void prop_edit_open(struct app *app, const char *uuid, const char *property);
struct firewall;
struct firewall_rule;
struct rule_spec {
    const char *uuid;
    const struct firewall *firewall; /* all its rules, as they are shown */
    const struct firewall_rule *old; /* whose place it takes, and what is suggested;
                                      * without a flaw; NULL: it is one more */
    const char *minutes, *comment; /* suggested; NULL: none */
    int before;                    /* number of a rule; -1: last */
};
/* The form of a new firewall rule. */
void rule_open(struct app *app, const struct rule_spec *spec);
/* The box for the note of a qube, as it was read (hostile); NULL: it is read first. */
void note_open(struct app *app, const char *uuid, const char *text);
/* If it is being shown. */
void detail_reread_note(struct app *app);
/* The tab with the rules, and the form of a new one as soon as they are read. */
void detail_new_rule(struct app *app, const char *uuid);
/* If rules are being shown. */
void detail_reread_rules(struct app *app);
/* The properties of the system, of each of several qubes (uuids, ends with
 * NULL), or all that have the text in them. */
struct props;
struct props *detail_props(const struct screen *screen); /* of its tab */
void props_open_system(struct app *app);
void props_open_several(struct app *app, char **uuids);
void props_open_found(struct app *app, const char *text);
/* The command line with that text in it. */
void command_open(struct app *app, const char *text);
/* The copies of the store, and what one of them says otherwise. */
void copies_open(struct app *app);
void comparison_open(struct app *app, const char *copy);
/* Follows an operation until it ends or is left to go on behind. */
void progress_open(struct app *app, struct op *op);
/* One of its steps as a line. */
void progress_pane_step(const struct op *op, guint step, struct pane *pane);
/* TRUE if the operation is being followed on the screen. */
gboolean progress_shows(struct app *app, const struct op *op);
struct save_offer {
    GPtrArray *lines; /* char * */
    const char *what; /* as for save_lines() */
    const char *path; /* suggested */
};
/* Asks for the name of the file. */
void save_open(struct app *app, const struct save_offer *offer);
/* Which columns of the list of the screen are shown; for a key row. */
void columns_open(struct screen *below);
/* Everything that can be done with what is selected or marked in the screen;
 * for its key row. */
void actions_open(struct screen *below);
/* Asks as strongly as action->consent says, then submits it. */
void question_open(struct app *app, const struct action *action);
/* Reads first what that has to say, then goes on as action_start_weighed(). */
void weigh_open(struct app *app, const struct action *action, enum confirm given);
void question_open_quit(struct app *app, guint busy);
/* Asks, then cancels an operation at work; withdrawn when it ends. */
void question_open_cancel(struct app *app, struct op *op);
/* An operation that failed. */
void error_open(struct app *app, const struct op *op);
/* A request that was refused before it became one; `what` is the title. */
void error_open_refused(struct app *app, const char *what, const GError *error);
/* One event of the journal, all of it. */
void event_open(struct app *app, const struct journal_entry *entry);
void help_open_of(struct app *app, const struct screen_class *class);
void help_open_op(struct app *app, const struct op_row *op);
/* Help of a screen; of all screens if it is the help itself. */
void help_open(struct screen *screen);
