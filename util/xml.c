/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/xml.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include "util/error.h"
#include "util/text.h"

/* Some versions of libxml2 stop here too, others much deeper. */
#define XML_DEPTH_MAX 256

#if LIBXML_VERSION >= 21200
typedef const xmlError xml_cause;
#else
typedef xmlError xml_cause;
#endif

static void xml_swallow(void *ctx, const char *message, ...)
{
}

void xml_silence(void)
{
    xmlSetGenericErrorFunc(NULL, xml_swallow);
    xmlThrDefSetGenericErrorFunc(NULL, xml_swallow);
}

/* One parse. The buffers are reused from element to element: a store has tens
 * of thousands of them. */
struct xml_reader {
    const char *what, *data;
    gsize len;
    const struct xml_handler *handler;
    gpointer user;
    xmlParserCtxt *ctxt;
    gsize mark; /* the end of the last tag, comment, instruction or CDATA */
    GString *texts[XML_DEPTH_MAX + 1]; /* text of each open element, from 1 */
    gboolean whole[XML_DEPTH_MAX + 1]; /* what follows does not belong to it */
    gboolean lost[XML_DEPTH_MAX + 1];  /* and something did follow */
    int depth;
    struct xml_attr *attrs;
    gsize attrs_max;
    char *values; /* what attrs points to */
    gsize values_max;
    GError *error;
};

static void xml_reader_clear(struct xml_reader *reader)
{
    for (int i = 1; i <= XML_DEPTH_MAX && reader->texts[i]; i++)
        g_string_free(reader->texts[i], TRUE);
    g_free(reader->attrs);
    g_free(reader->values);
    g_clear_error(&reader->error);
    if (!reader->ctxt)
        return;
    /* libxml2 makes one to keep an entity in, though the document type it is of
     * was refused, and leaves it to its caller */
    if (reader->ctxt->myDoc)
        xmlFreeDoc(reader->ctxt->myDoc);
    xmlFreeParserCtxt(reader->ctxt);
}

static inline gsize xml_offset(const struct xml_reader *reader)
{
    const xmlParserInput *input = reader->ctxt->input;

    return (gsize)input->consumed + (gsize)(input->cur - input->base);
}

static void xml_stop(struct xml_reader *reader)
{
    if (!reader->error)
        error_set(&reader->error, QMC_ERROR_INTERNAL, NULL,
                  "'%s' was refused without a reason", reader->what);
    xmlStopParser(reader->ctxt);
}

/* Makes room for n attributes whose texts take `bytes`. */
static void xml_reserve(struct xml_reader *reader, gsize n, gsize bytes)
{
    if (n + 1 > reader->attrs_max) {
        reader->attrs_max = MAX(32, 2 * (n + 1));
        reader->attrs = g_renew(struct xml_attr, reader->attrs, reader->attrs_max);
    }
    if (bytes > reader->values_max) {
        reader->values_max = MAX(1024, 2 * bytes);
        reader->values = g_realloc(reader->values, reader->values_max);
    }
}

static char *xml_put(char *to, const void *text, gsize len)
{
    memcpy(to, text, len);
    to[len] = '\0';
    return to + len + 1;
}

static gsize xml_name_size(const xmlChar *prefix, const xmlChar *local)
{
    return prefix ? strlen((const char *)prefix) + strlen((const char *)local) + 2 : 0;
}

/* The name as it stands in the file; without a prefix it is the parser's. */
static const char *xml_put_name(char **to, const xmlChar *prefix,
                                const xmlChar *local)
{
    char *name = *to;

    if (!prefix)
        return (const char *)local;
    *to = g_stpcpy(g_stpcpy(g_stpcpy(name, (const char *)prefix), ":"),
                   (const char *)local) + 1;
    return name;
}

/* libxml2 hands out five pointers per attribute. */
enum { ATTR_LOCAL, ATTR_PREFIX, ATTR_URI, ATTR_VALUE, ATTR_END, ATTR_STEP };

/* Pairs of a prefix, NULL for none, and what it stands for. */
struct xml_spaces {
    int n;
    const xmlChar **pairs;
};
#define XML_SPACE ((const xmlChar *)"xmlns")

static struct xml_attr *xml_put_spaces(char *to, const struct xml_spaces *spaces,
                                       struct xml_attr *attr)
{
    for (int i = 0; i < spaces->n; i++, attr++) {
        const char *uri = (const char *)spaces->pairs[2 * i + 1];

        attr->name = spaces->pairs[2 * i]
                         ? xml_put_name(&to, XML_SPACE, spaces->pairs[2 * i]) : "xmlns";
        attr->value = to;
        to = xml_put(to, uri ? uri : "", uri ? strlen(uri) : 0);
    }
    return attr;
}

