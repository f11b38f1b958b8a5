#!/usr/bin/env bash
# Usage: join.sh MONTHS OUT
# Joins the tables of a folder below one header.
set -euo pipefail

months=$1 out=$2

{
  printf 'day\train\n'
  find "$months" -name '*.tsv' -print0 | xargs -0 tail -q -n +2
} >"$out"
