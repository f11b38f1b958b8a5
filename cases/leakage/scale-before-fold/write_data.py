"""Write patients.csv:
diabetes patients and how far the disease has gone a year later; a quarter is held out.

Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least Angle Regression", Annals of Statistics 32 (2004).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

from sklearn.datasets import load_diabetes

HERE = Path(__file__).parent

table = load_diabetes(as_frame=True, scaled=False).frame.iloc[::2].reset_index(drop=True)
table = table.rename(columns={"target": "progression"})
table.insert(0, "id", range(1, len(table) + 1))

table["fold"] = ["test" if number % 4 == 0 else "train" for number in table["id"]]
table.to_csv(HERE / "patients.csv", index=False)
