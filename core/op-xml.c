/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An earlier store in the place of the present one (spec/qubes-xml.md 6.5). */
#include "config.h"

#include "core/op-xml.h"

#include <string.h>

#include "core/engine-private.h"
#include "core/layout.h"
#include "core/store-stake.h"
#include "core/weigh.h"
#include "hv/hv.h"
#include "util/error.h"
#include "util/file.h"

#define DEADLINE_MS 60000
#define CLAUSE_MAX 120

#define GONE WEIGHED("gone")
#define THERE WEIGHED("there") /* reads, broken; not there: there is none */

/* Another store in the place of the present one. */

void put_init(struct put *put, struct op *op)
{
    put->root = g_strdup(engine_root(op->engine));
    put->gone = g_strdup(op_text(op, GONE));
}

void put_clear(struct put *put)
{
    g_free(put->root);
    g_free(put->gone);
    g_clear_pointer(&put->bytes, g_bytes_unref);
    g_free(put->kept);
}

static char *lines_of(const struct store_stake *stake, enum stake_kind kind)
{
    const GPtrArray *items = stake->items[kind];
    GString *lines = g_string_new(NULL);

    for (guint i = 0; i < items->len; i++) {
        g_autofree char *text = stake_item_text(kind, items->pdata[i]);

        g_string_append_printf(lines, "%s%s", i ? "\n" : "", text);
    }
    return g_string_free(lines, FALSE);
}

/* What must be the same when it is done. The disk may have changed, the import itself
 * writes to it. */
static char *gone_of(const struct store_stake *stake)
{
    g_autofree char *damaged = lines_of(stake, STAKE_DAMAGED);
    g_autofree char *lost = lines_of(stake, STAKE_LOST), *other = lines_of(stake, STAKE_OTHER);

    return g_strjoin("\n\n", damaged, lost, other, NULL);
}

/* "'a', 'b' and 3 more" of lines: the first, and what fits with it. */
static char *some_of(const char *lines, gsize most)
{
    g_auto(GStrv) texts = g_strsplit(lines, "\n", -1); /* of none: none */
    guint n = g_strv_length(texts), i = 0;
    GString *text = g_string_new(NULL);

    for (; i < n && (i == 0 || text->len + strlen(texts[i]) < most); i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "", texts[i]);
    if (i < n)
        g_string_append_printf(text, " and %u more", n - i);
    return g_string_free(text, FALSE);
}

static void note(GHashTable *args, const char *name, char *value)
{
    g_hash_table_insert(args, g_strdup(name), value);
}

static char *key_of(enum stake_kind kind)
{
    return g_strconcat(WEIGHED("stake-"), stake_kind_word(kind), NULL);
}

void put_weigh(const char *root, GHashTable *args, const struct store_reading *other,
               gboolean foreign)
{
    g_autofree char *store = layout_path(root, LAYOUT_STORE);
    auto_of(store_reading) struct store_reading *present =
        store_reading_new(root, store, NULL);
    auto_of(store_stake) struct store_stake *stake =
        store_stake_new(root, present, other, foreign);

    note(args, GONE, gone_of(stake));
    for (guint i = 0; i < STAKE_KINDS; i++)
        if (stake->items[i]->len > 0 && (present || i != STAKE_GOT))
            g_hash_table_insert(args, key_of(i), lines_of(stake, i));
    if (present || g_file_test(store, G_FILE_TEST_EXISTS))
        note(args, THERE, g_strdup(present ? "reads" : "broken"));
}

static const char *weighed(GHashTable *args, const char *name)
{
    return args ? g_hash_table_lookup(args, name) : NULL;
}

gboolean put_over(GHashTable *args)
{
    return weighed(args, THERE) != NULL;
}

static const char *weighed_kind(GHashTable *args, enum stake_kind kind)
{
    g_autofree char *key = key_of(kind);

    return weighed(args, key);
}

enum confirm put_strength(GHashTable *args, enum confirm otherwise)
{
    gboolean grave = !weighed(args, GONE);

    for (guint i = 0; i < STAKE_KINDS; i++)
        grave = grave || (stake_kind_grave(i) && weighed_kind(args, i));
    return grave ? CONFIRM_L3 : otherwise;
}

/* Also what cannot be known. */
static void add_state(GPtrArray *clauses, GHashTable *args, gboolean comes_or_goes)
{
    const char *state = NULL;

    if (!put_over(args))
        state = "there is no store now";
    else if (g_str_equal(weighed(args, THERE), "broken"))
        state = "the present store cannot be read, so nobody knows what it has more";
    else if (!comes_or_goes)
        state = "no qube comes or goes";
    if (state)
        g_ptr_array_add(clauses, g_strdup(state));
}

static gboolean comes_or_goes(GHashTable *args)
{
    return weighed_kind(args, STAKE_LOST) || weighed_kind(args, STAKE_OTHER) ||
           weighed_kind(args, STAKE_RENAMED) || weighed_kind(args, STAKE_GOT);
}

