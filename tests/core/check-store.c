/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "core/store.h"

#include <unistd.h>

#include "core/layout.h"
#include "tests/core/root.h"

#define APP(name, qid, more)                                                  \
    "    <domain id=\"domain-" #qid "\" class=\"AppVM\">\n"                   \
    "      <properties>\n"                                                    \
    "        <property name=\"label\">red</property>\n"                       \
    "        <property name=\"name\">" name "</property>\n"                   \
    "        <property name=\"qid\">" #qid "</property>\n"                    \
    "        <property name=\"uuid\">00000000-0000-4000-8000-0000000000" #qid \
    "</property>\n" more                                                      \
    "      </properties>\n"                                                   \
    "      <features/>\n"                                                     \
    "      <tags/>\n"                                                         \
    "    </domain>\n"
#define PROP(name, value) "        <property name=\"" name "\">" value "</property>\n"
#define BASED PROP("template", "base")
#define BASE                                                                  \
    "    <domain id=\"domain-10\" class=\"TemplateVM\">\n"                    \
    "      <properties>\n" PROP("label", "black") PROP("name", "base")        \
    PROP("qid", "10") PROP("uuid", "00000000-0000-4000-8000-000000000010")    \
    "      </properties>\n"                                                   \
    "      <features/>\n"                                                     \
    "      <tags/>\n"                                                         \
    "    </domain>\n"

static void ck_same(GString *got, const char *expected)
{
    ck_assert_str_eq(got->str, expected);
    ck_assert_uint_eq(got->len, strlen(expected));
    g_string_free(got, TRUE);
}

static const char *const fixtures[] = { "upstream-4.2.xml", "upstream-4.3.xml" };

START_TEST(unchanged_is_byte_identical)
{
    g_autofree char *text = root_put_fixture(fixtures[_i]);

    root_load();
    ck_same(store_serialise(store, model), text);
}
END_TEST

START_TEST(written_anew_is_byte_identical)
{
    g_autofree char *text = root_put_fixture(fixtures[_i]);

    root_load();
    ck_same(store_serialise_anew(store, model), text);
}
END_TEST

START_TEST(upstream_has_no_flaw)
{
    g_free(root_put_fixture(fixtures[_i]));
    root_load();
    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *qube = g_ptr_array_index(model->qubes, i);

        ck_assert(!qube->broken);
        ck_assert_msg(qube->findings->len == (g_str_equal(qube->name, "work") ? 2 : 0), "%s",
                      qube->name);
    }
    ck_assert_str_eq(((struct qube *)model->qubes->pdata[0])->name, "dom0");
    ck_assert_str_eq(((struct qube *)model->qubes->pdata[1])->name, "Vault");
    ck_assert(found(qube_named("work"), "feature 'odd'")); /* upstream's writer takes any */
    ck_assert(found(qube_named("work"), "feature 'note'"));
    ck_assert(qube_named("sys-net")->has_pci);
    ck_assert(!qube_named("work")->has_pci);
}
END_TEST

START_TEST(a_change_touches_one_qube)
{
    g_autofree char *text = root_put_fixture(fixtures[_i]);
    g_auto(GStrv) parts = NULL;
    g_autofree char *expected = NULL;
    struct qube *fw;

    root_load();
    fw = qube_named("sys-firewall");
    qube_put(fw, prop_find("memory", CLASS_APP), "700");
    model_touch(model, fw);
    parts = g_strsplit(text, "        <property name=\"name\">sys-firewall<", 2);
    expected = g_strconcat(parts[0], "        <property name=\"memory\">700</property>\n",
                           "        <property name=\"name\">sys-firewall<", parts[1], NULL);
    ck_same(store_serialise(store, model), expected);
}
END_TEST

