/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/qmc.h"

#include "core/engine.h"
#include "util/error.h"

struct _QmcEngine {
    struct engine *engine;
};

const char *qmc_version(void)
{
    return PACKAGE_VERSION;
}

const char *qmc_error_hint(const GError *error)
{
    return error_hint(error);
}

QmcEngine *qmc_engine_new(const char *root, const char *uri, GError **error)
{
    const struct engine_config config = { .root = root, .uri = uri };
    struct engine *engine = engine_new(&config, error);
    QmcEngine *self;

    if (!engine)
        return NULL;
    if (!engine_load(engine, error)) {
        engine_free(engine);
        return NULL;
    }
    self = g_new0(QmcEngine, 1);
    self->engine = engine;
    return self;
}

void qmc_engine_free(QmcEngine *engine)
{
    if (!engine)
        return;
    engine_free(engine->engine);
    g_free(engine);
}

gboolean qmc_engine_refresh(QmcEngine *engine, int timeout_ms, GError **error)
{
    return engine_refresh_states(engine->engine, timeout_ms, error);
}

char **qmc_engine_list(QmcEngine *engine)
{
    const struct model *model = engine_model(engine->engine);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();

    for (guint i = 0; i < model->qubes->len; i++)
        g_strv_builder_add(names, ((struct qube *)model->qubes->pdata[i])->name);
    return g_strv_builder_end(names);
}

static struct qube *find_qube(QmcEngine *engine, const char *name, GError **error)
{
    struct qube *qube = model_qube_named(engine_model(engine->engine), name);

    if (!qube)
        error_set(error, QMC_ERROR_NOTFOUND, "qmc_engine_list() names them all",
                  "there is no qube '%s'", name);
    return qube;
}

/* What is known of a qube beside its properties. */
static const char *qube_fact(const struct qube *qube, const char *what)
{
    const struct {
        const char *what, *value;
    } facts[] = {
        { "name", qube->name },
        { "class", qube->class_name },
        { "state", power_state_word(qube->state) },
        { "uuid", qube->uuid },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(facts); i++)
        if (g_str_equal(what, facts[i].what))
            return facts[i].value;
    return NULL;
}

char *qmc_qube_get(QmcEngine *engine, const char *qube, const char *what,
                   GError **error)
{
    const struct qube *found = find_qube(engine, qube, error);
    const char *fact = found ? qube_fact(found, what) : NULL;

    if (!found || fact)
        return g_strdup(fact);
    if (found->class && prop_find(what, found->class->id))
        return qube_get(engine_model(engine->engine), found, what);
    error_set(error, QMC_ERROR_NOTFOUND, NULL,
              "qube '%s' has no property '%s'", qube, what);
    return NULL;
}

static GHashTable *args_table(const char *const *args)
{
    GHashTable *table = op_args_none();

    for (; args && args[0] && args[1]; args += 2)
        op_args_set(table, args[0], args[1]);
    return table;
}

static void run_over(struct op *op, gpointer data)
{
    *(gboolean *)data = TRUE;
}

gboolean qmc_qube_run(QmcEngine *engine, const char *qube, const char *operation,
                      const char *const *args, GError **error)
{
    const struct qube *found = find_qube(engine, qube, error);
    g_autoptr(GHashTable) table = args_table(args);
    g_autoptr(GMainContext) context = g_main_context_ref_thread_default();
    gboolean over = FALSE;
    const struct op_request request = {
        .op = operation,
        .uuid = found ? found->uuid : NULL,
        .args = table,
        .consent = CONFIRM_L1,
        .done = run_over,
        .data = &over,
    };
    const struct op *op = found ? engine_submit(engine->engine, &request, error)
                                : NULL;

    if (!op)
        return FALSE;
    while (!over)
        g_main_context_iteration(context, TRUE);
    if (op->error && error)
        *error = g_error_copy(op->error);
    return op->error == NULL;
}
