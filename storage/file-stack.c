/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices of a volume of driver file, built by plan and torn down by who needs
 * them (spec/storage.md 2.2, F-2 to F-5). */
#include "config.h"
#include "storage/file-stack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "storage/dm.h"
#include "storage/file-node.h"
#include "storage/image.h"
#include "storage/loop.h"
#include "util/error.h"
#include "util/log.h"

/* Of this process; the lock on the pool's directory is for the others. */
static GMutex guard;

struct stack {
    const struct volume *volume;
    struct cowfiles *own, *source;
    int lock;
    GArray *loops;   /* int: open until the devices have them */
    GPtrArray *made; /* names */
};

static void stack_free(struct stack *stack)
{
    for (guint i = 0; i < stack->loops->len; i++)
        close(g_array_index(stack->loops, int, i));
    g_array_unref(stack->loops);
    g_ptr_array_unref(stack->made);
    g_clear_pointer(&stack->source, cowfiles_free);
    cowfiles_free(stack->own);
    if (stack->lock >= 0)
        close(stack->lock);
    g_free(stack);
}

void stack_close(struct stack *stack)
{
    stack_free(stack);
    g_mutex_unlock(&guard);
}

static gboolean lock_pool(struct stack *stack, GError **error)
{
    const char *dir = pool_dir(volume_pool(stack->volume));

    stack->lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (stack->lock >= 0 && TEMP_FAILURE_RETRY(flock(stack->lock, LOCK_EX)) == 0)
        return TRUE;
    image_error(error, errno, "lock the directory", dir);
    return FALSE;
}

struct stack *stack_open(const struct volume *volume, GError **error)
{
    struct stack *stack = g_new0(struct stack, 1);

    stack->volume = volume;
    stack->own = cowfiles_new(volume);
    if (volume_source(volume))
        stack->source = cowfiles_new(volume_source(volume));
    stack->loops = g_array_new(FALSE, FALSE, sizeof(int));
    stack->made = g_ptr_array_new_with_free_func(g_free);
    g_mutex_lock(&guard);
    if (lock_pool(stack, error))
        return stack;
    stack_close(stack);
    return NULL;
}

static const char *operand_file(const struct stack *stack, enum file_operand operand)
{
    const char *const files[] = {
        [FILE_IMAGE] = stack->own->image,
        [FILE_COW] = stack->own->cow,
        [FILE_SOURCE_IMAGE] = stack->source ? stack->source->image : NULL,
        [FILE_SOURCE_COW] = stack->source ? stack->source->cow : NULL,
        [FILE_OWN_VOLATILE] = stack->own->layer,
        [FILE_BELOW] = NULL,
    };

    return files[operand];
}

gboolean stack_operand(struct stack *stack, const char *file, struct operand *operand,
                       GError **error)
{
    g_autofree char *device = NULL;
    int fd = loop_attach_one(file, &device, error);
    guint64 bytes = 0;
    struct stat st;

    if (fd < 0)
        return FALSE;
    g_array_append_val(stack->loops, fd);
    if (fstat(fd, &st) < 0 || ioctl(fd, BLKGETSIZE64, &bytes) < 0) {
        image_error(error, errno, "look at", device);
        return FALSE;
    }
    *operand = (struct operand){st.st_rdev, bytes / 512};
    return TRUE;
}

/* What stands below it, or the loop device of its file. */
static gboolean base_operand(struct stack *stack, const struct file_node *node,
                             const char *below, struct operand *operand, GError **error)
{
    g_autofree char *type = NULL;
    struct dm_node found;

    if (node->base != FILE_BELOW)
        return stack_operand(stack, operand_file(stack, node->base), operand, error);
    if (!dm_node_look(below, &found, error) ||
        !dm_node_table(below, &operand->sectors, &type, error))
        return FALSE;
    operand->dev = found.dev;
    return TRUE;
}

gboolean stack_make(struct stack *stack, const char *name, const struct dm_table *table,
                    GError **error)
{
    if (!dm_node_create(name, table, error))
        return FALSE;
    g_ptr_array_add(stack->made, g_strdup(name));
    return TRUE;
}

void stack_unmake(struct stack *stack)
{
    while (stack->made->len > 0) {
        g_autofree char *name = g_ptr_array_steal_index(stack->made, stack->made->len - 1);
        g_autoptr(GError) error = NULL;

        if (!dm_node_remove(name, &error))
            log_line("storage", "%s", error->message);
    }
}

gboolean stack_snapshot(struct stack *stack, const struct snapshot_table *what,
                        GError **error)
{
    g_autofree char *params =
        g_strdup_printf("%u:%u %u:%u P 256", major(what->base.dev), minor(what->base.dev),
                        major(what->cow.dev), minor(what->cow.dev));
    const struct dm_table table = {
        .sectors = what->base.sectors, .type = what->type, .params = params,
    };

    return stack_make(stack, what->name, &table, error);
}

