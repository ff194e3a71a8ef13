/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "storage/driver.h"

#define DRIVER(noun) extern const struct driver driver_##noun;
#include "storage/drivers.list"
#undef DRIVER

enum { ROOM = 16 };

static const struct driver *drivers[ROOM] = {
#define DRIVER(noun) &driver_##noun,
#include "storage/drivers.list"
#undef DRIVER
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

void driver_add(const struct driver *driver)
{
    gsize i = 0;

    if (driver_find(driver->name))
        return;
    while (drivers[i])
        i++;
    g_assert(i + 1 < ROOM);
    drivers[i] = driver;
}