static gsize xml_spaces_size(const struct xml_spaces *spaces)
{
    gsize bytes = 0;

    for (int i = 0; i < spaces->n; i++) {
        const xmlChar *prefix = spaces->pairs[2 * i], *uri = spaces->pairs[2 * i + 1];

        bytes += (prefix ? xml_name_size(XML_SPACE, prefix) : 0) +
                 (uri ? strlen((const char *)uri) : 0) + 1;
    }
    return bytes;
}

static void xml_put_attrs(struct xml_reader *reader, char *to, int n,
                          const xmlChar **raw, const struct xml_spaces *spaces)
{
    struct xml_attr *attr = reader->attrs;

    for (; n > 0; n--, raw += ATTR_STEP, attr++) {
        attr->name = xml_put_name(&to, raw[ATTR_PREFIX], raw[ATTR_LOCAL]);
        attr->value = to;
        to = xml_put(to, raw[ATTR_VALUE], (gsize)(raw[ATTR_END] - raw[ATTR_VALUE]));
    }
    attr = xml_put_spaces(to, spaces, attr);
    *attr = (struct xml_attr){ NULL, NULL };
}

static void xml_push_text(struct xml_reader *reader)
{
    GString **text = &reader->texts[reader->depth + 1];

    reader->whole[reader->depth++] = TRUE;
    reader->whole[reader->depth] = reader->lost[reader->depth] = FALSE;
    if (!*text)
        *text = g_string_sized_new(64);
    g_string_truncate(*text, 0);
}

/* An error of ours at the place the parser has reached. */
static void xml_refuse(struct xml_reader *reader, const char *why)
{
    error_set(&reader->error, QMC_ERROR_INVALID, NULL,
              "%s: line %d, column %d: %s", reader->what,
              reader->ctxt->input->line, reader->ctxt->input->col, why);
    xmlStopParser(reader->ctxt);
}

/* What the attributes take, decoded. */
static gsize xml_attrs_size(int n, const xmlChar **raw)
{
    gsize bytes = 0;

    for (int i = 0; i < n; i++) {
        const xmlChar **r = raw + i * ATTR_STEP;

        bytes += xml_name_size(r[ATTR_PREFIX], r[ATTR_LOCAL]) +
                 (gsize)(r[ATTR_END] - r[ATTR_VALUE]) + 1;
    }
    return bytes;
}

static void xml_on_start(void *data, const xmlChar *local, const xmlChar *prefix,
                         const xmlChar *uri, int ns, const xmlChar **namespaces,
                         int n, int defaulted, const xmlChar **raw)
{
    struct xml_reader *reader = data;
    const struct xml_spaces spaces = { ns, namespaces };
    const char *lt = memchr(reader->data + reader->mark, '<',
                            reader->len - reader->mark);
    const char *name;
    char *to;

    xml_reserve(reader, (gsize)(n + ns), xml_name_size(prefix, local) +
                                             xml_attrs_size(n, raw) +
                                             xml_spaces_size(&spaces));
    to = reader->values;
    name = xml_put_name(&to, prefix, local);
    xml_put_attrs(reader, to, n, raw, &spaces);
    if (reader->depth == XML_DEPTH_MAX) {
        xml_refuse(reader, "elements nest too deep");
        return;
    }
    xml_push_text(reader);
    reader->mark = xml_offset(reader);
    if (!reader->handler->start(name, reader->attrs, (gsize)(lt - reader->data),
                                reader->user, &reader->error))
        xml_stop(reader);
}

static void xml_on_end(void *data, const xmlChar *local, const xmlChar *prefix,
                       const xmlChar *uri)
{
    struct xml_reader *reader = data;
    const char *name;
    char *to;

    xml_reserve(reader, 0, xml_name_size(prefix, local));
    to = reader->values;
    name = xml_put_name(&to, prefix, local);
    reader->mark = xml_offset(reader);
    if (reader->lost[reader->depth] && reader->handler->lost)
        reader->handler->lost(name, reader->user);
    if (!reader->handler->end(name, reader->texts[reader->depth--]->str,
                              reader->mark, reader->user, &reader->error))
        xml_stop(reader);
}

static gboolean xml_is_blank(const xmlChar *text, int len)
{
    while (len > 0 && g_ascii_isspace(text[len - 1]))
        len--;
    return len == 0;
}

