/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program and stops it in the middle of what it does to files.
 *
 *   inject DIR LOG all|changes none|kill|ERRNO|!COMMAND N[+MORE] \
 *       PROGRAM [ARGUMENT]...
 *
 * Counts, over all its threads, the calls that touch something below DIR (all
 * of them, or only those that can change something there), and does to the N-th
 * (from 1) and to as many MORE what is said: kills the program before it, lets it
 * fail with ERRNO (a number), or has the shell run COMMAND before it. LOG gets a line
 * for each: NUMBER NAME PATH. The status is that of the program; 137 when it was
 * killed; 125 when something else is wrong; 77 where the kernel does not let us look.
 *
 * It is not done with strace -e inject, because strace counts the calls of each
 * thread by itself: a save is the work of a worker, and the main thread would
 * always be the first to reach a count. Here the kernel asks us before each call
 * (seccomp's user notifications), in the order in which they are made. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define STATUS_WRONG 125
#define STATUS_SKIP 77
#define STATUS_KILLED 137

/* The first argument: descriptor, path, or both; of a link that is what it leads to, and
 * the same follows. */
enum subject { FD, PATH, AT, TO_PATH, TO_AT };
enum kind { READS, CHANGES, OPENS, LOCKS };

static const struct call {
    int number;
    const char *name;
    enum subject subject;
    enum kind kind;
} calls[] = {
#define CALL(name, subject, kind) { __NR_##name, #name, subject, kind }
#ifdef __NR_rename
    CALL(rename, PATH, CHANGES),
    CALL(link, PATH, CHANGES),
    CALL(symlink, TO_PATH, CHANGES),
    CALL(unlink, PATH, CHANGES),
    CALL(mkdir, PATH, CHANGES),
    CALL(rmdir, PATH, CHANGES),
    CALL(chmod, PATH, CHANGES),
    CALL(chown, PATH, CHANGES),
    CALL(access, PATH, READS),
#endif
    CALL(openat, AT, OPENS),
    CALL(read, FD, READS),
    CALL(write, FD, CHANGES),
    CALL(pwrite64, FD, CHANGES),
    CALL(writev, FD, CHANGES),
    CALL(fallocate, FD, CHANGES),
    CALL(ftruncate, FD, CHANGES),
    CALL(fsync, FD, CHANGES),
    CALL(fdatasync, FD, CHANGES),
    CALL(fchmod, FD, CHANGES),
    CALL(fchown, FD, CHANGES),
    CALL(fcntl, FD, LOCKS),
    CALL(flock, FD, CHANGES),
    CALL(getdents64, FD, READS),
    CALL(renameat, AT, CHANGES),
    CALL(renameat2, AT, CHANGES),
    CALL(linkat, AT, CHANGES),
    CALL(symlinkat, TO_AT, CHANGES),
    CALL(unlinkat, AT, CHANGES),
    CALL(mkdirat, AT, CHANGES),
    CALL(fchmodat, AT, CHANGES),
    CALL(fchownat, AT, CHANGES),
    CALL(newfstatat, AT, READS),
    CALL(statx, AT, READS),
    CALL(faccessat, AT, READS),
};

struct run {
    const char *dir;
    FILE *log;
    gboolean changes;  /* count no others */
    gboolean kills;
    int errnum;        /* 0: nothing fails */
    const char *command; /* NULL: none */
    int at, more, count;
    pid_t pid;
    int listener;
};

static _Noreturn void die(int status, const char *what)
{
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    exit(status);
}

/* The child. */

static int filter_install(void)
{
    struct sock_filter code[G_N_ELEMENTS(calls) + 3];
    struct sock_fprog program = { G_N_ELEMENTS(code), code };
    gsize n = 0;

    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             offsetof(struct seccomp_data, nr));
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        guint8 hit = (guint8)(G_N_ELEMENTS(calls) - i);

        code[n++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (guint32)calls[i].number, hit, 0);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                        SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

/* Nothing that the filter names may be called here: nobody listens yet. */
static gboolean fd_send(int socket, int fd)
{
    union control control = { .bytes = { 0 } };
    char byte = 0;
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof control.bytes };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(socket, &message, 0) == 1;
}

static int fd_receive(int socket)
{
    union control control = { .bytes = { 0 } };
    char byte = 0;
    struct iovec part = { &byte, 1 };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
                              .msg_control = control.bytes,
                              .msg_controllen = sizeof control.bytes };
    int fd = -1;

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message))
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static _Noreturn void child(int socket, char **argv)
{
    int listener = filter_install();

    if (listener < 0 || !fd_send(socket, listener))
        _exit(STATUS_SKIP);
    execv(argv[0], argv);
    _exit(STATUS_WRONG);
}

/* The parent. */

static char *fd_path(pid_t thread, int fd)
{
    g_autofree char *link =
        fd == AT_FDCWD ? g_strdup_printf("/proc/%d/cwd", (int)thread)
                       : g_strdup_printf("/proc/%d/fd/%d", (int)thread, fd);
    char path[PATH_MAX] = "";

    return readlink(link, path, sizeof path - 1) < 0 ? g_strdup("") : g_strdup(path);
}

