/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start (spec/lifecycle.md 2.2): the steps that apply to a hypervisor, each
 * undone when a later one fails (2.9). */
#include "config.h"

#include "core/op-private.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cmdline.h"
#include "core/layout.h"
#include "core/start-plan.h"
#include "hv/hv.h"
#include "storage/loop.h"
#include "util/error.h"
#include "util/log.h"

#define LOCK_MS 2000
#define LOCK_NETVM_MS 90000
#define DEADLINE_MS 100000
/* Where images cannot be cloned they are copied. */
#define COPY_DEADLINE_MS 3600000
#define BLOCK_SCRIPT "/etc/xen/scripts/qubes-block"
#define VIF_SCRIPT "/etc/xen/scripts/vif-route-qubes"

/* One qube on its way up. */
struct start {
    struct op *op;
    GPtrArray *plans; /* of the operation */
    guint index;
    struct start_plan *plan;
    struct hv *hv;
    struct dom_spec spec;
    GArray *disks;    /* struct dom_disk; texts belong to `text` */
    GArray *loops;    /* descriptors that keep loop devices alive */
    GStringChunk *text;
    gboolean looking; /* a dry run */
    gboolean is_up;   /* nothing left to do */
};

static gboolean chain_run(struct op *op, GPtrArray *plans, guint index,
                          GError **error);

static const char *own(struct start *s, char *text)
{
    g_autofree char *owned = text;

    return owned ? g_string_chunk_insert(s->text, owned) : NULL;
}

static const char *name_of(const struct start *s)
{
    return hold_name(s->plan->hold);
}

/* Steps. */

/* A net qube that runs is not disturbed, whoever works on it; one on its way up
 * is waited for. */
static gboolean lock_or_see_up(struct start *s, GError **error)
{
    struct hold *hold = s->plan->hold;
    GCancellable *cancel = op_cancellable(s->op);

    if (s->index == 0)
        return hold_take(hold, "start", LOCK_MS, cancel, error);
    return hold_look(hold, cancel, error) &&
           (hold_state(hold) == POWER_RUNNING ||
            hold_take(hold, "start", LOCK_NETVM_MS, cancel, error));
}

static gboolean step_lock(struct start *s, GError **error)
{
    if (!lock_or_see_up(s, error))
        return FALSE;
    if (hold_state(s->plan->hold) == POWER_HALTED)
        return TRUE;
    s->is_up = TRUE;
    op_step_end(s->op, STEP_OK, "%s is not halted: nothing to do", name_of(s));
    return TRUE;
}

static gboolean step_allowed(struct start *s, GError **error)
{
    if (!s->plan->prohibited)
        return TRUE;
    error_set(error, QMC_ERROR_STATE,
              "remove its feature 'prohibit-start' to allow it",
              "starting '%s' is prohibited: %s", name_of(s),
              s->plan->prohibited);
    return FALSE;
}

/* Helpers of dom0 that this version cannot serve: with one of them there, a
 * guest started without it would be half a qube. */
static const struct helper {
    const char *path, *what;
} helpers[] = {
    { "/run/qubes/qmemman.sock", "memory balancing" },
    { "/usr/sbin/qubesdb-daemon", "QubesDB" },
    { "/usr/sbin/qrexec-daemon", "qrexec" },
};
enum { HELPER_MEMORY, HELPER_QUBESDB, HELPER_QREXEC };

static gboolean step_helpers(struct start *s, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(helpers); i++) {
        g_autofree char *path =
            layout_path(engine_root(s->op->engine), helpers[i].path);

        if (access(path, F_OK) != 0)
            continue;
        error_set(error, QMC_ERROR_UNSUPPORTED,
                  "start qubesd and let it start the qube (qvm-start)",
                  "'%s' cannot be started: '%s' is installed, and this version "
                  "cannot serve %s yet",
                  name_of(s), path, helpers[i].what);
        return FALSE;
    }
    return TRUE;
}

static void skip_helper(struct start *s, int helper)
{
    op_step_end(s->op, STEP_WARNING, "%s skipped: '%s' is absent",
                helpers[helper].what, helpers[helper].path);
}

