"""Fit a logistic regression on jittered measurements by gradient descent."""

import argparse

import numpy as np
from features import prepare, read, values

STEPS = 200
RATE = 0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    rng = np.random.default_rng(args.seed)
    rows = read(args.train)
    columns = [column for column in rows[0] if column not in ("id", "label")]
    points = values(rows, columns)
    labels = np.array([float(row["label"]) for row in rows])
    mean, deviation = points.mean(axis=0), points.std(axis=0)

    weights, bias = np.zeros(len(columns)), 0.0
    for _ in range(STEPS):
        jittered = prepare(points, mean, deviation, rng)
        error = labels - 1 / (1 + np.exp(-((jittered * weights).sum(axis=1) + bias)))
        weights = weights + RATE * (jittered * error[:, None]).mean(axis=0)
        bias = bias + RATE * error.mean()
    np.savez(args.out, columns=columns, mean=mean, deviation=deviation, weights=weights, bias=bias)


if __name__ == "__main__":
    main()