/* What several qubes look at, held for one of them. */
static gboolean make_alias(struct stack *stack, const char *name, const struct operand *base,
                           GError **error)
{
    g_autofree char *params = g_strdup_printf("%u:%u 0", major(base->dev), minor(base->dev));
    const struct dm_table table = {
        .sectors = base->sectors, .type = "linear", .params = params, .readonly = TRUE,
    };

    return stack_make(stack, name, &table, error);
}

/* The params are the caller's. */
static struct dm_table origin_table(const struct operand *base, char **params)
{
    *params = g_strdup_printf("%u:%u", major(base->dev), minor(base->dev));
    return (struct dm_table){
        .sectors = base->sectors, .type = "snapshot-origin", .params = *params,
    };
}

static gboolean make_node(struct stack *stack, const struct file_node *node,
                          const char *name, GError **error)
{
    g_autofree char *below = node_below(name), *params = NULL;
    struct snapshot_table what = {.name = name, .type = "snapshot"};
    struct dm_table table;

    if (!base_operand(stack, node, below, &what.base, error))
        return FALSE;
    if (node->target == FILE_TARGET_ORIGIN) {
        table = origin_table(&what.base, &params);
        return stack_make(stack, name, &table, error);
    }
    if (node->target == FILE_TARGET_ALIAS)
        return make_alias(stack, name, &what.base, error);
    return stack_operand(stack, operand_file(stack, node->cow), &what.cow, error) &&
           stack_snapshot(stack, &what, error);
}

/* What it kept is lost: nobody may start from it. */
static gboolean check_health(const char *name, GError **error)
{
    struct dm_snapshot snapshot;

    if (!dm_snapshot_look(name, &snapshot, error))
        return FALSE;
    if (snapshot.health == DM_HEALTHY)
        return TRUE;
    error_set(error, QMC_ERROR_STATE,
              "shut down the qubes that use it, then start it again",
              "the snapshot '%s' is broken: what it kept is lost", name);
    return FALSE;
}

/* Also where there is no device-mapper to ask. */
static gboolean origin_exists(const char *base, gboolean *exists, GError **error)
{
    g_autofree char *name = node_origin(base);
    g_autoptr(GPtrArray) names = dm_names(name, error);

    *exists = names && g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
    return names != NULL;
}

/* An origin without a past of this cow has overwritten what nobody saved (F-4); and what
 * stands on its base alone would begin from what is half written. */
static gboolean check_origin(const char *name, GError **error)
{
    g_autofree char *base = node_base(name);
    gboolean exists;

    if (!node_is_past(name) && !node_is_alone(name))
        return TRUE;
    if (!origin_exists(base, &exists, error))
        return FALSE;
    if (exists)
        error_set(error, QMC_ERROR_STATE, "shut down the qube it belongs to first",
                  "what 'origin-%s' was at its start is not kept", base);
    return !exists;
}

static gboolean need_node(struct stack *stack, const struct file_node *node,
                          const char *name, GError **error)
{
    struct dm_node found;

    if (!dm_node_look(name, &found, error))
        return FALSE;
    if (!found.exists && (!check_origin(name, error) || !make_node(stack, node, name, error)))
        return FALSE;
    return node->target != FILE_TARGET_SNAPSHOT || check_health(name, error);
}

/* NULL with an error: a file is missing. */
static char *node_name(const struct stack *stack, const struct file_node *node,
                       const char *below, GError **error)
{
    const char *files[] = {operand_file(stack, node->base), operand_file(stack, node->cow)};
    g_autofree char *base = files[0] ? node_ident(files[0]) : NULL;
    g_autofree char *cow = files[1] ? node_ident(files[1]) : NULL;

    if ((files[0] && !base) || (files[1] && !cow)) {
        image_error(error, errno, "look at", base ? files[1] : files[0]);
        return NULL;
    }
    if (node->target == FILE_TARGET_ORIGIN)
        return node_origin(base);
    if (node->cow == FILE_OWN_VOLATILE)
        return node_alone(base, cow);
    return base ? node_past(base, cow) : g_strjoin("-", below, cow, NULL);
}

static gboolean build_all(struct stack *stack, const struct file_plan *plan, GError **error)
{
    g_autofree char *below = NULL;

    for (guint i = 0; i < file_plan_nodes(plan); i++) {
        char *name = node_name(stack, &plan->nodes[i], below, error);

        g_free(below);
        below = name;
        if (!name || !need_node(stack, &plan->nodes[i], name, error))
            return FALSE;
    }
    return TRUE;
}

gboolean stack_build(struct stack *stack, GError **error)
{
    if (!dm_usable(error))
        return FALSE;
    if (build_all(stack, cowfile_plan(stack->volume), error))
        return TRUE;
    stack_unmake(stack);
    return FALSE;
}

