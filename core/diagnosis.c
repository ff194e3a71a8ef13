/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/diagnosis.h"

#include <errno.h>
#include <sys/stat.h>

#include "core/firewall.h"
#include "core/home.h"
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
    const GPtrArray *leftovers;
    GHashTable *filled;      /* struct pool, borrowed: has some image it should have */
    GHashTable *bare;        /* the same: lacks all, those of some qube of no other place */
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

/* One qube without its images is a loss; all of a pool are more likely elsewhere. */
static void pools_fill(const struct patient *patient, const struct qube *qube)
{
    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        g_autoptr(GError) why = NULL;

        if (volume_config_is_kept(config) && !volume_config_is_missing(config, &why))
            g_hash_table_add(patient->filled, volume_pool(config->volume));
    }
}

/* That a kept copy of the store says was this qube's; NULL: none. */
static const struct leftover *former_home(const struct patient *patient)
{
    for (guint i = 0; i < patient->leftovers->len; i++) {
        const struct leftover *leftover = patient->leftovers->pdata[i];

        if (leftover_may_hold(leftover, patient->qube))
            return leftover;
    }
    return NULL;
}

/* "mv OLD NEW", or what is to be done by hand. Caller frees. */
static char *move_back(const struct qube *qube, const struct leftover *leftover)
{
    g_autofree char *parent = g_path_get_dirname(leftover->path);
    g_autofree char *home = g_build_filename(parent, qube->name, NULL);
    g_autofree char *from = text_shell_quote(leftover->path);
    g_autofree char *to = text_shell_quote(home);

    if (g_file_test(home, G_FILE_TEST_EXISTS))
        return g_strdup_printf("look into both, and move the images to %s, or: go back to "
                               "the copy: qmc xml log", to);
    return g_strdup_printf("rename the directory back: mv -T %s %s, or: go back to the "
                           "copy: qmc xml log", from, to);
}

static void images_tell(const struct patient *patient, const char *names,
                        const char *why)
{
    const struct qube *qube = patient->qube;
    const struct leftover *leftover = former_home(patient);
    g_autofree char *maybe =
        leftover ? g_strdup_printf("; they may be those in '%s', which was its directory "
                                   "in copy %s", leftover->path, leftover->copy)
                 : g_strdup("");

    find(patient, SEVERITY_STOP,
         g_strdup_printf("the images of '%s' are missing, of %s: %s%s", qube->name, names,
                         why, maybe),
         leftover ? move_back(qube, leftover)
                  : g_strdup_printf("put them back there, or: look for a copy of the store "
                                    "that names others: qmc xml log, or: qmc rm %s "
                                    "--confirm %s (gives them up)",
                                    patient->shell, patient->shell));
}

static void images_look(const struct patient *patient)
{
    const struct qube *qube = patient->qube;
    gboolean is_elsewhere = former_home(patient) != NULL;
    g_autoptr(GString) names = g_string_new(NULL);
    g_autoptr(GError) why = NULL;

    for (guint i = 0; i < qube->volumes->len; i++) {
        const struct volume_config *config =
            &g_array_index(qube->volumes, struct volume_config, i);
        struct pool *pool = config->volume ? volume_pool(config->volume) : NULL;
        g_autoptr(GError) error = NULL;

        if (!volume_config_is_missing(config, &error))
            continue;
        if (!is_elsewhere && !g_hash_table_contains(patient->filled, pool)) {
            g_hash_table_add(patient->bare, pool);
            continue;
        }
        g_string_append_printf(names, "%s%s", names->len ? ", " : "", config->name);
        if (!why)
            why = g_steal_pointer(&error);
    }
    if (why)
        images_tell(patient, names->str, why->message);
}

/* --- its directory --- */

static gboolean leads_nowhere(const char *path)
{
    struct stat st;

    return stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP);
}

/* Somebody has moved it to a disk, which is not there now, say. FALSE: then. */
static gboolean home_look(const struct patient *patient)
{
    g_autofree char *home =
        home_path(patient->root, patient->qube->class, patient->qube->name);
    g_autofree char *target = home ? home_link_target(home) : NULL;

    if (!target)
        return TRUE;
    if (!leads_nowhere(home)) {
        find(patient, SEVERITY_INFO,
             g_strdup_printf("the directory of '%s' is a link: '%s' to '%s'",
                             patient->qube->name, home, target),
             g_strdup("nothing is wrong with it: what it leads to stays there when the qube "
                      "is renamed, and goes with it when it is removed"));
        return TRUE;
    }
    find(patient, SEVERITY_STOP,
         g_strdup_printf("the directory of '%s' is a link that leads nowhere: '%s' to '%s'",
                         patient->qube->name, home, target),
         g_strdup("mount what it leads to, or put the directory itself in its place"));
    return FALSE;
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
             g_strdup_printf("qmc fw %s reset --drop --yes (it stays cut off, and the file "
                             "is kept), or: mend the file by hand", patient->shell));
    else if (firewall)
        rules_tell(patient, firewall);
}

/* --- of no qube --- */

