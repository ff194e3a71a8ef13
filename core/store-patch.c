/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A changed qube as its element stands in the file, with only that changed which
 * says something else now: what people wrote there stays, comments too. Whoever
 * reads the result must find the qube that was meant, and nothing lost; where that
 * cannot be had, the writer makes the element anew. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

#include "core/device-private.h"
#include "core/model-private.h"
#include "util/xml.h"

#define HEAD "<qubes><domains>"
#define TAIL "</domains></qubes>"
#define INDENT 8 /* of what is in a list of a qube */
/* More of one kind no qube has that anybody made; they keep the time within bounds. */
#define LEAVES_MAX 1024

/* One element: where it begins and ends, and what is between its tags. */
struct piece {
    char *name, *key; /* key: its attribute `name`; NULL: none */
    gsize begin, inner, close, end;
};

/* One qube as some text has it; offsets are of that text. */
struct sketch {
    char *text;
    gsize begin, end;   /* of the element `domain` in the text */
    GPtrArray *parts;   /* struct piece: the containers */
    GPtrArray *leaves[STORE_LISTS];
    const struct piece *list[STORE_LISTS]; /* its container; NULL: not there */
    gboolean odd;       /* something is there twice, or too often */
    char *id;           /* its attribute; NULL: none */
    int depth;
    int kind;           /* of the container being read; -1: of none */
    struct store *store;
    struct model *model; /* the qube alone */
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

static struct piece *piece_new(const char *name, const struct xml_attr *attrs, gsize begin)
{
    struct piece *piece = g_new0(struct piece, 1);

    piece->name = g_strdup(name);
    piece->begin = begin;
    piece->key = attr_dup(attrs, "name");
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

static void container_start(struct sketch *sketch, struct piece *piece)
{
    g_ptr_array_add(sketch->parts, piece);
    sketch->kind = STORE_LISTS;
    while (--sketch->kind >= 0 &&
           strcmp(store_list_names[sketch->kind].container, piece->name) != 0)
        ;
    if (sketch->kind < 0)
        return;
    sketch->odd = sketch->odd || sketch->list[sketch->kind];
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
    sketch->odd = sketch->odd || leaves->len >= LEAVES_MAX || leaf_find(leaves, piece->key);
    g_ptr_array_add(leaves, piece);
}

static gboolean on_start(const char *name, const struct xml_attr *attrs, gsize begin,
                         gpointer data, GError **error)
{
    struct sketch *sketch = data;

    if (sketch->depth == 2) {
        sketch->begin = begin;
        sketch->id = attr_dup(attrs, "id");
    } else if (sketch->depth == 3) {
        container_start(sketch, piece_new(name, attrs, begin));
    } else if (sketch->depth == 4) {
        leaf_start(sketch, piece_new(name, attrs, begin));
    }
    sketch->depth++;
    return TRUE;
}

static gboolean on_end(const char *name, const char *text, gsize end, gpointer data,
                       GError **error)
{
    struct sketch *sketch = data;
    GPtrArray *leaves = sketch->kind >= 0 ? sketch->leaves[sketch->kind] : NULL;

    sketch->depth--;
    if (sketch->depth == 2)
        sketch->end = end;
    else if (sketch->depth == 3)
        piece_end(piece_last(sketch->parts), sketch->text, end);
    else if (sketch->depth == 4 && leaves && leaves->len && !piece_last(leaves)->end)
        piece_end(piece_last(leaves), sketch->text, end);
    return TRUE;
}

static gboolean sketch_read(struct sketch *sketch)
{
    static const struct xml_handler handler = { on_start, on_end };
    gsize length = strlen(sketch->text);
    g_autoptr(GBytes) bytes = g_bytes_new_static(sketch->text, length);

    return xml_parse("", sketch->text, length, &handler, sketch, NULL) &&
           store_parse_bytes(sketch->store, sketch->model, bytes) &&
           sketch->model->qubes->len == 1;
}

/* NULL: it does not read. */
static struct sketch *sketch_new(const char *raw, gsize length)
{
    struct sketch *sketch = g_new0(struct sketch, 1);

    sketch->text = g_strdup_printf(HEAD "%.*s" TAIL, (int)length, raw);
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

static const struct qube *sketch_qube(const struct sketch *sketch)
{
    return sketch->model->qubes->pdata[0];
}

/* Writing. */

struct patch {
    GString *out;
    const struct store_form *form;
    const struct sketch *was;
    const struct qube *now;
    int indent;   /* of what is in a list */
    gsize cursor; /* so far the old text was dealt with */
    guint devices; /* elements of that name that were dealt with */
};

static char *item_text(const struct store_form *form, const struct qube *qube,
                       enum store_list kind, guint i)
{
    GString *text = g_string_new(NULL);

