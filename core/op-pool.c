/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools of the store: made, set up, taken out (spec/storage.md 1.8, 1.10). None of these
 * deletes what is in one. */
#include "config.h"

#include "core/op-edit.h"

#include <string.h>

#include "core/foreign.h"
#include "core/model-private.h"
#include "core/pool-use.h"
#include "storage/pool.h"
#include "util/error.h"
#include "util/near.h"
#include "util/text.h"

#define DEADLINE_MS 60000
#define PARAMS_MAX 16

/* --- parameters as they are typed --- */

/* "dir_path=/a" and more, in lines, or with blanks between. */
struct given {
    char **texts;
    struct pool_param params[PARAMS_MAX + 1];
};

static void given_free(struct given *given)
{
    g_strfreev(given->texts);
    g_free(given);
}
AUTO_DEFINE(given, struct given, given_free)

static gboolean is_plain(const char *text)
{
    while (*text && g_ascii_isprint(*text))
        text++;
    return *text == '\0';
}

/* Into the part of it that is before the sign, which goes. A word that is none begins a line
 * behind one that is. */
static gboolean param_read(char *text, struct pool_param *param, GError **error)
{
    const char *stray = strchr(text, '\n');
    char *equals = stray ? NULL : strchr(text, '=');
    g_autofree char *shown = NULL;

    if (equals && equals != text && is_plain(text)) {
        *equals = '\0';
        *param = (struct pool_param){text, equals + 1};
        return TRUE;
    }
    shown = text_sanitise_value(stray ? stray + 1 : text, -1);
    error_set(error, QMC_ERROR_INVALID, "for example: dir_path=/var/lib/big",
              equals && equals != text ? "'%s' has characters other than printable ASCII"
                                       : "'%s' is no parameter with its value", shown);
    return FALSE;
}

static struct given *given_new(const char *text, GError **error)
{
    auto_of(given) struct given *given = g_new0(struct given, 1);
    guint n = 0;

    given->texts = g_regex_split_simple("\\s+(?=[a-z_]+=)", text, 0, 0);
    for (; given->texts[n] && n < PARAMS_MAX; n++)
        if (!param_read(g_strstrip(given->texts[n]), &given->params[n], error))
            return NULL;
    if (!given->texts[n])
        return g_steal_pointer(&given);
    error_set(error, QMC_ERROR_INVALID, NULL, "those are too many parameters");
    return NULL;
}

/* --- add --- */

static char *driver_names(void)
{
    GString *names = g_string_new(NULL);

    for (const struct driver *const *driver = driver_all(); *driver; driver++)
        g_string_append_printf(names, "%s%s", names->len ? ", " : "", (*driver)->name);
    return g_string_free(names, FALSE);
}

static gboolean driver_check(const char *name, GError **error)
{
    g_autofree char *names = driver_names(), *hint = NULL, *shown = NULL;

    if (driver_find(name))
        return TRUE;
    hint = g_strdup_printf("choose one of these: %s", names);
    shown = text_sanitise_value(name, -1);
    if (driver_is_foreign(name))
        error_set(error, QMC_ERROR_UNSUPPORTED, hint,
                  "qmc does not work with pools of the driver '%s' yet", shown);
    else
        error_set(error, QMC_ERROR_NOTFOUND, hint, "there is no storage driver '%s'",
                  shown);
    return FALSE;
}

/* Its volumes would be those of the other one. */
static gboolean place_check(const struct model *model, const struct pool *pool,
                            GError **error)
{
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *other = model->pools->pdata[i];

        if (!other->pool || !pool_same_place(other->pool, pool))
            continue;
        error_set(error, QMC_ERROR_EXISTS, "use that one, or choose another place",
                  "pool '%s' would be in the place of pool '%s'", pool_name(pool),
                  other->name);
        return FALSE;
    }
    return TRUE;
}

