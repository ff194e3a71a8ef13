/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/findings.h"

#include "core/diagnosis.h"

struct findings {
    GHashTable *told; /* their sentences */
    GPtrArray *found; /* NULL: the disk was not looked at */
};

static GHashTable *findings_set(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

struct findings *findings_new(void)
{
    struct findings *findings = g_new0(struct findings, 1);

    findings->told = findings_set();
    return findings;
}

void findings_free(struct findings *findings)
{
    g_hash_table_unref(findings->told);
    g_clear_pointer(&findings->found, g_ptr_array_unref);
    g_free(findings);
}

static char *findings_text(const struct finding *finding)
{
    return finding->hint ? g_strdup_printf("%s; %s", finding->message, finding->hint)
                         : g_strdup(finding->message);
}

void findings_tell(struct findings *findings, struct app *app)
{
    const GPtrArray *there = app_model(app)->findings;
    GHashTable *now;

    /* Nothing is known of one that cannot be read. */
    if (engine_store_error(app_engine(app)))
        return;
    now = findings_set();
    for (guint i = 0; i < there->len; i++) {
        const struct finding *finding = there->pdata[i];
        char *text = findings_text(finding);

        if (!g_hash_table_contains(findings->told, text) &&
            !g_hash_table_contains(now, text))
            app_note(app, finding->severity > SEVERITY_INFO, "%s", text);
        g_hash_table_add(now, text);
    }
    g_hash_table_unref(findings->told);
    findings->told = now;
}

void findings_set_found(struct findings *findings, GPtrArray *found)
{
    g_clear_pointer(&findings->found, g_ptr_array_unref);
    findings->found = found;
}

const GPtrArray *findings_found(const struct findings *findings)
{
    return findings->found;
}

gboolean findings_are_all(const struct findings *findings, const struct app *app)
{
    return findings->found || engine_store_error(app_engine(app));
}

char *findings_id(const char *uuid, const char *message)
{
    return g_strdup_printf("%s %s", uuid ? uuid : "", message);
}

static void findings_add(GHashTable *ids, const char *uuid, const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        g_hash_table_add(ids, findings_id(uuid, ((const struct finding *)
                                                 findings->pdata[i])->message));
}

guint findings_count(const struct findings *findings, const struct app *app)
{
    const struct model *model = app_model(app);
    g_autoptr(GHashTable) ids = findings_set();

    if (engine_store_error(app_engine(app)))
        return 1;
    findings_add(ids, NULL, model->findings);
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];

        findings_add(ids, qube->uuid, qube->findings);
    }
    for (guint i = 0; findings->found && i < findings->found->len; i++) {
        const struct diagnosis *diagnosis = findings->found->pdata[i];

        g_hash_table_add(ids, findings_id(diagnosis->uuid, diagnosis->finding.message));
    }
    return g_hash_table_size(ids);
}
