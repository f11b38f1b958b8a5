"""Estimate the mean accuracy over folds and its 95 % bootstrap interval."""

import argparse
import csv
import json
import random

RESAMPLES = 400


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.scores, encoding="utf-8", newline="") as file:
        scores = [float(row["accuracy"]) for row in csv.DictReader(file)]

    rng = random.Random(args.seed)
    means = sorted(sum(rng.choices(scores, k=len(scores))) / len(scores) for _ in range(RESAMPLES))

    interval = {
        "mean": sum(scores) / len(scores),
        "low": means[RESAMPLES * 25 // 1000],
        "high": means[RESAMPLES * 975 // 1000 - 1],
    }
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(interval, file, indent=2)


if __name__ == "__main__":
    main()
