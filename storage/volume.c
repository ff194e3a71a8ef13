/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/volume-private.h"

#include <stdatomic.h>
#include <string.h>

#include "storage/ephemeral.h"
#include "util/error.h"
#include "util/job.h"
#include "util/text.h"

struct volume {
    gatomicrefcount refs;
    struct pool *pool;
    char *name, *vid;
    _Atomic guint64 nominal;
    gboolean rw, snap_on_start, save_on_stop;
    int revisions_to_keep;
    int ephemeral;
    gboolean as_is;
    struct volume *source;
    _Atomic(struct volume_lock *) lock; /* see volume_lock_of() */
};

static void volume_free(struct volume *volume)
{
    if (volume->lock)
        volume_lock_put(volume->lock);
    g_clear_pointer(&volume->source, volume_unref);
    g_clear_pointer(&volume->pool, pool_unref);
    g_free(volume->name);
    g_free(volume->vid);
    g_free(volume);
}

struct volume *volume_ref(struct volume *volume)
{
    g_atomic_ref_count_inc(&volume->refs);
    return volume;
}

void volume_unref(struct volume *volume)
{
    if (g_atomic_ref_count_dec(&volume->refs))
        volume_free(volume);
}

static const struct driver *driver_of(const struct volume *volume)
{
    return pool_driver(volume->pool);
}

gboolean volume_component_valid(const char *part, gsize len)
{
    if (len == 0 || (part[0] == '.' && (len == 1 || (len == 2 && part[1] == '.'))))
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum(part[i]) && !strchr("._+-", part[i]))
            return FALSE;
    return TRUE;
}

/* Why the flags contradict each other (M-1, M-2, M-16), or NULL. */
static const char *spec_fault(const struct pool *pool,
                              const struct volume_spec *spec)
{
    gboolean scratch = spec->rw && !spec->snap_on_start && !spec->save_on_stop;
    const struct {
        gboolean wrong;
        const char *why;
    } rules[] = {
        {!*spec->name, "it has no name"},
        {spec->snap_on_start && !spec->source,
         "snap_on_start needs a source"},
        {!spec->snap_on_start && spec->source,
         "a source is only for snap_on_start"},
        {spec->source && !g_str_equal(pool_name(pool),
                                      pool_name(spec->source->pool)),
         "its source is in another pool"},
        {spec->source && g_str_equal(spec->vid, spec->source->vid),
         "it is its own source"},
        {spec->size > G_MAXINT64, "its size is over 2^63-1"},
        {spec->revisions_to_keep < -1, "revisions_to_keep is below -1"},
        {spec->ephemeral > 0 && !scratch,
         "only a volume that is neither saved nor a snapshot can be ephemeral"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i].wrong)
            return rules[i].why;
    return NULL;
}

static struct volume *volume_alloc(struct pool *pool,
                                   const struct volume_spec *spec)
{
    struct volume *volume = g_new0(struct volume, 1);

    g_atomic_ref_count_init(&volume->refs);
    volume->pool = pool_ref(pool);
    volume->name = g_strdup(spec->name);
    volume->vid = g_strdup(spec->vid);
    volume_set_nominal(volume, spec->size);
    volume->rw = spec->rw;
    volume->snap_on_start = spec->snap_on_start;
    volume->save_on_stop = spec->save_on_stop;
    volume->revisions_to_keep = spec->revisions_to_keep;
    volume->ephemeral = spec->ephemeral;
    volume->as_is = spec->as_is;
    volume->source = spec->source ? volume_ref(spec->source) : NULL;
    return volume;
}

struct volume *volume_new(struct pool *pool, const struct volume_spec *spec,
                          GError **error)
{
    const struct driver *driver = pool_driver(pool);
    struct volume_spec adapted = *spec;
    auto_of(volume) struct volume *volume = NULL;
    const char *fault;

    if (driver->adapt)
        driver->adapt(&adapted);
    fault = spec_fault(pool, &adapted);
    if (fault) {
        error_set(error, QMC_ERROR_INVALID, NULL, "volume '%s' in pool '%s': %s",
                  spec->vid, pool_name(pool), fault);
        return NULL;
    }
    volume = volume_alloc(pool, &adapted);
    if (driver->check && !driver->check(volume, error))
        return NULL;
    return g_steal_pointer(&volume);
}

