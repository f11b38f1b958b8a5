"""Standardise the wines and find the centroid of each cultivar."""

import argparse
import json

import pandas as pd

FEATURES = ["alcohol", "malic_acid", "flavanoids", "color_intensity", "hue", "dilution"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--features", required=True)
    parser.add_argument("--scaler", required=True)
    parser.add_argument("--model", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    mean, scale = train[FEATURES].mean(), train[FEATURES].std(ddof=0)
    features = (train[FEATURES] - mean) / scale

    pd.concat([train["id"], features], axis=1).to_csv(args.features, index=False)
    with open(args.scaler, "w", encoding="utf-8") as file:
        json.dump({"mean": mean.to_dict(), "scale": scale.to_dict()}, file, indent=2)
    with open(args.model, "w", encoding="utf-8") as file:
        json.dump(features.groupby(train["label"]).mean().to_dict("index"), file, indent=2)


if __name__ == "__main__":
    main()
