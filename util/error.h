/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain of qmc (design.md 5).
 *
 * A message is one lower-case sentence: what failed, on what (in single
 * quotes), why. The hint is the next step for the user and travels beside the
 * message. Codes say how a caller should react, not where it happened. All
 * functions are thread safe. */
#pragma once

#include "util/qmc-error.h"

/* Sets *error (if error is not NULL; *error must be NULL). hint may be NULL. */
void error_set(GError **error, QmcErrorCode code, const char *hint,
               const char *format, ...) G_GNUC_PRINTF(4, 5);

/* The same from an errno value: the code is chosen by errno, and ": " and the
 * system's text are appended. ENOSPC, EDQUOT and ENOMEM are NOSPACE; EACCES,
 * EPERM, EROFS DENIED; ENOENT NOTFOUND; EEXIST EXISTS; else IO. Without a hint
 * the error gets that of its errno, if it has one: a full disk and a right that is
 * missing need the same step whoever found it so. */
void error_set_errno(GError **error, int errnum, const char *hint,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);

gboolean error_is(const GError *error, QmcErrorCode code);

/* The next step, or NULL. Owned by the error. */
const char *error_hint(const GError *error);

/* The message, and behind "; " the next step if there is one. Caller frees. */
char *error_text(const GError *error);

/* Exit status of a program that ends with this error: INVALID 2; NOTFOUND 3;
 * EXISTS, STATE, BUSY 4; DENIED 5; CONN 6; TIMEOUT 7; PARTIAL 8;
 * UNCONFIRMED 9; CANCELLED 130; the rest, and other domains, 1. NULL is 0. */
int error_exit_status(const GError *error);

/* "notfound", "busy" ...: the word of a code, for JSON and logs. */
const char *error_code_word(const GError *error);
