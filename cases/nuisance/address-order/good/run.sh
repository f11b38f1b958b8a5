#!/bin/sh
# Usage: run.sh LABELS OUT
set -eu
cc -std=c99 -O1 -fPIE -pie -o count count.c
./count <"$1" >"$2"
