#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Listings in their three forms, from good stores and hostile ones.
. "$top_srcdir/tests/cli/tap.sh"

make_root small "$here/small.xml"
make_root hostile "$here/hostile.xml"
small=$work/small
hostile=$work/hostile
libvirt=test:///default

on_terminal() { # COLUMNS ARGUMENT...
    columns=$1
    shift
    "$top_builddir/tests/cli/pty" "$columns" "$qmc" "$@" </dev/null |
        tr -d '\r' >"$work/out"
}

# No C0 or C1 control, direction, separator or invisible letter, as bytes.
out_shows_nothing_hidden() {
    ! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xcd\xb8' \
        "$work/out" &&
        ! LC_ALL=C grep -qaP '\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe3\x85\xa4|\xee\x80\x80|\xef\xb8\x8f|\xf3\xa0' \
        "$work/out"
    ok "nothing in it hides"
}

# Lines for pipes.
run 0 --root "$small" --connect $libvirt ls
out_is "$here/ls-small.golden"
err_empty
run 0 --root "$small" --connect $libvirt
out_is "$here/ls-small.golden"
run 0 ls --connect=$libvirt --root="$small"
out_is "$here/ls-small.golden"
run 0 ls --connect $libvirt -q --root "$small"
out_is "$here/ls-small.golden"
QMC_ROOT=$small
export QMC_ROOT
run 0 ls --offline
out_has '^work	Halted	AppVM	blue	debian-13	sys-net	0$'
run 1 ls --offline --root "$work"
err_has "qubes.xml"
unset QMC_ROOT
awk -F'\t' 'NF != 7 { exit 1 }' "$here/ls-small.golden"
ok "each line has seven fields"

# A table for eyes.
on_terminal 80 --root "$small" --connect $libvirt ls
out_is "$here/ls-small-80.golden"
on_terminal 52 --root "$small" --connect $libvirt ls
out_is "$here/ls-small-52.golden"
on_terminal 80 --root "$hostile" --connect $libvirt ls
out_shows_nothing_hidden
out_is "$here/ls-hostile-80.golden"
on_terminal 1 --root "$small" --connect $libvirt ls
out_has 'work'

# The stand-in of the hypervisor has a domain "test" of its own.
run 0 --root "$small" --connect $libvirt ls --json
json_valid
out_lacks '"test"'
json_is '[q["name"] for q in data] == ["dom0", "debian-13", "sys-net", "work"]'
json_is 'set(data[0]) >= {"name", "class", "state", "label", "template",
    "netvm", "qid", "uuid", "memory", "maxmem", "vcpus", "findings"}'
json_is 'data[3]["memory"] == 400 and data[3]["maxmem"] == 4000'
json_is 'data[3]["vcpus"] == 2 and data[3]["qid"] == 3'
json_is 'data[3]["uuid"] == "11111111-2222-4333-8444-000000000003"'
json_is 'data[1]["template"] is None and data[1]["netvm"] is None'
json_is 'data[0]["state"] == "Running" and data[3]["state"] == "Halted"'
json_is 'all(q["findings"] == [] for q in data)'

# Nothing in a store can break the form.
run 0 --root "$hostile" --connect $libvirt ls
out_lacks "$(printf '[\001-\010\013-\037\177]')"
out_shows_nothing_hidden
test "$(wc -l <"$work/out")" -eq 7 && awk -F'\t' 'NF != 7 { exit 1 }' "$work/out"
ok "seven lines of seven fields"
run 0 --root "$hostile" --connect $libvirt ls --json
json_valid
json_is '{q["name"]: q for q in data}["alien"]["class"] == "SpaceVM"'
json_is 'len({q["name"]: q for q in data}["alien"]["findings"]) == 1'
json_is 'all(set(f) == {"severity", "message", "hint"} for q in data
    for f in q["findings"])'
json_is 'all(f["severity"] in ("info", "warn", "stop") for q in data
    for f in q["findings"])'
