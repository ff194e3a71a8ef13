/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/file-plan.h"

/* clang-format off */
#define PAST(image, cow) {FILE_TARGET_SNAPSHOT, image, cow}
#define OWN_PAST    PAST(FILE_IMAGE, FILE_COW)
#define SOURCE_PAST PAST(FILE_SOURCE_IMAGE, FILE_SOURCE_COW)

/* The past first: there must be a place for what the origin overwrites. */
static const struct file_plan
as_origin    = {{OWN_PAST, {FILE_TARGET_ORIGIN, FILE_IMAGE}},
                .attached = TRUE, .rw = TRUE},
as_snapshot  = {{SOURCE_PAST, {FILE_TARGET_SNAPSHOT, FILE_BELOW, FILE_COW}},
                .attached = TRUE, .rw = TRUE},
as_file      = {.file = FILE_IMAGE, .attached = TRUE, .rw = TRUE},
in_guest     = {{SOURCE_PAST, {FILE_TARGET_ALIAS, FILE_BELOW, FILE_COW}},
                .attached = TRUE,
                .guest = "dmroot = snapshot(xvda, xvdc2), chunks of 16 sectors, not kept"},
in_dom0      = {{PAST(FILE_SOURCE_IMAGE, FILE_OWN_VOLATILE)},
                .attached = TRUE, .rw = TRUE, .excludes_template = TRUE},
used_in_dom0 = {.file = FILE_IMAGE};

static const struct file_plan *const plans_r4[FILE_KINDS] = {
    [FILE_ORIGIN]   = &as_origin,
    [FILE_IN_PLACE] = &as_file,
    [FILE_SNAPSHOT] = &as_snapshot,
    [FILE_VOLATILE] = &as_file,
};

/* Rows: the root of a qube, and its volatile; all else is a file, but for what is made from
 * a source at each start, which was not known then. */
static const struct {
    const struct file_plan *root, *volatile_;
} plans_r3[FILE_VMS] = {
    [FILE_VM_TEMPLATE]     = {&as_origin, &as_file},
    [FILE_VM_BASED]        = {&in_guest,  &as_file},
    [FILE_VM_HVM_TEMPLATE] = {&as_origin, &used_in_dom0},
    [FILE_VM_HVM_BASED]    = {&in_dom0,   &used_in_dom0},
    [FILE_VM_STANDALONE]   = {&as_file,   &as_file},
};
/* clang-format on */

const struct file_plan *file_plan(const struct file_subject *subject)
{
    if (subject->layout == FILE_R4)
        return plans_r4[subject->kind];
    if (g_str_equal(subject->volume, "root"))
        return plans_r3[subject->vm].root;
    if (g_str_equal(subject->volume, "volatile"))
        return plans_r3[subject->vm].volatile_;
    return subject->kind == FILE_SNAPSHOT ? &as_snapshot : &as_file;
}

guint file_plan_nodes(const struct file_plan *plan)
{
    guint count = 0;

    while (count < FILE_NODES_MAX && plan->nodes[count].target != FILE_NO_TARGET)
        count++;
    return count;
}

char *file_plan_text(const struct file_plan *plan)
{
    static const char *const operands[] = {
        [FILE_IMAGE] = "img", [FILE_COW] = "cow", [FILE_SOURCE_IMAGE] = "source-img",
        [FILE_SOURCE_COW] = "source-cow", [FILE_OWN_VOLATILE] = "volatile",
        [FILE_BELOW] = "below",
    };
    static const char *const targets[] = {
        [FILE_TARGET_SNAPSHOT] = "snapshot", [FILE_TARGET_ALIAS] = "alias",
    };
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < file_plan_nodes(plan); i++) {
        const struct file_node *node = &plan->nodes[i];

        if (node->target == FILE_TARGET_ORIGIN)
            g_string_append_printf(text, "origin(%s) ", operands[node->base]);
        else
            g_string_append_printf(text, "%s(%s,%s) ", targets[node->target],
                                   operands[node->base], operands[node->cow]);
    }
    if (plan->file != FILE_NOTHING)
        g_string_append_printf(text, "%s ", operands[plan->file]);
    g_string_append(text, !plan->attached ? "not attached" : plan->rw ? "rw" : "ro");
    if (plan->excludes_template)
        g_string_append(text, ", never beside its template");
    if (plan->guest)
        g_string_append_printf(text, "; guest: %s", plan->guest);
    return g_string_free(text, FALSE);
}

guint64 file_cow_size(guint64 origin)
{
    const guint64 chunk = 256 * 512, per_area = chunk / 16;
    guint64 data = origin / chunk + (origin % chunk != 0);

    /* The header, the areas that say what is where, the data. */
    return chunk * (1 + data / per_area + 1 + data);
}
