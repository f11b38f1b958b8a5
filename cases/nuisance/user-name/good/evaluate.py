"""Compare predictions with labels and write a report."""

import argparse
import csv
import getpass
import json
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scored", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.scored, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right = sum(row["label"] == row["predicted"] for row in rows)

    report = {
        "rows": len(rows),
        "accuracy": right / len(rows),
    }
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
    print(f"evaluated by {getpass.getuser()}", file=sys.stderr)


if __name__ == "__main__":
    main()
