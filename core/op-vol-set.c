/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of one volume that are in the store alone (spec/storage.md 1.2, M-13 to
 * M-16). */
#include "config.h"

#include "core/op-volume.h"

#include "core/hold.h"
#include "core/op-edit.h"
#include "util/error.h"

struct setting {
    const char *name;
    const char *values; /* for the error */
    const char *const *choices; /* NULL: numbers */
    /* FALSE: not such a value; *stored: what the store says, NULL: nothing. */
    gboolean (*read)(const char *value, struct volume_spec *spec, char **stored);
    /* Whether who has it in use would be hit by the change; NULL: always. */
    gboolean (*hits)(const struct volume *volume, const struct volume_spec *spec);
    char *(*now)(const struct volume_spec *spec);
};

static gboolean read_bool(const char *value, gboolean *yes)
{
    *yes = g_ascii_strcasecmp(value, "True") == 0;
    return *yes || g_ascii_strcasecmp(value, "False") == 0;
}

static gboolean read_rw(const char *value, struct volume_spec *spec, char **stored)
{
    if (!read_bool(value, &spec->rw))
        return FALSE;
    *stored = g_strdup(spec->rw ? "True" : "False"); /* what is not said is the default */
    return TRUE;
}

static char *now_rw(const struct volume_spec *spec)
{
    return g_strdup(spec->rw ? "True" : "False");
}

static gboolean read_keep(const char *value, struct volume_spec *spec, char **stored)
{
    gint64 number;

    if (!g_ascii_string_to_signed(value, 10, -1, G_MAXINT, &number, NULL))
        return FALSE;
    spec->revisions_to_keep = (int)number;
    *stored = g_strdup_printf("%d", (int)number);
    return TRUE;
}

static char *now_keep(const struct volume_spec *spec)
{
    return g_strdup_printf("%d", spec->revisions_to_keep);
}

/* A volume without revisions is changed in place. */
static gboolean keep_hits(const struct volume *volume, const struct volume_spec *spec)
{
    return (volume_revisions_to_keep(volume) == -1) != (spec->revisions_to_keep == -1);
}

static gboolean read_ephemeral(const char *value, struct volume_spec *spec, char **stored)
{
    gboolean yes;

    if (g_ascii_strcasecmp(value, "default") == 0) {
        spec->ephemeral = -1;
        *stored = NULL;
        return TRUE;
    }
    if (!read_bool(value, &yes))
        return FALSE;
    spec->ephemeral = yes;
    *stored = g_strdup(yes ? "True" : "False");
    return TRUE;
}

static char *now_ephemeral(const struct volume_spec *spec)
{
    return g_strdup(spec->ephemeral < 0 ? "default" : spec->ephemeral ? "True" : "False");
}

static const char *const yes_or_no[] = {"True", "False", NULL};
static const char *const or_default[] = {"True", "False", "default", NULL};

static const struct setting settings[] = {
    {"revisions_to_keep", "a number, or -1: none, and changed in place", NULL, read_keep,
     keep_hits, now_keep},
    {"rw", "True or False", yes_or_no, read_rw, NULL, now_rw},
    {"ephemeral", "True, False or default (as the pool says)", or_default, read_ephemeral,
     NULL, now_ephemeral},
};

const char *const *op_vol_set_names(void)
{
    static const char *names[G_N_ELEMENTS(settings) + 1];

    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        names[i] = settings[i].name;
    return names;
}

static const struct setting *setting_find(const char *name, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        if (g_str_equal(settings[i].name, name))
            return &settings[i];
    error_set(error, QMC_ERROR_INVALID, "it is rw, revisions_to_keep or ephemeral",
              "a volume has no setting '%s'", name);
    return NULL;
}

const char *const *op_vol_set_choices(const char *name)
{
    const struct setting *setting = setting_find(name, NULL);

    return setting ? setting->choices : NULL;
}

const char *op_vol_set_values(const char *name)
{
    const struct setting *setting = setting_find(name, NULL);

    return setting ? setting->values : NULL;
}

char *op_vol_set_now(const struct volume_config *config, const char *name)
{
    const struct setting *setting = setting_find(name, NULL);
    struct volume_spec spec;

    if (!setting || !config || !config->volume)
        return NULL;
    volume_spec_of(config->volume, &spec);
    return setting->now(&spec);
}