    store_item_write(text, form, qube, kind, i);
    return g_string_free(text, FALSE);
}

/* -1: it has none of that name. */
static int item_find(const struct qube *qube, enum store_list kind, const char *name)
{
    for (guint i = 0; i < store_items(qube, kind); i++)
        if (g_str_equal(store_item_name(qube, kind, i), name))
            return (int)i;
    return -1;
}

static void copy_to(struct patch *patch, gsize end)
{
    g_string_append_len(patch->out, patch->was->text + patch->cursor,
                        (gssize)(end - patch->cursor));
    patch->cursor = end;
}

/* What stands before something that goes stays, but for the blanks. */
static void skip(struct patch *patch, const struct piece *gone)
{
    gsize end = gone->begin;

    while (end > patch->cursor && g_ascii_isspace(patch->was->text[end - 1]))
        end--;
    copy_to(patch, end);
    patch->cursor = gone->end;
}

static void item_add(struct patch *patch, enum store_list kind, guint i)
{
    g_autofree char *text = item_text(patch->form, patch->now, kind, i);

    if (*text)
        g_string_append_printf(patch->out, "\n%*s%s", patch->indent, "", text);
}

/* Those that are new come after the one they follow. */
static void flush(struct patch *patch, enum store_list kind, int last)
{
    for (guint i = (guint)(last + 1); i < store_items(patch->now, kind); i++) {
        if (leaf_find(patch->was->leaves[kind], store_item_name(patch->now, kind, i)))
            return;
        item_add(patch, kind, i);
    }
}

static void leaf_patch(struct patch *patch, enum store_list kind, const struct piece *leaf,
                       int now)
{
    const struct qube *qube = sketch_qube(patch->was);
    int was = item_find(qube, kind, leaf->key);
    g_autofree char *before =
        was < 0 ? NULL : item_text(patch->form, qube, kind, (guint)was);
    g_autofree char *after = item_text(patch->form, patch->now, kind, (guint)now);

    copy_to(patch, leaf->begin);
    if (g_strcmp0(before, after) == 0) {
        copy_to(patch, leaf->end);
        return;
    }
    g_string_append(patch->out, after);
    patch->cursor = leaf->end;
}

static void leaves_patch(struct patch *patch, enum store_list kind)
{
    const GPtrArray *leaves = patch->was->leaves[kind];
    int last = -1;

    for (guint i = 0; i < leaves->len; i++) {
        const struct piece *leaf = leaves->pdata[i];
        int now = item_find(patch->now, kind, leaf->key);

        if (now < 0) {
            skip(patch, leaf);
            continue;
        }
        flush(patch, kind, last);
        leaf_patch(patch, kind, leaf, now);
        last = now;
    }
    flush(patch, kind, last);
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

static void list_patch(struct patch *patch, enum store_list kind)
{
    const struct piece *list = patch->was->list[kind];

    copy_to(patch, list->begin);
    if (patch->indent == INDENT && is_bare(patch, kind) &&
        (patch->was->leaves[kind]->len || store_items(patch->now, kind))) {
        store_list_write(patch->out, patch->form, patch->now, kind);
        patch->cursor = list->end;
        return;
    }
    copy_to(patch, list->inner);
    leaves_patch(patch, kind);
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
    const char *text = devices_text(patch->now, patch->devices++);

    if (!text || patch->now->devices_edited) {
        skip(patch, part);
        return;
    }
    copy_to(patch, part->begin);
    g_string_append(patch->out, text);
    patch->cursor = part->end;
}

/* Those the qube did not have, after the one they follow. */
static void lists_add(struct patch *patch, int kind)
{
    while (++kind < STORE_LISTS && !patch->was->list[kind]) {
        if (store_items(patch->now, (enum store_list)kind) == 0)
            continue;
        g_string_append_printf(patch->out, "\n%*s", patch->indent - 2, "");
        store_list_write(patch->out, patch->form, patch->now, (enum store_list)kind);
    }
}

static void part_patch(struct patch *patch, const struct piece *part)
{
    enum store_list devices_after = patch->form->tags_first ? STORE_TAGS : STORE_FEATURES;
    gboolean edited = patch->now->devices_edited;

    if (strcmp(part->name, "devices") == 0)
        devices_patch(patch, part);
    for (int kind = 0; kind < STORE_LISTS; kind++)
        if (patch->was->list[kind] == part) {
            list_patch(patch, (enum store_list)kind);
            lists_add(patch, kind);
        }
    if (edited && patch->was->list[devices_after] == part)
        devices_write(patch->out, patch->now, patch->form->device_modes, 6);
}

/* The result. */

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* As sorted lines: places may differ. */
static char *raw_lines(const struct qube *qube, gboolean devices)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < qube->raw->len; i++) {
        const struct raw_text *raw = qube->raw->pdata[i];

        if (devices || !raw->devices)
            g_ptr_array_add(lines, g_strdup_printf("%s %s", raw->parent, raw->text));
    }
    g_ptr_array_sort(lines, by_text);
    g_ptr_array_add(lines, NULL);
    return g_strjoinv("\n", (char **)lines->pdata);
}

static gboolean same_items(const struct patch *patch, const struct qube *again,
                           enum store_list kind)
{
    guint n = 0;