run 0 --root "$hostile" --connect $libvirt show "$(printf 'evil\ttab\nline')"
out_lacks "$(printf '[\001-\010\013-\037\177]')"
out_shows_nothing_hidden
out_has '^findings	stop	'
run 0 --root "$hostile" --connect $libvirt show "$(printf 'evil\ttab\nline')" --json
json_valid
json_is 'data[0]["features"][0]["name"] == "\",\"x\":\""'
json_is 'data[0]["features"][0]["value"] ==
    "<&\"\\u0000\x7f\u200b\u009b31m\u202e\U000e0001\u2028\u3164\ue000\u0378\ufe0f\xe9\u65e5"'
out_has '\\u007f\\u200b\\u009b31m\\u202e\\udb40\\udc01\\u2028\\u3164\\ue000\\u0378\\ufe0fé日"'
out_shows_nothing_hidden

# One qube.
run 0 --root "$small" --connect $libvirt show work
out_has '^name	work$'
out_has '^properties	memory	yes	400$'
out_has '^features	gui	1$'
out_has '^features	service.cups	-$'
out_has '^tags	created-by-dom0$'
out_has '^volumes	work	private	varlibqubes	1048576	'
run 0 --root "$small" --connect $libvirt show work --json
json_valid
json_is 'data[0]["tags"] == ["created-by-dom0"]'
json_is '{"name": "memory", "explicit": True, "value": "400", "bad": False,
    "effective": "400"} in data[0]["properties"]'
json_is '[v["name"] for v in data[0]["volumes"]]
    == ["root", "private", "volatile", "kernel"]'
on_terminal 80 --root "$small" --connect $libvirt show work
out_has '^properties:$'
run 3 --root "$small" --connect $libvirt show wrok
err_has "^qmc: there is no qube 'wrok'$"
err_has "^hint: did you mean 'work'?$"
out_empty

# Volumes and pools need no hypervisor.
run 0 --root "$small" --offline vol ls --json
json_valid
json_is 'len(data) == 12'
json_is 'set(data[0]) >= {"qube", "name", "pool", "vid", "size", "usage", "rw",
    "snap_on_start", "save_on_stop", "revisions"}'
json_is '[(v["rw"], v["snap_on_start"], v["save_on_stop"]) for v in data
    if v["qube"] == "work"] == [(True, True, False), (True, False, True),
    (True, False, False), (False, False, False)]'
run 0 --root "$small" --offline vol ls work
test "$(wc -l <"$work/out")" -eq 4
ok "four volumes"
run 3 --root "$small" --offline vol ls wrok
run 0 --root "$small" --offline pool ls --json
json_valid
json_is 'set(data[0]) >= {"name", "driver", "size", "usage", "path"}'
json_is '[(p["name"], p["driver"]) for p in data] ==
    [("varlibqubes", "file-reflink"), ("linux-kernel", "linux-kernel")]'
json_is 'data[0]["path"].endswith("/small/var/lib/qubes")'
json_is 'data[0]["size"] > 0 and data[0]["usage"] > 0'

# Without a hypervisor the rows are there all the same.
run 6 --root "$small" --connect 'test+unix:///default?socket=/nonexistent/sock' ls
out_has '^work	NA	AppVM'
err_has '^qmc: .*connect'
err_has '^hint: '
run 6 --root "$small" --connect 'test+unix:///default?socket=/nonexistent/sock' \
    ls --json
json_valid
json_is '[q["state"] for q in data if q["name"] == "work"] == [None]'
run 2 --root "$small" --connect gopher://x ls
err_has 'gopher'

# A terminal that cannot do the full screen gets the listing and a prompt, and
# is told.
echo quit | TERM=dumb "$top_builddir/tests/cli/pty" 80 "$qmc" --root "$small" \
    --connect $libvirt | tr -d '\r' >"$work/out"
out_has '^qmc: no full screen: '
out_has '^work  '
out_has '^qmc> '

finish
