"""Compute the mean of each sensor, with the work spread over threads."""

import argparse
import csv
import os
from concurrent.futures import ThreadPoolExecutor


PIECE = 64


def parallel_sum(values, threads):
    pieces = [values[start : start + PIECE] for start in range(0, len(values), PIECE)]
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(sum, pieces))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.readings, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sensors = [name for name in rows[0] if name != "minute"]

    threads = int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count())
    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sensor", "mean"])
        for sensor in sensors:
            values = [float(row[sensor]) for row in rows]
            writer.writerow([sensor, parallel_sum(values, threads) / len(values)])


if __name__ == "__main__":
    main()
