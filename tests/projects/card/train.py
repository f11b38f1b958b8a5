"""A linear classifier, fitted by stochastic gradient descent: the order of rows comes from the seed."""

import argparse
import csv

import numpy as np
from sklearn.linear_model import SGDClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--train", required=True)
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--out", required=True)
arguments = parser.parse_args()

with open(arguments.train, newline="") as file:
    header, *rows = csv.reader(file)
features = np.array([[float(cell) for cell in row[1:-2]] for row in rows])
targets = np.array([row[-1] for row in rows])
mean, scale = features.mean(axis=0), features.std(axis=0)
model = SGDClassifier(loss="log_loss", max_iter=5, tol=None, random_state=arguments.seed)
model.fit((features - mean) / scale, targets)
np.savez(
    arguments.out, coefficients=model.coef_, intercepts=model.intercept_, mean=mean, scale=scale, classes=model.classes_
)
