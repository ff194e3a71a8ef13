/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shut down and kill (spec/lifecycle.md 5.1-5.4). */
#include "config.h"

#include "core/op-private.h"

#include "core/hold.h"
#include "hv/hv.h"
#include "util/error.h"

#define DEADLINE_MS 120000
#define STOP_WORK_MS 10000
#define DEFAULT_TIMEOUT_S 60
#define KILL_LOSS "what it has not written to disk is lost"
#define DISPOSABLE_LOSS "it is a disposable: all of its data is lost"

struct stop {
    struct hold *hold;
    gint64 timeout_s;
    gint64 end_us;          /* of the wait; 0: has not begun */
    gboolean no_start;      /* kill: a start of this process was cancelled */
    gboolean damaged;       /* its volumes are not known */
};

static void stop_clear(struct op *op)
{
    struct stop *stop = op->data;

    hold_free(stop->hold);
    g_free(stop);
}

static struct stop *stop_new(struct op *op)
{
    const struct model *model = engine_model(op->engine);
    const struct qube *qube = model_qube(model, op->uuid);
    struct stop *stop = g_new0(struct stop, 1);

    stop->hold = hold_new(op->engine, qube);
    stop->damaged = qube->broken || !qube->class;
    stop->timeout_s =
        op_int(op, "timeout", qube_get_int(model, qube, "shutdown_timeout",
                                           DEFAULT_TIMEOUT_S));
    return stop;
}

static gboolean is_client(const struct model *model, const struct qube *client,
                          const struct qube *qube)
{
    return client != qube && client->state != POWER_HALTED &&
           client->state != POWER_UNKNOWN &&
           qube_get_vm(model, client, "netvm") == qube;
}

/* Names of the qubes that would lose their network; NULL: none. */
static char *clients_of(const struct model *model, const struct qube *qube)
{
    g_autoptr(GString) names = g_string_new(NULL);

    if (!qube_get_bool(model, qube, "provides_network"))
        return NULL;
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *client = model->qubes->pdata[i];

        if (is_client(model, client, qube))
            g_string_append_printf(names, "%s%s", names->len ? ", " : "",
                                   client->name);
    }
    if (names->len == 0)
        return NULL;
    return g_string_free(g_steal_pointer(&names), FALSE);
}

static enum confirm stop_strength(const struct model *model,
                                  const struct qube *qube, GHashTable *args)
{
    g_autofree char *clients = clients_of(model, qube);

    return clients ? CONFIRM_L2 : CONFIRM_L1;
}

static gboolean kills(const struct qube *qube, GHashTable *args)
{
    const char *force = args ? g_hash_table_lookup(args, "force") : NULL;

    return qube->state == POWER_PAUSED && force &&
           g_ascii_strcasecmp(force, "true") == 0;
}

/* For others, then for itself. */
static char *stake_of(const struct model *model, const struct qube *qube,
                      const char *loss)
{
    g_autofree char *clients = clients_of(model, qube);

    return clients ? g_strdup_printf("it is the net qube of %s; %s", clients, loss)
                   : g_strdup(loss);
}

static char *stop_stake(const struct model *model, const struct qube *qube,
                        GHashTable *args)
{
    return stake_of(model, qube,
                    kills(qube, args) ? KILL_LOSS : op_stop.consequence);
}

static gboolean stop_prepare(struct op *op, GError **error)
{
    struct stop *stop = stop_new(op);

    op->data = stop;
    if (model_qube(engine_model(op->engine), op->uuid)->state == POWER_HALTED) {
        op_plan(op, "nothing: %s is halted", op->subject);
        return TRUE;
    }
    op_plan(op, "ask %s to shut down%s", op->subject,
            op_bool(op, "force") ? ", or kill it if it is paused" : "");
    if (op_bool(op, "wait"))
        op_plan(op, "wait up to %" G_GINT64_FORMAT " s, then clean up its "
                "volumes", stop->timeout_s);
    return TRUE;
}

