/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an import finds beside the old store, and how the new one is written. */
#include "config.h"

#include "core/import-private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/feature.h"
#include "core/layout.h"
#include "util/error.h"
#include "util/job.h"

#define STORE_FILE_MAX ((gsize)64 << 20)
#define RULES_MAX (16 * 1024 * 1024)
#define MENU_MAX (64 * 1024)
#define MENU_FILE "whitelisted-appmenus.list"

/* Looking. */

/* Below the directory of the old store, which stands for /var/lib/qubes; NULL: the
 * old path leads elsewhere. */
static char *place_dir(const char *base, const struct import_place *place)
{
    const char *rest = place->dir + strlen(LAYOUT_BASE "/");
    g_auto(GStrv) parts = NULL;

    if (!g_str_has_prefix(place->dir, LAYOUT_BASE "/"))
        return NULL;
    parts = g_strsplit(rest, "/", -1);
    for (guint i = 0; parts[i]; i++)
        if (*parts[i] == '.' || (*parts[i] == '\0' && parts[i + 1]))
            return NULL;
    return g_build_filename(base, rest, NULL);
}

static gboolean is_plain(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/');
}

static void doubt(struct import *import, const struct qube *qube, const char *what,
                  const char *why)
{
    import_say(import, qube,
               &(struct import_say){ IMPORT_DOUBTFUL, what, NULL, NULL, why });
}

/* Nothing passes: for rules that are there and cannot be read. */
static struct firewall *rules_of_none(void)
{
    struct firewall *firewall = firewall_new();

    g_ptr_array_set_size(firewall->rules, 0);
    return firewall;
}

/* From the first rule that cannot be read on nothing passes. */
static void rules_cut(struct import *import, const struct qube *qube,
                      struct firewall *firewall)
{
    for (guint i = 0; i < firewall->rules->len; i++) {
        const struct firewall_rule *rule = firewall->rules->pdata[i];
        g_autofree char *why = NULL;

        if (!rule->flaw)
            continue;
        why = g_strdup_printf("rule %u cannot be read, so everything is dropped from "
                              "there on: %s", i, rule->flaw);
        doubt(import, qube, "firewall", why);
        g_ptr_array_set_size(firewall->rules, (int)i);
    }
}

static void rules_add(struct import *import, const struct qube *qube,
                      struct firewall *firewall)
{
    struct import_firewall *rules = g_new(struct import_firewall, 1);

    rules_cut(import, qube, firewall);
    firewall->changed = TRUE; /* written in the new form */
    for (guint i = 0; i < firewall->notes->len; i++)
        import_say(import, qube,
                   &(struct import_say){ IMPORT_TAKEN, "firewall", NULL, NULL,
                                         firewall->notes->pdata[i] });
    *rules = (struct import_firewall){ qube, firewall, FALSE };
    g_ptr_array_add(import->firewalls, rules);
}

/* Templates had no network but for updates. */
static void rules_absent(struct import *import, const struct qube *qube)
{
    g_autofree char *netvm = qube_get(import->model, qube, "netvm");

    if (qube->class->id != CLASS_TEMPLATE || !netvm)
        return;
    rules_add(import, qube, rules_of_none());
    import_say(import, qube,
               &(struct import_say){ IMPORT_CHANGED, "firewall", NULL, "drop",
                                     "without a file a template was let nowhere" });
}

static void rules_look(struct import *import, const struct import_place *place,
                       const char *dir)
{
    g_autofree char *path = is_plain(place->firewall)
                                ? g_build_filename(dir, place->firewall, NULL) : NULL;
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) bytes = path ? file_read(path, RULES_MAX, NULL, &cause) : NULL;
    struct firewall *firewall = NULL;
    gsize len = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &len) : NULL;

    if (bytes)
        firewall = firewall_parse(path, data ? data : "", len, &cause);
    if (firewall) {
        rules_add(import, place->qube, firewall);
    } else if (!path) {
        doubt(import, place->qube, "firewall_conf", "it names no file in its directory");
        rules_absent(import, place->qube);
    } else if (error_is(cause, QMC_ERROR_NOTFOUND)) {
        rules_absent(import, place->qube);
    } else {
        g_autofree char *why = g_strdup_printf(
            "%s; everything of it is dropped until rules are set", cause->message);

        rules_add(import, place->qube, rules_of_none());
        doubt(import, place->qube, "firewall", why);
    }
}

/* Lines that name entries of the menu, as words. */
static char *menu_words(const char *untrusted_text)
{
    g_auto(GStrv) lines = g_strsplit_set(untrusted_text, " \t\r\n", -1);
    GString *words = g_string_new(NULL);

    for (guint i = 0; lines[i]; i++)
        if (*lines[i])
            g_string_append_printf(words, "%s%s", words->len ? " " : "", lines[i]);
    return g_string_free(words, FALSE);
}

static void menu_look(struct import *import, struct qube *qube, const char *dir)
{
    g_autofree char *path = g_build_filename(dir, MENU_FILE, NULL);
    g_autoptr(GError) cause = NULL;
    g_autoptr(GBytes) bytes = file_read(path, MENU_MAX, NULL, &cause);
    g_autofree char *text = NULL, *words = NULL;
    gboolean fine;

    if (!bytes && error_is(cause, QMC_ERROR_NOTFOUND))
        return;
    text = bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes))
                 : NULL;
    words = text ? menu_words(text) : NULL;
    fine = words && feature_check("menu-items", words, &cause);
    if (fine)
        qube_put_feature(qube, "menu-items", words);
    import_say(import, qube,
               &(struct import_say){ fine ? IMPORT_TAKEN : IMPORT_DROPPED, MENU_FILE, NULL,
                                     fine ? words : NULL, fine ? NULL : cause->message });
}

