"""Predict the digit of every image, with its probability."""

import argparse
import csv

import torch
from model import build, read


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rows, images = read(args.test)
    network = build()
    network.load_state_dict(torch.load(args.weights))
    network.eval()
    with torch.no_grad():
        outputs = network(images)
    scores, labels = outputs.softmax(1).max(1)

    with open(args.out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "label", "score"])
        for row, label, score in zip(rows, labels.tolist(), scores.tolist()):
            writer.writerow([row["id"], label, score])


if __name__ == "__main__":
    main()
