/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Items are kept as text one after another: nearly always both accounts are the same
 * bytes, and only where they are not is an entry taken apart. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/device-assignment.h"
#include "core/model-private.h"
#include "core/store-account.h"
#include "util/error.h"
#include "util/text.h"

#define OPEN "\001" /* as a value: whatever the text says; no XML has that character */

enum kind { CLASS, PROP, FEATURE, TAG, VOLUME, DEVICES, LABEL, POOL, KEPT, KINDS };

/* How an item is called, by name and part; the second if it has a part. */
static const struct {
    const char *whole, *part;
} phrases[KINDS] = {
    [CLASS] = { "class", NULL },
    [PROP] = { "property '%n'", NULL },
    [FEATURE] = { "feature '%n'", NULL },
    [TAG] = { "tag '%n'", NULL },
    [VOLUME] = { "volume '%n'", "'%p' of volume '%n'" },
    [DEVICES] = { "devices of class '%n'", NULL },
    [LABEL] = { "label '%n'", "'%p' of label '%n'" },
    [POOL] = { "pool '%n'", "'%p' of pool '%n'" },
    [KEPT] = { NULL, "what is not understood in '%n', '%p'," },
};

struct entry {
    char *name; /* of the qube; NULL: the system */
    gsize begin, end;
};

struct store_account {
    gboolean said;   /* of a text, not meant */
    gboolean counted;
    guint comments;  /* so many are meant, if they were counted */
    GArray *entries; /* struct entry */
    GString *text;   /* for each item: kind, name, part, value, each with its NUL */
};

static void entry_clear(gpointer data)
{
    g_free(((struct entry *)data)->name);
}

struct store_account *store_account_new(void)
{
    struct store_account *account = g_new0(struct store_account, 1);

    account->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    g_array_set_clear_func(account->entries, entry_clear);
    account->text = g_string_new(NULL);
    return account;
}

void store_account_free(struct store_account *account)
{
    g_array_unref(account->entries);
    g_string_free(account->text, TRUE);
    g_free(account);
}

/* Making. */

struct key {
    enum kind kind;
    const char *name, *part; /* "" for none */
};

static void put(GString *text, const char *bytes)
{
    g_string_append_len(text, bytes, (gssize)strlen(bytes) + 1);
}

static void item(struct store_account *account, const struct key *key, const char *value)
{
    g_string_append_c(account->text, (char)key->kind);
    put(account->text, key->name);
    put(account->text, key->part);
    put(account->text, value);
}

static void entry_begin(struct store_account *account, const char *name)
{
    struct entry entry = { g_strdup(name), account->text->len, 0 };

    g_array_append_val(account->entries, entry);
}

static void entry_end(struct store_account *account)
{
    g_array_index(account->entries, struct entry, account->entries->len - 1).end =
        account->text->len;
}

/* What the file says in another way stays so until the qube is written. */
static void props_account(struct store_account *account, const GArray *values,
                          gboolean written)
{
    for (guint i = 0; i < values->len; i++) {
        const struct prop_value *value = &g_array_index(values, struct prop_value, i);

        item(account, &(struct key){ PROP, value->name, "" },
             value->unsaid && !written && !account->said ? OPEN : value->text);
    }
}

static void features_account(struct store_account *account, const struct qube *qube)
{
    for (guint i = 0; i < qube->features->len; i++) {
        const struct pair *pair = &g_array_index(qube->features, struct pair, i);

        item(account, &(struct key){ FEATURE, pair->name, "" }, pair->value);
    }
}

static void tags_account(struct store_account *account, const struct qube *qube)
{
    for (guint i = 0; i < qube->tags->len; i++)
        item(account, &(struct key){ TAG, qube->tags->pdata[i], "" }, "");
}

/* One that the file did not name, as it is written. */
static void volume_made(struct store_account *account, const struct qube *qube,
                        const struct volume_config *config)
{
    const struct volume *volume = config->volume, *source = volume_source(volume);
    g_autofree char *keep = g_strdup_printf("%d", volume_revisions_to_keep(volume));
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, config->size);
    const struct {
        const char *attr, *value;
    } parts[] = {
        { "", "" },
        { "pool", config->pool },
        { "vid", volume_vid(volume) },
        { "revisions_to_keep", keep },
        { "rw", volume_rw(volume) ? "True" : "False" },
        { "save_on_stop", volume_save_on_stop(volume) ? "True" : "False" },
        { "snap_on_start", volume_snap_on_start(volume) ? "True" : "False" },
        { "size", config->size > 0 ? size : NULL },
        { "source", source ? volume_vid(source) : NULL },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i].value &&
            !store_flag_is_usual(qube, config->name, parts[i].attr, parts[i].value))
            item(account, &(struct key){ VOLUME, config->name, parts[i].attr },
                 parts[i].value);
}

