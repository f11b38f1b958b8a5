"""The measurements of a table, scaled and, for training, jittered."""

import csv

import numpy as np

JITTER = 0.02


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values(rows, columns):
    return np.array([[float(row[column]) for column in columns] for row in rows])


def prepare(points, mean, deviation, rng=None):
    """The points with mean 0 and deviation 1; with a generator, a little noise is added."""
    scaled = (points - mean) / deviation
    if rng is not None:
        scaled = scaled + rng.normal(0, JITTER, scaled.shape)
    return scaled
