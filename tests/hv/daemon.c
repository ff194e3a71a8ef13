/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "daemon.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/file.h"

#define NOBODY 65534
#define START_LIMIT_US (50 * G_USEC_PER_SEC)

static char *find_libvirtd(void)
{
    char *path = g_find_program_in_path("libvirtd");

    if (!path && g_file_test("/usr/sbin/libvirtd", G_FILE_TEST_IS_EXECUTABLE))
        path = g_strdup("/usr/sbin/libvirtd");
    return path;
}

const char *daemon_missing(void)
{
    g_autofree char *path = find_libvirtd();

    return path ? NULL : "libvirtd is not installed";
}

void daemon_init(struct daemon *d)
{
    g_autofree char *conf = NULL, *text = NULL;

    d->dir = g_dir_make_tmp("qmc-libvirtd-XXXXXX", NULL);
    d->uri = g_strdup_printf("test+unix:///default?socket=%s/libvirt-sock",
                             d->dir);
    d->pid = 0;
    conf = g_build_filename(d->dir, "libvirtd.conf", NULL);
    text = g_strdup_printf("unix_sock_dir = \"%s\"\n"
                           "auth_unix_ro = \"none\"\nauth_unix_rw = \"none\"\n"
                           "unix_sock_rw_perms = \"0777\"\n"
                           "log_level = 4\nlog_outputs = \"4:file:%s/log\"\n",
                           d->dir, d->dir);
    g_file_set_contents(conf, text, -1, NULL);
    if (geteuid() == 0 && chown(d->dir, NOBODY, NOBODY) < 0)
        g_error("chown %s", d->dir);
}

void daemon_clear(struct daemon *d)
{
    daemon_kill(d);
    file_remove_tree(d->dir, NULL);
    g_free(d->dir);
    g_free(d->uri);
}

static void drop_rights(void)
{
    if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void run(const struct daemon *d, char **argv, char **env)
{
    drop_rights();
    if (chdir(d->dir) < 0 || !freopen("/dev/null", "w", stdout) ||
        !freopen("/dev/null", "w", stderr))
        _exit(126);
    execve(argv[0], argv, env);
    _exit(127);
}

static char **make_env(const char *dir)
{
    static const char *const names[] = {
        "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
        "XDG_DATA_HOME", "XDG_STATE_HOME",
    };
    char **env = g_environ_setenv(NULL, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin",
                                  TRUE);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        env = g_environ_setenv(env, names[i], dir, TRUE);
    return env;
}

static gboolean answers(const struct daemon *d)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/libvirt-sock",
               d->dir);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

gboolean daemon_start(struct daemon *d)
{
    g_autofree char *program = find_libvirtd();
    g_autofree char *conf = g_build_filename(d->dir, "libvirtd.conf", NULL);
    g_autofree char *pid_file = g_build_filename(d->dir, "pid", NULL);
    char *argv[] = { program, (char[]){ "-f" }, conf, (char[]){ "-p" },
                     pid_file, NULL };
    g_auto(GStrv) env = make_env(d->dir);
    gint64 end = g_get_monotonic_time() + START_LIMIT_US;

    d->pid = fork();
    if (d->pid == 0)
        run(d, argv, env);
    while (!answers(d) && waitpid(d->pid, NULL, WNOHANG) == 0 &&
           g_get_monotonic_time() < end)
        g_usleep(5000);
    return answers(d);
}

void daemon_signal(struct daemon *d, int signal)
{
    kill(d->pid, signal);
}

void daemon_kill(struct daemon *d)
{
    if (d->pid <= 0)
        return;
    kill(d->pid, SIGKILL);
    waitpid(d->pid, NULL, 0);
    d->pid = 0;
}
