/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <string.h>

#include "core/import-literal.h"
#include "core/import.h"
#include "tests/fuzz/fuzz.h"

/* Either it is read whole, or there is a reason. */
static void check_literals(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) no_list = NULL, no_flags = NULL;
    g_autoptr(GPtrArray) list = literal_list(text, &no_list);
    g_autoptr(GArray) flags = literal_flags(text, &no_flags);

    FUZZ_CHECK(!list == !!no_list && !flags == !!no_flags);
    FUZZ_CHECK(!list || list->len <= LITERAL_ITEMS_MAX);
    FUZZ_CHECK(!flags || flags->len <= LITERAL_ITEMS_MAX);
}

/* Whatever the old store says, the new one has no qube that is broken. */
static void check_store(const struct import *import)
{
    struct store *store = store_new("");
    struct model *model = model_new();

    FUZZ_CHECK(store_load_bytes(store, model, import->bytes, NULL));
    FUZZ_CHECK(model->qubes->len == import->model->qubes->len);
    for (guint i = 0; i < model->qubes->len; i++)
        FUZZ_CHECK(!((const struct qube *)model->qubes->pdata[i])->broken);
    model_free(model);
    store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    auto_of(import) struct import *import =
        import_parse("fuzz", (const char *)data, size, FALSE, &error);

    check_literals(data, size);
    FUZZ_CHECK(!import == !!error);
    if (!import)
        return 0;
    FUZZ_CHECK(import_finish(import, "", &error));
    check_store(import);
    return 0;
}
