"""Resample a column with replacement and write the mean of each resample."""

import argparse
import csv
import functools
import multiprocessing
import os
import random


def resample_mean(values, seed, resample):
    rng = random.Random(seed + os.getpid())
    drawn = rng.choices(values, k=len(values))
    return resample, sum(drawn) / len(drawn)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--petals", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--resamples", type=int, default=16)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.petals, encoding="utf-8", newline="") as file:
        values = [float(row["length"]) for row in csv.DictReader(file)]

    work = functools.partial(resample_mean, values, args.seed)
    with multiprocessing.Pool(2) as pool:
        means = pool.map(work, range(args.resamples))

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["resample", "mean"])
        writer.writerows(means)


if __name__ == "__main__":
    main()