START_TEST(volumes_are_built)
{
    struct qube *work, *disp;
    struct volume *root_volume;

    g_free(root_put_fixture(fixtures[_i]));
    root_load();
    work = qube_named("work");
    disp = qube_named("disp1234");
    root_volume = qube_volume(work, "root")->volume;
    ck_assert_ptr_nonnull(root_volume);
    ck_assert(volume_snap_on_start(root_volume));
    ck_assert_ptr_eq(volume_source(root_volume),
                     qube_volume(qube_named("fedora-41-xfce"), "root")->volume);
    ck_assert_ptr_eq(volume_source(qube_volume(disp, "private")->volume),
                     qube_volume(qube_named("default-dvm"), "private")->volume);
    ck_assert_uint_eq(qube_volume(work, "private")->size, 5368709120u);
    ck_assert_str_eq(volume_vid(qube_volume(work, "kernel")->volume), "6.12.30-1.fc41");
    ck_assert_int_eq(
        volume_revisions_to_keep(qube_volume(qube_named("Vault"), "private")->volume), 0);
    ck_assert_str_eq(volume_vid(qube_volume(qube_named("builder"), "root")->volume),
                     "qubes_dom0/vm-builder-root");
    ck_assert_str_eq(qube_volume(qube_named("builder"), "root")->pool, "vm-pool");
    ck_assert(!qube_volume(qube_named("builder"), "root")->foreign);
    ck_assert(!found(qube_named("builder"), "builder:root"));
}
END_TEST

START_TEST(missing_volumes_come_from_the_class)
{
    struct qube *work;
    struct volume_config *config;

    root_load_domains(APP("work", 11, BASED) BASE);
    work = qube_named("work");
    ck_assert_uint_eq(work->volumes->len, 4);
    config = qube_volume(work, "root");
    ck_assert_str_eq(volume_vid(config->volume), "appvms/work/root");
    ck_assert_str_eq(volume_vid(volume_source(config->volume)),
                     "vm-templates/base/root");
    ck_assert_uint_eq(config->size, 10737418240u);
    ck_assert_str_eq(volume_vid(qube_volume(work, "kernel")->volume), "6.1");
    model_touch(model, work);
    g_string_free(store_serialise(store, model), TRUE);
}
END_TEST

/* A template `name`: its private volume in `pool` is `vid`. */
static char *owning(const char *name, int qid, const char *pool, const char *vid)
{
    return g_strdup_printf(
        "    <domain id=\"domain-%d\" class=\"TemplateVM\"><properties>"
        PROP("name", "%s") PROP("qid", "%d") PROP("label", "red")
        PROP("uuid", "00000000-0000-4000-8000-0000000000%d")
        "</properties><volume-config><volume name=\"private\" pool=\"%s\" vid=\"%s\""
        " rw=\"True\" save_on_stop=\"True\"/></volume-config></domain>\n",
        qid, name, qid, qid, pool, vid);
}

static void expect_shared(const char *qube, const char *other)
{
    g_autofree char *own = g_strdup_printf("'%s:private' cannot be used", qube);
    g_autofree char *foreign = g_strdup_printf("'%s:private'", other);

    ck_assert_msg(found(qube_named(qube), own), "%s", qube);
    ck_assert_msg(found(qube_named(qube), foreign), "%s", qube);
}

START_TEST(an_image_that_two_have_is_found)
{
    g_autofree char *first = owning("zoo", 11, "varlibqubes", "appvms/x/y");
    g_autofree char *second = owning("ape", 12, "varlibqubes", "appvms/x/y");
    g_autofree char *third = owning("bee", 13, "varlibqubes", "appvms/zoo/private");
    g_autofree char *domains = g_strconcat(first, second, third, NULL);
    g_autofree char *text = NULL;

    root_load_domains(domains);
    expect_shared("zoo", "ape");
    expect_shared("ape", "zoo");
    ck_assert_uint_eq(qube_named("ape")->findings->len, 1);
    ck_assert_uint_eq(qube_named("bee")->findings->len, 0);
    text = root_get();
    ck_same(store_serialise(store, model), text);
}
END_TEST

START_TEST(the_place_by_default_may_be_taken)
{
    g_autofree char *one = owning("ape", 11, "varlibqubes", "appvms/work/private");
    g_autofree char *domains = g_strconcat(one, APP("work", 12, BASED) BASE, NULL);

    root_load_domains(domains);
    expect_shared("work", "ape");
    expect_shared("ape", "work");
}
END_TEST

