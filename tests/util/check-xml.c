/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "util/xml.h"

#include <string.h>
#include <unistd.h>

#include <libxml/tree.h>
#include <libxml/xmlsave.h>

#include "tests/util/suite.h"

/* What a handler saw: "<name a=v|bytes" ... ">name text|bytes". The bytes of an
 * element are checked against the document. */
struct seen {
    const char *doc;
    GString *out;
    GArray *begins; /* of gsize, of the open elements */
    const char *refuse;
};

static gboolean seen_start(const char *name, const struct xml_attr *attrs,
                           gsize begin, gpointer data, GError **error)
{
    struct seen *seen = data;

    ck_assert_int_eq(seen->doc[begin], '<');
    g_array_append_val(seen->begins, begin);
    g_string_append_printf(seen->out, "<%s", name);
    for (; attrs->name; attrs++)
        g_string_append_printf(seen->out, " %s=[%s]", attrs->name, attrs->value);
    if (g_strcmp0(name, seen->refuse) != 0)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "hint", "no '%s'", name);
    return FALSE;
}

static gboolean seen_end(const char *name, const char *text, gsize end,
                         gpointer data, GError **error)
{
    struct seen *seen = data;
    gsize begin = g_array_index(seen->begins, gsize, seen->begins->len - 1);
    g_autofree char *opens = g_strconcat("<", name, NULL);

    g_array_set_size(seen->begins, seen->begins->len - 1);
    ck_assert_int_eq(seen->doc[end - 1], '>');
    ck_assert(g_str_has_prefix(seen->doc + begin, opens));
    g_string_append_printf(seen->out, ">%s [%s]%" G_GSIZE_FORMAT "-%" G_GSIZE_FORMAT
                           "\n", name, text, begin, end);
    if (!seen->refuse || seen->refuse[0] != '/' || strcmp(seen->refuse + 1, name) != 0)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "hint", "no '/%s'", name);
    return FALSE;
}

static const struct xml_handler seen_handler = { seen_start, seen_end };

/* The text form of the events, or NULL with the error. The document is copied
 * without a NUL behind it, so that reading too far is noticed. */
static char *see_refusing(const char *doc, gssize len, const char *refuse,
                          GError **error)
{
    gsize n = len < 0 ? strlen(doc) : (gsize)len;
    g_autofree char *exact = g_memdup2(doc, n);
    struct seen seen = { .doc = exact, .refuse = refuse };
    gboolean ok;

    seen.out = g_string_new(NULL);
    seen.begins = g_array_new(FALSE, FALSE, sizeof(gsize));
    ok = xml_parse("test.xml", exact, n, &seen_handler, &seen, error);
    g_array_free(seen.begins, TRUE);
    return g_string_free(seen.out, !ok);
}

static char *see(const char *doc, gssize len, GError **error)
{
    return see_refusing(doc, len, NULL, error);
}

static void ck_seen(const char *doc, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *out = see(doc, -1, &error);

    ck_no_error(error);
    ck_assert_str_eq(out, expected);
}

static void ck_refused(const char *doc, gssize len, const char *part)
{
    GError *error = NULL;
    g_autofree char *out = see(doc, len, &error);

    ck_assert_msg(out == NULL, "accepted: %s", doc);
    ck_assert(g_str_has_prefix(error->message, "test.xml: "));
    ck_assert_ptr_null(strchr(error->message, '\n'));
    ck_error(&error, QMC_ERROR_INVALID, part);
}

START_TEST(elements_attributes_text)
{
    ck_seen("<a/>", "<a>a []0-4\n");
    ck_seen("<a></a>\n", "<a>a []0-7\n");
    ck_seen("<a  b='1' c=\"2\" >x<d/>y</a>",
            "<a b=[1] c=[2]<d>d []18-22\n>a [x]0-27\n");
    ck_seen("<a>\n  <b>t</b>\n</a>", "<a<b>b [t]6-14\n>a [\n  ]0-19\n");
    ck_seen("<a>x<!-- y -->z</a>", "<a>a [x]0-19\n");
    ck_seen("<a>x<?y?>z</a>", "<a>a [x]0-14\n");
    ck_seen("<a>x<![CDATA[y]]>z</a>", "<a>a [xyz]0-22\n");
    ck_seen("<p:a xmlns:p='urn:x' p:b='1' c='2'/>",
            "<p:a p:b=[1] c=[2] xmlns:p=[urn:x]>p:a []0-36\n");
    ck_seen("<p:a/>", "<p:a>p:a []0-6\n");
}
END_TEST

