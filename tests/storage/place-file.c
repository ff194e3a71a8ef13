/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pool of driver `file`. What the rows of the contract call the clean and the dirty
 * image of a volume are devices while it runs. */
#include "config.h"
#include "place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "storage/dm.h"
#include "storage/file-node.h"
#include "storage/loop.h"

enum { CHUNK = 256 * 512 };

const char *const place_driver = NULL;
const gboolean place_has_names = TRUE;
const gboolean place_has_evidence = TRUE;

static char *pool_path;
static int taken = -1;
static char *taken_image;

gboolean place_takes(int kind)
{
    return kind == KIND_VOLATILE || (kind != KIND_ORIGIN_SNAPSHOT && dm_usable(NULL));
}

/* A file that no device stands on is given to the hypervisor by a loop device. */
void place_take(const struct volume *volume)
{
    g_autofree char *device = NULL, *path = volume_path(volume);

    place_let_go();
    if (cowfile_kind(volume) == FILE_IN_PLACE)
        must((taken = loop_attach(path, FALSE, &device, E)) >= 0);
    g_free(taken_image);
    taken_image = g_steal_pointer(&path);
}

static gboolean is_taken(void)
{
    g_autoptr(GPtrArray) users = loop_users(taken_image);

    return users->len > 0;
}

/* It clears itself a moment after the last has closed it. */
void place_let_go(void)
{
    if (taken < 0)
        return;
    close(taken);
    taken = -1;
    for (int i = 0; i < 500 && is_taken(); i++)
        g_usleep(10000);
}

gboolean place_shares(const char *dir)
{
    return FALSE;
}

struct pool *place_pool(const char *dir, gboolean shares, GError **error)
{
    const struct pool_param params[] = {{"dir_path", "/pool"}, {0}};

    g_free(pool_path);
    pool_path = g_build_filename(dir, "pool", NULL);
    return pool_new("bench", "file", dir, params, error);
}

static int longer_first(gconstpointer a, gconstpointer b)
{
    return (int)strlen(*(char *const *)b) - (int)strlen(*(char *const *)a);
}

static void remove_named(const char *prefix)
{
    g_autoptr(GPtrArray) names = dm_names(prefix, NULL);

    if (names)
        g_ptr_array_sort(names, longer_first);
    for (guint i = 0; names && i < names->len; i++)
        must(dm_node_remove(names->pdata[i], E));
}

/* Devices that a test has left; of these images only: the machine may have others. */
void place_end(void)
{
    static const char *const images[] = {
        "appvms/work/private.img", "appvms/work/other.img", "vm-templates/base/root.img",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(images); i++) {
        g_autofree char *path = g_build_filename(pool_path, images[i], NULL);
        g_autofree char *base = node_ident(path);
        g_autofree char *origin = base ? node_origin(base) : NULL;
        g_autofree char *past = base ? node_past(base, "") : NULL;

        if (!base)
            continue;
        remove_named(origin);
        remove_named(past);
    }
}

static char *plain(const struct volume *volume, const char *ending)
{
    return g_strconcat(pool_dir(volume_pool(volume)), "/", volume_vid(volume), ending, NULL);
}

static char *nothing(const struct volume *volume)
{
    return plain(volume, "-nothing");
}

/* What it was before it was started. */
static char *clean_of(const struct volume *volume)
{
    g_autofree char *path = volume_path(volume), *image = plain(volume, ".img");
    g_autofree char *cow = plain(volume, "-cow.img"), *base = NULL, *saved = NULL;
    g_autofree char *name = NULL;

    if (!volume_save_on_stop(volume) && !volume_snap_on_start(volume))
        return nothing(volume);
    if (volume_in_place(volume) && stack_is_running(volume))
        return nothing(volume);
    if (!stack_is_running(volume))
        return volume_snap_on_start(volume) ? nothing(volume) : g_steal_pointer(&image);
    if (volume_snap_on_start(volume))
        name = node_below(strrchr(path, '/') + 1);
    else if ((base = node_ident(image)) && (saved = node_ident(cow)))
        name = node_past(base, saved);
    return name ? dm_path(name) : nothing(volume);
}

static char *dirty_of(const struct volume *volume)
{
    if (!volume_save_on_stop(volume) && !volume_snap_on_start(volume))
        return plain(volume, ".img");
    return stack_is_running(volume) ? volume_path(volume) : nothing(volume);
}

/* The place in the cow where the first chunk of its origin is saved; 0: it is not. */
static off_t saved_at(int cow)
{
    guint64 entries[2][2] = {{0}};

    ck_assert_int_gt(pread(cow, entries, sizeof entries, CHUNK), 0);
    for (int i = 0; i < 2; i++)
        if (GUINT64_FROM_LE(entries[i][0]) == 0 && entries[i][1] != 0)
            return (off_t)GUINT64_FROM_LE(entries[i][1]) * CHUNK;
    return 0;
}

/* A file with what the revision began with. */
static char *revision_of(const struct volume *volume)
{
    g_autofree char *old = plain(volume, "-cow.img.old"), *replaced = plain(volume, ".img.old");
    auto_fd int fd = open(old, O_RDONLY | O_CLOEXEC);
    char text[64] = "", *copy = NULL;
    off_t at = fd >= 0 ? saved_at(fd) : 0;

    if (fd < 0 || at == 0)
        return g_steal_pointer(&replaced);
    ck_assert_int_eq(pread(fd, text, sizeof text, at), sizeof text);
    copy = g_build_filename(pool_path, "revision", NULL);
    ck_assert(g_file_set_contents(copy, text, sizeof text, NULL));
    return copy;
}

char *place_image(const struct volume *volume, const char *ending)
{
    return g_str_equal(ending, ".img")         ? clean_of(volume)
           : g_str_equal(ending, "-dirty.img") ? dirty_of(volume)
           : g_str_equal(ending, ".img.old")   ? revision_of(volume)
                                               : plain(volume, ending);
}

guint place_count(const struct volume *volume, const char *part)
{
    g_autofree char *file = plain(volume, "");
    g_autofree char *path = g_path_get_dirname(file);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *entry;
    guint count = 0;

    while (dir && (entry = g_dir_read_name(dir)))
        count += strstr(entry, part) != NULL;
    return count;
}