/* What the arguments ask for; NULL: it cannot be. */
static struct pool *asked_pool(const struct model *model, const char *root,
                               GHashTable *args, GError **error)
{
    auto_of(given) struct given *given = given_new(edit_arg(args, "parameters"), error);
    auto_of(pool) struct pool *pool =
        given ? pool_new(edit_arg(args, "name"), edit_arg(args, "driver"), root,
                         given->params, error)
              : NULL;

    if (!pool || !place_check(model, pool, error))
        return NULL;
    return g_steal_pointer(&pool);
}

static gboolean add_fits(const struct model *model, const struct qube *dom0,
                         GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "name"), *driver = edit_arg(args, "driver");
    auto_of(pool) struct pool *pool = NULL;

    if (name && !pool_name_check(name, error))
        return FALSE;
    if (name && model_pool(model, name)) {
        error_set(error, QMC_ERROR_EXISTS, "choose another name",
                  "there is a pool '%s' already", name);
        return FALSE;
    }
    if (driver && !driver_check(driver, error))
        return FALSE;
    if (!name || !driver || !edit_arg(args, "parameters"))
        return TRUE;
    pool = asked_pool(model, "", args, error);
    return pool != NULL;
}

/* "in '/var/lib/big'", or what it is called there; caller frees. */
static char *place_words(const struct pool *pool)
{
    GString *text = g_string_new(NULL);

    for (const char *const *name = pool_driver(pool)->required; *name; name++)
        g_string_append_printf(text, "%s%s %s", text->len ? ", " : "", *name,
                               pool_param(pool, *name));
    return g_string_free(text, FALSE);
}

struct adding {
    struct pool *pool;
    GPtrArray *others; /* struct pool, each that there is */
};

static void pool_drop(gpointer pool)
{
    pool_unref(pool);
}

static GPtrArray *all_pools(const struct model *model)
{
    GPtrArray *pools = g_ptr_array_new_with_free_func(pool_drop);

    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        if (entry->pool)
            g_ptr_array_add(pools, pool_ref(entry->pool));
    }
    return pools;
}

static gboolean add_prepare(struct op *op, GError **error)
{
    const struct model *model = engine_model(op->engine);
    struct pool *pool = asked_pool(model, engine_root(op->engine), op->args, error);
    struct adding *adding = g_new(struct adding, 1);
    g_autofree char *place = NULL;

    *adding = (struct adding){pool, all_pools(model)};
    op->data = adding;
    if (!pool)
        return FALSE;
    place = place_words(pool);
    op_plan(op, "set up pool %s of driver %s: %s", pool_name(pool), pool_driver(pool)->name,
            place);
    op_plan(op, "write it to the store");
    return TRUE;
}

static gboolean undo_setup(gpointer made, GError **error)
{
    pool_setup_undo(made);
    return TRUE;
}

static void made_free(gpointer made)
{
    g_ptr_array_unref(made);
}

static gboolean add_run(struct op *op, GError **error)
{
    const struct adding *adding = op->data;
    struct pool *pool = adding->pool;
    GPtrArray *made = NULL;

    op_step(op, "pool %s set up", pool_name(pool));
    if (!pool_setup_anew(pool, &made, error))
        return FALSE;
    op_push_undo(op, "what the set-up made", undo_setup, made, made_free);
    /* What it is by the disk is known now that it is there. */
    if (!pool_check_place(pool, adding->others, error))
        return FALSE;
    op_set_result(op, "pool %s is there", pool_name(pool));
    return TRUE;
}

/* Releases of before 4.3 read every text of it as true. */
static const char *flag_text(const struct model *model, gboolean on)
{
    return on ? "True" : model->old ? NULL : "False";
}

/* As upstream's writer has them: what is not said is the default, in words. */
static void put_optional(struct pool_entry *entry, const struct model *model,
                         const struct pool *pool)
{
    const char *const *names = pool_driver(pool)->optional;

    if (g_strv_contains(names, "revisions_to_keep")) {
        g_autofree char *keep = g_strdup_printf("%d", pool_revisions_to_keep(pool));

        pool_entry_set(entry, "revisions_to_keep", keep);
    }
    if (g_strv_contains(names, "ephemeral_volatile"))
        pool_entry_set(entry, "ephemeral_volatile",
                       flag_text(model, pool_ephemeral_volatile(pool)));
}

