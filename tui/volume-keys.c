/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/volume-keys.h"

#include <string.h>

#include "tui/list.h"
#include "tui/screens.h"
#include "util/error.h"

static const struct qube *volume_qube(const struct screen *screen)
{
    const char *uuid = screen->class->subject(screen);

    return uuid ? model_qube(app_model(screen->app), uuid) : NULL;
}

/* Why it is not for the volume now; caller frees. NULL: it is. */
static char *volume_refused(const struct screen *screen, const char *op)
{
    const struct qube *qube = volume_qube(screen);
    const char *refused = action_refused(screen->app, op, qube->uuid);
    g_autoptr(GHashTable) args = op_args_new("volume", screen_volume_of(screen), NULL);
    g_autoptr(GError) error = NULL;

    if (refused)
        return g_strdup(refused);
    if (op_find(op)->fits(app_model(screen->app), qube, args, &error))
        return NULL;
    return error_text(error);
}

static gboolean volume_can(const struct screen *screen, const char *op)
{
    g_autofree char *refused = NULL;

    if (!screen_volume_of(screen) || !volume_qube(screen))
        return FALSE;
    refused = volume_refused(screen, op);
    return !refused;
}

/* TRUE if there is a volume it is for; else the user is told why not. */
static gboolean volume_check(struct screen *screen, const char *op)
{
    const struct qube *qube = volume_qube(screen);
    g_autofree char *refused = NULL;

    if (!qube || !screen_volume_of(screen))
        return FALSE;
    refused = volume_refused(screen, op);
    if (refused)
        app_note_on(screen->app, qube->uuid, TRUE, "%s: %s", op_find(op)->label, refused);
    return !refused;
}

/* A form with the selected volume in it, and one more argument (NULL: none). */
static void volume_ask(struct screen *screen, const char *op, const char *arg,
                       const char *value)
{
    g_autofree char *uuid = g_strdup(screen->class->subject(screen));
    g_autoptr(GHashTable) given = op_args_none();
    char *uuids[] = {uuid, NULL};
    struct arguments_spec spec = {op, uuids, .given = given};

    if (!volume_check(screen, op))
        return;
    op_args_set(given, "volume", screen_volume_of(screen));
    if (arg)
        op_args_set(given, arg, value);
    spec.line = list_selected_line(screen->class->list(screen));
    arguments_open(screen->app, &spec);
}

static void volume_key_resize(struct screen *screen)
{
    if (volume_check(screen, "resize"))
        resize_open(screen->app, screen->class->subject(screen), screen_volume_of(screen));
}

static gboolean volume_can_resize(const struct screen *screen)
{
    return volume_can(screen, "resize");
}

/* --- its revisions --- */

static const struct volume_config *volume_config(const struct screen *screen)
{
    const struct qube *qube = screen_volume_of(screen) ? volume_qube(screen) : NULL;

    return qube ? qube_volume(qube, screen_volume_of(screen)) : NULL;
}

/* It has one, or nobody has looked yet. */
static gboolean volume_has_revisions(const struct screen *screen)
{
    const struct volume_config *config = volume_config(screen);

    return config && (!config->kept || config->kept->len > 0);
}

/* The selected one; NULL: none is, or there is only a volume selected. */
static const struct revision *volume_revision(const struct screen *screen)
{
    const struct volume_config *config = volume_config(screen);
    const char *id = screen_revision_of(screen);

    for (guint i = 0; config && id && config->kept && i < config->kept->len; i++) {
        const struct revision *revision = config->kept->pdata[i];

        if (strcmp(revision->id, id) == 0)
            return revision;
    }
    return NULL;
}

/* With the selected revision at once; else it is chosen in a form. */
static void volume_do(struct screen *screen, const char *op, gboolean undo)
{
    const struct revision *revision = volume_revision(screen);
    g_autoptr(GHashTable) args = NULL;

    if (!volume_check(screen, op))
        return;
    if (!volume_has_revisions(screen)) {
        app_note_on(screen->app, volume_qube(screen)->uuid, TRUE,
                    "%s: %s:%s has no revisions", op_find(op)->label,
                    volume_qube(screen)->name, screen_volume_of(screen));
        return;
    }
    if (!revision) {
        volume_ask(screen, op, NULL, NULL);
        return;
    }
    args = op_args_new("volume", screen_volume_of(screen), "revision", revision->id,
                       "undo",
                       undo ? "true" : NULL, NULL);
    action_start(screen->app, op, screen->class->subject(screen), args);
}

