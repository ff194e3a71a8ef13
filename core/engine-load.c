/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the model is filled from the store. A reading is made aside and put in
 * place of the old one when it is whole. */
#include "config.h"

#include "core/engine-private.h"

#include "util/error.h"
#include "util/heap.h"

#define LOAD_DEADLINE_MS 20000

/* After load_adopt() it holds what was replaced. */
struct load {
    struct engine *engine;
    guint loads; /* of the engine when it was asked for */
    struct store *store;
    struct model *model;
    GError *error;
    gboolean read;
};

struct load *load_new(struct engine *engine)
{
    struct load *load = g_new0(struct load, 1);

    load->engine = engine;
    load->loads = engine->loads;
    load->store = store_new(engine->root);
    load->model = model_new();
    return load;
}

void load_free(struct load *load)
{
    if (!load)
        return;
    model_free(load->model);
    store_free(load->store);
    g_clear_error(&load->error);
    if (load->read)
        heap_release();
    g_free(load);
}

/* What the hypervisor and the disks said about a qube. */
static void carry_volumes(const struct qube *from, struct qube *to)
{
    for (guint i = 0; i < to->volumes->len; i++) {
        struct volume_config *new =
            &g_array_index(to->volumes, struct volume_config, i);
        const struct volume_config *old = qube_volume(from, new->name);

        if (!old || old->revisions < 0)
            continue;
        new->trouble = g_strdup(old->trouble);
        new->used = old->used;
        new->size = old->size;
        new->revisions = old->revisions;
        new->kept = g_ptr_array_ref(old->kept);
        new->in_use = old->in_use;
        new->outdated = old->outdated;
    }
}

static void carry_qube(const struct qube *from, struct qube *to)
{
    to->state = from->state;
    to->xid = from->xid;
    to->memory_kib = from->memory_kib;
    to->maxmem_kib = from->maxmem_kib;
    to->busy = from->busy;
    carry_volumes(from, to);
}

static void carry_pool(const struct pool_entry *from, struct pool_entry *to)
{
    to->size = from->size;
    to->used = from->used;
    to->usage_known = from->usage_known;
    pool_details_carry(&from->details, &to->details);
    to->included_in = g_strdup(from->included_in);
    to->told = from->told;
    to->growth = from->growth ? g_array_ref(from->growth) : NULL;
    to->metadata_growth =
        from->metadata_growth ? g_array_ref(from->metadata_growth) : NULL;
    to->orphans = from->orphans ? g_ptr_array_ref(from->orphans) : NULL;
    to->spare = from->spare ? g_ptr_array_ref(from->spare) : NULL;
    if (!to->trouble)
        to->trouble = g_strdup(from->pool ? from->trouble : NULL);
}

static void carry_over(const struct model *from, struct model *to)
{
    for (guint i = 0; i < from->qubes->len; i++) {
        const struct qube *old = from->qubes->pdata[i];
        struct qube *new = model_qube(to, old->uuid);

        if (new)
            carry_qube(old, new);
    }
    for (guint i = 0; i < from->pools->len; i++) {
        const struct pool_entry *old = from->pools->pdata[i];
        struct pool_entry *new = model_pool(to, old->name);

        if (new)
            carry_pool(old, new);
    }
}

gboolean load_read(struct load *load)
{
    load->read = TRUE;
    return store_load(load->store, load->model, &load->error);
}

const GError *load_error(const struct load *load)
{
    return load->error;
}

void load_adopt(struct load *load)
{
    struct engine *engine = load->engine;
    struct event event = { .type = EVENT_MODEL };

    if (!load->read)
        return;
    engine->loads++;
    model_swap(engine->model, load->model);
    store_swap(engine->store, load->store);
    carry_over(load->model, engine->model);
    g_clear_error(&engine->store_error);
    engine->store_error = g_steal_pointer(&load->error);
    local_loaded(engine->local);
    events_emit(engine->model->events, &event);
}

/* Nothing is on the screen yet. */
gboolean engine_load(struct engine *engine, GError **error)
{
    struct load *load = load_new(engine);

    engine_probe(engine);
    load_read(load);
    load_adopt(load);
    load_free(load);
    if (engine->store_error && error)
        *error = g_error_copy(engine->store_error);
    return engine->store_error == NULL;
}

const GError *engine_store_error(const struct engine *engine)
{
    return engine->store_error;
}

/* The file was changed by somebody else. */

/* The look at the file is for a worker, too: on a disk that hangs it does not end. */
static gboolean load_run(struct job *job, gpointer data, GError **error)
{
    struct load *load = data;

    if (store_stale(load->store))
        load_read(load);
    return TRUE;
}

static void load_done(struct job *job, const GError *error, gpointer data)
{
    struct load *load = data;
    struct engine *engine = load->engine;

    engine_job_lost(engine, error);
    /* What was loaded or is being saved meanwhile is newer; what was saved since this
     * was asked for may be what it has read. */
    if (error || !load->read || engine->closing || engine->loads != load->loads ||
        !g_queue_is_empty(&engine->savers) || store_saw(load->store, engine->store))
        return;
    load_adopt(load);
    if (engine->store_error)
        model_note(engine->model, NULL, TRUE, "%s", engine->store_error->message);
    else
        model_note(engine->model, NULL, FALSE,
                   "the store was changed by another program: read again");
}

static void load_over(gpointer data)
{
    struct load *load = data;

    load->engine->loading = FALSE;
    engine_job_over(load->engine);
    load_free(load);
}

void engine_check_store(struct engine *engine)
{
    struct job_spec spec = {
        .deadline_ms = LOAD_DEADLINE_MS,
        .run = load_run,
        .done = load_done,
        .destroy = load_over,
    };

    struct load *load;

    if (engine->loading || !g_queue_is_empty(&engine->savers))
        return;
    engine->loading = TRUE;
    load = load_new(engine);
    store_see(load->store, engine->store);
    spec.data = load;
    engine_job(engine, &spec);
}
