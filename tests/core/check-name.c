/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of qubes, and the addresses that follow from their numbers
 * (spec/qubes-xml.md 3.1, 3.5). */
#include "config.h"

#include "core/name.h"

#include "tests/core/root.h"

#define LONG31 "a234567890123456789012345678901"

START_TEST(names_of_new_qubes)
{
    static const struct {
        const char *name, *why; /* NULL: fine */
    } rows[] = {
        { "a", NULL }, { "Work", NULL }, { "a-b_c9", NULL }, { "v1.2", NULL },
        { "disp1234", NULL }, { "dom0", NULL }, { "Default", NULL }, { "dm", NULL },
        { "x-dmx", NULL }, { LONG31, NULL },
        { "", "needed" }, { LONG31 "x", "31 characters" },
        { "1a", "begin with a letter" }, { "_a", "begin with a letter" },
        { "-a", "begin with a letter" }, { ".a", "begin with a letter" },
        { "a b", "make a name" }, { "a/b", "make a name" }, { "a+b", "make a name" },
        { "lost+found", "make a name" }, { "work\n", "make a name" },
        { "\xc3\xa4rger", "make a name" }, { "a\033[0m", "make a name" },
        { "none", "means something else" }, { "default", "means something else" },
        { "Domain-0", "means something else" }, { "x-dm", "device models" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        GError *error = NULL;
        gboolean fine = name_check(rows[i].name, &error);

        ck_assert_msg(fine == (rows[i].why == NULL), "'%s'", rows[i].name);
        if (!fine)
            ck_error(&error, QMC_ERROR_INVALID, rows[i].why);
    }
}
END_TEST

/* A stored name has to be only so good. */
START_TEST(names_that_are_stored)
{
    ck_assert(name_safe("none") && name_reserved("none"));
    ck_assert(name_safe(LONG31 "x") && name_reserved(LONG31 "x"));
    ck_assert(name_safe("work") && !name_reserved("work"));
    ck_assert(!name_safe("") && !name_safe("..") && !name_safe("a/b"));
}
END_TEST

static void load_numbered(const char *class, const char *property, int id)
{
    g_autofree char *domain = g_strdup_printf(
        "<domain id=\"domain-7\" class=\"%s\"><properties>"
        "<property name=\"name\">x</property><property name=\"qid\">%d</property>"
        "<property name=\"%s\">%d</property>"
        "<property name=\"provides_network\">True</property>"
        "</properties><features><feature name=\"ipv6\">1</feature></features>"
        "<tags/></domain>", class, g_str_equal(property, "qid") ? id : 7, property, id);

    root_load_domains(domain);
}

START_TEST(addresses_follow_from_numbers)
{
    static const struct {
        int id;
        const char *tail, *tail6;
    } rows[] = {
        { 1, "0.1", "1" }, { 254, "0.254", "fe" }, { 255, "1.1", "ff" },
        { 508, "1.254", "1fc" }, { 509, "2.1", "1fd" }, { 9999, "39.93", "270f" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *ip = g_strconcat("10.137.", rows[i].tail, NULL);
        g_autofree char *disp = g_strconcat("10.138.", rows[i].tail, NULL);
        g_autofree char *ip6 =
            g_strconcat("fd09:24ef:4179::a89:", rows[i].tail6, NULL);

        load_numbered("StandaloneVM", "qid", rows[i].id);
        ck_value("x", "ip", ip);
        ck_value("x", "ip6", ip6);
        load_numbered("DispVM", "dispid", rows[i].id);
        ck_value("x", "ip", disp);
    }
    load_numbered("StandaloneVM", "qid", 10000);
    ck_value("x", "ip", "10.137.39.94");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        names_of_new_qubes,
        names_that_are_stored,
        addresses_follow_from_numbers,
        NULL,
    };

    return suite_run_fixture("name", tests, root_setup, root_teardown);
}
