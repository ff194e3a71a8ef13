/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole document: what nobody changed is copied from the file that was
 * read, the rest is written anew. */
#include "config.h"

#include "core/store-private.h"

#include <string.h>

struct maker {
    const struct store *store;
    const struct model *model;
    struct store_document *document;
    gboolean anew;
    const char *bytes;
    gboolean crlf;    /* each line of the file ends so */
    GPtrArray *patched[SECTION_WRITTEN]; /* their texts; NULL: it cannot be had */
    guint met[SECTION_WRITTEN];          /* elements of each kind so far */
    GPtrArray *filed; /* struct qube of the file, in file order */
    GPtrArray *added; /* struct qube to be written that are not in the file */
};

void store_document_free(struct store_document *document)
{
    if (document->text)
        g_string_free(document->text, TRUE);
    g_clear_pointer(&document->sections, g_array_unref);
    g_clear_pointer(&document->domains, g_array_unref);
    g_clear_pointer(&document->uuids, g_ptr_array_unref);
    g_clear_pointer(&document->account, store_account_free);
    for (int i = 0; i < SECTION_WRITTEN; i++)
        if (document->was[i])
            g_string_free(document->was[i], TRUE);
    g_free(document);
}

void store_image_clear(struct store_image *image)
{
    g_clear_pointer(&image->bytes, g_bytes_unref);
    g_clear_pointer(&image->sections, g_array_unref);
    g_clear_pointer(&image->domains, g_array_unref);
    for (int i = 0; i < SECTION_WRITTEN; i++)
        if (image->was[i])
            g_string_free(g_steal_pointer(&image->was[i]), TRUE);
}

void store_image_adopt(struct store_image *image, struct store_document *document,
                       const struct file_stamp *stamp)
{
    store_image_clear(image);
    image->bytes = g_string_free_to_bytes(g_steal_pointer(&document->text));
    image->stamp = *stamp;
    image->root = document->root;
    image->sections = g_steal_pointer(&document->sections);
    image->domains = g_steal_pointer(&document->domains);
    for (int i = 0; i < SECTION_WRITTEN; i++)
        image->was[i] = g_steal_pointer(&document->was[i]);
}

static gsize here(const struct maker *maker)
{
    return maker->document->text->len;
}

static void copy(const struct maker *maker, gsize begin, gsize end)
{
    g_string_append_len(maker->document->text, maker->bytes + begin,
                        (gssize)(end - begin));
}

/* Text of ours gets the ends of lines that the file has. */
static void lines_end(const struct maker *maker, gsize begin)
{
    GString *out = maker->document->text;
    g_autofree char *text = NULL;

    if (!maker->crlf)
        return;
    text = g_strdup(out->str + begin);
    g_string_truncate(out, begin);
    for (const char *at = text; *at; at++) {
        if (*at == '\n' && (at == text || at[-1] != '\r'))
            g_string_append_c(out, '\r');
        g_string_append_c(out, *at);
    }
}

static void gap_put(const struct maker *maker, const char *gap)
{
    gsize begin = here(maker);

    g_string_append(maker->document->text, gap);
    lines_end(maker, begin);
}

/* Comments. */

static guint comments_of(const struct maker *maker, gsize begin, gsize end)
{
    return store_comments(maker->bytes + begin, end - begin);
}

/* What stands there in the file is written, from `from` on, in another way, or not. */
static void comments_count(const struct maker *maker, gsize begin, gsize end, gsize from)
{
    const GString *out = maker->document->text;

    maker->document->comments += store_comments(out->str + from, out->len - from) -
                                 comments_of(maker, begin, end);
}

/* Those of an element that is written anew stand before it, but for those in what is
 * kept of it. What only looks like one has "--" within. */
