# The columns that the model reads, in its order.
awk -f clean.awk "$1" > "$2"
