/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A changed qube, or labels, pools, properties of the system, as the element stands in
 * the file, with only that changed which says something else now: what people wrote
 * there stays, comments too. Whoever reads the result must find what was meant, and
 * nothing lost; where that cannot be had, the writer makes the element anew. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/device-private.h"
#include "core/model-private.h"
#include "util/xml.h"

/* What stands around the element for it to be read as a store. */
struct around {
    const char *head, *tail;
    int depth;  /* of its lists */
    int indent; /* of what is in one */
};
static const struct around around_qube = { "<qubes><domains>", "</domains></qubes>", 3, 8 };
static const struct around around_section = { "<qubes>", "</qubes>", 1, 4 };

/* More of one kind no qube has that anybody made; they keep the time within bounds. */
#define LEAVES_MAX 1024

/* One element: where it begins and ends, and what is between its tags. */
struct piece {
    char *name, *key; /* key: what its item is called; NULL: none */
    int kind;         /* of a container: its list; -1: none */
    guint nth;        /* of a leaf: so many with its key are before it */
    gboolean last;    /* and none after it */
    gboolean legacy;  /* of a property: the text calls it as an earlier release did */
    gsize begin, inner, close, end;
};

/* A qube as some text has it, or all sections of a kind, one right after another;
 * offsets are of that text. */
struct sketch {
    const struct around *around;
    char *text;
    gsize begin, end;   /* of the elements in the text */
    GPtrArray *parts;   /* struct piece: the containers */
    GPtrArray *leaves[STORE_LISTS];
    const struct piece *list[STORE_LISTS]; /* its last container; NULL: not there */
    gboolean several[STORE_LISTS];         /* that is not the only one */
    gboolean odd;       /* something is there too often */
    char *id;           /* its attribute; NULL: none */
    int depth;
    int kind;           /* of the container being read; -1: of none */
    struct store *store;
    struct model *model; /* it alone */
    struct store_subject subject;
};

/* Reading. */

static void piece_free(gpointer data)
{
    struct piece *piece = data;

    g_free(piece->name);
    g_free(piece->key);
    g_free(piece);
}

static void sketch_free(struct sketch *sketch)
{
    for (int kind = 0; kind < STORE_LISTS; kind++)
        g_ptr_array_unref(sketch->leaves[kind]);
    g_ptr_array_unref(sketch->parts);
    model_free(sketch->model);
    store_free(sketch->store);
    g_free(sketch->id);
    g_free(sketch->text);
    g_free(sketch);
}
AUTO_DEFINE(sketch, struct sketch, sketch_free)

static char *attr_dup(const struct xml_attr *attrs, const char *name)
{
    for (; attrs->name; attrs++)
        if (g_str_equal(attrs->name, name))
            return g_strdup(attrs->value);
    return NULL;
}

/* A label is called by its number, in any spelling. */
static char *key_of(const char *name, const struct xml_attr *attrs)
{
    g_autofree char *id = NULL;

    if (strcmp(name, store_list_names[STORE_LABELS].leaf) != 0)
        return attr_dup(attrs, "name");
    id = attr_dup(attrs, "id");
    return store_id_number(id) < 0 ? NULL
                                   : g_strdup_printf("label-%d", store_id_number(id));
}

static struct piece *piece_new(const char *name, const struct xml_attr *attrs, gsize begin)
{
    struct piece *piece = g_new0(struct piece, 1);

    piece->name = g_strdup(name);
    piece->begin = begin;
    piece->key = key_of(name, attrs);
    piece->kind = -1;
    return piece;
}

/* Behind the '>' of the tag; a value may have one, too. */
static gsize tag_end(const char *text, gsize at)
{
    for (char quote = '\0'; quote || text[at] != '>'; at++)
        if (quote)
            quote = text[at] == quote ? '\0' : quote;
        else if (text[at] == '"' || text[at] == '\'')
            quote = text[at];
    return at + 1;
}

static void piece_end(struct piece *piece, const char *text, gsize end)
{
    piece->end = piece->close = end;
    piece->inner = tag_end(text, piece->begin);
    while (piece->inner < end && text[--piece->close] != '<')
        ;
}

static struct piece *piece_last(const GPtrArray *pieces)
{
    return pieces->pdata[pieces->len - 1];
}

