/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/lvm-cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/job.h"
#include "util/log.h"
#include "util/proc.h"
#include "util/text.h"

enum {
    NAME_MAX_LVM = 127,
    /* Longer than LVM waits for anything but a disk that does not answer. To remove a
     * large volume takes its time. */
    READ_MS = 60 * 1000,
    CHANGE_MS = 10 * 60 * 1000,
    OUTPUT_MAX = 16 << 20,
    EXIT_BAD_COMMAND = 3,
};

/* In the arguments: V volume group, L volume, O other, S size; each row says which
 * of them it needs. --force of lvremove stands for the question, not for more. */
static const struct action {
    const char *verb;
    const char *needs;
    const char *argv[12];
} actions[LVM_ACTIONS] = {
    [LVM_CREATE] = {"create", "VLOS",
                    {"lvcreate", "--thin", "--setactivationskip=n", "--activate=y",
                     "--name=@L", "--virtualsize=@SB", "--", "@V/@O"}},
    [LVM_CLONE] = {"create", "VLO",
                   {"lvcreate", "--setactivationskip=n", "--activate=y", "--snapshot",
                    "--name=@V/@L", "--", "@V/@O"}},
    [LVM_RENAME] = {"rename", "VLO", {"lvrename", "--", "@V/@L", "@V/@O"}},
    [LVM_RESIZE] = {"resize", "VLS", {"lvresize", "--size=@SB", "--", "@V/@L"}},
    [LVM_SHRINK] = {"shrink", "VLS",
                    {"lvresize", "--yes", "--fs=ignore", "--size=@SB", "--", "@V/@L"}},
    [LVM_ACTIVATE] = {"activate", "VL", {"lvchange", "--activate=y", "--", "@V/@L"}},
    [LVM_DEACTIVATE] = {"deactivate", "VL", {"lvchange", "--activate=n", "--", "@V/@L"}},
    [LVM_REMOVE] = {"remove", "VL", {"lvremove", "--force", "--", "@V/@L"}},
    [LVM_MARK] = {"mark", "VLO", {"lvchange", "--addtag=@O", "--", "@V/@L"}},
    [LVM_UNMARK] = {"unmark", "VLO", {"lvchange", "--deltag=@O", "--", "@V/@L"}},
    [LVM_EXTEND] = {"extend", "VLS", {"lvextend", "--size=+@SB", "--", "@V/@L"}},
    [LVM_EXTEND_META] = {"extend the metadata of", "VLS",
                         {"lvextend", "--poolmetadatasize=+@SB", "--", "@V/@L"}},
    [LVM_LIST] = {"list", "",
                  {"lvs", "--quiet", "--quiet", "--noheadings", "-o", LVM_LIST_COLUMNS,
                   "--units", "b", "--nosuffix", "--separator", LVM_LIST_SEPARATOR}},
    [LVM_VERSION] = {"ask", "", {"version"}},
};

/* What LVM says, and what follows from it; the first that fits. Its exit status is the
 * same for nearly all. */
static const struct reason {
    const char *words;
    QmcErrorCode code;
    const char *hint;
} reasons[] = {
    {"already exists", QMC_ERROR_EXISTS, NULL},
    {"ermission denied", QMC_ERROR_DENIED, "run qmc as root"},
    {"non-root user", QMC_ERROR_DENIED, "run qmc as root"},
    {" in use", QMC_ERROR_BUSY, "stop whatever has it open"},
    {"is used by another device", QMC_ERROR_BUSY, "stop whatever has it open"},
    {"annot get lock", QMC_ERROR_BUSY, "wait until the other LVM command has ended"},
    {"an't get lock", QMC_ERROR_BUSY, "wait until the other LVM command has ended"},
    {"nsufficient free space", QMC_ERROR_NOSPACE, "add a disk to the volume group: vgextend"},
    {"free space", QMC_ERROR_NOSPACE,
     "remove qubes or revisions nobody needs, or extend the thin pool: lvextend"},
    {"out of data space", QMC_ERROR_NOSPACE,
     "remove qubes or revisions nobody needs, or extend the thin pool: lvextend"},
    {"out of metadata space", QMC_ERROR_NOSPACE,
     "extend the thin pool's metadata: lvextend --poolmetadatasize"},
    {"No space left", QMC_ERROR_NOSPACE, "extend the thin pool: lvextend"},
    {"not found", QMC_ERROR_NOTFOUND, "see which there are: lvs"},
    {"ailed to find logical volume", QMC_ERROR_NOTFOUND, "see which there are: lvs"},
};

