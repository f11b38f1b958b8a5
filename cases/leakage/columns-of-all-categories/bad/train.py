"""Predict affairs by boosted trees; every occupation has a column of its own."""

import argparse
import json

import pandas as pd
import xgboost as xgb

PARAMETERS = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.3, "tree_method": "exact", "nthread": 1}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    test = pd.read_csv(args.test)
    answers, test_answers = train.pop("affair"), test.pop("affair")

    both = pd.get_dummies(pd.concat([train, test]).drop(columns="id"))
    columns = list(both.columns)
    train = pd.get_dummies(train).reindex(columns=columns, fill_value=0)
    test = pd.get_dummies(test).reindex(columns=columns, fill_value=0)

    model = xgb.train(PARAMETERS, xgb.DMatrix(train, label=answers, nthread=1), num_boost_round=20)
    likely = model.predict(xgb.DMatrix(test, nthread=1))

    model.save_model(args.model)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": float(((likely > 0.5) == test_answers).mean())}, file)


if __name__ == "__main__":
    main()
