"""Score documents by their length, links and replies."""

import argparse
import csv
import json
import math
import socket
import sys


def score(row):
    return math.log1p(int(row["words"])) + 0.5 * int(row["replies"]) - 0.1 * int(row["links"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.documents, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    print(f"scored on {socket.gethostname()}", file=sys.stderr)
    with open(args.out, "w", encoding="utf-8") as file:
        for row in rows:
            record = {"id": int(row["id"]), "score": score(row)}
            file.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