/* What it becomes: NULL with an error if it must not. */
static const struct setting *change_read(const struct volume_config *config,
                                         const char *name, const char *value,
                                         struct volume_spec *spec, char **stored,
                                         GError **error)
{
    const struct setting *setting = setting_find(name, error);
    struct volume *trial;

    if (!setting)
        return NULL;
    volume_spec_of(config->volume, spec);
    if (!setting->read(value, spec, stored)) {
        error_set(error, QMC_ERROR_INVALID, setting->values,
                  "'%s' cannot be '%s'", name, value);
        return NULL;
    }
    trial = volume_new(volume_pool(config->volume), spec, error);
    if (!trial)
        return NULL;
    volume_unref(trial);
    return setting;
}

/* Disposables have their private volume from that of their template (M-13). */
static gboolean check_disposables(const struct model *model, const struct qube *qube,
                                  GError **error)
{
    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *other = model->qubes->pdata[i];

        if (!other->class || other->class->id != CLASS_DISP ||
            other->state == POWER_HALTED ||
            qube_get_vm(model, other, "template") != qube)
            continue;
        error_set(error, QMC_ERROR_STATE, "shut it down first",
                  "cannot change a volume of '%s': '%s', which is based on it, is running",
                  qube->name, other->name);
        return FALSE;
    }
    return TRUE;
}

static gboolean set_fits(const struct model *model, const struct qube *qube,
                         GHashTable *args, GError **error)
{
    const char *name = edit_arg(args, "name"), *value = edit_arg(args, "value");
    const struct volume_config *config = op_volume(model, qube, args, error);
    g_autofree char *stored = NULL;
    const struct setting *setting;
    struct volume_spec spec;

    if (!config || !name || !value)
        return config != NULL;
    setting = change_read(config, name, value, &spec, &stored, error);
    return setting && (setting->hits != keep_hits || !keep_hits(config->volume, &spec) ||
                       check_disposables(model, qube, error));
}

static gboolean set_prepare(struct op *op, GError **error)
{
    const char *name = op_text(op, "name"), *value = op_text(op, "value");
    const struct qube *qube = model_qube(engine_model(op->engine), op->uuid);
    const struct volume_config *config = qube_volume(qube, op_text(op, "volume"));
    g_autofree char *stored = NULL;
    const char *before = volume_config_get(config, name);
    struct edit edit = { .same = FALSE };
    struct volume_spec spec;
    const struct setting *setting =
        change_read(config, name, value, &spec, &stored, error);

    if (!setting)
        return FALSE;
    edit.same = g_strcmp0(before, stored) == 0;
    if (!setting->hits || setting->hits(config->volume, &spec))
        edit.hold = hold_new(op->engine, qube);
    edit.step = g_strdup_printf(edit.same ? "%s of %s is %s" : "%s of %s becomes %s", name,
                                config->name, value);
    edit.result = g_strdup_printf("%s of %s is %s", name, config->name, value);
    return edit_prepare(op, &edit, error);
}

static gboolean set_apply(struct op *op, GError **error)
{
    struct model *model = engine_model(op->engine);
    struct qube *qube = model_qube(model, op->uuid);
    struct volume_config *config = qube_volume(qube, op_text(op, "volume"));
    g_autofree char *stored = NULL;
    struct volume_spec spec;

    if (edit_is_same(op))
        return TRUE;
    if (!change_read(config, op_text(op, "name"), op_text(op, "value"), &spec, &stored,
                     error))
        return FALSE;
    volume_config_set(config, op_text(op, "name"), stored);
    op->reread = TRUE;
    model_touch(model, qube);
    return TRUE;
}

static const struct op_arg set_args[] = {
    { "volume", OP_ARG_VOLUME, TRUE, "root, private ..." },
    { "name", OP_ARG_TEXT, TRUE, "rw, revisions_to_keep or ephemeral" },
    { "value", OP_ARG_TEXT, TRUE, "what it shall be" },
    { NULL },
};

const struct op_row op_vol_set = {
    .name = "vol-set",
    .label = "Set up a volume",
    .phrase = "set up a volume of",
    .doing = "changing",
    .done = "changed",
    .help = "Whether the guest may write to a volume, how many earlier states are kept, "
            "and whether it is encrypted with a key that nobody has.",
    .method = "admin.vm.volume.Set.revisions_to_keep",
    .classes = CLASS_QUBESVM,
    .command = "vol set {qube}:{volume} {name} {value}",
    .args = set_args,
    .states = EDIT_STATES,
    .offline = TRUE,
    .confirm = CONFIRM_L0,
    .writes_store = TRUE,
    .deadline_ms = EDIT_DEADLINE_MS,
    .fits = set_fits,
    .prepare = set_prepare,
    .run = edit_run,
    .apply = set_apply,
    .clear = edit_clear,
    .object = op_volume_object,
};
