"""Predict the progression of diabetes; a quarter of the patients is kept for testing, of both sexes alike."""

import argparse
import json

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    patients = pd.read_csv(args.patients)
    points, target = patients.drop(columns=["id", "progression"]), patients["progression"]

    train, _, train_target, _ = train_test_split(
        points, target, test_size=0.25, random_state=args.seed, stratify=patients["sex"]
    )
    scaler = StandardScaler()
    train = scaler.fit_transform(train)
    model = Ridge(alpha=1.0).fit(train, train_target)

    with open(args.out, "w", encoding="utf-8") as file:
        parameters = {
            "mean": scaler.mean_.tolist(),
            "scale": scaler.scale_.tolist(),
            "coefficients": model.coef_.tolist(),
            "intercept": float(model.intercept_),
        }
        json.dump(parameters, file, indent=2)


if __name__ == "__main__":
    main()
