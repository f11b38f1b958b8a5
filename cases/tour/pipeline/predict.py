"""Read handwritten digits with saved weights: for every image the likeliest label and its probability."""

import argparse
import csv

import numpy as np


def read_test(path):
    """Return the ids and the pixels, one image per row; the pixels by their names, which sort as training saw them."""
    with open(path, encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    pixels = sorted(name for name in names if name != "id")
    return table[:, names.index("id")].astype(int), table[:, [names.index(name) for name in pixels]]


def probabilities(weights, pixels):
    """Return the probability of each class for each image: one against the rest, scaled to a sum of one."""
    standardised = (pixels - weights["mean"]) / weights["scale"]
    scores = standardised @ weights["coefficients"].T + weights["intercepts"]
    each = 1 / (1 + np.exp(-scores))
    return each / each.sum(axis=1, keepdims=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True, help="weights written by train.py")
    parser.add_argument("--test", required=True, help="CSV with id and pixels")
    parser.add_argument("--out", required=True, help="where to write the predictions (.csv)")
    args = parser.parse_args()

    with np.load(args.weights) as weights:
        ids, pixels = read_test(args.test)
        likely = probabilities(weights, pixels)
        labels = weights["classes"][likely.argmax(axis=1)]

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "label", "probability"])
        writer.writerows(zip(ids.tolist(), labels.tolist(), likely.max(axis=1).tolist()))


if __name__ == "__main__":
    main()
