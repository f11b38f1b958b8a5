"""Estimate by cross-validation how well affairs can be told from the answers (area under the ROC curve)."""

import argparse
import json

import numpy as np
import pandas as pd

FOLDS = 5
FEATURES = ["rate_marriage", "yrs_married", "religious", "encoded"]


def encode(rows, known):
    """Return for each row the mean target of its profile among the known rows."""
    means = known.groupby("profile")["affair"].mean()
    return rows["profile"].map(means).fillna(known["affair"].mean())


def encode_by_others(rows):
    """Return for each row the mean target of its profile among the rows of the other folds."""
    fold = np.arange(len(rows)) % FOLDS
    return pd.concat([encode(rows[fold == number], rows[fold != number]) for number in range(FOLDS)])


def scores(train, test):
    """Return least-squares scores of the test rows."""
    centre, scale = train[FEATURES].mean(), train[FEATURES].std() + 1e-12
    points = ((train[FEATURES] - centre) / scale).to_numpy()
    products = points.T @ points + np.eye(len(FEATURES))
    weights = np.linalg.solve(products, points.T @ (train["affair"] - train["affair"].mean()).to_numpy())
    return ((test[FEATURES] - centre) / scale).to_numpy() @ weights


def area(targets, values):
    ranks = pd.Series(values).rank().to_numpy()
    positive = targets == 1
    count = positive.sum()
    return (ranks[positive].sum() - count * (count + 1) / 2) / (count * (~positive).sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    answers = pd.read_csv(args.answers)
    fold = np.arange(len(answers)) % FOLDS
    areas = []
    for number in range(FOLDS):
        train, test = answers[fold != number], answers[fold == number]
        train = train.assign(encoded=encode_by_others(train))
        test = test.assign(encoded=encode(test, train))
        areas.append(area(test["affair"].to_numpy(), scores(train, test)))

    with open(args.out, "w", encoding="utf-8") as file:
        json.dump({"auc": float(np.mean(areas))}, file)


if __name__ == "__main__":
    main()