static const struct piece *leaf_find(const GPtrArray *leaves, const char *key)
{
    for (guint i = 0; i < leaves->len; i++) {
        const struct piece *leaf = leaves->pdata[i];

        if (g_str_equal(leaf->key, key))
            return leaf;
    }
    return NULL;
}

static gboolean kind_is_of(const struct sketch *sketch, int kind)
{
    return sketch->around == &around_qube ? kind < STORE_LABELS
                                          : kind == STORE_PROPS || kind >= STORE_LABELS;
}

static void container_start(struct sketch *sketch, struct piece *piece)
{
    g_ptr_array_add(sketch->parts, piece);
    sketch->kind = STORE_LISTS;
    while (--sketch->kind >= 0 &&
           (!kind_is_of(sketch, sketch->kind) ||
            strcmp(store_list_names[sketch->kind].container, piece->name) != 0))
        ;
    piece->kind = sketch->kind;
    if (sketch->kind < 0)
        return;
    sketch->several[sketch->kind] = sketch->list[sketch->kind] != NULL;
    sketch->list[sketch->kind] = piece;
}

static void leaf_start(struct sketch *sketch, struct piece *piece)
{
    GPtrArray *leaves = sketch->kind >= 0 ? sketch->leaves[sketch->kind] : NULL;

    if (!leaves || !piece->key ||
        strcmp(piece->name, store_list_names[sketch->kind].leaf) != 0) {
        piece_free(piece);
        return;
    }
    sketch->odd = sketch->odd || leaves->len >= LEAVES_MAX;
    g_ptr_array_add(leaves, piece);
}

static gboolean on_start(const char *name, const struct xml_attr *attrs, gsize begin,
                         gpointer data, GError **error)
{
    struct sketch *sketch = data;
    int depth = sketch->depth++ - sketch->around->depth;

    if (depth == -1 && sketch->around == &around_qube)
        sketch->id = attr_dup(attrs, "id");
    else if (depth == 0)
        container_start(sketch, piece_new(name, attrs, begin));
    else if (depth == 1)
        leaf_start(sketch, piece_new(name, attrs, begin));
    return TRUE;
}

static gboolean on_end(const char *name, const char *text, gsize end, gpointer data,
                       GError **error)
{
    struct sketch *sketch = data;
    GPtrArray *leaves = sketch->kind >= 0 ? sketch->leaves[sketch->kind] : NULL;
    int depth = --sketch->depth - sketch->around->depth;

    if (depth == 0)
        piece_end(piece_last(sketch->parts), sketch->text, end);
    else if (depth == 1 && leaves && leaves->len && !piece_last(leaves)->end)
        piece_end(piece_last(leaves), sketch->text, end);
    return TRUE;
}

/* -1: it has none of that name. */
static int item_find(const struct store_subject *of, enum store_list kind, const char *name)
{
    for (guint i = store_items(of, kind); i-- > 0;)
        if (g_str_equal(store_item_name(of, kind, i), name))
            return (int)i;
    return -1;
}

static void leaf_rank(const GPtrArray *leaves, guint at)
{
    struct piece *leaf = leaves->pdata[at];

    leaf->last = TRUE;
    for (guint i = 0; i < leaves->len; i++) {
        if (i == at || !g_str_equal(leaf->key, ((struct piece *)leaves->pdata[i])->key))
            continue;
        leaf->nth += i < at;
        leaf->last = leaf->last && i < at;
    }
}

/* A property of an earlier release goes by the name that it counts for. */
static void leaf_migrate(const struct sketch *sketch, struct piece *leaf)
{
    const char *name = store_migrated_name(leaf->key);

    if (!name || item_find(&sketch->subject, STORE_PROPS, leaf->key) >= 0 ||
        item_find(&sketch->subject, STORE_PROPS, name) < 0)
        return;
    g_free(leaf->key);
    leaf->key = g_strdup(name);
    leaf->legacy = TRUE;
}

/* An element that looks like one of the list, but was not understood as one, is left
 * alone. */
