/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/demo.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/home.h"
#include "core/layout.h"
#include "core/model-private.h"
#include "core/store.h"
#include "util/error.h"
#include "util/file.h"

#define NODE_FILE "demo-node.xml" /* also marks the directory as a demo */
#define LOCK_FILE "demo.lock"
#define KERNEL "6.12.54-1.fc41"
#define MIB (1024 * 1024)

/* net: gives others their network. A template comes before those who use it, a
 * net qube before its clients. */
static const struct demo_qube {
    const char *name, *class, *label, *template, *netvm;
    int memory_mib;
    gboolean net, disposables, running;
} demo_qubes[] = {
    { "fedora-42", "TemplateVM", "black", NULL, NULL, 400, 0, 0, 0 },
    { "debian-13", "TemplateVM", "black", NULL, NULL, 400, 0, 0, 0 },
    { "sys-net", "AppVM", "red", "fedora-42", "", 300, 1, 0, 1 },
    { "sys-firewall", "AppVM", "green", "fedora-42", "sys-net", 500, 1, 0, 1 },
    { "sys-usb", "AppVM", "red", "fedora-42", "", 300, 0, 0, 1 },
    { "personal", "AppVM", "yellow", "fedora-42", "sys-firewall", 1024, 0, 0, 1 },
    { "work", "AppVM", "blue", "debian-13", "sys-firewall", 800, 0, 0, 0 },
    { "untrusted", "AppVM", "red", "debian-13", "sys-firewall", 400, 0, 0, 0 },
    { "vault", "AppVM", "black", "debian-13", "", 400, 0, 0, 0 },
    { "default-dvm", "AppVM", "red", "debian-13", "sys-firewall", 400, 0, 1, 0 },
};

static guint64 volume_mib(const struct class_volume *volume)
{
    static const struct {
        const char *name;
        guint64 mib;
    } sizes[] = { { "root", 2048 }, { "private", 256 }, { "volatile", 1024 } };

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        if (g_str_equal(sizes[i].name, volume->name))
            return sizes[i].mib;
    return 0;
}

static const char *flag(gboolean on)
{
    return on ? "True" : "False";
}

static void add_volume(struct qube *qube, const struct demo_qube *from,
                       const struct class_volume *row)
{
    struct volume_config *config = qube_volume_add(qube, row->name);
    gboolean is_kernel = g_str_equal(row->name, "kernel");
    guint64 bytes = volume_mib(row) * MIB;
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, bytes);
    g_autofree char *vid = g_strdup_printf("%s/%s/%s", qube->class->dir_prefix,
                                           qube->name, row->name);
    g_autofree char *source =
        g_strdup_printf("vm-templates/%s/%s", from->template, row->name);

    volume_config_set(config, "pool", is_kernel ? "linux-kernel" : "varlibqubes");
    volume_config_set(config, "vid", is_kernel ? KERNEL : vid);
    volume_config_set(config, "revisions_to_keep", is_kernel ? "0" : "1");
    volume_config_set(config, "rw", flag(row->rw));
    volume_config_set(config, "save_on_stop", flag(row->save_on_stop));
    volume_config_set(config, "snap_on_start", flag(row->snap_on_start));
    if (bytes)
        volume_config_set(config, "size", size);
    if (row->snap_on_start)
        volume_config_set(config, "source", source);
}

static void put(struct qube *qube, const char *property, const char *value)
{
    if (value)
        qube_put(qube, prop_find(property, qube->class->id), value);
}

static gboolean add_qube(struct model *model, const struct demo_qube *from,
                         int qid, GError **error)
{
    g_autofree char *uuid = g_uuid_string_random();
    g_autofree char *memory = g_strdup_printf("%d", from->memory_mib);
    struct qube *qube = qube_new(from->name, uuid, qid, from->class);

    put(qube, "label", from->label);
    put(qube, "template", from->template);
    put(qube, "netvm", from->netvm);
    put(qube, "memory", memory);
    put(qube, "provides_network", from->net ? "True" : NULL);
    put(qube, "template_for_dispvms", from->disposables ? "True" : NULL);
    for (const struct class_volume *v = qube->class->volumes; v->name; v++)
        add_volume(qube, from, v);
    if (model_add(model, qube, error))
        return TRUE;
    qube_free(qube);
    return FALSE;
}

static gboolean write_store(struct store *store, GError **error)
{
    struct model *model = model_new();
    gboolean ok = TRUE;

    model_put_global(model, prop_find("default_kernel", 0), KERNEL);
    model_put_global(model, prop_find("default_template", 0), "debian-13");
    model_put_global(model, prop_find("default_netvm", 0), "sys-firewall");
    for (gsize i = 0; i < G_N_ELEMENTS(demo_qubes) && ok; i++)
        ok = add_qube(model, &demo_qubes[i], (int)i + 1, error);
    ok = ok && store_write_new(store, model, error);
    model_free(model);
    return ok;
}

