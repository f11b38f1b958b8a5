BEGIN { FS = OFS = "," }
NR == 1 {
    for (i = 1; i <= NF; i++) at[$i] = i
    print "id", "age", "sex", "bmi", "bp", "glucose"
    next
}
{
    glucose = $at["glucose"]
    print $at["id"], $at["age"], $at["sex"], $at["bmi"], $at["bp"], sprintf("%.1f", glucose)
}