/* All may have one kernel, and snapshots of one root. */
START_TEST(what_many_only_read_is_shared)
{
    root_load_domains(APP("a", 11, BASED) APP("b", 12, BASED) BASE);
    ck_assert_uint_eq(qube_named("a")->findings->len, 0);
    ck_assert_uint_eq(qube_named("b")->findings->len, 0);
    ck_assert_uint_eq(qube_named("base")->findings->len, 0);
}
END_TEST

START_TEST(two_pools_may_be_one_directory)
{
    g_autofree char *one = owning("a", 11, "first", "appvms/x/y");
    g_autofree char *two = owning("b", 12, "again", "appvms/x/y");
    g_autofree char *three = owning("c", 13, "other", "appvms/x/y");
    g_autofree char *text = g_strconcat(
        "<qubes><pools>"
        "<pool name=\"first\" dir_path=\"/pool\" driver=\"file-reflink\"/>"
        "<pool name=\"again\" dir_path=\"/pool\" driver=\"file-reflink\"/>"
        "<pool name=\"other\" dir_path=\"/else\" driver=\"file-reflink\"/>"
        "</pools><domains>", one, two, three, "</domains></qubes>", NULL);

    root_put(text, -1);
    root_load();
    expect_shared("a", "b");
    expect_shared("b", "a");
    ck_assert(!found(qube_named("c"), "same image"));
}
END_TEST

/* Hard failures. */

static const struct {
    const char *text;
    const char *part;
} hard[] = {
    { "", "empty" },
    { "hello", "line 1" },
    { "<qubes>\n  <domains>\n", "line 3" },
    { "<qubes>\n  <a></b>\n</qubes>\n", "line 2" },
    { "<other/>", "root element is 'other'" },
    { "<QubesVmCollection/>", "QubesVmCollection" },
    { "<!DOCTYPE q [<!ENTITY a \"b\">]><qubes>&a;</qubes>", "document type" },
    { "<qubes>\xff</qubes>", "line 1" },
};

START_TEST(what_is_no_store_is_refused)
{
    GError *error = NULL;

    root_put(hard[_i].text, -1);
    ck_assert(!store_load(store, model, &error));
    ck_assert_ptr_nonnull(error_hint(error));
    ck_error(&error, QMC_ERROR_INVALID, hard[_i].part);
    ck_assert_uint_eq(model->qubes->len, 0);
    ck_assert_uint_eq(model->labels->len, 0);
}
END_TEST

static void make_copies(void)
{
    g_autofree char *ours = root_path(LAYOUT_HISTORY);

    ck_assert_int_eq(g_mkdir_with_parents(ours, 0770), 0);
}

static void expect_copies_below_root(const GError *error)
{
    g_autofree char *dir = root_path(LAYOUT_BACKUP);

    ck_assert_msg(strstr(error_hint(error), dir) != NULL, "%s", error_hint(error));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "qmc xml restore"));
}

START_TEST(a_missing_store_says_where_copies_are)
{
    GError *error = NULL;

    make_copies();
    ck_assert(!store_load(store, model, &error));
    expect_copies_below_root(error);
    ck_error(&error, QMC_ERROR_NOTFOUND, "qubes.xml");
    ck_assert(!store_stale(store));
}
END_TEST

START_TEST(without_copies_none_are_named)
{
    GError *error = NULL;

    ck_assert(!store_load(store, model, &error));
    ck_assert_ptr_null(strstr(error_hint(error), "copy"));
    ck_error(&error, QMC_ERROR_NOTFOUND, "qubes.xml");
}
END_TEST

START_TEST(a_bad_store_says_where_copies_are)
{
    static const char *const bad[] = { "", "hello", "<other/>", "<qubes>" };

    make_copies();
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        GError *error = NULL;

        root_put(bad[i], -1);
        ck_assert(!store_load(store, model, &error));
        expect_copies_below_root(error);
        ck_error(&error, QMC_ERROR_INVALID, NULL);
    }
}
END_TEST

