"""Learn to tell malignant tumours from benign ones by logistic regression on standardised features."""

import argparse
import json

import pandas as pd
from sklearn.linear_model import LogisticRegression
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

    scaler = StandardScaler().fit(train[features])
    model = LogisticRegression(C=0.5)
    model.fit(scaler.transform(train[features]), train["malignant"])
    accuracy = model.score(scaler.transform(test[features]), test["malignant"])

    with open(args.model, "w", encoding="utf-8") as file:
        parameters = {
            "features": features,
            "mean": scaler.mean_.tolist(),
            "scale": scaler.scale_.tolist(),
            "coefficients": model.coef_[0].tolist(),
            "intercept": model.intercept_[0],
        }
        json.dump(parameters, file, indent=2)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": accuracy}, file)


if __name__ == "__main__":
    main()
