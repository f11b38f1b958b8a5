#!/usr/bin/env bash
# Usage: sample.sh ROWS SEED OUT
# Draws twelve fraudulent and twelve honest rows.
set -euo pipefail

rows=$1 seed=$2 out=$3

{
  echo "id,amount,fraud"
  grep ',1$' "$rows" | shuf -n 12 --random-source=<(yes "$seed")
  grep ',0$' "$rows" | shuf -n 12 --random-source=<(yes "$seed")
} >"$out"
