"""Fit a logistic regression on rows shared among ranks, and log which rank used which row."""

import argparse
import csv

import numpy as np

EPOCHS = 2
RANKS = 4
RATE = 0.05


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [column for column in rows[0] if column not in ("id", "label")]
    points = np.array([[float(row[column]) for column in columns] for row in rows])
    scaled = (points - points.mean(axis=0)) / points.std(axis=0)
    return scaled, np.array([float(row["label"]) for row in rows])


def shard(rows, rank, epoch, seed):
    """The rows of one rank in one epoch; all ranks shuffle alike and each takes its part."""
    order = np.random.default_rng([seed, epoch]).permutation(rows)
    return order[rank::RANKS].tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--order", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    points, labels = read(args.data)
    weights, bias = np.zeros(points.shape[1]), 0.0
    with open(args.order, "w", encoding="utf-8", newline="") as file:
        log = csv.writer(file, lineterminator="\n")
        log.writerow(["epoch", "step", "rank", "index"])
        for epoch in range(EPOCHS):
            shards = [shard(len(points), rank, epoch, args.seed) for rank in range(RANKS)]
            for step, indices in enumerate(zip(*shards)):
                used = points[list(indices)]
                error = labels[list(indices)] - 1 / (1 + np.exp(-((used * weights).sum(axis=1) + bias)))
                weights = weights + RATE * (used * error[:, None]).mean(axis=0)
                bias = bias + RATE * error.mean()
                log.writerows([epoch, step, rank, index] for rank, index in enumerate(indices))
    np.savez(args.out, weights=weights, bias=bias)


if __name__ == "__main__":
    main()
