/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store says of volumes, however it says it (spec/storage.md 7.3). */
#include "config.h"

#include "root.h"

#define PROP(name, value) "<property name=\"" name "\">" value "</property>"

/* A template whose root volume has these attributes. */
static void load_root(const char *attributes)
{
    g_autofree char *text = g_strdup_printf(
        "    <domain id=\"domain-9\" class=\"TemplateVM\"><properties>" PROP("name", "t")
        PROP("qid", "9") PROP("label", "red")
        PROP("uuid", "00000000-0000-4000-8000-000000000009")
        "</properties><volume-config><volume name=\"root\" %s/></volume-config></domain>\n",
        attributes);

    root_load_domains(text);
}

static const struct {
    const char *text;
    guint64 size; /* 0: no number */
} sizes[] = {
    {"10737418240", 10737418240u}, {"9223372036854775807", G_MAXINT64},
    {"9223372036854775808", 0},    {"-1", 0},
    {"1e9", 0},                    {"", 0},
    {" 1", 0},                     {"0x10", 0},
};

START_TEST(t_v3_sizes_are_decimal_numbers)
{
    g_autofree char *attribute = g_strdup_printf("size=\"%s\"", sizes[_i].text);
    const struct volume_config *config;

    load_root(attribute);
    config = qube_volume(qube_named("t"), "root");
    ck_assert_int_eq(found(qube_named("t"), "no number"), sizes[_i].size == 0);
    if (sizes[_i].size)
        ck_assert_uint_eq(config->size, sizes[_i].size);
}
END_TEST

static const struct {
    const char *text;
    int value; /* -1: neither */
} flags[] = {
    {"True", TRUE}, {"False", FALSE}, {"yes", -1}, {"", -1}, {"true ", -1},
};

START_TEST(t_v3_flags_are_true_or_false)
{
    g_autofree char *attribute = g_strdup_printf("rw=\"%s\"", flags[_i].text);
    const struct volume_config *config;

    load_root(attribute);
    config = qube_volume(qube_named("t"), "root");
    ck_assert_int_eq(found(qube_named("t"), "neither True nor False"), flags[_i].value < 0);
    if (flags[_i].value >= 0)
        ck_assert_int_eq(volume_rw(config->volume), flags[_i].value);
}
END_TEST

/* Each is made at start from the other: neither can be, and the load ends. */
START_TEST(t_v4_sources_in_a_circle_end)
{
#define SNAPSHOT(name, qid, other)                                                     \
    "    <domain id=\"domain-" qid "\" class=\"TemplateVM\"><properties>"              \
    PROP("name", name) PROP("qid", qid) PROP("label", "red")                           \
    PROP("uuid", "00000000-0000-4000-8000-0000000000" qid)                             \
    "</properties><volume-config><volume name=\"root\" pool=\"varlibqubes\" vid=\""    \
    "vm-templates/" name "/root\" snap_on_start=\"True\" rw=\"True\" source=\""         \
    "vm-templates/" other "/root\"/></volume-config></domain>\n"
    root_load_domains(SNAPSHOT("a", "11", "b") SNAPSHOT("b", "12", "a"));
    ck_assert_ptr_null(qube_volume(qube_named("a"), "root")->volume);
    ck_assert_ptr_null(qube_volume(qube_named("b"), "root")->volume);
    ck_assert(found(qube_named("a"), "root") && found(qube_named("b"), "root"));
}
END_TEST

/* Without a kernel of dom0's there is no initramfs of Qubes, which would lay volatile over a
 * root that is read-only. */
START_TEST(who_boots_by_itself_takes_its_root_as_it_is)
{
#define QUBE(name, qid, kernel)                                                        \
    "    <domain id=\"domain-" qid "\" class=\"TemplateVM\"><properties>"              \
    PROP("name", name) PROP("qid", qid) PROP("label", "red") kernel                    \
    PROP("uuid", "00000000-0000-4000-8000-0000000000" qid) "</properties></domain>\n"
    root_load_domains(QUBE("a", "11", PROP("kernel", "")) QUBE("b", "12", ""));
    ck_assert(volume_as_is(qube_volume(qube_named("a"), "root")->volume));
    ck_assert(volume_as_is(qube_volume(qube_named("a"), "volatile")->volume));
    ck_assert(!volume_as_is(qube_volume(qube_named("a"), "private")->volume));
    ck_assert(!volume_as_is(qube_volume(qube_named("b"), "root")->volume));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        t_v4_sources_in_a_circle_end, who_boots_by_itself_takes_its_root_as_it_is, NULL,
    };
    TCase *loops = tcase_create("loops");

    tcase_add_checked_fixture(loops, root_setup, root_teardown);
    tcase_add_loop_test(loops, t_v3_sizes_are_decimal_numbers, 0, G_N_ELEMENTS(sizes));
    tcase_add_loop_test(loops, t_v3_flags_are_true_or_false, 0, G_N_ELEMENTS(flags));
    return suite_run_cases("store volumes", tests, root_setup, root_teardown, loops);
}
