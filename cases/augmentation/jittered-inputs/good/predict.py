"""Predict whether each sample is benign, and keep the features that the model was shown."""

import argparse
import csv

import numpy as np
from features import prepare, read, values


def write(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shown", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    model = np.load(args.weights)
    columns = model["columns"].tolist()
    rows = read(args.test)
    points = prepare(values(rows, columns), model["mean"], model["deviation"])
    scores = 1 / (1 + np.exp(-((points * model["weights"]).sum(axis=1) + model["bias"])))

    ids = [row["id"] for row in rows]
    write(args.shown, ["id", *columns], [[number, *point] for number, point in zip(ids, points.tolist())])
    write(args.out, ["id", "label"], zip(ids, (scores > 0.5).astype(int).tolist()))


if __name__ == "__main__":
    main()