static gboolean step_memory(struct start *s, GError **error)
{
    skip_helper(s, HELPER_MEMORY);
    return TRUE;
}

static gboolean step_qubesdb(struct start *s, GError **error)
{
    skip_helper(s, HELPER_QUBESDB);
    return TRUE;
}

static gboolean step_qrexec(struct start *s, GError **error)
{
    skip_helper(s, HELPER_QREXEC);
    return TRUE;
}

/* Where the kernel's files are; NULL: the guest brings its own. */
static char *kernel_dir(const struct start *s)
{
    static const char *const loaders[] = {
        [VIRT_PV] = "pvgrub2", [VIRT_PVH] = "pvgrub2-pvh", [VIRT_HVM] = NULL
    };
    enum virt_mode mode = s->plan->spec.virt_mode;
    const char *kernel = s->plan->kernel;

    if (mode == VIRT_HVM)
        return NULL;
    if (kernel)
        return g_build_filename(s->plan->kernels_dir, kernel, NULL);
    if (hv_kind(s->hv) != HV_XEN)
        return NULL;
    return g_build_filename(s->plan->kernels_dir, loaders[mode], NULL);
}

static gboolean step_kernel(struct start *s, GError **error)
{
    g_autofree char *dir = kernel_dir(s);
    g_autofree char *initrd = NULL;

    if (!dir)
        return TRUE;
    s->spec.kernel = own(s, g_build_filename(dir, "vmlinuz", NULL));
    if (access(s->spec.kernel, R_OK) != 0) {
        error_set(error, QMC_ERROR_NOTFOUND,
                  "install that kernel or give the qube another one",
                  "'%s' cannot be started: kernel file '%s' is missing",
                  name_of(s), s->spec.kernel);
        return FALSE;
    }
    if (!s->plan->kernel)
        return TRUE;
    initrd = g_build_filename(dir, "initramfs", NULL);
    if (access(initrd, R_OK) == 0)
        s->spec.initrd = own(s, g_steal_pointer(&initrd));
    s->spec.cmdline = own(s, cmdline_build(s->plan, hv_kind(s->hv), dir));
    return TRUE;
}

static gboolean step_verify(struct start *s, GError **error)
{
    return volumes_verify(hold_volumes(s->plan->hold), error);
}

static gboolean step_netvm(struct start *s, GError **error)
{
    if (s->index + 1 == s->plans->len)
        return TRUE;
    return chain_run(s->op, s->plans, s->index + 1, error);
}

/* What a domain may have open stays as it is. */
static gboolean undo_volumes(gpointer data, GError **error)
{
    struct hold *hold = data;

    if (!hold_look_own(hold, NULL, error))
        return FALSE;
    if (hold_state(hold) == POWER_HALTED)
        return volumes_stop(hold_volumes(hold), error);
    error_set(error, QMC_ERROR_STATE, "kill it to have them cleaned up",
              "'%s' is not halted: its volumes are left as they are",
              hold_name(hold));
    return FALSE;
}

static gboolean step_volumes(struct start *s, GError **error)
{
    GPtrArray *volumes = hold_volumes(s->plan->hold);

    op_allow(s->op, COPY_DEADLINE_MS);
    if (!volumes_start(volumes, error))
        return FALSE;
    op_push_undo(s->op, "volumes", undo_volumes, s->plan->hold, NULL);
    return TRUE;
}

static gboolean attach_loop(struct start *s, struct dom_disk *disk,
                            GError **error)
{
    g_autofree char *device = NULL;
    int fd = loop_attach(disk->path, disk->readonly, &device, error);

    if (fd < 0)
        return FALSE;
    g_array_append_val(s->loops, fd);
    disk->path = own(s, g_steal_pointer(&device));
    disk->is_file = FALSE;
    return TRUE;
}

