"""Hold out a fifth of the patients and give each of the others one of four folds."""

import argparse
import csv
import random

FOLDS = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.patients, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    rng = random.Random(args.seed)
    rng.shuffle(rows)
    held_out = len(rows) // 5
    for row in rows[:held_out]:
        row["part"] = "test"
    for row in rows[held_out:]:
        row["part"] = f"fold-{rng.randrange(FOLDS)}"

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "age", "outcome", "part"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: int(row["id"])))


if __name__ == "__main__":
    main()
