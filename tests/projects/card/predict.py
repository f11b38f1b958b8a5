"""Names the cultivar of every row. NumPy alone: the weights say all there is to know."""

import argparse
import csv

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--weights", required=True)
parser.add_argument("--test", required=True)
parser.add_argument("--out", required=True)
arguments = parser.parse_args()

weights = np.load(arguments.weights)
with open(arguments.test, newline="") as file:
    header, *rows = csv.reader(file)
features = np.array([[float(cell) for cell in row[1:-2]] for row in rows])
scores = (features - weights["mean"]) / weights["scale"] @ weights["coefficients"].T + weights["intercepts"]
with open(arguments.out, "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["id", "cultivar"])
    writer.writerows((row[0], name) for row, name in zip(rows, weights["classes"][scores.argmax(axis=1)]))
