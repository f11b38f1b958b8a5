"""Write train.csv and test.csv: each digit that scikit-learn bundles as the sequence of its inked pixels.

Both files are committed; run this only to make them anew: python3 write_data.py

The digits are the test part of "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository
(E. Alpaydin, C. Kaynak, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0): images of 8 x 8 pixels with grey
levels from 0 to 16. A pixel counts as inked from 8 on; pixels are numbered from 1, row by row. Every fifth image
goes to test.csv, which carries no labels.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_digits

ROWS = 250
HELD_OUT = 5
INKED = 8
HERE = Path(__file__).parent


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    digits = load_digits()
    train, test = [], []
    for number, (image, label) in enumerate(zip(digits.data[:ROWS], digits.target), start=1):
        ink = " ".join(str(pixel) for pixel, grey in enumerate(image, start=1) if grey >= INKED)
        if number % HELD_OUT == 0:
            test.append([number, ink])
        else:
            train.append([number, ink, label])
    write(HERE / "train.csv", ["id", "ink", "label"], train)
    write(HERE / "test.csv", ["id", "ink"], test)


if __name__ == "__main__":
    main()
