/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A root directory with a store in it, for tests. */
#pragma once

#include "core/store.h"
#include "tests/util/suite.h"

/* Set up before and removed after each test. */
extern char *root;
extern struct store *store;
extern struct model *model;

void root_setup(void);
void root_teardown(void);

/* The path below root; the caller's. */
char *root_path(const char *absolute);
/* Writes the store. len < 0: NUL-terminated. */
void root_put(const char *text, gssize len);
char *root_get(void);
/* Puts a fixture as the store, and gives its text. */
char *root_put_fixture(const char *name);

/* Load; fails the test on an error. */
void root_load(void);
/* The same of a store with these `domain` elements and a usual frame. */
void root_load_domains(const char *domains);
/* What is changed in most tests of saving. */
void root_set_memory(const char *qube, int mib);
/* One save, and its commit. */
gboolean root_save(GError **error);
/* The same; fails the test on an error. */
void ck_save(void);
/* Files in the history. */
guint root_history_count(void);
/* Whether some finding of the qube (NULL: of the model) has this in it. */
gboolean found(const struct qube *qube, const char *part);
struct qube *qube_named(const char *name);
/* Fails the test if the property reads otherwise; NULL is none. */
void ck_value(const char *qube, const char *property, const char *expected);
