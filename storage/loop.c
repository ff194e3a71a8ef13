/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "storage/image.h"
#include "util/error.h"
#include "util/job.h"

/* Others may take the free number first. */
enum { ATTEMPTS = 5 };

static int open_control(GError **error)
{
    int fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
        error_set(error, QMC_ERROR_UNSUPPORTED, "load the kernel module 'loop'",
                  "cannot open '/dev/loop-control': the kernel has no loop devices");
    else if (errno == EACCES || errno == EPERM)
        error_set(error, QMC_ERROR_DENIED, "run qmc as root",
                  "cannot open '/dev/loop-control': %s", g_strerror(errno));
    else
        image_error(error, errno, "open", "/dev/loop-control");
    return -1;
}

static gboolean configure(int device, int image, gboolean readonly)
{
    struct loop_config config = {
        .fd = (guint32)image,
        .block_size = 512,
        .info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0u),
    };

    return ioctl(device, LOOP_CONFIGURE, &config) == 0;
}

/* Returns a descriptor, or -1 with errno. The exclusive one keeps other
 * programs off while the device is set up; who gets the device must be able to
 * open it, so a plain one takes its place. */
static int try_attach(int control, int image, gboolean readonly, char **device)
{
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    g_autofree char *path = g_strdup_printf("/dev/loop%d", number);
    auto_fd int exclusive = -1;
    int fd;

    if (number < 0)
        return -1;
    exclusive = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
    if (exclusive < 0 || !configure(exclusive, image, readonly))
        return -1;
    fd = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd >= 0)
        *device = g_steal_pointer(&path);
    return fd;
}

static gboolean was_taken(int errnum)
{
    return errnum == EBUSY || errnum == ENXIO;
}

int loop_attach(const char *image, gboolean readonly, char **device,
                GError **error)
{
    static GMutex guard; /* our own threads need not race for a number */
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker = g_mutex_locker_new(&guard);

    job_may_block();
    auto_fd int file = open(image, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);

    if (file < 0) {
        image_error(error, errno, "open", image);
        return -1;
    }
    auto_fd int control = open_control(error);

    if (control < 0)
        return -1;
    for (int i = 0; i < ATTEMPTS; i++) {
        int fd = try_attach(control, file, readonly, device);

        if (fd >= 0)
            return fd;
        if (!was_taken(errno))
            break;
    }
    image_error(error, errno, "attach a loop device to", image);
    return -1;
}

/* Whether the image is behind a device; FALSE (errno) if that cannot be asked. */
static gboolean device_holds(int fd, const struct stat *image, gboolean *holds)
{
    struct loop_info64 info = {0};

    *holds = FALSE;
    if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
        return errno == ENXIO; /* it is free */
    *holds = info.lo_device == image->st_dev && info.lo_inode == image->st_ino;
    return TRUE;
}

/* What the kernel calls the file; good enough where the device itself cannot be
 * asked. */
static gboolean name_holds(const char *entry, const char *image)
{
    g_autofree char *file =
        g_strdup_printf("/sys/block/%s/loop/backing_file", entry);
    g_autofree char *real = realpath(image, NULL);
    g_autofree char *name = NULL;

    if (!g_file_get_contents(file, &name, NULL, NULL))
        return FALSE;
    return real && g_str_equal(g_strchomp(name), real);
}

static gboolean is_bound(const char *entry)
{
    g_autofree char *file =
        g_strdup_printf("/sys/block/%s/loop/backing_file", entry);

    return access(file, F_OK) == 0;
}

/* Names of the devices that have a file; where nobody mounted /sys, of all. */
static GPtrArray *bound_devices(void)
{
    GPtrArray *entries = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) sys = g_dir_open("/sys/block", 0, NULL);
    g_autoptr(GDir) dev = sys ? NULL : g_dir_open("/dev", 0, NULL);
    GDir *dir = sys ? sys : dev;
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir)))
        if (g_str_has_prefix(entry, "loop") && g_ascii_isdigit(entry[4]) &&
            (dev || is_bound(entry)))
            g_ptr_array_add(entries, g_strdup(entry));
    return entries;
}

