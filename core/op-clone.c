/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make a qube like another one (spec/qubes-xml.md 8.3). */
#include "config.h"

#include "core/birth.h"

#include "core/device-assignment.h"
#include "core/draft.h"
#include "core/hold.h"

#define DEADLINE_MS 300000

static gboolean clone_fits(const struct model *model, const struct qube *qube,
                           GHashTable *args, GError **error)
{
    const char *name = args ? g_hash_table_lookup(args, "name") : NULL;

    return !name || draft_check_name(model, name, error);
}

static gboolean has_flawed_devices(const struct qube *qube)
{
    for (guint i = 0; i < qube->devices->len; i++)
        if (((const struct device_assignment *)qube->devices->pdata[i])->flaw)
            return TRUE;
    return FALSE;
}

/* Two qubes must not have one address. */
static const char *left_out(const struct qube *qube)
{
    static const char *const said[2][2] = {
        { "", "; devices that cannot be used are taken over as they stand" },
        { "; the address that was set is not taken over",
          "; the address that was set is not taken over, devices that cannot be used are, "
          "as they stand" },
    };
    gboolean ip = qube_is_explicit(qube, "ip") || qube_is_explicit(qube, "ip6");

    return said[ip][has_flawed_devices(qube)];
}

static gboolean clone_prepare(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    const struct qube *from = model_qube(model, op->uuid);
    struct qube *draft = draft_clone(model, from, op_text(op, "name"), error);
    struct birth *birth =
        draft ? birth_new(op, draft, from, NULL, error) : NULL;

    if (!birth)
        return FALSE;
    op->data = birth;
    birth->left_out = left_out(from);
    birth_plan(op, birth);
    return TRUE;
}

static gboolean clone_look(struct op *op, GError **error)
{
    const struct birth *birth = op->data;

    return hold_look(birth->hold, op_cancellable(op), error) && birth_look(op, error);
}

/* What runs is copied as it was when it stopped last. */
static gboolean clone_run(struct op *op, GError **error)
{
    const struct birth *birth = op->data;

    if (!birth_make(op, error))
        return FALSE;
    op_set_result(op, "cloned to %s%s%s", op_text(op, "name"),
                  hold_state(birth->hold) == POWER_HALTED || !birth->home
                      ? "" : " as it was before its start",
                  birth->left_out);
    return TRUE;
}

static const struct op_arg args[] = {
    { "name", OP_ARG_TEXT, TRUE, "name of the new qube" },
    { NULL },
};

const struct op_row op_clone = {
    .name = "clone",
    .label = "Clone",
    .doing = "cloning",
    .done = "cloned",
    .help = "Make a qube with the same settings and a copy of its data.",
    .method = "admin.vm.volume.CloneTo",
    .classes = CLASS_QUBESVM | CLASS_REMOTE,
    .states = ~0u,
    .offline = TRUE,
    .command = "clone {qube} {name}",
    .confirm = CONFIRM_L0,
    .args = args,
    .writes_store = TRUE,
    .deadline_ms = DEADLINE_MS,
    .fits = clone_fits,
    .prepare = clone_prepare,
    .look = clone_look,
    .run = clone_run,
    .apply = birth_enter,
    .clear = birth_clear,
};
