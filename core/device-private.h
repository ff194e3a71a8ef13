/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the store reads, checks and writes assignments of devices. */
#pragma once

#include "core/device-assignment.h"
#include "util/xml.h"

/* One `devices` element being read. */
struct device_reader {
    struct qube *qube;
    const char *class;
    struct device_assignment *device; /* NULL: between two */
    char *option;                     /* name of the option being read */
    gsize begin, inner;               /* of the device; of what is in it */
    gboolean required;                /* it has the attribute of pre-releases */
};
void device_reader_begin(struct device_reader *reader, struct qube *qube,
                         const struct xml_attr *attrs);
/* depth: 1 for what is right below `devices`. */
void device_reader_start(struct device_reader *reader, int depth, const char *name,
                         const struct xml_attr *attrs, gsize begin);
/* bytes: the whole document. */
void device_reader_end(struct device_reader *reader, int depth, const char *text,
                       const char *bytes, gsize end);
/* What was begun and did not end. */
void device_reader_clear(struct device_reader *reader);

/* Findings of what the qube is assigned. */
void devices_check(const struct model *model, struct qube *qube);

/* The containers, each on a line of its own. modes: in the form of 4.3. */
void devices_write(GString *out, const struct qube *qube, gboolean modes, int indent);
