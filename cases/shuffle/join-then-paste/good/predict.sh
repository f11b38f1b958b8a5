#!/usr/bin/env bash
# Usage: predict.sh TRAIN TEST OUT
# Predicts the share of affairs among the women with the same occupation.
set -euo pipefail
export LC_ALL=C

scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# Prints the named columns of a table, without header.
columns() {
    awk -F, -v names="$2" '
        NR == 1 { count = split(names, wanted, " "); for (i = 1; i <= NF; i++) place[$i] = i; next }
        { for (i = 1; i <= count; i++) printf "%s%s", $place[wanted[i]], i < count ? " " : "\n" }
    ' "$1"
}

columns "$1" "occupation affair" |
    awk '
        { count[$1]++; sum[$1] += $2 }
        END { for (name in count) printf "%s %.17g\n", name, sum[name] / count[name] }
    ' |
    sort > "$scratch/shares"

columns "$2" "occupation id" | awk '{ print $0, NR }' | sort > "$scratch/keys"
join "$scratch/keys" "$scratch/shares" | sort -n -k 3 > "$scratch/found"

{
    echo "id,share"
    cut -d ' ' -f 2,4 --output-delimiter=, "$scratch/found"
} > "$3"
