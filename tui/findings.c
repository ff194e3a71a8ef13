/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/findings.h"

struct findings {
    GHashTable *told; /* their sentences */
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
