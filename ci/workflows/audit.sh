#!/bin/sh
# For your own project, with no service at all: audit before you push or submit.
set -eu
driftless run --require audits
