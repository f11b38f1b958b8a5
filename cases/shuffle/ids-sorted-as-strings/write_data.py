"""Write train.csv and test.csv: diabetes patients; every third is held out, without the progression.

Source: B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least Angle Regression", Annals of Statistics 32 (2004).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

from sklearn.datasets import load_diabetes

HERE = Path(__file__).parent

table = load_diabetes(as_frame=True, scaled=False).frame.iloc[::2].reset_index(drop=True)
table = table.rename(columns={"target": "progression"})
table.insert(0, "id", range(1, len(table) + 1))

held_out = table["id"] % 3 == 0
table[~held_out].to_csv(HERE / "train.csv", index=False)
table[held_out].drop(columns="progression").to_csv(HERE / "test.csv", index=False)
