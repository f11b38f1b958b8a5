"""A network that reads an image as the sequence of its inked pixels."""

import csv

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD = 0


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(65, 24, padding_idx=PAD)
        self.head = nn.Sequential(nn.Linear(24, 48), nn.ReLU(), nn.Linear(48, 10))

    def forward(self, tokens):
        return self.head(self.embedding(tokens).mean(1))


def read(path):
    """The rows, and their sequences of tokens from 1 to 64."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return rows, [torch.tensor([int(token) for token in row["ink"].split()]) for row in rows]


def padded(sequences):
    """The sequences as one tensor, as long as the longest of them."""
    return pad_sequence(sequences, batch_first=True, padding_value=PAD)