static gboolean disk_missing(struct start *s, const struct start_disk *from,
                             const char *path, GError **error)
{
    error_set(error, QMC_ERROR_NOTFOUND, "restore it, or create the volume anew",
              "'%s' cannot be started: '%s' of volume '%s' is missing",
              name_of(s), path, volume_name(from->volume));
    return FALSE;
}

static gboolean add_disk(struct start *s, const struct start_disk *from,
                         GError **error)
{
    g_autofree char *path = volume_path(from->volume);
    struct dom_disk disk = { .target = from->target, .devtype = "disk" };
    struct stat st;

    if (!path)
        return TRUE;
    if (stat(path, &st) != 0)
        return disk_missing(s, from, path, error);
    disk.path = own(s, g_steal_pointer(&path));
    disk.serial = own(s, g_strdup(volume_name(from->volume)));
    disk.readonly = !volume_writable(from->volume);
    disk.is_file = S_ISREG(st.st_mode);
    if (hv_kind(s->hv) == HV_XEN && access(BLOCK_SCRIPT, X_OK) == 0)
        disk.script = BLOCK_SCRIPT;
    if (disk.is_file && !hv_takes_files(s->hv) && !attach_loop(s, &disk, error))
        return FALSE;
    g_array_append_val(s->disks, disk);
    return TRUE;
}

static gboolean step_disks(struct start *s, GError **error)
{
    for (guint i = 0; i < s->plan->disks->len; i++)
        if (!add_disk(s, &g_array_index(s->plan->disks, struct start_disk, i),
                      error))
            return FALSE;
    s->spec.disks = (const struct dom_disk *)(gpointer)s->disks->data;
    s->spec.n_disks = s->disks->len;
    return TRUE;
}

static gboolean step_network(struct start *s, GError **error)
{
    if (!s->plan->netvm)
        return TRUE;
    if (hv_kind(s->hv) != HV_XEN)
        op_step_end(s->op, STEP_SKIPPED,
                    "network: this hypervisor connects no qubes");
    else if (access(VIF_SCRIPT, X_OK) != 0)
        op_step_end(s->op, STEP_WARNING, "no network interface: '%s' is absent",
                    VIF_SCRIPT);
    else
        s->spec.netvm = s->plan->netvm;
    return TRUE;
}

/* There may be nothing yet, or what a creation that failed has left. */
struct undo_domain {
    struct hold *hold; /* the plan's */
    struct hv *hv;
    gboolean created;  /* by this start: its definition is not wanted */
};

/* Without a domain a definition binds nothing, and the next start makes it
 * anew: no reason to leave the volumes as they are. */
static void undo_definition(const struct undo_domain *undo)
{
    g_autoptr(GError) error = NULL;

    if (undo->created && !hv_undefine(undo->hv, hold_uuid(undo->hold), &error))
        log_line("op", "definition of '%s' stays: %s", hold_name(undo->hold),
                 error->message);
}

