/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tui/journal.h"

#include <string.h>

struct journal {
    GPtrArray *entries; /* oldest first */
    guint last;
};

static void journal_entry_free(gpointer data)
{
    struct journal_entry *entry = data;

    g_free(entry->subject);
    g_free(entry->text);
    g_free(entry);
}

struct journal *journal_new(void)
{
    struct journal *journal = g_new0(struct journal, 1);

    journal->entries = g_ptr_array_new_with_free_func(journal_entry_free);
    return journal;
}

void journal_free(struct journal *journal)
{
    g_ptr_array_unref(journal->entries);
    g_free(journal);
}

/* "work started", "work: started" -> "started". */
static const char *journal_brief(const char *text, const char *subject)
{
    gsize length = strlen(subject);

    if (length == 0 || strncmp(text, subject, length) != 0)
        return text;
    if (g_str_has_prefix(text + length, ": "))
        return text + length + 2;
    return text[length] == ' ' ? text + length + 1 : text;
}

void journal_add(struct journal *journal, const char *uuid, const char *subject,
                 gboolean warning, const char *text)
{
    struct journal_entry *entry = g_new0(struct journal_entry, 1);

    entry->number = ++journal->last;
    entry->at = g_get_real_time() / G_USEC_PER_SEC;
    entry->warning = warning;
    g_strlcpy(entry->uuid, uuid ? uuid : "", sizeof(entry->uuid));
    entry->subject = g_strdup(subject ? subject : "");
    entry->text = g_strdup(text);
    entry->brief = journal_brief(entry->text, entry->subject);
    g_ptr_array_add(journal->entries, entry);
    if (journal->entries->len > JOURNAL_MAX)
        g_ptr_array_remove_index(journal->entries, 0);
}

guint journal_last(const struct journal *journal)
{
    return journal->last;
}

guint journal_length(const struct journal *journal)
{
    return journal->entries->len;
}

const struct journal_entry *journal_at(const struct journal *journal, guint i)
{
    return journal->entries->pdata[i];
}

const struct journal_entry *journal_find(const struct journal *journal,
                                         guint number)
{
    guint first = journal->last - journal->entries->len; /* of those before */

    return number > first && number <= journal->last
               ? journal_at(journal, number - first - 1) : NULL;
}