static gboolean place_look(struct import *import, const char *base,
                           const struct import_place *place)
{
    g_autofree char *dir = place_dir(base, place);

    if (!dir || !g_file_test(dir, G_FILE_TEST_IS_DIR)) {
        rules_absent(import, place->qube);
        return FALSE;
    }
    rules_look(import, place, dir);
    menu_look(import, model_qube(import->model, place->qube->uuid), dir);
    return TRUE;
}

static void places_look(struct import *import, const char *base)
{
    guint missing = 0;
    g_autofree char *from = NULL;

    for (guint i = 0; i < import->places->len; i++)
        missing += !place_look(import, base, import->places->pdata[i]);
    if (missing == 0)
        return;
    from = g_strdup_printf(missing == 1 ? "%u qube" : "%u qubes", missing);
    import_say(import, NULL,
               &(struct import_say){ IMPORT_DOUBTFUL, "firewall", from, NULL,
                                     "their directories are not beside the file: they "
                                     "may connect anywhere, and have no menus" });
}

/* They are only where Qubes 4 looks if the old store is where the new one will be. */
static void images_look(struct import *import, const char *root, const char *base)
{
    g_autofree char *here = g_canonicalize_filename(base, NULL);
    g_autofree char *path = layout_path(root, LAYOUT_BASE);
    g_autofree char *there = g_canonicalize_filename(path, NULL);

    if (strcmp(here, there) != 0 && import->places->len > 0)
        import_say(import, NULL,
                   &(struct import_say){ IMPORT_DOUBTFUL, "images", here, there,
                                         "they stay where they are: move them" });
}

/* Kernels of old are seldom installed. */
static void kernel_look(struct import *import, const char *root,
                        const struct qube *qube, const char *kernel)
{
    g_autofree char *image = NULL, *path = NULL;

    if (!kernel || *kernel == '\0')
        return;
    image = g_strdup_printf("%s/%s/vmlinuz", LAYOUT_KERNELS, kernel);
    path = layout_path(root, image);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        import_say(import, qube,
                   &(struct import_say){ IMPORT_DOUBTFUL,
                                         qube ? "kernel" : "default_kernel", kernel, NULL,
                                         "it is not installed" });
}

static void kernels_look(struct import *import, const char *root)
{
    g_autofree char *usual = model_global(import->model, "default_kernel");

    kernel_look(import, root, NULL, usual);
    for (guint i = 0; i < import->model->qubes->len; i++) {
        const struct qube *qube = import->model->qubes->pdata[i];
        g_autofree char *kernel = qube_is_explicit(qube, "kernel")
                                      ? qube_get(import->model, qube, "kernel") : NULL;

        kernel_look(import, root, qube, kernel);
    }
}

struct import *import_read(const char *path, const char *root, gboolean pv,
                           GError **error)
{
    g_autofree char *base = g_path_get_dirname(path);
    g_autoptr(GBytes) bytes = NULL;
    auto_of(import) struct import *import = NULL;
    const char *data;
    gsize len;

    job_may_block();
    bytes = file_read(path, STORE_FILE_MAX, NULL, error);
    if (!bytes)
        return NULL;
    data = g_bytes_get_data(bytes, &len);
    import = import_parse(path, data ? data : "", len, pv, error);
    if (!import)
        return NULL;
    places_look(import, base);
    images_look(import, root, base);
    kernels_look(import, root);
    return import_finish(import, root, error) ? g_steal_pointer(&import) : NULL;
}

/* Saving. */

guint import_qubes(const struct import *import)
{
    return import->model->qubes->len - 1;
}

/* Those written so far are known by their path. */
void import_unwrite_rules(struct import *import)
{
    for (guint i = import->firewalls->len; i-- > 0;) {
        const struct import_firewall *rules = import->firewalls->pdata[i];
        struct qube_file *file = &rules->firewall->file;
        g_autofree char *dir = file->path ? g_path_get_dirname(file->path) : NULL;

        if (dir && file->there)
            qube_file_remove(file, NULL);
        if (dir && rules->made)
            rmdir(dir);
        g_clear_pointer(&file->path, g_free);
    }
}

static gboolean rules_write(struct import *import, const char *root,
                            struct import_firewall *rules, GError **error)
{
    g_autofree char *path = firewall_path(root, rules->qube);
    g_autofree char *dir = g_path_get_dirname(path);
    struct qube_file *file = &rules->firewall->file;
    struct stat at;

    if (lstat(path, &at) == 0) {
        doubt(import, rules->qube, "firewall", "there are rules already: they stay");
        return TRUE;
    }
    rules->made = !g_file_test(dir, G_FILE_TEST_EXISTS);
    qube_file_clear(file);
    file->there = FALSE;
    file->path = g_steal_pointer(&path);
    return firewall_write(rules->firewall, 0, error);
}

gboolean import_write_rules(struct import *import, const char *root, GError **error)
{
    gboolean fine = TRUE;

    job_may_block();
    for (guint i = 0; i < import->firewalls->len && fine; i++)
        fine = rules_write(import, root, import->firewalls->pdata[i], error);
    return fine;
}

gboolean import_make_place(const char *root, GError **error)
{
    g_autofree char *path = layout_path(root, LAYOUT_STORE);
    g_autofree char *dir = g_path_get_dirname(path);

    return layout_mkdirs(dir, error);
}
