"""Train a small network with torch's DistributedSampler on two ranks, one after the other in each step."""

import argparse
import csv

import torch
from torch import nn
from torch.utils.data import DistributedSampler

EPOCHS = 3
RANKS = 2
BATCH = 8


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
    parser.add_argument("--order", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    points, labels = read(args.data)
    samplers = [DistributedSampler(points, RANKS, rank, seed=args.seed) for rank in range(RANKS)]
    network = nn.Sequential(nn.Linear(points.shape[1], 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    loss_of = nn.CrossEntropyLoss()
    with open(args.order, "w", encoding="utf-8", newline="") as file:
        log = csv.writer(file, lineterminator="\n")
        log.writerow(["epoch", "step", "rank", "index"])
        for epoch in range(EPOCHS):
            shards = [torch.tensor(list(sampler)).split(BATCH) for sampler in samplers]
            for step, batches in enumerate(zip(*shards)):
                optimizer.zero_grad()
                for rank, batch in enumerate(batches):
                    (loss_of(network(points[batch]), labels[batch]) / RANKS).backward()
                    log.writerows([epoch, step, rank, index] for index in batch.tolist())
                optimizer.step()
    torch.save(network.state_dict(), args.out)


if __name__ == "__main__":
    main()
