/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stand-in for `lvm` 2.03.16: what it has is in the directory QMC_LVM_DIR, which is
 * all that tells it from others. Says and exits what the real one does (the words are
 * those of a run in the lab).
 *
 *   state   a line per volume: VG|LV|POOL|SIZE|ORIGIN|TAGS|ACTIVE; the thin pools have
 *           themselves as their pool, and the size of their metadata as their origin
 *   free    bytes that are left in each volume group
 *   mapper  the devices, as files
 *   pool    DATA METADATA ATTR CHECK of the thin pools, as lvs says them
 *   open    names of volumes that somebody has open
 *   log     the arguments of each call, one per line
 *   fault   N MODE: the N-th change from now on
 *             fails   does nothing and says so
 *             late    does it and says that it failed
 *             dies    does it and is killed
 *             lies    does nothing and says that it did
 *             hangs   does nothing, for ever */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

enum { EXTENT = 65536, BAD = 3, FAILED = 5 };
enum { F_VG, F_LV, F_POOL, F_SIZE, F_ORIGIN, F_TAGS, F_ACTIVE, FIELDS };

static const char *home;
static GPtrArray *volumes; /* char *[FIELDS + 1] */

static char *file(const char *name)
{
    return g_build_filename(home, name, NULL);
}

/* --- what there is --- */

static void load(void)
{
    g_autofree char *path = file("state"), *text = NULL;
    g_auto(GStrv) lines = NULL;

    volumes = g_ptr_array_new();
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line)
            g_ptr_array_add(volumes, g_strsplit(*line, "|", FIELDS));
}

static void must_do(gboolean done)
{
    if (!done) {
        perror("lvm");
        abort();
    }
}

/* Not to the disk: that takes longer than all the rest. */
static void put(const char *name, const char *text)
{
    g_autofree char *path = file(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    must_do(fd >= 0 && dprintf(fd, "%s", text) >= 0);
    close(fd);
}

static void save(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < volumes->len; i++) {
        g_autofree char *line = g_strjoinv("|", volumes->pdata[i]);

        g_string_append_printf(text, "%s\n", line);
    }
    put("state", text->str);
}

static char **find(const char *vg, const char *lv)
{
    for (guint i = 0; i < volumes->len; i++) {
        char **volume = volumes->pdata[i];

        if (strcmp(volume[F_VG], vg) == 0 && strcmp(volume[F_LV], lv) == 0)
            return volume;
    }
    return NULL;
}

static gboolean vg_exists(const char *vg)
{
    for (guint i = 0; i < volumes->len; i++)
        if (strcmp(((char **)volumes->pdata[i])[F_VG], vg) == 0)
            return TRUE;
    return FALSE;
}

static void set(char **volume, int field, const char *value)
{
    g_free(volume[field]);
    volume[field] = g_strdup(value);
}

static gboolean is_active(char **volume)
{
    return strcmp(volume[F_ACTIVE], "a") == 0;
}

/* Of an inactive one the file is hidden: it has no device. */
static char *device(char **volume, gboolean active)
{
    GString *name = g_string_new(active ? "" : ".");

    for (int i = F_VG; i <= F_LV; i++) {
        if (i > F_VG)
            g_string_append_c(name, '-');
        for (const char *c = volume[i]; *c; c++)
            g_string_append_printf(name, *c == '-' ? "--" : "%c", *c);
    }

    g_autofree char *full = g_string_free(name, FALSE);

    return g_build_filename(home, "mapper", full, NULL);
}

static int say(int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    return status;
}

static int no_vg(const char *vg)
{
    return say(FAILED, "  Volume group \"%s\" not found\n  Cannot process volume group %s\n",
               vg, vg);
}

/* --- arguments --- */

static const char *option(char **args, const char *name)
{
    for (; *args && strcmp(*args, "--") != 0; args++)
        if (g_str_has_prefix(*args, name) && (*args)[strlen(name)] == '=')
            return *args + strlen(name) + 1;
    return NULL;
}

static gboolean flag(char **args, const char *name)
{
    for (; *args && strcmp(*args, "--") != 0; args++)
        if (strcmp(*args, name) == 0)
            return TRUE;
    return FALSE;
}

