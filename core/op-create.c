/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make a qube (spec/qubes-xml.md 8.1, 8.2). */
#include "config.h"

#include "core/birth.h"

#include "core/draft.h"
#include "core/home.h"

#define DEADLINE_MS 120000

static gboolean create_fits(const struct model *model, const struct qube *dom0,
                            GHashTable *args, GError **error)
{
    const char *const *field = draft_fields();

    while (*field && draft_check(model, args, *field, error))
        field++;
    return *field == NULL;
}

/* One that stands alone may begin as a copy of a template, but for the home of
 * its users. */
static const struct qube *copied_from(const struct qube *draft,
                                      const struct qube *template)
{
    return draft->class->id == CLASS_STANDALONE ? template : NULL;
}

static gboolean create_prepare(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    const struct qube *template = draft_template(model, op->args);
    struct qube *draft = draft_new(model, op->args, error);
    struct birth *birth;

    if (!draft)
        return FALSE;
    birth = birth_new(op, draft, copied_from(draft, template), "private", error);
    if (!birth)
        return FALSE;
    op->data = birth;
    birth->notes = FALSE;
    /* Of a disposable nobody else writes them (spec T12). */
    if (draft->class->id == CLASS_DISP && template)
        birth->like =
            home_path(engine_root(op->engine), template->class, template->name);
    birth_plan(op, birth);
    return TRUE;
}

static const struct op_arg args[] = {
    { "name", OP_ARG_TEXT, TRUE, "its name, up to 31 of a-z A-Z 0-9 - _ ." },
    { "class", OP_ARG_TEXT, TRUE,
      "AppVM, TemplateVM, StandaloneVM, DispVM or RemoteVM" },
    { "template", OP_ARG_TEXT, FALSE,
      "what it is based on; of a StandaloneVM, what its root is copied from" },
    { "label", OP_ARG_TEXT, TRUE, "red, orange, yellow, green ..." },
    { "pool", OP_ARG_TEXT, FALSE, "where its volumes are made" },
    { "property", OP_ARG_LIST, FALSE, "NAME=VALUE, set from the beginning" },
    { NULL },
};

const struct op_row op_create = {
    .name = "create",
    .label = "Create a qube",
    .doing = "creating",
    .done = "created",
    .help = "Make a new qube with its volumes.",
    .method = "admin.vm.Create",
    .classes = CLASS_ADMIN,
    .states = ~0u,
    .system = TRUE,
    .maker_of = "name",
    .offline = TRUE,
    .command = "create {name}",
    .confirm = CONFIRM_L0,
    .args = args,
    .writes_store = TRUE,
    .deadline_ms = DEADLINE_MS,
    .fits = create_fits,
    .prepare = create_prepare,
    .look = birth_look,
    .run = birth_make,
    .apply = birth_enter,
    .clear = birth_clear,
};
