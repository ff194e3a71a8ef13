/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command a repair begins with, whatever the names in it. */
#include "config.h"

#include "core/repair.h"

#include "tests/util/suite.h"

static void ck_command(const char *hint, const char *wanted)
{
    g_autofree char *command = repair_command(hint);

    ck_assert_msg(g_strcmp0(command, wanted) == 0, "'%s' gives '%s'", hint,
                  command ? command : "(none)");
}

START_TEST(a_command_is_offered_whole)
{
    ck_command("qmc xml log", "xml log");
    ck_command("qmc prefs --unset work memory", "prefs --unset work memory");
    ck_command("qmc prefs work memory VALUE", "prefs work memory ");
    ck_command("qmc rename 'a b' NEW", "rename 'a b' ");
    ck_command("qmc prefs work netvm ''", "prefs work netvm ''");
    ck_command("qmc tag work del -- '-x y'", "tag work del -- '-x y'");
}
END_TEST

static void ck_property(const char *hint, const char *qube, const char *wanted)
{
    g_autofree char *property = repair_property(hint, qube);

    ck_assert_msg(g_strcmp0(property, wanted) == 0, "'%s' sets '%s'", hint,
                  property ? property : "(none)");
}

START_TEST(the_property_whose_value_is_to_be_chosen)
{
    ck_property("qmc prefs work memory VALUE", "work", "memory");
    ck_property("qmc prefs work memory VALUE, or: qmc prefs --unset work memory", "work",
                "memory");
    ck_property("qmc global default_kernel VALUE", NULL, "default_kernel");
    ck_property("qmc prefs 'a b' memory VALUE", "'a b'", "memory");
    ck_property("qmc prefs work netvm ''", "work", NULL);
    ck_property("qmc prefs work memory 400", "work", NULL);
    ck_property("qmc prefs work-2 memory VALUE", "work", NULL);
    ck_property("qmc prefs --unset work memory", "work", NULL);
    ck_property("qmc prefs work memory VALUE", NULL, NULL);
    ck_property("qmc rename work NEW", "work", NULL);
    ck_property(NULL, "work", NULL);
}
END_TEST

START_TEST(the_first_of_several_without_why_and_consent)
{
    ck_command("qmc prefs a x True, or: qmc prefs --unset b y", "prefs a x True");
    ck_command("qmc fw work reset --yes (then it may connect anywhere)", "fw work reset");
    ck_command("qmc fw work reset --drop --yes (it stays cut off, and the file is kept), or: "
               "mend the file by hand", "fw work reset --drop");
    ck_command("qmc rm work --confirm work (what is on disk stays), or: go back",
               "rm work");
    ck_command("qmc xml check (it reads only)", "xml check");
}
END_TEST

START_TEST(names_in_quotes_are_not_cut)
{
    ck_command("qmc rm 'a (b)' --confirm 'a (b)'", "rm 'a (b)'");
    ck_command("qmc rename 'a, or: b' NEW, or: x", "rename 'a, or: b' ");
    ck_command("qmc rename 'a --confirm b --yes c' NEW", "rename 'a --confirm b --yes c' ");
    ck_command("qmc rename 'it'\\''s VALUE' NEW", "rename 'it'\\''s VALUE' ");
    ck_command("qmc rm NEW --confirm NEW", "rm NEW");
    ck_command("qmc prefs 'x NEW' label VALUE", "prefs 'x NEW' label ");
    ck_command("qmc rename 'say \"' NEW", "rename 'say \"' ");
    ck_command("qmc prefs a, memory 3", "prefs a, memory 3");
}
END_TEST

START_TEST(what_is_done_by_hand_is_no_command)
{
    ck_command(NULL, NULL);
    ck_command("", NULL);
    ck_command("qmc ", NULL);
    ck_command("mount what it is on, or make it", NULL);
    ck_command("rename the directory back: mv -T '/x/qmc rm a' /y, or: go back to a "
               "copy: qmc xml log", NULL);
    ck_command("mend <pool name=\"qmc rm work\"> in qubes.xml with an editor", NULL);
    ck_command("see what is wrong with it: qmc show work", NULL);
    ck_command("qmc rename 'open NEW", NULL);
    ck_command("qmc rename open\\", NULL);
    ck_command("qmc feature work x 'two\nlines'", NULL);
    ck_command("qmcx rm work", NULL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_command_is_offered_whole, the_property_whose_value_is_to_be_chosen,
        the_first_of_several_without_why_and_consent,
        names_in_quotes_are_not_cut,
        what_is_done_by_hand_is_no_command,
        NULL,
    };

    return suite_run("repair", tests);
}