START_TEST(entities_are_decoded)
{
    ck_seen("<a b='&amp;&lt;&gt;&quot;&apos;&#65;&#x42;&#38;amp;'/>",
            "<a b=[&<>\"'AB&amp;]>a []0-54\n");
    ck_seen("<a>&amp;&lt;x&gt;&quot;&apos;&#65;&#10;</a>",
            "<a>a [&<x>\"'A\n]0-43\n");
    ck_seen("<a b='x&#10;y\n\tz'/>", "<a b=[x\ny  z]>a []0-19\n");
}
END_TEST

START_TEST(ranges_skip_what_only_looks_like_tags)
{
    ck_seen("<?xml version='1.0'?>\n<!-- <no> --><a/>", "<a>a []35-39\n");
    ck_seen("<a><!-- <b> --><b/></a>", "<a<b>b []15-19\n>a []0-23\n");
    ck_seen("<a><?pi <b> ?><b/><?pi2?><c/></a>",
            "<a<b>b []14-18\n<c>c []25-29\n>a []0-33\n");
    ck_seen("<a><![CDATA[<b>]]><b/></a>", "<a<b>b []18-22\n>a [<b>]0-26\n");
    ck_seen("<a>x<![CDATA[]]>y<b/></a>", "<a<b>b []17-21\n>a [xy]0-25\n");
    ck_seen("<a c='>/>' d='-->'><b e='/>'/></a>",
            "<a c=[>/>] d=[-->]<b e=[/>]>b []19-30\n>a []0-34\n");
    ck_seen("<a><b\n/><!----><b\n></b\n></a><!-- <z> --><?z <y>?>",
            "<a<b>b []3-8\n<b>b []15-24\n>a []0-28\n");
    ck_seen("\xef\xbb\xbf<a/>", "<a>a []3-7\n");
    ck_seen("<a>&lt;b&gt;<b/></a>", "<a<b>b []12-16\n>a [<b>]0-20\n");
}
END_TEST

START_TEST(text_may_be_any_character)
{
    ck_seen("<a b='ż日\U0001F600'>ż日\U0001F600</a>",
            "<a b=[ż日\U0001F600]>a [ż日\U0001F600]0-30\n");
}
END_TEST

/* One line per element and byte ranges that must hold over the whole length;
 * the parser moves its buffer while it reads. */
START_TEST(ranges_hold_in_large_documents)
{
    g_autoptr(GString) doc = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r>");
    g_autoptr(GString) expected = g_string_new("<r");
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL, *long_text = g_strnfill(70000, 'x');

    for (int i = 0; i < 30000; i++) {
        gsize begin;
        const char *text = i % 1000 == 7 ? long_text : "ż&amp;<!-- <n> -->";
        const char *plain = i % 1000 == 7 ? long_text : "ż&";

        g_string_append(doc, i % 3 ? "\n  " : "<!-- <item> --><?x <y>?>");
        begin = doc->len;
        g_string_append_printf(doc, "<item n=\"%d&gt;>\">%s</item>", i, text);
        g_string_append_printf(expected, "<item n=[%d>>]>item [%s]%" G_GSIZE_FORMAT
                               "-%" G_GSIZE_FORMAT "\n", i, plain, begin, doc->len);
    }
    g_string_append(doc, "</r>");
    ck_assert_uint_gt(doc->len, 3 << 20);
    out = see(doc->str, (gssize)doc->len, &error);
    ck_no_error(error);
    ck_assert_uint_eq(strncmp(out, expected->str, expected->len), 0);
    ck_assert(g_str_has_prefix(out + expected->len, ">r ["));
}
END_TEST

static char *nested(int depth)
{
    GString *doc = g_string_new(NULL);

    for (int i = 0; i < depth; i++)
        g_string_append_printf(doc, "<e>%d", i);
    for (int i = 0; i < depth; i++)
        g_string_append(doc, ".</e>");
    return g_string_free(doc, FALSE);
}

START_TEST(nesting_keeps_each_text)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *doc = nested(200), *out = see(doc, -1, &error);

    ck_no_error(error);
    ck_assert_ptr_nonnull(strstr(out, ">e [199.]"));
    ck_assert_ptr_nonnull(strstr(out, ">e [100]"));
    ck_assert_ptr_nonnull(strstr(out, ">e [0]0-"));
}
END_TEST

START_TEST(nesting_has_an_end)
{
    g_autofree char *doc = nested(5000), *just = nested(256), *over = nested(257);
    g_autofree char *out = see(just, -1, NULL);

    ck_assert_ptr_nonnull(out);
    ck_refused(over, -1, "deep");
    ck_refused(doc, -1, "line 1");
}
END_TEST

START_TEST(document_types_are_refused)
{
    ck_refused("<!DOCTYPE a><a/>", -1, "document type");
    ck_refused("<!DOCTYPE a SYSTEM '/etc/passwd'><a/>", -1, "document type");
    ck_refused("\n<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", -1, "line 2");
    ck_refused("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>",
               -1, "document type");
    ck_refused("<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;&b;&b;&b;&b;'>"
               "<!ENTITY d '&c;&c;&c;&c;&c;'>]><a>&d;</a>", -1, "document type");
    ck_refused("<a>&x;</a>", -1, "line 1");
    ck_refused("<a b='&x;'/>", -1, "line 1");
}
END_TEST

