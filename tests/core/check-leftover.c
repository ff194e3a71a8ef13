/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories that no qube has: which are taken for that, and which never. */
#include "config.h"

#include "core/leftover.h"

#include <string.h>
#include <unistd.h>

#include "core/diagnosis.h"
#include "core/home.h"
#include "core/layout.h"
#include "root.h"
#include "storage/loop.h"
#include "util/error.h"

static char *home_of(const char *name)
{
    g_autofree char *absolute = g_strdup_printf("/var/lib/qubes/appvms/%s", name);

    return root_path(absolute);
}

static void put(const char *name, const char *file)
{
    g_autofree char *home = home_of(name);
    g_autofree char *path = file ? g_build_filename(home, file, NULL) : NULL;

    ck_assert_int_eq(g_mkdir_with_parents(home, 0700), 0);
    if (path)
        ck_assert(g_file_set_contents(path, "x", -1, NULL));
}

/* "a, b" */
static char *names(void)
{
    g_autoptr(GPtrArray) found = NULL;
    GString *text = g_string_new(NULL);

    root_load();
    found = leftovers_find(root, model);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(text, "%s%s", i ? ", " : "",
                               ((const struct leftover *)found->pdata[i])->name);
    return g_string_free(text, FALSE);
}

static void ck_names(const char *expected)
{
    g_autofree char *is = names();

    ck_assert_str_eq(is, expected);
}

#define NAMED(name) "<property name=\"name\">" name "</property>"
#define QID(qid) "<property name=\"qid\">" qid "</property>"

START_TEST(only_what_nobody_can_have_is_left_over)
{
    root_load_domains(
        "<domain class=\"TemplateVM\"><properties>" NAMED("base") QID("1")
        "</properties></domain>"
        "<domain class=\"AppVM\"><properties>" NAMED("work") QID("2")
        "<property name=\"template\">base</property></properties><volume-config>"
        "<volume name=\"private\" vid=\"appvms/former/private\"/>"
        "<volume name=\"root\" source=\"appvms/origin/root\"/></volume-config></domain>"
        "<domain class=\"MagicVM\"><properties>" NAMED("magic") QID("3")
        "</properties></domain>");
    put("work", NULL);
    put("former", NULL);
    put("origin", NULL);
    put("magic", NULL);
    put(".hidden", NULL);
    put("with blanks", NULL);
    ck_names("");
    put("base", NULL); /* a template has another place, but it is somebody's name */
    put("tidy", NULL);
    put("ghost", "private.img");
    ck_names("ghost, tidy");
}
END_TEST

START_TEST(what_is_being_made_is_not_left_over)
{
    g_autofree char *home = home_of("new");
    int fd = -1;

    root_load_domains("");
    ck_assert(home_make(home, &fd, NULL));
    ck_assert_int_ge(fd, 0);
    ck_assert(home_is_being_made(home));
    ck_names("");
    close(fd);
    ck_names("new");
}
END_TEST

START_TEST(what_is_in_it_is_said_and_goes_with_it)
{
    g_autofree char *home = home_of("ghost"), *work = home_of("work"), *words = NULL;
    g_autoptr(GError) error = NULL;

    root_load_domains("<domain class=\"TemplateVM\"><properties>" NAMED("base") QID("1")
                      "</properties></domain>");
    put("ghost", "private.img");
    put("ghost", "root.img.1@2026-01-01T00:00:00Z");
    put("ghost", "firewall.xml");
    ck_assert(leftover_check(root, home, &words, NULL));
    ck_assert_msg(g_str_has_prefix(words, "2 images, "), "%s", words);
    ck_assert(!leftover_remove(root, work, &error));
    ck_error(&error, QMC_ERROR_NOTFOUND, "left over");
    ck_assert(leftover_remove(root, home, NULL));
    ck_assert(!g_file_test(home, G_FILE_TEST_EXISTS));
}
END_TEST

