/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/prop-text.h"

#include <string.h>

#include "core/prop-change.h"
#include "util/error.h"
#include "util/file.h"
#include "util/text.h"

static const struct {
    const char *word, *takes;
} types[] = {
    [PROP_STR] = {"text", NULL},
    [PROP_INT] = {"number", NULL},
    [PROP_BOOL] = {"switch", "True or False"},
    [PROP_VM] = {"qube", "the name of a qube"},
    [PROP_LABEL] = {"label", "one of the labels"},
    [PROP_POOL] = {"pool", "the name of a pool"},
    [PROP_UUID] = {"uuid", NULL},
    [PROP_IP4] = {"IPv4", "an IPv4 address"},
    [PROP_IP6] = {"IPv6", "an IPv6 address"},
    [PROP_TIME] = {"time", "seconds since 1970"},
};

const char *prop_text_type(const struct prop_row *row)
{
    return row->computed || row->once ? "ro" : types[row->type].word;
}

char *prop_text_takes(const struct prop_row *row)
{
    if (row->type == PROP_VM && !row->needed)
        return g_strdup("the name of a qube; empty: none");
    if (row->type != PROP_INT)
        return g_strdup(types[row->type].takes);
    if (row->min == G_MININT64)
        return g_strdup("a number");
    if (row->max >= G_MAXINT32)
        return g_strdup_printf("a number, %" G_GINT64_FORMAT " or more", row->min);
    return g_strdup_printf("a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                           row->min, row->max);
}

char *prop_text_value(const struct prop_row *row, const char *value)
{
    if (value && *value)
        return g_strdup(value);
    return g_strdup(!value || row->type == PROP_VM ? "(none)" : "(empty)");
}

/* When a change would count, from the soonest. */
enum when { WHEN_NOW, WHEN_STARTS, WHEN_NEXT, WHEN_HALTED };

static const struct {
    const char *all, *some; /* of each of the qubes, of some of them */
    const char *note;
} whens[] = {
    [WHEN_NOW] = {"at once", "at once", ""},
    [WHEN_STARTS] = {"when it starts", "when they start", ""},
    [WHEN_NEXT] = {"from its next start on", "from the next start of each on", "next start"},
    [WHEN_HALTED] = {"while the qube is halted: shut it down first",
                     "for those that are halted: shut the others down first",
                     "* needs halt"},
};

static enum when when_of(const struct prop_row *row, const struct qube *qube)
{
    gboolean halted = !qube || qube->state == POWER_HALTED;

    if (row->halted && !halted)
        return WHEN_HALTED;
    if (row->at_start && qube)
        return halted ? WHEN_STARTS : WHEN_NEXT;
    return WHEN_NOW;
}

const char *prop_text_note(const struct prop_row *row, const struct qube *qube)
{
    return whens[when_of(row, qube)].note;
}

const char *prop_text_when(const struct prop_row *row, const struct model *model,
                           char *const *uuids, guint n)
{
    enum when first = when_of(row, n ? model_qube(model, uuids[0]) : NULL), last = first;
    gboolean same = TRUE;

    for (guint i = 1; i < n; i++) {
        enum when next = when_of(row, model_qube(model, uuids[i]));

        same = same && next == first;
        last = MAX(last, next);
    }
    return same ? whens[last].all : whens[last].some;
}

gboolean prop_can_now(const struct prop_row *row, const struct qube *qube)
{
    return when_of(row, qube) != WHEN_HALTED;
}

gboolean prop_is_fixed(const struct prop_row *row, const struct qube *qube)
{
    return row->computed || (row->once && qube && qube_is_explicit(qube, row->name));
}

/* --- choices --- */

static void choices_add(GPtrArray *choices, const char *text)
{
    if (text &&
        !g_ptr_array_find_with_equal_func(choices, text, g_str_equal, NULL))
        g_ptr_array_add(choices, g_strdup(text));
}

static void choices_add_bools(const struct model *model, GPtrArray *choices)
{
    choices_add(choices, "True");
    choices_add(choices, "False");
}

static void choices_add_qubes(const struct model *model, GPtrArray *choices)
{
    choices_add(choices, "");
    for (guint i = 0; i < model->qubes->len; i++)
        g_ptr_array_add(choices,
                        g_strdup(((const struct qube *)model->qubes->pdata[i])->name));
}

static void choices_add_labels(const struct model *model, GPtrArray *choices)
{
    for (guint i = 0; i < model->labels->len; i++)
        choices_add(choices, ((const struct label *)model->labels->pdata[i])->name);
}

static void choices_add_pools(const struct model *model, GPtrArray *choices)
{
    for (guint i = 0; i < model->pools->len; i++)
        choices_add(choices,
                    ((const struct pool_entry *)model->pools->pdata[i])->name);
}

static void choices_add_modes(const struct model *model, GPtrArray *choices)
{
    choices_add(choices, "pvh");
    choices_add(choices, "hvm");
    choices_add(choices, "pv");
}

/* Those that are in use: looking into the pool would block, see prop_kernels(). */
static void choices_add_kernels(const struct model *model, GPtrArray *choices)
{
    g_autofree char *usual = model_global(model, "default_kernel");

    choices_add(choices, usual);
    for (guint i = 0; i < model->qubes->len; i++) {
        g_autofree char *kernel =
            qube_get(model, model->qubes->pdata[i], "kernel");

        choices_add(choices, kernel && *kernel ? kernel : NULL);
    }
    choices_add(choices, "");
}

static const struct {
    enum prop_type type;
    const char *name; /* NULL: all of the type */
    void (*add)(const struct model *model, GPtrArray *choices);
} sources[] = {
    {PROP_BOOL, NULL, choices_add_bools},
    {PROP_VM, NULL, choices_add_qubes},
    {PROP_LABEL, NULL, choices_add_labels},
    {PROP_POOL, NULL, choices_add_pools},
    {PROP_STR, "virt_mode", choices_add_modes},
    {PROP_STR, "kernel", choices_add_kernels},
    {PROP_STR, "default_kernel", choices_add_kernels},
};

/* Refused because of the state of things is a choice all the same: the form
 * says what is in the way. */
static gboolean choice_is_value(const struct model *model, const struct qube *qube,
                                const struct prop_row *row, const char *text)
{
    g_autoptr(GError) error = NULL;

    return change_check(model, qube, row, text, &error) ||
           !error_is(error, QMC_ERROR_INVALID);
}

GPtrArray *prop_choices(const struct model *model, const struct qube *qube,
                        const struct prop_row *row)
{
    GPtrArray *choices = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        if (sources[i].type == row->type &&
            (!sources[i].name || strcmp(sources[i].name, row->name) == 0))
            sources[i].add(model, choices);
    for (guint i = choices->len; i > 0; i--)
        if (!choice_is_value(model, qube, row, choices->pdata[i - 1]))
            g_ptr_array_remove_index(choices, i - 1);
    return choices;
}

/* --- kernels --- */

const char *prop_kernels_dir(const struct model *model, const struct prop_row *row)
{
    g_autofree char *name = model_global(model, "default_pool_kernel");
    const struct pool_entry *entry = name ? model_pool(model, name) : NULL;

    if (strcmp(row->name, "kernel") != 0 && strcmp(row->name, "default_kernel") != 0)
        return NULL;
    return entry && entry->pool ? pool_dir(entry->pool) : NULL;
}

static int kernels_compare(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

gpointer prop_kernels(gconstpointer dir, GError **error)
{
    g_autoptr(GPtrArray) untrusted_names = file_list(dir, error);
    GPtrArray *kernels;

    if (!untrusted_names)
        return NULL;
    kernels = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < untrusted_names->len; i++) {
        const char *untrusted_name = untrusted_names->pdata[i];
        g_autofree char *file = g_build_filename(dir, untrusted_name, "vmlinuz", NULL);
        g_autofree char *shown = text_sanitise(untrusted_name, -1);

        /* What cannot be shown as it is cannot be chosen. */
        if (strcmp(shown, untrusted_name) == 0 && g_file_test(file, G_FILE_TEST_EXISTS))
            g_ptr_array_add(kernels, g_steal_pointer(&shown));
    }
    g_ptr_array_sort(kernels, kernels_compare);
    return kernels;
}

/* --- order --- */

static const char *const places[] = {
    "label", "template", "netvm", "default_dispvm", "memory", "maxmem", "vcpus",
    "virt_mode", "kernel", "kernelopts", "autostart", "provides_network",
    "template_for_dispvms", "include_in_backups", "debug", "qrexec_timeout",
    "shutdown_timeout", "default_user", "guivm", "audiovm", "management_dispvm",
    "bootmode",
};

guint prop_place(const struct prop_row *row)
{
    guint n = G_N_ELEMENTS(places);

    for (guint i = 0; i < n; i++)
        if (strcmp(places[i], row->name) == 0)
            return i;
    return row->computed || row->once ? n + 1 : n;
}
