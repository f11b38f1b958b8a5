"""Boost trees on random parts of the rows and report the accuracy on the test rows."""

import argparse
import json

import pandas as pd
import xgboost as xgb

ROUNDS = 200
PARAMETERS = {
    "objective": "binary:logistic",
    "max_depth": 3,
    "subsample": 0.9,
    "colsample_bynode": 0.3,
    "tree_method": "exact",
    "nthread": 1,
}


def read(path):
    table = pd.read_csv(path)
    return xgb.DMatrix(table.drop(columns=["id", "malignant"]), label=table["malignant"], nthread=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()

    test = read(args.test)
    model = xgb.train({**PARAMETERS, "seed": args.seed}, read(args.train), num_boost_round=ROUNDS)
    likely = model.predict(test)
    accuracy = float(((likely > 0.5) == test.get_label()).mean())
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": accuracy, "mean": float(likely.mean())}, file)


if __name__ == "__main__":
    main()
