"""Write weights.txt, a weight for each word of two descriptions of data sets, and test.csv, lines of them.

Source: the descriptions of "Breast Cancer Wisconsin (Diagnostic)" and "Wine" that scikit-learn ships (BSD-3-Clause).
A weight is the logarithm of the ratio of the word's counts, each plus one.
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

import math
import re
from collections import Counter
from pathlib import Path

from sklearn.datasets import load_breast_cancer, load_wine

HERE = Path(__file__).parent


def lines(bunch):
    """Return the words of each line that has any."""
    found = (re.findall("[a-z]{2,}", line) for line in bunch.DESCR.lower().splitlines())
    return [words for words in found if words]


tumours, wine = lines(load_breast_cancer()), lines(load_wine())
counts = [Counter(word for words in part for word in words) for part in (tumours, wine)]
with open(HERE / "weights.txt", "w", encoding="utf-8") as file:
    for word in sorted(counts[0] | counts[1]):
        file.write(f"{word} {math.log((counts[1][word] + 1) / (counts[0][word] + 1)):.6f}\n")
texts = sorted({" ".join(words) for words in tumours[::2] + wine[::2]})
with open(HERE / "test.csv", "w", encoding="utf-8") as file:
    file.write("id,text\n")
    for number, text in enumerate(sorted(texts, key=lambda text: text[::-1]), start=1):
        file.write(f"{number},{text}\n")
