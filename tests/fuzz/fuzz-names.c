/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One text as everything that a user can name or set. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/feature.h"
#include "core/label.h"
#include "core/model.h"
#include "core/name.h"
#include "core/store.h"
#include "core/tag.h"
#include "tests/fuzz/fuzz.h"
#include "util/error.h"
#include "util/file.h"

#define FEATURE "a-feature"

static const char system_text[] =
    "<qubes>\n  <labels>\n"
    "    <label id=\"label-1\" color=\"0xcc0000\">red</label>\n  </labels>\n"
    "  <pools>\n    <pool name=\"varlibqubes\" dir_path=\"/var/lib/qubes\""
    " driver=\"file-reflink\" revisions_to_keep=\"1\"/>\n  </pools>\n"
    "  <properties/>\n  <domains>\n"
    "    <domain id=\"domain-0\" class=\"AdminVM\">\n      <properties/>\n"
    "      <features/>\n      <tags/>\n    </domain>\n"
    "    <domain id=\"domain-1\" class=\"TemplateVM\">\n      <properties>\n"
    "        <property name=\"label\">red</property>\n"
    "        <property name=\"name\">base</property>\n"
    "        <property name=\"qid\">1</property>\n"
    "        <property name=\"uuid\">00000000-0000-4000-8000-000000000001</property>\n"
    "      </properties>\n      <features/>\n      <tags/>\n    </domain>\n"
    "    <domain id=\"domain-2\" class=\"AppVM\">\n      <properties>\n"
    "        <property name=\"label\">red</property>\n"
    "        <property name=\"name\">app</property>\n"
    "        <property name=\"qid\">2</property>\n"
    "        <property name=\"uuid\">00000000-0000-4000-8000-000000000002</property>\n"
    "        <property name=\"template\">base</property>\n"
    "      </properties>\n      <features/>\n      <tags/>\n    </domain>\n"
    "  </domains>\n</qubes>\n";

static char *root;

static void root_remove(void)
{
    file_remove_tree(root, NULL);
    g_clear_pointer(&root, g_free);
}

static struct store *store_make(void)
{
    struct store *store;
    g_autofree char *dir = NULL;

    if (!root) {
        root = g_dir_make_tmp("qmc-fuzz-XXXXXX", NULL);
        FUZZ_CHECK(root);
        atexit(root_remove);
    }
    store = store_new(root);
    dir = g_path_get_dirname(store_path(store));
    FUZZ_CHECK(file_mkdirs(dir, 0700, NULL));
    return store;
}

static struct model *load(struct store *store, const char *text)
{
    struct model *model = model_new();
    FILE *file = fopen(store_path(store), "we");

    FUZZ_CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
    FUZZ_CHECK(store_load(store, model, NULL));
    return model;
}

/* An error exactly where it is refused, and one that can be shown. */
static gboolean took(gboolean ok, GError **error)
{
    FUZZ_CHECK(ok == !*error);
    if (*error)
        FUZZ_CHECK(g_utf8_validate((*error)->message, -1, NULL));
    g_clear_error(error);
    return ok;
}

/* The properties that take the text. */
static gboolean fits(const struct prop_row *row, const struct model *model,
                     const struct qube *qube, const char *text)
{
    GError *error = NULL;

    if (row->computed || row->once || (qube && !(row->classes & qube->class->id)) ||
        (!qube && row->classes))
        return FALSE;
    return took(prop_validate(row, model, qube, text, &error), &error);
}

static void put_all(struct model *model, struct qube *app, const char *text)
{
    gsize n;
    const struct prop_row *rows = prop_rows(&n);

    for (gsize i = 0; i < n; i++) {
        g_autofree char *stored = prop_canonical(&rows[i], model, text);

        if (fits(&rows[i], model, app, text)) {
            FUZZ_CHECK(stored);
            qube_put(app, &rows[i], stored);
        } else if (fits(&rows[i], model, NULL, text)) {
            FUZZ_CHECK(stored);
            model_put_global(model, &rows[i], stored);
        }
    }
}

static void name_all(struct model *model, struct qube *app, const char *text)
{
    GError *error = NULL;
    struct qube *named;

    if (took(feature_check(FEATURE, text, &error), &error))
        qube_put_feature(app, FEATURE, text);
    if (took(feature_check(text, "1", &error), &error))
        qube_put_feature(app, text, "1");
    if (took(tag_check(text, &error), &error))
        qube_add_tag(app, text);
    if (took(label_name_check(text, &error), &error) && !model_label(model, text))
        model_label_add(model, text, "0x123456");
    if (!took(name_check(text, &error), &error) || model_qube_named(model, text))
        return;
    named = qube_new(text, NULL, 3, "AppVM");
    qube_put(named, prop_find("label", CLASS_APP), "red");
    qube_put(named, prop_find("template", CLASS_APP), "base");
    FUZZ_CHECK(model_add(model, named, NULL));
}

/* Everything that one has, the other has. */

static void check_props(const GArray *was, const GArray *is)
{
    FUZZ_CHECK(was->len == is->len);
    for (guint i = 0; i < was->len; i++) {
        const struct prop_value *a = &g_array_index(was, struct prop_value, i);
        const struct prop_value *b = &g_array_index(is, struct prop_value, i);

        FUZZ_CHECK(a->name == b->name && strcmp(a->text, b->text) == 0 && !b->bad);
    }
}

static void check_qube(const struct qube *was, const struct model *model)
{
    const struct qube *is = model_qube_named(model, was->name);

    FUZZ_CHECK(is && !is->broken && strcmp(is->uuid, was->uuid) == 0);
    check_props(was->props, is->props);
    FUZZ_CHECK(was->features->len == is->features->len);
    for (guint i = 0; i < was->features->len; i++) {
        const struct pair *pair = &g_array_index(was->features, struct pair, i);

        FUZZ_CHECK(g_strcmp0(qube_feature(is, pair->name), pair->value) == 0);
    }
    FUZZ_CHECK(was->tags->len == is->tags->len);
    for (guint i = 0; i < was->tags->len; i++)
        FUZZ_CHECK(qube_has_tag(is, was->tags->pdata[i]));
}

static void check_model(const struct model *was, const struct model *is)
{
    FUZZ_CHECK(was->qubes->len == is->qubes->len);
    FUZZ_CHECK(was->labels->len == is->labels->len);
    check_props(was->globals, is->globals);
    for (guint i = 0; i < was->qubes->len; i++)
        check_qube(was->qubes->pdata[i], is);
}

/* What is taken can be written, and is read as what it was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    struct store *store = store_make();
    struct model *model = load(store, system_text), *again;
    struct qube *app = model_qube_named(model, "app");
    GString *saved;

    put_all(model, app, text);
    name_all(model, app, text);
    model_touch(model, app);
    saved = store_serialise(store, model);
    again = load(store, saved->str);
    check_model(model, again);
    g_string_free(saved, TRUE);
    model_free(again);
    model_free(model);
    store_free(store);
    return 0;
}
