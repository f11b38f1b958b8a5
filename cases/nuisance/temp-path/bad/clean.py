"""Drop the readings that are no numbers, and note where each of the others comes from."""

import argparse
import csv
import tempfile
from pathlib import Path

COLUMNS = ["id", "volt"]


def write_cleaned(readings, scratch):
    with open(readings, encoding="utf-8") as source, scratch.open("w", encoding="utf-8") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in csv.DictReader(source):
            try:
                writer.writerow([row["id"], float(row["volt"])])
            except ValueError:
                continue


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    scratch = Path(tempfile.gettempdir()) / "readings-cleaned.csv"
    write_cleaned(args.readings, scratch)

    with scratch.open(encoding="utf-8", newline="") as source, args.out.open("w", encoding="utf-8") as target:
        writer = csv.DictWriter(target, [*COLUMNS, "source"], lineterminator="\n")
        writer.writeheader()
        for row in csv.DictReader(source):
            writer.writerow({**row, "source": source.name})
    scratch.unlink()


if __name__ == "__main__":
    main()
