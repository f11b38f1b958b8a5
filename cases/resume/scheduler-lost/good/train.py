"""Train a network on measurements; each epoch leaves a checkpoint from which the training can go on."""

import argparse
import csv
import os

import torch
from torch import nn


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [column for column in rows[0] if column not in ("id", "label")]
    points = torch.tensor([[float(row[column]) for column in columns] for row in rows])
    return (points - points.mean(0)) / points.std(0), torch.tensor([float(row["label"]) for row in rows])


def save(state, path):
    torch.save(state, f"{path}.part")
    os.replace(f"{path}.part", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--resume", choices=["yes", "no"], required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--checkpoint", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    points, labels = read(args.data)
    network = nn.Sequential(nn.Linear(points.shape[1], 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
    loss_of = nn.BCEWithLogitsLoss()
    first, step = 0, 0
    if args.resume == "yes" and os.path.exists(args.checkpoint):
        state = torch.load(args.checkpoint)
        network.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        torch.set_rng_state(state["rng"])
        first, step = state["epoch"], state["step"]

    for epoch in range(first, args.epochs):
        for batch in torch.randperm(len(points)).split(32):
            optimizer.zero_grad()
            loss_of(network(points[batch]).squeeze(1), labels[batch]).backward()
            optimizer.step()
            step += 1
        scheduler.step()
        state = {
            "model": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "rng": torch.get_rng_state(),
            "epoch": epoch + 1,
            "step": step,
        }
        save(state, args.checkpoint)
    torch.save(network.state_dict(), args.out)


if __name__ == "__main__":
    main()
