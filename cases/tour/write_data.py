"""Write data/train.csv and data/test.csv from the digits that scikit-learn bundles.

Both files are committed; run this only to make them anew, in an environment built from requirements.lock:

    python write_data.py

The digits are the test part of "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository
(E. Alpaydin, C. Kaynak, 1998, https://doi.org/10.24432/C50P49, CC BY 4.0): 1797 images of 8 x 8 pixels with
grey levels from 0 to 16. Every fifth image is held out. The test file carries no labels.
"""

import csv
from pathlib import Path

from sklearn.datasets import load_digits

DATA = Path(__file__).parent / "data"


def write(path, header, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    digits = load_digits()
    pixels = [f"p{row}{column}" for row in range(8) for column in range(8)]
    train, test = [], []
    for number, (image, label) in enumerate(zip(digits.data.astype(int), digits.target), start=1):
        if number % 5 == 0:
            test.append([number, *image])
        else:
            train.append([number, *image, label])
    DATA.mkdir(exist_ok=True)
    write(DATA / "train.csv", ["id", *pixels, "label"], train)
    write(DATA / "test.csv", ["id", *pixels], test)


if __name__ == "__main__":
    main()
