/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "util/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/util/suite.h"

#define BLOCKS 150000
#define BLOCK 100
#define MIB 1024 /* KiB */

/* What the process has for itself, KiB. */
static int private_kib(void)
{
    g_autofree char *text = NULL;
    const char *at;

    ck_assert(g_file_get_contents("/proc/self/smaps_rollup", &text, NULL, NULL));
    at = strstr(text, "Private_Dirty:");
    ck_assert_ptr_nonnull(at);
    return atoi(at + strlen("Private_Dirty:"));
}

/* One that reads something large, drops it, and waits for the next. */
struct reader {
    GThread *thread;
    GAsyncQueue *dropped, *end;
    gpointer last; /* behind it all, and kept as an answer is */
};

static gpointer read_and_drop(gpointer data)
{
    struct reader *reader = data;
    g_autofree char **blocks = g_new(char *, BLOCKS);

    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = memset(g_malloc(BLOCK), 'x', BLOCK);
    reader->last = g_malloc(BLOCK);
    for (int i = 0; i < BLOCKS; i++)
        g_free(blocks[i]);
    g_async_queue_push(reader->dropped, reader);
    g_async_queue_pop(reader->end);
    return NULL;
}

static struct reader *reader_new(void)
{
    struct reader *reader = g_new0(struct reader, 1);

    reader->dropped = g_async_queue_new();
    reader->end = g_async_queue_new();
    reader->thread = g_thread_new("reader", read_and_drop, reader);
    g_async_queue_pop(reader->dropped);
    return reader;
}

static void reader_free(struct reader *reader)
{
    g_async_queue_push(reader->end, reader);
    g_thread_join(reader->thread);
    g_async_queue_unref(reader->dropped);
    g_async_queue_unref(reader->end);
    g_free(reader->last);
    g_free(reader);
}

START_TEST(what_a_thread_freed_goes_back)
{
    int before = private_kib(), kept;
    struct reader *reader = reader_new();

    kept = private_kib();
    ck_assert_int_gt(kept, before + 8 * MIB);
    heap_release();
    ck_assert_int_lt(private_kib(), before + 3 * MIB);
    reader_free(reader);
}
END_TEST

START_TEST(threads_use_what_others_freed)
{
    struct reader *one, *two;
    int kept;

    heap_share();
    one = reader_new();
    kept = private_kib();
    two = reader_new();
    ck_assert_int_lt(private_kib(), kept + 3 * MIB);
    reader_free(one);
    reader_free(two);
}
END_TEST

START_TEST(large_texts_go_back_by_themselves)
{
    int before;

    heap_share();
    before = private_kib();
    for (int i = 0; i < 4; i++) {
        g_autofree char *text = g_malloc(4 * MIB * 1024);
        gpointer behind;

        memset(text, 'x', 4 * MIB * 1024);
        behind = g_malloc(BLOCK);
        ck_assert_ptr_nonnull(behind);
        g_clear_pointer(&text, g_free);
        ck_assert_int_lt(private_kib(), before + 2 * MIB);
        g_free(behind);
    }
}
END_TEST

/* NULL: the heap is the C library's, and not that of a sanitizer or of a tool. */
static const char *other_heap(void)
{
#if !defined(__GLIBC__)
    return "not the GNU C library";
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return "built with a sanitizer";
#else
    return g_getenv("LD_PRELOAD") ? "LD_PRELOAD is set" : NULL;
#endif
}

int main(void)
{
    const TTest *tests[] = {
        what_a_thread_freed_goes_back, threads_use_what_others_freed,
        large_texts_go_back_by_themselves, NULL,
    };

    if (!other_heap())
        return suite_run("heap", tests);
    printf("1..0 # SKIP the heap is another one: %s\n", other_heap());
    return 0;
}