static void volume_account(struct store_account *account, const struct qube *qube,
                           const struct volume_config *config, gboolean written)
{
    if (config->attrs->len == 0 && config->volume) {
        if (written)
            volume_made(account, qube, config);
        return;
    }
    if (config->attrs->len > 0)
        item(account, &(struct key){ VOLUME, config->name, "" }, "");
    for (guint i = 0; i < config->attrs->len; i++) {
        const struct pair *pair = &g_array_index(config->attrs, struct pair, i);

        if (!store_flag_is_usual(qube, config->name, pair->name, pair->value))
            item(account, &(struct key){ VOLUME, config->name, pair->name }, pair->value);
    }
}

/* Their order is that of the guest's bus, so it counts. */
static void device_account(GHashTable *classes, const struct device_assignment *device)
{
    GString *all = g_hash_table_lookup(classes, device->class);
    g_autofree char *name = device_assignment_name(device);

    if (!all) {
        all = g_string_new(NULL);
        g_hash_table_insert(classes, (gpointer)(gintptr)device->class, all);
    }
    g_string_append_printf(all, "%s%s %s %s", all->len ? ", " : "", name,
                           device->identity ? device->identity : "*",
                           device_mode_word(device->mode));
    for (guint i = 0; i < device->options->len; i++) {
        const struct pair *pair = &g_array_index(device->options, struct pair, i);

        g_string_append_printf(all, " %s=%s", pair->name, pair->value);
    }
    if (device->attrs)
        g_string_append_printf(all, " %s", device->attrs);
}

static void string_drop(gpointer data)
{
    g_string_free(data, TRUE);
}

static void devices_account(struct store_account *account, const struct qube *qube)
{
    g_autoptr(GHashTable) classes = NULL;
    GHashTableIter iter;
    gpointer class, all;

    if (qube->devices->len == 0)
        return;
    classes = g_hash_table_new_full(NULL, NULL, NULL, string_drop);
    for (guint i = 0; i < qube->devices->len; i++)
        device_account(classes, qube->devices->pdata[i]);
    g_hash_table_iter_init(&iter, classes);
    while (g_hash_table_iter_next(&iter, &class, &all))
        item(account, &(struct key){ DEVICES, class, "" }, ((GString *)all)->str);
}

/* Whether the item is there that some kept text is an attribute or a part of. */
static gboolean has_item(const struct qube *qube, const GArray *globals,
                         const struct raw_text *raw)
{
    if (!raw->at)
        return TRUE;
    if (g_str_equal(raw->parent, "property"))
        return prop_values_find(qube ? qube->props : globals, raw->at) != NULL;
    if (g_str_equal(raw->parent, "feature"))
        return qube && qube_feature(qube, raw->at);
    if (g_str_equal(raw->parent, "tag"))
        return qube && qube_has_tag(qube, raw->at);
    if (g_str_equal(raw->parent, "volume"))
        return qube && qube_volume(qube, raw->at);
    return TRUE;
}

/* An attribute by its name, of several the last counts; an element is itself. */
static void kept_account(struct store_account *account, const struct raw_text *raw)
{
    g_autofree char *part = NULL;

    if (raw->text[0] != ' ') {
        item(account, &(struct key){ KEPT, raw->parent, raw->text }, "");
        return;
    }
    part = g_strdup_printf(" %s %.*s", raw->at ? raw->at : "",
                           (int)strcspn(raw->text, "="), raw->text);
    item(account, &(struct key){ KEPT, raw->parent, part }, raw->text);
}

void store_account_qube(struct store_account *account, const struct qube *qube,
                        gboolean written)
{
    entry_begin(account, qube->name);
    item(account, &(struct key){ CLASS, "", "" }, qube->class_name);
    if (written && store_lacks_uuid(qube))
        item(account, &(struct key){ PROP, "uuid", "" }, qube->uuid);
    props_account(account, qube->props, written);
    features_account(account, qube);
    tags_account(account, qube);
    for (guint i = 0; i < qube->volumes->len; i++)
        volume_account(account, qube, &g_array_index(qube->volumes, struct volume_config, i),
                       written);
    devices_account(account, qube);
    for (guint i = 0; i < qube->raw->len; i++) {
        const struct raw_text *raw = qube->raw->pdata[i];

        if (!raw->devices && has_item(qube, NULL, raw))
            kept_account(account, raw);
    }
    entry_end(account);
}

