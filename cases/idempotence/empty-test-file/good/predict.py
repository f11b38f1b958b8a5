"""Predict with naive Bayes whether tumours are malignant."""

import argparse

import pandas as pd
from sklearn.naive_bayes import GaussianNB

FEATURES = ["radius", "texture", "smoothness", "concavity", "symmetry"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    test = pd.read_csv(args.test)

    model = GaussianNB().fit(train[FEATURES], train["malignant"])
    predictions = test[["id"]].copy()
    predictions["malignant"] = model.predict(test[FEATURES]) if len(test) else []
    predictions.to_csv(args.out, index=False)


if __name__ == "__main__":
    main()
