/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/foreign.h"

#include "util/error.h"

/* Those of Qubes 4.0 to 4.4. */
static const char *const drivers[] = {
    "lvm_thin", "zfs", "file", "callback", NULL,
};

gboolean driver_is_foreign(const char *driver)
{
    return g_strv_contains(drivers, driver) && !driver_find(driver);
}

char *foreign_pool_text(const struct pool_entry *entry)
{
    return g_strdup_printf("pool '%s': qmc does not work with %s yet: settings of its qubes "
                           "can be changed, their volumes cannot", entry->name,
                           entry->driver);
}

gboolean foreign_refuse(const struct model *model, const struct qube *qube,
                        const struct volume_config *config, GError **error)
{
    const struct pool_entry *entry = config->pool ? model_pool(model, config->pool) : NULL;

    error_set(error, QMC_ERROR_UNSUPPORTED, FOREIGN_HINT,
              "volume '%s' of '%s' is in pool '%s', and qmc does not work with %s yet",
              config->name, qube->name, config->pool ? config->pool : "",
              entry ? entry->driver : "its driver");
    return FALSE;
}