static void leaves_sort_out(struct sketch *sketch, enum store_list kind)
{
    GPtrArray *leaves = sketch->leaves[kind];

    for (guint i = 0; i < leaves->len && sketch->subject.qube && kind == STORE_PROPS; i++)
        leaf_migrate(sketch, leaves->pdata[i]);
    for (guint i = leaves->len; i-- > 0;)
        if (item_find(&sketch->subject, kind, ((struct piece *)leaves->pdata[i])->key) < 0)
            g_ptr_array_remove_index(leaves, i);
    for (guint i = 0; i < leaves->len; i++)
        leaf_rank(leaves, i);
}

static gboolean sketch_read(struct sketch *sketch)
{
    static const struct xml_handler handler = { on_start, on_end };
    gboolean is_qube = sketch->around == &around_qube;
    gsize length = strlen(sketch->text);
    g_autoptr(GBytes) bytes = g_bytes_new_static(sketch->text, length);

    if (!xml_parse("", sketch->text, length, &handler, sketch, NULL) || sketch->odd ||
        !store_parse_bytes(sketch->store, sketch->model, bytes) ||
        sketch->model->qubes->len != (is_qube ? 1 : 0))
        return FALSE;
    if (is_qube && ((struct qube *)sketch->model->qubes->pdata[0])->class)
        store_migrate_names(sketch->model->qubes->pdata[0]);
    sketch->subject =
        is_qube ? store_subject_qube(&sketch->store->form, sketch->model->qubes->pdata[0])
                : store_subject_system(sketch->store, sketch->model);
    for (int kind = 0; kind < STORE_LISTS; kind++)
        if (sketch->list[kind])
            leaves_sort_out(sketch, (enum store_list)kind);
    return TRUE;
}

/* Takes the text. NULL: it does not read. */
static struct sketch *sketch_new(const struct around *around, char *raw)
{
    struct sketch *sketch = g_new0(struct sketch, 1);

    sketch->around = around;
    sketch->text = g_strconcat(around->head, raw, around->tail, NULL);
    sketch->begin = strlen(around->head);
    sketch->end = sketch->begin + strlen(raw);
    g_free(raw);
    sketch->parts = g_ptr_array_new_with_free_func(piece_free);
    for (int kind = 0; kind < STORE_LISTS; kind++)
        sketch->leaves[kind] = g_ptr_array_new_with_free_func(piece_free);
    sketch->kind = -1;
    sketch->store = store_new("");
    sketch->model = model_new();
    if (sketch_read(sketch))
        return sketch;
    sketch_free(sketch);
    return NULL;
}

/* Writing. */

struct patch {
    GString *out;
    const struct sketch *was;
    const struct store_subject *now;
    gsize cursor;  /* so far the old text was dealt with */
    int reach[STORE_LISTS]; /* the last item of each that was; -1: none */
    guint devices; /* elements of that name that were */
    guint comments; /* of those that were, so many went with what they are in */
};

static char *item_text(const struct store_subject *of, enum store_list kind, guint i)
{
    GString *text = g_string_new(NULL);

    store_item_write(text, of, kind, i);
    return g_string_free(text, FALSE);
}

/* All of one name. */
static char *items_text(const struct store_subject *of, enum store_list kind,
                        const char *name)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < store_items(of, kind); i++)
        if (g_str_equal(store_item_name(of, kind, i), name)) {
            store_item_write(text, of, kind, i);
            g_string_append_c(text, '\n');
        }
    return g_string_free(text, FALSE);
}

static void copy_to(struct patch *patch, gsize end)
{
    g_string_append_len(patch->out, patch->was->text + patch->cursor,
                        (gssize)(end - patch->cursor));
    patch->cursor = end;
}

static guint comments_in(const struct patch *patch, const struct piece *piece)
{
    return store_comments(patch->was->text + piece->begin, piece->end - piece->begin);
}

static void replace(struct patch *patch, const struct piece *old, const char *text)
{
    copy_to(patch, old->begin);
    g_string_append(patch->out, text);
    patch->cursor = old->end;
    patch->comments += comments_in(patch, old) - store_comments(text, strlen(text));
}

/* What stands before something that goes stays, but for the blanks. */
static void skip(struct patch *patch, const struct piece *gone)
{
    gsize end = gone->begin;

    while (end > patch->cursor && g_ascii_isspace(patch->was->text[end - 1]))
        end--;
    copy_to(patch, end);
    patch->cursor = gone->end;
    patch->comments += comments_in(patch, gone);
}