/* The n-th "VG/LV" behind "--"; stays until the end. */
static char **operand(char **args, int n)
{
    static char **parts[2];

    while (*args && strcmp(*args, "--") != 0)
        args++;
    if (!*args || (int)g_strv_length(args + 1) <= n || !strchr(args[n + 1], '/'))
        exit(say(BAD, "  No command with matching syntax recognised.\n"));
    return parts[n] = g_strsplit(args[n + 1], "/", 2);
}

/* --- the commands --- */

static void pool_figures(char data[16], char meta[16], char attr[16], char check[16])
{
    g_autofree char *path = file("pool"), *text = NULL;

    *check = '\0';
    if (!g_file_get_contents(path, &text, NULL, NULL) ||
        sscanf(text, "%15s %15s %15s %15s", data, meta, attr, check) < 3) {
        strcpy(data, "12.50");
        strcpy(meta, "11.04");
        strcpy(attr, "twi-aotz--");
    }
}

static guint64 number(const char *text)
{
    return g_ascii_strtoull(text, NULL, 10);
}

static guint64 left_free(void)
{
    g_autofree char *path = file("free"), *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? number(text) : 16 << 20;
}

static guint64 metadata_of(char **volume)
{
    return *volume[F_ORIGIN] ? number(volume[F_ORIGIN]) : 4 << 20;
}

static void list_pool(char **volume)
{
    char data[16], meta[16], attr[16], check[16];

    pool_figures(data, meta, attr, check);
    printf("  %s||%s|%s|%s|%s||%" G_GUINT64_FORMAT "|%s||%d|%s|%" G_GUINT64_FORMAT "\n",
           volume[F_VG], volume[F_LV], volume[F_SIZE], data, attr, metadata_of(volume), meta,
           EXTENT, check, left_free());
}

static gboolean is_open(char **volume)
{
    g_autofree char *path = file("open"), *text = NULL;
    g_auto(GStrv) names = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    names = g_strsplit(text, "\n", -1);
    return g_strv_contains((const char *const *)names, volume[F_LV]);
}

static int list(char **args)
{
    for (guint i = 0; i < volumes->len; i++) {
        char **volume = volumes->pdata[i];
        g_autofree char *path = device(volume, is_active(volume));
        struct stat st = {0};
        char percent[16] = "";

        if (strcmp(volume[F_POOL], volume[F_LV]) == 0) {
            list_pool(volume);
            continue;
        }
        if (is_active(volume) && stat(path, &st) == 0)
            g_snprintf(percent, sizeof percent, "%.2f",
                       MIN(100.0, (double)st.st_blocks * 51200.0 / atof(volume[F_SIZE])));
        printf("  %s|%s|%s|%s|%s|Vwi-%c%ctz--|%s|||%s|%d|unknown|%" G_GUINT64_FORMAT "\n",
               volume[F_VG], volume[F_POOL], volume[F_LV], volume[F_SIZE], percent,
               is_active(volume) ? 'a' : '-', is_open(volume) ? 'o' : '-',
               volume[F_ORIGIN], volume[F_TAGS], EXTENT, left_free());
    }
    return 0;
}

static int check_new(const char *vg, const char *lv)
{
    static const char *const reserved[] = {"_cvol", "_tdata", "_tmeta", "_cdata"};

    for (gsize i = 0; i < G_N_ELEMENTS(reserved); i++)
        if (strstr(lv, reserved[i]))
            return say(BAD, "  Names including \"%s\" are reserved. Please choose a different "
                       "LV name.\n  Run `lvcreate --help' for more information.\n",
                       reserved[i]);
    if (find(vg, lv))
        return say(FAILED, "  Logical Volume \"%s\" already exists in volume group \"%s\"\n",
                   lv, vg);
    return 0;
}

/* The pool lets nothing more in. */
static int check_space(const char *vg, const char *pool)
{
    char data[16], meta[16], attr[16], check[16];

    pool_figures(data, meta, attr, check);
    if (atof(data) < 100 && atof(meta) < 100)
        return 0;
    return say(FAILED, "  WARNING: Thin pool %s/%s is out of data space.\n  Cannot create new "
               "thin volume, free space in thin pool %s/%s reached threshold.\n",
               vg, pool, vg, pool);
}

