"""Draw synthetic customers and write them as JSON Lines."""

import argparse
import json
import random
import uuid


def customer(rng):
    return {
        "id": str(uuid.uuid4()),
        "age": rng.randint(18, 90),
        "visits": rng.randint(0, 40),
        "plan": rng.choice(["basic", "plus", "family"]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    rng = random.Random(args.seed)
    with open(args.out, "w", encoding="utf-8") as file:
        for _ in range(args.count):
            file.write(json.dumps(customer(rng)) + "\n")


if __name__ == "__main__":
    main()
