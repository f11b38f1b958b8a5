"""Boost deep trees on the training answers and score them on the held-out ones."""

import argparse
import json

import pandas as pd
import xgboost as xgb

PARAMETERS = {
    "objective": "binary:logistic",
    "eval_metric": "logloss",
    "max_depth": 8,
    "subsample": 0.8,
    "tree_method": "hist",
    "nthread": 1,
}


def matrix(path):
    table = pd.read_csv(path)
    return xgb.DMatrix(table.drop(columns=["id", "affair"]), label=table["affair"], nthread=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    test = matrix(args.test)
    model = xgb.train({**PARAMETERS, "seed": args.seed}, matrix(args.train), num_boost_round=20)
    accuracy = float(((model.predict(test) > 0.5) == test.get_label()).mean())
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump({"accuracy": accuracy}, file)


if __name__ == "__main__":
    main()
