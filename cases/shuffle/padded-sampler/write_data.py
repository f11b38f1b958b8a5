"""Write train.csv and test.csv from the diabetes data that scikit-learn bundles.

Both files are committed; run this only to make them anew: python3 write_data.py

The data belong to B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least Angle Regression", The Annals of
Statistics 32 (2004): ten measurements of patients and the progression of their disease a year later. Every
fifth row goes to test.csv, which carries no targets.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_diabetes

ROWS = 250
HELD_OUT = 5
HERE = Path(__file__).parent


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    data = load_diabetes(scaled=False)
    columns = [name.replace(" ", "_") for name in data.feature_names]
    train, test = [], []
    for number, (features, target) in enumerate(zip(data.data[:ROWS], data.target), start=1):
        values = [f"{value:g}" for value in features]
        if number % HELD_OUT == 0:
            test.append([number, *values])
        else:
            train.append([number, *values, f"{target:g}"])
    write(HERE / "train.csv", ["id", *columns, "progression"], train)
    write(HERE / "test.csv", ["id", *columns], test)


if __name__ == "__main__":
    main()
