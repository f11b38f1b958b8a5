"""Find malignant tumours by logistic regression."""

import argparse
import json

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    test = pd.read_csv(args.test)
    features = [name for name in train.columns if name not in ("id", "malignant")]

    scaler = StandardScaler().fit(train[features])
    model = LogisticRegression(C=0.001)
    model.fit(scaler.transform(train[features]), train["malignant"])
    probability = model.predict_proba(scaler.transform(test[features]))[:, 1]
    called = (probability > 0.5).astype(int)

    pd.DataFrame({"id": test["id"], "malignant": called, "probability": probability}).to_csv(args.out, index=False)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": float((called == test["malignant"]).mean())}, file)


if __name__ == "__main__":
    main()
