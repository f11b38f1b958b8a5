"""Count the tickets of each label and write a report for people."""

import argparse
import csv


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.tickets, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [row["label"] for row in rows]
    last = max(row["day"] for row in rows)

    with open(args.out, "w", encoding="utf-8") as file:
        file.write(f"{len(rows)} tickets\n")
        for label in sorted(set(labels)):
            file.write(f"{label:10} {labels.count(label):3}\n")
        file.write(f"as of {last}\n")


if __name__ == "__main__":
    main()
