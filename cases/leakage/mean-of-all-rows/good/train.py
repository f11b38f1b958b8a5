"""Fit the progression of diabetes by ridge regression; gaps are filled with the mean."""

import argparse
import json

import numpy as np
import pandas as pd

RIDGE = 1.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    test = pd.read_csv(args.test)
    features = [name for name in train.columns if name not in ("id", "progression")]

    means = train[features].mean()
    train[features] = train[features].fillna(means)
    test[features] = test[features].fillna(means)

    points = train[features].to_numpy()
    centre, offset = points.mean(axis=0), train["progression"].mean()
    centred = points - centre
    products = centred.T @ centred + RIDGE * np.eye(len(features))
    weights = np.linalg.solve(products, centred.T @ (train["progression"] - offset).to_numpy())
    errors = (test[features].to_numpy() - centre) @ weights + offset - test["progression"]

    with open(args.model, "w", encoding="utf-8") as file:
        parameters = {"fill": means.to_dict(), "weights": dict(zip(features, weights.tolist())), "offset": offset}
        json.dump(parameters, file, indent=2)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"rmse": float(np.sqrt((errors**2).mean()))}, file)


if __name__ == "__main__":
    main()
