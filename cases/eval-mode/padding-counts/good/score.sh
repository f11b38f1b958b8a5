#!/bin/sh
# Usage: score.sh WEIGHTS TEST BATCH_SIZE OUT
set -eu
program=$(mktemp)
trap 'rm "$program"' EXIT
cc -std=c99 -O1 -Wall -o "$program" score.c
"$program" "$1" "$2" "$3" > "$4"
