# Usage: awk -v features=FEATURES -v scaler=SCALER -f train.awk TRAIN TRAIN
# Standardises three measures; the first pass takes means, the second one deviations and values.
BEGIN {
    FS = OFS = ","
    split("radius texture symmetry", names, " ")
}

FNR == 1 {
    pass++
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}

pass == 1 {
    rows++
    for (n = 1; n <= 3; n++) sum[n] += $column[names[n]]
}

pass == 2 {
    id[++row] = $column["id"]
    for (n = 1; n <= 3; n++) {
        value[row, n] = $column[names[n]]
        squares[n] += (value[row, n] - sum[n] / rows) ^ 2
    }
}

END {
    print "feature", "mean", "scale" > scaler
    for (n = 1; n <= 3; n++) {
        mean[n] = sum[n] / rows
        scale[n] = sqrt(squares[n] / rows)
        print names[n], mean[n], scale[n] > scaler
    }
    print "id", names[1], names[2], names[3] > features
    for (row = 1; row <= rows; row++) {
        printf "%s", id[row] > features
        for (n = 1; n <= 3; n++) printf ",%.17g", (value[row, n] - mean[n]) / scale[n] > features
        print "" > features
    }
}
