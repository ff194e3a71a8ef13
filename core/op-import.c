/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A store of Qubes 2 or 3 in the place of the present one, and the rules of its
 * qubes (spec/qubes-xml.md 7). */
#include "config.h"

#include "core/op-xml.h"

#include "core/engine-private.h"
#include "core/import.h"
#include "core/weigh.h"

#define DEADLINE_MS 60000
#define NOTES_MAX 200 /* as steps; the rest is counted */

#define TAIL "the present store becomes one of the copies; no volume is touched"

struct importing {
    struct put put;
    char *file;
    gboolean pv;
    struct import *import; /* NULL: not read yet */
};

static gboolean import_prepare(struct op *op, GError **error)
{
    struct importing *importing = g_new0(struct importing, 1);

    put_init(&importing->put, op);
    importing->put.foreign = TRUE;
    importing->file = g_strdup(op_text(op, "file"));
    importing->pv = op_bool(op, "pv");
    op->data = importing;
    op_plan(op, "put what '%s' becomes in the place of the store", importing->file);
    put_plan(op);
    return TRUE;
}

static gboolean import_weigh(const char *root, GHashTable *args, GError **error)
{
    auto_of(import) struct import *import =
        import_read(g_hash_table_lookup(args, "file"), root, op_args_bool(args, "pv"), error);
    auto_of(store_reading) struct store_reading *other =
        import ? store_reading_new_bytes(root, import->bytes, error) : NULL;

    if (other)
        put_weigh(root, args, other, TRUE);
    return other != NULL;
}

static enum confirm import_strength(const struct model *model, const struct qube *qube,
                                    GHashTable *args)
{
    return put_over(args) ? CONFIRM_L3 : put_strength(args, CONFIRM_L1);
}

static char *import_stake(const struct model *model, const struct qube *qube,
                          GHashTable *args)
{
    return put_stake(args, put_over(args) ? TAIL : "no volume is touched");
}

static gboolean import_file(struct importing *importing, GError **error)
{
    importing->import =
        import_read(importing->file, importing->put.root, importing->pv, error);
    return importing->import != NULL;
}

static struct store_reading *import_reading(const struct importing *importing,
                                            GError **error)
{
    return store_reading_new_bytes(importing->put.root, importing->import->bytes, error);
}

static gboolean import_look(struct op *op, GError **error)
{
    struct importing *importing = op->data;
    auto_of(store_reading) struct store_reading *other =
        import_file(importing, error) ? import_reading(importing, error) : NULL;

    return other && put_check_guests(op, &importing->put, other, error);
}

/* Run. */

static void tell_note(struct op *op, const struct import_note *note)
{
    g_autofree char *from = note->from ? g_strdup_printf(" '%s'", note->from) : NULL;
    g_autofree char *to = note->to ? g_strdup_printf(" to '%s'", note->to) : NULL;

    op_step(op, "%s: %s%s %s%s%s%s", note->qube ? note->qube : "system", note->what,
            from ? from : "", import_deed_word(note->deed), to ? to : "",
            note->why ? ": " : "", note->why ? note->why : "");
}

/* What was taken as it was is no news. */
static void tell_notes(struct op *op, const struct import *import)
{
    guint told = 0;

    for (guint i = 0; i < import->notes->len; i++) {
        const struct import_note *note = import->notes->pdata[i];

        if (note->deed != IMPORT_TAKEN && told++ < NOTES_MAX)
            tell_note(op, note);
    }
    if (told > NOTES_MAX)
        op_step(op, "%u more; 'qmc xml import --dry-run' has them all", told - NOTES_MAX);
}

static gboolean undo_rules(gpointer data, GError **error)
{
    import_unwrite_rules(data);
    return TRUE;
}

static gboolean write_rules(struct op *op, struct importing *importing, GError **error)
{
    op_step(op, "firewall rules written");
    op_push_undo(op, "the firewall rules", undo_rules, importing->import, NULL);
    return import_write_rules(importing->import, importing->put.root, error);
}

static gboolean write_store(struct op *op, struct importing *importing, GError **error)
{
    const char *root = importing->put.root;
    auto_of(store_reading) struct store_reading *other = import_reading(importing, error);

    return other && import_make_place(root, error) &&
           put_run(op, &importing->put, other, error);
}

static gboolean import_run(struct op *op, GError **error)
{
    struct importing *importing = op->data;
    const char *kept = NULL;
    g_autofree char *former = NULL;

    op_step(op, "old store read");
    if (!import_look(op, error) || !write_rules(op, importing, error) ||
        !write_store(op, importing, error))
        return FALSE;
    tell_notes(op, importing->import);
    kept = importing->put.kept;
    former = kept ? g_path_get_basename(kept) : NULL;
    op_set_result(op, "%u qubes imported%s%s%s", import_qubes(importing->import),
                  kept ? "; the former one is '" : "", kept ? former : "",
                  kept ? "'" : "");
    return TRUE;
}

static void import_clear(struct op *op)
{
    struct importing *importing = op->data;

    put_clear(&importing->put);
    import_free(importing->import);
    g_free(importing->file);
    g_free(importing);
}

static char *import_object(const struct qube *qube, GHashTable *args)
{
    return g_path_get_basename(g_hash_table_lookup(args, "file"));
}

const struct import *op_import(const struct op *op)
{
    return ((const struct importing *)op->data)->import;
}

static const struct op_arg import_args[] = {
    { "file", OP_ARG_TEXT, TRUE, "a qubes.xml of Qubes 2 or 3" },
    { "pv", OP_ARG_BOOL, FALSE, "qubes that were paravirtualised stay so" },
    { NULL },
};

const struct op_row op_xml_import = {
    .name = "xml-import",
    .label = "Import",
    .phrase = "import a store",
    .doing = "importing the store",
    .done = "imported",
    .help = "Make a store of one of Qubes 2 or 3.",
    .command = "xml import {file}",
    .classes = CLASS_ADMIN,
    .damaged = TRUE,
    .states = ~0u,
    .lengthy = TRUE,
    .system = TRUE,
    .unread = TRUE,
    .offline = TRUE,
    .puts_store = TRUE,
    .confirm = CONFIRM_L3,
    .consequence = TAIL,
    .args = import_args,
    .deadline_ms = DEADLINE_MS,
    .weigh = import_weigh,
    .strength = import_strength,
    .stake = import_stake,
    .prepare = import_prepare,
    .look = import_look,
    .run = import_run,
    .clear = import_clear,
    .object = import_object,
};
