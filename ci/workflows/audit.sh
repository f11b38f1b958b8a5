#!/bin/sh
# For your own project, with no service at all: audit before you push or submit.
set -eu
code=0
driftless run --require audits || code=$?
driftless report --format html -o reports
exit "$code"