gboolean lvm_name_valid(const char *name)
{
    gsize length = strlen(name);

    if (length == 0 || length > NAME_MAX_LVM || *name == '-' || g_str_equal(name, ".") ||
        g_str_equal(name, ".."))
        return FALSE;
    for (; *name; name++)
        if (!g_ascii_isalnum(*name) && !strchr("+_.-", *name))
            return FALSE;
    return TRUE;
}

gboolean lvm_lv_name_valid(const char *name)
{
    static const char *const inside[] = {
        "_cdata", "_cmeta", "_corig", "_cpool", "_cvol", "_wcorig", "_mimage", "_mlog",
        "_rimage", "_rmeta", "_tdata", "_tmeta", "_vdata", "_imeta", "_iorig", "_pmspare",
        "_vorigin",
    };

    if (!lvm_name_valid(name) || g_str_has_prefix(name, "snapshot") ||
        g_str_has_prefix(name, "pvmove"))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(inside); i++)
        if (strstr(name, inside[i]))
            return FALSE;
    return TRUE;
}

char *lvm_node_name(const char *vg, const char *lv)
{
    const char *parts[] = {vg, lv};
    GString *name = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (i > 0)
            g_string_append_c(name, '-');
        for (const char *c = parts[i]; *c; c++) {
            if (*c == '-')
                g_string_append_c(name, '-');
            g_string_append_c(name, *c);
        }
    }
    return g_string_free(name, FALSE);
}

static gboolean needs(const struct lvm_request *request, char letter)
{
    return strchr(actions[request->action].needs, letter) != NULL;
}

static gboolean names_valid(const struct lvm_request *request)
{
    return (!needs(request, 'V') || (request->vg && lvm_name_valid(request->vg))) &&
           (!needs(request, 'L') || (request->lv && lvm_lv_name_valid(request->lv))) &&
           (!needs(request, 'O') || (request->other && lvm_name_valid(request->other))) &&
           (!needs(request, 'S') || (request->size > 0 && request->size % 512 == 0));
}

/* One argument of the table with its names in it. */
static char *fill_in(const struct lvm_request *request, const char *from)
{
    GString *text = g_string_new(NULL);

    for (; *from; from++) {
        if (*from != '@') {
            g_string_append_c(text, *from);
            continue;
        }
        from++;
        if (*from == 'S')
            g_string_append_printf(text, "%" G_GUINT64_FORMAT, request->size);
        else
            g_string_append(text, *from == 'V'   ? request->vg
                                  : *from == 'L' ? request->lv
                                                 : request->other);
    }
    return g_string_free(text, FALSE);
}

static gboolean is_left_out(const struct lvm_request *request, const char *argument)
{
    return g_str_equal(argument, "--fs=ignore") &&
           g_strcmp0(request->other, LVM_NO_PROBE) != 0;
}

/* Where it is on machines whose users have no sbin on their PATH. */
static char *program(void)
{
    static const char *const others[] = {"/usr/sbin/lvm", "/sbin/lvm"};
    char *found = g_find_program_in_path("lvm");

    for (gsize i = 0; !found && i < G_N_ELEMENTS(others); i++)
        if (access(others[i], X_OK) == 0)
            found = g_strdup(others[i]);
    return found ? found : g_strdup("lvm");
}

char **lvm_argv(const struct lvm_request *request, GError **error)
{
    const struct action *action = &actions[request->action];
    GPtrArray *argv;

    if (!names_valid(request)) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "cannot %s the logical volume '%s' of '%s': LVM takes no such name or size",
                  action->verb, request->lv ? request->lv : "",
                  request->vg ? request->vg : "");
        return NULL;
    }
    argv = g_ptr_array_new();
    g_ptr_array_add(argv, program());
    for (gsize i = 0; i < G_N_ELEMENTS(action->argv) && action->argv[i]; i++)
        if (!is_left_out(request, action->argv[i]))
            g_ptr_array_add(argv, fill_in(request, action->argv[i]));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

