"""Write wines.csv from the wine data that scikit-learn bundles.

The file is committed; run this only to make it anew: python3 write_data.py

The data are "Wine", UCI Machine Learning Repository (S. Aeberhard, M. Forina, 1992,
https://doi.org/10.24432/C5PC7J, CC BY 4.0): 13 measurements of 178 wines of three growers,
which are named here by their number.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_wine

ROWS = 178
GROWERS = ["first", "second", "third"]
HERE = Path(__file__).parent


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    data = load_wine()
    columns = [name.replace("/", "_") for name in data.feature_names]
    rows = []
    for number, (features, target) in enumerate(zip(data.data[:ROWS], data.target), start=1):
        rows.append([number, *[f"{value:g}" for value in features], GROWERS[target]])
    write(HERE / "wines.csv", ["id", *columns, "grower"], rows)


if __name__ == "__main__":
    main()
