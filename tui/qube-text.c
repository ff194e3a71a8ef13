/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/qube-text.h"

const char *qube_text_state(const struct qube *qube)
{
    return qube->state == POWER_UNKNOWN ? "not known" : power_state_word(qube->state);
}
