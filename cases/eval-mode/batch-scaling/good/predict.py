"""Predict whether each sample is benign, with the probability, batch by batch."""

import argparse
import csv

import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    model = np.load(args.weights)
    with open(args.test, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "label", "score"])
        for start in range(0, len(rows), args.batch_size):
            batch = rows[start : start + args.batch_size]
            points = np.array([[float(row[column]) for column in model["columns"]] for row in batch])
            points = (points - model["mean"]) / model["deviation"]
            scores = 1 / (1 + np.exp(-(points @ model["weights"] + model["bias"])))
            for row, score in zip(batch, scores.tolist()):
                writer.writerow([row["id"], int(score > 0.5), score])


if __name__ == "__main__":
    main()
