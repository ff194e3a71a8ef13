/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

/* Set, because else the first large text that is freed raises them for good. */
#define MAPPED_FROM (256 << 10)
#define LEFT_ON_TOP (512 << 10)

void heap_share(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
    mallopt(M_TRIM_THRESHOLD, LEFT_ON_TOP);
}

void heap_release(void)
{
    malloc_trim(0);
}
#else
void heap_share(void)
{
}

void heap_release(void)
{
}
#endif
