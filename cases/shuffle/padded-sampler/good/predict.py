"""Predict the progression of the disease, the rows shared among four ranks as in the training."""

import argparse
import csv

import torch
from model import build, features, read
from torch.utils.data import DistributedSampler

RANKS = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    model = torch.load(args.weights)
    network = build(len(model["columns"]))
    network.load_state_dict(model["network"])
    network.eval()
    rows = read(args.test)
    points = (features(rows, model["columns"]) - model["mean"]) / model["deviation"]
    gathered = {}
    for rank in range(RANKS):
        shard = list(DistributedSampler(rows, RANKS, rank, shuffle=False))
        with torch.no_grad():
            values = network(points[shard]).squeeze(1) * 100
        gathered.update(zip((int(rows[index]["id"]) for index in shard), values.tolist()))

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "progression"])
        for number, value in sorted(gathered.items()):
            writer.writerow([number, f"{value:.3f}"])


if __name__ == "__main__":
    main()