START_TEST(bad_documents_say_where)
{
    ck_refused("", 0, "empty");
    ck_refused("\xef\xbb\xbf", -1, "empty");
    ck_refused("\n \n", -1, "line");
    ck_refused("hello", -1, "line 1");
    ck_refused("<a>\n<b>\n</a>", -1, "line 3");
    ck_refused("<a>\n", -1, "line 2");
    ck_refused("<a", -1, "line 1");
    ck_refused("<a b='<'/>", -1, "line 1");
    ck_refused("<a b='1' b='2'/>", -1, "line 1");
    ck_refused("<a/><b/>", -1, "line 1");
    ck_refused("<a/>rubbish", -1, "line 1");
    ck_refused("<a>\033</a>", -1, "line 1");
    ck_refused("<a>&#27;</a>", -1, "line 1");
    ck_refused("<a>\n\xff</a>", -1, "line 2");
    ck_refused("<a b='\xc3'/>", -1, "line 1");
    ck_refused("<a>\0</a>", 8, "NUL");
}
END_TEST

START_TEST(other_encodings_are_refused)
{
    ck_refused("\xff\xfe<\0a\0", 6, "encoding 'UTF-16'");
    ck_refused("<\0a\0/\0", 6, "encoding 'UTF-16'");
    ck_refused("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", -1, "'ISO-8859-1'");
    ck_refused("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", -1, "UTF-8");
    ck_refused("<?xml version='1.0' encoding = \"UTF-16\" ?><a/>", -1, "UTF-8");
    ck_refused("<?xml version='1.0' encoding='UTF-7'?>+ADw-a/>", -1, "UTF-8");
    ck_refused("\xff\xfe<\0a\0/\0>\0", 10, "UTF-16");
    ck_refused("\x4c\x6f\xa7\x94", 4, "not XML");
    ck_seen("<?xml version='1.0' encoding='utf-8'?><a/>", "<a>a []38-42\n");
    ck_seen("<?xml version='1.0'?><a encoding='x'/>", "<a encoding=[x]>a []21-38\n");
}
END_TEST

START_TEST(handlers_can_stop)
{
    GError *error = NULL;
    g_autofree char *a = see_refusing("<a><b/><c/></a>", -1, "b", &error);

    ck_assert_ptr_null(a);
    ck_assert_str_eq(error_hint(error), "hint");
    ck_error(&error, QMC_ERROR_STATE, "no 'b'");
    a = see_refusing("<a><b></b><c/></a>", -1, "/b", &error);
    ck_assert_ptr_null(a);
    ck_error(&error, QMC_ERROR_STATE, "no '/b'");
    a = see_refusing("<a><b/></a", -1, "/b", &error);
    ck_assert_ptr_null(a);
    ck_error(&error, QMC_ERROR_STATE, "no '/b'");
}
END_TEST

START_TEST(nothing_is_printed)
{
    char text[16];
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    ck_refused("<a>&x;<b", -1, "line");
    ck_refused("<p:a q:b='1'>", -1, "line");
    close(fds[1]);
    close(STDERR_FILENO);
    ck_assert_int_eq(read(fds[0], text, sizeof text), 0);
}
END_TEST

static const xmlChar *as_xml(const char *text)
{
    return (const xmlChar *)text;
}

/* What libxml2 writes for an element `e` with attribute `a` and a text. */
static char *libxml2_writes(const char *value)
{
    xmlDoc *doc = xmlNewDoc(as_xml("1.0"));
    xmlNode *node = xmlNewNode(NULL, as_xml("e"));
    xmlBuffer *buffer = xmlBufferCreate();
    xmlSaveCtxt *save = xmlSaveToBuffer(buffer, "UTF-8",
                                        XML_SAVE_FORMAT | XML_SAVE_NO_DECL);
    char *out;

    xmlDocSetRootElement(doc, node);
    xmlNewProp(node, as_xml("a"), as_xml(value));
    xmlAddChild(node, xmlNewDocText(doc, as_xml(value)));
    xmlSaveDoc(save, doc);
    xmlSaveClose(save);
    out = g_strdup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    xmlFreeDoc(doc);
    return out;
}

static void ck_writes_like_libxml2(const char *value)
{
    g_autofree char *expected = libxml2_writes(value);
    g_autoptr(GString) ours = g_string_new("<e");

    xml_append_attr(ours, "a", value);
    g_string_append_c(ours, '>');
    xml_append_text(ours, value);
    g_string_append(ours, "</e>\n");
    ck_assert_str_eq(ours->str, expected);
}

