/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/error.h"

#include <errno.h>
#include <stdarg.h>

#include <gio/gio.h>

typedef struct {
    char *hint;
} QmcErrorPrivate;

static void qmc_error_private_init(QmcErrorPrivate *priv)
{
    priv->hint = NULL;
}

static void qmc_error_private_copy(const QmcErrorPrivate *from,
                                   QmcErrorPrivate *to)
{
    to->hint = g_strdup(from->hint);
}

static void qmc_error_private_clear(QmcErrorPrivate *priv)
{
    g_free(priv->hint);
}

/* GLib's macro casts const away inside. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
G_DEFINE_EXTENDED_ERROR(QmcError, qmc_error)
#pragma GCC diagnostic pop

static const struct {
    const char *word;
    int exit_status;
} codes[] = {
    [QMC_ERROR_INVALID] = { "invalid", 2 },
    [QMC_ERROR_NOTFOUND] = { "notfound", 3 },
    [QMC_ERROR_EXISTS] = { "exists", 4 },
    [QMC_ERROR_STATE] = { "state", 4 },
    [QMC_ERROR_BUSY] = { "busy", 4 },
    [QMC_ERROR_DENIED] = { "denied", 5 },
    [QMC_ERROR_NOSPACE] = { "nospace", 1 },
    [QMC_ERROR_IO] = { "io", 1 },
    [QMC_ERROR_CONN] = { "conn", 6 },
    [QMC_ERROR_TIMEOUT] = { "timeout", 7 },
    [QMC_ERROR_CANCELLED] = { "cancelled", 130 },
    [QMC_ERROR_UNSUPPORTED] = { "unsupported", 1 },
    [QMC_ERROR_PARTIAL] = { "partial", 8 },
    [QMC_ERROR_UNCONFIRMED] = { "unconfirmed", 9 },
    [QMC_ERROR_INTERNAL] = { "internal", 1 },
};

#define HINT_RIGHTS "be root, or have its owner give you the right"
#define HINT_SPACE "free space in the file system that holds it, then try again"

static const struct errnum_row {
    int errnum;
    QmcErrorCode code;
    const char *hint;
} errnums[] = {
    { ENOSPC, QMC_ERROR_NOSPACE, HINT_SPACE },
    { EDQUOT, QMC_ERROR_NOSPACE, HINT_SPACE },
    { ENOMEM, QMC_ERROR_NOSPACE, NULL },
    { EACCES, QMC_ERROR_DENIED, HINT_RIGHTS },
    { EPERM, QMC_ERROR_DENIED, NULL },
    { EROFS, QMC_ERROR_DENIED,
      "the file system is mounted read-only: see the kernel's log" },
    { ENOENT, QMC_ERROR_NOTFOUND, NULL },
    { EEXIST, QMC_ERROR_EXISTS, NULL },
    { EIO, QMC_ERROR_IO, "the disk reports an error: see the kernel's log" },
    { EFBIG, QMC_ERROR_IO,
      "choose a smaller size: this file system holds no file as large" },
    { ELOOP, QMC_ERROR_IO,
      "put the file itself there: no symbolic link is followed" },
};
static const struct errnum_row any_errnum = { 0, QMC_ERROR_IO, NULL };

static void error_attach(GError **error, QmcErrorCode code, const char *hint,
                         const char *message)
{
    if (!error)
        return;
    g_set_error_literal(error, QMC_ERROR, code, message);
    qmc_error_get_private(*error)->hint = g_strdup(hint);
}

void error_set(GError **error, QmcErrorCode code, const char *hint,
               const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    error_attach(error, code, hint, message);
}

static const struct errnum_row *errnum_find(int errnum)
{
    for (gsize i = 0; i < G_N_ELEMENTS(errnums); i++)
        if (errnums[i].errnum == errnum)
            return &errnums[i];
    return &any_errnum;
}

void error_set_errno(GError **error, int errnum, const char *hint,
                     const char *format, ...)
{
    const struct errnum_row *row = errnum_find(errnum);
    g_autofree char *subject = NULL;
    g_autofree char *message = NULL;
    va_list args;

    va_start(args, format);
    subject = g_strdup_vprintf(format, args);
    va_end(args);
    message = g_strdup_printf("%s: %s", subject, g_strerror(errnum));
    error_attach(error, row->code, hint ? hint : row->hint, message);
}

gboolean error_is(const GError *error, QmcErrorCode code)
{
    return error && error->domain == QMC_ERROR && error->code == (int)code;
}

const char *error_hint(const GError *error)
{
    if (!error || error->domain != QMC_ERROR)
        return NULL;
    return qmc_error_get_private(error)->hint;
}

char *error_text(const GError *error)
{
    const char *hint = error_hint(error);

    return hint ? g_strdup_printf("%s; %s", error->message, hint)
                : g_strdup(error->message);
}

/* Which of our codes an error of any domain amounts to. */
static QmcErrorCode error_code(const GError *error)
{
    if (error->domain == QMC_ERROR && error->code >= 0 &&
        error->code < (int)G_N_ELEMENTS(codes))
        return (QmcErrorCode)error->code;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return QMC_ERROR_CANCELLED;
    return QMC_ERROR_INTERNAL;
}

int error_exit_status(const GError *error)
{
    return error ? codes[error_code(error)].exit_status : 0;
}

const char *error_code_word(const GError *error)
{
    return error ? codes[error_code(error)].word : "ok";
}
