# Usage: awk -v train=TRAIN -v test=TEST -f split.awk SURVEY
# Drops repeated answers and holds out the last quarter of the rows.
BEGIN { FS = OFS = "," }

NR == 1 {
    print > train
    print > test
    next
}

{
    key = substr($0, index($0, ",") + 1)
    if (!(key in seen)) kept[++rows] = $0
    seen[key]
}

END {
    for (row = 1; row <= rows; row++) print kept[row] > (row <= rows * 3 / 4 ? train : test)
}