static void comments_put(const struct maker *maker, const struct span *was,
                         const char *anew, const char *gap)
{
    g_autofree char *text =
        g_strndup(maker->bytes + was->begin, was->end - was->begin);
    const char *end;

    for (const char *at = text; (at = strstr(at, "<!--")) && (end = strstr(at + 4, "--"));
         at += 4) {
        g_autofree char *comment = g_strndup(at, (gsize)(end - at) + strlen("-->"));

        if (end[2] != '>' || strstr(anew, comment))
            continue;
        g_string_append(maker->document->text, comment);
        gap_put(maker, gap);
    }
}

/* Qubes. */

static gboolean is_copied(const struct maker *maker, const struct qube *qube)
{
    if (qube->raw_length == 0)
        return FALSE;
    return !qube->changed && (qube->broken || !maker->anew);
}

/* Without a number its element cannot be made again. */
static void domain_change(const struct maker *maker, const struct qube *qube,
                          struct span *span)
{
    GString *out = maker->document->text;
    const struct store_form *form = &maker->store->form;
    const struct span was = { qube->raw_begin, qube->raw_begin + qube->raw_length };
    g_autoptr(GString) anew = NULL;

    if (qube->raw_length && (!maker->anew || qube->qid < 0) &&
        store_domain_patch(out, form, qube, maker->bytes + was.begin))
        return;
    if (qube->raw_length && qube->qid < 0) {
        copy(maker, was.begin, was.end);
        return;
    }
    anew = g_string_new(NULL);
    store_domain_write(anew, form, qube);
    if (qube->raw_length && !maker->anew)
        comments_put(maker, &was, anew->str, "\n    ");
    span->begin = here(maker);
    g_string_append_len(out, anew->str, (gssize)anew->len);
}

static void domain_put(const struct maker *maker, const struct qube *qube)
{
    const struct span was = { qube->raw_begin, qube->raw_begin + qube->raw_length };
    const gsize from = here(maker);
    struct span span = { from, 0 };

    if (is_copied(maker, qube)) {
        copy(maker, was.begin, was.end);
    } else {
        domain_change(maker, qube, &span);
        lines_end(maker, span.begin);
        comments_count(maker, was.begin, was.end, from);
    }
    span.end = here(maker);
    store_account_qube(maker->document->account, qube, !is_copied(maker, qube));
    g_array_append_val(maker->document->domains, span);
    g_ptr_array_add(maker->document->uuids, g_strdup(qube->uuid));
}

/* Dom0 made up for a file without one is not written until it changes. */
static gboolean to_write(const struct qube *qube)
{
    return qube->raw_length > 0 || qube->changed;
}

static int by_place(gconstpointer a, gconstpointer b)
{
    const struct qube *one = *(struct qube *const *)a;
    const struct qube *two = *(struct qube *const *)b;

    return one->raw_begin < two->raw_begin ? -1 : one->raw_begin > two->raw_begin;
}

static void qubes_sort_out(struct maker *maker)
{
    GPtrArray *qubes = maker->model->qubes;

    maker->filed = g_ptr_array_new();
    maker->added = g_ptr_array_new();
    for (guint i = 0; i < qubes->len; i++) {
        struct qube *qube = g_ptr_array_index(qubes, i);

        if (to_write(qube))
            g_ptr_array_add(qube->raw_length > 0 ? maker->filed : maker->added, qube);
    }
    g_ptr_array_sort(maker->filed, by_place);
}

/* The qube of the file that comes right before this one in order; NULL: it is
 * the first of all. */
static const struct qube *follows(const struct maker *maker, const struct qube *qube)
{
    const struct qube *before = NULL;

    for (guint i = 0; i < maker->model->qubes->len; i++) {
        const struct qube *at = g_ptr_array_index(maker->model->qubes, i);

        if (at == qube)
            break;
        if (at->raw_length > 0)
            before = at;
    }
    return before;
}

static void added_put(const struct maker *maker, const struct qube *before)
{
    for (guint i = 0; i < maker->added->len; i++) {
        const struct qube *qube = g_ptr_array_index(maker->added, i);

        if (follows(maker, qube) != before)
            continue;
        if (before)
            gap_put(maker, "\n    ");
        domain_put(maker, qube);
        if (!before)
            gap_put(maker, "\n    ");
    }
}

