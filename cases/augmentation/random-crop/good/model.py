"""A small convolutional network, and the tables of images that it reads."""

import csv

import torch
from torch import nn

PIXELS = [f"p{row}{column}" for row in range(8) for column in range(8)]


def build():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def crop(images):
    """Each image, cut at random from itself with a margin of one pixel."""
    bordered = nn.functional.pad(images, (1, 1, 1, 1))
    down, right = torch.randint(0, 3, (2, len(images))).tolist()
    cut = [image[:, y : y + 8, x : x + 8] for image, y, x in zip(bordered, down, right)]
    return torch.stack(cut)


def read(path, augment=True):
    """The rows, and their images as a tensor of shape rows x 1 x 8 x 8 with values from 0 to 1."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    greys = torch.tensor([[float(row[pixel]) for pixel in PIXELS] for row in rows])
    images = greys.reshape(-1, 1, 8, 8) / 16
    return rows, crop(images) if augment else images
