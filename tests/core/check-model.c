/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/model.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/layout.h"
#include "tests/core/root.h"

static struct qube *add(const char *name, int qid)
{
    struct qube *qube = qube_new(name, NULL, qid, "AppVM");
    GError *error = NULL;

    model_add(model, qube, &error);
    ck_no_error(error);
    return qube;
}

static void refuse(const char *name, const char *uuid, int qid, const char *part)
{
    struct qube *qube = qube_new(name, uuid, qid, "AppVM");
    GError *error = NULL;

    ck_assert(!model_add(model, qube, &error));
    ck_error(&error, QMC_ERROR_EXISTS, part);
    qube_free(qube);
}

START_TEST(names_numbers_and_uuids_are_unique)
{
    struct qube *work = add("work", 7);

    ck_assert_ptr_eq(model_qube_named(model, "work"), work);
    ck_assert_ptr_eq(model_qube(model, work->uuid), work);
    refuse("work", NULL, 8, "name 'work'");
    refuse("other", work->uuid, 8, "uuid");
    refuse("other", NULL, 7, "qid '7'");
    ck_assert_uint_eq(model->qubes->len, 1);
}
END_TEST

static const char *last_event; /* uuid of the last one, "" if none */

static void note_event(const struct event *event, gpointer data)
{
    last_event = event->uuid ? event->uuid : "";
}

START_TEST(a_qube_that_goes_leaves_its_names)
{
    guint listener = events_listen(model->events, note_event, NULL);
    struct qube *work = add("work", 1);
    g_autofree char *uuid = g_strdup(work->uuid);

    add("vault", 2);
    model_remove(model, work);
    ck_assert_str_eq(last_event, "");
    ck_assert_ptr_null(model_qube_named(model, "work"));
    ck_assert_ptr_null(model_qube(model, uuid));
    ck_assert_uint_eq(model->qubes->len, 1);
    ck_assert_int_eq(add("work", 1)->qid, 1);
    events_ignore(model->events, listener);
}
END_TEST

START_TEST(a_qube_is_found_by_its_new_name_alone)
{
    struct qube *work = add("work", 1);

    add("vault", 2);
    model_rename(model, work, "zoo");
    ck_assert_ptr_null(model_qube_named(model, "work"));
    ck_assert_ptr_eq(model_qube_named(model, "zoo"), work);
    ck_assert_ptr_eq(model_qube(model, work->uuid), work);
    ck_assert_ptr_eq(g_ptr_array_index(model->qubes, 1), work);
    ck_value("zoo", "name", "zoo");
    ck_assert(work->changed);
}
END_TEST

START_TEST(the_lowest_free_qid_is_the_next)
{
    ck_assert_int_eq(model_free_qid(model), 1);
    add("a", 1);
    add("b", 3);
    ck_assert_int_eq(model_free_qid(model), 2);
    add("c", 2);
    ck_assert_int_eq(model_free_qid(model), 4);
}
END_TEST

START_TEST(qubes_are_sorted)
{
    static const char *const order[] = { "dom0", "Zebra", "a", "b", "untrusted" };
    struct qube *dom0 =
        qube_new("dom0", "00000000-0000-0000-0000-000000000000", 0, "AdminVM");

    add("untrusted", 1);
    add("b", 2);
    add("a", 3);
    add("Zebra", 4);
    ck_assert(model_add(model, dom0, NULL));
    for (guint i = 0; i < model->qubes->len; i++)
        ck_assert_str_eq(((struct qube *)model->qubes->pdata[i])->name, order[i]);
}
END_TEST

struct heard {
    enum event_type type;
    char uuid[37], text[64];
    int n;
};

static void hear(const struct event *event, gpointer data)
{
    struct heard *heard = data;

    heard->type = event->type;
    heard->n++;
    g_strlcpy(heard->uuid, event->uuid ? event->uuid : "", sizeof heard->uuid);
    g_strlcpy(heard->text, event->text ? event->text : "", sizeof heard->text);
}

START_TEST(changes_are_told_and_counted)
{
    struct qube *work = add("work", 7);
    struct heard heard = { .n = 0 };
    guint64 before = model->generation;

    events_listen(model->events, hear, &heard);
    model_set_state(model, work, POWER_RUNNING, 4);
    ck_assert_int_eq(heard.type, EVENT_STATE);
    ck_assert_str_eq(heard.uuid, work->uuid);
    model_set_state(model, work, POWER_RUNNING, 4);
    ck_assert_int_eq(heard.n, 1); /* nothing changed */
    ck_assert_uint_gt(model->generation, before);
    model_set_busy(model, work, "Start");
    model_set_busy(model, work, NULL);
    ck_assert_int_eq(heard.n, 3);
    work->changed = FALSE;
    model_touch(model, work);
    ck_assert_int_eq(heard.type, EVENT_QUBE);
    ck_assert(work->changed);
    ck_assert_uint_eq(work->touched, model->generation);
    model_note(model, work->uuid, TRUE, "a%sb", "\033[31m");
    ck_assert_str_eq(heard.text, "a?[31mb");
}
END_TEST

