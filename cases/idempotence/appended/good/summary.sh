#!/usr/bin/env bash
# Usage: summary.sh TUMOURS OUT
# Writes the mean of each measure, one line per measure.
set -euo pipefail

awk -F, '
    NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
    { for (i = 2; i < NF; i++) sum[i] += $i }
    END {
        print "measure,mean"
        for (i = 2; i < NF; i++) printf "%s,%.17g\n", name[i], sum[i] / (NR - 1)
    }
' "$1" > "$2"