/* Never run: the test driver boots nothing. It only has to be there. */
static gboolean write_kernel(const char *root, GError **error)
{
    g_autofree char *dir = layout_path(root, LAYOUT_KERNELS "/" KERNEL);
    g_autofree char *path = g_build_filename(dir, "vmlinuz", NULL);
    const char text[] = "This is the demo's kernel. Nothing boots it.\n";

    if (!file_mkdirs(dir, 0770, error))
        return FALSE;
    return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE,
                                    0640, error);
}

/* What a guest's console says while it boots, for those that run. */
static gboolean write_log(const char *root, const char *name, GError **error)
{
    static const char text[] =
        "[    0.000000] Linux version " KERNEL ".x86_64\n"
        "[    0.000000] Command line: root=/dev/mapper/dmroot ro nomodeset console=hvc0\n"
        "[    1.203911] EXT4-fs (xvda3): mounted filesystem read-only without journal\n"
        "[    2.004180] xvdb: detected capacity change from 0 to 524288\n"
        "[\033[0;32m  OK  \033[0m] Mounted rw.mount - /rw\n"
        "[    3.118273] EXT4-fs warning (device xvdb): checktime reached, running e2fsck "
        "is recommended\n"
        "[\033[0;32m  OK  \033[0m] Started qubes-qrexec-agent.service\n"
        "qrexec-agent[512]: connected to dom0\n"
        "[\033[0;32m  OK  \033[0m] Reached target multi-user.target - Multi-User System\n";
    g_autofree char *dir = layout_path(root, "/var/log/xen/console");
    g_autofree char *file = g_strdup_printf("guest-%s.log", name);
    g_autofree char *path = g_build_filename(dir, file, NULL);

    return file_mkdirs(dir, 0750, error) &&
           g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0640,
                                    error);
}

static gboolean write_logs(const char *root, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(demo_qubes); i++)
        if (demo_qubes[i].running && !write_log(root, demo_qubes[i].name, error))
            return FALSE;
    return TRUE;
}

/* Volumes. */

static const struct demo_qube *demo_row(const struct qube *qube)
{
    for (gsize i = 0; i < G_N_ELEMENTS(demo_qubes); i++)
        if (g_str_equal(demo_qubes[i].name, qube->name))
            return &demo_qubes[i];
    return NULL;
}

typedef gboolean (*volume_fn)(struct volume *volume, GError **error);

static gboolean each_volume(const struct qube *qube, volume_fn fn, GError **error)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (config->volume && !fn(config->volume, error))
            return FALSE;
    }
    return TRUE;
}

/* Not pool_setup(): a demo is welcome where blocks cannot be shared, it only
 * copies its empty images then. */
static gboolean make_dirs(const char *root, GError **error)
{
    g_autofree char *apps = layout_path(root, LAYOUT_BASE "/appvms");
    g_autofree char *templates = layout_path(root, LAYOUT_BASE "/vm-templates");
    g_autofree char *unit = home_unit_path(root, "x");
    g_autofree char *units = g_path_get_dirname(unit);

    return file_mkdirs(apps, 0770, error) && file_mkdirs(templates, 0770, error) &&
           file_mkdirs(units, 0755, error);
}

static gboolean make_volumes(const struct model *model, GError **error)
{
    for (guint i = 0; i < model->qubes->len; i++)
        if (!each_volume(model->qubes->pdata[i], volume_create, error))
            return FALSE;
    return TRUE;
}

/* The images are to say the same as the hypervisor, which begins anew with
 * each process. */
static gboolean settle_volumes(const struct model *model, GError **error)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];
        const struct demo_qube *row = demo_row(qube);

        if (!each_volume(qube, row && row->running ? volume_start : volume_stop,
                         error))
            return FALSE;
    }
    return TRUE;
}

/* The hypervisor. */

static gboolean append_domain(GString *out, const struct qube *qube,
                              int memory_mib, GError **error)
{
    const struct dom_spec spec = {
        .name = qube->name,
        .uuid = qube->uuid,
        .virt_mode = VIRT_PVH,
        .memory_mib = (guint64)memory_mib,
        .maxmem_mib = (guint64)memory_mib * 4,
        .vcpus = 2,
    };
    g_autofree char *xml = domxml_build(HV_TEST, &spec, error);

    if (!xml)
        return FALSE;
    g_string_append(out, xml);
    return TRUE;
}

static gboolean write_node(const struct model *model, const char *path,
                           GError **error)
{
    g_autoptr(GString) out = g_string_new(
        "<node>\n"
        "<cpu><mhz>2900</mhz><model>x86_64</model><active>8</active>"
        "<nodes>1</nodes><sockets>1</sockets><cores>4</cores>"
        "<threads>2</threads></cpu>\n"
        "<memory>16777216</memory>\n");

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];
        const struct demo_qube *row = demo_row(qube);

        if (row && row->running &&
            !append_domain(out, qube, row->memory_mib, error))
            return FALSE;
    }
    g_string_append(out, "</node>\n");
    return g_file_set_contents_full(path, out->str, (gssize)out->len,
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0640, error);
}

