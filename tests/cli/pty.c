/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pty COLUMNS PROGRAM [ARGUMENT...]: runs the program on a terminal of its own
 * with so many columns, types what comes on stdin, prints what it shows, and
 * ends with its exit status. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int die(const char *what)
{
    perror(what);
    return 125;
}

static void child(const char *terminal, int columns, char **argv)
{
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    int fd;

    setsid();
    fd = open(terminal, O_RDWR);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0 || ioctl(fd, TIOCSWINSZ, &size) < 0)
        _exit(die(terminal));
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    execvp(argv[0], argv);
    _exit(die(argv[0]));
}

static ssize_t copy(int from, int to)
{
    char bytes[4096];
    ssize_t got = read(from, bytes, sizeof(bytes));

    return got > 0 && write(to, bytes, got) != got ? -1 : got;
}

/* Until the terminal hangs up. Nothing is typed before the program has shown
 * something; the end of stdin is no end. */
static void relay(int terminal)
{
    struct pollfd fds[] = {{terminal, POLLIN, 0}, {-1, POLLIN, 0}};

    while (poll(fds, 2, -1) > 0 || errno == EINTR) {
        if (fds[0].revents && copy(terminal, STDOUT_FILENO) <= 0)
            return;
        if (fds[0].revents) {
            fds[1].fd = STDIN_FILENO;
            continue;
        }
        if (fds[1].revents && copy(STDIN_FILENO, terminal) <= 0)
            fds[1].fd = -1;
    }
}

int main(int argc, char **argv)
{
    int terminal, status = 0;
    pid_t pid;

    if (argc < 3)
        return 125;
    terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
        return die("pty");
    pid = fork();
    if (pid == 0)
        child(ptsname(terminal), atoi(argv[1]), argv + 2);
    relay(terminal);
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return die("wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
