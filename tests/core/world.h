/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A private root with a store, volumes and an engine on it. */
#pragma once

#include "core/engine.h"

struct world {
    char *root, *uri;
    struct engine *engine;
    GString *notes; /* text of each EVENT_NOTE, a line each */
};

/* A demo's root; uri NULL: the demo's own (libvirt's test driver). The change
 * is made to the configuration before the engine is; NULL ok. */
struct world *world_new(const char *uri, void (*change)(struct engine_config *));
/* Another engine on the same root. */
struct engine *world_engine(const struct world *world,
                            void (*change)(struct engine_config *));
void world_free(struct world *world);

const char *world_uuid(const struct world *world, const char *qube);
struct qube *world_qube(const struct world *world, const char *qube);
enum power_state world_state(struct world *world, const char *qube);

/* args: name, value, ... NULL. NULL if it was refused. */
struct op *world_submit(struct world *world, const char *op, const char *qube,
                        GError **error, ...) G_GNUC_NULL_TERMINATED;
struct op *world_submit_as(struct world *world, const struct op_request *request,
                           const char *qube, GError **error);
/* Turns the loop until the operation is over and its worker free; at most 50 s. */
void world_finish(struct world *world, struct op *op);
/* Turns the loop until fn(data) says so; FALSE after 50 s. */
gboolean world_until(struct world *world, gboolean (*fn)(gpointer), gpointer data);
/* Submits and finishes; the error of either. */
struct op *world_run(struct world *world, const char *op, const char *qube,
                     GError **error);

/* The step that has the text; NULL: none. */
const struct op_step *world_step(const struct op *op, const char *text);

char *world_path(const struct world *world, const char *below);
char *world_image(const struct world *world, const char *qube,
                  const char *file); /* appvms/QUBE/FILE */
/* Text of the store as it is on the disk. */
char *world_store(const struct world *world);
/* TRUE if no volume of the qube is in use: no -dirty image. */
gboolean world_clean(const struct world *world, const char *qube);
/* TRUE if the qube's lock can be taken. */
gboolean world_unlocked(const struct world *world, const char *qube);