static void xml_on_text(void *data, const xmlChar *text, int len)
{
    struct xml_reader *reader = data;

    if (reader->whole[reader->depth])
        reader->lost[reader->depth] |= !xml_is_blank(text, len);
    else if (reader->depth > 0)
        g_string_append_len(reader->texts[reader->depth], (const char *)text, len);
}

static void xml_on_cdata(void *data, const xmlChar *text, int len)
{
    struct xml_reader *reader = data;

    xml_on_text(data, text, len);
    reader->mark = xml_offset(reader);
}

static void xml_on_comment(void *data, const xmlChar *text)
{
    struct xml_reader *reader = data;

    reader->mark = xml_offset(reader);
    reader->whole[reader->depth] = TRUE;
}

static void xml_on_instruction(void *data, const xmlChar *target, const xmlChar *text)
{
    xml_on_comment(data, text);
}

/* After the declaration. */
static void xml_on_document(void *data)
{
    xml_on_comment(data, NULL);
}

static void xml_on_doctype(void *data, const xmlChar *name,
                           const xmlChar *external_id, const xmlChar *system_id)
{
    xml_refuse(data, "a document type is not allowed here");
}

static void xml_flaw(struct xml_reader *reader, xml_cause *cause)
{
    g_autofree char *text = text_sanitise(cause->message, -1);
    g_autofree char *why = g_strdup_printf("line %d: %s", cause->line, g_strchomp(text));

    if (reader->handler->flaw)
        reader->handler->flaw(why, reader->user);
}

/* Keeps the first fatal error; also keeps libxml2 from printing it. */
static void xml_on_error(void *data, xml_cause *cause)
{
    struct xml_reader *reader = data;
    g_autofree char *text = NULL;

    if (cause->level == XML_ERR_ERROR && cause->domain == XML_FROM_NAMESPACE)
        xml_flaw(reader, cause);
    if (cause->level != XML_ERR_FATAL || reader->error)
        return;
    text = text_sanitise(cause->message, -1);
    error_set(&reader->error, QMC_ERROR_INVALID, NULL,
              "%s: line %d, column %d: %s", reader->what, cause->line,
              cause->int2, g_strchomp(text));
}

static const xmlSAXHandler xml_sax = {
    .initialized = XML_SAX2_MAGIC,
    .startDocument = xml_on_document,
    .internalSubset = xml_on_doctype,
    .startElementNs = xml_on_start,
    .endElementNs = xml_on_end,
    .characters = xml_on_text,
    .ignorableWhitespace = xml_on_text,
    .cdataBlock = xml_on_cdata,
    .comment = xml_on_comment,
    .processingInstruction = xml_on_instruction,
    .serror = xml_on_error,
};

/* The encoding named in the declaration, or NULL. */
static char *xml_declared_encoding(const char *data, gsize len)
{
    const char *end, *at, *close;

    if (len < 6 || memcmp(data, "<?xml", 5) != 0 || !g_ascii_isspace(data[5]))
        return NULL;
    end = g_strstr_len(data, (gssize)len, "?>");
    if (!end)
        return NULL;
    at = g_strstr_len(data, end - data, "encoding");
    if (!at)
        return NULL;
    at += strlen("encoding");
    while (at < end && (g_ascii_isspace(*at) || *at == '='))
        at++;
    close = at < end ? memchr(at + 1, *at, (gsize)(end - at - 1)) : NULL;
    return close ? g_strndup(at + 1, (gsize)(close - at - 1)) : NULL;
}

static gboolean xml_is_utf16(const char *data, gsize len)
{
    return len >= 4 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0 ||
                        memcmp(data, "<\0", 2) == 0 || memcmp(data, "\0<", 2) == 0);
}

static void xml_refuse_encoding(const char *what, const char *untrusted_encoding,
                                GError **error)
{
    g_autofree char *encoding = text_sanitise(untrusted_encoding, -1);
    g_autofree char *quoted = text_shell_quote(encoding);
    g_autofree char *hint = g_strdup_printf(
        "iconv -f %s -t UTF-8 FILE | sed '1s/ encoding=[^ ?]*//' >NEW", quoted);

    error_set(error, QMC_ERROR_INVALID, hint,
              "%s: line 1: it is in the encoding '%s', only UTF-8 is supported", what,
              encoding);
}

