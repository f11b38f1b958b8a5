echo "no such feature" >&2
exit 1
