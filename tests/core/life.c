/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "life.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/layout.h"
#include "tests/storage/fault.h"
#include "tests/util/suite.h"
#include "util/file.h"

#define ARGS_MAX 16

/* --- the state --- */

static GPtrArray *found;

/* Time and order of making do not count, nor what only saves time. */
static int note_file(const char *path, const struct stat *st, int type,
                     struct FTW *at)
{
    char begin[16] = "";
    FILE *file;

    if (g_str_has_suffix(path, "-precache.img"))
        return 0;
    file = type == FTW_F ? fopen(path, "r") : NULL;
    if (file) {
        ck_assert(fread(begin, 1, sizeof begin - 1, file) < sizeof begin);
        fclose(file);
    }
    g_ptr_array_add(found, g_strdup_printf("%s %o %ld %s", path, st->st_mode,
                                           type == FTW_F ? (long)st->st_size : 0,
                                           begin));
    return 0;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void note_files(const struct world *world, GString *out)
{
    static const char *const dirs[] = { "/appvms", "/vm-templates" };

    found = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(dirs); i++) {
        g_autofree char *below = g_strconcat(LAYOUT_BASE, dirs[i], NULL);
        g_autofree char *dir = world_path(world, below);

        ck_assert_int_eq(nftw(dir, note_file, 16, FTW_PHYS), 0);
    }
    g_ptr_array_sort(found, by_text);
    for (guint i = 0; i < found->len; i++)
        g_string_append_printf(out, "%s\n", (char *)found->pdata[i]);
    g_clear_pointer(&found, g_ptr_array_unref);
}

static void note_pairs(GString *out, const GArray *pairs)
{
    for (guint i = 0; i < pairs->len; i++) {
        const struct pair *pair = &g_array_index(pairs, struct pair, i);

        g_string_append_printf(out, " %s=%s", pair->name, pair->value);
    }
}

static void note_props(GString *out, const GArray *props)
{
    for (guint i = 0; i < props->len; i++) {
        const struct prop_value *value = &g_array_index(props, struct prop_value, i);

        g_string_append_printf(out, " %s:%s", value->name, value->text);
    }
}

static void note_qube(GString *out, const struct qube *qube)
{
    g_string_append_printf(out, "%s %s %d", qube->name, qube->uuid, qube->qid);
    note_props(out, qube->props);
    note_pairs(out, qube->features);
    for (guint i = 0; i < qube->tags->len; i++)
        g_string_append_printf(out, " #%s", (char *)qube->tags->pdata[i]);
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        g_string_append_printf(out, " [%s", config->name);
        note_pairs(out, config->attrs);
        g_string_append_printf(out, " %s]",
                               config->volume ? volume_vid(config->volume) : "-");
    }
    g_string_append_c(out, '\n');
}

char *life_state(const struct world *world)
{
    const struct model *model = engine_model(world->engine);
    g_autofree char *store = world_store(world);
    GString *out = g_string_new(store);

    note_props(out, model->globals);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < model->qubes->len; i++)
        note_qube(out, model->qubes->pdata[i]);
    note_files(world, out);
    return g_string_free(out, FALSE);
}

void life_same(const struct world *world, const char *before, const char *when)
{
    g_autofree char *after = life_state(world);
    g_auto(GStrv) one = g_strsplit(before, "\n", -1);
    g_auto(GStrv) two = g_strsplit(after, "\n", -1);
    gsize i = 0;

    while (one[i] && two[i] && g_str_equal(one[i], two[i]))
        i++;
    ck_assert_msg(!one[i] && !two[i], "%s:\n%.600s\nbecame\n%.600s", when,
                  one[i] ? one[i] : "nothing", two[i] ? two[i] : "nothing");
}

/* --- files --- */

static char *path_of(const struct world *world, const char *below)
{
    g_autofree char *absolute = g_strconcat(LAYOUT_BASE "/", below, NULL);

    return world_path(world, absolute);
}

