"""Predict the progression of diabetes by least squares."""

import argparse

import numpy as np
import pandas as pd

FEATURES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train).dropna()
    test = pd.read_csv(args.test)

    centre, offset = train[FEATURES].mean(), train["progression"].mean()
    test[FEATURES] = test[FEATURES].fillna(centre)
    points = (train[FEATURES] - centre).to_numpy()
    products = points.T @ points + np.eye(len(FEATURES))
    weights = np.linalg.solve(products, points.T @ (train["progression"] - offset).to_numpy())

    predicted = ((test[FEATURES] - centre) * weights).sum(axis=1) + offset
    pd.DataFrame({"id": test["id"], "progression": predicted}).to_csv(args.out, index=False)


if __name__ == "__main__":
    main()
