/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pause and unpause (spec/lifecycle.md 5.5). */
#include "config.h"

#include "core/op-private.h"

#include "core/hold.h"
#include "hv/hv.h"
#include "util/error.h"

#define DEADLINE_MS 60000
#define BIT(state) (1u << POWER_##state)

static gboolean power_prepare(struct op *op, GError **error)
{
    op->data = hold_new(op->engine,
                        model_qube(engine_model(op->engine), op->uuid));
    op_plan(op, "%s %s", op->row->name, op->subject);
    return TRUE;
}

static void power_clear(struct op *op)
{
    hold_free(op->data);
}

static gboolean refuse(const struct op *op, const char *why, GError **error)
{
    error_set(error, QMC_ERROR_STATE, NULL, "cannot %s '%s': it is %s",
              op->row->name, op->subject, why);
    return FALSE;
}

static gboolean pause_run(struct op *op, GError **error)
{
    struct hold *hold = op->data;

    op_step(op, "%s paused", op->subject);
    if (!hold_look(hold, op_cancellable(op), error))
        return FALSE;
    if (hold_state(hold) == POWER_HALTED)
        return refuse(op, "not running", error);
    return hold_state(hold) == POWER_PAUSED ||
           hv_suspend(engine_hv(op->engine), hold_uuid(hold), error);
}

static gboolean unpause_run(struct op *op, GError **error)
{
    struct hold *hold = op->data;

    op_step(op, "%s unpaused", op->subject);
    if (!hold_look(hold, op_cancellable(op), error))
        return FALSE;
    if (hold_state(hold) != POWER_PAUSED)
        return refuse(op, "not paused", error);
    return hv_resume(engine_hv(op->engine), hold_uuid(hold), error);
}

const struct op_row op_pause = {
    .name = "pause",
    .label = "Pause",
    .doing = "pausing",
    .done = "paused",
    .help = "Stop the qube's processors; everything stays in memory.",
    .method = "admin.vm.Pause",
    .classes = CLASS_QUBESVM,
    .states = BIT(TRANSIENT) | BIT(RUNNING),
    .reached = BIT(PAUSED),
    .command = "pause {qube}",
    .confirm = CONFIRM_L0,
    .deadline_ms = DEADLINE_MS,
    .prepare = power_prepare,
    .run = pause_run,
    .clear = power_clear,
};

const struct op_row op_unpause = {
    .name = "unpause",
    .label = "Unpause",
    .doing = "unpausing",
    .done = "unpaused",
    .help = "Let a paused qube run again.",
    .method = "admin.vm.Unpause",
    .classes = CLASS_QUBESVM,
    .states = BIT(PAUSED),
    .command = "unpause {qube}",
    .confirm = CONFIRM_L0,
    .deadline_ms = DEADLINE_MS,
    .prepare = power_prepare,
    .run = unpause_run,
    .clear = power_clear,
};
