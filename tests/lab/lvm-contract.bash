# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# The part lvm, and the contract of the drivers on the same thin pool.
# shellcheck disable=SC2034 # read there
lvm_whole=1
# shellcheck source=lvm.bash
. "$here/lvm.bash"
