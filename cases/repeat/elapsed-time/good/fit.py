"""Fit distance = slope * speed + intercept and write the metrics."""

import argparse
import csv
import json
import math
import sys
import time


def fit(speeds, distances):
    mean_x = sum(speeds) / len(speeds)
    mean_y = sum(distances) / len(distances)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(speeds, distances))
    slope /= sum((x - mean_x) ** 2 for x in speeds)
    return slope, mean_y - slope * mean_x


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cars", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.cars, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    speeds = [float(row["speed"]) for row in rows]
    distances = [float(row["distance"]) for row in rows]

    start = time.perf_counter()
    slope, intercept = fit(speeds, distances)
    elapsed = time.perf_counter() - start
    print(f"fitted in {elapsed:.6f} s", file=sys.stderr)

    errors = [y - (slope * x + intercept) for x, y in zip(speeds, distances)]
    metrics = {
        "slope": slope,
        "intercept": intercept,
        "rmse": math.sqrt(sum(e * e for e in errors) / len(errors)),
    }
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(metrics, file, indent=2)


if __name__ == "__main__":
    main()
