/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Driver linux-kernel: the modules of a kernel as a read-only disk; the vid is
 * the kernel's version, "" for none (spec/storage.md 2.5). */
#include "config.h"
#include "storage/driver.h"

#include <string.h>
#include <unistd.h>

#include "storage/volume-private.h"
#include "util/error.h"
#include "util/file.h"

static char *kernels_vid(const struct pool *pool, const char *prefix,
                         const char *qube, const char *volume)
{
    return g_strdup("");
}

static void kernels_adapt(struct volume_spec *spec)
{
    if (!spec->source)
        spec->snap_on_start = FALSE;
    spec->revisions_to_keep = 0;
}

static gboolean kernels_check(const struct volume *volume, GError **error)
{
    const char *vid = volume_vid(volume);

    if (volume_rw(volume) || volume_save_on_stop(volume) ||
        volume_snap_on_start(volume)) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "volume '%s' in pool '%s': a kernel is read-only", vid,
                  pool_name(volume_pool(volume)));
        return FALSE;
    }
    if (!*vid || volume_component_valid(vid, strlen(vid)))
        return TRUE;
    error_set(error, QMC_ERROR_INVALID, "see the directories of the kernel pool",
              "'%s' is no kernel version", vid);
    return FALSE;
}

static gboolean kernels_setup(struct pool *pool, GError **error)
{
    return file_mkdirs(pool_dir(pool), 0755, error);
}

static gboolean kernels_nothing(struct volume *volume, GError **error)
{
    return TRUE;
}

static char *kernel_file(const struct volume *volume, const char *file)
{
    return g_build_filename(pool_dir(volume_pool(volume)), volume_vid(volume),
                            file, NULL);
}

static gboolean kernels_verify(struct volume *volume, GError **error)
{
    g_autofree char *kernel = kernel_file(volume, "vmlinuz");

    if (!*volume_vid(volume) || access(kernel, F_OK) == 0)
        return TRUE;
    error_set(error, QMC_ERROR_NOTFOUND,
              "choose an installed kernel for the qube",
              "kernel '%s' is missing: no file '%s'", volume_vid(volume), kernel);
    return FALSE;
}

static char *kernels_path(const struct volume *volume)
{
    g_autofree char *modules = kernel_file(volume, "modules.img");

    if (!*volume_vid(volume) || access(modules, F_OK) < 0)
        return NULL;
    return g_steal_pointer(&modules);
}

static const char *const required[] = {"dir_path", NULL};
static const char *const optional[] = {NULL};

const struct driver driver_kernels = {
    .name = "linux-kernel",
    .required = required,
    .optional = optional,
    .vid = kernels_vid,
    .adapt = kernels_adapt,
    .check = kernels_check,
    .setup = kernels_setup,
    .create = kernels_nothing,
    .remove = kernels_nothing,
    .verify = kernels_verify,
    .start = kernels_nothing,
    .stop = kernels_nothing,
    .path = kernels_path,
};
