"""Write train.csv and test.csv from the breast cancer data that scikit-learn bundles.

Both files are committed; run this only to make them anew: python3 write_data.py

The data are "Breast Cancer Wisconsin (Diagnostic)", UCI Machine Learning Repository (W. Wolberg, O.
Mangasarian, N. Street, W. Street, 1995, https://doi.org/10.24432/C5DW2B, CC BY 4.0): 30 measurements of the
nuclei in a sample; label 1 is benign. Every fifth row goes to test.csv, which carries no targets.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_breast_cancer

ROWS = 250
HELD_OUT = 5
HERE = Path(__file__).parent


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    data = load_breast_cancer()
    columns = [name.replace(" ", "_") for name in data.feature_names]
    train, test = [], []
    for number, (features, target) in enumerate(zip(data.data[:ROWS], data.target), start=1):
        values = [f"{value:g}" for value in features]
        if number % HELD_OUT == 0:
            test.append([number, *values])
        else:
            train.append([number, *values, int(target)])
    write(HERE / "train.csv", ["id", *columns, "label"], train)
    write(HERE / "test.csv", ["id", *columns], test)


if __name__ == "__main__":
    main()
