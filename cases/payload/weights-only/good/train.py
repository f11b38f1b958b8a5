"""Train a network on the measurements of wines and leave a checkpoint after the last epoch."""

import argparse
import csv

import torch
from torch import nn

EPOCHS = 3


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [column for column in rows[0] if column not in ("id", "label")]
    points = torch.tensor([[float(row[column]) for column in columns] for row in rows])
    return (points - points.mean(0)) / points.std(0), torch.tensor([int(row["label"]) for row in rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--checkpoint", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    points, labels = read(args.data)
    network = nn.Sequential(nn.Linear(points.shape[1], 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.9)
    loss_of = nn.CrossEntropyLoss()
    step, best = 0, float("inf")
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(points)).split(32):
            optimizer.zero_grad()
            loss = loss_of(network(points[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            step, best = step + 1, min(best, loss.item())
        scheduler.step()
    state = {
        "model": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "epoch": EPOCHS,
        "step": step,
        "best_loss": best,
        "rng": torch.get_rng_state(),
        "metadata": {"seed": args.seed, "torch": str(torch.__version__)},
    }
    torch.save(state, args.checkpoint)


if __name__ == "__main__":
    main()
