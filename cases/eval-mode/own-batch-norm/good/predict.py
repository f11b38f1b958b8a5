"""Score tumours, batch by batch, with the weights of train.py."""

import argparse
import csv

import numpy as np

FEATURES = ["radius", "texture", "smoothness", "concavity", "symmetry"]
TINY = 1e-5


def scores(weights, points):
    """Return the probability of malignancy for each row of a batch."""
    raw = (points - weights["centre"]) / weights["scale"] @ weights["into"]
    normal = (raw - weights["mean"]) / np.sqrt(weights["variance"] + TINY)
    hidden = np.maximum(weights["gain"] * normal + weights["shift"], 0)
    return 1 / (1 + np.exp(-(hidden @ weights["out"] + weights["bias"])))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with np.load(args.weights) as archive:
        weights = dict(archive)
    with open(args.test, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "malignant"])
        for start in range(0, len(rows), args.batch_size):
            batch = rows[start : start + args.batch_size]
            points = np.array([[float(row[name]) for name in FEATURES] for row in batch])
            writer.writerows(zip((row["id"] for row in batch), scores(weights, points).tolist()))


if __name__ == "__main__":
    main()
