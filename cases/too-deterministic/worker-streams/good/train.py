"""Fit a logistic regression on bootstrap samples that several workers draw, and log who drew which row."""

import argparse
import csv

import numpy as np

EPOCHS = 2
WORKERS = 3
DRAWS = 40
RATE = 0.05


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [column for column in rows[0] if column not in ("id", "label")]
    points = np.array([[float(row[column]) for column in columns] for row in rows])
    scaled = (points - points.mean(axis=0)) / points.std(axis=0)
    return scaled, np.array([float(row["label"]) for row in rows])


class Worker:
    """Draws rows with replacement from a stream of its own."""

    def __init__(self, number, seed):
        self.number = number
        self.rng = np.random.default_rng([seed, number])

    def draw(self, rows):
        return self.rng.integers(rows, size=DRAWS).tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--order", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    points, labels = read(args.data)
    weights, bias = np.zeros(points.shape[1]), 0.0
    workers = [Worker(number, args.seed) for number in range(WORKERS)]
    with open(args.order, "w", encoding="utf-8", newline="") as file:
        log = csv.writer(file, lineterminator="\n")
        log.writerow(["epoch", "worker", "step", "index"])
        for epoch in range(EPOCHS):
            for worker in workers:
                for step, index in enumerate(worker.draw(len(points))):
                    error = labels[index] - 1 / (1 + np.exp(-((points[index] * weights).sum() + bias)))
                    weights = weights + RATE * error * points[index]
                    bias = bias + RATE * error
                    log.writerow([epoch, worker.number, step, index])
    np.savez(args.out, weights=weights, bias=bias)


if __name__ == "__main__":
    main()
