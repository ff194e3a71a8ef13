/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a load costs beside the mere parse of the same text. */
#include "config.h"

#include <stdio.h>
#include <time.h>

#include "tests/core/root.h"
#include "util/xml.h"

#define QUBES 400
#define ROUNDS 15
/* It is about 5; putting the repair of each property into words made it 3 more. */
#define TIMES_MOST 6.5

static void add_property(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, "        <property name=\"%s\">%s</property>\n", name,
                           value);
}

/* A used qube has some ten properties, and as many features. */
static void add_qube(GString *out, int qid)
{
    static const char *const properties[][2] = {
        {"label", "red"}, {"memory", "400"}, {"maxmem", "4000"}, {"vcpus", "2"},
        {"kernel", "6.12.54-1.fc41"}, {"default_user", "user"}, {"virt_mode", "pvh"},
        {"template", "work-1"},
    };
    gboolean is_template = qid == 1;

    g_string_append_printf(out, "    <domain id=\"domain-%d\" class=\"%s\">\n"
                           "      <properties>\n"
                           "        <property name=\"name\">work-%d</property>\n"
                           "        <property name=\"qid\">%d</property>\n"
                           "        <property name=\"uuid\">00000000-0000-4000-8000-%012d"
                           "</property>\n", qid, is_template ? "TemplateVM" : "AppVM", qid,
                           qid, qid);
    for (gsize i = 0; i < G_N_ELEMENTS(properties) - is_template; i++)
        add_property(out, properties[i][0], properties[i][1]);
    g_string_append(out, "      </properties>\n      <features>\n");
    for (int i = 0; i < 10; i++)
        g_string_append_printf(out, "        <feature name=\"service.number-%d\">1</feature>\n",
                               i);
    g_string_append(out, "      </features>\n      <tags/>\n    </domain>\n");
}

static gint64 now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (gint64)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static gboolean pass_start(const char *name, const struct xml_attr *attrs, gsize begin,
                           gpointer data, GError **error)
{
    return TRUE;
}

static gboolean pass_end(const char *name, const char *text, gsize end, gpointer data,
                         GError **error)
{
    return TRUE;
}

static gint64 time_parse(const char *text)
{
    static const struct xml_handler handler = {pass_start, pass_end, NULL};
    gint64 began = now_us();

    ck_assert(xml_parse("the store", text, strlen(text), &handler, NULL, NULL));
    return now_us() - began;
}

static gint64 time_load(void)
{
    gint64 began = now_us();

    root_load();
    return now_us() - began;
}

/* The least of some rounds, of this thread alone: others may be at work, too. */
START_TEST(a_load_costs_little_more_than_the_parse)
{
    g_autoptr(GString) domains = g_string_new(NULL);
    g_autofree char *text = NULL;
    gint64 parse = G_MAXINT64, load = G_MAXINT64;

    for (int qid = 1; qid <= QUBES; qid++)
        add_qube(domains, qid);
    root_load_domains(domains->str);
    ck_assert_uint_eq(qube_named("work-7")->findings->len, 0);
    text = root_get();
    for (int i = 0; i < ROUNDS; i++) {
        parse = MIN(parse, time_parse(text));
        load = MIN(load, time_load());
    }
    ck_assert_msg((double)load < TIMES_MOST * (double)parse,
                  "load %d us, parse %d us", (int)load, (int)parse);
    printf("# load %.2f times the parse\n", (double)load / (double)parse);
}
END_TEST

int main(void)
{
    const TTest *tests[] = { a_load_costs_little_more_than_the_parse, NULL };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
    printf("1..0 # SKIP no figures of an instrumented or unoptimised build\n");
    return 0;
#endif
    return suite_run_fixture("store-load", tests, root_setup, root_teardown);
}