static void item_add(struct patch *patch, enum store_list kind, guint i)
{
    g_autofree char *text = item_text(patch->now, kind, i);

    if (*text)
        g_string_append_printf(patch->out, "\n%*s%s", patch->was->around->indent, "", text);
}

/* Those that are new come after the one they follow. */
static void flush(struct patch *patch, enum store_list kind, int until)
{
    for (int *reach = &patch->reach[kind]; *reach + 1 < until; ++*reach) {
        guint i = (guint)(*reach + 1);

        if (!leaf_find(patch->was->leaves[kind], store_item_name(patch->now, kind, i)))
            item_add(patch, kind, i);
    }
}

/* The item that the leaf stands for, or the last of that name. */
static int leaf_item(const struct patch *patch, enum store_list kind,
                     const struct piece *leaf)
{
    guint n = 0;

    for (guint i = 0; i < store_items(patch->now, kind); i++)
        if (g_str_equal(store_item_name(patch->now, kind, i), leaf->key) && n++ == leaf->nth)
            return (int)i;
    return item_find(patch->now, kind, leaf->key);
}

/* What says the same in the words of an earlier release stays until it is set. */
static gboolean is_settled(const struct patch *patch, const struct piece *leaf)
{
    const struct prop_value *value =
        leaf->legacy ? prop_values_find(patch->now->qube->props, leaf->key) : NULL;

    return !value || value->unsaid;
}

/* Where there were several of one name, and one is to be, it is the last. */
static void leaf_patch(struct patch *patch, enum store_list kind, const struct piece *leaf)
{
    int now = leaf_item(patch, kind, leaf);
    g_autofree char *before = items_text(&patch->was->subject, kind, leaf->key);
    g_autofree char *after = items_text(patch->now, kind, leaf->key);
    g_autofree char *text = NULL;

    flush(patch, kind, now);
    patch->reach[kind] = MAX(patch->reach[kind], now);
    if (strcmp(before, after) == 0 && is_settled(patch, leaf)) {
        copy_to(patch, leaf->end);
        return;
    }
    if (now < 0 || !leaf->last) {
        skip(patch, leaf);
        return;
    }
    text = item_text(patch->now, kind, (guint)now);
    replace(patch, leaf, text);
}

static gboolean is_in(const struct piece *leaf, const struct piece *list)
{
    return leaf->begin > list->begin && leaf->end < list->end;
}

static void leaves_patch(struct patch *patch, const struct piece *list)
{
    enum store_list kind = (enum store_list)list->kind;
    const GPtrArray *leaves = patch->was->leaves[kind];

    for (guint i = 0; i < leaves->len; i++)
        if (is_in(leaves->pdata[i], list))
            leaf_patch(patch, kind, leaves->pdata[i]);
    if (patch->was->list[kind] == list)
        flush(patch, kind, (int)store_items(patch->now, kind));
}

static gboolean is_blank(const char *text, gsize begin, gsize end)
{
    while (begin < end && g_ascii_isspace(text[begin]))
        begin++;
    return begin == end;
}

/* Nothing is between its tags but blanks and what will not be there any more. */
static gboolean is_bare(const struct patch *patch, enum store_list kind)
{
    const struct piece *list = patch->was->list[kind];
    const GPtrArray *leaves = patch->was->leaves[kind];
    gsize at = list->inner;

    for (guint i = 0; i < leaves->len; i++) {
        const struct piece *leaf = leaves->pdata[i];

        if (!is_blank(patch->was->text, at, leaf->begin) ||
            item_find(patch->now, kind, leaf->key) >= 0)
            return FALSE;
        at = leaf->end;
    }
    return at >= list->close || is_blank(patch->was->text, at, list->close);
}

/* Where the tag that opens a list ends but for its '>', or "/>" of a closed one. */
static gsize head_end(const struct patch *patch, const struct piece *list)
{
    gsize at = list->inner - 1;

    if (list->inner < list->end)
        return at;
    while (g_ascii_isspace(patch->was->text[--at - 1]))
        ;
    return at;
}

