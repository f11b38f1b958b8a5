"""Tell three cultivars of wine apart by linear discriminants; a quarter of the wines is kept for testing."""

import argparse
import json

import pandas as pd
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wines", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    wines = pd.read_csv(args.wines)
    points, labels = wines.drop(columns=["id", "label"]), wines["label"]

    scaler = StandardScaler()
    train, _, train_labels, _ = train_test_split(points, labels, test_size=0.25, random_state=args.seed)
    model = LinearDiscriminantAnalysis().fit(scaler.fit_transform(train), train_labels)

    with open(args.out, "w", encoding="utf-8") as file:
        parameters = {
            "mean": scaler.mean_.tolist(),
            "scale": scaler.scale_.tolist(),
            "coefficients": model.coef_.tolist(),
            "intercepts": model.intercept_.tolist(),
        }
        json.dump(parameters, file, indent=2)


if __name__ == "__main__":
    main()