/* The root. */

static gboolean is_empty_dir(const char *dir)
{
    g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);

    return open && !g_dir_read_name(open);
}

static gboolean has_file(const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);

    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

static gboolean is_demo(const char *dir)
{
    return has_file(dir, NODE_FILE);
}

/* By root. Each process has a hypervisor of its own and makes the images say
 * the same at its start, so only one may have them. */
static GHashTable *locks;

static gboolean lock_take(const char *root, GError **error)
{
    g_autofree char *path = g_build_filename(root, LOCK_FILE, NULL);
    g_autoptr(GError) local = NULL;
    struct file_lock *lock;

    if (!locks)
        locks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                      (GDestroyNotify)file_lock_release);
    if (g_hash_table_contains(locks, root))
        return TRUE;
    lock = file_lock_take(path, TRUE, 0, &local);
    if (lock)
        g_hash_table_insert(locks, g_strdup(root), lock);
    else if (error_is(local, QMC_ERROR_BUSY))
        error_set(error, QMC_ERROR_BUSY, "end that one, or name another directory",
                  "'%s' is in use by another demo", root);
    else
        g_propagate_error(error, g_steal_pointer(&local));
    return lock != NULL;
}

static void lock_drop(const char *root)
{
    if (locks)
        g_hash_table_remove(locks, root);
}

/* One that was killed while it made its root left a part; the node is written
 * last. */
static gboolean clear_part(const char *root, GError **error)
{
    g_autofree char *base = layout_path(root, LAYOUT_BASE);

    return file_remove_tree(base, error);
}

static gboolean fill(const char *root, gboolean is_new, GError **error)
{
    struct store *store = store_new(root);
    struct model *model = model_new();
    g_autofree char *node = g_build_filename(root, NODE_FILE, NULL);
    gboolean ok = TRUE;

    if (is_new)
        ok = clear_part(root, error) && write_kernel(root, error) && write_logs(root, error) &&
             make_dirs(root, error) &&
             write_store(store, error);
    ok = ok && store_load(store, model, error);
    if (is_new)
        ok = ok && make_volumes(model, error);
    ok = ok && settle_volumes(model, error) && write_node(model, node, error);
    model_free(model);
    store_free(store);
    return ok;
}

#define STALE_S 60

/* Ours, older than the moment between its making and its lock, and nobody has
 * the lock. */
static gboolean is_stale(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, LOCK_FILE, NULL);
    struct file_lock *lock;
    struct stat st;

    if (lstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) ||
        st.st_uid != geteuid() || st.st_mtime > time(NULL) - STALE_S ||
        !has_file(dir, LOCK_FILE))
        return FALSE;
    lock = file_lock_take(path, TRUE, 0, NULL);
    if (lock)
        file_lock_release(lock);
    return lock != NULL;
}

/* A demo that was killed could not take its root away. */
static void remove_stale(void)
{
    g_autoptr(GDir) dir = g_dir_open(g_get_tmp_dir(), 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(g_get_tmp_dir(), name, NULL);

        if (g_pattern_match_simple("qmc-demo-??????", name) && is_stale(path))
            file_remove_tree(path, NULL);
    }
}

static char *choose_root(const char *dir, GError **error)
{
    g_autofree char *root = NULL;

    if (!dir) {
        remove_stale();
        return g_dir_make_tmp("qmc-demo-XXXXXX", error);
    }
    root = g_canonicalize_filename(dir, NULL);
    if (!file_mkdirs(root, 0750, error))
        return NULL;
    if (is_demo(root) || has_file(root, LOCK_FILE) || is_empty_dir(root))
        return g_steal_pointer(&root);
    error_set(error, QMC_ERROR_EXISTS, "name an empty or new directory",
              "'%s' is not empty and holds no demo", root);
    return NULL;
}

static char *node_uri(const char *root)
{
    g_autofree char *path = g_build_filename(root, NODE_FILE, NULL);
    g_autofree char *escaped = g_uri_escape_string(path, "/", FALSE);

    return g_strconcat("test://", escaped, NULL);
}

gboolean demo_make(const char *dir, char **root, char **uri, GError **error)
{
    g_autofree char *chosen = choose_root(dir, error);
    gboolean is_new;

    if (!chosen || !lock_take(chosen, error))
        return FALSE;
    is_new = !is_demo(chosen);
    if (!fill(chosen, is_new, error)) {
        lock_drop(chosen);
        if (!dir)
            file_remove_tree(chosen, NULL);
        return FALSE;
    }
    *uri = node_uri(chosen);
    *root = g_steal_pointer(&chosen);
    return TRUE;
}

void demo_remove(const char *root)
{
    if (!is_demo(root))
        return;
    file_remove_tree(root, NULL);
    lock_drop(root);
}