void volume_spec_of(const struct volume *volume, struct volume_spec *spec)
{
    *spec = (struct volume_spec){
        .name = volume->name, .vid = volume->vid, .size = volume_nominal(volume),
        .rw = volume->rw, .snap_on_start = volume->snap_on_start,
        .save_on_stop = volume->save_on_stop,
        .revisions_to_keep = volume->revisions_to_keep,
        .ephemeral = volume->ephemeral, .as_is = volume->as_is, .source = volume->source,
    };
}

struct volume *volume_new_like(const struct volume *volume, const char *vid,
                               GError **error)
{
    struct volume_spec spec;

    volume_spec_of(volume, &spec);
    spec.vid = vid;
    return volume_new(volume->pool, &spec, error);
}

struct pool *volume_pool(const struct volume *volume)
{
    return volume->pool;
}

const char *volume_name(const struct volume *volume)
{
    return volume->name;
}

const char *volume_vid(const struct volume *volume)
{
    return volume->vid;
}

gboolean volume_rw(const struct volume *volume)
{
    return volume->rw;
}

gboolean volume_snap_on_start(const struct volume *volume)
{
    return volume->snap_on_start;
}

gboolean volume_save_on_stop(const struct volume *volume)
{
    return volume->save_on_stop;
}

int volume_revisions_to_keep(const struct volume *volume)
{
    return volume->revisions_to_keep;
}

gboolean volume_as_is(const struct volume *volume)
{
    return volume->as_is;
}

gboolean volume_ephemeral(const struct volume *volume)
{
    if (volume->ephemeral >= 0)
        return volume->ephemeral > 0;
    return volume->rw && !volume->snap_on_start && !volume->save_on_stop &&
           pool_ephemeral_volatile(volume->pool);
}

struct volume *volume_source(const struct volume *volume)
{
    return volume->source;
}

guint64 volume_nominal(const struct volume *volume)
{
    return atomic_load(&volume->nominal);
}

void volume_set_nominal(struct volume *volume, guint64 size)
{
    atomic_store(&volume->nominal, size);
}

gboolean volume_in_place(const struct volume *volume)
{
    return volume->revisions_to_keep == -1 && !volume->snap_on_start &&
           volume->save_on_stop;
}

guint volume_keep(const struct volume *volume)
{
    return (guint)MAX(volume->revisions_to_keep, 0);
}

/* Found when first needed: a store of a thousand qubes has thousands of
 * volumes, and few are ever operated on. */
struct volume_lock *volume_lock_of(struct volume *volume)
{
    struct volume_lock *lock = volume->lock, *none = NULL;

    if (lock)
        return lock;
    lock = volume_lock_get(pool_name(volume->pool), volume->vid);
    if (atomic_compare_exchange_strong(&volume->lock, &none, lock))
        return lock;
    volume_lock_put(lock);
    return none;
}

gboolean volume_unsupported(const struct volume *volume, const char *verb,
                            GError **error)
{
    error_set(error, QMC_ERROR_UNSUPPORTED, NULL,
              "cannot %s volume '%s': driver '%s' does not do that", verb,
              volume->vid, driver_of(volume)->name);
    return FALSE;
}

gboolean volume_check_import(struct volume *volume, GError **error)
{
    if (!volume_lock_importing(volume_lock_of(volume)))
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "wait until it has ended",
              "volume '%s': an import into it is under way", volume->vid);
    return FALSE;
}

gboolean volume_create(struct volume *volume, GError **error)
{
    job_may_block();
    if (!driver_of(volume)->create)
        return volume_unsupported(volume, "create", error);
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    return volume_check_import(volume, error) &&
           driver_of(volume)->create(volume, error);
}

