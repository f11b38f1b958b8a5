"""Boost shallow trees until they no longer get better."""

import argparse
import json

import pandas as pd
import xgboost as xgb

PARAMETERS = {
    "objective": "binary:logistic",
    "eval_metric": "logloss",
    "max_depth": 2,
    "eta": 0.2,
    "tree_method": "exact",
    "nthread": 1,
}


def matrix(table, features):
    return xgb.DMatrix(table[features], label=table["malignant"], nthread=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    test = pd.read_csv(args.test)
    features = [name for name in train.columns if name not in ("id", "malignant")]

    validation = train.index % 5 == 0
    model = xgb.train(
        PARAMETERS,
        matrix(train[~validation], features),
        num_boost_round=100,
        evals=[(matrix(test, features), "validation")],
        early_stopping_rounds=5,
        verbose_eval=False,
    )

    model.save_model(args.model)
    likely = model.predict(matrix(test, features), iteration_range=(0, model.best_iteration + 1))
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": float(((likely > 0.5) == test["malignant"]).mean())}, file)


if __name__ == "__main__":
    main()
