/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "world.h"

#include <stdarg.h>
#include <string.h>

#include <check.h>

#include "core/demo.h"
#include "core/layout.h"
#include "core/op-private.h"
#include "util/error.h"
#include "util/file.h"

#define PATIENCE_S 50

static void take_note(const struct event *event, gpointer data)
{
    struct world *world = data;

    if (event->type == EVENT_NOTE)
        g_string_append_printf(world->notes, "%s\n", event->text);
}

struct engine *world_engine(const struct world *world,
                            void (*change)(struct engine_config *))
{
    struct engine_config config = { .root = world->root, .uri = world->uri };
    g_autoptr(GError) error = NULL;
    struct engine *engine;

    if (change)
        change(&config);
    engine = engine_new(&config, &error);
    ck_assert_msg(engine != NULL, "%s", error ? error->message : "");
    ck_assert_msg(engine_load(engine, &error), "%s", error ? error->message : "");
    return engine;
}

struct world *world_new(const char *uri, void (*change)(struct engine_config *))
{
    struct world *world = g_new0(struct world, 1);
    g_autofree char *dir = g_dir_make_tmp("qmc-world-XXXXXX", NULL);
    g_autofree char *demo_uri = NULL;
    g_autoptr(GError) error = NULL;

    ck_assert_msg(demo_make(dir, &world->root, &demo_uri, &error), "%s",
                  error ? error->message : "");
    world->uri = uri ? g_strdup(uri) : g_steal_pointer(&demo_uri);
    world->notes = g_string_new(NULL);
    world->engine = world_engine(world, change);
    events_listen(engine_model(world->engine)->events, take_note, world);
    return world;
}

void world_free(struct world *world)
{
    engine_free(world->engine);
    demo_remove(world->root);
    ck_assert(!g_file_test(world->root, G_FILE_TEST_EXISTS));
    g_string_free(world->notes, TRUE);
    g_free(world->root);
    g_free(world->uri);
    g_free(world);
}

struct qube *world_qube(const struct world *world, const char *qube)
{
    struct qube *found = model_qube_named(engine_model(world->engine), qube);

    ck_assert_msg(found != NULL, "no qube %s", qube);
    return found;
}

const char *world_uuid(const struct world *world, const char *qube)
{
    return world_qube(world, qube)->uuid;
}

enum power_state world_state(struct world *world, const char *qube)
{
    g_autoptr(GError) error = NULL;

    ck_assert_msg(engine_refresh_states(world->engine, 50000, &error), "%s",
                  error ? error->message : "");
    return world_qube(world, qube)->state;
}

struct op *world_submit_as(struct world *world, const struct op_request *request,
                           const char *qube, GError **error)
{
    struct op_request named = *request;
    g_autofree char *uuid = g_strdup(world_uuid(world, qube));

    /* As every front end has. */
    if (world_qube(world, qube)->state == POWER_UNKNOWN)
        engine_refresh_states(world->engine, 50000, NULL);

    named.uuid = uuid;
    return engine_submit(world->engine, &named, error);
}

struct op *world_submit(struct world *world, const char *op, const char *qube,
                        GError **error, ...)
{
    g_autoptr(GHashTable) args = g_hash_table_new(g_str_hash, g_str_equal);
    const struct op_request request = { .op = op, .args = args,
                                        .consent = CONFIRM_L1 };
    char *name;
    va_list ap;

    va_start(ap, error);
    while ((name = va_arg(ap, char *)))
        g_hash_table_insert(args, name, va_arg(ap, char *));
    va_end(ap);
    return world_submit_as(world, &request, qube, error);
}

static gboolean is_finished(gpointer data)
{
    const struct op *op = data;

    return op_over(op) && op->priv->inside == 0;
}

static gboolean times_up(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_CONTINUE;
}

gboolean world_until(struct world *world, gboolean (*fn)(gpointer), gpointer data)
{
    gboolean late = FALSE;
    guint timer = g_timeout_add_seconds(PATIENCE_S, times_up, &late);

    while (!fn(data) && !late)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(timer);
    return !late;
}

void world_finish(struct world *world, struct op *op)
{
    ck_assert_ptr_nonnull(op);
    ck_assert_msg(world_until(world, is_finished, op), "%s of %s hangs",
                  op->row->name, op->subject);
}

struct op *world_run(struct world *world, const char *op, const char *qube,
                     GError **error)
{
    struct op *made = world_submit(world, op, qube, error, NULL);

    if (!made)
        return NULL;
    world_finish(world, made);
    if (made->error && error)
        *error = g_error_copy(made->error);
    return made;
}

const struct op_step *world_step(const struct op *op, const char *text)
{
    for (guint i = 0; i < op->steps->len; i++) {
        const struct op_step *step = &g_array_index(op->steps, struct op_step, i);

        if (strstr(step->text, text))
            return step;
    }
    return NULL;
}

char *world_path(const struct world *world, const char *below)
{
    return g_strconcat(world->root, below, NULL);
}

char *world_image(const struct world *world, const char *qube, const char *file)
{
    return g_strconcat(world->root, LAYOUT_BASE "/appvms/", qube, "/", file, NULL);
}

char *world_store(const struct world *world)
{
    g_autofree char *path = world_path(world, LAYOUT_STORE);
    char *text = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

gboolean world_clean(const struct world *world, const char *qube)
{
    static const char *const images[] = { "root", "private", "volatile" };

    for (gsize i = 0; i < G_N_ELEMENTS(images); i++) {
        g_autofree char *file = g_strconcat(images[i], "-dirty.img", NULL);
        g_autofree char *path = world_image(world, qube, file);

        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return FALSE;
    }
    return TRUE;
}

gboolean world_unlocked(const struct world *world, const char *qube)
{
    g_autofree char *path =
        g_strdup_printf("%s" LAYOUT_RUN "/%s.lock", world->root,
                        world_uuid(world, qube));
    g_autofree char *dir = g_path_get_dirname(path);
    auto_of(file_lock) struct file_lock *lock = NULL;

    ck_assert(file_mkdirs(dir, 0770, NULL));
    lock = file_lock_take(path, TRUE, 0, NULL);
    return lock != NULL;
}