static gboolean is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* What stands between two qubes; before one that is gone, without the blanks. */
static void gap_copy(const struct maker *maker, gsize begin, gsize end, gboolean gone)
{
    while (gone && end > begin && is_blank(maker->bytes[end - 1]))
        end--;
    copy(maker, begin, end);
}

/* Where the end of an element begins: its end tag, or "/>". */
static gsize close_of(const struct maker *maker, const struct span *element, gboolean *closed)
{
    gsize at = element->end - strlen("/>");

    *closed = maker->bytes[at] == '/';
    while (!*closed && maker->bytes[at] != '<')
        at--;
    return at;
}

/* The rest of an element of the file, with something new put last in it. It is opened
 * if it was closed, and ends on a line of its own. */
static void element_fill(const struct maker *maker, const struct span *rest,
                         const char *end_tag, void (*put)(const struct maker *maker))
{
    gboolean closed;
    gsize close = close_of(maker, rest, &closed), at = close;

    while (at > rest->begin && is_blank(maker->bytes[at - 1]))
        at--;
    copy(maker, rest->begin, at);
    if (closed)
        gap_put(maker, ">");
    put(maker);
    if (!closed && memchr(maker->bytes + at, '\n', close - at)) {
        copy(maker, at, rest->end);
        return;
    }
    gap_put(maker, end_tag);
}

static void added_put_all(const struct maker *maker)
{
    for (guint i = 0; i < maker->added->len; i++) {
        gap_put(maker, "\n    ");
        domain_put(maker, maker->added->pdata[i]);
    }
}

/* The element `domains`: as in the file, qube by qube. */
static void domains_copy(const struct maker *maker, const struct section *section,
                         guint *next)
{
    const GArray *spans = maker->store->image.domains;
    gsize cursor = section->begin;

    for (guint i = 0; i < spans->len; i++) {
        const struct span *span = &g_array_index(spans, struct span, i);
        const struct qube *qube = *next < maker->filed->len
                                      ? g_ptr_array_index(maker->filed, *next) : NULL;
        gboolean gone = !qube || qube->raw_begin != span->begin;

        if (span->begin < section->begin || span->end > section->end)
            continue;
        gap_copy(maker, cursor, span->begin, gone);
        cursor = span->end;
        if (gone) {
            maker->document->comments -= comments_of(maker, span->begin, span->end);
            continue;
        }
        if (*next == 0)
            added_put(maker, NULL);
        domain_put(maker, qube);
        added_put(maker, qube);
        ++*next;
    }
    if (maker->filed->len == 0 && maker->document->domains->len == 0 && maker->added->len)
        element_fill(maker, &(struct span){ cursor, section->end }, "\n  </domains>",
                     added_put_all);
    else
        copy(maker, cursor, section->end);
}

static void domains_write(const struct maker *maker)
{
    GString *out = maker->document->text;
    GPtrArray *qubes = maker->model->qubes;
    gsize begin;

    g_string_append(out, "<domains");
    store_raw_write(out, maker->store, "domains", TRUE);
    g_string_append_c(out, '>');
    begin = here(maker);
    for (guint i = 0; i < qubes->len; i++) {
        const struct qube *qube = g_ptr_array_index(qubes, i);

        if (!to_write(qube))
            continue;
        g_string_append(out, "\n    ");
        domain_put(maker, qube);
    }
    store_raw_write(out, maker->store, "domains", FALSE);
    if (here(maker) > begin) {
        g_string_append(out, "\n  </domains>");
    } else {
        g_string_truncate(out, begin - 1);
        g_string_append(out, "/>");
    }
}

/* Sections. */

static gboolean section_changed(const struct maker *maker, enum section_kind kind)
{
    const GString *was = maker->store->image.was[kind];

    return maker->anew || !was || !g_string_equal(was, maker->document->was[kind]);
}

