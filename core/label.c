/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "core/label.h"

#include <string.h>

#include "core/model-private.h"
#include "util/error.h"
#include "util/text.h"

static gboolean refuse(const char *untrusted_text, const char *why, GError **error)
{
    g_autofree char *shown = text_sanitise_value(untrusted_text, -1);

    error_set(error, QMC_ERROR_INVALID, NULL, "'%s' %s", shown, why);
    return FALSE;
}

gboolean label_name_check(const char *name, GError **error)
{
    static const char digits[] = "0123456789";

    if (*name == '\0' || strspn(name, digits) == strlen(name))
        return refuse(name, "is no name of a label: digits alone are its number",
                      error);
    if (g_str_has_prefix(name, "label-"))
        return refuse(name, "is no name of a label: it means one by its number",
                      error);
    for (const char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("-_.", *c))
            return refuse(name, "is no name of a label: letters, digits, -, _ and . "
                          "are allowed", error);
    return TRUE;
}

gboolean label_color_check(const char *color, unsigned *value, GError **error)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    if (strlen(color) != 8 || !g_str_has_prefix(color, "0x") ||
        strspn(color + 2, digits) != 6)
        return refuse(color, "is no colour: red, green and blue as 0xRRGGBB are needed",
                      error);
    *value = (unsigned)g_ascii_strtoull(color + 2, NULL, 16);
    return TRUE;
}

static int index_free(const struct model *model)
{
    int last = LABELS_FIXED;

    for (guint i = 0; i < model->labels->len; i++)
        last = MAX(last, ((const struct label *)model->labels->pdata[i])->index);
    return last + 1;
}

const struct label *model_label_add(struct model *model, const char *name,
                                    const char *color)
{
    struct label *label = g_new0(struct label, 1);

    label->index = index_free(model);
    label->name = g_strdup(name);
    label->color = g_strdup(color);
    g_ptr_array_add(model->labels, label);
    model->generation++;
    return label;
}

void model_label_drop(struct model *model, int index)
{
    for (guint i = model->labels->len; i-- > 0;)
        if (((const struct label *)model->labels->pdata[i])->index == index)
            g_ptr_array_remove_index(model->labels, i);
    model->generation++;
}

guint model_label_users(const struct model *model, const struct label *label,
                        const struct qube **user)
{
    guint n = 0;

    for (guint i = 0; i < model->qubes->len; i++) {
        const struct qube *qube = model->qubes->pdata[i];
        const struct prop_value *value = prop_values_find(qube->props, "label");

        if (!value || model_label(model, value->text) != label)
            continue;
        if (n++ == 0 && user)
            *user = qube;
    }
    return n;
}
