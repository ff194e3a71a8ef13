/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "util/error.h"

#include <errno.h>
#include <string.h>

#include <gio/gio.h>

#include "tests/util/suite.h"

START_TEST(hint_survives_copy_and_propagation)
{
    g_autofree char *whole = NULL;
    g_autoptr(GError) first = NULL, moved = NULL, copy = NULL;

    error_set(&first, QMC_ERROR_BUSY, "wait for it", "'%s' is busy", "work");
    copy = g_error_copy(first);
    g_propagate_prefixed_error(&moved, g_steal_pointer(&first), "start: ");
    g_prefix_error(&moved, "qmc: ");
    ck_assert_str_eq(error_hint(moved), "wait for it");
    whole = error_text(moved);
    ck_assert(g_str_has_suffix(whole, "; wait for it"));
    ck_assert_str_eq(moved->message, "qmc: start: 'work' is busy");
    ck_assert_str_eq(error_hint(copy), "wait for it");
    ck_assert_ptr_ne(error_hint(copy), error_hint(moved));
    ck_assert_str_eq(copy->message, "'work' is busy");
}
END_TEST

START_TEST(hint_may_be_absent)
{
    g_autoptr(GError) ours = NULL;
    g_autoptr(GError) foreign = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "x");

    error_set(&ours, QMC_ERROR_IO, NULL, "no");
    ck_assert_ptr_null(error_hint(ours));
    ck_assert_ptr_null(error_hint(foreign));
    ck_assert_ptr_null(error_hint(NULL));
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
    error_set(NULL, QMC_ERROR_IO, "hint", "%s", "no");
    error_set_errno(NULL, ENOENT, "hint", "%s", "no");
}
END_TEST

START_TEST(codes_have_status_and_word)
{
    static const struct {
        QmcErrorCode code;
        int status;
        const char *word;
    } expected[] = {
        { QMC_ERROR_INVALID, 2, "invalid" },
        { QMC_ERROR_NOTFOUND, 3, "notfound" },
        { QMC_ERROR_EXISTS, 4, "exists" },
        { QMC_ERROR_STATE, 4, "state" },
        { QMC_ERROR_BUSY, 4, "busy" },
        { QMC_ERROR_DENIED, 5, "denied" },
        { QMC_ERROR_NOSPACE, 1, "nospace" },
        { QMC_ERROR_IO, 1, "io" },
        { QMC_ERROR_CONN, 6, "conn" },
        { QMC_ERROR_TIMEOUT, 7, "timeout" },
        { QMC_ERROR_CANCELLED, 130, "cancelled" },
        { QMC_ERROR_UNSUPPORTED, 1, "unsupported" },
        { QMC_ERROR_PARTIAL, 8, "partial" },
        { QMC_ERROR_UNCONFIRMED, 9, "unconfirmed" },
        { QMC_ERROR_INTERNAL, 1, "internal" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(GError) error = NULL;

        error_set(&error, expected[i].code, NULL, "no");
        ck_assert(error_is(error, expected[i].code));
        ck_assert_int_eq(error_exit_status(error), expected[i].status);
        ck_assert_str_eq(error_code_word(error), expected[i].word);
    }
}
END_TEST

START_TEST(foreign_domains_have_a_status)
{
    g_autoptr(GError) failed = g_error_new(G_IO_ERROR, G_IO_ERROR_FAILED, "x");
    g_autoptr(GError) cancelled =
        g_error_new(G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");
    g_autoptr(GError) wild = g_error_new(QMC_ERROR, 4711, "x");

    ck_assert_int_eq(error_exit_status(NULL), 0);
    ck_assert_int_eq(error_exit_status(failed), 1);
    ck_assert_int_eq(error_exit_status(cancelled), 130);
    ck_assert_str_eq(error_code_word(cancelled), "cancelled");
    ck_assert_int_eq(error_exit_status(wild), 1);
    ck_assert(!error_is(failed, QMC_ERROR_INVALID));
    ck_assert(!error_is(NULL, QMC_ERROR_INVALID));
}
END_TEST

START_TEST(errno_gives_the_hint)
{
    g_autoptr(GError) full = NULL, own = NULL, odd = NULL;

    error_set_errno(&full, ENOSPC, NULL, "cannot write '%s'", "x");
    error_set_errno(&own, ENOSPC, "buy a disk", "cannot write '%s'", "x");
    error_set_errno(&odd, ENXIO, NULL, "cannot write '%s'", "x");
    ck_assert_ptr_nonnull(strstr(error_hint(full), "free space"));
    ck_assert_str_eq(error_hint(own), "buy a disk");
    ck_assert_ptr_null(error_hint(odd));
}
END_TEST

START_TEST(errno_chooses_the_code)
{
    static const struct {
        int errnum;
        QmcErrorCode code;
    } expected[] = {
        { ENOSPC, QMC_ERROR_NOSPACE }, { EDQUOT, QMC_ERROR_NOSPACE },
        { ENOMEM, QMC_ERROR_NOSPACE }, { EACCES, QMC_ERROR_DENIED },
        { EPERM, QMC_ERROR_DENIED },   { EROFS, QMC_ERROR_DENIED },
        { ENOENT, QMC_ERROR_NOTFOUND }, { EEXIST, QMC_ERROR_EXISTS },
        { EIO, QMC_ERROR_IO },         { ENXIO, QMC_ERROR_IO },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        GError *error = NULL;

        error_set_errno(&error, expected[i].errnum, NULL, "cannot open '%s'", "x");
        ck_assert(g_str_has_prefix(error->message, "cannot open 'x': "));
        if (expected[i].errnum == EACCES)
            ck_assert_ptr_nonnull(strstr(error_hint(error), "be root"));
        ck_error(&error, expected[i].code, g_strerror(expected[i].errnum));
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        hint_survives_copy_and_propagation, hint_may_be_absent,
        nobody_needs_to_listen, codes_have_status_and_word,
        foreign_domains_have_a_status, errno_chooses_the_code,
        errno_gives_the_hint, NULL,
    };

    return suite_run("error", tests);
}
