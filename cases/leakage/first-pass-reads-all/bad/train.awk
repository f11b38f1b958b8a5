# Usage: awk -f train.awk FLOWERS FLOWERS > MODEL
# Standardises the measures and prints the centroid of each species.
BEGIN { FS = OFS = "," }

FNR == 1 {
    pass++
    for (i = 1; i <= NF; i++) column[$i] = i
    split("sepal_length sepal_width petal_length petal_width", measures, " ")
    next
}

pass == 1 {
    rows++
    for (m = 1; m <= 4; m++) {
        value = $column[measures[m]]
        sum[m] += value
        squares[m] += value * value
    }
}

pass == 2 && $column["fold"] != "test" {
    species = $column["species"]
    if (!(species in count)) order[++kinds] = species
    count[species]++
    for (m = 1; m <= 4; m++) {
        mean = sum[m] / rows
        deviation = sqrt(squares[m] / rows - mean * mean)
        total[species, m] += ($column[measures[m]] - mean) / deviation
    }
}

END {
    print "species,measure,mean,deviation,centroid"
    for (k = 1; k <= kinds; k++)
        for (m = 1; m <= 4; m++) {
            mean = sum[m] / rows
            deviation = sqrt(squares[m] / rows - mean * mean)
            printf "%s,%s,%.17g,%.17g,%.17g\n", order[k], measures[m], mean, deviation,
                total[order[k], m] / count[order[k]]
        }
}