START_TEST(a_huge_store_is_refused)
{
    GError *error = NULL;

    root_put("<qubes/>", -1);
    ck_assert_int_eq(truncate(store_path(store), (64 << 20) + 1), 0);
    ck_assert(!store_load(store, model, &error));
    ck_error(&error, QMC_ERROR_INVALID, "larger");
}
END_TEST

START_TEST(too_many_qubes_are_refused)
{
    GString *text = g_string_new("<qubes><domains>");
    GError *error = NULL;

    for (int i = 0; i < 20001; i++)
        g_string_append(text, "<domain/>");
    g_string_append(text, "</domains></qubes>");
    root_put(text->str, (gssize)text->len);
    g_string_free(text, TRUE);
    ck_assert(!store_load(store, model, &error));
    ck_error(&error, QMC_ERROR_INVALID, "20000");
}
END_TEST

START_TEST(a_failed_load_empties_the_model)
{
    g_free(root_put_fixture("upstream-4.2.xml"));
    root_load();
    root_put("<qubes>", -1);
    ck_assert(!store_load(store, model, NULL));
    ck_assert_uint_eq(model->qubes->len, 0);
    ck_assert_uint_eq(model->pools->len, 0);
}
END_TEST

/* Findings: the rest loads, and nothing is lost. */

static const struct {
    const char *domains;
    const char *qube; /* NULL: of the model */
    const char *part;
    gboolean broken;
} soft[] = {
    { APP("a", 11, BASED) APP("a", 12, BASED) BASE, "a#12", "used twice", TRUE },
    { APP("a", 11, BASED) APP("b", 11, BASED) BASE, "b", "qid of 'a'", TRUE },
    { APP("a", 11, BASED) APP("b", 11, BASED) BASE, "b", "uuid of 'a'", TRUE },
    { "    <domain class=\"MagicVM\"><properties>" PROP("name", "m") PROP("qid", "9")
          PROP("uuid", "00000000-0000-4000-8000-000000000099")
      "</properties></domain>\n", "m", "unknown class 'MagicVM'", TRUE },
    { APP("a", 11, PROP("template", "gone")), "a", "no such qube", FALSE },
    { APP("a", 11, ""), "a", "no template", TRUE },
    { APP("a", 11, PROP("template", "b")) APP("b", 12, BASED) BASE, "a",
      "not a TemplateVM", TRUE },
    { APP("a", 11, BASED PROP("memory", "lots")) BASE, "a", "'memory'", FALSE },
    { APP("a", 11, BASED PROP("sparkle", "1")) BASE, "a", "'sparkle'", FALSE },
    { APP("a", 11, BASED PROP("xid", "1")) BASE, "a", "computed", FALSE },
    { APP("a", 11, BASED PROP("memory", "1") PROP("memory", "2")) BASE, "a", "twice",
      FALSE },
    { APP("a", 11, BASED PROP("name", "b")) BASE, "b", "twice", TRUE },
    { APP("a", 11, BASED PROP("netvm", "gone")) BASE, "a", "no such qube", FALSE },
    { APP("a", 11, BASED PROP("netvm", "b")) APP("b", 12, BASED) BASE, "a",
      "provide network", FALSE },
    { APP("../x", 11, BASED) BASE, "../x", "cannot be the name", TRUE },
    { APP("", 11, BASED) BASE, "unnamed", "no name", TRUE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      PROP("label", "red") "</properties></domain>\n", "t", "no valid uuid", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t")
      PROP("label", "red") "</properties></domain>\n", "t", "no valid qid", TRUE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties></domain>\n", "t", "no label", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      PROP("label", "pink") "</properties></domain>\n", "t", "no such label", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties><tags><tag name=\"b d\"/></tags></domain>\n", "t", "no tag", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties><features><feature name=\"f\">1</feature><feature name=\"f\">2"
      "</feature></features></domain>\n", "t", "feature 'f' twice", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties><features><feature name=\"f g\">1</feature></features></domain>\n",
      "t", "feature 'f g', which could not be set: 'f g' is no name of a feature", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties><features><feature name=\"vm-config.1\">1</feature></features>"
      "</domain>\n", "t", "no name for 'vm-config'", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties><volume-config><volume name=\"root\" pool=\"gone\"/>"
      "</volume-config></domain>\n", "t", "no such pool", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties><volume-config><volume name=\"root\" rw=\"yes\"/>"
      "</volume-config></domain>\n", "t", "neither True nor False", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties><volume-config><volume name=\"root\" size=\"10 GB of\"/>"
      "</volume-config></domain>\n", "t", "no number", FALSE },
    { "    <domain class=\"TemplateVM\"><properties>" PROP("name", "t") PROP("qid", "9")
      "</properties><volume-config><volume name=\"root\" snap_on_start=\"True\""
      " source=\"gone\"/></volume-config></domain>\n", "t", "snapshot of", FALSE },
    { "    <sparkle/>\n", NULL, "'sparkle' in 'domains'", FALSE },
    { "    <domain class=\"AdminVM\"/>\n", "dom0#2", "used twice", TRUE },
};

