#!/usr/bin/env bash
# Usage: pack.sh WEIGHTS OUT
# Packs the weights and their header as two files.
set -euo pipefail

weights=$1 out=$2

mkdir release
head -n 1 "$weights" >release/columns.csv
tail -n +2 "$weights" >release/values.csv
tar --create --file "$out" --sort=name --owner=0 --group=0 --numeric-owner --mode=a=r,u+w \
  release/columns.csv release/values.csv