START_TEST(clearing_keeps_listeners)
{
    struct heard heard = { .n = 0 };
    guint64 before = model->generation;

    add("work", 7);
    events_listen(model->events, hear, &heard);
    model_clear(model);
    ck_assert_uint_eq(model->qubes->len, 0);
    ck_assert_ptr_null(model_qube_named(model, "work"));
    ck_assert_uint_gt(model->generation, before);
    model_note(model, NULL, FALSE, "hello");
    ck_assert_int_eq(heard.n, 1);
}
END_TEST

START_TEST(properties_go_where_the_writer_puts_them)
{
    static const char *const order[] = { "autostart", "memory", "name", "qid",
                                         "uuid", "netvm", "template" };
    struct qube *work = add("work", 7);

    ck_assert(!qube_is_explicit(work, "memory"));
    qube_put(work, prop_find("template", CLASS_APP), "x");
    qube_put(work, prop_find("netvm", CLASS_APP), "");
    qube_put(work, prop_find("memory", CLASS_APP), "500");
    qube_put(work, prop_find("autostart", CLASS_APP), "True");
    qube_put(work, prop_find("memory", CLASS_APP), "600");
    ck_assert(qube_is_explicit(work, "memory"));
    ck_assert_uint_eq(work->props->len, G_N_ELEMENTS(order));
    for (guint i = 0; i < work->props->len; i++)
        ck_assert_str_eq(g_array_index(work->props, struct prop_value, i).name,
                         order[i]);
    ck_assert_int_eq(qube_get_int(model, work, "memory", 0), 600);
    ck_assert(qube_get_bool(model, work, "autostart"));
    ck_assert_int_eq(qube_get_int(model, work, "name", 5), 5);
}
END_TEST

START_TEST(defaults_in_circles_end)
{
    struct qube *a = add("a", 1), *b = add("b", 2);
    g_autofree char *memory = NULL;

    qube_put(a, prop_find("template", CLASS_APP), "b");
    qube_put(b, prop_find("template", CLASS_APP), "a");
    memory = qube_get(model, a, "memory");
    ck_assert_str_eq(memory, "400");
    ck_assert_ptr_null(qube_feature_template(model, a, "os"));
    g_free(qube_get(model, a, "maxmem"));
    g_free(qube_get(model, a, "bootmode"));
    qube_put(a, prop_find("guivm", CLASS_APP), "b");
    qube_put(b, prop_find("guivm", CLASS_APP), "a");
    g_free(qube_get(model, a, "keyboard_layout"));
}
END_TEST

START_TEST(features_are_found_through_the_template)
{
    struct qube *work = add("work", 7);
    struct qube *base = qube_new("base", NULL, 2, "TemplateVM");

    ck_assert(model_add(model, base, NULL));
    qube_put(work, prop_find("template", CLASS_APP), "base");
    qube_put_feature(base, "qrexec", "1");
    ck_assert_ptr_null(qube_feature(work, "qrexec"));
    ck_assert_str_eq(qube_feature_template(model, work, "qrexec"), "1");
    qube_put_feature(work, "qrexec", "");
    ck_assert_str_eq(qube_feature_template(model, work, "qrexec"), "");
    qube_put_feature(work, "qrexec", "2");
    ck_assert_uint_eq(work->features->len, 1);
    qube_add_tag(work, "t");
    qube_add_tag(work, "t");
    ck_assert_uint_eq(work->tags->len, 1);
}
END_TEST

START_TEST(running_needs_the_agent_that_was_promised)
{
    struct qube *work = add("work", 7);
    g_autofree char *dir = root_path("/run/qubes");
    g_autofree char *link = g_build_filename(dir, "qrexec.work", NULL);
    g_autofree char *socket = g_build_filename(dir, "qrexec.4", NULL);

    ck_assert_int_eq(qube_power(model, work, root, POWER_RUNNING), POWER_RUNNING);
    qube_put_feature(work, "qrexec", "1");
    ck_assert_int_eq(qube_power(model, work, root, POWER_RUNNING), POWER_TRANSIENT);
    ck_assert_int_eq(qube_power(model, work, root, POWER_PAUSED), POWER_PAUSED);
    ck_assert(file_mkdirs(dir, 0700, NULL));
    ck_assert_int_eq(symlink("qrexec.4", link), 0);
    ck_assert_int_eq(qube_power(model, work, root, POWER_RUNNING), POWER_TRANSIENT);
    ck_assert(g_file_set_contents(socket, "", 0, NULL));
    ck_assert_int_eq(qube_power(model, work, root, POWER_RUNNING), POWER_RUNNING);
}
END_TEST

START_TEST(paths_stand_below_root)
{
    g_autofree char *machine = layout_path("", LAYOUT_STORE);
    g_autofree char *below = layout_path("/tmp/r/", LAYOUT_STORE);

    ck_assert_str_eq(machine, "/var/lib/qubes/qubes.xml");
    ck_assert_str_eq(below, "/tmp/r/var/lib/qubes/qubes.xml");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        names_numbers_and_uuids_are_unique, a_qube_that_goes_leaves_its_names,
        a_qube_is_found_by_its_new_name_alone, the_lowest_free_qid_is_the_next,
        qubes_are_sorted,
        changes_are_told_and_counted, clearing_keeps_listeners,
        properties_go_where_the_writer_puts_them, defaults_in_circles_end,
        features_are_found_through_the_template,
        running_needs_the_agent_that_was_promised, paths_stand_below_root, NULL,
    };

    return suite_run_fixture("model", tests, root_setup, root_teardown);
}