gboolean volume_remove(struct volume *volume, GError **error)
{
    job_may_block();
    if (!driver_of(volume)->remove)
        return volume_unsupported(volume, "remove", error);
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    return volume_check_import(volume, error) && ephemeral_close(volume, error) &&
           driver_of(volume)->remove(volume, error);
}

gboolean volume_vacant(struct volume *volume, GError **error)
{
    job_may_block();
    return !driver_of(volume)->vacant || driver_of(volume)->vacant(volume, error);
}

static gboolean can_share(const struct volume *volume, const struct volume *source,
                          GError **error)
{
    gboolean in_use;

    if (!driver_of(volume)->share)
        return volume_unsupported(volume, "share", error);
    if (!g_str_equal(pool_name(volume->pool), pool_name(source->pool))) {
        error_set(error, QMC_ERROR_INVALID, NULL,
                  "volume '%s' cannot have what '%s' has: that is in another pool",
                  volume->vid, source->vid);
        return FALSE;
    }
    if (!volume_look_in_use(source, &in_use, error))
        return FALSE;
    if (in_use) {
        error_set(error, QMC_ERROR_STATE, "stop its qube first",
                  "volume '%s' is in use: it cannot have another id", source->vid);
        return FALSE;
    }
    return driver_of(volume)->vacant(volume, error);
}

gboolean volume_share(struct volume *volume, struct volume *source, GError **error)
{
    job_may_block();
    if (volume_lock_of(volume) == volume_lock_of(source))
        return TRUE;
    auto_hold struct volume_hold hold = volume_hold_take(volume, source);

    if (!volume_check_import(volume, error) || !volume_check_import(source, error) ||
        !can_share(volume, source, error) ||
        !driver_of(volume)->share(volume, source, error))
        return FALSE;
    volume_set_nominal(volume, volume_size(source));
    return TRUE;
}

/* A volume that is changed in place has no state before its start to offer
 * (M-13). */
gboolean volume_offers_state(const struct volume *source, GError **error)
{
    gboolean in_use = FALSE;

    if (source && volume_in_place(source) && !volume_look_in_use(source, &in_use, error))
        return FALSE;
    if (!in_use)
        return TRUE;
    error_set(error, QMC_ERROR_STATE,
              "stop the qube it belongs to, or let it keep revisions",
              "volume '%s' is in use and keeps no state to copy", source->vid);
    return FALSE;
}

gboolean volume_verify(struct volume *volume, GError **error)
{
    job_may_block();
    if (!driver_of(volume)->verify)
        return volume_unsupported(volume, "verify", error);
    return volume_offers_state(volume->source, error) &&
           driver_of(volume)->verify(volume, error);
}

gboolean volume_written_in_place(const struct volume *volume)
{
    return volume_in_place(volume) || driver_of(volume)->in_place;
}

/* Whoever reads it must not see what a qube writes. */
static gboolean check_readers(struct volume *volume, GError **error)
{
    if (!volume_written_in_place(volume) ||
        !volume_lock_exporting(volume_lock_of(volume)))
        return TRUE;
    error_set(error, QMC_ERROR_BUSY, "wait until it has ended",
              "volume '%s': a copy of it is being made", volume->vid);
    return FALSE;
}

static gboolean start_whole(struct volume *volume, GError **error)
{
    /* what a killed start left stands on what is there before this one */
    if (!ephemeral_close(volume, error) || !driver_of(volume)->start(volume, error))
        return FALSE;
    if (!volume_ephemeral(volume) || ephemeral_open(volume, error))
        return TRUE;
    driver_of(volume)->stop(volume, NULL);
    return FALSE;
}

gboolean volume_start(struct volume *volume, GError **error)
{
    struct volume *source = volume->source;

    job_may_block();
    if (!driver_of(volume)->start)
        return volume_unsupported(volume, "start", error);
    auto_hold struct volume_hold hold = volume_hold_take(volume, source);

    return volume_check_import(volume, error) && check_readers(volume, error) &&
           volume_offers_state(source, error) && start_whole(volume, error);
}

