/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/diagnosis.h"

#include "core/firewall.h"
#include "core/leftover.h"
#include "util/error.h"
#include "util/job.h"
#include "util/text.h"

/* Of one file: nobody mends more at a time. */
#define RULES_TOLD 10

struct patient {
    const char *root;
    const struct qube *qube; /* NULL: none */
    char *shell;             /* its name in a shell */
    GPtrArray *found;
};

static void diagnosis_free(gpointer data)
{
    struct diagnosis *diagnosis = data;

    g_free(diagnosis->uuid);
    g_free(diagnosis->name);
    g_free(diagnosis->finding.message);
    g_free(diagnosis->finding.hint);
    g_free(diagnosis);
}

/* Takes both texts. */
static void find(const struct patient *patient, enum severity severity, char *message,
                 char *hint)
{
    struct diagnosis *diagnosis = g_new0(struct diagnosis, 1);

    if (patient->qube) {
        diagnosis->uuid = g_strdup(patient->qube->uuid);
        diagnosis->name = g_strdup(patient->qube->name);
    }
    diagnosis->finding = (struct finding){severity, message, hint};
    g_ptr_array_add(patient->found, diagnosis);
}

/* --- images --- */

/* Only what a stop saves is there between two starts. */
static gboolean is_looked_at(const struct volume_config *config)
{
    return config->volume && volume_save_on_stop(config->volume) &&
           !volume_snap_on_start(config->volume);
}

/* One whose directory is away has lost nothing. */
static gboolean pool_is_away(const struct pool *pool)
{
    return pool_dir(pool) && !g_file_test(pool_dir(pool), G_FILE_TEST_IS_DIR);
}

static gboolean is_missing(const struct volume_config *config, GError **why)
{
    g_autoptr(GError) error = NULL;

    if (!is_looked_at(config) || pool_is_away(volume_pool(config->volume)) ||
        volume_verify(config->volume, &error) || !error_is(error, QMC_ERROR_NOTFOUND))
        return FALSE;
    if (!*why)
        *why = g_steal_pointer(&error);
    return TRUE;
}

static void images_look(const struct patient *patient)
{
    const struct qube *qube = patient->qube;
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GError) why = NULL;

    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);

        if (is_missing(config, &why))
            g_string_append_printf(names, "%s%s", names->len ? ", " : "", config->name);
    }
    if (!why)
        return;
    find(patient, SEVERITY_STOP,
         g_strdup_printf("the images of '%s' are missing, of %s: %s", qube->name,
                         names->str, why->message),
         g_strdup_printf("put them back there, or: qmc rm %s --confirm %s",
                         patient->shell, patient->shell));
}

/* --- rules --- */

static void rules_tell(const struct patient *patient, const struct firewall *firewall)
{
    guint told = 0;

    for (guint i = 0; i < firewall->rules->len && told < RULES_TOLD; i++) {
        const struct firewall_rule *rule = firewall->rules->pdata[i];

        if (!rule->flaw)
            continue;
        told++;
        find(patient, SEVERITY_WARN,
             g_strdup_printf("rule %u of the firewall of '%s' cannot be read, so nothing "
                             "passes after it: %s", i, patient->qube->name, rule->flaw),
             g_strdup_printf("qmc fw %s del %u", patient->shell, i));
    }
}

static void rules_look(const struct patient *patient)
{
    g_autofree char *path = firewall_path(patient->root, patient->qube);
    g_autoptr(GError) error = NULL;
    auto_of(firewall) struct firewall *firewall =
        path ? firewall_read_broken(path, &error) : NULL;

    if (error)
        find(patient, SEVERITY_WARN,
             g_strdup_printf("the firewall rules of '%s' cannot be read: %s",
                             patient->qube->name, error->message),
             g_strdup(error_hint(error)));
    else if (firewall && firewall->broken)
        find(patient, SEVERITY_WARN,
             g_strdup_printf("the firewall rules of '%s' cannot be read, so nothing "
                             "passes: %s", patient->qube->name, firewall->broken),
             g_strdup_printf("qmc fw %s reset --yes (then it may connect anywhere)",
                             patient->shell));
    else if (firewall)
        rules_tell(patient, firewall);
}

/* --- of no qube --- */

static void pools_look(const struct patient *patient, const struct model *model)
{
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        if (entry->pool && pool_is_away(entry->pool))
            find(patient, SEVERITY_WARN,
                 g_strdup_printf("pool '%s' is not there: no directory '%s'", entry->name,
                                 pool_dir(entry->pool)),
                 g_strdup("mount what it is on, or make it"));
    }
}

static void leftovers_look(const struct patient *patient, const struct model *model)
{
    g_autoptr(GPtrArray) all = leftovers_find(patient->root, model);

    for (guint i = 0; i < all->len; i++) {
        const struct leftover *leftover = all->pdata[i];
        g_autofree char *words = leftover_words(leftover);
        g_autofree char *path = text_shell_quote(leftover->path);

        find(patient, SEVERITY_WARN,
             g_strdup_printf("'%s' was left by a qube that was not made, renamed or "
                             "removed to the end, or is of another store; not in "
                             "qubes.xml: %s", leftover->path, words),
             g_strdup_printf("qmc xml sweep %s --confirm %s (deletes it), or: go back to "
                             "a copy that has it: qmc xml log", path, leftover->name));
    }
}

GPtrArray *diagnose(const char *root, const struct model *model)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(diagnosis_free);
    struct patient patient = {root, NULL, NULL, found};

    job_may_block();
    for (guint i = 0; i < model->qubes->len; i++) {
        patient.qube = model->qubes->pdata[i];
        patient.shell = qube_shell_name(patient.qube);
        images_look(&patient);
        rules_look(&patient);
        g_free(patient.shell);
    }
    patient.qube = NULL;
    pools_look(&patient, model);
    leftovers_look(&patient, model);
    return found;
}
