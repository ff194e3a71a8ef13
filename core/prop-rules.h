/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rows of props.c point to: computed defaults (spec/qubes-xml.md 2.4,
 * 3.5) and checks of single properties. Main thread. */
#pragma once

#include "core/model.h"

char *compute_bootmode(const struct model *model, const struct qube *qube);
char *compute_bootmode_for_apps(const struct model *model, const struct qube *qube);
char *compute_default_pool(const struct model *model, const struct qube *qube);
char *compute_dispvm_of_disp(const struct model *model, const struct qube *qube);
char *compute_dns(const struct model *model, const struct qube *qube);
char *compute_gateway(const struct model *model, const struct qube *qube);
char *compute_gateway6(const struct model *model, const struct qube *qube);
char *compute_icon(const struct model *model, const struct qube *qube);
char *compute_in_backups_of_disp(const struct model *model, const struct qube *qube);
char *compute_ip(const struct model *model, const struct qube *qube);
char *compute_ip6(const struct model *model, const struct qube *qube);
char *compute_kernelopts(const struct model *model, const struct qube *qube);
char *compute_is_preload(const struct model *model, const struct qube *qube);
char *compute_keyboard_layout(const struct model *model, const struct qube *qube);
char *compute_klass(const struct model *model, const struct qube *qube);
char *compute_maxmem(const struct model *model, const struct qube *qube);
char *compute_maxmem_of_dom0(const struct model *model, const struct qube *qube);
char *compute_maxmem_of_host(const struct model *model, const struct qube *qube);
char *compute_name(const struct model *model, const struct qube *qube);
char *compute_no_cpus(const struct model *model, const struct qube *qube);
char *compute_qid(const struct model *model, const struct qube *qube);
char *compute_stubdom_xid(const struct model *model, const struct qube *qube);
char *compute_untold(const struct model *model, const struct qube *qube);
char *compute_updateable(const struct model *model, const struct qube *qube);
char *compute_uuid(const struct model *model, const struct qube *qube);
char *compute_virt_mode(const struct model *model, const struct qube *qube);
char *compute_visible_gateway(const struct model *model, const struct qube *qube);
char *compute_visible_gateway6(const struct model *model, const struct qube *qube);
char *compute_visible_ip(const struct model *model, const struct qube *qube);
char *compute_visible_ip6(const struct model *model, const struct qube *qube);
char *compute_visible_netmask(const struct model *model, const struct qube *qube);
char *compute_xid(const struct model *model, const struct qube *qube);

char *spell_devices_denied(const char *text);

/* Directory of a kernel; NULL: its pool cannot be read. qube NULL: a kernel of
 * the default pool. Caller frees. */
char *prop_kernel_dir(const struct model *model, const struct qube *qube,
                      const char *kernel);

/* Rules for changes, and what follows them: prop-follow.c. */
gboolean may_default_dispvm(const struct model *model, const struct qube *qube,
                            const char *value, GError **error);
gboolean may_default_netvm(const struct model *model, const struct qube *qube,
                           const char *value, GError **error);
gboolean may_kernel(const struct model *model, const struct qube *qube,
                    const char *value, GError **error);
gboolean may_management_dispvm(const struct model *model, const struct qube *qube,
                               const char *value, GError **error);
gboolean may_maxmem(const struct model *model, const struct qube *qube,
                    const char *value, GError **error);
gboolean may_netvm(const struct model *model, const struct qube *qube,
                   const char *value, GError **error);
gboolean may_provides_network(const struct model *model, const struct qube *qube,
                              const char *value, GError **error);
gboolean may_template(const struct model *model, const struct qube *qube,
                      const char *value, GError **error);
gboolean may_template_for_dispvms(const struct model *model,
                                  const struct qube *qube, const char *value,
                                  GError **error);
void follow_audiovm(struct model *model, struct qube *qube, const char *before);
void follow_clockvm(struct model *model, struct qube *qube, const char *before);
void follow_default_audiovm(struct model *model, struct qube *qube,
                            const char *before);
void follow_default_guivm(struct model *model, struct qube *qube,
                          const char *before);
void follow_guivm(struct model *model, struct qube *qube, const char *before);
void follow_provides_network(struct model *model, struct qube *qube,
                             const char *before);
void follow_relayvm(struct model *model, struct qube *qube, const char *before);
void follow_template(struct model *model, struct qube *qube, const char *before);

gboolean check_default_template(const struct model *model, const struct qube *qube,
                                const char *value, GError **error);
gboolean check_default_user(const struct model *model, const struct qube *qube,
                            const char *value, GError **error);
gboolean check_default_kernel(const struct model *model, const struct qube *qube,
                              const char *value, GError **error);
gboolean check_default_netvm(const struct model *model, const struct qube *qube,
                             const char *value, GError **error);
gboolean check_devices_denied(const struct model *model, const struct qube *qube,
                              const char *value, GError **error);
gboolean check_disp_template(const struct model *model, const struct qube *qube,
                             const char *value, GError **error);
gboolean check_kernel(const struct model *model, const struct qube *qube,
                      const char *value, GError **error);
gboolean check_kernelopts(const struct model *model, const struct qube *qube,
                          const char *value, GError **error);
gboolean check_keyboard_layout(const struct model *model, const struct qube *qube,
                               const char *value, GError **error);
gboolean check_mac(const struct model *model, const struct qube *qube,
                   const char *value, GError **error);
gboolean check_netvm(const struct model *model, const struct qube *qube,
                     const char *value, GError **error);
gboolean check_template(const struct model *model, const struct qube *qube,
                        const char *value, GError **error);
gboolean check_virt_mode(const struct model *model, const struct qube *qube,
                         const char *value, GError **error);