gboolean volume_stop(struct volume *volume, GError **error)
{
    job_may_block();
    if (!driver_of(volume)->stop)
        return volume_unsupported(volume, "stop", error);
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    return volume_check_import(volume, error) && ephemeral_close(volume, error) &&
           driver_of(volume)->stop(volume, error);
}

static gboolean may_shrink(const struct volume *volume, GError **error)
{
    gboolean in_use;

    if (!volume_look_in_use(volume, &in_use, error) || !in_use)
        return !in_use;
    error_set(error, QMC_ERROR_STATE, "stop its qube first",
              "volume '%s' is in use: it cannot be shrunk", volume->vid);
    return FALSE;
}

static gboolean size_allowed(const struct volume *volume, guint64 size,
                             gboolean shrink, GError **error)
{
    guint64 now = volume_size(volume);

    if (size == 0 || size > G_MAXINT64) {
        error_set(error, QMC_ERROR_INVALID, "give a size from 1 to 2^63-1 bytes",
                  "volume '%s' cannot have %" G_GUINT64_FORMAT " bytes",
                  volume->vid, size);
        return FALSE;
    }
    if (size >= now)
        return TRUE;
    if (shrink)
        return may_shrink(volume, error);

    g_autofree char *old = text_size_long(now), *new = text_size_long(size);
    error_set(error, QMC_ERROR_INVALID,
              "shrinking destroys what lies behind the new end: shrink the "
              "file system first, then ask for it explicitly",
              "volume '%s' has %s (%" G_GUINT64_FORMAT " bytes); %s (%"
              G_GUINT64_FORMAT " bytes) would shrink it",
              volume->vid, old, now, new, size);
    return FALSE;
}

gboolean volume_resize(struct volume *volume, guint64 size, gboolean shrink,
                       GError **error)
{
    job_may_block();
    if (!volume->rw) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "volume '%s' is read-only: it cannot be resized",
                  volume->vid);
        return FALSE;
    }
    if (!driver_of(volume)->resize)
        return volume_unsupported(volume, "resize", error);
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    if (!volume_check_import(volume, error) || !check_readers(volume, error) ||
        !size_allowed(volume, size, shrink, error) ||
        !driver_of(volume)->resize(volume, size, error))
        return FALSE;
    volume_set_nominal(volume, size);
    return ephemeral_stretch(volume, error);
}

gboolean volume_takes_content(const struct volume *volume, GError **error)
{
    gboolean in_use;

    if (!volume->save_on_stop) {
        error_set(error, QMC_ERROR_STATE, NULL,
                  "volume '%s' saves nothing: it cannot be given a content",
                  volume->vid);
        return FALSE;
    }
    if (!volume_look_in_use(volume, &in_use, error) || !in_use)
        return !in_use;
    error_set(error, QMC_ERROR_STATE, "stop its qube first",
              "volume '%s' is in use: its content cannot be replaced", volume->vid);
    return FALSE;
}

/* In words, as far as they are few. */
static char *revision_names(GPtrArray *revisions)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < revisions->len; i++) {
        const struct revision *revision = revisions->pdata[i];

        g_string_append_printf(names, "%s'%s'", i ? ", " : "", revision->id);
    }
    return g_string_free(names, FALSE);
}

/* The id that is in the list, or NULL. */
static const char *find_revision(const struct volume *volume, GPtrArray *revisions,
                                 const char *id, GError **error)
{
    g_autofree char *hint = NULL;

    for (guint i = 0; i < revisions->len; i++) {
        const struct revision *revision = revisions->pdata[i];

        if (!id || g_str_equal(revision->id, id))
            return revision->id;
    }
    if (revisions->len > 0) {
        g_autofree char *names = revision_names(revisions);

        hint = g_strdup_printf("it has %s", names);
        error_set(error, QMC_ERROR_NOTFOUND, hint,
                  "volume '%s' has no revision '%s'", volume->vid, id);
    } else {
        error_set(error, QMC_ERROR_NOTFOUND, NULL,
                  "volume '%s' has no revision to go back to", volume->vid);
    }
    return NULL;
}

