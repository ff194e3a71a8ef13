/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "util/auto.h"
#include "util/error.h"

#define PROC_CAPTURE_DEFAULT (64 * 1024)
#define PROC_GRACE_MS 2000
/* Without pidfd the child is looked at this often. */
#define PROC_POLL_MS 20

/* Descriptors are numbered in the child: 0-2 and the one that tells of exec. */
enum { CHILD_IN, CHILD_OUT, CHILD_ERR, CHILD_STATUS, CHILD_FDS };

struct stream {
    int fd; /* -1 at its end */
    GString *text;
    gboolean cut;
};

struct child {
    const struct proc_spec *spec;
    char *program;
    char **env;
    pid_t pid;
    int pidfd;
    int status_fd;
    struct stream streams[2];
    gsize cap;
    gint64 ends;           /* monotonic us; 0: never */
    gint64 kills;          /* 0: no SIGTERM sent yet */
    QmcErrorCode ended_by; /* TIMEOUT or CANCELLED, once kills is set */
};

static void child_clear(struct child *child)
{
    g_free(child->program);
    g_strfreev(child->env);
    auto_fd_close(&child->pidfd);
    auto_fd_close(&child->status_fd);
    for (int i = 0; i < 2; i++) {
        auto_fd_close(&child->streams[i].fd);
        if (child->streams[i].text)
            g_string_free(child->streams[i].text, TRUE);
    }
}

static char **proc_environment(const struct proc_spec *spec)
{
    char **env = g_get_environ();

    for (const char *const *name = spec->unset; name && *name; name++)
        env = g_environ_unsetenv(env, *name);
    for (const char *const *pair = spec->env; pair && *pair; pair++) {
        const char *equals = strchr(*pair, '=');
        g_autofree char *name = NULL;

        g_assert(equals);
        name = g_strndup(*pair, (gsize)(equals - *pair));
        env = g_environ_setenv(env, name, equals + 1, TRUE);
    }
    return env;
}

/* The child's stdin. In memory rather than a pipe: nobody has to write while
 * the child runs, and a child that does not read breaks nothing. */
static int proc_input(GBytes *input)
{
    auto_fd int fd = -1;
    gsize len, done = 0;
    const char *data;

    if (!input)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    data = g_bytes_get_data(input, &len);
    fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    while (done < len) {
        ssize_t n = write(fd, data + done, len - done);

        if (n < 0 && errno != EINTR)
            return -1;
        done += n > 0 ? (gsize)n : 0;
    }
    if (lseek(fd, 0, SEEK_SET) != 0)
        return -1;
    return auto_fd_steal(&fd);
}

/* From here to exec only what is safe after fork in a program with threads. */

static void child_close_from(unsigned int first)
{
    struct rlimit limit = { .rlim_cur = 1024 };

    if (syscall(SYS_close_range, first, ~0u, 0) == 0)
        return;
    getrlimit(RLIMIT_NOFILE, &limit);
    for (rlim_t fd = first; fd < limit.rlim_cur; fd++)
        close((int)fd);
}

static void child_reset_signals(void)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        sigaction(i, &standard, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child_fail(int status_fd)
{
    int errnum = errno;
    ssize_t n = write(status_fd, &errnum, sizeof errnum);

    _exit(n > 0 ? 127 : 126);
}

static _Noreturn void child_exec(const struct child *child, int fds[CHILD_FDS])
{
    int status_fd = fds[CHILD_STATUS];

    /* a session of its own: its group can be killed, and it cannot read the
     * keys of our terminal */
    setsid();
    child_reset_signals();
    for (int i = 0; i < CHILD_FDS; i++) /* out of the way of 0-3 */
        if ((fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, CHILD_FDS)) < 0)
            child_fail(status_fd);
    for (int i = 0; i < CHILD_FDS; i++)
        if (dup3(fds[i], i, i == CHILD_STATUS ? O_CLOEXEC : 0) < 0)
            child_fail(fds[CHILD_STATUS]);
    child_close_from(CHILD_FDS);
    execve(child->program, (char *const *)(gintptr)child->spec->argv, child->env);
    child_fail(CHILD_STATUS);
}

/* Back in the parent's world. */

