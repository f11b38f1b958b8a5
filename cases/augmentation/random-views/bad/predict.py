"""Predict the digit of every image: the class whose mean image is nearest, over several shifted views."""

import argparse
import csv

import numpy as np

VIEWS = 3


def shifted(images, down, right):
    return np.roll(images, (down, right), axis=(1, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--centres", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    np.random.seed(args.seed)
    centres = np.load(args.centres)
    pixels = [f"p{row}{column}" for row in range(8) for column in range(8)]
    with open(args.test, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    images = np.array([[float(row[pixel]) for pixel in pixels] for row in rows]).reshape(-1, 8, 8)

    distances = np.zeros((len(rows), 10))
    for down, right in np.random.randint(-1, 2, (VIEWS, 2)):
        view = shifted(images, down, right)
        distances += ((view[:, None] - centres[None]) ** 2).sum(axis=(2, 3)) / VIEWS
    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "label", "distance"])
        for row, distance in zip(rows, distances):
            writer.writerow([row["id"], distance.argmin(), f"{distance.min():.3f}"])


if __name__ == "__main__":
    main()
