#!/usr/bin/env bash
# Usage: features.sh TOWNS OUT
# Sorts the towns by name and adds the length of each name.
set -euo pipefail

export LC_ALL=C.UTF-8
towns=$1 out=$2

{
  echo "id,town,letters"
  tail -n +2 "$towns" | sort -t, -k2,2 | while IFS=, read -r id town; do
    echo "$id,$town,${#town}"
  done
} >"$out"
