/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/cmdline.h"

#include <string.h>

#include "util/file.h"

#define COMMON_FILE "default-kernelopts-common.txt"
#define COMMON_MAX 4096

/* What a guest needs to find its disks and its console. */
static const char *const builtin[] = {
    [HV_XEN] = ("root=/dev/mapper/dmroot ro nomodeset console=hvc0 "
               "rd_NO_PLYMOUTH rd.plymouth.enable=0 plymouth.enable=0 "
               "xen_privcmd.unrestricted "),
    [HV_QEMU] = ("root=/dev/vda ro nomodeset console=ttyS0 "
                "rd_NO_PLYMOUTH rd.plymouth.enable=0 plymouth.enable=0 "),
    [HV_TEST] = "root=/dev/mapper/dmroot ro nomodeset console=hvc0 ",
};

static char *common_of_kernel(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, COMMON_FILE, NULL);
    g_autoptr(GBytes) bytes = file_read(path, COMMON_MAX, NULL, NULL);
    gsize len;
    const char *data = bytes ? g_bytes_get_data(bytes, &len) : NULL;

    if (!data)
        return NULL;
    while (len && (data[len - 1] == '\n' || data[len - 1] == '\r'))
        len--;
    return g_strndup(data, len);
}

static char *without_word(const char *text, const char *word)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    gsize kept = 0;

    for (gsize i = 0; words[i]; i++) {
        if (g_str_equal(words[i], word))
            g_free(words[i]);
        else
            words[kept++] = words[i];
    }
    words[kept] = NULL;
    return g_strjoinv(" ", words);
}

static void append_machine_id(GString *out, const char *uuid)
{
    g_string_append(out, "systemd.machine_id=");
    for (const char *p = uuid; *p; p++)
        if (*p != '-')
            g_string_append_c(out, *p);
    g_string_append_c(out, ' ');
}

static void append_common(GString *out, const struct start_plan *plan,
                          enum hv_kind kind, const char *dir)
{
    g_autofree char *common = common_of_kernel(dir);

    if (!common)
        common = g_strdup(builtin[kind]);
    if (plan->no_nomodeset) {
        g_autofree char *all = g_steal_pointer(&common);

        common = without_word(all, "nomodeset");
    }
    if (plan->is_linux)
        append_machine_id(out, plan->spec.uuid);
    g_string_append(out, common);
}

char *cmdline_build(const struct start_plan *plan, enum hv_kind kind,
                    const char *dir)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (!plan->no_common)
        append_common(out, plan, kind, dir);
    if (plan->kernelopts)
        g_string_append(out, plan->kernelopts);
    if (!plan->no_common)
        g_string_append(out, plan->security);
    g_string_append(out, plan->bootmode);
    return g_string_free(g_steal_pointer(&out), FALSE);
}
