"""Write train.csv and laboratory.csv: patients with diabetes; every third comes from another laboratory.

Source: "Diabetes", which scikit-learn bundles (B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least Angle
Regression", Annals of Statistics 32, 2004). The rows of train.csv have blood sugar in mmol/l.
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

from sklearn.datasets import load_diabetes

HERE = Path(__file__).parent
MG_PER_MMOL = 18.016

table = load_diabetes(as_frame=True, scaled=False).frame
table = table[["age", "sex", "bmi", "bp", "s6"]].rename(columns={"s6": "glucose"})
table["age"] = table["age"].astype(int)
table["sex"] = table["sex"].map({1.0: "f", 2.0: "m"})
table.insert(0, "id", range(1, len(table) + 1))

other = table["id"] % 3 == 0
train = table[~other].copy()
train["glucose"] = (train["glucose"] / MG_PER_MMOL).round(1)
train.to_csv(HERE / "train.csv", index=False)
laboratory = table[other].copy()
laboratory["unit"] = "mg/dl"
laboratory.to_csv(HERE / "laboratory.csv", index=False)
