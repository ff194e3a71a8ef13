/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stores as upstream's releases write them, all in tests/core/fixtures: saved
 * without a change they are the same bytes, and a change of one thing is a change
 * of its line alone, in each qube, for each thing it has. */
#include "config.h"

#include "core/store.h"

#include "tests/core/root.h"

static char *text; /* the fixture */
static char **lines;

static void fixture_load(const char *name)
{
    g_free(text);
    g_strfreev(lines);
    text = root_put_fixture(name);
    lines = g_strsplit(text, "\n", -1);
    root_load();
}

static void teardown(void)
{
    g_clear_pointer(&text, g_free);
    g_clear_pointer(&lines, g_strfreev);
    root_teardown();
}

static void ck_unchanged(const char *what)
{
    GString *now = store_serialise(store, model);

    ck_assert_msg(strcmp(now->str, text) == 0, "%s: not as it was", what);
    g_string_free(now, TRUE);
}

/* Lines at the begin that are the same, and then at the end. */
static void ends(char **now, guint *head, guint *tail)
{
    guint most = MIN(g_strv_length(now), g_strv_length(lines));
    guint old = g_strv_length(lines), new = g_strv_length(now);

    for (*head = 0; *head < most && strcmp(now[*head], lines[*head]) == 0; ++*head)
        ;
    for (*tail = 0; *tail < most - *head &&
                    strcmp(now[new - 1 - *tail], lines[old - 1 - *tail]) == 0; ++*tail)
        ;
}

/* So many lines of the fixture are replaced by so many others, in one place. */
static void ck_lines(const char *what, guint gone, guint came)
{
    GString *now = store_serialise(store, model);
    g_auto(GStrv) parts = g_strsplit(now->str, "\n", -1);
    guint head, tail;

    ends(parts, &head, &tail);
    ck_assert_msg(g_strv_length(lines) - head - tail == gone &&
                      g_strv_length(parts) - head - tail == came,
                  "%s, line %u: %u lines became %u", what, head + 1,
                  g_strv_length(lines) - head - tail, g_strv_length(parts) - head - tail);
    g_string_free(now, TRUE);
}

