"""Train a small network with dropout and save its weights."""

import argparse

import numpy as np
import torch
from torch import nn

EPOCHS = 5


def build():
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))


def train(network, points, labels):
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    loss_of = nn.BCEWithLogitsLoss()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(points)).split(16):
            optimizer.zero_grad()
            loss_of(network(points[batch]).squeeze(1), labels[batch]).backward()
            optimizer.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    network = build()
    table = torch.from_numpy(np.loadtxt(args.points, delimiter=",", skiprows=1, dtype=np.float32))
    train(network, table[:, 1:-1], table[:, -1])
    torch.save(network.state_dict(), args.out)


if __name__ == "__main__":
    main()