static gboolean not_running(const struct op *op, GError **error)
{
    error_set(error, QMC_ERROR_STATE, NULL, "cannot %s '%s': it is not running",
              op->row->name, op->subject);
    return FALSE;
}

/* The stop work; if another program holds the qube, that one does it. */
static gboolean clean_up(struct op *op, struct stop *stop, int patience_ms,
                         GError **error)
{
    g_autoptr(GError) local = NULL;

    op_step(op, "volumes of %s cleaned up", op->subject);
    if (stop->damaged) {
        op_step_end(op, STEP_WARNING, "its volumes stay as they are until its "
                    "entry in the store is repaired");
        return TRUE;
    }
    if (hold_take(stop->hold, op->row->name, patience_ms, op_cancellable(op),
                  &local)) {
        hold_release(stop->hold);
        return TRUE;
    }
    if (!error_is(local, QMC_ERROR_BUSY)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    op_step_end(op, STEP_WARNING, "left the clean-up to others: %s",
                local->message);
    return TRUE;
}

static gboolean stop_poll(struct op *op, GError **error)
{
    struct stop *stop = op->data;

    if (!hold_look(stop->hold, op_cancellable(op), error))
        return FALSE;
    if (hold_state(stop->hold) == POWER_HALTED)
        return clean_up(op, stop, STOP_WORK_MS, error);
    if (g_get_monotonic_time() < stop->end_us) {
        op_again(op);
        return TRUE;
    }
    error_set(error, QMC_ERROR_TIMEOUT, "wait longer, or kill it",
              "'%s' did not shut down within %" G_GINT64_FORMAT " s",
              op->subject, stop->timeout_s);
    return FALSE;
}

static gboolean stop_ask(struct op *op, struct stop *stop, GError **error)
{
    op_step(op, "%s asked to shut down", op->subject);
    if (!hv_shutdown(engine_hv(op->engine), hold_uuid(stop->hold), error))
        return FALSE;
    if (!op_bool(op, "wait")) {
        op_set_result(op, "asked to shut down");
        return TRUE;
    }
    op_step(op, "%s halted", op->subject);
    stop->end_us =
        g_get_monotonic_time() + stop->timeout_s * G_USEC_PER_SEC;
    return stop_poll(op, error);
}

/* A paused guest cannot obey. */
static gboolean stop_paused(struct op *op, struct stop *stop, GError **error)
{
    if (!op_bool(op, "force")) {
        error_set(error, QMC_ERROR_STATE, "unpause it first, or kill it",
                  "cannot stop '%s': it is paused", op->subject);
        return FALSE;
    }
    op_step(op, "domain of %s destroyed", op->subject);
    if (!hv_destroy(engine_hv(op->engine), hold_uuid(stop->hold), error))
        return FALSE;
    op_set_result(op, "killed, because it was paused");
    return clean_up(op, stop, STOP_WORK_MS, error);
}

static gboolean stop_look(struct op *op, GError **error)
{
    struct stop *stop = op->data;

    return hold_look(stop->hold, op_cancellable(op), error);
}

static gboolean stop_run(struct op *op, GError **error)
{
    struct stop *stop = op->data;

    if (!stop_look(op, error))
        return FALSE;
    if (hold_state(stop->hold) == POWER_HALTED) {
        op_set_result(op, "already halted");
        return TRUE;
    }
    if (hold_state(stop->hold) == POWER_PAUSED)
        return stop_paused(op, stop, error);
    return stop_ask(op, stop, error);
}

/* Kill. */

static gboolean is_disposable(const struct qube *qube)
{
    return qube->class && qube->class->id == CLASS_DISP;
}

static enum confirm kill_strength(const struct model *model,
                                  const struct qube *qube, GHashTable *args)
{
    return is_disposable(qube) ? CONFIRM_L2 : stop_strength(model, qube, args);
}

static char *kill_stake(const struct model *model, const struct qube *qube,
                        GHashTable *args)
{
    return stake_of(model, qube,
                    is_disposable(qube) ? DISPOSABLE_LOSS : KILL_LOSS);
}

static gboolean cancel_starts(const struct op *op)
{
    GPtrArray *ops = engine_ops(op->engine);
    gboolean any = FALSE;

    for (guint i = 0; i < ops->len; i++) {
        struct op *other = ops->pdata[i];

        if (other->row != &op_start || op_over(other) ||
            !g_str_equal(other->uuid, op->uuid))
            continue;
        engine_cancel(op->engine, other);
        any = TRUE;
    }
    return any;
}

static gboolean kill_prepare(struct op *op, GError **error)
{
    struct stop *stop = stop_new(op);

    op->data = stop;
    op_plan(op, "destroy the domain of %s", op->subject);
    op_plan(op, "clean up its volumes");
    if (!op->dry_run)
        stop->no_start = cancel_starts(op);
    return TRUE;
}

static gboolean kill_domain(struct op *op, const struct stop *stop,
                            GError **error)
{
    g_autoptr(GError) local = NULL;

    if (hv_destroy(engine_hv(op->engine), hold_uuid(stop->hold), &local))
        return TRUE;
    if (!error_is(local, QMC_ERROR_STATE) && !error_is(local, QMC_ERROR_NOTFOUND)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!stop->no_start)
        return not_running(op, error);
    op_set_result(op, "its start was cancelled");
    return TRUE;
}

/* The reserved worker destroys and nothing else: the next kill shall not wait
 * for the volumes of this one. */
static gboolean kill_run(struct op *op, GError **error)
{
    op_step(op, "domain of %s destroyed", op->subject);
    if (!kill_domain(op, op->data, error))
        return FALSE;
    op_again(op);
    return TRUE;
}

static gboolean kill_poll(struct op *op, GError **error)
{
    return clean_up(op, op->data, 0, error);
}

#define BIT(state) (1u << POWER_##state)
#define ACTIVE                                                                 \
    (BIT(TRANSIENT) | BIT(RUNNING) | BIT(PAUSED) | BIT(SUSPENDED) |            \
     BIT(HALTING) | BIT(DYING) | BIT(CRASHED))

static const struct op_arg stop_args[] = {
    { "wait", OP_ARG_BOOL, FALSE, "wait until it is halted and cleaned up" },
    { "timeout", OP_ARG_INT, FALSE, "seconds to wait" },
    { "force", OP_ARG_BOOL, FALSE,
      "kill it if it is paused" },
    { NULL },
};

const struct op_row op_stop = {
    .name = "stop",
    .label = "Shut down",
    .doing = "stopping",
    .done = "stopped",
    .help = "Ask the guest to shut down.",
    .method = "admin.vm.Shutdown",
    .classes = CLASS_QUBESVM,
    .damaged = TRUE,
    .states = ACTIVE,
    .reached = BIT(HALTED),
    .passing = POWER_HALTING,
    .lengthy = TRUE,
    .wait_arg = "wait",
    .late = "has not stopped in time. It may be saving its work: wait, or kill "
            "it and lose that.",
    .command = "stop {qube}",
    .confirm = CONFIRM_L1,
    .consequence = "its programs are ended",
    .args = stop_args,
    .deadline_ms = DEADLINE_MS,
    .prepare = stop_prepare,
    .look = stop_look,
    .run = stop_run,
    .poll = stop_poll,
    .clear = stop_clear,
    .strength = stop_strength,
    .stake = stop_stake,
};

const struct op_row op_kill = {
    .name = "kill",
    .label = "Kill",
    .doing = "killing",
    .done = "killed",
    .help = "Destroy the domain at once, as if its power was cut.",
    .method = "admin.vm.Kill",
    .classes = CLASS_QUBESVM,
    .damaged = TRUE,
    .states = ACTIVE,
    .command = "kill {qube}",
    .confirm = CONFIRM_L1,
    .consequence = KILL_LOSS,
    .urgent = TRUE,
    .deadline_ms = DEADLINE_MS,
    .prepare = kill_prepare,
    .run = kill_run,
    .poll = kill_poll,
    .clear = stop_clear,
    .strength = kill_strength,
    .stake = kill_stake,
};