/* A page at a time: what is behind the string may not be there. */
static char *text_at(pid_t thread, guint64 address)
{
    g_autofree char *name = g_strdup_printf("/proc/%d/mem", (int)thread);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    GString *text = g_string_new(NULL);

    if (fd < 0)
        die(STATUS_SKIP, name);
    while (text->len < PATH_MAX) {
        char page[4096];
        gsize room = sizeof page - (address + text->len) % sizeof page;
        gssize got = pread(fd, page, room, (off_t)(address + text->len));

        if (got <= 0)
            break;
        g_string_append_len(text, page, (gssize)strnlen(page, (gsize)got));
        if (memchr(page, '\0', (gsize)got))
            break;
    }
    close(fd);
    return g_string_free(text, FALSE);
}

/* What it is about. */
static char *path_of(const struct call *call, const struct seccomp_notif *asked)
{
    pid_t thread = (pid_t)asked->pid;
    gboolean to = call->subject == TO_PATH || call->subject == TO_AT;
    gboolean at = call->subject == AT || call->subject == TO_AT;
    const guint64 *args = (const guint64 *)asked->data.args + to;
    g_autofree char *dir = NULL, *name = NULL;

    if (call->subject == FD)
        return fd_path(thread, (int)args[0]);
    name = text_at(thread, args[at]);
    if (!at || name[0] == '/')
        return g_steal_pointer(&name);
    dir = fd_path(thread, (int)args[0]);
    return *name ? g_build_filename(dir, name, NULL) : g_steal_pointer(&dir);
}

static gboolean counts(const struct run *run, const struct call *call,
                       const struct seccomp_notif *asked)
{
    const guint64 *args = (const guint64 *)asked->data.args;

    if (call->kind == LOCKS)
        return args[1] == F_OFD_SETLK || args[1] == F_OFD_SETLKW;
    if (call->kind == CHANGES || !run->changes)
        return TRUE;
    return call->kind == OPENS && (args[2] & (O_WRONLY | O_RDWR | O_CREAT));
}

static const struct call *call_find(int number)
{
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}

/* TRUE: it is the one. */
static gboolean is_it(struct run *run, const struct seccomp_notif *asked)
{
    const struct call *call = call_find(asked->data.nr);
    g_autofree char *path = NULL;

    if (!call || !counts(run, call, asked))
        return FALSE;
    path = path_of(call, asked);
    if (!g_str_has_prefix(path, run->dir))
        return FALSE;
    fprintf(run->log, "%d %s %s\n", ++run->count, call->name, path);
    return run->count >= run->at && run->count <= run->at + run->more;
}

/* Words of a command, and no shell. */
static void command_run(const char *command)
{
    g_auto(GStrv) argv = NULL;
    int status = -1;

    if (!g_shell_parse_argv(command, NULL, &argv, NULL) ||
        !g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                      &status, NULL) ||
        status != 0)
        die(STATUS_WRONG, command);
}

static void answer(struct run *run)
{
    struct seccomp_notif asked = { 0 };
    struct seccomp_notif_resp reply = { 0 };

    if (ioctl(run->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0)
        return; /* the thread is gone */
    reply.id = asked.id;
    reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (is_it(run, &asked) && (run->kills || run->errnum || run->command)) {
        if (run->command)
            command_run(run->command);
        reply.flags = run->command ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
        reply.error = -run->errnum;
        if (run->kills) {
            kill(run->pid, SIGKILL);
            return;
        }
    }
    if (ioctl(run->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) != 0 && errno != ENOENT)
        die(STATUS_SKIP, "answer");
}

static int follow(struct run *run)
{
    int pidfd = (int)syscall(__NR_pidfd_open, run->pid, 0), status = 0;
    struct pollfd fds[] = { { run->listener, POLLIN, 0 }, { pidfd, POLLIN, 0 } };

    if (pidfd < 0)
        die(STATUS_SKIP, "pidfd_open");
    while (!(fds[1].revents & POLLIN)) {
        if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
            die(STATUS_WRONG, "poll");
        if (fds[0].revents & POLLIN)
            answer(run);
    }
    if (waitpid(run->pid, &status, 0) != run->pid)
        die(STATUS_WRONG, "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_program(struct run *run, char **argv)
{
    int sockets[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        die(STATUS_WRONG, "socketpair");
    run->pid = fork();
    if (run->pid < 0)
        die(STATUS_WRONG, "fork");
    if (run->pid == 0)
        child(sockets[1], argv);
    close(sockets[1]);
    run->listener = fd_receive(sockets[0]);
    if (run->listener < 0)
        die(STATUS_SKIP, "seccomp");
    return follow(run);
}

int main(int argc, char **argv)
{
    struct run run = { 0 };
    int status;

    if (argc < 7) {
        errno = EINVAL;
        die(STATUS_WRONG, "usage");
    }
    run.dir = argv[1];
    run.log = fopen(argv[2], "we");
    run.changes = strcmp(argv[3], "changes") == 0;
    run.kills = strcmp(argv[4], "kill") == 0;
    run.command = argv[4][0] == '!' ? argv[4] + 1 : NULL;
    run.errnum = atoi(argv[4]);
    run.at = atoi(argv[5]);
    if (strchr(argv[5], '+'))
        run.more = atoi(strchr(argv[5], '+') + 1);
    if (!run.log)
        die(STATUS_WRONG, argv[2]);
    status = run_program(&run, argv + 6);
    fclose(run.log);
    return status;
}
