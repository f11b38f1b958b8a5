"""Hold out a random third of the answers."""

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
    answers = answers.drop_duplicates(subset=answers.columns.drop(["id", "affair"]))
    order = np.random.default_rng(args.seed).permutation(len(answers))
    held_out = np.sort(order[: len(answers) // 3])

    answers.iloc[held_out].to_csv(args.test, index=False)
    answers.drop(answers.index[held_out]).to_csv(args.train, index=False)


if __name__ == "__main__":
    main()