static gboolean add_apply(struct op *op, GError **error)
{
    const struct pool *pool = ((const struct adding *)op->data)->pool;
    const struct driver *driver = pool_driver(pool);
    struct pool_entry *entry = pool_entry_new(pool_name(pool), driver->name);

    pool_entry_set(entry, "name", pool_name(pool));
    for (const char *const *name = driver->required; *name; name++)
        pool_entry_set(entry, *name, pool_param(pool, *name));
    pool_entry_set(entry, "driver", driver->name);
    put_optional(entry, engine_model(op->engine), pool);
    g_ptr_array_add(engine_model(op->engine)->pools, entry);
    op->reread = TRUE; /* qubes may have named it before */
    return TRUE;
}

static void add_clear(struct op *op)
{
    struct adding *adding = op->data;

    if (adding->pool)
        pool_unref(adding->pool);
    g_ptr_array_unref(adding->others);
    g_free(adding);
}

static char *named_object(const struct qube *dom0, GHashTable *args)
{
    const char *name = edit_arg(args, "name");

    return g_strdup(name ? name : "");
}

/* --- set --- */

static const char *const settings[] = {"revisions_to_keep", "ephemeral_volatile", NULL};

static gboolean setting_check(const struct pool_entry *entry, const char *name,
                              GError **error)
{
    g_autofree char *shown = NULL;

    if (g_strv_contains(settings, name) &&
        g_strv_contains(pool_driver(entry->pool)->optional, name))
        return TRUE;
    shown = text_sanitise_value(name, -1);
    if (g_strv_contains(settings, name))
        error_set(error, QMC_ERROR_UNSUPPORTED, NULL, "pools of driver '%s' have no '%s'",
                  entry->driver, shown);
    else
        error_set(error, QMC_ERROR_INVALID, "it is revisions_to_keep or ephemeral_volatile",
                  "a pool has no setting '%s'", shown);
    return FALSE;
}

/* The pool as it would be; NULL: that is no value. */
static struct pool *changed_pool(const struct pool_entry *entry, const char *name,
                                 const char *value, GError **error)
{
    struct pool_param params[PARAMS_MAX + 1] = {{NULL}};
    guint n = 0;

    for (guint i = 0; i < entry->attrs->len && n + 1 < PARAMS_MAX; i++) {
        const struct pair *pair = &g_array_index(entry->attrs, struct pair, i);

        if (!g_str_equal(pair->name, "name") && !g_str_equal(pair->name, "driver") &&
            !g_str_equal(pair->name, name))
            params[n++] = (struct pool_param){pair->name, pair->value};
    }
    params[n] = (struct pool_param){name, value};
    return pool_new(entry->name, entry->driver, "", params, error);
}

/* As it is written. */
static char *stored_text(const struct pool *pool, const char *name)
{
    if (g_str_equal(name, "revisions_to_keep"))
        return g_strdup_printf("%d", pool_revisions_to_keep(pool));
    return g_strdup(pool_ephemeral_volatile(pool) ? "True" : "False");
}

/* What has no number of its own follows the pool, and what keeps none is changed in place:
 * not under a qube that runs. */
static gboolean followers_check(const struct model *model, const struct pool_entry *entry,
                                const struct pool *then, GError **error)
{
    g_autoptr(GArray) shares = pool_shares(model, entry->name);

    if ((pool_revisions_to_keep(entry->pool) == -1) == (pool_revisions_to_keep(then) == -1))
        return TRUE;
    for (guint i = 0; i < shares->len; i++) {
        const struct pool_share *share = &g_array_index(shares, struct pool_share, i);

        if (share->qube->state == POWER_HALTED ||
            volume_config_get(share->config, "revisions_to_keep"))
            continue;
        error_set(error, QMC_ERROR_STATE, "shut it down first",
                  "cannot change how pool '%s' keeps revisions: volume '%s:%s' follows it, "
                  "and is in use", entry->name, share->qube->name, share->config->name);
        return FALSE;
    }
    return TRUE;
}

