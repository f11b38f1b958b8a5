"""Write tumours.csv: tumours under the microscope, of which some stand twice, rounded.

Source: "Breast Cancer Wisconsin (Diagnostic)", UCI Machine Learning Repository (W. Wolberg, O. Mangasarian, N. Street,
W. Street, 1993, https://doi.org/10.24432/C5DW2B, CC BY 4.0).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer

HERE = Path(__file__).parent

names = ["mean radius", "mean texture", "mean smoothness", "worst texture", "texture error", "worst compactness"]
frame = load_breast_cancer(as_frame=True).frame.iloc[1::3]
table = frame[names].rename(columns=lambda name: name.replace(" ", "_"))
table["malignant"] = 1 - frame["target"]
table = pd.concat([table, table.iloc[::5].round(2)])
table.insert(0, "id", range(1, len(table) + 1))
table.to_csv(HERE / "tumours.csv", index=False)
