"""Predict how far the disease of every patient will have come in a year."""

import argparse
import csv

import torch
from model import build, features, read


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    model = torch.load(args.weights)
    network = build(len(model["columns"]))
    network.load_state_dict(model["network"])
    rows = read(args.test)
    points = (features(rows, model["columns"]) - model["mean"]) / model["deviation"]
    with torch.no_grad():
        values = torch.cat([network(batch).squeeze(1) * 100 for batch in points.split(args.batch_size)])

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "progression"])
        for row, value in zip(rows, values.tolist()):
            writer.writerow([row["id"], f"{value:.6f}"])


if __name__ == "__main__":
    main()