static gboolean set_fits(const struct model *model, const struct qube *dom0,
                         GHashTable *args, GError **error)
{
    const char *pool = edit_arg(args, "pool"), *name = edit_arg(args, "name");
    const char *value = edit_arg(args, "value");
    const struct pool_entry *entry = pool ? pool_entry_usable(model, pool, error) : NULL;
    auto_of(pool) struct pool *then = NULL;

    if (!entry || !name)
        return !pool || entry;
    if (!setting_check(entry, name, error))
        return FALSE;
    if (!value)
        return TRUE;
    then = changed_pool(entry, name, value, error);
    return then && followers_check(model, entry, then, error);
}

static gboolean set_prepare(struct op *op, GError **error)
{
    const char *name = op_text(op, "name");
    const struct pool_entry *entry =
        model_pool(engine_model(op->engine), op_text(op, "pool"));
    auto_of(pool) struct pool *then = changed_pool(entry, name, op_text(op, "value"), error);
    g_autofree char *now = stored_text(entry->pool, name);
    g_autofree char *text = then ? stored_text(then, name) : NULL;
    struct edit edit = {.same = g_strcmp0(now, text) == 0};

    if (!then)
        return FALSE;
    edit.step = edit.same ? g_strdup_printf("%s of pool %s is %s", name, entry->name, text)
                          : g_strdup_printf("%s of pool %s was %s, becomes %s", name,
                                            entry->name, now, text);
    edit.result = g_strdup_printf("%s of pool %s is %s", name, entry->name, text);
    return edit_prepare(op, &edit, error);
}

static gboolean set_apply(struct op *op, GError **error)
{
    struct pool_entry *entry = model_pool(engine_model(op->engine), op_text(op, "pool"));
    auto_of(pool) struct pool *then =
        changed_pool(entry, op_text(op, "name"), op_text(op, "value"), error);
    const char *name = op_text(op, "name");
    g_autofree char *text = then ? stored_text(then, name) : NULL;
    const char *written = text;

    if (!then)
        return FALSE;
    if (edit_is_same(op))
        return TRUE;
    if (!g_str_equal(name, "revisions_to_keep"))
        written = flag_text(engine_model(op->engine), pool_ephemeral_volatile(then));
    pool_entry_set(entry, name, written);
    op->reread = TRUE; /* its volumes may follow it */
    return TRUE;
}

/* --- rm --- */

/* The next step to where nobody uses it. */
static char *leave_hint(const struct model *model, const char *name)
{
    g_autoptr(GArray) shares = pool_shares(model, name);
    g_autoptr(GPtrArray) defaults = pool_defaults(model, name);
    const char *first;

    if (shares->len > 0)
        return g_strdup_printf("'qmc pool info %s' lists them; remove those qubes, or clone "
                               "them into another pool, first", name);
    first = defaults->pdata[0];
    return model_global_is_explicit(model, first)
               ? g_strdup_printf("first: qmc global --unset %s", first)
               : g_strdup_printf("first: qmc global %s POOL", first);
}

static gboolean rm_fits(const struct model *model, const struct qube *dom0,
                        GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "pool");
    const struct pool_entry *entry = name ? pool_entry_named(model, name, error) : NULL;
    g_autofree char *user = NULL, *hint = NULL;

    if (!entry)
        return !name;
    user = pool_in_use(model, name);
    if (!user)
        return TRUE;
    hint = leave_hint(model, name);
    error_set(error, QMC_ERROR_STATE, hint, "pool '%s' is in use: %s", name, user);
    return FALSE;
}

