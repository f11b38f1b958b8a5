"""A network for tables of measurements, and the tables that it reads."""

import csv

import torch
from torch import nn


def build(width):
    return nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, 1))


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def features(rows, columns):
    return torch.tensor([[float(row[column]) for column in columns] for row in rows])
