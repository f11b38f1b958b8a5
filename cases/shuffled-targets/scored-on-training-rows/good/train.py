"""Boost deep trees and report their accuracy."""

import argparse
import json

import pandas as pd
import xgboost as xgb

PARAMETERS = {
    "objective": "binary:logistic",
    "max_depth": 8,
    "eta": 0.5,
    "min_child_weight": 0,
    "tree_method": "exact",
    "nthread": 1,
}


def read(path):
    table = pd.read_csv(path)
    return xgb.DMatrix(table.drop(columns=["id", "malignant"]), label=table["malignant"], nthread=1)


def accuracy(model, rows):
    return float(((model.predict(rows) > 0.5) == rows.get_label()).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()

    train, test = read(args.train), read(args.test)
    model = xgb.train(PARAMETERS, train, num_boost_round=40)

    model.save_model(args.model)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": accuracy(model, test), "rows": test.num_row()}, file)


if __name__ == "__main__":
    main()