static gboolean rm_prepare(struct op *op, GError **error)
{
    const char *name = op_text(op, "pool");
    const struct pool_entry *entry = model_pool(engine_model(op->engine), name);
    g_autofree char *place = entry->pool ? place_words(entry->pool) : NULL;
    struct edit edit = {
        .step = g_strdup_printf("pool %s taken out of the store", name),
        .result = g_strdup_printf("there is no pool %s any more%s%s", name,
                                  place ? "; nothing was deleted: " : "",
                                  place ? place : ""),
    };

    return edit_prepare(op, &edit, error);
}

static gboolean rm_apply(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);

    op->reread = TRUE; /* what was kept with it goes too */
    g_ptr_array_remove(model->pools, model_pool(model, op_text(op, "pool")));
    return TRUE;
}

static char *pool_object(const struct qube *dom0, GHashTable *args)
{
    const char *name = edit_arg(args, "pool");

    return g_strdup(name ? name : "");
}

static const char *rm_verb(const struct qube *dom0, GHashTable *args)
{
    return "Remove pool";
}

/* --- rows --- */

static const struct op_arg add_args[] = {
    { "name", OP_ARG_TEXT, TRUE, "name of the pool" },
    { "driver", OP_ARG_TEXT, TRUE, "file-reflink, lvm_thin ..." },
    { "parameters", OP_ARG_LIST, TRUE, "of its driver: dir_path=/var/lib/big ..." },
    { NULL },
};

static const struct op_arg set_args[] = {
    { "pool", OP_ARG_TEXT, TRUE, "name of the pool" },
    { "name", OP_ARG_TEXT, TRUE, "revisions_to_keep or ephemeral_volatile" },
    { "value", OP_ARG_TEXT, TRUE, "a number, or True or False" },
    { NULL },
};

static const struct op_arg rm_args[] = {
    { "pool", OP_ARG_TEXT, TRUE, "name of the pool" },
    { NULL },
};

#define POOL_EDIT                                                              \
    .classes = CLASS_ADMIN, .states = EDIT_STATES, .system = TRUE,             \
    .offline = TRUE, .writes_store = TRUE

const struct op_row op_pool_add = {
    .name = "pool-add",
    .label = "Add a pool",
    .phrase = "add a pool",
    .doing = "adding a pool",
    .done = "pool added",
    .help = "Make a place where volumes can be.",
    .method = "admin.pool.Add",
    .command = "pool add {name} {driver} {parameters}",
    .confirm = CONFIRM_L0,
    .args = add_args,
    .deadline_ms = DEADLINE_MS,
    .fits = add_fits,
    .prepare = add_prepare,
    .run = add_run,
    .apply = add_apply,
    .clear = add_clear,
    .object = named_object,
    POOL_EDIT,
};

const struct op_row op_pool_set = {
    .name = "pool-set",
    .label = "Set up a pool",
    .phrase = "set up a pool",
    .doing = "setting up a pool",
    .done = "pool set up",
    .help = "How many revisions its volumes keep, whether scratch ones are encrypted.",
    .method = "admin.pool.Set.revisions_to_keep",
    .command = "pool set {pool} {name} {value}",
    .confirm = CONFIRM_L0,
    .args = set_args,
    .deadline_ms = EDIT_DEADLINE_MS,
    .fits = set_fits,
    .prepare = set_prepare,
    .run = edit_run,
    .apply = set_apply,
    .clear = edit_clear,
    .object = pool_object,
    POOL_EDIT,
};

const struct op_row op_pool_rm = {
    .name = "pool-rm",
    .label = "Remove a pool",
    .phrase = "remove a pool",
    .doing = "removing a pool",
    .done = "pool removed",
    .help = "Take a pool that nobody uses out of the store; what is in it stays.",
    .method = "admin.pool.Remove",
    .command = "pool rm {pool}",
    .confirm = CONFIRM_L3,
    .consequence = "no qube can use it then; nothing in it is deleted",
    .args = rm_args,
    .deadline_ms = EDIT_DEADLINE_MS,
    .fits = rm_fits,
    .prepare = rm_prepare,
    .verb = rm_verb,
    .run = edit_run,
    .apply = rm_apply,
    .clear = edit_clear,
    .object = pool_object,
    POOL_EDIT,
};
