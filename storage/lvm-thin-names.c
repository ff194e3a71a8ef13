/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of the logical volumes of a volume (spec/storage.md 2.4, the name trap). */
#include "config.h"
#include "storage/lvm-thin-private.h"

#include <string.h>

#include "util/error.h"

enum {
    DIGITS_MAX = 15,   /* more would not fit the arithmetic */
    NODE_MAX = 127,    /* of device-mapper */
    ENDING_MAX = 20,   /* "-12345678901-back" as device-mapper has it */
};

/* The number that `text` begins with, which has to be followed by `rest`. */
static gboolean numbered(const char *text, const char *rest, gint64 *number)
{
    gsize digits = strspn(text, "0123456789");

    if (digits == 0 || digits > DIGITS_MAX || !g_str_equal(text + digits, rest))
        return FALSE;
    *number = g_ascii_strtoll(text, NULL, 10);
    return TRUE;
}

static enum thin_kind kind_of_ending(const char *ending, gint64 *number)
{
    gsize trash = strlen(THIN_TRASH);

    if (*ending == '\0')
        return THIN_IS_CURRENT;
    if (g_str_equal(ending, THIN_DIRTY))
        return THIN_IS_DIRTY;
    if (g_str_equal(ending, THIN_IMPORT))
        return THIN_IS_IMPORT;
    if (*ending == '-' && numbered(ending + 1, THIN_BACK, number))
        return THIN_IS_BACK;
    if (*ending == '-' && numbered(ending + 1, THIN_PIN, number))
        return THIN_IS_PIN;
    if (strncmp(ending, THIN_TRASH, trash) == 0 && numbered(ending + trash, "", number))
        return THIN_IS_TRASH;
    return THIN_IS_NONE;
}

enum thin_kind thin_kind_of(const char *lv, const char *name, gint64 *number)
{
    gsize length = strlen(lv);

    return strncmp(name, lv, length) == 0 ? kind_of_ending(name + length, number)
                                          : THIN_IS_NONE;
}

/* It ends like one that belongs to another volume. */
static gboolean looks_like_part(const char *lv)
{
    gint64 number;

    for (const char *dash = strchr(lv, '-'); dash; dash = strchr(dash + 1, '-'))
        if (kind_of_ending(dash, &number) != THIN_IS_NONE)
            return TRUE;
    return FALSE;
}

/* Why there cannot be such a volume, or NULL. */
static const char *fault_of(const char *vg, const char *lv)
{
    g_autofree char *node = lvm_node_name(vg, lv);

    if (!g_str_has_prefix(lv, "vm-"))
        return "it does not begin with 'vm-'";
    if (strlen(node) + ENDING_MAX > NODE_MAX)
        return "it is too long for a logical volume and its revisions";
    if (!lvm_lv_name_valid(lv))
        return "LVM reserves such names";
    if (looks_like_part(lv))
        return "it could not be told from a part of another volume";
    return NULL;
}

gboolean thin_check(const struct volume *volume, GError **error)
{
    const struct pool *pool = volume_pool(volume);
    const char *vg = pool_param(pool, "volume_group"), *vid = volume_vid(volume);
    const char *slash = strchr(vid, '/'), *fault;

    if (!slash || strncmp(vid, vg, (gsize)(slash - vid)) != 0 ||
        vg[slash - vid] != '\0') {
        g_autofree char *hint = g_strdup_printf("it is %s/vm-QUBE-VOLUME", vg);

        error_set(error, QMC_ERROR_INVALID, hint, "'%s' is no volume id of pool '%s'", vid,
                  pool_name(pool));
        return FALSE;
    }
    fault = fault_of(vg, slash + 1);
    if (!fault)
        return TRUE;
    error_set(error, QMC_ERROR_INVALID,
              "choose another name for the qube, or put the volume into another pool",
              "pool '%s' cannot hold a volume '%s': %s", pool_name(pool), vid, fault);
    return FALSE;
}
