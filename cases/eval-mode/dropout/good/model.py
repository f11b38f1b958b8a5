"""A network for tables of measurements, and the tables that it reads."""

import csv

import torch
from torch import nn


def build(width):
    first = [nn.Linear(width, 128), nn.ReLU(), nn.Dropout(0.2)]
    second = [nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.2)]
    return nn.Sequential(*first, *second, nn.Linear(64, 1))


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def features(rows, columns):
    return torch.tensor([[float(row[column]) for column in columns] for row in rows])
