/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The handles of the scripted hypervisor, for unit tests that link it. It
 * implements all of hv/hv.h; README.md lists the words of its script. All calls
 * here are thread safe; there is one hypervisor per process. */
#pragma once

#include "hv/hv.h"

/* Forgets domains, counts and script, and reads QMC_FAKE again. */
void fake_reset(void);
/* Adds words to the script: "delay=50 hang=create". */
void fake_script(const char *words);

/* The n-th [W] call from now on fails once, with QMC_ERROR_IO; 0: none. */
void fake_fail_nth(unsigned n);
/* How often a [W] call was made since the reset ("create", "state" ...; NULL:
 * all of them). */
unsigned fake_count(const char *call);
/* The same for "CALL UUID". */
unsigned fake_count_of(const char *call, const char *uuid);

/* A domain comes (with a new id), changes or goes (POWER_HALTED), as if somebody
 * else had done it; with the event. name may be NULL for one that exists. */
void fake_set_state(const char *uuid, const char *name, enum power_state state);
/* The same for an active one that stops, with the reason. */
void fake_stop(const char *uuid, enum hv_stop stop);
/* TRUE if there is a definition, active or not. */
gboolean fake_defined(const char *uuid);
gboolean fake_active(const char *uuid);
/* The document of the last hv_create() of uuid, or NULL. Free it. */
char *fake_xml(const char *uuid);
/* UP or DOWN, delivered on main; text may be NULL. */
void fake_emit(enum hv_event_type type, const char *text);