static void warn_sum(const char *vg, const char *pool)
{
    printf("  WARNING: You have not turned on protection against thin pools running out of "
           "space.\n");
    say(0, "  WARNING: Sum of all thin volume sizes (<9.33 GiB) exceeds the size of thin pool "
        "%s/%s and the size of whole volume group (596.00 MiB).\n", vg, pool);
}

static char **add(const char *vg, const char *lv, const char *pool, guint64 size)
{
    char **volume = g_new0(char *, FIELDS + 1);

    volume[F_VG] = g_strdup(vg);
    volume[F_LV] = g_strdup(lv);
    volume[F_POOL] = g_strdup(pool);
    volume[F_SIZE] = g_strdup_printf("%" G_GUINT64_FORMAT, size);
    volume[F_ORIGIN] = g_strdup("");
    volume[F_TAGS] = g_strdup("");
    volume[F_ACTIVE] = g_strdup("a");
    g_ptr_array_add(volumes, volume);
    return volume;
}

static guint64 rounded(const char *text)
{
    return (g_ascii_strtoull(text, NULL, 10) + EXTENT - 1) / EXTENT * EXTENT;
}

static int create(char **args)
{
    char **at = operand(args, 0);
    const char *lv = option(args, "--name"), *size = option(args, "--virtualsize");
    g_autofree char *path = NULL;
    int status, fd;

    if (!vg_exists(at[0]))
        return no_vg(at[0]);
    if (!find(at[0], at[1]))
        return say(FAILED, "  Pool %s not found in Volume group %s.\n", at[1], at[0]);
    if (g_ascii_strtoull(size, NULL, 10) % 512)
        return say(BAD, "  Size is not a multiple of 512. Try using 0 or 1.\n");
    if ((status = check_new(at[0], lv)) || (status = check_space(at[0], at[1])))
        return status;
    path = device(add(at[0], lv, at[1], rounded(size)), TRUE);
    fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    must_do(fd >= 0 && ftruncate(fd, (off_t)rounded(size)) == 0);
    printf("  Logical volume \"%s\" created.\n", lv);
    warn_sum(at[0], at[1]);
    return 0;
}

/* Not by sendfile(): a snapshot is as sparse as what it is of. */
static void copy(const char *from, const char *to)
{
    int in = open(from, O_RDONLY), out = open(to, O_RDWR | O_CREAT | O_EXCL, 0600);
    char block[65536];
    struct stat st;

    must_do(in >= 0 && out >= 0 && fstat(in, &st) == 0 && ftruncate(out, st.st_size) == 0);
    for (off_t at = lseek(in, 0, SEEK_DATA); at >= 0; at = lseek(in, at, SEEK_DATA)) {
        ssize_t got = pread(in, block, sizeof block, at);

        must_do(got > 0 && pwrite(out, block, (size_t)got, at) == got);
        at += got;
    }
    close(in);
    close(out);
}

static int snapshot(char **args)
{
    char **at = operand(args, 0), **of = find(at[0], at[1]), **made;
    const char *full = option(args, "--name"), *lv = full ? strchr(full, '/') : NULL;
    g_autofree char *from = NULL, *to = NULL;
    int status;

    if (!lv)
        return say(BAD, "  Please provide a volume group name\n");
    if (!vg_exists(at[0]))
        return no_vg(at[0]);
    if (!of)
        return say(FAILED, "  Snapshot origin LV %s not found in Volume group %s.\n", at[1],
                   at[0]);
    if ((status = check_new(at[0], lv + 1)) || (status = check_space(at[0], of[F_POOL])))
        return status;
    made = add(at[0], lv + 1, of[F_POOL], rounded(of[F_SIZE]));
    set(made, F_ORIGIN, at[1]);
    from = device(of, is_active(of));
    to = device(made, TRUE);
    copy(from, to);
    printf("  Logical volume \"%s\" created.\n", lv + 1);
    warn_sum(at[0], of[F_POOL]);
    return 0;
}

