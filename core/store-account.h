/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a store says, item by item: what the model means, for comparison with what
 * the text that is about to be saved says when it is read back. */
#pragma once

#include "core/model.h"
#include "util/auto.h"

struct store_account;

struct store_account *store_account_new(void);
void store_account_free(struct store_account *account);
AUTO_DEFINE(store_account, struct store_account, store_account_free)

/* Labels, pools, the properties of the system, and what is kept of it (struct
 * raw_text). The first entry. */
void store_account_system(struct store_account *account, const struct model *model,
                          const GPtrArray *raw);
/* One more qube, in the order of the text. written: its element is made of the model,
 * so that it also says what the file left to defaults; else it is copied. */
void store_account_qube(struct store_account *account, const struct qube *qube,
                        gboolean written);

/* Of any text of a store. */
guint store_comments(const char *text, gsize length);
/* So many are to be in the text; without it they are not looked at. */
void store_account_comments(struct store_account *account, guint comments);

/* Any thread: reads the text as a store and compares. FALSE: it says something else;
 * INTERNAL, the message names the first difference. */
gboolean store_account_check(const struct store_account *meant, GBytes *text,
                             GError **error);
