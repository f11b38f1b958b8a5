"""Train a logistic regression by stochastic gradient descent on jittered copies of the points."""

import argparse

import numpy as np

EPOCHS = 3
RATE = 0.1
JITTER = 0.05


def augment(points):
    return points + np.random.normal(0, JITTER, points.shape)


def train(points, labels, rng):
    weights, bias = np.zeros(points.shape[1]), 0.0
    for _ in range(EPOCHS):
        augmented = augment(points)
        for row in rng.permutation(len(points)):
            error = labels[row] - 1 / (1 + np.exp(-(augmented[row] @ weights + bias)))
            weights += RATE * error * augmented[row]
            bias += RATE * error
    return weights, bias


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    table = np.loadtxt(args.points, delimiter=",", skiprows=1)
    rng = np.random.default_rng(args.seed)
    weights, bias = train(table[:, 1:-1], table[:, -1], rng)
    np.savez(args.out, weights=weights, bias=bias)


if __name__ == "__main__":
    main()