gboolean life_has(const struct world *world, const char *below)
{
    g_autofree char *path = path_of(world, below);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

void life_write(const struct world *world, const char *below, const char *text)
{
    g_autofree char *path = path_of(world, below);
    g_autofree char *dir = g_path_get_dirname(path);
    FILE *file;

    ck_assert(file_mkdirs(dir, 0770, NULL));
    file = fopen(path, g_file_test(path, G_FILE_TEST_EXISTS) ? "r+" : "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

char *life_read(const struct world *world, const char *below)
{
    g_autofree char *path = path_of(world, below);
    char begin[64] = "";
    FILE *file = fopen(path, "r");

    if (!file)
        return NULL;
    ck_assert(fread(begin, 1, sizeof begin - 1, file) < sizeof begin);
    fclose(file);
    return g_strdup(begin);
}

/* --- operations --- */

static struct op *submit(struct world *world, const char *op, const char *qube,
                         GError **error, va_list ap)
{
    g_autoptr(GHashTable) args = g_hash_table_new(g_str_hash, g_str_equal);
    const struct op_request request = { .op = op, .args = args,
                                        .consent = CONFIRM_L3 };
    struct op *made;
    char *name;

    while ((name = va_arg(ap, char *)))
        g_hash_table_insert(args, name, va_arg(ap, char *));
    made = world_submit_as(world, &request, qube, error);
    if (made)
        world_finish(world, made);
    return made;
}

struct op *life_run(struct world *world, const char *op, const char *qube, ...)
{
    g_autoptr(GError) error = NULL;
    struct op *made;
    va_list ap;

    va_start(ap, qube);
    made = submit(world, op, qube, &error, ap);
    va_end(ap);
    ck_no_error(error);
    return made;
}

void life_make(struct world *world, const char *name)
{
    ck_no_error(life_run(world, "create", "dom0", "name", name, "class", "AppVM", "label",
                         "red", NULL)->error);
}

struct op *life_remove(struct world *world, const char *qube)
{
    return life_run(world, "remove", qube, NULL);
}

void life_refused(struct world *world, QmcErrorCode code, const char *part,
                  const char *op, const char *qube, ...)
{
    g_autofree char *before = life_state(world);
    GError *error = NULL;
    struct op *made;
    va_list ap;

    va_start(ap, qube);
    made = submit(world, op, qube, &error, ap);
    va_end(ap);
    if (made && made->error)
        error = g_error_copy(made->error);
    ck_assert_msg(error != NULL, "%s of %s was not refused: %s", op, qube, part);
    ck_error(&error, code, part);
    life_same(world, before, part ? part : op);
}

void life_add_pool(struct world *world)
{
    g_autofree char *store = world_store(world);
    g_autofree char *path = world_path(world, "/var/lib/qubes/qubes.xml");
    g_autofree char *dir = world_path(world, "/srv/pool/appvms");
    g_auto(GStrv) parts = g_strsplit(store, "</pools>", 2);
    g_autofree char *more = g_strdup_printf(
        "%s  <pool name=\"other\" dir_path=\"/srv/pool\" driver=\"file-reflink\" "
        "revisions_to_keep=\"2\"/>\n  </pools>%s", parts[0], parts[1]);

    ck_assert(file_mkdirs(dir, 0770, NULL));
    ck_assert(g_file_set_contents(path, more, -1, NULL));
    ck_assert(engine_load(world->engine, NULL));
    engine_refresh_states(world->engine, 50000, NULL);
}

gboolean life_in_pool(const struct world *world, const char *below)
{
    g_autofree char *absolute = g_strconcat("/srv/pool/appvms/", below, NULL);
    g_autofree char *path = world_path(world, absolute);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

guint life_each_failure(struct world *world,
                        struct op *(*attempt)(struct world *world, guint nth),
                        void (*settle)(struct world *world, guint nth))
{
    guint failed = 0, seen;

    for (guint nth = 1; nth < 2000; nth++) {
        g_autofree char *before = life_state(world), *when = NULL;
        struct op *op;

        fault_arm(NULL, nth, EIO);
        op = attempt(world, nth);
        seen = fault_disarm();
        /* What failed may have been the reading after the save. */
        if (engine_store_error(world->engine))
            ck_assert(engine_load(world->engine, NULL));
        if (seen < nth) {
            ck_no_error(op->error);
            return failed;
        }
        if (op->phase != OP_FAILED) {
            if (settle)
                settle(world, nth);
            continue;
        }
        failed++;
        when = g_strdup_printf("call %u, %s", nth, op->error->message);
        life_same(world, before, when);
    }
    ck_abort_msg("it never ends");
    return 0;
}
