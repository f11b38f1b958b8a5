"""Train the network on the measurements of wines and save it with the scale of each column."""

import argparse

import torch
from model import build, features, read
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 10


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rows = read(args.train)
    columns = [column for column in rows[0] if column not in ("id", "label")]
    points = features(rows, columns)
    labels = torch.tensor([int(row["label"]) for row in rows])
    mean, deviation = points.mean(0), points.std(0)
    loader = DataLoader(TensorDataset((points - mean) / deviation, labels), batch_size=32, shuffle=True)

    network = build(len(columns))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    loss_of = nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        for batch, wanted in loader:
            optimizer.zero_grad()
            loss_of(network(batch), wanted).backward()
            optimizer.step()
    model = {"columns": columns, "mean": mean, "deviation": deviation, "network": network.state_dict()}
    torch.save(model, args.out)


if __name__ == "__main__":
    main()
