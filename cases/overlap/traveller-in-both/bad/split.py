"""Hold out a random quarter of the journeys."""

import argparse

import numpy as np
import pandas as pd


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journeys", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    args = parser.parse_args()

    journeys = pd.read_csv(args.journeys)
    rng = np.random.default_rng(args.seed)

    drawn = rng.permutation(journeys["id"])
    held_out = journeys["id"].isin(drawn[: len(drawn) // 4])

    journeys[held_out].to_csv(args.test, index=False)
    journeys[~held_out].to_csv(args.train, index=False)


if __name__ == "__main__":
    main()
