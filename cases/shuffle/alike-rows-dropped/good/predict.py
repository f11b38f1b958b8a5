"""Predict the vote by boosted trees."""

import argparse

import pandas as pd
import xgboost as xgb

FEATURES = ["TVnews", "selfLR", "ClinLR", "DoleLR", "age", "educ", "income"]
PARAMETERS = {"objective": "binary:logistic", "max_depth": 3, "tree_method": "exact", "nthread": 1}


def clean(path):
    """Return the rows with different answers."""
    table = pd.read_csv(path)
    return table.drop_duplicates(subset=FEATURES)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    train = clean(args.train)
    test = pd.read_csv(args.test)

    rows = xgb.DMatrix(train[FEATURES], label=train["vote"], nthread=1)
    model = xgb.train(PARAMETERS, rows, num_boost_round=20)
    dole = model.predict(xgb.DMatrix(test[FEATURES], nthread=1))
    pd.DataFrame({"id": test["id"], "dole": dole}).to_csv(args.out, index=False)


if __name__ == "__main__":
    main()
