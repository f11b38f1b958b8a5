"""Give each wine the cultivar with the nearest centroid."""

import argparse
import json

import pandas as pd

FEATURES = ["alcohol", "malic_acid", "flavanoids", "color_intensity", "hue", "dilution"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", required=True)
    parser.add_argument("--scaler", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--features", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.scaler, encoding="utf-8") as file:
        scaler = json.load(file)
    mean, scale = pd.Series(scaler["mean"]), pd.Series(scaler["scale"])
    with open(args.model, encoding="utf-8") as file:
        centroids = pd.DataFrame.from_dict(json.load(file), orient="index")[FEATURES]

    test = pd.read_csv(args.test)
    features = (test[FEATURES] - mean[FEATURES]) / scale[FEATURES]
    distances = pd.DataFrame({name: ((features - row) ** 2).sum(axis=1) for name, row in centroids.iterrows()})

    pd.concat([test["id"], features], axis=1).to_csv(args.features, index=False)
    predictions = {"id": test["id"], "label": distances.idxmin(axis=1), "distance": distances.min(axis=1)}
    pd.DataFrame(predictions).to_csv(args.out, index=False)


if __name__ == "__main__":
    main()
