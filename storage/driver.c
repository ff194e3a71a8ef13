/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/driver.h"

#define DRIVER(noun) extern const struct driver driver_##noun;
#include "storage/drivers.list"
#undef DRIVER

static const struct driver *const drivers[] = {
#define DRIVER(noun) &driver_##noun,
#include "storage/drivers.list"
#undef DRIVER
    NULL,
};

const struct driver *driver_find(const char *name)
{
    for (const struct driver *const *driver = drivers; *driver; driver++)
        if (g_str_equal((*driver)->name, name))
            return *driver;
    return NULL;
}

const struct driver *const *driver_all(void)
{
    return drivers;
}
