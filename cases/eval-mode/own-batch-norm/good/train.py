"""Train a network of one hidden layer with batch normalisation by gradient descent."""

import argparse
import csv

import numpy as np

FEATURES = ["radius", "texture", "smoothness", "concavity", "symmetry"]
HIDDEN, EPOCHS, BATCH, RATE, MOMENTUM = 8, 30, 32, 0.1, 0.1
TINY = 1e-5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.train, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    points = np.array([[float(row[name]) for name in FEATURES] for row in rows])
    labels = np.array([float(row["malignant"]) for row in rows])
    centre, scale = points.mean(axis=0), points.std(axis=0)
    points = (points - centre) / scale

    rng = np.random.default_rng(args.seed)
    into = rng.normal(0, 0.5, (len(FEATURES), HIDDEN))
    gain, shift = np.ones(HIDDEN), np.zeros(HIDDEN)
    out, bias = rng.normal(0, 0.5, HIDDEN), 0.0
    mean, variance = np.zeros(HIDDEN), np.ones(HIDDEN)

    for _ in range(EPOCHS):
        order = rng.permutation(len(points))
        for start in range(0, len(points) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            raw = points[batch] @ into
            own_mean, own_variance = raw.mean(axis=0), raw.var(axis=0)
            mean += MOMENTUM * (own_mean - mean)
            variance += MOMENTUM * (own_variance - variance)
            normal = (raw - own_mean) / np.sqrt(own_variance + TINY)
            hidden = np.maximum(gain * normal + shift, 0)
            error = (1 / (1 + np.exp(-(hidden @ out + bias))) - labels[batch]) / BATCH

            to_hidden = np.outer(error, out) * (hidden > 0)
            to_normal = to_hidden * gain
            to_raw = to_normal - to_normal.mean(axis=0) - normal * (to_normal * normal).mean(axis=0)
            to_raw /= np.sqrt(own_variance + TINY)
            out -= RATE * hidden.T @ error
            bias -= RATE * error.sum()
            gain -= RATE * (to_hidden * normal).sum(axis=0)
            shift -= RATE * to_hidden.sum(axis=0)
            into -= RATE * points[batch].T @ to_raw

    np.savez(
        args.out,
        centre=centre,
        scale=scale,
        into=into,
        gain=gain,
        shift=shift,
        mean=mean,
        variance=variance,
        out=out,
        bias=bias,
    )


if __name__ == "__main__":
    main()
