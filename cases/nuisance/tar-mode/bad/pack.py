"""Write the model as JSON beside a description and pack both into one archive."""

import argparse
import csv
import json
import tarfile
from pathlib import Path

MODEL = Path("model")


def anonymous(member):
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.weights, encoding="utf-8", newline="") as file:
        weights = {row["feature"]: float(row["weight"]) for row in csv.DictReader(file)}

    MODEL.mkdir()
    (MODEL / "model.json").write_text(json.dumps(weights, indent=2), encoding="utf-8")
    (MODEL / "README.txt").write_text("Rent per month, linear in the features.\n", encoding="utf-8")

    with tarfile.open(args.out, "w") as archive:
        for path in sorted(MODEL.iterdir()):
            archive.add(path, arcname=path.name, filter=anonymous)


if __name__ == "__main__":
    main()