static void pool_bare_tell(const struct patient *patient, const struct pool_entry *entry)
{
    const char *dir = pool_dir(entry->pool);
    g_autofree char *at = dir ? text_shell_quote(dir) : NULL;

    find(patient, SEVERITY_STOP,
         g_strdup_printf("all images in pool '%s' are missing, those of each qube%s%s%s",
                         entry->name, dir ? ": none in '" : "", dir ? dir : "",
                         dir ? "'" : ""),
         g_strdup_printf("is the disk of pool '%s' mounted%s%s", entry->name,
                         at ? "? findmnt -T " : "?", at ? at : ""));
}

static void pools_look(const struct patient *patient, const struct model *model)
{
    for (guint i = 0; i < model->pools->len; i++) {
        const struct pool_entry *entry = model->pools->pdata[i];

        if (entry->pool && model_pool_is_away(entry->pool))
            find(patient, SEVERITY_WARN,
                 g_strdup_printf("pool '%s' is not there: no directory '%s'", entry->name,
                                 pool_dir(entry->pool)),
                 g_strdup("mount what it is on, or make it"));
        else if (entry->pool && g_hash_table_contains(patient->bare, entry->pool))
            pool_bare_tell(patient, entry);
    }
}

/* Nothing is to go while a qube may miss it. FALSE: then. */
static gboolean claim_look(const struct patient *patient, const struct model *model,
                           const struct leftover *leftover)
{
    const struct qube *qube = leftover_claimant(leftover, model);
    g_autofree char *words = leftover_words(leftover);

    if (!qube)
        return TRUE;
    find(patient, SEVERITY_WARN,
         g_strdup_printf("'%s' is of no qube in qubes.xml, but may hold the images that "
                         "'%s' misses: %s", leftover->path, qube->name, words),
         g_strdup_printf("put the images of '%s' back first: its own finding says how",
                         qube->name));
    return FALSE;
}

/* The step that loses nothing stands first: a screen offers that one. Without an image
 * nothing was lost that a copy of the store could bring back. Caller frees. */
static char *sweep_step(const struct leftover *leftover)
{
    g_autofree char *path = text_shell_quote(leftover->path);
    const char *before = leftover->copy ? "go back to a copy that has it: qmc xml log, or: "
                                        : "look at what is in it, and for a copy that has "
                                          "it: qmc xml log, or: ";

    if (leftover->images == 0)
        before = leftover->files ? "look at what is in it, then: " : "";
    return g_strdup_printf("%sqmc xml sweep %s --confirm %s (deletes it)", before, path,
                           leftover->name);
}

static void sweep_tell(const struct patient *patient, const struct leftover *leftover)
{
    g_autofree char *words = leftover_words(leftover);

    find(patient, SEVERITY_WARN,
         leftover->copy
             ? g_strdup_printf("'%s' is of no qube in qubes.xml, but was that of '%s' in "
                               "copy %s: %s", leftover->path, leftover->name,
                               leftover->copy, words)
             : g_strdup_printf("'%s' was left by a qube that was not made, renamed or "
                               "removed to the end, or is of another store; not in "
                               "qubes.xml: %s", leftover->path, words),
         sweep_step(leftover));
}

static void leftover_tell(const struct patient *patient, const struct model *model,
                          const struct leftover *leftover)
{
    g_autofree char *words = leftover_words(leftover);
    g_autofree char *path = text_shell_quote(leftover->path);

    if (leftover->target)
        find(patient, SEVERITY_WARN,
             g_strdup_printf("'%s' is a link to '%s' and of no qube in qubes.xml",
                             leftover->path, leftover->target),
             g_strdup_printf("look at what it leads to, then: rm %s", path));
    else if (leftover->doubt)
        find(patient, SEVERITY_WARN,
             g_strdup_printf("'%s' may belong to a qube of the store, but none is read that "
                             "has it: %s; in it: %s", leftover->path, leftover->doubt, words),
             g_strdup("mend the other findings first, or: go back to a copy: qmc xml log"));
    else if (claim_look(patient, model, leftover))
        sweep_tell(patient, leftover);
}

static void qubes_look(struct patient *patient, const struct model *model)
{
    for (guint i = 0; i < model->qubes->len; i++)
        pools_fill(patient, model->qubes->pdata[i]);
    for (guint i = 0; i < model->qubes->len; i++) {
        patient->qube = model->qubes->pdata[i];
        patient->shell = qube_shell_name(patient->qube);
        if (home_look(patient))
            images_look(patient);
        rules_look(patient);
        g_clear_pointer(&patient->shell, g_free);
    }
    patient->qube = NULL;
}

GPtrArray *diagnose(const char *root, const struct model *model)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(diagnosis_free);
    g_autoptr(GPtrArray) leftovers = leftovers_find(root, model);
    g_autoptr(GHashTable) filled = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) bare = g_hash_table_new(NULL, NULL);
    struct patient patient = {
        .root = root, .leftovers = leftovers, .filled = filled, .bare = bare,
        .found = found,
    };

    job_may_block();
    leftovers_recall(root, leftovers);
    qubes_look(&patient, model);
    pools_look(&patient, model);
    for (guint i = 0; i < leftovers->len; i++)
        leftover_tell(&patient, model, leftovers->pdata[i]);
    return found;
}