START_TEST(writes_what_libxml2_writes)
{
    char value[] = "<x>";

    for (gunichar c = 1; c < 0x3000; c++) {
        g_autofree char *text = NULL;
        char utf8[7] = "";

        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            continue;
        g_unichar_to_utf8(c, utf8);
        text = g_strdup_printf("a%sb", utf8);
        ck_writes_like_libxml2(text);
    }
    ck_writes_like_libxml2("");
    ck_writes_like_libxml2("ż日\U0001F600\U0010FFFD");
    ck_writes_like_libxml2("&amp; ]]> <!-- '\" \r\n\t");
    for (value[1] = ' '; value[1] < 0x7f; value[1]++)
        ck_writes_like_libxml2(value);
}
END_TEST

START_TEST(reads_what_it_writes)
{
    const char *value = "<&>\"'\r\n\t ż ]]> &amp;";
    g_autoptr(GString) doc = g_string_new("<e");
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL, *expected = NULL;

    xml_append_attr(doc, "a", value);
    g_string_append_c(doc, '>');
    xml_append_text(doc, value);
    g_string_append(doc, "</e>");
    out = see(doc->str, -1, &error);
    ck_no_error(error);
    expected = g_strdup_printf("<e a=[%s]>e [%s]0-%" G_GSIZE_FORMAT "\n", value,
                               value, doc->len);
    ck_assert_str_eq(out, expected);
}
END_TEST

static void flaw_count(const char *why, gpointer data)
{
    ck_assert_ptr_nonnull(strstr(why, "line 1: "));
    ck_assert_ptr_nonnull(strstr(why, "prefix y"));
    ++*(int *)data;
}

static gboolean space_start(const char *name, const struct xml_attr *attrs, gsize begin,
                            gpointer data, GError **error)
{
    if (!g_str_equal(name, "a"))
        return TRUE;
    ck_assert_str_eq(attrs[0].name, "x:b");
    ck_assert_str_eq(attrs[1].name, "xmlns");
    ck_assert_str_eq(attrs[1].value, "urn:d&e");
    ck_assert_str_eq(attrs[2].name, "xmlns:x");
    ck_assert_str_eq(attrs[2].value, "urn:x");
    ck_assert_ptr_null(attrs[3].name);
    return TRUE;
}

static gboolean space_end(const char *name, const char *text, gsize end, gpointer data,
                          GError **error)
{
    return TRUE;
}

START_TEST(namespaces_are_attributes)
{
    static const struct xml_handler handler = { space_start, space_end, flaw_count };
    static const char text[] =
        "<a xmlns='urn:d&amp;e' x:b='1' xmlns:x='urn:x'><y:c/><d y:e='1'/></a>";
    int flaws = 0;

    ck_assert(xml_parse("t", text, strlen(text), &handler, &flaws, NULL));
    ck_assert_int_eq(flaws, 2);
}
END_TEST

START_TEST(attributes_are_found_in_their_tag)
{
    static const char text[] = "<a b='c=\"1\">' c\n= \"2\" cc='3'/><b d='4'/>";
    gsize begin = 0, end = 0;

    ck_assert(xml_attr_find(text, 0, "c", &begin, &end));
    ck_assert_int_eq(strncmp(text + begin, "c\n= \"2\" cc", 10), 0);
    ck_assert_uint_eq(end - begin, 7);
    ck_assert(xml_attr_find(text, 0, "cc", &begin, &end));
    ck_assert_uint_eq(end - begin, 6);
    begin = 77;
    ck_assert(!xml_attr_find(text, 0, "d", &begin, &end));
    ck_assert_uint_eq(begin, 77);
}
END_TEST

START_TEST(text_valid_knows_xml)
{
    ck_assert(xml_text_valid(""));
    ck_assert(xml_text_valid("a\t\n\r ż\U0010FFFF\ufffd"));
    ck_assert(!xml_text_valid("\013"));
    ck_assert(!xml_text_valid("\033"));
    ck_assert(!xml_text_valid("\xef\xbf\xbe")); /* U+FFFE */
    ck_assert(!xml_text_valid("\xff"));
    ck_assert(!xml_text_valid("\xed\xa0\x80")); /* a surrogate */
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        elements_attributes_text, entities_are_decoded,
        ranges_skip_what_only_looks_like_tags, text_may_be_any_character,
        ranges_hold_in_large_documents, nesting_keeps_each_text,
        nesting_has_an_end, document_types_are_refused, bad_documents_say_where,
        other_encodings_are_refused, handlers_can_stop, nothing_is_printed,
        writes_what_libxml2_writes, reads_what_it_writes, text_valid_knows_xml,
        namespaces_are_attributes,
        attributes_are_found_in_their_tag, NULL,
    };

    return suite_run("xml", tests);
}
