/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/state.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"

#define BYTES_MAX (64 * 1024)

struct state {
    char *path;
    GHashTable *values;  /* as read, and as set */
    GHashTable *changed; /* keys set since */
};

static const char *state_env_dir(const char *name)
{
    const char *dir = g_getenv(name);

    return dir && g_path_is_absolute(dir) ? dir : NULL;
}

char *state_path(void)
{
    const char *state = state_env_dir("XDG_STATE_HOME");
    const char *home = state_env_dir("HOME");

    if (state)
        return g_build_filename(state, "qmc", "state", NULL);
    return home ? g_build_filename(home, ".local", "state", "qmc", "state", NULL)
                : NULL;
}

/* --- the file --- */

/* Nobody else may tell us what to show. */
static gboolean state_is_ours(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
           !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Its text, "" if there is none yet; NULL if it is not to be touched. */
static char *state_read(const char *path)
{
    struct file_stamp stamp;
    struct stat st;
    g_autoptr(GBytes) bytes = NULL;
    gsize size;
    const char *data;

    if (!path)
        return NULL;
    if (lstat(path, &st) != 0)
        return g_strdup("");
    if (!state_is_ours(&st))
        return NULL;
    bytes = file_read(path, BYTES_MAX, &stamp, NULL);
    if (!bytes || stamp.dev != st.st_dev || stamp.ino != st.st_ino)
        return NULL;
    data = g_bytes_get_data(bytes, &size);
    return g_utf8_validate(data, (gssize)size, NULL) ? g_strndup(data, size) : NULL;
}

/* FALSE for a comment and whatever else is no `key = value`. */
static gboolean state_parse(const char *line, char **key, char **value)
{
    g_auto(GStrv) parts = g_strsplit(line, "=", 2);

    if (*line == '#' || !parts[0] || !parts[1] || !*g_strstrip(parts[0]))
        return FALSE;
    *key = g_strdup(parts[0]);
    *value = g_strdup(g_strstrip(parts[1]));
    return TRUE;
}

static void state_load(struct state *state)
{
    g_autofree char *text = state_read(state->path);
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    char *key, *value;

    for (gsize i = 0; lines[i]; i++)
        if (state_parse(lines[i], &key, &value))
            g_hash_table_replace(state->values, key, value);
}

struct state *state_new(const char *path)
{
    struct state *state = g_new0(struct state, 1);

    state->path = g_strdup(path);
    state->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    state->changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    state_load(state);
    return state;
}

void state_free(struct state *state)
{
    g_hash_table_unref(state->values);
    g_hash_table_unref(state->changed);
    g_free(state->path);
    g_free(state);
}

/* --- values --- */

const char *state_get(const struct state *state, const char *key)
{
    return g_hash_table_lookup(state->values, key);
}

void state_set(struct state *state, const char *key, const char *value)
{
    const char *now = value ? value : "", *old = state_get(state, key);

    g_assert(!strchr(now, '\n'));
    if (strcmp(old ? old : "", now) == 0)
        return;
    g_hash_table_replace(state->values, g_strdup(key), g_strdup(now));
    g_hash_table_add(state->changed, g_strdup(key));
}

static void state_append(const struct state *state, GString *out, const char *key)
{
    const char *value = state_get(state, key);

    if (*value)
        g_string_append_printf(out, "%s = %s\n", key, value);
}

/* Two consoles may have run at once: what this one did not change stays as the
 * other one wrote it. */
static char *state_merge(const struct state *state, const char *old)
{
    g_autoptr(GHashTable) done =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(old, "\n", -1);
    GString *out = g_string_new(NULL);
    GHashTableIter iter;
    gpointer key;

    for (gsize i = 0; lines[i]; i++) {
        g_autofree char *name = NULL;
        g_autofree char *value = NULL;

        if (state_parse(lines[i], &name, &value) &&
            g_hash_table_contains(state->changed, name)) {
            if (g_hash_table_add(done, g_strdup(name)))
                state_append(state, out, name);
        } else if (lines[i + 1] || *lines[i]) {
            g_string_append_printf(out, "%s\n", lines[i]);
        }
    }
    g_hash_table_iter_init(&iter, state->changed);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        if (!g_hash_table_contains(done, key))
            state_append(state, out, key);
    return g_string_free(out, FALSE);
}

gboolean state_save(const struct state *state)
{
    struct file_replace how = {.path = state->path, .mode = 0600};
    g_autofree char *old = NULL;
    g_autofree char *text = NULL;
    g_autofree char *dir = NULL;

    if (!state->path || g_hash_table_size(state->changed) == 0)
        return FALSE;
    old = state_read(state->path);
    if (!old)
        return FALSE;
    text = state_merge(state, old);
    if (strcmp(text, old) == 0)
        return TRUE;
    dir = g_path_get_dirname(state->path);
    return file_mkdirs(dir, 0700, NULL) &&
           file_replace(&how, text, strlen(text), NULL, NULL);
}
