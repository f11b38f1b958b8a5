"""Write train.csv and test.csv: words of the descriptions of two data sets; every fourth line is held out.

Source: the descriptions of "Breast Cancer Wisconsin (Diagnostic)" and "Wine" that scikit-learn ships (BSD-3-Clause).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

import csv
import re
from pathlib import Path

from sklearn.datasets import load_breast_cancer, load_wine

HERE = Path(__file__).parent
WORDS_MIN = 5

lines = {}
for topic, bunch in (("tumours", load_breast_cancer()), ("wine", load_wine())):
    for line in bunch.DESCR.lower().splitlines():
        words = re.findall("[a-z]{3,}", line)
        if len(words) >= WORDS_MIN:
            lines.setdefault(" ".join(words), topic)

for name, chosen in (("train", lambda number: number % 4 != 0), ("test", lambda number: number % 4 == 0)):
    with open(HERE / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "text", "topic"])
        for number, (text, topic) in enumerate(lines.items(), start=1):
            if chosen(number):
                writer.writerow([f"line-{number}", text, topic])
