/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the plans a volume has: by what its pool says, and what it is known by. */
#include "config.h"
#include "storage/file-private.h"

#include <string.h>

#include "util/error.h"
#include "util/file.h"

enum { WORD_MAX = 64 };

static const char *const words[] = {[FILE_R4] = "r4", [FILE_R3] = "r3"};

gboolean cowfile_layout(const struct pool *pool, enum file_layout *layout, GError **error)
{
    g_autofree char *path = g_build_filename(pool_dir(pool), ".layout", NULL), *word = NULL;
    g_autoptr(GError) local = NULL;
    g_autoptr(GBytes) bytes = file_read(path, WORD_MAX, NULL, &local);

    *layout = FILE_R4;
    if (!bytes && error_is(local, QMC_ERROR_NOTFOUND))
        return TRUE;
    if (!bytes) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    word = g_string_free(g_string_new_len(g_bytes_get_data(bytes, NULL),
                                          (gssize)g_bytes_get_size(bytes)), FALSE);
    g_strstrip(word);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_equal(word, words[i])) {
            *layout = (enum file_layout)i;
            return TRUE;
        }
    error_set(error, QMC_ERROR_INVALID, "write r3 or r4 into it, or remove it",
              "'%s' names no layout of driver 'file'", path);
    return FALSE;
}

static enum file_kind kind_by_flags(const struct volume *volume)
{
    return volume_snap_on_start(volume)   ? FILE_SNAPSHOT
           : !volume_save_on_stop(volume) ? FILE_VOLATILE
           : volume_in_place(volume)      ? FILE_IN_PLACE
                                          : FILE_ORIGIN;
}

/* What has no source of its own may be of any qube: the rows of volatile do not differ. */
static enum file_vm vm_of(const struct volume *volume)
{
    gboolean as_is = volume_as_is(volume);

    if (g_str_has_prefix(volume_vid(volume), "vm-templates/"))
        return as_is ? FILE_VM_HVM_TEMPLATE : FILE_VM_TEMPLATE;
    if (volume_save_on_stop(volume))
        return FILE_VM_STANDALONE;
    return as_is ? FILE_VM_HVM_BASED : FILE_VM_BASED;
}

const struct file_plan *cowfile_plan(const struct volume *volume)
{
    struct file_subject subject = {
        .vm = vm_of(volume), .kind = kind_by_flags(volume), .volume = volume_name(volume),
    };

    cowfile_layout(volume_pool(volume), &subject.layout, NULL);
    return file_plan(&subject);
}

enum file_kind cowfile_kind(const struct volume *volume)
{
    enum file_kind kind = kind_by_flags(volume);

    return kind == FILE_ORIGIN && file_plan_nodes(cowfile_plan(volume)) == 0 ? FILE_IN_PLACE
                                                                             : kind;
}