static GPtrArray *read_revisions(const struct volume *volume, GError **error)
{
    const struct driver *driver = driver_of(volume);

    return driver->revisions ? driver->revisions(volume, error) : g_ptr_array_new();
}

gboolean volume_has_revision(const struct volume *volume, const char *revision,
                             GError **error)
{
    g_autoptr(GPtrArray) revisions = NULL;

    job_may_block();
    revisions = read_revisions(volume, error);
    return revisions && find_revision(volume, revisions, revision, error);
}

gboolean volume_revert(struct volume *volume, const char *revision, GError **error)
{
    g_autoptr(GPtrArray) revisions = NULL;
    const char *id;

    job_may_block();
    if (!driver_of(volume)->revert)
        return volume_unsupported(volume, "revert", error);
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    if (!volume_check_import(volume, error) || !volume_takes_content(volume, error))
        return FALSE;
    revisions = read_revisions(volume, error);
    id = revisions ? find_revision(volume, revisions, revision, error) : NULL;
    return id && driver_of(volume)->revert(volume, id, error);
}

gboolean volume_pin(struct volume *volume, const char *revision, gboolean pinned,
                    GError **error)
{
    g_autoptr(GPtrArray) revisions = NULL;
    const char *id;

    job_may_block();
    if (!driver_of(volume)->pin)
        return volume_unsupported(volume, "pin a revision of", error);
    auto_hold struct volume_hold hold = volume_hold_take(volume, NULL);

    revisions = read_revisions(volume, error);
    id = revisions ? find_revision(volume, revisions, revision, error) : NULL;
    return id && driver_of(volume)->pin(volume, id, pinned, error);
}

gboolean volume_in_use(const struct volume *volume)
{
    gboolean in_use;

    volume_look_in_use(volume, &in_use, NULL);
    return in_use;
}

gboolean volume_look_in_use(const struct volume *volume, gboolean *in_use, GError **error)
{
    g_autoptr(GError) unknown = NULL;

    job_may_block();
    *in_use = driver_of(volume)->in_use && driver_of(volume)->in_use(volume, &unknown);
    if (!unknown)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&unknown));
    return FALSE;
}

gboolean volume_unsettled(const struct volume *volume)
{
    return volume_in_use(volume) ||
           (driver_of(volume)->unfinished && driver_of(volume)->unfinished(volume));
}

gboolean volume_is_dirty(const struct volume *volume)
{
    return volume->save_on_stop && volume_in_use(volume);
}

gboolean volume_is_outdated(const struct volume *volume)
{
    job_may_block();
    return volume->snap_on_start && driver_of(volume)->outdated &&
           driver_of(volume)->outdated(volume);
}

guint64 volume_size(const struct volume *volume)
{
    guint64 size;

    job_may_block();
    size = driver_of(volume)->size ? driver_of(volume)->size(volume) : 0;
    return size ? size : volume_nominal(volume);
}

guint64 volume_used(const struct volume *volume)
{
    job_may_block();
    return driver_of(volume)->used ? driver_of(volume)->used(volume) : G_MAXUINT64;
}

char *volume_path(const struct volume *volume)
{
    char *encrypted;

    job_may_block();
    encrypted = ephemeral_path(volume);
    if (encrypted || !driver_of(volume)->path)
        return encrypted;
    return driver_of(volume)->path(volume);
}

gboolean volume_writable(const struct volume *volume)
{
    gboolean (*writable)(const struct volume *) = driver_of(volume)->writable;

    job_may_block();
    return volume->rw && (!writable || writable(volume));
}

char *volume_dir(const struct volume *volume)
{
    const struct driver *driver = driver_of(volume);
    g_autofree char *path = NULL;

    job_may_block();
    if (driver->dir)
        return driver->dir(volume);
    /* Of the file: an encrypted layer over it is in /dev. */
    path = driver->path ? driver->path(volume) : NULL;
    return path ? g_path_get_dirname(path) : NULL;
}

GPtrArray *volume_revisions(const struct volume *volume)
{
    job_may_block();
    return read_revisions(volume, NULL);
}
