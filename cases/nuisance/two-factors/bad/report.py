"""Count the tickets of each label and write a report for people."""

import argparse
import csv
from datetime import datetime, timezone


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.tickets, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [row["label"] for row in rows]
    now = datetime.now(timezone.utc)

    with open(args.out, "w", encoding="utf-8") as file:
        file.write(f"{len(rows)} tickets\n")
        for label in set(labels):
            file.write(f"{label:10} {labels.count(label):3}\n")
        file.write(f"as of {now:%Y-%m-%d %H:%M}\n")


if __name__ == "__main__":
    main()
