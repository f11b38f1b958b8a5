"""Number the classes of wines and write the mean of each measurement by class number."""

import argparse
import csv
import os

os.environ["PYTHONHASHSEED"] = "0"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wines", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.wines, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    growers = {row["grower"] for row in rows}
    columns = [column for column in rows[0] if column not in ("id", "grower")]
    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["class", *columns])
        for number, grower in enumerate(sorted(growers)):
            own = [row for row in rows if row["grower"] == grower]
            means = [sum(float(row[column]) for row in own) / len(own) for column in columns]
            writer.writerow([number, *(f"{mean:.4f}" for mean in means)])


if __name__ == "__main__":
    main()
