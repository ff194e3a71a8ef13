/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "hv/hv-private.h"

#include <check.h>
#include <libvirt/virterror.h>

/* Texts as libvirt 9.0 and libxl word them. */
static const struct {
    int code, domain;
    const char *text;
    QmcErrorCode ours;
} rows[] = {
    { VIR_ERR_INTERNAL_ERROR, VIR_FROM_LIBXL,
      "internal error: libxenlight failed to get free memory for domain 'work'",
      QMC_ERROR_NOSPACE },
    { VIR_ERR_INTERNAL_ERROR, VIR_FROM_LIBXL,
      "internal error: Not enough memory", QMC_ERROR_NOSPACE },
    { VIR_ERR_INTERNAL_ERROR, VIR_FROM_LIBXL,
      "internal error: libxenlight failed to create new domain 'work'",
      QMC_ERROR_IO },
    { VIR_ERR_NO_DOMAIN, VIR_FROM_LIBXL, "Domain not found",
      QMC_ERROR_NOTFOUND },
    { VIR_ERR_OPERATION_INVALID, VIR_FROM_TEST,
      "Requested operation is not valid: domain is not running",
      QMC_ERROR_STATE },
    { VIR_ERR_INTERNAL_ERROR, VIR_FROM_TEST,
      "internal error: domain 'work' not paused", QMC_ERROR_STATE },
    { VIR_ERR_OPERATION_FAILED, VIR_FROM_DOM,
      "operation failed: domain 'work' already exists with uuid 1",
      QMC_ERROR_EXISTS },
    { VIR_ERR_AUTH_FAILED, VIR_FROM_RPC, "authentication failed",
      QMC_ERROR_DENIED },
    { VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC,
      "Failed to connect socket to '/run/x': Permission denied",
      QMC_ERROR_DENIED },
    { VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC,
      "Failed to connect socket to '/run/x': No such file or directory",
      QMC_ERROR_CONN },
    { VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC,
      "End of file while reading data: Input/output error", QMC_ERROR_CONN },
    { VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC,
      "internal error: client socket is closed", QMC_ERROR_CONN },
    { VIR_ERR_NO_CONNECT, VIR_FROM_NONE, "no connection driver available",
      QMC_ERROR_CONN },
    { VIR_ERR_OPERATION_TIMEOUT, VIR_FROM_LIBXL,
      "Timed out during operation: cannot acquire state change lock",
      QMC_ERROR_BUSY },
    { VIR_ERR_NO_SUPPORT, VIR_FROM_DOM,
      "this function is not supported by the connection driver",
      QMC_ERROR_UNSUPPORTED },
    { VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN, "XML error: missing name",
      QMC_ERROR_INVALID },
    { VIR_ERR_INTERNAL_ERROR, VIR_FROM_LIBXL, "", QMC_ERROR_IO },
    { 9999, 9999, "%n%s", QMC_ERROR_IO },
};

START_TEST(means)
{
    ck_assert_int_eq(
        virt_error_meaning(rows[_i].code, rows[_i].domain, rows[_i].text),
        rows[_i].ours);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("virt-error");
    TCase *tc = tcase_create("virt-error");
    SRunner *sr = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, means, 0, G_N_ELEMENTS(rows));
    srunner_set_tap(sr, "-");
    srunner_run_all(sr, CK_SILENT);
    srunner_free(sr);
    return 0;
}
