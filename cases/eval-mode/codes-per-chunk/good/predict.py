"""Predict affairs by boosted trees; the test file is read in chunks."""

import argparse

import pandas as pd
import xgboost as xgb

FEATURES = ["rate_marriage", "yrs_married", "religious", "occupation"]
PARAMETERS = {"objective": "binary:logistic", "max_depth": 4, "eta": 0.5, "tree_method": "exact", "nthread": 1}


def numbered(table, names):
    """Return the features, with the place of each occupation in `names` instead of its name."""
    return table[FEATURES].assign(occupation=table["occupation"].map(names.index))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    names = list(train["occupation"].unique())
    rows = xgb.DMatrix(numbered(train, names), label=train["affair"], nthread=1)
    model = xgb.train(PARAMETERS, rows, num_boost_round=20)

    chunks = []
    for chunk in pd.read_csv(args.test, chunksize=args.batch_size):
        likely = model.predict(xgb.DMatrix(numbered(chunk, names), nthread=1))
        chunks.append(pd.DataFrame({"id": chunk["id"], "affair": likely}))
    pd.concat(chunks).to_csv(args.out, index=False)


if __name__ == "__main__":
    main()
