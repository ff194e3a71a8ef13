/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A qube that is to be made, as arguments describe it: name, class, template,
 * label, pool and property (lines of NAME=VALUE) (spec/qubes-xml.md 8.1-8.3).
 * Main thread. */
#pragma once

#include "core/model.h"

/* The arguments in the order in which a form asks for them; NULL-terminated. */
const char *const *draft_fields(void);
/* What is wrong with one of them, given the others; what is not given yet is not
 * wrong. For a form that says it while the field is being typed. INVALID,
 * NOTFOUND, EXISTS, STATE. */
gboolean draft_check(const struct model *model, GHashTable *args, const char *field,
                     GError **error);
/* INVALID, EXISTS: a new qube cannot have that name. */
gboolean draft_check_name(const struct model *model, const char *name,
                          GError **error);

/* A name like that of another qube which none has: "work-2", "work-3" ... Caller
 * frees. */
char *draft_free_name(const struct model *model, const char *like);

/* The template it would have, or a StandaloneVM is a copy of; NULL: none. */
struct qube *draft_template(const struct model *model, GHashTable *args);

/* An entry that is not in the model, Halted, with the lowest free qid, tags and
 * features of a new qube, and volumes without handles. The arguments were
 * checked. NOSPACE: there are as many qubes as there can be. Caller frees. */
struct qube *draft_new(struct model *model, GHashTable *args, GError **error);
/* The same like another qube. Not taken over: what says who or where it is (ip,
 * ip6), when it was backed up, whether a package brought it. */
struct qube *draft_clone(struct model *model, const struct qube *from,
                         const char *name, GError **error);
