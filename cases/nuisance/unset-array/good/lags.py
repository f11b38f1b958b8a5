"""Build the features of each hour: the load itself, one hour ago, a day ago, a week ago."""

import argparse

import numpy as np

LAGS = [0, 1, 24, 168]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    load = np.loadtxt(args.series, delimiter=",", skiprows=1, usecols=1)
    features = np.full((len(load), len(LAGS)), np.nan)
    for column, lag in enumerate(LAGS):
        features[lag:, column] = load[: len(load) - lag]
    np.save(args.out, features)


if __name__ == "__main__":
    main()