static void section_note(const struct maker *maker, enum section_kind kind, gsize begin)
{
    struct section section = { kind, begin, here(maker) };

    g_array_append_val(maker->document->sections, section);
}

static void section_put(const struct maker *maker, enum section_kind kind)
{
    const GString *text = maker->document->was[kind];

    g_string_append_len(maker->document->text, text->str, (gssize)text->len);
}

/* All elements of the kind become one. Where it begins. */
static gsize section_anew(const struct maker *maker, enum section_kind kind)
{
    const GArray *sections = maker->store->image.sections;
    gsize begin;

    for (guint i = 0; i < sections->len; i++) {
        const struct section *section = &g_array_index(sections, struct section, i);
        const struct span was = { section->begin, section->end };

        if (section->kind == kind)
            comments_put(maker, &was, maker->document->was[kind]->str, "\n  ");
    }
    begin = here(maker);
    section_put(maker, kind);
    return begin;
}

static void section_change(struct maker *maker, const struct section *section)
{
    enum section_kind kind = section->kind;
    const gsize from = here(maker);
    guint nth = maker->met[kind]++;
    gsize begin = from;

    if (nth == 0)
        maker->patched[kind] = store_section_patch(maker->store, maker->model, kind);
    if (maker->patched[kind])
        g_string_append(maker->document->text, maker->patched[kind]->pdata[nth]);
    else if (nth == 0)
        begin = section_anew(maker, kind);
    if (here(maker) > begin) {
        lines_end(maker, begin);
        section_note(maker, kind, begin);
    }
    comments_count(maker, section->begin, section->end, from);
}

static void section_copy(struct maker *maker, const struct section *section)
{
    gsize begin = here(maker);

    if (section_changed(maker, section->kind)) {
        section_change(maker, section);
        return;
    }
    copy(maker, section->begin, section->end);
    section_note(maker, section->kind, begin);
}

static gboolean has_section(const struct store_image *image, enum section_kind kind)
{
    for (guint i = 0; i < image->sections->len; i++)
        if (g_array_index(image->sections, struct section, i).kind == kind)
            return TRUE;
    return FALSE;
}

/* Those that the file lacks and that have something to say, each with a gap before
 * or after it. */
static void sections_add(const struct maker *maker, const char *before, const char *after)
{
    for (int kind = 0; kind < SECTION_WRITTEN; kind++) {
        gsize begin;

        if (!section_changed(maker, kind) || has_section(&maker->store->image, kind))
            continue;
        gap_put(maker, before);
        begin = here(maker);
        section_put(maker, kind);
        lines_end(maker, begin);
        section_note(maker, kind, begin);
        gap_put(maker, after);
    }
}

/* All that a file without an element `domains` lacks. */
static void missing_put(const struct maker *maker)
{
    gsize begin;

    sections_add(maker, "\n  ", "");
    if (maker->added->len == 0)
        return;
    gap_put(maker, "\n  ");
    begin = here(maker);
    g_string_append(maker->document->text, "<domains>");
    added_put_all(maker);
    gap_put(maker, "\n  </domains>");
    section_note(maker, SECTION_DOMAINS, begin);
}

static gboolean is_missing_some(const struct maker *maker)
{
    const struct store_image *image = &maker->store->image;

    if (has_section(image, SECTION_DOMAINS))
        return FALSE;
    for (int kind = 0; kind < SECTION_WRITTEN; kind++)
        if (section_changed(maker, kind) && !has_section(image, kind))
            return TRUE;
    return maker->added->len > 0;
}

/* From there on. */
static void root_end(const struct maker *maker, gsize cursor)
{
    const struct span *root = &maker->store->image.root;
    struct span rest = { cursor, root->end };

    if (is_missing_some(maker))
        element_fill(maker, &rest, "\n</qubes>", missing_put);
    else
        copy(maker, rest.begin, rest.end);
    maker->document->root = (struct span){ root->begin, here(maker) };
    copy(maker, root->end, g_bytes_get_size(maker->store->image.bytes));
}