/* Whether the bytes are something that may be tried as UTF-8 XML. */
static gboolean xml_acceptable(const char *what, const char *data, gsize len,
                               GError **error)
{
    gsize bom = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    g_autofree char *untrusted_encoding = NULL;
    const char *flaw = NULL;

    if (len == bom)
        flaw = "it is empty";
    else if (len > G_MAXINT)
        flaw = "it is too large";
    else if (xml_is_utf16(data, len))
        untrusted_encoding = g_strdup("UTF-16");
    else if (memchr(data, '\0', len))
        flaw = "there are NUL bytes in it";
    else if (data[bom] != '<' && !g_ascii_isspace(data[bom]))
        flaw = "line 1, column 1: this is not XML";
    else
        untrusted_encoding = xml_declared_encoding(data + bom, len - bom);
    if (flaw)
        error_set(error, QMC_ERROR_INVALID, NULL, "%s: %s", what, flaw);
    else if (untrusted_encoding && g_ascii_strcasecmp(untrusted_encoding, "utf-8") != 0)
        xml_refuse_encoding(what, untrusted_encoding, error);
    else
        return TRUE;
    return FALSE;
}

gboolean xml_parse(const char *what, const char *data, gsize len,
                   const struct xml_handler *handler, gpointer user,
                   GError **error)
{
    struct xml_reader reader = {
        .what = what, .data = data, .len = len, .handler = handler, .user = user,
    };
    gboolean ok;

    if (!xml_acceptable(what, data, len, error))
        return FALSE;
    reader.ctxt = xmlCreateMemoryParserCtxt(data, (int)len);
    g_assert(reader.ctxt && reader.ctxt->sax); /* NULL only without memory */
    *reader.ctxt->sax = xml_sax;
    reader.ctxt->userData = &reader;
    /* NOENT: else "&amp;" in attributes arrives half decoded. There is no
     * entity but the five of XML, because document types are refused. */
    xmlCtxtUseOptions(reader.ctxt, XML_PARSE_NONET | XML_PARSE_NOENT);
    xmlParseDocument(reader.ctxt);

    ok = reader.ctxt->wellFormed && !reader.error;
    if (!ok && !reader.error)
        error_set(&reader.error, QMC_ERROR_INVALID, NULL, "%s: not XML", what);
    if (!ok)
        g_propagate_error(error, g_steal_pointer(&reader.error));
    xml_reader_clear(&reader);
    return ok;
}

/* What libxml2's serialiser replaces in text; in attributes these as well. */
static const char *const xml_text_escapes[256] = {
    ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['\r'] = "&#13;",
};
static const char *const xml_attr_escapes[256] = {
    ['<'] = "&lt;",   ['>'] = "&gt;",   ['&'] = "&amp;", ['"'] = "&quot;",
    ['\r'] = "&#13;", ['\n'] = "&#10;", ['\t'] = "&#9;",
};

static void xml_append_escaped(GString *out, const char *text,
                               const char *const *escapes)
{
    const char *p = text;

    for (; *p; p++) {
        const char *escape = escapes[(guchar)*p];

        if (!escape)
            continue;
        g_string_append_len(out, text, p - text);
        g_string_append(out, escape);
        text = p + 1;
    }
    g_string_append_len(out, text, p - text);
}

void xml_append_text(GString *out, const char *text)
{
    xml_append_escaped(out, text, xml_text_escapes);
}

void xml_append_attr(GString *out, const char *name, const char *value)
{
    g_string_append_c(out, ' ');
    g_string_append(out, name);
    g_string_append_len(out, "=\"", 2);
    xml_append_escaped(out, value, xml_attr_escapes);
    g_string_append_c(out, '"');
}

#define XML_BLANKS " \t\r\n"

gboolean xml_attr_find(const char *text, gsize tag, const char *name, gsize *begin,
                       gsize *end)
{
    gsize at = tag + 1 + strcspn(text + tag + 1, XML_BLANKS "/>");
    const char *close;

    for (;;) {
        gsize from = at + strspn(text + at, XML_BLANKS);
        gsize word = strcspn(text + from, XML_BLANKS "=/>");

        at = from + word;
        at += strspn(text + at, XML_BLANKS "=");
        close = text[at] == '"' || text[at] == '\'' ? strchr(text + at + 1, text[at])
                                                    : NULL;
        if (word == 0 || !close)
            return FALSE;
        at = (gsize)(close - text) + 1;
        if (word != strlen(name) || strncmp(text + from, name, word) != 0)
            continue;
        *begin = from;
        *end = at;
        return TRUE;
    }
}

static gboolean xml_char_valid(gunichar c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) ||
           (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

gboolean xml_text_valid(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return FALSE;
    for (const char *p = text; *p; p += g_utf8_skip[(guchar)*p])
        if (!xml_char_valid(g_utf8_get_char(p)))
            return FALSE;
    return TRUE;
}
