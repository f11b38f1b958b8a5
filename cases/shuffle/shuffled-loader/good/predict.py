"""Predict the grower of every wine, with the probability."""

import argparse
import csv

import torch
from model import build, features, read
from torch.utils.data import DataLoader, TensorDataset


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.load(args.weights)
    network = build(len(model["columns"]))
    network.load_state_dict(model["network"])
    network.eval()
    rows = read(args.test)
    points = (features(rows, model["columns"]) - model["mean"]) / model["deviation"]
    loader = DataLoader(TensorDataset(points), batch_size=args.batch_size, shuffle=False)
    with torch.no_grad():
        scores = torch.cat([network(batch).softmax(1) for (batch,) in loader])

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "label", "score"])
        for row, score in zip(rows, scores):
            writer.writerow([row["id"], score.argmax().item(), f"{score.max().item():.6f}"])


if __name__ == "__main__":
    main()
