/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of driver `file` that make devices share. Private to them, [W]. */
#pragma once

#include "storage/dm.h"
#include "storage/file-private.h"

struct operand {
    dev_t dev;
    guint64 sectors;
};

struct snapshot_table {
    const char *name, *type; /* snapshot or snapshot-merge */
    struct operand base, cow;
};

const struct cowfiles *stack_files(const struct stack *stack);
/* The one loop device of a file, open as long as the stack is. */
gboolean stack_operand(struct stack *stack, const char *file, struct operand *operand,
                       GError **error);
/* What is made goes again with stack_unmake(), unless the stack is closed. */
gboolean stack_make(struct stack *stack, const char *name, const struct dm_table *table,
                    GError **error);
gboolean stack_snapshot(struct stack *stack, const struct snapshot_table *what,
                        GError **error);
void stack_unmake(struct stack *stack);
