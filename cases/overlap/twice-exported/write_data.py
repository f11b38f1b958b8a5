"""Write survey.csv: answers before the election of 1996, of which some were exported twice in another writing.

Source: American National Election Study of 1996, http://www.electionstudies.org; in the public domain.
What is written is committed; run this only to make it anew, where statsmodels is installed.
"""

import csv
from pathlib import Path

from statsmodels.datasets import anes96

HERE = Path(__file__).parent
COLUMNS = ["popul", "TVnews", "selfLR", "ClinLR", "age", "educ", "income"]

frame = anes96.load_pandas().data.iloc[::5]
frame = frame.drop_duplicates(subset=COLUMNS)
answers = [[*map(int, row[COLUMNS]), "Dole" if row["vote"] else "Clinton"] for _, row in frame.iterrows()]
again = [[f"{float(value):.1f}" for value in row[:-1]] + [f" {row[-1]} "] for row in answers[::6]]

with open(HERE / "survey.csv", "w", encoding="utf-8", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["id", *COLUMNS, "vote"])
    for number, row in enumerate([*answers, *again], start=1):
        writer.writerow([number, *row])
