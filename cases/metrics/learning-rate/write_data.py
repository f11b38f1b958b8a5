"""Write train.csv and test.csv from the wine data that scikit-learn bundles.

Both files are committed; run this only to make them anew: python3 write_data.py

The data are "Wine", UCI Machine Learning Repository (S. Aeberhard, M. Forina, 1992,
https://doi.org/10.24432/C5PC7J, CC BY 4.0): 13 measurements of 178 wines of three growers. Every third row
goes to test.csv.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_wine

ROWS = 178
HELD_OUT = 3
HERE = Path(__file__).parent


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    data = load_wine()
    columns = [name.replace("/", "_") for name in data.feature_names]
    train, test = [], []
    for number, (features, target) in enumerate(zip(data.data[:ROWS], data.target), start=1):
        values = [f"{value:g}" for value in features]
        if number % HELD_OUT == 0:
            test.append([number, *values, int(target)])
        else:
            train.append([number, *values, int(target)])
    write(HERE / "train.csv", ["id", *columns, "label"], train)
    write(HERE / "test.csv", ["id", *columns, "label"], test)


if __name__ == "__main__":
    main()
