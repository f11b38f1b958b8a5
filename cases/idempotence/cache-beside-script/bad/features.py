"""Compute the rank of each tumour in each measure."""

import argparse
from pathlib import Path

import numpy as np

CACHE = Path(__file__).parent / "ranks_cache.npy"


def ranks(path):
    """Return one row per tumour, one column per measure."""
    if CACHE.exists():
        return np.load(CACHE)
    values = np.loadtxt(path, delimiter=",", skiprows=1)[:, 1:-1]
    ordered = values.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    np.save(CACHE, ordered)
    return ordered


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tumours", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    np.save(args.out, ranks(args.tumours))


if __name__ == "__main__":
    main()
