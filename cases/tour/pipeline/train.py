"""Learn to read handwritten digits: standardise the pixels, fit a logistic regression, save the weights."""

import argparse

import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler


def read_train(path):
    """Return the pixels, one image per row, and the labels; the id comes first and is left out."""
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    return table[:, 1:-1], table[:, -1].astype(int)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True, help="CSV with id, pixels and label")
    parser.add_argument("--seed", type=int, required=True, help="seed of the shuffle before each epoch")
    parser.add_argument("--out", required=True, help="where to write the weights (.npz)")
    args = parser.parse_args()

    pixels, labels = read_train(args.train)
    scaler = StandardScaler().fit(pixels)
    model = SGDClassifier(loss="log_loss", alpha=1e-3, random_state=args.seed)
    model.fit(scaler.transform(pixels), labels)

    np.savez(
        args.out,
        mean=scaler.mean_,
        scale=scaler.scale_,
        coefficients=model.coef_,
        intercepts=model.intercept_,
        classes=model.classes_,
    )


if __name__ == "__main__":
    main()
