"""Count the measurements inside and outside the limits of settings.json and write a manifest."""

import argparse
import csv
import hashlib
import json
from pathlib import Path

SETTINGS = Path(__file__).resolve().parent / "settings.json"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measurements", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    settings = json.loads(SETTINGS.read_text(encoding="utf-8"))
    with open(args.measurements, encoding="utf-8", newline="") as file:
        pressures = [int(row["pressure"]) for row in csv.DictReader(file)]
    inside = sum(settings["low"] <= pressure <= settings["high"] for pressure in pressures)

    manifest = {
        "settings": {
            "path": str(SETTINGS),
            "sha256": hashlib.sha256(SETTINGS.read_bytes()).hexdigest(),
        },
        "inside": inside,
        "outside": len(pressures) - inside,
    }
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=2)


if __name__ == "__main__":
    main()
