"""Derive the features of each trip: hour of the day, rush hour, length."""

import argparse
import csv
from datetime import datetime, timezone


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trips", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.trips, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["trip", "hour", "rush", "minutes"])
        for row in rows:
            hour = datetime.fromtimestamp(int(row["started"]), tz=timezone.utc).hour
            writer.writerow([row["trip"], hour, int(7 <= hour < 10 or 16 <= hour < 19), row["minutes"]])


if __name__ == "__main__":
    main()