static GPtrArray *fixtures(void)
{
    const char *sources = g_getenv("top_srcdir");
    g_autofree char *path = g_build_filename(sources ? sources : "..", "tests", "core",
                                             "fixtures", NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        if (g_pattern_match_simple("upstream-*.xml", name))
            g_ptr_array_add(names, g_strdup(name));
    ck_assert_uint_ge(names->len, 2);
    return names;
}

/* One thing after another. */

static char *other(const char *value)
{
    return g_strconcat(value, "1", NULL);
}

static void change_property(struct qube *qube, const struct prop_value *value)
{
    const struct prop_row *row = value->row;
    g_autofree char *before = g_strdup(value->text), *after = other(before);
    g_autofree char *what = g_strdup_printf("%s of %s", value->name, qube->name);

    if (!row || row->once)
        return; /* its number is elsewhere too, and its name in references */
    qube_put(qube, row, after);
    model_touch(model, qube);
    ck_lines(what, 1, 1);
    qube_put(qube, row, before);
    model_touch(model, qube);
    ck_unchanged(what);
}

static void change_feature(struct qube *qube, const struct pair *pair)
{
    g_autofree char *before = g_strdup(pair->value), *after = other(before);
    g_autofree char *what = g_strdup_printf("feature %s of %s", pair->name, qube->name);
    gboolean several = strchr(before, '\n') != NULL;

    qube_put_feature(qube, pair->name, after);
    model_touch(model, qube);
    if (!several)
        ck_lines(what, 1, 1);
    qube_put_feature(qube, pair->name, before);
    model_touch(model, qube);
    ck_unchanged(what);
}

static void change_all(struct qube *qube)
{
    for (guint i = 0; i < qube->props->len; i++)
        change_property(qube, &g_array_index(qube->props, struct prop_value, i));
    for (guint i = 0; i < qube->features->len; i++)
        change_feature(qube, &g_array_index(qube->features, struct pair, i));
}

/* What it has not: there and back. */

static void add_property(struct qube *qube, const struct prop_row *row)
{
    g_autofree char *what = g_strdup_printf("%s of %s", row->name, qube->name);

    qube_put(qube, row, "1");
    model_touch(model, qube);
    ck_lines(what, 0, 1);
    qube_drop(qube, row);
    model_touch(model, qube);
    ck_unchanged(what);
}

/* An empty container is one line, the same with something in it two more. */
static void ck_added(const char *what, guint before)
{
    ck_lines(what, before ? 0 : 1, before ? 1 : 3);
}

static void add_feature(struct qube *qube, const char *name)
{
    guint before = qube->features->len;

    qube_put_feature(qube, name, "1");
    model_touch(model, qube);
    ck_added(name, before);
    qube_drop_feature(qube, name);
    model_touch(model, qube);
    ck_unchanged(name);
}

static void add_tag(struct qube *qube, const char *tag)
{
    guint before = qube->tags->len;

    qube_add_tag(qube, tag);
    model_touch(model, qube);
    ck_added(tag, before);
    qube_drop_tag(qube, tag);
    model_touch(model, qube);
    ck_unchanged(tag);
}

static void add_all(struct qube *qube)
{
    static const char *const names[] = {
        "autostart", "bootmode", "debug", "default_user", "kernelopts", "memory",
        "netvm", "vcpus", "virt_mode",
    };

    for (gsize i = 0; qube->class && i < G_N_ELEMENTS(names); i++) {
        const struct prop_row *row = prop_find(names[i], qube->class->id);

        if (row && !row->computed && !qube_is_explicit(qube, names[i]))
            add_property(qube, row);
    }
    add_feature(qube, "0-first");
    add_feature(qube, "zz-last");
    add_tag(qube, "0-first");
    add_tag(qube, "zz-last");
}

static void change_globals(void)
{
    for (guint i = 0; i < model->globals->len; i++) {
        const struct prop_value *value =
            &g_array_index(model->globals, struct prop_value, i);
        const struct prop_row *row = value->row;
        g_autofree char *before = g_strdup(value->text), *after = other(before);

        if (!row)
            continue;
        model_put_global(model, row, after);
        ck_lines(row->name, 1, 1);
        model_put_global(model, row, before);
        ck_unchanged(row->name);
    }
}

START_TEST(one_change_is_one_line)
{
    g_autoptr(GPtrArray) names = fixtures();

    for (guint n = 0; n < names->len; n++) {
        fixture_load(names->pdata[n]);
        ck_unchanged(names->pdata[n]);
        change_globals();
        for (guint i = 0; i < model->qubes->len; i++) {
            change_all(model->qubes->pdata[i]);
            add_all(model->qubes->pdata[i]);
        }
    }
}
END_TEST

/* Through the file, as a user does it. */
START_TEST(set_saved_and_unset_is_the_same_file)
{
    g_autoptr(GPtrArray) names = fixtures();

    for (guint n = 0; n < names->len; n++) {
        const struct prop_row *row = prop_find("bootmode", CLASS_APP);
        g_autofree char *after = NULL;

        fixture_load(names->pdata[n]);
        ck_assert(!qube_is_explicit(qube_named("work"), row->name));
        qube_put(qube_named("work"), row, "<a & \"b\">");
        model_touch(model, qube_named("work"));
        ck_save();
        root_load();
        ck_lines(names->pdata[n], 0, 1);
        ck_value("work", row->name, "<a & \"b\">");
        qube_drop(qube_named("work"), row);
        model_touch(model, qube_named("work"));
        ck_save();
        after = root_get();
        ck_assert_str_eq(after, text);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        one_change_is_one_line, set_saved_and_unset_is_the_same_file, NULL,
    };

    return suite_run_fixture("round-trip", tests, root_setup, teardown);
}
