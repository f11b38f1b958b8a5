"""Merge all shards of a folder into one JSON Lines file, and count the rows over all shards."""

import argparse
import json
import os


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    count = 0
    with open(args.out, "w", encoding="utf-8") as merged:
        for name in sorted(os.listdir(args.shards)):
            if not name.endswith(".jsonl"):
                continue
            with open(os.path.join(args.shards, name), encoding="utf-8") as shard:
                for line in shard:
                    count += 1
                    row = json.loads(line)
                    row["row"] = count
                    merged.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
