"""Balance the classes with synthetic rows and fit a Gaussian for each class."""

import argparse
import json

import numpy as np
import pandas as pd

NEIGHBOURS = 3


def synthetic(rows, count, rng):
    """Return `count` points, each between a random row and one of its nearest neighbours."""
    distances = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
    nearest = distances.argsort(axis=1, kind="stable")[:, 1 : NEIGHBOURS + 1]
    parents = rng.integers(len(rows), size=count)
    others = nearest[parents, rng.integers(nearest.shape[1], size=count)]
    return rows[parents] + rng.random((count, 1)) * (rows[others] - rows[parents])


def balance(table, features, rng):
    """Return the table with synthetic malignant rows, as many as are missing."""
    rare = table[table["malignant"] == 1]
    missing = max(len(table) - 2 * len(rare), 0)
    made = pd.DataFrame(synthetic(rare[features].to_numpy(), missing, rng), columns=features)
    return pd.concat([table, made.assign(malignant=1, fold="train")])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tumours", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    table = pd.read_csv(args.tumours)
    features = [name for name in table.columns if name not in ("id", "malignant", "fold")]
    rng = np.random.default_rng(args.seed)

    table = balance(table, features, rng)
    train = table[table["fold"] == "train"]

    groups = train.groupby("malignant")[features]
    model = {
        "rows": groups.size().to_dict(),
        "mean": groups.mean().to_dict("index"),
        "deviation": groups.std().to_dict("index"),
    }
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(model, file, indent=2)


if __name__ == "__main__":
    main()
