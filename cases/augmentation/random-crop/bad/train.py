"""Train the network on labelled digits and save its weights."""

import argparse

import torch
from model import build, read
from torch import nn

EPOCHS = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    rows, images = read(args.train)
    labels = torch.tensor([int(row["label"]) for row in rows])
    network = build()
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    loss_of = nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(rows)).split(32):
            optimizer.zero_grad()
            loss_of(network(images[batch]), labels[batch]).backward()
            optimizer.step()
    torch.save(network.state_dict(), args.out)


if __name__ == "__main__":
    main()
