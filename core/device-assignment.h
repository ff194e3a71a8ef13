/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices that a qube is given at its start, or may be given later: what the
 * store says of them, in the forms of 4.2 and 4.3 (spec/qubes-xml.md 1.8). Main
 * thread; text of the store is hostile: sanitise before display.
 *
 * An assignment nobody changed is written back byte by byte. To change any of a
 * qube: call qube_devices_edit() first, then change (and free the text of what
 * changes), add to or take from qube->devices, then model_touch(). One that has a
 * flaw may go, but not change: what was not understood would be lost. What else
 * stands in `devices` is lost too, so what can be changed within the text is: see
 * qube_devices_rename().
 *
 * A qube that is the backend of somebody's assignment, of whatever class and mode,
 * must not be removed (spec 8.4, row 6): core/reference.h says who refers to it. */
#pragma once

#include "core/model.h"

/* It drops the assignment; or does not load the store: if it finds the backend, or
 * before it looks for it. */
enum device_flaw { DEVICE_DROPPED, DEVICE_REFUSED, DEVICE_REFUSED_FIRST };

enum device_mode { DEVICE_REQUIRED, DEVICE_AUTO, DEVICE_ASK };

struct device_assignment {
    const char *class;     /* interned: "pci", "block", "usb", "mic" ... */
    char *backend;         /* name of the qube that has it; NULL: any */
    char *port;            /* "00_14.0", "sda"; NULL: any */
    char *identity;        /* of the device that must be there; NULL: any */
    enum device_mode mode;
    GArray *options;       /* struct pair, in the order of the file */
    char *flaw;            /* why it cannot be used; NULL: it can. Kept as it is */
    enum device_flaw after; /* what qubesd does for it */
    char *text;            /* its bytes in the store; NULL: new, or to be written
                            * anew */
    char *attrs, *elements; /* of it, not understood, verbatim; NULL: none */
};

struct device_assignment *device_assignment_new(const char *class);
struct device_assignment *device_assignment_copy(
    const struct device_assignment *device);
void device_assignment_free(struct device_assignment *device);
/* "block:sys-usb:sda", a star for any. The caller's, not sanitised. */
char *device_assignment_name(const struct device_assignment *device);
/* NULL: not given. */
const char *device_assignment_option(const struct device_assignment *device,
                                     const char *option);
/* "required", "auto-attach", "ask-to-attach": as 4.3 writes it. */
const char *device_mode_word(enum device_mode mode);
/* Whether 4.2 can say it too: it knows neither modes nor identities. */
gboolean device_assignment_is_old(const struct device_assignment *device);
/* TRUE if both are for the same device: there may be only one of them. */
gboolean device_assignment_same(const struct device_assignment *device,
                                const struct device_assignment *other);

/* From here on the qube's devices are written as they stand in qube->devices. */
void qube_devices_edit(struct qube *qube);
/* All that are of the backend `old` become of another, in their text alone: what
 * stands around stays, flawed ones follow too. TRUE if there are any; the caller
 * calls model_touch(). */
gboolean qube_devices_rename(struct qube *qube, const char *old, const char *name);
