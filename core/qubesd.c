/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/qubesd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "util/auto.h"
#include "util/job.h"

#define HINT_TOOLS "use qubesd's own tools (qvm-*), or stop qubesd first"

/* Needs no argument, changes nothing and has a short answer. */
static const char question[] = "admin.label.List dom0 name dom0";

static gint64 now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

static gboolean wait_for(int fd, short events, gint64 deadline)
{
    struct pollfd p = { .fd = fd, .events = events };
    gint64 left;
    int n;

    do {
        left = MAX(deadline - now_ms(), 0);
        n = poll(&p, 1, (int)left);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

/* A path below a deep root does not fit into sun_path, one through the
 * directory's descriptor always does. */
static int connect_socket(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *base = g_path_get_basename(path);
    auto_fd int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    auto_fd int fd = -1;
    struct sockaddr_un addr = { .sun_family = AF_UNIX };

    if (dir_fd < 0)
        return -1;
    g_snprintf(addr.sun_path, sizeof addr.sun_path, "/proc/self/fd/%d/%s",
               dir_fd, base);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof addr) != 0)
        return -1;
    return auto_fd_steal(&fd);
}

static enum qubesd_answer ask(int fd, gint64 deadline)
{
    char untrusted_reply[2];
    ssize_t n;

    if (!wait_for(fd, POLLOUT, deadline))
        return QUBESD_SILENT;
    if (send(fd, question, sizeof question, MSG_NOSIGNAL) !=
        (ssize_t)sizeof question)
        return QUBESD_CLOSED;
    shutdown(fd, SHUT_WR);
    if (!wait_for(fd, POLLIN, deadline))
        return QUBESD_SILENT;
    n = recv(fd, untrusted_reply, sizeof untrusted_reply, 0);
    return n > 0 ? QUBESD_ANSWERS : QUBESD_CLOSED;
}

enum qubesd_answer qubesd_probe(const char *path, int timeout_ms)
{
    gint64 deadline = now_ms() + timeout_ms;
    auto_fd int fd = -1;

    job_may_block();
    fd = connect_socket(path);
    if (fd >= 0)
        return ask(fd, deadline);
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
        return QUBESD_NONE;
    if (errno == EACCES || errno == EPERM)
        return QUBESD_DENIED;
    return errno == EAGAIN ? QUBESD_SILENT : QUBESD_CLOSED;
}

gboolean qubesd_absent(const char *path)
{
    struct stat st;

    return stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static const struct {
    const char *reason, *hint;
} answers[] = {
    [QUBESD_ANSWERS] = { "qubesd is running and owns the store", HINT_TOOLS },
    [QUBESD_SILENT] = { "somebody holds the socket of qubesd and does not answer",
                        HINT_TOOLS },
    [QUBESD_CLOSED] = { "the socket of qubesd exists and cannot be asked", HINT_TOOLS },
    [QUBESD_DENIED] = { "this user may not see whether qubesd is running",
                        "run qmc as root, or as a user of the group 'qubes'" },
};

const char *qubesd_reason(enum qubesd_answer answer)
{
    return answers[answer].reason;
}

const char *qubesd_hint(enum qubesd_answer answer)
{
    return answers[answer].hint;
}