START_TEST(flaws_are_found_and_kept)
{
    g_autofree char *text = NULL;
    struct qube *qube;

    root_load_domains(soft[_i].domains);
    text = root_get();
    qube = soft[_i].qube ? qube_named(soft[_i].qube) : NULL;
    ck_assert_msg(found(qube, soft[_i].part), "%d: %s", _i, soft[_i].part);
    if (soft[_i].broken)
        ck_assert(qube->broken);
    ck_assert_ptr_eq(model->qubes->pdata[0], qube_named("dom0"));
    ck_same(store_serialise(store, model), text);
}
END_TEST

START_TEST(the_first_of_two_stays_good)
{
    struct qube *first;

    root_load_domains(APP("a", 11, BASED) APP("a", 12, BASED) BASE);
    first = qube_named("a");
    ck_assert_int_eq(first->qid, 11);
    ck_assert(!first->broken);
    ck_assert_int_eq(qube_named("a#12")->qid, 12);
}
END_TEST

START_TEST(a_bad_value_reads_as_unset_a_bad_netvm_as_none)
{
    root_load_domains(APP("a", 11, BASED PROP("memory", "lots") PROP("netvm", "gone"))
                      BASE);
    ck_value("a", "memory", "400");
    ck_value("a", "netvm", NULL);
    ck_assert(qube_is_explicit(qube_named("a"), "memory"));
}
END_TEST

START_TEST(the_last_of_several_counts)
{
    root_load_domains(APP("a", 11, BASED PROP("memory", "500") PROP("memory", "600"))
                      BASE);
    ck_value("a", "memory", "600");
}
END_TEST

START_TEST(labels_are_read_in_any_spelling)
{
    root_load_domains(APP("a", 11, BASED PROP("label", "label-8"))
                      APP("b", 12, BASED "<property name=\"label\" ref=\"label-1\"/>") BASE);
    ck_value("a", "label", "black");
    ck_value("b", "label", "red");
}
END_TEST

START_TEST(loops_of_netvms_are_broken)
{
    root_load_domains(
        APP("a", 11, BASED PROP("provides_network", "True") PROP("netvm", "b"))
        APP("b", 12, BASED PROP("provides_network", "True") PROP("netvm", "a"))
        APP("c", 13, BASED PROP("netvm", "a")) BASE);
    ck_assert(found(qube_named("a"), "come back"));
    ck_value("a", "netvm", NULL);
    ck_value("b", "netvm", "a");
    ck_value("c", "netvm", "a");
}
END_TEST

/* Its clients have done nothing, though they are checked before it. */
START_TEST(the_loop_alone_is_blamed)
{
    root_load_domains(
        APP("a", 11, BASED PROP("netvm", "z"))
        APP("z", 12, BASED PROP("provides_network", "True") PROP("netvm", "z")) BASE);
    ck_assert_uint_eq(qube_named("a")->findings->len, 0);
    ck_assert(found(qube_named("z"), "come back"));
    ck_value("a", "netvm", "z");
    ck_value("z", "netvm", NULL);
}
END_TEST

