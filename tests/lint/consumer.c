/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest user of the library: built with the public headers alone. */
#include <qmc.h>

int main(void)
{
    QmcEngine *engine = NULL;
    GError *error = NULL;

    engine = qmc_engine_new("/nonexistent", "test:///default", &error);
    g_print("1..1\n%s 1 - %s: %s\n", engine || !error ? "not ok" : "ok",
            qmc_version(), error ? error->message : "an engine from nothing");
    g_clear_error(&error);
    qmc_engine_free(engine);
    return 0;
}
