/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "util/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "util/error.h"

struct secret {
    guint8 *bytes; /* pages of its own: their attributes are those of nothing else */
    gsize len, mapped;
};

static gsize whole_pages(gsize len)
{
    gsize page = (gsize)sysconf(_SC_PAGESIZE);

    return (len + page - 1) / page * page;
}

static gboolean guard(struct secret *secret)
{
    return mlock(secret->bytes, secret->mapped) == 0 &&
           madvise(secret->bytes, secret->mapped, MADV_DONTDUMP) == 0 &&
           madvise(secret->bytes, secret->mapped, MADV_WIPEONFORK) == 0;
}

struct secret *secret_new(gsize len, GError **error)
{
    struct secret secret = { .len = len, .mapped = whole_pages(MAX(len, 1)) };

    secret.bytes = mmap(NULL, secret.mapped, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret.bytes != MAP_FAILED && guard(&secret))
        return g_memdup2(&secret, sizeof(secret));
    error_set(error, QMC_ERROR_DENIED, "raise the limit of locked memory (ulimit -l)",
              "cannot keep a key out of swap: %s", g_strerror(errno));
    if (secret.bytes != MAP_FAILED)
        munmap(secret.bytes, secret.mapped);
    return NULL;
}

struct secret *secret_random(gsize len, GError **error)
{
    struct secret *secret = secret_new(len, error);
    gsize done = 0;

    while (secret && done < len) {
        ssize_t n = getrandom(secret->bytes + done, len - done, 0);

        /* Once the kernel has enough it only fails for a signal. */
        if (n > 0)
            done += (gsize)n;
    }
    return secret;
}

struct secret *secret_hex(const struct secret *secret, GError **error)
{
    static const char digits[] = "0123456789abcdef";
    struct secret *hex = secret_new(2 * secret->len + 1, error);

    for (gsize i = 0; hex && i < secret->len; i++) {
        hex->bytes[2 * i] = (guint8)digits[secret->bytes[i] >> 4];
        hex->bytes[2 * i + 1] = (guint8)digits[secret->bytes[i] & 15];
    }
    return hex;
}

void secret_free(struct secret *secret)
{
    if (!secret)
        return;
    explicit_bzero(secret->bytes, secret->mapped);
    munmap(secret->bytes, secret->mapped);
    g_free(secret);
}

guint8 *secret_bytes(const struct secret *secret)
{
    return secret->bytes;
}

gsize secret_len(const struct secret *secret)
{
    return secret->len;
}
