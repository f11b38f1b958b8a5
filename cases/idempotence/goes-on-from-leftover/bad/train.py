"""Boost thirty shallow trees."""

import argparse
import os

import pandas as pd
import xgboost as xgb

PARAMETERS = {"objective": "binary:logistic", "max_depth": 2, "tree_method": "exact", "nthread": 1}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tumours", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    tumours = pd.read_csv(args.tumours)
    rows = xgb.DMatrix(tumours.drop(columns=["id", "malignant"]), label=tumours["malignant"], nthread=1)
    before = args.out if os.path.exists(args.out) else None
    model = xgb.train(PARAMETERS, rows, num_boost_round=30, xgb_model=before)
    model.save_model(args.out)


if __name__ == "__main__":
    main()