static int rename_lv(char **args)
{
    char **from = operand(args, 0), **to = operand(args, 1);
    char **volume = find(from[0], from[1]);
    g_autofree char *old = NULL, *new = NULL;

    if (!vg_exists(from[0]))
        return no_vg(from[0]);
    if (!volume)
        return say(FAILED, "  Existing logical volume \"%s\" not found in volume group \"%s\"\n",
                   from[1], from[0]);
    if (find(to[0], to[1]))
        return say(FAILED, "  Logical Volume \"%s\" already exists in volume group \"%s\"\n",
                   to[1], to[0]);
    old = device(volume, is_active(volume));
    set(volume, F_LV, to[1]);
    new = device(volume, is_active(volume));
    must_do(rename(old, new) == 0);
    for (guint i = 0; i < volumes->len; i++)
        if (strcmp(((char **)volumes->pdata[i])[F_ORIGIN], from[1]) == 0)
            set(volumes->pdata[i], F_ORIGIN, to[1]);
    printf("  Renamed \"%s\" to \"%s\" in volume group \"%s\"\n", from[1], to[1], from[0]);
    return 0;
}

/* NULL, having said so, if it is not there. */
static char **wanted(char **args, int *status)
{
    char **at = operand(args, 0), **volume = find(at[0], at[1]);

    *status = volume          ? 0
              : vg_exists(at[0]) ? say(FAILED, "  Failed to find logical volume \"%s/%s\"\n",
                                       at[0], at[1])
                                 : no_vg(at[0]);
    return volume;
}

static int resize(char **args)
{
    int status;
    char **volume = wanted(args, &status);
    guint64 size = rounded(option(args, "--size"));
    guint64 now = volume ? g_ascii_strtoull(volume[F_SIZE], NULL, 10) : 0;
    g_autofree char *path = NULL, *text = NULL;

    if (!volume)
        return status;
    if (size == now)
        return say(FAILED, "  New size (3 extents) matches existing size (3 extents).\n");
    if (size < now && !flag(args, "--yes"))
        return say(FAILED, "  WARNING: Reducing active logical volume to 8.00 MiB.\n  THIS MAY "
                   "DESTROY YOUR DATA (filesystem etc.)\nDo you really want to reduce %s/%s? "
                   "[y/n]: [n]\n  Logical volume %s/%s NOT reduced.\n", volume[F_VG],
                   volume[F_LV], volume[F_VG], volume[F_LV]);
    path = device(volume, is_active(volume));
    text = g_strdup_printf("%" G_GUINT64_FORMAT, size);
    must_do(truncate(path, (off_t)size) == 0);
    set(volume, F_SIZE, text);
    return 0;
}

/* Of the thin pool its data or its metadata, by so much. */
static int extend(char **args)
{
    int status;
    char **volume = wanted(args, &status);
    const char *data = option(args, "--size"), *metadata = option(args, "--poolmetadatasize");
    const char *by = data ? data : metadata;
    g_autofree char *now = NULL, *left = NULL;
    guint64 more;

    if (!volume)
        return status;
    if (!by || *by != '+' || strcmp(volume[F_POOL], volume[F_LV]) != 0)
        return say(BAD, "  No command with matching syntax recognised.\n");
    if (number(by + 1) % 512)
        return say(BAD, "  Size is not a multiple of 512. Try using 0 or 1.\n");
    more = rounded(by + 1);
    if (more > left_free())
        return say(FAILED, "  Insufficient free space: %d extents needed, but only %d "
                   "available\n", (int)(more / EXTENT), (int)(left_free() / EXTENT));
    left = g_strdup_printf("%" G_GUINT64_FORMAT, left_free() - more);
    now = g_strdup_printf("%" G_GUINT64_FORMAT,
                          (data ? number(volume[F_SIZE]) : metadata_of(volume)) + more);
    put("free", left);
    set(volume, data ? F_SIZE : F_ORIGIN, now);
    return 0;
}

static void activate(char **volume, const char *how)
{
    g_autofree char *before = device(volume, is_active(volume)), *after = NULL;

    set(volume, F_ACTIVE, strcmp(how, "y") == 0 ? "a" : "-");
    after = device(volume, is_active(volume));
    if (strcmp(before, after) != 0)
        must_do(rename(before, after) == 0);
}

