"""Sort images into one folder per class: class-0, class-1 and so on, each with a list of its images."""

import argparse
import csv
from pathlib import Path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    with open(args.labels, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    classes = set(row["label"] for row in rows)
    for number, label in enumerate(classes):
        folder = args.out / f"class-{number}"
        folder.mkdir(parents=True)
        images = [row["image"] for row in rows if row["label"] == label]
        (folder / "images.txt").write_text("\n".join(images) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