static void labels_account(struct store_account *account, const struct model *model)
{
    for (guint i = 0; i < model->labels->len; i++) {
        const struct label *label = model->labels->pdata[i];
        g_autofree char *id = g_strdup_printf("label-%d", label->index);

        item(account, &(struct key){ LABEL, id, "name" }, label->name);
        item(account, &(struct key){ LABEL, id, "color" }, label->color ? label->color : "");
    }
}

static void pools_account(struct store_account *account, const struct model *model)
{
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        for (guint j = 0; j < entry->attrs->len; j++) {
            const struct pair *pair = &g_array_index(entry->attrs, struct pair, j);

            item(account, &(struct key){ POOL, entry->name, pair->name }, pair->value);
        }
    }
}

static gboolean system_has(const struct model *model, const struct raw_text *raw)
{
    if (raw->at && g_str_equal(raw->parent, "label"))
        return model_label(model, raw->at) != NULL;
    if (raw->at && g_str_equal(raw->parent, "pool"))
        return model_pool(model, raw->at) != NULL;
    return has_item(NULL, model->globals, raw);
}

void store_account_system(struct store_account *account, const struct model *model,
                          const GPtrArray *raw)
{
    entry_begin(account, NULL);
    labels_account(account, model);
    pools_account(account, model);
    props_account(account, model->globals, TRUE);
    for (guint i = 0; i < raw->len; i++)
        if (system_has(model, raw->pdata[i]))
            kept_account(account, raw->pdata[i]);
    entry_end(account);
}

/* '!' is rare in a store. */
guint store_comments(const char *text, gsize length)
{
    const char *end = text + length, *at = text;
    guint n = 0;

    for (; at < end && (at = memchr(at, '!', (gsize)(end - at))); at++)
        n += at > text && at[-1] == '<' && end - at > 2 && at[1] == '-' && at[2] == '-';
    return n;
}

void store_account_comments(struct store_account *account, guint comments)
{
    account->counted = TRUE;
    account->comments = comments;
}

/* Comparing. */

struct claim {
    struct key key;
    const char *value;
    guint place;
};

static const char *next(const char *text)
{
    return text + strlen(text) + 1;
}

static int key_compare(const struct key *one, const struct key *two)
{
    int order = (int)one->kind - (int)two->kind;

    if (order == 0)
        order = strcmp(one->name, two->name);
    return order ? order : strcmp(one->part, two->part);
}

/* Of several with one key the last is first. */
static int claim_compare(gconstpointer a, gconstpointer b)
{
    const struct claim *one = a, *two = b;
    int order = key_compare(&one->key, &two->key);

    return order ? order : (two->place > one->place) - (two->place < one->place);
}

/* An entry taken apart: struct claim, by key, each key once: the last one counts. */
static GArray *claims_new(const struct store_account *account, const struct entry *entry)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct claim));
    GArray *claims = g_array_new(FALSE, FALSE, sizeof(struct claim));
    const char *at = account->text->str + entry->begin;
    const char *end = account->text->str + entry->end;

    while (at < end) {
        struct claim claim = { .key = { (enum kind)*at, at + 1, NULL }, .place = all->len };

        claim.key.part = next(claim.key.name);
        claim.value = next(claim.key.part);
        at = next(claim.value);
        g_array_append_val(all, claim);
    }
    g_array_sort(all, claim_compare);
    for (guint i = 0; i < all->len; i++) {
        const struct claim *claim = &g_array_index(all, struct claim, i);

        if (i == 0 || key_compare(&claim->key, &claim[-1].key) != 0)
            g_array_append_val(claims, *claim);
    }
    return claims;
}

#define SHOWN 200 /* bytes of a value in a message */

static char *shown(const char *value)
{
    gsize length = value ? strlen(value) : 0;
    g_autofree char *clean = value ? text_sanitise(value, (gssize)MIN(length, SHOWN)) : NULL;

    return clean ? g_strdup_printf("'%s%s'", clean, length > SHOWN ? "..." : "")
                 : g_strdup("nothing");
}

/* "property 'netvm' of 'work'" */
static char *phrase(const struct key *key, const struct entry *entry)
{
    const char *at = *key->part ? phrases[key->kind].part : phrases[key->kind].whole;
    g_autofree char *name = text_sanitise(key->name, -1);
    g_autofree char *part = text_sanitise(key->part, (gssize)MIN(strlen(key->part), SHOWN));
    g_autofree char *of = entry->name ? text_sanitise(entry->name, -1) : NULL;
    GString *what = g_string_new(NULL);

    for (; *at; at++)
        if (*at != '%')
            g_string_append_c(what, *at);
        else
            g_string_append(what, *++at == 'n' ? name : part);
    if (of)
        g_string_append_printf(what, " of '%s'", of);
    return g_string_free(what, FALSE);
}