/* "the store loses 'a', 'b'; the store gets 'c'" */
static char *put_clause(GHashTable *args)
{
    g_autoptr(GPtrArray) clauses = g_ptr_array_new_with_free_func(g_free);

    add_state(clauses, args, comes_or_goes(args));
    for (guint i = 0; i < STAKE_KINDS; i++) {
        const char *lines = weighed_kind(args, i);
        g_autofree char *some = lines ? some_of(lines, CLAUSE_MAX) : NULL;

        if (some)
            g_ptr_array_add(clauses, stake_kind_clause(i, some));
    }
    g_ptr_array_add(clauses, NULL);
    return g_strjoinv("; ", (char **)clauses->pdata);
}

char *put_stake(GHashTable *args, const char *tail)
{
    g_autofree char *clause = weighed(args, GONE) ? put_clause(args) : NULL;

    return clause ? g_strdup_printf("%s; %s", clause, tail) : g_strdup(tail);
}

void put_plan(struct op *op)
{
    for (guint i = 0; i < STAKE_KINDS; i++) {
        g_autofree char *key = key_of(i), *all = NULL, *clause = NULL;
        const char *lines = op_text(op, key);

        if (!lines)
            continue;
        all = some_of(lines, G_MAXSIZE);
        clause = stake_kind_clause(i, all);
        op_plan(op, "%s", clause);
    }
}

static gboolean put_as_asked(const struct put *put, const char *store,
                             const struct store_reading *other, GError **error)
{
    auto_of(store_reading) struct store_reading *present =
        store_reading_new(put->root, store, NULL);
    auto_of(store_stake) struct store_stake *stake =
        store_stake_new(put->root, present, other, put->foreign);
    g_autofree char *gone = gone_of(stake);

    if (!put->gone || g_str_equal(gone, put->gone))
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "ask again: other qubes would be lost now",
              "'%s' was changed since it was asked what it would lose", store);
    return FALSE;
}

static gboolean refuse_guest(const struct hv_domain *domain, const char *as,
                             GError **error)
{
    g_autofree char *hint = g_strdup_printf(
        "shut it down first: qmc stop %s, or: virsh shutdown %s", domain->name, domain->uuid);

    error_set(error, QMC_ERROR_STATE, hint,
              "'%s' is running with the UUID %s, and in the other store %s", domain->name,
              domain->uuid, as);
    return FALSE;
}

/* present: NULL if it does not read, or another name is no news. */
static gboolean guest_fits(const struct hv_domain *domain, const struct model *present,
                           const struct model *other, GError **error)
{
    const struct qube *named = model_qube_named(other, domain->name);
    const struct qube *was = present ? model_qube(present, domain->uuid) : NULL;
    const struct qube *is = model_qube(other, domain->uuid);
    g_autofree char *as = NULL;

    if (g_str_equal(domain->uuid, DOM0_UUID))
        return TRUE;
    if (named && !named->nameless && g_ascii_strcasecmp(named->uuid, domain->uuid) != 0)
        as = g_strdup_printf("that name has %s", named->uuid);
    else if (is && was && g_str_equal(was->name, domain->name) &&
             !g_str_equal(is->name, domain->name))
        as = g_strdup_printf("that is '%s'", is->name);
    return !as || refuse_guest(domain, as, error);
}

gboolean put_check_guests(struct op *op, const struct put *put,
                          const struct store_reading *other, GError **error)
{
    struct hv *hv = engine_hv(op->engine);
    struct hv_snapshot *snapshot = hv_offline(hv) ? NULL : hv_snapshot(hv, NULL);
    g_autofree char *store = layout_path(put->root, LAYOUT_STORE);
    auto_of(store_reading) struct store_reading *present =
        snapshot ? store_reading_new(put->root, store, NULL) : NULL;
    gboolean fits = TRUE;

    for (guint i = 0; snapshot && fits && i < snapshot->domains->len; i++)
        fits = guest_fits(&g_array_index(snapshot->domains, struct hv_domain, i),
                          present ? present->model : NULL, other->model, error);
    hv_snapshot_free(snapshot);
    return fits;
}

static gboolean put_undo(gpointer data, GError **error)
{
    const struct put *put = data;

    return store_put_back(put->root, put->bytes, put->kept, error);
}

gboolean put_run(struct op *op, struct put *put, const struct store_reading *other,
                 GError **error)
{
    g_autofree char *store = layout_path(put->root, LAYOUT_STORE);
    struct file_stamp present;
    gboolean there = file_stamp_path(store, &present, NULL);

    op_step(op, "store replaced");
    if (!put_as_asked(put, store, other, error) ||
        !put_check_guests(op, put, other, error))
        return FALSE;
    put->bytes = store_reading_bytes(other);
    if (!store_put(put->root, put->bytes, there ? &present : NULL, &put->kept, error))
        return FALSE;
    op_push_undo(op, "the store", put_undo, put, NULL);
    return TRUE;
}

/* Restore. */

struct restoring {
    struct put put;
    char *copy; /* as given */
};

