/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pool in a directory of its own, and volumes to try things on. */
#pragma once

#include <check.h>
#include <string.h>

#include <glib.h>

#include "storage/volume.h"
#include "util/error.h"

/* The columns of the state machine (spec/storage.md 1.6). */
enum kind {
    KIND_VOLATILE,
    KIND_ORIGIN,
    KIND_SNAPSHOT,
    KIND_ORIGIN_SNAPSHOT,
    KIND_IN_PLACE,
    KINDS,
};

enum { MEGABYTE = 1 << 20 };

struct bench {
    char *dir;             /* removed at the end */
    gboolean shares;       /* blocks can be shared there */
    struct pool *pool;
    struct volume *source; /* created, committed text "source" */
};

/* Below QMC_TEST_DIR, else the directory for temporary files. */
struct bench *bench_new(void);
void bench_free(struct bench *bench);

/* The vid of such a volume there; the caller's. */
char *bench_vid(const struct bench *bench, const char *prefix, const char *qube,
                const char *name);
/* A volume appvms/work/NAME of 1 MiB, as after loading the store anew. */
struct volume *bench_volume(struct bench *bench, enum kind kind,
                            const char *name);
struct volume *bench_keeping(struct bench *bench, enum kind kind,
                             const char *name, int revisions);

/* Brings it to "clean with the committed text TEXT" where it saves anything. */
void bench_fill(struct volume *volume, const char *text);
/* start, write, stop */
void bench_run(struct volume *volume, const char *text);

/* The file of a volume with this ending ("-dirty.img"). */
char *bench_file(const struct volume *volume, const char *ending);
gboolean bench_has(const struct volume *volume, const char *ending);
/* The text at its beginning, "" if there are zeros, NULL if there is no file. */
char *bench_read(const struct volume *volume, const char *ending);
/* Writes as a VM does: later than the file's time. */
void bench_write(const struct volume *volume, const char *ending,
                 const char *text);
/* Until whatever is written has a later time than the file has now. */
void bench_wait(const char *path);
void bench_touch(const struct volume *volume, const char *ending);

/* "clean rev=old,older dirty precache tmp": what is on the disk for it; texts
 * in the order newest first. Precaches are left out, they are no state. */
char *bench_state(const struct volume *volume);
/* Files of the directory whose name holds `part`. */
guint bench_count(const struct volume *volume, const char *part);

/* Runs the suite and prints TAP; the exit status of the program. */
int bench_main(Suite *suite);

/* The call may set an error E. */
#define must(call)                                                             \
    do {                                                                       \
        g_autoptr(GError) must_error = NULL;                                   \
        gboolean must_done = (call) != 0;                                         \
        ck_assert_msg(must_done, "%s: %s", #call,                              \
                      must_error ? must_error->message : "no error set");      \
    } while (0)
#define must_fail(code, text, call)                                            \
    do {                                                                       \
        g_autoptr(GError) must_error = NULL;                                   \
        gboolean must_done = (call) != 0;                                         \
        ck_assert_msg(!must_done, "%s: succeeded", #call);                     \
        ck_assert_msg(error_is(must_error, code), "%s: another code: %s",      \
                      #call, must_error ? must_error->message : "none");       \
        ck_assert_msg(strstr(must_error->message, text) != NULL,               \
                      "'%s' lacks '%s'", must_error->message, text);           \
    } while (0)
#define E (&must_error)
#define must_state(volume, expected)                                           \
    do {                                                                       \
        g_autofree char *must_state_now = bench_state(volume);                 \
        ck_assert_str_eq(must_state_now, expected);                            \
    } while (0)
