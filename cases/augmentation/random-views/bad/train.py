"""Compute the mean image of every digit."""

import argparse
import csv

import numpy as np

PIXELS = [f"p{row}{column}" for row in range(8) for column in range(8)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.train, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    images = np.array([[float(row[pixel]) for pixel in PIXELS] for row in rows]).reshape(-1, 8, 8)
    labels = np.array([int(row["label"]) for row in rows])
    np.save(args.out, np.stack([images[labels == label].mean(axis=0) for label in range(10)]))


if __name__ == "__main__":
    main()
