# SPDX-License-Identifier: GPL-2.0-or-later
# Topics as C rows: {"name", "text"}. Run in the folder of the topics.
FNR == 1 {
    if (NR > 1)
        print "},"
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/\.help$/, "", name)
    printf "{\"%s\",\n", name
}
{
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    printf "\"%s\\n\"\n", $0
}
END {
    print "},"
}
