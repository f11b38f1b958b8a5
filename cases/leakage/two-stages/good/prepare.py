"""Centre and scale the rows of both files by median and quartiles."""

import argparse

import pandas as pd


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--out-train", required=True)
    parser.add_argument("--out-test", required=True)
    args = parser.parse_args()

    train = pd.read_csv(args.train)
    test = pd.read_csv(args.test)
    features = [name for name in train.columns if name not in ("id", "label")]

    known = train[features]
    median = known.median()
    spread = known.quantile(0.75) - known.quantile(0.25)

    for table, path in ((train, args.out_train), (test, args.out_test)):
        scaled = (table[features] - median) / spread
        scaled.insert(0, "id", table["id"])
        scaled["label"] = table["label"]
        scaled.to_csv(path, index=False)


if __name__ == "__main__":
    main()