/* Nobody knows whose it is then. */
START_TEST(without_a_store_nothing_is_left_over)
{
    g_autofree char *home = home_of("ghost");
    g_autoptr(GError) error = NULL;

    put("ghost", NULL);
    root_put("<qubes", -1);
    ck_assert(!leftover_remove(root, home, &error));
    ck_error(&error, QMC_ERROR_INVALID, NULL);
    ck_assert(g_file_test(home, G_FILE_TEST_IS_DIR));
}
END_TEST

/* Its only element may have been what has the directory. */
static void ck_doubt(const char *domains, const char *why)
{
    g_autofree char *home = home_of("ghost");
    g_autoptr(GPtrArray) found = NULL;
    g_autoptr(GError) error = NULL;

    root_load_domains(domains);
    put("ghost", "private.img");
    put("work", "private.img");
    found = leftovers_find(root, model);
    ck_assert_uint_eq(found->len, 1);
    ck_assert_msg(strstr(((struct leftover *)found->pdata[0])->doubt, why) != NULL, "%s",
                  ((struct leftover *)found->pdata[0])->doubt);
    ck_assert(!leftover_remove(root, home, &error));
    ck_error(&error, QMC_ERROR_STATE, "may belong");
    ck_assert(g_file_test(home, G_FILE_TEST_IS_DIR));
}

START_TEST(in_doubt_nothing_is_deleted)
{
    ck_doubt("<domian class=\"AppVM\"><properties>" NAMED("work")
             "</properties></domian>", "'domian'");
    ck_doubt("<domain class=\"AppVM\"><propertie>" NAMED("work")
             "</propertie></domain>", "no name");
    ck_doubt("<domain class=\"AppVM\"><properties><property nam=\"name\">work</property>"
             "</properties></domain>", "no name");
    ck_doubt("<domain class=\"AppVM\"><properties>" NAMED("wo rk")
             "</properties></domain><!-- work -->", "'wo rk'");
    ck_doubt("<domain class=\"AppVM\"><properties>" NAMED("work") "</properties></domain>"
             "<domain class=\"AppVM\"><properties>" NAMED("work")
             "</properties></domain>", "no name");
}
END_TEST

START_TEST(what_the_store_names_anywhere_is_somebody_s)
{
    put("work", NULL);
    put("works", NULL);
    put("my-work", NULL);
    root_load_domains("<!--<domain class=\"AppVM\"><properties>" NAMED("work")
                      "</properties></domain>-->");
    ck_names("my-work, works");
    root_load_domains("<domain class=\"RemoteVM\"><properties>" NAMED("work") QID("2")
                      "</properties></domain>");
    ck_names("my-work, works");
}
END_TEST

