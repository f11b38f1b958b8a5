#!/usr/bin/env bash
# Usage: split.sh ROWS SEED OUT
# Adds a column that puts about a fifth of the rows into the test part.
set -euo pipefail

rows=$1 seed=$2 out=$3

RANDOM=$seed
{
  echo "id,celsius,part"
  tail -n +2 "$rows" | while IFS=, read -r id celsius; do
    if ((RANDOM % 5 == 0)); then part=test; else part=train; fi
    echo "$id,$celsius,$part"
  done
} >"$out"
