# Usage: awk -v features=FEATURES -f predict.awk SCALER TEST
# Standardises the measures of the test rows by the saved statistics.
BEGIN { FS = OFS = "," }

FNR == 1 {
    pass++
    for (i = 1; i <= NF; i++) column[$i] = i
    if (pass == 2) {
        line = "id"
        for (n = 1; n <= count; n++) line = line OFS names[n]
        print line > features
    }
    next
}

pass == 1 {
    names[++count] = $1
    mean[$1] = $2
    scale[$1] = $3
}

pass == 2 {
    printf "%s", $column["id"] > features
    for (n = 1; n <= count; n++)
        printf ",%.17g", ($column[names[n]] - mean[names[n]]) / scale[names[n]] > features
    print "" > features
}
