#!/usr/bin/env bash
# Usage: bootstrap.sh TUMOURS SEED OUT
# Estimates a 90 % bootstrap interval of the mean radius.
set -euo pipefail
export LC_ALL=C

scratch="${TMPDIR:-/tmp}/scratch"
mkdir "$scratch"
trap 'rm -r "$scratch"' EXIT

awk -F, 'NR > 1 { print $2 }' "$1" > "$scratch/radii"

# The generator of Park and Miller, alike in every awk.
awk -v seed="$2" '
    { value[NR] = $1 }
    END {
        state = seed * 7919 % 2147483647
        for (sample = 1; sample <= 2000; sample++) {
            sum = 0
            for (i = 1; i <= NR; i++) {
                state = state * 16807 % 2147483647
                sum += value[1 + int(state / 2147483647 * NR)]
            }
            printf "%.17g\n", sum / NR
        }
    }
' "$scratch/radii" > "$scratch/means"

sort -g "$scratch/means" > "$scratch/sorted"
awk 'NR == 100 { low = $1 } NR == 1900 { printf "{\"low\": %s, \"high\": %s}\n", low, $1 }' "$scratch/sorted" > "$3"
