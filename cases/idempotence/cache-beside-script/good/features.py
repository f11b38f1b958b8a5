"""Compute the rank of each tumour in each measure."""

import argparse

import numpy as np


def ranks(path):
    """Return one row per tumour, one column per measure."""
    values = np.loadtxt(path, delimiter=",", skiprows=1)[:, 1:-1]
    return values.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tumours", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    np.save(args.out, ranks(args.tumours))


if __name__ == "__main__":
    main()