static void volume_key_revert(struct screen *screen)
{
    volume_do(screen, "revert", FALSE);
}

static gboolean volume_can_revert(const struct screen *screen)
{
    return volume_can(screen, "revert") && volume_has_revisions(screen);
}

static void volume_key_pin(struct screen *screen)
{
    volume_do(screen, "pin", FALSE);
}

static void volume_key_unpin(struct screen *screen)
{
    volume_do(screen, "pin", TRUE);
}

static gboolean volume_is_pinned(const struct screen *screen)
{
    const struct revision *revision = volume_revision(screen);

    return revision && revision->pinned && volume_can(screen, "pin");
}

static gboolean volume_can_pin(const struct screen *screen)
{
    return !volume_is_pinned(screen) && volume_can(screen, "pin") &&
           volume_has_revisions(screen);
}

/* --- its content, how it is kept --- */

static void volume_key_set(struct screen *screen)
{
    volume_ask(screen, "vol-set", NULL, NULL);
}

static gboolean volume_can_set(const struct screen *screen)
{
    return volume_can(screen, "vol-set");
}

static void volume_key_import(struct screen *screen)
{
    volume_ask(screen, "import", NULL, NULL);
}

static gboolean volume_can_import(const struct screen *screen)
{
    return volume_can(screen, "import");
}

static void volume_key_export(struct screen *screen)
{
    volume_ask(screen, "export", NULL, NULL);
}

static gboolean volume_can_export(const struct screen *screen)
{
    return volume_can(screen, "export");
}

/* There is nothing to be chosen: it is asked at once. */
static void volume_key_clear(struct screen *screen)
{
    g_autoptr(GHashTable) args = NULL;

    if (!volume_check(screen, "clear"))
        return;
    args = op_args_new("volume", screen_volume_of(screen), NULL);
    action_start(screen->app, "clear", screen->class->subject(screen), args);
}

static gboolean volume_can_clear(const struct screen *screen)
{
    return volume_can(screen, "clear");
}

static void volume_key_open(struct screen *screen)
{
    volume_open(screen->app, screen->class->subject(screen), screen_volume_of(screen));
}

static gboolean volume_is_listed(const struct screen *screen)
{
    return volume_config(screen) != NULL;
}

/* clang-format off */
const struct key_row volume_open_keys[] = {
    {"Enter", "open", "Revisions", "it and its revisions", KEYS_ACT, NULL,
     volume_key_open, volume_is_listed},
    {NULL},
};

const struct key_row volume_keys[] = {
    {"r", "resize", "Resize", "give the volume more room", KEYS_ACT, NULL,
     volume_key_resize, volume_can_resize, TRUE},
    {"V", "revert", "Revert", "back to one of its revisions", KEYS_ACT, NULL,
     volume_key_revert, volume_can_revert, TRUE},
    {"P", "pin", "Pin", "pin a revision", KEYS_ACT, NULL,
     volume_key_pin, volume_can_pin, TRUE},
    {"P", "unpin", "Unpin", "let it go", KEYS_ACT, NULL,
     volume_key_unpin, volume_is_pinned},
    {"i", "import", "Import", "content from a file", KEYS_ACT, NULL,
     volume_key_import, volume_can_import, TRUE},
    {"E", "export", "Export", "content to a file", KEYS_ACT, NULL,
     volume_key_export, volume_can_export, TRUE},
    {"C", "clear", NULL, "leave nothing in it", KEYS_ACT, NULL,
     volume_key_clear, volume_can_clear, TRUE},
    {"M", "vol-set", NULL, "how it is kept", KEYS_ACT,
     NULL, volume_key_set, volume_can_set, TRUE},
    {NULL},
};
/* clang-format on */
