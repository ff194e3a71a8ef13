/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "util/error.h"
#include "util/xml.h"

struct walk {
    const char *data;
    gsize len, at;  /* ranges move forward only */
    GArray *starts; /* of gsize: where in `again` the text of what is open belongs */
    GString *again; /* all names, values and texts, written anew */
};

static gboolean walk_start(const char *name, const struct xml_attr *attrs,
                           gsize begin, gpointer data, GError **error)
{
    struct walk *walk = data;

    FUZZ_CHECK(begin >= walk->at && begin < walk->len && walk->data[begin] == '<');
    FUZZ_CHECK(memcmp(walk->data + begin + 1, name, strlen(name)) == 0);
    walk->at = begin + 1;
    g_string_append(walk->again, "<e");
    for (int i = 0; attrs[i].name; i++) {
        g_autofree char *plain = g_strdup_printf("a%d", i);

        FUZZ_CHECK(xml_text_valid(attrs[i].value));
        xml_append_attr(walk->again, plain, attrs[i].value);
    }
    g_string_append_c(walk->again, '>');
    g_array_append_val(walk->starts, walk->again->len);
    return TRUE;
}

static gboolean walk_end(const char *name, const char *text, gsize end,
                         gpointer data, GError **error)
{
    struct walk *walk = data;
    g_autoptr(GString) written = g_string_new(NULL);

    FUZZ_CHECK(walk->starts->len > 0);
    FUZZ_CHECK(end > walk->at && end <= walk->len && walk->data[end - 1] == '>');
    FUZZ_CHECK(xml_text_valid(text));
    walk->at = end;
    xml_append_text(written, text);
    g_string_insert_len(walk->again,
                        (gssize)g_array_index(walk->starts, gsize, walk->starts->len - 1),
                        written->str, (gssize)written->len);
    g_array_set_size(walk->starts, walk->starts->len - 1);
    g_string_append(walk->again, "</e>");
    return TRUE;
}

/* The document written anew from what was read; NULL if it was refused. */
static GString *walk_document(const char *data, gsize len)
{
    static const struct xml_handler handler = { walk_start, walk_end };
    struct walk walk = { .data = data, .len = len };
    g_autoptr(GError) error = NULL;
    gboolean ok;

    walk.starts = g_array_new(FALSE, FALSE, sizeof(gsize));
    walk.again = g_string_new(NULL);
    ok = xml_parse("fuzz", data, len, &handler, &walk, &error);
    FUZZ_CHECK(ok ? !error && walk.starts->len == 0
                  : error_is(error, QMC_ERROR_INVALID));
    g_array_free(walk.starts, TRUE);
    if (ok)
        return walk.again;
    g_string_free(walk.again, TRUE);
    return NULL;
}

/* Ranges are right, and what is written is read as the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GString *once = walk_document((const char *)data, size), *twice;

    if (!once)
        return 0;
    twice = walk_document(once->str, once->len);
    FUZZ_CHECK(twice && g_string_equal(once, twice));
    g_string_free(once, TRUE);
    g_string_free(twice, TRUE);
    return 0;
}