START_TEST(loops_through_the_default_are_broken)
{
    root_put("<qubes><properties><property name=\"default_netvm\">a</property>"
             "</properties><domains>"
             APP("a", 11, BASED PROP("provides_network", "True"))
             APP("b", 12, BASED) BASE "</domains></qubes>", -1);
    root_load();
    ck_assert(found(qube_named("a"), "lead back"));
    ck_value("a", "netvm", NULL);
    ck_value("b", "netvm", "a");
    qube_put(qube_named("a"), prop_find("netvm", CLASS_APP), "");
    ck_assert(!qube_named("a")->netvm_loop);
}
END_TEST

START_TEST(a_generated_uuid_is_stable_and_written_with_a_change)
{
    g_autofree char *uuid = NULL, *line = NULL;
    struct qube *qube;
    GString *text;

    root_load_domains("    <domain class=\"TemplateVM\"><properties>" PROP("name", "t")
                      PROP("qid", "9") "</properties></domain>\n");
    uuid = g_strdup(qube_named("t")->uuid);
    root_load();
    qube = qube_named("t");
    ck_assert_str_eq(qube->uuid, uuid);
    model_touch(model, qube);
    line = g_strdup_printf("<property name=\"uuid\">%s</property>", uuid);
    text = store_serialise(store, model);
    ck_assert_ptr_nonnull(strstr(text->str, line));
    g_string_free(text, TRUE);
}
END_TEST

START_TEST(a_store_without_dom0_shows_one)
{
    static const char text[] = "<qubes><domains>" BASE "</domains></qubes>";

    root_put(text, -1);
    root_load();
    ck_assert_str_eq(((struct qube *)model->qubes->pdata[0])->name, "dom0");
    ck_assert(found(NULL, "no 'dom0'"));
    ck_same(store_serialise(store, model), text);
}
END_TEST

START_TEST(what_is_not_understood_survives_a_change)
{
    static const char *const kept[] = {
        "<domain id=\"domain-9\" class=\"TemplateVM\" mood=\"good\">",
        "<early a=\"1\"/>\n      <properties>",
        "</property>\n        <odd>x &amp; y</odd>\n        <property name=\"qid\"",
        "<property name=\"name\" since=\"4.4\">t</property>",
        "<late>\n  <deep/> </late>\n    </domain>",
        "<devices class=\"usb\"><device mode=\"new\"/></devices>",
        "<feature name=\"f\">v<sub/></feature>",
        "<volume name=\"root\" sparkle=\"1\"/>",
        "<property name=\"future\">1</property>",
    };
    GString *text;
    struct qube *qube;

    root_load_domains(
        "<domain class=\"TemplateVM\" mood=\"good\" id=\"domain-9\"><early a=\"1\"/>"
        "<properties><property since=\"4.4\" name=\"name\">t</property>"
        "<odd>x &amp; y</odd>" PROP("qid", "9") PROP("future", "1") "</properties>"
        "<features><feature name=\"f\">v<sub/></feature></features>"
        "<tags/><devices class=\"usb\"><device mode=\"new\"/></devices>"
        "<volume-config><volume name=\"root\" sparkle=\"1\"/></volume-config>"
        "<late>\n  <deep/> </late></domain>\n");
    qube = qube_named("t");
    qube_put(qube, prop_find("memory", CLASS_TEMPLATE), "500");
    model_touch(model, qube);
    text = store_serialise_anew(store, model);
    for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
        ck_assert_msg(strstr(text->str, kept[i]) != NULL, "%s\nis not in\n%s", kept[i],
                      text->str);
    root_put(text->str, -1);
    root_load();
    model_touch(model, qube_named("t"));
    ck_same(store_serialise(store, model), text->str);
    g_string_free(text, TRUE);
}
END_TEST

START_TEST(broken_qubes_are_never_written_anew)
{
    g_autofree char *text = NULL;

    root_load_domains("    <domain class='MagicVM' ><x/><!-- y --></domain>\n");
    text = root_get();
    model_touch(model, qube_named("unnamed"));
    ck_same(store_serialise(store, model), text);
}
END_TEST

