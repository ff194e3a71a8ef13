/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "fake-script.h"

#include <stdlib.h>
#include <string.h>

#include "util/file.h"

static struct file_stamp last_stamp;

enum kind { NUMBER, WORD, LIST };

#define ROW(key, kind, field) { key, kind, offsetof(struct fake_script, field) }
static const struct {
    const char *key;
    enum kind kind;
    gsize offset;
} rows[] = {
    ROW("delay", NUMBER, delay_ms),   ROW("hang", LIST, hang),
    ROW("fail", LIST, fail),          ROW("fail-nth", NUMBER, fail_nth),
    ROW("error", WORD, error),        ROW("lie", NUMBER, lie),
    ROW("down", NUMBER, down),        ROW("domains", NUMBER, domains),
    ROW("running", LIST, running),    ROW("figures", WORD, figures),
    ROW("shutdown", WORD, shutdown),
};

static void set_field(void *field, enum kind kind, const char *value)
{
    if (kind == NUMBER) {
        *(int *)field = atoi(value);
    } else if (kind == WORD) {
        g_free(*(char **)field);
        *(char **)field = g_strdup(value);
    } else {
        g_strfreev(*(char ***)field);
        *(char ***)field = g_strsplit(value, ",", -1);
    }
}

static void add_word(struct fake_script *script, const char *word)
{
    const char *equals = strchr(word, '=');

    for (gsize i = 0; equals && i < G_N_ELEMENTS(rows); i++) {
        gsize len = strlen(rows[i].key);

        if (len == (gsize)(equals - word) && !strncmp(word, rows[i].key, len)) {
            set_field((char *)script + rows[i].offset, rows[i].kind, equals + 1);
            return;
        }
    }
    g_error("'%s' is no word of the fake hypervisor's script", word);
}

void fake_script_add(struct fake_script *script, const char *words)
{
    g_auto(GStrv) list = g_strsplit_set(words, " \t\n", -1);

    for (char **word = list; *word; word++)
        if (**word)
            add_word(script, *word);
}

gboolean fake_script_stale(void)
{
    const char *path = g_getenv("QMC_FAKE_FILE");
    struct file_stamp now;

    return path && file_stamp_path(path, &now, NULL) &&
           !file_stamp_equal(&now, &last_stamp);
}

void fake_script_read(struct fake_script *script)
{
    const char *words = g_getenv("QMC_FAKE");
    const char *path = g_getenv("QMC_FAKE_FILE");
    g_autofree char *text = NULL;

    fake_script_clear(script);
    if (words)
        fake_script_add(script, words);
    if (!path)
        return;
    file_stamp_path(path, &last_stamp, NULL);
    if (g_file_get_contents(path, &text, NULL, NULL))
        fake_script_add(script, text);
}

void fake_script_clear(struct fake_script *script)
{
    g_strfreev(script->hang);
    g_strfreev(script->fail);
    g_strfreev(script->running);
    g_free(script->error);
    g_free(script->figures);
    g_free(script->shutdown);
    *script = (struct fake_script){ 0 };
}

gboolean fake_script_has(char **list, const char *word)
{
    return list && (g_strv_contains((const char *const *)list, word) ||
                    g_strv_contains((const char *const *)list, "all"));
}

QmcErrorCode fake_script_code(const struct fake_script *script)
{
    if (!script->error)
        return QMC_ERROR_IO;
    for (int code = QMC_ERROR_INVALID; code <= QMC_ERROR_INTERNAL; code++) {
        g_autoptr(GError) error = g_error_new_literal(QMC_ERROR, code, "");

        if (g_str_equal(error_code_word(error), script->error))
            return code;
    }
    g_error("'%s' is no error code", script->error);
}
