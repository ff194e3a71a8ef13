/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/ephemeral.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "storage/dm.h"
#include "storage/image.h"
#include "storage/loop.h"
#include "storage/pool-private.h"
#include "storage/volume-private.h"
#include "util/error.h"
#include "util/secret.h"

enum {
    KEY_LEN = 64, /* XTS takes two keys of 256 bits */
    SECTOR = 512,
    ZEROED = 64 * 1024,
    PARAMS_REST = 64, /* of a target's line beside the key */
};

/* Injective, and without a character that separates parts of a name. */
static char *escape(const char *name)
{
    GString *escaped = g_string_new(name);

    g_string_replace(escaped, "_", "_u", 0);
    g_string_replace(escaped, "-", "_d", 0);
    return g_string_free(escaped, FALSE);
}

char *ephemeral_name(const struct volume *volume)
{
    g_auto(GStrv) parts = g_strsplit(volume_vid(volume), "/", -1);
    guint n = g_strv_length(parts);
    g_autofree char *qube = escape(n > 1 ? parts[n - 2] : ""), *last = escape(parts[n - 1]);

    return g_strdup_printf("vm-volatile-%s-crypt@%s", qube, last);
}

/* Device names are the machine's: below another root there may be a qube of the same
 * name. */
static char *device_name(const struct volume *volume)
{
    char *(*name)(const struct volume *) = pool_driver(volume_pool(volume))->crypt_name;
    const char *root = pool_root(volume_pool(volume));
    g_autofree char *own = name ? name(volume) : NULL, *hash = NULL;

    if (!own || !*root)
        return g_steal_pointer(&own);
    hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, root, -1);
    return g_strdup_printf("%s@%.8s", own, hash);
}

/* The only kind that may be encrypted, whatever is set now. */
static gboolean is_scratch(const struct volume *volume)
{
    return volume_rw(volume) && !volume_snap_on_start(volume) &&
           !volume_save_on_stop(volume);
}

char *ephemeral_path(const struct volume *volume)
{
    g_autofree char *name = is_scratch(volume) ? device_name(volume) : NULL;
    g_autofree char *path = name ? dm_path(name) : NULL;

    return path && access(path, F_OK) == 0 ? g_steal_pointer(&path) : NULL;
}

/* --- what is below --- */

/* Opens it as a block device; *sectors is its size. -1 on failure. */
static int open_below(const char *path, guint64 *sectors, GError **error)
{
    g_autofree char *loop = NULL;
    struct stat st;
    guint64 size = 0;
    auto_fd int fd = -1;

    if (stat(path, &st) != 0) {
        image_error(error, errno, "look at", path);
        return -1;
    }
    if (S_ISREG(st.st_mode))
        fd = loop_attach(path, FALSE, &loop, error);
    else if ((fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
        image_error(error, errno, "open", path);
    if (fd < 0)
        return -1;
    if (ioctl(fd, BLKGETSIZE64, &size) != 0) {
        image_error(error, errno, "read the size of", path);
        return -1;
    }
    *sectors = size / SECTOR;
    return auto_fd_steal(&fd);
}

/* --- the device --- */

/* Never in memory that could be swapped out or dumped. */
static struct secret *crypt_params(dev_t below, GError **error)
{
    auto_of(secret) struct secret *key = secret_random(KEY_LEN, error);
    auto_of(secret) struct secret *hex = key ? secret_hex(key, error) : NULL;
    struct secret *params = hex ? secret_new(secret_len(hex) + PARAMS_REST, error) : NULL;

    if (params)
        g_snprintf((char *)secret_bytes(params), secret_len(params),
                   "aes-xts-plain64 %s 0 %u:%u 0", (const char *)secret_bytes(hex),
                   major(below), minor(below));
    return params;
}

static gboolean map(const char *name, int below, guint64 sectors, GError **error)
{
    struct dm_table table = {.sectors = sectors, .type = "crypt", .secret = TRUE};
    auto_of(secret) struct secret *params = NULL;
    struct stat st;

    if (fstat(below, &st) != 0) {
        image_error(error, errno, "look at what is below", name);
        return FALSE;
    }
    params = crypt_params(st.st_rdev, error);
    if (!params)
        return FALSE;
    table.params = (const char *)secret_bytes(params);
    return dm_node_create(name, &table, error);
}

static gboolean zero_beginning(const char *name, guint64 sectors, GError **error)
{
    g_autofree char *path = dm_path(name);
    auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
    gsize left = (gsize)MIN(sectors * SECTOR, ZEROED);
    g_autofree char *zeros = g_malloc0(left);

    if (fd >= 0 && pwrite(fd, zeros, left, 0) == (ssize_t)left && fsync(fd) == 0)
        return TRUE;
    image_error(error, errno, "write to", path);
    return FALSE;
}

/* Says which volume, and how to do without. */
static gboolean refuse(const struct volume *volume, GError *why, GError **error)
{
    error_set(error, why->code,
              why->code == QMC_ERROR_UNSUPPORTED
                  ? "load the kernel modules 'dm_mod' and 'dm_crypt', or set ephemeral of "
                    "the volume to False"
                  : error_hint(why),
              "volume '%s' cannot be encrypted: %s", volume_vid(volume), why->message);
    g_error_free(why);
    return FALSE;
}

/* What a killed start left is of no use: its content was made for another key. */
gboolean ephemeral_open(const struct volume *volume, GError **error)
{
    g_autofree char *name = device_name(volume);
    g_autofree char *path = pool_driver(volume_pool(volume))->path(volume);
    guint64 sectors = 0;
    GError *why = NULL;
    auto_fd int below = -1;

    if (!name)
        return volume_unsupported(volume, "encrypt", error);
    if (!dm_usable(&why) || (below = open_below(path, &sectors, &why)) < 0 ||
        !map(name, below, sectors, &why))
        return refuse(volume, why, error);
    if (zero_beginning(name, sectors, &why))
        return TRUE;
    dm_node_remove(name, NULL);
    return refuse(volume, why, error);
}

gboolean ephemeral_close(const struct volume *volume, GError **error)
{
    g_autofree char *path = ephemeral_path(volume);
    g_autofree char *name = path ? g_path_get_basename(path) : NULL;

    return !name || dm_node_remove(name, error);
}

gboolean ephemeral_stretch(const struct volume *volume, GError **error)
{
    g_autofree char *path = ephemeral_path(volume);
    g_autofree char *name = path ? g_path_get_basename(path) : NULL;

    return !name || dm_node_stretch(name, volume_size(volume) / SECTOR, error);
}