START_TEST(a_path_is_found_however_it_is_typed)
{
    g_autofree char *home = home_of("ghost"), *slash = g_strconcat(home, "//", NULL);
    g_autofree char *dots = g_strconcat(home, "/../ghost", NULL);
    g_autofree char *parent = g_path_get_dirname(home), *here = g_get_current_dir();
    g_autofree char *link = home_of("link"), *point = g_strconcat(home, "/.", NULL);

    root_load_domains("");
    put("ghost", NULL);
    ck_assert_int_eq(symlink(home, link), 0);
    ck_assert(leftover_check(root, slash, NULL, NULL));
    ck_assert(leftover_check(root, "/var/lib/qubes/appvms/ghost/", NULL, NULL));
    ck_assert_int_eq(chdir(parent), 0);
    ck_assert(leftover_check(root, "ghost", NULL, NULL));
    ck_assert(leftover_check(root, "./ghost/", NULL, NULL));
    ck_assert(!leftover_check(root, "link", NULL, NULL));
    ck_assert(!leftover_check(root, "link/", NULL, NULL));
    ck_assert_int_eq(chdir(home), 0);
    ck_assert(!leftover_check(root, ".", NULL, NULL));
    ck_assert_int_eq(chdir(here), 0);
    ck_assert(!leftover_check(root, dots, NULL, NULL));
    ck_assert(!leftover_check(root, point, NULL, NULL));
    ck_assert(!leftover_check(root, "", NULL, NULL));
    ck_assert(leftover_remove(root, slash, NULL));
    ck_assert(!g_file_test(home, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(an_image_with_a_loop_device_stays)
{
    g_autofree char *home = home_of("ghost");
    g_autofree char *image = g_build_filename(home, "private.img", NULL);
    g_autofree char *device = NULL;
    g_autoptr(GError) error = NULL;
    int fd;

    root_load_domains("");
    put("ghost", "private.img");
    ck_assert_int_eq(truncate(image, 1 << 20), 0);
    fd = loop_attach(image, TRUE, &device, NULL);
    if (fd < 0) {
        g_print("# not tested: no loop device can be had here\n");
        return;
    }
    ck_assert(!leftover_remove(root, home, &error));
    ck_error(&error, QMC_ERROR_BUSY, device);
    ck_assert(g_file_test(image, G_FILE_TEST_IS_REGULAR));
    close(fd);
}
END_TEST

#define WORK_UUID "11111111-1111-4111-8111-111111111111"
#define WORK_AS(name)                                                                  \
    "<domain class=\"StandaloneVM\"><properties>" NAMED(name) QID("2")                 \
    "<property name=\"uuid\">" WORK_UUID "</property></properties><volume-config>"     \
    "<volume name=\"private\" pool=\"varlibqubes\" vid=\"appvms/" name "/private\""    \
    " size=\"1024\" rw=\"True\" save_on_stop=\"True\"/></volume-config></domain>"

/* "message -> hint", of the first finding with that in its message. */
static char *told(const char *part)
{
    g_autoptr(GPtrArray) found = diagnose(root, model);

    for (guint i = 0; i < found->len; i++) {
        const struct diagnosis *diagnosis = found->pdata[i];

        if (strstr(diagnosis->finding.message, part))
            return g_strdup_printf("%s -> %s", diagnosis->finding.message,
                                   diagnosis->finding.hint);
    }
    return g_strdup("nothing");
}

static void ck_told(const char *part, const char *pattern)
{
    g_autofree char *is = told(part);

    ck_assert_msg(g_regex_match_simple(pattern, is, 0, 0), "'%s' is not '%s'", is, pattern);
}

static void keep(const char *domains)
{
    g_autofree char *dir = root_path(LAYOUT_HISTORY), *text = NULL;
    g_autofree char *copy = g_build_filename(dir, "qubes-20260101T000000Z-000.xml", NULL);

    root_load_domains(domains);
    text = root_get();
    ck_assert_int_eq(g_mkdir_with_parents(dir, 0700), 0);
    ck_assert(g_file_set_contents(copy, text, -1, NULL));
}

START_TEST(a_renamed_qube_is_led_to_its_images)
{
    g_autofree char *wurk = home_of("wurk");
    g_autoptr(GError) error = NULL;

    keep(WORK_AS("wurk"));
    root_load_domains(WORK_AS("work"));
    put("wurk", "private.img");
    ck_told("images of 'work'", "may be those in '.*/appvms/wurk'.*-> rename the directory "
                                "back: mv -T [^ ]*/wurk [^ ]*/work, or");
    /* the same report does not say how to delete them, and nobody may */
    ck_told("of no qube", "may hold the images that 'work' misses: 1 image.* -> put the images "
                          "of 'work' back first[^/]*$");
    ck_assert(!leftover_check(root, wurk, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error_hint(error), "qmc rm work"));
    ck_error(&error, QMC_ERROR_STATE, "may hold the images that 'work' misses");
    put("work", NULL);
    ck_told("images of 'work'", "-> look into both");
    put("work", "private.img");
    put("work", "root.img");
    ck_told("of no qube", "of 'wurk' in copy qubes-20260101T000000Z-000.xml: 1 image.* -> "
                          "go back .*qmc xml log, or: qmc xml sweep .*/wurk --confirm wurk");
    ck_assert(leftover_check(root, wurk, NULL, NULL));
}
END_TEST

START_TEST(where_no_image_is_nothing_is_to_be_brought_back)
{
    keep(WORK_AS("wurk"));
    root_load_domains(WORK_AS("work"));
    put("work", "private.img");
    put("wurk", NULL);
    ck_told("/wurk'", "-000.xml: nothing -> qmc xml sweep [^ ]*/wurk --confirm wurk "
                      "\\(deletes it\\)$");
    put("wurk", "firewall.xml");
    ck_told("/wurk'", "-000.xml: 1 file.* -> look at what is in it, then: qmc xml sweep "
                      "[^:]*$");
}
END_TEST

START_TEST(a_pool_without_any_image_is_told_once)
{
    root_load_domains(WORK_AS("work"));
    ck_told("images", "^all images in pool 'varlibqubes'.* -> is the disk of pool "
                      "'varlibqubes' mounted\\? findmnt -T [^ ]*$");
    root_load_domains(WORK_AS("work")
                      "<domain class=\"StandaloneVM\"><properties>" NAMED("other") QID("3")
                      "</properties><volume-config><volume name=\"private\""
                      " pool=\"varlibqubes\" vid=\"appvms/other/private\" size=\"1\""
                      " rw=\"True\" save_on_stop=\"True\"/></volume-config></domain>");
    put("other", "private.img");
    ck_told("images of 'work'",
            "^the images of 'work'.* -> put them back there, or: .*qmc xml log, "
            "or: qmc rm work --confirm work");
}
END_TEST

START_TEST(a_link_that_leads_nowhere_is_told)
{
    g_autofree char *home = home_of("work"), *disk = root_path("/mnt/work");

    root_load_domains(WORK_AS("work"));
    put("other", NULL);
    ck_assert_int_eq(symlink(disk, home), 0);
    ck_told("leads nowhere", "^the directory of 'work' is a link that leads nowhere: "
                             "'.*/appvms/work' to '.*/mnt/work' -> mount what it leads to");
    ck_told("the images of 'work'", "^nothing$");
    ck_assert_int_eq(g_mkdir_with_parents(disk, 0700), 0);
    ck_told("leads nowhere", "^nothing$");
    ck_told("is a link", "^the directory of 'work' is a link: '.*/appvms/work' to "
                         "'.*/mnt/work' -> nothing is wrong with it: ");
}
END_TEST

/* Of a rename that was cut off: nothing behind it is anybody's to delete. */
START_TEST(a_link_of_nobody_is_told_and_not_swept)
{
    g_autofree char *link = home_of("ghost"), *disk = root_path("/mnt/ghost");

    root_load_domains(WORK_AS("work"));
    put("work", "private.img");
    ck_assert_int_eq(g_mkdir_with_parents(disk, 0700), 0);
    ck_assert_int_eq(symlink(disk, link), 0);
    ck_told("a link to", "^'.*/appvms/ghost' is a link to '.*/mnt/ghost' and of no qube in "
                         "qubes.xml -> look at what it leads to, then: rm .*/appvms/ghost$");
    ck_assert(!leftover_remove(root, link, NULL));
    ck_assert(g_file_test(disk, G_FILE_TEST_IS_DIR));
    ck_assert_int_eq(unlink(link), 0);
    ck_told("a link to", "^nothing$");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        only_what_nobody_can_have_is_left_over, what_is_being_made_is_not_left_over,
        what_is_in_it_is_said_and_goes_with_it, without_a_store_nothing_is_left_over,
        in_doubt_nothing_is_deleted, what_the_store_names_anywhere_is_somebody_s,
        a_path_is_found_however_it_is_typed, an_image_with_a_loop_device_stays,
        a_renamed_qube_is_led_to_its_images,
        where_no_image_is_nothing_is_to_be_brought_back, a_pool_without_any_image_is_told_once,
        a_link_that_leads_nowhere_is_told,
        a_link_of_nobody_is_told_and_not_swept, NULL,
    };

    return suite_run_fixture("leftover", tests, root_setup, root_teardown);
}
