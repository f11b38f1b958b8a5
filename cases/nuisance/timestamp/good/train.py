"""Learn the centroid of each species and save them as a nearest-centroid model."""

import argparse
import csv
import json
import sys
from datetime import datetime, timezone

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iris", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.iris, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    centroids = {}
    for species in sorted({row["species"] for row in rows}):
        members = [row for row in rows if row["species"] == species]
        centroids[species] = [
            sum(float(row[feature]) for row in members) / len(members) for feature in FEATURES
        ]

    model = {
        "features": FEATURES,
        "centroids": centroids,
    }
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(model, file, indent=2)
    print(f"trained at {datetime.now(timezone.utc):%Y-%m-%d %H:%M}", file=sys.stderr)


if __name__ == "__main__":
    main()