static gboolean proc_pipes(int in[CHILD_FDS], int out[CHILD_FDS])
{
    for (int i = CHILD_OUT; i < CHILD_FDS; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) != 0)
            return FALSE;
        in[i] = ends[1];
        out[i] = ends[0];
    }
    return TRUE;
}

static void proc_close_all(int fds[CHILD_FDS])
{
    for (int i = 0; i < CHILD_FDS; i++)
        auto_fd_close(&fds[i]);
}

/* Forks; 0 or an errno. All signals are blocked meanwhile, so that no handler
 * of ours runs in the child. */
static int child_fork(struct child *child)
{
    int theirs[CHILD_FDS] = { -1, -1, -1, -1 }, ours[CHILD_FDS] = { -1, -1, -1, -1 };
    sigset_t all, before;
    int errnum = 0;

    theirs[CHILD_IN] = proc_input(child->spec->input);
    if (theirs[CHILD_IN] < 0 || !proc_pipes(theirs, ours)) {
        errnum = errno;
        proc_close_all(theirs);
        proc_close_all(ours);
        return errnum;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    child->pid = fork();
    if (child->pid == 0)
        child_exec(child, theirs);
    errnum = child->pid < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    proc_close_all(theirs);
    child->streams[0].fd = ours[CHILD_OUT];
    child->streams[1].fd = ours[CHILD_ERR];
    child->status_fd = ours[CHILD_STATUS];
    return errnum;
}

/* Reaps the child and whatever it left behind in its group. The zombie keeps
 * the number of the group ours until the others are killed. */
static int child_reap(const struct child *child)
{
    siginfo_t info;
    int status = 0;

    while (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR)
        ;
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Waits until exec has happened; 0 or the errno of its failure. */
static int child_await_exec(struct child *child)
{
    int errnum = 0;
    ssize_t n;

    do
        n = read(child->status_fd, &errnum, sizeof errnum);
    while (n < 0 && errno == EINTR);
    auto_fd_close(&child->status_fd);
    child->status_fd = -1;
    if (n != sizeof errnum)
        return 0;
    child_reap(child);
    return errnum;
}

static gboolean child_start(struct child *child, GError **error)
{
    const char *name = child->spec->argv[0];
    int errnum;

    child->program = strchr(name, '/') ? g_strdup(name) : g_find_program_in_path(name);
    if (!child->program) {
        error_set(error, QMC_ERROR_NOTFOUND, NULL,
                  "program '%s' is not installed", name);
        return FALSE;
    }
    child->env = proc_environment(child->spec);
    errnum = child_fork(child);
    if (errnum == 0)
        errnum = child_await_exec(child);
    if (errnum != 0) {
        error_set_errno(error, errnum, NULL, "cannot run '%s'", name);
        return FALSE;
    }
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    return TRUE;
}

/* Reads once; FALSE when there is nothing more now. */
static gboolean stream_read(struct stream *stream, gsize cap)
{
    char untrusted[16384];
    ssize_t n = read(stream->fd, untrusted, sizeof untrusted);
    gsize keep;

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return FALSE;
    if (n <= 0) {
        auto_fd_close(&stream->fd);
        stream->fd = -1;
        return FALSE;
    }
    keep = MIN((gsize)n, cap - stream->text->len);
    g_string_append_len(stream->text, untrusted, (gssize)keep);
    stream->cut |= keep < (gsize)n;
    return TRUE;
}

/* What is left in the pipe. Not to its end: a daemon the child has started may
 * hold it open for ever, and one that floods it must not hold us. */
static void stream_drain(struct stream *stream, gsize cap)
{
    if (stream->fd < 0)
        return;
    fcntl(stream->fd, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 64 && stream_read(stream, cap); i++)
        ;
}

static gboolean child_exited(const struct child *child)
{
    siginfo_t info = { 0 };

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT | WNOHANG) != 0 ||
           info.si_pid != 0;
}

static void child_end(struct child *child, QmcErrorCode by)
{
    child->ended_by = by;
    child->kills = g_get_monotonic_time() + PROC_GRACE_MS * 1000;
    kill(-child->pid, SIGTERM);
    kill(-child->pid, SIGCONT); /* a stopped one could not obey */
}

/* Ends the child when it is time. */
static void child_check_end(struct child *child)
{
    gint64 now = g_get_monotonic_time();

    if (child->kills && now >= child->kills)
        kill(-child->pid, SIGKILL);
    else if (!child->kills && g_cancellable_is_cancelled(child->spec->cancel))
        child_end(child, QMC_ERROR_CANCELLED);
    else if (!child->kills && child->ends && now >= child->ends)
        child_end(child, QMC_ERROR_TIMEOUT);
}

static int child_poll_ms(const struct child *child)
{
    gint64 until = child->kills ? child->kills : child->ends;
    gint64 ms = -1;

    if (until)
        ms = MAX(0, (until - g_get_monotonic_time()) / 1000 + 1);
    if (child->pidfd < 0 || (child->kills && ms == 0))
        ms = ms < 0 ? PROC_POLL_MS : MIN(MAX(ms, 1), PROC_POLL_MS);
    return (int)MIN(ms, G_MAXINT);
}

static void child_loop(struct child *child)
{
    GPollFD cancel = { .fd = -1 };
    gboolean watched = child->spec->cancel &&
                       g_cancellable_make_pollfd(child->spec->cancel, &cancel);

    while (!child_exited(child)) {
        struct pollfd fds[] = {
            { child->streams[0].fd, POLLIN, 0 },
            { child->streams[1].fd, POLLIN, 0 },
            { child->pidfd, POLLIN, 0 },
            { child->kills ? -1 : cancel.fd, POLLIN, 0 },
        };

        if (poll(fds, G_N_ELEMENTS(fds), child_poll_ms(child)) < 0)
            fds[0].revents = fds[1].revents = 0;
        for (int i = 0; i < 2; i++)
            if (fds[i].revents)
                stream_read(&child->streams[i], child->cap);
        child_check_end(child);
    }
    if (watched)
        g_cancellable_release_fd(child->spec->cancel);
}

static void child_take_result(struct child *child, int status,
                              struct proc_result *result)
{
    struct stream *out = &child->streams[0], *err = &child->streams[1];

    *result = (struct proc_result){
        .status = status,
        .out = g_string_free(g_steal_pointer(&out->text), FALSE),
        .err = g_string_free(g_steal_pointer(&err->text), FALSE),
        .out_cut = out->cut,
        .err_cut = err->cut,
    };
}

/* FALSE with the error if the child did not end by itself. */
static gboolean child_ended_freely(const struct child *child, GError **error)
{
    const char *name = child->spec->argv[0];

    if (!child->kills)
        return TRUE;
    if (child->ended_by == QMC_ERROR_CANCELLED)
        error_set(error, QMC_ERROR_CANCELLED, NULL, "'%s' was cancelled", name);
    else
        error_set(error, QMC_ERROR_TIMEOUT, NULL,
                  "'%s' did not finish within %.1f s and was stopped", name,
                  child->spec->deadline_ms / 1000.0);
    return FALSE;
}

static gboolean child_run(struct child *child, struct proc_result *result,
                          GError **error)
{
    int status;

    if (!child_start(child, error))
        return FALSE;
    child_loop(child);
    status = child_reap(child);
    for (int i = 0; i < 2; i++)
        stream_drain(&child->streams[i], child->cap);
    if (!child_ended_freely(child, error))
        return FALSE;
    child_take_result(child, status, result);
    return TRUE;
}

gboolean proc_run(const struct proc_spec *spec, struct proc_result *result,
                  GError **error)
{
    struct child child = {
        .spec = spec,
        .pidfd = -1,
        .status_fd = -1,
        .streams = { { -1, g_string_new(NULL), FALSE },
                     { -1, g_string_new(NULL), FALSE } },
        .cap = spec->capture_cap ? spec->capture_cap : PROC_CAPTURE_DEFAULT,
    };
    gboolean ok = FALSE;

    if (spec->deadline_ms > 0)
        child.ends = g_get_monotonic_time() + spec->deadline_ms * 1000LL;
    if (g_cancellable_is_cancelled(spec->cancel))
        error_set(error, QMC_ERROR_CANCELLED, NULL, "'%s' was cancelled",
                  spec->argv[0]);
    else
        ok = child_run(&child, result, error);
    child_clear(&child);
    return ok;
}

void proc_result_clear(struct proc_result *result)
{
    g_clear_pointer(&result->out, g_free);
    g_clear_pointer(&result->err, g_free);
}
