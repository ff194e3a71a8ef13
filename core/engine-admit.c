/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether an operation may be submitted at all: rights, class, state, consent. */
#include "config.h"

#include "core/engine-private.h"
#include "core/op-private.h"
#include "util/error.h"
#include "util/text.h"

static gboolean refuse(GError **error, QmcErrorCode code, const struct op *op,
                       const char *reason, const char *hint)
{
    g_autofree char *deed = op_deed(op->row, op->subject);

    error_set(error, code, hint, "cannot %s: %s", deed, reason);
    return FALSE;
}

static gboolean refuse_never(GError **error, const struct op *op,
                             const struct qube *qube, const char *reason)
{
    g_autofree char *hint =
        qube->broken || !qube->class ? qube_hint_show(qube) : NULL;
    g_autofree char *deed = op_deed(op->row, op->subject);

    error_set(error, QMC_ERROR_STATE, hint, "cannot %s: %s", deed, reason);
    return FALSE;
}

gboolean engine_confirmed(const struct op *op, const struct qube *qube,
                          const struct op_request *request, GError **error)
{
    const struct op_row *row = op->row;
    const struct model *model = op->engine->model;
    enum confirm needed = op_confirm(row, model, qube, op->args);
    g_autofree char *stake = op_consequence(row, model, qube, op->args);
    g_autofree char *name = op_word(row, qube, op->args);
    g_autofree char *word = text_shell_quote(name);
    g_autofree char *by_name = g_strdup_printf(
        row->weigh ? "look at it with --dry-run, then --confirm %s" : "add --confirm %s", word);
    g_autofree char *title = op_title(row);

    if (request->dry_run || request->consent >= needed)
        return TRUE;
    error_set(error, QMC_ERROR_UNCONFIRMED,
              needed == CONFIRM_L3 ? by_name : "add --yes",
              "'%s' of '%s' was not confirmed%s%s", title, name,
              stake ? ": " : "", stake ? stake : "");
    return FALSE;
}

static gboolean writable(const struct op *op, GError **error)
{
    const struct engine *engine = op->engine;
    const char *reason = engine_refused(engine, op->row);
    const char *hint = engine->readonly ? HINT_READONLY
                       : engine->qubesd ? qubesd_hint(engine->qubesd)
                                        : "see why: qmc xml check";

    return reason ? refuse(error, QMC_ERROR_DENIED, op, reason, hint) : TRUE;
}

/* What brings it into a state that the operation is for; NULL: nothing simple. */
static char *state_hint(const struct op_row *row, const struct qube *qube)
{
    g_autofree char *name = qube_shell_name(qube);

    if (qube->state == POWER_PAUSED && row->states & (1u << POWER_RUNNING))
        return g_strdup_printf("let it run first: qmc unpause %s", name);
    if (qube->state != POWER_HALTED && qube->state != POWER_UNKNOWN &&
        row->states & (1u << POWER_HALTED))
        return g_strdup_printf("shut it down first: qmc stop %s", name);
    return NULL;
}

static gboolean refuse_now(const struct op *op, const struct qube *qube,
                           const char *reason, GError **error)
{
    g_autofree char *deed = op_deed(op->row, op->subject);
    g_autofree char *hint = state_hint(op->row, qube);

    error_set(error,
              qube->state == POWER_UNKNOWN ? QMC_ERROR_CONN : QMC_ERROR_STATE, hint,
              "cannot %s: %s", deed, reason);
    return FALSE;
}

static gboolean applies(const struct op *op, const struct qube *qube,
                        GError **error)
{
    const char *never = op_never(op->row, qube);
    const char *reason = op_refused(op->row, qube);

    if (op->engine->offline && !op->row->offline)
        return refuse(error, QMC_ERROR_UNSUPPORTED, op,
                      "the hypervisor is not asked in offline mode",
                      "leave out --offline");
    if (never)
        return refuse_never(error, op, qube, never);
    /* Being where it leads is no reason to refuse. */
    if (!reason || (op->row->reached & (1u << qube->state)))
        return TRUE;
    return refuse_now(op, qube, reason, error);
}

gboolean engine_admits(const struct op *op, const struct qube *qube,
                       const struct op_request *request, GError **error)
{
    return (request->dry_run || writable(op, error)) && applies(op, qube, error);
}
