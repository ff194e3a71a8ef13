/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "power-plan.h"

#include <string.h>

enum { LARGEST = 3 };

gboolean slot_saves(enum slot slot)
{
    return slot <= OTHER;
}

static gboolean is_idle(const struct model *model, enum slot slot)
{
    const struct disk *disk = &model->disks[slot];

    return slot_saves(slot) && disk->there && !disk->used &&
           !(slot == BASE && model->disks[SNAPSHOT].used);
}

/* --- when each may be done, and what it leaves --- */

static gboolean may_create(const struct model *model, const struct step *step)
{
    return !model->disks[step->slot].there;
}

static gboolean may_import(const struct model *model, const struct step *step)
{
    return is_idle(model, step->slot);
}

static gboolean may_start(const struct model *model, const struct step *step)
{
    const struct disk *disk = &model->disks[step->slot];

    return disk->there && !disk->used &&
           (step->slot != SNAPSHOT || model->disks[BASE].there);
}

static gboolean may_write(const struct model *model, const struct step *step)
{
    return model->disks[step->slot].used && !model->disks[step->slot].written;
}

static gboolean may_stop(const struct model *model, const struct step *step)
{
    const struct disk *disk = &model->disks[step->slot];

    return disk->used && (disk->written || !slot_saves(step->slot));
}

static gboolean may_grow(const struct model *model, const struct step *step)
{
    const struct disk *disk = &model->disks[step->slot];
    gboolean running = disk->used && slot_saves(step->slot) && step->slot != BASE;

    return disk->now.size < LARGEST && (running || is_idle(model, step->slot));
}

static gboolean may_shrink(const struct model *model, const struct step *step)
{
    return model->disks[step->slot].now.size > 1 && is_idle(model, step->slot);
}

static gboolean may_clone(const struct model *model, const struct step *step)
{
    return step->slot != step->other && step->slot != BASE && slot_saves(step->slot) &&
           (!model->disks[step->slot].there || is_idle(model, step->slot)) &&
           is_idle(model, step->other);
}

static gboolean may_revert(const struct model *model, const struct step *step)
{
    return model->disks[step->slot].back.text >= 0 && is_idle(model, step->slot);
}

static gboolean may_remove(const struct model *model, const struct step *step)
{
    return step->slot != BASE && is_idle(model, step->slot);
}

static const struct state none = {.text = -1};

static void replace(struct disk *disk, struct state state)
{
    disk->back = disk->there ? disk->now : none;
    disk->there = TRUE;
    disk->now = state;
}

static void created(struct model *model, const struct step *step, int number)
{
    struct disk *disk = &model->disks[step->slot];

    replace(disk, (struct state){.text = 0, .size = disk->now.size});
}

static void imported(struct model *model, const struct step *step, int number)
{
    replace(&model->disks[step->slot], (struct state){.text = number, .size = step->size});
}

static void started(struct model *model, const struct step *step, int number)
{
    struct disk *disk = &model->disks[step->slot];

    disk->used = TRUE;
    disk->written = FALSE;
    disk->clean = disk->now;
}

static void written(struct model *model, const struct step *step, int number)
{
    struct disk *disk = &model->disks[step->slot];

    disk->written = TRUE;
    if (slot_saves(step->slot))
        disk->now.text = number;
}

static void stopped(struct model *model, const struct step *step, int number)
{
    struct disk *disk = &model->disks[step->slot];

    disk->used = FALSE;
    if (slot_saves(step->slot))
        disk->back = disk->clean;
}

static void grown(struct model *model, const struct step *step, int number)
{
    model->disks[step->slot].now.size++;
}

static void shrunk(struct model *model, const struct step *step, int number)
{
    model->disks[step->slot].now.size--;
}

static void cloned(struct model *model, const struct step *step, int number)
{
    replace(&model->disks[step->slot], model->disks[step->other].now);
}

static void reverted(struct model *model, const struct step *step, int number)
{
    struct disk *disk = &model->disks[step->slot];

    replace(disk, disk->back);
}

static void removed(struct model *model, const struct step *step, int number)
{
    model->disks[step->slot].there = FALSE;
    model->disks[step->slot].back = none;
}

static const struct {
    const char *name;
    gboolean (*may)(const struct model *model, const struct step *step);
    void (*apply)(struct model *model, const struct step *step, int number);
} deeds[DEEDS] = {
    [CREATE] = {"create", may_create, created}, [IMPORT] = {"import", may_import, imported},
    [START] = {"start", may_start, started},    [WRITE] = {"write", may_write, written},
    [STOP] = {"stop", may_stop, stopped},       [GROW] = {"grow", may_grow, grown},
    [SHRINK] = {"shrink", may_shrink, shrunk},  [CLONE] = {"clone", may_clone, cloned},
    [REVERT] = {"revert", may_revert, reverted}, [REMOVE] = {"remove", may_remove, removed},
};

const char *deed_name(enum deed deed)
{
    return deeds[deed].name;
}

void model_init(struct model *model)
{
    memset(model, 0, sizeof *model);
    for (int i = 0; i < SLOTS; i++)
        model->disks[i] = (struct disk){
            .there = !slot_saves(i), .now = {.size = 1}, .back = none,
        };
}

void model_apply(struct model *model, const struct step *step, int number)
{
    deeds[step->deed].apply(model, step, number);
}

/* --- the plan --- */

static struct step draw(const struct model *model, GRand *random)
{
    struct step step;

    do
        step = (struct step){
            .deed = (enum deed)g_rand_int_range(random, 0, DEEDS),
            .slot = (enum slot)g_rand_int_range(random, 0, SLOTS),
            .other = (enum slot)g_rand_int_range(random, 0, SLOTS),
            .size = g_rand_int_range(random, 1, LARGEST + 1),
        };
    while (!deeds[step.deed].may(model, &step) ||
           /* after it there is less to do */
           (step.deed == REMOVE && g_rand_int_range(random, 0, 3) > 0));
    return step;
}

GArray *plan_new(guint32 seed, guint count)
{
    GArray *plan = g_array_new(FALSE, TRUE, sizeof(struct step));
    GRand *random = g_rand_new_with_seed(seed);
    struct model model;

    model_init(&model);
    for (guint i = 0; i < count; i++) {
        struct step step = {.deed = CREATE, .slot = (enum slot)i};

        if (!slot_saves(step.slot))
            step = draw(&model, random);
        g_array_append_val(plan, step);
        model_apply(&model, &step, (int)i + 1);
    }
    g_rand_free(random);
    return plan;
}