/* More is promised than there is: that is what thin volumes are for. */
static gboolean is_intended(const char *line)
{
    return strstr(line, "exceeds the size of thin pool") != NULL;
}

/* Its lines as one sentence; NULL if nothing is left. Caller frees. */
static char *what_it_says(const char *untrusted_err)
{
    g_auto(GStrv) lines = g_strsplit(untrusted_err, "\n", -1);
    GString *text = g_string_new(NULL);

    for (char **line = lines; *line; line++) {
        g_autofree char *clean = text_sanitise(g_strstrip(*line), -1);

        if (*clean && !is_intended(clean))
            g_string_append_printf(text, "%s%s", text->len ? "; " : "", clean);
    }
    return g_string_free(text, text->len == 0);
}

static char *subject(const struct lvm_request *request)
{
    return needs(request, 'L') ? g_strconcat(request->vg, "/", request->lv, NULL)
                               : g_strdup("logical volumes");
}

static void refuse(const struct lvm_request *request, const struct proc_result *result,
                   GError **error)
{
    static const struct reason other = {NULL, QMC_ERROR_IO, NULL};
    g_autofree char *said = what_it_says(result->err);
    g_autofree char *name = subject(request);
    const struct reason *reason = &other;

    for (gsize i = 0; said && !reason->words && i < G_N_ELEMENTS(reasons); i++)
        if (strstr(said, reasons[i].words))
            reason = &reasons[i];
    error_set(error,
              !reason->words && result->status == EXIT_BAD_COMMAND ? QMC_ERROR_INVALID
                                                                   : reason->code,
              reason->hint, "LVM cannot %s '%s': %s (status %d)",
              actions[request->action].verb, name, said ? said : "it does not say why",
              result->status);
}

static gboolean is_reading(const struct lvm_request *request)
{
    return request->action == LVM_LIST || request->action == LVM_VERSION;
}

static gboolean run(const struct lvm_request *request, struct proc_result *result,
                    GError **error)
{
    /* A comma as the decimal point would be another number. */
    static const char *const env[] = {"LC_ALL=C.UTF-8", NULL};
    g_auto(GStrv) argv = lvm_argv(request, error);
    const struct proc_spec spec = {
        .argv = (const char *const *)argv, .env = env, .capture_cap = OUTPUT_MAX,
        .deadline_ms = is_reading(request) ? READ_MS : CHANGE_MS,
    };

    return argv && proc_run(&spec, result, error);
}

static gboolean judge(const struct lvm_request *request, struct proc_result *result,
                      char **untrusted_out, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autofree char *said = NULL;

    if (result->status != 0) {
        refuse(request, result, &local);
        if (request->action == LVM_REMOVE && error_is(local, QMC_ERROR_NOTFOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (result->out_cut) {
        error_set(error, QMC_ERROR_IO, NULL, "LVM lists more volumes than can be read");
        return FALSE;
    }
    said = what_it_says(result->err);
    if (said)
        log_line("lvm", "%s: %s", actions[request->action].argv[0], said);
    if (untrusted_out)
        *untrusted_out = g_steal_pointer(&result->out);
    return TRUE;
}

gboolean lvm_run(const struct lvm_request *request, char **untrusted_out, GError **error)
{
    /* LVM has a lock per volume group: who waits for it need not be a process. */
    static GMutex changing;
    g_autoptr(GMutexLocker) G_GNUC_UNUSED locker =
        is_reading(request) ? NULL : g_mutex_locker_new(&changing);
    struct proc_result result = {0};
    gboolean done;

    job_may_block();
    if (!run(request, &result, error))
        return FALSE;
    done = judge(request, &result, untrusted_out, error);
    proc_result_clear(&result);
    return done;
}

const char *lvm_no_probe(void)
{
    const struct lvm_request request = {.action = LVM_VERSION};
    g_autofree char *untrusted_text = NULL;
    unsigned int major = 0, minor = 0, patch = 0;
    const char *at;

    if (!lvm_run(&request, &untrusted_text, NULL))
        return NULL;
    at = strstr(untrusted_text, "LVM version:");
    if (!at || sscanf(at, "LVM version: %u.%u.%u", &major, &minor, &patch) != 3)
        return NULL;
    return major > 2 || minor > 3 || (minor == 3 && patch >= 17) ? LVM_NO_PROBE : NULL;
}
