#!/bin/sh
# Usage: run.sh TEXT OUT
set -eu
rustc --edition 2021 -o top top.rs
./top <"$1" >"$2"