#define TAIL "the present store becomes one of the copies; no volume is touched: " \
             "those of qubes the copy does not have stay"

static gboolean restore_prepare(struct op *op, GError **error)
{
    struct restoring *restoring = g_new0(struct restoring, 1);

    put_init(&restoring->put, op);
    restoring->copy = g_strdup(op_text(op, "copy"));
    op->data = restoring;
    op_plan(op, "put '%s' in the place of the store, and that among its copies",
            restoring->copy);
    put_plan(op);
    return TRUE;
}

/* A copy that does not read is a failure, not a mistake of who named it. */
static struct store_reading *read_copy(const char *root, const char *copy, GError **error)
{
    g_autofree char *path = store_copy_path(root, copy, error);
    struct store_reading *reading = NULL;
    g_autoptr(GError) cause = NULL;

    if (!path)
        return NULL;
    reading = store_reading_new(root, path, &cause);
    if (!reading)
        error_set(error, error_is(cause, QMC_ERROR_INVALID)
                             ? QMC_ERROR_IO : (QmcErrorCode)cause->code,
                  error_hint(cause), "%s", cause->message);
    return reading;
}

static gboolean restore_weigh(const char *root, GHashTable *args, GError **error)
{
    auto_of(store_reading) struct store_reading *copy =
        read_copy(root, g_hash_table_lookup(args, "copy"), error);

    if (copy)
        put_weigh(root, args, copy, FALSE);
    return copy != NULL;
}

static enum confirm restore_strength(const struct model *model, const struct qube *qube,
                                     GHashTable *args)
{
    return put_strength(args, CONFIRM_L2);
}

static char *restore_stake(const struct model *model, const struct qube *qube,
                           GHashTable *args)
{
    return put_stake(args, TAIL);
}

static gboolean restore_look(struct op *op, GError **error)
{
    const struct restoring *restoring = op->data;
    auto_of(store_reading) struct store_reading *copy =
        read_copy(restoring->put.root, restoring->copy, error);

    return copy && put_check_guests(op, &restoring->put, copy, error);
}

static void restore_tell(struct op *op, const struct restoring *restoring)
{
    g_autofree char *name = g_path_get_basename(restoring->copy);
    const char *kept = restoring->put.kept;
    g_autofree char *former = kept ? g_path_get_basename(kept) : NULL;

    if (former)
        op_set_result(op, "the store is as in '%s'; the former one is '%s'", name, former);
    else
        op_set_result(op, "the store is as in '%s'; there was none", name);
}

/* Then there is nothing to keep a copy of. */
static gboolean restore_is_same(const struct restoring *restoring,
                                const struct store_reading *copy)
{
    g_autofree char *store = layout_path(restoring->put.root, LAYOUT_STORE);
    auto_of(store_reading) struct store_reading *present =
        store_reading_new(restoring->put.root, store, NULL);
    g_autoptr(GBytes) is = present ? store_reading_bytes(present) : NULL;
    g_autoptr(GBytes) wanted = store_reading_bytes(copy);

    return is && g_bytes_equal(is, wanted);
}

static gboolean restore_run(struct op *op, GError **error)
{
    struct restoring *restoring = op->data;
    auto_of(store_reading) struct store_reading *copy = NULL;

    op_step(op, "copy read");
    copy = read_copy(restoring->put.root, restoring->copy, error);
    if (copy && restore_is_same(restoring, copy)) {
        g_autofree char *name = g_path_get_basename(restoring->copy);

        op_set_result(op, "the store is as in '%s' already: nothing was changed", name);
        return TRUE;
    }
    if (!copy || !put_run(op, &restoring->put, copy, error))
        return FALSE;
    restore_tell(op, restoring);
    return TRUE;
}

static void restore_clear(struct op *op)
{
    struct restoring *restoring = op->data;

    put_clear(&restoring->put);
    g_free(restoring->copy);
    g_free(restoring);
}

static char *restore_object(const struct qube *qube, GHashTable *args)
{
    return g_path_get_basename(g_hash_table_lookup(args, "copy"));
}

static const struct op_arg restore_args[] = {
    { "copy", OP_ARG_TEXT, TRUE, "the id of a copy, or a file" },
    { NULL },
};

const struct op_row op_xml_restore = {
    .name = "xml-restore",
    .label = "Restore",
    .phrase = "restore a copy of the store",
    .doing = "restoring the store",
    .done = "restored",
    .help = "Put an earlier store in the place of the present one.",
    .command = "xml restore {copy}",
    .classes = CLASS_ADMIN,
    .damaged = TRUE,
    .states = ~0u,
    .system = TRUE,
    .unread = TRUE,
    .offline = TRUE,
    .puts_store = TRUE,
    .confirm = CONFIRM_L2,
    .consequence = TAIL,
    .args = restore_args,
    .deadline_ms = DEADLINE_MS,
    .weigh = restore_weigh,
    .strength = restore_strength,
    .stake = restore_stake,
    .prepare = restore_prepare,
    .look = restore_look,
    .run = restore_run,
    .clear = restore_clear,
    .object = restore_object,
};
