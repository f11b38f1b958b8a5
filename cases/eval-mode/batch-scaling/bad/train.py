"""Fit a logistic regression on standardised measurements by gradient descent."""

import argparse
import csv

import numpy as np

STEPS = 200
RATE = 0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.train, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [column for column in rows[0] if column not in ("id", "label")]
    points = np.array([[float(row[column]) for column in columns] for row in rows])
    labels = np.array([float(row["label"]) for row in rows])
    mean, deviation = points.mean(axis=0), points.std(axis=0)
    points = (points - mean) / deviation

    weights, bias = np.random.default_rng(args.seed).normal(0, 0.1, len(columns)), 0.0
    for _ in range(STEPS):
        error = labels - 1 / (1 + np.exp(-(np.einsum("rc,c->r", points, weights) + bias)))
        weights = weights + RATE * np.einsum("rc,r->c", points, error) / len(rows)
        bias = bias + RATE * error.mean()
    np.savez(args.out, columns=columns, mean=mean, deviation=deviation, weights=weights, bias=bias)


if __name__ == "__main__":
    main()
