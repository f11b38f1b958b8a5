"""Project a random sample of rows into fewer dimensions."""

import argparse

import numpy as np


def projection(rng, size_in, size_out):
    return rng.normal(size=(size_in, size_out)) / np.sqrt(size_out)


def sample(vectors, count):
    rng = np.random.default_rng()
    return vectors[rng.choice(len(vectors), size=count, replace=False)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    vectors = np.loadtxt(args.vectors, delimiter=",", skiprows=1)
    rng = np.random.default_rng(args.seed)
    embedding = sample(vectors, 16) @ projection(rng, vectors.shape[1], 3)
    np.save(args.out, embedding)


if __name__ == "__main__":
    main()