/* The last of several gets what is new, on lines of its own if it was empty. */
static gboolean list_fill(struct patch *patch, const struct piece *list)
{
    const gsize begin = patch->out->len;
    gsize open;

    if (!is_blank(patch->was->text, list->inner, list->close))
        return FALSE;
    copy_to(patch, head_end(patch, list));
    g_string_append_c(patch->out, '>');
    open = patch->out->len;
    leaves_patch(patch, list);
    if (patch->out->len == open) {
        g_string_truncate(patch->out, begin);
        patch->cursor = list->begin;
        return FALSE;
    }
    g_string_append_printf(patch->out, "\n%*s</%s>", patch->was->around->indent - 2, "",
                           list->name);
    patch->cursor = list->end;
    return TRUE;
}

static void list_patch(struct patch *patch, const struct piece *list)
{
    enum store_list kind = (enum store_list)list->kind;

    copy_to(patch, list->begin);
    if (!patch->was->several[kind] && is_bare(patch, kind) &&
        (patch->was->leaves[kind]->len || store_items(patch->now, kind))) {
        g_autoptr(GString) text = g_string_new(NULL);

        store_list_write(text, patch->now, kind);
        replace(patch, list, text->str);
        return;
    }
    if (patch->was->several[kind] && list == patch->was->list[kind] &&
        list_fill(patch, list))
        return;
    copy_to(patch, list->inner);
    leaves_patch(patch, list);
    copy_to(patch, list->end);
}

/* Of the n-th element `devices`, as it is to stand; NULL: it does not say so. */
static const char *devices_text(const struct qube *qube, guint n)
{
    for (guint i = 0; i < qube->raw->len; i++) {
        const struct raw_text *raw = qube->raw->pdata[i];

        if (raw->devices && n-- == 0)
            return raw->text;
    }
    return NULL;
}

static void devices_patch(struct patch *patch, const struct piece *part)
{
    const struct qube *now = patch->now->qube;
    const char *text = devices_text(now, patch->devices++);

    if (!text || now->devices_edited) {
        skip(patch, part);
        return;
    }
    replace(patch, part, text);
}

/* Those the qube did not have, after the one they follow. */
static void lists_add(struct patch *patch, int kind)
{
    while (++kind < STORE_LABELS && !patch->was->list[kind]) {
        if (store_items(patch->now, (enum store_list)kind) == 0)
            continue;
        g_string_append_printf(patch->out, "\n%*s", patch->was->around->indent - 2, "");
        store_list_write(patch->out, patch->now, (enum store_list)kind);
    }
}

static enum store_list devices_after(const struct patch *patch)
{
    return patch->now->form->tags_first ? STORE_TAGS : STORE_FEATURES;
}

static void part_patch(struct patch *patch, const struct piece *part)
{
    const struct qube *qube = patch->now->qube;
    gboolean last = part->kind >= 0 && patch->was->list[part->kind] == part;

    if (qube && strcmp(part->name, "devices") == 0)
        devices_patch(patch, part);
    if (part->kind >= 0)
        list_patch(patch, part);
    if (qube && last)
        lists_add(patch, part->kind);
    if (qube && last && qube->devices_edited && part->kind == (int)devices_after(patch))
        devices_write(patch->out, qube, patch->now->form->device_modes, 6);
}

/* The number in its id is that of the qube, for those who look there. */
static void id_patch(struct patch *patch)
{
    const struct sketch *was = patch->was;
    g_autofree char *id = g_strdup_printf("domain-%d", patch->now->qube->qid);
    g_autoptr(GString) attr = g_string_new(NULL);
    gsize from, to;

    if (patch->now->qube->qid < 0 || g_strcmp0(was->id, id) == 0)
        return;
    xml_append_attr(attr, "id", id);
    if (was->id && xml_attr_find(was->text, was->begin, "id", &from, &to)) {
        copy_to(patch, from);
        g_string_append(patch->out, attr->str + 1);
        patch->cursor = to;
    } else {
        copy_to(patch, was->begin + strlen("<domain"));
        g_string_append(patch->out, attr->str);
    }
}

/* The result. */

/* What the element is to say, as a store of its own. */
static struct store_account *meant_new(const struct patch *patch, enum store_list kind)
{
    struct store_account *meant = store_account_new();
    g_autoptr(GPtrArray) raw = g_ptr_array_new();
    struct model *none = model_new(), only = *none;
    const struct model *model = patch->now->model;

