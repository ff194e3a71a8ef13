/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver 'fake-memory': volumes in memory, slow and failing by script. It implements
 * all of storage/driver.h; a program that links libqmc-fake-disk.la has it in the list of
 * drivers beside the real ones. What it keeps survives the struct volume that made it, as
 * what is on a disk does. All calls here are thread safe. */
#pragma once

#include "storage/volume.h"
#include "util/error.h"

#define FAKE_DISK "fake-memory"

/* What happens to the calls it fits, each from when it is made. */
struct fake_disk_rule {
    const char *call; /* "start", as in struct driver; NULL: each that may block */
    const char *vid;  /* NULL: of each volume */
    int delay_ms;     /* so long it takes */
    gboolean hangs;   /* until fake_disk_release() */
    gboolean fails;   /* with `code`, 0: IO */
    gboolean late;    /* after it has done its work all the same */
    guint nth;        /* only the n-th that fits; 0: each */
    QmcErrorCode code;
};

/* What a pool says of itself beside the volumes in it. Strings have to stay. */
struct fake_disk_pool {
    guint64 size, used;
    guint64 metadata_size, metadata_used; /* size 0: it has none */
    guint64 extend_free;
    const char *trouble; /* NULL: none */
    const char *carries; /* a directory; NULL: none */
};
void fake_disk_pool(const char *name, const struct fake_disk_pool *pool);

/* Forgets everything: volumes, pools, rules, counts. Nobody may be inside. */
void fake_disk_reset(void);
/* The strings have to stay. */
void fake_disk_rule(const struct fake_disk_rule *rule);
void fake_disk_release(void);
/* How often it was called since the reset; NULL: any that may block. */
guint fake_disk_count(const char *call);
/* A path that can be opened in this process, for what the ending of the image says:
 * ".img" clean, "-dirty.img" in use, "-import.img", ".img.REVISION". One that is not there
 * cannot be opened. Caller frees. */
char *fake_disk_path(const struct volume *volume, const char *ending);
/* So many bytes of its present state are used, as of a file without holes. */
void fake_disk_fill(const struct volume *volume, guint64 bytes);
/* How many volumes have anything at all. */
guint fake_disk_volumes(void);