    for (guint i = 0; i < store_items(patch->now, kind); i++) {
        g_autofree char *wanted = item_text(patch->form, patch->now, kind, i);
        int at = item_find(again, kind, store_item_name(patch->now, kind, i));
        g_autofree char *got =
            at < 0 ? NULL : item_text(patch->form, again, kind, (guint)at);

        if (*wanted && g_strcmp0(wanted, got) != 0)
            return FALSE;
        n += *wanted != '\0';
    }
    return n == store_items(again, kind);
}

static gboolean same_devices(const struct patch *patch, const struct qube *again)
{
    g_autoptr(GString) wanted = g_string_new(NULL), got = g_string_new(NULL);

    if (!patch->now->devices_edited)
        return TRUE;
    devices_write(wanted, patch->now, patch->form->device_modes, 0);
    devices_write(got, again, patch->form->device_modes, 0);
    return g_string_equal(wanted, got);
}

static gboolean is_meant(const struct patch *patch)
{
    auto_of(sketch) struct sketch *again = sketch_new(patch->out->str, patch->out->len);
    const struct qube *qube = again ? sketch_qube(again) : NULL;
    gboolean devices = !patch->now->devices_edited, same;

    if (!again || again->odd || strcmp(qube->class_name, patch->now->class_name) != 0)
        return FALSE;
    g_autofree char *wanted = raw_lines(patch->now, devices);
    g_autofree char *got = raw_lines(qube, devices);

    same = strcmp(wanted, got) == 0 && same_devices(patch, qube);
    for (int kind = 0; kind < STORE_LISTS && same; kind++)
        same = same_items(patch, qube, (enum store_list)kind);
    return same;
}

/* It says so of itself, and what it lacks has a place. */
static gboolean is_whole(const struct patch *patch)
{
    g_autofree char *id = g_strdup_printf("domain-%d", patch->now->qid);
    enum store_list devices_after = patch->form->tags_first ? STORE_TAGS : STORE_FEATURES;

    return !patch->was->odd && g_strcmp0(patch->was->id, id) == 0 &&
           patch->was->list[STORE_PROPS] &&
           (!patch->now->devices_edited || patch->was->list[devices_after]);
}

/* FALSE: what came of it is not what was meant. */
static gboolean sketch_patch(struct patch *patch)
{
    const struct sketch *was = patch->was;

    patch->cursor = was->begin;
    for (guint i = 0; i < was->parts->len; i++)
        part_patch(patch, was->parts->pdata[i]);
    copy_to(patch, was->end);
    return is_meant(patch);
}

gboolean store_domain_patch(GString *out, const struct store_form *form,
                            const struct qube *qube, const char *raw)
{
    auto_of(sketch) struct sketch *was = sketch_new(raw, qube->raw_length);
    g_autoptr(GString) text = g_string_new(NULL);
    struct patch patch = {
        .out = text, .form = form, .was = was, .now = qube, .indent = INDENT,
    };

    if (!was || !is_whole(&patch) || !sketch_patch(&patch))
        return FALSE;
    g_string_append_len(out, text->str, (gssize)text->len);
    return TRUE;
}

/* The properties of the system, as if a qube had them and nothing else. */

#define AS_HEAD "<domain>"
#define AS_TAIL "</domain>"

static void raw_copy(struct qube *qube, const struct raw_text *from)
{
    struct raw_text *raw = g_memdup2(from, sizeof *from);

    raw->text = g_strdup(from->text);
    g_ptr_array_add(qube->raw, raw);
}

static struct qube *globals_as_qube(const GArray *globals, const GPtrArray *raw)
{
    struct qube *qube = qube_new_empty("");

    for (guint i = 0; i < globals->len; i++) {
        struct prop_value value = g_array_index(globals, struct prop_value, i);

        value.text = g_strdup(value.text);
        g_array_append_val(qube->props, value);
    }
    for (guint i = 0; i < raw->len; i++) {
        const struct raw_text *from = raw->pdata[i];

        if (g_str_equal(from->parent, "properties") || g_str_equal(from->parent, "property"))
            raw_copy(qube, from);
    }
    return qube;
}

gboolean store_globals_patch(GString *out, const struct store *store, const GArray *globals,
                             const char *raw, gsize length)
{
    g_autofree char *element = g_strdup_printf(AS_HEAD "%.*s" AS_TAIL, (int)length, raw);
    auto_of(sketch) struct sketch *was = sketch_new(element, strlen(element));
    g_autoptr(GString) text = g_string_new(NULL);
    struct qube *now = globals_as_qube(globals, store->raw);
    struct patch patch = {
        .out = text, .form = &store->form, .was = was, .now = now, .indent = INDENT / 2,
    };
    gboolean ok = was && !was->odd && was->list[STORE_PROPS] && sketch_patch(&patch);

    if (ok)
        g_string_append_len(out, text->str + strlen(AS_HEAD),
                            (gssize)(text->len - strlen(AS_HEAD AS_TAIL)));
    qube_free(now);
    return ok;
}
