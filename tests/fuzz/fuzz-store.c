/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/store.h"
#include "tests/fuzz/fuzz.h"
#include "util/auto.h"
#include "util/file.h"

static char *root;

static void root_remove(void)
{
    file_remove_tree(root, NULL);
    g_clear_pointer(&root, g_free);
}

static void root_make(void)
{
    g_autofree char *dir = NULL;
    struct store *store;

    if (root)
        return;
    root = g_dir_make_tmp("qmc-fuzz-XXXXXX", NULL);
    FUZZ_CHECK(root);
    atexit(root_remove);
    store = store_new(root);
    dir = g_path_get_dirname(store_path(store));
    FUZZ_CHECK(file_mkdirs(dir, 0700, NULL));
    store_free(store);
}

static void put(const char *path, const void *data, gsize len)
{
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    FUZZ_CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
}

/* Loads what is at path and checks that it would be saved unchanged. */
static gboolean load(struct store *store, struct model *model, const void *data,
                     gsize len)
{
    g_autoptr(GError) error = NULL;
    GString *saved;

    put(store_path(store), data, len);
    if (!store_load(store, model, &error)) {
        FUZZ_CHECK(error && model->qubes->len == 0);
        return FALSE;
    }
    FUZZ_CHECK(!error);
    saved = store_serialise(store, model);
    FUZZ_CHECK(saved->len == len && memcmp(saved->str, data, len) == 0);
    g_string_free(saved, TRUE);
    return TRUE;
}

static GString *touched(struct store *store, struct model *model)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        struct qube *qube = model->qubes->pdata[i];

        if (!qube->broken)
            model_touch(model, qube);
    }
    return store_serialise(store, model);
}

/* A store that loads is written back byte by byte; written anew, and with each qube
 * changed, it loads. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store *store;
    struct model *model = model_new();

    root_make();
    store = store_new(root);
    if (load(store, model, data, size)) {
        guint qubes = model->qubes->len;
        GString *anew = store_serialise_anew(store, model);
        GString *changed = touched(store, model);

        FUZZ_CHECK(load(store, model, changed->str, changed->len));
        FUZZ_CHECK(model->qubes->len == qubes);
        g_string_free(changed, TRUE);
        FUZZ_CHECK(load(store, model, anew->str, anew->len));
        FUZZ_CHECK(model->qubes->len == qubes);
        g_string_free(anew, TRUE);
    }
    model_free(model);
    store_free(store);
    return 0;
}
