"""Write train.csv and test.csv from the digits that scikit-learn bundles.

Both files are committed; run this only to make them anew: python3 write_data.py

The digits are the test part of "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository
(E. Alpaydin, C. Kaynak, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0): images of 8 x 8 pixels with grey
levels from 0 to 16. Every third row goes to test.csv.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_digits

ROWS = 290
HELD_OUT = 3
HERE = Path(__file__).parent


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    data = load_digits()
    columns = [f"p{row}{column}" for row in range(8) for column in range(8)]
    train, test = [], []
    for number, (features, target) in enumerate(zip(data.data[:ROWS], data.target), start=1):
        values = [int(grey) for grey in features]
        if number % HELD_OUT == 0:
            test.append([number, *values, int(target)])
        else:
            train.append([number, *values, int(target)])
    write(HERE / "train.csv", ["id", *columns, "label"], train)
    write(HERE / "test.csv", ["id", *columns, "label"], test)


if __name__ == "__main__":
    main()