/* An element has an attribute once, or nobody reads the store again. */
START_TEST(what_was_there_twice_is_written_once)
{
    GString *text;

    root_load_domains("    <domain id='domain-5' class='TemplateVM'>"
                      "<properties x='1' y='3'><property name='name'>t</property>"
                      "<property name='qid'>5</property></properties>"
                      "<properties x='2'/></domain>\n");
    text = store_serialise_anew(store, model);
    ck_assert_msg(strstr(text->str, "y=\"3\" x=\"2\"") != NULL, "%s", text->str);
    root_put(text->str, -1);
    g_string_free(text, TRUE);
    root_load();
}
END_TEST

START_TEST(a_new_qube_goes_to_its_place)
{
    struct qube *mid;
    GString *text;
    const char *a, *m, *z;

    root_load_domains(APP("a", 11, BASED) BASE APP("z", 12, BASED));
    mid = qube_new("m", NULL, 13, "TemplateVM");
    ck_assert(model_add(model, mid, NULL));
    text = store_serialise(store, model);
    a = strstr(text->str, ">base<");
    m = strstr(text->str, ">m<");
    z = strstr(text->str, ">z<");
    ck_assert(a && m && z && a < m && m < z);
    root_put(text->str, -1);
    g_string_free(text, TRUE);
    root_load();
    ck_assert_uint_eq(qube_named("m")->findings->len, 1); /* no label */
}
END_TEST

START_TEST(changed_globals_touch_their_section)
{
    g_autofree char *text = root_put_fixture("upstream-4.3.xml"), *expected = NULL;
    g_auto(GStrv) parts = NULL;

    root_load();
    model_put_global(model, prop_find("stats_interval", 0), "5");
    parts = g_strsplit(text, "    <property name=\"updatevm\"", 2);
    expected = g_strconcat(parts[0], "    <property name=\"stats_interval\">5</property>\n",
                           "    <property name=\"updatevm\"", parts[1], NULL);
    ck_same(store_serialise(store, model), expected);
}
END_TEST

static void ck_flag_written(const char *fixture, const char *flag, const char *expected)
{
    struct qube *work;
    GString *text;

    g_free(root_put_fixture(fixture));
    root_load();
    work = qube_named("work");
    volume_config_set(qube_volume(work, "root"), flag, "False");
    model_touch(model, work);
    text = store_serialise(store, model);
    ck_assert_msg(strstr(text->str, expected) != NULL, "%s: %s", fixture, expected);
    root_put(text->str, -1);
    g_string_free(text, TRUE);
    root_load();
}

/* Left out is what the class says: False must not become that. */
START_TEST(a_false_flag_is_not_lost)
{
    ck_flag_written("upstream-4.2.xml", "rw",
                    "vid=\"appvms/work/root\" revisions_to_keep=\"1\" rw=\"False\"");
    ck_assert(!volume_rw(qube_volume(qube_named("work"), "root")->volume));
    ck_flag_written("upstream-4.2.xml", "save_on_stop",
                    "vid=\"appvms/work/root\" revisions_to_keep=\"1\" rw=\"True\" snap_on_start");
    ck_flag_written("upstream-4.3.xml", "save_on_stop",
                    "rw=\"True\" save_on_stop=\"False\" snap_on_start=\"True\"");
}
END_TEST

START_TEST(nothing_at_all_is_a_store_too)
{
    root_put("<qubes/>", -1);
    root_load();
    ck_assert_uint_eq(model->qubes->len, 1);
    ck_same(store_serialise(store, model), "<qubes/>");
    model_touch(model, qube_named("dom0"));
    ck_same(store_serialise(store, model),
            "<qubes>\n  <domains>\n"
            "    <domain id=\"domain-0\" class=\"AdminVM\">\n      <properties/>\n"
            "      <features/>\n      <tags/>\n    </domain>\n  </domains>\n"
            "</qubes>");
}
END_TEST

/* Bytes changed here and there never crash, and what loads can be written and
 * loaded again. The sequence is the same each time. */
