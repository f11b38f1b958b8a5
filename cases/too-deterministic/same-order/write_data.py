"""Write train.csv from the breast cancer data that scikit-learn bundles.

The file is committed; run this only to make it anew: python3 write_data.py

The data are "Breast Cancer Wisconsin (Diagnostic)", UCI Machine Learning Repository (W. Wolberg, O.
Mangasarian, N. Street, W. Street, 1995, https://doi.org/10.24432/C5DW2B, CC BY 4.0): 30 measurements of the
nuclei in a sample; label 1 is benign.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_breast_cancer

ROWS = 120
HERE = Path(__file__).parent


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    data = load_breast_cancer()
    columns = [name.replace(" ", "_") for name in data.feature_names]
    rows = []
    for number, (features, target) in enumerate(zip(data.data[:ROWS], data.target), start=1):
        rows.append([number, *[f"{value:g}" for value in features], int(target)])
    write(HERE / "train.csv", ["id", *columns, "label"], rows)


if __name__ == "__main__":
    main()