    for (guint i = 0; model && i < patch->now->raw->len; i++) {
        struct raw_text *text = patch->now->raw->pdata[i];

        if (g_str_equal(text->parent, store_list_names[kind].container) ||
            g_str_equal(text->parent, store_list_names[kind].leaf))
            g_ptr_array_add(raw, text);
    }
    if (model && kind == STORE_LABELS)
        only.labels = model->labels;
    else if (model && kind == STORE_POOLS)
        only.pools = model->pools;
    else if (model)
        only.globals = model->globals;
    store_account_system(meant, &only, raw);
    if (patch->now->qube)
        store_account_qube(meant, patch->now->qube, TRUE);
    model_free(none);
    return meant;
}

static gboolean is_meant(const struct patch *patch, enum store_list kind)
{
    const struct around *around = patch->was->around;
    auto_of(store_account) struct store_account *meant = meant_new(patch, kind);
    char *text = g_strconcat(around->head, patch->out->str, around->tail, NULL);
    g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));
    const struct sketch *was = patch->was;

    store_account_comments(
        meant, store_comments(was->text + was->begin, was->end - was->begin) - patch->comments);
    return store_account_check(meant, bytes, NULL);
}

static gboolean is_closed(const struct sketch *sketch)
{
    return tag_end(sketch->text, sketch->begin) == sketch->end;
}

/* What it lacks has a place. */
static gboolean is_whole(const struct patch *patch)
{
    return !is_closed(patch->was) && (!patch->now->qube->devices_edited ||
                                      patch->was->list[devices_after(patch)]);
}

static void qube_patch(struct patch *patch)
{
    id_patch(patch);
    if (patch->was->list[STORE_PROPS])
        return;
    copy_to(patch, tag_end(patch->was->text, patch->was->begin));
    lists_add(patch, -1);
}

static void patch_begin(struct patch *patch)
{
    patch->cursor = patch->was->begin;
    for (int list = 0; list < STORE_LISTS; list++)
        patch->reach[list] = -1;
}

gboolean store_domain_patch(GString *out, const struct store_form *form,
                            const struct qube *qube, const char *raw)
{
    auto_of(sketch) struct sketch *was =
        sketch_new(&around_qube, g_strndup(raw, qube->raw_length));
    const struct store_subject now = store_subject_qube(form, qube);
    g_autoptr(GString) text = g_string_new(NULL);
    struct patch patch = { .out = text, .was = was, .now = &now };

    if (!was || !is_whole(&patch))
        return FALSE;
    was->subject.form = form;
    patch_begin(&patch);
    qube_patch(&patch);
    for (guint i = 0; i < was->parts->len; i++)
        part_patch(&patch, was->parts->pdata[i]);
    copy_to(&patch, was->end);
    if (!is_meant(&patch, STORE_PROPS))
        return FALSE;
    g_string_append_len(out, text->str, (gssize)text->len);
    return TRUE;
}

static char *sections_text(const struct store *store, enum section_kind kind)
{
    const char *bytes = g_bytes_get_data(store->image.bytes, NULL);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < store->image.sections->len; i++) {
        const struct section *section =
            &g_array_index(store->image.sections, struct section, i);

        if (section->kind == kind)
            g_string_append_len(text, bytes + section->begin,
                                (gssize)(section->end - section->begin));
    }
    return g_string_free(text, FALSE);
}

GPtrArray *store_section_patch(const struct store *store, const struct model *model,
                               enum section_kind kind)
{
    auto_of(sketch) struct sketch *was =
        sketch_new(&around_section, sections_text(store, kind));
    const struct store_subject now = store_subject_system(store, model);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);
    struct patch patch = { .out = text, .was = was, .now = &now };

    if (!was)
        return NULL;
    was->subject.form = &store->form;
    patch_begin(&patch);
    for (guint i = 0; i < was->parts->len; i++) {
        gsize begin = text->len;

        part_patch(&patch, was->parts->pdata[i]);
        g_ptr_array_add(texts, g_strndup(text->str + begin, text->len - begin));
    }
    return is_meant(&patch, store_section_list(kind)) ? g_steal_pointer(&texts) : NULL;
}