/* A past that nobody has open, and that no origin writes into. */
static gboolean drop_past(const char *name, GError **error)
{
    g_autofree char *base = node_base(name);
    struct dm_node node;
    gboolean needed;

    if (!dm_node_look(name, &node, error) || !origin_exists(base, &needed, error))
        return FALSE;
    return !node.exists || node.opens > 0 || needed || dm_node_remove(name, error);
}

static gboolean drop_pasts(const char *base, GError **error)
{
    g_autofree char *prefix = node_past(base, "");
    g_autoptr(GPtrArray) names = dm_names(prefix, error);

    for (guint i = 0; names && i < names->len; i++)
        if (node_is_past(names->pdata[i]) && !drop_past(names->pdata[i], error))
            return FALSE;
    return names != NULL;
}

static gboolean tear_origin(const struct stack *stack, GError **error)
{
    g_autofree char *base = NULL, *name = NULL;
    gboolean there;

    if (!node_find(stack->own->image, &base, error))
        return FALSE;
    if (!base)
        return TRUE;
    name = node_origin(base);
    if (!origin_exists(base, &there, error) || (there && !dm_node_remove(name, error)))
        return FALSE;
    return drop_pasts(base, error);
}

static gboolean tear_top(const char *cow, GError **error)
{
    g_autoptr(GPtrArray) names = dm_names("snapshot-", error);
    g_autofree char *ident = NULL, *top = NULL, *below = NULL;

    if (!names || !node_find(cow, &ident, error))
        return FALSE;
    top = node_top_of(names, ident);
    below = top ? node_below(top) : NULL;
    return !top || (dm_node_remove(top, error) && drop_past(below, error));
}

/* Whatever the layout was when it was made. */
static gboolean tear_snapshot(const struct stack *stack, GError **error)
{
    return tear_top(stack->own->cow, error) &&
           (!stack->own->layer || tear_top(stack->own->layer, error));
}

/* The file goes with it: the root that stands on it must not be left without a name. */
static gboolean tear_layer(const struct stack *stack, GError **error)
{
    return tear_top(stack->own->image, error);
}

gboolean stack_tear(struct stack *stack, GError **error)
{
    static gboolean (*const tears[FILE_KINDS])(const struct stack *, GError **) = {
        [FILE_ORIGIN] = tear_origin,
        [FILE_IN_PLACE] = tear_origin,
        [FILE_SNAPSHOT] = tear_snapshot,
        [FILE_VOLATILE] = tear_layer,
    };
    enum file_kind kind = cowfile_kind(stack->volume);

    return !tears[kind] || tears[kind](stack, error);
}

gboolean stack_none_alone(struct stack *stack, const char *verb, GError **error)
{
    g_autofree char *base = NULL, *prefix = NULL;
    g_autoptr(GPtrArray) names = NULL;

    if (!node_find(stack->own->image, &base, error))
        return FALSE;
    if (!base)
        return TRUE;
    prefix = node_alone(base, "");
    names = dm_names(prefix, error);
    if (names && names->len > 0)
        error_set(error, QMC_ERROR_STATE, "shut down the qubes that are based on it first",
                  "cannot %s volume '%s': in layout r3 what is based on it has no state of its "
                  "own", verb, stack->own->vid);
    return names && names->len == 0;
}

gboolean stack_none(struct stack *stack, const char *verb, GError **error)
{
    g_autofree char *base = NULL, *prefix = NULL;
    g_autoptr(GPtrArray) pasts = NULL;
    gboolean origin;

    if (!node_find(stack->own->image, &base, error))
        return FALSE;
    if (!base)
        return TRUE;
    prefix = node_past(base, "");
    pasts = dm_names(prefix, error);
    if (!pasts || !origin_exists(base, &origin, error))
        return FALSE;
    if (!origin && pasts->len == 0)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "shut down the qubes that are based on it first",
              "cannot %s volume '%s': it is in use, or what it was is", verb,
              stack->own->vid);
    return FALSE;
}

gboolean stack_resize(struct stack *stack, guint64 size, GError **error)
{
    g_autofree char *base = NULL, *name = NULL, *params = NULL;
    gboolean there = FALSE;
    struct operand operand;
    struct dm_table table;

    if (!node_find(stack->own->image, &base, error) ||
        (base && !origin_exists(base, &there, error)))
        return FALSE;
    if (!there)
        return TRUE;
    name = node_origin(base);
    if (!stack_operand(stack, stack->own->image, &operand, error))
        return FALSE;
    operand.sectors = size / 512;
    table = origin_table(&operand, &params);
    return dm_node_reload(name, &table, error);
}

const struct cowfiles *stack_files(const struct stack *stack)
{
    return stack->own;
}