static void document_copy(struct maker *maker)
{
    const GArray *sections = maker->store->image.sections;
    gsize cursor = 0, begin;
    gboolean first = TRUE;
    guint next = 0;

    for (guint i = 0; i < sections->len; i++) {
        const struct section *section = &g_array_index(sections, struct section, i);

        copy(maker, cursor, section->begin);
        cursor = section->end;
        if (section->kind != SECTION_DOMAINS) {
            section_copy(maker, section);
            continue;
        }
        if (first)
            sections_add(maker, "", "\n  ");
        first = FALSE;
        begin = here(maker);
        domains_copy(maker, section, &next);
        section_note(maker, SECTION_DOMAINS, begin);
    }
    root_end(maker, cursor);
}

static void document_write(const struct maker *maker)
{
    GString *out = maker->document->text;
    gsize begin;

    g_string_append(out, "<qubes");
    store_raw_write(out, maker->store, "qubes", TRUE);
    g_string_append(out, ">\n  ");
    for (int kind = 0; kind < SECTION_WRITTEN; kind++) {
        begin = here(maker);
        section_put(maker, kind);
        section_note(maker, kind, begin);
        g_string_append(out, "\n  ");
    }
    begin = here(maker);
    domains_write(maker);
    section_note(maker, SECTION_DOMAINS, begin);
    store_raw_write(out, maker->store, "qubes", FALSE);
    g_string_append(out, "\n</qubes>");
    maker->document->root.end = here(maker);
    g_string_append_c(out, '\n');
}

static gboolean can_copy(const struct maker *maker)
{
    return !maker->anew && maker->store->image.bytes && maker->store->image.root.end > 0;
}

static struct store_document *document_new(const struct store *store,
                                           const struct model *model)
{
    struct store_document *document = g_new0(struct store_document, 1);
    gsize size = store->image.bytes ? g_bytes_get_size(store->image.bytes) : 0;

    document->text = g_string_sized_new(size + 4096);
    document->sections = g_array_new(FALSE, FALSE, sizeof(struct section));
    document->domains = g_array_new(FALSE, FALSE, sizeof(struct span));
    document->uuids = g_ptr_array_new_with_free_func(g_free);
    document->account = store_account_new();
    store_account_system(document->account, model, store->raw);
    for (int kind = 0; kind < SECTION_WRITTEN; kind++)
        document->was[kind] = store_section_text(store, model, kind);
    return document;
}

static gboolean has_crlf(GBytes *bytes)
{
    gsize size, n = 0;
    const char *text = g_bytes_get_data(bytes, &size), *end = text + size;

    for (const char *at = text; (at = memchr(at, '\n', (gsize)(end - at))); at++, n++)
        if (at == text || at[-1] != '\r')
            return FALSE;
    return n > 0;
}

struct store_document *store_document_new(const struct store *store,
                                          const struct model *model,
                                          gboolean anew)
{
    struct maker maker = { store, model, document_new(store, model), anew };

    if (store->image.bytes)
        maker.bytes = g_bytes_get_data(store->image.bytes, NULL);
    qubes_sort_out(&maker);
    maker.crlf = can_copy(&maker) && has_crlf(store->image.bytes);
    if (can_copy(&maker)) {
        maker.document->comments =
            comments_of(&maker, 0, g_bytes_get_size(store->image.bytes));
        document_copy(&maker);
        store_account_comments(maker.document->account, maker.document->comments);
    } else {
        document_write(&maker);
    }
    g_ptr_array_unref(maker.filed);
    g_ptr_array_unref(maker.added);
    for (int kind = 0; kind < SECTION_WRITTEN; kind++)
        g_clear_pointer(&maker.patched[kind], g_ptr_array_unref);
    return maker.document;
}