static int change(char **args)
{
    const char *how = option(args, "--activate"), *tag = option(args, "--addtag");
    int status;
    char **volume = wanted(args, &status);

    if (!volume)
        return status;
    if (how)
        activate(volume, how);
    else
        set(volume, F_TAGS, tag ? tag : "");
    return 0;
}

static int remove_lv(char **args)
{
    int status;
    char **volume = wanted(args, &status);
    g_autofree char *path = NULL;

    if (!volume)
        return status;
    if (is_open(volume))
        return say(FAILED, "  Logical volume %s/%s in use.\n", volume[F_VG], volume[F_LV]);
    path = device(volume, is_active(volume));
    must_do(unlink(path) == 0);
    g_ptr_array_remove(volumes, volume);
    for (guint i = 0; i < volumes->len; i++)
        if (strcmp(((char **)volumes->pdata[i])[F_ORIGIN], volume[F_LV]) == 0)
            set(volumes->pdata[i], F_ORIGIN, "");
    g_strfreev(volume);
    return 0;
}

static int version(char **args)
{
    printf("  LVM version:     2.03.16(2) (2022-05-18)\n"
           "  Library version: 1.02.185 (2022-05-18)\n");
    return 0;
}

static const struct {
    const char *name, *with;
    int (*run)(char **args);
    gboolean changes;
} commands[] = {
    {"lvs", NULL, list, FALSE},
    {"version", NULL, version, FALSE},
    {"lvcreate", "--snapshot", snapshot, TRUE},
    {"lvcreate", "--thin", create, TRUE},
    {"lvrename", NULL, rename_lv, TRUE},
    {"lvresize", NULL, resize, TRUE},
    {"lvextend", NULL, extend, TRUE},
    {"lvchange", NULL, change, TRUE},
    {"lvremove", NULL, remove_lv, TRUE},
};

/* --- faults --- */

/* NULL: none now. */
static char *fault(void)
{
    g_autofree char *path = file("fault"), *text = NULL, *next = NULL;
    char mode[16];
    int left;

    if (!g_file_get_contents(path, &text, NULL, NULL) ||
        sscanf(text, "%d %15s", &left, mode) != 2 || left < 1)
        return NULL;
    next = g_strdup_printf("%d %s", left - 1, mode);
    put("fault", next);
    return left == 1 ? g_strdup(mode) : NULL;
}

static int with_fault(int (*run)(char **), char **args, const char *mode)
{
    int status;

    if (strcmp(mode, "fails") == 0)
        return say(FAILED, "  device-mapper: message ioctl failed: Input/output error\n");
    if (strcmp(mode, "lies") == 0)
        return 0;
    while (strcmp(mode, "hangs") == 0)
        pause();
    status = run(args);
    save();
    if (strcmp(mode, "dies") == 0)
        kill(getpid(), SIGKILL);
    return status ? status : say(FAILED, "  Failed to write VG.\n");
}

static void note(char **args)
{
    g_autofree char *path = file("log"), *line = g_strjoinv(" ", args);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    must_do(fd >= 0 && dprintf(fd, "%s\n", line) > 0);
    close(fd);
}

static int dispatch(char **args)
{
    for (gsize i = 0; *args && i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *mode = NULL;
        int status;

        if (strcmp(commands[i].name, *args) != 0 ||
            (commands[i].with && !flag(args, commands[i].with)))
            continue;
        if (commands[i].changes && (mode = fault()))
            return with_fault(commands[i].run, args, mode);
        status = commands[i].run(args);
        if (commands[i].changes && status == 0)
            save();
        return status;
    }
    return say(2, "  Unknown command\n");
}

int main(int argc, char **argv)
{
    g_autofree char *path = NULL;
    int fd, status;

    home = g_getenv("QMC_LVM_DIR");
    if (!home)
        return say(4, "  QMC_LVM_DIR is not set\n");
    path = file("lock");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    must_do(fd >= 0 && flock(fd, LOCK_EX) == 0);
    note(argv + 1);
    load();
    status = dispatch(argv + 1);
    fflush(stdout);
    return status;
}
