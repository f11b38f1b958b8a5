#!/bin/sh
# For any other service, and by hand: sh ci/workflows/gate.sh [PATH] [ARGUMENTS OF driftless gate]
# The answer goes to standard output and to the file that GATE_REPORT names. Exit codes: 0 submit, 1 usage, 2 don't.
set -eu

if ! command -v driftless > /dev/null; then
    echo "driftless is not on the path; hint: cargo install --locked driftless" >&2
    exit 1
fi

report="${GATE_REPORT:-gate.txt}"
code=0
driftless gate "$@" > "$report" || code=$?
cat "$report"
exit "$code"
