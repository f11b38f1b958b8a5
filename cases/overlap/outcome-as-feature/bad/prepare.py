"""Make the target, whether there was any affair, and hold out a random third of the answers."""

import argparse

import numpy as np
import pandas as pd


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    args = parser.parse_args()

    answers = pd.read_csv(args.answers)
    answers["affair"] = (answers["affairs"] > 0).astype(int)

    drawn = np.random.default_rng(args.seed).permutation(answers["id"])
    held_out = answers["id"].isin(drawn[: len(drawn) // 3])
    answers[held_out].to_csv(args.test, index=False)
    answers[~held_out].to_csv(args.train, index=False)


if __name__ == "__main__":
    main()