static gboolean undo_domain(gpointer data, GError **error)
{
    const struct undo_domain *undo = data;
    g_autoptr(GError) local = NULL;

    if (!hv_destroy(undo->hv, hold_uuid(undo->hold), &local) &&
        !error_is(local, QMC_ERROR_STATE) &&
        !error_is(local, QMC_ERROR_NOTFOUND)) {
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    if (!hold_look_own(undo->hold, NULL, error))
        return FALSE;
    undo_definition(undo);
    return TRUE;
}

static gboolean step_create(struct start *s, GError **error)
{
    struct undo_domain *undo;
    int xid = -1;

    if (!op_sleep(s->op, 0, error))
        return FALSE;
    undo = g_new(struct undo_domain, 1);
    *undo = (struct undo_domain){ s->plan->hold, s->hv, FALSE };
    op_push_undo(s->op, "domain", undo_domain, undo, g_free);
    if (!hv_create(s->hv, &s->spec, &xid, error))
        return FALSE;
    undo->created = TRUE;
    op_step_end(s->op, STEP_OK, "domain of %s created, id %d, paused",
                name_of(s), xid);
    return op_sleep(s->op, 0, error);
}

static gboolean step_resume(struct start *s, GError **error)
{
    return hv_resume(s->hv, hold_uuid(s->plan->hold), error);
}

/* Somebody may have killed it while it came up. */
static gboolean step_running(struct start *s, GError **error)
{
    if (!op_sleep(s->op, 0, error) ||
        !hold_look_own(s->plan->hold, op_cancellable(s->op), error))
        return FALSE;
    if (hold_state(s->plan->hold) != POWER_HALTED)
        return TRUE;
    error_set(error, QMC_ERROR_STATE, "see the guest's console log",
              "'%s' stopped while it was starting", name_of(s));
    return FALSE;
}

#define XEN (1u << HV_XEN)
#define ANY (1u << HV_XEN | 1u << HV_QEMU | 1u << HV_TEST)

static const struct start_step {
    const char *text; /* of the qube named; true before, after and if it fails */
    const char *plan; /* what is going to be done; NULL: said elsewhere */
    gboolean (*run)(struct start *s, GError **error);
    unsigned kinds;
    gboolean looks; /* reads only: part of a dry run */
} steps[] = {
    { "clean-up after the last run of %s",
      "lock %s and clean up after its last run", step_lock, ANY },
    { "permission to start %s", "check that %s may be started",
      step_allowed, ANY, TRUE },
    { "kernel of %s", "look for the kernel of %s", step_kernel, ANY,
      TRUE },
    { "images of %s", "look for the volumes of %s", step_verify, ANY,
      TRUE },
    { "net qube of %s", NULL, step_netvm, ANY },
    { "memory for %s", "get memory for %s", step_memory, XEN },
    { "volumes of %s", "start the volumes of %s", step_volumes, ANY },
    { "disks of %s", "attach the disks of %s", step_disks, ANY },
    { "network of %s", "connect %s to its network", step_network, ANY },
    { "domain of %s, paused", "create the domain of %s, paused",
      step_create, ANY },
    { "QubesDB of %s", "serve QubesDB to %s", step_qubesdb, XEN },
    { "processors of %s", "let %s run", step_resume, ANY },
    { "agent in %s", "wait for the agent in %s", step_qrexec, XEN },
    { "%s up", "see that %s stays up", step_running, ANY },
};

static gboolean step_applies(const struct start_step *step, enum hv_kind kind)
{
    return step->kinds & (1u << kind);
}

/* The text, a "%s" at most in it, of the qube named. */
static char *step_text(const char *text, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(text, "%s", 2);

    return g_strjoinv(name, parts);
}

static void step_announce(struct op *op, const struct start_step *step,
                          const char *name)
{
    g_autofree char *text = step_text(step->text, name);

    op_step(op, "%s", text);
}

/* Running. */

static void start_clear(struct start *s)
{
    for (guint i = 0; i < s->loops->len; i++)
        close(g_array_index(s->loops, int, i));
    g_array_unref(s->loops);
    g_array_unref(s->disks);
    g_string_chunk_free(s->text);
}

static gboolean steps_run(struct start *s, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(steps) && !s->is_up; i++) {
        if (!step_applies(&steps[i], hv_kind(s->hv)) ||
            (s->looking && !steps[i].looks))
            continue;
        if (!s->looking)
            step_announce(s->op, &steps[i], name_of(s));
        if (!steps[i].run(s, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean start_run_one(struct start *s, GError **error)
{
    gboolean ok;

    s->plan = s->plans->pdata[s->index];
    s->hv = engine_hv(s->op->engine);
    s->spec = s->plan->spec;
    s->disks = g_array_new(FALSE, TRUE, sizeof(struct dom_disk));
    s->loops = g_array_new(FALSE, TRUE, sizeof(int));
    s->text = g_string_chunk_new(512);
    ok = steps_run(s, error);
    start_clear(s);
    return ok;
}

static void start_result(const struct start *s)
{
    enum power_state state = hold_state(s->plan->hold);

    if (s->is_up && state != POWER_RUNNING)
        op_set_result(s->op, "not halted but %s: nothing was done",
                      power_state_word(state));
    else if (s->is_up)
        op_set_result(s->op, "already running");
}

/* The first of the chain is the one that was asked for; the others are net
 * qubes, and one that was started stays up whatever happens then. */
static gboolean chain_run(struct op *op, GPtrArray *plans, guint index,
                          GError **error)
{
    struct start s = { .op = op, .plans = plans, .index = index };

    if (!start_run_one(&s, error))
        return FALSE;
    if (index > 0) {
        op_settle(op);
        hold_release(s.plan->hold);
    } else {
        start_result(&s);
    }
    return TRUE;
}

static gboolean start_run(struct op *op, GError **error)
{
    GPtrArray *plans = op->data;
    struct start s = { .op = op, .plans = plans };

    s.plan = plans->pdata[0];
    if (hv_kind(engine_hv(op->engine)) == HV_XEN && !step_helpers(&s, error))
        return FALSE;
    return chain_run(op, plans, 0, error);
}

static gboolean start_look(struct op *op, GError **error)
{
    GPtrArray *plans = op->data;
    struct start s = { .op = op, .plans = plans, .looking = TRUE };

    s.plan = plans->pdata[0];
    if (hv_kind(engine_hv(op->engine)) == HV_XEN && !step_helpers(&s, error))
        return FALSE;
    for (; s.index < plans->len; s.index++) {
        struct hold *hold = ((struct start_plan *)plans->pdata[s.index])->hold;

        if (!hold_look(hold, op_cancellable(op), error) ||
            (hold_state(hold) == POWER_HALTED && !start_run_one(&s, error)))
            return FALSE;
    }
    return TRUE;
}

static void plan_show_netvm(struct op *op, const struct start_plan *plan)
{
    const struct qube *netvm =
        model_qube(engine_model(op->engine), hold_uuid(plan->hold));

    if (netvm->state == POWER_HALTED)
        op_plan(op, "start net qube %s", hold_name(plan->hold));
}

static void plan_show_steps(struct op *op, const struct start_plan *plan)
{
    enum hv_kind kind = hv_kind(engine_hv(op->engine));

    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autofree char *text = NULL;

        if (!step_applies(&steps[i], kind) || !steps[i].plan)
            continue;
        text = step_text(steps[i].plan, hold_name(plan->hold));
        op_plan(op, "%s", text);
    }
}

static void plan_show(struct op *op, GPtrArray *plans, enum power_state state)
{
    if (op_start.reached & (1u << state)) {
        op_plan(op, "nothing: %s is not halted but %s", op->subject,
                power_state_word(state));
        return;
    }
    for (guint i = plans->len - 1; i > 0; i--)
        plan_show_netvm(op, plans->pdata[i]);
    plan_show_steps(op, plans->pdata[0]);
}

static gboolean start_prepare(struct op *op, GError **error)
{
    struct engine *engine = op->engine;
    const struct qube *qube = model_qube(engine_model(engine), op->uuid);
    GPtrArray *plans = start_plans_new(engine, qube, error);

    if (!plans)
        return FALSE;
    op->data = plans;
    plan_show(op, plans, qube->state);
    return TRUE;
}

static void start_clear_data(struct op *op)
{
    g_ptr_array_unref(op->data);
}

#define BIT(state) (1u << POWER_##state)

const struct op_row op_start = {
    .name = "start",
    .label = "Start",
    .doing = "starting",
    .done = "started",
    .help = "Start the qube, and the net qubes it needs.",
    .method = "admin.vm.Start",
    .classes = CLASS_QUBESVM,
    .states = BIT(HALTED),
    .reached = BIT(TRANSIENT) | BIT(RUNNING) | BIT(PAUSED) | BIT(SUSPENDED) |
               BIT(HALTING) | BIT(DYING) | BIT(CRASHED),
    .passing = POWER_TRANSIENT,
    .lengthy = TRUE,
    .command = "start {qube}",
    .confirm = CONFIRM_L0,
    .deadline_ms = DEADLINE_MS,
    .prepare = start_prepare,
    .look = start_look,
    .run = start_run,
    .clear = start_clear_data,
};
