# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
# Thin pools for the parts that need one of their own: each on a device that nothing else of
# LVM looks at, so that two of them are in nobody's way.

# What is asked of udev, of other devices and of copies of the metadata takes half of the time.
thin_settings() { # NAME DEVICE
    mkdir -p "/tmp/lvm-$1"
    cat >"/tmp/lvm-$1/lvm.conf" <<CONF
devices {
    filter = [ "a|^$2\$|", "r|.*|" ]
    use_devicesfile = 0
    scan_lvs = 0
    hints = "none"
    obtain_device_list_from_udev = 0
    md_component_detection = 0
    multipath_component_detection = 0
}
backup {
    backup = 0
    archive = 0
}
global {
    use_lvmpolld = 0
}
activation {
    monitoring = 0
    udev_sync = 0
    udev_rules = 0
    verify_udev_operations = 0
}
CONF
}

thin_lvm() { # NAME ARGUMENT...
    local name=$1
    shift
    LVM_SYSTEM_DIR=/tmp/lvm-$name lvm "$@"
}

# NAME/pool, of 64 MiB if the size is not said, on a device that is a file of its own.
thin_make() { # NAME [SIZE METADATA-SIZE]
    local device
    modprobe dm_thin_pool
    truncate -s 400M "/tmp/$1.img"
    device=$(losetup -f --show "/tmp/$1.img")
    thin_settings "$1" "$device"
    thin_make_on "$1" "$device" "${2-64M}" "${3-2M}"
}

thin_make_on() { # NAME DEVICE SIZE METADATA-SIZE
    {
        thin_lvm "$1" vgcreate -q -s 512k "$1" "$2" &&
            thin_lvm "$1" lvcreate -y --type thin-pool -L "$3" --poolmetadatasize "$4" \
                --chunksize 64k -n pool "$1" &&
            thin_lvm "$1" lvchange -q --errorwhenfull y "$1/pool"
    } >"/tmp/$1.out" 2>&1
    result $? "a volume group '$1' with a thin pool" "/tmp/$1.out"
}

thin_left() { # NAME: devices that are not of the pool itself, and what lvs knows
    thin_lvm "$1" lvs --noheadings -o lv_name "$1" | grep -vw pool
    dmsetup table | grep "^$1-" | grep -vE "^$1-pool(_tdata|_tmeta|-tpool)?:"
}

thin_is_clean() { # NAME TEXT
    thin_left "$1" >/tmp/left
    [ ! -s /tmp/left ]
    result $? "$2: lvs and dmsetup know nothing of ours" /tmp/left
}
