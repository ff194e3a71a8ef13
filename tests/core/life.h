/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What operations that make and unmake qubes must leave as it was. */
#pragma once

#include "util/error.h"
#include "world.h"

/* The store, the model, and every file of every qube with its content's length
 * and beginning: two of them are compared as text. Caller frees. */
char *life_state(const struct world *world);
/* Fails the test, with the first line that differs, if the state is not that. */
void life_same(const struct world *world, const char *before, const char *when);
/* Below LAYOUT_BASE. */
gboolean life_has(const struct world *world, const char *below);
void life_write(const struct world *world, const char *below, const char *text);
char *life_read(const struct world *world, const char *below);

/* A second pool, 'other', at /srv/pool. */
void life_add_pool(struct world *world);
/* Below its appvms. */
gboolean life_in_pool(const struct world *world, const char *below);

/* Runs an operation again and again, with one system call more that fails each
 * time, until it ends before that call: one that failed must have left all as
 * it was. attempt: the operation, over; settle (NULL ok): what a success needs
 * before the next. Returns how many failed. */
guint life_each_failure(struct world *world,
                        struct op *(*attempt)(struct world *world, guint nth),
                        void (*settle)(struct world *world, guint nth));

/* The operation with arguments (name, value, ... NULL), over; fails the test if
 * it was refused. */
struct op *life_run(struct world *world, const char *op, const char *qube, ...)
    G_GNUC_NULL_TERMINATED;
/* A red AppVM of that name. */
void life_make(struct world *world, const char *name);
/* An operation with the name typed. */
struct op *life_remove(struct world *world, const char *qube);
/* It is refused, or fails, with that in the message. */
void life_refused(struct world *world, QmcErrorCode code, const char *part,
                  const char *op, const char *qube, ...) G_GNUC_NULL_TERMINATED;
