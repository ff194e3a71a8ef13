/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tests/core/root.h"

#include <stdio.h>

#include "core/layout.h"

char *root;
struct store *store;
struct model *model;

static const char frame[] =
    "<qubes>\n"
    "  <labels>\n"
    "    <label id=\"label-1\" color=\"0xcc0000\">red</label>\n"
    "    <label id=\"label-8\" color=\"0x000000\">black</label>\n"
    "  </labels>\n"
    "  <pools>\n"
    "    <pool name=\"varlibqubes\" dir_path=\"/var/lib/qubes\""
    " driver=\"file-reflink\" revisions_to_keep=\"1\"/>\n"
    "    <pool name=\"linux-kernel\" dir_path=\"/var/lib/qubes/vm-kernels\""
    " driver=\"linux-kernel\"/>\n"
    "  </pools>\n"
    "  <properties>\n"
    "    <property name=\"default_kernel\">6.1</property>\n"
    "    <property name=\"default_pool_kernel\">linux-kernel</property>\n"
    "  </properties>\n"
    "  <domains>\n"
    "    <domain id=\"domain-0\" class=\"AdminVM\">\n"
    "      <properties>\n"
    "        <property name=\"label\">black</property>\n"
    "      </properties>\n"
    "      <features/>\n"
    "      <tags/>\n"
    "    </domain>\n"
    "%s"
    "  </domains>\n"
    "</qubes>\n";

void root_setup(void)
{
    g_autofree char *dir = NULL;

    root = g_dir_make_tmp("qmc-core-XXXXXX", NULL);
    ck_assert_ptr_nonnull(root);
    dir = root_path(LAYOUT_BASE);
    ck_assert(file_mkdirs(dir, 0770, NULL));
    store = store_new(root);
    model = model_new();
}

void root_teardown(void)
{
    store_free(store);
    model_free(model);
    ck_assert(file_remove_tree(root, NULL));
    g_clear_pointer(&root, g_free);
}

char *root_path(const char *absolute)
{
    return layout_path(root, absolute);
}

/* Nothing here outlives the machine: no fsync. */
void root_put(const char *text, gssize len)
{
    FILE *file = fopen(store_path(store), "w");
    gsize size = len < 0 ? strlen(text) : (gsize)len;

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

char *root_get(void)
{
    char *text = NULL;

    ck_assert(g_file_get_contents(store_path(store), &text, NULL, NULL));
    return text;
}

char *root_put_fixture(const char *name)
{
    const char *sources = g_getenv("top_srcdir"); /* set by make check */
    g_autofree char *path = g_build_filename(sources ? sources : "..", "tests", "core",
                                             "fixtures", name, NULL);
    char *text = NULL;

    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "no %s", path);
    root_put(text, -1);
    return text;
}

void root_load(void)
{
    GError *error = NULL;

    store_load(store, model, &error);
    ck_no_error(error);
}

void root_load_domains(const char *domains)
{
    g_auto(GStrv) parts = g_strsplit(frame, "%s", 2);
    g_autofree char *text = g_strconcat(parts[0], domains, parts[1], NULL);

    root_put(text, -1);
    root_load();
}

void root_set_memory(const char *qube, int mib)
{
    g_autofree char *text = g_strdup_printf("%d", mib);

    qube_put(qube_named(qube), prop_find("memory", CLASS_APP), text);
    model_touch(model, qube_named(qube));
}

gboolean root_save(GError **error)
{
    struct store_save *saving = store_save_new(store, model, "test");
    gboolean ok = store_save_run(saving, 2000, error);

    if (ok)
        store_save_commit(saving, model);
    store_save_free(saving);
    return ok;
}

void ck_save(void)
{
    GError *error = NULL;

    root_save(&error);
    ck_no_error(error);
}

guint root_history_count(void)
{
    g_autofree char *path = root_path(LAYOUT_HISTORY);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint n = 0;

    while (dir && g_dir_read_name(dir))
        n++;
    return n;
}

gboolean found(const struct qube *qube, const char *part)
{
    const GPtrArray *findings = qube ? qube->findings : model->findings;

    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);

        if (strstr(finding->message, part))
            return TRUE;
    }
    return FALSE;
}

struct qube *qube_named(const char *name)
{
    struct qube *qube = model_qube_named(model, name);

    ck_assert_msg(qube != NULL, "no qube '%s'", name);
    return qube;
}

void ck_value(const char *qube, const char *property, const char *expected)
{
    g_autofree char *value = qube_get(model, qube_named(qube), property);

    ck_assert_msg(g_strcmp0(value, expected) == 0, "%s of %s is '%s', not '%s'",
                  property, qube, value ? value : "(none)",
                  expected ? expected : "(none)");
}
