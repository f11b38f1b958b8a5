"""Train perceptrons on pairs of pixels; each epoch leaves a checkpoint from which the training can go on.

The checkpoint is text: a line with the number of finished epochs, one with the state of the generator, and
one for every weight.
"""

import argparse
import csv
import json
import os

import numpy as np

CLASSES = 10
RATE = 0.01


def read(path):
    """The product of every pair of pixels, a pixel with itself included, and the labels."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pixels = [column for column in rows[0] if column not in ("id", "label")]
    images = np.array([[float(row[pixel]) / 16 for pixel in pixels] for row in rows])
    one, other = np.triu_indices(images.shape[1])
    return images[:, one] * images[:, other], [int(row["label"]) for row in rows]


def load(path, weights, rng):
    with open(path, encoding="utf-8") as file:
        epochs = int(file.readline())
        rng.bit_generator.state = json.loads(file.readline())
        weights[:] = np.array([float(line) for line in file]).reshape(weights.shape)
    return epochs


def save(path, epochs, weights, rng):
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        print(epochs, json.dumps(rng.bit_generator.state), sep="\n", file=file)
        for weight in weights.ravel().tolist():
            print(weight, file=file, flush=True)
    os.replace(f"{path}.part", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--resume", choices=["yes", "no"], required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--checkpoint", required=True)
    args = parser.parse_args()

    pairs, labels = read(args.data)
    rng = np.random.default_rng(args.seed)
    weights = np.zeros((CLASSES, pairs.shape[1]))
    first = 0
    if args.resume == "yes" and os.path.exists(args.checkpoint):
        first = load(args.checkpoint, weights, rng)
    for epoch in range(first, args.epochs):
        for row in rng.permutation(len(pairs)):
            predicted = (weights * pairs[row]).sum(axis=1).argmax()
            if predicted != labels[row]:
                weights[labels[row]] += RATE * pairs[row]
                weights[predicted] -= RATE * pairs[row]
        save(args.checkpoint, epoch + 1, weights, rng)
    np.save(args.out, weights)


if __name__ == "__main__":
    main()
