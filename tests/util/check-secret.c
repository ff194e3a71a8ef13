/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/util/suite.h"
#include "util/error.h"
#include "util/secret.h"

START_TEST(random_bytes_are_all_set_and_differ)
{
    auto_of(secret) struct secret *one = secret_random(5000, NULL);
    auto_of(secret) struct secret *other = secret_random(5000, NULL);
    guint8 any = 0;

    ck_assert_uint_eq(secret_len(one), 5000);
    ck_assert_mem_ne(secret_bytes(one), secret_bytes(other), 5000);
    for (gsize i = 4900; i < 5000; i++)
        any |= secret_bytes(one)[i];
    ck_assert_uint_ne(any, 0);
}
END_TEST

START_TEST(hex_digits_are_those_of_the_bytes)
{
    auto_of(secret) struct secret *secret = secret_new(3, NULL);
    auto_of(secret) struct secret *hex = NULL;

    memcpy(secret_bytes(secret), "\x00\xa5\xff", 3);
    hex = secret_hex(secret, NULL);
    ck_assert_str_eq((const char *)secret_bytes(hex), "00a5ff");
}
END_TEST

/* The address sanitizer makes mlock() do nothing. */
#ifdef __SANITIZE_ADDRESS__
#define LOCKED ""
#else
#define LOCKED " lo"
#endif

/* What the kernel says of the pages: "lo" locked, "dd" not dumped, "wf" not inherited. */
START_TEST(the_pages_are_locked_and_in_no_dump)
{
    auto_of(secret) struct secret *secret = secret_new(64, NULL);
    g_autofree char *smaps = NULL;
    g_autofree char *from = g_strdup_printf("\n%" G_GINTPTR_MODIFIER "x-",
                                            (guintptr)secret_bytes(secret));
    const char *ours, *flags;

    ck_assert(g_file_get_contents("/proc/self/smaps", &smaps, NULL, NULL));
    ours = strstr(smaps, from);
    ck_assert_ptr_nonnull(ours);
    flags = strstr(ours, "VmFlags:");
    ck_assert_ptr_nonnull(flags);
    g_strdelimit(strchr(flags, '\n'), "\n", '\0');
    ck_assert_msg(strstr(flags, LOCKED) && strstr(flags, " dd") && strstr(flags, " wf"),
                  "%s", flags);
}
END_TEST

START_TEST(a_child_finds_zeros)
{
    auto_of(secret) struct secret *secret = secret_random(64, NULL);
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        guint8 any = 0;

        for (gsize i = 0; i < 64; i++)
            any |= secret_bytes(secret)[i];
        _exit(any != 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* root is above the limit */
START_TEST(without_lockable_memory_there_is_none)
{
    const struct rlimit none = { 0, 0 };
    g_autoptr(GError) error = NULL;

    if (!*LOCKED)
        return;
    if (geteuid() == 0)
        ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    ck_assert_ptr_null(secret_new(64, &error));
    ck_assert(error_is(error, QMC_ERROR_DENIED));
    ck_assert_ptr_nonnull(strstr(error->message, "cannot keep a key out of swap"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        random_bytes_are_all_set_and_differ,
        hex_digits_are_those_of_the_bytes,
        the_pages_are_locked_and_in_no_dump,
        a_child_finds_zeros,
        without_lockable_memory_there_is_none,
        NULL,
    };

    return suite_run("secret", tests);
}
