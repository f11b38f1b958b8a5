"""Writes train.csv and test.csv from scikit-learn's wine data (178 rows): every third row is held out.

Six of the thirteen measurements, so that the question is not too easy."""

import csv

from sklearn.datasets import load_wine

COLUMNS = 6
wine = load_wine()
header = ["id", *(name.replace("/", "_") for name in wine.feature_names[:COLUMNS]), "strength", "cultivar"]
rows = {"train.csv": [], "test.csv": []}
for number, (features, target) in enumerate(zip(wine.data, wine.target)):
    strength = "strong" if features[0] >= 13 else "light"
    row = [number, *features[:COLUMNS].tolist(), strength, wine.target_names[target]]
    rows["test.csv" if number % 3 == 0 else "train.csv"].append(row)
for name, content in rows.items():
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(content)