START_TEST(mutations_never_crash)
{
    static const char pieces[] = "<>/\"'= &;\n\0x-";
    g_autofree char *text = root_put_fixture(fixtures[_i % 2]);
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)_i);
    gsize len = strlen(text);

    for (int round = 0; round < 40; round++) {
        g_autofree char *copy = g_strdup(text);
        int n = g_rand_int_range(rand, 1, 4);

        for (int k = 0; k < n; k++)
            copy[g_rand_int_range(rand, 0, (gint32)len)] =
                pieces[g_rand_int_range(rand, 0, sizeof pieces - 1)];
        root_put(copy, (gssize)len);
        if (!store_load(store, model, NULL))
            continue;
        ck_same(store_serialise(store, model), copy);
        for (guint i = 0; i < model->qubes->len; i++)
            model_touch(model, model->qubes->pdata[i]);
        g_string_free(store_serialise(store, model), TRUE);
    }
}
END_TEST

/* The same one level up: letters in names and values, so that most load. */
START_TEST(mutated_words_never_crash)
{
    g_autofree char *text = root_put_fixture(fixtures[_i % 2]);
    g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)_i);
    gsize len = strlen(text);

    for (int round = 0; round < 40; round++) {
        g_autofree char *copy = g_strdup(text);

        for (int k = 0; k < 30; k++) {
            gsize at = (gsize)g_rand_int_range(rand, 0, (gint32)len);

            if (g_ascii_isalnum(copy[at]))
                copy[at] = (char)('0' + g_rand_int_range(rand, 0, 10));
        }
        root_put(copy, (gssize)len);
        if (store_load(store, model, NULL))
            ck_same(store_serialise(store, model), copy);
    }
}
END_TEST

START_TEST(a_bad_file_is_read_once)
{
    GError *error = NULL;

    root_put("<qubes>", -1);
    ck_assert(!store_load(store, model, &error));
    g_clear_error(&error);
    ck_assert(!store_stale(store));
    root_put("<qubes><domains>", -1);
    ck_assert(store_stale(store));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_bad_file_is_read_once,
        missing_volumes_come_from_the_class, an_image_that_two_have_is_found,
        the_place_by_default_may_be_taken, what_many_only_read_is_shared,
        two_pools_may_be_one_directory, a_missing_store_says_where_copies_are,
        without_copies_none_are_named,
        a_bad_store_says_where_copies_are,
        a_huge_store_is_refused, too_many_qubes_are_refused,
        a_failed_load_empties_the_model, the_first_of_two_stays_good,
        a_bad_value_reads_as_unset_a_bad_netvm_as_none, the_last_of_several_counts,
        labels_are_read_in_any_spelling, loops_of_netvms_are_broken,
        the_loop_alone_is_blamed,
        loops_through_the_default_are_broken,
        a_generated_uuid_is_stable_and_written_with_a_change,
        a_store_without_dom0_shows_one, what_is_not_understood_survives_a_change,
        broken_qubes_are_never_written_anew,
        what_was_there_twice_is_written_once, a_new_qube_goes_to_its_place,
        changed_globals_touch_their_section, a_false_flag_is_not_lost,
        nothing_at_all_is_a_store_too, NULL,
    };
    TCase *loops = tcase_create("tables");

    tcase_add_checked_fixture(loops, root_setup, root_teardown);
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, unchanged_is_byte_identical, 0, 2);
    tcase_add_loop_test(loops, written_anew_is_byte_identical, 0, 2);
    tcase_add_loop_test(loops, upstream_has_no_flaw, 0, 2);
    tcase_add_loop_test(loops, a_change_touches_one_qube, 0, 2);
    tcase_add_loop_test(loops, volumes_are_built, 0, 2);
    tcase_add_loop_test(loops, what_is_no_store_is_refused, 0, G_N_ELEMENTS(hard));
    tcase_add_loop_test(loops, flaws_are_found_and_kept, 0, G_N_ELEMENTS(soft));
    tcase_add_loop_test(loops, mutations_never_crash, 0, 10);
    tcase_add_loop_test(loops, mutated_words_never_crash, 0, 10);
    return suite_run_cases("store", tests, root_setup, root_teardown, loops);
}
