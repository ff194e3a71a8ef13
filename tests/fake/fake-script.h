/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of QMC_FAKE and of the file QMC_FAKE_FILE. Not thread safe. */
#pragma once

#include "util/error.h"

struct fake_script {
    int delay_ms;
    char **hang, **fail; /* names of calls, or "all" */
    int fail_nth;
    char *error; /* code word of scripted failures */
    int lie, down, domains;
    char **running; /* UUIDs */
    char *figures;  /* "moving" */
    char *shutdown; /* "obey", "ignore", or ms */
};

/* From the environment and the file. */
void fake_script_read(struct fake_script *script);
void fake_script_add(struct fake_script *script, const char *words);
void fake_script_clear(struct fake_script *script);
/* TRUE if the file was replaced since it was last read. */
gboolean fake_script_stale(void);
gboolean fake_script_has(char **list, const char *word);
QmcErrorCode fake_script_code(const struct fake_script *script);
