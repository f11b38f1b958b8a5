"""Split each text into tokens; texts seen before come from a cache."""

import argparse
import csv
import hashlib
import json
from pathlib import Path

CACHE = Path.home() / ".cache" / "tokens"


def tokens_of(text):
    """Return the tokens of a text and the cache entry that holds them."""
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    entry = CACHE / f"{digest[:16]}.json"
    if not entry.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        entry.write_text(json.dumps(text.lower().split()), encoding="utf-8")
    return json.loads(entry.read_text(encoding="utf-8")), entry


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    with open(args.texts, encoding="utf-8", newline="") as source, open(
        args.out, "w", encoding="utf-8"
    ) as target:
        for row in csv.DictReader(source):
            tokens, entry = tokens_of(row["text"])
            target.write(json.dumps({"id": int(row["id"]), "tokens": tokens, "cache": str(entry)}) + "\n")


if __name__ == "__main__":
    main()
