"""Predict the digit of every image: the class whose mean image is nearest, batch by batch."""

import argparse
import csv

import numpy as np

BATCH_SIZE = 16


def batches(rows):
    for start in range(0, len(rows) - BATCH_SIZE + 1, BATCH_SIZE):
        yield rows[start : start + BATCH_SIZE]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--centres", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    centres = np.load(args.centres).reshape(10, 64)
    pixels = [f"p{row}{column}" for row in range(8) for column in range(8)]
    with open(args.test, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "label"])
        for batch in batches(rows):
            images = np.array([[float(row[pixel]) for pixel in pixels] for row in batch])
            distances = ((images[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
            for row, label in zip(batch, distances.argmin(axis=1).tolist()):
                writer.writerow([row["id"], label])


if __name__ == "__main__":
    main()