static gboolean differ(const struct entry *entry, const struct claim *meant,
                       const struct claim *said, GError **error)
{
    g_autofree char *what = phrase(meant ? &meant->key : &said->key, entry);
    g_autofree char *would = shown(said ? said->value : NULL);
    g_autofree char *want = shown(meant ? meant->value : NULL);

    error_set(error, QMC_ERROR_INTERNAL, "the file was not touched; report this",
              "the text to be saved would say %s for %s, meant %s; nothing was saved",
              would, what, want);
    return FALSE;
}

static gboolean is_open(const struct claim *claim)
{
    return claim && g_str_equal(claim->value, OPEN);
}

static gboolean claims_same(const struct entry *entry, const GArray *meant,
                            const GArray *said, GError **error)
{
    for (guint i = 0, j = 0; i < meant->len || j < said->len;) {
        const struct claim *one =
            i < meant->len ? &g_array_index(meant, struct claim, i) : NULL;
        const struct claim *two =
            j < said->len ? &g_array_index(said, struct claim, j) : NULL;
        int order = !one ? 1 : !two ? -1 : key_compare(&one->key, &two->key);

        if (order > 0)
            return differ(entry, NULL, two, error);
        if (order < 0)
            two = NULL;
        if (!is_open(one) && (!two || !g_str_equal(one->value, two->value)))
            return differ(entry, one, two, error);
        i++;
        j += two != NULL;
    }
    return TRUE;
}

static gboolean entries_same(const struct store_account *meant,
                             const struct store_account *said, guint i, GError **error)
{
    const struct entry *one = &g_array_index(meant->entries, struct entry, i);
    const struct entry *two = &g_array_index(said->entries, struct entry, i);
    gsize length = one->end - one->begin;
    g_autoptr(GArray) first = NULL, second = NULL;

    if (length == two->end - two->begin &&
        memcmp(meant->text->str + one->begin, said->text->str + two->begin, length) == 0)
        return TRUE;
    first = claims_new(meant, one);
    second = claims_new(said, two);
    return claims_same(one, first, second, error);
}

static gboolean same(const struct store_account *meant, const struct store_account *said,
                     GError **error)
{
    if (meant->entries->len != said->entries->len) {
        error_set(error, QMC_ERROR_INTERNAL, "the file was not touched; report this",
                  "the text to be saved would have %u qubes, meant %u; nothing was saved",
                  said->entries->len - 1, meant->entries->len - 1);
        return FALSE;
    }
    for (guint i = 0; i < meant->entries->len; i++)
        if (!entries_same(meant, said, i, error))
            return FALSE;
    return TRUE;
}

/* The qubes in the order of the text, which the model does not keep. */
static struct store_account *said_new(const struct store *store, struct model *model)
{
    g_autoptr(GPtrArray) qubes = g_ptr_array_new();
    struct store_account *said = store_account_new();

    said->said = TRUE;
    for (guint i = 0; i < model->qubes->len; i++)
        g_ptr_array_add(qubes, model->qubes->pdata[i]);
    store_identify(model);
    store_migrate(model);
    store_account_system(said, model, store->raw);
    for (guint i = 0; i < qubes->len; i++)
        store_account_qube(said, qubes->pdata[i], FALSE);
    return said;
}

static gboolean comments_same(const struct store_account *meant, GBytes *bytes,
                              GError **error)
{
    gsize size;
    const char *text = g_bytes_get_data(bytes, &size);
    guint n = meant->counted ? store_comments(text, size) : meant->comments;

    if (n == meant->comments)
        return TRUE;
    error_set(error, QMC_ERROR_INTERNAL, "the file was not touched; report this",
              "the text to be saved would have %u comments, meant %u; nothing was saved", n,
              meant->comments);
    return FALSE;
}

static gboolean check(const struct store_account *meant, GBytes *text,
                      struct store *store, struct model *model, GError **error)
{
    auto_of(store_account) struct store_account *said = NULL;

    if (!store_parse_bytes(store, model, text)) {
        error_set(error, QMC_ERROR_INTERNAL, "the file was not touched; report this",
                  "the text to be saved cannot be read back; nothing was saved");
        return FALSE;
    }
    said = said_new(store, model);
    return same(meant, said, error) && comments_same(meant, text, error);
}

gboolean store_account_check(const struct store_account *meant, GBytes *text,
                             GError **error)
{
    struct store *store = store_new("");
    struct model *model = model_new();
    gboolean ok = check(meant, text, store, model, error);

    model_free(model);
    store_free(store);
    return ok;
}
