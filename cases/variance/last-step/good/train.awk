# Usage: awk -v seed=SEED -v metrics=METRICS -f train.awk TRAIN TEST
# Trains a perceptron on standardised features in random order; prints its accuracy on the test rows.
BEGIN {
    FS = ","
    count = split("radius texture smoothness concavity symmetry", names, " ")
    state = seed * 7919 % 2147483647
    epochs = 5
}

# A random whole number below `limit`: the generator of Park and Miller, alike in every awk.
function draw(limit) {
    state = state * 16807 % 2147483647
    return int(state / 2147483647 * limit)
}

FNR == 1 {
    part++
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}

{
    row = ++rows[part]
    sign[part, row] = $column["malignant"] == 1 ? 1 : -1
    for (n = 1; n <= count; n++) {
        value[part, row, n] = $column[names[n]]
        if (part == 1) {
            sum[n] += value[1, row, n]
            squares[n] += value[1, row, n] ^ 2
        }
    }
}

function feature(part, row, n,    mean) {
    if (n == 0) return 1
    mean = sum[n] / rows[1]
    return (value[part, row, n] - mean) / sqrt(squares[n] / rows[1] - mean * mean)
}

function score(weights, part, row,    n, total) {
    for (n = 0; n <= count; n++) total += weights[n] * feature(part, row, n)
    return total
}

END {
    for (n = 0; n <= count; n++) weights[n] = total[n] = 0
    for (step = 1; step <= epochs * rows[1]; step++) {
        row = 1 + draw(rows[1])
        if (sign[1, row] * score(weights, 1, row) <= 0)
            for (n = 0; n <= count; n++) weights[n] += sign[1, row] * feature(1, row, n)
        for (n = 0; n <= count; n++) total[n] += weights[n]
    }
    for (row = 1; row <= rows[2]; row++) {
        found = score(total, 2, row)
        right += sign[2, row] * found > 0
        margin += found / rows[2]
    }
    printf "{\"accuracy\": %.17g, \"margin\": %.17g}\n", right / rows[2], margin > metrics
}
