"""Find the centroid of each class."""

import argparse
import json

import pandas as pd


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    centroids = train.drop(columns="id").groupby("label").mean()
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(centroids.to_dict("index"), file, indent=2)


if __name__ == "__main__":
    main()