/* *fd is the device opened with these rights, or a negative errno. */
static gboolean is_user(const char *entry, const char *image, const struct stat *st,
                        int rights, int *fd)
{
    g_autofree char *device = g_strconcat("/dev/", entry, NULL);
    auto_fd int opened = open(device, rights | O_CLOEXEC);
    gboolean holds = FALSE;

    if (opened < 0 || !device_holds(opened, st, &holds)) {
        *fd = -errno;
        return name_holds(entry, image);
    }
    *fd = auto_fd_steal(&opened);
    return holds;
}

static gboolean refresh_device(const char *entry, const char *image,
                               const struct stat *st, GError **error)
{
    auto_fd int fd = -1;

    /* Reading suffices (spec/storage.md R-4). */
    if (!is_user(entry, image, st, O_RDONLY, &fd))
        return TRUE;
    /* ENXIO: it was given up in between. */
    if (fd >= 0 && (ioctl(fd, LOOP_SET_CAPACITY) == 0 || errno == ENXIO))
        return TRUE;
    image_error(error, fd < 0 ? -fd : errno,
                "tell the new size to the loop device of", image);
    return FALSE;
}

gboolean loop_refresh(const char *image, GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;
    struct stat st;

    job_may_block();
    if (stat(image, &st) < 0) {
        image_error(error, errno, "look at", image);
        return FALSE;
    }
    entries = bound_devices();
    for (guint i = 0; i < entries->len; i++)
        if (!refresh_device(g_ptr_array_index(entries, i), image, &st, error))
            return FALSE;
    return TRUE;
}

GPtrArray *loop_users(const char *image)
{
    GPtrArray *users = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) entries = NULL;
    struct stat st;

    job_may_block();
    if (stat(image, &st) < 0)
        return users;
    entries = bound_devices();
    for (guint i = 0; i < entries->len; i++) {
        const char *entry = g_ptr_array_index(entries, i);
        auto_fd int fd = -1;

        if (is_user(entry, image, &st, O_RDONLY, &fd))
            g_ptr_array_add(users, g_strconcat("/dev/", entry, NULL));
    }
    return users;
}

static gboolean may_only_be_read(int errnum)
{
    return errnum == EROFS || errnum == EACCES || errnum == EPERM;
}

/* *fd is a device on the image; -1: there is none. FALSE: there is one, and it cannot be
 * used. A second one beside it would hide what is written (spec/storage.md F-2). */
static gboolean open_user(const char *image, const struct stat *st, int *fd, char **device,
                          GError **error)
{
    g_autoptr(GPtrArray) entries = bound_devices();

    *fd = -1;
    for (guint i = 0; i < entries->len; i++) {
        const char *entry = entries->pdata[i];
        auto_fd int user = -1;
        gboolean is = is_user(entry, image, st, O_RDWR, &user);

        if (user < 0 && may_only_be_read(-user))
            is = is_user(entry, image, st, O_RDONLY, &user);
        if (!is)
            continue;
        *device = g_strconcat("/dev/", entry, NULL);
        *fd = auto_fd_steal(&user);
        if (*fd >= 0)
            return TRUE;
        image_error(error, -*fd, "open", *device);
        return FALSE;
    }
    return TRUE;
}

static gboolean is_whole(int fd)
{
    struct loop_info64 info = {0};

    return ioctl(fd, LOOP_GET_STATUS64, &info) == 0 && info.lo_offset == 0 &&
           info.lo_sizelimit == 0 && !(info.lo_flags & LO_FLAGS_READ_ONLY);
}

int loop_attach_one(const char *image, char **device, GError **error)
{
    g_autofree char *path = NULL;
    auto_fd int fd = -1;
    struct stat st;

    job_may_block();
    if (stat(image, &st) < 0) {
        image_error(error, errno, "look at", image);
        return -1;
    }
    if (!open_user(image, &st, &fd, &path, error))
        return -1;
    if (fd < 0)
        return loop_attach(image, FALSE, device, error);
    if (!is_whole(fd)) {
        error_set(error, QMC_ERROR_BUSY, "see with 'losetup -l' whose it is, and detach it",
                  "'%s' is on %s, which is read-only or shows a part of it", image, path);
        return -1;
    }
    *device = g_steal_pointer(&path);
    return auto_fd_steal(&fd);
}
