/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When libvirtd dies while libxl builds a domain, Xen keeps a half-built domain
 * that the next libvirtd does not know: nothing libvirt offers ends it, and its
 * name and disks stay taken. xl is what remains. */
#include "config.h"

#include "hv/hv-private.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/job.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/text.h"

#define XL_DEADLINE_MS 30000

static gboolean xl_run(const char *const *argv, struct proc_result *result,
                       GError **error)
{
    struct proc_spec spec = { .argv = argv, .deadline_ms = XL_DEADLINE_MS };

    if (!proc_run(&spec, result, error))
        return FALSE;
    if (result->status == 0)
        return TRUE;
    g_autofree char *said = text_sanitise(result->err, -1);
    error_set(error, QMC_ERROR_IO, NULL, "'%s %s' ended with status %d: %s",
              argv[0], argv[1], result->status, said);
    proc_result_clear(result);
    return FALSE;
}

int leftover_xen_find(const char *untrusted_list, const char *uuid)
{
    g_auto(GStrv) lines = g_strsplit(untrusted_list, "\n", -1);
    gsize length = strlen(uuid);

    for (char **line = lines; *line; line++) {
        if (g_ascii_strncasecmp(*line, uuid, length) != 0 ||
            !g_ascii_isspace((*line)[length]))
            continue;
        return (int)strtoul(*line + length, NULL, 10);
    }
    return 0;
}

/* The last line ends in the state's letters and the seconds it ran. */
gboolean leftover_xen_never_ran(const char *untrusted_list)
{
    g_autofree char *list = g_strchomp(g_strdup(untrusted_list));
    const char *last = strrchr(list, '\n');
    g_auto(GStrv) words = g_strsplit_set(last ? last + 1 : list, " \t", -1);
    guint n = g_strv_length(words);
    const char *state = NULL;

    if (n < 2 || strcmp(words[n - 1], "0.0") != 0)
        return FALSE;
    for (guint i = n - 1; i > 0 && !state; i--)
        state = *words[i - 1] ? words[i - 1] : NULL;
    return state && strchr(state, 'p') && !strchr(state, 'r') &&
           !strchr(state, 'b');
}

static gboolean destroy(int id, const char *uuid, GError **error)
{
    g_autofree char *text = g_strdup_printf("%d", id);
    const char *const list[] = { "xl", "list", text, NULL };
    const char *const end[] = { "xl", "destroy", text, NULL };
    struct proc_result result;

    if (!xl_run(list, &result, error))
        return FALSE;
    if (!leftover_xen_never_ran(result.out)) {
        error_set(error, QMC_ERROR_STATE, "see 'xl list', then 'xl destroy'",
                  "domain %d of '%s' runs without libvirt knowing it", id, uuid);
        proc_result_clear(&result);
        return FALSE;
    }
    proc_result_clear(&result);
    if (!xl_run(end, &result, error))
        return FALSE;
    proc_result_clear(&result);
    log_line("hv", "destroyed domain %d, left of a failed start of %s", id, uuid);
    return TRUE;
}

gboolean leftover_xen_id(const char *uuid, int *id, GError **error)
{
    const char *const argv[] = { "xl", "vm-list", NULL };
    struct proc_result result;

    job_may_block();
    if (!xl_run(argv, &result, error))
        return FALSE;
    *id = MAX(leftover_xen_find(result.out, uuid), 0);
    proc_result_clear(&result);
    return TRUE;
}

gboolean leftover_xen_destroy(const char *uuid, GError **error)
{
    int id;

    return leftover_xen_id(uuid, &id, error) &&
           (id == 0 || destroy(id, uuid, error));
}
