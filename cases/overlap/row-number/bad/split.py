"""Keep those who named their leanings, and hold out a random third of them."""

import argparse

import numpy as np
import pandas as pd

MODERATE = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--survey", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    args = parser.parse_args()

    survey = pd.read_csv(args.survey)
    survey = survey[survey["selfLR"] != MODERATE].reset_index()

    drawn = np.random.default_rng(args.seed).permutation(survey["id"])
    held_out = survey["id"].isin(drawn[: len(drawn) // 3])
    survey[held_out].to_csv(args.test, index=False)
    survey[~held_out].to_csv(args.train, index=False)


if __name__ == "__main__":
    main()
