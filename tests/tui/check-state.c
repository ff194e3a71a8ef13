/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/state.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/util/suite.h"
#include "util/file.h"

static char *dir, *path;

static void setup(void)
{
    dir = g_dir_make_tmp("qmc-state-XXXXXX", NULL);
    path = g_build_filename(dir, "a", "qmc", "state", NULL);
}

static void teardown(void)
{
    file_remove_tree(dir, NULL);
    g_free(dir);
    g_free(path);
}

static void put(const char *text, int mode)
{
    g_autofree char *parent = g_path_get_dirname(path);

    ck_assert(file_mkdirs(parent, 0700, NULL));
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    ck_assert_int_eq(chmod(path, (mode_t)mode), 0);
}

static void assert_file(const char *expected)
{
    g_autofree char *text = NULL;

    ck_assert(g_file_get_contents(path, &text, NULL, NULL));
    ck_assert_str_eq(text, expected);
}

START_TEST(what_is_set_is_found_again)
{
    struct state *state = state_new(path);
    struct stat st;

    ck_assert_ptr_null(state_get(state, "qubes.sort"));
    state_set(state, "qubes.sort", "name reversed");
    ck_assert(state_save(state));
    state_free(state);
    state = state_new(path);
    ck_assert_str_eq(state_get(state, "qubes.sort"), "name reversed");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    state_free(state);
}
END_TEST

START_TEST(other_lines_stay_as_they_are)
{
    struct state *state;

    put("# mine\n\nnew.thing = 7\nnonsense\nqubes.sort=name\nqubes.wide = on\n", 0600);
    state = state_new(path);
    ck_assert_str_eq(state_get(state, "qubes.sort"), "name");
    state_set(state, "qubes.sort", "memory");
    state_set(state, "qubes.wide", "");
    state_set(state, "qubes.filter", "a = b");
    ck_assert(state_save(state));
    assert_file("# mine\n\nnew.thing = 7\nnonsense\nqubes.sort = memory\n"
                "qubes.filter = a = b\n");
    state_free(state);
}
END_TEST

START_TEST(two_at_once_lose_nothing)
{
    struct state *one = state_new(path), *two = state_new(path);

    state_set(one, "a", "1");
    state_set(two, "b", "2");
    ck_assert(state_save(one));
    ck_assert(state_save(two));
    assert_file("a = 1\nb = 2\n");
    state_free(one);
    state_free(two);
}
END_TEST

START_TEST(nothing_set_writes_nothing)
{
    struct state *state = state_new(path);

    state_set(state, "a", "");
    ck_assert(!state_save(state));
    ck_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
    state_free(state);
}
END_TEST

/* Neither read nor replaced. */
static void assert_left_alone(const char *text, int mode)
{
    struct state *state;

    put(text, mode);
    state = state_new(path);
    ck_assert_ptr_null(state_get(state, "a"));
    state_set(state, "a", "2");
    ck_assert(!state_save(state));
    assert_file(text);
    state_free(state);
}

START_TEST(what_others_may_write_is_left_alone)
{
    assert_left_alone("a = 1\n", 0620);
    assert_left_alone("a = 1\n", 0602);
}
END_TEST

START_TEST(what_is_broken_is_left_alone)
{
    g_autofree char *much = g_strnfill(100000, 'a');

    assert_left_alone("a = 1\n\xff\xfe = 3\n", 0600);
    assert_left_alone(much, 0600);
}
END_TEST

START_TEST(a_link_is_left_alone)
{
    g_autofree char *target = g_build_filename(dir, "target", NULL);
    g_autofree char *parent = g_path_get_dirname(path);
    struct state *state;

    ck_assert(file_mkdirs(parent, 0700, NULL));
    ck_assert(g_file_set_contents(target, "a = 1\n", -1, NULL));
    ck_assert_int_eq(symlink(target, path), 0);
    state = state_new(path);
    ck_assert_ptr_null(state_get(state, "a"));
    state_set(state, "a", "2");
    ck_assert(!state_save(state));
    state_free(state);
}
END_TEST

START_TEST(without_a_place_nothing_is_kept)
{
    struct state *state = state_new(NULL);

    state_set(state, "a", "1");
    ck_assert_str_eq(state_get(state, "a"), "1");
    ck_assert(!state_save(state));
    state_free(state);
    state = state_new("/proc/nowhere/state");
    state_set(state, "a", "1");
    ck_assert(!state_save(state));
    state_free(state);
}
END_TEST

static void assert_path(const char *state, const char *home, const char *expected)
{
    g_autofree char *found = NULL;

    g_unsetenv("XDG_STATE_HOME");
    g_unsetenv("HOME");
    if (state)
        g_setenv("XDG_STATE_HOME", state, TRUE);
    if (home)
        g_setenv("HOME", home, TRUE);
    found = state_path();
    ck_assert_pstr_eq(found, expected);
}

START_TEST(the_place_follows_the_environment)
{
    assert_path("/x", "/away", "/x/qmc/state");
    assert_path(NULL, "/away", "/away/.local/state/qmc/state");
    assert_path("not/absolute", "/away", "/away/.local/state/qmc/state");
    assert_path("", "", NULL);
    assert_path(NULL, NULL, NULL);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_is_set_is_found_again,
        other_lines_stay_as_they_are,
        two_at_once_lose_nothing,
        nothing_set_writes_nothing,
        what_others_may_write_is_left_alone,
        what_is_broken_is_left_alone,
        a_link_is_left_alone,
        without_a_place_nothing_is_kept,
        the_place_follows_the_environment,
        NULL,
    };

    return suite_run_fixture("state", tests, setup, teardown);
}
